import { z } from 'zod';
import { notFound } from '../../../kernel/problem.ts';
import type { Context } from '../../../platform/context.ts';
import { readBytes } from '../../../platform/http/body.ts';
import { endpoint, type Endpoint } from '../../../platform/http/endpoint.ts';
import { idSchema, instantSchema, listQuery, pageOf } from '../../../platform/http/schemas.ts';
import { headerText } from '../../../platform/mail/address.ts';
import { readOpenDocuments } from '../../receivables/index.ts';
import { fromCursor, toCursor } from '../cursor.ts';
import { archiveFile, linkFile, MAX_SHARED_BYTES, shareFile, unlinkFile } from './files.ts';
import { listSharedFiles, readFilesOf, readSharedFile, type SharedFile } from './queries.ts';

const tag = 'Shared files';
const byId = z.object({ id: idSchema });

const fileSchema = z
  .object({
    id: idSchema,
    name: z.string(),
    contentType: z.string(),
    sizeBytes: z.number().int(),
    sharedBy: z.string(),
    createdAt: instantSchema,
    invoiceCount: z.number().int(),
  })
  .meta({ id: 'SharedFile' });

const showRow = ({ fileId: _, ...row }: SharedFile): z.input<typeof fileSchema> => ({ ...row, createdAt: row.createdAt.toString() });

async function show(ctx: Context, id: string) {
  const row = await readSharedFile(ctx, id);
  if (!row) throw notFound('shared file');
  return showRow(row);
}

export const fileEndpoints: Endpoint[] = [
  endpoint({
    method: 'get',
    path: '/v1/shared-files',
    permission: 'collections.read',
    tag,
    summary: 'List shared files, the newest first',
    query: z.object(listQuery),
    response: pageOf(fileSchema),
    handler: async (ctx, { query }) => {
      const keys = fromCursor('shared_files', query.cursor, ['id']);
      const rows = await listSharedFiles(ctx, keys?.[0] ?? null, query.limit + 1);
      const items = rows.slice(0, query.limit);
      return { items: items.map(showRow), nextCursor: rows.length > query.limit ? toCursor('shared_files', [items.at(-1)!.id]) : null };
    },
  }),
  endpoint({
    method: 'post',
    path: '/v1/shared-files',
    permission: 'collections.write',
    tag,
    summary: 'Share a file, as it is in the body',
    description: 'PDF, picture, text, CSV, Word or Excel, 10 MB at most. Templates with shared files attach those of their invoices.',
    raw: true,
    raws: { takes: { types: ['application/octet-stream'] }, refusals: { 413: 'The file is larger than 10 MB.' } },
    query: z.object({ fileName: z.string().min(1).max(200) }),
    response: fileSchema,
    status: 201,
    handler: async (work, { query, request }) => {
      const bytes = await readBytes(request.incoming, MAX_SHARED_BYTES);
      const file = await work.transaction(async (ctx) => show(ctx, await shareFile(ctx, headerText(query.fileName, 200), bytes)));
      return Response.json(file, { status: 201, headers: { 'cache-control': 'no-store' } });
    },
  }),
  endpoint({
    method: 'get',
    path: '/v1/shared-files/{id}/content',
    permission: 'collections.read',
    tag,
    summary: 'The content of a shared file',
    raw: true,
    raws: { gives: ['application/octet-stream'] },
    params: byId,
    handler: async (work, { params }) => {
      const file = await work.transaction(async (ctx) => {
        const row = await readSharedFile(ctx, params.id);
        const content = row && (await ctx.platform.files.get(ctx, row.fileId));
        if (!content) throw notFound('shared file');
        return { ...content, name: row.name };
      });
      return new Response(new Uint8Array(file.bytes), {
        headers: {
          'content-type': file.contentType,
          'content-disposition': `attachment; filename="${file.name.replace(/[^\w.-]+/g, '_')}"; filename*=UTF-8''${encodeURIComponent(file.name)}`,
          'cache-control': 'private, no-store',
          'x-content-type-options': 'nosniff',
        },
      });
    },
  }),
  endpoint({
    method: 'delete',
    path: '/v1/shared-files/{id}',
    permission: 'collections.write',
    tag,
    summary: 'Stop sharing a file',
    description: 'It goes off every invoice.',
    params: byId,
    response: z.null(),
    status: 204,
    handler: async (ctx, { params }) => {
      await archiveFile(ctx, params.id);
      return null;
    },
  }),
  endpoint({
    method: 'post',
    path: '/v1/shared-files/{id}/invoices',
    permission: 'collections.write',
    tag,
    summary: 'Put a shared file on invoices',
    params: byId,
    body: z.object({ invoiceIds: z.array(idSchema).min(1).max(500) }),
    response: z.object({ linked: z.number().int() }),
    handler: async (ctx, { params, body }) => ({ linked: await linkFile(ctx, params.id, body.invoiceIds) }),
  }),
  endpoint({
    method: 'get',
    path: '/v1/invoices/{id}/files',
    permission: 'collections.read',
    tag,
    summary: 'The shared files on an invoice',
    params: byId,
    response: z.object({ items: z.array(fileSchema) }),
    handler: async (ctx, { params }) => {
      if ((await readOpenDocuments(ctx, [params.id])).length === 0) throw notFound('invoice');
      return { items: (await readFilesOf(ctx, params.id)).map(showRow) };
    },
  }),
  endpoint({
    method: 'delete',
    path: '/v1/invoices/{id}/files/{fileId}',
    permission: 'collections.write',
    tag,
    summary: 'Take a shared file off an invoice',
    params: z.object({ id: idSchema, fileId: idSchema }),
    response: z.null(),
    status: 204,
    handler: async (ctx, { params }) => {
      await unlinkFile(ctx, params.fileId, params.id);
      return null;
    },
  }),
];
