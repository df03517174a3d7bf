import type { Context } from '../../../platform/context.ts';
import { sql } from '../../../platform/database/sql.ts';
import { type ContactDays, letterCounts, mailCounts } from '../planning/queries-contacts.ts';

export interface AskedDocument {
  id: string;
  number: string;
  currency: string;
  openMinor: bigint;
  dueOn: Temporal.PlainDate;
  isPaying: boolean;
}

/** Those of the ids that are open invoices of the customer, the oldest first. */
export function readAskedDocuments(ctx: Context, customerId: string, documentIds: readonly string[]): Promise<AskedDocument[]> {
  return ctx.tx.rows<AskedDocument>(sql`
    select d.id, d.number, d.currency, d.open_minor, d.due_on,
      exists (select 1 from payment_attempt_document p where p.tenant_id = d.tenant_id and p.document_id = d.id and p.in_flight) as is_paying
    from document d
    where d.tenant_id = ${ctx.tenant.id} and d.customer_id = ${customerId} and d.id = any(${[...documentIds]}::uuid[])
      and d.kind = 'invoice' and d.state = 'open'
    order by d.due_on, d.number`);
}

export interface Contact {
  day: Temporal.PlainDate;
  /** Of a mail. */
  subject: string | null;
  byLetter: boolean;
}

/** The last contact with the customer on these days: what `minContactDays` speaks of. */
export function readLastContact(ctx: Context, customerId: string, days: ContactDays): Promise<Contact | null> {
  return ctx.tx.maybe(sql`
    select coalesce(e.sent_on, (coalesce(e.submitted_at, e.created_at) at time zone ${days.zone})::date) as day, e.subject, false as by_letter
    from outbound_email e where e.tenant_id = ${ctx.tenant.id} and e.customer_id = ${customerId} and ${mailCounts(days)}
    union all
    select l.written_on, null, true from letter l where l.tenant_id = ${ctx.tenant.id} and l.customer_id = ${customerId} and ${letterCounts(days)}
    order by day desc, by_letter limit 1`);
}

/** How many contacts the address had on these days: what `weeklyCap` speaks of. */
export async function countContactsOf(ctx: Context, address: string, days: ContactDays): Promise<number> {
  const row = await ctx.tx.one<{ count: number }>(sql`
    select count(*)::int as count from outbound_email e where e.tenant_id = ${ctx.tenant.id} and e.to_address = ${address} and ${mailCounts(days)}`);
  return row.count;
}

/** Open credits and cash that is not applied, by currency. */
export function readCreditsOf(ctx: Context, customerId: string): Promise<{ currency: string; minor: bigint }[]> {
  return ctx.tx.rows(sql`
    select currency, sum(minor)::bigint as minor from (
      select currency, open_minor as minor from document
      where tenant_id = ${ctx.tenant.id} and customer_id = ${customerId} and state = 'open' and kind <> 'invoice'
      union all
      select currency, unapplied_minor from payment where tenant_id = ${ctx.tenant.id} and customer_id = ${customerId} and unapplied_minor > 0
    ) c group by currency`);
}

export function readSuppressed(ctx: Context, addresses: readonly string[]): Promise<{ address: string; reason: string }[]> {
  return ctx.tx.rows(sql`
    select address, reason from suppression where tenant_id = ${ctx.tenant.id} and address = any(${[...addresses]}::text[])`);
}

export interface PassedReason {
  reason: string;
  documentIds: string[];
}

export async function insertByHand(
  ctx: Context,
  row: { emailId: string; customerId: string; documentIds: readonly string[]; passed: readonly PassedReason[] },
): Promise<void> {
  await ctx.tx.run(sql`
    insert into reminder_by_hand (tenant_id, email_id, customer_id, day, document_ids, passed, sent_by)
    values (${ctx.tenant.id}, ${row.emailId}, ${row.customerId}, app.today(), ${[...row.documentIds]}::uuid[], ${sql.json(row.passed)}, ${ctx.actor.name})`);
}

export interface ByHand {
  emailId: string;
  day: Temporal.PlainDate;
  sentBy: string;
  sentAt: Temporal.Instant;
  passed: PassedReason[];
  toAddress: string;
  state: string;
  subject: string | null;
  numbers: string[];
}

/** What people sent to a customer on that day (of an invoice: with it in the mail), the newest first. For "why". */
export function readByHand(ctx: Context, customerId: string, filter: { day?: Temporal.PlainDate; documentId?: string } = {}): Promise<ByHand[]> {
  return ctx.tx.rows<ByHand>(sql`
    select h.email_id, h.day, h.sent_by, h.sent_at, h.passed, e.to_address, e.state, e.subject,
      array(select d.number from document d where d.tenant_id = h.tenant_id and d.id = any(h.document_ids) order by d.due_on, d.number) as numbers
    from reminder_by_hand h join outbound_email e on e.tenant_id = h.tenant_id and e.id = h.email_id
    where h.tenant_id = ${ctx.tenant.id} and h.customer_id = ${customerId}
      ${filter.day ? sql`and h.day = ${filter.day}::date` : sql.empty}
      ${filter.documentId ? sql`and h.document_ids @> array[${filter.documentId}::uuid]` : sql.empty}
    order by h.sent_at desc, h.email_id desc limit 100`);
}
