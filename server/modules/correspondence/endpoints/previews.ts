import { z } from 'zod';
import { newId } from '../../../kernel/ids.ts';
import { invalid, notFound } from '../../../kernel/problem.ts';
import type { Context } from '../../../platform/context.ts';
import { type Endpoint, endpoint } from '../../../platform/http/endpoint.ts';
import { idSchema } from '../../../platform/http/schemas.ts';
import { plainAddress } from '../../../platform/mail/address.ts';
import { findStaffUser } from '../../identity/index.ts';
import {
  attachmentsSchema,
  compileText,
  lintText,
  missingPictures,
  readTemplate,
  sizeFinding,
  type TemplateKind,
  templateKinds,
  textContent,
} from '../../templates/index.ts';
import { speaks } from '../words/words.ts';
import { queueEmails } from '../commands/queue-emails.ts';
import { previewText } from '../renderers/preview.ts';

const findingSchema = z.object({ severity: z.enum(['error', 'warning']), message: z.string() });
const tag = 'Templates';
const params = z.object({ id: idSchema });
const example = { subject: 'Invoices from {{seller_name}}', body: '<p>Hello {{first_name}},</p>{{invoice_list}}{{payment_buttons}}' };

const draft = {
  kind: z.enum(templateKinds).default('reminder'),
  ...textContent,
  language: z.string().max(20).nullable().default(null).meta({ example: 'es' }),
  single: z.boolean().default(false).meta({ description: 'fills it as a mail with one invoice' }),
};

const previewSchema = z.object({
  subject: z.string(),
  html: z.string(),
  text: z.string(),
  body: z.string().meta({ description: 'the same as plain HTML with the merge tags in it' }),
  sizeBytes: z.number().int().meta({ description: 'of the HTML; Gmail hides what is beyond 102,400' }),
  customerId: idSchema.nullable().meta({ description: 'the customer whose data it shows; null for an invented one' }),
  findings: z.array(findingSchema),
});

const preview = endpoint({
  method: 'post',
  path: '/v1/templates/preview',
  permission: 'correspondence.read',
  tag,
  summary: 'See a draft as a customer would',
  description:
    'Fills the draft for the customer given, else for the one with most open invoices. Links lead nowhere. `findings` says what to mend; with an error in it, `html` is empty.',
  network: true,
  body: z.strictObject({ ...draft, customerId: idSchema.nullable().default(null) }),
  response: previewSchema,
  example: { request: example },
  handler: async (work, { body: { customerId, kind, language, single, ...source } }) => {
    const findings = lintText(kind, source);
    if (findings.some((finding) => finding.severity === 'error'))
      return { subject: source.subject, html: '', text: '', body: source.body ?? '', sizeBytes: 0, customerId, findings };
    const { subject, compiledHtml: html, compiledText: text, body } = await compileText(kind, source);
    const { shown, missing } = await work.transaction(async (ctx) => ({
      shown: await previewText(ctx, { kind, compiled: { subject, html, text }, language, customerId, single }),
      missing: await missingPictures(ctx, body),
    }));
    const size = sizeFinding(shown.rendered.html);
    return {
      ...shown.rendered,
      body,
      sizeBytes: Buffer.byteLength(shown.rendered.html),
      customerId: shown.customerId,
      findings: [...findings, ...missing, ...unspoken(kind, language), ...(size ? [size] : [])],
    };
  },
});

/** Said of a text in a language that we do not write ourselves. */
function unspoken(kind: TemplateKind, language: string | null) {
  if (kind === 'letter' || language === null || speaks(language)) return [];
  return [
    {
      severity: 'warning' as const,
      message: 'Buttons, the invoice table and the foot are in English: we have no words of this language. Dates and amounts are in it.',
    },
  ];
}

/** Where a test goes: the address given, else that of the person who asks. */
async function testAddress(ctx: Context, given: string | null): Promise<string> {
  const own = given === null && ctx.actor.kind === 'user' && ctx.actor.id ? (await findStaffUser(ctx, ctx.actor.id))?.email : null;
  const to = plainAddress((given ?? own ?? '').trim().toLowerCase());
  if (to === null) throw invalid('to', 'invalid_email', 'Write one e-mail address, such as you@example.com.');
  return to;
}

const toSchema = z.string().max(254).nullable().default(null).meta({ description: 'null: the person who asks', example: 'you@example.com' });
const queued = z.object({ emailId: idSchema, to: z.string() });

async function queueTest(ctx: Context, given: string | null, templateId: string | null, payload: Record<string, unknown>) {
  const to = await testAddress(ctx, given);
  const emailId = newId();
  await queueEmails(ctx, [{ id: emailId, dedupeKey: `test:${emailId}`, kind: 'test', templateId, toAddress: to, payload }]);
  return { emailId, to };
}

const testTemplate = endpoint({
  method: 'post',
  path: '/v1/templates/{id}/test',
  permission: 'correspondence.write',
  tag,
  summary: 'Send a template to an address, to look at it',
  status: 202,
  params,
  body: z.strictObject({ to: toSchema, customerId: idSchema.nullable().default(null) }),
  response: queued,
  handler: async (ctx, { params: { id }, body }) => {
    if (!(await readTemplate(ctx, id))) throw notFound('template');
    return queueTest(ctx, body.to, id, body.customerId ? { customerId: body.customerId } : {});
  },
});

const testDraft = endpoint({
  method: 'post',
  path: '/v1/templates/test',
  permission: 'correspondence.write',
  tag,
  summary: 'Send a draft to an address, to look at it',
  status: 202,
  network: true,
  body: z.strictObject({ ...draft, attachments: attachmentsSchema, to: toSchema, customerId: idSchema.nullable().default(null) }),
  response: queued,
  example: { request: example },
  handler: async (work, { body: { to, customerId, kind, language, single, attachments: attach, ...source } }) => {
    const { subject, compiledHtml: html, compiledText: text } = await compileText(kind, source);
    return work.transaction((ctx) =>
      queueTest(ctx, to, null, { ...(customerId ? { customerId } : {}), draft: { kind, subject, html, text, language, single, attach } }),
    );
  },
});

export const previewEndpoints: Endpoint[] = [preview, testDraft, testTemplate];
