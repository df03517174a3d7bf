import { z } from 'zod';
import { conflict, invalid, notFound } from '../../../kernel/problem.ts';
import type { Context } from '../../../platform/context.ts';
import { endpoint, type Endpoint } from '../../../platform/http/endpoint.ts';
import { dateSchema, flagSchema, idSchema, instantSchema } from '../../../platform/http/schemas.ts';
import { readCustomer } from '../../customers/index.ts';
import { holdKinds, placeHold, releaseHolds } from '../holds/holds.ts';
import { type Hold, readHolds } from '../holds/queries.ts';
import { readDocuments } from '../queries.ts';

const tag = 'Holds';
const byId = z.object({ id: idSchema });
const query = z.object({ all: flagSchema.optional().meta({ description: 'Ended and released ones too, the newest 200' }) });

const holdSchema = z
  .object({
    id: idSchema,
    customerId: idSchema,
    invoice: z.object({ id: idSchema, number: z.string() }).nullable().meta({ description: 'null: everything of the customer' }),
    kind: z.enum(holdKinds),
    sourceId: idSchema.nullable().meta({ description: 'The dispute, promise or mail that it comes from' }),
    until: dateSchema.nullable().meta({ description: 'The last day on which it holds; null: until it is released' }),
    note: z.string().nullable(),
    placedBy: z.string(),
    placedAt: instantSchema,
    releasedBy: z.string().nullable(),
    releasedAt: instantSchema.nullable(),
    releasedReason: z.string().nullable(),
  })
  .meta({ id: 'Hold' });

const show = (hold: Hold): z.input<typeof holdSchema> => ({
  id: hold.id,
  customerId: hold.customerId,
  invoice: hold.documentId ? { id: hold.documentId, number: hold.documentNumber ?? '' } : null,
  kind: hold.kind,
  sourceId: hold.sourceId,
  until: hold.until?.toString() ?? null,
  note: hold.note,
  placedBy: hold.placedBy,
  placedAt: hold.placedAt.toString(),
  releasedBy: hold.releasedBy,
  releasedAt: hold.releasedAt?.toString() ?? null,
  releasedReason: hold.releasedReason,
});

async function one(ctx: Context, id: string): Promise<Hold> {
  const [hold] = await readHolds(ctx, { ids: [id], all: true });
  if (!hold) throw notFound('hold');
  return hold;
}

/** What a person can say; a dispute and a promise are more than a hold. */
const handKinds = ['claimed_paid', 'payment_plan', 'autopay'] as const satisfies (typeof holdKinds)[number][];

export const holdEndpoints: Endpoint[] = [
  endpoint({
    method: 'get',
    path: '/v1/customers/{id}/holds',
    permission: 'receivables.read',
    tag,
    summary: 'What keeps reminders from a customer or its invoices',
    params: byId,
    query,
    response: z.object({ items: z.array(holdSchema) }),
    handler: async (ctx, { params, query: { all } }) => {
      if (!(await readCustomer(ctx, params.id))) throw notFound('customer');
      return { items: (await readHolds(ctx, { customerId: params.id, all: all ?? false })).map(show) };
    },
  }),
  endpoint({
    method: 'get',
    path: '/v1/invoices/{id}/holds',
    permission: 'receivables.read',
    tag,
    summary: 'What keeps reminders from an invoice',
    description: 'Holds on the whole customer are among them.',
    params: byId,
    query,
    response: z.object({ items: z.array(holdSchema) }),
    handler: async (ctx, { params, query: { all } }) => {
      if ((await readDocuments(ctx, [params.id])).length === 0) throw notFound('invoice');
      return { items: (await readHolds(ctx, { documentId: params.id, all: all ?? false })).map(show) };
    },
  }),
  endpoint({
    method: 'post',
    path: '/v1/customers/{id}/holds',
    permission: 'collections.write',
    tag,
    summary: 'Hold reminders',
    description:
      'The customer says that it has paid, pays by a plan, or is charged automatically. No reminder asks for these invoices up to and including the day; without invoices for none of the customer. Disputes and promises place holds of their own.',
    params: byId,
    body: z.object({
      kind: z.enum(handKinds),
      until: dateSchema.nullable().optional().meta({ description: 'required for claimed_paid; else left out or null: until it is released' }),
      note: z.string().trim().max(2000).nullable().optional(),
      invoiceIds: z.array(idSchema).max(200).optional(),
    }),
    response: z.object({ items: z.array(holdSchema) }),
    status: 201,
    idempotent: true,
    handler: async (ctx, { params, body }) => {
      if (!(await readCustomer(ctx, params.id))) throw notFound('customer');
      const until = body.until == null ? null : Temporal.PlainDate.from(body.until);
      if (until === null && body.kind === 'claimed_paid') throw invalid('until', 'required', 'Say until when you look for the money.');
      if (until !== null && Temporal.PlainDate.compare(until, ctx.clock.today()) < 0) throw invalid('until', 'in_the_past', 'Choose today or a later day.');
      const ids = await placeHold(ctx, { customerId: params.id, kind: body.kind, until, note: body.note ?? null, documentIds: body.invoiceIds ?? [] });
      return { items: (await readHolds(ctx, { ids, all: true })).map(show) };
    },
  }),
  endpoint({
    method: 'post',
    path: '/v1/holds/{id}/release',
    permission: 'collections.write',
    tag,
    summary: 'Release a hold',
    description: 'Reminders go on. A dispute or promise that it comes from stays as it is.',
    params: byId,
    body: z.object({ reason: z.string().trim().max(500).nullable().optional() }),
    response: holdSchema,
    example: { request: { reason: 'The bank shows no such payment' } },
    handler: async (ctx, { params, body }) => {
      const hold = await one(ctx, params.id);
      if (hold.releasedAt) throw conflict('hold_released', `${hold.releasedBy} released it already.`);
      await releaseHolds(ctx, { ids: [params.id] }, body.reason || null);
      return show(await one(ctx, params.id));
    },
  }),
];
