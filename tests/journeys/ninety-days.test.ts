import { afterAll, beforeAll, expect, test } from 'vitest';
import { jobs as mailJobs, closeSenders } from '../../server/modules/correspondence/index.ts';
import type { Group } from '../../server/modules/conditions/index.ts';
import { activateRule, createRule, type RuleInput } from '../../server/modules/reminders/commands/rules.ts';
import { continueRun, runDue } from '../../server/modules/reminders/jobs.ts';
import { TestData } from '../../server/modules/reminders/test-data.ts';
import { drainJobs } from '../../server/platform/jobs/worker.ts';
import { type Catcher, startCatcher } from '../../server/platform/mail/catcher.ts';
import { testDatabase, type TestDatabase } from '../support/database.ts';
import { wordsOf } from '../support/payer.ts';

/**
 * A company in each of five zones, over ninety days with both changes of the clock, a holiday on each side of a weekend,
 * payments and holds: what arrives is what a model says, written down once more in the plainest way.
 */
const zones = ['Pacific/Auckland', 'Pacific/Honolulu', 'America/New_York', 'Europe/Berlin', 'Pacific/Kiritimati'];
const START = Temporal.PlainDate.from('2026-02-16');
const DAYS = 90;
const MORNING = 9;
const AFTERNOON = 14;
/** Payments and disputes come in between the two runs of a day. */
const NOON = 12;
/** Good Friday and Easter Monday: four days off in a row. */
const holidays = ['2026-04-03', '2026-04-06'];
const MIN_CONTACT_DAYS = 2;
const WEEKLY_CAP = 3;
const CATCH_UP = 3;

let db: TestDatabase;
let catcher: Catcher;
beforeAll(async () => {
  catcher = await startCatcher();
  db = await testDatabase({ config: { smtpUrl: catcher.url } });
});
afterAll(async () => {
  await closeSenders();
  await catcher.stop();
  await db.close();
});

