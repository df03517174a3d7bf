import { queryOptions } from '@tanstack/react-query';
import { api, ask } from './client.ts';
import { templatesOfQuery } from './templates.ts';
import type { Answer, Item, QueryOf } from './types.ts';

export type Email = Item<'/v1/emails'>;
export type EmailDetail = Answer<'/v1/emails/{id}', 'get'>;
export type EmailQuery = Omit<QueryOf<'/v1/emails'>, 'cursor' | 'limit'>;
export type Suppression = Item<'/v1/suppressions'>;

interface PageRequest {
  limit: number;
  cursor: string | undefined;
}

const at = (id: string) => ({ params: { path: { id } } });
const given = <T extends object>(query: T): T => Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined)) as T;

export const listEmails = (query: EmailQuery & PageRequest, signal: AbortSignal) => ask(api.GET('/v1/emails', { params: { query: given(query) }, signal }));
export const emailCountsQuery = queryOptions({ queryKey: ['emails', 'counts'], queryFn: ({ signal }) => ask(api.GET('/v1/emails/counts', { signal })) });
export const emailQuery = (id: string) =>
  queryOptions({
    queryKey: ['email', id],
    queryFn: ({ signal }) => ask(api.GET('/v1/emails/{id}', { ...at(id), signal })),
    refetchInterval: (query) => (query.state.data?.state === 'ready' || query.state.data?.state === 'sending' ? 2000 : false),
  });
export const sentFileUrl = (id: string, position: number): string => `/v1/emails/${id}/attachments/${position}`;
export const sendAgain = (id: string) => ask(api.POST('/v1/emails/{id}/send-again', at(id)));

export const listSuppressions = (query: { search: string | undefined } & PageRequest, signal: AbortSignal) =>
  ask(api.GET('/v1/suppressions', { params: { query: given(query) }, signal }));
export const suppress = (address: string, detail: string | null) => ask(api.POST('/v1/suppressions', { body: { address, detail } }));
export const allowAgain = (address: string) => ask(api.DELETE('/v1/suppressions/{address}', { params: { path: { address } } }));

/** What rules and cadences may send. */
export const templatesQuery = templatesOfQuery('reminder');
