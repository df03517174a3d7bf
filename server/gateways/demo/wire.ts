/** The demo provider's wire, pure: what we ask becomes a request, what it answers becomes our words. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { Money } from '../../kernel/money.ts';
import { type FailureCode, failure, type GatewayFailure } from '../failure.ts';
import type {
  CapturedMethod,
  CaptureRequest,
  CaptureSession,
  ChargeRequest,
  GatewayEvent,
  GatewayOutcome,
  MethodSummary,
  PaymentSnapshot,
  Recovery,
  RefundRequest,
  RefundSnapshot,
} from '../gateway.ts';

export interface WireRequest {
  method: 'GET' | 'POST' | 'DELETE';
  path: string;
  /** The operation id; the provider carries it out once. */
  idempotencyKey?: string;
  body?: Record<string, unknown>;
}

const amountOf = (money: Money) => ({ amount: money.minor.toString(), currency: money.currency });
const segment = (text: string) => encodeURIComponent(text);

export const build = {
  account: (): WireRequest => ({ method: 'GET', path: '/v1/account' }),
  captureSession: (request: CaptureRequest): WireRequest => ({
    method: 'POST',
    path: '/v1/capture-sessions',
    body: {
      reference: request.reference,
      rail: request.rail,
      ...amountOf(request.amount),
      merchant_name: request.merchantName,
      return_url: request.returnUrl,
    },
  }),
  token: (token: string): WireRequest => ({ method: 'GET', path: `/v1/tokens/${segment(token)}` }),
  customer: (input: { key: string; name: string; email: string | null }): WireRequest => ({
    method: 'POST',
    path: '/v1/customers',
    body: input,
  }),
  saveMethod: (input: { operation: string; customer: string; token: string }): WireRequest => ({
    method: 'POST',
    path: '/v1/methods',
    idempotencyKey: input.operation,
    body: { customer: input.customer, token: input.token },
  }),
  removeMethod: (ref: string): WireRequest => ({ method: 'DELETE', path: `/v1/methods/${segment(ref)}` }),
  charge: (request: ChargeRequest, webhookUrl: string): WireRequest => ({
    method: 'POST',
    path: '/v1/payments',
    idempotencyKey: request.operation,
    body: {
      reference: request.operation,
      ...amountOf(request.amount),
      rail: request.rail,
      customer: request.customer,
      ...('savedMethod' in request.source ? { method: request.source.savedMethod } : { token: request.source.token, save: request.source.save }),
      description: request.description,
      return_url: request.returnUrl,
      webhook_url: webhookUrl,
    },
  }),
  cancel: (input: { operation: string; payment: string }): WireRequest => ({
    method: 'POST',
    path: `/v1/payments/${segment(input.payment)}/cancel`,
    idempotencyKey: input.operation,
    body: {},
  }),
  refund: (request: RefundRequest, webhookUrl: string): WireRequest => ({
    method: 'POST',
    path: `/v1/payments/${segment(request.payment)}/refunds`,
    idempotencyKey: request.operation,
    body: { reference: request.operation, ...amountOf(request.amount), reason: request.reason, webhook_url: webhookUrl },
  }),
  payment: (ref: string): WireRequest => ({ method: 'GET', path: `/v1/payments/${segment(ref)}` }),
  readRefund: (ref: string): WireRequest => ({ method: 'GET', path: `/v1/refunds/${segment(ref)}` }),
  /** Answers what the operation did, or closes its key for ever, so that a request still on its way is refused. */
  settleOperation: (operation: string): WireRequest => ({ method: 'POST', path: `/v1/operations/${segment(operation)}/settle`, body: {} }),
  events: (cursor: string | null): WireRequest => ({ method: 'GET', path: `/v1/events?after=${segment(cursor ?? '0')}` }),
};

const minor = z
  .string()
  .regex(/^\d{1,15}$/)
  .transform(BigInt);
const currency = z.string().regex(/^[A-Z]{3}$/);
const instant = z.string().transform((text) => Temporal.Instant.from(text));

