import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { type About, disputesQuery, promisesQuery } from '../../api/collections.ts';
import { Card } from '../../components/page.tsx';
import { StatusOf } from '../../components/status.tsx';
import { formatMoney } from '../../format/money.ts';
import { DisputePanel } from './dispute-dialogs.tsx';
import { PromiseLine } from './promise-line.tsx';
import { disputeState, reasonWords } from './words.ts';

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
