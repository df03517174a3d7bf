import { afterAll, beforeAll, expect, test } from 'vitest';
import { drainJobs } from '../../platform/jobs/worker.ts';
import { testDatabase, type TestDatabase } from '../../../tests/support/database.ts';
import { jobs as mailJobs } from '../correspondence/index.ts';
import { activateRule, createRule } from './commands/rules.ts';
import { continueRun, runDue } from './jobs.ts';
import { TestData } from './test-data.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());

const HOUR = 9;
const CATCH_UP = 3;
const DAYS = 60;
const start = Temporal.PlainDate.from('2026-02-20');

function lcg(seed: number) {
  let state = seed;
  return (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}

interface Company {
  zone: string;
  data: TestData;
  /** What the model says was sent: day of the run, numbers of the invoices. */
  expected: { on: string; invoices: string[] }[];
  lastRun: Temporal.PlainDate | null;
}

async function open(zone: string): Promise<Company> {
  // caps have tests of their own: here a customer is reminded every day
  const tenantId = await db.tenant({ timezone: zone, setting: { reminders: { minContactDays: 0, weeklyCap: null } } });
  const data = new TestData(db, tenantId);
  const customerId = await data.customer({ number: 'C' });
  // one invoice is due on each day; its number is that day
  for (let n = 0; n < DAYS + 10; n++) {
    const day = start.add({ days: n }).toString();
    await data.invoice({ customerId, number: day, dueOn: day });
  }
  const templateId = await data.template();
  await db.inTenant(tenantId, async (ctx) => {
    const id = await createRule(ctx, {
      name: 'Due today',
      templateId,
      customerCondition: { combinator: 'and', conditions: [{ field: 'customer_category', operator: 'all' }] },
      invoiceCondition: { combinator: 'and', conditions: [{ field: 'due_in', operator: 'equal', value: 0 }] },
    });
    await activateRule(ctx, id);
  });
  return { zone, data, expected: [], lastRun: null };
}

/** The rule of the thing in a few lines: at or after nine local time, once a day, with at most three missed days. */
function model(company: Company, now: Temporal.Instant, activatedOn: Temporal.PlainDate): void {
  const local = now.toZonedDateTimeISO(company.zone);
  const today = local.toPlainDate();
  if (local.hour < HOUR || (company.lastRun && Temporal.PlainDate.compare(company.lastRun, today) >= 0)) return;
  const invoices: string[] = [];
  for (let back = CATCH_UP; back >= 0; back--) {
    const day = today.subtract({ days: back });
    const missed =
      back === 0 || (Temporal.PlainDate.compare(day, activatedOn) >= 0 && (!company.lastRun || Temporal.PlainDate.compare(day, company.lastRun) > 0));
    if (missed && Temporal.PlainDate.compare(day, start) >= 0) invoices.push(day.toString());
  }
  company.lastRun = today;
  if (invoices.length > 0) company.expected.push({ on: today.toString(), invoices });
}

test('through two months, five zones, clock changes and outages, four workers send exactly what the model says', async () => {
  db.clock.set('2026-02-19T01:00:00Z');
  const companies = await Promise.all(['Pacific/Kiritimati', 'Pacific/Auckland', 'Europe/Berlin', 'America/New_York', 'Pacific/Honolulu'].map(open));
  const activatedOn = companies.map((company) => db.clock.now().toZonedDateTimeISO(company.zone).toPlainDate());
  const random = lcg(20260222);
  const end = start.add({ days: DAYS }).toZonedDateTime('UTC').toInstant();
  while (Temporal.Instant.compare(db.clock.now(), end) < 0) {
    // a few looks a day; now and then nobody is there for one to six days
    db.clock.advance(random(25) === 0 ? { hours: 24 + random(120) } : { minutes: 60 + random(420) });
    companies.forEach((company, index) => model(company, db.clock.now(), activatedOn[index]!));
    await Promise.all([1, 2, 3, 4].map(() => runDue(db.platform())));
    await drainJobs(db.platform(), [...mailJobs, continueRun] as never);
  }
  for (const company of companies) {
    const { rows } = await db.admin.query(
      `select substring(e.dedupe_key from 10 for 10) as on,
         array(select d.number from document d where d.id in (select x::uuid from jsonb_array_elements_text(e.payload -> 'documentIds') x) order by d.number) as invoices
       from outbound_email e where e.tenant_id = $1 and e.kind = 'reminder' order by e.dedupe_key`,
      [company.data.tenantId],
    );
    expect(rows, company.zone).toEqual(company.expected);
    expect(company.expected.length).toBeGreaterThan(20);
  }
});
