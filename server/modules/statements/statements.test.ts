import { unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Company, startServer, type TestServer } from '../../../tests/support/server.ts';
import { uploadCustomer, uploadInvoices } from '../../../tests/support/story.ts';
import { newId } from '../../kernel/ids.ts';
import { optOut } from '../correspondence/commands/suppress.ts';

/** Monday the 2nd of March, ten in the morning in New York. */
let server: TestServer;
beforeAll(async () => {
  server = await startServer({ start: '2026-03-02T15:00:00Z' });
});
afterAll(() => server.close());

let count = 0;
const newCompany = () => server.company({ email: `admin${++count}@northwind.example` });

const bytesOf = async (company: Company, path: string): Promise<Buffer> => {
  const answer = await fetch(`${server.url}${path}`, { headers: company.headers });
  expect(answer.status).toBe(200);
  return Buffer.from(await answer.arrayBuffer());
};
const pay = (company: Company, customerId: string, amount: string, receivedOn: string, documentId?: string) =>
  company
    .call('POST', '/v1/payments', {
      customerId,
      amount: { amount, currency: 'USD' },
      method: 'check',
      receivedOn,
      ...(documentId ? { applications: [{ invoiceId: documentId, amount: { amount, currency: 'USD' } }] } : {}),
    })
    .then(({ status, body }) => {
      if (status !== 201) throw new Error(JSON.stringify(body));
    });
const pages = (pdf: Buffer) => pdf.toString('latin1').match(/\/Type \/Page\b/g)?.length;
const linksIn = (pdf: Buffer) => [...pdf.toString('latin1').matchAll(/\/URI \(([^)]+)\)/g)].map((match) => match[1]!);
const ruleOf = async (company: Company, change: object = {}) => {
  const [rule] = (await company.call('GET', '/v1/statement-rules')).body.items;
  if (Object.keys(change).length > 0) await company.call('PATCH', `/v1/statement-rules/${rule.id}`, change);
  return rule.id as string;
};
const runOf = async (company: Company, body: object) => {
  const { status, body: run } = await company.call('POST', '/v1/statement-runs', body);
  expect(status).toBe(201);
  await server.settle();
  return (await company.call('GET', `/v1/statement-runs/${run.id}`)).body;
};
const statementsOf = async (company: Company, runId: string) => (await company.call('GET', `/v1/statement-runs/${runId}/statements`)).body.items;

describe('a new company', () => {
  test('has the two rules of the guide, switched off, and can add its three samples', async () => {
    const company = await newCompany();
    const { items } = (await company.call('GET', '/v1/statement-rules')).body;
    expect(items.map((rule: { name: string; active: boolean }) => [rule.name, rule.active])).toEqual([
      ['Send Statements on Day 1 of Month', false],
      ['Send Statements on Every Monday', false],
    ]);
    expect(items[1].sentence).toBe('Every Monday: send “Statement” to all customers about invoices with balance more than 0.');
    const offered = (await company.call('GET', '/v1/statements/samples')).body.items;
    expect(offered.map((one: { kind: string }) => one.kind)).toEqual(['sample', 'sample', 'sample', 'default', 'default']);
    for (const sample of offered) expect((await company.call('POST', '/v1/statements/samples', { sample: sample.key })).body.active).toBe(false);
  });

  test('is told what is wrong with a schedule, and that a colleague saved it meanwhile', async () => {
    const company = await newCompany();
    const id = await ruleOf(company);
    for (const schedule of [
      { period: 'weekly', days: [] },
      { period: 'weekly', days: [0] },
      { period: 'monthly', days: [32] },
    ])
      expect((await company.call('PATCH', `/v1/statement-rules/${id}`, { schedule })).status, JSON.stringify(schedule)).toBe(422);
    const path = `/v1/statement-rules/${id}`;
    expect((await company.call('PATCH', path, { name: 'Mine', version: 1 })).body.version).toBe(2);
    expect((await company.call('PATCH', path, { name: 'Theirs', version: 1 })).body.code).toBe('changed_meanwhile');
  });
});

