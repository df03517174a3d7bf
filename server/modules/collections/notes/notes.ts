import { newId } from '../../../kernel/ids.ts';
import type { Context } from '../../../platform/context.ts';
import { lockCustomer } from '../../customers/index.ts';
import { collectionEvents } from '../events.ts';
import { insertNote } from './queries.ts';

/** What somebody wrote down about a customer, or in the thread of a dispute. Notes are not changed. */
export async function addNote(ctx: Context, note: { customerId: string; disputeId?: string | null; body: string }): Promise<string> {
  await lockCustomer(ctx, note.customerId);
  const id = newId();
  const disputeId = note.disputeId ?? null;
  await insertNote(ctx, { id, customerId: note.customerId, disputeId, body: note.body.trim() });
  await ctx.record({
    type: collectionEvents.noteAdded,
    subjectType: disputeId ? 'dispute' : 'customer',
    subjectId: disputeId ?? note.customerId,
    customerId: note.customerId,
    // the timeline shows the beginning, the customer page all of it
    data: { noteId: id, text: note.body.trim().slice(0, 200) },
  });
  return id;
}
