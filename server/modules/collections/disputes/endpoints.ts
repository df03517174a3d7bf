import { z } from 'zod';
import { money, toJson } from '../../../kernel/money.ts';
import { notFound } from '../../../kernel/problem.ts';
import type { Context } from '../../../platform/context.ts';
import { endpoint, type Endpoint } from '../../../platform/http/endpoint.ts';
import { idSchema, instantSchema, listQuery, moneySchema, pageOf } from '../../../platform/http/schemas.ts';
import { readAmount } from '../../receivables/index.ts';
import { fromCursor, toCursor } from '../cursor.ts';
import { noteBody, noteSchema, showNote } from '../notes/endpoints.ts';
import { addNote } from '../notes/notes.ts';
import { readThread } from '../notes/queries.ts';
import { personSchema } from '../tasks/endpoints.ts';
import { assignDispute, disputedAmount, openDispute, resolveDispute } from './disputes.ts';
import { type Dispute, disputeReasons, disputeStates, listDisputes, readDispute } from './queries.ts';

const tag = 'Disputes';
const byId = z.object({ id: idSchema });

const disputeFields = {
  id: idSchema,
  customer: z.object({ id: idSchema, name: z.string() }),
  invoice: z.object({ id: idSchema, number: z.string(), open: moneySchema }),
  whole: z.boolean().meta({ description: 'All that is open on the invoice' }),
  amount: moneySchema,
  reason: z.enum(disputeReasons),
  state: z.enum(disputeStates),
  owner: personSchema.nullable(),
  openedBy: z.string(),
  openedAt: instantSchema,
  resolvedBy: z.string().nullable(),
  resolvedAt: instantSchema.nullable(),
  resolution: z.string().nullable(),
  credit: z.object({ id: idSchema, number: z.string() }).nullable().meta({ description: 'The credit memo that was made here' }),
};
const disputeSchema = z.object(disputeFields).meta({ id: 'Dispute' });
const disputeDetailSchema = z.object({ ...disputeFields, notes: z.array(noteSchema) }).meta({ id: 'DisputeDetail' });

const showRow = (row: Dispute): z.input<typeof disputeSchema> => ({
  id: row.id,
  customer: { id: row.customerId, name: row.customerName },
  invoice: { id: row.documentId, number: row.documentNumber, open: toJson(money(row.openMinor, row.currency)) },
  whole: row.amountMinor === null,
  amount: toJson(disputedAmount(row)),
  reason: row.reason,
  state: row.state,
  owner: row.ownerId ? { id: row.ownerId, name: row.ownerName ?? '' } : null,
  openedBy: row.openedBy,
  openedAt: row.openedAt.toString(),
  resolvedBy: row.resolvedBy,
  resolvedAt: row.resolvedAt?.toString() ?? null,
  resolution: row.resolution,
  credit: row.creditId && row.creditNumber ? { id: row.creditId, number: row.creditNumber } : null,
});

async function show(ctx: Context, id: string): Promise<z.input<typeof disputeDetailSchema>> {
  const row = await readDispute(ctx, id);
  if (!row) throw notFound('dispute');
  return { ...showRow(row), notes: (await readThread(ctx, id)).map(showNote) };
}

export const disputeEndpoints: Endpoint[] = [
  endpoint({
    method: 'get',
    path: '/v1/disputes',
    permission: 'collections.read',
    tag,
    summary: 'List disputes, the newest first',
    query: z.object({
      ...listQuery,
      state: z.enum(disputeStates).optional(),
      ownerId: idSchema.optional(),
      customerId: idSchema.optional(),
      invoiceId: idSchema.optional(),
    }),
    response: pageOf(disputeSchema),
    handler: async (ctx, { query }) => {
      const keys = fromCursor('disputes', query.cursor, ['id']);
      const filter = { state: query.state, ownerId: query.ownerId, customerId: query.customerId, documentId: query.invoiceId };
      const rows = await listDisputes(ctx, filter, keys?.[0] ?? null, query.limit + 1);
      const items = rows.slice(0, query.limit);
      return { items: items.map(showRow), nextCursor: rows.length > query.limit ? toCursor('disputes', [items.at(-1)!.id]) : null };
    },
  }),
  endpoint({
    method: 'post',
    path: '/v1/disputes',
    permission: 'collections.write',
    tag,
    summary: 'Open a dispute',
    description: 'No reminder asks for the invoice until it is resolved. Without an amount it is about the whole invoice.',
    body: z.object({
      invoiceId: idSchema,
      amount: moneySchema.nullable().optional(),
      reason: z.enum(disputeReasons),
      ownerId: idSchema.nullable().optional(),
      note: z.string().max(4000).nullable().optional(),
    }),
    response: disputeDetailSchema,
    status: 201,
    idempotent: true,
    handler: async (ctx, { body }) =>
      show(
        ctx,
        await openDispute(ctx, {
          documentId: body.invoiceId,
          amount: body.amount ? readAmount(body.amount, 'amount') : null,
          reason: body.reason,
          ownerId: body.ownerId ?? null,
          note: body.note ?? null,
        }),
      ),
  }),
  endpoint({
    method: 'get',
    path: '/v1/disputes/{id}',
    permission: 'collections.read',
    tag,
    summary: 'Read a dispute with its thread',
    params: byId,
    response: disputeDetailSchema,
    handler: (ctx, { params }) => show(ctx, params.id),
  }),
  endpoint({
    method: 'put',
    path: '/v1/disputes/{id}/owner',
    permission: 'collections.write',
    tag,
    summary: 'Give a dispute to somebody',
    params: byId,
    body: z.object({ ownerId: idSchema.nullable() }),
    response: disputeDetailSchema,
    handler: async (ctx, { params, body }) => {
      await assignDispute(ctx, params.id, body.ownerId);
      return show(ctx, params.id);
    },
  }),
  endpoint({
    method: 'post',
    path: '/v1/disputes/{id}/notes',
    permission: 'collections.write',
    tag,
    summary: 'Write into the thread of a dispute',
    params: byId,
    body: noteBody,
    response: disputeDetailSchema,
    status: 201,
    idempotent: true,
    handler: async (ctx, { params, body }) => {
      const dispute = await readDispute(ctx, params.id);
      if (!dispute) throw notFound('dispute');
      await addNote(ctx, { customerId: dispute.customerId, disputeId: params.id, body: body.body });
      return show(ctx, params.id);
    },
  }),
  endpoint({
    method: 'post',
    path: '/v1/disputes/{id}/resolve',
    permission: 'collections.write',
    tag,
    summary: 'Resolve a dispute',
    description:
      'Credited: with `createCredit` a credit memo of the disputed amount is made and applied (needs receivables.write), else it comes from the accounting system. The hold ends.',
    params: byId,
    body: z.object({ outcome: z.enum(['credited', 'rejected']), note: z.string().max(2000).nullable().optional(), createCredit: z.boolean().default(false) }),
    response: disputeDetailSchema,
    handler: async (ctx, { params, body }) => {
      await resolveDispute(ctx, params.id, { outcome: body.outcome, note: body.note ?? null, createCredit: body.createCredit });
      return show(ctx, params.id);
    },
  }),
];
