import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '../../kernel/ids.ts';
import { systemActor, workFor } from '../../platform/context.ts';
import { testDatabase, type TestDatabase } from '../../../tests/support/database.ts';
import type { Condition, Group } from '../conditions/index.ts';
import { executeRun, startManualRun } from './commands/run.ts';
import { runDaily } from './commands/run-daily.ts';
import { activateRule, createRule, type RuleInput } from './commands/rules.ts';
import { decisionsOf, remindersOf, TestData } from './test-data.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());

const date = (text: string) => Temporal.PlainDate.from(text);
const all: Group = { combinator: 'and', conditions: [{ field: 'customer_category', operator: 'all' }] };
const when = (...conditions: Condition[]): Group => ({ combinator: 'and', conditions });
const overdue = (value: number): Condition => ({ field: 'overdue_by', operator: 'equal', value });
const lateFor = (value: number): Condition => ({ field: 'overdue_by', operator: 'greater_or_equal', value });

class Company extends TestData {
  templateId = '';

  static async open(reminders: Record<string, unknown> = {}, more: Record<string, unknown> = {}): Promise<Company> {
    db.clock.set('2026-03-01T08:00:00Z');
    const company = new Company(db, await db.tenant({ timezone: 'UTC', setting: { reminders, ...more } }));
    company.templateId = await company.template();
    return company;
  }

  rule(name: string, invoiceCondition: Group, options: Partial<RuleInput> = {}): Promise<string> {
    return db.inTenant(this.tenantId, async (ctx) => {
      const id = await createRule(ctx, { name, templateId: this.templateId, customerCondition: all, invoiceCondition, ...options });
      await activateRule(ctx, id);
      return id;
    });
  }

  /** The daily run of that day; its mails leave on it. */
  async run(on: string) {
    db.clock.set(`${on}T10:00:00Z`);
    const summary = await runDaily(db.platform(), this.tenantId, date(on));
    await db.admin.query("update outbound_email set state = 'sent', sent_on = $2, sent_at = $2::date where tenant_id = $1 and state = 'ready'", [
      this.tenantId,
      on,
    ]);
    return summary;
  }

  async runNow(): Promise<void> {
    const id = await db.inTenant(this.tenantId, (ctx) => startManualRun(ctx, null));
    await executeRun(workFor(db.platform(), this.tenantId, systemActor), id);
  }

  /** Days and reasons of the decisions, by customer. */
  async reasons(): Promise<string[]> {
    return (await decisionsOf(this)).map((row) => `${row.number} ${row.day.slice(5)} ${row.reason}`);
  }

  async leftOut(number: string): Promise<Record<string, string>> {
    const { rows } = await db.admin.query(
      `select o.number, x ->> 'reason' as reason from reminder_decision d join customer c on c.id = d.customer_id
       cross join lateral jsonb_array_elements(d.left_out) x join document o on o.id = (x ->> 'documentId')::uuid
       where d.tenant_id = $1 and c.number = $2`,
      [this.tenantId, number],
    );
    return Object.fromEntries(rows.map((row) => [row.number, row.reason]));
  }

  override(customerId: string, action: string, day: string, toDay: string | null = null): Promise<unknown> {
    return db.admin.query(
      `insert into reminder_override (tenant_id, id, customer_id, day, action, to_day, made_by, made_at) values ($1, $2, $3, $4, $5, $6, 'Test', now())`,
      [this.tenantId, newId(), customerId, day, action, toDay],
    );
  }
}

/** Monday. */
const DAY = '2026-03-02';
const DUE = '2026-02-23';

test('each hold keeps its customer back and is named; the first in their order is the one that counts', async () => {
  const company = await Company.open();
  await company.rule('Overdue 7', when(overdue(7)));
  for (const kind of ['dispute', 'claimed_paid', 'promise', 'payment_plan', 'autopay']) {
    const customerId = await company.customer({ number: kind });
    const documentId = await company.invoice({ customerId, dueOn: DUE });
    await company.hold(customerId, kind, kind === 'promise' ? {} : { documentId });
  }
  const both = await company.customer({ number: 'both' });
  const documentId = await company.invoice({ customerId: both, dueOn: DUE });
  await company.hold(both, 'autopay', { documentId });
  await company.hold(both, 'dispute', { documentId });
  const paused = await company.customer({ number: 'paused', pausedUntil: DAY });
  await company.hold(paused, 'dispute', { documentId: await company.invoice({ customerId: paused, dueOn: DUE }) });
  const over = await company.customer({ number: 'over' });
  await company.hold(over, 'promise', { documentId: await company.invoice({ customerId: over, dueOn: DUE }), until: '2026-03-01' });
  const credit = await company.customer({ number: 'credit' });
  await company.invoice({ customerId: credit, dueOn: DUE, amount: 10_000 });
  await company.invoice({ customerId: credit, dueOn: DUE, kind: 'credit_memo', amount: 10_000 });
  await company.run(DAY);
  expect(await company.reasons()).toEqual([
    'autopay 03-02 autopay',
    'both 03-02 dispute',
    'claimed_paid 03-02 claimed_paid',
    'credit 03-02 credit_covers',
    'dispute 03-02 dispute',
    'over 03-02 matched',
    'paused 03-02 paused',
    'payment_plan 03-02 payment_plan',
    'promise 03-02 promise',
  ]);
});

