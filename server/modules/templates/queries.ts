import type { Context } from '../../platform/context.ts';
import { sql } from '../../platform/database/sql.ts';

export interface TemplateRow {
  id: string;
  name: string;
  subject: string;
  cc: string[];
  body: string;
  compiledHtml: string;
  compiledText: string;
  isDefault: boolean;
  version: number;
  archivedAt: Temporal.Instant | null;
  createdAt: Temporal.Instant;
  updatedAt: Temporal.Instant;
}

const columns = sql.raw('id, name, subject, cc, body, compiled_html, compiled_text, is_default, version, archived_at, created_at, updated_at');

export type TemplateValues = Pick<TemplateRow, 'name' | 'subject' | 'cc' | 'body' | 'compiledHtml' | 'compiledText'>;

export async function insertTemplate(ctx: Context, id: string, v: TemplateValues, isDefault: boolean): Promise<void> {
  await ctx.tx.run(sql`
    insert into template (tenant_id, id, name, subject, cc, body, compiled_html, compiled_text, is_default)
    values (${ctx.tenant.id}, ${id}, ${v.name}, ${v.subject}, ${v.cc}::text[], ${v.body}, ${v.compiledHtml}, ${v.compiledText}, ${isDefault})`);
}

/** False when somebody saved another version meanwhile. */
export async function updateTemplateRow(ctx: Context, id: string, version: number, v: TemplateValues): Promise<boolean> {
  const count = await ctx.tx.run(sql`
    update template set name = ${v.name}, subject = ${v.subject}, cc = ${v.cc}::text[], body = ${v.body}, compiled_html = ${v.compiledHtml},
      compiled_text = ${v.compiledText}, version = version + 1, updated_at = app.now()
    where tenant_id = ${ctx.tenant.id} and id = ${id} and version = ${version} and archived_at is null`);
  return count === 1;
}

/** The text as it was, kept for the mails that were sent with it and for going back. */
export async function keepVersion(ctx: Context, id: string): Promise<void> {
  await ctx.tx.run(sql`
    insert into template_version (tenant_id, template_id, version, name, subject, body, saved_at, saved_by)
    select tenant_id, id, version, name, subject, body, app.now(), ${ctx.actor.name} from template
    where tenant_id = ${ctx.tenant.id} and id = ${id}
    on conflict do nothing`);
}

export interface TemplateVersion {
  version: number;
  name: string;
  subject: string;
  body: string;
  savedAt: Temporal.Instant;
  savedBy: string;
}

export function readVersions(ctx: Context, id: string): Promise<TemplateVersion[]> {
  return ctx.tx.rows<TemplateVersion>(sql`
    select version, name, subject, body, saved_at, saved_by from template_version
    where tenant_id = ${ctx.tenant.id} and template_id = ${id} order by version desc limit 100`);
}

export async function archiveTemplateRow(ctx: Context, id: string): Promise<boolean> {
  const count = await ctx.tx.run(sql`
    update template set archived_at = app.now(), updated_at = app.now()
    where tenant_id = ${ctx.tenant.id} and id = ${id} and archived_at is null and not is_default`);
  return count === 1;
}

export function readTemplate(ctx: Context, id: string): Promise<TemplateRow | null> {
  return ctx.tx.maybe<TemplateRow>(sql`select ${columns} from template where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

export function readTemplates(ctx: Context, ids: readonly string[]): Promise<TemplateRow[]> {
  return ctx.tx.rows<TemplateRow>(sql`select ${columns} from template where tenant_id = ${ctx.tenant.id} and id = any(${[...ids]}::uuid[])`);
}

export function listTemplateRows(ctx: Context): Promise<TemplateRow[]> {
  return ctx.tx.rows<TemplateRow>(sql`
    select ${columns} from template where tenant_id = ${ctx.tenant.id} and archived_at is null order by is_default desc, lower(name), id`);
}
