import { execFileSync } from 'node:child_process';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Chromium, startChromium } from '../support/chromium.ts';
import { type Company, startServer, type TestServer } from '../support/server.ts';
import { openStaff, signIn } from '../support/staff.ts';
import { uploadCustomer, uploadInvoices } from '../support/story.ts';
import { pageFaults } from '../support/page-faults.ts';

/* The built staff app (web/dist) in a real browser, against the real server. The clock stands on 2 March 2026, 10:00 in New York. */
let server: TestServer;
let browser: Chromium;
let company: Company;
beforeAll(async () => {
  [server, browser] = await Promise.all([startServer(), startChromium()]);
  company = await server.company();
  await uploadCustomer(company, 'C-1', { companyname: 'Harbor Goods' });
  await uploadInvoices(company, 'C-1', [{ number: 'INV-1', amount: '9250.00', dueDate: '2026-02-20', billAddr: { line1: '12 Quay Street', city: 'Boston' } }]);
  await uploadCustomer(company, 'C-2', { companyname: 'A name of ninety characters, which some companies have, and which a list has to bear, too' });
  await uploadInvoices(company, 'C-2', [{ number: 'INV-2', amount: '80.10', dueDate: '2026-02-20' }]);
  await server.settle();
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

const staffPage = (options: Parameters<Chromium['window']>[0] = {}) => openStaff(browser, server, company, options);

const steps = (page: Page) => page.getByRole('list', { name: 'Steps' }).getByRole('listitem');
const words = async (page: Page) => (await steps(page).allInnerTexts()).map((text) => text.replace(/\s*\n\s*/g, ' · ').trim());

test('a cadence is built, assigned by condition, switched on; its manual step is done and its letter printed', async () => {
  const { page, errors } = await staffPage();
  await page.getByRole('link', { name: 'Invoice reminders' }).click();
  await page.getByRole('link', { name: 'Cadences' }).click();
  await page.getByRole('link', { name: 'New cadence' }).first().click();
  await page.getByLabel('Name').fill('Large accounts');

  // a friendly mail, five days before
  await page.getByRole('button', { name: 'Add step' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('To', { exact: true }).selectOption('billing contacts');
  await dialog.getByRole('button', { name: 'Add step' }).click();
  // a call on the tenth day, which the cadence waits for
  await page.getByRole('button', { name: 'Add step' }).click();
  await dialog.getByLabel('Days', { exact: true }).fill('10');
  await dialog.getByLabel('When').selectOption('days overdue');
  await dialog.getByLabel('What', { exact: true }).selectOption('Task for a colleague');
  await dialog.getByRole('button', { name: 'Add step' }).click();
  await dialog.getByText('Write what is to be done.').waitFor();
  await dialog.getByLabel('What is to be done').fill('Call the customer');
  await dialog.getByLabel('For', { exact: true }).selectOption('Sam Staff');
  await dialog.getByRole('button', { name: 'Add step' }).click();
  // a letter on the same day, by the standard text
  await page.getByRole('button', { name: 'Add step' }).click();
  await dialog.getByLabel('Days', { exact: true }).fill('11');
  await dialog.getByLabel('What', { exact: true }).selectOption('Letter in a print batch');
  await dialog.getByRole('button', { name: 'Start from the standard letter' }).click();
  await dialog.getByRole('button', { name: 'Add step' }).click();
  expect(await words(page)).toEqual([
    '5 days before due · E-mail “Invoice Reminder” to billing contacts',
    '10 days overdue · Task “Call the customer” for Sam Staff · The cadence waits until it is done or skipped, 7 days at most',
    '11 days overdue · Letter “Overdue invoices: {{total_invoice_amount}}” to letter contacts',
  ]);

  // the letter first, by its button; then back by dragging
  await page.getByRole('button', { name: 'Step 3 earlier' }).click();
  expect((await words(page)).map((text) => text.slice(0, 26))).toEqual([
    '5 days before due · E-mail',
    '10 days overdue · Letter “',
    '11 days overdue · Task “Ca',
  ]);
  await steps(page).nth(2).dragTo(steps(page).nth(1));
  await expect
    .poll(async () => (await words(page)).map((text) => text.slice(0, 26)))
    .toEqual(['5 days before due · E-mail', '10 days overdue · Task “Ca', '11 days overdue · Letter “']);

  await page.getByLabel('By hand, and by a condition').check();
  await page.getByText('2 customers would come in now').waitFor();
  await page.getByLabel('Field').selectOption('Customer balance');
  await page.getByLabel('Comparison').selectOption('greater');
  await page.getByLabel('Value').fill('5000');
  await page.getByText('1 customer would come in now').waitFor();
  await page.getByText('Harbor Goods', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Save cadence' }).click();
  await page.getByRole('heading', { name: 'Large accounts', level: 1 }).waitFor();
  await page.getByRole('button', { name: 'Switch on' }).click();
  await page.getByRole('button', { name: 'Switch off' }).waitFor();
  const customers = page.getByRole('region', { name: 'Customers', exact: true });
  await customers
    .getByRole('row', { name: /Harbor Goods/ })
    .getByText('By condition')
    .waitFor();

  // the invoice is ten days late today
  expect((await company.call('POST', '/v1/reminder-runs', {})).status).toBe(201);
  await server.settle();
  await page.reload();
  await page.getByRole('button', { name: 'Done: Call the customer, Harbor Goods' }).click();
  await dialog.getByLabel(/What came of it/).fill('They will pay on Friday.');
  await dialog.getByRole('button', { name: 'Mark as done' }).click();
  await page.getByText('Done. The cadence goes on.').waitFor();
  expect((await company.call('GET', '/v1/manual-steps?open=false')).body.items[0]).toMatchObject({
    state: 'done',
    note: 'They will pay on Friday.',
    endedBy: 'Sam Staff',
  });

  // the next day brings the letter
  server.clock.advance({ days: 1 });
  expect((await company.call('POST', '/v1/reminder-runs', {})).status).toBe(201);
  await server.settle();
  // the session of yesterday has ended
  await signIn(page, server, company);
  await page.getByRole('link', { name: 'Invoice reminders' }).click();
  await page.getByRole('link', { name: 'Letters' }).click();
  await page.getByRole('button', { name: 'Prepare 1 letter for printing' }).click();
  const pdf = await page.getByRole('link', { name: 'One PDF for batch B-00001' }).getAttribute('href');
  const bytes = Buffer.from(await (await fetch(server.url + pdf, { headers: company.headers })).arrayBuffer());
  const text = execFileSync('pdftotext', ['-layout', '-', '-'], { input: bytes, encoding: 'utf8' });
  for (const part of ['Overdue invoices: $9,250.00', 'Harbor Goods', '12 Quay Street', 'INV-1']) expect(text).toContain(part);
  await page.getByRole('button', { name: 'Mark as printed' }).click();
  await dialog.getByRole('button', { name: 'Mark 1 letter as printed' }).click();
  await page.getByText('Printed', { exact: true }).waitFor();
  expect(errors).toEqual([]);
  await page.context().close();
});

test('customers are put in, paused, started and taken out; the keyboard reaches everything', async () => {
  const made = await company.call('POST', '/v1/cadences', { name: 'By hand', startsPaused: true, steps: [{ offsetDays: 40, channel: 'task', title: 'Look' }] });
  const { page, errors } = await staffPage();
  await page.goto(`${server.url}/app/reminders/cadences/${made.body.id}`);
  await page.getByRole('button', { name: 'Put in a customer' }).first().focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('combobox', { name: 'Customer' }).fill('a name');
  await dialog.getByRole('option').first().waitFor();
  await page.keyboard.press('Enter');
  await dialog.getByRole('button', { name: 'Put in', exact: true }).click();
  const row = page.getByRole('row', { name: /A name of ninety/ });
  await row.getByText('Paused').waitFor();
  await page.getByRole('button', { name: 'Start 1 paused customer' }).click();
  await row.getByText('Active').waitFor();
  await row.getByRole('checkbox').check();
  await page.getByRole('region', { name: 'Selection' }).getByRole('button', { name: 'Pause' }).click();
  await row.getByText('Paused').waitFor();
  await row.getByRole('checkbox').check();
  await page.getByRole('region', { name: 'Selection' }).getByRole('button', { name: 'Take out' }).click();
  await page.getByText('Nobody is in it yet').waitFor();
  await page.getByRole('button', { name: 'Undo' }).last().click();
  await row.waitFor();

  // who is in another cadence is moved only with a word
  await page.getByRole('button', { name: 'Put in a customer' }).first().click();
  await dialog.getByRole('combobox', { name: 'Customer' }).fill('harb');
  await dialog.getByRole('option', { name: /Harbor Goods/ }).click();
  await dialog.getByRole('button', { name: 'Put in', exact: true }).click();
  await dialog.getByText(/is in the cadence “Large accounts”/).waitFor();
  await dialog.getByLabel('Move the customer out of the other cadence').check();
  await dialog.getByRole('button', { name: 'Move customer' }).click();
  await page.getByRole('row', { name: /Harbor Goods/ }).waitFor();
  expect(errors).toEqual([]);
  await page.context().close();
});

test.each([
  { scheme: 'light', width: 1440 },
  { scheme: 'dark', width: 375 },
] as const)('its pages are clean for axe and fit, $scheme at $width pixels', async ({ scheme, width }) => {
  const id = (await company.call('GET', '/v1/cadences')).body.items[0].id;
  const { page, errors } = await staffPage({ scheme, width, height: 900 });
  const found: string[] = [];
  for (const path of ['/reminders/cadences', '/reminders/cadences/new', `/reminders/cadences/${id}`, '/reminders/letters', 'step']) {
    if (path === 'step') {
      await page.goto(`${server.url}/app/reminders/cadences/${id}`);
      await page.getByRole('button', { name: 'Edit step 3' }).click();
      await page.getByRole('dialog').getByLabel('Letter', { exact: true }).waitFor();
    } else await page.goto(`${server.url}/app${path}`);
    await page.locator('h1').first().waitFor();
    await page.locator('[role=status][aria-label=Loading]').first().waitFor({ state: 'detached' });
    found.push(...(await pageFaults(page)).map((fault) => `${path} ${fault}`));
  }
  expect(found).toEqual([]);
  expect(errors).toEqual([]);
  await page.context().close();
});
