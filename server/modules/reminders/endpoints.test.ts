import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Company, startServer, type TestServer } from '../../../tests/support/server.ts';
import { TestData } from './test-data.ts';

let server: TestServer;
let company: Company;
let data: TestData;

beforeAll(async () => {
  server = await startServer({ start: '2026-03-02T15:00:00Z' });
  company = await server.company({ timezone: 'UTC' });
  data = new TestData(server.db, company.tenantId);
  for (const number of ['C-1', 'C-2', 'C-3']) {
    const customerId = await data.customer({ number, name: `Customer ${number}` });
    await data.invoice({ customerId, number: `${number}-A`, dueOn: '2026-02-23', amount: 12_345 });
    await data.invoice({ customerId, number: `${number}-B`, dueOn: '2026-03-04' });
  }
});
afterAll(() => server.close());

const all = { combinator: 'and', conditions: [{ field: 'customer_category', operator: 'all' }] };
const overdue7 = { combinator: 'and', conditions: [{ field: 'overdue_by', operator: 'equal', value: 7 }] };

test('a new company has the seven rules, switched off, and says when it would ask them', async () => {
  const { status, body } = await company.call('GET', '/v1/reminder-rules');
  expect(status).toBe(200);
  expect(body.items.map((rule: { name: string; active: boolean }) => [rule.name, rule.active])).toEqual(
    ['due in 5', 'due in 10', 'overdue by 7', 'overdue by 14', 'overdue by 30', 'overdue by 45', 'overdue by 60'].map((name) => [
      `Invoice ${name} days`,
      false,
    ]),
  );
  expect(body.items[2].sentence).toMatch(/^Send “.+” to all customers about invoices overdue by 7 days\.$/);
  expect(body.nextRunAt).toBe('2026-03-03T09:00:00Z');
  expect(body.lastRun).toBeNull();
});

test('conditions that mean nothing are refused with the path of each', async () => {
  const templateId = (await company.call('GET', '/v1/reminder-rules')).body.items[0].templateId;
  const refused = async (body: object) => {
    const answer = await company.call('POST', '/v1/reminder-rules', { name: 'Rule', templateId, customerCondition: all, invoiceCondition: overdue7, ...body });
    expect(answer.status, JSON.stringify(answer.body)).toBe(422);
    return answer.body.errors.map((error: { field: string; code: string }) => `${error.field} ${error.code}`);
  };
  expect(await refused({ invoiceCondition: { combinator: 'and', conditions: [] } })).toEqual(['invoiceCondition empty']);
  expect(await refused({ invoiceCondition: all })).toEqual(['invoiceCondition.conditions.0.field wrong_box']);
  const leaf = (condition: object) => ({ invoiceCondition: { combinator: 'or', conditions: [{ combinator: 'and', conditions: [condition] }] } });
  expect(await refused(leaf({ field: 'overdue_by', operator: 'contains', value: 'x' }))).toEqual([
    'invoiceCondition.conditions.0.conditions.0.operator wrong_operator',
  ]);
  expect(await refused(leaf({ field: 'overdue_by', operator: 'equal', value: -1 }))).toEqual(['invoiceCondition.conditions.0.conditions.0.value wrong_value']);
  expect(await refused(leaf({ field: 'overdue_by', operator: 'between', value: [9, 3] }))).toEqual([
    'invoiceCondition.conditions.0.conditions.0.value wrong_order',
  ]);
  expect(await refused(leaf({ field: 'invoice_amount', operator: 'greater', value: "1'; drop table document; --" }))).toEqual([
    'invoiceCondition.conditions.0.conditions.0.value wrong_value',
  ]);
  expect(await refused(leaf({ field: 'invoice_amount', operator: 'greater' }))).toEqual(['invoiceCondition.conditions.0.conditions.0.value required']);
  const deep = (levels: number): object => ({ combinator: 'and', conditions: levels === 0 ? overdue7.conditions : [deep(levels - 1)] });
  expect(await refused({ invoiceCondition: deep(6) })).toEqual([expect.stringContaining('too_deep')]);
  const wide = (count: number) => ({ combinator: 'or', conditions: Array.from({ length: count }, () => overdue7.conditions[0]) });
  expect(await refused({ invoiceCondition: wide(200) })).toEqual(['invoiceCondition too_many']);
  expect(await refused(leaf({ field: 'currency', operator: 'equal', value: 'dollars' }))).toEqual([expect.stringContaining('value wrong_value')]);
  expect(await refused(leaf({ field: 'invoice_custom', name: 'region', operator: 'less', value: '2026-02-31' }))).toEqual([
    expect.stringContaining('value wrong_value'),
  ]);
  const many = Array.from({ length: 101 }, (_, n) => `C-${n}`);
  expect(await refused(leaf({ field: 'company_code', operator: 'one_of', value: many }))).toEqual([expect.stringContaining('value too_many')]);
  const { body: unknown } = await company.call('POST', '/v1/reminder-rules/test', leaf({ field: 'no_such_field', operator: 'equal', value: 1 }));
  expect(JSON.stringify(unknown.errors)).toContain('write a condition with a known field');
  // thousands of levels come back too
  const levels = `${'{"combinator":"and","conditions":['.repeat(5000)}${']}'.repeat(5000)}`;
  const deepest = await fetch(`${server.url}/v1/reminder-rules/test`, {
    method: 'POST',
    headers: { ...company.headers, 'content-type': 'application/json' },
    body: `{"customerCondition":${JSON.stringify(all)},"invoiceCondition":${levels}}`,
  });
  expect([deepest.status, (await deepest.json()).code]).toEqual([422, 'too_deep']);
  expect(await refused({ templateId: '01920000-0000-7000-8000-000000000001' })).toEqual(['templateId unknown']);
});

