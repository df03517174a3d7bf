import { newId } from '../../../kernel/ids.ts';
import type { Context } from '../../../platform/context.ts';
import type { KeptFile } from '../../../platform/files/files.ts';
import { recordBounce } from '../../correspondence/index.ts';
import { advance } from '../queries.ts';
import { type Match, matchBatch, type Matches } from '../reading/match.ts';
import type { IncomingAttachment, IncomingMessage } from '../reading/parse.ts';
import {
  growThreads,
  insertAttachments,
  insertContents,
  insertInbound,
  insertReceivedEvents,
  insertThreads,
  joinThreads,
  knownIdentities,
  type NewAttachment,
  type NewInbound,
} from '../reading/queries.ts';
import { gradeOf } from '../reading/report.ts';

/** Attachments whose bytes are written already. */
export type KeptFiles = ReadonlyMap<IncomingAttachment, KeptFile>;

export interface BatchPlace {
  lease: string;
  leaseSeconds: number;
  uidValidity: bigint;
  /** The last number of the batch, also when its message was left out; null: more of it follows. */
  lastUid: number | null;
}

export interface StoredBatch {
  /** False: the mailbox is another process's now, and nothing was written. */
  mine: boolean;
  stored: number;
  matched: number;
}

/** Keeps a batch and how far the mailbox is read, together: after a crash it goes on exactly where it stopped. */
export async function storeBatch(ctx: Context, place: BatchPlace, messages: readonly IncomingMessage[], files: KeptFiles): Promise<StoredBatch> {
  if (!(await advance(ctx, place.lease, place.uidValidity, place.lastUid, place.leaseSeconds))) return { mine: false, stored: 0, matched: 0 };
  return { mine: true, ...(await keepMessages(ctx, place.uidValidity, messages, files)) };
}

/** Matches messages and keeps those that are not here yet. */
export async function keepMessages(
  ctx: Context,
  uidValidity: bigint,
  messages: readonly IncomingMessage[],
  files: KeptFiles,
): Promise<Omit<StoredBatch, 'mine'>> {
  const fresh = await newOnes(ctx, messages);
  if (fresh.length === 0) return { stored: 0, matched: 0 };
  const matches = await matchBatch(ctx, fresh);
  const ids = new Map(fresh.map((message) => [message, newId()]));
  await insertThreads(ctx, matches.newThreads);
  await insertInbound(
    ctx,
    uidValidity,
    fresh.map((message) => rowOf(ids.get(message)!, message, matches.of.get(message)!)),
  );
  await insertContents(
    ctx,
    fresh.map((message) => ({ id: ids.get(message)!, text: message.text, html: message.html })),
  );
  await keepAttachments(ctx, fresh, ids, files);
  await growConversations(ctx, fresh, matches);
  await insertReceivedEvents(
    ctx,
    fresh.flatMap((message) => {
      const { customerId, threadId } = matches.of.get(message)!;
      if (customerId === null || threadId === null) return [];
      const data = { kind: message.kind, from: message.fromAddress, subject: message.subject, messageId: ids.get(message)! };
      return [{ id: newId(), thread_id: threadId, customer_id: customerId, data }];
    }),
  );
  for (const message of fresh) await recordReport(ctx, message, matches.of.get(message)!);
  return { stored: fresh.length, matched: [...matches.of.values()].filter((match) => match.state === 'matched').length };
}

/** The same message may come again under another number, or twice in a batch. */
async function newOnes(ctx: Context, messages: readonly IncomingMessage[]): Promise<IncomingMessage[]> {
  if (messages.length === 0) return [];
  const known = await knownIdentities(
    ctx,
    messages.map((message) => message.identity),
  );
  return messages.filter((message) => {
    if (known.has(message.identity)) return false;
    known.add(message.identity);
    return true;
  });
}

function rowOf(id: string, message: IncomingMessage, match: Match): NewInbound {
  return {
    id,
    uid: message.uid,
    identity: message.identity,
    kind: message.kind,
    state: match.state,
    thread_id: match.threadId,
    customer_id: match.customerId,
    matched_by: match.matchedBy,
    email_id: match.answers?.id ?? null,
    message_id: message.messageId,
    in_reply_to: message.inReplyTo,
    reference_ids: message.references,
    from_address: message.fromAddress,
    from_name: message.fromName,
    reply_to: message.replyTo,
    to_addresses: message.to,
    cc_addresses: message.cc,
    subject: message.subject,
    snippet: message.snippet,
    authentic: message.authentic,
    size_bytes: message.sizeBytes,
    complete: message.complete,
    attachment_count: message.attachmentCount,
    received_at: message.receivedAt.toString(),
    read: !isUnread(message),
  };
}

/** What waits for a person: a message that no mail program has shown yet. */
const isUnread = (message: IncomingMessage): boolean => message.kind === 'message' && !message.seen;

async function keepAttachments(ctx: Context, messages: readonly IncomingMessage[], ids: ReadonlyMap<IncomingMessage, string>, files: KeptFiles): Promise<void> {
  const rows: NewAttachment[] = [];
  const kept: KeptFile[] = [];
  for (const message of messages)
    for (const [position, attachment] of message.attachments.entries()) {
      const { name, contentType, sizeBytes, contentId } = attachment;
      const file = files.get(attachment);
      if (file) kept.push(file);
      rows.push({
        email_id: ids.get(message)!,
        position,
        name,
        content_type: contentType,
        size_bytes: sizeBytes,
        file_id: file?.id ?? null,
        content_id: contentId,
      });
    }
  await ctx.platform.files.record(ctx, kept);
  await insertAttachments(ctx, rows);
}

async function growConversations(ctx: Context, messages: readonly IncomingMessage[], matches: Matches): Promise<void> {
  const joined = await joinThreads(
    ctx,
    matches.joining.map(({ email, threadId }) => ({ email_id: email.id, thread_id: threadId })),
  );
  await growThreads(ctx, [
    ...matches.joining
      .filter(({ email }) => joined.has(email.id))
      .map(({ email, threadId }) => ({
        thread_id: threadId,
        at: (email.sentAt ?? ctx.clock.now()).toString(),
        direction: 'out' as const,
        counterpart: '',
        snippet: email.subject ?? '',
        unread: false,
      })),
    ...messages.flatMap((message) => {
      const { threadId } = matches.of.get(message)!;
      if (threadId === null) return [];
      const counterpart = message.fromName || message.fromAddress || 'unknown sender';
      return [
        { thread_id: threadId, at: message.receivedAt.toString(), direction: 'in' as const, counterpart, snippet: message.snippet, unread: isUnread(message) },
      ];
    }),
  ]);
}

/**
 * A delivery report counts for the addresses that our mail went to and no others: whoever can write such a report must
 * know the mail's Message-ID, and cannot have other addresses stopped with it.
 */
async function recordReport(ctx: Context, message: IncomingMessage, { answers }: Match): Promise<void> {
  if (message.report === null || answers === null) return;
  const ours = new Set([answers.toAddress, ...answers.ccAddresses]);
  for (const recipient of message.report.recipients)
    if (recipient.action === 'failed' && ours.has(recipient.address))
      await recordBounce(ctx, {
        emailId: answers.id,
        customerId: answers.customerId,
        address: recipient.address,
        grade: gradeOf(recipient),
        source: 'report',
        status: recipient.status,
        detail: recipient.detail ?? message.snippet,
      });
}
