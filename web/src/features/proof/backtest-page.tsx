import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { Trash2, Users, X } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { PAGE_SIZE, usePages } from '../../api/pages.ts';
import { type BacktestCustomer, type BacktestDetail, backtestQuery, cancelBacktest, deleteBacktest, listBacktestCustomers } from '../../api/proof.ts';
import { Button } from '../../components/button.tsx';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { FormDialog, SidePanel } from '../../components/dialog.tsx';
import { CheckField } from '../../components/field.tsx';
import { Card, Figure, Note, Page } from '../../components/page.tsx';
import { Empty, Failure, PageSkeleton, Skeleton } from '../../components/states.tsx';
import { done, failed } from '../../components/toast.tsx';
import { addDays, formatDay, plural } from '../../format/dates.ts';
import { formatCount } from '../../format/money.ts';
import { BacktestState } from './backtests-page.tsx';

const Chart = lazy(() => import('./backtest-chart.tsx'));

/** What a replay found: how many mails by day and week, against the other side; for whom, and for whom too many. */
export function BacktestPage() {
  const { id = '' } = useParams({ strict: false }) as { id?: string };
  const test = useQuery(backtestQuery(id));
  const [deleting, setDeleting] = useState(false);
  const queries = useQueryClient();
  const navigate = useNavigate();
  if (test.isPending) return <PageSkeleton />;
  if (test.isError) return <Failure error={test.error} retry={() => void test.refetch()} />;
  const { data } = test;
  const open = data.state === 'waiting' || data.state === 'running';
  const cancel = async () => {
    try {
      await cancelBacktest(id);
    } catch (error) {
      failed(error);
    }
    await queries.invalidateQueries({ queryKey: ['backtest', id] });
  };
  return (
    <Page
      title={data.title}
      beside={<BacktestState test={data} />}
      back={{ label: 'Back-tests', to: '/reminders/backtests' }}
      lead={`${formatDay(data.from)} to ${formatDay(data.to)}, asked by ${data.askedBy}`}
      actions={
        <>
          {open && (
            <Button icon={X} onClick={() => void cancel()}>
              Cancel
            </Button>
          )}
          <Button icon={Trash2} onClick={() => setDeleting(true)}>
            Delete
          </Button>
        </>
      }
      width="wide"
    >
      {open && <Progress test={data} />}
      {data.state === 'failed' && <Note tone="critical">{data.error ?? 'It failed.'}</Note>}
      {data.state === 'cancelled' && <Note>This back-test was cancelled before its end.</Note>}
      {data.summary && <Result test={data} />}
      <FormDialog
        open={deleting}
        onClose={() => setDeleting(false)}
        title="Delete this back-test?"
        lead="Its result goes; rules and mails stay as they are."
        action="Delete"
        danger
        onSubmit={async () => {
          await deleteBacktest(id);
          await queries.invalidateQueries({ queryKey: ['backtests'] });
          done('Deleted.');
          void navigate({ to: '/reminders/backtests' as never });
        }}
      />
    </Page>
  );
}

function stepOf(test: BacktestDetail): string {
  if (test.state === 'waiting') return 'It begins when a worker is free.';
  if (test.daysDone === 0) return `The past is put together, then ${plural(test.daysTotal, 'day')} are replayed.`;
  return `${test.daysDone} of ${plural(test.daysTotal, 'day')} replayed`;
}

function Progress({ test }: { test: BacktestDetail }) {
  const share = Math.round((test.daysDone / Math.max(1, test.daysTotal)) * 100);
  return (
    <Card>
      <p id="progress">{stepOf(test)}</p>
      <div
        role="progressbar"
        aria-labelledby="progress"
        aria-valuenow={share}
        aria-valuemin={0}
        aria-valuemax={100}
        className="mt-2 h-2 rounded-full bg-sunken"
      >
        <div className="h-2 rounded-full bg-accent-fill transition-[width]" style={{ width: `${share}%` }} />
      </div>
      <p className="mt-2 text-table text-muted">It goes on without this page; the result is kept.</p>
    </Card>
  );
}

