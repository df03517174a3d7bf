import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { queueEmails } from '../../server/modules/correspondence/index.ts';
import { type Party, seedParty } from '../../server/modules/correspondence/test-data.ts';
import { mailOf } from '../../server/modules/inbox/test-data.ts';
import { sql } from '../../server/platform/database/sql.ts';
import { type Chromium, startChromium } from '../support/chromium.ts';
import { type ImapServer, startDovecot } from '../support/dovecot.ts';
import { pageFaults } from '../support/page-faults.ts';
import { type Company, startServer, type TestServer } from '../support/server.ts';
import { openStaff } from '../support/staff.ts';

const USER = 'billing@northwind.test';
/** One pixel. */
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
let server: TestServer;
let browser: Chromium;
let imap: ImapServer;
let company: Company;
let party: Party;

beforeAll(async () => {
  imap = await startDovecot();
  setDefaultCACertificates([...getCACertificates('default'), imap.authority]);
  // the browser's clock does not travel: the server's starts where the browser's is
  server = await startServer({ start: Temporal.Now.instant().toString() });
  server.platform.config.mailPrivateHosts = true;
  browser = await startChromium();
  company = await server.company();
  party = await company.inTenant(async (ctx) =>
    seedParty(ctx, { templateId: (await ctx.tx.one<{ id: string }>(sql`select id from template where is_default limit 1`)).id }),
  );
  await company.call('PATCH', '/v1/settings', { mail: { fromAddress: USER, replyTo: USER } });
  await company.call('PUT', '/v1/settings/inbox', { host: 'localhost', port: imap.tlsPort, secure: true, user: USER, password: imap.password });
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
  await imap?.stop();
});

const staffPage = (options: Parameters<Chromium['window']>[0] = {}) => openStaff(browser, server, company, options);

const now = () => new Date(server.clock.now().epochMilliseconds);

