import { afterEach, beforeEach, expect, test } from 'vitest';
import type { TestDatabase } from '../../../tests/support/database.ts';
import { type Company as ServerCompany, startServer, type TestServer } from '../../../tests/support/server.ts';
import type { Group } from '../conditions/index.ts';
import { refreshHabits } from '../customers/index.ts';
import { runDaily } from './commands/run-daily.ts';
import { activateRule, createRule } from './commands/rules.ts';
import { TestData } from './test-data.ts';

let server: TestServer;
let db: TestDatabase;
beforeEach(async () => {
  server = await startServer({ start: '2026-03-02T08:30:00Z' });
  db = server.db;
});
afterEach(() => server.close());

const all: Group = { combinator: 'and', conditions: [{ field: 'customer_category', operator: 'all' }] };
const overdue7: Group = { combinator: 'and', conditions: [{ field: 'overdue_by', operator: 'equal', value: 7 }] };

interface Watched extends ServerCompany {
  data: TestData;
}

/** A company in UTC whose run is at nine, with a rule and so many customers to be reminded on each of the given days. */
async function open(counts: Record<string, number>, reminders: Record<string, unknown> = {}): Promise<Watched> {
  server.clock.set('2026-03-01T08:30:00Z');
  const company = await server.company({ timezone: 'UTC', email: 'admin@northwind.example' });
  const changed = await company.call('PATCH', '/v1/settings', { reminders });
  expect(changed.status, JSON.stringify(changed.body)).toBe(200);
  const data = new TestData(db, company.tenantId);
  for (const [day, count] of Object.entries(counts))
    for (let n = 0; n < count; n++) {
      const customerId = await data.customer({ number: `${day}-${n}` });
      await data.invoice({ customerId, dueOn: Temporal.PlainDate.from(day).subtract({ days: 7 }).toString() });
    }
  const templateId = (await company.call('GET', '/v1/reminder-rules')).body.items[0].templateId;
  await company.inTenant(async (ctx) =>
    activateRule(ctx, await createRule(ctx, { name: 'Overdue 7', templateId, customerCondition: all, invoiceCondition: overdue7 })),
  );
  return { ...company, data };
}

async function at(moment: string): Promise<void> {
  server.clock.set(moment);
  await server.settle();
}

async function mailed(): Promise<{ reminders: number; alarms: string[] }> {
  const mails = await server.mail.messages();
  const alarms = mails.filter((mail) => mail.envelopeTo[0]!.endsWith('@northwind.example')).map((mail) => mail.parsed.subject!);
  return { reminders: mails.length - alarms.length, alarms: [...new Set(alarms)] };
}

const health = async (company: ServerCompany) => (await company.call('GET', '/v1/reminders/health')).body;

test('a run much larger than usual waits for a person; approved, its mails leave once', async () => {
  const company = await open({ '2026-03-02': 2, '2026-03-03': 3, '2026-03-04': 12 }, { brakeMinimum: 5, brakeFactor: 3 });
  await at('2026-03-02T09:05:00Z');
  await at('2026-03-03T09:05:00Z');
  expect(await mailed()).toEqual({ reminders: 5, alarms: [] });
  await server.mail.clear();

  await at('2026-03-04T09:05:00Z');
  expect(await mailed()).toEqual({ reminders: 0, alarms: ['A reminder run waits for you: 12 mails (Northwind Supply)'] });
  const { waiting, alarms, state } = await health(company);
  expect(state).toBe('attention');
  expect(waiting).toMatchObject([{ runOn: '2026-03-04', state: 'waiting', mails: 12, allowedMails: 9 }]);
  expect(alarms).toMatchObject([{ kind: 'waiting_run', runId: waiting[0].id, expected: 12 }]);

  // nobody decides until the evening: nothing leaves, and no second mail tells so
  await at('2026-03-04T20:00:00Z');
  expect(await mailed()).toMatchObject({ reminders: 0 });
  const approved = await company.call('POST', `/v1/reminder-runs/${waiting[0].id}/approve`);
  expect(approved.body).toMatchObject({ state: 'running', releasedBy: 'Stories' });
  await server.settle();
  expect(await mailed()).toMatchObject({ reminders: 12 });
  expect((await company.call('GET', `/v1/reminder-runs/${waiting[0].id}`)).body).toMatchObject({ state: 'done', delivery: { expected: 12, sent: 12 } });
  expect((await company.call('POST', `/v1/reminder-runs/${waiting[0].id}/approve`)).status).toBe(409);
  expect(await health(company)).toMatchObject({ state: 'ok', alarms: [], waiting: [] });
});

