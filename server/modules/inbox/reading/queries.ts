import type { Context } from '../../../platform/context.ts';
import { sql } from '../../../platform/database/sql.ts';

/** Which of these messages are here. */
export async function knownIdentities(ctx: Context, identities: readonly string[]): Promise<Set<string>> {
  const rows = await ctx.tx.rows<{ identity: string }>(sql`
    select encode(identity, 'hex') as identity from inbound_email
    where tenant_id = ${ctx.tenant.id} and identity = any(${identities.map((one) => `\\x${one}`)}::bytea[])`);
  return new Set(rows.map((row) => row.identity));
}

export interface KnownMessage {
  messageId: string;
  threadId: string;
  emailId: string | null;
}

/** Messages that came before and that these answer. */
export function readByMessageId(ctx: Context, messageIds: readonly string[]): Promise<KnownMessage[]> {
  return ctx.tx.rows<KnownMessage>(sql`
    select message_id, thread_id, email_id from inbound_email
    where tenant_id = ${ctx.tenant.id} and message_id = any(${[...messageIds]}::text[]) and thread_id is not null`);
}

export interface ThreadOf {
  emailId: string;
  threadId: string;
}

export function readThreadsOf(ctx: Context, emailIds: readonly string[]): Promise<ThreadOf[]> {
  return ctx.tx.rows<ThreadOf>(sql`
    select email_id, thread_id from mail_thread_email where tenant_id = ${ctx.tenant.id} and email_id = any(${[...emailIds]}::uuid[])`);
}

export function readThreadCustomers(ctx: Context, ids: readonly string[]): Promise<{ id: string; customerId: string | null }[]> {
  return ctx.tx.rows(sql`select id, customer_id from mail_thread where tenant_id = ${ctx.tenant.id} and id = any(${[...ids]}::uuid[])`);
}

export function readSenderRules(ctx: Context, addresses: readonly string[]): Promise<{ address: string; customerId: string | null }[]> {
  return ctx.tx.rows(sql`select address, customer_id from inbox_sender where tenant_id = ${ctx.tenant.id} and address = any(${[...addresses]}::text[])`);
}

/** Customers with a contact of these addresses; an address may have several. */
export function readCustomersOf(ctx: Context, addresses: readonly string[]): Promise<{ address: string; customerId: string }[]> {
  return ctx.tx.rows(sql`select address, customer_id from app.customers_of_addresses(${[...addresses]}::text[])`);
}

export interface NewThread {
  id: string;
  customer_id: string | null;
  subject: string;
  set_aside: boolean;
}

export async function insertThreads(ctx: Context, threads: readonly NewThread[]): Promise<void> {
  if (threads.length === 0) return;
  await ctx.tx.run(sql`
    insert into mail_thread (tenant_id, id, customer_id, subject, set_aside, last_at, last_direction)
    select ${ctx.tenant.id}::uuid, id, customer_id, subject, set_aside, '-infinity', 'in'
    from jsonb_to_recordset(${sql.json(threads)}::jsonb) as t(id uuid, customer_id uuid, subject text, set_aside boolean)`);
}

/** Adds messages of a direction to their conversations: counts, and what the list shows of the newest. */
export async function growThreads(
  ctx: Context,
  messages: readonly { thread_id: string; at: string; direction: 'in' | 'out'; counterpart: string; snippet: string; unread: boolean }[],
): Promise<void> {
  if (messages.length === 0) return;
  await ctx.tx.run(sql`
    with m as (
      select * from jsonb_to_recordset(${sql.json(messages)}::jsonb)
        as t(thread_id uuid, at timestamptz, direction text, counterpart text, snippet text, unread boolean)),
    g as (select thread_id, count(*)::int as messages, count(*) filter (where unread)::int as unread from m group by thread_id),
    n as (select distinct on (thread_id) * from m order by thread_id, at desc),
    w as (select distinct on (thread_id) thread_id, counterpart from m where direction = 'in' order by thread_id, at desc)
    update mail_thread t set message_count = t.message_count + g.messages, unread_count = t.unread_count + g.unread,
      last_at = greatest(t.last_at, n.at),
      last_direction = case when n.at >= t.last_at then n.direction else t.last_direction end,
      snippet = case when n.at >= t.last_at then n.snippet else t.snippet end,
      counterpart = coalesce(left(w.counterpart, 400), t.counterpart)
    from g join n using (thread_id) left join w using (thread_id) where t.tenant_id = ${ctx.tenant.id} and t.id = g.thread_id`);
}