const sideNames = ({ baseline }: BacktestDetail): string => (baseline.kind === 'sent' ? 'Really sent' : 'The other rules');

/** More days than bars can stand side by side. */
const isLong = ({ from, to }: BacktestDetail): boolean => addDays(from, 31) <= to;

function Result({ test }: { test: BacktestDetail }) {
  const summary = test.summary!;
  const { proof } = summary;
  return (
    <div className="space-y-4">
      {proof && (
        <Note tone={proof.different === 0 ? 'positive' : 'critical'}>
          {proof.different === 0
            ? `The replay of the rules that were on gives every decision on record again: ${plural(proof.recorded, 'decision')}, no difference.`
            : `${plural(proof.different, 'decision')} of the replay and the record differ. First: ${proof.examples
                .slice(0, 3)
                .map((one) => `${one.customer}, ${formatDay(one.day)}, ${one.rule} (${one.side}: ${one.outcome})`)
                .join('; ')}.`}
        </Note>
      )}
      {summary.recordedFrom && summary.recordedFrom > test.from && (
        <Note>Invoices are on record since {formatDay(summary.recordedFrom)} only: on the days before nobody could be mailed.</Note>
      )}
      <Card>
        <div className="grid grid-cols-2 gap-x-6 gap-y-4 sm:grid-cols-3 lg:grid-cols-5">
          <Figure label="Mails of the replay" note={plural(summary.customers, 'customer')}>
            {formatCount(summary.mails)}
          </Figure>
          <Figure label={sideNames(test)} note={plural(summary.baseCustomers, 'customer')}>
            {formatCount(summary.baseMails)}
          </Figure>
          <Figure label="The same" note="same customer and day">
            {formatCount(summary.sameMails)}
          </Figure>
          <Figure label="Customers only here" note={`${formatCount(summary.onlyBaseline)} only on the other side`}>
            {formatCount(summary.onlyCandidate)}
          </Figure>
          <Figure label={`Contacts above ${plural(test.moreThan, 'mail')}`} note={`at most ${plural(summary.mostForContact, 'mail')}`}>
            {formatCount(summary.contactsAbove)}
          </Figure>
        </div>
      </Card>
      <Card title={isLong(test) ? 'Mails by week' : 'Mails by day'}>
        <Suspense fallback={<Skeleton className="h-56" />}>
          <Chart from={test.from} to={test.to} days={test.days} byWeek={isLong(test)} base={sideNames(test)} />
        </Suspense>
      </Card>
      {test.contactsAbove.length > 0 && <Contacts test={test} />}
      <Customers test={test} />
    </div>
  );
}

/** Contacts named until more are asked for. */
const SHOWN = 8;

function Contacts({ test }: { test: BacktestDetail }) {
  const [all, setAll] = useState(false);
  const shown = all ? test.contactsAbove : test.contactsAbove.slice(0, SHOWN);
  // no more are kept
  const more = (test.summary?.contactsAbove ?? 0) - test.contactsAbove.length;
  return (
    <Card title={`Contacts with more than ${plural(test.moreThan, 'mail')}`} lead="One address may be that of several customers.">
      <ul className="divide-y divide-border">
        {shown.map((contact) => (
          <li key={contact.address} className="flex flex-wrap items-baseline justify-between gap-x-4 py-2 first:pt-0 last:pb-0">
            <span className="min-w-0 [overflow-wrap:anywhere]">
              <span className="font-medium">{contact.address}</span> <span className="text-muted">{contact.customers.map((one) => one.name).join(', ')}</span>
            </span>
            <span className="figures text-table">
              {plural(contact.mails, 'mail')}, at most {contact.mostInWeek} in a week
            </span>
          </li>
        ))}
      </ul>
      {shown.length < test.contactsAbove.length ? (
        <button type="button" className="link mt-2 text-table" onClick={() => setAll(true)}>
          Show {formatCount(test.contactsAbove.length - shown.length)} more
        </button>
      ) : (
        more > 0 && <p className="mt-2 text-table text-muted">and {plural(more, 'more contact')}</p>
      )}
    </Card>
  );
}

