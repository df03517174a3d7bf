import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Chromium, startChromium } from '../support/chromium.ts';
import { type Company, startServer, type TestServer } from '../support/server.ts';
import { pageFaults } from '../support/page-faults.ts';
import { openStaff } from '../support/staff.ts';
import { uploadCustomer, uploadInvoices } from '../support/story.ts';

let server: TestServer;
let browser: Chromium;
let company: Company;

const LONG = 'A name of ninety characters, which some companies have, and which a list has to bear, too';

beforeAll(async () => {
  // the browser's clock does not travel: the server's starts where the browser's is
  server = await startServer({ start: Temporal.Now.instant().toString() });
  browser = await startChromium();
  company = await server.company();
  const today = server.clock.now().toZonedDateTimeISO('America/New_York').toPlainDate();
  const due = (days: number) => today.subtract({ days }).toString();
  await uploadCustomer(company, 'C-1', { companyname: 'Harbor Goods' });
  await uploadInvoices(company, 'C-1', [
    { number: 'INV-1', amount: '1250.00', dueDate: due(12), invoiceDate: due(42) },
    { number: 'INV-2', amount: '80.10', dueDate: due(-5), invoiceDate: due(25) },
  ]);
  await uploadCustomer(company, 'C-2', { companyname: LONG });
  await uploadInvoices(company, 'C-2', [{ number: 'INV-3', amount: '12345.67', dueDate: due(70), invoiceDate: due(100) }]);
  await company.call('POST', '/v1/customers', { number: 'C-3', companyName: 'Nobody to write to' });
  await uploadInvoices(company, 'C-3', [{ number: 'INV-4', amount: '10.00', dueDate: due(1), invoiceDate: due(31) }]);
  await server.settle();
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

/** A window that is signed in; errors of its pages are collected. */
const staffPage = (options: Parameters<Chromium['window']>[0] = {}, of = company) => openStaff(browser, server, of, options);

test('a rule is switched on and run; its page shows what went out, and the PDF opens', { timeout: 120_000 }, async () => {
  const { page, errors } = await staffPage();
  await page.getByRole('link', { name: 'Statements', exact: true }).first().click();
  await page.getByRole('switch', { name: 'Send Statements on Every Monday: off' }).click();
  await page.getByRole('switch', { name: 'Send Statements on Every Monday: on' }).waitFor();

  await page.getByRole('link', { name: 'Send Statements on Every Monday', exact: true }).click();
  await page.getByText('Every Monday: send “Statement” to all customers').first().waitFor();
  await page.getByRole('button', { name: 'Test rule' }).click();
  const panel = page.getByRole('dialog');
  await panel.getByRole('link', { name: 'Harbor Goods' }).waitFor();
  await panel.getByText('$1,330.10').first().waitFor();
  await panel.getByRole('button', { name: 'Close' }).click();

  // an hour of its own, and back again by the versions
  await page.getByLabel('Hour').selectOption({ label: '14:00' });
  await page.getByText('Every Monday at 14:00: send').first().waitFor();
  await page.getByRole('button', { name: 'Save rule' }).click();
  await page.getByText('Rule saved.').waitFor();
  await page.getByRole('button', { name: 'Versions' }).click();
  await panel.getByText('at 14:00').first().waitFor();
  if (process.env['SHOTS']) await page.screenshot({ path: `${process.env['SHOTS']}/versions.png` });
  await panel.getByRole('button', { name: 'Restore version 1', exact: true }).click();
  await page.getByText(/^Version 1 is back, as version \d\.$/).waitFor();
  expect(await page.getByLabel('Hour').inputValue()).toBe('');

  await page.getByRole('link', { name: 'Statements', exact: true }).first().click();
  await page.getByRole('button', { name: 'Run now' }).click();
  await page.getByRole('button', { name: 'Send 2 statements' }).click();
  await page.getByRole('heading', { name: /^Statements as of/ }).waitFor();
  await server.settle();
  await page.getByText('The customer has no contact to write to').first().waitFor();
  await page.getByRole('button', { name: 'Try 1 again' }).waitFor();
  await server.mail.waitFor((one) => one.envelopeTo.includes('ap@c-1.example'));

  await page
    .getByRole('link', { name: /^ST-00000/ })
    .first()
    .click();
  await page.getByRole('heading', { name: /^ST-00000/, level: 1 }).waitFor();
  const href = await page.getByRole('link', { name: 'PDF', exact: true }).getAttribute('href');
  const pdf = await page.request.get(`${server.url}${href}`);
  expect(pdf.headers()['content-type']).toBe('application/pdf');
  expect((await pdf.body()).subarray(0, 5).toString()).toBe('%PDF-');
  expect(errors).toEqual([]);
  await page.context().close();
});

test('a run shows which mails failed and why; once that is mended, those alone go out', { timeout: 120_000 }, async () => {
  const other = await server.company({ name: 'Tailspin Toys', email: 'admin@tailspin.example' });
  const today = server.clock.now().toZonedDateTimeISO('America/New_York').toPlainDate();
  const ids: Record<string, string> = {};
  for (const number of ['FINE', 'NAMELESS', 'GONE', 'BUSY']) {
    ids[number] = await uploadCustomer(other, number, { firstname: number === 'NAMELESS' ? '' : 'Ada' });
    await uploadInvoices(other, number, [{ number: `T-${number}`, amount: '100.00', dueDate: today.subtract({ days: 9 }).toString() }]);
  }
  const write = async (subject: string) => {
    const { items } = (await other.call('GET', '/v1/templates?kind=statement')).body;
    const { id, name, kind, version } = items[0];
    expect((await other.call('PUT', `/v1/templates/${id}`, { name, kind, version, subject, body: '<p>Hello</p>{{statement_summary}}' })).status).toBe(200);
  };
  await write('{{first_name}}');
  server.mail.answers = {
    recipient: (address) =>
      address === 'ap@gone.example'
        ? { code: 550, message: '5.1.1 no such user' }
        : address === 'ap@busy.example'
          ? { code: 450, message: '4.2.0 come back later' }
          : null,
  };
  const [rule] = (await other.call('GET', '/v1/statement-rules')).body.items;
  const run = (await other.call('POST', '/v1/statement-runs', { ruleIds: [rule.id] })).body;
  await server.settle();

  const { page, errors } = await staffPage({}, other);
  const shots = process.env['SHOTS'];
  await page.goto(`${server.url}/app/statements/runs/${run.id}`);
  await page.getByText('To be tried again by itself: 1 mail.').first().waitFor();
  await page.getByText('4.2.0 come back later').first().waitFor();
  await page.getByText('The subject of the template is empty for this customer.').first().waitFor();
  await page.getByText('5.1.1 no such user').first().waitFor();
  if (shots) await page.screenshot({ path: `${shots}/run-failed.png`, fullPage: true });

  // the template is mended, the customer has another address, the mail server has time
  await write('Statement {{statement_number}}');
  const contact = (await other.call('GET', `/v1/customers/${ids['GONE']}`)).body.contacts[0];
  expect((await other.call('PATCH', `/v1/contacts/${contact.id}`, { email: 'new@gone.example' })).status).toBe(200);
  server.mail.answers = {};
  await page.reload();
  await page.getByRole('button', { name: 'Try 2 again' }).click();
  await page.getByText('Trying 2 mails again.').waitFor();
  server.clock.advance({ hours: 1 });
  await server.settle();
  await page.reload();
  await page.getByText('4', { exact: true }).first().waitFor();
  expect(await page.getByRole('button', { name: /^Try / }).count()).toBe(0);
  if (shots) await page.screenshot({ path: `${shots}/run-mended.png`, fullPage: true });
  const reached = server.mail
    .list()
    .flatMap((mail) => mail.envelopeTo)
    .filter((address) => /@(?:fine|nameless|gone|busy)\.example$/.test(address));
  expect(reached.sort()).toEqual(['ap@busy.example', 'ap@fine.example', 'ap@nameless.example', 'new@gone.example']);
  expect(errors).toEqual([]);
  await page.context().close();
});

test('a statement of one customer is made and sent from their page', { timeout: 120_000 }, async () => {
  const { page, errors } = await staffPage();
  await page.getByRole('link', { name: 'Customers', exact: true }).first().click();
  await page.getByRole('link', { name: 'Harbor Goods' }).first().click();
  const card = page.getByRole('region', { name: 'Statements' });
  await card.getByRole('button', { name: 'Make' }).click();
  await page.getByLabel('Balance forward: what moved the balance').check();
  await page.getByRole('button', { name: 'Make statement' }).click();
  await page.getByText('Balance brought forward').waitFor();
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await page.getByLabel(/^To/).fill('boss@harbor.example');
  await page.getByRole('button', { name: 'Send statement' }).click();
  await page.getByText('is on its way').first().waitFor();
  await server.settle();
  const mail = await server.mail.waitFor((one) => one.envelopeTo.includes('boss@harbor.example'));
  expect(mail.parsed.attachments).toHaveLength(1);
  expect(errors).toEqual([]);
  await page.context().close();
});

test.for([
  { scheme: 'light', width: 1440 },
  { scheme: 'dark', width: 375 },
] as const)('the pages of statements are clean for axe and fit, $scheme at $width pixels', { timeout: 180_000 }, async ({ scheme, width }) => {
  const { page, errors } = await staffPage({ width, height: 900, scheme });
  const run = (await company.call('GET', '/v1/statement-runs')).body.items[0];
  const rule = (await company.call('GET', '/v1/statement-rules')).body.items[0];
  const statements = (await company.call('GET', '/v1/statements')).body.items;
  const shots = process.env['SHOTS'];
  const paths = [
    ['/statements', 'Send Statements on Day 1 of Month'],
    [`/statements/rules/${rule.id}`, 'Send statements on'],
    ['/statements/runs', 'Every run with what it made and sent.'],
    [`/statements/runs/${run.id}`, 'Mails sent'],
    ['/statements/all', 'ST-000001'],
    ['/settings/statements', 'Remit to'],
    ...statements.map((one: { id: string; number: string }) => [`/statements/${one.id}`, 'Details']),
  ];
  for (const [path, words] of paths) {
    await page.goto(`${server.url}/app${path}`);
    await page.getByText(words!).first().waitFor();
    expect(await pageFaults(page), path).toEqual([]);
    if (shots) await page.screenshot({ path: `${shots}/${path!.replaceAll('/', '_')}-${scheme}-${width}.png`, fullPage: true });
  }
  expect(errors).toEqual([]);
  await page.context().close();
});
