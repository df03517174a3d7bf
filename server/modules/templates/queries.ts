import type { Context, Platform } from '../../platform/context.ts';
import { sql } from '../../platform/database/sql.ts';
import type { CompiledText } from './compile.ts';
import type { Design } from './design.ts';
import type { TemplateKind } from './tags.ts';

/** A text beside the main one: in another language, or for mails with one invoice. */
export interface TemplateText extends CompiledText {
  language: string;
  variant: 'any' | 'one';
}

export interface TemplateRow {
  id: string;
  name: string;
  kind: TemplateKind;
  /** Of the main text, which stands in this row. */
  language: string;
  subject: string;
  cc: string[];
  body: string;
  design: Design | null;
  compiledHtml: string;
  compiledText: string;
  attachStatement: boolean;
  attachInvoices: boolean;
  attachFiles: boolean;
  isDefault: boolean;
  version: number;
  archivedAt: Temporal.Instant | null;
  createdAt: Temporal.Instant;
  updatedAt: Temporal.Instant;
  /** The layout that it was compiled with. */
  compiledWith: string;
  texts: TemplateText[];
}

const columns = sql.raw(`t.id, t.name, t.kind, t.language, t.subject, t.cc, t.body, t.design, t.compiled_html, t.compiled_text, t.attach_statement,
  t.attach_invoices, t.attach_files, t.is_default, t.version, t.archived_at, t.created_at, t.updated_at, t.compiled_with,
  coalesce((select jsonb_agg(jsonb_build_object('language', x.language, 'variant', x.variant, 'subject', x.subject, 'design', x.design, 'body', x.body,
    'compiledHtml', x.compiled_html, 'compiledText', x.compiled_text) order by x.language, x.variant)
    from template_text x where x.tenant_id = t.tenant_id and x.template_id = t.id), '[]') as texts`);

export interface TemplateValues extends CompiledText {
  name: string;
  kind: TemplateKind;
  language: string;
  cc: string[];
  attachStatement: boolean;
  attachInvoices: boolean;
  attachFiles: boolean;
  compiledWith: string;
  texts: TemplateText[];
}

export async function insertTemplate(ctx: Context, id: string, v: TemplateValues, isDefault: boolean): Promise<void> {
  await ctx.tx.run(sql`
    insert into template (tenant_id, id, name, kind, language, subject, cc, body, design, compiled_html, compiled_text, attach_statement, attach_invoices,
      attach_files, compiled_with, is_default)
    values (${ctx.tenant.id}, ${id}, ${v.name}, ${v.kind}, ${v.language}, ${v.subject}, ${v.cc}::text[], ${v.body}, ${jsonOrNull(v.design)}::jsonb,
      ${v.compiledHtml}, ${v.compiledText}, ${v.attachStatement}, ${v.attachInvoices}, ${v.attachFiles}, ${v.compiledWith}, ${isDefault})`);
  await insertTexts(ctx, id, v.texts);
}

const jsonOrNull = (design: Design | null) => (design === null ? null : sql.json(design));

async function insertTexts(ctx: Context, id: string, texts: readonly TemplateText[]): Promise<void> {
  for (const text of texts)
    await ctx.tx.run(sql`
      insert into template_text (tenant_id, template_id, language, variant, subject, design, body, compiled_html, compiled_text)
      values (${ctx.tenant.id}, ${id}, ${text.language}, ${text.variant}, ${text.subject}, ${jsonOrNull(text.design)}::jsonb, ${text.body},
        ${text.compiledHtml}, ${text.compiledText})`);
}

/** False when somebody saved another version meanwhile. */
export async function updateTemplateRow(ctx: Context, id: string, version: number, v: TemplateValues): Promise<boolean> {
  const count = await ctx.tx.run(sql`
    update template set name = ${v.name}, language = ${v.language}, subject = ${v.subject}, cc = ${v.cc}::text[], body = ${v.body},
      design = ${jsonOrNull(v.design)}::jsonb, compiled_html = ${v.compiledHtml}, compiled_text = ${v.compiledText},
      attach_statement = ${v.attachStatement}, attach_invoices = ${v.attachInvoices}, attach_files = ${v.attachFiles},
      compiled_with = ${v.compiledWith}, version = version + 1, updated_at = app.now()
    where tenant_id = ${ctx.tenant.id} and id = ${id} and version = ${version} and archived_at is null`);
  if (count !== 1) return false;
  await ctx.tx.run(sql`delete from template_text where tenant_id = ${ctx.tenant.id} and template_id = ${id}`);
  await insertTexts(ctx, id, v.texts);
  return true;
}

