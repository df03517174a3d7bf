import { createHash } from 'node:crypto';
import { z } from 'zod';
import { isId, newId } from '../../kernel/ids.ts';
import { fromDecimal, money, toJson } from '../../kernel/money.ts';
import { invalid, notFound, Problem } from '../../kernel/problem.ts';
import type { Context, Work } from '../../platform/context.ts';
import { decodeCursor, encodeCursor } from '../../platform/http/cursor.ts';
import { type Endpoint, endpoint } from '../../platform/http/endpoint.ts';
import { idSchema, instantSchema, listQuery, moneySchema, pageOf } from '../../platform/http/schemas.ts';
import { readContacts, readCustomer } from '../customers/index.ts';
import { readPayment } from '../receivables/index.ts';
import { attemptStates } from './attempt.ts';
import { type AccountInput, changeGateway, connectGateway, shownSettings } from './commands/account.ts';
import { removeMethod } from './commands/method.ts';
import { checkRefund, refund } from './commands/refund.ts';
import { receiveWebhook } from './commands/webhook.ts';
import { knownGateways } from './gateways.ts';
import { createStaffLink } from './links/links.ts';
import { attemptDetailSchema, attemptJson, attemptSchema, methodJson, methodSchema, railSchema, refundJson, refundSchema, stepJson } from './present.ts';
import { checkAttempt } from './protocol.ts';
import {
  findAttemptOfPayment,
  type GatewayAccountRow,
  listAccounts,
  listAttempts,
  listMethods,
  readAccount,
  readAttempt,
  readAttemptDocuments,
  readRefunds,
  readSteps,
} from './queries.ts';

const byId = z.object({ id: idSchema });
const SORT = 'created';

/** Text without control characters. */
const plainText = (max: number) =>
  z
    .string()
    .trim()
    .max(max)
    .regex(/^\P{Cc}*$/u, 'write it without control characters');

function isMoment(text: string): boolean {
  try {
    return Temporal.Instant.from(text) !== null;
  } catch {
    return false;
  }
}

const listPaymentAttempts = endpoint({
  method: 'get',
  path: '/v1/payment-attempts',
  permission: 'payments.read',
  tag: 'Payments',
  summary: 'List the tries to collect, newest first',
  query: z.object({
    ...listQuery,
    state: z.enum(attemptStates).optional(),
    customerId: idSchema.optional(),
    paymentId: idSchema.optional(),
    rail: railSchema.optional(),
  }),
  response: pageOf(attemptSchema),
  handler: async (ctx, { query }) => {
    const [createdAt, id] = query.cursor ? decodeCursor(SORT, query.cursor) : [];
    if (query.cursor && !(createdAt && isMoment(createdAt) && id && isId(id)))
      throw new Problem(400, 'invalid_cursor', 'This cursor does not belong to this list. Start again without it.');
    const rows = await listAttempts(ctx, { ...query, before: createdAt && id ? { createdAt, id } : undefined, limit: query.limit + 1 });
    const shown = rows.slice(0, query.limit);
    const last = rows.length > query.limit ? shown.at(-1) : undefined;
    return { items: shown.map(attemptJson), nextCursor: last ? encodeCursor(SORT, [last.createdAt.toString(), last.id]) : null };
  },
});

async function attemptDetail(ctx: Context, id: string) {
  const attempt = await readAttempt(ctx, id);
  if (!attempt) throw notFound('payment attempt');
  const documents = await readAttemptDocuments(ctx, id);
  return {
    ...attemptJson(attempt),
    documents: documents.map((document) => ({
      documentId: document.documentId,
      number: document.number,
      amount: toJson(money(document.amountMinor, attempt.currency)),
    })),
    steps: (await readSteps(ctx, id)).map(stepJson),
    refunds: attempt.paymentId ? (await readRefunds(ctx, attempt.paymentId)).map(refundJson) : [],
  };
}

const getPaymentAttempt = endpoint({
  method: 'get',
  path: '/v1/payment-attempts/{id}',
  permission: 'payments.read',
  tag: 'Payments',
  summary: 'Read a try to collect with each of its steps',
  params: byId,
  response: attemptDetailSchema,
  handler: (ctx, { params }) => attemptDetail(ctx, params.id),
});

const checkPaymentAttempt = endpoint({
  method: 'post',
  path: '/v1/payment-attempts/{id}/check',
  permission: 'payments.read',
  tag: 'Payments',
  summary: 'Ask the gateway now what became of a try to collect',
  description: 'Never charges. An attempt whose call may still be under way is left alone.',
  params: byId,
  response: attemptDetailSchema,
  network: true,
  handler: async (work: Work, { params }) => {
    await checkAttempt(work, params.id);
    return work.transaction((ctx) => attemptDetail(ctx, params.id));
  },
});

