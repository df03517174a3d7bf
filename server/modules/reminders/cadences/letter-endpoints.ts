import { z } from 'zod';
import { notFound } from '../../../kernel/problem.ts';
import type { Context } from '../../../platform/context.ts';
import { encodeCursor } from '../../../platform/http/cursor.ts';
import { inline } from '../../../platform/http/download.ts';
import { type Endpoint, endpoint } from '../../../platform/http/endpoint.ts';
import { idSchema, listQuery, pageOf } from '../../../platform/http/schemas.ts';
import { batchPdf, cancelBatch, changeAddress, letterPdf, makeBatch, markPrinted, MAX_BATCH, type PdfFile, withdrawLetter } from './letters/letters.ts';
import { countWaiting, letterStates, listBatches, listLetters, readBatch, readLetter } from './letters/queries.ts';
import { afterNumber } from './cursors.ts';
import { presentBatch, presentLetter } from './present.ts';
import { batchSchema, letterSchema, someCustomers } from './schemas.ts';

const tag = 'Letters';
const byId = z.object({ id: idSchema });

async function showLetter(ctx: Context, id: string): Promise<z.input<typeof letterSchema>> {
  const letter = await readLetter(ctx, id);
  if (!letter) throw notFound('letter');
  return presentLetter(letter);
}

async function showBatch(ctx: Context, id: string): Promise<z.input<typeof batchSchema>> {
  const batch = await readBatch(ctx, id);
  if (!batch) throw notFound('print batch');
  return presentBatch(batch);
}

const pdf = (file: PdfFile): Response => inline(file.name, 'application/pdf', file.bytes);

const letters: Endpoint[] = [
  endpoint({
    method: 'get',
    path: '/v1/letters',
    permission: 'correspondence.read',
    tag,
    summary: 'List the letters',
    description: 'Waiting ones and those of a batch by number, others the newest first.',
    query: z.object({ ...listQuery, state: z.enum(letterStates).optional(), customer: idSchema.optional(), batch: idSchema.optional() }),
    response: z.object({ ...pageOf(letterSchema).shape, waiting: z.number().int().meta({ description: 'How many letters wait to be printed' }) }),
    handler: async (ctx, { query }) => {
      const sort = query.state === 'waiting' || query.batch !== undefined ? 'letters-rising' : 'letters';
      const filter = { state: query.state, customerId: query.customer, batchId: query.batch };
      const found = await listLetters(ctx, filter, afterNumber(sort, query.cursor), query.limit + 1);
      const items = found.slice(0, query.limit);
      const last = found.length > query.limit ? items.at(-1)! : null;
      return { items: items.map(presentLetter), nextCursor: last ? encodeCursor(sort, [String(last.number)]) : null, ...(await countWaiting(ctx)) };
    },
  }),
  endpoint({
    method: 'get',
    path: '/v1/letters/{id}',
    permission: 'correspondence.read',
    tag,
    summary: 'Read a letter',
    params: byId,
    response: letterSchema,
    handler: (ctx, { params }) => showLetter(ctx, params.id),
  }),
  endpoint({
    method: 'get',
    path: '/v1/letters/{id}/pdf',
    permission: 'correspondence.read',
    tag,
    summary: 'The PDF of a letter',
    description: 'As it was printed; while it waits, as it would be printed now.',
    raw: true,
    raws: { gives: ['application/pdf'] },
    params: byId,
    handler: async (work, { params }) => pdf(await letterPdf(work, params.id)),
  }),
  endpoint({
    method: 'patch',
    path: '/v1/letters/{id}',
    permission: 'correspondence.write',
    tag,
    summary: 'Write where a waiting letter goes',
    params: byId,
    body: z.object({
      address: z.array(z.string().trim().max(100)).max(10).nullable().meta({ description: 'the lines below the name; null: those of the newest invoice' }),
    }),
    response: letterSchema,
    example: { request: { address: ['12 Quay Street', 'Boston MA 02110'] } },
    handler: async (ctx, { params, body }) => {
      await changeAddress(ctx, params.id, body.address);
      return showLetter(ctx, params.id);
    },
  }),
  endpoint({
    method: 'post',
    path: '/v1/letters/{id}/withdraw',
    permission: 'correspondence.write',
    tag,
    summary: 'Withdraw a waiting letter',
    params: byId,
    body: z.object({ reason: z.string().trim().min(1).max(500) }),
    response: letterSchema,
    example: { request: { reason: 'They called and will pay.' } },
    handler: async (ctx, { params, body }) => {
      await withdrawLetter(ctx, params.id, body.reason);
      return showLetter(ctx, params.id);
    },
  }),
];