describe('a rule', () => {
  test('keeps every version, and an older one can be brought back as a new one', async () => {
    const company = await newCompany();
    const id = await ruleOf(company);
    const versions = async () => (await company.call('GET', `/v1/statement-rules/${id}/versions`)).body.items;
    await company.call('PATCH', `/v1/statement-rules/${id}`, {
      schedule: { period: 'weekly', days: [5], holidays: 'previous', hour: 14 },
      kind: 'balance_forward',
    });
    await company.call('POST', `/v1/statement-rules/${id}/activate`);
    await company.call('PATCH', `/v1/statement-rules/${id}`, { name: 'Fridays' });
    expect(
      (await versions()).map((one: { version: number; name: string; active: boolean; sentence: string }) => [one.version, one.name, one.active, one.sentence]),
    ).toEqual([
      [4, 'Fridays', true, expect.stringMatching(/^Every Friday at 14:00, or the business day before: /)],
      [3, 'Send Statements on Day 1 of Month', true, expect.stringContaining('with what moved the balance')],
      [2, 'Send Statements on Day 1 of Month', false, expect.stringContaining('at 14:00')],
      [1, 'Send Statements on Day 1 of Month', false, expect.stringMatching(/^On day 1 of the month: /)],
    ]);
    const restored = (await company.call('POST', `/v1/statement-rules/${id}/versions/1/restore`)).body;
    expect(restored).toMatchObject({
      version: 5,
      active: true,
      name: 'Send Statements on Day 1 of Month',
      kind: 'open_item',
      schedule: { period: 'monthly', days: [1], holidays: 'ignore', hour: null },
    });
    expect((await versions()).length).toBe(5);
    expect((await company.call('POST', `/v1/statement-rules/${id}/versions/99/restore`)).status).toBe(404);
  });
});

