import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '../../server/kernel/ids.ts';
import { collect } from '../../server/modules/payments/protocol.ts';
import { gatewayOf } from '../../server/modules/payments/gateways.ts';
import { refund } from '../../server/modules/payments/commands/refund.ts';
import { type Attempt, readAttempt, readSteps } from '../../server/modules/payments/queries.ts';
import { readPayment, readPaymentOfAttempt, writeOff } from '../../server/modules/receivables/index.ts';
import { onFault } from '../../server/platform/fault.ts';
import { callFaults } from '../../server/gateways/conformance.ts';
import { accountFields, enterNumber } from './entry.ts';
import { BANK_DELAY, startWorld, type World } from './support.ts';

const APPROVE = '4242424242424242';
const returnUrl = 'http://127.0.0.1:9/back';

/** The process dies at this point: whoever was in it gets no further. */
class PowerCut extends Error {}
function dieAt(name: string): { fired: () => boolean } {
  let fired = false;
  onFault((at) => {
    if (at !== name || fired) return;
    fired = true;
    throw new PowerCut(name);
  });
  return { fired: () => fired };
}

describe('collecting', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world.close());
  afterEach(async () => {
    onFault(null);
    world.simulator.clearFaults();
  });

  async function prepared(number: string, minor = 125000n, rail: 'card' | 'bank' = 'card') {
    const { customerId, documents } = await world.customer({ invoices: [minor] });
    const gateway = await world.work.transaction((ctx) => gatewayOf(ctx, world.accountId));
    const session = await gateway.beginCapture({ reference: 'x', rail, amount: { minor, currency: 'USD' }, merchantName: 'N', returnUrl });
    if (session.kind !== 'ok') throw new Error('no session');
    const token = await enterNumber(session.value.url, rail === 'card' ? { number } : accountFields(number));
    const captured = await gateway.inspectToken(token);
    if (captured.kind !== 'ok') throw new Error('no token');
    const attemptId = newId();
    const request = {
      attemptId,
      customerId,
      gatewayAccountId: world.accountId,
      rail,
      currency: 'USD',
      documents,
      methodId: null,
      methodSummary: captured.value.method,
      saveMethod: false,
      payLinkId: null,
      ip: null,
      userAgent: null,
    };
    const pay = (id = attemptId): Promise<Attempt> => collect(world.work, { ...request, attemptId: id }, { captured: captured.value, save: false }, returnUrl);
    return { customerId, documents, attemptId, pay, ids: documents.map((document) => document.documentId), request, captured: captured.value };
  }
  const attemptOf = async (id: string): Promise<Attempt> => world.work.transaction(async (ctx) => (await readAttempt(ctx, id))!);
  const stepsOf = (id: string) => world.work.transaction((ctx) => readSteps(ctx, id));
  const charges = (reference: string) => [...world.simulator.ledger.tables.payment.values()].filter((payment) => payment.reference === reference);
  const paymentOf = (attemptId: string) => world.work.transaction((ctx) => readPaymentOfAttempt(ctx, attemptId));

  test('an approved card closes its invoices in one payment, and pressing again changes nothing', async () => {
    const { pay, ids, attemptId } = await prepared(APPROVE);
    expect((await pay()).state).toBe('settled');
    expect((await pay()).state).toBe('settled');
    expect(await world.open(ids)).toEqual([0n]);
    await world.settle();
    expect(charges(attemptId)).toHaveLength(1);
    expect(await paymentOf(attemptId)).toMatchObject({ amountMinor: 125000n, appliedMinor: 125000n, unappliedMinor: 0n, state: 'settled' });
    expect((await stepsOf(attemptId)).map((step) => step.kind)).toEqual(['created', 'submitted', 'settled', 'booked']);
  });

  test('a declined card leaves the invoices open, and the next try succeeds', async () => {
    const first = await prepared('4000000000009995');
    const declined = await first.pay();
    expect(declined).toMatchObject({ state: 'failed', failure: { code: 'FUNDS' } });
    expect(await world.open(first.ids)).toEqual([125000n]);
    const second = await prepared(APPROVE, 100n);
    const again = await collect(world.work, { ...first.request, attemptId: newId() }, { captured: second.captured, save: false }, returnUrl);
    expect(again.state).toBe('settled');
    expect(await world.open(first.ids)).toEqual([0n]);
  });

  test.each(callFaults)('an answer lost by %s is unknown at first, found out later, and the money moved once at most', async (kind) => {
    const { pay, ids, attemptId } = await prepared(APPROVE);
    world.simulator.inject({ operation: 'charge', kind, times: 1 });
    world.simulator.inject({ operation: 'charge', kind: 'webhook_lost', times: 1 });
    expect((await (kind.startsWith('hang') ? world.impatiently(pay) : pay())).state).toBe('unknown');
    await expect(pay(newId())).rejects.toMatchObject({ code: 'payment_in_progress', extra: { attemptId } });
    world.db.clock.advance({ seconds: 31 });
    await world.settle();
    const happened = kind.endsWith('after');
    expect((await attemptOf(attemptId)).state).toBe(happened ? 'settled' : 'failed');
    expect(await world.open(ids)).toEqual([happened ? 0n : 125000n]);
    expect(charges(attemptId)).toHaveLength(happened ? 1 : 0);
    if (!happened) expect((await pay(newId())).state).toBe('settled');
    expect(await world.open(ids)).toEqual([0n]);
  });

  test('a gateway that is silent for three days and then says "settled" leads to one payment, and a person was told', async () => {
    const { pay, ids, attemptId } = await prepared(APPROVE);
    world.simulator.inject({ operation: 'charge', kind: 'drop_after', times: 1 });
    world.simulator.inject({ operation: 'charge', kind: 'webhook_lost', times: 1 });
    world.simulator.inject({ operation: 'recover', kind: 'error_before', times: 1000 });
    expect((await pay()).state).toBe('unknown');
    for (let hour = 0; hour < 72; hour += 3) {
      world.db.clock.advance({ hours: 3 });
      await world.settle();
    }
    expect(await attemptOf(attemptId)).toMatchObject({ state: 'unknown', attentionAt: expect.anything() });
    await expect(pay(newId())).rejects.toMatchObject({ code: 'payment_in_progress' });
    world.simulator.clearFaults();
    world.db.clock.advance({ hours: 6 });
    await world.settle();
    expect((await attemptOf(attemptId)).state).toBe('settled');
    expect(await world.open(ids)).toEqual([0n]);
    expect((await stepsOf(attemptId)).filter((step) => step.kind === 'needs_attention')).toHaveLength(1);
  });

  test.each(['payments.before_submit', 'payments.before_call', 'payments.after_call', 'payments.before_record', 'payments.after_record'])(
    'a process that dies at %s loses no money and charges once',
    async (point) => {
      const { pay, ids, attemptId } = await prepared(APPROVE);
      world.simulator.inject({ operation: 'charge', kind: 'webhook_lost', times: 1 });
      const cut = dieAt(point);
      await expect(pay()).rejects.toBeInstanceOf(PowerCut);
      expect(cut.fired()).toBe(true);
      onFault(null);
      world.db.clock.advance({ minutes: 3 });
      await world.settle();
      const attempt = await attemptOf(attemptId);
      const charged = charges(attemptId).length === 1;
      expect(charged).toBe(!point.endsWith('before_submit') && !point.endsWith('before_call'));
      expect(attempt.state).toBe(charged ? 'settled' : point.endsWith('before_submit') ? 'canceled' : 'failed');
      expect(await world.open(ids)).toEqual([charged ? 0n : 125000n]);
      if (!charged) expect((await pay(newId())).state).toBe('settled');
      expect(await world.open(ids)).toEqual([0n]);
    },
  );

  test('a process that dies while looking up looks up again', async () => {
    const { pay, attemptId } = await prepared(APPROVE);
    world.simulator.inject({ operation: 'charge', kind: 'drop_after', times: 1 });
    world.simulator.inject({ operation: 'charge', kind: 'webhook_lost', times: 1 });
    await pay();
    const cut = dieAt('payments.before_lookup');
    world.db.clock.advance({ seconds: 31 });
    await expect(world.settle()).rejects.toThrow('payments.before_lookup');
    expect(cut.fired()).toBe(true);
    onFault(null);
    world.db.clock.advance({ minutes: 5 });
    await world.settle();
    expect((await attemptOf(attemptId)).state).toBe('settled');
  });

  test.each(['webhook_duplicate', 'webhook_early', 'webhook_bad_signature', 'webhook_old'] as const)(
    '%s changes nothing about the one payment',
    async (kind) => {
      const { pay, ids, attemptId } = await prepared(APPROVE);
      world.simulator.inject({ operation: 'charge', kind, times: 1 });
      expect((await pay()).state).toBe('settled');
      await world.settle();
      await world.simulator.redeliver('reverse');
      await world.settle();
      expect(await world.open(ids)).toEqual([0n]);
      expect(await paymentOf(attemptId)).toMatchObject({ amountMinor: 125000n });
      const { rows } = await world.db.admin.query('select count(*)::int as n from payment where attempt_id = $1', [attemptId]);
      expect(rows[0].n).toBe(1);
    },
  );

  test('a webhook that comes while the call hangs settles the attempt, and the lost answer does not undo it', async () => {
    const { pay, attemptId } = await prepared(APPROVE);
    world.simulator.inject({ operation: 'charge', kind: 'hang_after', times: 1 });
    const paying = pay();
    for (let tries = 0; (await attemptOf(attemptId).catch(() => null))?.state !== 'settled' && tries < 200; tries++) await world.settle();
    expect((await attemptOf(attemptId)).state).toBe('settled');
    expect((await paying).state).toBe('settled');
  });

  test('a webhook with a wrong signature is refused, one for an unknown account is not found', async () => {
    const post = (path: string) => fetch(world.url + path, { method: 'POST', headers: { 'demo-signature': `t=1,v1=${'0'.repeat(64)}` }, body: '{}' });
    expect((await post(`/webhooks/demo/${world.accountId}`)).status).toBe(400);
    expect((await post(`/webhooks/demo/${newId()}`)).status).toBe(404);
    expect((await post(`/webhooks/stripe/${world.accountId}`)).status).toBe(404);
  });

  test('two at once: one payment, the other is told', async () => {
    const { pay, ids, request } = await prepared(APPROVE);
    const { captured } = await prepared(APPROVE, 100n);
    const results = await Promise.allSettled([pay(), collect(world.work, { ...request, attemptId: newId() }, { captured, save: false }, returnUrl)]);
    expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
    const refused = results.find((result) => result.status === 'rejected') as PromiseRejectedResult;
    expect(['payment_in_progress', 'already_paid']).toContain(refused.reason.code);
    expect(await world.open(ids)).toEqual([0n]);
  });

  test('the database itself refuses a second attempt for an invoice', async () => {
    const { documents, customerId } = await prepared(APPROVE);
    const insert = (id: string) =>
      world.db.admin
        .query(
          "insert into payment_attempt (tenant_id, id, customer_id, gateway_account_id, rail, currency, amount_minor, state) values ($1, $2, $3, $4, 'card', 'USD', 1, 'created')",
          [world.tenantId, id, customerId, world.accountId],
        )
        .then(() =>
          world.db.admin.query('insert into payment_attempt_document (tenant_id, attempt_id, document_id, amount_minor) values ($1, $2, $3, 1)', [
            world.tenantId,
            id,
            documents[0]!.documentId,
          ]),
        );
    await insert(newId());
    await expect(insert(newId())).rejects.toMatchObject({ constraint: 'one_attempt_in_flight' });
  });

  test('an invoice that is closed while the gateway is called leaves the money as unapplied cash', async () => {
    const { pay, ids, attemptId } = await prepared(APPROVE);
    onFault(async (at) => {
      if (at === 'payments.after_call') await world.work.transaction((ctx) => writeOff(ctx, ids[0]!, { reason: 'Closed by the source system' }));
    });
    expect((await pay()).state).toBe('settled');
    expect(await world.open(ids)).toEqual([0n]);
    expect(await paymentOf(attemptId)).toMatchObject({ amountMinor: 125000n, appliedMinor: 0n, unappliedMinor: 125000n });
  });

  test('a bank payment settles later and closes its invoices then', async () => {
    const { pay, ids, attemptId } = await prepared('000123456789', 125000n, 'bank');
    expect((await pay()).state).toBe('processing');
    expect(await world.open(ids)).toEqual([125000n]);
    await expect(pay(newId())).rejects.toMatchObject({ code: 'payment_in_progress' });
    world.simulator.ledger.advance(BANK_DELAY);
    await world.settle();
    expect((await attemptOf(attemptId)).state).toBe('settled');
    expect(await world.open(ids)).toEqual([0n]);
  });

  test('a bank payment that is returned before it settled frees its invoices', async () => {
    const { pay, ids, attemptId } = await prepared('000111111116', 125000n, 'bank');
    await pay();
    world.simulator.ledger.advance(BANK_DELAY);
    await world.settle();
    expect(await attemptOf(attemptId)).toMatchObject({ state: 'returned', failure: { returnCode: 'R01' } });
    expect(await world.open(ids)).toEqual([125000n]);
    expect((await (await prepared(APPROVE, 100n)).pay()).state).toBe('settled');
  });

  test('a bank payment that is returned after it settled reopens its invoices, also when its webhook was lost', async () => {
    const { pay, ids, attemptId } = await prepared('000222222227', 125000n, 'bank');
    await pay();
    world.simulator.ledger.advance(BANK_DELAY);
    await world.settle();
    expect(await world.open(ids)).toEqual([0n]);
    const payments = world.simulator.ledger.tables.payment;
    const [payment] = charges(attemptId);
    payments.set(payment!.id, { ...payment!, webhookUrl: null });
    world.simulator.ledger.advance(BANK_DELAY);
    world.db.clock.advance({ hours: 25 });
    await world.settle();
    expect((await attemptOf(attemptId)).state).toBe('returned');
    expect(await world.open(ids)).toEqual([125000n]);
    expect(await paymentOf(attemptId)).toMatchObject({ state: 'returned' });
  });

  test('a step at the bank that nobody finishes is called off after half an hour', async () => {
    const { pay, ids, attemptId } = await prepared('4000000000003220');
    expect((await pay()).state).toBe('requires_action');
    world.db.clock.advance({ minutes: 31 });
    await world.settle();
    expect((await attemptOf(attemptId)).state).toBe('canceled');
    expect(charges(attemptId)[0]!.status).toBe('canceled');
    expect(await world.open(ids)).toEqual([125000n]);
  });

  test('a process that dies before it calls off a step at the bank does so later', async () => {
    const { pay, ids, attemptId } = await prepared('4000000000003220');
    await pay();
    const cut = dieAt('payments.before_cancel');
    world.db.clock.advance({ minutes: 31 });
    await expect(world.settle()).rejects.toThrow('payments.before_cancel');
    expect(cut.fired()).toBe(true);
    onFault(null);
    world.db.clock.advance({ minutes: 6 });
    await world.settle();
    expect((await attemptOf(attemptId)).state).toBe('canceled');
    expect(await world.open(ids)).toEqual([125000n]);
  });

  test.each(['webhooks.before_store', 'webhooks.after_store', 'webhooks.before_read'])(
    'a process that dies at %s loses no webhook that it answered',
    async (point) => {
      const { pay, ids, attemptId } = await prepared('000123456789', 125000n, 'bank');
      await pay();
      await world.settle();
      const cut = dieAt(point);
      world.simulator.ledger.advance(BANK_DELAY);
      await world.settle().catch(() => undefined);
      expect(cut.fired()).toBe(true);
      onFault(null);
      // the gateway sends what was not answered again; what was answered has its job
      await world.simulator.redeliver();
      world.db.clock.advance({ hours: 2 });
      await world.settle();
      expect((await attemptOf(attemptId)).state).toBe('settled');
      expect(await world.open(ids)).toEqual([0n]);
    },
  );

  describe('refunds', () => {
    const paid = async (number = APPROVE, rail: 'card' | 'bank' = 'card') => {
      const made = await prepared(number, 125000n, rail);
      await made.pay();
      if (rail === 'bank') {
        world.simulator.ledger.advance(BANK_DELAY);
        await world.settle();
      }
      const payment = (await paymentOf(made.attemptId))!;
      return { ...made, paymentId: payment.id };
    };
    const give = (paymentId: string, amountMinor: bigint, refundId = newId()) => refund(world.work, { refundId, paymentId, amountMinor, reason: null });
    const refundedAt = (attemptId: string) => BigInt(charges(attemptId)[0]!.refunded);

    test('in part, then the rest, and not a cent above', async () => {
      const { paymentId, ids, attemptId } = await paid();
      expect((await give(paymentId, 25000n)).state).toBe('succeeded');
      expect(await world.open(ids)).toEqual([25000n]);
      await expect(give(paymentId, 100001n)).rejects.toMatchObject({ status: 422 });
      expect((await give(paymentId, 100000n)).state).toBe('succeeded');
      await expect(give(paymentId, 1n)).rejects.toMatchObject({ status: 422 });
      expect(await world.open(ids)).toEqual([125000n]);
      expect(refundedAt(attemptId)).toBe(125000n);
    });

    test('two at once never pass what was paid', async () => {
      const { paymentId, attemptId } = await paid();
      const results = await Promise.allSettled([give(paymentId, 100000n), give(paymentId, 100000n)]);
      expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
      expect(refundedAt(attemptId)).toBe(100000n);
    });

    test('through a bank it is pending and succeeds later', async () => {
      const { paymentId, ids } = await paid('000123456789', 'bank');
      const refundId = newId();
      expect((await give(paymentId, 25000n, refundId)).state).toBe('pending');
      expect(await world.open(ids)).toEqual([0n]);
      world.simulator.ledger.advance(BANK_DELAY);
      await world.settle();
      expect(await world.open(ids)).toEqual([25000n]);
    });

    test.each(callFaults)('an answer lost by %s is looked up, and the money goes back once at most', async (kind) => {
      const { paymentId, ids, attemptId } = await paid();
      world.simulator.inject({ operation: 'refund', kind, times: 1 });
      world.simulator.inject({ operation: 'refund', kind: 'webhook_lost', times: 1 });
      const giving = () => give(paymentId, 25000n);
      expect((await (kind.startsWith('hang') ? world.impatiently(giving) : giving())).state).toBe('unknown');
      await expect(giving()).rejects.toMatchObject({ code: 'refund_in_progress' });
      world.db.clock.advance({ seconds: 31 });
      await world.settle();
      const happened = kind.endsWith('after');
      expect(refundedAt(attemptId)).toBe(happened ? 25000n : 0n);
      expect(await world.open(ids)).toEqual([happened ? 25000n : 0n]);
    });

    test.each(['refunds.before_submit', 'refunds.before_call', 'refunds.after_call', 'refunds.before_record', 'refunds.after_record'])(
      'a process that dies at %s refunds once at most and books what went',
      async (point) => {
        const { paymentId, ids, attemptId } = await paid();
        world.simulator.inject({ operation: 'refund', kind: 'webhook_lost', times: 1 });
        const cut = dieAt(point);
        await expect(give(paymentId, 25000n)).rejects.toBeInstanceOf(PowerCut);
        expect(cut.fired()).toBe(true);
        onFault(null);
        world.db.clock.advance({ minutes: 3 });
        await world.settle();
        const gone = refundedAt(attemptId);
        expect(gone).toBe(point.endsWith('before_submit') || point.endsWith('before_call') ? 0n : 25000n);
        expect(await world.open(ids)).toEqual([gone]);
        expect((await world.work.transaction((ctx) => readPayment(ctx, paymentId)))!.refundedMinor).toBe(gone);
      },
    );

    test('a process that dies while looking up a refund looks up again', async () => {
      const { paymentId, ids } = await paid();
      world.simulator.inject({ operation: 'refund', kind: 'drop_after', times: 1 });
      world.simulator.inject({ operation: 'refund', kind: 'webhook_lost', times: 1 });
      await give(paymentId, 25000n);
      const cut = dieAt('refunds.before_lookup');
      world.db.clock.advance({ seconds: 31 });
      await expect(world.settle()).rejects.toThrow('refunds.before_lookup');
      expect(cut.fired()).toBe(true);
      onFault(null);
      world.db.clock.advance({ minutes: 5 });
      await world.settle();
      expect(await world.open(ids)).toEqual([25000n]);
    });
  });

  test('at the end the gateway and the ledger agree to the cent', async () => {
    await world.settle();
    const { rows } = await world.db.admin.query("select coalesce(sum(amount_minor - refunded_minor), 0)::text as sum from payment where state <> 'returned'");
    expect(BigInt(rows[0].sum)).toBe(world.moved());
  });
});

