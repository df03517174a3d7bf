import type { Context, Platform } from '../../platform/context.ts';
import { type Sql, sql } from '../../platform/database/sql.ts';
import type { EmailKind, EmailPayload, EmailState, WentAlong } from './email.ts';

export interface NewEmail {
  id: string;
  dedupe_key: string;
  kind: EmailKind;
  customer_id: string | null;
  template_id: string | null;
  run_id: string | null;
  to_address: string;
  cc_addresses: string[];
  payload: EmailPayload;
  resend_if_uncertain: boolean;
  next_try_at: string;
}

/** Writes mails to be sent, one statement for thousands. Answers the ids of those that were new. */
export async function insertEmails(ctx: Context, rows: readonly NewEmail[]): Promise<string[]> {
  const inserted = await ctx.tx.rows<{ id: string }>(sql`
    insert into outbound_email (tenant_id, id, dedupe_key, kind, customer_id, template_id, run_id, to_address, cc_addresses, payload,
      state, resend_if_uncertain, next_try_at)
    select ${ctx.tenant.id}::uuid, id, dedupe_key, kind, customer_id, template_id, run_id, to_address,
      array(select jsonb_array_elements_text(cc_addresses)), payload, 'ready', resend_if_uncertain, next_try_at
    from jsonb_to_recordset(${sql.json(rows)}::jsonb) as t(id uuid, dedupe_key text, kind text, customer_id uuid, template_id uuid, run_id uuid,
      to_address text, cc_addresses jsonb, payload jsonb, resend_if_uncertain boolean, next_try_at timestamptz)
    on conflict (tenant_id, dedupe_key) do nothing
    returning id`);
  return inserted.map((row) => row.id);
}

export interface ClaimedEmail {
  id: string;
  kind: EmailKind;
  customerId: string | null;
  templateId: string | null;
  toAddress: string;
  ccAddresses: string[];
  payload: EmailPayload;
  tries: number;
  resendIfUncertain: boolean;
}

/** Takes due mails for this process until the lease ends. Several workers take different ones. */
export function claimDue(ctx: Context, limit: number, leaseSeconds: number): Promise<ClaimedEmail[]> {
  return ctx.tx.rows<ClaimedEmail>(sql`
    with due as (
      select id from outbound_email
      where tenant_id = ${ctx.tenant.id} and state = 'ready' and next_try_at <= app.now()
      order by next_try_at, id limit ${limit} for update skip locked)
    update outbound_email e set state = 'sending', tries = e.tries + 1, submitted_at = null,
      leased_until = app.now() + make_interval(secs => ${leaseSeconds}::int)
    from due where e.tenant_id = ${ctx.tenant.id} and e.id = due.id
    returning e.id, e.kind, e.customer_id, e.template_id, e.to_address, e.cc_addresses, e.payload, e.tries, e.resend_if_uncertain`);
}

export interface ExpiredLease {
  id: string;
  customerId: string | null;
  state: EmailState;
}

/**
 * Mails whose sender died. Those not yet handed over go again; of the others nobody knows: reminders wait for a person,
 * receipts go again.
 */
export function releaseExpired(ctx: Context): Promise<ExpiredLease[]> {
  return ctx.tx.rows<ExpiredLease>(sql`
    with expired as (
      select id from outbound_email
      where tenant_id = ${ctx.tenant.id} and state = 'sending' and leased_until < app.now() for update skip locked)
    update outbound_email e set leased_until = null, next_try_at = app.now(),
      state = case when e.submitted_at is null or e.resend_if_uncertain then 'ready' else 'uncertain' end,
      reason = case when e.submitted_at is null or e.resend_if_uncertain then null
        else 'Sending was interrupted after the mail had been handed to the mail server. It may have arrived.' end
    from expired x where e.tenant_id = ${ctx.tenant.id} and e.id = x.id
    returning e.id, e.customer_id, e.state`);
}

export interface SubmittedEmail {
  email_id: string;
  html: string;
  body_text: string;
  headers: Record<string, string>;
  subject: string;
  message_id: string;
  went_along: WentAlong[];
}

