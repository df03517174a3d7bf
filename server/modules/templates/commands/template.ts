import { newId } from '../../../kernel/ids.ts';
import { conflict, invalid, notFound } from '../../../kernel/problem.ts';
import type { Context } from '../../../platform/context.ts';
import { plainAddress } from '../../../platform/mail/address.ts';
import { compileTemplate } from '../../../platform/mail/template.ts';
import { defaultReminder } from '../defaults.ts';
import { archiveTemplateRow, insertTemplate, keepVersion, readTemplate, type TemplateRow, type TemplateValues, updateTemplateRow } from '../queries.ts';

/** Copies to more people than this are not a reminder. */
export const MAX_CC = 10;

export interface TemplateInput {
  name: string;
  subject: string;
  body: string;
  cc: readonly string[];
}

/** Checks and compiles. Problem 422 `invalid_template` with what is wrong, or for an address that is not one. */
function compiled(input: TemplateInput): TemplateValues {
  const cc = [...new Set(input.cc.map((address) => address.trim().toLowerCase()).filter((address) => address !== ''))];
  if (cc.length > MAX_CC) throw invalid('cc', 'too_many', `A template copies ${MAX_CC} addresses at most.`);
  const wrong = cc.find((address) => plainAddress(address) === null);
  if (wrong !== undefined) throw invalid('cc', 'invalid_email', `"${wrong.slice(0, 100)}" is not an e-mail address.`);
  const { html, text } = compileTemplate(input);
  return { name: input.name.trim(), subject: input.subject.trim(), cc, body: input.body, compiledHtml: html, compiledText: text };
}

export async function createTemplate(ctx: Context, input: TemplateInput): Promise<TemplateRow> {
  const id = newId();
  const values = compiled(input);
  await insertTemplate(ctx, id, values, false);
  await ctx.record({ type: 'template.created', subjectType: 'template', subjectId: id, data: { after: { name: values.name, subject: values.subject } } });
  return (await readTemplate(ctx, id))!;
}

/**
 * Saves a new version; the one before is kept. `version` is the one that was edited: 409 when somebody saved another
 * meanwhile, so that nobody's text is lost unseen.
 */
export async function updateTemplate(ctx: Context, id: string, version: number, input: TemplateInput): Promise<TemplateRow> {
  const before = await readTemplate(ctx, id);
  if (!before || before.archivedAt !== null) throw notFound('template');
  const values = compiled(input);
  await keepVersion(ctx, id);
  if (!(await updateTemplateRow(ctx, id, version, values)))
    throw conflict('changed_meanwhile', 'Somebody saved this template meanwhile. Load it again; your text is still here.');
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

/** Takes the template out of the lists. The default one stays, because rules need one. Problem 404, 409. */
export async function archiveTemplate(ctx: Context, id: string): Promise<void> {
  const template = await readTemplate(ctx, id);
  if (!template || template.archivedAt !== null) throw notFound('template');
  if (!(await archiveTemplateRow(ctx, id))) throw conflict('default_template', 'The default template cannot be deleted. Change it instead.');
  await ctx.record({ type: 'template.archived', subjectType: 'template', subjectId: id, data: { before: { name: template.name } } });
}

/** What a new company starts with. */
export async function seedDefaultTemplates(ctx: Context): Promise<{ reminderTemplateId: string }> {
  const id = newId();
  await insertTemplate(ctx, id, compiled({ ...defaultReminder, cc: [] }), true);
  return { reminderTemplateId: id };
}
