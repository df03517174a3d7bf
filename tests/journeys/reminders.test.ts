import { afterEach, beforeEach, expect, test } from 'vitest';
import { wordsOf } from '../support/payer.ts';
import { type Company, startServer, type TestServer } from '../support/server.ts';
import { addSample, uploadCustomer, uploadInvoices } from '../support/story.ts';

let server: TestServer;
beforeEach(async () => {
  // Monday, half an hour before the run in New York
  server = await startServer({ start: '2026-03-02T13:30:00Z' });
});
afterEach(() => server.close());

/** A company whose run of that Monday has been, before anything is uploaded. */
async function openCompany(): Promise<Company> {
  const company = await server.company();
  server.clock.advance({ hours: 1 });
  await server.settle();
  return company;
}

const dueIn = (days: number, from = '2026-03-03') => Temporal.PlainDate.from(from).add({ days }).toString();

/** Lets the clock run to the next morning's run. */
async function nextDay(): Promise<void> {
  server.clock.advance({ days: 1 });
  await server.settle();
}

/** To whom mails went, with the invoices that each lists; then forgets them. */
async function sent(): Promise<Record<string, string[]>> {
  // a run that did not happen is told to the administrators
  const mails = (await server.mail.messages()).filter((mail) => !mail.envelopeTo[0]!.startsWith('staff-'));
  await server.mail.clear();
  return Object.fromEntries(
    mails.map((mail) => [
      mail.envelopeTo[0]!.replace(/^ap@|\.example$/g, '').toUpperCase(),
      (wordsOf(mail.parsed.html ?? '').match(/\bI-\d+[a-z]?\b/g) ?? []).filter((number, index, all) => all.indexOf(number) === index).sort(),
    ]),
  );
}

async function categorize(company: Company, name: string, customerIds: string[]): Promise<void> {
  const all = (await company.call('GET', '/v1/categories')).body.items as { id: string; name: string }[];
  const id = all.find((category) => category.name === name)?.id ?? (await company.call('POST', '/v1/categories', { name })).body.id;
  const answer = await company.call('POST', '/v1/customers/categorize', { customerIds, add: [id] });
  expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
}

test('sample 1, due in 5 days for everyone: each customer gets one mail with the invoices due on that day', async () => {
  const company = await openCompany();
  await addSample(company, 'due_in_5');
  for (const number of ['A', 'B', 'C']) await uploadCustomer(company, number);
  await uploadInvoices(company, 'A', [
    { number: 'I-1', amount: 10, dueDate: dueIn(5) },
    { number: 'I-2', amount: 20, dueDate: dueIn(5) },
    { number: 'I-3', amount: 30, dueDate: dueIn(6) },
  ]);
  await uploadInvoices(company, 'B', [{ number: 'I-4', amount: 10, dueDate: dueIn(5), balanceAmount: '0' }]);
  await uploadInvoices(company, 'C', [{ number: 'I-5', amount: 10, dueDate: dueIn(4) }]);
  await nextDay();
  expect(await sent()).toEqual({ A: ['I-1', 'I-2'] });
  await nextDay();
  expect(await sent()).toEqual({ A: ['I-3'] });
});

test('sample 2, overdue by 3 days for everyone; a credit memo is never reminded of', async () => {
  const company = await openCompany();
  await addSample(company, 'overdue_3');
  await uploadCustomer(company, 'A');
  await uploadInvoices(company, 'A', [
    { number: 'I-1', amount: 10, dueDate: dueIn(-3) },
    { number: 'I-2', amount: 4, dueDate: dueIn(-3), debitCreditIndicator: 'H' },
    { number: 'I-3', amount: 10, dueDate: dueIn(-2) },
  ]);
  await nextDay();
  expect(await sent()).toEqual({ A: ['I-1'] });
});

test('sample 3, overdue by 3, 5 or 10 days: three days on which an invoice is reminded of, and no other', async () => {
  const company = await openCompany();
  await addSample(company, 'overdue_3_5_10');
  await uploadCustomer(company, 'A');
  await uploadInvoices(company, 'A', [{ number: 'I-1', amount: 10, dueDate: dueIn(0) }]);
  const days: number[] = [];
  for (let day = 0; day <= 12; day++) {
    await nextDay();
    if ((await sent())['A']) days.push(day);
  }
  expect(days).toEqual([3, 5, 10]);
});