/** The last word before the mail server: what will be said is kept, and which mails are now in doubt until answered. */
export async function markSubmitted(ctx: Context, mails: readonly SubmittedEmail[], leaseSeconds: number): Promise<Set<string>> {
  if (mails.length === 0) return new Set();
  // one plain parameter for each text: arrays and JSON would escape and parse ten kilobytes a mail
  const values = mails.map(
    (mail) =>
      sql`(${mail.email_id}::uuid, ${mail.html}::text, ${mail.body_text}::text, ${sql.json(mail.headers)}::jsonb, ${mail.subject}::text, ${mail.message_id}::text, ${sql.json(mail.went_along)}::jsonb)`,
  );
  const marked = await ctx.tx.rows<{ id: string }>(sql`
    with m (email_id, html, body_text, headers, subject, message_id, went_along) as (values ${sql.join(values, ', ')}),
    kept as (
      insert into outbound_email_content (tenant_id, email_id, html, body_text, headers)
      select ${ctx.tenant.id}::uuid, email_id, html, body_text, headers from m
      on conflict (tenant_id, email_id) do update set html = excluded.html, body_text = excluded.body_text, headers = excluded.headers)
    update outbound_email e set submitted_at = app.now(), subject = m.subject, message_id = m.message_id,
      payload = e.payload || jsonb_build_object('wentAlong', m.went_along),
      leased_until = app.now() + make_interval(secs => ${leaseSeconds}::int)
    from m where e.tenant_id = ${ctx.tenant.id} and e.id = m.email_id and e.state = 'sending' and e.submitted_at is null and e.leased_until > app.now()
    returning e.id`);
  return new Set(marked.map((row) => row.id));
}

/** What the mail listed, and what was open of it then. */
export async function insertEmailDocuments(ctx: Context, rows: readonly { emailId: string; documentId: string; openMinor: bigint }[]): Promise<void> {
  if (rows.length === 0) return;
  await ctx.tx.run(sql`
    insert into outbound_email_document (tenant_id, email_id, document_id, open_minor)
    select ${ctx.tenant.id}::uuid, email_id, document_id, open_minor
    from unnest(${rows.map((row) => row.emailId)}::uuid[], ${rows.map((row) => row.documentId)}::uuid[], ${rows.map((row) => row.openMinor)}::bigint[])
      as t(email_id, document_id, open_minor)
    on conflict (tenant_id, document_id, email_id) do update set open_minor = excluded.open_minor`);
}

export interface RecordedOutcome {
  id: string;
  state: EmailState;
  reason: string | null;
  smtp_answer: string | null;
  next_try_at: string | null;
  sent: boolean;
}

/** Writes what came of a batch. A mail given up as uncertain meanwhile still learns that it was sent. */
export async function recordOutcomes(ctx: Context, outcomes: readonly RecordedOutcome[]): Promise<void> {
  if (outcomes.length === 0) return;
  await ctx.tx.run(sql`
    update outbound_email e set state = o.state, reason = o.reason, smtp_answer = o.smtp_answer, leased_until = null,
      next_try_at = coalesce(o.next_try_at, e.next_try_at),
      sent_at = case when o.sent then app.now() else e.sent_at end,
      sent_on = case when o.sent then app.today() else e.sent_on end
    from jsonb_to_recordset(${sql.json(outcomes)}::jsonb)
      as o(id uuid, state text, reason text, smtp_answer text, next_try_at timestamptz, sent boolean)
    where e.tenant_id = ${ctx.tenant.id} and e.id = o.id and (e.state = 'sending' or (e.state = 'uncertain' and o.sent))`);
}

/** Facts about many mails at once, for timelines; no reaction hangs on them. */
export async function insertEmailEvents(
  ctx: Context,
  events: readonly { id: string; type: string; email_id: string; customer_id: string | null; data: object }[],
): Promise<void> {
  if (events.length === 0) return;
  await ctx.tx.run(sql`
    insert into event (tenant_id, id, type, actor_kind, actor_id, actor_name, subject_type, subject_id, customer_id, data)
    select ${ctx.tenant.id}::uuid, id, type, ${ctx.actor.kind}, ${ctx.actor.id}::uuid, ${ctx.actor.name}, 'email', email_id, customer_id, data
    from jsonb_to_recordset(${sql.json(events)}::jsonb) as t(id uuid, type text, email_id uuid, customer_id uuid, data jsonb)`);
}

