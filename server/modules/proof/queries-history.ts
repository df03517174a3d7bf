/** The rows of `row_history` that are kept no longer. */
import type { Context, Platform } from '../../platform/context.ts';
import { sql } from '../../platform/database/sql.ts';

export async function everyTenant({ database }: Platform): Promise<string[]> {
  return (await database.systemRows<{ id: string }>(sql`select id from app.all_tenants()`)).map((row) => row.id);
}

/** Versions that ended at or before that moment may be gone; null when none is. */
export async function readKeptSince(ctx: Context): Promise<Temporal.Instant | null> {
  return (await ctx.tx.maybe<{ since: Temporal.Instant }>(sql`select since from history_kept where tenant_id = ${ctx.tenant.id}`))?.since ?? null;
}

export async function markKeptSince(ctx: Context, since: Temporal.Instant): Promise<void> {
  await ctx.tx.run(sql`
    insert into history_kept (tenant_id, since) values (${ctx.tenant.id}, ${since}::timestamptz)
    on conflict (tenant_id) do update set since = greatest(history_kept.since, excluded.since)`);
}

/** Tables with versions that ended by then. From one table's name to the next by the key: a scan would read all that is kept. */
export async function readOldRelations(ctx: Context, before: Temporal.Instant): Promise<string[]> {
  const rows = await ctx.tx.rows<{ relation: string }>(sql`
    with recursive named as (
      select min(relation) as relation from row_history where tenant_id = ${ctx.tenant.id}
      union all
      select (select min(h.relation) from row_history h where h.tenant_id = ${ctx.tenant.id} and h.relation > n.relation) from named n where n.relation is not null
    )
    select n.relation from named n
    where exists (select 1 from row_history h where h.tenant_id = ${ctx.tenant.id} and h.relation = n.relation and h.until <= ${before}::timestamptz)`);
  return rows.map((row) => row.relation);
}

/** The oldest of them first. */
export function deleteOld(ctx: Context, relation: string, before: Temporal.Instant, limit: number): Promise<number> {
  return ctx.tx.run(sql`
    delete from row_history where tenant_id = ${ctx.tenant.id} and ctid = any(array(
      select h.ctid from row_history h where h.tenant_id = ${ctx.tenant.id} and h.relation = ${relation} and h.until <= ${before}::timestamptz
      order by h.until, h.seq limit ${limit}))`);
}
