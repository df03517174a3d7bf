import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Chromium, startChromium } from '../support/chromium.ts';
import { type Company, startServer, type TestServer } from '../support/server.ts';
import { openStaff, type StaffPage } from '../support/staff.ts';
import { uploadCustomer, uploadInvoices } from '../support/story.ts';
import { pageFaults } from '../support/page-faults.ts';

let server: TestServer;
let browser: Chromium;
let company: Company;

beforeAll(async () => {
  server = await startServer({ start: Temporal.Now.instant().toString() });
  browser = await startChromium();
  company = await server.company();
  const today = server.clock.now().toZonedDateTimeISO('America/New_York').toPlainDate();
  await uploadCustomer(company, 'C-1', { companyname: 'Harbor Goods' });
  await uploadInvoices(company, 'C-1', [
    { number: 'INV-1', amount: '1250.00', dueDate: today.subtract({ days: 12 }).toString() },
    { number: 'INV-2', amount: '80.10', dueDate: today.add({ days: 5 }).toString() },
  ]);
  await server.settle();
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

async function staffPage(path: string, options: Parameters<Chromium['window']>[0] = {}): Promise<StaffPage> {
  const staff = await openStaff(browser, server, company, options);
  await staff.page.goto(`${server.url}/app${path}`);
  return staff;
}

const mailIn = (page: Page) => page.frameLocator('iframe[title="Preview of the mail"]');

test('a template is built from blocks, seen on a phone and in the dark, sent to oneself, saved, changed and restored', { timeout: 120_000 }, async () => {
  const { page, errors } = await staffPage('/emails/templates');
  await page.getByRole('button', { name: 'New template' }).click();
  await page.getByRole('menuitem', { name: 'For reminders' }).click();
  await page.getByLabel('Template name').fill('Gentle nudge');

  // words and a tag from the menu
  const first = page.getByRole('group', { name: 'Text, block 1 of 4' });
  await first.getByRole('textbox', { name: 'Text' }).click();
  await page.keyboard.press('Control+a');
  await page.keyboard.type('Good day ');
  await first.getByRole('button', { name: 'Merge tags' }).click();
  await page.getByLabel('Find a merge tag').fill('company name');
  await page.getByRole('button', { name: 'Customer company name' }).waitFor();
  await page.keyboard.press('Enter');
  await mailIn(page).getByText('Good day Harbor Goods').waitFor();

  // a button block at the end, moved up over the closing words
  await page.getByRole('button', { name: 'Add block' }).last().click();
  await page.getByRole('menuitem', { name: 'Button', exact: true }).click();
  const button = page.getByRole('group', { name: /^Button, block/ });
  await button.getByLabel('Words', { exact: true }).fill('Settle {{total_invoice_amount}} now');
  await button.getByRole('button', { name: 'Move up' }).click();
  await mailIn(page).getByRole('link', { name: 'Settle $1,330.10 now' }).waitFor();

  // the width of a phone, and the dark
  await page.getByRole('button', { name: 'Phone' }).click();
  await mailIn(page).getByText('Good day Harbor Goods').waitFor();
  expect((await page.locator('iframe[title="Preview of the mail"]').boundingBox())!.width).toBeLessThanOrEqual(375);
  const ground = () =>
    mailIn(page)
      .locator('.pc-card')
      .first()
      .evaluate((card) => getComputedStyle(card).backgroundColor);
  expect(await ground()).toBe('rgb(255, 255, 255)');
  await page.getByRole('group', { name: 'Mode' }).getByRole('button', { name: 'Dark' }).click();
  await mailIn(page).getByText('Good day Harbor Goods').waitFor();
  expect(await ground()).toBe('rgb(31, 41, 55)');

  // "send to me" needs no saving
  await page.getByRole('button', { name: 'Send to me' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Send 1 test' }).click();
  await page.getByText(/^A test is on its way to staff-/).waitFor();
  await server.settle();
  const mail = await server.mail.waitFor((one) => one.subject.startsWith('[Test]'));
  expect(mail.parsed.html).toContain('Good day Harbor Goods');
  expect(mail.parsed.text).toContain('Settle $1,330.10 now');

  // saved, changed, and back
  await page.getByRole('button', { name: 'Save template' }).click();
  await page.getByRole('heading', { name: 'Gentle nudge', level: 1 }).waitFor();
  await page.getByLabel('Subject').fill('Another subject');
  await page.getByRole('button', { name: 'Save template' }).click();
  await page.getByText('Template saved.').first().waitFor();
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Versions' }).click();
  // it is looked at before it is restored
  await page.getByRole('button', { name: 'Look at version 1' }).click();
  const earlier = page.getByRole('dialog', { name: 'Version 1 of “Gentle nudge”' });
  await earlier.getByText('Invoices from Northwind Supply: $1,330.10 due').waitFor();
  await earlier.frameLocator('iframe').getByText('Good day Harbor Goods').waitFor();
  await earlier.getByRole('button', { name: 'Restore version 1' }).click();
  await page.getByText('Version 1 is in use again, as version 3.').waitFor();
  expect(await page.getByLabel('Subject').inputValue()).toBe('Invoices from {{seller_name}}: {{total_invoice_amount}} due');
  const made = (await company.call('GET', '/v1/templates')).body.items.find((one: { name: string }) => one.name === 'Gentle nudge');
  expect(made).toMatchObject({ version: 3, kind: 'reminder' });
  expect(made.design.blocks.map((block: { type: string }) => block.type)).toEqual(['text', 'invoices', 'tag', 'button', 'text']);

  // a colleague saves while the page is open, and the page hears of it in the background
  const path = `/v1/templates/${made.id}`;
  const saved = async () => (await company.call('GET', path)).body;
  const theySave = async (name: string) => {
    const { kind, language, design, cc, attachments, texts, version } = await saved();
    const theirs = { name, subject: name, kind, language, body: null, design, cc, attachments, texts, version };
    expect((await company.call('PUT', path, theirs)).status).toBe(200);
  };
  await page.getByLabel('Subject').fill('Mine');
  await theySave('Theirs');
  // a minute later the person comes back to the window
  await page.clock.setFixedTime(Temporal.Now.instant().add({ minutes: 1 }).epochMilliseconds);
  await page.evaluate(() => window.dispatchEvent(new Event('visibilitychange')));
  await page.getByRole('heading', { name: 'Theirs', level: 1 }).waitFor();
  await page.getByRole('button', { name: 'Save template' }).click();
  const refused = page.getByRole('alert').filter({ hasText: /saved this template meanwhile, as version 4\. .* Your changes are still here\./ });
  await refused.waitFor();
  expect([(await saved()).subject, await page.getByLabel('Subject').inputValue()]).toEqual(['Theirs', 'Mine']);
  await refused.getByRole('button', { name: 'Load it, drop mine' }).click();
  await refused.waitFor({ state: 'detached' });
  expect(await page.getByLabel('Subject').inputValue()).toBe('Theirs');
  await theySave('Theirs again');
  await page.getByLabel('Subject').fill('Mine again');
  await page.getByRole('button', { name: 'Save template' }).click();
  await page.getByRole('button', { name: 'Save mine over it' }).click();
  await page.getByTitle('Nothing has changed yet.').waitFor();
  expect(await saved()).toMatchObject({ name: 'Theirs', subject: 'Mine again', version: 6 });
  expect(errors).toEqual([]);
  await page.context().close();
});

test('a picture is uploaded into a block, picked again for the logo, and leaving with changes is asked about', { timeout: 60_000 }, async () => {
  const { page, errors } = await staffPage('/emails/templates/new?kind=reminder');
  await page.getByRole('button', { name: 'Add block' }).last().click();
  await page.getByRole('menuitem', { name: 'Image' }).click();
  const image = page.getByRole('group', { name: /^Image, block/ });
  await image.locator('input[type=file]').setInputFiles({ name: 'shop.png', mimeType: 'image/png', buffer: Buffer.from('<svg/>') });
  await image.getByText('This is no picture that mail programs show').waitFor();
  await image.locator('input[type=file]').setInputFiles({
    name: 'shop.png',
    mimeType: 'image/png',
    buffer: Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64'),
  });
  // dropped beside it, a file opens nothing in place of the page
  const opens = await page.evaluate(() => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File(['x'], 'x.png', { type: 'image/png' }));
    return document.querySelector('h1')!.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
  });
  expect(opens).toBe(false);
  const inMail = mailIn(page).locator('img[src*="/i/"]');
  await inMail.waitFor();
  expect(await inMail.evaluate((img: HTMLImageElement) => img.naturalWidth)).toBe(1);

  await page.getByRole('link', { name: 'Templates' }).first().click();
  const question = page.getByRole('dialog', { name: 'Leave without saving?' });
  await question.getByText('The changes of this template are not saved.').waitFor();
  await question.getByRole('button', { name: 'Cancel' }).click();
  await image.waitFor();
  await page.getByRole('link', { name: 'Templates' }).first().click();
  await question.getByRole('button', { name: 'Leave, drop the changes' }).click();
  await page.getByRole('button', { name: 'New template' }).waitFor();

  await page.goto(`${server.url}/app/settings`);
  await page.getByRole('button', { name: 'Upload or pick a logo' }).click();
  await page.getByRole('button', { name: 'Use shop.png' }).click();
  expect(await page.getByLabel('Logo').inputValue()).toMatch(new RegExp(`^${server.url}/i/[\\w-]{43}\\.png$`));
  expect(errors).toEqual([]);
  await page.context().close();
});

test('a block is dragged to another place', { timeout: 60_000 }, async () => {
  const { page, errors } = await staffPage('/emails/templates/new?kind=reminder');
  const table = page.getByRole('group', { name: /^Invoice table, block/ });
  await table.getByTitle('Drag to move').dragTo(page.getByRole('group', { name: 'Text, block 1 of 4' }).getByRole('heading'));
  await page.getByRole('group', { name: 'Invoice table, block 1 of 4' }).waitFor();
  await page.getByRole('group', { name: 'Text, block 2 of 4' }).waitFor();
  expect(errors).toEqual([]);
  await page.context().close();
});

test('what is wrong is said while it is written, and keeps it from being saved', { timeout: 60_000 }, async () => {
  const { page, errors } = await staffPage('/emails/templates/new?kind=reminder');
  await page.getByLabel('Template name').fill('Broken');
  await page.getByLabel('Subject').fill('For {{frist_name}}');
  const check = page.getByRole('list', { name: 'Check' });
  await check.getByText('{{frist_name}} in the subject is not a merge tag.').waitFor();
  await page.getByRole('button', { name: 'Save template' }).click();
  await page.getByRole('alert').getByText('{{frist_name}} in the subject is not a merge tag.').waitFor();
  await page.getByLabel('Subject').fill('For {{first_name}}');
  await page.getByRole('button', { name: 'Add block' }).last().click();
  await page.getByRole('menuitem', { name: 'Image' }).click();
  await page.getByLabel('Address of the image').fill('https://cdn.northwind.test/a.png');
  await check.getByText('An image has no text').waitFor();
  expect(errors).toEqual([]);
  await page.context().close();
});

test('a text in Spanish for mails with one invoice is added and kept', { timeout: 60_000 }, async () => {
  const { page, errors } = await staffPage('/emails/templates/new?kind=reminder');
  await page.getByLabel('Template name').fill('Two languages');
  await page.getByRole('button', { name: 'Add text' }).click();
  await page.getByRole('dialog').getByLabel('Language').selectOption('es');
  await page.getByRole('dialog').getByLabel('For mails with one invoice').setChecked(true);
  await page.getByRole('dialog').getByLabel('Begins as').selectOption({ label: 'Our text in Spanish' });
  await page.getByRole('dialog').getByRole('button', { name: 'Add text' }).click();
  await page.getByRole('button', { name: 'Spanish, one invoice', pressed: true }).waitFor();
  await mailIn(page).getByText('Esta factura está pendiente:').waitFor();
  await page.getByLabel('Subject').fill('Factura {{invoice_number}}');
  await page.getByText('Factura INV-1').waitFor();
  await page.getByLabel('Individual invoice PDFs').check();
  await page.getByRole('button', { name: 'Save template' }).click();
  await page.getByRole('heading', { name: 'Two languages', level: 1 }).waitFor();
  const made = (await company.call('GET', '/v1/templates')).body.items.find((one: { name: string }) => one.name === 'Two languages');
  expect(made).toMatchObject({
    language: 'en',
    attachments: { invoices: true },
    texts: [{ language: 'es', variant: 'one', subject: 'Factura {{invoice_number}}' }],
  });
  expect(errors).toEqual([]);
  await page.context().close();
});

test.each([
  { scheme: 'light', width: 1440 },
  { scheme: 'dark', width: 1440 },
  { scheme: 'light', width: 375 },
  { scheme: 'dark', width: 375 },
] as const)('the editor is clean for axe and fits, $scheme at $width pixels', { timeout: 90_000 }, async ({ scheme, width }) => {
  const { page, errors } = await staffPage('/emails/templates', { scheme, width, height: 900 });
  const found: string[] = [];
  for (const path of ['/emails/templates', '/emails/templates/new?kind=statement', '/emails/templates/new?kind=letter', '/emails/templates/new']) {
    await page.goto(`${server.url}/app${path}`);
    await page.locator('h1').first().waitFor();
    if (path.includes('new')) {
      await page.locator('iframe[title="Preview of the mail"]').waitFor();
      for (const [index, name] of (path.includes('letter') ? ['Divider'] : ['Columns', 'Image', 'Social links', 'Invoice table']).entries()) {
        await page.getByRole('button', { name: 'Add block' }).last().click();
        await page.getByRole('menuitem', { name, exact: true }).click();
        await page.getByRole('group', { name: new RegExp(`^${name}, block ${index + (path.includes('letter') ? 4 : 5)} of`) }).waitFor();
      }
    }
    found.push(...(await pageFaults(page)).map((fault) => `${path} ${fault}`));
    if (process.env['SHOTS']) await page.screenshot({ path: `${process.env['SHOTS']}/${scheme}-${width}-${path.replace(/\W+/g, '_')}.png`, fullPage: true });
  }
  expect(found).toEqual([]);
  expect(errors).toEqual([]);
  await page.context().close();
});
