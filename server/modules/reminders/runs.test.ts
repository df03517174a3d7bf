import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemActor, workFor } from '../../platform/context.ts';
import { sql } from '../../platform/database/sql.ts';
import { onFault } from '../../platform/fault.ts';
import { drainJobs } from '../../platform/jobs/worker.ts';
import { testDatabase, type TestDatabase } from '../../../tests/support/database.ts';
import { jobs as mailJobs } from '../correspondence/index.ts';
import { executeRun, planRun, startManualRun } from './commands/run.ts';
import { runDaily } from './commands/run-daily.ts';
import { activateRule, addSampleRule, createRule, deactivateRule } from './commands/rules.ts';
import type { Condition, Group } from '../conditions/index.ts';
import { why } from '../proof/why.ts';
import { testRule } from './inspection/preview.ts';
import { continueRun, runDue } from './jobs.ts';
import { samples } from './samples.ts';
import { decisionsOf, remindersOf, TestData } from './test-data.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());

const date = (text: string) => Temporal.PlainDate.from(text);
const all: Group = { combinator: 'and', conditions: [{ field: 'customer_category', operator: 'all' }] };
const when = (...conditions: Condition[]): Group => ({ combinator: 'or', conditions });
const overdue = (value: number): Condition => ({ field: 'overdue_by', operator: 'equal', value });
const dueIn = (value: number): Condition => ({ field: 'due_in', operator: 'equal', value });

class Company extends TestData {
  templateId = '';

  static async open(values: { timezone?: string; setting?: Record<string, unknown> } = {}): Promise<Company> {
    const company = new Company(db, await db.tenant({ timezone: 'UTC', ...values }));
    company.templateId = await company.template();
    return company;
  }

  rule(name: string, invoiceCondition: Group, options: { customers?: Group; templateId?: string; active?: boolean } = {}): Promise<string> {
    return db.inTenant(this.tenantId, async (ctx) => {
      const id = await createRule(ctx, {
        name,
        templateId: options.templateId ?? this.templateId,
        customerCondition: options.customers ?? all,
        invoiceCondition,
      });
      if (options.active !== false) await activateRule(ctx, id);
      return id;
    });
  }

  run = (on: string) => runDaily(db.platform(), this.tenantId, date(on));

  async runNow(): Promise<string> {
    const id = await db.inTenant(this.tenantId, (ctx) => startManualRun(ctx, null));
    await executeRun(workFor(db.platform(), this.tenantId, systemActor), id);
    return id;
  }
}

/** Two customers of each category and none, each with invoices due from 12 days ago to 12 days ahead of the day. */
async function manyInvoices(company: Company, day: string): Promise<void> {
  for (const [number, categories] of [
    ['VIP', ['VIP customers']],
    ['REP', ['Repeat']],
    ['BOTH', ['VIP customers', 'Repeat']],
    ['NONE', []],
  ] as const) {
    const customerId = await company.customer({ number, categories: [...categories] });
    for (let offset = -12; offset <= 12; offset++) {
      const dueOn = date(day).add({ days: offset }).toString();
      await company.invoice({ customerId, number: `${number}${offset >= 0 ? '+' : ''}${offset}`, dueOn });
      // neither closed invoices nor credits are reminded of
      if (offset % 5 === 0) {
        await company.invoice({ customerId, dueOn, state: 'closed' });
        await company.invoice({ customerId, dueOn, kind: 'credit_memo', amount: 1 });
      }
    }
  }
}

test.each([
  ['due_in_5', { VIP: ['+5'], REP: ['+5'], BOTH: ['+5'], NONE: ['+5'] }],
  ['overdue_3', { VIP: ['-3'], REP: ['-3'], BOTH: ['-3'], NONE: ['-3'] }],
  ['overdue_3_5_10', { VIP: ['-10', '-5', '-3'], REP: ['-10', '-5', '-3'], BOTH: ['-10', '-5', '-3'], NONE: ['-10', '-5', '-3'] }],
  ['due_in_1_vip', { VIP: ['+1'], BOTH: ['+1'] }],
  ['due_in_4_vip_repeat', { VIP: ['+4'], REP: ['+4'], BOTH: ['+4'] }],
])("the guide's sample rule %s reminds exactly the customers and invoices it speaks of", async (key, expected) => {
  db.clock.set('2026-03-02T10:00:00Z');
  const company = await Company.open();
  await manyInvoices(company, '2026-03-02');
  await db.inTenant(company.tenantId, async (ctx) => activateRule(ctx, await addSampleRule(ctx, key, undefined)));
  await company.run('2026-03-02');
  const found = await remindersOf(company);
  expect(Object.fromEntries(found.map((row) => [row.number, row.documents]))).toEqual(
    Object.fromEntries(Object.entries(expected).map(([number, offsets]) => [number, offsets.map((offset) => number + offset)])),
  );
  expect(samples.map((sample) => sample.key)).toContain(key);
});

