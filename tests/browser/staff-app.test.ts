import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Chromium, startChromium } from '../support/chromium.ts';
import { linksOf } from '../support/payer.ts';
import { type Company, startServer, type TestServer } from '../support/server.ts';
import { openStaff } from '../support/staff.ts';
import { addSample, CARD, saveMethod, uploadCustomer, uploadInvoices } from '../support/story.ts';
import { pageFaults } from '../support/page-faults.ts';

let server: TestServer;
let browser: Chromium;
let company: Company;

beforeAll(async () => {
  // the browser's clock does not travel: the server's starts where the browser's is
  server = await startServer({ start: Temporal.Now.instant().toString() });
  browser = await startChromium();
  company = await server.company();
  const today = server.clock.now().toZonedDateTimeISO('America/New_York').toPlainDate();
  const customerId = await uploadCustomer(company, 'C-1', { companyname: 'Harbor Goods' });
  await saveMethod(server, company, customerId, 'card', CARD);
  await uploadInvoices(company, 'C-1', [{ number: 'INV-1', amount: '1250.00', dueDate: today.subtract({ days: 12 }).toString() }]);
  await uploadCustomer(company, 'C-2', { companyname: 'A name of ninety characters, which some companies have, and which a list has to bear, too' });
  await uploadInvoices(company, 'C-2', [{ number: 'INV-2', amount: '80.10', dueDate: today.add({ days: 5 }).toString() }]);
  await server.settle();
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

const staffPage = (options: Parameters<Chromium['window']>[0] = {}) => openStaff(browser, server, company, options);

test('a rule built with the form finds the invoice, reminds, and the customer pays from the mail', async () => {
  const { page, errors } = await staffPage();

  await page.getByRole('link', { name: 'Invoice reminders' }).click();
  await page.getByRole('link', { name: 'New rule' }).click();
  await page.getByLabel('Rule name').fill('Twelve days late');
  const invoices = page.getByRole('region', { name: 'Select invoices' });
  await invoices.getByLabel('Field').selectOption('Invoice overdue by (days)');
  await invoices.getByLabel('Comparison').selectOption('between');
  await invoices.getByLabel('From').fill('10');
  await invoices.getByLabel('To', { exact: true }).fill('20');
  await page.getByText('Send “Invoice Reminder” to all customers about invoices overdue by 10 to 20 days.').first().waitFor();

  await page.getByRole('button', { name: 'Test rule' }).click();
  const panel = page.getByRole('dialog');
  await panel.getByRole('link', { name: 'Harbor Goods' }).waitFor();
  expect(await panel.getByText('$1,250.00').count()).toBeGreaterThan(0);
  await panel.getByRole('button', { name: 'Close' }).click();

  await page.getByRole('button', { name: 'Save rule' }).click();
  await page.getByRole('button', { name: 'Switch on' }).click();
  await page.getByRole('button', { name: 'Switch off' }).waitFor();
  await page.getByRole('link', { name: 'Invoice reminders' }).first().click();
  await page.getByRole('button', { name: 'Run now' }).click();
  await page.getByRole('button', { name: 'Send 1 reminder' }).click();
  await page.getByRole('heading', { name: /^Run for/ }).waitFor();
  await server.settle();

  const mail = await server.mail.waitFor((one) => one.envelopeTo.includes('ap@c-1.example'));
  await payFromMail(linksOf(mail.parsed.html ?? ''));

  await page.getByRole('link', { name: 'Invoices', exact: true }).first().click();
  await page.getByRole('link', { name: 'Paid', exact: true }).click();
  await page.getByRole('link', { name: 'INV-1', exact: true }).click();
  await page.getByText('Paid', { exact: true }).first().waitFor();
  await page.getByRole('region', { name: 'Timeline' }).getByText('Reminder: sent').waitFor();
  expect(errors).toEqual([]);
  await page.context().close();
});

/** The payer's side, without JavaScript: button of the mail, confirmation mail, press on its page. */
async function payFromMail(links: { label: string; url: string }[]): Promise<void> {
  const context = await browser.window({ width: 375, height: 812 });
  const payer = await context.newPage();
  payer.setDefaultTimeout(15_000);
  const button = links.find((link) => /ending 4242/.test(link.label));
  const known = new Set(server.mail.list().map((mail) => mail.id));
  await payer.goto(button!.url);
  await payer.getByRole('button', { name: /ending 4242/ }).click();
  await server.settle();
  const confirmation = await server.mail.waitFor((one) => !known.has(one.id) && /confirm/i.test(one.subject));
  await payer.goto(linksOf(confirmation.parsed.html ?? '').find((link) => /confirm|review|pay/i.test(link.label))!.url);
  await payer.getByRole('button', { name: 'Pay $1,250.00' }).click();
  await payer.getByText('Payment successful').first().waitFor();
  await server.settle();
  await context.close();
}

test('⌘K finds a customer by the beginning of a word and opens the page', async () => {
  const { page, errors } = await staffPage();
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: /Search customers/ }).fill('harb');
  await page.getByRole('option', { name: /Harbor Goods/ }).waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Harbor Goods', level: 1 }).waitFor();
  expect(errors).toEqual([]);
  await page.context().close();
});

