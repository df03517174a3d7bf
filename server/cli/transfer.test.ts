import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { seedTenant } from '../app.ts';
import { newId } from '../kernel/ids.ts';
import { seedDemo } from '../demo/load.ts';
import { sql } from '../platform/database/sql.ts';
import { inTenant, type Platform, systemActor } from '../platform/context.ts';
import { createSecrets } from '../platform/secrets/secrets.ts';
import { type TestDatabase, testDatabase } from '../../tests/support/database.ts';
import { exportTenant, importTenant, inOrder } from './transfer.ts';

let from: TestDatabase;
let to: TestDatabase;
let tenantId: string;
const folder = mkdtempSync(join(tmpdir(), 'payorcrm-transfer-'));
const file = join(folder, 'company.gz');

beforeAll(async () => {
  [from, to] = [await testDatabase(), await testDatabase()];
  const platform = from.platform();
  ({ tenantId } = await seedDemo(platform, {
    seed: seedTenant,
    gateway: { url: 'http://127.0.0.1:8090', file: null },
    log: () => {},
    reminded: { first: -10, last: -8, widened: -9 },
  }));
  await inTenant(platform, tenantId, systemActor, async (ctx) => {
    await platform.files.put(ctx, { name: 'one.pdf', contentType: 'application/pdf', bytes: Buffer.from('%PDF a file') });
    await ctx.tx.run(sql`
      insert into customer (tenant_id, id, number, name, custom)
      values (${tenantId}, ${newId()}, 'X-1', ${'line\u2028separator "quoted" \\ back\nnew'}, ${sql.json({ big: '12345678901234567890', nested: [null, 1.5] })})`);
    // an older customer belongs to a newer one: it comes first in the file
    await ctx.tx.run(sql`
      update customer set parent_id = (select id from customer where number = 'X-1') where id = (select min(id::text)::uuid from customer where number <> 'X-1')`);
  });
});
afterAll(async () => {
  await from.close();
  await to.close();
  rmSync(folder, { recursive: true });
});

const linesOf = (path: string) => gunzipSync(readFileSync(path)).toString().trimEnd().split('\n');
const refusal = (platform: Platform, path: string, newKey = false) =>
  importTenant(platform, path, { newKey }).then(
    () => 'was accepted',
    (error: Error) => error.message,
  );

test('parents come before children, and a circle is a fault', () => {
  const table = (name: string, parents: string[]) => ({ name, parents, columns: [], key: [] });
  expect(inOrder([table('c', ['b']), table('b', ['a', 'tenant']), table('a', [])]).map((one) => one.name)).toEqual(['a', 'b', 'c']);
  expect(() => inOrder([table('a', ['b']), table('b', ['a'])])).toThrow('circle');
});

test('a company read back and written again is the same, line by line, with its files', async () => {
  const { rows } = await exportTenant(from.platform(), tenantId, file);
  expect(rows).toBeGreaterThan(10_000);
  const platform = to.platform();
  expect(await importTenant(platform, file, { newKey: false })).toMatchObject({ rows, tenantId });
  const again = join(folder, 'again.gz');
  await exportTenant(platform, tenantId, again);
  expect(linesOf(again)).toEqual(linesOf(file));
  const stored = await inTenant(platform, tenantId, systemActor, async (ctx) => {
    const { id } = await ctx.tx.one<{ id: string }>(sql`select id from stored_file where name = 'one.pdf'`);
    return platform.files.get(ctx, id);
  });
  expect(stored?.bytes.toString()).toBe('%PDF a file');
  expect(await refusal(platform, file)).toContain('exists here already');
});

test('a file that was cut, changed or is something else is refused and nothing is kept', async () => {
  const target = await testDatabase();
  try {
    const bytes = readFileSync(file);
    const lines = linesOf(file);
    const damaged = {
      cut: bytes.subarray(0, bytes.length / 2),
      changed: gzipSync(`${lines.map((line) => line.replace('Quillhaven', 'Quillheaven')).join('\n')}\n`),
      shorter: gzipSync(`${lines.slice(0, -1).join('\n')}\n`),
      other: gzipSync('{"hello":1}\n'),
      text: Buffer.from('hello'),
    };
    for (const [name, content] of Object.entries(damaged)) {
      const path = join(folder, name);
      writeFileSync(path, content);
      expect(await refusal(target.platform(), path), name).toMatch(/is damaged or not whole|is not a file that/);
    }
    expect((await target.admin.query('select count(*)::int as n from tenant')).rows).toEqual([{ n: 0 }]);
  } finally {
    await target.close();
  }
});

test('with another SECRET_KEY it is refused, or comes without its sealed credentials', async () => {
  const target = await testDatabase();
  try {
    const platform = target.platform({ secrets: createSecrets('another-secret-key-of-enough-length') });
    expect(await refusal(platform, file)).toContain('SECRET_KEY');
    expect(await refusal(platform, file, true)).toBe('was accepted');
    const { rows } = await target.admin.query('select active from gateway_account');
    expect(rows).toEqual([{ active: false }]);
  } finally {
    await target.close();
  }
});
