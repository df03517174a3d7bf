import { api, ask, newKey } from './client.ts';
import type { Answer, Body } from './types.ts';

export type Prefilled = Answer<'/v1/reminders/by-hand/prefill', 'post'>;
export type ByHandDraft = Body<'/v1/reminders/by-hand/preview', 'post'>;

export const prefillByHand = (customerId: string, invoiceIds: string[], templateId: string, signal: AbortSignal): Promise<Prefilled> =>
  ask(api.POST('/v1/reminders/by-hand/prefill', { body: { customerId, invoiceIds, templateId }, signal }));
export const previewByHand = (body: ByHandDraft, signal: AbortSignal) => ask(api.POST('/v1/reminders/by-hand/preview', { body, signal }));
export const testByHand = (body: ByHandDraft) => ask(api.POST('/v1/reminders/by-hand/test', { body }));
/** The same id sends one mail, however often it is pressed. */
export const sendByHand = (id: string, body: ByHandDraft, pass: boolean) => ask(api.POST('/v1/reminders/by-hand', { body: { ...body, id, pass } }));

/** An id of our own, for a mail that is to be sent once: it begins with the time, because lists are in the order of their ids. */
export const newMailId = (): string =>
  `${Date.now().toString(16).padStart(12, '0')}7${newKey().slice(0, 3)}8${newKey().slice(0, 15)}`.replace(
    /^(.{8})(.{4})(.{4})(.{4})(.{12})$/,
    '$1-$2-$3-$4-$5',
  );
