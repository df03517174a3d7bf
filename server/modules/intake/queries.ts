import type { Context } from '../../platform/context.ts';
import { sql } from '../../platform/database/sql.ts';

export type UploadKind = 'customers' | 'invoices';
export type UploadSource = 'api' | 'file' | 'cli';

export interface Upload {
  id: string;
  kind: UploadKind;
  source: UploadSource;
  fileName: string | null;
  snapshot: boolean;
  received: number;
  created: number;
  updated: number;
  unchanged: number;
  failed: number;
  closed: number;
  actorName: string;
  startedAt: Temporal.Instant;
  finishedAt: Temporal.Instant | null;
  undoneAt: Temporal.Instant | null;
}

const uploadColumns = sql.raw(
  'id, kind, source, file_name, snapshot, received, created, updated, unchanged, failed, closed, actor_name, started_at, finished_at, undone_at',
);

/**
 * One upload of a tenant at a time, so that two cannot insert the same document. Uploads that know all their customers
 * before they write go side by side (`shared`): they lock those customers in one order.
 */
export async function lockUploads(ctx: Context, mode: 'exclusive' | 'shared'): Promise<void> {
  const lock = sql.raw(mode === 'shared' ? 'pg_advisory_xact_lock_shared' : 'pg_advisory_xact_lock');
  await ctx.tx.run(sql`select ${lock}(hashtextextended('upload:' || ${ctx.tenant.id}::text, 0))`);
}

export async function insertUpload(ctx: Context, upload: Pick<Upload, 'id' | 'kind' | 'source' | 'fileName' | 'snapshot'>): Promise<void> {
  await ctx.tx.run(sql`
    insert into upload (tenant_id, id, kind, source, file_name, snapshot, actor_name)
    values (${ctx.tenant.id}, ${upload.id}, ${upload.kind}, ${upload.source}, ${upload.fileName}, ${upload.snapshot}, ${ctx.actor.name})`);
}

export type UploadCounts = Pick<Upload, 'received' | 'created' | 'updated' | 'unchanged' | 'failed' | 'closed'>;

