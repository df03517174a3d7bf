import { z } from 'zod';
import { notFound } from '../../../kernel/problem.ts';
import type { Context } from '../../../platform/context.ts';
import { readBytes } from '../../../platform/http/body.ts';
import { decodeCursor, encodeCursor } from '../../../platform/http/cursor.ts';
import { download } from '../../../platform/http/download.ts';
import { type Endpoint, endpoint } from '../../../platform/http/endpoint.ts';
import { idSchema, instantSchema, listQuery, pageOf } from '../../../platform/http/schemas.ts';
import { domainOf, headerText } from '../../../platform/mail/address.ts';
import { pictureType } from '../../../platform/mail/picture.ts';
import { readCustomer } from '../../customers/index.ts';
import { MAX_ATTACHED } from '../../correspondence/index.ts';
import { reply } from '../commands/reply.ts';
import { addReplyFile, MAX_REPLY_FILES } from '../commands/reply-files.ts';
import { assignThread, setRead } from '../commands/threads.ts';
import { safeHtml } from '../reading/text.ts';
import {
  type AttachmentRow,
  countBoxes,
  isMessage,
  listCustomerMail,
  listThreads,
  readAttachment,
  readAttachments,
  readInbound,
  readNewestInbound,
  readThread,
  readThreadEmails,
  readThreadMessages,
  suggestCustomers,
  type ThreadRow,
} from '../threads/queries.ts';

const tag = 'Inbox';
const THREADS = 'mail-threads';
const CUSTOMER_MAIL = 'customer-mail';
/** Messages of a conversation that are shown, of each direction. */
const MAX_SHOWN = 100;

const threadFields = {
  id: idSchema,
  customer: z.object({ id: idSchema, name: z.string() }).nullable(),
  subject: z.string(),
  with: z.string().meta({ description: 'who wrote last on the other side' }),
  snippet: z.string(),
  lastAt: instantSchema,
  lastDirection: z.enum(['in', 'out']),
  messages: z.number().int(),
  unread: z.number().int(),
  setAside: z.boolean(),
};
const threadSchema = z.object(threadFields).meta({ id: 'Conversation' });

const show = (row: ThreadRow): z.input<typeof threadSchema> => ({
  id: row.id,
  customer: row.customerId === null ? null : { id: row.customerId, name: row.customerName ?? '' },
  subject: row.subject,
  with: row.counterpart,
  snippet: row.snippet,
  lastAt: row.lastAt.toString(),
  lastDirection: row.lastDirection,
  messages: row.messageCount,
  unread: row.unreadCount,
  setAside: row.setAside,
});

const list = endpoint({
  method: 'get',
  path: '/v1/inbox/conversations',
  permission: 'correspondence.read',
  tag,
  summary: 'List conversations, newest first',
  query: z.object({
    ...listQuery,
    box: z
      .enum(['customers', 'unread', 'unmatched', 'set_aside'])
      .default('customers')
      .meta({ description: 'unmatched: nobody knows yet whose they are; set_aside: newsletters, and what a person took out of the queue' }),
    customerId: idSchema.optional(),
    sender: z.string().max(254).optional().meta({ description: 'the beginning of a sender’s address' }),
  }),
  response: pageOf(threadSchema),
  handler: async (ctx, { query }) => {
    const after = query.cursor ? (decodeCursor(THREADS, query.cursor) as [string, string]) : null;
    const filter = { box: query.box, customerId: query.customerId ?? null, sender: query.sender?.trim().toLowerCase() || null };
    const rows = await listThreads(ctx, filter, after, query.limit + 1);
    const items = rows.slice(0, query.limit);
    const last = items.at(-1);
    return { items: items.map(show), nextCursor: rows.length > query.limit && last ? encodeCursor(THREADS, [last.lastAt.toString(), last.id]) : null };
  },
});

const counts = endpoint({
  method: 'get',
  path: '/v1/inbox/counts',
  permission: 'correspondence.read',
  tag,
  summary: 'How many conversations are unread, and how many are of no customer yet',
  response: z.object({ unread: z.number().int(), unmatched: z.number().int() }),
  handler: (ctx) => countBoxes(ctx),
});

const attachmentSchema = z.object({
  position: z.number().int(),
  name: z.string(),
  contentType: z.string(),
  sizeBytes: z.number(),
  kept: z.boolean().meta({ description: 'false: too large, or one too many; only its name is here' }),
  inline: z.boolean().meta({ description: 'a picture that stands in its place in `html`' }),
});

