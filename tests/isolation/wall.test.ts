import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '../../server/kernel/ids.ts';
import { sql } from '../../server/platform/database/sql.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';

/** Tables that hold no tenant's data, and why. A table on this list is closed to the program but for functions. */
const withoutTenant: Record<string, string> = {
  schema_migration: 'which files were applied; only the migrating role reads it',
  rate_limit: 'counts tries before anybody is known; reached through app.within_rate_limit alone',
  setup_token: 'the first link, before a company exists; reached through app functions alone',
  tenant: 'its own id is the tenant',
};

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());

interface Table {
  name: string;
  hasTenant: boolean;
  forced: boolean;
  policies: string[];
  firstKey: string | null;
}

async function tables(): Promise<Table[]> {
  const { rows } = await db.admin.query(`
    select c.relname as name,
      exists (select 1 from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and a.attnotnull) as "hasTenant",
      c.relrowsecurity and c.relforcerowsecurity as forced,
      array(select pol.polname::text from pg_policy pol where pol.polrelid = c.oid) as policies,
      (select a.attname::text from pg_index i join pg_attribute a on a.attrelid = c.oid and a.attnum = i.indkey[0] where i.indrelid = c.oid and i.indisprimary) as "firstKey"
    from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'public' and c.relkind in ('r', 'p')`);
  return rows;
}

test('each table has tenant_id first in its key, forced row-level security and the tenant policy, or stands on the list', async () => {
  const all = await tables();
  expect(all.length).toBeGreaterThan(30);
  for (const table of all.filter(({ name }) => !(name in withoutTenant)))
    expect(table, table.name).toMatchObject({ hasTenant: true, forced: true, firstKey: 'tenant_id', policies: expect.arrayContaining(['tenant']) });
});

test('tables without a tenant give the program nothing', async () => {
  const { rows } = await db.admin.query(
    `
    select c.relname from pg_class c where relname = any($1) and (has_table_privilege('payorcrm_app', c.oid, 'select')) and c.relname <> 'tenant'`,
    [Object.keys(withoutTenant)],
  );
  expect(rows).toEqual([]);
});

test('foreign keys between tenant tables carry the tenant', async () => {
  const { rows } = await db.admin.query(`
    select conrelid::regclass::text as from_table, confrelid::regclass::text as to_table from pg_constraint
    where contype = 'f' and confrelid <> 'tenant'::regclass and connamespace = 'public'::regnamespace
      and not exists (select 1 from unnest(conkey) k join pg_attribute a on a.attrelid = conrelid and a.attnum = k where a.attname = 'tenant_id')`);
  expect(rows).toEqual([]);
});

test('the program is neither owner, superuser nor able to bypass row-level security', async () => {
  const { rows } = await db.admin.query("select rolsuper, rolbypassrls from pg_roles where rolname in ('payorcrm_app', 'payorcrm_system')");
  expect(rows).toEqual([
    { rolsuper: false, rolbypassrls: false },
    { rolsuper: false, rolbypassrls: false },
  ]);
  const owned = await db.admin.query("select count(*)::int as n from pg_class where relowner = 'payorcrm_app'::regrole");
  expect(owned.rows[0].n).toBe(0);
});

test("another company's rows can be neither seen nor written", async () => {
  const [one, other] = [await db.tenant(), await db.tenant()];
  const category = newId();
  await db.inTenant(one, (ctx) => ctx.tx.run(sql`insert into category (tenant_id, id, name) values (${one}, ${category}, 'VIP')`));
  await db.inTenant(other, async (ctx) => {
    expect(await ctx.tx.rows(sql`select * from category`)).toEqual([]);
    expect(await ctx.tx.run(sql`update category set name = 'mine' where id = ${category}`)).toBe(0);
    expect(await ctx.tx.rows(sql`select id from tenant`)).toEqual([{ id: other }]);
  });
  await expect(db.inTenant(other, (ctx) => ctx.tx.run(sql`insert into category (tenant_id, id, name) values (${one}, ${newId()}, 'theirs')`))).rejects.toThrow(
    'row-level security',
  );
});

test('without a tenant nothing is visible', async () => {
  await db.tenant();
  expect(await db.platform().database.systemRows(sql`select id from tenant`)).toEqual([]);
});

test('the travelling clock moves the moment and the business day inside SQL', async () => {
  const auckland = await db.tenant({ timezone: 'Pacific/Auckland' });
  db.clock.set('2026-05-01T20:00:00Z');
  const row = await db.inTenant(auckland, (ctx) =>
    ctx.tx.one<{ now: Temporal.Instant; today: Temporal.PlainDate }>(sql`select app.now() as now, app.today() as today`),
  );
  expect([row.now.toString(), row.today.toString()]).toEqual(['2026-05-01T20:00:00Z', '2026-05-02']);
});
