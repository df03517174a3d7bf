import { Link } from '@tanstack/react-router';
import { HandCoins, MoreHorizontal, Undo2 } from 'lucide-react';
import type { ReactNode } from 'react';
import { type Promised, withdrawPromise } from '../../api/collections.ts';
import { useRefusal } from '../../api/session.ts';
import { IconButton } from '../../components/button.tsx';
import { Menu } from '../../components/menu.tsx';
import { StatusOf } from '../../components/status.tsx';
import { done, failed } from '../../components/toast.tsx';
import { formatDay } from '../../format/dates.ts';
import { formatMoney } from '../../format/money.ts';
import { useRefreshCollections } from './refresh.ts';
import { promiseState, sourceWords } from './words.ts';

/** A promise with what came of it; `customer` where it is not the page of one. */
export function PromiseLine({ promise, customer }: { promise: Promised; customer?: ReactNode }) {
  const refusal = useRefusal('collections.write');
  const refresh = useRefreshCollections();
  const withdraw = async () => {
    try {
      await withdrawPromise(promise.id);
      await refresh();
      done('Promise withdrawn. Reminders go on.');
    } catch (error) {
      failed(error);
    }
  };
  return (
    <li className="flex items-start gap-2 px-4 py-2.5">
      <div className="min-w-0 flex-1">
        <div className="flex flex-wrap items-center justify-between gap-x-3 gap-y-1">
          <p className="flex items-center gap-1.5 font-medium">
            <HandCoins aria-hidden size={15} className="text-muted" />
            <span className="figures">
              {formatMoney(promise.amount)} by {formatDay(promise.promisedOn)}
            </span>
          </p>
          <StatusOf state={promiseState(promise)} />
        </div>
        <p className="text-table text-muted [overflow-wrap:anywhere]">
          {customer}
          {customer && ' · '}
          {promise.invoices.length > 0 &&
            promise.invoices.map((invoice, index) => (
              <span key={invoice.id}>
                {index > 0 && ', '}
                <Link to={`/invoices/${invoice.id}` as never} className="link">
                  {invoice.number}
                </Link>
              </span>
            ))}
          {[
            promise.invoices.length > 0 ? '' : 'Everything owed',
            sourceWords[promise.source],
            `${formatMoney(promise.received)} came in`,
            `taken down by ${promise.madeBy}`,
            promise.note,
          ]
            .filter(Boolean)
            .map((part, index) => (index === 0 && promise.invoices.length === 0 ? part : ` · ${part}`))
            .join('')}
        </p>
      </div>
      {promise.state === 'open' && (
        <Menu
          trigger={<IconButton icon={MoreHorizontal} size="small" label={`Actions for the promise of ${formatMoney(promise.amount)}`} />}
          actions={[{ label: 'Withdraw', icon: Undo2, onSelect: () => void withdraw(), blockedBecause: refusal }]}
        />
      )}
    </li>
  );
}
