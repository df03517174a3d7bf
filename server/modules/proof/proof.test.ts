import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { type Company, startServer, type TestServer } from '../../../tests/support/server.ts';
import { uploadCustomer, uploadInvoices } from '../../../tests/support/story.ts';
import { systemActor, workFor } from '../../platform/context.ts';
import { onFault } from '../../platform/fault.ts';
import { executeBacktest } from './commands.ts';
import { pruneTenant } from './history.ts';

let server: TestServer;
let company: Company;
let ruleId = '';
beforeAll(async () => {
  server = await startServer({ start: '2026-03-02T13:30:00Z' });
});
afterAll(() => server.close());

const day = (offset: number) => Temporal.PlainDate.from('2026-03-02').add({ days: offset }).toString();

/** Monday, an hour after the run: a rule "overdue by 3 days" is on from tomorrow's run, and customer A has an invoice for each of five days. */
beforeEach(async () => {
  server.clock.set('2026-03-02T13:30:00Z');
  company = await server.company({ email: `admin-${Math.random().toString(36).slice(2)}@northwind.example` });
  server.clock.advance({ hours: 1 });
  await server.settle();
  const { body } = await company.call('POST', '/v1/reminders/samples', { sample: 'overdue_3' });
  ruleId = body.id;
  await company.call('POST', `/v1/reminder-rules/${ruleId}/activate`);
});

async function customer(number: string, invoices: [string, number][]): Promise<string> {
  const id = await uploadCustomer(company, number);
  await uploadInvoices(
    company,
    number,
    invoices.map(([invoice, dueIn]) => ({ number: invoice, amount: 100, dueDate: day(dueIn) })),
  );
  return id;
}

const tomorrow = async () => {
  server.clock.advance({ days: 1 });
  await server.settle();
};

const ask = async (query: string) => (await company.call('GET', `/v1/reminders/why?${query}`)).body.items[0];

test('why shows a past day as it was, whatever changed since', async () => {
  const id = await customer('A', [
    ['I-1', -2],
    ['I-2', 5],
  ]);
  await tomorrow();
  const then = await ask('customer=A&on=2026-03-03');
  expect(then).toMatchObject({ openInvoices: 2, asOf: '2026-03-03T14:30:00Z', runs: [{ kind: 'daily', state: 'done' }] });
  expect(then.rules.find((rule: { ruleId: string }) => rule.ruleId === ruleId)).toMatchObject({
    version: 2,
    active: true,
    answer: { code: 'send', text: 'The rule matched' },
    matched: ['I-1'],
    conditions: [
      { about: 'customer' },
      {
        about: 'invoice',
        values: [
          { invoice: 'I-1', value: '3 days', held: true },
          { invoice: 'I-2', value: 'not due yet', held: false },
        ],
      },
    ],
    decisions: [{ outcome: 'send', amount: { amount: '100.00', currency: 'USD' } }],
  });
  server.clock.advance({ hours: 1 });
  // paid, due on another day, paused, and the rule is another
  await company.call('POST', '/v1/payments', { customerId: id, amount: { amount: '130.00', currency: 'USD' }, method: 'check', autoApply: true });
  await uploadInvoices(company, 'A', [{ number: 'I-2', amount: 70, dueDate: day(9) }]);
  await company.call('PUT', `/v1/customers/${id}/pause`, { until: '2026-12-31' });
  await company.call('PATCH', `/v1/reminder-rules/${ruleId}`, {
    name: 'Something else',
    invoiceCondition: { combinator: 'and', conditions: [{ field: 'overdue_by', operator: 'equal', value: 40 }] },
  });
  await company.call('POST', `/v1/reminder-rules/${ruleId}/deactivate`);
  await tomorrow();
  expect({ ...(await ask('customer=A&on=2026-03-03')), decisionsSince: null }).toEqual({ ...then, decisionsSince: null });
  const invoice = await ask('customer=A&on=2026-03-03&invoice=I-2');
  expect(invoice).toMatchObject({ openInvoices: 1, invoice: { number: 'I-2', open: true } });
  expect(await ask('customer=A&on=2026-03-04&invoice=I-1')).toMatchObject({ invoice: { open: false, text: 'Nothing of it was open' } });
  expect((await company.call('GET', '/v1/reminders/why?customer=A&invoice=NONE')).status).toBe(404);
});

