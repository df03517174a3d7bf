import type { Context } from '../context.ts';
import { sql } from '../database/sql.ts';

export interface FileRow {
  id: string;
  name: string;
  contentType: string;
  sizeBytes: number;
  sha256: Buffer;
}

export async function insertFile(ctx: Context, file: FileRow): Promise<void> {
  await ctx.tx.run(sql`
    insert into stored_file (tenant_id, id, name, content_type, size_bytes, sha256)
    values (${ctx.tenant.id}, ${file.id}, ${file.name}, ${file.contentType}, ${file.sizeBytes}, ${file.sha256})`);
}

export async function insertFiles(ctx: Context, files: readonly FileRow[]): Promise<void> {
  if (files.length === 0) return;
  await ctx.tx.run(sql`
    insert into stored_file (tenant_id, id, name, content_type, size_bytes, sha256)
    select ${ctx.tenant.id}::uuid, id, name, content_type, size_bytes, decode(sha256, 'hex')
    from unnest(${files.map((file) => file.id)}::uuid[], ${files.map((file) => file.name)}::text[], ${files.map((file) => file.contentType)}::text[],
      ${files.map((file) => file.sizeBytes)}::bigint[], ${files.map((file) => file.sha256.toString('hex'))}::text[]) as t(id, name, content_type, size_bytes, sha256)`);
}

export function readFileRow(ctx: Context, id: string): Promise<FileRow | null> {
  return ctx.tx.maybe<FileRow>(sql`
    select id, name, content_type, size_bytes::int as size_bytes, sha256 from stored_file where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}