const methodSchema = z.object({
  id: z.string().nullable(),
  rail: z.enum(['card', 'bank']),
  brand: z.string().nullable(),
  last4: z.string().regex(/^\d{2,4}$/),
  exp_month: z.number().int().nullable(),
  exp_year: z.number().int().nullable(),
  holder: z.string().nullable(),
  funding: z.enum(['credit', 'debit', 'prepaid', 'unknown']),
});
const failureSchema = z.object({ code: z.string(), message: z.string(), return_code: z.string().nullable() });
const paymentSchema = z.object({
  object: z.literal('payment'),
  id: z.string(),
  reference: z.string().nullable(),
  status: z.enum(['requires_action', 'processing', 'settled', 'failed', 'canceled', 'returned']),
  amount: minor,
  currency,
  refunded: minor,
  version: z.number().int(),
  method: methodSchema.nullable(),
  next_action: z.object({ url: z.string() }).nullable(),
  failure: failureSchema.nullable(),
  changed_at: instant,
});
const refundSchema = z.object({
  object: z.literal('refund'),
  id: z.string(),
  reference: z.string().nullable(),
  payment: z.string(),
  status: z.enum(['pending', 'succeeded', 'failed']),
  amount: minor,
  currency,
  version: z.number().int(),
  failure: failureSchema.nullable(),
});
const errorSchema = z.object({ error: z.object({ type: z.string(), code: z.string(), message: z.string() }) });

const codes: Record<string, FailureCode> = {
  insufficient_funds: 'FUNDS',
  limit_reached: 'LIMIT',
  expired_card: 'EXPIRED',
  incorrect_code: 'INVALID_DATA',
  generic_decline: 'ISSUER',
  authentication_failed: 'SCA',
  lost_card: 'RISK',
  processing_error: 'PROVIDER',
  no_account: 'BANK_ACCOUNT',
  account_closed: 'BANK_ACCOUNT',
  not_authorized: 'UNAUTHORIZED',
  payment_stopped: 'STOPPED',
  operation_closed: 'DUPLICATE',
  idempotency_mismatch: 'DUPLICATE',
  token_used: 'STATE',
  amount_too_large: 'AMOUNT',
  refund_exceeds_payment: 'AMOUNT',
  not_refundable: 'STATE',
  not_cancelable: 'STATE',
  rate_limited: 'PROVIDER',
};

const toFailure = (raw: z.infer<typeof failureSchema>): GatewayFailure =>
  failure(codes[raw.code] ?? 'ISSUER', raw.message, { gatewayCode: raw.code, returnCode: raw.return_code });

const toMethod = (raw: z.infer<typeof methodSchema>): MethodSummary => ({
  rail: raw.rail,
  ref: raw.id,
  brand: raw.brand,
  last4: raw.last4,
  expMonth: raw.exp_month,
  expYear: raw.exp_year,
  holderName: raw.holder,
  funding: raw.funding,
});

function toPayment(body: unknown): PaymentSnapshot {
  const raw = paymentSchema.parse(body);
  return {
    ref: raw.id,
    reference: raw.reference,
    status: raw.status,
    amount: { minor: raw.amount, currency: raw.currency },
    refunded: { minor: raw.refunded, currency: raw.currency },
    version: BigInt(raw.version),
    method: raw.method ? toMethod(raw.method) : null,
    nextAction: raw.next_action ? { type: 'redirect', url: raw.next_action.url } : null,
    failure: raw.failure ? toFailure(raw.failure) : null,
    occurredAt: raw.changed_at,
  };
}

function toRefund(body: unknown): RefundSnapshot {
  const raw = refundSchema.parse(body);
  return {
    ref: raw.id,
    reference: raw.reference,
    paymentRef: raw.payment,
    status: raw.status,
    amount: { minor: raw.amount, currency: raw.currency },
    version: BigInt(raw.version),
    failure: raw.failure ? toFailure(raw.failure) : null,
  };
}

/** A 4xx: the provider refused and did nothing. */
function rejected(body: unknown): { kind: 'rejected'; failure: GatewayFailure } {
  const { error } = errorSchema.parse(body);
  return { kind: 'rejected', failure: failure(codes[error.code] ?? 'MERCHANT', error.message, { gatewayCode: error.code }) };
}

const ok = <T>(value: T): GatewayOutcome<T> => ({ kind: 'ok', value });
const isOk = (status: number) => status >= 200 && status < 300;

type Parse<T> = (status: number, body: unknown) => GatewayOutcome<T>;

/** A lookup: absence is an answer. */
const orNull =
  <T>(read: (body: unknown) => T): Parse<T | null> =>
  (status, body) => {
    if (status === 404 && errorSchema.parse(body).error.code === 'no_such_object') return ok(null);
    return isOk(status) ? ok(read(body)) : rejected(body);
  };

const orRejected =
  <T>(read: (body: unknown) => T): Parse<T> =>
  (status, body) =>
    isOk(status) ? ok(read(body)) : rejected(body);