const messageSchema = z.object({
  id: idSchema,
  direction: z.enum(['in', 'out']),
  kind: z.string(),
  state: z.string(),
  bounced: z.enum(['hard', 'soft']).nullable(),
  from: z.object({ name: z.string(), address: z.string() }),
  to: z.array(z.string()),
  cc: z.array(z.string()),
  replyTo: z.string().nullable(),
  subject: z.string(),
  at: instantSchema,
  text: z.string(),
  html: z.string().nullable().meta({ description: 'written anew from what is harmless; null: there is text only' }),
  authentic: z.boolean().nullable().meta({ description: 'what the receiving server says of the sender (DMARC); null: nothing' }),
  complete: z.boolean().meta({ description: 'false: too large or too deep to be brought in whole' }),
  matchedBy: z.enum(['thread', 'quote', 'address', 'rule', 'person']).nullable(),
  unread: z.boolean(),
  attachments: z.array(attachmentSchema),
  moreAttachments: z.number().int(),
});

const detailSchema = z
  .object({
    ...threadFields,
    canReplyTo: z.object({ messageId: idSchema, address: z.string() }).nullable(),
    messagesShown: z.array(messageSchema).meta({ description: 'both directions, in the order in which they came' }),
  })
  .meta({ id: 'ConversationDetail' });

const showAttachment = (row: AttachmentRow, inline = false): z.input<typeof attachmentSchema> => ({
  position: row.position,
  name: row.name,
  contentType: row.contentType,
  sizeBytes: Number(row.sizeBytes),
  kept: row.fileId !== null,
  inline,
});

/** What a browser shows without running anything in it. */
const PICTURES = /^image\/(?:png|jpe?g|gif|webp)$/;