const batches: Endpoint[] = [
  endpoint({
    method: 'get',
    path: '/v1/print-batches',
    permission: 'correspondence.read',
    tag,
    summary: 'List the print batches',
    description: 'Newest first.',
    query: z.object(listQuery),
    response: pageOf(batchSchema),
    handler: async (ctx, { query }) => {
      const found = await listBatches(ctx, afterNumber('print-batches', query.cursor), query.limit + 1);
      const items = found.slice(0, query.limit);
      const last = found.length > query.limit ? items.at(-1)! : null;
      return { items: items.map(presentBatch), nextCursor: last ? encodeCursor('print-batches', [String(last.number)]) : null };
    },
  }),
  endpoint({
    method: 'post',
    path: '/v1/print-batches',
    permission: 'correspondence.write',
    tag,
    summary: 'Put the waiting letters into a print batch',
    description: `Fixes what they say, of what is open now; letters with nothing left to ask for are withdrawn. At most ${MAX_BATCH} at once.`,
    body: z.object({ letterIds: someCustomers.nullable().default(null).meta({ description: 'null: all that wait' }) }),
    response: z.object({
      batch: batchSchema.nullable().meta({ description: 'null: nothing was left to print' }),
      withdrawn: z.number().int(),
      withoutAddress: z.number().int().meta({ description: 'Letters that wait on, because nobody knows where they go' }),
    }),
    status: 201,
    idempotent: true,
    example: { request: { letterIds: ['01920000-0000-7000-8000-000000000003'] } },
    handler: async (ctx, { body }) => {
      const { batchId, withdrawn, withoutAddress } = await makeBatch(ctx, body.letterIds);
      return { batch: batchId === null ? null : await showBatch(ctx, batchId), withdrawn, withoutAddress };
    },
  }),
  endpoint({
    method: 'get',
    path: '/v1/print-batches/{id}',
    permission: 'correspondence.read',
    tag,
    summary: 'Read a print batch',
    params: byId,
    response: batchSchema,
    handler: (ctx, { params }) => showBatch(ctx, params.id),
  }),
  endpoint({
    method: 'get',
    path: '/v1/print-batches/{id}/pdf',
    permission: 'correspondence.read',
    tag,
    summary: 'One PDF with all letters of a batch',
    description: 'The same each time.',
    raw: true,
    raws: { gives: ['application/pdf'] },
    params: byId,
    handler: async (work, { params }) => pdf(await batchPdf(work, params.id)),
  }),
  ...(['printed', 'cancel'] as const).map((verb) =>
    endpoint({
      method: 'post',
      path: `/v1/print-batches/{id}/${verb}`,
      permission: 'correspondence.write',
      tag,
      summary: verb === 'printed' ? 'The letters of a batch were printed' : 'Cancel a batch',
      description: verb === 'printed' ? 'They are on record as sent.' : 'Its letters wait again, and say anew what is open when they are printed.',
      params: byId,
      response: batchSchema,
      handler: async (ctx, { params }) => {
        await (verb === 'printed' ? markPrinted : cancelBatch)(ctx, params.id);
        return showBatch(ctx, params.id);
      },
    }),
  ),
];

export const letterEndpoints: readonly Endpoint[] = [...letters, ...batches];