test('why names the first reason that held a day back, and the rules that were off', async () => {
  const id = await customer('A', [['I-1', -2]]);
  await company.call('PUT', `/v1/customers/${id}/pause`, { until: '2026-03-03' });
  await tomorrow();
  const { rules } = await ask('customer=A&on=2026-03-03');
  expect(rules.find((rule: { ruleId: string }) => rule.ruleId === ruleId).answer).toEqual({
    code: 'held',
    reason: 'paused',
    text: 'Reminders to the customer are paused',
  });
  expect(
    rules.filter((rule: { ruleId: string }) => rule.ruleId !== ruleId).every((rule: { answer: { code: string } }) => rule.answer.code === 'not_active'),
  ).toBe(true);
  // of a day to come it says what a run would decide
  const next = await ask('customer=A&on=2026-03-04');
  expect(next).toMatchObject({ asOf: null, runs: [] });
  const about = async (on: string) => (await ask(`customer=B&on=${on}`)).rules.find((rule: { ruleId: string }) => rule.ruleId === ruleId).answer.code;
  await customer('B', [['I-2', 1]]);
  expect([await about('2026-03-05'), await about('2026-03-06'), await about('2026-03-07')]).toEqual(['not_matched', 'send', 'not_matched']);
  // a rule that matches on a day which is none of its own
  await company.call('PATCH', `/v1/reminder-rules/${ruleId}`, { schedule: { days: [1], hour: null, holidays: 'ignore' } });
  expect((await ask('customer=B&on=2026-03-06')).rules.find((rule: { ruleId: string }) => rule.ruleId === ruleId)).toMatchObject({
    matched: ['I-2'],
    answer: { code: 'not_asked', text: 'By its schedule the rule is not asked on this day' },
  });
});

async function calendar(): Promise<Record<string, { sent: string[]; held: string[] }>> {
  const { body } = await company.call('GET', '/v1/reminders/calendar?days=14');
  type Row = { outcome: string; reason: string; customer: { number: string } };
  const rows = (one: { runs: { rows: Row[] }[] }) => one.runs.flatMap((run) => run.rows);
  return Object.fromEntries(
    body.days
      .filter((one: { runs: { rows: Row[] }[] }) => rows(one).length > 0)
      .map((one: { day: string; runs: { rows: Row[] }[] }) => [
        one.day,
        {
          sent: rows(one)
            .filter((row) => row.outcome === 'send')
            .map((row) => row.customer.number),
          held: rows(one)
            .filter((row) => row.outcome === 'held')
            .map((row) => `${row.customer.number} ${row.reason}`),
        },
      ]),
  );
}

test('the calendar shows the coming days, and what people decide about them; it can be taken back', async () => {
  const a = await customer('A', [
    ['I-1', -2],
    ['I-2', 0],
    ['I-3', 7],
  ]);
  const b = await customer('B', [['I-4', 0]]);
  expect(await calendar()).toEqual({ [day(1)]: { sent: ['A'], held: [] }, [day(3)]: { sent: ['A', 'B'], held: [] }, [day(10)]: { sent: ['A'], held: [] } });
  const skip = await company.call('POST', '/v1/reminders/overrides', { customerId: a, day: day(3), action: 'skip' });
  expect(skip.status).toBe(201);
  const postpone = await company.call('POST', '/v1/reminders/overrides', { customerId: b, ruleId, day: day(3), action: 'postpone', toDay: day(5) });
  expect(postpone.status).toBe(201);
  expect(await calendar()).toEqual({
    [day(1)]: { sent: ['A'], held: [] },
    [day(3)]: { sent: [], held: expect.arrayContaining(['A skipped', 'B postponed']) },
    [day(5)]: { sent: ['B'], held: [] },
    [day(10)]: { sent: ['A'], held: [] },
  });
  expect((await company.call('DELETE', `/v1/reminders/overrides/${skip.body.override.id}`)).status).toBe(204);
  expect((await calendar())[day(3)]).toEqual({ sent: ['A'], held: ['B postponed'] });
  // what the calendar says is what the runs then do
  await server.mail.clear();
  const mails: Record<string, string[]> = {};
  for (let n = 1; n <= 5; n++) {
    await tomorrow();
    for (const mail of await server.mail.messages()) (mails[day(n)] ??= []).push(mail.envelopeTo[0]!);
    await server.mail.clear();
  }
  expect(mails).toEqual({ [day(1)]: ['ap@a.example'], [day(3)]: ['ap@a.example'], [day(5)]: ['ap@b.example'] });
  expect((await company.call('DELETE', `/v1/reminders/overrides/${postpone.body.override.id}`)).body).toMatchObject({ code: 'day_has_run' });
});

