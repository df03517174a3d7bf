import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { CalendarClock, CalendarDays, CircleHelp, MoreHorizontal, Send, SkipForward } from 'lucide-react';
import { useState } from 'react';
import { newKey } from '../../api/client.ts';
import { type Calendar, type CalendarDay, type CalendarRow, calendarQuery, type Override, overrideMail, withdrawOverride } from '../../api/proof.ts';
import { Button, IconButton } from '../../components/button.tsx';
import { FormDialog } from '../../components/dialog.tsx';
import { TextField } from '../../components/field.tsx';
import { Menu } from '../../components/menu.tsx';
import { Card, Note, Page } from '../../components/page.tsx';
import { Empty, Failure, LinesSkeleton } from '../../components/states.tsx';
import { Status } from '../../components/status.tsx';
import { done, failed } from '../../components/toast.tsx';
import { addDays, formatDay, formatDayShort, formatTime, formatWeekday, plural, relativeDay } from '../../format/dates.ts';
import { formatCount, formatList } from '../../format/money.ts';
import { besidesMails } from '../reminders/outgoing.ts';
import { ReminderTabs } from '../reminders/reminder-tabs.tsx';

const DAYS = 14;
/** Customers shown of a day until more are asked for. */
const SHOWN = 8;

/** What goes out in the next days if nothing happens until then; each mail can be skipped, postponed or sent now. */
export function CalendarPage() {
  const calendar = useQuery(calendarQuery(DAYS));
  return (
    <Page title="Invoice reminders" lead="What goes out in the next 14 days if nothing is paid, uploaded or decided until then." tabs={<ReminderTabs />}>
      {calendar.isPending && <LinesSkeleton lines={8} />}
      {calendar.isError && <Failure error={calendar.error} retry={() => void calendar.refetch()} />}
      {calendar.data && <Days calendar={calendar.data} />}
    </Page>
  );
}

function Days({ calendar }: { calendar: Calendar }) {
  const [chosen, choose] = useState<string | null>(null);
  const most = Math.max(1, ...calendar.days.map((day) => day.mails));
  const shown = calendar.days.filter((day) => (chosen === null ? rowsOf(day).length > 0 : day.day === chosen));
  const total = calendar.days.reduce((sum, day) => sum + day.mails, 0);
  return (
    <>
      <ol aria-label="Days" className="grid grid-cols-7 gap-1.5 sm:gap-2">
        {calendar.days.map((day) => (
          <li key={day.day} className="min-w-0">
            <button
              type="button"
              aria-pressed={chosen === day.day}
              onClick={() => choose(chosen === day.day ? null : day.day)}
              className={`flex h-full min-h-20 w-full flex-col rounded-lg border px-1.5 py-1.5 text-left sm:px-2.5 ${chosen === day.day ? 'border-accent bg-accent-soft' : 'border-border bg-raised hover:bg-sunken'}`}
            >
              <span className="truncate text-label text-muted">{formatWeekday(day.day)}</span>
              <span className={`figures truncate text-label sm:text-table ${day.isBusinessDay ? '' : 'text-muted'}`}>
                <span className="max-sm:hidden">{formatDayShort(day.day)}</span>
                <span className="sm:hidden">{Number(day.day.slice(8))}</span>
              </span>
              <span className={`figures mt-auto text-table font-semibold ${day.mails === 0 ? 'text-muted' : ''}`}>
                {day.mails === 0 ? '–' : day.mails}
                <span className="sr-only">
                  {` ${day.mails === 1 ? 'mail' : 'mails'}${day.held > 0 ? `, ${day.held} held back` : ''}${day.isBusinessDay ? '' : ', a day off'}`}
                </span>
              </span>
              <span aria-hidden className="mt-1 h-1 w-full rounded-full bg-sunken">
                <span className="block h-1 rounded-full bg-accent-fill" style={{ width: `${(day.mails / most) * 100}%` }} />
              </span>
            </button>
          </li>
        ))}
      </ol>
      <Words overrides={calendar.overrides} />
      <div className="mt-5 space-y-4">
        {shown.map((day) => (
          <DayCard key={day.day} day={day} overrides={calendar.overrides} open={chosen !== null} />
        ))}
        {shown.length === 0 && (
          <Card>
            <Empty icon={CalendarDays} title={chosen === null ? 'Nothing goes out in the next 14 days' : `Nothing goes out on ${formatDay(chosen)}`}>
              {total === 0 ? 'No rule that is on will match anybody. Switch a rule on, or look at its conditions.' : 'Choose another day above.'}
            </Empty>
          </Card>
        )}
      </div>
    </>
  );
}

