import { z } from 'zod';
import { money, toJson } from '../../../kernel/money.ts';
import { notFound } from '../../../kernel/problem.ts';
import type { Context } from '../../../platform/context.ts';
import { endpoint, type Endpoint } from '../../../platform/http/endpoint.ts';
import { dateSchema, idSchema, instantSchema, listQuery, moneySchema, pageOf } from '../../../platform/http/schemas.ts';
import { readAmount } from '../../receivables/index.ts';
import { fromCursor, toCursor } from '../cursor.ts';
import { makePromise, withdrawPromise } from './promises.ts';
import { listPromises, type PromiseRow, promiseSources, promiseStates, readPromise } from './queries.ts';

const tag = 'Promises';
const byId = z.object({ id: idSchema });

const promiseSchema = z
  .object({
    id: idSchema,
    customer: z.object({ id: idSchema, name: z.string() }),
    amount: moneySchema,
    received: moneySchema.meta({ description: 'What has come in since it was made' }),
    promisedOn: dateSchema,
    madeOn: dateSchema,
    source: z.enum(promiseSources),
    note: z.string().nullable(),
    state: z.enum(promiseStates),
    invoices: z.array(z.object({ id: idSchema, number: z.string() })).meta({ description: 'None: whatever the customer owes' }),
    madeBy: z.string(),
    decidedBy: z.string().nullable(),
    decidedAt: instantSchema.nullable(),
    createdAt: instantSchema,
  })
  .meta({ id: 'Promise' });

const showRow = (row: PromiseRow): z.input<typeof promiseSchema> => ({
  id: row.id,
  customer: { id: row.customerId, name: row.customerName },
  amount: toJson(money(row.amountMinor, row.currency)),
  received: toJson(money(row.receivedMinor, row.currency)),
  promisedOn: row.promisedOn.toString(),
  madeOn: row.madeOn.toString(),
  source: row.source,
  note: row.note,
  state: row.state,
  invoices: row.documents,
  madeBy: row.madeBy,
  decidedBy: row.decidedBy,
  decidedAt: row.decidedAt?.toString() ?? null,
  createdAt: row.createdAt.toString(),
});

async function show(ctx: Context, id: string) {
  const row = await readPromise(ctx, id);
  if (!row) throw notFound('promise');
  return showRow(row);
}

export const promiseEndpoints: Endpoint[] = [
  endpoint({
    method: 'get',
    path: '/v1/promises',
    permission: 'collections.read',
    tag,
    summary: 'List promises to pay, the newest first',
    query: z.object({ ...listQuery, state: z.enum(promiseStates).optional(), customerId: idSchema.optional(), invoiceId: idSchema.optional() }),
    response: pageOf(promiseSchema),
    handler: async (ctx, { query }) => {
      const keys = fromCursor('promises', query.cursor, ['id']);
      const filter = { state: query.state, customerId: query.customerId, documentId: query.invoiceId };
      const rows = await listPromises(ctx, filter, keys?.[0] ?? null, query.limit + 1);
      const items = rows.slice(0, query.limit);
      return { items: items.map(showRow), nextCursor: rows.length > query.limit ? toCursor('promises', [items.at(-1)!.id]) : null };
    },
  }),
  endpoint({
    method: 'post',
    path: '/v1/promises',
    permission: 'collections.write',
    tag,
    summary: 'Take down a promise to pay',
    description: 'No reminder asks for what it is about until its day and the days of grace are over, or it is kept.',
    body: z.object({
      customerId: idSchema,
      amount: moneySchema,
      promisedOn: dateSchema,
      source: z.enum(promiseSources),
      note: z.string().max(1000).nullable().optional(),
      invoiceIds: z.array(idSchema).max(200).optional(),
    }),
    response: promiseSchema,
    status: 201,
    idempotent: true,
    handler: async (ctx, { body }) => {
      const amount = readAmount(body.amount, 'amount');
      const id = await makePromise(ctx, {
        customerId: body.customerId,
        currency: amount.currency,
        amountMinor: amount.minor,
        promisedOn: Temporal.PlainDate.from(body.promisedOn),
        source: body.source,
        note: body.note ?? null,
        documentIds: body.invoiceIds ?? [],
      });
      return show(ctx, id);
    },
  }),
  endpoint({
    method: 'get',
    path: '/v1/promises/{id}',
    permission: 'collections.read',
    tag,
    summary: 'Read a promise to pay',
    params: byId,
    response: promiseSchema,
    handler: (ctx, { params }) => show(ctx, params.id),
  }),
  endpoint({
    method: 'post',
    path: '/v1/promises/{id}/withdraw',
    permission: 'collections.write',
    tag,
    summary: 'Take a promise back',
    description: 'Reminders go on. Problem 409 when it is kept or broken already.',
    params: byId,
    response: promiseSchema,
    handler: async (ctx, { params }) => {
      await withdrawPromise(ctx, params.id);
      return show(ctx, params.id);
    },
  }),
];