const columns = (base: string): Column<BacktestCustomer>[] => [
  {
    key: 'customer',
    header: 'Customer',
    width: 220,
    grow: true,
    fixed: true,
    phone: 'lead',
    cell: (row) => (
      <span className="font-medium" title={row.customer.name}>
        {row.customer.name}
      </span>
    ),
  },
  { key: 'number', header: 'Number', width: 120, cell: (row) => row.customer.number },
  { key: 'address', header: 'Address', width: 220, grow: true, phone: 'detail', cell: (row) => <span title={row.address}>{row.address || '–'}</span> },
  { key: 'week', header: 'Most in a week', width: 120, align: 'end', cell: (row) => <span className="figures">{row.mostInWeek}</span> },
  { key: 'base', header: base, width: 130, align: 'end', cell: (row) => <span className="figures">{row.baseMails}</span> },
  { key: 'same', header: 'The same', width: 90, align: 'end', cell: (row) => <span className="figures">{row.sameMails}</span> },
  { key: 'mails', header: 'Replay', width: 90, align: 'end', phone: 'figure', cell: (row) => <span className="figures font-medium">{row.mails}</span> },
];

function Customers({ test }: { test: BacktestDetail }) {
  const [different, setDifferent] = useState(false);
  const [shown, setShown] = useState<BacktestCustomer | null>(null);
  const rows = usePages(['backtest', test.id, 'customers', different], (cursor, signal) =>
    listBacktestCustomers(test.id, { limit: PAGE_SIZE, cursor, different }, signal),
  );
  return (
    <section aria-label="Customers">
      <div className="mb-2 flex flex-wrap items-center justify-between gap-3">
        <h2 className="font-semibold">Customers</h2>
        <CheckField label="Only those with a difference" checked={different} onChange={setDifferent} />
      </div>
      <DataTable
        label="Customers"
        rows={rows.rows}
        rowId={(row) => row.customer.id}
        columns={columns(sideNames(test))}
        onOpen={setShown}
        loading={rows.loading}
        error={rows.error}
        retry={rows.retry}
        more={rows.more}
        empty={
          <Empty icon={Users} title={different ? 'No difference' : 'Nobody'}>
            {different ? 'Both sides mail the same customers on the same days.' : 'Neither side mails anybody in these days.'}
          </Empty>
        }
      />
      <DaysPanel row={shown} base={sideNames(test)} onClose={() => setShown(null)} />
    </section>
  );
}

/** The days on which each side mails one customer. */
function DaysPanel({ row, base, onClose }: { row: BacktestCustomer | null; base: string; onClose: () => void }) {
  const days = row ? [...new Set([...row.days, ...row.baseDays])].toSorted() : [];
  return (
    <SidePanel
      open={row !== null}
      onClose={onClose}
      title={row?.customer.name ?? ''}
      lead={row ? `${plural(row.mails, 'mail')} of the replay, ${row.baseMails} of the other side` : ''}
    >
      {row && (
        <>
          <p className="mb-3">
            <Link to={`/customers/${row.customer.id}` as never} className="link">
              Show the customer
            </Link>
          </p>
          <table className="w-full text-table">
            <thead>
              <tr className="text-left text-label text-muted">
                <th scope="col" className="py-1 font-medium">
                  Day
                </th>
                <th scope="col" className="py-1 font-medium">
                  Replay
                </th>
                <th scope="col" className="py-1 font-medium">
                  {base}
                </th>
                <th scope="col" className="py-1 font-medium">
                  <span className="sr-only">Why</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {days.map((day) => (
                <tr key={day} className="border-t border-border">
                  <td className="figures py-1.5">{formatDay(day)}</td>
                  <td className="py-1.5">{row.days.includes(day) ? 'Mail' : <span className="text-muted">–</span>}</td>
                  <td className="py-1.5">{row.baseDays.includes(day) ? 'Mail' : <span className="text-muted">–</span>}</td>
                  <td className="py-1.5 text-right">
                    <Link to={'/reminders/why' as never} search={{ customer: row.customer.number, on: day } as never} className="link">
                      Why
                    </Link>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
    </SidePanel>
  );
}
