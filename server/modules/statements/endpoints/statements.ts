import { z } from 'zod';
import { invalid, notFound } from '../../../kernel/problem.ts';
import type { Context } from '../../../platform/context.ts';
import { decodeCursor, encodeCursor } from '../../../platform/http/cursor.ts';
import { inline } from '../../../platform/http/download.ts';
import { type Endpoint, endpoint } from '../../../platform/http/endpoint.ts';
import { idSchema, listQuery, pageOf } from '../../../platform/http/schemas.ts';
import { getSettings } from '../../tenants/index.ts';
import { pdfOf } from '../commands/draw.ts';
import { setLogo } from '../commands/logo.ts';
import { makeStatements, sendStatement } from '../commands/statement.ts';
import { type FullStatement, type ListedStatement, listStatements, readStatement } from '../documents/queries.ts';
import { presentDetail, presentStatement } from '../present.ts';
import { makeBody, statementDetailSchema, statementSchema } from '../schemas.ts';
import { statementXlsx } from '../xlsx.ts';

const tag = 'Statements';
const byId = z.object({ id: idSchema });
const day = (text: string | undefined): Temporal.PlainDate | null => (text === undefined ? null : Temporal.PlainDate.from(text));

async function find(ctx: Context, id: string): Promise<{ row: ListedStatement; full: FullStatement }> {
  const full = await readStatement(ctx, id);
  if (!full) throw notFound('statement');
  const row = (await listStatements(ctx, { number: full.number }, null, 1))[0]!;
  return { row, full };
}

export const statementEndpoints: readonly Endpoint[] = [
  endpoint({
    method: 'get',
    path: '/v1/statements',
    permission: 'statements.read',
    tag,
    summary: 'List statements',
    description: 'Newest first; of one customer, or the one with a number.',
    query: z.object({ ...listQuery, customer: idSchema.optional(), number: z.string().min(1).max(40).optional().meta({ example: 'ST-000123' }) }),
    response: pageOf(statementSchema),
    handler: async (ctx, { query }) => {
      const after = query.cursor === undefined ? null : decodeCursor('statements', query.cursor);
      const found = await listStatements(ctx, { customerId: query.customer, number: query.number?.trim() }, after, query.limit + 1);
      const items = found.slice(0, query.limit);
      const last = found.length > query.limit ? items.at(-1)! : null;
      return { items: items.map(presentStatement), nextCursor: last ? encodeCursor('statements', [last.customerId, last.currency, last.id]) : null };
    },
  }),
  endpoint({
    method: 'post',
    path: '/v1/statements',
    permission: 'statements.run',
    tag,
    summary: 'Make a statement of one customer',
    description: 'As of any day that has come; numbered, kept, and not sent. One for each currency, unless one is named.',
    network: true,
    body: makeBody,
    response: z.object({ items: z.array(statementSchema) }),
    status: 201,
    example: { request: { customerId: '01920000-0000-7000-8000-000000000001', kind: 'open_item' } },
    handler: async (work, { body }) => {
      const today = await work.transaction(async (ctx) => ctx.clock.today());
      const ids = await makeStatements(work, {
        customerId: body.customerId,
        asOf: day(body.asOf) ?? today,
        kind: body.kind,
        family: body.family,
        showCredits: body.showCredits,
        currency: body.currency ?? null,
        from: day(body.from),
      });
      return work.transaction(async (ctx) => {
        const rows = await Promise.all(ids.map(async (id) => (await find(ctx, id)).row));
        return { items: rows.map(presentStatement) };
      });
    },
  }),
  endpoint({
    method: 'get',
    path: '/v1/statements/{id}',
    permission: 'statements.read',
    tag,
    summary: 'Read a statement',
    description: 'As it was on its date, whatever happened since.',
    params: byId,
    response: statementDetailSchema,
    handler: async (ctx, { params }) => {
      const { row, full } = await find(ctx, params.id);
      return presentDetail(row, full);
    },
  }),
  endpoint({
    method: 'get',
    path: '/v1/statements/{id}/pdf',
    permission: 'statements.read',
    tag,
    summary: 'The PDF of a statement',
    description: 'The same bytes at any time.',
    raw: true,
    raws: { gives: ['application/pdf'] },
    params: byId,
    handler: (work, { params }) =>
      work.transaction(async (ctx) => {
        const { name, bytes } = await pdfOf(ctx, (await find(ctx, params.id)).full);
        return inline(name, 'application/pdf', bytes);
      }),
  }),
  endpoint({
    method: 'get',
    path: '/v1/statements/{id}/xlsx',
    permission: 'statements.read',
    tag,
    summary: 'A statement as a spreadsheet',
    raw: true,
    raws: { gives: ['application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'] },
    params: byId,
    handler: async (work, { params }) => {
      const { full } = await work.transaction((ctx) => find(ctx, params.id));
      const { name, contentType, bytes } = await statementXlsx(full);
      return inline(name, contentType, bytes);
    },
  }),
  endpoint({
    method: 'post',
    path: '/v1/statements/{id}/send',
    permission: 'statements.run',
    tag,
    summary: 'Send a statement by mail',
    description: 'To the contacts that get statements, or to the addresses given. Each call sends it once more.',
    params: byId,
    body: z.object({
      to: z.array(z.string().max(254)).min(1).max(10).optional().meta({ description: 'The first is written to, the others are copied' }),
      templateId: idSchema.optional(),
    }),
    response: z.object({ emailId: idSchema }),
    status: 202,
    idempotent: true,
    example: { request: {} },
    handler: async (ctx, { params, body }) => ({
      emailId: await sendStatement(ctx, params.id, { to: body.to ?? null, templateId: body.templateId ?? null }),
    }),
  }),
  endpoint({
    method: 'get',
    path: '/v1/statements/logo',
    permission: 'statements.read',
    tag,
    summary: 'The logo of statements',
    raw: true,
    raws: { gives: ['image/png', 'image/jpeg'] },
    handler: (work) =>
      work.transaction(async (ctx) => {
        const { statements } = await getSettings(ctx);
        const file = statements.logoFileId === null ? null : await ctx.platform.files.get(ctx, statements.logoFileId);
        if (!file) throw notFound('logo');
        return inline(file.name, file.contentType, file.bytes);
      }),
  }),
  endpoint({
    method: 'put',
    path: '/v1/statements/logo',
    permission: 'settings.write',
    tag,
    summary: 'Set the logo of statements',
    description: 'A PNG or JPEG of at most 500 kB, printed on statements from now on; null takes it away.',
    body: z.object({ image: z.base64().max(700_000).nullable().meta({ description: 'base64' }) }),
    response: z.object({ logoFileId: idSchema.nullable() }),
    example: { request: { image: null } },
    handler: async (ctx, { body }) => {
      const bytes = body.image === null ? null : Buffer.from(body.image, 'base64');
      if (bytes !== null && bytes.length === 0) throw invalid('image', 'required', 'Choose a picture.');
      return { logoFileId: await setLogo(ctx, bytes) };
    },
  }),
];