export interface ReminderDocument {
  id: string;
  customerId: string;
  kind: string;
  state: string;
  number: string;
  currency: string;
  amountMinor: bigint;
  openMinor: bigint;
  dueOn: Temporal.PlainDate;
}

/** What the invoice lists of a batch need, read once for all its mails. */
export function readListed(ctx: Context, ids: readonly string[]): Promise<ReminderDocument[]> {
  return ctx.tx.rows<ReminderDocument>(sql`
    select id, customer_id, kind, state, number, currency, total_minor as amount_minor, open_minor, due_on
    from document where tenant_id = ${ctx.tenant.id} and id = any(${[...ids]}::uuid[])`);
}

export interface MailCustomer {
  id: string;
  number: string;
  name: string;
  companyName: string | null;
  firstName: string | null;
  lastName: string | null;
  pausedUntil: Temporal.PlainDate | null;
  archivedAt: Temporal.Instant | null;
}

export function readMailCustomers(ctx: Context, ids: readonly string[]): Promise<MailCustomer[]> {
  return ctx.tx.rows<MailCustomer>(sql`
    select id, number, name, company_name, first_name, last_name, paused_until, archived_at
    from customer where tenant_id = ${ctx.tenant.id} and id = any(${[...ids]}::uuid[])`);
}

/** The languages of contacts of these customers, by customer and the address that mail goes to; the contact's own, else the customer's. */
export async function readLanguages(ctx: Context, customerIds: readonly string[]): Promise<Map<string, string>> {
  const rows = await ctx.tx.rows<{ customerId: string; email: string; language: string }>(sql`
    select k.customer_id, lower(k.email) as email, coalesce(k.language, c.language) as language
    from contact k join customer c on c.tenant_id = k.tenant_id and c.id = k.customer_id
    where k.tenant_id = ${ctx.tenant.id} and k.customer_id = any(${[...customerIds]}::uuid[]) and coalesce(k.language, c.language) is not null`);
  return new Map(rows.map((row) => [`${row.customerId} ${row.email}`, row.language]));
}

/** Shared files that are linked to the invoices of a mail, each once. */
export function readLinkedFiles(ctx: Context, documentIds: readonly string[], limit: number): Promise<{ fileId: string; name: string; sizeBytes: number }[]> {
  return ctx.tx.rows(sql`
    select s.file_id, s.name, f.size_bytes::int as size_bytes
    from shared_file s join stored_file f on f.tenant_id = s.tenant_id and f.id = s.file_id
    where s.tenant_id = ${ctx.tenant.id} and s.archived_at is null and s.id in (
      select file_id from document_file where tenant_id = ${ctx.tenant.id} and document_id = any(${[...documentIds]}::uuid[]))
    order by s.id limit ${limit}`);
}

export interface EmailRow {
  id: string;
  kind: EmailKind;
  state: EmailState;
  customerId: string | null;
  customerName: string | null;
  templateId: string | null;
  runId: string | null;
  toAddress: string;
  ccAddresses: string[];
  subject: string | null;
  reason: string | null;
  tries: number;
  nextTryAt: Temporal.Instant;
  smtpAnswer: string | null;
  messageId: string | null;
  sentAt: Temporal.Instant | null;
  createdAt: Temporal.Instant;
  bounced: 'hard' | 'soft' | null;
}

const emailColumns = sql.raw(`e.id, e.kind, e.state, e.customer_id, c.name as customer_name, e.template_id, e.run_id, e.to_address, e.cc_addresses,
  e.subject, e.reason, e.tries, e.next_try_at, e.smtp_answer, e.message_id, e.sent_at, e.created_at, e.bounced`);

export interface EmailFilter {
  state?: EmailState | undefined;
  bounced?: boolean | undefined;
  kind?: EmailKind | undefined;
  customerId?: string | undefined;
  runId?: string | undefined;
  documentId?: string | undefined;
  /** The beginning of the address, in lower case. */
  address?: string | undefined;
}

