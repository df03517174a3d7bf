import { newId } from '../../../kernel/ids.ts';
import { conflict, invalid, notFound, type Problem } from '../../../kernel/problem.ts';
import type { Context } from '../../../platform/context.ts';
import { plainAddress } from '../../../platform/mail/address.ts';
import { compileText } from '../compile.ts';
import { compiledDefaults, defaultTemplates } from '../defaults.ts';
import { layoutVersion } from '../layout-version.ts';
import {
  archiveTemplateRow,
  insertTemplate,
  keepVersion,
  type KeptTemplate,
  readDefaultId,
  readTemplate,
  readVersion,
  readVersions,
  type TemplateRow,
  type TemplateText,
  type TemplateValues,
  updateTemplateRow,
} from '../queries.ts';

/** Copies to more people than this are not a reminder. */
export const MAX_CC = 10;

/** A template as a person writes it. */
export type TemplateInput = KeptTemplate;

/**
 * Checks and compiles every text. Takes up to two seconds the first time: call it outside of a transaction. Problem 422
 * `invalid_template` with what is wrong, or for an address that is not one.
 */
export async function compileTemplate(input: TemplateInput): Promise<TemplateValues> {
  const cc = [...new Set(input.cc.map((address) => address.trim().toLowerCase()).filter((address) => address !== ''))];
  if (cc.length > MAX_CC) throw invalid('cc', 'too_many', `A template copies ${MAX_CC} addresses at most.`);
  const wrong = cc.find((address) => plainAddress(address) === null);
  if (wrong !== undefined) throw invalid('cc', 'invalid_email', `"${wrong.slice(0, 100)}" is not an e-mail address.`);
  const language = input.language.toLowerCase();
  const main = await compileText(input.kind, input);
  const texts: TemplateText[] = [];
  const seen = new Set([`${language} any`]);
  for (const [index, text] of input.texts.entries()) {
    const of = text.language.toLowerCase();
    if (seen.has(`${of} ${text.variant}`))
      throw invalid(`texts.${index}`, 'twice', `There are two texts for ${of}${text.variant === 'one' ? ' with one invoice' : ''}.`);
    seen.add(`${of} ${text.variant}`);
    texts.push({ language: of, variant: text.variant, ...(await compileText(input.kind, text, `texts.${index}`)) });
  }
  const { statement, invoices, files } = input.attachments;
  return {
    ...main,
    name: input.name.trim(),
    kind: input.kind,
    language,
    cc,
    attachStatement: statement,
    attachInvoices: invoices,
    attachFiles: files,
    compiledWith: layoutVersion(),
    texts,
  };
}

/** What a version of it holds, and what it can be compiled from again. */
export function keptOf(row: TemplateRow): KeptTemplate {
  const source = (text: { body: string; design: KeptTemplate['design'] }) => ({ body: text.design ? null : text.body, design: text.design });
  return {
    name: row.name,
    kind: row.kind,
    language: row.language,
    subject: row.subject,
    cc: row.cc,
    ...source(row),
    attachments: { statement: row.attachStatement, invoices: row.attachInvoices, files: row.attachFiles },
    texts: row.texts.map((text) => ({ language: text.language, variant: text.variant, subject: text.subject, ...source(text) })),
  };
}

export async function createTemplate(ctx: Context, values: TemplateValues): Promise<TemplateRow> {
  const id = newId();
  await insertTemplate(ctx, id, values, false);
  await ctx.record({
    type: 'template.created',
    subjectType: 'template',
    subjectId: id,
    data: { after: { name: values.name, kind: values.kind, subject: values.subject } },
  });
  return (await readTemplate(ctx, id))!;
}

/**
 * Saves a new version; the one before is kept. `version` is the one that was edited: 409 when somebody saved another
 * meanwhile, so that nobody's text is lost unseen. What a template is for stays: rules and statements rely on it.
 */
export async function updateTemplate(ctx: Context, id: string, version: number, values: TemplateValues): Promise<TemplateRow> {
  const before = await readTemplate(ctx, id);
  if (!before || before.archivedAt !== null) throw notFound('template');
  if (before.kind !== values.kind) throw conflict('kind_stays', `This is a template for ${before.kind}s. Make a new one for ${values.kind}s.`);
  await keepVersion(ctx, before, keptOf(before));
  if (!(await updateTemplateRow(ctx, id, version, values))) throw await changedMeanwhile(ctx, id);
  await ctx.record({
    type: 'template.changed',
    subjectType: 'template',
    subjectId: id,
    data: {
      before: { name: before.name, subject: before.subject, version: before.version },
      after: { name: values.name, subject: values.subject, version: before.version + 1 },
    },
  });
  return (await readTemplate(ctx, id))!;
}

async function changedMeanwhile(ctx: Context, id: string): Promise<Problem> {
  const { version } = (await readTemplate(ctx, id))!;
  const replaced = (await readVersions(ctx, id)).find((one) => one.version === version - 1);
  return conflict('changed_meanwhile', `${replaced?.savedBy ?? 'Somebody'} saved this template meanwhile, as version ${version}. Nothing was overwritten.`);
}

/** An earlier version as a person wrote it, to be compiled and saved anew. Problem 404. */
export async function readKeptVersion(ctx: Context, id: string, version: number): Promise<KeptTemplate> {
  const row = await readTemplate(ctx, id);
  if (!row) throw notFound('template');
  const found = await readVersion(ctx, id, version);
  if (!found) throw notFound('version');
  // versions of before there were blocks hold a name, a subject and HTML
  return found.kept ?? { ...keptOf(row), name: found.name, subject: found.subject, body: found.body, design: null, texts: [] };
}

/** Takes the template out of the lists. The default one stays, because rules need one. Problem 404, 409. */
export async function archiveTemplate(ctx: Context, id: string): Promise<void> {
  const template = await readTemplate(ctx, id);
  if (!template || template.archivedAt !== null) throw notFound('template');
  if (!(await archiveTemplateRow(ctx, id))) throw conflict('default_template', 'The default template cannot be deleted. Change it instead.');
  await ctx.record({ type: 'template.archived', subjectType: 'template', subjectId: id, data: { before: { name: template.name } } });
}

/** What a new company starts with. */
export async function seedDefaultTemplates(ctx: Context): Promise<{ reminderTemplateId: string; statementTemplateId: string }> {
  return { reminderTemplateId: await defaultTemplateId(ctx, 'reminder'), statementTemplateId: await defaultTemplateId(ctx, 'statement') };
}

/** The default template of a kind; made where a company from before has none. */
export async function defaultTemplateId(ctx: Context, kind: 'reminder' | 'statement'): Promise<string> {
  const found = await readDefaultId(ctx, kind);
  if (found !== null) return found;
  const id = newId();
  const values: TemplateValues = {
    ...compiledDefaults()[kind],
    name: defaultTemplates[kind].name,
    kind,
    language: 'en',
    cc: [],
    attachStatement: false,
    attachInvoices: false,
    attachFiles: false,
    compiledWith: layoutVersion(),
    texts: [],
  };
  await insertTemplate(ctx, id, values, true);
  return id;
}
