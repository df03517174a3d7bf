import type { Context } from '../../platform/context.ts';
import { sql } from '../../platform/database/sql.ts';

export interface Holiday {
  day: Temporal.PlainDate;
  name: string;
}

/** All of them, the earliest first. */
export const listHolidays = (ctx: Context): Promise<Holiday[]> =>
  ctx.tx.rows(sql`select day, name from holiday where tenant_id = ${ctx.tenant.id} order by day`);

export async function countHolidays(ctx: Context): Promise<number> {
  return (await ctx.tx.one<{ count: number }>(sql`select count(*)::int as count from holiday where tenant_id = ${ctx.tenant.id}`)).count;
}

/** False when the day is one already. */
export async function insertHoliday(ctx: Context, day: Temporal.PlainDate, name: string): Promise<boolean> {
  const count = await ctx.tx.run(sql`
    insert into holiday (tenant_id, day, name) values (${ctx.tenant.id}, ${day}, ${name}) on conflict do nothing`);
  return count === 1;
}

/** Its name; null when the day was none. */
export async function deleteHoliday(ctx: Context, day: Temporal.PlainDate): Promise<string | null> {
  const row = await ctx.tx.maybe<{ name: string }>(sql`delete from holiday where tenant_id = ${ctx.tenant.id} and day = ${day} returning name`);
  return row?.name ?? null;
}
