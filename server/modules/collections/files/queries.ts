import type { Context } from '../../../platform/context.ts';
import { sql } from '../../../platform/database/sql.ts';

export interface SharedFile {
  id: string;
  /** Of the stored content. */
  fileId: string;
  name: string;
  contentType: string;
  sizeBytes: number;
  sharedBy: string;
  createdAt: Temporal.Instant;
  invoiceCount: number;
}

const columns = sql.raw(`s.id, s.file_id, s.name, f.content_type, f.size_bytes::int as size_bytes, s.shared_by, s.created_at,
  (select count(*)::int from document_file l where l.tenant_id = s.tenant_id and l.file_id = s.id) as invoice_count`);
const joined = sql.raw('shared_file s join stored_file f on f.tenant_id = s.tenant_id and f.id = s.file_id');

export async function insertSharedFile(ctx: Context, file: { id: string; fileId: string; name: string }): Promise<void> {
  await ctx.tx.run(sql`
    insert into shared_file (tenant_id, id, file_id, name, shared_by)
    values (${ctx.tenant.id}, ${file.id}, ${file.fileId}, ${file.name}, ${ctx.actor.name})`);
}

export function readSharedFile(ctx: Context, id: string): Promise<SharedFile | null> {
  return ctx.tx.maybe<SharedFile>(sql`
    select ${columns} from ${joined} where s.tenant_id = ${ctx.tenant.id} and s.id = ${id} and s.archived_at is null`);
}

/** The newest first. */
export function listSharedFiles(ctx: Context, before: string | null, limit: number): Promise<SharedFile[]> {
  return ctx.tx.rows<SharedFile>(sql`
    select ${columns} from ${joined}
    where s.tenant_id = ${ctx.tenant.id} and s.archived_at is null ${before ? sql`and s.id < ${before}::uuid` : sql.empty}
    order by s.id desc limit ${limit}`);
}

/** The files of an invoice by name. */
export function readFilesOf(ctx: Context, documentId: string): Promise<SharedFile[]> {
  return ctx.tx.rows<SharedFile>(sql`
    select ${columns} from ${joined}
    join document_file k on k.tenant_id = s.tenant_id and k.file_id = s.id
    where s.tenant_id = ${ctx.tenant.id} and k.document_id = ${documentId} and s.archived_at is null order by lower(s.name), s.id limit 100`);
}

/** Out of the list, and off every invoice. */
export async function archiveRow(ctx: Context, id: string): Promise<void> {
  await ctx.tx.run(sql`delete from document_file where tenant_id = ${ctx.tenant.id} and file_id = ${id}`);
  await ctx.tx.run(sql`update shared_file set archived_at = app.now() where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

/** Links the file to invoices and credit memos; answers those that it was not linked to before. */
export async function linkRows(ctx: Context, fileId: string, documentIds: readonly string[]): Promise<{ documentId: string; customerId: string }[]> {
  return ctx.tx.rows<{ documentId: string; customerId: string }>(sql`
    with linked as (
      insert into document_file (tenant_id, document_id, file_id, linked_by)
      select d.tenant_id, d.id, ${fileId}::uuid, ${ctx.actor.name} from document d
      where d.tenant_id = ${ctx.tenant.id} and d.id = any(${[...documentIds]}::uuid[])
      on conflict do nothing returning tenant_id, document_id
    )
    select l.document_id, d.customer_id from linked l join document d on d.tenant_id = l.tenant_id and d.id = l.document_id`);
}

export async function unlinkRow(ctx: Context, fileId: string, documentId: string): Promise<boolean> {
  const count = await ctx.tx.run(sql`
    delete from document_file where tenant_id = ${ctx.tenant.id} and file_id = ${fileId} and document_id = ${documentId}`);
  return count === 1;
}

export async function countLinksOf(ctx: Context, documentIds: readonly string[]): Promise<number> {
  const row = await ctx.tx.one<{ most: number }>(sql`
    select coalesce(max(n), 0)::int as most from (
      select count(*) as n from document_file where tenant_id = ${ctx.tenant.id} and document_id = any(${[...documentIds]}::uuid[]) group by document_id) counted`);
  return row.most;
}

export async function countDocuments(ctx: Context, documentIds: readonly string[]): Promise<number> {
  const row = await ctx.tx.one<{ count: number }>(sql`
    select count(*)::int as count from document where tenant_id = ${ctx.tenant.id} and id = any(${[...documentIds]}::uuid[])`);
  return row.count;
}