test('a held invoice is left out of the mail, and the decision says why', async () => {
  const company = await Company.open();
  await company.rule('Overdue 7', when(overdue(7)));
  const customerId = await company.customer({ number: 'C' });
  await company.invoice({ customerId, number: 'open', dueOn: DUE, amount: 5000 });
  await company.hold(customerId, 'dispute', { documentId: await company.invoice({ customerId, number: 'disputed', dueOn: DUE }) });
  await company.hold(customerId, 'claimed_paid', { documentId: await company.invoice({ customerId, number: 'claimed', dueOn: DUE }), until: '2026-03-09' });
  expect(await company.run(DAY)).toMatchObject({ mails: 1, amounts: [{ amount: '50.00', currency: 'USD' }] });
  expect(await remindersOf(company)).toEqual([{ number: 'C', documents: ['open'], template: 'Invoice reminder' }]);
  expect(await company.leftOut('C')).toEqual({ disputed: 'dispute', claimed: 'claimed_paid' });
});

test('credits count against all that would be asked, in their currency', async () => {
  const company = await Company.open();
  await company.rule('Overdue 7', when(overdue(7)));
  await company.rule('Overdue 8', when(overdue(8)));
  await company.rule('Overdue 7 to 8', when({ field: 'overdue_by', operator: 'between', value: [7, 8] }));
  const open = async (number: string, credit: number, currency = 'USD') => {
    const customerId = await company.customer({ number });
    await company.invoice({ customerId, dueOn: DUE, amount: 10_000 });
    await company.invoice({ customerId, dueOn: '2026-02-22', amount: 10_000 });
    await company.invoice({ customerId, dueOn: DUE, kind: 'credit_memo', amount: credit, currency });
  };
  await open('enough', 20_000);
  await open('half', 15_000);
  await open('euro', 50_000, 'EUR');
  await company.run(DAY);
  expect((await remindersOf(company)).map((row) => row.number)).toEqual(['euro', 'half']);
});

test('22 runs in a day, daily and by hand, of many rules, send a customer one mail', async () => {
  const company = await Company.open();
  const customerId = await company.customer({ number: 'C' });
  for (let n = 0; n < 22; n++) await company.invoice({ customerId, dueOn: date(DAY).subtract({ days: n }).toString() });
  await company.run('2026-03-01');
  for (let n = 0; n < 22; n++) {
    db.clock.set(`2026-03-02T${String(n).padStart(2, '0')}:30:00Z`);
    await company.rule(`Overdue ${n}`, when(overdue(n)), n % 2 ? {} : { schedule: { days: 'every', hour: n, holidays: 'ignore' } });
    if (n === 9) await runDaily(db.platform(), company.tenantId, date(DAY));
    await company.runNow();
  }
  expect(await remindersOf(company)).toHaveLength(1);
  const held = (await decisionsOf(company)).filter((row) => row.outcome === 'held');
  expect(held.length).toBeGreaterThan(15);
  expect(new Set(held.map((row) => row.reason))).toEqual(new Set(['too_soon']));
});

test('with three days between mails a match waits and goes with the first that is allowed; nothing is lost', async () => {
  const company = await Company.open({ minContactDays: 3 });
  await company.rule('Overdue 7', when(overdue(7)));
  const customerId = await company.customer({ number: 'C' });
  for (let n = 0; n < 7; n++) await company.invoice({ customerId, number: `I-${n}`, dueOn: date(DUE).add({ days: n }).toString() });
  const sent: Record<string, string[]> = {};
  for (let n = 0; n < 8; n++) {
    const on = date(DAY).add({ days: n }).toString();
    await company.run(on);
    for (const row of await remindersOf(company, on)) sent[on] = row.documents;
  }
  expect(sent).toEqual({ '2026-03-02': ['I-0'], '2026-03-05': ['I-1', 'I-2', 'I-3'], '2026-03-08': ['I-4', 'I-5', 'I-6'] });
});

test('an address gets as many mails in seven days as are allowed, also when several customers have it', async () => {
  const company = await Company.open({ weeklyCap: 2 });
  await company.rule('Overdue 7', when(overdue(7)));
  const days = ['2026-03-02', '2026-03-03', '2026-03-04'];
  for (const number of ['A', 'B', 'C']) {
    const customerId = await company.customer({ number, email: 'books@office.test' });
    await company.invoice({ customerId, dueOn: number === 'B' ? '2026-02-23' : '2026-02-24' });
  }
  const alone = await company.customer({ number: 'D' });
  for (const day of days) await company.invoice({ customerId: alone, dueOn: date(day).subtract({ days: 7 }).toString() });
  for (const day of days) await company.run(day);
  expect(await company.reasons()).toEqual([
    'A 03-03 matched',
    'B 03-02 matched',
    'C 03-03 cap_reached',
    'D 03-02 matched',
    'D 03-03 matched',
    'D 03-04 cap_reached',
  ]);
  // B's mail of the 2nd is older than a week on the 9th, A's and D's on the 10th; the window of three days is over by then
  for (const day of ['2026-03-05', '2026-03-06']) await company.run(day);
  expect((await remindersOf(company)).map((row) => row.number)).toEqual(['A', 'B', 'D', 'D']);
});

