/**
 * What every gateway adapter must do, tried against its simulator. Each case reads the simulator's own ledger, never
 * our database: the question is what happened to the money.
 */
import assert from 'node:assert/strict';
import { newId } from '../kernel/ids.ts';
import type { ChargeRequest, Gateway, GatewayOutcome, PaymentSnapshot, Rail } from './gateway.ts';

/** What the payer types in; each simulator has a number for each. */
export type Instrument = 'approve' | 'decline' | 'funds' | 'challenge' | 'bank_settles' | 'bank_returned' | 'bank_returned_late';

/** How a call goes wrong. `before`: nothing was done. `after`: it was done and the answer is missing. */
export const callFaults = ['drop_before', 'drop_after', 'error_before', 'error_after', 'hang_before', 'hang_after', 'truncated_after'] as const;
export type CallFault = (typeof callFaults)[number];

export interface LedgerPayment {
  reference: string | null;
  status: string;
  minor: bigint;
  refundedMinor: bigint;
  /** Net money that moved to the merchant. */
  movedMinor: bigint;
}

export interface RawWebhook {
  headers: Record<string, string>;
  body: Buffer;
}

/** One adapter with its simulator, in the state of a new account. */
export interface ConformanceHarness {
  gateway: Gateway;
  /** The same account, for calls that hang: it waits for an answer for less than `hangMs`. */
  impatient: Gateway;
  /** The same adapter with the credentials of another merchant. */
  otherGateway: Gateway;
  ledger(): Promise<LedgerPayment[]>;
  /** The payer enters a method on the provider's page; answers the one-time token. */
  enter(url: string, instrument: Instrument): Promise<string>;
  answerChallenge(url: string, approved: boolean): Promise<void>;
  /** Moves the provider's clock. */
  advance(seconds: number): Promise<void>;
  fault(operation: 'charge' | 'refund', kind: CallFault | 'rate_limited'): void;
  /** Every webhook sent since the start. */
  webhooks(): Promise<RawWebhook[]>;
  /** Seconds in which a bank payment settles. */
  bankDelaySeconds: number;
  /** How long a call that hangs is held. */
  hangMs: number;
  now(): Temporal.Instant;
}

export interface ConformanceCase {
  name: string;
  run(harness: ConformanceHarness): Promise<void>;
}

const usd = (minor: bigint) => ({ minor, currency: 'USD' });
const returnUrl = 'http://127.0.0.1:9/back';

function must<T>(outcome: GatewayOutcome<T>): T {
  assert.equal(outcome.kind, 'ok', `expected ok, got ${JSON.stringify(outcome, (_, value) => (typeof value === 'bigint' ? String(value) : value))}`);
  return (outcome as { value: T }).value;
}

async function tokenFor(harness: ConformanceHarness, instrument: Instrument, rail: Rail, minor: bigint): Promise<string> {
  const session = must(await harness.gateway.beginCapture({ reference: 'link-1', rail, amount: usd(minor), merchantName: 'Northwind', returnUrl }));
  return harness.enter(session.url, instrument);
}

async function requestFor(harness: ConformanceHarness, instrument: Instrument, minor = 1250n): Promise<ChargeRequest> {
  const rail = instrument.startsWith('bank') ? 'bank' : 'card';
  const token = await tokenFor(harness, instrument, rail, minor);
  return { operation: newId(), amount: usd(minor), rail, source: { token, save: false }, customer: null, description: 'Invoice 1042', returnUrl };
}

async function charged(harness: ConformanceHarness, instrument: Instrument, minor = 1250n): Promise<{ request: ChargeRequest; payment: PaymentSnapshot }> {
  const request = await requestFor(harness, instrument, minor);
  return { request, payment: must(await harness.gateway.charge(request)) };
}

async function movedFor(harness: ConformanceHarness, reference: string): Promise<bigint> {
  return (await harness.ledger()).filter((payment) => payment.reference === reference).reduce((sum, payment) => sum + payment.movedMinor, 0n);
}

async function countFor(harness: ConformanceHarness, reference: string): Promise<number> {
  return (await harness.ledger()).filter((payment) => payment.reference === reference).length;
}

