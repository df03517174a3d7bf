import { newId } from '../../kernel/ids.ts';
import type { Context } from '../../platform/context.ts';
import { type Sql, sql } from '../../platform/database/sql.ts';
import type { ActiveApplication } from './ledger.ts';

export type DocumentKind = 'invoice' | 'credit_memo' | 'payment_on_account';
export type DocumentState = 'open' | 'closed' | 'void';
export type PaymentMethod = 'card' | 'bank' | 'check' | 'transfer' | 'cash' | 'other';
export type PaymentState = 'processing' | 'settled' | 'returned';

/** A document with what is needed to move money to or from it. */
export interface DocumentBalance {
  id: string;
  kind: DocumentKind;
  state: DocumentState;
  customerId: string;
  number: string;
  companyCode: string;
  currency: string;
  amountMinor: bigint;
  totalMinor: bigint;
  openMinor: bigint;
  dueOn: Temporal.PlainDate;
  issuedOn: Temporal.PlainDate;
  /** True when an upload brought it: the source system's balance has the last word. */
  uploaded: boolean;
}

export interface Payment {
  id: string;
  customerId: string;
  number: string;
  currency: string;
  amountMinor: bigint;
  appliedMinor: bigint;
  unappliedMinor: bigint;
  refundedMinor: bigint;
  method: PaymentMethod;
  state: PaymentState;
  receivedOn: Temporal.PlainDate;
  reference: string | null;
  note: string | null;
  attemptId: string | null;
  returnedOn: Temporal.PlainDate | null;
  returnedReason: string | null;
  createdAt: Temporal.Instant;
}

export interface Application {
  id: string;
  documentId: string;
  documentNumber: string;
  customerId: string;
  source: 'payment' | 'credit_memo' | 'source_system' | 'write_off' | 'void';
  paymentId: string | null;
  creditId: string | null;
  amountMinor: bigint;
  currency: string;
  appliedOn: Temporal.PlainDate;
  reason: string | null;
  reversesId: string | null;
  undone: boolean;
  provisional: boolean;
  createdAt: Temporal.Instant;
}

const balanceColumns = sql.raw(`id, kind, state, customer_id, number, company_code, currency, amount_minor, total_minor, open_minor,
  due_on, issued_on, upload_id is not null as uploaded`);
const paymentColumns = sql.raw(`id, customer_id, number, currency, amount_minor, applied_minor, unapplied_minor, refunded_minor,
  method, state, received_on, reference, note, attempt_id, returned_on, returned_reason, created_at`);

/** The documents with these ids, by id. Ids of other tenants and absent ones are left out. */
export function readDocuments(ctx: Context, ids: readonly string[]): Promise<DocumentBalance[]> {
  return ctx.tx.rows<DocumentBalance>(sql`
    select ${balanceColumns} from document where tenant_id = ${ctx.tenant.id} and id = any(${[...ids]}::uuid[]) order by id`);
}

/** The same, locked in the order of their ids. The customer's row must be locked before. */
export function lockDocuments(ctx: Context, ids: readonly string[]): Promise<DocumentBalance[]> {
  return ctx.tx.rows<DocumentBalance>(sql`
    select ${balanceColumns} from document where tenant_id = ${ctx.tenant.id} and id = any(${[...ids]}::uuid[])
    order by id for no key update`);
}

/** A customer's open documents of one kind and currency, oldest due first, locked in the order of their ids. */
export function lockOpenOf(ctx: Context, customerId: string, currency: string, kinds: readonly DocumentKind[]): Promise<DocumentBalance[]> {
  return ctx.tx.rows<DocumentBalance>(sql`
    select ${balanceColumns} from document
    where tenant_id = ${ctx.tenant.id} and customer_id = ${customerId} and state = 'open' and currency = ${currency}
      and kind = any(${[...kinds]}::text[])
    order by id for no key update`);
}