/** Our mails come into their conversation, once; the conversation counts them. */
export async function joinThreads(ctx: Context, rows: readonly { email_id: string; thread_id: string }[]): Promise<Set<string>> {
  if (rows.length === 0) return new Set();
  const joined = await ctx.tx.rows<{ emailId: string }>(sql`
    insert into mail_thread_email (tenant_id, email_id, thread_id)
    select ${ctx.tenant.id}::uuid, email_id, thread_id from jsonb_to_recordset(${sql.json(rows)}::jsonb) as t(email_id uuid, thread_id uuid)
    on conflict (tenant_id, email_id) do nothing returning email_id`);
  return new Set(joined.map((row) => row.emailId));
}

export interface NewInbound {
  id: string;
  uid: number;
  identity: string;
  kind: string;
  state: string;
  thread_id: string | null;
  customer_id: string | null;
  matched_by: string | null;
  email_id: string | null;
  message_id: string | null;
  in_reply_to: string | null;
  reference_ids: string[];
  from_address: string;
  from_name: string;
  reply_to: string | null;
  to_addresses: string[];
  cc_addresses: string[];
  subject: string;
  snippet: string;
  authentic: boolean | null;
  size_bytes: number;
  complete: boolean;
  attachment_count: number;
  received_at: string;
  read: boolean;
}

export async function insertInbound(ctx: Context, uidValidity: bigint, rows: readonly NewInbound[]): Promise<void> {
  await ctx.tx.run(sql`
    insert into inbound_email (tenant_id, id, uid_validity, uid, identity, kind, state, thread_id, customer_id, matched_by, email_id, message_id, in_reply_to,
      reference_ids, from_address, from_name, reply_to, to_addresses, cc_addresses, subject, snippet, authentic, size_bytes, complete, attachment_count,
      received_at, read_at)
    select ${ctx.tenant.id}::uuid, id, ${uidValidity}::bigint, uid, decode(identity, 'hex'), kind, state, thread_id, customer_id, matched_by, email_id, message_id,
      in_reply_to, reference_ids, from_address, from_name, reply_to, to_addresses, cc_addresses, subject, snippet, authentic, size_bytes, complete,
      attachment_count, received_at, case when read then app.now() end
    from jsonb_to_recordset(${sql.json(rows)}::jsonb) as t(id uuid, uid bigint, identity text, kind text, state text, thread_id uuid, customer_id uuid,
      matched_by text, email_id uuid, message_id text, in_reply_to text, reference_ids text[], from_address text, from_name text, reply_to text,
      to_addresses text[], cc_addresses text[], subject text, snippet text, authentic boolean, size_bytes bigint, complete boolean, attachment_count int,
      received_at timestamptz, read boolean)`);
}

/** One plain parameter for each text: an array or JSON would escape and parse every byte of it. */
export async function insertContents(ctx: Context, rows: readonly { id: string; text: string; html: string | null }[]): Promise<void> {
  const values = rows.map((row) => sql`(${row.id}::uuid, ${row.text}::text, ${row.html}::text)`);
  await ctx.tx.run(sql`
    insert into inbound_email_content (tenant_id, email_id, body_text, html)
    select ${ctx.tenant.id}::uuid, v.* from (values ${sql.join(values, ', ')}) v`);
}

export interface NewAttachment {
  email_id: string;
  position: number;
  name: string;
  content_type: string;
  size_bytes: number;
  file_id: string | null;
  content_id: string | null;
}

export async function insertAttachments(ctx: Context, rows: readonly NewAttachment[]): Promise<void> {
  if (rows.length === 0) return;
  await ctx.tx.run(sql`
    insert into inbound_attachment (tenant_id, email_id, position, name, content_type, size_bytes, file_id, content_id)
    select ${ctx.tenant.id}::uuid, email_id, position, name, content_type, size_bytes, file_id, content_id
    from jsonb_to_recordset(${sql.json(rows)}::jsonb) as t(email_id uuid, position int, name text, content_type text, size_bytes bigint, file_id uuid,
      content_id text)`);
}

/** Facts about many messages at once, for timelines; no reaction hangs on them. */
export async function insertReceivedEvents(ctx: Context, rows: readonly { id: string; thread_id: string; customer_id: string; data: object }[]): Promise<void> {
  if (rows.length === 0) return;
  await ctx.tx.run(sql`
    insert into event (tenant_id, id, type, actor_kind, actor_id, actor_name, subject_type, subject_id, customer_id, data)
    select ${ctx.tenant.id}::uuid, id, 'email.received', ${ctx.actor.kind}, ${ctx.actor.id}::uuid, ${ctx.actor.name}, 'mail_thread', thread_id, customer_id, data
    from jsonb_to_recordset(${sql.json(rows)}::jsonb) as t(id uuid, thread_id uuid, customer_id uuid, data jsonb)`);
}
