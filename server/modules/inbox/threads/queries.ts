import type { Context } from '../../../platform/context.ts';
import { type Sql, sql } from '../../../platform/database/sql.ts';

export type Box = 'customers' | 'unread' | 'unmatched' | 'set_aside';

export interface ThreadRow {
  id: string;
  customerId: string | null;
  customerName: string | null;
  subject: string;
  counterpart: string;
  snippet: string;
  lastAt: Temporal.Instant;
  lastDirection: 'in' | 'out';
  messageCount: number;
  unreadCount: number;
  setAside: boolean;
}

const threadColumns = sql.raw(`t.id, t.customer_id, c.name as customer_name, t.subject, t.counterpart, t.snippet, t.last_at, t.last_direction, t.message_count,
  t.unread_count, t.set_aside`);

const boxes: Record<Box, string> = {
  customers: 't.customer_id is not null',
  unread: 't.unread_count > 0 and not t.set_aside',
  unmatched: 't.customer_id is null and not t.set_aside',
  set_aside: 't.set_aside',
};

export interface ThreadFilter {
  box: Box;
  customerId: string | null;
  /** The beginning of a sender's address, in lower case. */
  sender: string | null;
}

/** Newest first; `after` is the moment and id of the last one shown. */
export function listThreads(ctx: Context, filter: ThreadFilter, after: [string, string] | null, limit: number): Promise<ThreadRow[]> {
  const conditions: Sql[] = [sql`t.tenant_id = ${ctx.tenant.id}`, sql.raw(boxes[filter.box])];
  if (filter.customerId) conditions.push(sql`t.customer_id = ${filter.customerId}`);
  if (filter.sender)
    conditions.push(sql`t.id in (select i.thread_id from inbound_email i
      where i.tenant_id = ${ctx.tenant.id} and i.from_address >= ${filter.sender} and i.from_address < ${`${filter.sender}\u{10FFFF}`})`);
  if (after) conditions.push(sql`(t.last_at, t.id) < (${after[0]}::timestamptz, ${after[1]}::uuid)`);
  return ctx.tx.rows<ThreadRow>(sql`
    select ${threadColumns} from mail_thread t left join customer c on c.tenant_id = t.tenant_id and c.id = t.customer_id
    where ${sql.join(conditions, ' and ')} order by t.last_at desc, t.id desc limit ${limit}`);
}

export function readThread(ctx: Context, id: string): Promise<ThreadRow | null> {
  return ctx.tx.maybe<ThreadRow>(sql`
    select ${threadColumns} from mail_thread t left join customer c on c.tenant_id = t.tenant_id and c.id = t.customer_id
    where t.tenant_id = ${ctx.tenant.id} and t.id = ${id}`);
}

/** Until the transaction ends nobody else changes this conversation. */
export async function lockThread(ctx: Context, id: string): Promise<boolean> {
  return (await ctx.tx.maybe(sql`select 1 from mail_thread where tenant_id = ${ctx.tenant.id} and id = ${id} for update`)) !== null;
}

export async function countBoxes(ctx: Context): Promise<{ unread: number; unmatched: number }> {
  return ctx.tx.one(sql`
    select (select count(*)::int from mail_thread where tenant_id = ${ctx.tenant.id} and unread_count > 0 and not set_aside) as unread,
      (select count(*)::int from mail_thread where tenant_id = ${ctx.tenant.id} and customer_id is null and not set_aside) as unmatched`);
}

export interface InboundRow {
  id: string;
  kind: 'message' | 'auto_reply' | 'bounce' | 'bulk';
  state: 'matched' | 'unmatched' | 'set_aside';
  matchedBy: 'thread' | 'quote' | 'address' | 'rule' | 'person' | null;
  threadId: string | null;
  customerId: string | null;
  emailId: string | null;
  messageId: string | null;
  referenceIds: string[];
  fromAddress: string;
  fromName: string;
  replyTo: string | null;
  toAddresses: string[];
  ccAddresses: string[];
  subject: string;
  authentic: boolean | null;
  sizeBytes: bigint;
  complete: boolean;
  attachmentCount: number;
  receivedAt: Temporal.Instant;
  readAt: Temporal.Instant | null;
}

