import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { endpoints } from '../../server/app.ts';
import { newId } from '../../server/kernel/ids.ts';
import type { Endpoint } from '../../server/platform/http/endpoint.ts';
import { type Company, startServer, type TestServer } from '../support/server.ts';
import { payFromMail, tellStory } from '../support/story.ts';
import { bodyOf, jsonSchemaOf, sample } from './samples.ts';

const REQUESTS = Number(process.env['REQUESTS'] ?? 2000);
// the same requests in every run, so that a change and not the dice decides; SEED=… looks further
const SEED = Number(process.env['SEED'] ?? 206_122_693);

let server: TestServer;
let company: Company;
let ids: Record<string, string> = {};

beforeAll(async () => {
  server = await startServer();
  const story = await tellStory(server);
  await payFromMail(server, story);
  company = story.company;
  ids = await idsOf(company.tenantId);
});
afterAll(() => server.close());

/** One id of every kind; of the keys none, so that the fuzz does not revoke its own. */
async function idsOf(tenantId: string): Promise<Record<string, string>> {
  const { rows } = await server.db.admin.query(`
    select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'id' join pg_attribute t on t.attrelid = c.oid and t.attname = 'tenant_id'
    where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and c.relname <> 'api_key' order by 1`);
  const found: Record<string, string> = {};
  for (const { name } of rows) {
    const row = (await server.db.admin.query(`select id::text from ${name} where tenant_id = $1 limit 1`, [tenantId])).rows[0];
    if (row) found[name] = row.id;
  }
  return found;
}

/** Values of the kinds that programs stumble over. */
const odd = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    0,
    -1,
    1e21,
    9007199254740993,
    0.1,
    '',
    ' ',
    '0',
    '-1',
    '1e400',
    'NaN',
    'Infinity',
    '٣',
    '1,5',
    '1.005',
    '-0.00',
    '99999999999999999999.99',
    '0000-00-00',
    '2026-02-30',
    '9999-12-31',
    '10000-01-01',
    '-000001-01-01',
    '2026-03-02T10:00:00+25:00',
    'USD',
    'usd',
    'XXX',
    '\u0000',
    'a\u0000b',
    '\ud800',
    '\u202e',
    '💳',
    '%',
    '%_\\',
    "' or 1=1 --",
    '{{',
    '{% for a in (1..99999999) %}',
    '<script>',
    '../../etc/passwd',
    '__proto__',
    'constructor',
    'a@b',
    '"a b"@c.example',
    'x'.repeat(5000),
    [],
    {},
    [[]],
    [null],
    { __proto__: null, a: 1 },
    { amount: '1.00' },
    { amount: 'x', currency: 'USD' },
    { amount: '1e9', currency: 'JPY' },
    newId(),
    'Pacific/Auckland',
    'Mars/Base',
  ),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.integer(),
  fc.double(),
  fc.jsonValue({ maxDepth: 3 }),
);

/** What the parameter after such a part of a path, or a field of such a name, is the id of. */
const kinds: Record<string, string> = {
  customers: 'customer',
  contacts: 'contact',
  invoices: 'document',
  'credit-memos': 'document',
  payments: 'payment',
  'payment-attempts': 'payment_attempt',
  refunds: 'refund',
  emails: 'outbound_email',
  templates: 'template',
  'reminder-rules': 'reminder_rule',
  'reminder-runs': 'reminder_run',
  'statement-rules': 'statement_rule',
  'statement-runs': 'statement_run',
  statements: 'statement',
  categories: 'category',
  users: 'staff_user',
  'gateway-accounts': 'gateway_account',
  'payment-methods': 'payment_method',
  applications: 'application',
  customerId: 'customer',
  customerIds: 'customer',
  documentId: 'document',
  documentIds: 'document',
  invoiceId: 'document',
  templateId: 'template',
  ruleIds: 'reminder_rule',
  categoryIds: 'category',
  paymentId: 'payment',
  methodId: 'payment_method',
};

interface Change {
  at: number;
  value: unknown;
  /** An odd value where the old one was, the name left out, or a name that nobody knows. */
  how: 'replace' | 'remove' | 'add';
}
const change: fc.Arbitrary<Change> = fc.record({ at: fc.nat(1000), value: odd, how: fc.constantFrom('replace', 'replace', 'replace', 'remove', 'add') });

