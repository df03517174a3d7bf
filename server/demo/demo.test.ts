import { afterAll, beforeAll, expect, test } from 'vitest';
import { inTenant, systemActor } from '../platform/context.ts';
import { sql } from '../platform/database/sql.ts';
import { type TestDatabase, testDatabase } from '../../tests/support/database.ts';
import { seedTenant } from '../app.ts';
import { workOut } from '../modules/proof/backtest.ts';
import { readMismatches } from '../modules/receivables/index.ts';
import { makeCompany } from './company.ts';
import { demoAccess, seedDemo } from './load.ts';
import { remindedDays } from './past.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());

const options = { seed: seedTenant, gateway: { url: 'http://127.0.0.1:8090', file: null }, log: () => {} };

test('the same day gives the same company', () => {
  expect(makeCompany(3)).toEqual(makeCompany(3));
});

test('whatever the weekday, no invoice has less than nothing open and each payment is where it went', () => {
  for (const weekday of [1, 2, 3, 4, 5, 6, 7]) {
    const company = makeCompany(weekday);
    expect(company.customers).toHaveLength(200);
    expect(company.invoices).toHaveLength(3_000);
    expect(company.invoices.filter((one) => one.openMinor < 0 || one.openMinor > one.amountMinor)).toEqual([]);
    expect(company.payments.filter((one) => one.state === 'settled' && one.appliedMinor + one.unappliedMinor !== one.amountMinor)).toEqual([]);
    expect(company.applications.filter((one) => one.day > 0)).toEqual([]);
    for (const days of [-10, -5, 7, 14, 30, 45, 60])
      expect(company.invoices.filter((one) => one.state === 'open' && one.dueDay === -days).length).toBeGreaterThanOrEqual(3);
  }
});

test('the demo company is loaded once, adds up, and has saved methods and past reminders', async () => {
  const platform = db.platform();
  const first = await seedDemo(platform, options);
  expect(first.created).toBe(true);
  expect(await seedDemo(platform, { ...options, gateway: { url: 'http://127.0.0.1:8099', file: null } })).toEqual({ tenantId: first.tenantId, created: false });
  await inTenant(platform, first.tenantId, systemActor, async (ctx) => {
    expect(await readMismatches(ctx, 5)).toEqual([]);
    const counts = await ctx.tx.one<Record<string, number | string>>(sql`
      select (select count(*)::int from customer) as customers, (select count(*)::int from document where kind = 'invoice') as invoices,
        (select count(*)::int from category) as categories, (select count(*)::int from payment where unapplied_minor > 0) as unapplied,
        (select count(distinct rail)::int from payment_method) as rails, (select count(*)::int from outbound_email where state = 'sent') as mails,
        (select count(*)::int from customer_balance where open_minor > 0) as owing, (select count(distinct day)::int from receivables_day) as days,
        (select count(*)::int from promise) as promises, (select count(*)::int from dispute) as disputes, (select count(*)::int from task) as tasks,
        (select count(*)::int from statement where file_id is not null) as statements, (select count(*)::int from cadence) as cadences,
        (select array_agg(state || ' ' || kind order by id) from inbound_email) as answers,
        (select entry_origin from gateway_account) as gateway, (select key from api_key) as key`);
    expect(counts).toMatchObject({
      customers: 200,
      invoices: 3000,
      categories: 4,
      unapplied: 13,
      rails: 2,
      promises: 3,
      disputes: 2,
      tasks: 4,
      statements: 2,
      cadences: 1,
      answers: ['matched message', 'matched auto_reply', 'matched message', 'unmatched message', 'set_aside bulk'],
      gateway: 'http://127.0.0.1:8099',
      key: demoAccess.apiKey,
    });
    expect(counts['mails']).toBeGreaterThan(50);
    expect(counts['owing']).toBeGreaterThan(50);
    expect(counts['days']).toBeGreaterThan(700);
    const { same } = await ctx.tx.one<{ same: boolean }>(sql`
      select (select sum(open_minor) from document where kind = 'invoice') = (select sum(open_minor) from customer_balance) as same`);
    expect(same).toBe(true);
  });
});

test('a replay of the rules that were live gives each decision and mail of the demo company again, and no other', async () => {
  const platform = db.platform();
  const { tenantId } = await seedDemo(platform, options);
  const result = await inTenant(platform, tenantId, systemActor, (ctx) => {
    const day = (days: number) => ctx.clock.today().add({ days });
    return workOut(
      ctx,
      { candidate: { kind: 'live' }, baseline: { kind: 'sent' }, from: day(remindedDays.first - 1), to: day(-1) },
      { progress: async () => {}, customers: async () => {} },
    );
  });
  expect(result.proof).toMatchObject({ different: 0, examples: [] });
  expect(result.proof!.recorded).toBeGreaterThan(200);
  expect(result.proof!.replayed).toBe(result.proof!.recorded);
  expect(result.days.reduce((sum, one) => sum + one.baseMails, 0)).toBeGreaterThan(200);
  for (const one of result.days) expect(one, one.day.toString()).toMatchObject({ mails: one.baseMails, sameMails: one.baseMails });
});
