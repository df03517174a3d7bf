import { z } from 'zod';
import { invalid, notFound } from '../../../kernel/problem.ts';
import type { Context } from '../../../platform/context.ts';
import { inline } from '../../../platform/http/download.ts';
import { endpoint, type Endpoint } from '../../../platform/http/endpoint.ts';
import { dateSchema, idSchema, listQuery, moneySchema, pageOf } from '../../../platform/http/schemas.ts';
import { getSettings } from '../../tenants/index.ts';
import { applyCredit, unapply } from '../commands/apply.ts';
import { createCreditMemo, createInvoice, type DocumentInput, voidDocument, writeOff } from '../commands/document.ts';
import { documentKeyKinds, documentTotals, listDocuments } from '../lists/documents/queries.ts';
import { fromCursor, toCursor } from '../lists/page.ts';
import { invoicePdf } from '../pdf.ts';
import { showDetail, showDocuments } from '../present.ts';
import { type DocumentKind, readApplications, readDocument } from '../queries.ts';
import { asMoney, documentDetailSchema, documentSchema, readAmount } from '../schemas.ts';
import { documentFilter, documentFilters, documentOrder, documentSort } from './list-input.ts';

const byId = z.object({ id: idSchema });
const credits: readonly DocumentKind[] = ['credit_memo', 'payment_on_account'];
const invoices: readonly DocumentKind[] = ['invoice'];
const listOf = z.object({ ...listQuery, ...documentFilters, sort: documentSort });
const reason = z.string().trim().min(1).max(500);

async function list(ctx: Context, query: z.infer<typeof listOf>, kinds: readonly DocumentKind[]) {
  const { cursor, limit, sort, ...filters } = query;
  const filter = documentFilter(ctx, filters, kinds);
  const { order, descending } = documentOrder(sort, filter);
  const after = fromCursor(sort, cursor, documentKeyKinds(order));
  const page = await listDocuments(ctx, filter, order, { descending, after, limit });
  return { items: showDocuments(ctx, page.rows), nextCursor: toCursor(sort, page.next) };
}

async function show(ctx: Context, id: string, kinds: readonly DocumentKind[]): Promise<z.input<typeof documentDetailSchema>> {
  const document = await readDocument(ctx, id);
  if (!document || !kinds.includes(document.kind)) throw notFound(kinds === invoices ? 'invoice' : 'credit memo');
  const applied = await readApplications(ctx, document.kind === 'invoice' ? { documentId: id } : { creditId: id });
  return showDetail(ctx, document, applied);
}

const newDocument = z.object({
  customerId: idSchema,
  number: z.string().trim().min(1).max(64).optional().meta({ description: 'Given by PayorCRM when left out' }),
  companyCode: z.string().trim().max(20).optional(),
  amount: moneySchema,
  issuedOn: dateSchema.optional().meta({ description: 'Today when left out' }),
  dueOn: dateSchema.optional().meta({ description: 'Issue date plus the default terms when left out' }),
  paymentTerms: z.string().max(100).nullable().optional(),
  reference1: z.string().max(100).nullable().optional(),
  reference2: z.string().max(100).nullable().optional(),
  itemText: z.string().max(1000).nullable().optional(),
});
const newCredit = newDocument.omit({ dueOn: true, paymentTerms: true }).extend({
  referenceDocument: z.string().max(100).nullable().optional().meta({ description: 'Number of the invoice that it belongs to' }),
  reasonCode: z.string().max(50).nullable().optional(),
  reasonText: z.string().max(500).nullable().optional(),
});

function inputOf(
  ctx: Context,
  body: z.infer<typeof newDocument> & Partial<z.infer<typeof newCredit>>,
  dueOn: (issuedOn: Temporal.PlainDate) => Temporal.PlainDate,
): DocumentInput {
  const amount = readAmount(body.amount, 'amount');
  const issuedOn = body.issuedOn ? Temporal.PlainDate.from(body.issuedOn) : ctx.clock.today();
  const { amount: _, dueOn: __, issuedOn: ___, ...rest } = body;
  return { ...rest, currency: amount.currency, amountMinor: amount.minor, issuedOn, dueOn: body.dueOn ? Temporal.PlainDate.from(body.dueOn) : dueOn(issuedOn) };
}

