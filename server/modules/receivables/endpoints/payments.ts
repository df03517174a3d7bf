import { z } from 'zod';
import { conflict, invalid, notFound } from '../../../kernel/problem.ts';
import type { Context } from '../../../platform/context.ts';
import { endpoint, type Endpoint } from '../../../platform/http/endpoint.ts';
import { currencySchema, dateSchema, idSchema, listQuery, moneySchema, pageOf } from '../../../platform/http/schemas.ts';
import { applyPayment, autoApply } from '../commands/apply.ts';
import { recordPayment, returnPayment } from '../commands/payment.ts';
import { fromCursor, toCursor } from '../lists/page.ts';
import { listPayments, paymentKeyKinds, paymentTotals } from '../lists/payments/queries.ts';
import { showApplication, showPayments } from '../present.ts';
import { readApplications, readPayment } from '../queries.ts';
import { asMoney, paymentDetailSchema, paymentMethods, paymentSchema, readAmount } from '../schemas.ts';
import { directed, paymentFilter, paymentFilters } from './list-input.ts';

const byId = z.object({ id: idSchema });
const application = z.object({ invoiceId: idSchema, amount: moneySchema.optional().meta({ description: 'As much as is open when left out' }) });

async function show(ctx: Context, id: string): Promise<z.input<typeof paymentDetailSchema>> {
  const payment = await readPayment(ctx, id);
  if (!payment) throw notFound('payment');
  const [shown] = await showPayments(ctx, [payment]);
  return { ...shown!, applications: (await readApplications(ctx, { paymentId: id })).map(showApplication) };
}

export const paymentEndpoints: Endpoint[] = [
  endpoint({
    method: 'get',
    path: '/v1/payments',
    permission: 'payments.read',
    tag: 'Payments',
    summary: 'List payments',
    query: z.object({ ...listQuery, ...paymentFilters, sort: z.enum(['received', '-received']).default('-received') }),
    response: pageOf(paymentSchema),
    handler: async (ctx, { query }) => {
      const { cursor, limit, sort, ...filters } = query;
      const after = fromCursor(sort, cursor, paymentKeyKinds);
      const page = await listPayments(ctx, paymentFilter(filters), { descending: directed(sort).descending, after, limit });
      return { items: await showPayments(ctx, page.rows), nextCursor: toCursor(sort, page.next) };
    },
  }),
  endpoint({
    method: 'get',
    path: '/v1/payments/totals',
    permission: 'payments.read',
    tag: 'Payments',
    summary: 'Count and amount of a list',
    query: z.object(paymentFilters),
    response: z.object({ count: z.number().int(), capped: z.boolean(), sums: z.array(z.object({ count: z.number().int(), amount: moneySchema })) }),
    handler: async (ctx, { query }) => {
      const totals = await paymentTotals(ctx, paymentFilter(query));
      return { count: totals.count, capped: totals.capped, sums: totals.sums.map((sum) => ({ count: sum.count, amount: asMoney(sum.minor, sum.currency) })) };
    },
  }),
  endpoint({
    method: 'post',
    path: '/v1/payments',
    permission: 'receivables.write',
    tag: 'Payments',
    summary: 'Record a payment',
    description: 'Money that came outside of PayorCRM: a check, a transfer. No more is applied than is open; the rest stays unapplied.',
    body: z.object({
      customerId: idSchema,
      amount: moneySchema,
      method: z.enum(paymentMethods),
      receivedOn: dateSchema.optional().meta({ description: 'Today when left out' }),
      reference: z.string().trim().max(200).nullable().optional(),
      note: z.string().trim().max(1000).nullable().optional(),
      applications: z.array(application).max(500).default([]),
      autoApply: z.boolean().default(false).meta({ description: 'Pays the oldest due invoices with what is left' }),
    }),
    response: paymentDetailSchema,
    status: 201,
    idempotent: true,
    example: {
      request: {
        customerId: '019a1b2c-0000-7000-8000-000000000001',
        amount: { amount: '1250.00', currency: 'USD' },
        method: 'check',
        reference: 'Check 2041',
        autoApply: true,
      },
    },
    handler: async (ctx, { body }) => {
      const amount = readAmount(body.amount, 'amount');
      const applications = body.applications.map((asked, index) => {
        const part = asked.amount ? readAmount(asked.amount, `applications.${index}.amount`) : amount;
        if (part.currency !== amount.currency)
          throw invalid(`applications.${index}.amount.currency`, 'other_currency', `This payment is in ${amount.currency}.`);
        return { documentId: asked.invoiceId, amountMinor: part.minor };
      });
      const receivedOn = body.receivedOn ? Temporal.PlainDate.from(body.receivedOn) : ctx.clock.today();
      const { paymentId } = await recordPayment(ctx, {
        customerId: body.customerId,
        currency: amount.currency,
        amountMinor: amount.minor,
        method: body.method,
        state: 'settled',
        receivedOn,
        reference: body.reference ?? null,
        note: body.note ?? null,
        applications,
      });
      if (body.autoApply) await autoApply(ctx, body.customerId, amount.currency);
      return show(ctx, paymentId);
    },
  }),
  endpoint({
    method: 'get',
    path: '/v1/payments/{id}',
    permission: 'payments.read',
    tag: 'Payments',
    summary: 'Read a payment with its applications',
    params: byId,
    response: paymentDetailSchema,
    handler: (ctx, { params }) => show(ctx, params.id),
  }),
  endpoint({
    method: 'post',
    path: '/v1/payments/{id}/apply',
    permission: 'receivables.write',
    tag: 'Payments',
    summary: 'Apply unapplied cash to invoices',
    params: byId,
    body: z.object({ applications: z.array(application).min(1).max(500) }),
    response: paymentDetailSchema,
    idempotent: true,
    handler: async (ctx, { params, body }) => {
      await applyPayment(
        ctx,
        params.id,
        body.applications.map((asked, index) => ({
          documentId: asked.invoiceId,
          amountMinor: asked.amount ? readAmount(asked.amount, `applications.${index}.amount`).minor : null,
        })),
      );
      return show(ctx, params.id);
    },
  }),
  endpoint({
    method: 'post',
    path: '/v1/payments/{id}/return',
    permission: 'receivables.write',
    tag: 'Payments',
    summary: 'Mark a recorded payment as returned',
    description: 'A check that bounced: its invoices are open again. Payments through a gateway are returned by the gateway’s word alone.',
    params: byId,
    body: z.object({ reason: z.string().trim().min(1).max(500) }),
    response: paymentDetailSchema,
    handler: async (ctx, { params, body }) => {
      const payment = await readPayment(ctx, params.id);
      if (payment?.attemptId) throw conflict('gateway_payment', 'The gateway says when this payment is returned.');
      await returnPayment(ctx, params.id, body.reason);
      return show(ctx, params.id);
    },
  }),
  endpoint({
    method: 'post',
    path: '/v1/customers/{id}/auto-apply',
    permission: 'receivables.write',
    tag: 'Payments',
    summary: 'Apply credits and unapplied cash to the oldest due invoices',
    params: byId,
    body: z.object({ currency: currencySchema.optional() }),
    response: z.object({ applied: moneySchema }),
    handler: async (ctx, { params, body }) => {
      const currency = body.currency ?? ctx.tenant.currency;
      const { appliedMinor } = await autoApply(ctx, params.id, currency);
      return { applied: asMoney(appliedMinor, currency) };
    },
  }),
];
