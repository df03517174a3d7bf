import { afterAll, beforeAll, expect, test } from 'vitest';
import { endpoints } from '../../server/app.ts';
import type { Endpoint } from '../../server/platform/http/endpoint.ts';
import { payFromMail, type Story, tellStory, uploadInvoices } from '../support/story.ts';
import { type Company, startServer, type TestServer } from '../support/server.ts';
import { bodyOf, queryOf, namesIds } from './samples.ts';

let server: TestServer;
let theirs: Company;
let ours: Company;
/** One id of every kind that each company has. */
let foreignIds: Record<string, string> = {};
let ownIds: Record<string, string> = {};
let before: Record<string, string> = {};

beforeAll(async () => {
  server = await startServer();
  theirs = await richCompany();
  ours = await richCompany();
  foreignIds = await idsOf(theirs.tenantId);
  ownIds = await idsOf(ours.tenantId);
  before = await sumsOf(theirs.tenantId);
});
afterAll(() => server.close());

/** A company with something of every kind: mails, a payment and its attempt, a refund, a category, a suppression. */
async function richCompany(): Promise<Company> {
  await server.mail.clear();
  const story: Story = await tellStory(server);
  await payFromMail(server, story);
  const { company } = story;
  const payment = (await company.call('GET', '/v1/payments')).body.items[0];
  await company.call('POST', `/v1/payments/${payment.id}/refunds`, { amount: { amount: '1.00', currency: 'USD' } });
  await company.call('POST', '/v1/categories', { name: 'VIP' });
  await company.call('POST', '/v1/suppressions', { address: 'nobody@another.example' });
  // before the promise, which holds reminders of everything
  await goThrough(company, story.customerId);
  await agree(company, story.customerId);
  await tellWhatIsOwed(company, story.customerId);
  await server.settle();
  return company;
}

/** What collectors write down: a promise, a dispute with its hold and note, a task, a shared file; and a picture for mails. */
async function agree(company: Company, customerId: string): Promise<void> {
  const [invoiceId] = await uploadInvoices(company, 'C-1', [{ number: 'INV-2', amount: '80.00', dueDate: '2026-02-20' }]);
  const made = [
    await company.call('POST', '/v1/promises', { customerId, amount: { amount: '80.00', currency: 'USD' }, promisedOn: '2026-12-01', source: 'phone' }),
    await company.call('POST', '/v1/disputes', { invoiceId, reason: 'price', note: 'Too dear' }),
    await company.call('POST', '/v1/tasks', { customerId, title: 'Call', dueOn: '2026-12-01', invoiceIds: [invoiceId] }),
    await company.call('POST', '/v1/shared-files?fileName=terms.txt', 'Net 30'),
  ];
  expect(made.map((answer) => answer.status)).toEqual([201, 201, 201, 201]);
  const picture = await fetch(`${server.url}/v1/pictures?fileName=logo.gif`, {
    method: 'POST',
    headers: company.headers,
    body: Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64'),
  });
  expect(picture.status).toBe(201);
}

/** A cadence that gives a person a step and writes two letters today, one of them in a print batch. */
async function goThrough(company: Company, customerId: string): Promise<void> {
  await uploadInvoices(company, 'C-1', [
    { number: 'INV-3', amount: '10.00', dueDate: '2026-02-19' },
    { number: 'INV-4', amount: '10.00', dueDate: '2026-02-18' },
  ]);
  const body = 'Please pay {{total_invoice_amount}}.';
  const steps = [
    { offsetDays: 11, channel: 'task', title: 'Call', waits: true, timeoutDays: 7 },
    { offsetDays: 11, channel: 'letter', title: 'First', body },
    { offsetDays: 12, channel: 'letter', title: 'Last', body },
  ];
  const { id } = (await company.call('POST', '/v1/cadences', { name: 'Firm', steps })).body;
  await company.call('POST', `/v1/cadences/${id}/activate`);
  await company.call('POST', `/v1/cadences/${id}/members`, { customerIds: [customerId] });
  await company.call('PATCH', '/v1/settings', { reminders: { minContactDays: 0, grouping: 'per_rule' } });
  expect((await company.call('POST', '/v1/reminder-runs', {})).status).toBe(201);
  await server.settle();
  const letters = (await company.call('GET', '/v1/letters?state=waiting')).body.items;
  expect(letters).toHaveLength(2);
  await company.call('PATCH', `/v1/letters/${letters[0].id}`, { address: ['12 Quay Street'] });
  expect((await company.call('POST', '/v1/print-batches', {})).body.batch.letters).toBe(1);
  expect((await company.call('GET', '/v1/manual-steps')).body.items).toHaveLength(1);
}

/** A run of a statement rule, for paper, and a statement on demand. */
async function tellWhatIsOwed(company: Company, customerId: string): Promise<void> {
  const [rule] = (await company.call('GET', '/v1/statement-rules')).body.items;
  expect((await company.call('POST', '/v1/statement-runs', { ruleIds: [rule.id], mails: false })).status).toBe(201);
  expect((await company.call('POST', '/v1/statements', { customerId })).status).toBe(201);
}

const tenantTables = async (): Promise<string[]> => {
  const { rows } = await server.db.admin.query(`
    select c.relname as name from pg_class c join pg_attribute t on t.attrelid = c.oid and t.attname = 'tenant_id'
    where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace order by 1`);
  return rows.map((row) => row.name);
};

