import type { Context, Platform } from '../../platform/context.ts';
import { sql } from '../../platform/database/sql.ts';
import type { CompanyProfile } from './settings.ts';

/** The row, locked, so that two people who save at once change it one after the other. */
export const lockTenant = (ctx: Context): Promise<CompanyProfile & { setting: Record<string, unknown> }> =>
  ctx.tx.one(sql`select name, currency, timezone, locale, setting from tenant where id = ${ctx.tenant.id} for update`);

export const writeTenant = (ctx: Context, row: CompanyProfile & { setting: Record<string, unknown> }): Promise<number> =>
  ctx.tx.run(sql`
    update tenant set name = ${row.name}, currency = ${row.currency}, timezone = ${row.timezone}, locale = ${row.locale},
      setting = ${sql.json(row.setting)}
    where id = ${ctx.tenant.id}`);

/** Asks PostgreSQL whether it knows the zone: its list may be older than ours, and every transaction of the company needs it. */
export async function zoneIsKnown(ctx: Context, zone: string): Promise<boolean> {
  const row = await ctx.tx.one<{ known: boolean }>(sql`select exists (select 1 from pg_timezone_names where lower(name) = lower(${zone})) as known`);
  return row.known;
}

export interface SecretRow {
  name: string;
  ciphertext: Buffer;
  updatedAt: Temporal.Instant;
}

export const findSecret = (ctx: Context, name: string): Promise<SecretRow | null> =>
  ctx.tx.maybe(sql`select name, ciphertext, updated_at from secret where tenant_id = ${ctx.tenant.id} and name = ${name}`);

export const putSecret = (ctx: Context, name: string, ciphertext: Buffer): Promise<number> =>
  ctx.tx.run(sql`
    insert into secret (tenant_id, name, ciphertext, updated_at) values (${ctx.tenant.id}, ${name}, ${ciphertext}, app.now())
    on conflict (tenant_id, name) do update set ciphertext = excluded.ciphertext, updated_at = excluded.updated_at`);

export const deleteSecret = (ctx: Context, name: string): Promise<number> =>
  ctx.tx.run(sql`delete from secret where tenant_id = ${ctx.tenant.id} and name = ${name}`);

export interface TenantRow {
  id: string;
  name: string;
  timezone: string;
  setting: Record<string, unknown>;
}

export const allTenants = (platform: Platform): Promise<TenantRow[]> =>
  platform.database.systemRows(sql`select id, name, timezone, setting from app.all_tenants()`);

export async function anyTenant(platform: Platform): Promise<boolean> {
  const [row] = await platform.database.systemRows<{ found: boolean }>(sql`select exists (select 1 from app.all_tenants()) as found`);
  return row!.found;
}

/** The time zones that both this runtime and the database know, by name. 40 ms, so callers keep it. */
export async function commonTimeZones(platform: Platform): Promise<string[]> {
  const rows = await platform.database.systemRows<{ name: string }>(sql`select name from pg_timezone_names`);
  const known = new Set(rows.map((row) => row.name));
  return ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC' && known.has(zone))];
}
