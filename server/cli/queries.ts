import pg from 'pg';
import type { Tx } from '../platform/database/database.ts';
import { sql } from '../platform/database/sql.ts';

// --- doctor --------------------------------------------------------------------------------------------------------

export interface Inspected {
  version: string;
  major: number;
  applied: { name: string; checksum: string }[];
}

/** Version and applied migrations, over a connection of its own that changes nothing. */
export async function inspectDatabase(url: string): Promise<Inspected> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  await client.connect();
  try {
    const { rows } = await client.query(
      "select current_setting('server_version') as version, current_setting('server_version_num')::int / 10000 as major, to_regclass('public.schema_migration') is not null as migrated",
    );
    const applied = rows[0].migrated ? (await client.query('select name, checksum from public.schema_migration order by name')).rows : [];
    return { version: String(rows[0].version).split(' ')[0]!, major: rows[0].major, applied };
  } finally {
    await client.end();
  }
}

// --- export and import of a company --------------------------------------------------------------------------------

export interface TenantTable {
  name: string;
  /** Columns that can be written, in their order; generated ones are left out. */
  columns: string[];
  /** Columns of the primary key, by which rows are read: a row's parent in its own table has a smaller id. */
  key: string[];
  /** Other tenant tables that it refers to. */
  parents: string[];
}

/** Every table with a tenant_id, from the catalogue: a table that a later migration adds is exported without a change here. */
export const readTenantTables = (tx: Tx): Promise<TenantTable[]> =>
  tx.rows<TenantTable>(sql`
    select c.relname::text as name,
      array(select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' order by a.attnum) as columns,
      array(select a.attname::text from pg_index i cross join lateral unnest(i.indkey) with ordinality as k(attnum, place)
            join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum where i.indrelid = c.oid and i.indisprimary order by k.place) as key,
      array(select distinct f.confrelid::regclass::text from pg_constraint f where f.conrelid = c.oid and f.contype = 'f' and f.confrelid <> c.oid)
        -- held by a trigger: migration 0018
        || case when c.relname = 'document' then '{customer}' else '{}' end::text[] as parents
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and c.relkind = 'r'
      and exists (select 1 from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped)
    order by c.relname`);

const list = (names: readonly string[]) => sql.raw(names.map((name) => `"${name.replaceAll('"', '""')}"`).join(', '));

/** Opens a cursor over a table's rows of this tenant, each as the text of a JSON object. */
export async function openRows(tx: Tx, table: TenantTable, tenantId: string): Promise<void> {
  await tx.run(sql`
    declare exported no scroll cursor for
    select row_to_json(r)::text as line
    from (select ${list(table.columns)} from ${list([table.name])} where tenant_id = ${tenantId} order by ${list(table.key)}) r`);
}

export const fetchRows = (tx: Tx): Promise<{ line: string }[]> => tx.rows(sql`fetch 2000 from exported`);
export const closeRows = (tx: Tx): Promise<number> => tx.run(sql`close exported`);

/** A row may come before the one of its own table that it refers to: a customer before its parent. */
export const deferChecks = (tx: Tx): Promise<number> => tx.run(sql`set constraints all deferred`);

/** The rows, given as the texts of JSON objects, into a table that is behind the wall of the tenant they belong to. */
export const insertRows = (tx: Tx, table: TenantTable, lines: readonly string[]): Promise<number> =>
  tx.run(sql`
    insert into ${list([table.name])} (${list(table.columns)})
    select ${list(table.columns)} from json_populate_recordset(null::${list([table.name])}, ${`[${lines.join(',')}]`}::json)`);

export interface TenantLine {
  id: string;
  name: string;
  currency: string;
  timezone: string;
  locale: string;
  setting: Record<string, unknown>;
}

export const readTenant = (tx: Tx, tenantId: string): Promise<TenantLine & { createdAt: string }> =>
  tx.one(sql`select id, name, currency, timezone, locale, setting, to_json(created_at)#>>'{}' as created_at from tenant where id = ${tenantId}`);

export const tenantExists = async (tx: Tx, tenantId: string): Promise<boolean> => (await tx.maybe(sql`select 1 from tenant where id = ${tenantId}`)) !== null;

export const insertTenant = (tx: Tx, tenant: TenantLine & { createdAt: string }): Promise<number> =>
  tx.run(sql`
    insert into tenant (id, name, currency, timezone, locale, setting, created_at)
    values (${tenant.id}, ${tenant.name}, ${tenant.currency}, ${tenant.timezone}, ${tenant.locale}, ${sql.json(tenant.setting)}, ${tenant.createdAt}::timestamptz)`);

export const readFileHashes = (tx: Tx, tenantId: string): Promise<{ hash: string }[]> =>
  tx.rows(sql`select distinct encode(sha256, 'hex') as hash from stored_file where tenant_id = ${tenantId} order by 1`);

/** For an installation with another SECRET_KEY: what was sealed with the old one cannot be opened and is taken out. */
export async function forgetSealed(tx: Tx, tenantId: string, emptySettings: Buffer): Promise<void> {
  await tx.run(sql`delete from secret where tenant_id = ${tenantId}`);
  await tx.run(sql`update staff_user set totp_ciphertext = null, totp_confirmed_at = null, totp_last_step = null where tenant_id = ${tenantId}`);
  await tx.run(sql`update gateway_account set settings_ciphertext = ${emptySettings}, active = false where tenant_id = ${tenantId}`);
}