const basics: ConformanceCase[] = [
  {
    name: 'knows its account, and refuses wrong credentials as a value',
    async run({ gateway }) {
      assert.ok(must(await gateway.verifyCredentials()).account.length > 0);
    },
  },
  {
    name: 'charges an approved card once and tells the amount, reference and method',
    async run(harness) {
      const { request, payment } = await charged(harness, 'approve');
      assert.equal(payment.status, 'settled');
      assert.equal(payment.reference, request.operation);
      assert.deepEqual(payment.amount, usd(1250n));
      assert.equal(payment.method?.last4.length, 4);
      assert.equal(await movedFor(harness, request.operation), 1250n);
    },
  },
  {
    name: 'answers a declined card with its reason and moves nothing',
    async run(harness) {
      for (const [instrument, code] of [
        ['decline', 'ISSUER'],
        ['funds', 'FUNDS'],
      ] as const) {
        const request = await requestFor(harness, instrument);
        const outcome = await harness.gateway.charge(request);
        assert.equal(outcome.kind, 'declined');
        assert.equal(outcome.kind === 'declined' && outcome.failure.code, code);
        assert.equal(await movedFor(harness, request.operation), 0n);
      }
    },
  },
  {
    name: 'the same operation sent again is the same payment',
    async run(harness) {
      const { request, payment } = await charged(harness, 'approve');
      const again = must(await harness.gateway.charge(request));
      assert.equal(again.ref, payment.ref);
      assert.equal(await countFor(harness, request.operation), 1);
    },
  },
  {
    name: 'the same operation with another amount is refused',
    async run(harness) {
      const { request } = await charged(harness, 'approve');
      const outcome = await harness.gateway.charge({ ...request, amount: usd(9999n) });
      assert.equal(outcome.kind, 'rejected');
      assert.equal(await movedFor(harness, request.operation), 1250n);
    },
  },
  {
    name: 'a token pays once',
    async run(harness) {
      const { request } = await charged(harness, 'approve');
      const operation = newId();
      const outcome = await harness.gateway.charge({ ...request, operation });
      assert.equal(outcome.kind, 'rejected');
      assert.equal(await movedFor(harness, operation), 0n);
    },
  },
  {
    name: 'the token tells what it stands for and for what it was entered',
    async run(harness) {
      const token = await tokenFor(harness, 'approve', 'card', 1250n);
      const captured = must(await harness.gateway.inspectToken(token));
      assert.equal(captured.reference, 'link-1');
      assert.equal(captured.method.rail, 'card');
    },
  },
  {
    name: 'another account sees neither the payment nor the token',
    async run(harness) {
      const { payment } = await charged(harness, 'approve');
      assert.equal(must(await harness.otherGateway.readPayment(payment.ref)), null);
      const token = await tokenFor(harness, 'approve', 'card', 1250n);
      assert.equal((await harness.otherGateway.inspectToken(token)).kind, 'rejected');
    },
  },
  {
    name: 'a saved method pays again without the payer, and not after it was removed',
    async run(harness) {
      const customer = must(await harness.gateway.ensureCustomer({ key: 'customer-1', name: 'Ada', email: null }));
      assert.equal(must(await harness.gateway.ensureCustomer({ key: 'customer-1', name: 'Ada', email: null })), customer);
      const first = await requestFor(harness, 'approve');
      const payment = must(await harness.gateway.charge({ ...first, customer, source: { token: (first.source as { token: string }).token, save: true } }));
      const savedMethod = payment.method?.ref;
      assert.ok(savedMethod);
      const again: ChargeRequest = { ...first, operation: newId(), customer, source: { savedMethod } };
      assert.equal(must(await harness.gateway.charge(again)).status, 'settled');
      must(await harness.gateway.removeMethod(savedMethod));
      assert.equal((await harness.gateway.charge({ ...again, operation: newId() })).kind, 'rejected');
    },
  },
  {
    name: 'a step at the bank ends settled when confirmed and failed when refused',
    async run(harness) {
      for (const approved of [true, false]) {
        const { request, payment } = await charged(harness, 'challenge');
        assert.equal(payment.status, 'requires_action');
        assert.equal(await movedFor(harness, request.operation), 0n);
        await harness.answerChallenge(payment.nextAction!.url, approved);
        const after = must(await harness.gateway.readPayment(payment.ref))!;
        assert.equal(after.status, approved ? 'settled' : 'failed');
        assert.ok(after.version > payment.version);
        if (!approved) assert.equal(after.failure?.code, 'SCA');
        assert.equal(await movedFor(harness, request.operation), approved ? 1250n : 0n);
      }
    },
  },
  {
    name: 'a payment that waits for the payer can be canceled and then never settles',
    async run(harness) {
      const { request, payment } = await charged(harness, 'challenge');
      assert.equal(must(await harness.gateway.cancel({ operation: newId(), payment: payment.ref })).status, 'canceled');
      await harness.answerChallenge(payment.nextAction!.url, true);
      assert.equal(must(await harness.gateway.readPayment(payment.ref))!.status, 'canceled');
      assert.equal(await movedFor(harness, request.operation), 0n);
    },
  },
];

