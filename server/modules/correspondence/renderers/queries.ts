import type { FailureCode } from '../../../gateways/failure.ts';
import type { Context } from '../../../platform/context.ts';
import { sql } from '../../../platform/database/sql.ts';

export interface ConfirmLink {
  id: string;
  customerId: string;
  emailAddress: string;
  currency: string;
  amountMinor: bigint;
  expiresAt: Temporal.Instant;
  revokedAt: Temporal.Instant | null;
  rail: 'card' | 'bank' | null;
  brand: string | null;
  last4: string | null;
}

/** What the confirmation mail says of the link that it carries. */
export function readConfirmLink(ctx: Context, id: string): Promise<ConfirmLink | null> {
  return ctx.tx.maybe<ConfirmLink>(sql`
    select l.id, l.customer_id, l.email_address, l.currency, l.amount_minor, l.expires_at, l.revoked_at, m.rail, m.brand, m.last4
    from pay_link l left join payment_method m on m.tenant_id = l.tenant_id and m.id = l.method_id
    where l.tenant_id = ${ctx.tenant.id} and l.id = ${id} and l.purpose = 'confirm'`);
}

export interface LinkDocument {
  number: string;
  currency: string;
  openMinor: bigint;
  dueOn: Temporal.PlainDate;
}

/** The invoices of a link with the amounts that it pays. */
export function readLinkDocuments(ctx: Context, payLinkId: string): Promise<LinkDocument[]> {
  return ctx.tx.rows<LinkDocument>(sql`
    select d.number, d.currency, ld.amount_minor as open_minor, d.due_on
    from pay_link_document ld join document d on d.tenant_id = ld.tenant_id and d.id = ld.document_id
    where ld.tenant_id = ${ctx.tenant.id} and ld.pay_link_id = ${payLinkId} order by d.due_on, d.number`);
}

export interface ReceiptPayment {
  id: string;
  number: string;
  customerId: string;
  currency: string;
  amountMinor: bigint;
  unappliedMinor: bigint;
  method: string;
  state: 'processing' | 'settled' | 'returned';
  receivedOn: Temporal.PlainDate;
  reference: string | null;
  returnedReason: string | null;
  attemptId: string | null;
  brand: string | null;
  last4: string | null;
  /** Who pressed the button: the address that the link was mailed to. */
  payerAddress: string | null;
}

export function readReceiptPayment(ctx: Context, paymentId: string): Promise<ReceiptPayment | null> {
  return ctx.tx.maybe<ReceiptPayment>(sql`
    select p.id, p.number, p.customer_id, p.currency, p.amount_minor, p.unapplied_minor, p.method, p.state, p.received_on, p.reference,
      p.returned_reason, p.attempt_id, m.brand, m.last4, l.email_address as payer_address
    from payment p
    left join payment_attempt a on a.tenant_id = p.tenant_id and a.id = p.attempt_id
    left join payment_method m on m.tenant_id = a.tenant_id and m.id = a.method_id
    left join pay_link l on l.tenant_id = a.tenant_id and l.id = a.pay_link_id
    where p.tenant_id = ${ctx.tenant.id} and p.id = ${paymentId}`);
}

export interface PaidInvoice {
  documentId: string;
  number: string;
  currency: string;
  amountMinor: bigint;
  dueOn: Temporal.PlainDate;
  openMinor: bigint;
}

/** The invoices that a payment closed or lowered, with what it paid on each. Undone applications cancel out. */
export function readPaidInvoices(ctx: Context, paymentId: string): Promise<PaidInvoice[]> {
  return ctx.tx.rows<PaidInvoice>(sql`
    select d.id as document_id, d.number, d.currency, sum(a.amount_minor)::bigint as amount_minor, d.due_on, d.open_minor
    from application a join document d on d.tenant_id = a.tenant_id and d.id = a.document_id
    where a.tenant_id = ${ctx.tenant.id} and a.payment_id = ${paymentId}
    group by d.id, d.number, d.currency, d.due_on, d.open_minor having sum(a.amount_minor) > 0 order by d.due_on, d.number`);
}

export interface FailedAttempt {
  id: string;
  state: string;
  customerId: string;
  currency: string;
  amountMinor: bigint;
  rail: 'card' | 'bank';
  brand: string | null;
  last4: string | null;
  startedOn: Temporal.PlainDate;
  failureCode: FailureCode | null;
  payerAddress: string | null;
}

export function readFailedAttempt(ctx: Context, id: string): Promise<FailedAttempt | null> {
  return ctx.tx.maybe<FailedAttempt>(sql`
    select a.id, a.state, a.customer_id, a.currency, a.amount_minor, a.rail, a.method_summary->>'brand' as brand, a.method_summary->>'last4' as last4,
      (a.created_at at time zone ${ctx.tenant.timezone})::date as started_on, a.failure->>'code' as failure_code, l.email_address as payer_address
    from payment_attempt a left join pay_link l on l.tenant_id = a.tenant_id and l.id = a.pay_link_id
    where a.tenant_id = ${ctx.tenant.id} and a.id = ${id}`);
}

export async function readAttemptDocumentIds(ctx: Context, attemptId: string): Promise<string[]> {
  const rows = await ctx.tx.rows<{ id: string }>(sql`
    select document_id as id from payment_attempt_document where tenant_id = ${ctx.tenant.id} and attempt_id = ${attemptId}`);
  return rows.map((row) => row.id);
}

/** The invoices that a returned payment had paid and that are open again. */
export async function readReopened(ctx: Context, paymentId: string): Promise<string[]> {
  const rows = await ctx.tx.rows<{ id: string }>(sql`
    select distinct a.document_id as id from application a join document d on d.tenant_id = a.tenant_id and d.id = a.document_id
    where a.tenant_id = ${ctx.tenant.id} and a.payment_id = ${paymentId} and d.state = 'open'`);
  return rows.map((row) => row.id);
}

/** The invoices that a customer can pay now. */
export async function readOpenInvoiceIds(ctx: Context, customerId: string, limit: number): Promise<string[]> {
  const rows = await ctx.tx.rows<{ id: string }>(sql`
    select id from document where tenant_id = ${ctx.tenant.id} and customer_id = ${customerId} and state = 'open' and kind = 'invoice'
    order by due_on, id limit ${limit}`);
  return rows.map((row) => row.id);
}

/** Where a customer's mail goes when no link says who: the primary contact. */
export async function readPrimaryAddress(ctx: Context, customerId: string): Promise<string | null> {
  const row = await ctx.tx.maybe<{ email: string }>(sql`
    select email from contact where tenant_id = ${ctx.tenant.id} and customer_id = ${customerId} and purposes @> array['billing']
    order by is_primary desc, position, id limit 1`);
  return row?.email ?? null;
}

/** A customer with something open, for the preview when none is chosen: the one with most invoices open. */
export async function customerForPreview(ctx: Context): Promise<string | null> {
  const row = await ctx.tx.maybe<{ customerId: string }>(sql`
    select customer_id from customer_balance where tenant_id = ${ctx.tenant.id} and open_minor > 0 order by open_count desc, customer_id limit 1`);
  return row?.customerId ?? null;
}