/** The same version compiled with another layout; nothing that a person wrote changes. */
export async function storeCompiled(ctx: Context, id: string, version: number, v: TemplateValues): Promise<void> {
  const count = await ctx.tx.run(sql`
    update template set compiled_html = ${v.compiledHtml}, compiled_text = ${v.compiledText}, compiled_with = ${v.compiledWith}
    where tenant_id = ${ctx.tenant.id} and id = ${id} and version = ${version}`);
  if (count !== 1) return;
  for (const text of v.texts)
    await ctx.tx.run(sql`
      update template_text set compiled_html = ${text.compiledHtml}, compiled_text = ${text.compiledText}
      where tenant_id = ${ctx.tenant.id} and template_id = ${id} and language = ${text.language} and variant = ${text.variant}`);
}

/** A text that cannot be compiled any more keeps what it was compiled to. */
export async function leaveCompiled(ctx: Context, id: string, version: number, layout: string): Promise<void> {
  await ctx.tx.run(sql`
    update template set compiled_with = ${layout} where tenant_id = ${ctx.tenant.id} and id = ${id} and version = ${version}`);
}

/** Templates of all companies that were compiled with another layout than this program's. */
export function readStale(platform: Platform, layout: string, limit: number): Promise<{ tenantId: string; templateId: string }[]> {
  return platform.database.systemRows(sql`select tenant_id, template_id from app.templates_compiled_otherwise(${layout}, ${limit})`);
}

/** A template without what was compiled from it: what a version keeps, and what it is made from again. */
export interface KeptTemplate {
  name: string;
  kind: TemplateKind;
  language: string;
  subject: string;
  cc: string[];
  body: string | null;
  design: Design | null;
  attachments: { statement: boolean; invoices: boolean; files: boolean };
  texts: { language: string; variant: 'any' | 'one'; subject: string; body: string | null; design: Design | null }[];
}

/** The template as it was, kept for the mails that were sent with it and for going back. */
export async function keepVersion(ctx: Context, row: TemplateRow, kept: KeptTemplate): Promise<void> {
  await ctx.tx.run(sql`
    insert into template_version (tenant_id, template_id, version, name, subject, body, kept, saved_at, saved_by)
    values (${ctx.tenant.id}, ${row.id}, ${row.version}, ${row.name}, ${row.subject}, ${row.body}, ${sql.json(kept)}::jsonb, app.now(), ${ctx.actor.name})
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

export function readVersion(
  ctx: Context,
  id: string,
  version: number,
): Promise<{ name: string; subject: string; body: string; kept: KeptTemplate | null } | null> {
  return ctx.tx.maybe(sql`
    select name, subject, body, kept from template_version where tenant_id = ${ctx.tenant.id} and template_id = ${id} and version = ${version}`);
}

export async function archiveTemplateRow(ctx: Context, id: string): Promise<boolean> {
  const count = await ctx.tx.run(sql`
    update template set archived_at = app.now(), updated_at = app.now()
    where tenant_id = ${ctx.tenant.id} and id = ${id} and archived_at is null and not is_default`);
  return count === 1;
}

export function readTemplate(ctx: Context, id: string): Promise<TemplateRow | null> {
  return ctx.tx.maybe<TemplateRow>(sql`select ${columns} from template t where t.tenant_id = ${ctx.tenant.id} and t.id = ${id}`);
}

export function readTemplates(ctx: Context, ids: readonly string[]): Promise<TemplateRow[]> {
  return ctx.tx.rows<TemplateRow>(sql`select ${columns} from template t where t.tenant_id = ${ctx.tenant.id} and t.id = any(${[...ids]}::uuid[])`);
}

export async function readDefaultId(ctx: Context, kind: TemplateKind): Promise<string | null> {
  const row = await ctx.tx.maybe<{ id: string }>(sql`
    select id from template where tenant_id = ${ctx.tenant.id} and kind = ${kind} and is_default and archived_at is null order by created_at, id limit 1`);
  return row?.id ?? null;
}

export function listTemplateRows(ctx: Context, kind: TemplateKind | null = null): Promise<TemplateRow[]> {
  return ctx.tx.rows<TemplateRow>(sql`
    select ${columns} from template t where t.tenant_id = ${ctx.tenant.id} and t.archived_at is null
      and (${kind}::text is null or t.kind = ${kind}) order by t.is_default desc, lower(t.name), t.id`);
}