const bankCases: ConformanceCase[] = [
  {
    name: 'a bank payment is processing first and settles later',
    async run(harness) {
      const { request, payment } = await charged(harness, 'bank_settles');
      assert.equal(payment.status, 'processing');
      await harness.advance(harness.bankDelaySeconds);
      assert.equal(must(await harness.gateway.readPayment(payment.ref))!.status, 'settled');
      assert.equal(await movedFor(harness, request.operation), 1250n);
    },
  },
  {
    name: 'a bank payment may be returned instead of settling, with its return code',
    async run(harness) {
      const { request, payment } = await charged(harness, 'bank_returned');
      await harness.advance(harness.bankDelaySeconds);
      const after = must(await harness.gateway.readPayment(payment.ref))!;
      assert.equal(after.status, 'returned');
      assert.equal(after.failure?.returnCode, 'R01');
      assert.equal(await movedFor(harness, request.operation), 0n);
    },
  },
  {
    name: 'a bank payment may be returned after it settled',
    async run(harness) {
      const { request, payment } = await charged(harness, 'bank_returned_late');
      await harness.advance(harness.bankDelaySeconds);
      assert.equal(must(await harness.gateway.readPayment(payment.ref))!.status, 'settled');
      await harness.advance(harness.bankDelaySeconds);
      assert.equal(must(await harness.gateway.readPayment(payment.ref))!.status, 'returned');
      assert.equal(await movedFor(harness, request.operation), 0n);
    },
  },
];

const refundCases: ConformanceCase[] = [
  {
    name: 'refunds in parts up to what was captured, and not a cent above',
    async run(harness) {
      const { request, payment } = await charged(harness, 'approve');
      const refund = (minor: bigint) => harness.gateway.refund({ operation: newId(), payment: payment.ref, amount: usd(minor), reason: null });
      assert.equal(must(await refund(250n)).status, 'succeeded');
      assert.equal((await refund(1001n)).kind, 'rejected');
      assert.equal(must(await refund(1000n)).status, 'succeeded');
      assert.equal((await refund(1n)).kind, 'rejected');
      assert.equal(await movedFor(harness, request.operation), 0n);
    },
  },
  {
    name: 'the same refund sent again is the same refund',
    async run(harness) {
      const { request, payment } = await charged(harness, 'approve');
      const refund = { operation: newId(), payment: payment.ref, amount: usd(250n), reason: 'goodwill' };
      assert.equal(must(await harness.gateway.refund(refund)).ref, must(await harness.gateway.refund(refund)).ref);
      assert.equal(await movedFor(harness, request.operation), 1000n);
    },
  },
  {
    name: 'what has not settled cannot be refunded',
    async run(harness) {
      const { payment } = await charged(harness, 'bank_settles');
      assert.equal((await harness.gateway.refund({ operation: newId(), payment: payment.ref, amount: usd(1n), reason: null })).kind, 'rejected');
    },
  },
];

