import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testDatabase, type TestDatabase } from '../../../tests/support/database.ts';
import type { Condition, Group } from '../conditions/index.ts';
import { businessCalendar } from '../tenants/index.ts';
import { runDaily } from './commands/run-daily.ts';
import { activateRule, createRule, restoreVersion, updateRule } from './commands/rules.ts';
import { daysOf } from './planning/agenda.ts';
import { listVersions } from './queries.ts';
import type { Rule } from './rule.ts';
import { everyDaySchedule, holidayRules, isScheduled, nextDayOf, type Repeat, type Schedule } from './schedule.ts';
import { decisionsOf, remindersOf, TestData } from './test-data.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());

const date = (text: string) => Temporal.PlainDate.from(text);
const all: Group = { combinator: 'and', conditions: [{ field: 'customer_category', operator: 'all' }] };
const when = (...conditions: Condition[]): Group => ({ combinator: 'and', conditions });

/** Monday. */
const START = date('2026-03-02');
const free = { reminders: { minContactDays: 0, weeklyCap: null } };

async function open(
  invoiceCondition: Group,
  options: { schedule?: Partial<Schedule>; repeat?: Repeat; setting?: Record<string, unknown>; holidays?: string[] } = {},
): Promise<TestData & { ruleId: string }> {
  db.clock.set('2026-03-01T08:00:00Z');
  const data = new TestData(db, await db.tenant({ timezone: 'UTC', setting: { ...free, ...options.setting } }));
  const templateId = await data.template();
  for (const day of options.holidays ?? [])
    await db.admin.query("insert into holiday (tenant_id, day, name, created_at) values ($1, $2, 'A feast', now())", [data.tenantId, day]);
  const ruleId = await db.inTenant(data.tenantId, async (ctx) => {
    const id = await createRule(ctx, {
      name: 'Rule',
      templateId,
      customerCondition: all,
      invoiceCondition,
      schedule: { ...everyDaySchedule, ...options.schedule },
      repeat: options.repeat ?? null,
    });
    await activateRule(ctx, id);
    return id;
  });
  return Object.assign(data, { ruleId });
}

/** Runs each day and answers which invoices were listed on it; the mails leave on their day. */
async function mailsOf(data: TestData, days: number): Promise<Record<string, string[]>> {
  const sent: Record<string, string[]> = {};
  for (let n = 0; n < days; n++) {
    const on = START.add({ days: n });
    db.clock.set(`${on.toString()}T10:00:00Z`);
    await runDaily(db.platform(), data.tenantId, on);
    for (const row of await remindersOf(data, on.toString())) sent[on.toString().slice(5)] = row.documents;
    await db.admin.query("update outbound_email set state = 'sent', sent_on = $2, sent_at = $2::date where tenant_id = $1 and state = 'ready'", [
      data.tenantId,
      on.toString(),
    ]);
  }
  return sent;
}

/** One invoice is due on each day from the start on; its number is the day on which it is due. */
async function dueDaily(data: TestData, days: number): Promise<void> {
  const customerId = await data.customer({ number: 'C' });
  for (let n = 0; n < days; n++) {
    const dueOn = START.add({ days: n }).toString();
    await data.invoice({ customerId, number: dueOn.slice(8), dueOn });
  }
}

const dueToday = when({ field: 'due_in', operator: 'equal', value: 0 });

test('a rule of weekdays sends on Monday what fell on the weekend, as far back as days are made up for', async () => {
  const data = await open(dueToday, { schedule: { days: 'weekdays' } });
  await dueDaily(data, 9);
  expect(await mailsOf(data, 9)).toEqual({
    '03-02': ['02'],
    '03-03': ['03'],
    '03-04': ['04'],
    '03-05': ['05'],
    '03-06': ['06'],
    '03-09': ['07', '08', '09'],
    '03-10': ['10'],
  });
});

test('a rule of given weekdays is asked on them only', async () => {
  const data = await open(when({ field: 'overdue_by', operator: 'greater_or_equal', value: 0 }), { schedule: { days: [2, 4] } });
  await dueDaily(data, 1);
  expect(Object.keys(await mailsOf(data, 9))).toEqual(['03-03', '03-05', '03-10']);
});