test('a canceled run sends nothing, also on the days after, and says so', async () => {
  const company = await open({ '2026-03-02': 8 }, { brakeMinimum: 5 });
  await at('2026-03-02T09:05:00Z');
  const [run] = (await health(company)).waiting;
  expect((await company.call('POST', `/v1/reminder-runs/${run.id}/cancel`)).body).toMatchObject({ state: 'canceled' });
  await at('2026-03-03T09:05:00Z');
  await at('2026-03-04T09:05:00Z');
  expect(await mailed()).toMatchObject({ reminders: 0 });
  const { body } = await company.call('GET', `/v1/reminder-runs/${run.id}`);
  expect(body.reasons).toMatchObject([{ outcome: 'held', reason: 'run_canceled', text: 'A person stopped the run', count: 8 }]);
});

test('only who may send reminders decides about a waiting run', async () => {
  const company = await open({ '2026-03-02': 8 }, { brakeMinimum: 5 });
  await at('2026-03-02T09:05:00Z');
  const [run] = (await health(company)).waiting;
  const { createApiKey } = await import('../identity/index.ts');
  const keys = await company.inTenant((ctx) => createApiKey(ctx, { name: 'Collector', role: 'collector' }));
  for (const word of ['approve', 'cancel'])
    expect((await company.call('POST', `/v1/reminder-runs/${run.id}/${word}`, undefined, { api_key: keys.apiKey, api_secret: keys.apiSecret })).status).toBe(
      403,
    );
  const other = await server.company({ timezone: 'UTC', email: 'other@northwind.example' });
  expect((await other.call('POST', `/v1/reminder-runs/${run.id}/approve`)).status).toBe(404);
  expect((await health(company)).waiting).toHaveLength(1);
});

test('a person is not asked about a run that a person started', async () => {
  const company = await open({ '2026-03-02': 8 }, { brakeMinimum: 5, hour: 23 });
  server.clock.set('2026-03-02T09:05:00Z');
  expect((await company.call('POST', '/v1/reminder-runs', {})).body).toMatchObject({ state: 'running', mails: 8 });
});

test('a run that did not happen is told once to each administrator and on the dashboard, and is made up for', async () => {
  const company = await open({ '2026-03-02': 1, '2026-03-03': 1, '2026-03-04': 1 });
  await at('2026-03-02T09:05:00Z');
  await server.mail.clear();
  // nothing runs on the 3rd; on the 4th the workers come back at noon
  server.clock.set('2026-03-04T08:00:00Z');
  expect((await health(company)).today).toMatchObject([{ runOn: '2026-03-04', state: 'coming', runId: null }]);
  server.clock.set('2026-03-04T11:59:00Z');
  expect(await health(company)).toMatchObject({ state: 'attention', today: [{ state: 'missed' }] });
  await at('2026-03-04T12:00:00Z');
  await at('2026-03-04T12:10:00Z');
  expect(await mailed()).toEqual({
    reminders: 2,
    alarms: [
      'The reminder run of 2026-03-03 did not happen in time (Northwind Supply)',
      'The reminder run of 2026-03-04 did not happen in time (Northwind Supply)',
    ],
  });
  expect(await health(company)).toMatchObject({ state: 'ok', alarms: [], today: [{ state: 'begun' }] });
  const { rows } = await db.admin.query(
    'select kind, run_on::text as run_on, cleared_at is not null as cleared from reminder_alarm where tenant_id = $1 order by run_on',
    [company.tenantId],
  );
  expect(rows).toEqual([
    { kind: 'missed_run', run_on: '2026-03-03', cleared: true },
    { kind: 'missed_run', run_on: '2026-03-04', cleared: true },
  ]);
});

test('a company without an active rule misses nothing', async () => {
  const company = await server.company({ timezone: 'UTC', email: 'idle@northwind.example' });
  await at('2026-03-20T12:00:00Z');
  await at('2026-03-25T12:00:00Z');
  const { rows } = await db.admin.query('select kind from reminder_alarm where tenant_id = $1', [company.tenantId]);
  expect(rows).toEqual([]);
});

