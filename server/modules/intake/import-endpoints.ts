import { z } from 'zod';
import { notFound } from '../../kernel/problem.ts';
import { decodeCursor, encodeCursor } from '../../platform/http/cursor.ts';
import { readBytes } from '../../platform/http/body.ts';
import { endpoint, type Endpoint } from '../../platform/http/endpoint.ts';
import { idSchema, instantSchema, listQuery } from '../../platform/http/schemas.ts';
import { MAX_FILE_BYTES } from '../../platform/files/files.ts';
import { headerText } from '../../platform/mail/address.ts';
import { checkImport, mapColumns, readImport, runImport, startImport } from './commands/import-file.ts';
import { undoUpload } from './commands/undo-upload.ts';
import { listErrors, listUploads, readUpload, type Upload } from './queries.ts';

const kindSchema = z.enum(['customers', 'invoices']);
const noteSchema = z.object({ field: z.string(), code: z.string(), message: z.string() });
const params = z.object({ id: idSchema });

const importSchema = z
  .object({
    id: idSchema,
    kind: kindSchema,
    fileName: z.string(),
    format: z.string(),
    columns: z.array(z.string()),
    rows: z.array(z.array(z.string().nullable())).meta({ description: 'The first 20 rows as text' }),
    mapping: z
      .record(z.string(), z.string().nullable())
      .meta({ description: 'By column: an attribute of the guide, "custom" to keep it under its own name, null to leave it out' }),
    attributes: z.array(z.object({ name: z.string(), required: z.boolean() })),
    missing: z.array(z.string()).meta({ description: 'Required attributes that no column gives' }),
    uploadId: idSchema.nullable(),
  })
  .meta({ id: 'Import' });

const resultSchema = z.object({
  index: z.number().int().meta({ description: 'Row of the file, the first one under the header is 0' }),
  key: z.string(),
  id: z.string().optional(),
  status: z.enum(['created', 'updated', 'unchanged', 'error']),
  errors: z.array(noteSchema).optional(),
  warnings: z.array(noteSchema).optional(),
});

const outcomeSchema = z
  .object({
    uploadId: idSchema,
    received: z.number().int(),
    created: z.number().int(),
    updated: z.number().int(),
    unchanged: z.number().int(),
    failed: z.number().int(),
    closed: z.number().int(),
    warnings: z.array(noteSchema),
    results: z.array(resultSchema).meta({ description: 'The first 200 rows with errors or warnings, errors first' }),
  })
  .meta({ id: 'ImportOutcome' });

const optionsBody = z.object({ snapshot: z.boolean().default(false), createCustomers: z.boolean().optional() });

const postImport = endpoint({
  method: 'post',
  path: '/v1/imports',
  permission: 'intake.write',
  tag: 'Imports',
  summary: 'Send a CSV, Excel or JSON file, as it is in the body, and see how it is understood',
  raw: true,
  raws: { takes: { types: ['application/octet-stream'] }, refusals: { 413: 'The file is too large.' } },
  status: 201,
  query: z.object({ fileName: z.string().max(255).default('file'), kind: kindSchema.optional() }),
  response: importSchema,
  handler: async (work, { query, request }) => {
    const bytes = await readBytes(request.incoming, MAX_FILE_BYTES);
    const view = await work.transaction((ctx) => startImport(ctx, { name: headerText(query.fileName, 200) || 'file', bytes, kind: query.kind }));
    return Response.json(view, { status: 201, headers: { 'cache-control': 'no-store' } });
  },
});

const getImport = endpoint({
  method: 'get',
  path: '/v1/imports/{id}',
  permission: 'intake.read',
  tag: 'Imports',
  summary: 'Read an import',
  params,
  response: importSchema,
  handler: (ctx, { params: { id } }) => readImport(ctx, id),
});

const putMapping = endpoint({
  method: 'put',
  path: '/v1/imports/{id}/mapping',
  permission: 'intake.write',
  tag: 'Imports',
  summary: 'Say what each column is; without a mapping, begin with a new proposal',
  params,
  body: z.object({ kind: kindSchema, mapping: z.record(z.string(), z.string().nullable()).optional() }),
  response: importSchema,
  handler: (ctx, { params: { id }, body }) => mapColumns(ctx, id, body),
});