const tokenSchema = z.object({ token: z.string(), reference: z.string(), method: methodSchema });
const recoverySchema = z.object({ found: z.boolean(), object: z.unknown().optional() });
const eventSchema = z.object({
  id: z.string(),
  type: z.string(),
  data: z.object({ object: z.string(), id: z.string() }),
});

function toEvents(raw: z.infer<typeof eventSchema>): GatewayEvent[] {
  const kind = raw.data.object;
  return kind === 'payment' || kind === 'refund' ? [{ dedupeKey: raw.id, object: { kind, ref: raw.data.id } }] : [];
}

const recovery =
  <T>(read: (body: unknown) => T): Parse<Recovery<T>> =>
  (status, body) => {
    if (!isOk(status)) return rejected(body);
    const answer = recoverySchema.parse(body);
    return ok(answer.found ? { found: true, snapshot: read(answer.object) } : { found: false });
  };

export const parse = {
  account: orRejected((body) => {
    const raw = z.object({ account: z.string(), live: z.boolean() }).parse(body);
    return { account: raw.account, live: raw.live };
  }),
  captureSession: orRejected((body): CaptureSession => {
    const raw = z.object({ id: z.string(), url: z.url() }).parse(body);
    return { ref: raw.id, url: raw.url };
  }),
  token: orRejected((body): CapturedMethod => {
    const raw = tokenSchema.parse(body);
    return { token: raw.token, reference: raw.reference, method: toMethod(raw.method) };
  }),
  customer: orRejected((body) => z.object({ id: z.string() }).parse(body).id),
  method: orRejected((body) => toMethod(methodSchema.parse(body))),
  removed: orRejected(() => null),
  /** A declined payment is an object too: the provider keeps it as failed. */
  charge: ((status, body) => {
    if (!isOk(status)) return rejected(body);
    const value = toPayment(body);
    return value.status === 'failed' && value.failure ? { kind: 'declined', failure: value.failure, value } : ok(value);
  }) satisfies Parse<PaymentSnapshot>,
  payment: orNull(toPayment),
  anyPayment: orRejected(toPayment),
  refund: ((status, body) => {
    if (!isOk(status)) return rejected(body);
    const value = toRefund(body);
    return value.status === 'failed' && value.failure ? { kind: 'declined', failure: value.failure, value } : ok(value);
  }) satisfies Parse<RefundSnapshot>,
  readRefund: orNull(toRefund),
  recoveredPayment: recovery(toPayment),
  recoveredRefund: recovery(toRefund),
  events: orRejected((body) => {
    const raw = z.object({ events: z.array(eventSchema), cursor: z.string().nullable() }).parse(body);
    return { events: raw.events.flatMap(toEvents), cursor: raw.cursor };
  }),
};

/** The account that a key opens; any key of eight characters is an account of its own. */
export const demoMerchant = (apiKey: string): string => `acct_${createHash('sha256').update(apiKey).digest('hex').slice(0, 16)}`;
export const secretOfMerchant = (merchant: string): string => `whsec_${createHmac('sha256', 'demo-gateway').update(merchant).digest('hex').slice(0, 40)}`;
/** The secret with which webhooks of that key's account are signed. */
export const demoWebhookSecret = (apiKey: string): string => secretOfMerchant(demoMerchant(apiKey));

/** How old a signed webhook may be. */
export const WEBHOOK_TOLERANCE_SECONDS = 300;

/** `t=<seconds>,v1=<hex HMAC-SHA256 of "seconds.body">`, the form in which the provider signs. */
export function signWebhook(secret: string, body: Buffer, atSeconds: number): string {
  const mac = createHmac('sha256', secret).update(`${atSeconds}.`).update(body).digest('hex');
  return `t=${atSeconds},v1=${mac}`;
}

/** Checks the signature over the raw bytes with every active secret, then reads the event. */
export function readWebhook(signature: string, body: Buffer, secrets: readonly string[], now: Temporal.Instant): GatewayEvent[] | 'invalid' {
  const match = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(signature);
  if (!match) return 'invalid';
  const at = Number(match[1]);
  if (Math.abs(now.epochMilliseconds / 1000 - at) > WEBHOOK_TOLERANCE_SECONDS) return 'invalid';
  const given = Buffer.from(signature);
  const genuine = secrets.some((secret) => {
    const expected = Buffer.from(signWebhook(secret, body, at));
    return expected.length === given.length && timingSafeEqual(expected, given);
  });
  if (!genuine) return 'invalid';
  try {
    return toEvents(eventSchema.parse(JSON.parse(body.toString('utf8'))));
  } catch {
    return 'invalid';
  }
}
