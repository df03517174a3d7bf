import { Link } from '@tanstack/react-router';
import { History } from 'lucide-react';
import { PAGE_SIZE, usePages } from '../../api/pages.ts';
import { listStatementRuns, type StatementRun } from '../../api/statements.ts';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { Page } from '../../components/page.tsx';
import { Empty } from '../../components/states.tsx';
import { StatusOf } from '../../components/status.tsx';
import { formatDay, formatMoment } from '../../format/dates.ts';
import { formatCount, formatList } from '../../format/money.ts';
import { runState } from '../../format/states.ts';
import { StatementTabs } from './statement-tabs.tsx';

export const runKind = (run: StatementRun): string =>
  `${run.kind === 'scheduled' ? 'By schedule' : `By hand, ${run.startedBy}`}${run.mails ? '' : ', for paper'}${run.days.length > 1 ? `, with ${run.days.length - 1} missed` : ''}`;

const columns: Column<StatementRun>[] = [
  {
    key: 'asOf',
    header: 'As of',
    width: 120,
    fixed: true,
    phone: 'lead',
    cell: (run) => (
      <Link to={`/statements/runs/${run.id}` as never} className="figures font-medium hover:underline">
        {formatDay(run.asOf)}
      </Link>
    ),
  },
  {
    key: 'rules',
    header: 'Rules',
    width: 140,
    grow: true,
    phone: 'detail',
    cell: (run) => {
      const names = run.rules.map((rule) => rule.name).join(', ');
      return <span title={names}>{names}</span>;
    },
  },
  { key: 'kind', header: 'Kind', width: 130, grow: true, cell: (run) => runKind(run) },
  { key: 'started', header: 'Started', width: 180, cell: (run) => <span className="figures">{formatMoment(run.startedAt)}</span> },
  { key: 'state', header: 'Status', width: 110, phone: 'state', cell: (run) => <StatusOf state={runState(run.state)} /> },
  {
    key: 'amounts',
    header: 'Over',
    width: 150,
    align: 'end',
    cell: (run) => <span className="figures">{run.amounts.length > 0 ? formatList(run.amounts) : '–'}</span>,
  },
  {
    key: 'held',
    header: 'No mail',
    width: 76,
    align: 'end',
    cell: (run) => <span className={`figures ${run.held === 0 ? 'text-muted' : ''}`}>{formatCount(run.held)}</span>,
  },
  {
    key: 'statements',
    header: 'Statements',
    width: 98,
    align: 'end',
    fixed: true,
    phone: 'figure',
    cell: (run) => <span className="figures font-medium">{formatCount(run.statements)}</span>,
  },
];

/** Every time statements were made, newest first. */
export function StatementRunsPage() {
  const runs = usePages(['statement-runs'], (cursor, signal) => listStatementRuns({ limit: PAGE_SIZE, cursor }, signal));
  return (
    <Page title="Statements" lead="Every run with what it made and sent." tabs={<StatementTabs />}>
      <DataTable
        label="Runs"
        height="fill"
        rows={runs.rows}
        rowId={(run) => run.id}
        columns={columns}
        href={(run) => `/statements/runs/${run.id}`}
        loading={runs.loading}
        error={runs.error}
        retry={runs.retry}
        more={runs.more}
        empty={
          <Empty icon={History} title="No run yet">
            Switch a rule on: it runs by itself on its day, and “Run now” starts one at once.
          </Empty>
        }
      />
    </Page>
  );
}
