import { RadioField, SelectField } from '../../components/field.tsx';
import { HolidayField, HourField, WeekdayField } from '../reminders/schedule-fields.tsx';
import { type Schedule, startOf } from './schedule.ts';

const monthDays = [
  ...Array.from({ length: 28 }, (_, index) => ({ value: String(index + 1), label: `Day ${index + 1}` })),
  ...[29, 30, 31].map((day) => ({ value: String(day), label: `Day ${day}, or the last one` })),
  { value: '0', label: 'The last day' },
];

/** Day and period, and what becomes of days off. */
export function ScheduleFields({ value, onChange, mistake }: { value: Schedule; onChange: (value: Schedule) => void; mistake: string | null }) {
  return (
    <div className="grid gap-x-10 gap-y-5 lg:grid-cols-2">
      <RadioField
        label="Period"
        value={value.period}
        onChange={(period) => onChange({ ...value, period: period as Schedule['period'], days: startOf[period as Schedule['period']] })}
        choices={[
          { value: 'daily', label: 'Daily' },
          { value: 'weekly', label: 'Weekly' },
          { value: 'monthly', label: 'Monthly' },
        ]}
      />
      <div className="space-y-4">
        {value.period === 'weekly' && <WeekdayField days={value.days} onChange={(days) => onChange({ ...value, days })} mistake={mistake} />}
        {value.period === 'monthly' && (
          <SelectField label="Day" value={String(value.days[0] ?? 1)} onChange={(day) => onChange({ ...value, days: [Number(day)] })} choices={monthDays} />
        )}
        <HourField of="statements" value={value.hour ?? null} onChange={(hour) => onChange({ ...value, hour })} />
        <HolidayField value={value.holidays ?? 'ignore'} onChange={(holidays) => onChange({ ...value, holidays })} />
      </div>
    </div>
  );
}