test('the invoice list is worked with the keyboard alone', async () => {
  const { page, errors } = await staffPage();
  await page.keyboard.press('g');
  await page.keyboard.press('i');
  await page.getByRole('link', { name: 'INV-2' }).waitFor();
  await page.getByRole('row', { name: /INV-2/ }).focus();
  await page.keyboard.press('x');
  await page.getByRole('region', { name: 'Selection' }).getByText('$80.10 open').waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Invoice INV-2', level: 1 }).waitFor();
  expect(errors).toEqual([]);
  await page.context().close();
});

test('a CSV is mapped, checked row by row, imported without its bad row, and undone', async () => {
  const { page, errors } = await staffPage();
  await page.goto(`${server.url}/app/import`);
  const csv = 'Invoice No,Customer No,Total,Due,Colour\nCSV-1,C-1,100.00,2026-12-01,red\nCSV-2,C-1,25.50,2026-12-15,blue\nCSV-3,NOBODY,9.00,2026-12-15,green\n';
  await page.getByLabel(/Drop a file here/).setInputFiles({ name: 'open items.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) });
  expect(await page.getByLabel('What “Total” is').inputValue()).toBe('invoiceAmount');
  await page.getByRole('button', { name: 'Check the rows' }).click();
  await page.getByText('NOBODY').first().waitFor();
  await page.getByRole('button', { name: 'Import 2 invoices, leave out 1' }).click();
  await page.getByRole('link', { name: 'Details and undo' }).click();
  await page.getByRole('button', { name: 'Undo this upload' }).click();
  await page.getByRole('button', { name: 'Take back 2 rows' }).click();
  await page.getByText('The upload is undone: 2 rows removed').waitFor();
  expect((await company.call('GET', '/v1/invoices?number=CSV-&state=all')).body.items).toEqual([]);
  expect(errors).toEqual([]);
  await page.context().close();
});

/** Every page, with an object of each kind on it. */
async function everyPage(): Promise<string[]> {
  const first = async (path: string) => (await company.call('GET', path)).body.items[0]?.id as string;
  return [
    '/',
    '/invoices',
    `/invoices/${await first('/v1/invoices?state=all')}`,
    '/customers',
    '/customers/categories',
    `/customers/${await first('/v1/customers')}`,
    '/import',
    '/import/uploads',
    '/reminders',
    '/reminders/rules/new',
    `/reminders/rules/${await first('/v1/reminder-rules')}`,
    '/reminders/runs',
    '/emails/templates',
    `/emails/templates/${await first('/v1/templates')}`,
    '/payments',
    '/payments/attempts',
    '/emails',
    '/emails/suppressed',
    '/settings',
    '/settings/mail',
    '/settings/reminders',
    '/settings/calendar',
    '/settings/imports',
    '/settings/payments',
    '/settings/users',
    '/settings/api-keys',
    '/settings/security',
    '/settings/audit',
  ];
}

test.each([
  { scheme: 'light', width: 1440 },
  { scheme: 'dark', width: 1440 },
  { scheme: 'light', width: 375 },
] as const)('every page is clean for axe and fits, $scheme at $width pixels', { timeout: 180_000 }, async ({ scheme, width }) => {
  await addSample(company, 'overdue_3');
  const dueDate = server.clock.now().toZonedDateTimeISO('America/New_York').toPlainDate().subtract({ days: 40 }).toString();
  await uploadInvoices(company, 'C-2', [{ number: 'INV-HUGE', amount: '123456789012.34', dueDate }]);
  await server.settle();
  const { page, errors } = await staffPage({ scheme, width, height: 900 });
  const found: string[] = [];
  for (const path of await everyPage()) {
    await page.goto(`${server.url}/app${path}`);
    await page.locator('h1').first().waitFor();
    found.push(...(await pageFaults(page)).map((fault) => `${path} ${fault}`));
  }
  expect(found).toEqual([]);
  expect(errors).toEqual([]);
  await page.context().close();
});
