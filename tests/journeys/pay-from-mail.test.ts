import { afterEach, beforeEach, expect, test } from 'vitest';
import { newPayer, wordsOf } from '../support/payer.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { chargedAt, openConfirmation, openFromMail, payFromMail, payWithNew, tellStory, uploadInvoices } from '../support/story.ts';

let server: TestServer;
beforeEach(async () => {
  server = await startServer();
});
afterEach(() => server.close());

const invoiceOf = async (story: Awaited<ReturnType<typeof tellStory>>) => (await story.company.call('GET', '/v1/invoices?state=all')).body.items[0];

test('from the upload to the receipt: the whole line', async () => {
  const story = await tellStory(server);
  expect(story.mail.subject).not.toBe('');
  const words = wordsOf(story.mail.parsed.html ?? '');
  for (const part of ['Ada', 'INV-1', '$1,250.00', 'ending 4242']) expect(words).toContain(part);
  expect(story.mail.parsed.text).toContain('INV-1');

  const page = await payFromMail(server, story);
  expect(page.text).toContain('Payment successful');
  expect(chargedAt(server)).toEqual([125_000n]);

  const receipt = await server.mail.waitFor((mail) => /receipt/i.test(mail.subject));
  expect(receipt.parsed.attachments.map((file) => file.mimeType)).toEqual(['application/pdf']);
  expect(await invoiceOf(story)).toMatchObject({ state: 'closed', open: { amount: '0.00', currency: 'USD' } });

  const again = await openFromMail(newPayer(), story.mail, /ending 4242/);
  expect(again.text).toMatch(/already/i);
  const { body } = await story.company.call('GET', '/v1/payments');
  expect(body.items).toHaveLength(1);
});

test('a declined card says so, and another card pays', async () => {
  const story = await tellStory(server);
  const declined = await payWithNew(server, story, 'card', '4000000000000002');
  expect(declined.text).toMatch(/did not approve the payment/);
  expect(await invoiceOf(story)).toMatchObject({ state: 'open' });
  const paid = await payWithNew(server, story, 'card', '5555555555554444');
  expect(paid.text).toContain('Payment successful');
  expect(chargedAt(server)).toEqual([125_000n]);
  expect(await invoiceOf(story)).toMatchObject({ state: 'closed' });
});

test('opening a link pays nothing, however often and by whomever', async () => {
  const story = await tellStory(server);
  for (const method of ['HEAD', 'GET', 'GET', 'GET'])
    for (const url of [...new Set([...(story.mail.parsed.html ?? '').matchAll(/href="(http[^"]+)"/g)].map(([, href]) => href!.replaceAll('&amp;', '&')))])
      await (await fetch(url, { method })).arrayBuffer();
  await server.settle();
  expect(chargedAt(server)).toEqual([]);
  expect((await story.company.call('GET', '/v1/payment-attempts')).body.items).toEqual([]);
  expect(server.mail.list()).toHaveLength(1);
});

test('a bank payment is on its way, settles after days, and comes back: the invoice is open again', async () => {
  const story = await tellStory(server);
  const page = await payWithNew(server, story, 'bank', '000222222227');
  expect(page.text).toMatch(/on its way|processing|days/i);
  for (let day = 0; day < 8; day++) {
    server.clock.advance({ days: 1 });
    server.gateway.ledger.advance(86_400);
    await server.settle();
  }
  const { body } = await story.company.call('GET', '/v1/payments');
  expect(body.items[0]).toMatchObject({ state: 'returned' });
  expect(await invoiceOf(story)).toMatchObject({ state: 'open', open: { amount: '1250.00', currency: 'USD' } });
  expect(server.mail.list().some((mail) => /return|came back|not go through/i.test(mail.subject))).toBe(true);
});

test('two people confirm at once: one payment', async () => {
  const story = await tellStory(server);
  const one = await openConfirmation(server, story);
  const two = await openConfirmation(server, story).catch(() => one);
  const [first, second] = await Promise.all([one.payer.press(one.page, /^Pay/), two.payer.press(two.page, /^Pay/)]);
  await server.settle();
  expect(chargedAt(server)).toEqual([125_000n]);
  expect([first.text, second.text].some((text) => text.includes('Payment successful'))).toBe(true);
  expect((await story.company.call('GET', '/v1/payments')).body.items).toHaveLength(1);
});

test('an upload closes the invoice while it is being paid: the money is kept as unapplied cash', async () => {
  const story = await tellStory(server);
  const { payer, page } = await openConfirmation(server, story);
  let closed = false;
  const { onFault } = await import('../../server/platform/fault.ts');
  onFault(async (name) => {
    if (name !== 'payments.after_call' || closed) return;
    closed = true;
    await uploadInvoices(story.company, 'C-1', [{ number: 'INV-1', amount: '1250.00', balanceAmount: '0', dueDate: '2026-02-27' }]);
  });
  try {
    await payer.press(page, /^Pay/);
  } finally {
    onFault(null);
  }
  await server.settle();
  expect(closed).toBe(true);
  expect(chargedAt(server)).toEqual([125_000n]);
  expect(await invoiceOf(story)).toMatchObject({ state: 'closed' });
  const payment = (await story.company.call('GET', '/v1/payments')).body.items[0];
  expect(payment).toMatchObject({ unapplied: { amount: '1250.00', currency: 'USD' } });
});
