import { createServer, type Server } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ConformanceHarness, conformanceCases, type Instrument, type RawWebhook } from '../../server/gateways/conformance.ts';
import { accountFields, enterNumber } from './entry.ts';
import { demoGateway } from '../../server/gateways/demo/gateway.ts';
import { demoMerchant, demoWebhookSecret, type Simulator, startSimulator } from '../../server/gateways/demo/simulator.ts';

const HANG_MS = 400;
/** Longest wait of a call that nothing keeps from an answer, however busy the machine is. */
const PATIENT_MS = 20_000;
const IMPATIENT_MS = 200;
const BANK_DELAY = 86_400;

const cards: Record<string, string> = { approve: '4242424242424242', decline: '4000000000000002', funds: '4000000000009995', challenge: '4000000000003220' };
const accounts: Record<string, string> = { bank_settles: '000123456789', bank_returned: '000111111116', bank_returned_late: '000222222227' };

const enterOn = (url: string, instrument: Instrument): Promise<string> =>
  enterNumber(url, cards[instrument] ? { number: cards[instrument]! } : accountFields(accounts[instrument]!));

describe('demo gateway', () => {
  let simulator: Simulator;
  let hook: Server;
  let received: RawWebhook[];
  let harness: ConformanceHarness;

  beforeEach(async () => {
    received = [];
    simulator = await startSimulator({ hangMs: HANG_MS, bankDelaySeconds: BANK_DELAY });
    hook = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        received.push({ headers: request.headers as Record<string, string>, body: Buffer.concat(chunks) });
        response.end('{}');
      });
    });
    await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve));
    const webhookUrl = `http://127.0.0.1:${(hook.address() as { port: number }).port}/webhooks/demo/account`;
    const gatewayFor = (apiKey: string, timeoutMs = PATIENT_MS) =>
      demoGateway.create({
        settings: { baseUrl: simulator.url, apiKey, webhookSecret: demoWebhookSecret(apiKey), timeoutMs: String(timeoutMs) },
        webhookUrl,
        now: () => Temporal.Now.instant(),
        fetch,
      });
    harness = {
      gateway: gatewayFor('sk_demo_first'),
      impatient: gatewayFor('sk_demo_first', IMPATIENT_MS),
      otherGateway: gatewayFor('sk_demo_second'),
      bankDelaySeconds: BANK_DELAY,
      hangMs: HANG_MS,
      now: () => Temporal.Now.instant(),
      enter: enterOn,
      fault: (operation, kind) => simulator.inject({ operation, kind, times: 1 }),
      advance: async (seconds) => simulator.ledger.advance(seconds),
      async answerChallenge(url, approved) {
        await fetch(url, { method: 'POST', body: new URLSearchParams({ answer: approved ? 'yes' : 'no' }), redirect: 'manual' });
      },
      async webhooks() {
        await simulator.settled();
        return received;
      },
      async ledger() {
        const movements = [...simulator.ledger.tables.movement.values()];
        return [...simulator.ledger.tables.payment.values()].map((payment) => ({
          reference: payment.reference,
          status: payment.status,
          minor: BigInt(payment.amount),
          refundedMinor: BigInt(payment.refunded),
          movedMinor: movements.filter((movement) => movement.payment === payment.id).reduce((sum, movement) => sum + BigInt(movement.minor), 0n),
        }));
      },
    };
  });
  afterEach(async () => {
    await simulator.stop();
    hook.closeAllConnections();
    await new Promise((resolve) => hook.close(resolve));
  });

  for (const one of conformanceCases) test(one.name, () => one.run(harness));

  test('a wrong address or key is said in one sentence', () => {
    const create = (settings: Record<string, string>) => () => demoGateway.create({ settings, webhookUrl: '', now: () => Temporal.Now.instant(), fetch });
    expect(create({ baseUrl: 'ftp://x', apiKey: 'sk_demo_first', webhookSecret: 'x' })).toThrow('The address must be an http or https URL.');
    expect(create({ baseUrl: 'http://x', apiKey: 'short', webhookSecret: 'x' })).toThrow('The secret key needs 8 or more characters.');
  });

  test('a provider that cannot be reached is unknown', async () => {
    await simulator.stop();
    expect(await harness.gateway.verifyCredentials()).toEqual({ kind: 'unknown', reason: 'connection' });
    simulator = await startSimulator();
  });

  test('the entry page refuses a real card and says why', async () => {
    const session = await harness.gateway.beginCapture({
      reference: 'x',
      rail: 'card',
      amount: { minor: 100n, currency: 'USD' },
      merchantName: 'Northwind',
      returnUrl: 'http://127.0.0.1:9/back',
    });
    if (session.kind !== 'ok') throw new Error('no session');
    const response = await fetch(session.value.url, {
      method: 'POST',
      body: new URLSearchParams({ number: '4111111111111111', expiry: '12/34', code: '123' }),
    });
    expect(response.status).toBe(422);
    expect(await response.text()).toContain('real cards are not accepted');
  });

  test('neither the key nor a full number is in any answer or webhook', async () => {
    const session = await harness.gateway.beginCapture({
      reference: 'x',
      rail: 'card',
      amount: { minor: 100n, currency: 'USD' },
      merchantName: 'Northwind',
      returnUrl: 'http://127.0.0.1:9/back',
    });
    if (session.kind !== 'ok') throw new Error('no session');
    const token = await enterOn(session.value.url, 'approve');
    const outcome = await harness.gateway.charge({
      operation: 'op-1',
      amount: { minor: 100n, currency: 'USD' },
      rail: 'card',
      source: { token, save: false },
      customer: null,
      description: '',
      returnUrl: 'http://127.0.0.1:9/back',
    });
    const text = JSON.stringify([outcome, (await harness.webhooks()).map((webhook) => webhook.body.toString())], (_, value) =>
      typeof value === 'bigint' ? String(value) : value,
    );
    expect(text).toContain('4242');
    expect(text).not.toContain('4242424242424242');
    expect(text).not.toContain('sk_demo_first');
  });
});

test('a restart of the simulator forgets nothing, even when its last line was cut', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'payorcrm-simulator-'));
  const file = join(folder, 'ledger.ndjson');
  const first = await startSimulator({ file });
  const merchant = demoMerchant('sk_demo_first');
  const session = first.ledger.beginSession(merchant, {
    reference: 'link',
    rail: 'card',
    amount: '100',
    currency: 'USD',
    merchantName: 'N',
    returnUrl: 'http://127.0.0.1:9/',
  });
  const token = first.ledger.enter(session, { number: '4242424242424242', expiry: '12/34', code: '123' });
  const request = {
    reference: 'op',
    amount: '100',
    currency: 'USD',
    rail: 'card' as const,
    customer: null,
    token: token.id,
    description: '',
    return_url: 'http://127.0.0.1:9/',
    webhook_url: null,
  };
  const { payment } = first.ledger.charge(merchant, 'op', request);
  await first.stop();
  const { appendFileSync } = await import('node:fs');
  appendFileSync(file, '["payment",{"id":"pay_cut');
  const second = await startSimulator({ file });
  expect(second.ledger.charge(merchant, 'op', request).payment).toEqual(payment);
  expect(second.ledger.tables.payment.size).toBe(1);
  await second.stop();
  rmSync(folder, { recursive: true });
});
