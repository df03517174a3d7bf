import { queryOptions } from '@tanstack/react-query';
import { api, ask, once, sendFile } from './client.ts';
import type { Answer, Body, Item, QueryOf } from './types.ts';

export type Hold = Answer<'/v1/customers/{id}/holds', 'get'>['items'][number];
export type Promised = Item<'/v1/promises'>;
export type Dispute = Item<'/v1/disputes'>;
export type DisputeDetail = Answer<'/v1/disputes/{id}', 'get'>;
export type Task = Item<'/v1/tasks'>;
export type TaskQuery = Omit<QueryOf<'/v1/tasks'>, 'cursor' | 'limit'>;
export type Colleague = Answer<'/v1/colleagues', 'get'>['items'][number];
export type CollectionNote = Item<'/v1/customers/{id}/notes'>;
export type SharedFile = Item<'/v1/shared-files'>;

interface PageRequest {
  limit: number;
  cursor: string | undefined;
}

const at = (id: string) => ({ path: { id } });

/** Leaves out what is undefined: the query string has no room for it. */
const given = <T extends object>(query: T): T => Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined)) as T;

/** A customer, or one invoice: what is agreed about it. */
export type About = { customerId: string } | { invoiceId: string };
const keyOf = (about: About) => ('customerId' in about ? about.customerId : about.invoiceId);

export const holdsQuery = (about: About) =>
  queryOptions({
    queryKey: ['holds', keyOf(about)],
    queryFn: async ({ signal }): Promise<Hold[]> =>
      'customerId' in about
        ? (await ask(api.GET('/v1/customers/{id}/holds', { params: at(about.customerId), signal }))).items
        : (await ask(api.GET('/v1/invoices/{id}/holds', { params: at(about.invoiceId), signal }))).items,
  });
export const releaseHold = (id: string, reason: string | null) => ask(api.POST('/v1/holds/{id}/release', { params: at(id), body: { reason } }));
export const placeHold = (customerId: string, body: Body<'/v1/customers/{id}/holds', 'post'>, key: string) =>
  ask(api.POST('/v1/customers/{id}/holds', { params: at(customerId), body, ...once(key) }));

export const promisesQuery = (about: About) =>
  queryOptions({
    queryKey: ['promises', keyOf(about)],
    queryFn: async ({ signal }) => (await ask(api.GET('/v1/promises', { params: { query: { ...about, limit: 20 } }, signal }))).items,
  });
export const listPromises = (query: { state?: Promised['state'] | undefined } & PageRequest, signal: AbortSignal) =>
  ask(api.GET('/v1/promises', { params: { query: given(query) as QueryOf<'/v1/promises'> }, signal }));
export const makePromise = (body: Body<'/v1/promises', 'post'>, key: string) => ask(api.POST('/v1/promises', { body, ...once(key) }));
export const withdrawPromise = (id: string) => ask(api.POST('/v1/promises/{id}/withdraw', { params: at(id) }));

export const disputesQuery = (about: About) =>
  queryOptions({
    queryKey: ['disputes', keyOf(about)],
    queryFn: async ({ signal }) => (await ask(api.GET('/v1/disputes', { params: { query: { ...about, limit: 20 } }, signal }))).items,
  });
export const listDisputes = (query: { state?: Dispute['state'] | undefined } & PageRequest, signal: AbortSignal) =>
  ask(api.GET('/v1/disputes', { params: { query: given(query) as QueryOf<'/v1/disputes'> }, signal }));
export const disputeQuery = (id: string) =>
  queryOptions({ queryKey: ['dispute', id], queryFn: ({ signal }) => ask(api.GET('/v1/disputes/{id}', { params: at(id), signal })) });
export const openDispute = (body: Body<'/v1/disputes', 'post'>, key: string) => ask(api.POST('/v1/disputes', { body, ...once(key) }));
export const assignDispute = (id: string, ownerId: string | null) => ask(api.PUT('/v1/disputes/{id}/owner', { params: at(id), body: { ownerId } }));
export const addDisputeNote = (id: string, body: string, key: string) =>
  ask(api.POST('/v1/disputes/{id}/notes', { params: at(id), body: { body }, ...once(key) }));
export const resolveDispute = (id: string, body: Body<'/v1/disputes/{id}/resolve', 'post'>) =>
  ask(api.POST('/v1/disputes/{id}/resolve', { params: at(id), body }));

export const listTasks = (query: TaskQuery & PageRequest, signal: AbortSignal) =>
  ask(api.GET('/v1/tasks', { params: { query: given(query) as QueryOf<'/v1/tasks'> }, signal }));
export const taskCountsQuery = queryOptions({ queryKey: ['tasks', 'counts'], queryFn: ({ signal }) => ask(api.GET('/v1/tasks/counts', { signal })) });
export const colleaguesQuery = queryOptions({
  queryKey: ['colleagues'],
  queryFn: ({ signal }) => ask(api.GET('/v1/colleagues', { signal })),
  staleTime: 60_000,
});
export const createTask = (body: Body<'/v1/tasks', 'post'>, key: string) => ask(api.POST('/v1/tasks', { body, ...once(key) }));
export const changeTask = (id: string, body: Body<'/v1/tasks/{id}', 'patch'>) => ask(api.PATCH('/v1/tasks/{id}', { params: at(id), body }));
export const finishTask = (id: string, how: 'done' | 'skip', outcome: string | null) =>
  how === 'done'
    ? ask(api.POST('/v1/tasks/{id}/done', { params: at(id), body: { outcome } }))
    : ask(api.POST('/v1/tasks/{id}/skip', { params: at(id), body: { outcome } }));

export const listNotes = (customerId: string, cursor: string | undefined, signal: AbortSignal) =>
  ask(api.GET('/v1/customers/{id}/notes', { params: { ...at(customerId), query: given({ cursor, limit: 20 }) as { limit?: number } }, signal }));
export const addNote = (customerId: string, body: string, key: string) =>
  ask(api.POST('/v1/customers/{id}/notes', { params: at(customerId), body: { body }, ...once(key) }));

export const listSharedFiles = (query: PageRequest, signal: AbortSignal) =>
  ask(api.GET('/v1/shared-files', { params: { query: given(query) as QueryOf<'/v1/shared-files'> }, signal }));
export const filesOfQuery = (invoiceId: string) =>
  queryOptions({
    queryKey: ['shared-files', 'of', invoiceId],
    queryFn: async ({ signal }) => (await ask(api.GET('/v1/invoices/{id}/files', { params: at(invoiceId), signal }))).items,
  });
export const shareFile = (file: File): Promise<SharedFile> => sendFile('/v1/shared-files', { fileName: file.name }, file);
export const stopSharing = (id: string) => ask(api.DELETE('/v1/shared-files/{id}', { params: at(id) }));
export const linkFile = (id: string, invoiceIds: string[]) => ask(api.POST('/v1/shared-files/{id}/invoices', { params: at(id), body: { invoiceIds } }));
export const unlinkFile = (invoiceId: string, fileId: string) =>
  ask(api.DELETE('/v1/invoices/{id}/files/{fileId}', { params: { path: { id: invoiceId, fileId } } }));
