import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { endpoints } from '../../server/app.ts';
import type { Endpoint } from '../../server/platform/http/endpoint.ts';
import { payFromMail, type Story, tellStory } from '../support/story.ts';
import { type Company, startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let theirs: Company;
let ours: Company;
/** One id of every kind that the other company has. */
let foreignIds: Record<string, string> = {};

beforeAll(async () => {
  server = await startServer();
  const story: Story = await tellStory(server);
  await payFromMail(server, story);
  theirs = story.company;
  ours = await server.company({ name: 'Another Company', email: 'admin@another.example' });
  foreignIds = await idsOf(theirs.tenantId);
});
afterAll(() => server.close());

async function idsOf(tenantId: string): Promise<Record<string, string>> {
  const { rows } = await server.db.admin.query(`
    select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'id'
    join pg_attribute t on t.attrelid = c.oid and t.attname = 'tenant_id' where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace`);
  const found: Record<string, string> = {};
  for (const { name } of rows) {
    const row = (await server.db.admin.query(`select id from ${name} where tenant_id = $1 limit 1`, [tenantId])).rows[0];
    if (row) found[name] = row.id;
  }
  return found;
}

/** The simplest value that a schema lets pass; ids in bodies are the other company's as well. */
function sample(schema: Record<string, unknown>, foreignId: string): unknown {
  if (schema['example'] !== undefined) return schema['example'];
  if (schema['default'] !== undefined) return schema['default'];
  if (schema['const'] !== undefined) return schema['const'];
  if (Array.isArray(schema['enum'])) return schema['enum'][0];
  const options = (schema['anyOf'] ?? schema['oneOf']) as Record<string, unknown>[] | undefined;
  if (options) return sample(options[0]!, foreignId);
  switch (schema['type']) {
    case 'object': {
      const properties = (schema['properties'] ?? {}) as Record<string, Record<string, unknown>>;
      return Object.fromEntries(((schema['required'] ?? []) as string[]).map((name) => [name, sample(properties[name]!, foreignId)]));
    }
    case 'array':
      return ((schema['minItems'] as number) ?? 0) > 0 || schema['items'] ? [sample(schema['items'] as Record<string, unknown>, foreignId)] : [];
    case 'integer':
    case 'number':
      return (schema['minimum'] as number) ?? 1;
    case 'boolean':
      return true;
    default:
      if (schema['format'] === 'uuid') return foreignId;
      if (schema['format'] === 'date') return '2026-03-02';
      if (schema['format'] === 'email') return 'someone@another.example';
      return 'sample'.padEnd((schema['minLength'] as number) ?? 0, '-');
  }
}

function bodyOf(endpoint: Endpoint, foreignId: string): unknown {
  if (endpoint.example?.request !== undefined) return endpoint.example.request;
  return endpoint.body ? sample(z.toJSONSchema(endpoint.body, { io: 'input', unrepresentable: 'any' }) as Record<string, unknown>, foreignId) : undefined;
}

const guarded = endpoints.filter((endpoint) => endpoint.permission !== 'public');
const withIds = guarded.filter((endpoint) => endpoint.path.includes('{'));

test('the other company has something of every kind', () => {
  expect(Object.keys(foreignIds).sort()).toEqual(
    expect.arrayContaining(['contact', 'customer', 'document', 'outbound_email', 'payment', 'payment_attempt', 'reminder_rule', 'reminder_run', 'template', 'upload']),
  );
});

test('every endpoint refuses a caller without credentials', async () => {
  for (const endpoint of guarded) {
    const path = endpoint.path.replace(/\{\w+\}/g, foreignIds['customer']!);
    const response = await fetch(server.url + path, { method: endpoint.method.toUpperCase(), body: endpoint.method === 'get' ? null : '{}' });
    await response.arrayBuffer();
    expect(response.status, `${endpoint.method} ${endpoint.path}`).toBe(401);
  }
});

test.for(withIds.map((endpoint) => [`${endpoint.method} ${endpoint.path}`, endpoint] as const))(
  "%s answers 404 to another company's ids",
  async ([name, endpoint]) => {
    for (const [kind, id] of Object.entries(foreignIds)) {
      const path = endpoint.path.replace(/\{\w+\}/g, id);
      const answer = await ours.call(endpoint.method.toUpperCase(), path, endpoint.method === 'get' ? undefined : bodyOf(endpoint, id));
      // a body that the endpoint refuses before it looks anything up is no leak; an answer about the object is
      expect([404, 422, 403, 400], `${name} with the id of a ${kind}: ${JSON.stringify(answer.body).slice(0, 300)}`).toContain(answer.status);
      expect(JSON.stringify(answer.body)).not.toContain(theirs.tenantId);
    }
  },
);

test("no list shows another company's rows", async () => {
  const marks = Object.values(foreignIds);
  for (const endpoint of guarded.filter((one) => one.method === 'get' && !one.path.includes('{'))) {
    const answer = await ours.call('GET', endpoint.path);
    const text = JSON.stringify(answer.body);
    for (const mark of marks) expect(text.includes(mark), `${endpoint.path} shows ${mark}`).toBe(false);
  }
});

test('nothing of the other company was changed by any of it', async () => {
  expect(await idsOf(theirs.tenantId)).toEqual(foreignIds);
});