export async function finishUpload(ctx: Context, id: string, c: UploadCounts): Promise<void> {
  await ctx.tx.run(sql`
    update upload set received = ${c.received}, created = ${c.created}, updated = ${c.updated}, unchanged = ${c.unchanged}, failed = ${c.failed},
      closed = ${c.closed}, finished_at = app.now()
    where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

export interface UploadError {
  rowIndex: number;
  key: string | null;
  errors: { field: string; code: string; message: string }[];
}

export async function insertErrors(ctx: Context, uploadId: string, errors: readonly UploadError[]): Promise<void> {
  if (errors.length === 0) return;
  await ctx.tx.run(sql`
    insert into upload_error (tenant_id, upload_id, row_index, key, errors)
    select ${ctx.tenant.id}::uuid, ${uploadId}::uuid, row_index, key, errors
    from unnest(${errors.map((e) => e.rowIndex)}::int[], ${errors.map((e) => e.key)}::text[], ${errors.map((e) => JSON.stringify(e.errors))}::jsonb[])
      as t(row_index, key, errors)`);
}

export function readUpload(ctx: Context, id: string): Promise<Upload | null> {
  return ctx.tx.maybe<Upload>(sql`select ${uploadColumns} from upload where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

export function lockUpload(ctx: Context, id: string): Promise<Upload | null> {
  return ctx.tx.maybe<Upload>(sql`select ${uploadColumns} from upload where tenant_id = ${ctx.tenant.id} and id = ${id} for update`);
}

/** Newest first; `before` is the last row of the page before. */
export function listUploads(
  ctx: Context,
  filter: { kind?: UploadKind | undefined },
  before: { startedAt: string; id: string } | null,
  limit: number,
): Promise<Upload[]> {
  const conditions = [sql`tenant_id = ${ctx.tenant.id}`];
  if (filter.kind) conditions.push(sql`kind = ${filter.kind}`);
  if (before) conditions.push(sql`(started_at, id) < (${before.startedAt}::timestamptz, ${before.id}::uuid)`);
  return ctx.tx.rows<Upload>(sql`
    select ${uploadColumns} from upload where ${sql.and(conditions)} order by started_at desc, id desc limit ${limit}`);
}

export function listErrors(ctx: Context, uploadId: string, after: number, limit: number): Promise<UploadError[]> {
  return ctx.tx.rows<UploadError>(sql`
    select row_index, key, errors from upload_error
    where tenant_id = ${ctx.tenant.id} and upload_id = ${uploadId} and row_index > ${after} order by row_index limit ${limit}`);
}

export async function markUndone(ctx: Context, id: string): Promise<void> {
  await ctx.tx.run(sql`update upload set undone_at = app.now() where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

export interface Draft {
  id: string;
  kind: UploadKind;
  fileId: string;
  fileName: string;
  mapping: Record<string, string | null>;
  uploadId: string | null;
  createdAt: Temporal.Instant;
}

export async function insertDraft(ctx: Context, d: Omit<Draft, 'uploadId' | 'createdAt'>): Promise<void> {
  await ctx.tx.run(sql`
    insert into import_draft (tenant_id, id, kind, file_id, file_name, mapping)
    values (${ctx.tenant.id}, ${d.id}, ${d.kind}, ${d.fileId}, ${d.fileName}, ${sql.json(d.mapping)})`);
}

export function readDraft(ctx: Context, id: string): Promise<Draft | null> {
  return ctx.tx.maybe<Draft>(sql`
    select id, kind, file_id, file_name, mapping, upload_id, created_at from import_draft where tenant_id = ${ctx.tenant.id} and id = ${id} for update`);
}

export async function saveMapping(ctx: Context, id: string, kind: UploadKind, mapping: Record<string, string | null>): Promise<void> {
  await ctx.tx.run(sql`update import_draft set mapping = ${sql.json(mapping)}, kind = ${kind} where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

export async function markImported(ctx: Context, id: string, uploadId: string): Promise<void> {
  await ctx.tx.run(sql`update import_draft set upload_id = ${uploadId} where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

export interface ExportedPayment {
  id: string;
  number: string;
  receivedOn: Temporal.PlainDate;
  customerNumber: string;
  companyCode: string;
  currency: string;
  amountMinor: bigint;
  unappliedMinor: bigint;
  method: string;
  state: string;
  gatewayReference: string | null;
  createdAt: Temporal.Instant;
}

/** Payments since a moment, in the order in which they came to be. */
export function listPayments(
  ctx: Context,
  since: Temporal.Instant | null,
  after: { createdAt: string; id: string } | null,
  limit: number,
): Promise<ExportedPayment[]> {
  const conditions = [sql`p.tenant_id = ${ctx.tenant.id}`];
  if (since) conditions.push(sql`p.created_at >= ${since}`);
  if (after) conditions.push(sql`(p.created_at, p.id) > (${after.createdAt}::timestamptz, ${after.id}::uuid)`);
  return ctx.tx.rows<ExportedPayment>(sql`
    select p.id, p.number, p.received_on, c.number as customer_number, c.company_code, p.currency, p.amount_minor, p.unapplied_minor, p.method, p.state,
      coalesce(t.gateway_ref, p.reference) as gateway_reference, p.created_at
    from payment p
    join customer c on c.tenant_id = p.tenant_id and c.id = p.customer_id
    left join payment_attempt t on t.tenant_id = p.tenant_id and t.id = p.attempt_id
    where ${sql.and(conditions)} order by p.created_at, p.id limit ${limit}`);
}

export interface ExportedApplication {
  paymentId: string;
  invoiceNumber: string;
  accountingNumber: string | null;
  amountMinor: bigint;
}

/** What of these payments stands on which document. */
export function listApplications(ctx: Context, paymentIds: readonly string[]): Promise<ExportedApplication[]> {
  return ctx.tx.rows<ExportedApplication>(sql`
    select a.payment_id, d.number as invoice_number, d.accounting_number, sum(a.amount_minor)::bigint as amount_minor
    from application a join document d on d.tenant_id = a.tenant_id and d.id = a.document_id
    where a.tenant_id = ${ctx.tenant.id} and a.payment_id = any(${[...paymentIds]}::uuid[])
    group by a.payment_id, d.id, d.number, d.accounting_number having sum(a.amount_minor) <> 0 order by d.number`);
}

export interface Kept {
  id: string;
  number: string;
  reason: 'paid' | 'mailed' | 'changed' | 'released' | 'in_use';
}

/**
 * Documents of an upload that cannot be taken back: money came or went since, a mail named them, a payment was begun, a
 * later upload changed them, or the upload itself had released one of our payments. Ids rise with time, so that what
 * came after the upload has a larger one.
 */
export function keptDocuments(ctx: Context, uploadId: string): Promise<Kept[]> {
  return ctx.tx.rows<Kept>(sql`
    select id, number, reason from (
      select d.id, d.number, case
        when exists (select 1 from document_change c where c.tenant_id = d.tenant_id and c.document_id = d.id and c.upload_id = ${uploadId} and c.before ? 'released') then 'released'
        when exists (select 1 from document_change c where c.tenant_id = d.tenant_id and c.document_id = d.id and c.upload_id is distinct from ${uploadId}
                     and c.id > u.id) then 'changed'
        when exists (select 1 from application a where a.tenant_id = d.tenant_id and (a.document_id = d.id or a.credit_id = d.id)
                     and a.upload_id is distinct from ${uploadId} and a.id > u.id) then 'paid'
        when exists (select 1 from payment_attempt_document p where p.tenant_id = d.tenant_id and p.document_id = d.id)
          and d.id > u.id then 'paid'
        when d.id > u.id and exists (select 1 from outbound_email_document m where m.tenant_id = d.tenant_id and m.document_id = d.id) then 'mailed'
      end as reason
      from document d join upload u on u.tenant_id = d.tenant_id and u.id = ${uploadId}
      where d.tenant_id = ${ctx.tenant.id}
        and (d.upload_id = ${uploadId} or d.id in (select document_id from document_change where tenant_id = ${ctx.tenant.id} and upload_id = ${uploadId}))) k
    where reason is not null order by number, id`);
}

/** Customers of an upload that cannot be taken back: they have documents, contacts or categories of their own, or were changed since. */
export function keptCustomers(ctx: Context, uploadId: string): Promise<Kept[]> {
  return ctx.tx.rows<Kept>(sql`
    select id, number, reason from (
      select c.id, c.number, case
        when c.upload_id = ${uploadId} and (exists (select 1 from document d where d.tenant_id = c.tenant_id and d.customer_id = c.id)
          or exists (select 1 from payment p where p.tenant_id = c.tenant_id and p.customer_id = c.id)
          or exists (select 1 from outbound_email m where m.tenant_id = c.tenant_id and m.customer_id = c.id)
          or exists (select 1 from payment_method w where w.tenant_id = c.tenant_id and w.customer_id = c.id)
          or exists (select 1 from pay_link l where l.tenant_id = c.tenant_id and l.customer_id = c.id)
          or exists (select 1 from payment_attempt a where a.tenant_id = c.tenant_id and a.customer_id = c.id)
          or exists (select 1 from customer_category g where g.tenant_id = c.tenant_id and g.customer_id = c.id)
          or exists (select 1 from contact t where t.tenant_id = c.tenant_id and t.customer_id = c.id and not t.from_upload)) then 'in_use'
        when exists (select 1 from customer_change h where h.tenant_id = c.tenant_id and h.customer_id = c.id and h.upload_id > ${uploadId})
          or c.content_hash is null then 'changed'
      end as reason
      from customer c join upload u on u.tenant_id = c.tenant_id and u.id = ${uploadId}
      where c.tenant_id = ${ctx.tenant.id}
        and (c.upload_id = ${uploadId} or c.id in (select customer_id from customer_change where tenant_id = ${ctx.tenant.id} and upload_id = ${uploadId}))) k
    where reason is not null order by number, id`);
}
