/** What people decided about coming days. */
import type { Context } from '../../platform/context.ts';
import { sql } from '../../platform/database/sql.ts';

export const overrideActions = ['skip', 'postpone', 'send_now'] as const;
export type OverrideAction = (typeof overrideActions)[number];

export interface Override {
  id: string;
  customerId: string;
  customerNumber: string;
  customerName: string;
  ruleId: string | null;
  ruleName: string | null;
  day: Temporal.PlainDate;
  action: OverrideAction;
  toDay: Temporal.PlainDate | null;
  note: string | null;
  madeBy: string;
  madeAt: Temporal.Instant;
  withdrawnBy: string | null;
  withdrawnAt: Temporal.Instant | null;
}

const select = sql`
  select o.id, o.customer_id, c.number as customer_number, c.name as customer_name, o.rule_id, r.name as rule_name, o.day, o.action, o.to_day, o.note,
    o.made_by, o.made_at, o.withdrawn_by, o.withdrawn_at
  from reminder_override o join customer c on c.tenant_id = o.tenant_id and c.id = o.customer_id
  left join reminder_rule r on r.tenant_id = o.tenant_id and r.id = o.rule_id`;

export interface NewOverride {
  id: string;
  customerId: string;
  ruleId: string | null;
  day: Temporal.PlainDate;
  action: OverrideAction;
  toDay: Temporal.PlainDate | null;
  note: string | null;
}

export async function insertOverride(ctx: Context, values: NewOverride): Promise<void> {
  await ctx.tx.run(sql`
    insert into reminder_override (tenant_id, id, customer_id, rule_id, day, action, to_day, note, made_by)
    values (${ctx.tenant.id}, ${values.id}, ${values.customerId}, ${values.ruleId}, ${values.day}, ${values.action}, ${values.toDay}, ${values.note}, ${ctx.actor.name})`);
}

/** The standing word about the same mail gives way. */
export async function replaceOverride(ctx: Context, { customerId, ruleId, day }: NewOverride): Promise<void> {
  await ctx.tx.run(sql`
    update reminder_override set withdrawn_at = app.now(), withdrawn_by = ${ctx.actor.name}
    where tenant_id = ${ctx.tenant.id} and customer_id = ${customerId} and day = ${day} and rule_id is not distinct from ${ruleId}::uuid and withdrawn_at is null`);
}

export function readOverride(ctx: Context, id: string, lock = false): Promise<Override | null> {
  return ctx.tx.maybe<Override>(sql`${select} where o.tenant_id = ${ctx.tenant.id} and o.id = ${id}${lock ? sql` for update of o` : sql.empty}`);
}

export async function withdrawRow(ctx: Context, id: string): Promise<void> {
  await ctx.tx.run(sql`
    update reminder_override set withdrawn_at = app.now(), withdrawn_by = ${ctx.actor.name} where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

/** Newest first. */
export function listOverrides(ctx: Context, before: string | null, limit: number): Promise<Override[]> {
  return ctx.tx.rows<Override>(sql`
    ${select} where o.tenant_id = ${ctx.tenant.id} and ${before === null ? sql`true` : sql`o.id < ${before}::uuid`} order by o.id desc limit ${limit}`);
}

/** Those that stand and concern days from `from` on. */
export function readStanding(ctx: Context, from: Temporal.PlainDate): Promise<Override[]> {
  return ctx.tx.rows<Override>(sql`
    ${select} where o.tenant_id = ${ctx.tenant.id} and o.withdrawn_at is null and o.action <> 'send_now' and coalesce(o.to_day, o.day) >= ${from} order by o.id`);
}

/** Whether the day's runs have been: nothing can be decided about them any more. */
export async function dayHasRun(ctx: Context, day: Temporal.PlainDate): Promise<boolean> {
  const row = await ctx.tx.maybe(sql`select 1 from reminder_run where tenant_id = ${ctx.tenant.id} and run_on = ${day} and kind = 'daily' and hour is null`);
  return row !== null;
}

export interface OutcomeNow {
  ruleId: string;
  ruleName: string;
  outcome: string;
  reason: string;
}

export function readOutcomes(ctx: Context, runId: string): Promise<OutcomeNow[]> {
  return ctx.tx.rows<OutcomeNow>(sql`
    select d.rule_id, r.name as rule_name, d.outcome, d.reason from reminder_decision d join reminder_rule r on r.tenant_id = d.tenant_id and r.id = d.rule_id
    where d.tenant_id = ${ctx.tenant.id} and d.run_id = ${runId} order by d.outcome = 'send' desc, r.position, d.rule_id`);
}