const rowsOf = (day: CalendarDay): CalendarRow[] => day.runs.flatMap((run) => run.rows);

const wordsOf = (one: Override): string =>
  one.action === 'skip' ? `${formatDay(one.day)} is skipped` : `moved from ${formatDay(one.day)} to ${formatDay(one.toDay!)}`;

/** What people decided about these days and what can be taken back. */
function Words({ overrides }: { overrides: readonly Override[] }) {
  const undo = useUndo();
  if (overrides.length === 0) return null;
  return (
    <Card title="Decided by people" className="mt-5" lead="Each can be taken back until its day has had its run.">
      <ul className="divide-y divide-border">
        {overrides.map((one) => (
          <li key={one.id} className="flex flex-wrap items-center justify-between gap-x-3 gap-y-1 py-2 first:pt-0 last:pb-0">
            <span className="min-w-0">
              <Link to={`/customers/${one.customer.id}` as never} className="font-medium [overflow-wrap:anywhere] hover:underline">
                {one.customer.name}
              </Link>
              : {wordsOf(one)}
              {one.rule ? `, only “${one.rule.name}”` : ''}
              <span className="text-muted">
                {' '}
                · {one.madeBy}
                {one.note ? ` · ${one.note}` : ''}
              </span>
            </span>
            <Button size="small" onClick={() => void undo(one)}>
              Take back
            </Button>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function useUndo(): (one: { id: string }) => Promise<void> {
  const queries = useQueryClient();
  return async (one) => {
    try {
      await withdrawOverride(one.id);
      done('Taken back.');
    } catch (error) {
      failed(error);
    }
    await queries.invalidateQueries({ queryKey: ['calendar'] });
  };
}

function DayCard({ day, overrides, open }: { day: CalendarDay; overrides: readonly Override[]; open: boolean }) {
  const [all, setAll] = useState(open);
  const rows = rowsOf(day);
  const shown = all || open ? rows : rows.slice(0, SHOWN);
  const things = thingsOf(day);
  const more = [day.mails > 0 ? plural(day.mails, 'mail') : null, ...besidesMails(things), day.held > 0 ? `${day.held} held back` : null]
    .filter(Boolean)
    .join(', ');
  const hidden = day.mails + things.tasks + things.letters + day.held - rows.length;
  return (
    <Card flush title={`${formatWeekday(day.day)}, ${formatDay(day.day)}`} lead={`${relativeDay(day.day)}${day.isBusinessDay ? '' : ', a day off'} · ${more}`}>
      {day.runs
        .filter((run) => run.waits)
        .map((run) => (
          <p key={run.at} className="border-t border-border px-4 py-2 text-table text-caution">
            Larger than usual: more than {formatCount(run.allowed)} would go out, so the run of {formatTime(run.at)} will wait for a person.
          </p>
        ))}
      <ul className="border-t border-border">
        {shown.map((row, index) => (
          <Row key={`${row.customer.id}${row.outcome}${row.reason}${row.channel}${index}`} row={row} day={day.day} overrides={overrides} />
        ))}
      </ul>
      {(rows.length > shown.length || hidden > 0) && (
        <div className="border-t border-border px-4 py-2 text-table text-muted">
          {rows.length > shown.length ? (
            <button type="button" className="link" onClick={() => setAll(true)}>
              Show {rows.length - shown.length} more
            </button>
          ) : (
            `… and ${hidden} more with smaller amounts`
          )}
        </div>
      )}
    </Card>
  );
}

const thingsOf = (day: CalendarDay) => ({
  tasks: day.runs.reduce((total, run) => total + run.tasks, 0),
  letters: day.runs.reduce((total, run) => total + run.letters, 0),
});

function Row({ row, day, overrides }: { row: CalendarRow; day: string; overrides: readonly Override[] }) {
  const [postponing, setPostponing] = useState(false);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const undo = useUndo();
  const standing = overrides.find((one) => one.customer.id === row.customer.id && one.day === day);
  const act = async (action: 'skip' | 'send_now') => {
    try {
      const { override, sent } = await overrideMail({ customerId: row.customer.id, ruleId: null, day, action, toDay: null, note: null }, newKey());
      if (action === 'skip') done(`${row.customer.name} gets no reminder on ${formatDay(day)}.`, () => undo(override));
      else if (sent?.outcome === 'held') failed(null, `It was held back: ${sent.text}.`);
      else done(`The reminder to ${row.customer.name} is on its way.`);
    } catch (error) {
      failed(error);
    }
    await queries.invalidateQueries({ queryKey: ['calendar'] });
  };
  const goes = row.outcome === 'send';
  return (
    <li className="flex items-start gap-3 border-b border-border px-4 py-2 last:border-0 sm:items-center">
      <div className="min-w-0 flex-1 sm:flex sm:items-baseline sm:gap-3">
        <Link to={`/customers/${row.customer.id}` as never} className="block min-w-0 font-medium [overflow-wrap:anywhere] hover:underline sm:w-[32%]">
          {row.customer.name}
        </Link>
        <span className="block min-w-0 text-table text-muted [overflow-wrap:anywhere] sm:flex-1">
          {goes ? row.rules.map((rule) => rule.name).join(', ') : `${row.text}. ${row.rules.map((rule) => rule.name).join(', ')}`}
        </span>
        <span className="figures block text-table sm:text-right">
          {plural(row.invoices, 'invoice')}, {formatList(row.amounts)}
        </span>
      </div>
      <span className="shrink-0">
        {goes ? (
          row.channel === 'email' ? null : (
            <Status icon="none">{row.channel === 'task' ? 'Task' : 'Letter'}</Status>
          )
        ) : (
          <Status tone="caution" icon="stopped">
            Held back
          </Status>
        )}
      </span>
      <Menu
        trigger={<IconButton icon={MoreHorizontal} size="small" label={`Actions for ${row.customer.name} on ${formatDay(day)}`} />}
        actions={[
          ...(goes
            ? [
                { label: 'Skip', icon: SkipForward, onSelect: () => void act('skip') },
                { label: 'Postpone …', icon: CalendarClock, onSelect: () => setPostponing(true) },
                { label: 'Send now', icon: Send, onSelect: () => void act('send_now') },
              ]
            : []),
          ...(standing ? [{ label: 'Take back what was decided', icon: CalendarDays, onSelect: () => void undo(standing) }] : []),
          {
            label: 'Why',
            icon: CircleHelp,
            onSelect: () => void navigate({ to: '/reminders/why' as never, search: { customer: row.customer.number, on: day } as never }),
          },
        ]}
      />
      <PostponeDialog open={postponing} onClose={() => setPostponing(false)} row={row} day={day} />
    </li>
  );
}

function PostponeDialog({ open, onClose, row, day }: { open: boolean; onClose: () => void; row: CalendarRow; day: string }) {
  const [to, setTo] = useState(addDays(day, 7));
  const [note, setNote] = useState('');
  const queries = useQueryClient();
  const undo = useUndo();
  return (
    <FormDialog
      open={open}
      onClose={onClose}
      title={`Postpone the reminder to ${row.customer.name}`}
      lead={`It would go out on ${formatDay(day)}. On the new day its rules are asked again for that mail.`}
      action={to > day ? `Postpone to ${formatDay(to)}` : 'Postpone'}
      blockedBecause={to > day ? undefined : 'Choose a later day.'}
      onSubmit={async () => {
        const { override } = await overrideMail(
          { customerId: row.customer.id, ruleId: null, day, action: 'postpone', toDay: to, note: note.trim() || null },
          newKey(),
        );
        done(`Postponed to ${formatDay(to)}.`, () => undo(override));
        await queries.invalidateQueries({ queryKey: ['calendar'] });
      }}
    >
      <TextField label="New day" type="date" value={to} min={addDays(day, 1)} onChange={setTo} />
      <TextField label="Note" optional value={note} maxLength={500} onChange={setNote} />
      <Note>What is paid until then is left out.</Note>
    </FormDialog>
  );
}
