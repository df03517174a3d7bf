import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api, ask, once } from './client.ts';
import type { Answer, Body, Item } from './types.ts';

export type CadenceRow = Item<'/v1/cadences'>;
export type Cadence = Answer<'/v1/cadences/{id}', 'get'>;
export type Step = Cadence['steps'][number];
export type CadenceDraft = Body<'/v1/cadences', 'post'>;
export type Assignment = Answer<'/v1/cadences/preview', 'post'>;
export type Member = Item<'/v1/cadences/{id}/members'>;
export type ManualStep = Item<'/v1/manual-steps'>;
export type Letter = Item<'/v1/letters'>;
export type PrintBatch = Item<'/v1/print-batches'>;
export type Colleague = Item<'/v1/colleagues'>;

interface PageRequest {
  limit: number;
  cursor: string | undefined;
}

const at = (id: string) => ({ params: { path: { id } } });
const given = <T extends object>(query: T): T => Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined)) as T;

export const cadencesQuery = queryOptions({
  queryKey: ['cadences'],
  queryFn: async ({ signal }) => (await ask(api.GET('/v1/cadences', { signal }))).items,
});
export const cadenceQuery = (id: string) =>
  queryOptions({ queryKey: ['cadence', id], queryFn: ({ signal }) => ask(api.GET('/v1/cadences/{id}', { ...at(id), signal })) });
export const letterTextQuery = queryOptions({
  queryKey: ['letter-text'],
  queryFn: () => ask(api.GET('/v1/cadences/letter-text')),
  staleTime: Number.POSITIVE_INFINITY,
});
export const colleaguesQuery = queryOptions({ queryKey: ['colleagues'], queryFn: async () => (await ask(api.GET('/v1/colleagues'))).items });
/** How many customers a condition would take in. Nothing is written. */
export const assignmentQuery = (customerCondition: NonNullable<CadenceDraft['customerCondition']>, cadenceId: string | null) =>
  queryOptions({
    queryKey: ['cadence-preview', cadenceId, customerCondition],
    queryFn: ({ signal }) => ask(api.POST('/v1/cadences/preview', { body: { customerCondition, cadenceId }, signal })),
    placeholderData: keepPreviousData,
    retry: false,
  });

export const createCadence = (body: CadenceDraft, key: string) => ask(api.POST('/v1/cadences', { body, ...once(key) }));
export const changeCadence = (id: string, body: Body<'/v1/cadences/{id}', 'patch'>) => ask(api.PATCH('/v1/cadences/{id}', { ...at(id), body }));
export const removeCadence = (id: string) => ask(api.DELETE('/v1/cadences/{id}', at(id)));
export const switchCadence = (id: string, active: boolean) =>
  active ? ask(api.POST('/v1/cadences/{id}/activate', at(id))) : ask(api.POST('/v1/cadences/{id}/deactivate', at(id)));
export const duplicateCadence = (id: string) => ask(api.POST('/v1/cadences/{id}/duplicate', at(id)));
export const moveCadence = (id: string, position: number) => ask(api.POST('/v1/cadences/{id}/move', { ...at(id), body: { position } }));

export const customerCadenceQuery = (id: string) =>
  queryOptions({ queryKey: ['customer-cadence', id], queryFn: ({ signal }) => ask(api.GET('/v1/customers/{id}/cadence', { ...at(id), signal })) });
export const listMembers = (id: string, query: { state: Member['state'] | undefined } & PageRequest, signal: AbortSignal) =>
  ask(api.GET('/v1/cadences/{id}/members', { params: { path: { id }, query: given(query) }, signal }));
export const addMembers = (id: string, customerIds: string[], move: boolean) =>
  ask(api.POST('/v1/cadences/{id}/members', { ...at(id), body: { customerIds, move } }));
/** `customerIds` null: all of them. */
export const startMembers = (id: string, customerIds: string[] | null) =>
  ask(api.POST('/v1/cadences/{id}/members/start', { ...at(id), body: { customerIds } }));
export const pauseMembers = (id: string, customerIds: string[] | null) =>
  ask(api.POST('/v1/cadences/{id}/members/pause', { ...at(id), body: { customerIds } }));
export const removeMembers = (id: string, customerIds: string[]) => ask(api.POST('/v1/cadences/{id}/members/remove', { ...at(id), body: { customerIds } }));

export const listManualSteps = (query: { cadence: string | undefined } & PageRequest, signal: AbortSignal) =>
  ask(api.GET('/v1/manual-steps', { params: { query: given(query) }, signal }));
export const finishManualStep = (id: string, how: 'done' | 'skip', note: string | null) =>
  how === 'done'
    ? ask(api.POST('/v1/manual-steps/{id}/done', { ...at(id), body: { note } }))
    : ask(api.POST('/v1/manual-steps/{id}/skip', { ...at(id), body: { note } }));

export const listLetters = (query: { state: Letter['state'] | undefined; batch: string | undefined } & PageRequest, signal: AbortSignal) =>
  ask(api.GET('/v1/letters', { params: { query: given(query) }, signal }));
export const waitingLettersQuery = queryOptions({
  queryKey: ['letters', 'count'],
  queryFn: async ({ signal }) => (await ask(api.GET('/v1/letters', { params: { query: { state: 'waiting', limit: 1 } }, signal }))).waiting,
});
export const letterPdf = (id: string): string => `/v1/letters/${id}/pdf`;
export const changeAddress = (id: string, address: string[] | null) => ask(api.PATCH('/v1/letters/{id}', { ...at(id), body: { address } }));
export const withdrawLetter = (id: string, reason: string) => ask(api.POST('/v1/letters/{id}/withdraw', { ...at(id), body: { reason } }));

export const listBatches = (query: PageRequest, signal: AbortSignal) => ask(api.GET('/v1/print-batches', { params: { query: given(query) }, signal }));
export const makeBatch = (key: string) => ask(api.POST('/v1/print-batches', { body: {}, ...once(key) }));
export const batchPdf = (id: string): string => `/v1/print-batches/${id}/pdf`;
export const endBatch = (id: string, how: 'printed' | 'cancel') =>
  how === 'printed' ? ask(api.POST('/v1/print-batches/{id}/printed', at(id))) : ask(api.POST('/v1/print-batches/{id}/cancel', at(id)));