test('a rule is made, changed, tested, switched on, copied, run and deleted; the audit log has each change', async () => {
  const templateId = (await company.call('GET', '/v1/reminder-rules')).body.items[0].templateId;
  const made = await company.call('POST', '/v1/reminder-rules', { name: 'A week late', templateId, customerCondition: all, invoiceCondition: overdue7 });
  expect(made).toMatchObject({ status: 201, body: { active: false, version: 1, activatedOn: null } });
  const path = `/v1/reminder-rules/${made.body.id}`;

  const changed = await company.call('PATCH', path, { name: 'One week late' });
  expect(changed.body).toMatchObject({ name: 'One week late', version: 2 });
  expect((await company.call('PATCH', path, { name: 'One week late', invoiceCondition: overdue7 })).body.version).toBe(2);

  const tested = await company.call('POST', `${path}/test?limit=2`);
  expect(tested.body.summary).toMatchObject({ mails: 3, held: 0, invoices: 3, amounts: [{ amount: '370.35', currency: 'USD' }] });
  expect(tested.body.customers[0]).toMatchObject({
    customer: { number: 'C-1' },
    contact: { email: 'ap@c1.test' },
    outcome: 'send',
    amount: { amount: '123.45', currency: 'USD' },
    invoices: [{ number: 'C-1-A', dueOn: '2026-02-23', values: [{ label: 'Invoice overdue by (days)', value: '7 days' }] }],
  });
  const more = await company.call('POST', `${path}/test?limit=2&cursor=${tested.body.nextCursor}`);
  expect(more.body.customers.map((row: { customer: { number: string } }) => row.customer.number)).toEqual(['C-3']);
  expect(more.body.nextCursor).toBeNull();

  expect((await company.call('POST', '/v1/reminder-runs', {})).body.errors).toMatchObject([{ field: 'ruleIds', code: 'no_active_rule' }]);
  expect((await company.call('POST', `${path}/activate`)).body).toMatchObject({ active: true, activatedOn: '2026-03-02' });
  const copy = await company.call('POST', `${path}/duplicate`);
  expect(copy).toMatchObject({ status: 201, body: { name: 'Copy of One week late', active: false } });

  const upcoming = await company.call('GET', '/v1/reminders/upcoming');
  expect(upcoming.body).toMatchObject({ day: '2026-03-03', nextRunAt: '2026-03-03T09:00:00Z', activeRules: 1, mails: 3 });

  const now = await company.call('GET', '/v1/reminders/preview');
  expect(now.body).toMatchObject({ activeRules: 1, mails: 3, held: 0, invoices: 3, amounts: [{ amount: '370.35', currency: 'USD' }] });
  const run = await company.call('POST', '/v1/reminder-runs', {}, { 'idempotency-key': 'press-1' });
  expect(run).toMatchObject({ status: 201, body: { kind: 'manual', mails: 3, merged: 0, held: 0, amounts: [{ amount: '370.35', currency: 'USD' }] } });
  const pressedAgain = await company.call('POST', '/v1/reminder-runs', {}, { 'idempotency-key': 'press-1' });
  expect(pressedAgain.body.id).toBe(run.body.id);
  await server.settle();
  expect((await company.call('GET', '/v1/reminders/preview')).body).toMatchObject({ mails: 0 });
  expect((await company.call('GET', `/v1/reminder-runs/${run.body.id}`)).body).toMatchObject({
    state: 'done',
    usualMails: null,
    mails: 3,
    reasons: [{ outcome: 'send', reason: 'matched', count: 3 }],
  });

  const first = await company.call('GET', `/v1/reminder-runs/${run.body.id}/decisions?limit=2&outcome=send`);
  const second = await company.call('GET', `/v1/reminder-runs/${run.body.id}/decisions?limit=2&outcome=send&cursor=${first.body.nextCursor}`);
  const rows = [...first.body.items, ...second.body.items];
  expect(rows.map((row: { customer: { number: string }; emailState: string }) => [row.customer.number, row.emailState]).sort()).toEqual([
    ['C-1', 'sent'],
    ['C-2', 'sent'],
    ['C-3', 'sent'],
  ]);
  expect(second.body.nextCursor).toBeNull();
  const mine = await company.call('GET', `/v1/reminder-decisions?customer=${rows[0].customer.id}`);
  expect(mine.body.items).toMatchObject([{ rule: { name: 'One week late', version: 3 }, outcome: 'send', text: 'The rule matched' }]);

  expect((await company.call('POST', `${path}/deactivate`)).body.active).toBe(false);
  expect((await company.call('DELETE', path)).status).toBe(204);
  expect((await company.call('GET', path)).status).toBe(404);
  expect((await company.call('GET', `/v1/reminder-decisions?customer=${rows[0].customer.id}`)).body.items).toHaveLength(1);

  const { rows: events } = await server.db.admin.query('select type, data from event where tenant_id = $1 and subject_id = $2 order by id', [
    company.tenantId,
    made.body.id,
  ]);
  expect(events.map((event) => event.type)).toEqual([
    'reminder_rule.created',
    'reminder_rule.updated',
    'reminder_rule.activated',
    'reminder_rule.deactivated',
    'reminder_rule.archived',
  ]);
  expect(events[1].data).toEqual({ version: 2, before: { name: 'A week late' }, after: { name: 'One week late' } });
});