test('the calendar knows that a letter keeps a mail of its day back, and that a run larger than usual waits', async () => {
  const a = await customer('A', [['I-1', 0]]);
  await customer('B', [['I-2', 0]]);
  const steps = [
    { offsetDays: 3, channel: 'letter', title: 'Final notice', body: 'Please pay.', to: 'letters' },
    { offsetDays: 3, channel: 'task', title: 'Call them', body: '', to: 'billing' },
  ];
  const cadence = await company.call('POST', '/v1/cadences', { name: 'Firm', steps });
  expect(cadence.status, JSON.stringify(cadence.body)).toBe(201);
  await company.call('POST', `/v1/cadences/${cadence.body.id}/activate`);
  await company.call('POST', `/v1/cadences/${cadence.body.id}/members`, { customerIds: [a] });
  await company.call('PATCH', '/v1/settings', { reminders: { brakeMinimum: 1 } });
  const told = async () => (await company.call('GET', '/v1/reminders/calendar?days=5')).body.days.find((one: { day: string }) => one.day === day(3));
  const { runs } = await told();
  type Row = { channel: string; outcome: string; reason: string; customer: { number: string } };
  const linesOf = (rows: Row[]) => rows.map((row) => `${row.customer.number} ${row.channel} ${row.outcome} ${row.reason}`).sort();
  expect(linesOf(runs[0].rows)).toEqual(['A email held too_soon', 'A letter send matched', 'A task send matched', 'B email send matched']);
  // two mails are planned, of which the letter keeps one back when the run is carried out
  expect(runs[0]).toMatchObject({ mails: 1, letters: 1, tasks: 1, held: 1, allowed: 1, waits: true });
  await company.call('PATCH', '/v1/settings', { reminders: { brakeMinimum: 100 } });
  expect((await told()).runs[0]).toMatchObject({ allowed: 100, waits: false });
  for (let n = 0; n < 2; n++) await tomorrow();
  server.clock.advance({ days: 1 });
  expect((await company.call('GET', '/v1/reminders/preview')).body).toMatchObject({ mails: 2, tasks: 1, letters: 1, held: 0 });
  await server.settle();
  const [run] = (await company.call('GET', '/v1/reminder-runs')).body.items;
  expect(run).toMatchObject({ runOn: day(3), mails: 1, tasks: 1, letters: 1, held: 1, delivery: { expected: 1, sent: 1 } });
  expect((await company.call('GET', `/v1/reminder-runs/${run.id}`)).body).toMatchObject({ mails: 1, tasks: 1, letters: 1 });
  const decided = (await company.call('GET', `/v1/reminder-runs/${run.id}/decisions`)).body.items as (Row & { rule: { channel: string } })[];
  expect(linesOf(decided.map((row) => ({ ...row, channel: row.rule.channel })))).toEqual(linesOf(runs[0].rows));
  const then = await ask(`customer=A&on=${day(3)}`);
  const saidOf = (rule: { channel: string; answer: { code: string } }) => `${rule.channel} ${rule.answer.code}`;
  expect(then.rules.map(saidOf).filter((text: string) => !text.includes('not_'))).toEqual(expect.arrayContaining(['letter send', 'task send', 'email held']));
  // the mail follows on the next day
  await server.mail.clear();
  for (let n = 0; n < 2; n++) await tomorrow();
  expect((await server.mail.messages()).map((mail) => mail.envelopeTo[0])).toContain('ap@a.example');
});

test('a coming mail is sent at once, and not again on its day', async () => {
  const a = await customer('A', [['I-1', 0]]);
  await server.mail.clear();
  const { body } = await company.call('POST', '/v1/reminders/overrides', { customerId: a, day: day(3), action: 'send_now' });
  expect(body).toMatchObject({ sent: { outcome: 'send', reason: 'matched' }, override: { action: 'send_now' } });
  await server.settle();
  expect((await server.mail.messages()).map((mail) => mail.envelopeTo[0])).toEqual(['ap@a.example']);
  expect(await calendar()).toEqual({});
  await server.mail.clear();
  for (let n = 0; n < 4; n++) await tomorrow();
  expect(await server.mail.messages()).toEqual([]);
});

test('words about days that make no sense are refused', async () => {
  const a = await customer('A', [['I-1', 0]]);
  const post = async (body: object) => (await company.call('POST', '/v1/reminders/overrides', { customerId: a, ...body })).body.code;
  expect(await post({ day: '2026-03-01', action: 'skip' })).toBe('invalid_input');
  expect(await post({ day: day(3), action: 'postpone' })).toBe('invalid_input');
  expect(await post({ day: day(3), action: 'postpone', toDay: day(2) })).toBe('invalid_input');
  expect(await post({ day: day(0), action: 'skip' })).toBe('day_has_run');
  expect(await post({ day: day(3), action: 'send_now' })).toBeUndefined();
  expect(await post({ day: day(8), action: 'send_now' })).toBe('nothing_to_send');
});

