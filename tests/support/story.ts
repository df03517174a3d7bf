import { saveDemoMethod } from '../../server/modules/payments/index.ts';
import { systemActor, workFor } from '../../server/platform/context.ts';
import type { ReadMail } from '../../server/platform/mail/catcher.ts';
import { linksOf, newPayer, type Page, type Payer } from './payer.ts';
import type { Company, TestServer } from './server.ts';

export const CARD = '4242424242424242';

export interface Story {
  company: Company;
  customerId: string;
  mail: ReadMail;
}

export interface InvoiceLine {
  number: string;
  amount: string | number;
  dueDate: string;
  customer?: string;
  [attribute: string]: unknown;
}

/** Uploads one customer by the guide's endpoint. Answers the id. */
export async function uploadCustomer(company: Company, number: string, values: Record<string, unknown> = {}): Promise<string> {
  const { body } = await company.call('POST', '/jsonApi/upload/customers', [
    {
      customerno: number,
      companyname: `Company ${number}`,
      firstname: 'Ada',
      lastname: 'Payer',
      emailaddress1: `ap@${number.toLowerCase()}.example`,
      ...values,
    },
  ]);
  if (body.failed !== 0) throw new Error(JSON.stringify(body));
  return body.results[0].id;
}

/** Uploads invoices of one customer by the guide's endpoint. Answers the ids in order. */
export async function uploadInvoices(company: Company, customer: string, lines: InvoiceLine[]): Promise<string[]> {
  const { body } = await company.call(
    'POST',
    '/jsonApi/upload/invoices',
    lines.map(({ number, amount, ...more }) => ({ customerNumber: customer, invoiceNumber: number, invoiceAmount: amount, ...more })),
  );
  if (body.failed !== 0) throw new Error(JSON.stringify(body));
  return body.results.map((result: { id: string }) => result.id);
}

/** Adds one of the guide's sample rules and switches it on. Answers the rule's id. */
export async function addSample(company: Company, sample: string): Promise<string> {
  const { body } = await company.call('POST', '/v1/reminders/samples', { sample });
  await company.call('POST', `/v1/reminder-rules/${body.id}/activate`);
  return body.id;
}

export async function saveMethod(server: TestServer, company: Company, customerId: string, rail: 'card' | 'bank', number: string): Promise<string> {
  const work = workFor(server.platform, company.tenantId, systemActor);
  const accounts = (await company.call('GET', '/v1/gateway-accounts')).body.items;
  return saveDemoMethod(work, { accountId: accounts[0].id, customerId, rail, number, holder: 'Ada Payer' });
}

/** Customer, overdue invoice, saved card, a rule that matches today, and the reminder in the mailbox. */
export async function tellStory(server: TestServer, options: { card?: string; bank?: string; amount?: string } = {}): Promise<Story> {
  const company = await server.company();
  const customerId = await uploadCustomer(company, 'C-1');
  await saveMethod(server, company, customerId, 'card', options.card ?? CARD);
  if (options.bank) await saveMethod(server, company, customerId, 'bank', options.bank);
  const today = server.clock.now().toZonedDateTimeISO('America/New_York').toPlainDate();
  await uploadInvoices(company, 'C-1', [{ number: 'INV-1', amount: options.amount ?? '1250.00', dueDate: today.subtract({ days: 3 }).toString() }]);
  await addSample(company, 'overdue_3');
  await company.call('POST', '/v1/reminder-runs', {});
  await server.settle();
  const mail = await server.mail.waitFor((one) => one.envelopeTo.includes('ap@c-1.example'));
  return { company, customerId, mail };
}

/** The pay page that a button of the mail opens. */
export async function openFromMail(payer: Payer, mail: ReadMail, label: string | RegExp): Promise<Page> {
  const link = linksOf(mail.parsed.html ?? '').find((one) => (typeof label === 'string' ? one.label.includes(label) : label.test(one.label)));
  if (!link)
    throw new Error(
      `the mail has no button ${label}: ${linksOf(mail.parsed.html ?? '')
        .map((one) => one.label)
        .join(' | ')}`,
    );
  return payer.open(link.url);
}

/** "Pay with card ending 4242" → the confirmation mail → its page, not yet pressed. */
export async function openConfirmation(
  server: TestServer,
  story: Pick<Story, 'mail'>,
  button: string | RegExp = /ending 4242/,
): Promise<{ payer: Payer; page: Page }> {
  const payer = newPayer();
  const before = new Set(server.mail.list().map((mail) => mail.id));
  const sent = await payer.press(await openFromMail(payer, story.mail, button), button);
  if (!/sent/i.test(sent.text)) throw new Error(`no confirmation mail: ${sent.text}`);
  await server.settle();
  const mail = await server.mail.waitFor((one) => !before.has(one.id) && /confirm/i.test(one.subject));
  return { payer, page: await openFromMail(payer, mail, /confirm|review|pay/i) };
}

/** The whole way with the saved card. Answers the page that says how it went. */
export async function payFromMail(server: TestServer, story: Pick<Story, 'mail'>, button: string | RegExp = /ending 4242/): Promise<Page> {
  const { payer, page } = await openConfirmation(server, story, button);
  const result = await payer.press(page, /^Pay/);
  await server.settle();
  return result;
}

/** A new card or bank account, typed on the gateway's own page. */
export async function payWithNew(
  server: TestServer,
  story: Pick<Story, 'mail'>,
  rail: 'card' | 'bank',
  number: string,
  payer: Payer = newPayer(),
): Promise<Page> {
  const button = rail === 'card' ? /new card|Pay .*with a card|different card|another card/i : /new bank|bank account/i;
  const entry = await payer.press(await openFromMail(payer, story.mail, button), button);
  const review = await payer.press(
    entry,
    'Continue',
    rail === 'card' ? { number, expiry: '12/34', code: '123', holder: 'Ada Payer' } : { routing: '110000000', account: number, holder: 'Ada Payer' },
  );
  const result = await payer.press(review, /^Pay/);
  await server.settle();
  return result;
}

/** What the gateway's own books say was charged, in minor units. */
export const chargedAt = (server: TestServer): bigint[] =>
  [...server.gateway.ledger.tables.payment.values()]
    .filter((payment) => payment.status === 'settled' || payment.status === 'processing')
    .map((payment) => BigInt(payment.amount));