test('sample 4, due in 1 day for VIP customers only', async () => {
  const company = await openCompany();
  await addSample(company, 'due_in_1_vip');
  const vip = await uploadCustomer(company, 'A');
  await uploadCustomer(company, 'B');
  await categorize(company, 'VIP customers', [vip]);
  for (const [customer, number] of [
    ['A', 'I-1'],
    ['B', 'I-2'],
  ] as const)
    await uploadInvoices(company, customer, [{ number, amount: 10, dueDate: dueIn(1) }]);
  await nextDay();
  expect(await sent()).toEqual({ A: ['I-1'] });
});

test('sample 5, due in 4 days for VIP or Repeat customers', async () => {
  const company = await openCompany();
  await addSample(company, 'due_in_4_vip_repeat');
  const [a, b] = [await uploadCustomer(company, 'A'), await uploadCustomer(company, 'B')];
  await uploadCustomer(company, 'C');
  await categorize(company, 'VIP customers', [a]);
  await categorize(company, 'Repeat', [b]);
  for (const [customer, number] of [
    ['A', 'I-1'],
    ['B', 'I-2'],
    ['C', 'I-3'],
  ] as const)
    await uploadInvoices(company, customer, [{ number, amount: 10, dueDate: dueIn(4) }]);
  await nextDay();
  expect(await sent()).toEqual({ A: ['I-1'], B: ['I-2'] });
});

test('days on which nothing ran are made up for, three of them and no more, in one mail', async () => {
  const company = await openCompany();
  await addSample(company, 'overdue_3');
  await uploadCustomer(company, 'A');
  // overdue by 3 on the 3rd, 4th, 5th, 6th, 7th and 8th of March
  await uploadInvoices(
    company,
    'A',
    [0, 1, 2, 3, 4, 5].map((day) => ({ number: `I-${day}`, amount: 10, dueDate: dueIn(day - 3) })),
  );
  await nextDay();
  expect(await sent()).toEqual({ A: ['I-0'] });
  // nothing runs on the 4th, 5th, 6th and 7th
  server.clock.advance({ days: 5 });
  await server.settle();
  expect(await sent()).toEqual({ A: ['I-2', 'I-3', 'I-4', 'I-5'] });
  const { body } = await company.call('GET', '/v1/reminder-runs');
  expect(body.items[0]).toMatchObject({ runOn: '2026-03-08', days: ['2026-03-05', '2026-03-06', '2026-03-07', '2026-03-08'], missedDays: ['2026-03-04'] });
});

test('a customer in Auckland and one in Honolulu: each company by its own date and hour', async () => {
  const auckland = await server.company({ timezone: 'Pacific/Auckland', email: 'a@auckland.example' });
  const honolulu = await server.company({ timezone: 'Pacific/Honolulu', email: 'h@honolulu.example' });
  for (const [company, number] of [
    [auckland, 'NZ'],
    [honolulu, 'HI'],
  ] as const) {
    await addSample(company, 'overdue_3');
    await uploadCustomer(company, number);
    await uploadInvoices(company, number, [{ number: 'I-1', amount: 10, dueDate: '2026-03-07' }]);
  }
  const mornings: Record<string, string> = {};
  for (let hour = 0; hour < 24 * 10; hour++) {
    server.clock.advance({ hours: 1 });
    await server.settle();
    for (const customer of Object.keys(await sent())) mornings[customer] = server.clock.now().toString();
  }
  // 10 March: 9:00 in Auckland is 20:00 UTC of the 9th; 9:00 in Honolulu is 19:00 UTC
  expect(mornings).toEqual({ NZ: '2026-03-09T20:30:00Z', HI: '2026-03-10T19:30:00Z' });
});

test('however often the scheduler looks, and on four workers at once, a day has one run', async () => {
  const company = await openCompany();
  await addSample(company, 'overdue_3');
  for (const number of ['A', 'B', 'C', 'D', 'E']) {
    await uploadCustomer(company, number);
    await uploadInvoices(company, number, [{ number: `I-${number.charCodeAt(0)}`, amount: 10, dueDate: dueIn(-3) }]);
  }
  server.clock.advance({ days: 1 });
  const { ticks, jobs } = await import('../../server/app.ts');
  const { drainJobs } = await import('../../server/platform/jobs/worker.ts');
  await Promise.all(
    [1, 2, 3, 4].map(async () => {
      for (let beat = 0; beat < 10; beat++) {
        for (const tick of ticks) await tick.run(server.platform);
        await drainJobs(server.platform, jobs);
      }
    }),
  );
  await server.settle();
  expect((await server.mail.messages()).map((mail) => mail.envelopeTo[0]).sort()).toEqual([
    'ap@a.example',
    'ap@b.example',
    'ap@c.example',
    'ap@d.example',
    'ap@e.example',
  ]);
});