test.each([
  ['next', { '03-02': ['02'], '03-05': ['03', '04', '05'], '03-06': ['06'], '03-09': ['07', '08', '09'] }],
  ['previous', { '03-02': ['02', '03', '04'], '03-05': ['05'], '03-06': ['06', '07', '08'], '03-09': ['09'] }],
  ['skip', { '03-02': ['02'], '03-05': ['05'], '03-06': ['06'], '03-09': ['09'] }],
  ['ignore', { '03-02': ['02'], '03-03': ['03'], '03-04': ['04'], '03-05': ['05'], '03-06': ['06'], '03-07': ['07'], '03-08': ['08'], '03-09': ['09'] }],
] as const)('days off, a holiday of two days and a weekend: %s', async (holidays, expected) => {
  const data = await open(dueToday, { schedule: { holidays }, holidays: ['2026-03-03', '2026-03-04'] });
  await dueDaily(data, 8);
  expect(await mailsOf(data, 8)).toEqual(expected);
  // what is not made up for keeps its reason
  const quiet = (await decisionsOf(data)).filter((row) => row.reason === 'quiet_day').map((row) => row.day.slice(8));
  expect(quiet).toEqual(holidays === 'skip' ? ['03', '04', '07', '08'] : []);
});

test('a company that keeps its days off quiet moves what its rules leave open, over any number of days off', async () => {
  const data = await open(dueToday, {
    setting: { reminders: { ...free.reminders, quietDays: true, catchUpDays: 0 } },
    holidays: ['2026-03-03', '2026-03-04', '2026-03-05', '2026-03-06'],
  });
  await dueDaily(data, 8);
  expect(await mailsOf(data, 8)).toEqual({ '03-02': ['02'], '03-09': ['03', '04', '05', '06', '07', '08', '09'] });
  const { rows } = await db.admin.query(
    'select n.run_on::text as run_on, d.outcome from reminder_decision d join reminder_run n on n.id = d.run_id where d.tenant_id = $1 and d.day = $2',
    [data.tenantId, '2026-03-04'],
  );
  expect(rows).toEqual([{ run_on: '2026-03-09', outcome: 'merged' }]);
});

test('a rule that repeats writes every five days while invoices match, and lists an invoice as often as its limit', async () => {
  const data = await open(when({ field: 'overdue_by', operator: 'greater', value: 0 }), { repeat: { everyDays: 5, limit: 2 } });
  const customerId = await data.customer({ number: 'C' });
  await data.invoice({ customerId, number: 'first', dueOn: '2026-03-02' });
  await data.invoice({ customerId, number: 'second', dueOn: '2026-03-04' });
  expect(await mailsOf(data, 30)).toEqual({ '03-03': ['first'], '03-08': ['first', 'second'], '03-13': ['second'] });
});

test('without a limit it goes on until the invoice is paid', async () => {
  const data = await open(when({ field: 'overdue_by', operator: 'greater', value: 0 }), { repeat: { everyDays: 7, limit: null } });
  await data.invoice({ customerId: await data.customer({ number: 'C' }), number: 'I', dueOn: '2026-03-02' });
  expect(Object.keys(await mailsOf(data, 25))).toEqual(['03-03', '03-10', '03-17', '03-24']);
});

test('every change of a rule is a version; an old one is restored as a new one, and decisions name theirs', async () => {
  const data = await open(dueToday);
  await dueDaily(data, 3);
  await mailsOf(data, 1);
  await db.inTenant(data.tenantId, (ctx) => updateRule(ctx, data.ruleId, { name: 'Another', schedule: { days: [1, 2, 3, 4, 5], hour: 14, holidays: 'next' } }));
  await db.inTenant(data.tenantId, (ctx) => restoreVersion(ctx, data.ruleId, 1));
  const versions = await db.inTenant(data.tenantId, (ctx) => listVersions(ctx, data.ruleId, null, 10));
  expect(versions.map(({ version, name, active, schedule }) => [version, name, active, schedule.days, schedule.hour])).toEqual([
    [4, 'Rule', true, 'every', null],
    [3, 'Another', true, 'weekdays', 14],
    [2, 'Rule', true, 'every', null],
    [1, 'Rule', false, 'every', null],
  ]);
  const { rows } = await db.admin.query('select rule_version from reminder_decision where tenant_id = $1', [data.tenantId]);
  expect(rows).toEqual([{ rule_version: 2 }]);
});

