/** The operations of the simulated provider's API: what a request asks of the ledger, and what it is answered. */
import { z } from 'zod';
import { type Instrument, type Ledger, type LedgerEvent, type Lost, type Payment, Refusal, type Refund } from './ledger.ts';
import type { OperationName } from './simulator-faults.ts';

export interface Answer {
  status: number;
  body: unknown;
  lost?: Lost;
  events?: LedgerEvent[];
}

interface Ask {
  ledger: Ledger;
  merchant: string;
  body: unknown;
  url: string;
  key: string | null;
}
export interface Route {
  operation: OperationName;
  run: (ask: Ask) => Answer;
}

const amount = z.string().regex(/^\d{1,15}$/);
const currency = z.string().regex(/^[A-Z]{3}$/);
const schemas = {
  session: z.strictObject({
    reference: z.string().max(200),
    rail: z.enum(['card', 'bank']),
    amount,
    currency,
    merchant_name: z.string().max(200),
    return_url: z.url(),
  }),
  customer: z.strictObject({ key: z.string().min(1).max(200), name: z.string().max(300), email: z.string().nullable() }),
  method: z.strictObject({ customer: z.string(), token: z.string() }),
  charge: z.strictObject({
    reference: z.string().min(1).max(200),
    amount,
    currency,
    rail: z.enum(['card', 'bank']),
    customer: z.string().nullable(),
    method: z.string().optional(),
    token: z.string().optional(),
    save: z.boolean().optional(),
    description: z.string().max(500),
    return_url: z.url(),
    webhook_url: z.url().nullable(),
  }),
  refund: z.strictObject({ reference: z.string().min(1).max(200), amount, currency, reason: z.string().max(500).nullable(), webhook_url: z.url().nullable() }),
};

const keyOf = (ask: Ask): string => {
  if (!ask.key) throw new Refusal(422, 'idempotency_key_missing', 'The header Idempotency-Key is missing.');
  return ask.key;
};
const okay = (body: unknown, more: Partial<Answer> = {}): Answer => ({ status: 200, body, ...more });

/** Finds the operation of a path; unknown fields of its body are refused. */
export function routeOf(method: string, path: string): Route | null {
  const [plain, query] = path.split('?') as [string, string?];
  const [, , resource, id, action] = plain.split('/').map(decodeURIComponent);
  const route = (operation: OperationName, run: (ask: Ask) => Answer): Route => ({ operation, run });
  switch (`${method} ${[resource, id && ':id', action].filter(Boolean).join('/')}`) {
    case 'GET account':
      return route('account', ({ merchant }) => okay({ account: merchant, live: false }));
    case 'POST capture-sessions':
      return route('capture', ({ ledger, merchant, body, url }) => {
        const { merchant_name, return_url, ...rest } = schemas.session.parse(body);
        const session = ledger.beginSession(merchant, { ...rest, merchantName: merchant_name, returnUrl: return_url });
        return okay({ id: session.id, url: `${url}/entry/${session.id}` });
      });
    case 'GET tokens/:id':
      return route('token', ({ ledger, merchant }) => {
        const token = ledger.token(merchant, id!);
        return okay({ token: token.id, reference: token.reference, method: methodJson(null, token.instrument) });
      });
    case 'POST customers':
      return route('customer', ({ ledger, merchant, body }) => okay({ id: ledger.customer(merchant, schemas.customer.parse(body).key).id }));
    case 'POST methods':
      return route('save_method', (ask) => {
        const saved = ask.ledger.saveMethod(ask.merchant, keyOf(ask), schemas.method.parse(ask.body));
        return okay(methodJson(saved.id, saved.instrument));
      });
    case 'DELETE methods/:id':
      return route('remove_method', ({ ledger, merchant }) => {
        ledger.removeMethod(merchant, id!);
        return okay({ removed: true });
      });
    case 'POST payments':
      return route('charge', (ask) => {
        const { payment, lost } = ask.ledger.charge(ask.merchant, keyOf(ask), schemas.charge.parse(ask.body));
        return payment ? okay(paymentJson(payment, ask.url), { lost }) : { status: 0, body: null, lost };
      });
    case 'GET payments/:id':
      return route('read', ({ ledger, merchant, url }) => okay(paymentJson(ledger.payment(merchant, id!), url)));
    case 'POST payments/:id/cancel':
      return route('cancel', (ask) => okay(paymentJson(ask.ledger.cancel(ask.merchant, keyOf(ask), id!), ask.url)));
    case 'POST payments/:id/refunds':
      return route('refund', (ask) => okay(refundJson(ask.ledger.refund(ask.merchant, keyOf(ask), id!, schemas.refund.parse(ask.body)))));
    case 'GET refunds/:id':
      return route('read', ({ ledger, merchant }) => okay(refundJson(ledger.refundOf(merchant, id!))));
    case 'POST operations/:id/settle':
      return route('recover', ({ ledger, merchant, url }) => {
        const object = ledger.settleOperation(merchant, id!);
        if (!object) return okay({ found: false });
        return okay({ found: true, object: 'payment' in object ? refundJson(object) : paymentJson(object, url) });
      });
    case 'GET events':
      return route('poll', ({ ledger, merchant }) => {
        const events = ledger.eventsAfter(merchant, Number(new URLSearchParams(query).get('after') ?? '0') || 0);
        return okay({ events: events.map(eventJson), cursor: events.length > 0 ? String(events.at(-1)!.sequence) : null });
      });
    default:
      return null;
  }
}

export const errorBody = (type: string, code: string, message: string) => ({ error: { type, code, message } });

const methodJson = (id: string | null, instrument: Instrument) => ({
  id,
  rail: instrument.rail,
  brand: instrument.brand,
  last4: instrument.last4,
  exp_month: instrument.expMonth,
  exp_year: instrument.expYear,
  holder: instrument.holder,
  funding: instrument.funding,
});

const paymentJson = (payment: Payment, url: string) => ({
  object: 'payment',
  id: payment.id,
  reference: payment.reference,
  status: payment.status,
  amount: payment.amount,
  currency: payment.currency,
  refunded: payment.refunded,
  version: payment.version,
  method: methodJson(payment.method, payment.instrument),
  next_action: payment.status === 'requires_action' ? { url: `${url}/challenge/${payment.id}` } : null,
  failure: payment.failure,
  changed_at: Temporal.Instant.fromEpochMilliseconds(payment.changedAt * 1000).toString(),
});

const refundJson = (refund: Refund) => ({
  object: 'refund',
  id: refund.id,
  reference: refund.reference,
  payment: refund.payment,
  status: refund.status,
  amount: refund.amount,
  currency: refund.currency,
  version: refund.version,
  failure: refund.failure,
});

export const eventJson = (event: LedgerEvent) => ({ id: event.id, type: `${event.object}.changed`, data: { object: event.object, id: event.objectId } });