function lcg(seed: number) {
  let state = seed;
  return (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}

type Day = number;
const dateOf = (day: Day): Temporal.PlainDate => START.add({ days: day });
const isBusiness = (day: Day): boolean => dateOf(day).dayOfWeek < 6 && !holidays.includes(dateOf(day).toString());
const nextBusiness = (day: Day): Day => (isBusiness(day + 1) ? day + 1 : nextBusiness(day + 1));
const previousBusiness = (day: Day): Day => (isBusiness(day - 1) ? day - 1 : previousBusiness(day - 1));

interface Invoice {
  number: string;
  due: Day;
  /** At noon of that day. */
  paidOn: Day | null;
  disputedOn: Day | null;
}

interface Customer {
  number: string;
  invoices: Invoice[];
}

/** "day hour customer: invoices" */
type Sent = string;

// The model. Three rules: "due in 3" and "overdue by 5" in the morning, moved to the business day before or after;
// "overdue by 20 or more" in the afternoon, every ten days, twice for each invoice, on any day.
function model(customer: Customer): Sent[] {
  const sent: Sent[] = [];
  const mails: Day[] = [];
  let waiting: { rule: 'due' | 'late'; asked: Day; invoice: Invoice }[] = [];
  const nudged: { on: Day; invoices: Invoice[] }[] = [];
  const isOpen = (invoice: Invoice, day: Day, hour: number) => {
    const gone = (on: Day | null) => on !== null && (on < day || (on === day && hour > NOON));
    return !gone(invoice.paidOn) && !gone(invoice.disputedOn);
  };
  const mayWrite = (day: Day) => mails.every((on) => day - on >= MIN_CONTACT_DAYS) && mails.filter((on) => day - on < 7).length < WEEKLY_CAP;
  const send = (day: Day, hour: number, invoices: Invoice[]) => {
    mails.push(day);
    sent.push(`${dateOf(day).toString()} ${hour} ${customer.number}: ${[...new Set(invoices.map((one) => one.number))].sort().join(' ')}`);
  };
  for (let day = 0; day < DAYS; day++) {
    if (isBusiness(day)) {
      const due = [day];
      for (let off = day + 1; off < nextBusiness(day); off++) due.push(off);
      const late = [day];
      for (let off = Math.max(0, previousBusiness(day) + 1); off < day; off++) late.push(off);
      const matched = customer.invoices.flatMap((invoice) => [
        ...due.filter((asked) => invoice.due === asked + 3).map((asked) => ({ rule: 'due' as const, asked, invoice })),
        ...late.filter((asked) => invoice.due === asked - 5).map((asked) => ({ rule: 'late' as const, asked, invoice })),
      ]);
      const first = { due: day - CATCH_UP, late: Math.min(day - CATCH_UP, previousBusiness(day) + 1) };
      const asked = [...matched, ...waiting.filter((one) => one.asked >= first[one.rule] && !matched.some((other) => other.invoice === one.invoice))].filter(
        (one) => isOpen(one.invoice, day, MORNING),
      );
      if (asked.length > 0 && mayWrite(day)) {
        send(
          day,
          MORNING,
          asked.map((one) => one.invoice),
        );
        waiting = waiting.filter((one) => !asked.some((other) => other.invoice === one.invoice));
      } else waiting.push(...matched);
    }
    const old = customer.invoices.filter(
      (invoice) => day - invoice.due >= 20 && isOpen(invoice, day, AFTERNOON) && nudged.filter((one) => one.invoices.includes(invoice)).length < 2,
    );
    if (old.length > 0 && nudged.every((one) => day - one.on >= 10) && mayWrite(day)) {
      send(day, AFTERNOON, old);
      nudged.push({ on: day, invoices: old });
    }
  }
  return sent;
}

interface Company {
  zone: string;
  data: TestData;
  customers: Customer[];
  ids: Map<string, { id: string; customerId: string }>;
}

const all: Group = { combinator: 'and', conditions: [{ field: 'customer_category', operator: 'all' }] };
const when = (field: 'due_in' | 'overdue_by', operator: 'equal' | 'greater_or_equal', value: number): Group => ({
  combinator: 'and',
  conditions: [{ field, operator, value }],
});
const rules: Omit<RuleInput, 'templateId' | 'customerCondition'>[] = [
  { name: 'Due in 3', invoiceCondition: when('due_in', 'equal', 3), schedule: { days: 'every', hour: null, holidays: 'previous' } },
  { name: 'Overdue by 5', invoiceCondition: when('overdue_by', 'equal', 5), schedule: { days: 'every', hour: null, holidays: 'next' } },
  {
    name: 'Long overdue',
    invoiceCondition: when('overdue_by', 'greater_or_equal', 20),
    schedule: { days: 'every', hour: AFTERNOON, holidays: 'ignore' },
    repeat: { everyDays: 10, limit: 2 },
  },
];

async function open(zone: string, seed: number): Promise<Company> {
  const random = lcg(seed);
  // the evening before its first day
  db.clock.set(START.toZonedDateTime({ timeZone: zone }).subtract({ hours: 2 }).toInstant().toString());
  const reminders = { hour: MORNING, minContactDays: MIN_CONTACT_DAYS, weeklyCap: WEEKLY_CAP, catchUpDays: CATCH_UP };
  const data = new TestData(db, await db.tenant({ timezone: zone, setting: { reminders } }));
  for (const day of holidays) await db.admin.query("insert into holiday (tenant_id, day, name) values ($1, $2, 'Easter')", [data.tenantId, day]);
  const templateId = await data.template();
  await db.inTenant(data.tenantId, async (ctx) => {
    for (const rule of rules) await activateRule(ctx, await createRule(ctx, { ...rule, templateId, customerCondition: all }));
  });
  await db.admin.query('update reminder_rule set activated_on = $2 where tenant_id = $1', [data.tenantId, START.toString()]);
  const company: Company = { zone, data, customers: [], ids: new Map() };
  for (let c = 0; c < 3; c++) {
    const customer: Customer = { number: `${zone.slice(-4).toUpperCase()}${c}`, invoices: [] };
    const customerId = await data.customer({ number: customer.number });
    for (let n = 0; n < 12; n++) {
      const due = random(DAYS + 10) - 8;
      const end = random(3);
      const on = Math.max(0, due + random(45) - 5);
      const invoice = { number: `I-${c}${String(n).padStart(2, '0')}`, due, paidOn: end === 0 ? on : null, disputedOn: end === 1 && n % 2 === 0 ? on : null };
      customer.invoices.push(invoice);
      company.ids.set(`${customer.number} ${invoice.number}`, {
        customerId,
        id: await data.invoice({ customerId, number: invoice.number, dueOn: dateOf(due).toString() }),
      });
    }
    company.customers.push(customer);
  }
  return company;
}

/** What happens to the company's invoices at noon of its day. */
async function noon(company: Company, day: Day): Promise<void> {
  for (const customer of company.customers)
    for (const invoice of customer.invoices) {
      const { id, customerId } = company.ids.get(`${customer.number} ${invoice.number}`)!;
      if (invoice.paidOn === day)
        await db.admin.query("update document set state = 'closed', open_minor = 0, closed_on = $2 where id = $1", [id, dateOf(day).toString()]);
      else if (invoice.disputedOn === day && (invoice.paidOn === null || invoice.paidOn > day))
        await company.data.hold(customerId, 'dispute', { documentId: id });
    }
}

test('through ninety days, five zones, clock changes, days off, payments and disputes, mails arrive as the model says', async () => {
  const companies: Company[] = [];
  for (const [index, zone] of zones.entries()) companies.push(await open(zone, 20260216 + index));
  const moments = companies.flatMap((company) =>
    Array.from({ length: DAYS }, (_, day) =>
      [MORNING, NOON, AFTERNOON].map((hour) => ({
        company,
        day,
        hour,
        at: dateOf(day)
          .toZonedDateTime({ timeZone: company.zone, plainTime: new Temporal.PlainTime(hour) })
          .toInstant(),
      })),
    ).flat(),
  );
  const byTime = Map.groupBy(
    moments.toSorted((a, b) => Temporal.Instant.compare(a.at, b.at)),
    (moment) => moment.at.toString(),
  );
  for (const [at, group] of byTime) {
    db.clock.set(at);
    for (const { company, day, hour } of group) if (hour === NOON) await noon(company, day);
    if (group.every(({ hour }) => hour === NOON)) continue;
    await runDue(db.platform());
    await drainJobs(db.platform(), [...mailJobs, continueRun] as never);
    // the clock goes on for the companies west of it
    for (const { company, day, hour } of group)
      if (day === DAYS - 1 && hour === AFTERNOON) await db.admin.query('update reminder_rule set active = false where tenant_id = $1', [company.data.tenantId]);
  }

  const arrived = new Map<string, string[]>();
  for (const mail of await catcher.messages()) {
    const to = mail.envelopeTo[0]!.replace(/^ap@|\.test$/g, '').toUpperCase();
    const listed = [...new Set(wordsOf(mail.parsed.html ?? '').match(/\bI-\d{3}\b/g) ?? [])].sort();
    arrived.set(to, [...(arrived.get(to) ?? []), listed.join(' ')]);
  }
  for (const company of companies) {
    const { rows } = await db.admin.query(
      `select c.number, e.sent_on::text as on, extract(hour from e.sent_at at time zone $2)::int as hour,
         array(select d.number from outbound_email_document l join document d on d.id = l.document_id where l.email_id = e.id order by d.number) as invoices
       from outbound_email e join customer c on c.id = e.customer_id where e.tenant_id = $1 and e.kind = 'reminder' and e.state = 'sent' order by e.sent_at, c.number`,
      [company.data.tenantId, company.zone],
    );
    for (const customer of company.customers) {
      const expected = model(customer);
      const mine = rows.filter((row) => row.number === customer.number);
      expect(mine.map((row) => `${row.on} ${row.hour} ${row.number}: ${row.invoices.join(' ')}`).sort(), `${company.zone} ${customer.number}`).toEqual(
        expected.toSorted(),
      );
      expect(arrived.get(customer.number)?.toSorted() ?? []).toEqual(expected.map((line) => line.split(': ')[1]!).sort());
      expect(expected.length).toBeGreaterThan(5);
    }
    // each day had its two runs, whatever the clock did
    const runs = await db.admin.query(
      "select count(*)::int as count from reminder_run where tenant_id = $1 and kind = 'daily' and state = 'done' and run_on < $2",
      [company.data.tenantId, dateOf(DAYS).toString()],
    );
    expect(runs.rows[0].count).toBe(2 * DAYS);
  }
}, 600_000);
