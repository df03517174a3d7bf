import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '../../server/kernel/ids.ts';
import { callFaults } from '../../server/gateways/conformance.ts';
import { gatewayOf } from '../../server/modules/payments/gateways.ts';
import { collect } from '../../server/modules/payments/protocol.ts';
import { refund } from '../../server/modules/payments/commands/refund.ts';
import { onFault } from '../../server/platform/fault.ts';
import { accountFields, enterNumber } from './entry.ts';
import { BANK_DELAY, startWorld, type World } from './support.ts';

const cards = ['4242424242424242', '4242424242424242', '4000000000000002', '4000000000003220', '4000000000007775', '4000000000008880'];
const accounts = ['000123456789', '000111111116', '000222222227'];
const webhookFaults = ['webhook_duplicate', 'webhook_early', 'webhook_bad_signature', 'webhook_lost'] as const;
const crashes = [
  'payments.before_submit',
  'payments.before_call',
  'payments.after_call',
  'payments.before_record',
  'payments.after_record',
  'payments.before_lookup',
  'refunds.before_call',
  'refunds.after_call',
  'refunds.before_record',
  'webhooks.before_store',
  'webhooks.after_store',
  'webhooks.before_read',
];

/** The same seed is the same story. */
function randomOf(seed: number) {
  let state = seed >>> 0;
  const next = () => {
    state = (Math.imul(state ^ (state >>> 15), 2246822519) + 0x9e3779b9) >>> 0;
    return ((state ^ (state >>> 13)) >>> 0) / 2 ** 32;
  };
  return { chance: (share: number) => next() < share, pick: <T>(from: readonly T[]): T => from[Math.floor(next() * from.length)]! };
}

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(async () => {
  onFault(null);
  await world.close();
});

/** One payer's try, with whatever goes wrong. What a person would see as an error is swallowed: only the money counts. */
async function tryToPay(random: ReturnType<typeof randomOf>, customer: Awaited<ReturnType<World['customer']>>): Promise<void> {
  const rail = random.chance(0.7) ? 'card' : 'bank';
  const gateway = await world.work.transaction((ctx) => gatewayOf(ctx, world.accountId));
  const session = await gateway.beginCapture({
    reference: 'x',
    rail,
    amount: { minor: 125000n, currency: 'USD' },
    merchantName: 'N',
    returnUrl: 'http://127.0.0.1:9/',
  });
  if (session.kind !== 'ok') return;
  const token = await enterNumber(session.value.url, rail === 'card' ? { number: random.pick(cards) } : accountFields(random.pick(accounts)));
  const captured = await gateway.inspectToken(token);
  if (captured.kind !== 'ok') return;
  if (random.chance(0.3)) world.simulator.inject({ operation: 'charge', kind: random.pick(callFaults.filter((kind) => !kind.startsWith('hang'))), times: 1 });
  if (random.chance(0.3)) world.simulator.inject({ operation: 'charge', kind: random.pick(webhookFaults), times: 1 });
  if (random.chance(0.1)) world.simulator.inject({ operation: 'recover', kind: 'error_after', times: 1 });
  const request = {
    attemptId: newId(),
    customerId: customer.customerId,
    gatewayAccountId: world.accountId,
    rail,
    currency: 'USD',
    documents: customer.documents,
    methodId: null,
    methodSummary: captured.value.method,
    saveMethod: false,
    payLinkId: null,
    ip: null,
    userAgent: null,
  } as const;
  const press = () => collect(world.work, request, { captured: captured.value, save: false }, 'http://127.0.0.1:9/').catch(() => null);
  await (random.chance(0.2) ? Promise.all([press(), press()]) : press());
}

async function tryToRefund(random: ReturnType<typeof randomOf>): Promise<void> {
  const { rows } = await world.db.admin.query("select id from payment where state = 'settled' and attempt_id is not null order by id");
  if (rows.length === 0) return;
  if (random.chance(0.4)) world.simulator.inject({ operation: 'refund', kind: random.pick(callFaults.filter((kind) => !kind.startsWith('hang'))), times: 1 });
  await refund(world.work, { refundId: newId(), paymentId: random.pick(rows).id, amountMinor: random.pick([1000n, 60000n, 125000n]), reason: null }).catch(
    () => null,
  );
}

test.each([1, 2, 3, 4])('whatever goes wrong, the gateway and the ledger agree in the end (seed %i)', async (seed) => {
  const random = randomOf(seed * 7919);
  const customers = await Promise.all(Array.from({ length: 6 }, () => world.customer()));
  for (let step = 0; step < 40; step++) {
    if (random.chance(0.3)) {
      const point = random.pick(crashes);
      let armed = true;
      onFault((at) => {
        if (!armed || at !== point) return;
        armed = false;
        throw new Error(`power cut at ${at}`);
      });
    }
    if (random.chance(0.75)) await tryToPay(random, random.pick(customers));
    else await tryToRefund(random);
    if (random.chance(0.3)) world.db.clock.advance({ minutes: random.pick([1, 5, 40]) });
    if (random.chance(0.2)) world.simulator.ledger.advance(BANK_DELAY);
    if (random.chance(0.4)) await world.settle().catch(() => undefined);
    onFault(null);
  }
  // the faults stop: everything must come to rest
  world.simulator.clearFaults();
  for (let round = 0; round < 8; round++) {
    world.simulator.ledger.advance(BANK_DELAY);
    world.db.clock.advance({ hours: 25 });
    await world.settle();
    await world.simulator.redeliver('reverse');
    await world.settle();
  }
  const { rows: unresolved } = await world.db.admin.query(
    "select id, state from payment_attempt where state in ('created', 'submitted', 'unknown', 'requires_action', 'processing') union all select id, state from refund where state not in ('succeeded', 'failed')",
  );
  expect(unresolved).toEqual([]);
  const { rows: attempts } = await world.db.admin.query('select id, state from payment_attempt');
  const atGateway = new Map([...world.simulator.ledger.tables.payment.values()].map((payment) => [payment.reference, payment.status]));
  for (const attempt of attempts) expect([attempt.id, atGateway.get(attempt.id) ?? attempt.state]).toEqual([attempt.id, attempt.state]);
  for (const reference of atGateway.keys()) expect(attempts.some((attempt) => attempt.id === reference)).toBe(true);
  const { rows: booked } = await world.db.admin.query(
    "select coalesce(sum(amount_minor - refunded_minor), 0)::text as sum from payment where state <> 'returned'",
  );
  // a refund of a payment that the bank takes back as well leaves the merchant short: it is in the movements of both
  const { rows: lost } = await world.db.admin.query(
    "select coalesce(sum(r.amount_minor), 0)::text as sum from refund r join payment p on p.id = r.payment_id where r.state = 'succeeded' and p.state = 'returned'",
  );
  expect(world.moved()).toBe(BigInt(booked[0].sum) - BigInt(lost[0].sum));
  const { rows: documents } = await world.db.admin.query(
    'select d.id, d.open_minor, d.total_minor - coalesce((select sum(a.amount_minor) from application a where a.document_id = d.id), 0) as by_sum from document d',
  );
  for (const document of documents) expect(document.open_minor).toBe(document.by_sum);
  const { rows: held } = await world.db.admin.query('select count(*)::int as n from payment_attempt_document where in_flight');
  expect(held[0].n).toBe(0);
});
