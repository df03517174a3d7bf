import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type RuleDraft, type RuleTest, testRule } from '../../api/reminders.ts';
import { Button } from '../../components/button.tsx';
import { SidePanel } from '../../components/dialog.tsx';
import { Figure } from '../../components/page.tsx';
import { Empty, Failure, LinesSkeleton } from '../../components/states.tsx';
import { StatusOf } from '../../components/status.tsx';
import { formatDay, plural } from '../../format/dates.ts';
import { formatCount, formatList, formatMoney } from '../../format/money.ts';
import { outcomeState } from '../../format/states.ts';
import { askedOf } from './use-rule-draft.ts';

/** What a rule would send today, to whom, and why. Nothing is written. */
export function RuleTestPanel({ open, onClose, sentence, body }: { open: boolean; onClose: () => void; sentence: string; body: RuleDraft }) {
  const asked = askedOf(body);
  const test = useInfiniteQuery({
    queryKey: ['rule-test', asked],
    queryFn: ({ pageParam }) => testRule(asked, pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last: RuleTest) => last.nextCursor ?? undefined,
    enabled: open,
    staleTime: 0,
  });
  const first = test.data?.pages[0];
  const rows = test.data?.pages.flatMap((page) => page.customers) ?? [];
  return (
    <SidePanel open={open} onClose={onClose} title={first ? `What it would send on ${formatDay(first.day)}` : 'What it would send today'} lead={sentence}>
      {test.isPending && <LinesSkeleton lines={6} />}
      {test.isError && <Failure error={test.error} what="The test did not run" retry={() => void test.refetch()} />}
      {first && (
        <div className="mb-4 grid grid-cols-3 gap-4 rounded-lg border border-border bg-surface p-4">
          <Figure label="Mails">{formatCount(first.summary.mails)}</Figure>
          <Figure label="Invoices">{formatCount(first.summary.invoices)}</Figure>
          <Figure label="Held back">{formatCount(first.summary.held)}</Figure>
          {first.summary.amounts.length > 0 && <p className="figures col-span-3 text-table text-muted">They ask for {formatList(first.summary.amounts)}.</p>}
          {first.summary.heldReasons.length > 0 && (
            <ul className="col-span-3 text-table text-muted">
              {first.summary.heldReasons.map((held) => (
                <li key={held.reason}>
                  {plural(held.count, 'customer')}: {held.text}
                </li>
              ))}
            </ul>
          )}
        </div>
      )}
      {first && (body.schedule?.days !== 'every' || body.repeat) && (
        <p className="mb-4 text-table text-muted">As if it were asked today: schedule and repetition are left out of the test.</p>
      )}
      {first && rows.length === 0 && (
        <Empty title="It would send nothing today">No open invoice meets the conditions on this day. Widen them, or try “overdue by between 0 and 300”.</Empty>
      )}
      <ul className="divide-y divide-border">
        {rows.map((row) => (
          <TestRow key={row.customer.id + row.amount.currency} row={row} />
        ))}
      </ul>
      {test.hasNextPage && (
        <Button size="small" className="mt-3" pending={test.isFetchingNextPage} onClick={() => void test.fetchNextPage()}>
          Show more
        </Button>
      )}
    </SidePanel>
  );
}

function TestRow({ row }: { row: RuleTest['customers'][number] }) {
  return (
    <li className="py-3">
      <div className="flex items-start justify-between gap-3">
        <div className="min-w-0">
          <Link to={`/customers/${row.customer.id}` as never} className="font-medium [overflow-wrap:anywhere] hover:underline">
            {row.customer.name}
          </Link>
          <p className="truncate text-table text-muted">{row.contact ? row.contact.email : 'No address'}</p>
        </div>
        <div className="shrink-0 text-right">
          <p className="figures font-medium">{formatMoney(row.amount)}</p>
          <StatusOf state={row.outcome === 'held' ? outcomeState('held') : { tone: 'positive', icon: 'sent', words: 'Would be sent' }} />
        </div>
      </div>
      {row.outcome === 'held' && <p className="mt-1 text-table">{row.text}</p>}
      <details className="mt-1 text-table">
        <summary className="link w-fit cursor-default rounded">Why: {plural(row.invoiceCount, 'invoice matches', 'invoices match')}</summary>
        <ul className="mt-1.5 space-y-1.5 border-l-2 border-border pl-3">
          {row.invoices.map((invoice) => (
            <li key={invoice.id}>
              <div className="flex justify-between gap-3">
                <Link to={`/invoices/${invoice.id}` as never} className="font-medium [overflow-wrap:anywhere] hover:underline">
                  {invoice.number}
                </Link>
                <span className="figures">{formatMoney(invoice.balance)}</span>
              </div>
              <p className="text-muted">{invoice.values.map((value) => `${value.label}: ${value.value}`).join(' · ')}</p>
            </li>
          ))}
          {row.invoiceCount > row.invoices.length && <li className="text-muted">and {row.invoiceCount - row.invoices.length} more</li>}
        </ul>
      </details>
    </li>
  );
}