test('what a colleague saved meanwhile is not overwritten unseen; a switch alone changes nothing of what is edited', async () => {
  const templateId = (await company.call('GET', '/v1/reminder-rules')).body.items[0].templateId;
  const made = await company.call('POST', '/v1/reminder-rules', { name: 'Shared', templateId, customerCondition: all, invoiceCondition: overdue7 });
  const path = `/v1/reminder-rules/${made.body.id}`;
  await company.call('POST', `${path}/activate`);
  await company.call('POST', `${path}/deactivate`);
  expect(await company.call('PATCH', path, { name: 'Mine', version: 1 })).toMatchObject({ status: 200, body: { version: 4 } });
  const theirs = { combinator: 'and', conditions: [{ field: 'overdue_by', operator: 'equal', value: 9 }] };
  const refused = await company.call('PATCH', path, { name: 'Theirs', invoiceCondition: theirs, version: 1 });
  expect(refused).toMatchObject({
    status: 409,
    body: { code: 'changed_meanwhile', detail: expect.stringContaining('saved this rule meanwhile, as version 4') },
  });
  expect((await company.call('GET', path)).body).toMatchObject({ name: 'Mine', invoiceCondition: overdue7 });
  expect((await company.call('PATCH', path, { name: 'Theirs', version: 4 })).body).toMatchObject({ name: 'Theirs', version: 5 });
  await company.call('DELETE', path);
});

