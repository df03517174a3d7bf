import { z } from 'zod';
import { newId } from '../../../kernel/ids.ts';
import { invalid, notFound } from '../../../kernel/problem.ts';
import { plainAddress } from '../../../platform/mail/address.ts';
import { lint, mergeTags } from '../../../platform/mail/template.ts';
import { type Endpoint, endpoint } from '../../../platform/http/endpoint.ts';
import { idSchema, instantSchema } from '../../../platform/http/schemas.ts';
import { queueEmails } from '../commands/queue-emails.ts';
import { archiveTemplate, createTemplate, updateTemplate } from '../commands/template.ts';
import { previewTemplate } from '../templates/preview.ts';
import { listTemplateRows, readTemplate, readVersions, type TemplateRow } from '../templates/queries.ts';

const findingSchema = z.object({ severity: z.enum(['error', 'warning']), message: z.string() });
const content = {
  subject: z.string().min(1).max(500),
  body: z.string().min(1).max(500_000).meta({ description: 'HTML with merge tags' }),
};
const inputSchema = z.strictObject({ name: z.string().trim().min(1).max(200), ...content, cc: z.array(z.string().max(254)).max(20).default([]) });

const templateSchema = z
  .object({
    id: idSchema,
    name: z.string(),
    subject: z.string(),
    body: z.string(),
    cc: z.array(z.string()),
    isDefault: z.boolean(),
    version: z.number().int(),
    archived: z.boolean(),
    createdAt: instantSchema,
    updatedAt: instantSchema,
  })
  .meta({ id: 'Template' });

const show = (row: TemplateRow): z.input<typeof templateSchema> => ({
  id: row.id,
  name: row.name,
  subject: row.subject,
  body: row.body,
  cc: row.cc,
  isDefault: row.isDefault,
  version: row.version,
  archived: row.archivedAt !== null,
  createdAt: row.createdAt.toString(),
  updatedAt: row.updatedAt.toString(),
});

const tag = 'Templates';
const params = z.object({ id: idSchema });

const listTemplates = endpoint({
  method: 'get',
  path: '/v1/templates',
  permission: 'correspondence.read',
  tag,
  summary: 'List templates and the merge tags that they may use',
  response: z.object({ items: z.array(templateSchema), mergeTags: z.array(z.object({ name: z.string(), label: z.string(), block: z.boolean() })) }),
  handler: async (ctx) => ({ items: (await listTemplateRows(ctx)).map(show), mergeTags: mergeTags.map((one) => ({ ...one })) }),
});

const getTemplate = endpoint({
  method: 'get',
  path: '/v1/templates/{id}',
  permission: 'correspondence.read',
  tag,
  summary: 'Read a template',
  params,
  response: templateSchema,
  handler: async (ctx, input) => {
    const row = await readTemplate(ctx, input.params.id);
    if (!row) throw notFound('template');
    return show(row);
  },
});

const addTemplate = endpoint({
  method: 'post',
  path: '/v1/templates',
  permission: 'correspondence.write',
  tag,
  summary: 'Create a template',
  status: 201,
  idempotent: true,
  body: inputSchema,
  response: templateSchema,
  example: {
    request: {
      name: 'Friendly reminder',
      subject: 'Invoices from {{seller_name}}',
      body: '<p>Hello {{first_name}},</p>{{invoice_list}}{{payment_buttons}}',
      cc: [],
    },
  },
  handler: async (ctx, { body }) => show(await createTemplate(ctx, body)),
});

const changeTemplate = endpoint({
  method: 'put',
  path: '/v1/templates/{id}',
  permission: 'correspondence.write',
  tag,
  summary: 'Save a new version of a template',
  description: '`version` is the version that was edited; 409 when another was saved meanwhile.',
  params,
  body: inputSchema.extend({ version: z.number().int().min(1) }),
  response: templateSchema,
  handler: async (ctx, { params: { id }, body: { version, ...input } }) => show(await updateTemplate(ctx, id, version, input)),
});

const deleteTemplate = endpoint({
  method: 'delete',
  path: '/v1/templates/{id}',
  permission: 'correspondence.write',
  tag,
  summary: 'Delete a template',
  description: 'Mails that were sent with it keep their text. The default template stays.',
  status: 204,
  params,
  response: z.null(),
  handler: async (ctx, input) => {
    await archiveTemplate(ctx, input.params.id);
    return null;
  },
});

const listVersions = endpoint({
  method: 'get',
  path: '/v1/templates/{id}/versions',
  permission: 'correspondence.read',
  tag,
  summary: 'Earlier versions of a template, newest first',
  params,
  response: z.object({
    items: z.array(
      z.object({ version: z.number().int(), name: z.string(), subject: z.string(), body: z.string(), savedAt: instantSchema, savedBy: z.string() }),
    ),
  }),
  handler: async (ctx, input) => {
    if (!(await readTemplate(ctx, input.params.id))) throw notFound('template');
    return { items: (await readVersions(ctx, input.params.id)).map((row) => ({ ...row, savedAt: row.savedAt.toString() })) };
  },
});

const previewSchema = z.object({
  subject: z.string(),
  html: z.string(),
  text: z.string(),
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
  body: z.strictObject({ ...content, customerId: idSchema.nullable().default(null) }),
  response: previewSchema,
  handler: async (ctx, { body: { customerId, ...draft } }) => {
    const findings = lint(draft);
    if (findings.some((finding) => finding.severity === 'error')) return { subject: draft.subject, html: '', text: '', customerId, findings };
    const shown = (await previewTemplate(ctx, { templateId: null, customerId, draft }))!;
    return { subject: shown.rendered.subject, html: shown.rendered.html, text: shown.rendered.text, customerId: shown.customerId, findings };
  },
});

const testTemplate = endpoint({
  method: 'post',
  path: '/v1/templates/{id}/test',
  permission: 'correspondence.write',
  tag,
  summary: 'Send a template to an address, to look at it',
  status: 202,
  params,
  body: z.strictObject({ to: z.string().max(254), customerId: idSchema.nullable().default(null) }),
  response: z.object({ emailId: idSchema }),
  handler: async (ctx, { params: { id }, body }) => {
    const row = await readTemplate(ctx, id);
    if (!row) throw notFound('template');
    const to = plainAddress(body.to.trim().toLowerCase());
    if (to === null) throw invalid('to', 'invalid_email', 'Write one e-mail address, such as you@example.com.');
    const emailId = newId();
    await queueEmails(ctx, [
      {
        id: emailId,
        dedupeKey: `test:${emailId}`,
        kind: 'test',
        templateId: id,
        toAddress: to,
        payload: body.customerId ? { customerId: body.customerId } : {},
      },
    ]);
    return { emailId };
  },
});

export const templateEndpoints: Endpoint[] = [listTemplates, preview, getTemplate, addTemplate, changeTemplate, deleteTemplate, listVersions, testTemplate];
