import { demoMerchant, demoWebhookSecret } from '../gateways/demo/simulator.ts';
import { Ledger } from '../gateways/demo/ledger.ts';
import { dateIn } from '../kernel/calendar.ts';
import { newId } from '../kernel/ids.ts';
import { type Context, inTenant, type Platform, systemActor, workFor } from '../platform/context.ts';
import { hashToken } from '../platform/secrets/secrets.ts';
import { createApiKey, createStaffUser, type Seed } from '../modules/identity/index.ts';
import { readMismatches, refreshAllBalances } from '../modules/receivables/index.ts';
import { allTenants, createCompany, updateSettings } from '../modules/tenants/index.ts';
import { Books } from './books.ts';
import { Calendar } from './calendar.ts';
import { categories, type DemoCompany, HISTORY_DAYS, makeCompany } from './company.ts';
import { seedDesk } from './desk.ts';
import { seedInbox } from './inbox.ts';
import { inThePast, liveOn, type RemindedDays, remindedDays } from './past.ts';
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
  /** The days of the past on which reminders went out, counted from today. */
  reminded?: RemindedDays;
}

/**
 * The demo company, unless the database has one already; then only the gateway's address is brought up to date. It is
 * founded in the past and lives on from there: see {@link liveOn}. Answers its id.
 */
export async function seedDemo(platform: Platform, options: DemoOptions): Promise<{ tenantId: string; created: boolean }> {
  const [existing] = await allTenants(platform);
  if (existing) {
    await inTenant(platform, existing.id, systemActor, (ctx) => queries.moveGatewayAccount(ctx, gatewaySettings(ctx, options.gateway.url)));
    return { tenantId: existing.id, created: false };
  }
  const profile = { name: demoAccess.company, currency: 'USD', timezone: 'America/New_York', locale: 'en-US' };
  const now = platform.clock.now();
  const today = dateIn(profile.timezone, now);
  const calendar = new Calendar(today, profile.timezone, now);
  const company = makeCompany(today.dayOfWeek);
  options.log('loading 24 months of invoices and payments');
  const { tenantId, filled: books } = await inThePast(platform, calendar.instant(-HISTORY_DAYS - 7), (past) =>
    createCompany(past, profile, systemActor, async (ctx) => {
      await createStaffUser(ctx, { email: demoAccess.email, name: 'Robin Vale', role: 'administrator', password: demoAccess.password });
      const { id } = await createApiKey(ctx, { name: 'Demo', role: 'manager' });
      await queries.setApiKey(ctx, id, demoAccess.apiKey, hashToken(demoAccess.apiSecret));
      await options.seed(ctx);
      await updateSettings(ctx, {
        branding: { address: '12 Vale Street\nAlbany, NY 12207', phone: '+1 555 0100', supportEmail: 'billing@fenwick-vale.example' },
        mail: { fromName: demoAccess.company, fromAddress: 'billing@fenwick-vale.example' },
      });
      return new Books(company, calendar, await loadCustomers(ctx, company, calendar));
    }),
  );
  await liveOn(platform, { tenantId, books, calendar, reminded: options.reminded ?? remindedDays, log: options.log });
  await inTenant(platform, tenantId, systemActor, async (ctx) => {
    await loadMethods(ctx, company, books.customerIds, options.gateway);
    await queries.setSeries(ctx, 'payment', company.payments.length);
    await queries.insertDays(ctx, calendar.day(-HISTORY_DAYS));
    const [wrong] = await readMismatches(ctx, 1);
    if (wrong) throw new Error(`the demo company's books do not add up: ${wrong.kind} ${wrong.id}`);
  });
  await refreshAllBalances(workFor(platform, tenantId, systemActor));
  await seedDesk(platform, tenantId);
  await inTenant(platform, tenantId, systemActor, seedInbox);
  return { tenantId, created: true };
}

function gatewaySettings(ctx: Context, url: string): Omit<queries.GatewayAccount, 'id'> {
  const settings = { baseUrl: url, apiKey: demoAccess.gatewayKey, webhookSecret: demoWebhookSecret(demoAccess.gatewayKey) };
  return { settingsCiphertext: ctx.platform.secrets.seal(ctx.tenant.id, JSON.stringify(settings)), entryOrigin: new URL(url).origin };
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

const testNumbers = { card: '4242424242424242', bank: '000123456789' } as const;

/** Saved cards and bank accounts: entered at the gateway, as a payer would, and kept here by its reference. */
async function loadMethods(ctx: Context, company: DemoCompany, customerIds: readonly string[], gateway: DemoOptions['gateway']): Promise<void> {
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
