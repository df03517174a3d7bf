import type { Context } from '../../../platform/context.ts';
import { sql } from '../../../platform/database/sql.ts';

export interface Picture {
  id: string;
  token: Buffer;
  name: string;
  contentType: string;
  sizeBytes: number;
  sha256: Buffer;
  width: number;
  height: number;
  uploadedBy: string;
  createdAt: Temporal.Instant;
}

const columns = sql.raw(`p.id, p.token, p.name, f.content_type, f.size_bytes::int as size_bytes, f.sha256, p.width, p.height, p.uploaded_by, p.created_at
  from picture p join stored_file f on f.tenant_id = p.tenant_id and f.id = p.file_id`);

export function listPictureRows(ctx: Context, limit: number): Promise<Picture[]> {
  return ctx.tx.rows<Picture>(sql`select ${columns} where p.tenant_id = ${ctx.tenant.id} and p.deleted_at is null order by p.id desc limit ${limit}`);
}

export function readPictureRow(ctx: Context, id: string): Promise<Picture | null> {
  return ctx.tx.maybe<Picture>(sql`select ${columns} where p.tenant_id = ${ctx.tenant.id} and p.id = ${id} and p.deleted_at is null`);
}

export function readByToken(ctx: Context, token: Buffer): Promise<Picture | null> {
  return ctx.tx.maybe<Picture>(sql`select ${columns} where p.tenant_id = ${ctx.tenant.id} and p.token = ${token} and p.deleted_at is null`);
}

/** The same picture, uploaded before. */
export function readByContent(ctx: Context, sha256: Buffer): Promise<Picture | null> {
  return ctx.tx.maybe<Picture>(sql`
    select ${columns} where p.tenant_id = ${ctx.tenant.id} and f.sha256 = ${sha256} and p.deleted_at is null order by p.id limit 1`);
}

export async function countPictures(ctx: Context): Promise<number> {
  return (await ctx.tx.one<{ count: number }>(sql`select count(*)::int as count from picture where tenant_id = ${ctx.tenant.id} and deleted_at is null`)).count;
}

/** Those of the tokens whose pictures are there. */
export async function readTokens(ctx: Context, tokens: readonly Buffer[]): Promise<Set<string>> {
  const rows = await ctx.tx.rows<{ token: Buffer }>(sql`
    select token from picture where tenant_id = ${ctx.tenant.id} and token = any(${[...tokens]}::bytea[]) and deleted_at is null`);
  return new Set(rows.map((row) => row.token.toString('hex')));
}

export async function insertPicture(
  ctx: Context,
  picture: { id: string; fileId: string; token: Buffer; name: string; width: number; height: number },
): Promise<void> {
  await ctx.tx.run(sql`
    insert into picture (tenant_id, id, file_id, token, name, width, height, uploaded_by)
    values (${ctx.tenant.id}, ${picture.id}, ${picture.fileId}, ${picture.token}, ${picture.name}, ${picture.width}, ${picture.height}, ${ctx.actor.name})`);
}

export async function deletePictureRow(ctx: Context, id: string): Promise<boolean> {
  return (await ctx.tx.run(sql`update picture set deleted_at = app.now() where tenant_id = ${ctx.tenant.id} and id = ${id} and deleted_at is null`)) === 1;
}

/** Templates whose mails show the picture. */
export async function readUsers(ctx: Context, ref: string): Promise<string[]> {
  const rows = await ctx.tx.rows<{ name: string }>(sql`
    select t.name from template t
    where t.tenant_id = ${ctx.tenant.id} and t.archived_at is null and (position(${ref} in t.body) > 0 or exists (
      select 1 from template_text x where x.tenant_id = t.tenant_id and x.template_id = t.id and position(${ref} in x.body) > 0))
    order by lower(t.name) limit 20`);
  return rows.map((row) => row.name);
}
