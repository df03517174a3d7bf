import { useQuery, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { CalendarDays, ClipboardPaste, Plus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { addHoliday, type Holiday, holidaysQuery, removeHoliday } from '../../api/calendar.ts';
import { useRefusal } from '../../api/session.ts';
import { settingsQuery } from '../../api/settings.ts';
import { Button, IconButton } from '../../components/button.tsx';
import { FormDialog } from '../../components/dialog.tsx';
import { CheckField, TextArea, TextField } from '../../components/field.tsx';
import { Card, Page } from '../../components/page.tsx';
import { Empty, Failure, LinesSkeleton } from '../../components/states.tsx';
import { done, failed } from '../../components/toast.tsx';
import { formatDay, formatDayMonth, formatWeekday, plural, today } from '../../format/dates.ts';
import { readHolidays } from './holiday-list.ts';
import { SettingsForm } from './settings-form.tsx';

const weekdays = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

/** Which days the company works: rules, statements and tasks move to business days by it. */
export function CalendarPage() {
  return (
    <Page title="Business calendar" width="narrow" lead="The days on which the company works. Rules, statements and quiet days go by it.">
      <div className="space-y-5">
        <SettingsForm
          title="Weekend"
          read={({ calendar }) => ({ weekend: calendar.weekend })}
          write={(draft) => (draft.weekend.length > 6 ? 'At least one day of the week has to be a business day.' : { calendar: { weekend: draft.weekend } })}
        >
          {({ draft, set }) => (
            <fieldset>
              <legend className="mb-2 text-table font-medium">No business on</legend>
              <div className="flex flex-wrap gap-x-6 gap-y-2">
                {weekdays.map((name, index) => (
                  <CheckField
                    key={name}
                    label={name}
                    checked={draft.weekend.includes(index + 1)}
                    onChange={(on) =>
                      set({ weekend: (on ? [...draft.weekend, index + 1] : draft.weekend.filter((day) => day !== index + 1)).sort((a, b) => a - b) })
                    }
                  />
                ))}
              </div>
            </fieldset>
          )}
        </SettingsForm>
        <Holidays />
      </div>
    </Page>
  );
}

function Holidays() {
  const holidays = useQuery(holidaysQuery);
  const refusal = useRefusal('settings.write');
  const [pasting, setPasting] = useState(false);
  const rows = holidays.data ?? [];
  const years = [...new Set(rows.map((holiday) => holiday.day.slice(0, 4)))];
  return (
    <Card
      title="Holidays"
      lead={rows.length > 0 ? plural(rows.length, 'day') : 'Besides the weekend.'}
      actions={
        <Button size="small" icon={ClipboardPaste} blockedBecause={refusal} onClick={() => setPasting(true)}>
          Paste a list
        </Button>
      }
    >
      <AddHoliday blockedBecause={refusal} />
      {holidays.isPending && <LinesSkeleton lines={4} />}
      {holidays.isError && <Failure error={holidays.error} retry={() => void holidays.refetch()} />}
      {holidays.data?.length === 0 && (
        <Empty icon={CalendarDays} title="No holidays yet">
          Add them one by one, or paste the list of a year.
        </Empty>
      )}
      {years.map((year) => (
        <section key={year} aria-label={`Holidays of ${year}`} className="mt-5">
          <h3 className="border-b border-border pb-1.5 text-table font-medium text-muted">{year}</h3>
          <ul className="divide-y divide-border">
            {rows
              .filter((holiday) => holiday.day.startsWith(year))
              .map((holiday) => (
                <HolidayRow key={holiday.day} holiday={holiday} blockedBecause={refusal} />
              ))}
          </ul>
        </section>
      ))}
      <PasteDialog open={pasting} onClose={() => setPasting(false)} />
    </Card>
  );
}

/** The list again, and what is decided by it. */
function useRefresh() {
  const queries = useQueryClient();
  return () => Promise.all(['holidays', 'rules', 'upcoming'].map((name) => queries.invalidateQueries({ queryKey: [name] })));
}

function AddHoliday({ blockedBecause }: { blockedBecause: string | undefined }) {
  const [day, setDay] = useState('');
  const [name, setName] = useState('');
  const [tried, setTried] = useState(false);
  const [pending, setPending] = useState(false);
  const refresh = useRefresh();
  const add = async () => {
    setTried(true);
    if (!day || !name.trim()) return;
    setPending(true);
    try {
      await addHoliday({ day, name: name.trim() });
      await refresh();
      done(`${name.trim()} added.`);
      setDay('');
      setName('');
      setTried(false);
    } catch (error) {
      failed(error);
    } finally {
      setPending(false);
    }
  };
  return (
    <form
      noValidate
      aria-label="Add a holiday"
      className="grid items-start gap-3 sm:grid-cols-[180px_minmax(0,1fr)_auto]"
      onSubmit={(event) => {
        event.preventDefault();
        void add();
      }}
    >
      <TextField label="Day" type="date" value={day} onChange={setDay} error={tried && !day ? 'Choose the day.' : undefined} />
      <TextField
        label="Name"
        maxLength={100}
        placeholder="Christmas Day"
        value={name}
        onChange={setName}
        error={tried && !name.trim() ? 'Write its name.' : undefined}
      />
      <div className="sm:pt-[22px]">
        <Button type="submit" icon={Plus} pending={pending} blockedBecause={blockedBecause}>
          Add
        </Button>
      </div>
    </form>
  );
}

function HolidayRow({ holiday, blockedBecause }: { holiday: Holiday; blockedBecause: string | undefined }) {
  const refresh = useRefresh();
  const remove = async () => {
    try {
      await removeHoliday(holiday.day);
      await refresh();
      done(`${holiday.name} removed.`, () => addHoliday(holiday).then(refresh).catch(failed));
    } catch (error) {
      failed(error);
    }
  };
  return (
    <li className={`flex items-center gap-3 py-1.5 ${holiday.day < today() ? 'text-muted' : ''}`}>
      <span className="figures w-28 shrink-0 text-table">
        <span className="inline-block w-10 text-muted">{formatWeekday(holiday.day)}</span>
        {formatDayMonth(holiday.day)}
      </span>
      <span className="min-w-0 flex-1 [overflow-wrap:anywhere]">{holiday.name}</span>
      <IconButton
        icon={Trash2}
        size="small"
        label={`Remove ${holiday.name}, ${formatDay(holiday.day)}`}
        blockedBecause={blockedBecause}
        onClick={() => blockedBecause === undefined && void remove()}
      />
    </li>
  );
}

function PasteDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { data: settings } = useSuspenseQuery(settingsQuery);
  const known = new Set(useQuery(holidaysQuery).data?.map((holiday) => holiday.day));
  const [text, setText] = useState('');
  const refresh = useRefresh();
  const { days: read, mistakes } = readHolidays(text, settings.intake.dayFirst);
  const days = read.filter((holiday) => !known.has(holiday.day));
  const there = read.length - days.length;
  return (
    <FormDialog
      open={open}
      onClose={onClose}
      title="Paste a list of holidays"
      lead="One day in a line, with its name behind it."
      action={days.length > 0 ? `Add ${plural(days.length, 'day')}` : 'Add days'}
      blockedBecause={
        mistakes.length > 0
          ? 'Correct the lines that cannot be read.'
          : days.length === 0
            ? there > 0
              ? 'All of these days are there already.'
              : 'Paste at least one day.'
            : undefined
      }
      onSubmit={async () => {
        // a refused day stops the list; those before it are kept, and the list leaves them out
        for (const holiday of days) await addHoliday(holiday).catch((error) => refresh().then(() => Promise.reject(error)));
        await refresh();
        done(`${plural(days.length, 'holiday')} added.`);
        setText('');
      }}
    >
      <TextArea label="Days and names" rows={8} mono value={text} onChange={setText} placeholder={'2026-12-25 Christmas Day\n2027-01-01 New Year’s Day'} />
      {mistakes.length > 0 && <ErrorList mistakes={mistakes} />}
      {there > 0 && <p className="text-table text-muted">{plural(there, 'day is', 'days are')} there already and left as they are.</p>}
      {days.length > 0 && (
        <ul aria-label="As it is read" className="max-h-40 overflow-y-auto text-table text-muted">
          {days.map((holiday) => (
            <li key={holiday.day} className="figures">
              {formatWeekday(holiday.day)} {formatDay(holiday.day)}: {holiday.name}
            </li>
          ))}
        </ul>
      )}
    </FormDialog>
  );
}

/** The first few: a list of another kind has a mistake in every line. */
const ErrorList = ({ mistakes }: { mistakes: readonly string[] }) => (
  <div aria-live="polite" className="text-table text-critical">
    {mistakes.slice(0, 5).map((mistake) => (
      <p key={mistake}>{mistake}</p>
    ))}
    {mistakes.length > 5 && <p>and {mistakes.length - 5} more</p>}
  </div>
);