const totalsSchema = z.object({
  count: z.number().int(),
  capped: z.boolean().meta({ description: 'True: there are more than were counted ("10,000+")' }),
  sums: z.array(z.object({ count: z.number().int(), amount: moneySchema })),
});

const invoiceEndpoints: Endpoint[] = [
  endpoint({
    method: 'get',
    path: '/v1/invoices',
    permission: 'receivables.read',
    tag: 'Invoices',
    summary: 'List invoices',
    description: 'Pages by cursor. A filter that hardly any invoice meets may answer a page with fewer items and a cursor to go on from.',
    query: listOf,
    response: pageOf(documentSchema),
    handler: (ctx, { query }) => list(ctx, query, invoices),
  }),
  endpoint({
    method: 'get',
    path: '/v1/invoices/totals',
    permission: 'receivables.read',
    tag: 'Invoices',
    summary: 'Count and open amount of a list',
    query: z.object(documentFilters),
    response: totalsSchema,
    handler: async (ctx, { query }) => {
      const totals = await documentTotals(ctx, documentFilter(ctx, query, invoices));
      return { count: totals.count, capped: totals.capped, sums: totals.sums.map((sum) => ({ count: sum.count, amount: asMoney(sum.minor, sum.currency) })) };
    },
  }),
  endpoint({
    method: 'post',
    path: '/v1/invoices',
    permission: 'receivables.write',
    tag: 'Invoices',
    summary: 'Create an invoice',
    body: newDocument,
    response: documentDetailSchema,
    status: 201,
    idempotent: true,
    example: {
      request: {
        customerId: '019a1b2c-0000-7000-8000-000000000001',
        number: 'INV-1042',
        amount: { amount: '1250.00', currency: 'USD' },
        issuedOn: '2026-03-01',
        dueOn: '2026-03-31',
      },
    },
    handler: async (ctx, { body }) => {
      const { intake } = await getSettings(ctx);
      const id = await createInvoice(
        ctx,
        inputOf(ctx, body, (issuedOn) => issuedOn.add({ days: intake.defaultTermsDays })),
      );
      return show(ctx, id, invoices);
    },
  }),
  endpoint({
    method: 'get',
    path: '/v1/invoices/{id}',
    permission: 'receivables.read',
    tag: 'Invoices',
    summary: 'Read an invoice',
    params: byId,
    response: documentDetailSchema,
    handler: (ctx, { params }) => show(ctx, params.id, invoices),
  }),
  endpoint({
    method: 'get',
    path: '/v1/invoices/{id}/pdf',
    permission: 'receivables.read',
    tag: 'Invoices',
    summary: 'The PDF of an invoice or credit memo',
    raw: true,
    raws: { gives: ['application/pdf'] },
    description: 'The source system’s own where it gave one, else drawn from what was uploaded.',
    params: byId,
    handler: async (work, { params }) => {
      const file = await work.transaction((ctx) => invoicePdf(ctx, params.id));
      return inline(file.name.replace(/[^\w.-]+/g, '_'), file.contentType, file.bytes);
    },
  }),
  endpoint({
    method: 'post',
    path: '/v1/invoices/{id}/void',
    permission: 'receivables.write',
    tag: 'Invoices',
    summary: 'Void an invoice',
    description: 'Payments and credits applied to it become unapplied again. It stays in the history.',
    params: byId,
    body: z.object({ reason }),
    response: documentDetailSchema,
    handler: async (ctx, { params, body }) => {
      await show(ctx, params.id, invoices);
      await voidDocument(ctx, params.id, body.reason);
      return show(ctx, params.id, invoices);
    },
  }),
  endpoint({
    method: 'post',
    path: '/v1/invoices/{id}/write-off',
    permission: 'receivables.write',
    tag: 'Invoices',
    summary: 'Write off an open amount',
    params: byId,
    body: z.object({ amount: moneySchema.optional().meta({ description: 'All that is open when left out' }), reason }),
    response: documentDetailSchema,
    handler: async (ctx, { params, body }) => {
      const invoice = await show(ctx, params.id, invoices);
      const amount = body.amount ? readAmount(body.amount, 'amount') : null;
      if (amount && amount.currency !== invoice.open.currency)
        throw invalid('amount.currency', 'other_currency', `${invoice.number} is in ${invoice.open.currency}.`);
      await writeOff(ctx, params.id, { amountMinor: amount?.minor ?? null, reason: body.reason });
      return show(ctx, params.id, invoices);
    },
  }),
];

