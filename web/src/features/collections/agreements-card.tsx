import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { HandCoins, MoreHorizontal, Undo2 } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { type About, disputesQuery, type Promised, promisesQuery, withdrawPromise } from '../../api/collections.ts';
import { useRefusal } from '../../api/session.ts';
import { IconButton } from '../../components/button.tsx';
import { Menu } from '../../components/menu.tsx';
import { Card } from '../../components/page.tsx';
import { StatusOf } from '../../components/status.tsx';
import { done, failed } from '../../components/toast.tsx';
import { formatDay } from '../../format/dates.ts';
import { formatMoney } from '../../format/money.ts';
import { DisputePanel } from './dispute-dialogs.tsx';
import { useRefreshCollections } from './refresh.ts';
import { disputeState, promiseState, reasonWords, sourceWords } from './words.ts';

/** Promises to pay and disputes of a customer or an invoice, the newest first. Nothing when there were none. */
export function AgreementsCard({ about, actions }: { about: About; actions?: ReactNode }) {
  const promises = useQuery(promisesQuery(about));
  const disputes = useQuery(disputesQuery(about));
  const [shown, setShown] = useState<string | null>(null);
  const none = promises.data?.length === 0 && disputes.data?.length === 0;
  if (!promises.data || !disputes.data || (none && !actions)) return null;
  return (
    <Card title="Promises and disputes" flush actions={actions}>
      {none && <p className="px-4 pb-4 text-table text-muted">None. What the customer promises or contests stands here, and reminders leave it out.</p>}
      <ul className="divide-y divide-border border-t border-border empty:border-0">
        {disputes.data.map((dispute) => (
          <li key={dispute.id} className="px-4 py-2.5">
            <div className="flex flex-wrap items-center justify-between gap-x-3 gap-y-1">
              <button type="button" onClick={() => setShown(dispute.id)} className="link rounded text-left font-medium">
                Dispute of {dispute.invoice.number}
              </button>
              <StatusOf state={disputeState(dispute)} />
            </div>
            <p className="text-table text-muted">
              {[reasonWords[dispute.reason], formatMoney(dispute.amount), dispute.owner && `with ${dispute.owner.name}`].filter(Boolean).join(' · ')}
            </p>
          </li>
        ))}
        {promises.data.map((promise) => (
          <PromiseLine key={promise.id} promise={promise} />
        ))}
      </ul>
      {shown && <DisputePanel id={shown} onClose={() => setShown(null)} />}
    </Card>
  );
}

function PromiseLine({ promise }: { promise: Promised }) {
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
