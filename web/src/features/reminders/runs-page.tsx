import { Link } from '@tanstack/react-router';
import { History } from 'lucide-react';
import { PAGE_SIZE, usePages } from '../../api/pages.ts';
import { listRuns, type Run } from '../../api/reminders.ts';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { Page } from '../../components/page.tsx';
import { Empty } from '../../components/states.tsx';
import { StatusOf } from '../../components/status.tsx';
import { formatDay, formatMoment } from '../../format/dates.ts';
import { formatCount, formatList } from '../../format/money.ts';
import { runState } from '../../format/states.ts';
import { Alarms } from './alarms.tsx';
import { Heartbeat } from './heartbeat.tsx';
import { besidesMails } from './outgoing.ts';
import { ReminderTabs } from './reminder-tabs.tsx';

const count = (value: number) => <span className={`figures ${value === 0 ? 'text-muted' : ''}`}>{formatCount(value)}</span>;

const columns: Column<Run>[] = [
  {
    key: 'on',
    header: 'For',
    width: 120,
    fixed: true,
    phone: 'lead',
    cell: (run) => (
      <Link to={`/reminders/runs/${run.id}` as never} className="figures font-medium hover:underline">
        {formatDay(run.runOn)}
      </Link>
    ),
  },
  {
    key: 'kind',
    header: 'Kind',
    width: 120,
    grow: true,
    phone: 'detail',
    cell: (run) => `${run.kind === 'daily' ? 'Daily run' : `By hand, ${run.startedBy}`}${run.days.length > 1 ? `, with ${run.days.length - 1} missed` : ''}`,
  },
  { key: 'started', header: 'Started', width: 184, cell: (run) => <span className="figures">{formatMoment(run.startedAt)}</span> },
  { key: 'state', header: 'Status', width: 140, phone: 'state', cell: (run) => <StatusOf state={runState(run.state)} /> },
  {
    key: 'amounts',
    header: 'Asked for',
    width: 136,
    align: 'end',
    cell: (run) => <span className="figures">{run.amounts.length > 0 ? formatList(run.amounts) : '–'}</span>,
  },
  { key: 'merged', header: 'Merged', width: 76, align: 'end', cell: (run) => count(run.merged) },
  { key: 'held', header: 'Held back', width: 88, align: 'end', cell: (run) => count(run.held) },
  { key: 'mails', header: 'Sent', width: 140, align: 'end', fixed: true, phone: 'figure', cell: (run) => <Delivery run={run} /> },
];

/** Expected against sent, in a critical colour where mails did not leave. */
function Delivery({ run }: { run: Run }) {
  const { expected = run.mails, sent = 0, onTheWay = 0 } = run.delivery ?? {};
  const lost = run.state === 'done' && sent + onTheWay < expected;
  const stopped = run.state === 'waiting' || run.state === 'canceled';
  const besides = stopped ? [] : besidesMails(run);
  const mails = stopped ? `0 of ${formatCount(run.mails)}` : `${formatCount(sent)} of ${formatCount(expected)}`;
  const words = expected === 0 && besides.length > 0 ? besides : [mails, ...besides];
  return <span className={`figures font-medium ${lost ? 'text-critical' : expected === 0 ? 'text-muted' : ''}`}>{words.join(', ')}</span>;
}

/** Every time the rules were asked, newest first. */
export function RunsPage() {
  const runs = usePages(['runs'], (cursor, signal) => listRuns({ limit: PAGE_SIZE, cursor }, signal));
  return (
    <Page title="Invoice reminders" lead={<Heartbeat />} tabs={<ReminderTabs />}>
      <Alarms className="mb-4" />
      <DataTable
        label="Runs"
        height="fill"
        rows={runs.rows}
        rowId={(run) => run.id}
        columns={columns}
        href={(run) => `/reminders/runs/${run.id}`}
        loading={runs.loading}
        error={runs.error}
        retry={runs.retry}
        more={runs.more}
        empty={
          <Empty icon={History} title="No run yet">
            Switch a rule on: the run of the day starts by itself, and “Run now” starts one at once.
          </Empty>
        }
      />
    </Page>
  );
}