async function idsOf(tenantId: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of await tenantTables()) {
    const { rows } = await server.db.admin.query(`select to_jsonb(t) ->> 'id' as id from ${name} t where tenant_id = $1 limit 1`, [tenantId]);
    if (rows[0]?.id) found[name] = rows[0].id;
  }
  return found;
}

/** A checksum of all that a company has, table by table. */
async function sumsOf(tenantId: string): Promise<Record<string, string>> {
  const sums: Record<string, string> = {};
  for (const name of await tenantTables()) {
    const { rows } = await server.db.admin.query(`select md5(string_agg(t::text, '|' order by t::text)) as sum from ${name} t where tenant_id = $1`, [
      tenantId,
    ]);
    sums[name] = rows[0].sum;
  }
  return sums;
}

const send = (endpoint: Endpoint, path: string, body: unknown) =>
  ours.call(endpoint.method.toUpperCase(), path, endpoint.method === 'get' || body === undefined ? undefined : body);

/** The endpoint's path with an id in it, and the query that it needs; a version and a day are no ids. */
const pathWith = (endpoint: Endpoint, id: string): string =>
  endpoint.path
    .replace('{version}', '1')
    .replace('{day}', '2026-12-25')
    .replace(/\{\w+\}/g, id) + queryOf(endpoint);

/** Our id of the kind that the path names, `/v1/shared-files/{id}/…` → shared_file; of every kind where no table is called so. */
function ownersIn({ path }: Endpoint): string[] {
  const segment = /([a-z-]+)\/\{/.exec(path)?.[1];
  if (segment === undefined) return ['none'];
  const id = ownIds[segment === 'credit-memos' ? 'document' : segment.replace(/s$/, '').replaceAll('-', '_')];
  return id === undefined ? Object.values(ownIds) : [id];
}

const guarded = endpoints.filter((endpoint) => endpoint.permission !== 'public');
const withIds = guarded.filter((endpoint) => endpoint.path.includes('{'));
const named = (list: readonly Endpoint[]) => list.map((endpoint) => [`${endpoint.method} ${endpoint.path}`, endpoint] as const);

/** Endpoints that may answer something else than 404 to an id that is not theirs, and why. */
const otherAnswers: Record<string, { statuses: number[]; why: string }> = {};

test('each company has something of every kind', () => {
  const kinds = [
    'cadence',
    'category',
    'contact',
    'customer',
    'dispute',
    'document',
    'gateway_account',
    'hold',
    'letter',
    'manual_step',
    'outbound_email',
    'pay_link',
    'payment',
    'payment_attempt',
    'payment_method',
    'picture',
    'print_batch',
    'promise',
    'refund',
    'reminder_rule',
    'reminder_run',
    'shared_file',
    'staff_user',
    'statement',
    'statement_rule',
    'statement_run',
    'task',
    'template',
    'upload',
  ];
  expect(Object.keys(foreignIds)).toEqual(expect.arrayContaining(kinds));
  expect(Object.keys(ownIds)).toEqual(expect.arrayContaining(kinds));
});

test('every endpoint refuses a caller without credentials', async () => {
  for (const endpoint of guarded) {
    const path = pathWith(endpoint, foreignIds['customer']!);
    const response = await fetch(server.url + path, { method: endpoint.method.toUpperCase(), body: endpoint.method === 'get' ? null : '{}' });
    await response.arrayBuffer();
    expect(response.status, `${endpoint.method} ${endpoint.path}`).toBe(401);
  }
});

test.for(named(withIds))("%s answers 404 to another company's ids", async ([name, endpoint]) => {
  const allowed = otherAnswers[name]?.statuses ?? [404];
  for (const [kind, id] of Object.entries(foreignIds)) {
    const answer = await send(endpoint, pathWith(endpoint, id), bodyOf(endpoint, id));
    expect(allowed, `${name} with the id of a ${kind}: ${answer.status} ${JSON.stringify(answer.body).slice(0, 300)}`).toContain(answer.status);
    expect(JSON.stringify(answer.body)).not.toContain(theirs.tenantId);
  }
});

test.for(named(guarded.filter((endpoint) => endpoint.method !== 'get' && namesIds(endpoint))))(
  "%s does nothing with another company's ids in its body",
  async ([name, endpoint]) => {
    for (const own of ownersIn(endpoint))
      for (const [kind, id] of Object.entries(foreignIds)) {
        const answer = await send(endpoint, pathWith(endpoint, own), bodyOf(endpoint, id));
        expect(answer.status, `${name} with the id of a ${kind}: ${JSON.stringify(answer.body).slice(0, 300)}`).toBeLessThan(500);
        // found or not, no word of what it is
        for (const secret of ['INV-1', 'ada', theirs.tenantId]) expect(JSON.stringify(answer.body).toLowerCase()).not.toContain(secret);
      }
  },
);

test("no list and no export shows another company's rows", async () => {
  const marks = Object.values(foreignIds);
  for (const endpoint of guarded.filter((one) => one.method === 'get' && !one.path.includes('{'))) {
    const answer = await ours.call('GET', endpoint.path);
    expect(answer.status, endpoint.path).toBeLessThan(500);
    const text = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body);
    for (const mark of marks) expect(text.includes(mark), `${endpoint.path} shows ${mark}`).toBe(false);
  }
});

test('nothing of the other company was changed by any of it', async () => {
  expect(await sumsOf(theirs.tenantId)).toEqual(before);
});