test('running twice, daily or by hand, sends nothing twice', async () => {
  db.clock.set('2026-03-02T10:00:00Z');
  const company = await Company.open();
  await manyInvoices(company, '2026-03-02');
  await company.rule('Overdue 7', when(overdue(7)));
  expect(await company.run('2026-03-02')).toMatchObject({ mails: 4, held: 0, alreadyDone: false, amounts: [{ amount: '400.00', currency: 'USD' }] });
  const written = (await db.admin.query('select xmin, ctid from reminder_decision where tenant_id = $1 order by ctid', [company.tenantId])).rows;
  expect(await company.run('2026-03-02')).toMatchObject({ mails: 4, alreadyDone: true });
  const again = await company.runNow();
  await company.runNow();
  expect(await remindersOf(company)).toHaveLength(4);
  expect((await db.admin.query('select xmin, ctid from reminder_decision where tenant_id = $1 order by ctid', [company.tenantId])).rows).toEqual(written);
  const run = (await db.admin.query('select sent_count, state from reminder_run where id = $1', [again])).rows[0];
  expect(run).toEqual({ sent_count: 0, state: 'done' });
});

test('three missed days are caught up in one mail; older ones are recorded as missed', async () => {
  db.clock.set('2026-03-02T10:00:00Z');
  const company = await Company.open();
  await company.rule('Overdue 7', when(overdue(7)));
  await company.run('2026-03-02');
  // 2026-03-03 to 2026-03-07 have no run; 7 days overdue on the 3rd … 8th are due from 02-24 … 03-01
  const customerId = await company.customer({ number: 'C' });
  for (let n = 3; n <= 8; n++) await company.invoice({ customerId, number: `matches-0${n}`, dueOn: date(`2026-03-0${n}`).subtract({ days: 7 }).toString() });
  db.clock.set('2026-03-08T10:00:00Z');
  const summary = await company.run('2026-03-08');
  expect(summary).toMatchObject({
    days: ['2026-03-05', '2026-03-06', '2026-03-07', '2026-03-08'],
    missedDays: ['2026-03-03', '2026-03-04'],
    mails: 1,
    merged: 3,
  });
  expect(await remindersOf(company)).toEqual([
    { number: 'C', documents: ['matches-05', 'matches-06', 'matches-07', 'matches-08'], template: 'Invoice reminder' },
  ]);
  db.clock.set('2026-03-09T10:00:00Z');
  expect(await company.run('2026-03-09')).toMatchObject({ days: ['2026-03-09'], missedDays: [], mails: 0 });
});

test('days before a rule was switched on are not caught up', async () => {
  db.clock.set('2026-03-02T10:00:00Z');
  const company = await Company.open();
  await company.rule('Overdue 30', when(overdue(30)));
  await company.run('2026-03-02');
  const customerId = await company.customer({ number: 'C' });
  for (const day of ['2026-03-03', '2026-03-04', '2026-03-05'])
    await company.invoice({ customerId, number: `matches-${day}`, dueOn: date(day).subtract({ days: 7 }).toString() });
  db.clock.set('2026-03-04T12:00:00Z');
  await company.rule('Overdue 7', when(overdue(7)));
  db.clock.set('2026-03-05T10:00:00Z');
  await company.run('2026-03-05');
  expect(await remindersOf(company)).toMatchObject([{ documents: ['matches-2026-03-04', 'matches-2026-03-05'] }]);
});

