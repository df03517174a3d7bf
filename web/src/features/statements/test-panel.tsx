import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type StatementRuleDraft, type StatementTest, testStatements } from '../../api/statements.ts';
import { Button } from '../../components/button.tsx';
import { SidePanel } from '../../components/dialog.tsx';
import { Figure } from '../../components/page.tsx';
import { Empty, Failure, LinesSkeleton } from '../../components/states.tsx';
import { StatusOf } from '../../components/status.tsx';
import { formatDay, plural } from '../../format/dates.ts';
import { formatCount, formatList, formatMoney } from '../../format/money.ts';

/** Which statements a rule would make today, and for whom. Nothing is written. */
export function StatementTestPanel({ open, onClose, body }: { open: boolean; onClose: () => void; body: StatementRuleDraft }) {
  const { name: _, templateId: __, attachXlsx: ___, ...asked } = body;
  const test = useInfiniteQuery({
    queryKey: ['statement-test', asked],
    queryFn: ({ pageParam }) => testStatements(asked, pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last: StatementTest) => last.nextCursor ?? undefined,
    enabled: open,
    staleTime: 0,
  });
  const first = test.data?.pages[0];
  const rows = test.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <SidePanel
      open={open}
      onClose={onClose}
      title={first ? `Statements as of ${formatDay(first.day)}` : 'Statements as of today'}
      lead="As if it were due today, whatever its schedule says."
    >
      {test.isPending && <LinesSkeleton lines={6} />}
      {test.isError && <Failure error={test.error} what="The test did not run" retry={() => void test.refetch()} />}
      {first && (
        <div className="mb-4 grid grid-cols-3 gap-4 rounded-lg border border-border bg-surface p-4">
          <Figure label="Statements">{formatCount(first.summary.statements)}</Figure>
          <Figure label="Invoices">{formatCount(first.summary.invoices)}</Figure>
          <Figure label="Without mail">{formatCount(first.summary.held)}</Figure>
          {first.summary.amounts.length > 0 && <p className="figures col-span-3 text-table text-muted">They come to {formatList(first.summary.amounts)}.</p>}
          {first.summary.holds.length > 0 && (
            <ul className="col-span-3 text-table text-muted">
              {first.summary.holds.map((hold) => (
                <li key={hold.reason}>
                  {plural(hold.count, 'customer')}: {hold.text}
                </li>
              ))}
            </ul>
          )}
        </div>
      )}
      {first && rows.length === 0 && (
        <Empty title="It would make no statements today">
          No open invoice meets the conditions on this day. Widen them, or try “overdue by between 0 and 300”.
        </Empty>
      )}
      <ul className="divide-y divide-border">
        {rows.map((row) => (
          <li key={row.customer.id + row.total.currency} className="py-3">
            <div className="flex items-start justify-between gap-3">
              <div className="min-w-0">
                <Link to={`/customers/${row.customer.id}` as never} className="font-medium [overflow-wrap:anywhere] hover:underline">
                  {row.customer.name}
                </Link>
                <p className="truncate text-table text-muted">{row.email ?? 'No address'}</p>
              </div>
              <div className="shrink-0 text-right">
                <p className="figures font-medium">{formatMoney(row.total)}</p>
                {row.hold ? (
                  <StatusOf state={{ tone: 'caution', icon: 'stopped', words: 'No mail' }} />
                ) : (
                  <StatusOf state={{ tone: 'positive', icon: 'sent', words: 'Would be sent' }} />
                )}
              </div>
            </div>
            {row.hold && <p className="mt-1 text-table">{row.hold.text}</p>}
            <details className="mt-1 text-table">
              <summary className="link w-fit cursor-default rounded">{plural(row.invoiceCount, 'invoice')}</summary>
              <ul className="mt-1.5 space-y-1.5 border-l-2 border-border pl-3">
                {row.invoices.map((invoice) => (
                  <li key={invoice.id} className="flex justify-between gap-3">
                    <span className="min-w-0 [overflow-wrap:anywhere]">
                      <Link to={`/invoices/${invoice.id}` as never} className="font-medium hover:underline">
                        {invoice.number}
                      </Link>
                      , due {formatDay(invoice.dueOn)}
                    </span>
                    <span className="figures">{formatMoney(invoice.open)}</span>
                  </li>
                ))}
                {row.invoiceCount > row.invoices.length && <li className="text-muted">and {row.invoiceCount - row.invoices.length} more</li>}
              </ul>
            </details>
          </li>
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
