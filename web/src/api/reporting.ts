import { queryOptions } from '@tanstack/react-query';
import { api, ask, download, type Query } from './client.ts';
import type { Answer, Item } from './types.ts';

export type Dashboard = Answer<'/v1/dashboard', 'get'>;
export type TimelineItem = Item<'/v1/invoices/{id}/timeline'>;

export const dashboardQuery = queryOptions({
  queryKey: ['dashboard'],
  queryFn: ({ signal }) => ask(api.GET('/v1/dashboard', { signal })),
  refetchInterval: 60_000,
});

/** What happened with an invoice or a customer, newest first. */
export const readTimeline = (of: 'invoices' | 'customers', id: string, cursor: string | undefined, signal: AbortSignal) => {
  const options = { params: { path: { id }, query: { limit: 50, ...(cursor ? { cursor } : {}) } }, signal };
  return of === 'invoices' ? ask(api.GET('/v1/invoices/{id}/timeline', options)) : ask(api.GET('/v1/customers/{id}/timeline', options));
};

type List = 'invoices' | 'credit-memos' | 'payments' | 'customers' | 'aging';

/** Saves a list with its filters as a file. */
export const exportList = (list: List, format: 'csv' | 'xlsx', query: object = {}): Promise<void> =>
  download(`/v1/exports/${list}`, { ...(query as Query), format }, `${list}.${format}`);