export interface NewDocument {
  id: string;
  kind: DocumentKind;
  customerId: string;
  number: string;
  companyCode: string;
  currency: string;
  amountMinor: bigint;
  dueOn: Temporal.PlainDate;
  issuedOn: Temporal.PlainDate;
  paymentTerms: string | null;
  reference1: string | null;
  reference2: string | null;
  referenceDocument: string | null;
  reasonCode: string | null;
  reasonText: string | null;
  itemText: string | null;
}

/** False when this customer has a document with this number and company code. */
export async function insertDocument(ctx: Context, d: NewDocument): Promise<boolean> {
  const count = await ctx.tx.run(sql`
    insert into document (tenant_id, id, kind, state, customer_id, number, company_code, currency, amount_minor, open_minor,
      due_on, issued_on, invoiced_on, closed_on, payment_terms, reference1, reference2, reference_document, reason_code, reason_text, item_text)
    values (${ctx.tenant.id}, ${d.id}, ${d.kind}, ${d.amountMinor > 0n ? 'open' : 'closed'}, ${d.customerId}, ${d.number}, ${d.companyCode},
      ${d.currency}, ${d.amountMinor}, ${d.amountMinor}, ${d.dueOn}, ${d.issuedOn}, ${d.issuedOn}, ${d.amountMinor > 0n ? null : d.issuedOn},
      ${d.paymentTerms}, ${d.reference1}, ${d.reference2}, ${d.referenceDocument}, ${d.reasonCode}, ${d.reasonText}, ${d.itemText})
    on conflict (tenant_id, number, customer_id, company_code, line_item) do nothing`);
  return count === 1;
}

/** Moves the open amounts of documents; the state and the closing day follow. `change` is negative when money arrives. */
export async function changeOpen(ctx: Context, changes: readonly { documentId: string; changeMinor: bigint }[], on: Temporal.PlainDate): Promise<void> {
  if (changes.length === 0) return;
  await ctx.tx.run(sql`
    update document d set open_minor = d.open_minor + c.change,
      state = case when d.open_minor + c.change > 0 then 'open' else 'closed' end,
      closed_on = case when d.open_minor + c.change > 0 then null else ${on}::date end, updated_at = app.now()
    from (select id, sum(change)::bigint as change
          from unnest(${changes.map((c) => c.documentId)}::uuid[], ${changes.map((c) => c.changeMinor)}::bigint[]) as t(id, change) group by id) c
    where d.tenant_id = ${ctx.tenant.id} and d.id = c.id`);
}

export async function markVoid(ctx: Context, documentId: string, on: Temporal.PlainDate): Promise<void> {
  await ctx.tx.run(sql`
    update document set state = 'void', open_minor = 0, closed_on = ${on}::date, updated_at = app.now()
    where tenant_id = ${ctx.tenant.id} and id = ${documentId}`);
}

export interface NewApplication {
  documentId: string;
  source: Application['source'];
  paymentId?: string | null;
  creditId?: string | null;
  amountMinor: bigint;
  reason?: string | null;
  reversesId?: string | null;
  provisional: boolean;
}

/** Writes applications of one customer, currency and day. Answers their ids. */
export async function insertApplications(
  ctx: Context,
  common: { customerId: string; currency: string; appliedOn: Temporal.PlainDate },
  rows: readonly NewApplication[],
): Promise<string[]> {
  if (rows.length === 0) return [];
  const ids = rows.map(() => newId());
  await ctx.tx.run(sql`
    insert into application (tenant_id, id, document_id, customer_id, source, payment_id, credit_id, amount_minor, currency, applied_on,
      reason, reverses_id, provisional)
    select ${ctx.tenant.id}::uuid, id, document_id, ${common.customerId}::uuid, source, payment_id, credit_id, amount_minor,
      ${common.currency}, ${common.appliedOn}::date, reason, reverses_id, provisional
    from unnest(${ids}::uuid[], ${rows.map((r) => r.documentId)}::uuid[], ${rows.map((r) => r.source)}::text[],
      ${rows.map((r) => r.paymentId ?? null)}::uuid[], ${rows.map((r) => r.creditId ?? null)}::uuid[],
      ${rows.map((r) => r.amountMinor)}::bigint[], ${rows.map((r) => r.reason ?? null)}::text[],
      ${rows.map((r) => r.reversesId ?? null)}::uuid[], ${rows.map((r) => r.provisional)}::boolean[])
      as t(id, document_id, source, payment_id, credit_id, amount_minor, reason, reverses_id, provisional)`);
  return ids;
}