/** Newest first. `before` is the id of the last row shown. */
export function listEmails(ctx: Context, filter: EmailFilter, before: string | null, limit: number): Promise<EmailRow[]> {
  const conditions: Sql[] = [sql`e.tenant_id = ${ctx.tenant.id}`];
  if (filter.state) conditions.push(sql`e.state = ${filter.state}`);
  if (filter.bounced) conditions.push(sql`e.bounced is not null`);
  if (filter.kind) conditions.push(sql`e.kind = ${filter.kind}`);
  if (filter.customerId) conditions.push(sql`e.customer_id = ${filter.customerId}`);
  if (filter.runId) conditions.push(sql`e.run_id = ${filter.runId}`);
  if (filter.documentId)
    conditions.push(sql`e.id in (select email_id from outbound_email_document where tenant_id = ${ctx.tenant.id} and document_id = ${filter.documentId})`);
  if (filter.address) conditions.push(sql`e.to_address >= ${filter.address} and e.to_address < ${`${filter.address}\u{10FFFF}`}`);
  if (before) conditions.push(sql`e.id < ${before}`);
  return ctx.tx.rows<EmailRow>(sql`
    select ${emailColumns} from outbound_email e
    left join customer c on c.tenant_id = e.tenant_id and c.id = e.customer_id
    where ${sql.join(conditions, ' and ')} order by e.id desc limit ${limit}`);
}

export function readEmail(ctx: Context, id: string): Promise<EmailRow | null> {
  return ctx.tx.maybe<EmailRow>(sql`
    select ${emailColumns} from outbound_email e
    left join customer c on c.tenant_id = e.tenant_id and c.id = e.customer_id
    where e.tenant_id = ${ctx.tenant.id} and e.id = ${id}`);
}

export function readContent(ctx: Context, id: string): Promise<{ html: string; bodyText: string; headers: Record<string, string> } | null> {
  return ctx.tx.maybe(sql`
    select html, body_text, headers from outbound_email_content where tenant_id = ${ctx.tenant.id} and email_id = ${id}`);
}

/** Null: not handed over yet, or before this was kept. */
export async function readWentAlong(ctx: Context, id: string): Promise<WentAlong[] | null> {
  const row = await ctx.tx.maybe<{ wentAlong: WentAlong[] | null }>(sql`
    select payload -> 'wentAlong' as went_along from outbound_email where tenant_id = ${ctx.tenant.id} and id = ${id} and submitted_at is not null`);
  return row?.wentAlong ?? null;
}

export interface ViewRow {
  id: string;
  documentId: string | null;
  kind: 'pixel' | 'pdf' | 'link';
  grade: 'weak' | 'strong' | 'machine';
  userAgent: string | null;
  at: Temporal.Instant;
}

export function readViews(ctx: Context, emailId: string): Promise<ViewRow[]> {
  return ctx.tx.rows<ViewRow>(sql`
    select id, document_id, kind, grade, user_agent, at from email_view
    where tenant_id = ${ctx.tenant.id} and email_id = ${emailId} order by id limit 200`);
}

export function readEmailDocuments(ctx: Context, emailId: string): Promise<{ documentId: string; number: string; currency: string; openMinor: bigint }[]> {
  return ctx.tx.rows(sql`
    select m.document_id, d.number, d.currency, m.open_minor
    from outbound_email_document m join document d on d.tenant_id = m.tenant_id and d.id = m.document_id
    where m.tenant_id = ${ctx.tenant.id} and m.email_id = ${emailId} order by d.due_on, d.id`);
}

/** False when the mail is not in one of these states any more. */
export async function readyAgain(ctx: Context, id: string, from: readonly EmailState[]): Promise<boolean> {
  const count = await ctx.tx.run(sql`
    update outbound_email set state = 'ready', reason = null, tries = 0, next_try_at = app.now(), leased_until = null, submitted_at = null
    where tenant_id = ${ctx.tenant.id} and id = ${id} and state = any(${[...from]}::text[])`);
  return count === 1;
}

export async function readdress(ctx: Context, id: string, to: string, cc: readonly string[]): Promise<void> {
  await ctx.tx.run(sql`
    update outbound_email set to_address = ${to}, cc_addresses = ${[...cc]}::text[] where tenant_id = ${ctx.tenant.id} and id = ${id} and state = 'failed'`);
}

/** How many mails wait or are being sent, and how many need a person. */
export function countByState(ctx: Context): Promise<{ state: EmailState; count: number }[]> {
  return ctx.tx.rows(sql`
    select state, count(*)::int as count from outbound_email
    where tenant_id = ${ctx.tenant.id} and state in ('ready', 'sending', 'failed', 'uncertain') group by state`);
}

