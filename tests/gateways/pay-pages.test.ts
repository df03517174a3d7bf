import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createPayLink, issueConfirmToken, type PayLink, readConfirmation, saveDemoMethod } from '../../server/modules/payments/index.ts';
import { writeOff } from '../../server/modules/receivables/index.ts';
import { onFault } from '../../server/platform/fault.ts';
import { Browser, card, startWorld, type World } from './support.ts';
import { accountFields } from './entry.ts';

const APPROVE = '4242424242424242';

describe('pay pages', () => {
  let world: World;
  let browser: Browser;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world.close());
  beforeEach(() => {
    browser = new Browser();
    onFault(null);
  });

  async function link(input: { invoices?: bigint[]; email?: string } = {}): Promise<PayLink & { customerId: string; ids: string[]; email: string }> {
    const email = input.email ?? 'ada@example.com';
    const { customerId, documents } = await world.customer({ ...input, email });
    const made = await world.db.inTenant(world.tenantId, (ctx) =>
      createPayLink(ctx, { customerId, documents, currency: 'USD', emailAddress: email, emailId: null }),
    );
    return { ...made, customerId, ids: documents.map((document) => document.documentId), email };
  }
  const saved = (customerId: string, number = APPROVE, rail: 'card' | 'bank' = 'card') =>
    saveDemoMethod(world.work, { accountId: world.accountId, customerId, rail, number });
  /** What the mail of the last confirmation request would hold. */
  async function confirmUrl(): Promise<string> {
    const { rows } = await world.db.admin.query("select subject_id from event where type = 'payment_confirmation.requested' order by id desc limit 1");
    return `${world.url}/pay/confirm/${await world.db.inTenant(world.tenantId, (ctx) => issueConfirmToken(ctx, rows[0].subject_id))}`;
  }
  const attempts = async (customerId: string): Promise<number> =>
    (await world.db.admin.query('select count(*)::int as n from payment_attempt where customer_id = $1', [customerId])).rows[0].n;
  async function enter(fields: Record<string, string>, button = 'with a new card'): Promise<void> {
    await browser.press(button);
    await browser.press('Continue', fields);
  }

  test('says who asks, how much and for what, with the headers that keep the token private', async () => {
    const made = await link({ invoices: [125000n, 5050n] });
    const page = await browser.go(made.url);
    expect(page.status).toBe(200);
    expect(page.text).toContain('Northwind Supply asks Customer');
    expect(page.text).toContain('$1,300.50');
    expect(page.text).toContain('12 days overdue');
    expect(page.html).not.toContain('<script');
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(page.headers.get('x-robots-tag')).toContain('noindex');
    expect(page.headers.get('content-security-policy')).toContain(`form-action 'self' ${world.simulator.url}`);
    expect(page.headers.get('set-cookie')).toMatch(/HttpOnly; SameSite=Lax/);
    expect(page.html.replaceAll(made.token, '')).toBe(page.html);
  });

  test('opening, by people or scanners and however often, changes nothing', async () => {
    const made = await link();
    const before = await snapshotOfDatabase();
    for (let i = 0; i < 3; i++) await fetch(made.url);
    await fetch(made.url, { method: 'HEAD' });
    for (const button of made.buttons) await fetch(button.url);
    expect(await snapshotOfDatabase()).toEqual(before);
  });
  const snapshotOfDatabase = async () =>
    (
      await world.db.admin.query(
        'select (select count(*) from event) as events, (select count(*) from payment_attempt) as attempts, (select count(*) from pay_link) as links, (select max(xmin::text::bigint) from pay_link) as written',
      )
    ).rows[0];

  test('a new card pays: entry on the gateway, a look at the amount, one press', async () => {
    const made = await link();
    await browser.go(made.url);
    await enter(card(APPROVE));
    expect(browser.page.text).toContain('You pay Northwind Supply $1,250.00');
    expect(browser.page.text).toContain('Visa ending 4242');
    const page = await browser.press('Pay $1,250.00');
    expect(page.title).toContain('Payment successful');
    expect(page.text).toContain('a***@example.com');
    expect(await world.open(made.ids)).toEqual([0n]);
    expect((await browser.go(made.url)).title).toContain('Already paid');
  });

  test('a double press, a reload and the back button are one payment', async () => {
    const made = await link();
    await browser.go(made.url);
    await enter(card(APPROVE));
    const { action, fields } = browser.form('Pay $1,250.00');
    const send = () => new Browser().go.call(browser, new URL(action, browser.page.url).toString(), { method: 'POST', body: fields });
    await Promise.all([send(), send()]);
    const page = await send();
    expect(page.title).toContain('Payment successful');
    expect(await attempts(made.customerId)).toBe(1);
  });

  test('a declined card says what to do next; another card succeeds', async () => {
    const made = await link();
    await browser.go(made.url);
    await enter(card('4000000000000002'));
    const page = await browser.press('Pay $1,250.00');
    expect(page.text).toContain('The payment was not successful');
    expect(page.text).toContain('Your bank did not approve the payment');
    expect(page.text).not.toContain('generic_decline');
    await browser.follow('Choose how to pay');
    await enter(card(APPROVE));
    expect((await browser.press('Pay $1,250.00')).title).toContain('Payment successful');
  });

  test('a card that was reported lost reads like any declined card', async () => {
    const made = await link();
    await browser.go(made.url);
    await enter(card('4000000000009987'));
    const page = await browser.press('Pay $1,250.00');
    expect(page.text).toContain('Your bank did not approve the payment');
    expect(page.text).not.toMatch(/lost|risk/i);
  });

  test('five failures close the link', async () => {
    const made = await link();
    for (let i = 0; i < 5; i++) {
      await browser.go(made.url);
      await enter(card('4000000000000002'));
      await browser.press('Pay $1,250.00');
    }
    const page = await browser.go(made.url);
    expect(page.text).toContain('This link takes no more tries');
    expect(page.html).not.toContain('<form');
  });

  test('3-D Secure: the bank asks, and the answer decides', async () => {
    for (const [answer, title] of [
      ['Yes, I confirm', 'Payment successful'],
      ['No, refuse', 'Payment not successful'],
    ] as const) {
      const made = await link();
      await browser.go(made.url);
      await enter(card('4000000000003220'));
      await browser.press('Pay $1,250.00');
      expect(browser.page.text).toContain('Your bank asks you to confirm');
      // the link of the mail leads back to the question
      expect((await browser.go(made.url)).text).toContain('The bank waits for an answer');
      await browser.follow('Go on with it');
      await browser.follow('Continue to your bank');
      const value = answer.startsWith('Yes') ? 'yes' : 'no';
      expect((await browser.press(answer, { answer: value })).title).toContain(title);
      expect(await world.open(made.ids)).toEqual([value === 'yes' ? 0n : 125000n]);
    }
  });

  test('an answer that is lost shows "we are confirming", looks again by itself, and ends in success', async () => {
    const made = await link();
    await browser.go(made.url);
    await enter(card('4000000000007775'));
    world.simulator.inject({ operation: 'charge', kind: 'webhook_lost', times: 1 });
    const page = await browser.press('Pay $1,250.00');
    expect(page.text).toContain('We are confirming your payment');
    expect(page.text).toContain('do not pay again');
    expect(page.html).toContain('http-equiv="refresh"');
    expect((await browser.go(made.url)).text).toContain('A payment is under way');
    world.db.clock.advance({ seconds: 31 });
    await world.settle();
    expect((await browser.go(page.url)).title).toContain('Payment successful');
  });

  test('a request that never arrived ends in "nothing was charged", and can be tried again', async () => {
    const made = await link();
    await browser.go(made.url);
    await enter(card('4000000000008880'));
    const page = await browser.press('Pay $1,250.00');
    expect(page.text).toContain('We are confirming your payment');
    world.db.clock.advance({ seconds: 31 });
    await world.settle();
    expect((await browser.go(page.url)).text).toContain('nothing was charged');
    await browser.follow('Choose how to pay');
    await enter(card(APPROVE));
    expect((await browser.press('Pay $1,250.00')).title).toContain('Payment successful');
  });

  test('a bank account is debited, says how long that takes, and holds the invoice meanwhile', async () => {
    const made = await link();
    await browser.go(made.url);
    await enter(accountFields('000123456789'), 'from a new bank account');
    const page = await browser.press('Pay $1,250.00');
    expect(page.text).toContain('Payment submitted');
    expect(page.text).toContain('one to three working days');
    expect((await browser.go(made.url)).text).toContain('A bank payment of $1,250.00 is on its way');
    world.simulator.ledger.advance(86_400);
    await world.settle();
    expect((await browser.go(made.url)).title).toContain('Already paid');
  });

  test('a method is kept only when the box is ticked', async () => {
    const made = await link({ invoices: [1000n] });
    await browser.go(made.url);
    await enter(card(APPROVE));
    await browser.press('Pay $10.00', { save: 'yes' });
    const { body } = await world.api('GET', `/v1/customers/${made.customerId}/payment-methods`);
    expect(body.items).toMatchObject([{ rail: 'card', last4: '4242', brand: 'Visa' }]);
    const other = await link({ invoices: [1000n] });
    await browser.go(other.url);
    await enter(card(APPROVE));
    await browser.press('Pay $10.00');
    expect((await world.api('GET', `/v1/customers/${other.customerId}/payment-methods`)).body.items).toEqual([]);
    expect((await world.api('DELETE', `/v1/payment-methods/${body.items[0].id}`)).status).toBe(204);
    expect((await world.api('GET', `/v1/customers/${made.customerId}/payment-methods`)).body.items).toEqual([]);
  });

  test('a saved card pays only by the button of the page of the confirmation mail', async () => {
    const { customerId } = await world.customer();
    await saved(customerId);
    const made = await linkFor(customerId);
    expect(made.buttons.map((button) => button.label)).toEqual(['Pay with card ending 4242', 'Pay with a new card', 'Pay from a new bank account']);
    await browser.go(made.buttons[0]!.url);
    const asked = await browser.press('with Visa ending 4242');
    expect(asked.text).toContain('We sent a mail to a***@example.com');
    expect(await attempts(customerId)).toBe(0);
    const url = await confirmUrl();
    await fetch(url);
    await browser.go(url);
    expect(browser.page.text).toContain('with Visa ending 4242');
    expect(await attempts(customerId)).toBe(0);
    expect((await browser.press('Pay $1,250.00')).title).toContain('Payment successful');
    expect((await browser.go(url)).title).toContain('Already paid');
  });

  async function linkFor(customerId: string) {
    const { rows } = await world.db.admin.query('select id as "documentId", open_minor::text as open from document where customer_id = $1', [customerId]);
    return world.db.inTenant(world.tenantId, (ctx) =>
      createPayLink(ctx, {
        customerId,
        documents: rows.map((row) => ({ documentId: row.documentId, amountMinor: BigInt(row.open) })),
        currency: 'USD',
        emailAddress: 'ada@example.com',
        emailId: null,
      }),
    );
  }

  test('two people confirm at once: one payment, the other reads that it is paid', async () => {
    const { customerId, documents } = await world.customer();
    await saved(customerId);
    const made = await linkFor(customerId);
    await browser.go(made.url);
    await browser.press('with Visa ending 4242');
    const url = await confirmUrl();
    const people = [new Browser(), new Browser()];
    for (const person of people) await person.go(url);
    const pages = await Promise.all(people.map((person) => person.press('Pay $1,250.00')));
    expect(pages.filter((page) => page.title.includes('Payment successful'))).toHaveLength(1);
    expect(pages.filter((page) => /Already paid|under way/.test(page.title))).toHaveLength(1);
    expect(await world.open(documents.map((document) => document.documentId))).toEqual([0n]);
    expect((await people[1]!.go(url)).title).toContain('Already paid');
  });

  test('the confirmation details are there for the mail, and a mail rendered again has a new token', async () => {
    const { customerId } = await world.customer();
    await saved(customerId);
    await browser.go((await linkFor(customerId)).url);
    await browser.press('with Visa ending 4242');
    const { rows } = await world.db.admin.query("select subject_id, data from event where type = 'payment_confirmation.requested' order by id desc limit 1");
    const details = await world.db.inTenant(world.tenantId, (ctx) => readConfirmation(ctx, rows[0].subject_id));
    expect(details).toMatchObject({ customerId, currency: 'USD', amountMinor: 125000n, emailAddress: 'ada@example.com' });
    expect(details.documents).toHaveLength(1);
    const [first, second] = [await confirmUrl(), await confirmUrl()];
    expect((await browser.go(first)).status).toBe(404);
    expect((await browser.go(second)).status).toBe(200);
  });

  test('a token that nobody has, one that has expired and a confirm token at the pay page all say what to do next', async () => {
    const wrong = await browser.go(`${world.url}/pay/${'A'.repeat(43)}`);
    expect(wrong.status).toBe(404);
    expect(wrong.text).toContain('This link no longer works');
    expect((await browser.go(`${world.url}/pay/short`)).status).toBe(404);
    const made = await link();
    world.db.clock.advance({ hours: 31 * 24 });
    const expired = await browser.go(made.url);
    expect(expired.status).toBe(410);
    expect(expired.text).toContain('ask for a new link');
    expect(expired.text).not.toContain('$1,250.00');
  });

  test('a new link goes only to an address on file, and the answer never tells', async () => {
    const made = await link({ email: 'grace@example.com' });
    world.db.clock.advance({ hours: 31 * 24 });
    const requests = async () =>
      (await world.db.admin.query("select data from event where type = 'pay_link.requested' and customer_id = $1", [made.customerId])).rows.length;
    await browser.go(made.url);
    const stranger = await browser.press('Send me a new link', { email: 'mallory@example.com' });
    expect(await requests()).toBe(0);
    await browser.go(made.url);
    const onFile = await browser.press('Send me a new link', { email: 'Grace@example.com' });
    expect(onFile.text).toBe(stranger.text);
    expect(await requests()).toBe(1);
    await browser.go(`${world.url}/pay/${'A'.repeat(43)}`);
    expect((await browser.press('Send me a new link', { email: 'grace@example.com' })).text.replace(/Northwind Supply|PayorCRM/g, '')).toContain(
      'Look into your mailbox',
    );
    expect(await requests()).toBe(2);
    await browser.go(made.url);
    expect((await browser.press('Send me a new link', { email: 'not an address' })).status).toBe(422);
  });

  test('an amount that changed since the page was made is shown again, never charged', async () => {
    const made = await link();
    await browser.go(made.url);
    await enter(card(APPROVE));
    await world.db.inTenant(world.tenantId, (ctx) => writeOff(ctx, made.ids[0]!, { amountMinor: 25000n, reason: 'Deduction' }));
    const page = await browser.press('Pay $1,250.00');
    expect(page.text).toContain('it is $1,000.00 now');
    expect(await attempts(made.customerId)).toBe(0);
    await browser.follow('See what is open now');
    await enter(card(APPROVE));
    expect((await browser.press('Pay $1,000.00')).title).toContain('Payment successful');
  });

  test('a form from elsewhere, of another link or without the cookie does nothing', async () => {
    const made = await link();
    const other = await link();
    await browser.go(made.url);
    const { fields } = browser.form('with a new card');
    const post = (linkId: string, cookie: string, body = fields) =>
      fetch(`${world.url}/pay/l/${linkId}/start`, { method: 'POST', headers: { cookie }, body, redirect: 'manual' });
    const cookie = (one: PayLink) => `pay_${one.payLinkId}=${one.token}`;
    expect((await post(made.payLinkId, '')).status).toBe(403);
    expect((await post(other.payLinkId, cookie(other))).status).toBe(403);
    expect((await post(made.payLinkId, `pay_${made.payLinkId}=${other.token}`)).status).toBe(403);
    const forged = new URLSearchParams(fields);
    forged.set('csrf', 'A'.repeat(22));
    expect((await post(made.payLinkId, cookie(made), forged)).status).toBe(403);
    expect((await post(made.payLinkId, cookie(made))).status).toBe(303);
  });

  test('what was entered for one link does not pay another', async () => {
    const made = await link();
    const other = await link();
    await browser.go(made.url);
    await enter(card(APPROVE));
    const capture = new URL(browser.page.url).searchParams.get('capture');
    await browser.go(other.url);
    const page = await browser.go(`${world.url}/pay/l/${other.payLinkId}/review?rail=card&capture=${capture}`);
    expect(page.text).toContain('can no longer be used');
  });

  test('too many confirmation mails are refused', async () => {
    const { customerId } = await world.customer();
    await saved(customerId);
    const made = await linkFor(customerId);
    const titles: string[] = [];
    for (let i = 0; i < 7; i++) {
      await browser.go(made.url);
      titles.push((await browser.press('with Visa ending 4242')).title);
    }
    expect(titles.filter((title) => title.includes('Look into your mailbox'))).toHaveLength(5);
    expect(titles.at(-1)).toContain('Too many requests');
  });

  test('the PDF of an invoice opens for the browser that holds the link, and for nobody else', async () => {
    const made = await link();
    const stranger = await link();
    await browser.go(made.url);
    const path = `/pay/l/${made.payLinkId}/invoices/${made.ids[0]}`;
    const cookie = `pay_${made.payLinkId}=${made.token}`;
    const pdf = await fetch(world.url + path, { headers: { cookie } });
    expect(pdf.headers.get('content-type')).toBe('application/pdf');
    expect(
      Buffer.from(await pdf.arrayBuffer())
        .subarray(0, 5)
        .toString(),
    ).toBe('%PDF-');
    expect((await fetch(world.url + path)).status).toBe(403);
    expect((await fetch(`${world.url}/pay/l/${made.payLinkId}/invoices/${stranger.ids[0]}`, { headers: { cookie } })).status).toBe(404);
  });

  test('a gateway that does not answer says so and charges nothing', async () => {
    const made = await link();
    await browser.go(made.url);
    world.simulator.inject({ operation: 'capture', kind: 'error_before', times: 1 });
    const page = await browser.press('with a new card');
    expect(page.status).toBe(503);
    expect(page.text).toContain('nothing was charged');
  });

  test('a crash after the charge shows a page, not a stack, and the link tells the truth afterwards', async () => {
    const made = await link();
    await browser.go(made.url);
    await enter(card(APPROVE));
    onFault((at) => {
      if (at === 'payments.after_call') throw new Error('power cut');
    });
    const page = await browser.press('Pay $1,250.00');
    onFault(null);
    expect(page.status).toBe(500);
    expect(page.text).toContain('do not pay again yet');
    expect(page.text).not.toContain('power cut');
    expect((await browser.go(made.url)).text).toContain('A payment is under way');
    world.db.clock.advance({ minutes: 3 });
    await world.settle();
    expect((await browser.go(made.url)).title).toContain('Already paid');
  });

  describe('the API for staff', () => {
    test('lists attempts by state, shows each step, and refunds with one key once', async () => {
      const made = await link();
      await browser.go(made.url);
      await enter(card(APPROVE));
      await browser.press('Pay $1,250.00');
      const list = await world.api('GET', `/v1/payment-attempts?customerId=${made.customerId}&state=settled&limit=1`);
      expect(list.body.items).toHaveLength(1);
      const [attempt] = list.body.items;
      expect(attempt).toMatchObject({ state: 'settled', amount: { amount: '1250.00', currency: 'USD' }, gateway: 'demo', method: { last4: '4242' } });
      const detail = await world.api('GET', `/v1/payment-attempts/${attempt.id}`);
      expect(detail.body.steps.map((step: { kind: string }) => step.kind)).toEqual(['created', 'submitted', 'settled', 'booked']);
      expect(detail.body.documents).toHaveLength(1);
      expect((await world.api('GET', `/v1/payments/${attempt.paymentId}/attempt`)).body.id).toBe(attempt.id);
      const give = (amount: string) =>
        world.api('POST', `/v1/payments/${attempt.paymentId}/refunds`, { amount: { amount, currency: 'USD' }, reason: 'Damaged' }, { 'idempotency-key': 'k1' });
      const first = await give('250.00');
      expect(first).toMatchObject({ status: 201, body: { state: 'succeeded', requestedBy: 'Staff' } });
      expect((await give('250.00')).body.id).toBe(first.body.id);
      expect((await give('300.00')).status).toBe(422);
      expect((await world.api('POST', `/v1/payments/${attempt.paymentId}/refunds`, { amount: { amount: '1000.01', currency: 'USD' } })).status).toBe(422);
      expect((await world.api('GET', `/v1/payments/${attempt.paymentId}/refunds`)).body.items).toHaveLength(1);
    });

    test('pages through attempts without a gap or a repeat', async () => {
      const all: string[] = [];
      let cursor = '';
      do {
        const { body } = await world.api('GET', `/v1/payment-attempts?limit=3${cursor ? `&cursor=${cursor}` : ''}`);
        all.push(...body.items.map((item: { id: string }) => item.id));
        cursor = body.nextCursor;
      } while (cursor);
      const { rows } = await world.db.admin.query('select count(*)::int as n from payment_attempt');
      expect(new Set(all).size).toBe(rows[0].n);
      expect(all).toHaveLength(rows[0].n);
    });

    test('refuses a cursor that it did not make', async () => {
      const forged = Buffer.from(JSON.stringify(['created', 'yesterday', 'x'])).toString('base64url');
      expect((await world.api('GET', `/v1/payment-attempts?cursor=${forged}`)).status).toBe(400);
    });

    test('"check now" looks up an unknown attempt', async () => {
      const made = await link();
      await browser.go(made.url);
      await enter(card('4000000000007775'));
      world.simulator.inject({ operation: 'charge', kind: 'webhook_lost', times: 1 });
      await browser.press('Pay $1,250.00');
      const { body } = await world.api('GET', `/v1/payment-attempts?customerId=${made.customerId}&state=unknown`);
      expect(body.items).toHaveLength(1);
      expect((await world.api('POST', `/v1/payment-attempts/${body.items[0].id}/check`)).body.state).toBe('settled');
    });

    test('makes a link to copy that pays everything open, with the confirmation going to the contact', async () => {
      const { customerId } = await world.customer({ invoices: [1000n, 2000n] });
      const { status, body } = await world.api('POST', '/v1/pay-links', { customerId });
      expect(status).toBe(201);
      expect(body.amount).toEqual({ amount: '30.00', currency: 'USD' });
      expect((await browser.go(body.url)).text).toContain('$30.00');
    });

    test('connects a gateway only with credentials that work, and never shows its secrets', async () => {
      const settings = { baseUrl: world.simulator.url, apiKey: 'sk_demo_other', webhookSecret: 'whsec_something' };
      const made = await world.api('POST', '/v1/gateway-accounts', { gateway: 'demo', label: 'Second', rails: ['card'], active: false, settings });
      expect(made.status).toBe(201);
      expect(JSON.stringify(made.body)).not.toContain('sk_demo_other');
      expect(made.body.settings.find((field: { name: string }) => field.name === 'apiKey')).toMatchObject({ value: null, isSet: true });
      const refused = await world.api('POST', '/v1/gateway-accounts', {
        gateway: 'demo',
        label: 'Third',
        rails: ['card'],
        settings: { ...settings, baseUrl: 'http://127.0.0.1:9' },
      });
      expect(refused).toMatchObject({ status: 409, body: { code: 'gateway_unreachable' } });
      expect((await world.api('POST', '/v1/gateway-accounts', { gateway: 'demo', label: 'a\u0000b', rails: ['card'], settings })).status).toBe(422);
      const missing = await world.api('POST', '/v1/gateway-accounts', {
        gateway: 'demo',
        label: 'Third',
        rails: ['card'],
        settings: { baseUrl: world.simulator.url },
      });
      expect(missing.body.errors[0].field).toBe('settings.apiKey');
      const changed = await world.api('PUT', `/v1/gateway-accounts/${made.body.id}`, {
        label: 'Renamed',
        rails: ['bank'],
        active: false,
        settings: { baseUrl: world.simulator.url },
      });
      expect(changed.body).toMatchObject({ label: 'Renamed', rails: ['bank'], active: false });
      const { rows } = await world.db.admin.query('select settings_ciphertext from gateway_account where id = $1', [made.body.id]);
      expect(rows[0].settings_ciphertext.toString('latin1')).not.toContain('sk_demo_other');
    });
  });

  test('no card or account number, key or token is in the database', async () => {
    const made = await link();
    await fetch(made.url);
    const { rows: tables } = await world.db.admin.query(
      "select table_name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'",
    );
    let text = '';
    for (const { table_name } of tables) text += JSON.stringify((await world.db.admin.query(`select to_jsonb(t) as row from ${table_name} t`)).rows);
    for (const secret of [APPROVE, '000123456789', `sk_demo_${world.tenantId}`, made.token]) expect(text).not.toContain(secret);
    expect(text).toContain('4242');
  });
});