describe('a statement on demand', () => {
  test('says what was owed on any day, whatever happened since, and is the same to the byte for ever', async () => {
    const company = await newCompany();
    const customerId = await uploadCustomer(company, 'C-1');
    const [first] = await uploadInvoices(company, 'C-1', [
      { number: 'INV-1', amount: '100.00', dueDate: '2026-02-10', invoiceDate: '2026-01-10' },
      { number: 'INV-2', amount: '50.00', dueDate: '2026-03-20', invoiceDate: '2026-02-20' },
    ]);
    await pay(company, customerId, '30.00', '2026-02-15', first);
    const { body } = await company.call('POST', '/v1/statements', { customerId, asOf: '2026-02-19' });
    const [statement] = body.items;
    expect(statement).toMatchObject({
      number: 'ST-000001',
      total: { amount: '70.00', currency: 'USD' },
      overdue: { amount: '70.00' },
      invoiceCount: 1,
      state: 'drawn',
    });
    const pdf = await bytesOf(company, `/v1/statements/${statement.id}/pdf`);
    expect(pages(pdf)).toBe(1);
    expect(linksIn(pdf)[0]).toMatch(new RegExp(`/s/.+/i/${first}$`));
    // everything changes: the invoice, the customer's and the company's name, the files are lost
    await pay(company, customerId, '70.00', '2026-03-01', first);
    await company.call('PATCH', `/v1/customers/${customerId}`, { companyName: 'Renamed' });
    await company.call('PATCH', '/v1/settings', { company: { name: 'Another Name' }, statements: { note: 'New words' } });
    expect((await bytesOf(company, `/v1/statements/${statement.id}/pdf`)).equals(pdf)).toBe(true);
    await server.db.admin.query('update statement set file_id = null where id = $1', [statement.id]);
    expect((await bytesOf(company, `/v1/statements/${statement.id}/pdf`)).equals(pdf)).toBe(true);
    expect((await company.call('GET', '/v1/statements?number=ST-000001')).body.items).toMatchObject([{ id: statement.id }]);
    expect((await company.call('GET', `/v1/statements/${statement.id}`)).body.lines).toMatchObject([{ number: 'INV-1', open: { amount: '70.00' } }]);
    expect(server.mail.list()).toEqual([]);
  });

  test('carries a balance forward with every movement of the period', async () => {
    const company = await newCompany();
    const customerId = await uploadCustomer(company, 'C-1');
    const [first] = await uploadInvoices(company, 'C-1', [
      { number: 'INV-1', amount: '100.00', dueDate: '2026-02-10', invoiceDate: '2026-01-10' },
      { number: 'INV-2', amount: '50.00', dueDate: '2026-03-20', invoiceDate: '2026-02-20' },
    ]);
    await pay(company, customerId, '30.00', '2026-02-15', first);
    const { body } = await company.call('POST', '/v1/statements', { customerId, kind: 'balance_forward', from: '2026-02-01', asOf: '2026-02-28' });
    const detail = (await company.call('GET', `/v1/statements/${body.items[0].id}`)).body;
    expect(detail.opening.amount).toBe('100.00');
    expect(
      detail.movements.map((one: { on: string; text: string; amount: { amount: string }; balance: { amount: string } }) => [
        one.on,
        one.text,
        one.amount.amount,
        one.balance.amount,
      ]),
    ).toEqual([
      ['2026-02-15', 'Payment, thank you', '-30.00', '70.00'],
      ['2026-02-20', 'Invoice', '50.00', '120.00'],
    ]);
    expect(detail.total.amount).toBe('120.00');
    expect((await bytesOf(company, `/v1/statements/${detail.id}/xlsx`)).subarray(0, 2).toString()).toBe('PK');
  });

  test('lists credits and takes them off; one for each currency; none in the future', async () => {
    const company = await newCompany();
    const customerId = await uploadCustomer(company, 'C-1');
    await uploadInvoices(company, 'C-1', [
      { number: 'U-1', amount: '100.00', dueDate: '2026-02-10' },
      { number: 'E-1', amount: '60.00', dueDate: '2026-02-10', currency: 'EUR' },
    ]);
    await pay(company, customerId, '25.00', '2026-02-15');
    const { body } = await company.call('POST', '/v1/statements', { customerId });
    expect(body.items.map((one: { total: object }) => one.total)).toEqual([
      { amount: '60.00', currency: 'EUR' },
      { amount: '75.00', currency: 'USD' },
    ]);
    expect((await company.call('POST', '/v1/statements', { customerId, currency: 'USD', showCredits: false })).body.items[0].total.amount).toBe('100.00');
    expect((await company.call('POST', '/v1/statements', { customerId, asOf: '2026-03-03' })).status).toBe(422);
    // nothing to tell is told as well
    const other = await uploadCustomer(company, 'C-2');
    expect((await company.call('POST', '/v1/statements', { customerId: other })).body.items).toMatchObject([{ total: { amount: '0.00' } }]);
  });

  test('is sent when a person says so, to whom they say', async () => {
    const company = await newCompany();
    const customerId = await uploadCustomer(company, 'C-1', { emailaddress1: 'ap@sent.example' });
    await uploadInvoices(company, 'C-1', [{ number: 'INV-1', amount: '100.00', dueDate: '2026-02-10' }]);
    const id = (await company.call('POST', '/v1/statements', { customerId })).body.items[0].id;
    expect((await company.call('POST', `/v1/statements/${id}/send`, {})).status).toBe(202);
    await company.call('POST', `/v1/statements/${id}/send`, { to: ['boss@sent.example', 'copy@sent.example'] });
    expect((await company.call('POST', `/v1/statements/${id}/send`, { to: ['no address'] })).status).toBe(422);
    await server.settle();
    const mail = await server.mail.waitFor((one) => one.envelopeTo.includes('ap@sent.example'));
    expect(mail.subject).toBe('Statement ST-000001 from Northwind Supply: $100.00 open');
    expect(mail.parsed.attachments.map((one) => [one.filename, one.mimeType])).toEqual([['Statement ST-000001.pdf', 'application/pdf']]);
    expect(mail.parsed.text).toMatch(/Statement #: ST-000001[\s\S]*Open balance: \$100\.00/);
    expect((await server.mail.waitFor((one) => one.envelopeTo.includes('boss@sent.example'))).envelopeTo).toContain('copy@sent.example');
    expect((await company.call('GET', `/v1/statements/${id}`)).body).toMatchObject({ emailState: 'sent', sentTo: 'boss@sent.example' });
  });
});

describe('a run', () => {
  test('leaves out who owes nothing or has a credit, and holds back who cannot be written to', async () => {
    const company = await newCompany();
    await uploadCustomer(company, 'OWES');
    const paid = await uploadCustomer(company, 'EVEN');
    const over = await uploadCustomer(company, 'CREDIT');
    await company.call('POST', '/v1/customers', { number: 'MUTE', companyName: 'No address' });
    for (const number of ['OWES', 'EVEN', 'CREDIT', 'MUTE'])
      await uploadInvoices(company, number, [{ number: `I-${number}`, amount: '100.00', dueDate: '2026-02-10' }]);
    await pay(company, paid, '100.00', '2026-02-15');
    await pay(company, over, '150.00', '2026-02-15');
    const id = await ruleOf(company);
    const run = await runOf(company, { ruleIds: [id] });
    expect(run).toMatchObject({ state: 'done', statements: 2, held: 1, progress: { drawn: 2, held: 1, retryable: 1, mails: { sent: 1 } } });
    expect(run.holds).toEqual([{ reason: 'no_contact', text: 'The customer has no contact to write to', count: 1 }]);
    // by setting all of them get one
    await ruleOf(company, { skipZero: false, skipCredit: false });
    const all = await runOf(company, { ruleIds: [id], mails: false });
    expect((await statementsOf(company, all.id)).map((one: { total: { amount: string } }) => one.total.amount).sort()).toEqual([
      '-50.00',
      '0.00',
      '100.00',
      '100.00',
    ]);
    expect(all.progress.mails.sent).toBe(0);
  });

  test('tries again what failed, and only that', async () => {
    const company = await newCompany();
    const ids = [];
    for (const number of ['A', 'B', 'C']) {
      ids.push(await uploadCustomer(company, number, { emailaddress1: number === 'B' ? 'nobody@retry.example' : `${number.toLowerCase()}@retry.example` }));
      await uploadInvoices(company, number, [{ number: `I-${number}`, amount: '100.00', dueDate: '2026-02-10' }]);
    }
    await server.db.admin.query('delete from contact where customer_id = $1', [ids[1]]);
    const run = await runOf(company, { ruleIds: [await ruleOf(company)] });
    expect(run.progress).toMatchObject({ held: 1, mails: { sent: 2 } });
    const before = server.mail.list().length;
    // nobody to write to yet: nothing happens
    expect((await company.call('POST', `/v1/statement-runs/${run.id}/retry`)).body.retried).toEqual({ statements: 0, mails: 0 });
    await company.call('POST', `/v1/customers/${ids[1]}/contacts`, { email: 'found@retry.example', name: 'Found' });
    await server.db.admin.query(`update statement set state = 'failed', failure = 'as if', hold = null, file_id = null where customer_id = $1`, [ids[1]]);
    expect((await company.call('POST', `/v1/statement-runs/${run.id}/retry`)).body.retried).toEqual({ statements: 1, mails: 0 });
    await server.settle();
    const now = (await company.call('GET', `/v1/statement-runs/${run.id}`)).body;
    expect(now).toMatchObject({ state: 'done', progress: { drawn: 3, failed: 0, held: 0, retryable: 0, mails: { sent: 3 } } });
    expect(server.mail.list().length).toBe(before + 1);
  });

  test('makes one mail of several currencies, and one of several rules', async () => {
    const company = await newCompany();
    await uploadCustomer(company, 'A', { emailaddress1: 'both@run.example' });
    await uploadInvoices(company, 'A', [
      { number: 'U-1', amount: '100.00', dueDate: '2026-02-10' },
      { number: 'E-1', amount: '60.00', dueDate: '2026-02-10', currency: 'EUR' },
    ]);
    const rules = (await company.call('GET', '/v1/statement-rules')).body.items.map((rule: { id: string }) => rule.id);
    const run = await runOf(company, { ruleIds: rules });
    expect(run.statements).toBe(2);
    const mail = await server.mail.waitFor((one) => one.envelopeTo.includes('both@run.example'));
    expect(mail.parsed.attachments).toHaveLength(2);
    expect(server.mail.list().filter((one) => one.envelopeTo.includes('both@run.example'))).toHaveLength(1);
  });

  test('comes as one ZIP and as one PDF for the printer, each statement with its own pages', async () => {
    const company = await newCompany();
    for (const number of ['A', 'B']) {
      await uploadCustomer(company, number);
      await uploadInvoices(
        company,
        number,
        Array.from({ length: number === 'A' ? 60 : 1 }, (_, n) => ({ number: `${number}-${n}`, amount: '10.00', dueDate: '2026-02-10' })),
      );
    }
    const run = await runOf(company, { ruleIds: [await ruleOf(company)], mails: false });
    const files = unzipSync(new Uint8Array(await bytesOf(company, `/v1/statement-runs/${run.id}/statements.zip`)));
    const [first, second] = await statementsOf(company, run.id);
    expect(Object.keys(files)).toEqual([`${first.number} Company A.pdf`, `${second.number} Company B.pdf`]);
    expect(Buffer.from(files[`${first.number} Company A.pdf`]!).equals(await bytesOf(company, `/v1/statements/${first.id}/pdf`))).toBe(true);
    const print = await bytesOf(company, `/v1/statement-runs/${run.id}/print.pdf`);
    expect(pages(print)).toBe(pages(Buffer.from(files[`${first.number} Company A.pdf`]!))! + 1);
  });

  test('puts children on the statement of their parent when the rule says so', async () => {
    const company = await newCompany();
    const parentId = await uploadCustomer(company, 'HQ', { emailaddress1: 'hq@family.example' });
    const childId = await uploadCustomer(company, 'KID', { emailaddress1: 'kid@family.example', companyname: 'The Branch' });
    await company.call('PUT', `/v1/customers/${childId}/parent`, { parentId });
    await uploadInvoices(company, 'HQ', [{ number: 'HQ-1', amount: '100.00', dueDate: '2026-02-10' }]);
    await uploadInvoices(company, 'KID', [{ number: 'KID-1', amount: '11.00', dueDate: '2026-02-11' }]);
    const apart = await runOf(company, { ruleIds: [await ruleOf(company)], mails: false });
    expect(apart.statements).toBe(2);
    const together = await runOf(company, { ruleIds: [await ruleOf(company, { family: 'with_parent' })] });
    const [statement] = await statementsOf(company, together.id);
    expect(statement).toMatchObject({ customer: { number: 'HQ' }, total: { amount: '111.00' }, sentTo: 'hq@family.example', ruleVersion: 2 });
    expect((await company.call('GET', `/v1/statements/${statement.id}`)).body.lines).toMatchObject([
      { number: 'HQ-1', customer: null },
      { number: 'KID-1', customer: 'The Branch' },
    ]);
    expect(server.mail.list().filter((mail) => mail.envelopeTo.includes('kid@family.example'))).toEqual([]);
  });
});

describe("the payer's page", () => {
  test('shows what is open now, and paying begins with a press of the button', async () => {
    const company = await newCompany();
    const customerId = await uploadCustomer(company, 'C-1', { emailaddress1: 'payer@page.example' });
    const [first, second] = await uploadInvoices(company, 'C-1', [
      { number: 'INV-1', amount: '100.00', dueDate: '2026-02-10' },
      { number: 'INV-2', amount: '50.00', dueDate: '2026-03-20' },
    ]);
    const id = (await company.call('POST', '/v1/statements', { customerId })).body.items[0].id;
    const [link] = linksIn(await bytesOf(company, `/v1/statements/${id}/pdf`)).filter((url) => /\/s\/[^/]+$/.test(url));
    const links = () =>
      server.db.admin.query('select count(*)::int as count from pay_link where tenant_id = $1', [company.tenantId]).then(({ rows }) => rows[0].count);
    for (let n = 0; n < 3; n++) expect(await (await fetch(link!)).text()).toContain('$150.00');
    expect(await links()).toBe(0);
    expect((await fetch(`${link}/i/${first}`)).headers.get('content-type')).toBe('application/pdf');
    expect((await fetch(`${link}/statement.pdf`)).headers.get('content-type')).toBe('application/pdf');
    await pay(company, customerId, '100.00', '2026-03-01', first);
    const page = await (await fetch(link!)).text();
    expect(page).toContain('INV-2');
    expect(page).not.toContain('INV-1<');
    const answer = await fetch(`${link}/pay`, { method: 'POST', body: new URLSearchParams({ customer: customerId }), redirect: 'manual' });
    expect(answer.status).toBe(303);
    expect(await (await fetch(answer.headers.get('location')!)).text()).toContain('$50.00');
    await pay(company, customerId, '50.00', '2026-03-01', second);
    expect(await (await fetch(link!)).text()).toContain('Nothing is open any more');
    // a stranger's invoice, a changed link, and one that is too old
    const [foreign] = await uploadCustomer(company, 'C-2').then(() =>
      uploadInvoices(company, 'C-2', [{ number: 'X-1', amount: '1.00', dueDate: '2026-02-10' }]),
    );
    expect((await fetch(`${link}/i/${foreign}`)).status).toBe(404);
    expect((await fetch(link!.replace(/.$/, (end) => (end === 'A' ? 'B' : 'A')))).status).toBe(404);
    server.clock.advance({ days: 181 });
    expect((await fetch(link!)).status).toBe(404);
    server.clock.advance({ days: -181 });
  });
});

describe('by schedule', () => {
  test('a day without a worker is made up for, once; who wants fewer reminders still gets statements; the balance goes on from the last one', async () => {
    const company = await newCompany();
    const customerId = await uploadCustomer(company, 'A', { emailaddress1: 'late@schedule.example' });
    await uploadInvoices(company, 'A', [{ number: 'I-1', amount: '100.00', dueDate: '2026-02-10', invoiceDate: '2026-01-10' }]);
    await company.inTenant((ctx) => optOut(ctx, 'late@schedule.example', { emailId: newId(), customerId }));
    const id = await ruleOf(company, { kind: 'balance_forward', schedule: { period: 'weekly', days: [1], holidays: 'ignore' } });
    await company.call('POST', `/v1/statement-rules/${id}/activate`);
    const mails = () => server.mail.list().filter((mail) => mail.envelopeTo.includes('late@schedule.example')).length;
    await server.settle();
    expect(mails()).toBe(0);
    // Monday the 9th passes while nobody works; Tuesday makes up for it
    server.clock.advance({ days: 8 });
    await server.settle();
    await server.settle();
    expect(mails()).toBe(1);
    const { items } = (await company.call('GET', '/v1/statement-runs')).body;
    expect(items[0]).toMatchObject({ kind: 'scheduled', asOf: '2026-03-10', statements: 1 });
    server.clock.advance({ days: 2 });
    await pay(company, customerId, '40.00', '2026-03-12');
    server.clock.advance({ days: 4 });
    await server.settle();
    expect(mails()).toBe(2);
    const [latest] = (await company.call('GET', `/v1/statements?customer=${customerId}`)).body.items;
    expect((await company.call('GET', `/v1/statements/${latest.id}`)).body).toMatchObject({
      asOf: '2026-03-16',
      from: '2026-03-11',
      opening: { amount: '100.00' },
      total: { amount: '60.00' },
    });
    server.clock.set('2026-03-02T15:00:00Z');
  });

  test('a rule has an hour of its own, is asked once a day, and begins with the next hour after it was switched on', async () => {
    const company = await newCompany();
    await uploadCustomer(company, 'A', { emailaddress1: 'hours@schedule.example' });
    await uploadInvoices(company, 'A', [{ number: 'I-1', amount: '100.00', dueDate: '2026-02-10' }]);
    const [first, second] = (await company.call('GET', '/v1/statement-rules')).body.items.map((rule: { id: string }) => rule.id);
    const daily = { period: 'daily', days: [], holidays: 'ignore' };
    await company.call('PATCH', `/v1/statement-rules/${first}`, { schedule: daily });
    await company.call('PATCH', `/v1/statement-rules/${second}`, { schedule: { ...daily, hour: 14 } });
    // at ten in the morning the company's hour has passed, the one of the second rule has not
    for (const id of [first, second]) await company.call('POST', `/v1/statement-rules/${id}/activate`);
    const nextOf = async () => (await company.call('GET', '/v1/statement-rules')).body.items.map((rule: { nextRunOn: string }) => rule.nextRunOn);
    expect(await nextOf()).toEqual(['2026-03-03', '2026-03-02']);
    const mails = async (hours: number) => {
      server.clock.advance({ hours });
      await server.settle();
      return server.mail.list().filter((mail) => mail.envelopeTo.includes('hours@schedule.example')).length;
    };
    expect(await mails(3)).toBe(0);
    expect(await mails(1)).toBe(1);
    expect(await nextOf()).toEqual(['2026-03-03', '2026-03-03']);
    // neither a later hour nor switching it off and on asks it twice on one day
    await company.call('PATCH', `/v1/statement-rules/${second}`, { schedule: { ...daily, hour: 16 } });
    await company.call('POST', `/v1/statement-rules/${second}/deactivate`);
    await company.call('POST', `/v1/statement-rules/${second}/activate`);
    expect(await mails(2)).toBe(1);
    // the next morning at eight the first, at four in the afternoon the second
    expect(await mails(16)).toBe(2);
    expect(await mails(8)).toBe(3);
    const { items } = (await company.call('GET', '/v1/statement-runs')).body;
    expect(items.map((run: { asOf: string; rules: { id: string }[] }) => [run.asOf, run.rules.map((rule) => rule.id)])).toEqual([
      ['2026-03-03', [second]],
      ['2026-03-03', [first]],
      ['2026-03-02', [second]],
    ]);
    server.clock.set('2026-03-02T15:00:00Z');
  });
});
