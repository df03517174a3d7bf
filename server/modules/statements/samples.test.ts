import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Company, startServer, type TestServer } from '../../../tests/support/server.ts';
import { uploadCustomer, uploadInvoices } from '../../../tests/support/story.ts';

/** Wednesday the 25th of February: the first of March is a Sunday. */
let server: TestServer;
beforeAll(async () => {
  server = await startServer({ start: '2026-02-25T15:00:00Z' });
});
afterAll(() => server.close());

const category = (company: Company, name: string, customerIds: string[]) =>
  company.call('GET', '/v1/categories').then(async ({ body }) => {
    const id = body.items.find((one: { name: string }) => one.name === name).id;
    return company.call('POST', '/v1/customers/categorize', { customerIds, add: [id], remove: [] });
  });

/** What reached whom: "day, address: subject". */
async function mailsOf(): Promise<string[]> {
  const mails = await Promise.all(server.mail.list().map(({ id }) => server.mail.read(id)));
  return mails
    .filter((mail) => mail !== null)
    .map((mail) => `${mail.envelopeTo[0]}: ${mail.subject.replace(/ST-\d+/, 'ST')}`)
    .sort();
}

/** Lets days pass; each has its look at nine in the morning. */
async function days(count: number): Promise<Record<string, string[]>> {
  const told: Record<string, string[]> = {};
  for (let n = 0; n < count; n++) {
    server.clock.advance({ days: 1 });
    await server.settle();
    const mails = await mailsOf();
    if (mails.length > 0) told[server.clock.now().toString().slice(0, 10)] = mails;
    await server.mail.clear();
  }
  return told;
}

async function prepared(sample: string): Promise<Company> {
  const company = await server.company({ name: 'Northwind', email: `${sample}@northwind.example` });
  for (const number of ['A', 'B', 'C']) await uploadCustomer(company, number, { emailaddress1: `${number.toLowerCase()}-${sample}@customer.example` });
  const { status, body } = await company.call('POST', '/v1/statements/samples', { sample });
  expect(status).toBe(201);
  await company.call('POST', `/v1/statement-rules/${body.id}/activate`);
  await server.mail.clear();
  return company;
}

describe('the samples of the guide', () => {
  test('monthly: on the first day everyone with invoices overdue up to 300 days, and nobody else', async () => {
    const company = await prepared('monthly_overdue');
    await uploadInvoices(company, 'A', [
      { number: 'A-1', amount: '100.00', dueDate: '2026-02-20' },
      // due on the day itself is overdue by 0
      { number: 'A-2', amount: '50.00', dueDate: '2026-03-01' },
      { number: 'A-3', amount: '7.00', dueDate: '2026-03-02' },
    ]);
    // 301 days before the first of March
    await uploadInvoices(company, 'B', [{ number: 'B-1', amount: '10.00', dueDate: '2025-05-04' }]);
    await uploadInvoices(company, 'C', [{ number: 'C-1', amount: '20.00', dueDate: '2025-05-05' }]);
    expect(await days(9)).toEqual({
      '2026-03-01': [
        'a-monthly_overdue@customer.example: Statement ST from Northwind: $150.00 open',
        'c-monthly_overdue@customer.example: Statement ST from Northwind: $20.00 open',
      ],
    });
    await company
      .call('GET', '/v1/statement-rules')
      .then(({ body }) => Promise.all(body.items.map((rule: { id: string }) => company.call('POST', `/v1/statement-rules/${rule.id}/deactivate`))));
  });

  test('weekly: every Monday customers of Cat1, with what is overdue or falls due within 30 days', async () => {
    const company = await prepared('weekly_cat1');
    const { body } = await company.call('GET', '/v1/customers');
    const idOf = (number: string) => body.items.find((one: { number: string }) => one.number === number).id;
    await category(company, 'Cat1', [idOf('A'), idOf('B')]);
    await uploadInvoices(company, 'A', [
      { number: 'A-1', amount: '100.00', dueDate: '2026-03-01' },
      { number: 'A-2', amount: '40.00', dueDate: '2026-04-08' },
      { number: 'A-3', amount: '1.00', dueDate: '2026-05-30' },
    ]);
    await uploadInvoices(company, 'B', [{ number: 'B-1', amount: '10.00', dueDate: '2026-05-30' }]);
    await uploadInvoices(company, 'C', [{ number: 'C-1', amount: '20.00', dueDate: '2026-03-01' }]);
    // from Friday the 6th: Mondays are the 9th and the 16th; on the 9th A-2 falls due in 30 days
    expect(server.clock.now().toString().slice(0, 10)).toBe('2026-03-06');
    expect(await days(11)).toEqual({
      '2026-03-09': ['a-weekly_cat1@customer.example: Statement ST from Northwind: $140.00 open'],
      '2026-03-16': ['a-weekly_cat1@customer.example: Statement ST from Northwind: $140.00 open'],
    });
    await company
      .call('GET', '/v1/statement-rules')
      .then(({ body: list }) => Promise.all(list.items.map((rule: { id: string }) => company.call('POST', `/v1/statement-rules/${rule.id}/deactivate`))));
  });

  test('daily: each new invoice once, when it falls due within 30 days', async () => {
    const company = await prepared('daily_new');
    await uploadInvoices(company, 'A', [
      { number: 'A-1', amount: '100.00', dueDate: '2026-04-01' },
      { number: 'A-2', amount: '40.00', dueDate: '2026-04-20' },
    ]);
    await uploadInvoices(company, 'B', [{ number: 'B-1', amount: '10.00', dueDate: '2026-03-01' }]);
    expect(server.clock.now().toString().slice(0, 10)).toBe('2026-03-17');
    expect(await days(6)).toEqual({
      '2026-03-18': ['a-daily_new@customer.example: Statement ST from Northwind: $100.00 open'],
      // 30 days before the 20th of April
      '2026-03-21': ['a-daily_new@customer.example: Statement ST from Northwind: $40.00 open'],
    });
  });
});