const inboundColumns = sql.raw(`i.id, i.kind, i.state, i.matched_by, i.thread_id, i.customer_id, i.email_id, i.message_id, i.reference_ids, i.from_address,
  i.from_name, i.reply_to, i.to_addresses, i.cc_addresses, i.subject, i.authentic, i.size_bytes, i.complete, i.attachment_count, i.received_at, i.read_at`);

export interface InboundWithText extends InboundRow {
  bodyText: string;
  html: string | null;
}

/** The newest of a conversation, in the order in which they came. */
export async function readThreadMessages(ctx: Context, threadId: string, limit: number): Promise<InboundWithText[]> {
  const rows = await ctx.tx.rows<InboundWithText>(sql`
    select ${inboundColumns}, coalesce(b.body_text, '') as body_text, b.html from inbound_email i
    left join inbound_email_content b on b.tenant_id = i.tenant_id and b.email_id = i.id
    where i.tenant_id = ${ctx.tenant.id} and i.thread_id = ${threadId} order by i.received_at desc, i.id desc limit ${limit}`);
  return rows.toReversed();
}

export function readInbound(ctx: Context, id: string): Promise<InboundRow | null> {
  return ctx.tx.maybe<InboundRow>(sql`select ${inboundColumns} from inbound_email i where i.tenant_id = ${ctx.tenant.id} and i.id = ${id}`);
}

/** A message that came, or one of ours in a conversation. */
export async function isMessage(ctx: Context, id: string): Promise<boolean> {
  const { found } = await ctx.tx.one<{ found: boolean }>(sql`
    select exists (select from inbound_email where tenant_id = ${ctx.tenant.id} and id = ${id})
      or exists (select from mail_thread_email where tenant_id = ${ctx.tenant.id} and email_id = ${id}) as found`);
  return found;
}

/** The newest message of a conversation that can be answered. */
export function readNewestInbound(ctx: Context, threadId: string): Promise<InboundRow | null> {
  return ctx.tx.maybe<InboundRow>(sql`
    select ${inboundColumns} from inbound_email i where i.tenant_id = ${ctx.tenant.id} and i.thread_id = ${threadId}
    order by i.kind = 'message' desc, i.received_at desc, i.id desc limit 1`);
}

export interface OutboundInThread {
  id: string;
  kind: string;
  state: string;
  bounced: 'hard' | 'soft' | null;
  toAddress: string;
  ccAddresses: string[];
  subject: string | null;
  at: Temporal.Instant;
  writtenBy: string | null;
  bodyText: string | null;
  html: string | null;
}

export async function readThreadEmails(ctx: Context, threadId: string, limit: number): Promise<OutboundInThread[]> {
  const rows = await ctx.tx.rows<OutboundInThread>(sql`
    select e.id, e.kind, e.state, e.bounced, e.to_address, e.cc_addresses, coalesce(e.subject, r.subject) as subject, coalesce(e.sent_at, e.created_at) as at,
      r.written_by, coalesce(r.body_text, b.body_text) as body_text, case when r.email_id is null then b.html end as html
    from mail_thread_email m join outbound_email e on e.tenant_id = m.tenant_id and e.id = m.email_id
    left join outbound_email_content b on b.tenant_id = e.tenant_id and b.email_id = e.id
    left join inbox_reply r on r.tenant_id = e.tenant_id and r.email_id = e.id
    where m.tenant_id = ${ctx.tenant.id} and m.thread_id = ${threadId} order by e.id desc limit ${limit}`);
  return rows.toReversed();
}

export interface AttachmentRow {
  emailId: string;
  position: number;
  name: string;
  contentType: string;
  sizeBytes: bigint;
  fileId: string | null;
  contentId: string | null;
}

/** Of messages that came, and of answers. */
const attachments = sql.raw(`
  select tenant_id, email_id, position, name, content_type, size_bytes, file_id, content_id from inbound_attachment
  union all select tenant_id, email_id, position, name, content_type, size_bytes, file_id, null from inbox_reply_file`);