const getAttemptOfPayment = endpoint({
  method: 'get',
  path: '/v1/payments/{id}/attempt',
  permission: 'payments.read',
  tag: 'Payments',
  summary: 'Read the try to collect from which a payment came',
  description: '404 for payments that did not come through a gateway.',
  params: byId,
  response: attemptDetailSchema,
  handler: async (ctx, { params }) => {
    const attempt = await findAttemptOfPayment(ctx, params.id);
    if (!attempt) throw notFound('payment attempt');
    return attemptDetail(ctx, attempt.id);
  },
});

const listRefunds = endpoint({
  method: 'get',
  path: '/v1/payments/{id}/refunds',
  permission: 'payments.read',
  tag: 'Payments',
  summary: 'List the refunds of a payment',
  params: byId,
  response: z.object({ items: z.array(refundSchema) }),
  handler: async (ctx, { params }) => {
    if (!(await readPayment(ctx, params.id))) throw notFound('payment');
    return { items: (await readRefunds(ctx, params.id)).map(refundJson) };
  },
});

/** The refund's id follows from the payment and the caller's key, so that a request sent again is the same refund. */
function refundIdOf(work: Work, paymentId: string, key: string | string[] | undefined): string {
  if (typeof key !== 'string' || key === '') return newId();
  if (key.length > 200) throw new Problem(400, 'invalid_idempotency_key', 'An Idempotency-Key may have 200 characters at most.');
  const hex = createHash('sha256').update(`${work.tenantId}/${paymentId}/${key}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

const createRefund = endpoint({
  method: 'post',
  path: '/v1/payments/{id}/refunds',
  permission: 'payments.refund',
  tag: 'Payments',
  summary: 'Give a payment back, in whole or in part',
  description:
    'The money goes back the way it came; the newest applications are undone and their invoices open again. A refund whose outcome is not known yet answers `unknown` and is looked up. Send an `Idempotency-Key`: the same key is one refund.',
  params: byId,
  body: z.object({ amount: moneySchema.meta({ description: 'at most what was paid and not refunded' }), reason: plainText(500).optional() }),
  response: refundSchema,
  status: 201,
  example: { request: { amount: { amount: '25.00', currency: 'USD' }, reason: 'Damaged in transit' } },
  network: true,
  handler: async (work: Work, { params, body, request }) => {
    const amount = fromDecimal(body.amount.amount, body.amount.currency);
    if (!amount) throw invalid('amount', 'invalid', `An amount in ${body.amount.currency} has fewer digits.`);
    const payment = await work.transaction((ctx) => readPayment(ctx, params.id));
    if (!payment) throw notFound('payment');
    if (payment.currency !== amount.currency) throw invalid('amount.currency', 'other_currency', `The payment was made in ${payment.currency}.`);
    const row = await refund(work, {
      refundId: refundIdOf(work, params.id, request.headers['idempotency-key']),
      paymentId: params.id,
      amountMinor: amount.minor,
      reason: body.reason || null,
    });
    if (row.paymentId !== params.id || row.amountMinor !== amount.minor)
      throw new Problem(422, 'idempotency_key_reused', 'This Idempotency-Key was used for another request. Use a new one.');
    return refundJson(row);
  },
});

const checkRefundNow = endpoint({
  method: 'post',
  path: '/v1/refunds/{id}/check',
  permission: 'payments.read',
  tag: 'Payments',
  summary: 'Ask the gateway now what became of a refund',
  params: byId,
  response: refundSchema,
  network: true,
  handler: async (work: Work, { params }) => refundJson(await checkRefund(work, params.id)),
});

// ---- gateways ---------------------------------------------------------------------------------------------------------

const fieldSchema = z.object({ name: z.string(), label: z.string(), help: z.string(), kind: z.enum(['text', 'url', 'secret']), required: z.boolean() });
const accountSchema = z.object({
  id: idSchema,
  gateway: z.string(),
  label: z.string(),
  rails: z.array(railSchema),
  active: z.boolean(),
  webhookUrl: z.string(),
  settings: z.array(
    z.object({
      name: z.string(),
      label: z.string(),
      help: z.string(),
      kind: z.string(),
      required: z.boolean(),
      value: z.string().nullable().meta({ description: 'null for secrets' }),
      isSet: z.boolean(),
    }),
  ),
  createdAt: instantSchema,
});
const accountBody = z.strictObject({
  label: plainText(100).min(1),
  rails: z.array(railSchema).min(1).max(2),
  active: z.boolean().default(true),
  settings: z.record(z.string().max(50), z.string().max(4000)).meta({ description: 'by the form of GET /v1/gateways; a secret left out keeps its value' }),
});

const accountJson = (ctx: Context, account: GatewayAccountRow): z.input<typeof accountSchema> => ({
  id: account.id,
  gateway: account.gateway,
  label: account.label,
  rails: account.rails,
  active: account.active,
  webhookUrl: `${ctx.platform.config.publicUrl}/webhooks/${account.gateway}/${account.id}`,
  settings: shownSettings(ctx, account),
  createdAt: account.createdAt.toString(),
});

const readAccountJson = (work: Work, id: string) =>
  work.transaction(async (ctx) => {
    const account = await readAccount(ctx, id);
    if (!account) throw notFound('gateway account');
    return accountJson(ctx, account);
  });

const listGateways = endpoint({
  method: 'get',
  path: '/v1/gateways',
  permission: 'settings.read',
  tag: 'Payment settings',
  summary: 'List the gateways that can be connected, with their forms',
  response: z.object({ items: z.array(z.object({ id: z.string(), label: z.string(), rails: z.array(railSchema), form: z.array(fieldSchema) })) }),
  handler: async () => ({
    items: knownGateways().map((definition) => ({ id: definition.id, label: definition.label, rails: [...definition.rails], form: [...definition.form] })),
  }),
});

const listGatewayAccounts = endpoint({
  method: 'get',
  path: '/v1/gateway-accounts',
  permission: 'settings.read',
  tag: 'Payment settings',
  summary: 'List the connected gateway accounts; secrets only as set or not set',
  response: z.object({ items: z.array(accountSchema) }),
  handler: async (ctx) => ({ items: (await listAccounts(ctx)).map((account) => accountJson(ctx, account)) }),
});

const createGatewayAccount = endpoint({
  method: 'post',
  path: '/v1/gateway-accounts',
  permission: 'settings.write',
  tag: 'Payment settings',
  summary: 'Connect a gateway, after its credentials were tried',
  body: accountBody.extend({ gateway: z.string().max(50) }),
  response: accountSchema,
  status: 201,
  network: true,
  handler: async (work: Work, { body }) => readAccountJson(work, await connectGateway(work, body.gateway, body as AccountInput)),
});

const updateGatewayAccount = endpoint({
  method: 'put',
  path: '/v1/gateway-accounts/{id}',
  permission: 'settings.write',
  tag: 'Payment settings',
  summary: 'Change a gateway account',
  params: byId,
  body: accountBody,
  response: accountSchema,
  network: true,
  handler: async (work: Work, { params, body }) => {
    await changeGateway(work, params.id, body as AccountInput);
    return readAccountJson(work, params.id);
  },
});

// ---- methods and links ------------------------------------------------------------------------------------------------

const listPaymentMethods = endpoint({
  method: 'get',
  path: '/v1/customers/{id}/payment-methods',
  permission: 'payments.read',
  tag: 'Customers',
  summary: 'List the saved cards and bank accounts of a customer',
  params: byId,
  response: z.object({ items: z.array(methodSchema) }),
  handler: async (ctx, { params }) => {
    if (!(await readCustomer(ctx, params.id))) throw notFound('customer');
    return { items: (await listMethods(ctx, [params.id])).map(methodJson) };
  },
});

const deletePaymentMethod = endpoint({
  method: 'delete',
  path: '/v1/payment-methods/{id}',
  permission: 'customers.write',
  tag: 'Customers',
  summary: 'Forget a saved card or bank account',
  params: byId,
  response: z.null(),
  status: 204,
  network: true,
  handler: async (work: Work, { params }) => {
    await removeMethod(work, params.id);
    return null;
  },
});

const createPayLinkEndpoint = endpoint({
  method: 'post',
  path: '/v1/pay-links',
  permission: 'correspondence.write',
  tag: 'Payments',
  summary: 'Make a pay link to copy',
  description: 'For these invoices, or for everything that the customer owes in one currency. The address is shown once.',
  body: z.object({ customerId: idSchema, documentIds: z.array(idSchema).min(1).max(500).optional() }),
  response: z.object({ payLinkId: idSchema, url: z.string(), amount: moneySchema }),
  status: 201,
  handler: async (ctx, { body }) => {
    if (!(await readCustomer(ctx, body.customerId))) throw notFound('customer');
    // confirmation mails go to the customer's own address, never to whoever opens the link
    const [contact] = await readContacts(ctx, [body.customerId]);
    if (!contact) throw new Problem(409, 'no_contact', 'The customer has no contact with an e-mail address.');
    const link = await createStaffLink(ctx, { ...body, emailAddress: contact.email });
    return { payLinkId: link.payLinkId, url: link.url, amount: toJson(money(link.amountMinor, link.currency)) };
  },
});

const webhookEndpoint = endpoint({
  method: 'post',
  path: '/webhooks/{gateway}/{account}',
  permission: 'public',
  tag: 'Webhooks',
  summary: 'Where gateways report changes',
  params: z.object({ gateway: z.string().max(50), account: z.string().max(50) }),
  hidden: true,
  raw: true,
  handler: async (work, { params, request }) => Response.json(await receiveWebhook(work.platform, params.gateway, params.account, request)),
});

export const endpoints: Endpoint[] = [
  listPaymentAttempts,
  getPaymentAttempt,
  checkPaymentAttempt,
  getAttemptOfPayment,
  listRefunds,
  createRefund,
  checkRefundNow,
  listGateways,
  listGatewayAccounts,
  createGatewayAccount,
  updateGatewayAccount,
  listPaymentMethods,
  deletePaymentMethod,
  createPayLinkEndpoint,
  webhookEndpoint,
];