const request = fc.record({
  endpoint: fc.constantFrom(...endpoints.filter((endpoint) => endpoint.permission !== 'public')),
  pathValues: fc.array(fc.oneof({ weight: 8, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: fc.nat(1000) }, { weight: 1, arbitrary: odd }), {
    minLength: 2,
    maxLength: 2,
  }),
  query: fc.array(fc.record({ at: fc.nat(1000), value: odd }), { maxLength: 2 }),
  changes: fc.array(change, { minLength: 0, maxLength: 2 }),
  full: fc.boolean(),
  whole: fc.option(odd, { freq: 8, nil: undefined }),
  id: fc.nat(1000),
  key: fc.option(fc.constantFrom('k', 'x'.repeat(300), ''), { freq: 6, nil: undefined }),
});
type Request = typeof request extends fc.Arbitrary<infer T> ? T : never;

/** A body that would pass, with ids of the right kind. */
function goodBody(endpoint: Endpoint, full: boolean, anyId: string): unknown {
  const body = full && endpoint.body ? sample(jsonSchemaOf(endpoint.body), anyId, '', true) : bodyOf(endpoint, anyId);
  return withKinds(body, '', anyId);
}

const withKinds = (value: unknown, name: string, anyId: string): unknown => {
  if (value === anyId) return ids[kinds[name] ?? ''] ?? anyId;
  if (Array.isArray(value)) return value.map((item) => withKinds(item, name, anyId));
  return value && typeof value === 'object' ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withKinds(item, key, anyId)])) : value;
};

const anyOf = (at: number): string => Object.values(ids)[at % Object.values(ids).length]!;

/** Places in a value: each object's each name, each array's each index. */
function placesOf(value: unknown, found: { holder: Record<string, unknown>; name: string }[] = []): { holder: Record<string, unknown>; name: string }[] {
  if (typeof value !== 'object' || value === null) return found;
  for (const name of Object.keys(value)) {
    found.push({ holder: value as Record<string, unknown>, name });
    placesOf((value as Record<string, unknown>)[name], found);
  }
  return found;
}

function changed(body: unknown, changes: readonly Change[]): unknown {
  const copy = structuredClone(body);
  for (const { at, value, how } of changes) {
    const places = placesOf(copy);
    if (places.length === 0) return value;
    const { holder, name } = places[at % places.length]!;
    if (how === 'remove') delete holder[name];
    else holder[how === 'add' ? `${name}x` : name] = value;
  }
  return copy;
}

const text = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
const wellFormed = (value: unknown): string => text(value).toWellFormed();

function queryNames(endpoint: Endpoint): string[] {
  if (!endpoint.query) return ['limit', 'cursor'];
  return Object.keys((jsonSchemaOf(endpoint.query)['properties'] ?? {}) as object);
}

async function send({ endpoint, pathValues, query, changes, full, whole, id, key }: Request): Promise<{ status: number; asked: string; body: unknown }> {
  let used = 0;
  const path = endpoint.path.replace(/([\w-]+)\/\{\w+\}/g, (_, before: string) => {
    const value = pathValues[used++];
    const known = value === undefined ? ids[kinds[before] ?? ''] : undefined;
    return `${before}/${known ?? encodeURIComponent(typeof value === 'number' || value === undefined ? anyOf(Math.abs(Math.trunc(value ?? id)) || 0) : wellFormed(value) || 'x')}`;
  });
  const names = queryNames(endpoint);
  const search = new URLSearchParams(names.length === 0 ? [] : query.map(({ at, value }) => [names[at % names.length]!, wellFormed(value)]));
  const body = endpoint.method === 'get' ? undefined : JSON.stringify(whole === undefined ? changed(goodBody(endpoint, full, anyOf(id)), changes) : whole);
  const asked = `${endpoint.method.toUpperCase()} ${path}${search.size > 0 ? `?${search}` : ''} ${(body ?? '').slice(0, 600)}`;
  // an answer that breaks off in the middle is a fault too
  const answer = await company
    .call(endpoint.method.toUpperCase(), `${path}${search.size > 0 ? `?${search}` : ''}`, body, key === undefined ? {} : { 'idempotency-key': key })
    .catch((error: Error) => ({ status: 599, body: error.message }));
  return { status: answer.status, asked, body: answer.body };
}