/** The message's HTML with its own pictures in their places; answers their positions too. */
function htmlOf(id: string, html: string, files: readonly AttachmentRow[]): { html: string; inline: ReadonlySet<number> } {
  const pictures = new Map(
    files.filter((file) => file.contentId !== null && file.fileId !== null && PICTURES.test(file.contentType)).map((file) => [file.contentId, file.position]),
  );
  const inline = new Set<number>();
  const safe = safeHtml(html, (source) => {
    const position = /^cid:/i.test(source) ? pictures.get(unescaped(source.slice(4))) : undefined;
    if (position === undefined) return null;
    inline.add(position);
    return `/v1/inbox/messages/${id}/pictures/${position}`;
  });
  return { html: safe.html, inline };
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

async function inboundOf(ctx: Context, threadId: string): Promise<z.input<typeof messageSchema>[]> {
  const rows = await readThreadMessages(ctx, threadId, MAX_SHOWN);
  const files = Map.groupBy(
    await readAttachments(
      ctx,
      rows.map((row) => row.id),
    ),
    (file) => file.emailId,
  );
  return rows.map((row) => {
    const own = files.get(row.id) ?? [];
    const body = row.html === null ? null : htmlOf(row.id, row.html, own);
    const attachments = own.map((file) => showAttachment(file, body?.inline.has(file.position)));
    return {
      id: row.id,
      direction: 'in',
      kind: row.kind,
      state: row.state,
      bounced: null,
      from: { name: row.fromName, address: row.fromAddress },
      to: row.toAddresses,
      cc: row.ccAddresses,
      replyTo: row.replyTo,
      subject: row.subject,
      at: row.receivedAt.toString(),
      text: row.bodyText,
      html: body?.html ?? null,
      authentic: row.authentic,
      complete: row.complete,
      matchedBy: row.matchedBy,
      unread: row.readAt === null,
      attachments,
      moreAttachments: Math.max(0, row.attachmentCount - attachments.length),
    };
  });
}

async function outboundOf(ctx: Context, threadId: string): Promise<z.input<typeof messageSchema>[]> {
  const rows = await readThreadEmails(ctx, threadId, MAX_SHOWN);
  const files = Map.groupBy(
    await readAttachments(
      ctx,
      rows.map((row) => row.id),
    ),
    (file) => file.emailId,
  );
  return rows.map((row) => ({
    id: row.id,
    direction: 'out',
    kind: row.kind,
    state: row.state,
    bounced: row.bounced,
    from: { name: row.writtenBy ?? '', address: '' },
    to: [row.toAddress],
    cc: row.ccAddresses,
    replyTo: null,
    subject: row.subject ?? '',
    at: row.at.toString(),
    text: row.bodyText ?? '',
    html: row.html,
    authentic: null,
    complete: true,
    matchedBy: null,
    unread: false,
    attachments: (files.get(row.id) ?? []).map((file) => showAttachment(file)),
    moreAttachments: 0,
  }));
}

const params = z.object({ id: idSchema });

async function detailOf(ctx: Context, id: string): Promise<z.input<typeof detailSchema>> {
  const row = await readThread(ctx, id);
  if (!row) throw notFound('conversation');
  const newest = await readNewestInbound(ctx, id);
  const address = newest ? (newest.replyTo ?? newest.fromAddress) : '';
  const messages = [...(await inboundOf(ctx, id)), ...(await outboundOf(ctx, id))];
  messages.sort((a, b) => Temporal.Instant.compare(a.at, b.at));
  return { ...show(row), canReplyTo: newest && address !== '' ? { messageId: newest.id, address } : null, messagesShown: messages };
}

const read = endpoint({
  method: 'get',
  path: '/v1/inbox/conversations/{id}',
  permission: 'correspondence.read',
  tag,
  summary: 'Read a conversation: mails of both directions',
  params,
  response: detailSchema,
  handler: (ctx, { params: { id } }) => detailOf(ctx, id),
});

const mark = endpoint({
  method: 'put',
  path: '/v1/inbox/conversations/{id}/read',
  permission: 'correspondence.write',
  tag,
  summary: 'Mark a conversation as read or unread',
  params,
  body: z.strictObject({ read: z.boolean() }),
  response: threadSchema,
  example: { request: { read: true } },
  handler: async (ctx, { params: { id }, body }) => {
    await setRead(ctx, id, body.read);
    return show((await readThread(ctx, id))!);
  },
});

const assign = endpoint({
  method: 'put',
  path: '/v1/inbox/conversations/{id}/customer',
  permission: 'correspondence.write',
  tag,
  summary: 'Say whose a conversation is',
  description: '`customerId` null sets it aside. With `always` the same holds for what this sender wrote before and will write.',
  params,
  body: z.strictObject({ customerId: idSchema.nullable(), always: z.boolean().default(false) }),
  response: z.object({ conversations: z.number().int().meta({ description: 'how many moved' }) }),
  handler: async (ctx, { params: { id }, body }) => ({ conversations: await assignThread(ctx, id, body.customerId, body.always) }),
});

/** At these providers a domain says nothing of the company. */
const publicDomains =
  /^(?:gmail|googlemail|outlook|hotmail|live|msn|yahoo|ymail|icloud|me|mac|aol|gmx|web|t-online|proton|protonmail|pm|mail|zoho|qq|163|126|orange|free|laposte|libero|yandex)\.[a-z.]{2,8}$/;

const suggestions = endpoint({
  method: 'get',
  path: '/v1/inbox/conversations/{id}/suggestions',
  permission: 'correspondence.read',
  tag,
  summary: 'Customers that a conversation may be of',
  params,
  response: z.object({ items: z.array(z.object({ customerId: idSchema, name: z.string(), number: z.string(), because: z.enum(['address', 'domain']) })) }),
  handler: async (ctx, { params: { id } }) => {
    if (!(await readThread(ctx, id))) throw notFound('conversation');
    const newest = await readNewestInbound(ctx, id);
    if (!newest || newest.fromAddress === '') return { items: [] };
    const domain = domainOf(newest.fromAddress);
    return { items: await suggestCustomers(ctx, newest.fromAddress, publicDomains.test(domain) ? null : domain) };
  },
});

const fileSchema = z.object({ id: idSchema, name: z.string(), sizeBytes: z.number().int() }).meta({ id: 'ReplyFile' });

const answer = endpoint({
  method: 'post',
  path: '/v1/inbox/conversations/{id}/reply',
  permission: 'correspondence.write',
  tag,
  summary: 'Answer a message',
  description: 'The mail goes out like any other of ours, with the headers that keep it in the conversation.',
  idempotent: true,
  status: 201,
  params,
  body: z.strictObject({
    messageId: idSchema.nullable().default(null).meta({ description: 'the message that is answered; without it the newest that a person wrote' }),
    to: z.string().max(254),
    cc: z.array(z.string().max(254)).max(10).default([]),
    subject: z.string().max(300).default(''),
    text: z.string().min(1).max(100_000),
    files: z.array(idSchema).max(MAX_REPLY_FILES).default([]).meta({ description: 'files that were put up for it; 10 MB together at most' }),
  }),
  response: z.object({ emailId: idSchema }),
  example: { request: { to: 'ap@example.com', subject: 'Re: Invoices', text: 'Thank you, we have noted it.' } },
  handler: async (ctx, { params: { id }, body }) => ({ emailId: await reply(ctx, id, { ...body, inboundId: body.messageId }) }),
});

const addFile = endpoint({
  method: 'post',
  path: '/v1/inbox/conversations/{id}/files',
  permission: 'correspondence.write',
  tag,
  summary: 'Put up a file for an answer, as it is in the body',
  description: 'PDF, picture, text, CSV, Word or Excel, 10 MB at most. It goes along with the answer that names it; without one it is removed after a day.',
  raw: true,
  raws: { takes: { types: ['application/octet-stream'] }, refusals: { 413: 'The file is larger than 10 MB.' } },
  params,
  query: z.object({ fileName: z.string().min(1).max(200) }),
  response: fileSchema,
  status: 201,
  handler: async (work, { params: { id }, query, request }) => {
    const bytes = await readBytes(request.incoming, MAX_ATTACHED);
    const file = await work.transaction((ctx) => addReplyFile(ctx, id, headerText(query.fileName, 200), bytes));
    const shown: z.input<typeof fileSchema> = { id: file.id, name: file.name, sizeBytes: bytes.length };
    return Response.json(shown, { status: 201, headers: { 'cache-control': 'no-store' } });
  },
});

const attachments = endpoint({
  method: 'get',
  path: '/v1/inbox/messages/{id}/attachments',
  permission: 'correspondence.read',
  tag,
  summary: 'The attachments of a message that came, or of an answer',
  params,
  response: z.object({ items: z.array(attachmentSchema) }),
  handler: async (ctx, { params: { id } }) => {
    if (!(await isMessage(ctx, id))) throw notFound('message');
    return { items: (await readAttachments(ctx, [id])).map((file) => showAttachment(file)) };
  },
});

const picture = endpoint({
  method: 'get',
  path: '/v1/inbox/messages/{id}/pictures/{position}',
  permission: 'correspondence.read',
  tag,
  summary: 'A picture that stands among the text of a message',
  description: 'PNG, JPEG, GIF or WebP by what its bytes are; anything else is not found.',
  raw: true,
  raws: { gives: ['image/png', 'image/jpeg', 'image/gif', 'image/webp'] },
  params: z.object({ id: idSchema, position: z.coerce.number().int().min(0).max(1000) }),
  handler: async (work, { params: { id, position } }) => {
    const file = await work.transaction(async (ctx) => {
      const row = (await readInbound(ctx, id)) && (await readAttachment(ctx, id, position));
      return row?.fileId && row.contentId !== null ? ctx.platform.files.get(ctx, row.fileId) : null;
    });
    const type = file && pictureType(file.bytes);
    if (!file || !type) throw notFound('picture');
    return new Response(new Uint8Array(file.bytes), {
      headers: {
        'content-type': type,
        'content-security-policy': "default-src 'none'; sandbox",
        'x-content-type-options': 'nosniff',
        'cross-origin-resource-policy': 'same-origin',
        'cache-control': 'private, max-age=3600',
      },
    });
  },
});

const attachment = endpoint({
  method: 'get',
  path: '/v1/inbox/messages/{id}/attachments/{position}',
  permission: 'correspondence.read',
  tag,
  summary: 'Download an attachment',
  raw: true,
  raws: { gives: ['application/octet-stream'] },
  params: z.object({ id: idSchema, position: z.coerce.number().int().min(0).max(1000) }),
  handler: async (work, { params: { id, position } }) => {
    const file = await work.transaction(async (ctx) => {
      const row = await readAttachment(ctx, id, position);
      return row?.fileId ? ctx.platform.files.get(ctx, row.fileId) : null;
    });
    if (!file) throw notFound('attachment');
    return download(file.name, file.bytes);
  },
});

const customerMail = endpoint({
  method: 'get',
  path: '/v1/customers/{id}/mail',
  permission: 'correspondence.read',
  tag,
  summary: 'Mail of both directions of a customer, newest first',
  params,
  query: z.object(listQuery),
  response: pageOf(
    z.object({
      id: idSchema,
      direction: z.enum(['in', 'out']),
      kind: z.string(),
      state: z.string(),
      bounced: z.enum(['hard', 'soft']).nullable(),
      subject: z.string().nullable(),
      snippet: z.string().nullable(),
      who: z.string().meta({ description: 'the sender, or the address that it went to' }),
      unread: z.boolean(),
      conversationId: idSchema.nullable(),
      at: instantSchema,
    }),
  ),
  handler: async (ctx, { params: { id }, query }) => {
    if (!(await readCustomer(ctx, id))) throw notFound('customer');
    const after = query.cursor ? (decodeCursor(CUSTOMER_MAIL, query.cursor) as [string, string]) : null;
    const rows = await listCustomerMail(ctx, id, after, query.limit + 1);
    const items = rows.slice(0, query.limit);
    const last = items.at(-1);
    return {
      items: items.map(({ threadId, at, ...row }) => ({ ...row, conversationId: threadId, at: at.toString() })),
      nextCursor: rows.length > query.limit && last ? encodeCursor(CUSTOMER_MAIL, [last.at.toString(), last.id]) : null,
    };
  },
});

export const threadEndpoints: Endpoint[] = [list, counts, read, mark, assign, suggestions, answer, addFile, attachments, attachment, picture, customerMail];
