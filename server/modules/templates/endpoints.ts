import { z } from 'zod';
import { notFound } from '../../kernel/problem.ts';
import { mergeTags } from '../../platform/mail/template.ts';
import { type Endpoint, endpoint } from '../../platform/http/endpoint.ts';
import { idSchema, instantSchema } from '../../platform/http/schemas.ts';
import { archiveTemplate, createTemplate, updateTemplate } from './commands/template.ts';
import { listTemplateRows, readTemplate, readVersions, type TemplateRow } from './queries.ts';

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

export const endpoints: Endpoint[] = [listTemplates, getTemplate, addTemplate, changeTemplate, deleteTemplate, listVersions];