test(`${REQUESTS} requests with odd values over all endpoints are answered, and never by a fault of ours (SEED=${SEED})`, { timeout: 120_000 }, async () => {
  const failed: string[] = [];
  const statuses: Record<number, number> = {};
  for (const one of fc.sample(request, { numRuns: REQUESTS, seed: SEED })) {
    const { status, asked, body } = await send(one);
    statuses[status] = (statuses[status] ?? 0) + 1;
    if (status >= 500) failed.push(`${status} to ${asked}: ${JSON.stringify(body).slice(0, 200)}`);
  }
  process.stdout.write(`SEED=${SEED}: ${JSON.stringify(statuses)}\n`);
  expect(failed).toEqual([]);
  // otherwise the fuzz would not reach the handlers
  expect(statuses[200] ?? 0).toBeGreaterThan(REQUESTS / 20);
});

test('texts that cannot be stored and keys without a letter are refused in words', async () => {
  const rule = (await company.call('GET', '/v1/reminder-rules')).body.items[0].id;
  expect(await company.call('POST', `/v1/reminder-rules/${rule}/duplicate`, undefined, { 'idempotency-key': '' })).toMatchObject({
    status: 400,
    body: { code: 'invalid_idempotency_key' },
  });
  for (const text of ['a\u0000b', 'a\ud800b'])
    expect(await company.call('POST', '/v1/categories', { name: text })).toMatchObject({ status: 422, body: { code: 'invalid_text' } });
  for (const path of ['/v1/invoices', '/v1/exports/invoices'])
    expect(await company.call('GET', `${path}?search=a%00b`)).toMatchObject({ status: 422, body: { code: 'invalid_text' } });
  expect((await company.call('POST', '/v1/categories', `{"name": ${'['.repeat(200_000)}"\\u0000"${']'.repeat(200_000)}}`)).status).toBeLessThan(500);
});

test('a field that an operation does not know is refused with the names that exist, also inside; custom fields are free', async () => {
  const taking = endpoints.filter((endpoint) => endpoint.permission !== 'public' && endpoint.body);
  for (const endpoint of taking) {
    const path = endpoint.path.replace('{version}', '1').replace(/\{\w+\}/g, newId());
    const answer = await company.call(endpoint.method.toUpperCase(), path, { ...(bodyOf(endpoint, newId()) as object), colour: 'red' });
    expect(answer, `${endpoint.method} ${path}`).toMatchObject({ status: 422, body: { errors: [{ field: 'colour', code: 'unknown_field' }] } });
  }
  const customer = await company.call('POST', '/v1/customers', { number: 'C-free', companyName: 'Free', custom: { 'Sales region': { colour: 'red' } } });
  expect(customer.status).toBe(201);
  const money = { currency: 'USD', ammount: '1.00' };
  const payment = {
    customerId: customer.body.id,
    amount: { amount: '1.00', currency: 'USD' },
    method: 'check',
    applications: [{ invoiceId: newId(), amount: money }],
  };
  expect((await company.call('POST', '/v1/payments', payment)).body).toMatchObject({
    detail: 'The field applications.0.amount.ammount is not known. It is none of: amount, currency.',
    errors: [{ field: 'applications.0.amount.ammount', code: 'unknown_field', message: 'It is none of: amount, currency.' }],
  });
  // of several kinds only the one that it says it is
  const candidate = { candidate: { kind: 'live', together: true } };
  expect((await company.call('POST', '/v1/reminders/backtests', candidate)).body.errors).toEqual([
    { field: 'candidate.together', code: 'unknown_field', message: 'It is none of: kind.' },
  ]);
  const condition = { combinator: 'and', conditions: [{ combinator: 'or', conditions: [{ field: 'due_in', operator: 'equal', valeu: 3 }] }] };
  expect((await company.call('POST', '/v1/cadences/preview', { customerCondition: condition })).body.errors).toMatchObject([
    { field: 'customerCondition.conditions.0.conditions.0.valeu', code: 'unknown_field' },
  ]);
});
