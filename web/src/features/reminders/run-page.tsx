import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { Mail } from 'lucide-react';
import { useEffect } from 'react';
import { PAGE_SIZE, usePages } from '../../api/pages.ts';
import { type Decision, listDecisions, type RunDetail, runQuery } from '../../api/reminders.ts';
import { useSession } from '../../api/session.ts';
import { useSearchParams } from '../../app/search-params.ts';
import { LinkButton } from '../../components/button.tsx';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { choiceFilter, FilterBar } from '../../components/filters.tsx';
import { AmountCell } from '../../components/money.tsx';
import { Card, Figure, Note, Page } from '../../components/page.tsx';
import { Empty, Failure, PageSkeleton } from '../../components/states.tsx';
import { StatusOf } from '../../components/status.tsx';
import { formatDay, formatDayShort, formatMoment, plural } from '../../format/dates.ts';
import { formatCount, formatList } from '../../format/money.ts';
import { emailState, outcomeAhead, outcomeState, runState } from '../../format/states.ts';
import { RunBrake } from './run-brake.tsx';

/** The reason, and why single invoices are not in the mail. */
function whyOf(row: Decision): string {
  const reasons = new Map<string, number>();
  for (const { text } of row.leftOut) reasons.set(text, (reasons.get(text) ?? 0) + 1);
  const left = [...reasons].map(([text, count]) => `${plural(count, 'invoice')} left out: ${text.charAt(0).toLowerCase()}${text.slice(1)}`);
  return [row.text, ...(row.outcome === 'held' ? [] : left)].join('. ');
}

const columns = (currency: string, waiting: boolean): Column<Decision>[] => [
  {
    key: 'customer',
    header: 'Customer',
    width: 170,
    fixed: true,
    phone: 'lead',
    cell: (row) => (
      <Link to={`/customers/${row.customer.id}` as never} title={row.customer.name} className="font-medium hover:underline">
        {row.customer.name}
      </Link>
    ),
  },
  {
    key: 'outcome',
    header: 'Decision',
    width: 160,
    phone: 'state',
    // those of a run that waits are not carried out yet
    cell: (row) => <StatusOf state={waiting ? outcomeAhead(row.outcome, row.rule.channel) : outcomeState(row.outcome, row.rule.channel, row.emailState)} />,
  },
  { key: 'why', header: 'Why', width: 160, grow: true, phone: 'detail', cell: (row) => <span title={whyOf(row)}>{whyOf(row)}</span> },
  {
    key: 'rule',
    header: 'Rule',
    width: 150,
    grow: true,
    cell: (row) => (
      <Link to={`/reminders/rules/${row.rule.id}` as never} title={row.rule.name} className="hover:underline">
        {row.rule.name}
      </Link>
    ),
  },
  { key: 'day', header: 'For', width: 72, cell: (row) => <span className="figures">{formatDayShort(row.day)}</span> },
  {
    key: 'mail',
    header: 'Mail',
    width: 96,
    cell: (row) =>
      row.emailId ? (
        <Link to={`/emails/${row.emailId}` as never} className="link">
          {row.emailState ? emailState(row.emailState).words : 'Show'}
        </Link>
      ) : (
        <span className="text-muted">–</span>
      ),
  },
  { key: 'invoices', header: 'Invoices', width: 76, align: 'end', cell: (row) => <span className="figures">{formatCount(row.invoices)}</span> },
  {
    key: 'amount',
    header: `Open, ${currency}`,
    width: 116,
    align: 'end',
    phone: 'figure',
    cell: (row) => <AmountCell value={row.amount} currency={currency} className="font-medium" />,
  },
];

const outcomes = [
  { value: 'send', label: 'Went out' },
  { value: 'merged', label: 'In another mail' },
  { value: 'held', label: 'Held back' },
];

