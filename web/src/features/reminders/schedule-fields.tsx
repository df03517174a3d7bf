import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useRefusal } from '../../api/session.ts';
import { settingsQuery } from '../../api/settings.ts';
import { CheckField, RadioField, SelectField, TextField } from '../../components/field.tsx';
import { Card } from '../../components/page.tsx';
import { type RepeatDraft, repeatMistakes, type Schedule, scheduleMistake, weekdays } from './schedule.ts';
import type { Draft } from './use-rule-draft.ts';

const clock = (hour: number): string => `${String(hour).padStart(2, '0')}:00`;

/** On which days and at which hour the rule is asked, and whether it asks again while it matches. */
export function ScheduleCard({ draft, set }: { draft: Draft; set: (change: Partial<Draft>) => void }) {
  const mayRead = useRefusal('settings.read') === undefined;
  return (
    <Card
      title="Schedule"
      lead={
        <>
          When the rule is asked. Holidays and the weekend stand in the{' '}
          {mayRead ? (
            <Link to="/settings/calendar" className="link">
              business calendar
            </Link>
          ) : (
            'business calendar'
          )}
          .
        </>
      }
    >
      <div className="grid gap-x-10 gap-y-5 lg:grid-cols-2">
        <DaysAndHour value={draft.schedule} onChange={(schedule) => set({ schedule })} />
        <RepeatFields value={draft.repeat} onChange={(repeat) => set({ repeat })} />
      </div>
    </Card>
  );
}

interface HourFieldProps {
  of: 'reminders' | 'statements';
  value: number | null;
  onChange: (hour: number | null) => void;
}

/** The hour of a rule in the company's zone; null is the company's own. */
export function HourField({ of, value, onChange }: HourFieldProps) {
  const mayRead = useRefusal('settings.read') === undefined;
  const settings = useQuery({ ...settingsQuery, enabled: mayRead });
  const company = settings.data ? ` (${clock(settings.data[of].hour)})` : '';
  return (
    <SelectField
      label="Hour"
      value={value === null ? '' : String(value)}
      onChange={(hour) => onChange(hour === '' ? null : Number(hour))}
      choices={[
        { value: '', label: `The company’s hour${company}` },
        ...Array.from({ length: 24 }, (_, hour) => ({ value: String(hour), label: clock(hour) })),
      ]}
    />
  );
}

type HolidayRule = Schedule['holidays'];

/** What becomes of a day that is no business day. */
export const HolidayField = ({ value, onChange }: { value: HolidayRule; onChange: (value: HolidayRule) => void }) => (
  <SelectField
    label="On a holiday or weekend"
    value={value}
    onChange={(chosen) => onChange(chosen as HolidayRule)}
    choices={[
      { value: 'ignore', label: 'Send all the same' },
      { value: 'next', label: 'Send on the next business day' },
      { value: 'previous', label: 'Send on the business day before' },
      { value: 'skip', label: 'Do not send' },
    ]}
  />
);

function DaysAndHour({ value, onChange }: { value: Schedule; onChange: (value: Schedule) => void }) {
  return (
    <div className="space-y-4">
      <RadioField
        label="Days"
        value={Array.isArray(value.days) ? 'given' : value.days}
        onChange={(days) => onChange({ ...value, days: days === 'given' ? [1] : (days as 'every' | 'weekdays') })}
        choices={[
          { value: 'every', label: 'Every day' },
          { value: 'weekdays', label: 'Monday to Friday' },
          { value: 'given', label: 'Only on chosen weekdays' },
        ]}
      />
      {Array.isArray(value.days) && <WeekdayField days={value.days} onChange={(days) => onChange({ ...value, days })} mistake={scheduleMistake(value)} />}
      <div className="grid gap-4 sm:grid-cols-2">
        <HourField of="reminders" value={value.hour} onChange={(hour) => onChange({ ...value, hour })} />
        <HolidayField value={value.holidays} onChange={(holidays) => onChange({ ...value, holidays })} />
      </div>
    </div>
  );
}

function RepeatFields({ value, onChange }: { value: RepeatDraft; onChange: (value: RepeatDraft) => void }) {
  const mistakes = repeatMistakes(value);
  return (
    <div className="space-y-4">
      <CheckField
        label="Repeat while it matches"
        help="For conditions that stay true, such as “overdue by more than 30 days”. Without it there is a mail on every day that matches."
        checked={value.on}
        onChange={(on) => onChange({ ...value, on })}
      />
      {value.on && (
        <div className="grid gap-4 sm:grid-cols-2">
          <TextField
            label="Every"
            suffix="days"
            inputMode="numeric"
            value={value.everyDays}
            onChange={(everyDays) => onChange({ ...value, everyDays })}
            error={mistakes.everyDays}
          />
          <TextField
            label="At most"
            optional
            suffix="times"
            inputMode="numeric"
            help="Empty: until it is paid."
            value={value.limit}
            onChange={(limit) => onChange({ ...value, limit })}
            error={mistakes.limit}
          />
        </div>
      )}
    </div>
  );
}

interface WeekdayFieldProps {
  days: readonly number[];
  onChange: (days: number[]) => void;
  mistake: string | null;
}

/** Days of the week, by their numbers: 1 is Monday. */
export function WeekdayField({ days, onChange, mistake }: WeekdayFieldProps) {
  return (
    <fieldset>
      <legend className="mb-1.5 text-table font-medium">Weekdays</legend>
      <div className="flex flex-wrap gap-1.5">
        {weekdays.map((name, index) => {
          const day = index + 1;
          const on = days.includes(day);
          return (
            <button
              key={name}
              type="button"
              title={name}
              aria-pressed={on}
              onClick={() => onChange((on ? days.filter((other) => other !== day) : [...days, day]).sort((a, b) => a - b))}
              className="h-8 min-w-11 rounded-md border border-border-strong/60 px-2 text-table aria-pressed:border-accent aria-pressed:bg-accent-soft aria-pressed:font-medium aria-pressed:text-accent max-sm:h-11"
            >
              {name.slice(0, 3)}
            </button>
          );
        })}
      </div>
      {mistake && <p className="mt-1 text-label font-medium text-critical">{mistake}</p>}
    </fieldset>
  );
}
