import { RadioField, SelectField } from '../../components/field.tsx';
import { type Schedule, startOf, weekdays } from './schedule.ts';

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
        <SelectField
          label="On a holiday or weekend"
          value={value.holidays ?? 'ignore'}
          onChange={(holidays) => onChange({ ...value, holidays: holidays as NonNullable<Schedule['holidays']> })}
          choices={[
            { value: 'ignore', label: 'Send all the same' },
            { value: 'next', label: 'Send on the next business day' },
            { value: 'previous', label: 'Send on the business day before' },
            { value: 'skip', label: 'Do not send' },
          ]}
        />
      </div>
    </div>
  );
}

function WeekdayField({ days, onChange, mistake }: { days: readonly number[]; onChange: (days: number[]) => void; mistake: string | null }) {
  return (
    <fieldset>
      <legend className="mb-1.5 text-table font-medium">Day</legend>
      <div className="flex flex-wrap gap-1.5">
        {weekdays.map((name, index) => {
          const day = index + 1;
          const on = days.includes(day);
          return (
            <button
              key={name}
              type="button"
              aria-label={name}
              aria-pressed={on}
              onClick={() => onChange((on ? days.filter((other) => other !== day) : [...days, day]).sort((a, b) => a - b))}
              className="h-8 min-w-11 rounded-md border border-border-strong/60 px-2 text-table aria-pressed:border-accent aria-pressed:bg-accent-soft aria-pressed:font-medium aria-pressed:text-accent max-sm:h-11"
            >
              {name.slice(0, 3)}
            </button>
          );
        })}
      </div>
      {mistake && <p className="mt-1.5 text-table text-critical">{mistake}</p>}
    </fieldset>
  );
}
