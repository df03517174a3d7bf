import { z } from 'zod';
import { notFound } from '../../kernel/problem.ts';
import { type Endpoint, endpoint } from '../../platform/http/endpoint.ts';
import { idSchema, instantSchema } from '../../platform/http/schemas.ts';
import { readSpokenLanguages } from '../customers/index.ts';
import { archiveTemplate, compileTemplate, createTemplate, keptOf, readKeptVersion, updateTemplate } from './commands/template.ts';
import { pictureEndpoints } from './pictures/endpoints.ts';
import { listTemplateRows, readTemplate, readVersions } from './queries.ts';
import { inputSchema, keptSchema, show, templateSchema } from './schemas.ts';
import { loopFields, mergeTags, templateKinds } from './tags.ts';

const tag = 'Templates';
const params = z.object({ id: idSchema });
const versionParams = params.extend({ version: z.coerce.number().int().min(1).max(2_000_000_000) });

const tagSchema = z.object({
  name: z.string(),
  label: z.string(),
  group: z.string(),
  block: z.boolean(),
  link: z.boolean().meta({ description: 'a whole address, for a link or button' }),
  kinds: z.array(z.enum(templateKinds)),
});

const listTemplates = endpoint({
  method: 'get',
  path: '/v1/templates',
  permission: 'correspondence.read',
  tag,
  summary: 'List templates and the merge tags that they may use',
  query: z.object({ kind: z.enum(templateKinds).optional() }),
  response: z.object({
    items: z.array(templateSchema),
    mergeTags: z.array(tagSchema),
    loopFields: z
      .array(z.object({ name: z.string(), label: z.string(), link: z.boolean() }))
      .meta({ description: 'what {% for invoice in invoices %} gives of each invoice' }),
  }),
  handler: async (ctx, { query }) => ({
    items: (await listTemplateRows(ctx, query.kind ?? null)).map(show),
    mergeTags: mergeTags.map((one) => ({ ...one, kinds: [...one.kinds] })),
    loopFields: [...loopFields],
  }),
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

const example = {
  name: 'Friendly reminder',
  subject: 'Invoices from {{seller_name}}',
  body: '<p>Hello {{first_name}},</p>{{invoice_list}}{{payment_buttons}}',
};

const addTemplate = endpoint({
  method: 'post',
  path: '/v1/templates',
  permission: 'correspondence.write',
  tag,
  summary: 'Create a template',
  description: 'A text is HTML in `body`, or blocks in `design`. It is checked and compiled now; mails only fill in values.',
  status: 201,
  idempotent: true,
  body: inputSchema,
  response: templateSchema,
  example: { request: example },
  prepare: ({ body }) => compileTemplate(body),
  handler: async (ctx, _input, values) => show(await createTemplate(ctx, values)),
});

const changeTemplate = endpoint({
  method: 'put',
  path: '/v1/templates/{id}',
  permission: 'correspondence.write',
  tag,
  summary: 'Save a new version of a template',
  description: '`version` is the version that was edited; 409 when another was saved meanwhile.',
  network: true,
  params,
  body: inputSchema.extend({ version: z.number().int().min(1) }),
  response: templateSchema,
  example: { request: { ...example, version: 1 } },
  handler: async (work, { params: { id }, body: { version, ...input } }) => {
    const values = await compileTemplate(input);
    return work.transaction(async (ctx) => show(await updateTemplate(ctx, id, version, values)));
  },
});

const duplicateTemplate = endpoint({
  method: 'post',
  path: '/v1/templates/{id}/duplicate',
  permission: 'correspondence.write',
  tag,
  summary: 'Make a copy of a template',
  status: 201,
  idempotent: true,
  params,
  response: templateSchema,
  handler: async (ctx, input) => {
    const row = await readTemplate(ctx, input.params.id);
    if (!row) throw notFound('template');
    const { texts, ...main } = row;
    return show(await createTemplate(ctx, { ...main, texts, name: `${row.name.slice(0, 190)} (copy)` }));
  },
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

const getVersion = endpoint({
  method: 'get',
  path: '/v1/templates/{id}/versions/{version}',
  permission: 'correspondence.read',
  tag,
  summary: 'Read an earlier version of a template',
  params: versionParams,
  response: keptSchema,
  handler: (ctx, { params: { id, version } }) => readKeptVersion(ctx, id, version),
});

const restoreVersion = endpoint({
  method: 'post',
  path: '/v1/templates/{id}/versions/{version}/restore',
  permission: 'correspondence.write',
  tag,
  summary: 'Save an earlier version as the newest',
  description: 'Nothing is lost: the version that is replaced is kept as well.',
  network: true,
  params: versionParams,
  response: templateSchema,
  handler: async (work, { params: { id, version } }) => {
    const { kept, current } = await work.transaction(async (ctx) => {
      const row = await readTemplate(ctx, id);
      if (!row || row.archivedAt !== null) throw notFound('template');
      return { kept: row.version === version ? keptOf(row) : await readKeptVersion(ctx, id, version), current: row.version };
    });
    const values = await compileTemplate(kept);
    return work.transaction(async (ctx) => show(await updateTemplate(ctx, id, current, values)));
  },
});

const listLanguages = endpoint({
  method: 'get',
  path: '/v1/templates/languages',
  permission: 'correspondence.read',
  tag,
  summary: 'The languages that contacts read',
  description: 'A template without a text in one of them sends its main text there.',
  response: z.object({ items: z.array(z.object({ language: z.string(), contacts: z.number().int() })) }),
  handler: async (ctx) => ({ items: await readSpokenLanguages(ctx) }),
});

export const endpoints: Endpoint[] = [
  listLanguages,
  listTemplates,
  getTemplate,
  addTemplate,
  changeTemplate,
  duplicateTemplate,
  deleteTemplate,
  listVersions,
  getVersion,
  restoreVersion,
  ...pictureEndpoints,
];
