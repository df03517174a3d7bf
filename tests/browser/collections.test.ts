import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Chromium, startChromium } from '../support/chromium.ts';
import { linksOf } from '../support/payer.ts';
import { type Company, startServer, type TestServer } from '../support/server.ts';
import { pageFaults } from '../support/page-faults.ts';
import { openStaff } from '../support/staff.ts';
import { uploadCustomer, uploadInvoices } from '../support/story.ts';

let server: TestServer;
let browser: Chromium;
let company: Company;
let customerId: string;
let invoiceId: string;

beforeAll(async () => {
  // the browser's clock does not travel: the server's starts where the browser's is
  server = await startServer({ start: Temporal.Now.instant().toString() });
  browser = await startChromium();
  company = await server.company();
  const today = server.clock.now().toZonedDateTimeISO('America/New_York').toPlainDate();
  customerId = await uploadCustomer(company, 'C-1', { companyname: 'Harbor Goods', emailaddress1: 'ap@harbor.example, boss@harbor.example' });
  await uploadCustomer(company, 'C-2', { companyname: 'Harbor Holding' });
  const ids = await uploadInvoices(company, 'C-1', [
    { number: 'INV-1', amount: '1250.00', dueDate: today.subtract({ days: 12 }).toString() },
    { number: 'INV-2', amount: '300.00', dueDate: today.subtract({ days: 2 }).toString() },
    { number: 'INV-3', amount: '75.50', dueDate: today.add({ days: 9 }).toString() },
  ]);
  invoiceId = ids[0]!;
  await server.settle();
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

const staffPage = (options: Parameters<Chromium['window']>[0] = {}) => openStaff(browser, server, company, options);
const get = async (path: string) => (await company.call('GET', path)).body;
/** A picture for whoever wants to look at the page, when LOOK names a folder. */
async function look(page: Page, name: string): Promise<void> {
  const folder = process.env['LOOK'];
  if (folder) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
}

test('two ticked invoices are asked for by a reminder that a person wrote', async () => {
  const { page, errors } = await staffPage();
  await page.getByRole('link', { name: 'Invoices', exact: true }).first().click();
  await page.getByRole('checkbox', { name: 'Select row 1' }).check();
  await page.getByRole('checkbox', { name: 'Select row 2' }).check();
  await page.getByRole('region', { name: 'Selection' }).getByRole('button', { name: 'Send reminder' }).click();
  const dialog = page.getByRole('dialog', { name: 'Send a reminder to Harbor Goods' });
  await dialog.getByText('2 invoices, $1,550.00').waitFor();
  expect(await dialog.getByLabel('To', { exact: true }).inputValue()).toBe('ap@harbor.example');
  expect(await dialog.getByLabel('Copies to').inputValue()).toBe('boss@harbor.example');
  await dialog.getByLabel('Copies to').fill('');
  await dialog.getByLabel('Subject').fill('Two invoices of {{customer_company_name}}');
  await dialog.getByLabel('Message').fill('Dear {{first_name}},\n\nthese two are open since long.\n\n{{invoice_list}}');
  await dialog.getByLabel('Each invoice as PDF').check();
  await look(page, 'reminder-write');
  await dialog.getByRole('button', { name: 'Preview' }).click();
  await dialog.getByText('Two invoices of Harbor Goods').waitFor();
  await dialog.frameLocator('iframe').getByText('these two are open since long.').waitFor();
  await look(page, 'reminder-preview');
  await dialog.getByRole('button', { name: 'Send to me' }).click();
  await page.getByText(/Test sent to staff-/).waitFor();
  await dialog.getByRole('button', { name: 'Send reminder' }).click();
  await page.getByText('Reminder to ap@harbor.example is on its way.').waitFor();
  await server.settle();
  const mail = await server.mail.waitFor((one) => one.envelopeTo.includes('ap@harbor.example'));
  expect([mail.subject, mail.envelopeTo, mail.parsed.attachments.length]).toEqual(['Two invoices of Harbor Goods', ['ap@harbor.example'], 2]);
  const test = (await server.mail.messages()).find((one) => one.subject === '[Test] Two invoices of Harbor Goods')!;
  expect(test.parsed.attachments.length).toBe(2);

  // the next one is too soon: a manager may send it all the same
  await page.goto(`${server.url}/app/invoices/${invoiceId}`);
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Send reminder' }).click();
  const second = page.getByRole('dialog', { name: 'Send a reminder to Harbor Goods' });
  await second.getByText('A rule would not send this now:').waitFor();
  await look(page, 'reminder-warned');
  expect(await second.getByRole('button', { name: 'Send reminder' }).getAttribute('aria-disabled')).toBe('true');
  await second.getByLabel('Send it all the same; this is recorded').check();
  await second.getByRole('button', { name: 'Send reminder' }).click();
  await page.getByText('Reminder to ap@harbor.example is on its way.').waitFor();
  await page.goto(`${server.url}/app/customers/${customerId}`);
  await page.getByText(/all the same: Written to on/).waitFor();

  // the first one's page names what went along
  const first = (await get('/v1/emails?kind=reminder')).items.at(-1);
  await page.goto(`${server.url}/app/emails/${first.id}`);
  await page.getByText('2 attachments').waitFor();
  const saved = page.waitForEvent('download');
  await page
    .getByRole('link', { name: /^Invoice .*\.pdf .*drawn again$/ })
    .first()
    .click();
  expect((await saved).suggestedFilename()).toBe('INV-1.pdf');
  await look(page, 'email-attachments');
  expect(errors).toEqual([]);
  await page.context().close();
});

test('ticked invoices of several customers are asked for by one mail each; who cannot be written to now is left out', async () => {
  const today = server.clock.now().toZonedDateTimeISO('America/New_York').toPlainDate();
  for (const number of ['M-1', 'M-2']) {
    await uploadCustomer(company, number, { companyname: `Many ${number}` });
    await uploadInvoices(company, number, [{ number: `INV-${number}`, amount: '10.00', dueDate: today.subtract({ days: 40 }).toString() }]);
  }
  const { items } = await get('/v1/customers?q=M-2');
  await company.call('PUT', `/v1/customers/${items[0].id}/pause`, { until: today.add({ days: 9 }).toString(), reason: 'In talks' });
  const { page, errors } = await staffPage();
  await page.goto(`${server.url}/app/invoices?sort=due`);
  await page.getByRole('checkbox', { name: 'Select row 1' }).check();
  await page.getByRole('checkbox', { name: 'Select row 2' }).check();
  await page.getByRole('region', { name: 'Selection' }).getByRole('button', { name: 'Send reminder' }).click();
  const dialog = page.getByRole('dialog', { name: 'Send reminders to 2 customers' });
  await dialog.getByText(/paused until .*: In talks/).waitFor();
  await look(page, 'reminders-many');
  await dialog.getByRole('button', { name: 'Send 1 reminder' }).click();
  await page.getByText('1 reminder on the way.').waitFor();
  await server.settle();
  await server.mail.waitFor((one) => one.envelopeTo.includes('ap@m-1.example'));
  expect(server.mail.list().some((one) => one.envelopeTo.includes('ap@m-2.example'))).toBe(false);
  expect(errors).toEqual([]);
  await page.context().close();
});

test('an invoice is disputed, its reminders are held, and the dispute is resolved to a credit', async () => {
  const { page, errors } = await staffPage();
  await page.goto(`${server.url}/app/invoices/${invoiceId}`);
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Dispute' }).click();
  const dialog = page.getByRole('dialog', { name: 'Dispute INV-1' });
  await dialog.getByLabel('Reason').selectOption('Wrong quantity');
  await dialog.getByLabel('A part of it').check();
  await dialog.getByLabel('Disputed amount').fill('2,000.00');
  await dialog.getByText('Only $1,250.00 is open.').first().waitFor();
  await dialog.getByLabel('Disputed amount').fill('250.00');
  await dialog.getByLabel('Who takes care of it').selectOption('Sam Staff (you)');
  await dialog.getByLabel('What the customer says').fill('Two boxes were missing.');
  await look(page, 'dispute-dialog');
  await dialog.getByRole('button', { name: 'Open the dispute' }).click();
  const holds = page.getByRole('region', { name: 'Holds' });
  await holds.getByText(/Reminders held: disputed since/).waitFor();
  await look(page, 'invoice-held');
  await page.getByRole('button', { name: 'Dispute of INV-1' }).click();
  const panel = page.getByRole('dialog', { name: 'Dispute of INV-1' });
  await panel.getByText('Two boxes were missing.').waitFor();
  await panel.getByLabel('Write a note').fill('The warehouse confirms it.');
  await panel.getByRole('button', { name: 'Add note' }).click();
  await panel.getByText('The warehouse confirms it.').waitFor();
  await look(page, 'dispute-panel');
  await panel.getByRole('button', { name: 'Resolve' }).click();
  const resolve = page.getByRole('dialog', { name: 'Resolve the dispute of INV-1' });
  await resolve.getByLabel('Make a credit memo of $250.00 here and apply it').check();
  await resolve.getByRole('button', { name: 'Resolve to a credit' }).click();
  await panel.getByText('Credited', { exact: true }).waitFor();
  await panel.getByRole('button', { name: 'Close' }).click();
  await holds.waitFor({ state: 'detached' });
  expect((await get(`/v1/invoices/${invoiceId}`)).open.amount).toBe('1000.00');
  expect(errors).toEqual([]);
  await page.context().close();
});

test('a promise is taken down for all that a customer owes, and its hold released', async () => {
  const { page, errors } = await staffPage();
  await page.goto(`${server.url}/app/customers/${customerId}`);
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Promise to pay' }).click();
  const dialog = page.getByRole('dialog', { name: 'Promise to pay of Harbor Goods' });
  await dialog.getByLabel('Amount').fill('500');
  await dialog.getByLabel('Note').fill('Anna on the phone');
  await look(page, 'promise-dialog');
  await dialog.getByRole('button', { name: 'Save: $500.00' }).click();
  const holds = page.getByRole('region', { name: 'Holds' });
  await holds.getByText(/Reminders held: promised to be paid since/).waitFor();
  await page
    .getByRole('region', { name: 'Promises and disputes' })
    .getByText(/\$500\.00 by/)
    .waitFor();
  await look(page, 'customer-held');
  await holds.getByRole('button', { name: 'Release' }).click();
  await page.getByRole('dialog', { name: 'Release the hold' }).getByRole('button', { name: 'Release' }).click();
  await holds.waitFor({ state: 'detached' });
  expect((await get(`/v1/promises?customerId=${customerId}`)).items).toMatchObject([{ state: 'open', amount: { amount: '500.00' } }]);
  expect(errors).toEqual([]);
  await page.context().close();
});

test('a task is added on the customer, taken, done, and found under Finished', async () => {
  const { page, errors } = await staffPage();
  await page.goto(`${server.url}/app/tasks`);
  await page.getByText('Nothing to do').waitFor();
  await page.getByRole('button', { name: 'New task' }).click();
  const dialog = page.getByRole('dialog', { name: 'New task' });
  await dialog.getByRole('combobox', { name: 'Customer' }).fill('harbor g');
  await dialog.getByRole('option', { name: /Harbor Goods/ }).click();
  await dialog.getByLabel('What is to be done').fill('Call Anna');
  await dialog.getByRole('button', { name: 'Add task' }).click();
  const tasks = page.getByRole('list', { name: 'Tasks' });
  await tasks.getByText('Call Anna').waitFor();
  await look(page, 'tasks');
  await tasks.getByRole('button', { name: 'Done' }).click();
  const finish = page.getByRole('dialog', { name: 'Task done' });
  await finish.getByLabel('What came of it').fill('They pay on Friday');
  await finish.getByRole('button', { name: 'Done' }).click();
  await page.getByText('Nothing to do').waitFor();
  await page.getByRole('button', { name: 'Finished' }).click();
  await page.getByText(/They pay on Friday/).waitFor();
  expect(errors).toEqual([]);
  await page.context().close();
});

test('a contact gets its purposes and language, a customer its parent, an invoice a file', async () => {
  const { page, errors } = await staffPage();
  await page.goto(`${server.url}/app/customers/${customerId}`);
  await page.getByRole('button', { name: 'Actions for boss@harbor.example' }).click();
  await page.getByRole('menuitem', { name: 'Edit' }).click();
  const contact = page.getByRole('dialog', { name: 'Edit contact' });
  await contact.getByLabel('Billing').uncheck();
  await contact.getByLabel('Escalation').check();
  await contact.getByLabel('Language').fill('de');
  await look(page, 'contact-dialog');
  await contact.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Escalation · German').waitFor();
  await page.getByRole('button', { name: 'Choose the parent customer' }).click();
  const parent = page.getByRole('dialog', { name: 'Parent of Harbor Goods' });
  await parent.getByRole('combobox', { name: 'Customer' }).fill('harbor h');
  await parent.getByRole('option', { name: /Harbor Holding/ }).click();
  await parent.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('link', { name: 'Harbor Holding' }).click();
  await page.getByRole('heading', { name: 'Harbor Holding', level: 1 }).waitFor();
  await page.getByText('Belong to this customer:').waitFor();

  await page.goto(`${server.url}/app/invoices/files`);
  await page.locator('input[type=file]').setInputFiles({ name: 'Terms.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.7') });
  await page.getByRole('link', { name: 'Terms.pdf' }).waitFor();
  await look(page, 'shared-files');
  await page.goto(`${server.url}/app/invoices/${invoiceId}`);
  await page.getByRole('region', { name: 'Shared files' }).getByRole('button', { name: 'Add' }).click();
  await page.getByRole('dialog', { name: 'Add a file to INV-1' }).getByRole('button', { name: 'Choose', exact: true }).click();
  await page.getByRole('region', { name: 'Shared files' }).getByRole('link', { name: 'Terms.pdf' }).waitFor();
  expect((await get(`/v1/invoices/${invoiceId}/files`)).items).toHaveLength(1);
  expect(errors).toEqual([]);
  await page.context().close();
});

test('the payer answers by the links of the reminder, on pages that are clean for axe', async () => {
  const mail = server.mail.list().find((one) => one.envelopeTo.includes('ap@harbor.example') && /Two invoices/.test(one.subject))!;
  const links = linksOf((await server.mail.read(mail.id))!.parsed.html ?? '');
  const urlOf = (label: string) => links.find((link) => link.label === label)!.url;
  const page = await (await browser.window({ width: 375, height: 812 })).newPage();
  const isClean = async (name: string) => {
    expect(await pageFaults(page), name).toEqual([]);
    await look(page, name);
  };
  await page.goto(urlOf('I already paid'));
  await page.getByRole('heading', { name: 'You have paid already?' }).waitFor();
  await isClean('payer-paid');
  await page.getByRole('button', { name: 'Send' }).click();
  await page.getByRole('heading', { name: 'There is a problem' }).waitFor();
  await isClean('payer-paid-wrong');
  await page.getByLabel('Reference').fill('TRX 4711');
  await page.getByRole('button', { name: 'Send' }).click();
  await page.getByRole('heading', { name: 'Thank you' }).waitFor();
  await isClean('payer-paid-done');
  await page.goto(urlOf('This is not me'));
  await page.getByRole('button', { name: 'This is not me' }).first().click();
  await page.getByText(/writes no more to/).waitFor();
  await isClean('payer-not-me');
  expect((await get(`/v1/tasks?customerId=${customerId}&source=payer`)).items).toHaveLength(2);
  await page.context().close();
});

test.each([
  { scheme: 'light', width: 1440 },
  { scheme: 'dark', width: 375 },
] as const)('the pages of collecting are clean for axe and fit, $scheme at $width pixels', { timeout: 120_000 }, async ({ scheme, width }) => {
  const today = server.clock.now().toZonedDateTimeISO('America/New_York').toPlainDate();
  await company.call('POST', '/v1/disputes', { invoiceId, reason: 'price', note: 'Too dear' });
  await company.call('POST', '/v1/tasks', {
    customerId,
    title: 'A task with a title that is so long that it needs more than one line on a phone, and on a desk',
    description: 'Ask for the delivery note.\nThen call back.',
    dueOn: today.subtract({ days: 3 }).toString(),
    invoiceIds: [invoiceId],
  });
  const { page } = await staffPage({ scheme, width, height: 900 });
  for (const path of ['/tasks?view=all', '/tasks/promises', '/tasks/disputes', '/invoices/files', `/invoices/${invoiceId}`, `/customers/${customerId}`]) {
    await page.goto(`${server.url}/app${path}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    expect(await pageFaults(page), path).toEqual([]);
    await look(page, `${path.split('?')[0]!.replaceAll('/', '_').slice(0, 16)}-${scheme}-${width}`);
  }
  await page.context().close();
});