export interface NewView {
  id: string;
  emailId: string;
  documentId: string | null;
  kind: 'pixel' | 'pdf' | 'link';
  grade: 'weak' | 'strong' | 'machine';
  ip: string;
  userAgent: string;
}

/** At most `limit` views of a grade are kept for a mail: a scanner that comes every minute says nothing new. False for one more. */
export async function insertView(ctx: Context, view: NewView, limit: number): Promise<boolean> {
  const count = await ctx.tx.run(sql`
    insert into email_view (tenant_id, id, email_id, document_id, kind, grade, ip, user_agent)
    select ${ctx.tenant.id}, ${view.id}, ${view.emailId}, ${view.documentId}, ${view.kind}, ${view.grade}, ${view.ip}, ${view.userAgent}
    where (select count(*) from email_view where tenant_id = ${ctx.tenant.id} and email_id = ${view.emailId} and grade = ${view.grade}) < ${limit}`);
  return count === 1;
}

export function readSentMail(
  ctx: Context,
  id: string,
): Promise<{
  sentAt: Temporal.Instant | null;
  submittedAt: Temporal.Instant | null;
  customerId: string | null;
  toAddress: string;
  ccAddresses: string[];
} | null> {
  return ctx.tx.maybe(sql`
    select sent_at, submitted_at, customer_id, to_address, cc_addresses from outbound_email where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

/** True when the mail lists the document: a link opens what it was made for and nothing else. */
export async function listsDocument(ctx: Context, emailId: string, documentId: string): Promise<boolean> {
  const row = await ctx.tx.maybe(sql`
    select 1 from outbound_email_document where tenant_id = ${ctx.tenant.id} and email_id = ${emailId} and document_id = ${documentId}`);
  return row !== null;
}

export type SuppressionReason = 'bounce' | 'opt_out' | 'manual' | 'wrong_person';
export interface Suppression {
  address: string;
  reason: SuppressionReason;
  detail: string | null;
  createdAt: Temporal.Instant;
}

/** A stronger reason takes the place of an opt-out; otherwise the first stays. True when something changed. */
export async function putSuppression(ctx: Context, address: string, reason: SuppressionReason, detail: string | null): Promise<boolean> {
  const count = await ctx.tx.run(sql`
    insert into suppression as s (tenant_id, address, reason, detail) values (${ctx.tenant.id}, ${address}, ${reason}, ${detail})
    on conflict (tenant_id, address) do update set reason = excluded.reason, detail = excluded.detail, created_at = app.now()
    where s.reason = 'opt_out' and excluded.reason <> 'opt_out'`);
  return count === 1;
}

export async function deleteSuppression(ctx: Context, address: string, onlyReason: SuppressionReason | null): Promise<boolean> {
  const count = await ctx.tx.run(sql`
    delete from suppression where tenant_id = ${ctx.tenant.id} and address = ${address}
      and (${onlyReason}::text is null or reason = ${onlyReason})`);
  return count === 1;
}

export function readSuppressions(ctx: Context, addresses: readonly string[]): Promise<Suppression[]> {
  return ctx.tx.rows<Suppression>(sql`
    select address, reason, detail, created_at from suppression where tenant_id = ${ctx.tenant.id} and address = any(${[...addresses]}::text[])`);
}

export function listSuppressions(ctx: Context, search: string | null, after: string | null, limit: number): Promise<Suppression[]> {
  const conditions: Sql[] = [sql`tenant_id = ${ctx.tenant.id}`];
  if (search) conditions.push(sql`address >= ${search} and address < ${`${search}\u{10FFFF}`}`);
  if (after) conditions.push(sql`address > ${after}`);
  return ctx.tx.rows<Suppression>(sql`
    select address, reason, detail, created_at from suppression where ${sql.join(conditions, ' and ')} order by address limit ${limit}`);
}

/** Tenants with mail to send now, or with mail whose sender died. */
export async function readDueTenants(platform: Platform): Promise<string[]> {
  const rows = await platform.database.systemRows<{ id: string }>(sql`select app.tenants_with_due_mail() as id`);
  return rows.map((row) => row.id);
}