/** Undone before the source system heard of them: neither it nor its undoing waits for a confirmation any more. */
export async function clearProvisional(ctx: Context, ids: readonly string[]): Promise<void> {
  await ctx.tx.run(sql`
    update application set provisional = false where tenant_id = ${ctx.tenant.id} and id = any(${[...ids]}::uuid[]) and provisional`);
}

const applicationSelect = sql`
  select a.id, a.document_id, d.number as document_number, a.customer_id, a.source, a.payment_id, a.credit_id, a.amount_minor, a.currency,
    a.applied_on, a.reason, a.reverses_id, a.provisional, a.created_at,
    exists (select 1 from application r where r.tenant_id = a.tenant_id and r.reverses_id = a.id) as undone
  from application a join document d on d.tenant_id = a.tenant_id and d.id = a.document_id`;

/** Applications in the order in which they were written. */
export function readApplications(
  ctx: Context,
  by: { paymentId: string } | { creditId: string } | { documentId: string } | { id: string },
): Promise<Application[]> {
  const condition: Sql =
    'paymentId' in by
      ? sql`a.payment_id = ${by.paymentId}`
      : 'creditId' in by
        ? sql`a.credit_id = ${by.creditId}`
        : 'documentId' in by
          ? sql`a.document_id = ${by.documentId}`
          : sql`a.id = ${by.id}`;
  return ctx.tx.rows<Application>(sql`${applicationSelect} where a.tenant_id = ${ctx.tenant.id} and ${condition} order by a.id`);
}

/** Applications of a payment, of a credit, or from either to a document, that stand; newest first. */
export function readActive(
  ctx: Context,
  by: { paymentId: string } | { creditId: string } | { documentId: string },
): Promise<(ActiveApplication & Pick<Application, 'source' | 'paymentId' | 'creditId' | 'provisional' | 'customerId' | 'currency'>)[]> {
  const condition: Sql =
    'paymentId' in by
      ? sql`a.payment_id = ${by.paymentId}`
      : 'creditId' in by
        ? sql`a.credit_id = ${by.creditId}`
        : sql`a.document_id = ${by.documentId} and a.source in ('payment', 'credit_memo')`;
  return ctx.tx.rows(sql`
    select a.id, a.document_id, a.amount_minor, a.source, a.payment_id, a.credit_id, a.provisional, a.customer_id, a.currency
    from application a
    where a.tenant_id = ${ctx.tenant.id} and ${condition} and a.amount_minor > 0 and a.reverses_id is null
      and not exists (select 1 from application r where r.tenant_id = a.tenant_id and r.reverses_id = a.id)
    order by a.id desc`);
}

