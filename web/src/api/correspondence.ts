import { queryOptions } from '@tanstack/react-query';
import { api, ask, once } from './client.ts';
import type { Answer, Body, Item, QueryOf } from './types.ts';

export type Email = Item<'/v1/emails'>;
export type EmailDetail = Answer<'/v1/emails/{id}', 'get'>;
export type EmailQuery = Omit<QueryOf<'/v1/emails'>, 'cursor' | 'limit'>;
export type Suppression = Item<'/v1/suppressions'>;
export type TemplateList = Answer<'/v1/templates', 'get'>;
export type Template = TemplateList['items'][number];
export type TemplateInput = Body<'/v1/templates', 'post'>;
export type Preview = Answer<'/v1/templates/preview', 'post'>;

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
export const sendAgain = (id: string) => ask(api.POST('/v1/emails/{id}/send-again', at(id)));
export const sendTestMail = (to: string) => ask(api.POST('/v1/settings/mail/test', { body: { to } }));

export const listSuppressions = (query: { search: string | undefined } & PageRequest, signal: AbortSignal) =>
  ask(api.GET('/v1/suppressions', { params: { query: given(query) }, signal }));
export const suppress = (address: string, detail: string | null) => ask(api.POST('/v1/suppressions', { body: { address, detail } }));
export const allowAgain = (address: string) => ask(api.DELETE('/v1/suppressions/{address}', { params: { path: { address } } }));

export const templatesQuery = queryOptions({ queryKey: ['templates'], queryFn: ({ signal }) => ask(api.GET('/v1/templates', { signal })) });
export const templateQuery = (id: string) =>
  queryOptions({ queryKey: ['template', id], queryFn: ({ signal }) => ask(api.GET('/v1/templates/{id}', { ...at(id), signal })) });
export const versionsQuery = (id: string) =>
  queryOptions({
    queryKey: ['template', id, 'versions'],
    queryFn: async ({ signal }) => (await ask(api.GET('/v1/templates/{id}/versions', { ...at(id), signal }))).items,
  });
export const previewTemplate = (body: { subject: string; body: string; customerId: string | null }, signal: AbortSignal) =>
  ask(api.POST('/v1/templates/preview', { body, signal }));
export const createTemplate = (body: TemplateInput, key: string) => ask(api.POST('/v1/templates', { body, ...once(key) }));
export const saveTemplate = (id: string, version: number, body: TemplateInput) => ask(api.PUT('/v1/templates/{id}', { ...at(id), body: { ...body, version } }));
export const removeTemplate = (id: string) => ask(api.DELETE('/v1/templates/{id}', at(id)));
export const testTemplate = (id: string, to: string) => ask(api.POST('/v1/templates/{id}/test', { ...at(id), body: { to, customerId: null } }));
