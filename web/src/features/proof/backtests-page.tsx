import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { FlaskConical, Plus } from 'lucide-react';
import { useState } from 'react';
import { type Backtest, backtestsQuery } from '../../api/proof.ts';
import { Button } from '../../components/button.tsx';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { Page } from '../../components/page.tsx';
import { Empty } from '../../components/states.tsx';
import { Status, type Tone, type icons } from '../../components/status.tsx';
import { formatDay, formatMoment } from '../../format/dates.ts';
import { formatCount } from '../../format/money.ts';
import { ReminderTabs } from '../reminders/reminder-tabs.tsx';
import { BacktestDialog } from './backtest-dialog.tsx';

const states: Record<Backtest['state'], { tone: Tone; icon: keyof typeof icons; words: string }> = {
  waiting: { tone: 'neutral', icon: 'waiting', words: 'Waiting' },
  running: { tone: 'accent', icon: 'waiting', words: 'Running' },
  done: { tone: 'positive', icon: 'done', words: 'Done' },
  failed: { tone: 'critical', icon: 'alert', words: 'Failed' },
  cancelled: { tone: 'neutral', icon: 'stopped', words: 'Cancelled' },
};

export function BacktestState({ test }: { test: Pick<Backtest, 'state' | 'daysDone' | 'daysTotal'> }) {
  const { tone, icon, words } = states[test.state];
  return (
    <Status tone={tone} icon={icon}>
      {test.state === 'running' ? `${Math.floor((test.daysDone / Math.max(1, test.daysTotal)) * 100)} %` : words}
    </Status>
  );
}

const count = (value: number | undefined) => <span className="figures">{value === undefined ? '–' : formatCount(value)}</span>;

const columns: Column<Backtest>[] = [
  {
    key: 'title',
    header: 'Back-test',
    width: 210,
    grow: true,
    fixed: true,
    phone: 'lead',
    cell: (test) => (
      <Link to={`/reminders/backtests/${test.id}` as never} title={test.title} className="font-medium hover:underline">
        {test.title}
      </Link>
    ),
  },
  {
    key: 'days',
    header: 'Days',
    width: 220,
    phone: 'detail',
    cell: (test) => <span className="figures">{`${formatDay(test.from)} to ${formatDay(test.to)}`}</span>,
  },
  { key: 'state', header: 'Status', width: 110, phone: 'state', cell: (test) => <BacktestState test={test} /> },
  { key: 'asked', header: 'Asked', width: 190, cell: (test) => <span title={test.askedBy}>{formatMoment(test.createdAt)}</span> },
  { key: 'mails', header: 'Mails', width: 90, align: 'end', phone: 'figure', cell: (test) => count(test.summary?.mails) },
  { key: 'base', header: 'Against', width: 90, align: 'end', cell: (test) => count(test.summary?.baseMails) },
  { key: 'same', header: 'The same', width: 90, align: 'end', cell: (test) => count(test.summary?.sameMails) },
];

/** Rules asked of the past: each question with its result. */
export function BacktestsPage() {
  const tests = useQuery(backtestsQuery);
  const [asking, setAsking] = useState(false);
  return (
    <Page
      title="Invoice reminders"
      lead="Who would have been mailed, and how often, had other rules been on."
      tabs={<ReminderTabs />}
      actions={
        <Button variant="primary" icon={Plus} onClick={() => setAsking(true)}>
          New back-test
        </Button>
      }
    >
      <DataTable
        label="Back-tests"
        height="fill"
        rows={tests.data ?? []}
        rowId={(test) => test.id}
        columns={columns}
        href={(test) => `/reminders/backtests/${test.id}`}
        loading={tests.isPending}
        error={tests.isError && !tests.data ? tests.error : undefined}
        retry={() => void tests.refetch()}
        empty={
          <Empty
            icon={FlaskConical}
            title="No back-test yet"
            action={
              <Button icon={Plus} onClick={() => setAsking(true)}>
                New back-test
              </Button>
            }
          >
            Replay a rule over the recorded past before you switch it on: day by day, with the invoices, payments and pauses of that day.
          </Empty>
        }
      />
      <BacktestDialog open={asking} onClose={() => setAsking(false)} />
    </Page>
  );
}