test('amounts and currencies are kept in one form, however they are written', async () => {
  const templateId = (await company.call('GET', '/v1/reminder-rules')).body.items[0].templateId;
  const { body } = await company.call('POST', '/v1/reminder-rules', {
    name: 'Large',
    templateId,
    customerCondition: all,
    invoiceCondition: {
      combinator: 'and',
      conditions: [
        { field: 'invoice_amount', operator: 'between', value: ['1,000', '1,250,000.50'] },
        { field: 'currency', operator: 'one_of', value: ['usd', ' EUR '] },
      ],
    },
  });
  expect(body.invoiceCondition.conditions.map((one: { value: unknown }) => one.value)).toEqual([
    ['1000', '1250000.50'],
    ['USD', 'EUR'],
  ]);
  expect(body.sentence).toContain('with amount from 1,000 to 1,250,000.50 and with currency USD or EUR');
  await company.call('DELETE', `/v1/reminder-rules/${body.id}`);
});

test('an invoice that was mailed about is not "never e-mailed" any more', async () => {
  const never = { customerCondition: all, invoiceCondition: { combinator: 'and', conditions: [{ field: 'last_emailed', operator: 'never' }] } };
  const { body } = await company.call('POST', '/v1/reminder-rules/test', never);
  expect(body.customers.map((row: { invoices: { number: string }[] }) => row.invoices.map((invoice) => invoice.number))).toEqual([
    ['C-1-B'],
    ['C-2-B'],
    ['C-3-B'],
  ]);
});

test('samples make the categories that they speak of', async () => {
  const added = await company.call('POST', '/v1/reminders/samples', { sample: 'due_in_4_vip_repeat' });
  expect(added.body).toMatchObject({
    active: false,
    sentence: expect.stringContaining('customers in category VIP customers or Repeat about invoices due in 4 days'),
  });
  const again = await company.call('POST', '/v1/reminders/samples', { sample: 'due_in_1_vip' });
  expect(again.status).toBe(201);
  const { rows } = await server.db.admin.query('select name from category where tenant_id = $1 order by name', [company.tenantId]);
  expect(rows.map((row) => row.name)).toEqual(['Repeat', 'VIP customers']);
});

test('the fields and operators that draw the form are those that conditions accept', async () => {
  const { body } = await company.call('GET', '/v1/reminders/fields');
  const dueIn = body.fields.find((field: { name: string }) => field.name === 'due_in');
  expect(dueIn).toMatchObject({ box: 'invoice', kind: 'days', operators: expect.arrayContaining([{ name: 'between', label: 'between', values: 'two' }]) });
  expect(body.fields).toHaveLength(19);
  // what the data has in few values is offered
  const known = (name: string) => body.fields.find((field: { name: string }) => field.name === name).known;
  expect([known('currency'), known('document_type'), known('due_in')]).toEqual([[{ name: null, values: ['USD'] }], [], []]);
  await server.db.admin.query("update document set custom = jsonb_build_object('Region', 'North', 'Order', number) where tenant_id = $1", [company.tenantId]);
  const { body: now } = await company.call('GET', '/v1/reminders/fields');
  const custom = now.fields.find((field: { name: string }) => field.name === 'invoice_custom');
  expect(custom.names).toEqual(['Order', 'Region']);
  expect(custom.known).toContainEqual({ name: 'Region', values: ['North'] });
});

test('why, over the API, answers for a number and refuses an unknown one', async () => {
  const { body } = await company.call('GET', '/v1/reminders/why?customer=C-1&on=2026-03-02');
  expect(body.items).toMatchObject([{ customer: { number: 'C-1' }, openInvoices: 2 }]);
  expect((await company.call('GET', '/v1/reminders/why?customer=NOBODY')).status).toBe(404);
});
