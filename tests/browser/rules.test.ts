import type { BrowserContext, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Chromium, startChromium } from '../support/chromium.ts';
import { ADMIN, type Company, startServer, type TestServer } from '../support/server.ts';
import { uploadCustomer, uploadInvoices } from '../support/story.ts';

let server: TestServer;
let browser: Chromium;
let staff: BrowserContext;
let company: Company;
const category: Record<string, string> = {};

beforeAll(async () => {
  // the browser's clock does not travel: the server's starts where the browser's is
  server = await startServer({ start: Temporal.Now.instant().toString() });
  browser = await startChromium();
  company = await server.company();
  staff = await browser.window();
  await signIn();
  const vip = await uploadCustomer(company, 'C-1', { companyname: 'Harbor Goods' });
  const repeat = await uploadCustomer(company, 'C-2', { companyname: 'Mill Street Bakery' });
  await uploadCustomer(company, 'C-3', { companyname: 'Orchard Foods' });
  for (const [name, customerId] of [
    ['VIP customers', vip],
    ['Repeat', repeat],
  ] as const) {
    category[name] = (await company.call('POST', '/v1/categories', { name })).body.id;
    await company.call('POST', '/v1/customers/categorize', { customerIds: [customerId], add: [category[name]] });
  }
  for (const customer of ['C-1', 'C-2', 'C-3']) {
    await uploadInvoices(
      company,
      customer,
      [5, 4, 1, -3, -5, -10].map((days) => ({ number: `${customer} ${days}`, amount: '100.00', dueDate: dayFromNow(days), region: 'North' })),
    );
  }
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

interface Built {
  field: string;
  operator: string;
  value?: string;
}

interface Sample {
  name: string;
  customers: { join: 'AND' | 'OR'; rules: Built[] };
  invoices: { join: 'AND' | 'OR'; rules: Built[] };
  /** The sentence that stands over the form. */
  says: string;
  /** Customers whom it would remind today. */
  reminds: string[];
  trees: () => { customerCondition: unknown; invoiceCondition: unknown };
}

const everyone = { join: 'AND' as const, rules: [{ field: 'Customer category', operator: 'all customers' }] };
const all = { combinator: 'and', conditions: [{ field: 'customer_category', operator: 'all' }] };
const inCategory = (name: string): Built => ({ field: 'Customer category', operator: 'equal', value: name });
const dueIn = (days: number): Built => ({ field: 'Invoice due in (days)', operator: 'equal', value: String(days) });
const overdueBy = (days: number): Built => ({ field: 'Invoice overdue by (days)', operator: 'equal', value: String(days) });
const days = (field: string, value: number) => ({ field, operator: 'equal', value });

/** The five sample rules of the guide, in its order, and the trees that they are. */
const samples: Sample[] = [
  {
    name: 'Due in 5 days',
    customers: everyone,
    invoices: { join: 'AND', rules: [dueIn(5)] },
    says: 'to all customers about invoices due in 5 days',
    reminds: ['Harbor Goods', 'Mill Street Bakery', 'Orchard Foods'],
    trees: () => ({ customerCondition: all, invoiceCondition: { combinator: 'and', conditions: [days('due_in', 5)] } }),
  },
  {
    name: 'Overdue by 3 days',
    customers: everyone,
    invoices: { join: 'AND', rules: [overdueBy(3)] },
    says: 'to all customers about invoices overdue by 3 days',
    reminds: ['Harbor Goods', 'Mill Street Bakery', 'Orchard Foods'],
    trees: () => ({ customerCondition: all, invoiceCondition: { combinator: 'and', conditions: [days('overdue_by', 3)] } }),
  },
  {
    name: 'Overdue by 3, 5 or 10 days',
    customers: everyone,
    invoices: { join: 'OR', rules: [overdueBy(3), overdueBy(5), overdueBy(10)] },
    says: 'to all customers about invoices overdue by 3, 5 or 10 days',
    reminds: ['Harbor Goods', 'Mill Street Bakery', 'Orchard Foods'],
    trees: () => ({ customerCondition: all, invoiceCondition: { combinator: 'or', conditions: [3, 5, 10].map((value) => days('overdue_by', value)) } }),
  },
  {
    name: 'Due in 1 day, VIP',
    customers: { join: 'AND', rules: [inCategory('VIP customers')] },
    invoices: { join: 'AND', rules: [dueIn(1)] },
    says: 'to customers in category VIP customers about invoices due in 1 day',
    reminds: ['Harbor Goods'],
    trees: () => ({
      customerCondition: { combinator: 'and', conditions: [{ field: 'customer_category', operator: 'equal', value: category['VIP customers'] }] },
      invoiceCondition: { combinator: 'and', conditions: [days('due_in', 1)] },
    }),
  },
  {
    name: 'Due in 4 days, VIP or Repeat',
    customers: { join: 'OR', rules: [inCategory('VIP customers'), inCategory('Repeat')] },
    invoices: { join: 'AND', rules: [dueIn(4)] },
    says: 'to customers in category VIP customers or Repeat about invoices due in 4 days',
    reminds: ['Harbor Goods', 'Mill Street Bakery'],
    trees: () => ({
      customerCondition: {
        combinator: 'or',
        conditions: ['VIP customers', 'Repeat'].map((name) => ({ field: 'customer_category', operator: 'equal', value: category[name] })),
      },
      invoiceCondition: { combinator: 'and', conditions: [days('due_in', 4)] },
    }),
  },
];

/** A page of the app in the window that is signed in; errors on it are collected. */
async function open(path: string): Promise<{ page: Page; errors: string[] }> {
  const page = await staff.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.setDefaultTimeout(15_000);
  await page.goto(`${server.url}/app${path}`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  return { page, errors };
}

async function signIn(): Promise<void> {
  const page = await staff.newPage();
  await page.goto(`${server.url}/sign-in`);
  await page.getByLabel('E-mail').fill(`staff-${company.tenantId.slice(-6)}@northwind.example`);
  await page.getByLabel('Password', { exact: true }).fill(ADMIN.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Dashboard', level: 1 }).waitFor();
  await page.close();
}

const boxOf = (page: Page, box: 'customers' | 'invoices') => page.getByRole('region', { name: `Select ${box}` });

async function savedRule(name: string) {
  const { items } = (await company.call('GET', '/v1/reminder-rules')).body;
  return items.find((rule: { name: string }) => rule.name === name);
}

/** The saved rule is exactly the one of the guide, asked every day, switched off. */
async function expectSaved(page: Page, sample: Sample, name: string): Promise<void> {
  await page.getByText('Rule saved, switched off.').waitFor();
  const rule = await savedRule(name);
  const { customerCondition, invoiceCondition, schedule, repeat, active } = rule;
  expect({ customerCondition, invoiceCondition }).toEqual(sample.trees());
  expect({ schedule, repeat, active }).toEqual({ schedule: { days: 'every', hour: null, holidays: 'ignore' }, repeat: null, active: false });
  expect(rule.sentence).toContain(sample.says);
}

/** "Test rule" shows whom the rule would remind, and nobody else. */
async function expectTest(page: Page, sample: Sample): Promise<void> {
  const panel = page.getByRole('dialog');
  await panel.getByRole('link', { name: sample.reminds[0] as string }).waitFor();
  const customers = panel.getByRole('link', { name: /Harbor|Mill|Orchard/ });
  expect((await customers.allTextContents()).sort()).toEqual(sample.reminds);
}

async function fillBox(box: Locator, { join, rules }: Sample['customers']): Promise<void> {
  if (join === 'OR') await box.getByRole('button', { name: 'OR' }).click();
  for (const [index, rule] of rules.entries()) {
    if (index > 0) await box.getByRole('button', { name: 'Add rule' }).click();
    await box.getByLabel('Field').nth(index).selectOption(rule.field);
    await box.getByLabel('Comparison').nth(index).selectOption(rule.operator);
    if (rule.value === undefined) continue;
    const value = box.getByLabel(/^(Value|Category)$/).nth(index);
    if (rule.field === 'Customer category') await value.selectOption(rule.value);
    else await value.fill(rule.value);
  }
}

test.each(samples)('by mouse: $name', async (sample) => {
  const { page, errors } = await open('/reminders/rules/new');
  const name = `${sample.name}, by mouse`;
  await page.getByLabel('Rule name').fill(name);
  await fillBox(boxOf(page, 'customers'), sample.customers);
  await fillBox(boxOf(page, 'invoices'), sample.invoices);
  await page.getByText(sample.says).first().waitFor();
  await page.getByRole('button', { name: 'Test rule' }).click();
  await expectTest(page, sample);
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
  await page.getByRole('button', { name: 'Save rule' }).click();
  await expectSaved(page, sample, name);
  expect(errors).toEqual([]);
  await page.close();
});

/** What a person at the keyboard hears of the element that has the focus: its name, and the box that it is in. */
const focused = (page: Page) =>
  page.evaluate(() => {
    const element = document.activeElement as HTMLElement;
    const label = element.getAttribute('aria-label') ?? (element as HTMLInputElement).labels?.[0]?.textContent ?? element.textContent ?? '';
    return { name: label.trim(), box: element.closest('section[aria-label]')?.getAttribute('aria-label') ?? '' };
  });

/** Presses Tab until the wanted control has the focus. */
async function tabTo(page: Page, name: string, box?: string): Promise<void> {
  const passed: string[] = [];
  for (let step = 0; step < 120; step++) {
    const at = await focused(page);
    if (at.name === name && (box === undefined || at.box === box)) return;
    passed.push(at.name);
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab never reached “${name}”: ${passed.join(', ')}`);
}

/** Chooses in the list that has the focus, by typing what the wanted entry is called. */
async function choose(page: Page, label: string): Promise<void> {
  await page.keyboard.type(label);
  const chosen = await page.evaluate(() => (document.activeElement as HTMLSelectElement).selectedOptions[0]?.textContent);
  expect(chosen).toBe(label);
}

async function typeBox(page: Page, box: string, { join, rules }: Sample['customers']): Promise<void> {
  if (join === 'OR') {
    await tabTo(page, 'OR', box);
    await page.keyboard.press('Space');
  }
  for (const [index, rule] of rules.entries()) {
    if (index > 0) {
      // back to the button that adds; the new rule then has the focus
      while ((await focused(page)).name !== 'Add rule') await page.keyboard.press('Shift+Tab');
      await page.keyboard.press('Enter');
    }
    await tabTo(page, 'Field', box);
    await choose(page, rule.field);
    await page.keyboard.press('Tab');
    await tabTo(page, 'Comparison', box);
    await choose(page, rule.operator);
    if (rule.value === undefined) continue;
    await page.keyboard.press('Tab');
    if (rule.field === 'Customer category') await choose(page, rule.value);
    else {
      await page.keyboard.press('Control+a');
      await page.keyboard.type(rule.value);
    }
  }
}

test.each(samples)('by keyboard alone: $name', async (sample) => {
  const { page, errors } = await open('/');
  const name = `${sample.name}, by keyboard`;
  await page.keyboard.press('g');
  await page.keyboard.press('r');
  await page.getByRole('link', { name: 'New rule' }).waitFor();
  await tabTo(page, 'New rule');
  await page.keyboard.press('Enter');
  await page.getByLabel('Rule name').waitFor();
  await tabTo(page, 'Rule name');
  await page.keyboard.type(name);
  await typeBox(page, 'Select customers', sample.customers);
  await typeBox(page, 'Select invoices', sample.invoices);
  await page.getByText(sample.says).first().waitFor();
  await tabTo(page, 'Test rule');
  await page.keyboard.press('Enter');
  await expectTest(page, sample);
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  expect((await focused(page)).name).toBe('Test rule');
  await tabTo(page, 'Save rule');
  await page.keyboard.press('Enter');
  await expectSaved(page, sample, name);
  expect(errors).toEqual([]);
  await page.close();
});

test('a rule is switched on and off, and the toast takes it back', async () => {
  const { page, errors } = await open('/reminders');
  const name = 'Invoice overdue by 7 days';
  await page.getByRole('switch', { name: `${name}: off` }).click();
  await page.getByText(`“${name}” is on from today.`).waitFor();
  expect((await savedRule(name)).active).toBe(true);
  const row = page.getByRole('row', { name: new RegExp(name) });
  await row.getByText(/^[A-Z][a-z]{2} \d/).waitFor();
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.getByRole('switch', { name: `${name}: off` }).waitFor();
  await page.getByText(`“${name}” is off.`).waitFor();
  expect((await savedRule(name)).active).toBe(false);
  expect(errors).toEqual([]);
  await page.close();
});

test('a rule is duplicated, and deleted after a question', async () => {
  const { page, errors } = await open('/reminders');
  await page.getByRole('button', { name: 'Duplicate Invoice overdue by 14 days' }).click();
  await page.getByRole('heading', { name: 'Copy of Invoice overdue by 14 days', level: 1 }).waitFor();
  const copy = await savedRule('Copy of Invoice overdue by 14 days');
  expect(copy.invoiceCondition).toEqual((await savedRule('Invoice overdue by 14 days')).invoiceCondition);
  await page.getByRole('link', { name: 'Invoice reminders' }).first().click();
  await page.getByRole('button', { name: 'Delete Copy of Invoice overdue by 14 days' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  expect(await savedRule('Copy of Invoice overdue by 14 days')).toBeDefined();
  await page.getByRole('button', { name: 'Delete Copy of Invoice overdue by 14 days' }).click();
  await page.getByRole('button', { name: 'Delete rule' }).click();
  await page.getByText('“Copy of Invoice overdue by 14 days” deleted.').waitFor();
  expect(await savedRule('Copy of Invoice overdue by 14 days')).toBeUndefined();
  expect(errors).toEqual([]);
  await page.close();
});

test('the samples and the default rules are one press away', async () => {
  const { page, errors } = await open('/reminders');
  await page.getByRole('button', { name: 'Samples' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('Due in 5 days, everyone').waitFor();
  expect(await dialog.getByRole('region', { name: 'Samples' }).getByRole('listitem').count()).toBe(5);
  expect(await dialog.getByRole('region', { name: 'Default rules' }).getByRole('listitem').count()).toBe(7);
  await dialog.getByRole('button', { name: 'Add: Due in 4 days, VIP or Repeat' }).click();
  await page.getByText('“Due in 4 days, VIP or Repeat” added, switched off.').waitFor();
  await dialog.getByRole('button', { name: 'Close' }).click();
  await page
    .getByRole('row', { name: /customers in category VIP customers or Repeat about invoices due in 4 days/ })
    .first()
    .waitFor();
  expect(errors).toEqual([]);
  await page.close();
});

test('groups nest in both boxes; custom fields, schedule and repeat are saved, read as a sentence, and reset', async () => {
  const { page, errors } = await open('/reminders/rules/new');
  await page.getByLabel('Rule name').fill('North, every week');
  const customers = boxOf(page, 'customers');
  await customers.getByRole('button', { name: 'Add group' }).click();
  await customers.getByLabel('Comparison').nth(1).selectOption('equal');
  await customers.getByLabel('Category').selectOption('Repeat');
  const invoices = boxOf(page, 'invoices');
  await invoices.getByLabel('Field').selectOption('region');
  await invoices.getByLabel('Value').fill('North');
  await invoices.getByRole('button', { name: 'Add group' }).click();
  await invoices.getByRole('button', { name: 'OR' }).nth(1).click();
  await invoices.getByLabel('Comparison').nth(1).selectOption('greater');
  await invoices.getByLabel('Value').nth(1).fill('2');
  await invoices.getByRole('button', { name: 'Add rule' }).nth(1).click();
  await invoices.getByLabel('Field').nth(2).selectOption('Invoice last emailed');
  await invoices.getByLabel('Comparison').nth(2).selectOption('never');
  await page.getByLabel('Only on chosen weekdays').check();
  await page.getByRole('button', { name: 'Thu' }).click();
  await page.getByLabel('Hour').selectOption('14:00');
  await page.getByLabel('On a holiday or weekend').selectOption('Send on the next business day');
  await page.getByLabel('Repeat while it matches').check();
  await page.getByLabel('Every', { exact: true }).fill('7');
  await page.getByLabel('At most').fill('3');
  await page
    .getByText(/on Mondays and Thursdays at 14:00, on days off moved to the next business day, every 7 days while they match, at most 3 times/)
    .waitFor();
  await page.getByRole('button', { name: 'Save rule' }).click();
  await page.getByText('Rule saved, switched off.').waitFor();
  expect(await savedRule('North, every week')).toMatchObject({
    customerCondition: {
      combinator: 'and',
      conditions: [
        { field: 'customer_category', operator: 'all' },
        { combinator: 'and', conditions: [{ field: 'customer_category', operator: 'equal', value: category['Repeat'] }] },
      ],
    },
    invoiceCondition: {
      combinator: 'and',
      conditions: [
        { field: 'invoice_custom', name: 'region', operator: 'equal', value: 'North' },
        {
          combinator: 'or',
          conditions: [
            { field: 'overdue_by', operator: 'greater', value: 2 },
            { field: 'last_emailed', operator: 'never' },
          ],
        },
      ],
    },
    schedule: { days: [1, 4], hour: 14, holidays: 'next' },
    repeat: { everyDays: 7, limit: 3 },
  });

  await page.getByLabel('Value').nth(1).fill('9');
  await page.getByText('overdue by more than 9 days').waitFor();
  await page.getByRole('button', { name: 'Reset' }).click();
  await page.getByText('overdue by more than 2 days').waitFor();
  expect(await boxOf(page, 'invoices').getByLabel('Value').nth(1).inputValue()).toBe('2');
  expect(errors).toEqual([]);
  await page.close();
});

test('each version of a rule is told with what changed in it, and brought back', async () => {
  const { page, errors } = await open('/reminders');
  await page.getByRole('link', { name: 'Invoice due in 10 days', exact: true }).click();
  await boxOf(page, 'invoices').getByLabel('Value').fill('12');
  await page.getByRole('button', { name: 'Save rule' }).click();
  await page.getByText('Rule saved.').waitFor();
  await page.getByRole('button', { name: 'Versions' }).click();
  const panel = page.getByRole('dialog');
  await panel.getByText('12', { exact: true }).waitFor();
  expect(await panel.locator('del').allTextContents()).toEqual(['10']);
  expect(await panel.locator('ins').allTextContents()).toEqual(['12']);
  await panel.getByRole('button', { name: 'Restore version 1' }).click();
  await page.getByText('Version 1 is back, as version 3.').waitFor();
  expect(await boxOf(page, 'invoices').getByLabel('Value').inputValue()).toBe('10');
  expect((await savedRule('Invoice due in 10 days')).version).toBe(3);

  // a colleague saves while the page is open
  await page.keyboard.press('Escape');
  const { id } = await savedRule('Invoice due in 10 days');
  const dueIn = (value: number) => ({ combinator: 'and', conditions: [{ field: 'due_in', operator: 'equal', value }] });
  await company.call('PATCH', `/v1/reminder-rules/${id}`, { invoiceCondition: dueIn(8) });
  await boxOf(page, 'invoices').getByLabel('Value').fill('11');
  await page.getByRole('button', { name: 'Save rule' }).click();
  await page
    .getByRole('alert')
    .getByText(/saved this rule meanwhile, as version 4\. .* Your changes are still here\./)
    .waitFor();
  expect((await savedRule('Invoice due in 10 days')).invoiceCondition).toEqual(dueIn(8));
  await page.getByRole('button', { name: 'Load it, drop mine' }).click();
  await page.getByText('about invoices due in 8 days.').first().waitFor();
  expect(await boxOf(page, 'invoices').getByLabel('Value').inputValue()).toBe('8');
  await company.call('PATCH', `/v1/reminder-rules/${id}`, { invoiceCondition: dueIn(7) });
  await boxOf(page, 'invoices').getByLabel('Value').fill('10');
  await page.getByRole('button', { name: 'Save rule' }).click();
  await page.getByRole('button', { name: 'Save mine over it' }).click();
  // not the toast: that of the first save may still be there
  await page.getByText('Saved', { exact: true }).waitFor();
  await page.getByRole('alert').waitFor({ state: 'detached' });
  expect((await savedRule('Invoice due in 10 days')).invoiceCondition).toEqual(dueIn(10));
  errors.splice(0, errors.length, ...errors.filter((text) => !text.includes('409')));
  expect(errors).toEqual([]);
  await page.close();
});

test('holidays are added one by one, pasted as a list, and removed with a way back', async () => {
  const { page, errors } = await open('/settings/calendar');
  const holidays = async () => (await company.call('GET', '/v1/calendar/holidays')).body.items.map((holiday: { day: string }) => holiday.day);
  await page.getByLabel('Day', { exact: true }).fill('2027-05-01');
  await page.getByLabel('Name', { exact: true }).fill('May Day');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByText('May Day added.').waitFor();
  await page.getByRole('button', { name: 'Paste a list' }).click();
  await page.getByLabel('Days and names').fill('2027-05-01 Again\n2027-12-25 Christmas Day\n26.12.2027 Boxing Day\nnonsense');
  await page.getByText('Line 4, “nonsense”').waitFor();
  await page.getByLabel('Days and names').fill('2027-05-01 Again\n2027-12-25 Christmas Day\n26.12.2027 Boxing Day');
  await page.getByRole('button', { name: 'Add 2 days' }).click();
  await page.getByText('2 holidays added.').waitFor();
  expect(await holidays()).toEqual(['2027-05-01', '2027-12-25', '2027-12-26']);
  await page.getByRole('button', { name: /^Remove May Day/ }).click();
  await page.getByText('May Day removed.').waitFor();
  expect(await holidays()).toEqual(['2027-12-25', '2027-12-26']);
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.getByText('May Day', { exact: true }).waitFor();
  expect(await holidays()).toContain('2027-05-01');
  expect(errors).toEqual([]);
  await page.close();
});

test('a page with changes is not left without a question', async () => {
  const { page, errors } = await open('/reminders/rules/new');
  await page.getByLabel('Rule name').fill('Never saved');
  await page.getByRole('link', { name: 'Invoice reminders' }).first().click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  expect(await page.getByLabel('Rule name').inputValue()).toBe('Never saved');
  await page.getByRole('link', { name: 'Invoice reminders' }).first().click();
  await page.getByRole('button', { name: 'Leave, drop the changes' }).click();
  await page.getByRole('table', { name: 'Rules' }).waitFor();
  expect(await savedRule('Never saved')).toBeUndefined();
  expect(errors).toEqual([]);
  await page.close();
});

const dayFromNow = (days: number): string => server.clock.now().toZonedDateTimeISO('America/New_York').toPlainDate().add({ days }).toString();

/** Moves the clock to that hour of the company's day, `days` from now, and lets the daily run begin. */
async function dailyRunAt(hour: number, days: number): Promise<void> {
  const now = server.clock.now().toZonedDateTimeISO('America/New_York');
  server.clock.set(now.add({ days }).with({ hour, minute: 5, second: 0 }).toInstant().toString());
  await server.settle();
}

test('a run larger than usual waits: the dashboard says so, and a person sends or cancels it', { timeout: 90_000 }, async () => {
  await company.call('PATCH', '/v1/settings', { reminders: { hour: 23, brakeMinimum: 0, brakeFactor: 1, minContactDays: 0 } });
  for (const { id } of (await company.call('GET', '/v1/reminder-rules')).body.items) await company.call('POST', `/v1/reminder-rules/${id}/deactivate`);
  const { body: rule } = await company.call('POST', '/v1/reminder-rules', {
    name: 'All that is overdue',
    templateId: (await company.call('GET', '/v1/templates')).body.items[0].id,
    customerCondition: all,
    invoiceCondition: { combinator: 'and', conditions: [{ field: 'overdue_by', operator: 'greater', value: 2 }] },
  });
  await company.call('POST', `/v1/reminder-rules/${rule.id}/activate`);
  await dailyRunAt(23, 1);
  await signIn();
  const { page, errors } = await open('/');
  const alarms = page.getByRole('list', { name: 'Alarms' });
  await alarms.getByText('A reminder run waits for you: 3 mails').waitFor();
  await alarms.getByRole('link', { name: 'Look and decide' }).click();
  await page.getByText('It would send 3 reminders; there is no usual size yet. Nothing has been sent.').waitFor();
  await page.getByRole('button', { name: 'Send 3 reminders' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Send 3 reminders' }).click();
  await page.getByText('3 reminders on the way.').waitFor();
  await server.settle();
  await page.getByText('3 of 3 sent').waitFor();
  expect(server.mail.list().filter((mail) => mail.envelopeTo.some((to) => to.startsWith('ap@c-'))).length).toBe(3);

  await uploadCustomer(company, 'C-4', { companyname: 'Late Comers' });
  await uploadInvoices(company, 'C-4', [{ number: 'C-4 late', amount: '10.00', dueDate: dayFromNow(-20) }]);
  await dailyRunAt(23, 1);
  await signIn();
  await page.goto(`${server.url}/app/reminders/runs`);
  await page.getByText('A reminder run waits for you: 4 mails').waitFor();
  await page.getByRole('link', { name: 'Look and decide' }).click();
  await page.getByText('It would send 4 reminders; usual is about 3. Nothing has been sent.').waitFor();
  await page.getByRole('button', { name: 'Cancel this run' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel this run' }).click();
  await page.getByText('The run is canceled. Nothing was sent.').waitFor();
  await page.getByText('A person stopped the run').first().waitFor();
  await server.settle();
  expect(server.mail.list().filter((mail) => mail.envelopeTo.includes('ap@c-4.example'))).toEqual([]);
  expect(errors).toEqual([]);
  await page.close();
});
