import { queryOptions } from '@tanstack/react-query';
import { api, ask, once, sendFile } from './client.ts';
import type { Answer, Body, Item, QueryOf } from './types.ts';

export type Conversation = Item<'/v1/inbox/conversations'>;
export type ConversationDetail = Answer<'/v1/inbox/conversations/{id}', 'get'>;
export type ConversationMessage = ConversationDetail['messagesShown'][number];
export type Box = NonNullable<QueryOf<'/v1/inbox/conversations'>['box']>;
export type InboxSettings = Answer<'/v1/settings/inbox', 'get'>;
export type InboxInput = Body<'/v1/settings/inbox', 'put'>;
export type InboxTest = Answer<'/v1/settings/inbox/test', 'post'>;
export type CustomerMail = Item<'/v1/customers/{id}/mail'>;
export type SenderRule = Item<'/v1/inbox/senders'>;

const at = (id: string) => ({ params: { path: { id } } });

export const listConversations = (query: { box: Box; sender: string | undefined; cursor: string | undefined }, signal: AbortSignal) =>
  ask(
    api.GET('/v1/inbox/conversations', {
      params: { query: { box: query.box, limit: 50, ...(query.sender ? { sender: query.sender } : {}), ...(query.cursor ? { cursor: query.cursor } : {}) } },
      signal,
    }),
  );
export const inboxCountsQuery = queryOptions({ queryKey: ['inbox', 'counts'], queryFn: ({ signal }) => ask(api.GET('/v1/inbox/counts', { signal })) });
export const conversationQuery = (id: string) =>
  queryOptions({ queryKey: ['inbox', 'conversation', id], queryFn: ({ signal }) => ask(api.GET('/v1/inbox/conversations/{id}', { ...at(id), signal })) });
export const suggestionsQuery = (id: string) =>
  queryOptions({
    queryKey: ['inbox', 'suggestions', id],
    queryFn: async ({ signal }) => (await ask(api.GET('/v1/inbox/conversations/{id}/suggestions', { ...at(id), signal }))).items,
  });
export const markConversation = (id: string, read: boolean) => ask(api.PUT('/v1/inbox/conversations/{id}/read', { ...at(id), body: { read } }));
export const assignConversation = (id: string, customerId: string | null, always: boolean) =>
  ask(api.PUT('/v1/inbox/conversations/{id}/customer', { ...at(id), body: { customerId, always } }));
export const sendReply = (id: string, body: Body<'/v1/inbox/conversations/{id}/reply', 'post'>, key: string) =>
  ask(api.POST('/v1/inbox/conversations/{id}/reply', { ...at(id), body, ...once(key) }));
export type ReplyFile = Answer<'/v1/inbox/conversations/{id}/files', 'post'>;
export const addReplyFile = (id: string, file: File): Promise<ReplyFile> => sendFile(`/v1/inbox/conversations/${id}/files`, { fileName: file.name }, file);
export const attachmentsQuery = (messageId: string) =>
  queryOptions({
    queryKey: ['inbox', 'attachments', messageId],
    queryFn: async ({ signal }) => (await ask(api.GET('/v1/inbox/messages/{id}/attachments', { ...at(messageId), signal }))).items,
  });
export const fetchMailNow = () => ask(api.POST('/v1/inbox/fetch'));
export const attachmentUrl = (messageId: string, position: number): string => `/v1/inbox/messages/${messageId}/attachments/${position}`;

export const readCustomerMail = (id: string, cursor: string | undefined, signal: AbortSignal) =>
  ask(api.GET('/v1/customers/{id}/mail', { params: { path: { id }, query: { limit: 10, ...(cursor ? { cursor } : {}) } }, signal }));
export const mailFactsQuery = (id: string) =>
  queryOptions({ queryKey: ['mail-facts', id], queryFn: ({ signal }) => ask(api.GET('/v1/customers/{id}/mail-facts', { ...at(id), signal })) });
export const invoiceViewsQuery = (id: string) =>
  queryOptions({ queryKey: ['invoice-views', id], queryFn: ({ signal }) => ask(api.GET('/v1/invoices/{id}/views', { ...at(id), signal })) });

export const inboxSettingsQuery = queryOptions({ queryKey: ['settings', 'inbox'], queryFn: () => ask(api.GET('/v1/settings/inbox')) });
export const saveInbox = (body: InboxInput): Promise<InboxSettings> => ask(api.PUT('/v1/settings/inbox', { body }));
export const removeInbox = (): Promise<InboxSettings> => ask(api.DELETE('/v1/settings/inbox'));
export const testInbox = (account: InboxInput | null): Promise<InboxTest> => ask(api.POST('/v1/settings/inbox/test', { body: { account } }));
export const sendersQuery = queryOptions({
  queryKey: ['inbox', 'senders'],
  queryFn: async ({ signal }) => (await ask(api.GET('/v1/inbox/senders', { params: { query: { limit: 200 } }, signal }))).items,
});
export const forgetSender = (address: string) => ask(api.DELETE('/v1/inbox/senders/{address}', { params: { path: { address } } }));