const creditEndpoints: Endpoint[] = [
  endpoint({
    method: 'get',
    path: '/v1/credit-memos',
    permission: 'receivables.read',
    tag: 'Credit memos',
    summary: 'List credit memos and payments on account',
    query: listOf,
    response: pageOf(documentSchema),
    handler: (ctx, { query }) => list(ctx, query, credits),
  }),
  endpoint({
    method: 'post',
    path: '/v1/credit-memos',
    permission: 'receivables.write',
    tag: 'Credit memos',
    summary: 'Create a credit memo',
    body: newCredit,
    response: documentDetailSchema,
    status: 201,
    idempotent: true,
    handler: async (ctx, { body }) =>
      show(
        ctx,
        await createCreditMemo(
          ctx,
          inputOf(ctx, body, (issuedOn) => issuedOn),
        ),
        credits,
      ),
  }),
  endpoint({
    method: 'get',
    path: '/v1/credit-memos/{id}',
    permission: 'receivables.read',
    tag: 'Credit memos',
    summary: 'Read a credit memo',
    params: byId,
    response: documentDetailSchema,
    handler: (ctx, { params }) => show(ctx, params.id, credits),
  }),
  endpoint({
    method: 'post',
    path: '/v1/credit-memos/{id}/apply',
    permission: 'receivables.write',
    tag: 'Credit memos',
    summary: 'Apply a credit to invoices',
    params: byId,
    idempotent: true,
    body: z.object({
      applications: z
        .array(z.object({ invoiceId: idSchema, amount: moneySchema.optional() }))
        .min(1)
        .max(500),
    }),
    response: documentDetailSchema,
    handler: async (ctx, { params, body }) => {
      await show(ctx, params.id, credits);
      await applyCredit(
        ctx,
        params.id,
        body.applications.map((asked, index) => ({
          documentId: asked.invoiceId,
          amountMinor: asked.amount ? readAmount(asked.amount, `applications.${index}.amount`).minor : null,
        })),
      );
      return show(ctx, params.id, credits);
    },
  }),
  endpoint({
    method: 'post',
    path: '/v1/credit-memos/{id}/void',
    permission: 'receivables.write',
    tag: 'Credit memos',
    summary: 'Void a credit memo',
    params: byId,
    body: z.object({ reason }),
    response: documentDetailSchema,
    handler: async (ctx, { params, body }) => {
      await show(ctx, params.id, credits);
      await voidDocument(ctx, params.id, body.reason);
      return show(ctx, params.id, credits);
    },
  }),
  endpoint({
    method: 'post',
    path: '/v1/applications/{id}/undo',
    permission: 'receivables.write',
    tag: 'Payments',
    summary: 'Undo an application',
    description: 'Of a payment, a credit or a write-off: the invoice is open again by that much and the money lies unapplied.',
    params: byId,
    body: z.object({ reason: z.string().trim().max(500).optional() }),
    response: z.object({ done: z.literal(true) }),
    handler: async (ctx, { params, body }) => {
      await unapply(ctx, params.id, body.reason || undefined);
      return { done: true as const };
    },
  }),
];

export const documentEndpoints: Endpoint[] = [...invoiceEndpoints, ...creditEndpoints];
