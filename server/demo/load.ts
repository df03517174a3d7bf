import { createHash } from 'node:crypto';
import { demoMerchant, demoWebhookSecret } from '../gateways/demo/simulator.ts';
import { Ledger } from '../gateways/demo/ledger.ts';
import { newId } from '../kernel/ids.ts';
import { money, toDecimal, toJson } from '../kernel/money.ts';
import { type Context, inTenant, type Platform, systemActor, workFor } from '../platform/context.ts';
import { hashToken } from '../platform/secrets/secrets.ts';
import { createApiKey, createStaffUser, type Seed } from '../modules/identity/index.ts';
import { readMismatches, refreshAllBalances } from '../modules/receivables/index.ts';
import { allTenants, createCompany, updateSettings } from '../modules/tenants/index.ts';
import { categories, type DemoCompany, HISTORY_DAYS, makeCompany } from './company.ts';
import { seedDesk } from './desk.ts';
import { remindersSent } from './mails.ts';
import * as queries from './queries.ts';

/** What the demo's table prints. Fixed, so that the README's lines work as they are. */
export const demoAccess = {
  company: 'Fenwick & Vale Supply',
  email: 'admin@demo.example',
  password: 'demo-payorcrm',
  apiKey: 'ak_demo',
  apiSecret: 'as_demo_not_secret',
  gatewayKey: 'demo-company-key',
} as const;

export interface DemoOptions {
  /** What every new company starts with. */
  seed: Seed;
  /** The demo gateway: where it listens, and the file in which it keeps its books. */
  gateway: { url: string; file: string | null };
  log(message: string): void;
}

/**
 * The demo company, unless the database has one already; then only the gateway's address is brought up to date.
 * Its books come in one transaction, or nothing. Answers the company's id.
 */
export async function seedDemo(platform: Platform, options: DemoOptions): Promise<{ tenantId: string; created: boolean }> {
  const [existing] = await allTenants(platform);
  if (existing) {
    await inTenant(platform, existing.id, systemActor, (ctx) => queries.moveGatewayAccount(ctx, gatewaySettings(ctx, options.gateway.url)));
    return { tenantId: existing.id, created: false };
  }
  const profile = { name: demoAccess.company, currency: 'USD', timezone: 'America/New_York', locale: 'en-US' };
  const { tenantId } = await createCompany(platform, profile, systemActor, async (ctx) => {
    await createStaffUser(ctx, { email: demoAccess.email, name: 'Robin Vale', role: 'administrator', password: demoAccess.password });
    const { id } = await createApiKey(ctx, { name: 'Demo', role: 'manager' });
    await queries.setApiKey(ctx, id, demoAccess.apiKey, hashToken(demoAccess.apiSecret));
    await options.seed(ctx);
    await updateSettings(ctx, {
      branding: { address: '12 Vale Street\nAlbany, NY 12207', phone: '+1 555 0100', supportEmail: 'billing@fenwick-vale.example' },
      mail: { fromName: demoAccess.company, fromAddress: 'billing@fenwick-vale.example' },
    });
    options.log('loading 24 months of invoices and payments');
    await loadBooks(ctx, options);
  });
  await refreshAllBalances(workFor(platform, tenantId, systemActor));
  await seedDesk(platform, tenantId);
  return { tenantId, created: true };
}

function gatewaySettings(ctx: Context, url: string): Omit<queries.GatewayAccount, 'id'> {
  const settings = { baseUrl: url, apiKey: demoAccess.gatewayKey, webhookSecret: demoWebhookSecret(demoAccess.gatewayKey) };
  return { settingsCiphertext: ctx.platform.secrets.seal(ctx.tenant.id, JSON.stringify(settings)), entryOrigin: new URL(url).origin };
}

/** Ids, dates and moments of the books: a day's things get ids of that day, so that they sort as if made then. */
export class Calendar {
  readonly #today: Temporal.PlainDate;
  readonly #zone: string;
  #made = 0;

  readonly #now: Temporal.Instant;

  constructor(today: Temporal.PlainDate, zone: string, now: Temporal.Instant) {
    this.#now = now;
    this.#today = today;
    this.#zone = zone;
  }

