import { Link } from '@tanstack/react-router';
import { MessageSquareWarning } from 'lucide-react';
import { useState } from 'react';
import { type Dispute, listDisputes } from '../../api/collections.ts';
import { PAGE_SIZE, usePages } from '../../api/pages.ts';
import { useSearchParams } from '../../app/search-params.ts';
import { Button } from '../../components/button.tsx';
import { Card, Page } from '../../components/page.tsx';
import { Empty, Failure, LinesSkeleton } from '../../components/states.tsx';
import { StatusOf } from '../../components/status.tsx';
import { dayOf, formatDay } from '../../format/dates.ts';
import { formatMoney } from '../../format/money.ts';
import { CollectingTabs, ViewSwitch } from './collecting-tabs.tsx';
import { DisputePanel } from './dispute-dialogs.tsx';
import { disputeState, reasonWords } from './words.ts';

const states: readonly { value: Dispute['state'] | 'all'; label: string }[] = [
  { value: 'open', label: 'Open' },
  { value: 'credited', label: 'Credited' },
  { value: 'rejected', label: 'Rejected' },
  { value: 'all', label: 'All' },
];

/** What customers contest, who takes care of it, and how it ended. */
export function DisputesPage() {
  const [search, setSearch] = useSearchParams();
  const [shown, setShown] = useState<string | null>(null);
  const state = states.find((one) => one.value === search['state'])?.value ?? 'open';
  const disputes = usePages(['disputes', 'list', state], (cursor, signal) =>
    listDisputes({ state: state === 'all' ? undefined : state, limit: PAGE_SIZE, cursor }, signal),
  );
  return (
    <Page title="Disputes" tabs={<CollectingTabs />} lead="Opened on an invoice. Reminders leave it out until it is resolved.">
      <ViewSwitch label="Which disputes" value={state} choices={states} onChange={(next) => setSearch({ state: next === 'open' ? undefined : next })} />
      <Card flush>
        {disputes.loading && <LinesSkeleton />}
        {disputes.error !== undefined && <Failure error={disputes.error} retry={disputes.retry} />}
        {!disputes.loading && disputes.error === undefined && disputes.rows.length === 0 && (
          <Empty icon={MessageSquareWarning} title="No disputes here">
            “Dispute” on an invoice opens one.
          </Empty>
        )}
        <ul aria-label="Disputes" className="divide-y divide-border">
          {disputes.rows.map((dispute) => (
            <li key={dispute.id} className="flex flex-wrap items-start gap-x-3 gap-y-1 px-4 py-3">
              <div className="min-w-0 flex-1 basis-60">
                <button type="button" onClick={() => setShown(dispute.id)} className="link rounded text-left font-medium">
                  {dispute.invoice.number}
                </button>{' '}
                <span className="figures font-medium">{formatMoney(dispute.amount)}</span>
                <p className="text-table text-muted [overflow-wrap:anywhere]">
                  <Link to={`/customers/${dispute.customer.id}` as never} className="link">
                    {dispute.customer.name}
                  </Link>
                  {` · ${reasonWords[dispute.reason]} · ${dispute.owner ? `with ${dispute.owner.name}` : 'nobody takes care of it yet'} · since ${formatDay(dayOf(dispute.openedAt))}`}
                </p>
              </div>
              <StatusOf state={disputeState(dispute)} />
            </li>
          ))}
        </ul>
        {disputes.more.available && (
          <div className="p-4">
            <Button size="small" pending={disputes.more.loading} onClick={disputes.more.load}>
              Show more
            </Button>
          </div>
        )}
      </Card>
      {shown && <DisputePanel id={shown} onClose={() => setShown(null)} />}
    </Page>
  );
}