test('a company in Auckland and one in Honolulu are each reminded on their own day at their own hour', async () => {
  db.clock.set('2026-03-01T00:00:00Z');
  // no mail server is there: what waits to be sent would keep the next day's mail back
  const setting = { reminders: { minContactDays: 0, weeklyCap: null } };
  const auckland = await Company.open({ timezone: 'Pacific/Auckland', setting });
  const honolulu = await Company.open({ timezone: 'Pacific/Honolulu', setting });
  for (const company of [auckland, honolulu]) {
    await company.rule('Due today', when(dueIn(0)));
    const customerId = await company.customer({ number: 'C' });
    for (const day of ['2026-03-09', '2026-03-10', '2026-03-11']) await company.invoice({ customerId, number: day, dueOn: day });
  }
  const sent = async (company: Company) => (await remindersOf(company)).map((row) => row.documents[0]).sort();
  // nothing else matches before; Auckland is 13 hours ahead of UTC, Honolulu 10 behind: 9 o'clock is 20:00Z and 19:00Z
  const at = async (moment: string) => {
    db.clock.set(moment);
    await Promise.all([1, 2, 3, 4].map(() => runDue(db.platform())));
    await drainJobs(db.platform(), [...mailJobs, continueRun] as never);
  };
  await at('2026-03-08T19:59:59Z');
  expect(await sent(auckland)).toEqual([]);
  await at('2026-03-08T20:00:00Z');
  expect(await sent(auckland)).toEqual(['2026-03-09']);
  await at('2026-03-09T18:59:00Z');
  expect(await sent(honolulu)).toEqual([]);
  await at('2026-03-09T19:00:00Z');
  expect(await sent(honolulu)).toEqual(['2026-03-09']);
  expect(await sent(auckland)).toEqual(['2026-03-09']);
  await at('2026-03-09T20:00:01Z');
  expect(await sent(auckland)).toEqual(['2026-03-09', '2026-03-10']);
  await at('2026-03-10T23:00:00Z');
  expect(await sent(auckland)).toEqual(['2026-03-09', '2026-03-10', '2026-03-11']);
  expect(await sent(honolulu)).toEqual(['2026-03-09', '2026-03-10']);
});

test('four workers that look every minute begin one run a day', async () => {
  db.clock.set('2026-03-02T08:00:00Z');
  const company = await Company.open({ setting: { reminders: { hour: 10 } } });
  await company.rule('Overdue', { combinator: 'and', conditions: [{ field: 'overdue_by', operator: 'greater', value: 0 }] });
  const customerId = await company.customer({ number: 'C' });
  await company.invoice({ customerId, dueOn: '2026-01-01' });
  for (let minute = 0; minute < 240; minute += 10) {
    db.clock.advance({ minutes: 10 });
    await Promise.all([1, 2, 3, 4].map(() => runDue(db.platform())));
    await drainJobs(db.platform(), [...mailJobs, continueRun] as never);
  }
  expect(await remindersOf(company)).toHaveLength(1);
  expect((await db.admin.query('select run_on::text, kind from reminder_run where tenant_id = $1', [company.tenantId])).rows).toEqual([
    { run_on: '2026-03-02', kind: 'daily' },
  ]);
});

test('matches of several rules become one mail under the rule with the oldest invoice', async () => {
  db.clock.set('2026-03-02T10:00:00Z');
  const company = await Company.open();
  const firm = await company.template('Second reminder');
  const customerId = await company.customer({ number: 'C' });
  await company.invoice({ customerId, number: 'seven', dueOn: '2026-02-23' });
  await company.invoice({ customerId, number: 'thirty', dueOn: '2026-01-31' });
  await company.invoice({ customerId, number: 'thirty-euro', dueOn: '2026-01-31', currency: 'EUR', amount: 500 });
  await company.rule('Overdue 7', when(overdue(7)));
  await company.rule('Overdue 30', when(overdue(30)), { templateId: firm });
  await company.rule('Overdue 7 or 30', when(overdue(7), overdue(30)));
  const summary = await company.run('2026-03-02');
  expect(await remindersOf(company)).toEqual([{ number: 'C', documents: ['thirty', 'thirty-euro', 'seven'], template: 'Second reminder' }]);
  expect(summary).toMatchObject({
    mails: 1,
    amounts: [
      { amount: '5.00', currency: 'EUR' },
      { amount: '200.00', currency: 'USD' },
    ],
  });
  expect((await decisionsOf(company)).map((row) => [row.rule, row.outcome, row.reason])).toEqual([
    ['Overdue 7', 'merged', 'stronger_rule'],
    ['Overdue 30', 'send', 'matched'],
    ['Overdue 30', 'merged', 'same_rule'],
    ['Overdue 7 or 30', 'merged', 'stronger_rule'],
    ['Overdue 7 or 30', 'merged', 'stronger_rule'],
  ]);
});