// Properties of the schedule alone, for any rule, weekend, holidays and outages.

const scheduleArbitrary: fc.Arbitrary<Schedule> = fc.record({
  days: fc.oneof(fc.constantFrom('every' as const, 'weekdays' as const), fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 7 })),
  hour: fc.constant(null),
  holidays: fc.constantFrom(...holidayRules),
});
const calendarArbitrary = fc
  .record({
    weekend: fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { maxLength: 2 }),
    holidays: fc.uniqueArray(fc.integer({ min: 0, max: 59 }), { maxLength: 8 }),
  })
  .map(({ weekend, holidays }) =>
    businessCalendar(
      weekend,
      holidays.map((n) => START.add({ days: n })),
    ),
  );

interface Played {
  /** Day asked for → day of the run that asked it. */
  asked: Map<string, string>;
  twice: string[];
  runs: string[];
}

/** Daily runs but for the days without one, by the agenda alone. */
function play(schedule: Schedule, calendar: ReturnType<typeof businessCalendar>, down: readonly number[], catchUpDays: number, quietDays: boolean): Played {
  const rule = { id: 'r', schedule, activatedOn: START } as Rule;
  const played: Played = { asked: new Map(), twice: [], runs: [] };
  for (let n = 0; n < 50; n++) {
    if (down.includes(n)) continue;
    const runOn = START.add({ days: n });
    const season = { runOn, catchUpDays, quietDays, calendar };
    for (const day of daysOf(rule, runOn.subtract({ days: catchUpDays }), season, (one) => played.asked.has(one.toString()))) {
      if (played.asked.has(day.toString())) played.twice.push(day.toString());
      played.asked.set(day.toString(), runOn.toString());
    }
  }
  return played;
}

test('whatever the schedule and the outages, no day is asked twice, and none that is older than days are made up for', () => {
  const down = fc.uniqueArray(fc.integer({ min: 0, max: 49 }), { maxLength: 20 });
  fc.assert(
    fc.property(
      scheduleArbitrary,
      calendarArbitrary,
      down,
      fc.integer({ min: 0, max: 7 }),
      fc.boolean(),
      (schedule, calendar, gone, catchUpDays, quietDays) => {
        const { asked, twice } = play(schedule, calendar, gone, catchUpDays, quietDays);
        expect(twice).toEqual([]);
        for (const [day, runOn] of asked) {
          const back = date(day).until(date(runOn), { largestUnit: 'days' }).days;
          expect(back).toBeLessThanOrEqual(catchUpDays);
          // ahead only over days off, to the business day before them
          if (back < 0) expect([schedule.holidays, calendar.isBusinessDay(date(runOn)), calendar.isBusinessDay(date(day))]).toEqual(['previous', true, false]);
        }
      },
    ),
    { numRuns: 500 },
  );
});

test('a rule of every day with no outage and no days off is asked for each day on that day', () => {
  const { asked } = play(everyDaySchedule, businessCalendar([], []), [], 3, true);
  expect([...asked].every(([day, runOn]) => day === runOn)).toBe(true);
  expect(asked.size).toBe(50);
});

test('the next day of a rule is one on which it can send, and no earlier one is left out', () => {
  fc.assert(
    fc.property(scheduleArbitrary, calendarArbitrary, fc.integer({ min: 0, max: 40 }), (schedule, calendar, n) => {
      const from = START.add({ days: n });
      const next = nextDayOf(schedule, false, calendar, from);
      if (next === null) return;
      expect(Temporal.PlainDate.compare(next, from)).toBeGreaterThanOrEqual(0);
      if (schedule.holidays === 'ignore' || schedule.holidays === 'skip') expect(isScheduled(schedule, next)).toBe(true);
      if (schedule.holidays !== 'ignore') expect(calendar.isBusinessDay(next)).toBe(true);
      for (let day = from; Temporal.PlainDate.compare(day, next) < 0; day = day.add({ days: 1 }))
        expect(isScheduled(schedule, day) && (schedule.holidays === 'ignore' || calendar.isBusinessDay(day))).toBe(false);
    }),
    { numRuns: 500 },
  );
});
