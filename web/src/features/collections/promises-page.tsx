import { Link } from '@tanstack/react-router';
import { HandCoins } from 'lucide-react';
import { listPromises, type Promised } from '../../api/collections.ts';
import { PAGE_SIZE, usePages } from '../../api/pages.ts';
import { useSearchParams } from '../../app/search-params.ts';
import { Button } from '../../components/button.tsx';
import { Card, Page } from '../../components/page.tsx';
import { Empty, Failure, LinesSkeleton } from '../../components/states.tsx';
import { CollectingTabs, ViewSwitch } from './collecting-tabs.tsx';
import { PromiseLine } from './promise-line.tsx';

const states: readonly { value: Promised['state'] | 'all'; label: string }[] = [
  { value: 'open', label: 'Open' },
  { value: 'broken', label: 'Broken' },
  { value: 'kept', label: 'Kept' },
  { value: 'all', label: 'All' },
];

/** What customers promised to pay, and whether they did. */
export function PromisesPage() {
  const [search, setSearch] = useSearchParams();
  const state = states.find((one) => one.value === search['state'])?.value ?? 'open';
  const promises = usePages(['promises', 'list', state], (cursor, signal) =>
    listPromises({ state: state === 'all' ? undefined : state, limit: PAGE_SIZE, cursor }, signal),
  );
  return (
    <Page title="Promises" tabs={<CollectingTabs />} lead="Taken down on a customer or an invoice. Payments tell whether they are kept.">
      <ViewSwitch label="Which promises" value={state} choices={states} onChange={(next) => setSearch({ state: next === 'open' ? undefined : next })} />
      <Card flush>
        {promises.loading && <LinesSkeleton />}
        {promises.error !== undefined && <Failure error={promises.error} retry={promises.retry} />}
        {!promises.loading && promises.error === undefined && promises.rows.length === 0 && (
          <Empty icon={HandCoins} title="No promises here">
            “Promise to pay” on a customer or an invoice takes one down.
          </Empty>
        )}
        <ul aria-label="Promises" className="divide-y divide-border">
          {promises.rows.map((promise) => (
            <PromiseLine
              key={promise.id}
              promise={promise}
              customer={
                <Link to={`/customers/${promise.customer.id}` as never} className="link">
                  {promise.customer.name}
                </Link>
              }
            />
          ))}
        </ul>
        {promises.more.available && (
          <div className="p-4">
            <Button size="small" pending={promises.more.loading} onClick={promises.more.load}>
              Show more
            </Button>
          </div>
        )}
      </Card>
    </Page>
  );
}