test('with one mail for each rule, each rule sends its own', async () => {
  db.clock.set('2026-03-02T10:00:00Z');
  const company = await Company.open({ setting: { reminders: { grouping: 'per_rule' } } });
  const firm = await company.template('Second reminder');
  const customerId = await company.customer({ number: 'C' });
  await company.invoice({ customerId, number: 'seven', dueOn: '2026-02-23' });
  await company.invoice({ customerId, number: 'thirty', dueOn: '2026-01-31' });
  await company.rule('Overdue 7', when(overdue(7)));
  await company.rule('Overdue 30', when(overdue(30)), { templateId: firm });
  expect(await company.run('2026-03-02')).toMatchObject({ mails: 2, merged: 0 });
  expect(await remindersOf(company)).toEqual([
    expect.objectContaining({ documents: ['seven'], template: 'Invoice reminder' }),
    expect.objectContaining({ documents: ['thirty'], template: 'Second reminder' }),
  ]);
});

test('customers who must not be written to are held back, each with the reason', async () => {
  db.clock.set('2026-03-02T10:00:00Z');
  const company = await Company.open();
  await company.rule('Overdue 7', when(overdue(7)));
  const dueOn = '2026-02-23';
  const invoice = async (customerId: string) => company.invoice({ customerId, dueOn });
  await invoice(await company.customer({ number: 'archived', archived: true }));
  await invoice(await company.customer({ number: 'paused-until-today', pausedUntil: '2026-03-02' }));
  await invoice(await company.customer({ number: 'paused-until-yesterday', pausedUntil: '2026-03-01' }));
  await invoice(await company.customer({ number: 'nobody', email: null }));
  const onlyOther = await company.customer({ number: 'only-other', email: null });
  await company.contact(onlyOther, 'dev@other.test', { purposes: ['other'] });
  await invoice(onlyOther);
  await invoice(await company.customer({ number: 'bounced', email: 'Gone@Bounced.test' }));
  await company.suppress('gone@bounced.test');
  const second = await company.customer({ number: 'second-address', email: 'gone@second.test' });
  await company.contact(second, 'here@second.test');
  await company.suppress('gone@second.test', 'opt_out');
  await invoice(second);
  const paying = await company.customer({ number: 'paying' });
  await inFlight(company, paying, [await invoice(paying)]);
  const halfPaying = await company.customer({ number: 'half-paying' });
  await inFlight(company, halfPaying, [await invoice(halfPaying)]);
  await company.invoice({ customerId: halfPaying, dueOn, number: 'not-being-paid' });

  expect(await company.run('2026-03-02')).toMatchObject({
    mails: 3,
    held: 6,
    heldReasons: { archived: 1, paused: 1, no_contact: 2, suppressed: 1, payment_in_flight: 1 },
  });
  expect((await decisionsOf(company)).map((row) => [row.number, row.reason])).toEqual([
    ['archived', 'archived'],
    ['bounced', 'suppressed'],
    ['half-paying', 'matched'],
    ['nobody', 'no_contact'],
    ['only-other', 'no_contact'],
    ['paused-until-today', 'paused'],
    ['paused-until-yesterday', 'matched'],
    ['paying', 'payment_in_flight'],
    ['second-address', 'matched'],
  ]);
  const mails = await remindersOf(company);
  expect(mails.find((row) => row.number === 'half-paying')!.documents).toEqual(['not-being-paid']);
  const { rows } = await db.admin.query('select to_address, cc_addresses from outbound_email where customer_id = $1', [second]);
  expect(rows).toEqual([{ to_address: 'here@second.test', cc_addresses: [] }]);

  // the reason goes: Run now catches it, and only it
  await company.contact(
    (await db.admin.query("select id from customer where tenant_id = $1 and number = 'nobody'", [company.tenantId])).rows[0].id,
    'new@nobody.test',
  );
  await company.runNow();
  expect((await remindersOf(company)).map((row) => row.number)).toEqual(['half-paying', 'nobody', 'paused-until-yesterday', 'second-address']);
});

async function inFlight(company: Company, customerId: string, documentIds: string[]): Promise<void> {
  const account = (
    await db.admin.query(
      "insert into gateway_account (tenant_id, id, gateway, label, settings_ciphertext, entry_origin, rails, created_at) values ($1, gen_random_uuid(), 'demo', 'Demo', '', 'http://127.0.0.1', '{card}', now()) returning id",
      [company.tenantId],
    )
  ).rows[0].id;
  const attempt = (
    await db.admin.query(
      "insert into payment_attempt (tenant_id, id, customer_id, gateway_account_id, rail, currency, amount_minor, state, created_at) values ($1, gen_random_uuid(), $2, $3, 'card', 'USD', 100, 'submitted', now()) returning id",
      [company.tenantId, customerId, account],
    )
  ).rows[0].id;
  for (const id of documentIds)
    await db.admin.query('insert into payment_attempt_document (tenant_id, attempt_id, document_id, amount_minor) values ($1, $2, $3, 100)', [
      company.tenantId,
      attempt,
      id,
    ]);
}

