import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { executeBacktest } from '../../server/modules/proof/index.ts';
import { systemActor, workFor } from '../../server/platform/context.ts';
import { type Chromium, startChromium } from '../support/chromium.ts';
import { type Company, startServer, type TestServer } from '../support/server.ts';
import { openStaff, type StaffPage } from '../support/staff.ts';
import { addSample, uploadCustomer, uploadInvoices } from '../support/story.ts';
import { pageFaults } from '../support/page-faults.ts';

let server: TestServer;
let browser: Chromium;
let company: Company;
const shots = process.env['SHOTS'];

const day = (offset: number) => Temporal.Now.plainDateISO('America/New_York').add({ days: offset }).toString();

beforeAll(async () => {
  // the browser's clock does not travel: the server's ends where the browser's is
  const noon = Temporal.Now.plainDateISO('America/New_York').toZonedDateTime({ timeZone: 'America/New_York', plainTime: '08:00' });
  server = await startServer({ start: noon.subtract({ days: 12 }).toInstant().toString() });
  browser = await startChromium();
  company = await server.company();
  await addSample(company, 'overdue_3_5_10');
  await company.call('PATCH', '/v1/settings', { reminders: { weeklyCap: null } });
  await uploadCustomer(company, 'C-1', { companyname: 'Harbor Goods' });
  await uploadCustomer(company, 'C-2', { companyname: 'Mill Street Bakery and Confectionery of the Upper Hudson Valley, Incorporated' });
  for (const customer of ['C-1', 'C-2'])
    await uploadInvoices(
      company,
      customer,
      [-14, -11, -8, -4, 1, 6].map((days) => ({ number: `${customer} ${days}`, amount: '1250.00', dueDate: day(days) })),
    );
  for (let n = 0; n < 12; n++) {
    server.clock.advance({ hours: 3 });
    await server.settle();
    server.clock.advance({ hours: 21 });
  }
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

async function staff(options: Parameters<Chromium['window']>[0] = {}): Promise<StaffPage & { context: BrowserContext }> {
  const opened = await openStaff(browser, server, company, options);
  return { ...opened, context: opened.page.context() };
}

async function look(page: Page, name: string): Promise<void> {
  if (shots) await page.screenshot({ path: `${shots}/${name}.png`, fullPage: true });
}

test('the next 14 days: a mail is skipped and the skip taken back, another postponed, another sent now', { timeout: 120_000 }, async () => {
  const { context, page, errors } = await staff();
  await page.goto(`${server.url}/app/reminders/upcoming`);
  const cards = page.locator('section').filter({ has: page.getByRole('link', { name: 'Harbor Goods' }) });
  await cards.first().waitFor();
  const before = await cards.count();
  expect(before).toBeGreaterThan(3);
  const first = cards.first();
  const actions = (card = first) => card.getByRole('button', { name: /^Actions for Harbor Goods/ }).first();
  await actions().click();
  await page.getByRole('menuitem', { name: 'Skip' }).click();
  await page.getByRole('status').getByText('gets no reminder').waitFor();
  await page.getByText(/is skipped/).waitFor();
  await look(page, 'calendar-skipped');
  await page.getByRole('status').getByRole('button', { name: 'Undo' }).click();
  await page.getByText(/is skipped/).waitFor({ state: 'detached' });
  // by keyboard
  await actions(cards.last()).focus();
  await page.keyboard.press('Enter');
  const highlighted = (name: string) => page.getByRole('menuitem', { name }).and(page.locator('[data-highlighted]')).waitFor();
  await highlighted('Skip');
  await page.keyboard.press('ArrowDown');
  await highlighted('Postpone …');
  await page.keyboard.press('Enter');
  await page.getByLabel('Note').fill('Their bookkeeper is away');
  await look(page, 'calendar-postpone');
  await page.getByRole('button', { name: /^Postpone to/ }).click();
  await page.getByText(/moved from/).waitFor();
  expect(await page.getByText('Their bookkeeper is away').count()).toBe(1);
  await server.mail.clear();
  await actions(cards.nth(1)).click();
  await page.getByRole('menuitem', { name: 'Send now' }).click();
  await page.getByText(/is on its way/).waitFor();
  await server.settle();
  expect((await server.mail.messages()).filter((mail) => mail.envelopeTo.includes('ap@c-1.example'))).toHaveLength(1);
  expect(errors).toEqual([]);
  await context.close();
});

test('why: a past day is asked by customer and day, with each condition and its value then', { timeout: 120_000 }, async () => {
  const { context, page, errors } = await staff();
  await page.goto(`${server.url}/app/reminders/why`);
  await page.getByText('Which customer, and which day?').waitFor();
  await page.getByLabel('Customer number').fill('C-1');
  await page.getByLabel('Day', { exact: true }).fill(day(-11));
  await page.getByRole('button', { name: 'Why?' }).click();
  await page.getByRole('heading', { name: /Harbor Goods on/ }).waitFor();
  await page.getByText('The rule matched.').waitFor();
  expect(await page.getByText('C-1 -14:').count()).toBeGreaterThan(0);
  await look(page, 'why');
  await page.getByLabel(/^Invoice number/).fill('C-1 6');
  await page.keyboard.press('Enter');
  await page.getByText(/of number C-1 6/).waitFor();
  await page.getByText('No match').waitFor();
  await page.getByLabel('Customer number').fill('NOBODY');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').waitFor();
  expect(errors).toEqual([]);
  await context.close();
});

test('back-test: the rules that were on prove the record; a version is compared, the chart and days are shown, and it is deleted', {
  timeout: 180_000,
}, async () => {
  const { context, page, errors } = await staff();
  await page.goto(`${server.url}/app/reminders/backtests`);
  await page.getByRole('button', { name: 'New back-test' }).first().click();
  await page.getByLabel('The rules that were on').first().check();
  await page.getByLabel('From').fill(day(-12));
  await page.getByLabel('To', { exact: true }).fill(day(-1));
  await look(page, 'backtest-new');
  await page.getByRole('button', { name: 'Start' }).click();
  await page.getByRole('progressbar').waitFor();
  await look(page, 'backtest-waiting');
  await server.settle();
  await page.getByText(/gives every decision on record again/).waitFor();
  await page.getByRole('table', { name: 'Customers' }).getByText('Harbor Goods').waitFor();
  await page.locator('figure svg').first().waitFor();
  await look(page, 'backtest-live');
  await page.getByText('Harbor Goods').first().click();
  await page.getByRole('dialog').getByRole('link', { name: 'Why' }).first().waitFor();
  await look(page, 'backtest-days');
  await page.getByRole('dialog').getByRole('link', { name: 'Why' }).first().click();
  await page.getByRole('heading', { name: /Harbor Goods on/ }).waitFor();
  await page.goBack();
  await page.getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await page.getByText('No back-test yet').waitFor();
  await look(page, 'backtests-empty');
  // one whose past is being put together, and waits for a lock, is cancelled from its page
  await server.db.admin.query('begin; lock table row_history in access exclusive mode');
  const { id } = (await company.call('POST', '/v1/reminders/backtests', { candidate: { kind: 'live' }, from: day(-12), to: day(-1) })).body;
  const worked = executeBacktest(workFor(server.platform, company.tenantId, systemActor), id);
  await page.goto(`${server.url}/app/reminders/backtests/${id}`);
  await page.getByText(/^The past is put together/).waitFor();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByText('This back-test was cancelled before its end.').waitFor();
  await worked;
  await server.db.admin.query('rollback');
  expect(errors).toEqual([]);
  await context.close();
});

test.for([
  { scheme: 'light', width: 1440 },
  { scheme: 'dark', width: 1440 },
  { scheme: 'light', width: 375 },
  { scheme: 'dark', width: 375 },
] as const)('the pages are clean for axe and fit, $scheme at $width pixels', { timeout: 180_000 }, async ({ scheme, width }) => {
  const { body } = await company.call('POST', '/v1/reminders/backtests', { candidate: { kind: 'current' }, from: day(-12), to: day(-1), moreThan: 1 });
  await server.settle();
  const { context, page, errors } = await staff({ scheme, width, height: 900 });
  const found: string[] = [];
  const pages = [
    '/reminders/upcoming',
    `/reminders/why?customer=C-2&on=${day(-11)}`,
    '/reminders/why',
    '/reminders/backtests',
    `/reminders/backtests/${body.id}`,
  ];
  for (const [index, path] of pages.entries()) {
    await page.goto(`${server.url}/app${path}`);
    await page.locator('h1').first().waitFor();
    await page.locator('[role=status][aria-label=Loading]').first().waitFor({ state: 'detached' });
    if (path.includes('backtests/')) await page.locator('figure svg').first().waitFor();
    await look(page, `${scheme}-${width}-${index}`);
    found.push(...(await pageFaults(page)).map((fault) => `${path} ${fault}`));
  }
  expect(found).toEqual([]);
  expect(errors).toEqual([]);
  await context.close();
});