test('a back-test of a draft is worked out by a job, against what was sent, and against another version', async () => {
  await customer('A', [
    ['I-1', -2],
    ['I-2', -1],
  ]);
  await customer('B', [['I-3', -2]]);
  for (let n = 0; n < 10; n++) await tomorrow();
  const draft = {
    name: 'Sooner',
    customerCondition: { combinator: 'and', conditions: [{ field: 'customer_category', operator: 'all' }] },
    invoiceCondition: { combinator: 'or', conditions: [2, 4, 6].map((value) => ({ field: 'overdue_by', operator: 'equal', value })) },
  };
  const start = async (more: object) => {
    const { status, body } = await company.call('POST', '/v1/reminders/backtests', { from: '2026-03-03', to: '2026-03-11', moreThan: 3, ...more });
    expect(status, JSON.stringify(body)).toBe(201);
    await server.settle();
    return (await company.call('GET', `/v1/reminders/backtests/${body.id}`)).body;
  };
  const alone = await start({ candidate: { kind: 'rule', draft } });
  // A: I-1 is overdue by 4 and 6 on the 4th and 6th, I-2 by 2, 4 and 6 on the 3rd, 5th and 7th
  expect(alone).toMatchObject({
    state: 'done',
    title: 'Sooner (draft) against what was sent',
    summary: { mails: 7, baseMails: 3, sameMails: 2, contactsAbove: 1, proof: null },
    contactsAbove: [{ address: 'ap@a.example', mails: 5 }],
  });
  const customers = (await company.call('GET', `/v1/reminders/backtests/${alone.id}/customers`)).body.items;
  expect(customers.map((row: { customer: { number: string }; days: string[]; baseDays: string[] }) => [row.customer.number, row.days, row.baseDays])).toEqual([
    ['A', ['2026-03-03', '2026-03-04', '2026-03-05', '2026-03-06', '2026-03-07'], ['2026-03-03', '2026-03-04']],
    ['B', ['2026-03-04', '2026-03-06'], ['2026-03-03']],
  ]);
  const live = await start({ candidate: { kind: 'live' } });
  expect(live.summary).toMatchObject({ mails: 3, baseMails: 3, sameMails: 3, onlyCandidate: 0, onlyBaseline: 0, proof: { recorded: 3, different: 0 } });
  const versions = await start({ candidate: { kind: 'rule', ruleId, draft: { ...draft, name: undefined } }, baseline: { kind: 'rule', ruleId } });
  expect(versions.summary).toMatchObject({ mails: 7, baseMails: 3 });
  const current = await start({ candidate: { kind: 'current' } });
  expect(current.summary).toMatchObject({ mails: 3, sameMails: 3 });
  expect((await company.call('GET', '/v1/reminders/backtests')).body.items).toHaveLength(4);
  expect((await company.call('DELETE', `/v1/reminders/backtests/${live.id}`)).status).toBe(204);
  // nothing of the replays is left
  expect((await company.call('GET', '/v1/reminder-runs')).body.items.filter((run: { kind: string }) => run.kind === 'daily')).toHaveLength(11);
});