const postCheck = endpoint({
  method: 'post',
  path: '/v1/imports/{id}/check',
  permission: 'intake.write',
  tag: 'Imports',
  summary: 'See what importing would do; nothing is written',
  network: true,
  params,
  body: optionsBody,
  response: outcomeSchema,
  handler: (work, { params: { id }, body }) => checkImport(work, id, { snapshot: body.snapshot, createCustomers: body.createCustomers }),
});

const postRun = endpoint({
  method: 'post',
  path: '/v1/imports/{id}/import',
  permission: 'intake.write',
  tag: 'Imports',
  summary: 'Import the file',
  network: true,
  params,
  body: optionsBody,
  response: outcomeSchema,
  handler: (work, { params: { id }, body }) => runImport(work, id, { snapshot: body.snapshot, createCustomers: body.createCustomers }),
});

const uploadSchema = z
  .object({
    id: idSchema,
    kind: kindSchema,
    source: z.enum(['api', 'file', 'cli']),
    fileName: z.string().nullable(),
    snapshot: z.boolean(),
    received: z.number().int(),
    created: z.number().int(),
    updated: z.number().int(),
    unchanged: z.number().int(),
    failed: z.number().int(),
    closed: z.number().int(),
    actorName: z.string(),
    startedAt: instantSchema,
    finishedAt: instantSchema.nullable(),
    undoneAt: instantSchema.nullable(),
  })
  .meta({ id: 'Upload' });

const present = (upload: Upload) => ({
  ...upload,
  startedAt: upload.startedAt.toString(),
  finishedAt: upload.finishedAt?.toString() ?? null,
  undoneAt: upload.undoneAt?.toString() ?? null,
});

const SORT = 'uploads';

const getUploads = endpoint({
  method: 'get',
  path: '/v1/uploads',
  permission: 'intake.read',
  tag: 'Imports',
  summary: 'List uploads, newest first',
  query: z.object({ ...listQuery, kind: kindSchema.optional() }),
  response: z.object({ items: z.array(uploadSchema), nextCursor: z.string().nullable() }),
  handler: async (ctx, { query }) => {
    const after = query.cursor === undefined ? null : decodeCursor(SORT, query.cursor);
    const rows = await listUploads(ctx, { kind: query.kind }, after && { startedAt: after[0]!, id: after[1]! }, query.limit + 1);
    const page = rows.slice(0, query.limit);
    const last = page.at(-1);
    return { items: page.map(present), nextCursor: rows.length > query.limit && last ? encodeCursor(SORT, [last.startedAt.toString(), last.id]) : null };
  },
});

const ERRORS_SORT = 'upload-errors';

const getUpload = endpoint({
  method: 'get',
  path: '/v1/uploads/{id}',
  permission: 'intake.read',
  tag: 'Imports',
  summary: 'Read an upload and a page of its refused rows',
  params,
  query: z.object(listQuery),
  response: uploadSchema
    .extend({
      errors: z.array(z.object({ index: z.number().int(), key: z.string().nullable(), errors: z.array(noteSchema) })),
      nextCursor: z.string().nullable(),
    })
    .meta({ id: 'UploadDetail' }),
  handler: async (ctx, { params: { id }, query }) => {
    const upload = await readUpload(ctx, id);
    if (!upload) throw notFound('upload');
    const after = query.cursor === undefined ? -1 : Number(decodeCursor(ERRORS_SORT, query.cursor)[0]);
    const rows = await listErrors(ctx, id, after, query.limit + 1);
    const page = rows.slice(0, query.limit);
    return {
      ...present(upload),
      errors: page.map((row) => ({ index: row.rowIndex, key: row.key, errors: row.errors })),
      nextCursor: rows.length > query.limit ? encodeCursor(ERRORS_SORT, [String(page.at(-1)!.rowIndex)]) : null,
    };
  },
});

const postUndo = endpoint({
  method: 'post',
  path: '/v1/uploads/{id}/undo',
  permission: 'intake.write',
  tag: 'Imports',
  summary: 'Take an upload back, except where something has happened since',
  params,
  response: z
    .object({
      removed: z.number().int(),
      restored: z.number().int(),
      keptCount: z.number().int(),
      kept: z.array(z.object({ id: idSchema, number: z.string(), reason: z.string(), message: z.string() })),
    })
    .meta({ id: 'UndoneUpload' }),
  handler: (ctx, { params: { id } }) => undoUpload(ctx, id),
});

export const importEndpoints: Endpoint[] = [postImport, getImport, putMapping, postCheck, postRun, getUploads, getUpload, postUndo];