/** A charge whose answer is missing must be unknown, and recover must tell the truth and make it final. */
const faultCases: ConformanceCase[] = callFaults.flatMap((kind) => [
  {
    name: `charge with ${kind}: the answer is unknown, recover knows, and the money moved at most once`,
    async run(harness) {
      const request = await requestFor(harness, 'approve');
      harness.fault('charge', kind);
      assert.equal((await harness.impatient.charge(request)).kind, 'unknown');
      const recovery = must(await harness.gateway.recoverCharge(request.operation, harness.now()));
      const happened = kind.endsWith('after');
      assert.equal(recovery.found, happened);
      // an operation that was declared absent can no longer arrive, even when the request was only slow
      if (kind === 'hang_before') await new Promise((resolve) => setTimeout(resolve, harness.hangMs * 2));
      if (!happened) assert.equal((await harness.gateway.charge(request)).kind, 'rejected');
      const again = must(await harness.gateway.recoverCharge(request.operation, harness.now()));
      assert.equal(again.found, happened);
      assert.equal(await movedFor(harness, request.operation), happened ? 1250n : 0n);
    },
  },
  {
    name: `refund with ${kind}: the answer is unknown, recover knows, and at most one refund exists`,
    async run(harness) {
      const { request, payment } = await charged(harness, 'approve');
      const refund = { operation: newId(), payment: payment.ref, amount: usd(250n), reason: null };
      harness.fault('refund', kind);
      assert.equal((await harness.impatient.refund(refund)).kind, 'unknown');
      const happened = kind.endsWith('after');
      assert.equal(must(await harness.gateway.recoverRefund(refund.operation, harness.now())).found, happened);
      if (kind === 'hang_before') await new Promise((resolve) => setTimeout(resolve, harness.hangMs * 2));
      assert.equal(await movedFor(harness, request.operation), happened ? 1000n : 1250n);
    },
  },
]);

const webhookCases: ConformanceCase[] = [
  {
    name: 'a call over the limit is refused, not unknown, and did nothing',
    async run(harness) {
      const request = await requestFor(harness, 'approve');
      harness.fault('charge', 'rate_limited');
      const outcome = await harness.gateway.charge(request);
      assert.equal(outcome.kind, 'rejected');
      assert.equal(outcome.kind === 'rejected' && outcome.failure.code, 'PROVIDER');
      assert.equal(await movedFor(harness, request.operation), 0n);
    },
  },
  {
    name: 'webhooks verify on their raw bytes, name the payment, and repeat with the same key',
    async run(harness) {
      const { payment } = await charged(harness, 'approve');
      const [webhook] = await harness.webhooks();
      assert.ok(webhook);
      const verify = (body: Buffer, headers = webhook.headers, now = harness.now()) => harness.gateway.verifyWebhook({ headers, body, now });
      const events = verify(webhook.body);
      assert.ok(events !== 'invalid');
      assert.equal(events[0]?.object.ref, payment.ref);
      assert.deepEqual(verify(webhook.body), events);
      assert.equal(verify(Buffer.concat([webhook.body, Buffer.from(' ')])), 'invalid');
      assert.equal(verify(webhook.body, {}), 'invalid');
      assert.equal(verify(webhook.body, webhook.headers, harness.now().add({ hours: 1 })), 'invalid');
      assert.equal(harness.otherGateway.verifyWebhook({ headers: webhook.headers, body: webhook.body, now: harness.now() }), 'invalid');
    },
  },
  {
    name: 'events can be polled, page by page, when webhooks were lost',
    async run(harness) {
      const { payment } = await charged(harness, 'approve');
      const first = must(await harness.gateway.poll(null));
      assert.ok(first.events.some((event) => event.object.ref === payment.ref));
      assert.deepEqual(must(await harness.gateway.poll(first.cursor)).events, []);
    },
  },
  {
    name: 'what the provider does not know is null, not an error',
    async run({ gateway }) {
      assert.equal(must(await gateway.readPayment('pay_none')), null);
      assert.equal(must(await gateway.readRefund('re_none')), null);
    },
  },
];

export const conformanceCases: readonly ConformanceCase[] = [...basics, ...bankCases, ...refundCases, ...faultCases, ...webhookCases];