test('mails that did not leave raise an alarm: expected against sent', async () => {
  const company = await open({ '2026-03-02': 3 });
  server.mail.answers = { recipient: (address) => (address.includes('202603020') ? { code: 450, message: 'try later' } : null) };
  await at('2026-03-02T09:05:00Z');
  expect((await company.call('GET', '/v1/reminder-runs')).body.items[0].delivery).toMatchObject({ expected: 3 });
  await at('2026-03-02T11:10:00Z');
  const run = (await company.call('GET', '/v1/reminder-runs')).body.items[0];
  const { alarms } = await health(company);
  expect(alarms).toMatchObject([{ kind: 'unsent_mails', runId: run.id, expected: 3, sent: run.delivery.sent }]);
  expect(alarms[0].title).toMatch(/did not leave$/);
  expect(run.delivery.sent).toBeLessThan(3);
  // the mail server takes them in the end: the alarm is over
  server.mail.answers = {};
  await at('2026-03-02T15:30:00Z');
  expect(await health(company)).toMatchObject({ state: 'ok', alarms: [] });
  expect((await company.call('GET', `/v1/reminder-runs/${run.id}`)).body.delivery).toMatchObject({ expected: 3, sent: 3 });
});

test('an alarm that somebody has seen leaves the dashboard', async () => {
  const company = await open({ '2026-03-02': 8 }, { brakeMinimum: 5 });
  await at('2026-03-02T09:05:00Z');
  const [alarm] = (await health(company)).alarms;
  expect((await company.call('POST', `/v1/reminders/alarms/${alarm.id}/seen`)).body).toMatchObject({ seenBy: 'Stories' });
  expect((await health(company)).alarms).toEqual([]);
  expect((await company.call('POST', '/v1/reminders/alarms/01920000-0000-7000-8000-000000000001/seen')).status).toBe(404);
});

test('rules with hours of their own have runs of their own, each once a day, and still one mail a day', async () => {
  const company = await open({ '2026-03-02': 1 });
  const templateId = (await company.call('GET', '/v1/reminder-rules')).body.items[0].templateId;
  const rule = await company.call('POST', '/v1/reminder-rules', {
    name: 'Afternoon',
    templateId,
    customerCondition: all,
    invoiceCondition: { combinator: 'and', conditions: [{ field: 'overdue_by', operator: 'one_of', value: [7, 3] }] },
    schedule: { days: 'every', hour: 15, holidays: 'ignore' },
  });
  await company.call('POST', `/v1/reminder-rules/${rule.body.id}/activate`);
  const other = await company.data.customer({ number: 'afternoon' });
  await company.data.invoice({ customerId: other, dueOn: '2026-02-27' });
  for (const hour of ['09', '10', '15', '16', '23']) await at(`2026-03-02T${hour}:01:00Z`);
  expect(await mailed()).toEqual({ reminders: 2, alarms: [] });
  const runs = (await company.call('GET', '/v1/reminder-runs')).body.items;
  expect(runs.map((run: { runOn: string; hour: number; mails: number; held: number }) => [run.runOn, run.hour, run.mails, run.held])).toEqual([
    ['2026-03-02', 15, 1, 1],
    ['2026-03-02', null, 1, 0],
  ]);
  const [shown] = (await company.call('GET', '/v1/reminder-rules')).body.items.filter((one: { id: string }) => one.id === rule.body.id);
  expect(shown).toMatchObject({ lastRunOn: '2026-03-02', nextRunOn: '2026-03-03' });
  await runDaily(server.platform, company.tenantId, Temporal.PlainDate.from('2026-03-02'));
  expect((await company.call('GET', '/v1/reminder-runs')).body.items).toHaveLength(2);
});

test('the payment habit is the average of days late over a year, with what is open and due', async () => {
  const company = await open({});
  const history = async (number: string, late: number[], open: number[] = []) => {
    const customerId = await company.data.customer({ number });
    for (const days of late) {
      const id = await company.data.invoice({ customerId, dueOn: '2026-01-10', state: 'closed' });
      await db.admin.query('update document set closed_on = due_on + $2::int where id = $1', [id, days]);
    }
    for (const days of open) await company.data.invoice({ customerId, dueOn: Temporal.PlainDate.from('2026-03-01').subtract({ days }).toString() });
  };
  await history('new', [90, 90]);
  await history('early', [-5, -9, 9]);
  await history('late', [10, 10, 10]);
  await history('stopped', [0, 0], [120]);
  server.clock.set('2026-03-01T12:00:00Z');
  expect(await company.inTenant(refreshHabits)).toBe(3);
  expect(await company.inTenant(refreshHabits)).toBe(0);
  const { rows } = await db.admin.query('select number, payment_habit from customer where tenant_id = $1 order by number', [company.tenantId]);
  expect(Object.fromEntries(rows.map((row) => [row.number, row.payment_habit]))).toEqual({ early: 'prompt', late: 'late', new: 'new', stopped: 'very_late' });
});
