import { newId } from '../../../kernel/ids.ts';
import { invalid } from '../../../kernel/problem.ts';
import type { Context } from '../../../platform/context.ts';
import { lockCustomer } from '../../customers/index.ts';
import { receivableEvents } from '../events.ts';
import { countDocumentsOf, type HoldFilter, insertHolds, type ReleasedHold, releaseRows } from './queries.ts';

/** Why an invoice, or all of a customer, is left out of reminders, in the order in which they are named. */
export const holdKinds = ['dispute', 'claimed_paid', 'promise', 'payment_plan', 'autopay'] as const;
export type HoldKind = (typeof holdKinds)[number];

export interface HoldInput {
  customerId: string;
  /** The documents of the customer that are held; left out or empty: everything. */
  documentIds?: readonly string[];
  kind: HoldKind;
  /** The dispute, promise, plan, authorisation or mail that it comes from. */
  sourceId?: string | null;
  /** The last day on which it holds; null: until it is released. */
  until?: Temporal.PlainDate | null;
  note?: string | null;
}

/** Keeps reminders from asking for these documents. One hold for each document; answers their ids. */
export async function placeHold(ctx: Context, input: HoldInput): Promise<string[]> {
  await lockCustomer(ctx, input.customerId);
  const documentIds = [...new Set(input.documentIds ?? [])];
  if (documentIds.length > 0 && (await countDocumentsOf(ctx, input.customerId, documentIds)) !== documentIds.length)
    throw invalid('documentIds', 'unknown', 'One of these is not a document of the customer.');
  const holds = (documentIds.length > 0 ? documentIds : [null]).map((documentId) => ({ id: newId(), documentId }));
  const { customerId, kind } = input;
  const until = input.until ?? null;
  const note = input.note?.trim() || null;
  await insertHolds(ctx, holds, { customerId, kind, sourceId: input.sourceId ?? null, until, note });
  for (const hold of holds)
    await ctx.record({
      type: receivableEvents.holdPlaced,
      subjectType: hold.documentId ? 'document' : 'customer',
      subjectId: hold.documentId ?? customerId,
      customerId,
      data: { holdId: hold.id, kind, until: until?.toString() ?? null, note },
    });
  return holds.map((hold) => hold.id);
}

/** Ends the holds that are still there; those released already stay as they are. */
export async function releaseHolds(
  ctx: Context,
  which: Required<Pick<HoldFilter, 'ids'>> | Required<Pick<HoldFilter, 'sourceId'>>,
  reason: string | null,
): Promise<ReleasedHold[]> {
  const released = await releaseRows(ctx, which, reason);
  for (const hold of released)
    await ctx.record({
      type: receivableEvents.holdReleased,
      subjectType: hold.documentId ? 'document' : 'customer',
      subjectId: hold.documentId ?? hold.customerId,
      customerId: hold.customerId,
      data: { holdId: hold.id, kind: hold.kind, reason },
    });
  return released;
}