test('a reply arrives, is seen on the customer, is answered from the app, and a stranger’s mail finds its customer', async () => {
  const [emailId] = await company.inTenant((ctx) =>
    queueEmails(ctx, [
      {
        dedupeKey: 'r1',
        kind: 'reminder',
        customerId: party.customerId,
        templateId: party.templateId,
        toAddress: 'ap@tailspin.test',
        payload: { documentIds: party.invoiceIds },
      },
    ]),
  );
  await server.settle();
  const sent = (await company.call('GET', `/v1/emails/${emailId}`)).body;
  const date = now().toUTCString();
  imap.deliver(
    USER,
    [
      mailOf({
        from: 'Ana Torres <ana@tailspin.test>',
        id: '<story@tailspin.test>',
        inReplyTo: `<${sent.messageId}>`,
        date,
        headers: 'Content-Type: multipart/related; boundary=b',
        body:
          '--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>We <b>paid</b> on Friday.</p><script>document.title="stolen";parent.document.title="stolen"</script><img src="https://tracker.test/pixel.png"><img alt="Seal" width="40" height="40" src="cid:seal">\r\n' +
          `--b\r\nContent-Type: image/png; name=seal.png\r\nContent-ID: <seal>\r\nContent-Transfer-Encoding: base64\r\n\r\n${PNG}\r\n--b--`,
      }),
      mailOf({ from: 'Maria <maria@group.test>', subject: 'A question', text: 'For which company?', date }),
    ],
    { at: now() },
  );
  await company.call('POST', '/v1/inbox/fetch');
  await server.settle();

  const { page, errors } = await staffPage();
  await page.goto(`${server.url}/app/customers/${party.customerId}`);
  const mail = page.getByRole('region', { name: 'Mail', exact: true });
  await mail.getByRole('link', { name: /Received: .*Re: Invoices/ }).click();

  const conversation = page.getByRole('article');
  await conversation.getByRole('region', { name: 'From Ana Torres' }).waitFor();
  await page.frameLocator('iframe[title="Mail from ana@tailspin.test"]').getByText('paid').waitFor();
  expect(await page.title()).not.toContain('stolen');
  await conversation.getByText('Pictures are not loaded').waitFor();
  const pictures = page.frameLocator('iframe[title="Mail from ana@tailspin.test"]').locator('img');
  expect(await pictures.evaluateAll((all) => all.map((one) => [(one as HTMLImageElement).naturalWidth, (one as HTMLImageElement).checkVisibility()]))).toEqual([
    [0, false],
    [1, true],
  ]);
  expect(await pageFaults(page, { frames: false })).toEqual([]);

  await page.getByLabel('Answer').fill('Thank you, we have booked it.');
  await page.getByLabel('Files to attach').setInputFiles([
    { name: 'receipt.txt', mimeType: 'text/plain', buffer: Buffer.from('booked') },
    { name: 'wrong.csv', mimeType: 'text/csv', buffer: Buffer.from('a') },
  ]);
  await page.getByRole('button', { name: 'Take wrong.csv off' }).click();
  await page.getByRole('button', { name: 'Send answer' }).click();
  await page.getByText('On its way to ana@tailspin.test.').waitFor();
  await conversation.getByText('Thank you, we have booked it.').waitFor();
  await server.settle();
  const answer = await server.mail.waitFor((one) => one.envelopeTo.includes('ana@tailspin.test'));
  expect(answer.parsed.inReplyTo).toBe('<story@tailspin.test>');
  expect(answer.parsed.attachments.map((file) => file.filename)).toEqual(['receipt.txt']);
  await conversation.getByRole('link', { name: /receipt.txt/ }).waitFor();

  await page.getByRole('button', { name: /^Of no customer yet/ }).click();
  await page.getByRole('link', { name: /A question/ }).click();
  await page.getByRole('button', { name: 'Assign' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('combobox', { name: 'Customer' }).fill('Tailspin');
  await dialog.getByRole('option').first().click();
  await dialog.getByLabel('Always for maria@group.test').check();
  await dialog.getByRole('button', { name: 'Assign' }).click();
  await page.getByText('Now with Tailspin Toys.').waitFor();
  await page.goto(`${server.url}/app/settings/inbox`);
  await page.getByText('maria@group.test').waitFor();
  expect(errors).toEqual([]);
  await page.context().close();
});

test('the settings of mail server and inbox test what is written, at desk and phone, in both themes', async () => {
  for (const options of [{ scheme: 'light' }, { width: 375, height: 812, scheme: 'dark' }] as const) {
    const { page, errors } = await staffPage(options);
    await page.goto(`${server.url}/app/settings/mail`);
    const card = page.getByRole('region', { name: 'Mail server', exact: true });
    await card.getByRole('button', { name: 'Office 365' }).click();
    expect(await card.getByLabel('Host').inputValue()).toBe('smtp.office365.com');
    await card.getByRole('button', { name: 'Discard changes' }).click();
    await card.getByRole('button', { name: 'Send a test mail' }).click();
    await card.getByText('Hand over the mail').waitFor();
    await card.getByText('250').first().waitFor();
    expect(await pageFaults(page, { frames: false })).toEqual([]);

    await page.goto(`${server.url}/app/settings/inbox`);
    await page.getByRole('button', { name: 'Test it' }).click();
    await page.getByText(`Signed in as ${USER}; INBOX has 2 messages.`).waitFor();
    expect(await page.getByRole('list', { name: 'Test of the mailbox' }).getByRole('listitem').allInnerTexts()).toHaveLength(5);
    await page.getByRole('button', { name: 'Office 365' }).click();
    await page.getByText('refuses passwords').waitFor();
    expect(await pageFaults(page, { frames: false })).toEqual([]);

    await page.goto(`${server.url}/app/emails/inbox`);
    await page.getByRole('list', { name: 'Conversations' }).waitFor();
    expect(await pageFaults(page, { frames: false })).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0);
    expect(errors).toEqual([]);
    await page.context().close();
  }
});