  date(day: number): string {
    return this.#today.add({ days: day }).toString();
  }

  /** That day at an hour of business, told as UTC; for today never later than now, or the audit log would show the future. */
  moment(day: number, hour = 10): string {
    const moment = this.#today
      .add({ days: day })
      .toZonedDateTime({ timeZone: this.#zone, plainTime: new Temporal.PlainTime(hour) })
      .toInstant();
    return (day <= 0 && Temporal.Instant.compare(moment, this.#now) > 0 ? this.#now : moment).toString();
  }

  /** A UUID of version 7 that says that moment; the rest is a count, so that the same books have the same ids. */
  id(day: number, hour = 10): string {
    const ms = Temporal.Instant.from(this.moment(day, hour)).epochMilliseconds.toString(16).padStart(12, '0');
    this.#made += 1;
    const tail = createHash('sha256').update(`demo ${this.#made}`).digest('hex');
    const count = (this.#made & 0xfff).toString(16).padStart(3, '0');
    return `${ms.slice(0, 8)}-${ms.slice(8)}-7${count}-8${tail.slice(0, 3)}-${tail.slice(3, 15)}`;
  }
}

async function loadBooks(ctx: Context, options: DemoOptions): Promise<void> {
  const today = ctx.clock.today();
  const company = makeCompany(today.dayOfWeek);
  const calendar = new Calendar(today, ctx.tenant.timezone, ctx.clock.now());
  const customerIds = await loadCustomers(ctx, company, calendar);
  const documentIds = await loadDocuments(ctx, company, calendar, customerIds);
  await loadPayments(ctx, company, calendar, customerIds, documentIds);
  await loadMethods(ctx, company, customerIds, options.gateway);
  await loadMails(ctx, company, calendar, customerIds, documentIds);
  await queries.insertDays(ctx, today.subtract({ days: HISTORY_DAYS }));
  const [wrong] = await readMismatches(ctx, 1);
  if (wrong) throw new Error(`the demo company's books do not add up: ${wrong.kind} ${wrong.id}`);
}

async function loadCustomers(ctx: Context, company: DemoCompany, calendar: Calendar): Promise<string[]> {
  const ids = company.customers.map((customer) => calendar.id(customer.sinceDay - 5));
  await queries.insertCustomers(
    ctx,
    company.customers.map((customer, index) => ({ ...customer, id: ids[index], at: calendar.moment(customer.sinceDay - 5) })),
  );
  await queries.insertContacts(
    ctx,
    company.customers.flatMap((customer, index) => [
      { id: newId(), customerId: ids[index], name: `${customer.firstName} ${customer.lastName}`, email: customer.email, isPrimary: true, position: 0 },
      ...(customer.accountsEmail
        ? [{ id: newId(), customerId: ids[index], name: 'Accounts payable', email: customer.accountsEmail, isPrimary: false, position: 1 }]
        : []),
    ]),
  );
  const categoryIds = new Map(categories.map((name) => [name as string, newId()]));
  await queries.insertCategories(
    ctx,
    [...categoryIds].map(([name, id]) => ({ id, name })),
  );
  await queries.insertCustomerCategories(
    ctx,
    company.customers.flatMap((customer, index) => customer.categories.map((name) => ({ customerId: ids[index], categoryId: categoryIds.get(name) }))),
  );
  return ids;
}

interface DocumentIds {
  invoices: string[];
  credits: string[];
}

async function loadDocuments(ctx: Context, company: DemoCompany, calendar: Calendar, customerIds: string[]): Promise<DocumentIds> {
  const invoices = company.invoices.map((invoice) => ({
    id: calendar.id(invoice.issuedDay),
    kind: 'invoice',
    state: invoice.state,
    customerId: customerIds[invoice.customer],
    number: invoice.number,
    currency: company.customers[invoice.customer]!.currency,
    amountMinor: invoice.amountMinor,
    openMinor: invoice.openMinor,
    dueOn: calendar.date(invoice.dueDay),
    issuedOn: calendar.date(invoice.issuedDay),
    closedOn: invoice.closedDay === null ? null : calendar.date(invoice.closedDay),
    terms: `Net ${company.customers[invoice.customer]!.termsDays}`,
    reason: null,
    reference: invoice.purchaseOrder,
    document: null,
    item: invoice.item,
    at: calendar.moment(invoice.issuedDay),
  }));
  const credits = company.credits.map((credit) => ({
    id: calendar.id(credit.day),
    kind: 'credit_memo',
    state: credit.openMinor > 0 ? 'open' : 'closed',
    customerId: customerIds[credit.customer],
    number: credit.number,
    currency: company.customers[credit.customer]!.currency,
    amountMinor: credit.amountMinor,
    openMinor: credit.openMinor,
    dueOn: calendar.date(credit.day),
    issuedOn: calendar.date(credit.day),
    closedOn: credit.closedDay === null ? null : calendar.date(credit.closedDay),
    terms: null,
    reason: credit.reason,
    reference: null,
    document: credit.invoiceNumber,
    item: null,
    at: calendar.moment(credit.day),
  }));
  await queries.insertDocuments(ctx, [...invoices, ...credits]);
  await queries.insertEvents(
    ctx,
    [...invoices, ...credits].map((document) => ({
      id: newIdOf(document.id),
      type: document.kind === 'invoice' ? 'invoice.recorded' : 'credit_memo.recorded',
      subjectType: 'document',
      subjectId: document.id,
      customerId: document.customerId,
      data: { number: document.number, amount: toJson(money(BigInt(document.amountMinor), document.currency)), dueOn: document.dueOn },
      at: document.at,
    })),
  );
  return { invoices: invoices.map((invoice) => invoice.id), credits: credits.map((credit) => credit.id) };
}

/** The id of the event about a thing: the thing's moment, and another tail. */
const newIdOf = (id: string): string => `${id.slice(0, 24)}${createHash('sha256').update(id).digest('hex').slice(0, 12)}`;

async function loadPayments(ctx: Context, company: DemoCompany, calendar: Calendar, customerIds: string[], documentIds: DocumentIds): Promise<void> {
  const currencyOf = (customer: number) => company.customers[customer]!.currency;
  const payments = company.payments.map((payment) => ({
    id: calendar.id(payment.day, 14),
    customerId: customerIds[payment.customer],
    number: payment.number,
    currency: currencyOf(payment.customer),
    amountMinor: payment.amountMinor,
    appliedMinor: payment.appliedMinor,
    unappliedMinor: payment.unappliedMinor,
    method: payment.method,
    state: payment.state,
    receivedOn: calendar.date(payment.day),
    reference: payment.reference,
    returnedOn: payment.returnedDay === null ? null : calendar.date(payment.returnedDay),
    returnedReason: payment.returnedDay === null ? null : 'R01 insufficient funds',
    at: calendar.moment(payment.day, 14),
  }));
  await queries.insertPayments(ctx, payments);
  const ids = company.applications.map((application) => calendar.id(application.day, 14));
  await queries.insertApplications(
    ctx,
    company.applications.map((application, index) => {
      const { customer } = company.invoices[application.invoice]!;
      return {
        id: ids[index],
        documentId: documentIds.invoices[application.invoice],
        customerId: customerIds[customer],
        source: application.source,
        paymentId: application.source === 'payment' ? payments[application.from!]!.id : null,
        creditId: application.source === 'credit_memo' ? documentIds.credits[application.from!] : null,
        amountMinor: application.amountMinor,
        currency: currencyOf(customer),
        appliedOn: calendar.date(application.day),
        reason: application.reason,
        reversesId: application.reverses === null ? null : ids[application.reverses],
        at: calendar.moment(application.day, 14),
      };
    }),
  );
  await queries.insertEvents(
    ctx,
    payments.map((payment) => ({
      id: newIdOf(payment.id),
      type: 'payment.received',
      subjectType: 'payment',
      subjectId: payment.id,
      customerId: payment.customerId,
      data: { number: payment.number, amount: toJson(money(BigInt(payment.amountMinor), payment.currency)), method: payment.method },
      at: payment.at,
    })),
  );
  await queries.setSeries(ctx, 'payment', payments.length);
}

const testNumbers = { card: '4242424242424242', bank: '000123456789' } as const;

/** Saved cards and bank accounts: entered at the gateway, as a payer would, and kept here by its reference. */
async function loadMethods(ctx: Context, company: DemoCompany, customerIds: string[], gateway: DemoOptions['gateway']): Promise<void> {
  const accountId = newId();
  await queries.insertGatewayAccount(ctx, { id: accountId, ...gatewaySettings(ctx, gateway.url) });
  const now = ctx.clock.now();
  const ledger = new Ledger({ file: gateway.file, nowSeconds: () => Math.floor(now.epochMilliseconds / 1000), bankDelaySeconds: 0 });
  const merchant = demoMerchant(demoAccess.gatewayKey);
  const expires = ctx.clock.today().add({ years: 2 });
  const customers: object[] = [];
  const methods: object[] = [];
  for (const [index, customer] of company.customers.entries()) {
    if (customer.saved.length === 0) continue;
    const known = ledger.customer(merchant, customerIds[index]!);
    customers.push({ accountId, customerId: customerIds[index], ref: known.id });
    for (const rail of customer.saved) {
      const holder = `${customer.firstName} ${customer.lastName}`;
      const session = ledger.beginSession(merchant, {
        reference: newId(),
        rail,
        amount: '1',
        currency: 'USD',
        merchantName: demoAccess.company,
        returnUrl: gateway.url,
      });
      const expiry = `${String(expires.month).padStart(2, '0')}/${String(expires.year).slice(2)}`;
      const token = ledger.enter(session, { number: testNumbers.card, expiry, code: '123', routing: '110000000', account: testNumbers.bank, holder });
      const method = ledger.saveMethod(merchant, newId(), { customer: known.id, token: token.id });
      const { brand, last4, expMonth, expYear } = method.instrument;
      methods.push({ id: newId(), customerId: customerIds[index], accountId, rail, ref: method.id, brand, last4, expMonth, expYear, holder });
    }
  }
  await queries.insertGatewayCustomers(ctx, customers);
  await queries.insertMethods(ctx, methods);
}

async function loadMails(ctx: Context, company: DemoCompany, calendar: Calendar, customerIds: string[], documentIds: DocumentIds): Promise<void> {
  const emails = remindersSent(company).map((mail) => {
    const customer = company.customers[mail.customer]!;
    const lines = mail.invoices.map(({ index, openMinor }) => ({
      documentId: documentIds.invoices[index]!,
      number: company.invoices[index]!.number,
      openMinor,
      dueOn: calendar.date(company.invoices[index]!.dueDay),
      amount: `${toDecimal(money(BigInt(openMinor), customer.currency))} ${customer.currency}`,
    }));
    const greeting = `Hello ${customer.firstName}, these invoices of ${ctx.tenant.name} are open:`;
    return {
      id: calendar.id(mail.day, 9),
      customerId: customerIds[mail.customer],
      to: customer.email,
      documentIds: lines.map((line) => line.documentId),
      lines,
      subject: `${ctx.tenant.name}: ${lines.length === 1 ? `invoice ${lines[0]!.number} is open` : `${lines.length} invoices are open`}`,
      at: calendar.moment(mail.day, 9),
      sentOn: calendar.date(mail.day),
      html: `<p>${greeting.replace('&', '&amp;')}</p><table>${lines.map((line) => `<tr><td>${line.number}</td><td>${line.amount}</td><td>due ${line.dueOn}</td></tr>`).join('')}</table>`,
      text: `${greeting}\n\n${lines.map((line) => `${line.number}  ${line.amount}  due ${line.dueOn}`).join('\n')}\n`,
      openedAt: mail.opened ? calendar.moment(mail.day, 11) : null,
    };
  });
  await queries.insertEmails(ctx, emails);
  await queries.insertEmailContents(ctx, emails);
  await queries.insertEmailDocuments(
    ctx,
    emails.flatMap((mail) => mail.lines.map((line) => ({ emailId: mail.id, ...line }))),
  );
  const opened = emails.filter((mail) => mail.openedAt !== null);
  await queries.insertEmailViews(
    ctx,
    opened.map((mail) => ({ id: newIdOf(mail.id), emailId: mail.id, kind: 'link', grade: 'strong', at: mail.openedAt })),
  );
  await queries.insertDocumentViews(ctx);
}