test('a customer reminded this morning gets no second mail by a run in the afternoon', async () => {
  db.clock.set('2026-03-02T10:00:00Z');
  const company = await Company.open();
  const customerId = await company.customer({ number: 'C' });
  await company.invoice({ customerId, dueOn: '2026-02-23' });
  await company.invoice({ customerId, dueOn: '2026-03-07' });
  await company.rule('Overdue 7', when(overdue(7)));
  await company.run('2026-03-02');
  await company.rule('Due in 5', when(dueIn(5)));
  await company.runNow();
  expect(await remindersOf(company)).toHaveLength(1);
  expect((await decisionsOf(company)).map((row) => [row.rule, row.outcome, row.reason])).toEqual([
    ['Overdue 7', 'send', 'matched'],
    ['Due in 5', 'held', 'too_soon'],
  ]);
});

test('a run that dies at any of its steps is brought to its end by another worker, and sends everything once', async () => {
  for (const point of [
    'reminders.plan.before_commit',
    'reminders.plan.after_commit',
    'reminders.mails.before_commit',
    'reminders.mails.after_commit',
    'reminders.finish.before_commit',
  ]) {
    db.clock.set('2026-03-02T10:00:00Z');
    const company = await Company.open();
    await manyInvoices(company, '2026-03-02');
    await company.rule('Overdue 7', when(overdue(7)));
    const id = await db.inTenant(company.tenantId, (ctx) => startManualRun(ctx, null));
    let fired = false;
    onFault((name) => {
      if (name !== point || fired) return;
      fired = true;
      throw new Error('the power failed');
    });
    await expect(executeRun(workFor(db.platform(), company.tenantId, systemActor), id)).rejects.toThrow('the power failed');
    onFault(null);
    db.clock.advance({ minutes: 3 });
    await runDue(db.platform());
    await drainJobs(db.platform(), [...mailJobs, continueRun] as never);
    expect(fired).toBe(true);
    expect(await remindersOf(company), point).toHaveLength(4);
    expect((await db.admin.query('select state, sent_count from reminder_run where id = $1', [id])).rows).toEqual([{ state: 'done', sent_count: 4 }]);
    const { rows } = await db.admin.query("select data from event where tenant_id = $1 and type = 'reminder_run.finished'", [company.tenantId]);
    expect(rows).toHaveLength(1);
    expect(rows[0].data).toMatchObject({ mails: 4, held: 0 });
    await db.inTenant(company.tenantId, (ctx) => ctx.tx.run(sql`update reminder_rule set active = false`));
  }
});

test('two runs planned at the same time decide each customer once', async () => {
  db.clock.set('2026-03-02T10:00:00Z');
  const company = await Company.open();
  await manyInvoices(company, '2026-03-02');
  await company.rule('Overdue 7', when(overdue(7)));
  const ids = await db.inTenant(company.tenantId, async (ctx) => [
    await startManualRun(ctx, null),
    await startManualRun(ctx, null),
    await startManualRun(ctx, null),
  ]);
  await Promise.all(ids.map((id) => db.inTenant(company.tenantId, (ctx) => planRun(ctx, id))));
  await Promise.all(ids.map((id) => executeRun(workFor(db.platform(), company.tenantId, systemActor), id)));
  expect(await remindersOf(company)).toHaveLength(4);
  expect(await decisionsOf(company)).toHaveLength(4);
});