export function readAttachments(ctx: Context, emailIds: readonly string[]): Promise<AttachmentRow[]> {
  return ctx.tx.rows<AttachmentRow>(sql`
    select * from (${attachments}) a where tenant_id = ${ctx.tenant.id} and email_id = any(${[...emailIds]}::uuid[]) order by email_id, position`);
}

export function readAttachment(ctx: Context, emailId: string, position: number): Promise<AttachmentRow | null> {
  return ctx.tx.maybe<AttachmentRow>(sql`
    select * from (${attachments}) a where tenant_id = ${ctx.tenant.id} and email_id = ${emailId} and position = ${position}`);
}

/** Marks the conversation read or unread; unread means its newest message. */
export async function markThread(ctx: Context, id: string, read: boolean): Promise<void> {
  await ctx.tx.run(
    read
      ? sql`update inbound_email set read_at = app.now() where tenant_id = ${ctx.tenant.id} and thread_id = ${id} and read_at is null`
      : sql`
        update inbound_email set read_at = null where tenant_id = ${ctx.tenant.id} and id = (
          select id from inbound_email where tenant_id = ${ctx.tenant.id} and thread_id = ${id} order by received_at desc, id desc limit 1)`,
  );
  await ctx.tx.run(sql`update mail_thread set unread_count = ${read ? 0 : 1} where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

/** The conversations become the customer's, or nobody's. */
export async function assignThreads(ctx: Context, ids: readonly string[], customerId: string | null): Promise<void> {
  await ctx.tx.run(sql`
    update mail_thread set customer_id = ${customerId}, set_aside = ${customerId === null} where tenant_id = ${ctx.tenant.id} and id = any(${[...ids]}::uuid[])`);
  await ctx.tx.run(sql`
    update inbound_email set customer_id = ${customerId}, state = ${customerId === null ? 'set_aside' : 'matched'},
      matched_by = case when ${customerId}::uuid is null then null else 'person' end
    where tenant_id = ${ctx.tenant.id} and thread_id = any(${[...ids]}::uuid[])`);
}

/** Conversations with messages of the address that are of no customer yet. */
export async function openThreadsOf(ctx: Context, address: string, limit: number): Promise<string[]> {
  const rows = await ctx.tx.rows<{ id: string }>(sql`
    select distinct i.thread_id as id from inbound_email i
    where i.tenant_id = ${ctx.tenant.id} and i.from_address = ${address} and i.customer_id is null and i.thread_id is not null limit ${limit}`);
  return rows.map((row) => row.id);
}

export interface Suggestion {
  customerId: string;
  name: string;
  number: string;
  /** address: the sender is a contact of several customers; domain: a contact has an address of the same domain. */
  because: 'address' | 'domain';
}

/** Customers that a sender may be of. */
export function suggestCustomers(ctx: Context, address: string, domain: string | null): Promise<Suggestion[]> {
  return ctx.tx.rows<Suggestion>(sql`
    select c.id as customer_id, c.name, c.number, case when min(s.rank) = 1 then 'address' else 'domain' end as because
    from (select customer_id, 1 as rank from app.customers_of_addresses(array[${address}])
      union all select customer_id, 2 from app.customers_of_domain(${domain})) s
    join customer c on c.tenant_id = ${ctx.tenant.id} and c.id = s.customer_id
    group by c.id, c.name, c.number order by min(s.rank), c.name limit 10`);
}

export interface CustomerMailRow {
  id: string;
  direction: 'in' | 'out';
  kind: string;
  state: string;
  bounced: 'hard' | 'soft' | null;
  subject: string | null;
  snippet: string | null;
  who: string;
  unread: boolean;
  threadId: string | null;
  at: Temporal.Instant;
}

/** Mail of both directions of one customer, newest first. */
export function listCustomerMail(ctx: Context, customerId: string, after: [string, string] | null, limit: number): Promise<CustomerMailRow[]> {
  const before = after ? sql`and (at, id) < (${after[0]}::timestamptz, ${after[1]}::uuid)` : sql.empty;
  return ctx.tx.rows<CustomerMailRow>(sql`
    select * from (
      select e.id, 'out' as direction, e.kind, e.state, e.bounced, coalesce(e.subject, r.subject) as subject, null::text as snippet, e.to_address as who,
        false as unread, m.thread_id, coalesce(e.sent_at, e.created_at) as at
      from outbound_email e left join mail_thread_email m on m.tenant_id = e.tenant_id and m.email_id = e.id
      left join inbox_reply r on r.tenant_id = e.tenant_id and r.email_id = e.id
      where e.tenant_id = ${ctx.tenant.id} and e.customer_id = ${customerId}
      union all
      select i.id, 'in', i.kind, i.state, null, i.subject, i.snippet, case when i.from_name = '' then i.from_address else i.from_name end,
        i.read_at is null, i.thread_id, i.received_at
      from inbound_email i where i.tenant_id = ${ctx.tenant.id} and i.customer_id = ${customerId} and i.kind <> 'bounce') mail
    where true ${before} order by at desc, id desc limit ${limit}`);
}

export async function insertReply(
  ctx: Context,
  reply: { emailId: string; threadId: string; inboundId: string; subject: string; bodyText: string; inReplyTo: string | null; references: readonly string[] },
): Promise<void> {
  await ctx.tx.run(sql`
    insert into inbox_reply (tenant_id, email_id, thread_id, inbound_id, subject, body_text, in_reply_to, reference_ids, written_by)
    values (${ctx.tenant.id}, ${reply.emailId}, ${reply.threadId}, ${reply.inboundId}, ${reply.subject}, ${reply.bodyText}, ${reply.inReplyTo},
      ${[...reply.references]}, ${ctx.actor.name})`);
}

export interface ReplyFileRow {
  id: string;
  name: string;
  contentType: string;
  sizeBytes: bigint;
  fileId: string;
}

export async function insertReplyFile(ctx: Context, threadId: string, file: ReplyFileRow): Promise<void> {
  await ctx.tx.run(sql`
    insert into inbox_reply_file (tenant_id, id, thread_id, name, content_type, size_bytes, file_id, uploaded_by)
    values (${ctx.tenant.id}, ${file.id}, ${threadId}, ${file.name}, ${file.contentType}, ${file.sizeBytes}, ${file.fileId}, ${ctx.actor.name})`);
}

/** What was put up and stayed in no answer for a day. */
export const deleteUnsentFiles = (ctx: Context): Promise<number> =>
  ctx.tx.run(sql`delete from inbox_reply_file where tenant_id = ${ctx.tenant.id} and email_id is null and created_at < app.now() - interval '1 day'`);

/** Those of them that no answer has yet. */
export const lockReplyFiles = (ctx: Context, threadId: string, ids: readonly string[]): Promise<ReplyFileRow[]> =>
  ctx.tx.rows(sql`
    select id, name, content_type, size_bytes, file_id from inbox_reply_file
    where tenant_id = ${ctx.tenant.id} and thread_id = ${threadId} and email_id is null and id = any(${[...ids]}::uuid[]) for update`);

export async function sendFilesWith(ctx: Context, ids: readonly string[], emailId: string): Promise<void> {
  await ctx.tx.run(sql`
    update inbox_reply_file f set email_id = ${emailId}, position = t.n - 1 from unnest(${[...ids]}::uuid[]) with ordinality t(id, n)
    where f.tenant_id = ${ctx.tenant.id} and f.id = t.id`);
}

export interface ReplyRow {
  subject: string;
  bodyText: string;
  inReplyTo: string | null;
  referenceIds: string[];
  quoted: string;
  quotedFrom: string;
  quotedAt: Temporal.Instant;
}

/** What a reply says, with the message that it answers. */
export function readReply(ctx: Context, emailId: string): Promise<ReplyRow | null> {
  return ctx.tx.maybe<ReplyRow>(sql`
    select r.subject, r.body_text, r.in_reply_to, r.reference_ids, coalesce(b.body_text, '') as quoted,
      case when i.from_name = '' then i.from_address else i.from_name end as quoted_from, i.received_at as quoted_at
    from inbox_reply r join inbound_email i on i.tenant_id = r.tenant_id and i.id = r.inbound_id
    left join inbound_email_content b on b.tenant_id = i.tenant_id and b.email_id = i.id
    where r.tenant_id = ${ctx.tenant.id} and r.email_id = ${emailId}`);
}