test('six customers with one address and nothing sent before: five mails, the most overdue first', async () => {
  const company = await Company.open();
  await company.rule('Late', when(lateFor(1)));
  for (let n = 1; n <= 6; n++) {
    const customerId = await company.customer({ number: `C-${n}`, email: 'books@office.test' });
    await company.invoice({ customerId, dueOn: date(DAY).subtract({ days: n }).toString() });
  }
  await company.run(DAY);
  expect(await company.reasons()).toEqual(['C-1 03-02 cap_reached', ...[2, 3, 4, 5, 6].map((n) => `C-${n} 03-02 matched`)]);
});

test('a mail that a person sent counts as a contact, and one that failed does not', async () => {
  const company = await Company.open();
  await company.rule('Overdue 7', when(overdue(7)));
  const mailed = async (number: string, state: string, kind = 'reminder') => {
    const customerId = await company.customer({ number });
    await company.mailed(await company.invoice({ customerId, dueOn: DUE }), customerId, DAY, kind, state);
  };
  await mailed('sent', 'sent');
  await mailed('statement', 'sent', 'statement');
  await mailed('receipt', 'sent', 'receipt');
  await mailed('waiting', 'ready');
  await mailed('failed', 'failed');
  await company.run(DAY);
  expect(await company.reasons()).toEqual([
    'failed 03-02 matched',
    'receipt 03-02 matched',
    'sent 03-02 too_soon',
    'statement 03-02 too_soon',
    'waiting 03-02 too_soon',
  ]);
});

test('data that is too old holds everything, until an upload comes', async () => {
  const company = await Company.open({ freshnessHours: 24 });
  await company.rule('Overdue 7', when(overdue(7)));
  await company.invoice({ customerId: await company.customer({ number: 'C' }), dueOn: DUE });
  const upload = (at: string, failed = 0) =>
    db.admin.query(
      "insert into upload (tenant_id, id, kind, source, received, failed, actor_name, started_at, finished_at) values ($1, $2, 'invoices', 'api', 5, $3, 'Test', $4, $4)",
      [company.tenantId, newId(), failed, at],
    );
  await upload('2026-03-01T09:00:00Z');
  await upload('2026-03-02T09:00:00Z', 5);
  await company.run(DAY);
  expect(await company.reasons()).toEqual(['C 03-02 stale_data']);
  await upload('2026-03-02T20:00:00Z');
  await company.run('2026-03-03');
  expect(await company.reasons()).toEqual(['C 03-02 matched']);
  expect(await remindersOf(company, '2026-03-03')).toHaveLength(1);
});

test('a person skips a coming mail, or moves it to a later day', async () => {
  const company = await Company.open();
  await company.rule('Overdue 7', when(overdue(7)));
  const customer = async (number: string) => {
    const customerId = await company.customer({ number });
    await company.invoice({ customerId, number: `${number}-1`, dueOn: DUE });
    return customerId;
  };
  await company.override(await customer('skipped'), 'skip', DAY);
  await company.override(await customer('soon'), 'postpone', DAY, '2026-03-04');
  await company.override(await customer('far'), 'postpone', DAY, '2026-03-12');
  const sent: string[] = [];
  for (let n = 0; n < 12; n++) {
    const on = date(DAY).add({ days: n }).toString();
    await company.run(on);
    if (n === 0) expect(await company.reasons()).toEqual(['far 03-02 postponed', 'skipped 03-02 skipped', 'soon 03-02 postponed']);
    for (const row of await remindersOf(company, on)) sent.push(`${on.slice(5)} ${row.number}`);
  }
  expect(sent).toEqual(['03-04 soon', '03-12 far']);
});

test('run now asks for one customer and a coming day, and the day itself does not ask again', async () => {
  const company = await Company.open();
  await company.rule('Overdue 7', when(overdue(7)));
  const ids: string[] = [];
  for (const number of ['A', 'B']) {
    const customerId = await company.customer({ number });
    ids.push(customerId);
    await company.invoice({ customerId, dueOn: '2026-02-25' });
  }
  db.clock.set(`${DAY}T08:00:00Z`);
  const runId = await db.inTenant(company.tenantId, (ctx) => startManualRun(ctx, null, { customerIds: [ids[0]!], day: date('2026-03-04') }));
  await executeRun(workFor(db.platform(), company.tenantId, systemActor), runId);
  expect(await company.reasons()).toEqual(['A 03-04 matched']);
  await db.admin.query("update outbound_email set state = 'sent', sent_on = $2, sent_at = $2::date where tenant_id = $1", [company.tenantId, DAY]);
  for (const day of [DAY, '2026-03-03', '2026-03-04']) await company.run(day);
  expect((await remindersOf(company)).map((row) => row.number)).toEqual(['A', 'B']);
});