export function readPayment(ctx: Context, id: string): Promise<Payment | null> {
  return ctx.tx.maybe<Payment>(sql`select ${paymentColumns} from payment where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

export function lockPayment(ctx: Context, id: string): Promise<Payment | null> {
  return ctx.tx.maybe<Payment>(sql`
    select ${paymentColumns} from payment where tenant_id = ${ctx.tenant.id} and id = ${id} for no key update`);
}

export function readPaymentOfAttempt(ctx: Context, attemptId: string): Promise<Payment | null> {
  return ctx.tx.maybe<Payment>(sql`
    select ${paymentColumns} from payment where tenant_id = ${ctx.tenant.id} and attempt_id = ${attemptId}`);
}

/** Payments of a customer with money not yet applied, oldest first, locked. Money still processing counts. */
export function lockUnapplied(ctx: Context, customerId: string, currency: string): Promise<Payment[]> {
  return ctx.tx.rows<Payment>(sql`
    select ${paymentColumns} from payment
    where tenant_id = ${ctx.tenant.id} and customer_id = ${customerId} and currency = ${currency} and unapplied_minor > 0
    order by received_on, id for no key update`);
}

export type NewPayment = Pick<
  Payment,
  'id' | 'customerId' | 'number' | 'currency' | 'amountMinor' | 'method' | 'receivedOn' | 'reference' | 'note' | 'attemptId'
> & {
  appliedMinor: bigint;
  state: 'processing' | 'settled';
};

export async function insertPayment(ctx: Context, p: NewPayment): Promise<void> {
  await ctx.tx.run(sql`
    insert into payment (tenant_id, id, customer_id, number, currency, amount_minor, applied_minor, unapplied_minor, method, state,
      received_on, reference, note, attempt_id)
    values (${ctx.tenant.id}, ${p.id}, ${p.customerId}, ${p.number}, ${p.currency}, ${p.amountMinor}, ${p.appliedMinor},
      ${p.amountMinor - p.appliedMinor}, ${p.method}, ${p.state}, ${p.receivedOn}, ${p.reference}, ${p.note}, ${p.attemptId})`);
}

/** Moves amounts between the parts of a payment; the table's check holds their sum. */
export async function changePayment(ctx: Context, id: string, change: { applied: bigint; unapplied: bigint; refunded?: bigint }): Promise<void> {
  await ctx.tx.run(sql`
    update payment set applied_minor = applied_minor + ${change.applied}::bigint, unapplied_minor = unapplied_minor + ${change.unapplied}::bigint,
      refunded_minor = refunded_minor + ${change.refunded ?? 0n}::bigint
    where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

export async function markSettled(ctx: Context, id: string): Promise<void> {
  await ctx.tx.run(sql`update payment set state = 'settled' where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

export async function markReturned(ctx: Context, id: string, on: Temporal.PlainDate, reason: string): Promise<void> {
  await ctx.tx.run(sql`
    update payment set state = 'returned', applied_minor = 0, unapplied_minor = 0, returned_on = ${on}::date, returned_reason = ${reason}
    where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

/** The next number of a series. Its row is the last lock of a command: held from here to the commit. */
export async function nextNumber(ctx: Context, series: 'payment' | 'invoice' | 'credit_memo'): Promise<bigint> {
  const row = await ctx.tx.one<{ last: bigint }>(sql`
    insert into number_series as s (tenant_id, series, last) values (${ctx.tenant.id}, ${series}, 1)
    on conflict (tenant_id, series) do update set last = s.last + 1 returning last`);
  return row.last;
}

export interface DocumentDetail extends DocumentBalance {
  lineItem: string;
  chargeMinor: bigint;
  invoicedOn: Temporal.PlainDate | null;
  postedOn: Temporal.PlainDate | null;
  closedOn: Temporal.PlainDate | null;
  accountingNumber: string | null;
  fiscalYear: string | null;
  fiscalPeriod: string | null;
  profitCenter: string | null;
  documentType: string | null;
  postingKey: string | null;
  debitCredit: string | null;
  paymentTerms: string | null;
  reasonCode: string | null;
  reasonText: string | null;
  reference1: string | null;
  reference2: string | null;
  referenceDocument: string | null;
  itemText: string | null;
  soldTo: string | null;
  customerName: string | null;
  sourceStatus: string | null;
  localMinor: bigint | null;
  billAddress: Record<string, unknown> | null;
  shipAddress: Record<string, unknown> | null;
  custom: Record<string, unknown> | null;
  pdfFileId: string | null;
  uploadId: string | null;
  createdAt: Temporal.Instant;
  updatedAt: Temporal.Instant;
}

/** A document with every attribute that was uploaded. */
export function readDocument(ctx: Context, id: string): Promise<DocumentDetail | null> {
  return ctx.tx.maybe<DocumentDetail>(sql`
    select ${balanceColumns}, line_item, charge_minor, invoiced_on, posted_on, closed_on, accounting_number, fiscal_year, fiscal_period,
      profit_center, document_type, posting_key, debit_credit, payment_terms, reason_code, reason_text, reference1, reference2,
      reference_document, item_text, sold_to, customer_name, source_status, local_minor, bill_address, ship_address, custom, pdf_file_id,
      upload_id, created_at, updated_at
    from document where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}
