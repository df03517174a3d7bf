import { newId } from '../../../kernel/ids.ts';
import { conflict, invalid, notFound } from '../../../kernel/problem.ts';
import type { Context } from '../../../platform/context.ts';
import { plainAddress } from '../../../platform/mail/address.ts';
import { queueEmails, readSuppressions } from '../../correspondence/index.ts';
import { growThreads, joinThreads } from '../reading/queries.ts';
import { oneLine, snippetOf, storable } from '../reading/text.ts';
import { takeReplyFiles } from './reply-files.ts';
import { insertReply, lockThread, markThread, readInbound, readNewestInbound, readThread } from '../threads/queries.ts';

export const MAX_REPLY = 100_000;
export const MAX_REPLY_CC = 10;

export interface ReplyInput {
  /** The message that is answered; without it the newest that a person wrote. */
  inboundId: string | null;
  to: string;
  cc: readonly string[];
  subject: string;
  text: string;
  /** Files that were put up for it, in their order. */
  files: readonly string[];
}

const addressOf = (field: string, text: string): string => {
  const address = plainAddress(text.trim().toLowerCase());
  if (address === null) throw invalid(field, 'invalid_email', `"${text.slice(0, 100)}" is not an e-mail address.`);
  return address;
};

/** Answers a message from the app: a mail of ours in the same conversation. Answers the id of that mail. */
export async function reply(ctx: Context, threadId: string, input: ReplyInput): Promise<string> {
  if (!(await lockThread(ctx, threadId))) throw notFound('conversation');
  const thread = (await readThread(ctx, threadId))!;
  const answered = input.inboundId === null ? await readNewestInbound(ctx, threadId) : await readInbound(ctx, input.inboundId);
  if (!answered || answered.threadId !== threadId) throw notFound('message');
  const text = storable(input.text.replace(/\r\n?/g, '\n'), MAX_REPLY).trim();
  if (text === '') throw invalid('text', 'empty', 'Write the answer first.');
  const to = addressOf('to', input.to);
  const cc = [...new Set(input.cc.filter((one) => one.trim() !== '').map((one) => addressOf('cc', one)))].filter((one) => one !== to);
  if (cc.length > MAX_REPLY_CC) throw invalid('cc', 'too_many', `An answer copies ${MAX_REPLY_CC} addresses at most.`);
  const stopped = (await readSuppressions(ctx, [to])).find((row) => row.reason !== 'opt_out');
  if (stopped)
    throw conflict('address_suppressed', `No mail goes to ${to}${stopped.detail ? `: ${stopped.detail}` : ''}. Allow it again under E-mails, Suppressed.`);
  const emailId = newId();
  const subject = oneLine(input.subject, 300) || `Re: ${thread.subject}`.slice(0, 300);
  await queueEmails(ctx, [
    { id: emailId, dedupeKey: `reply:${emailId}`, kind: 'reply', customerId: thread.customerId, toAddress: to, ccAddresses: cc, payload: { threadId } },
  ]);
  const references = [...answered.referenceIds, ...(answered.messageId === null ? [] : [answered.messageId])];
  await insertReply(ctx, { emailId, threadId, inboundId: answered.id, subject, bodyText: text, inReplyTo: answered.messageId, references });
  await takeReplyFiles(ctx, threadId, input.files, emailId);
  await joinThreads(ctx, [{ email_id: emailId, thread_id: threadId }]);
  await growThreads(ctx, [{ thread_id: threadId, at: ctx.clock.now().toString(), direction: 'out', counterpart: '', snippet: snippetOf(text), unread: false }]);
  await markThread(ctx, threadId, true);
  await ctx.record({
    type: 'email.replied',
    subjectType: 'email',
    subjectId: emailId,
    customerId: thread.customerId,
    data: { to, cc, subject, answers: answered.id, files: input.files.length },
  });
  return emailId;
}