describe('bank payments that close invoices on submission', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ setting: { payments: { applyBankOnSubmission: true } } });
  });
  afterAll(() => world.close());

  test('close at once, and a return opens them again', async () => {
    const { customerId, documents } = await world.customer();
    const ids = documents.map((document) => document.documentId);
    const gateway = await world.work.transaction((ctx) => gatewayOf(ctx, world.accountId));
    const session = await gateway.beginCapture({ reference: 'x', rail: 'bank', amount: { minor: 1n, currency: 'USD' }, merchantName: 'N', returnUrl });
    if (session.kind !== 'ok') throw new Error('no session');
    const captured = await gateway.inspectToken(await enterNumber(session.value.url, accountFields('000111111116')));
    if (captured.kind !== 'ok') throw new Error('no token');
    const attempt = await collect(
      world.work,
      {
        attemptId: newId(),
        customerId,
        gatewayAccountId: world.accountId,
        rail: 'bank',
        currency: 'USD',
        documents,
        methodId: null,
        methodSummary: captured.value.method,
        saveMethod: false,
        payLinkId: null,
        ip: null,
        userAgent: null,
      },
      { captured: captured.value, save: false },
      returnUrl,
    );
    expect(attempt.state).toBe('processing');
    expect(await world.open(ids)).toEqual([0n]);
    world.simulator.ledger.advance(BANK_DELAY);
    await world.settle();
    expect(await world.open(ids)).toEqual([125000n]);
  });
});