test('the test of a rule shows what it would send and why, and writes nothing', async () => {
  db.clock.set('2026-03-02T10:00:00Z');
  const company = await Company.open();
  await manyInvoices(company, '2026-03-02');
  await company.customer({ number: 'nobody', email: null }).then((customerId) => company.invoice({ customerId, number: 'n-3', dueOn: '2026-02-27' }));
  const draft = { customerCondition: all, invoiceCondition: when(overdue(3), overdue(5)) };
  const { summary, customers } = await db.inTenant(company.tenantId, (ctx) => testRule(ctx, draft, null, 3));
  expect(summary).toEqual({
    mails: 4,
    tasks: 0,
    letters: 0,
    merged: 0,
    held: 1,
    heldReasons: { no_contact: 1 },
    invoices: 8,
    amounts: [{ amount: '800.00', currency: 'USD' }],
  });
  expect(
    customers.map(({ row, invoices }) => [row.customerNumber, row.outcome, row.email, invoices.map((invoice) => [invoice.number, invoice.values])]),
  ).toEqual([
    ['BOTH', 'send', 'ap@both.test', expect.arrayContaining([['BOTH-3', [{ field: 'overdue_by', label: 'Invoice overdue by (days)', value: '3 days' }]]])],
    ['nobody', 'held', null, [['n-3', expect.anything()]]],
    ['NONE', 'send', 'ap@none.test', expect.anything()],
  ]);
  const last = customers.at(-1)!.row;
  const next = await db.inTenant(company.tenantId, (ctx) => testRule(ctx, draft, [last.sortName, last.customerId, last.currency], 3));
  expect(next.customers.map(({ row }) => row.customerNumber)).toEqual(['REP', 'VIP']);
  expect(await decisionsOf(company)).toEqual([]);
});

test('why answers each condition with its value, and what was decided', async () => {
  db.clock.set('2026-03-02T10:00:00Z');
  const company = await Company.open();
  const customerId = await company.customer({ number: 'CUST-42', categories: ['VIP customers'] });
  await company.invoice({ customerId, number: 'A', dueOn: '2026-02-23' });
  await company.invoice({ customerId, number: 'B', dueOn: '2026-03-10' });
  const vip: Group = { combinator: 'and', conditions: [{ field: 'customer_category', operator: 'equal', value: await company.category('VIP customers') }] };
  await company.rule(
    'Overdue 7',
    { combinator: 'and', conditions: [overdue(7), { field: 'invoice_amount', operator: 'greater', value: '50' }] },
    { customers: vip },
  );
  await company.rule('Due in 1', when(dueIn(1)));
  const off = await company.rule('Off', when(overdue(7)));
  await db.inTenant(company.tenantId, (ctx) => deactivateRule(ctx, off));
  const [before] = await db.inTenant(company.tenantId, (ctx) => why(ctx, 'CUST-42', date('2026-03-02')));
  expect(before!.rules.map((rule) => [rule.name, rule.active, rule.matched, rule.wouldBe?.outcome ?? null, rule.decisions.length])).toEqual([
    ['Overdue 7', true, ['A'], 'send', 0],
    ['Due in 1', true, [], null, 0],
    ['Off', false, ['A'], null, 0],
  ]);
  expect(before!.rules[0]!.conditions).toEqual([
    {
      about: 'customer',
      field: 'Customer category',
      asked: 'equal VIP customers',
      held: true,
      values: [
        { invoice: 'A', value: 'VIP customers', held: true },
        { invoice: 'B', value: 'VIP customers', held: true },
      ],
    },
    {
      about: 'invoice',
      field: 'Invoice overdue by (days)',
      asked: 'equal 7',
      held: true,
      values: [
        { invoice: 'A', value: '7 days', held: true },
        { invoice: 'B', value: 'not due yet', held: false },
      ],
    },
    {
      about: 'invoice',
      field: 'Invoice amount',
      asked: 'greater 50',
      held: true,
      values: [
        { invoice: 'A', value: '$100.00', held: true },
        { invoice: 'B', value: '$100.00', held: true },
      ],
    },
  ]);
  await company.run('2026-03-02');
  db.clock.set('2026-03-20T10:00:00Z');
  const [after] = await db.inTenant(company.tenantId, (ctx) => why(ctx, 'CUST-42', date('2026-03-02')));
  expect(after!.rules[0]!.decisions).toMatchObject([
    { day: '2026-03-02', outcome: 'send', reason: 'matched', amount: { amount: '100.00', currency: 'USD' }, emailId: expect.any(String) },
  ]);
  expect(after!.rules[0]!.wouldBe).toBeNull();
});

test('a day that has not come is only tried: a dry run tells what it would send', async () => {
  db.clock.set('2026-03-02T10:00:00Z');
  const company = await Company.open();
  await manyInvoices(company, '2026-03-05');
  await company.rule('Overdue 7', when(overdue(7)));
  await expect(company.run('2026-03-05')).rejects.toThrow('has not come yet');
  const dry = await runDaily(db.platform(), company.tenantId, date('2026-03-05'), { dryRun: true });
  expect(dry).toMatchObject({ dryRun: true, runId: null, days: ['2026-03-02', '2026-03-03', '2026-03-04', '2026-03-05'], mails: 4 });
  expect(await remindersOf(company)).toEqual([]);
});