test('a back-test whose worker died is taken up again from its begin, and one that was cancelled stops', async () => {
  await customer('A', [['I-1', -2]]);
  for (let n = 0; n < 8; n++) await tomorrow();
  const start = async () =>
    (await company.call('POST', '/v1/reminders/backtests', { candidate: { kind: 'live' }, from: '2026-03-03', to: '2026-03-09' })).body.id as string;
  const work = workFor(server.platform, company.tenantId, systemActor);
  const died = await start();
  onFault((name) => {
    if (name === 'reminders.backtest.claimed.after_commit') throw new Error('the process dies');
  });
  await expect(executeBacktest(work, died)).rejects.toThrow('the process dies');
  expect((await company.call('GET', `/v1/reminders/backtests/${died}`)).body).toMatchObject({ state: 'running' });
  onFault(null);
  await server.settle();
  expect((await company.call('GET', `/v1/reminders/backtests/${died}`)).body).toMatchObject({
    state: 'done',
    daysDone: 7,
    summary: { mails: 1, proof: { different: 0 } },
  });
  const stopped = await start();
  onFault(async (name) => {
    if (name === 'reminders.backtest.claimed.after_commit') await company.call('POST', `/v1/reminders/backtests/${stopped}/cancel`);
  });
  await executeBacktest(work, stopped);
  onFault(null);
  expect((await company.call('GET', `/v1/reminders/backtests/${stopped}`)).body).toMatchObject({ state: 'cancelled', summary: null });
  // also while the past is put together, which is one statement after another that looks at nothing
  const building = await start();
  const waiting = `select 1 from pg_locks l join pg_database d on d.oid = l.database and d.datname = current_database()
    where l.relation = 'row_history'::regclass and not l.granted`;
  const blocked = async () => (await server.db.admin.query(waiting)).rowCount === 1;
  await server.db.admin.query('begin; lock table row_history in access exclusive mode');
  const executed = executeBacktest(work, building);
  await vi.waitUntil(blocked, 10_000);
  expect((await company.call('POST', `/v1/reminders/backtests/${building}/cancel`)).body).toMatchObject({ state: 'cancelled', daysDone: 0 });
  // it ends although what it waits for never came
  await executed;
  expect(await blocked()).toBe(false);
  await server.db.admin.query('rollback');
  expect((await company.call('GET', `/v1/reminders/backtests/${building}`)).body).toMatchObject({ state: 'cancelled', summary: null });
  await server.settle();
  // another word on it is refused, and what makes no sense
  expect((await company.call('POST', `/v1/reminders/backtests/${stopped}/cancel`)).body.code).toBe('over');
  const post = async (body: object) => (await company.call('POST', '/v1/reminders/backtests', { candidate: { kind: 'live' }, ...body })).body.code;
  expect(await post({ from: '2026-03-05', to: '2026-03-04' })).toBe('invalid_input');
  expect(await post({ from: '2026-03-05', to: '2027-03-04' })).toBe('invalid_input');
  expect(await post({ from: '2020-03-05', to: '2026-03-04' })).toBe('invalid_input');
  expect(await post({ candidate: { kind: 'rule' } })).toBe('invalid_input');
  expect(await post({ candidate: { kind: 'rule', ruleId: '01920000-0000-7000-8000-000000000001' } })).toBe('not_found');
});

test('what is older than the kept months goes a little at a time: later days are explained as before, earlier ones are refused', async () => {
  const id = await customer('A', [
    ['I-1', -2],
    ['I-2', 38],
  ]);
  const name = async (companyName: string) => expect((await company.call('PATCH', `/v1/customers/${id}`, { companyName })).status).toBe(200);
  await name('First');
  await name('Second');
  // the runs of the last days of forty make up for the days without one
  server.clock.advance({ days: 38 });
  await server.settle();
  await name('Third');
  for (let n = 0; n < 4; n++) await tomorrow();
  const work = workFor(server.platform, company.tenantId, systemActor);
  const versions = async () =>
    (await server.db.admin.query('select until::date::text as day, relation from row_history where tenant_id = $1 order by until', [company.tenantId])).rows;
  const backtest = async (from: string) => {
    const { status, body } = await company.call('POST', '/v1/reminders/backtests', { candidate: { kind: 'live' }, from, to: day(41) });
    if (status !== 201) return body;
    await server.settle();
    return (await company.call('GET', `/v1/reminders/backtests/${body.id}`)).body;
  };
  const explained = await ask(`customer=A&on=${day(41)}`);
  const replayed = await backtest(day(38));
  expect(replayed).toMatchObject({ state: 'done', summary: { mails: 1, proof: { different: 0 } } });
  const before = await versions();
  const old = before.filter((row) => row.day < '2026-03-13');
  expect(old.length).toBeGreaterThan(2);
  expect(await pruneTenant(work, 1, 2)).toBe(old.length);
  expect(await versions()).toEqual(before.slice(old.length));
  expect(await pruneTenant(work, 1, 2)).toBe(0);
  expect(await ask(`customer=A&on=${day(41)}`)).toEqual(explained);
  const { tookMs: _, ...proved } = (await backtest(day(38))).summary;
  expect(replayed.summary).toMatchObject(proved);
  // what was before cannot be worked out any more, and nobody is told a wrong thing
  const refused = { code: 'history_not_kept', detail: expect.stringContaining('The past is kept from 2026-03-13 on') };
  expect(await backtest('2026-03-12')).toMatchObject(refused);
  expect((await company.call('GET', `/v1/reminders/why?customer=A&on=${day(5)}`)).body).toMatchObject(refused);
  const { body } = await company.call('POST', '/v1/reminders/backtests', { candidate: { kind: 'live' } });
  expect(body.from).toBe('2026-03-13');
});
