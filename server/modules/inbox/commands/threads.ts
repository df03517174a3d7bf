import { notFound } from '../../../kernel/problem.ts';
import type { Context } from '../../../platform/context.ts';
import { readCustomer } from '../../customers/index.ts';
import { putSenderRule } from '../queries.ts';
import { assignThreads, lockThread, markThread, openThreadsOf, readNewestInbound, readThread, type ThreadRow } from '../threads/queries.ts';

/** Conversations of one sender that a rule moves at once. */
const MAX_MOVED = 1000;

async function threadFor(ctx: Context, id: string): Promise<ThreadRow> {
  if (!(await lockThread(ctx, id))) throw notFound('conversation');
  return (await readThread(ctx, id))!;
}

/**
 * A person says whose a conversation is; null: nobody's. With `always` the same holds for what this sender wrote before
 * and will write. Answers how many conversations moved.
 */
export async function assignThread(ctx: Context, id: string, customerId: string | null, always: boolean): Promise<number> {
  const thread = await threadFor(ctx, id);
  if (customerId !== null && !(await readCustomer(ctx, customerId))) throw notFound('customer');
  const sender = (await readNewestInbound(ctx, id))?.fromAddress ?? '';
  const ids = new Set([id]);
  if (always && sender !== '') {
    await putSenderRule(ctx, sender, customerId);
    for (const other of await openThreadsOf(ctx, sender, MAX_MOVED)) ids.add(other);
  }
  await assignThreads(ctx, [...ids], customerId);
  await ctx.record({
    type: customerId === null ? 'conversation.set_aside' : 'conversation.assigned',
    subjectType: 'mail_thread',
    subjectId: id,
    customerId: customerId ?? thread.customerId,
    data: { subject: thread.subject, sender, always, before: thread.customerId, after: customerId, conversations: ids.size },
  });
  return ids.size;
}

export async function setRead(ctx: Context, id: string, read: boolean): Promise<void> {
  const thread = await threadFor(ctx, id);
  if (read === (thread.unreadCount === 0)) return;
  await markThread(ctx, id, read);
}