/** One run: what it decided for every customer that a rule matched, and why. */
export function RunPage() {
  const { id = '' } = useParams({ strict: false }) as { id?: string };
  const { tenant } = useSession();
  const run = useQuery(runQuery(id));
  const [search, setSearch] = useSearchParams();
  const filter = { outcome: search['outcome'] as Decision['outcome'] | undefined, reason: search['reason'] };
  const decisions = usePages(['run', id, 'decisions', filter], (cursor, signal) => listDecisions(id, { ...filter, limit: PAGE_SIZE, cursor }, signal));
  const queries = useQueryClient();
  const state = run.data?.state;
  useEffect(() => {
    // the mails of a run are written after its decisions: look again when it is done
    if (state === 'done') void queries.invalidateQueries({ queryKey: ['run', id, 'decisions'] });
  }, [state, id, queries]);
  if (run.isPending) return <PageSkeleton />;
  if (run.isError) return <Failure error={run.error} retry={() => void run.refetch()} />;
  const reasons = run.data.reasons.map((entry) => ({ value: entry.reason, label: entry.text }));
  return (
    <Page
      title={`Run for ${formatDay(run.data.runOn)}`}
      beside={<StatusOf state={runState(run.data.state)} />}
      back={{ label: 'Runs', to: '/reminders/runs' }}
      lead={`${run.data.kind === 'daily' ? 'The daily run' : `Started by ${run.data.startedBy}`}, ${formatMoment(run.data.startedAt)}`}
      actions={
        <LinkButton to="/emails" search={{ run: id }} icon={Mail}>
          Its mails
        </LinkButton>
      }
      width="wide"
    >
      <div className="mb-4 space-y-3">
        {run.data.state === 'waiting' && <RunBrake run={run.data} />}
        <RunSummary run={run.data} />
      </div>
      <FilterBar
        noun="Decisions"
        values={search}
        onChange={setSearch}
        filters={[
          choiceFilter('outcome', 'Decision', outcomes, (label) => `“${label.toLowerCase()}”`),
          choiceFilter('reason', 'Reason', [...new Map(reasons.map((reason) => [reason.value, reason])).values()], (label) => `because: ${label}`),
        ]}
      />
      <DataTable
        label="Decisions"
        height="fill"
        rows={decisions.rows}
        rowId={(row) => `${row.customer.id}${row.rule.id}${row.day}${row.amount.currency}`}
        // a run of one day says in its title for which
        columns={columns(tenant.currency, state === 'waiting').filter((column) => column.key !== 'day' || run.data.days.length > 1)}
        loading={decisions.loading}
        error={decisions.error}
        retry={decisions.retry}
        more={decisions.more}
        empty={
          <Empty title={search['outcome'] || search['reason'] ? 'No decision matches' : 'No customer matched'}>
            {search['outcome'] || search['reason'] ? 'Take a filter away to see more.' : 'None of the active rules selected an open invoice on this day.'}
          </Empty>
        }
      />
    </Page>
  );
}

function RunSummary({ run }: { run: RunDetail }) {
  const caughtUp = run.days.filter((day) => day !== run.runOn);
  const held = run.reasons.filter((entry) => entry.outcome === 'held');
  return (
    <>
      <Card>
        <div className="grid grid-cols-2 gap-4 sm:grid-cols-4">
          <Figure label={run.state === 'waiting' ? 'Would send' : 'Mails'}>{formatCount(run.mails)}</Figure>
          {run.tasks > 0 && <Figure label={run.state === 'waiting' ? 'Would give tasks' : 'Tasks given'}>{formatCount(run.tasks)}</Figure>}
          {run.letters > 0 && <Figure label={run.state === 'waiting' ? 'Would write letters' : 'Letters'}>{formatCount(run.letters)}</Figure>}
          <Figure label={run.state === 'waiting' ? 'They would ask for' : 'They ask for'}>{run.amounts.length > 0 ? formatList(run.amounts) : '–'}</Figure>
          <Figure label="Sent with another">{formatCount(run.merged)}</Figure>
          <Figure label="Held back">{formatCount(run.held)}</Figure>
        </div>
        <RunHeartbeat run={run} />
        {held.length > 0 && (
          <ul className="mt-3 border-t border-border pt-3 text-table text-muted">
            {held.map((entry) => (
              <li key={entry.reason}>
                {plural(entry.count, 'decision')} held back: {entry.text}
              </li>
            ))}
          </ul>
        )}
      </Card>
      {run.releasedBy && run.releasedAt && (
        <Note>
          It was larger than usual and waited. {run.releasedBy} {run.state === 'canceled' ? 'canceled it' : 'let it go'}, {formatMoment(run.releasedAt)}.
        </Note>
      )}
      {caughtUp.length > 0 && <Note>It made up for {caughtUp.map(formatDayShort).join(', ')}, on which no run took place.</Note>}
      {run.missedDays.length > 0 && (
        <Note tone="caution">No reminders went out for {run.missedDays.map(formatDayShort).join(', ')}: too long ago to be made up for.</Note>
      )}
    </>
  );
}

/** Expected against sent, as a line and a bar. */
function RunHeartbeat({ run }: { run: RunDetail }) {
  const { delivery } = run;
  if (!delivery || delivery.expected === 0 || run.state === 'waiting') return null;
  const { expected, sent, onTheWay, failed, uncertain, withdrawn } = delivery;
  const missing = expected - sent - onTheWay - failed - uncertain;
  const rest = [
    onTheWay > 0 && `${formatCount(onTheWay)} on the way`,
    missing > 0 && `${formatCount(missing)} not written yet`,
    failed > 0 && `${formatCount(failed)} not delivered`,
    uncertain > 0 && `${formatCount(uncertain)} perhaps sent`,
    withdrawn > 0 && `${formatCount(withdrawn)} withdrawn, because nothing was left to ask for`,
  ].filter(Boolean);
  return (
    <div className="mt-3 border-t border-border pt-3">
      <p className="figures text-table">
        <span className="font-medium">
          {formatCount(sent)} of {formatCount(expected)} sent
        </span>
        {rest.length > 0 && <span className={failed + uncertain > 0 ? 'text-critical' : 'text-muted'}> · {rest.join(' · ')}</span>}
      </p>
      <div aria-hidden className="mt-1.5 h-1.5 overflow-hidden rounded-full bg-sunken">
        <div className="h-full rounded-full bg-positive" style={{ width: `${Math.min(100, (sent / expected) * 100)}%` }} />
      </div>
    </div>
  );
}
