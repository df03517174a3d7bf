import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { startServer, type TestServer } from '../../../tests/support/server.ts';
import { payWithNew, type Story, tellStory } from '../../../tests/support/story.ts';

let server: TestServer;
let story: Story;
let run = 0;

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());
beforeEach(async () => {
  await server.mail.clear();
  server.clock.set(`2026-03-${String(3 + run++).padStart(2, '0')}T15:00:00Z`);
  story = await tellStory(server);
});

/** Time goes by for the gateway and for us. */
async function pass(days: number): Promise<void> {
  for (let day = 0; day < days; day++) {
    server.clock.advance({ days: 1 });
    server.gateway.ledger.advance(86_400);
    await server.settle();
  }
}
const toPayer = (subject: RegExp) => server.mail.list().filter((mail) => mail.envelopeTo.includes('ap@c-1.example') && subject.test(mail.subject));

it('a payment whose outcome was unknown and that failed is told to the payer once, with what is open and a way to pay', async () => {
  await payWithNew(server, story, 'card', '4000000000008880');
  await pass(3);
  expect(toPayer(/did not go through/)).toHaveLength(1);
  const mail = await server.mail.waitFor((one) => /did not go through/.test(one.subject));
  expect(mail.parsed.subject).toBe('Your payment of $1,250.00 to Northwind Supply did not go through');
  expect(mail.parsed.text).toContain('Nothing was charged.');
  expect(mail.parsed.text).toContain('Invoice INV-1: $1,250.00');
  expect(mail.parsed.html).toContain('/pay/');
});

it('a card that is declined while the payer looks on is told on the page, and no mail follows', async () => {
  const page = await payWithNew(server, story, 'card', '4000000000000002');
  expect(page.text).toMatch(/did not|not approve|declined/i);
  await pass(2);
  expect(toPayer(/did not go through|returned/)).toEqual([]);
});

it('a bank payment that comes back before it settled is told to the payer, once', async () => {
  await payWithNew(server, story, 'bank', '000111111116');
  await pass(5);
  expect(toPayer(/did not go through|was returned/)).toHaveLength(1);
});
