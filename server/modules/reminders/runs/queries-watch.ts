/** The brake's figures, the heartbeat's, and alarms. */
import type { Context, Platform } from '../../../platform/context.ts';
import { sql } from '../../../platform/database/sql.ts';
import { type Run, runColumns } from './queries.ts';

/** Mails of the last runs of that hour that sent any, and the largest of the days before. */
export async function readRunSizes(ctx: Context, run: Run, days: number, runs: number): Promise<{ last: number[]; largest: number }> {
  const sent = sql`kind = 'daily' and hour is not distinct from ${run.hour}::smallint and state = 'done' and sent_count > 0 and run_on < ${run.runOn}`;
  return ctx.tx.one(sql`
    select array(select sent_count from reminder_run where tenant_id = ${ctx.tenant.id} and ${sent} order by run_on desc limit ${runs}) as last,
      coalesce((select max(sent_count) from reminder_run where tenant_id = ${ctx.tenant.id} and ${sent} and run_on >= ${run.runOn.subtract({ days })}), 0) as largest`);
}

export async function markAllowed(ctx: Context, runId: string, allowed: number, waits: boolean): Promise<void> {
  await ctx.tx.run(sql`
    update reminder_run set allowed_count = ${allowed}, state = case when ${waits} then 'waiting' else state end
    where tenant_id = ${ctx.tenant.id} and id = ${runId}`);
}

export function lockRun(ctx: Context, id: string): Promise<Run | null> {
  return ctx.tx.maybe<Run>(sql`select ${runColumns} from reminder_run where tenant_id = ${ctx.tenant.id} and id = ${id} for update`);
}

/** A person's word on a waiting run. A canceled one has no mails, so counts as none. */
export async function release(ctx: Context, id: string, state: 'running' | 'canceled'): Promise<void> {
  await ctx.tx.run(sql`
    update reminder_run set state = ${state}::text, released_by = ${ctx.actor.name}, released_at = app.now(), progressed_at = app.now(),
      finished_at = case when ${state}::text = 'canceled' then app.now() end
    where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

export const alarmKinds = ['missed_run', 'unsent_mails', 'waiting_run'] as const;
export type AlarmKind = (typeof alarmKinds)[number];

export interface NewAlarm {
  kind: AlarmKind;
  runOn: Temporal.PlainDate;
  hour: number | null;
  runId: string | null;
  expected: number | null;
  sent: number | null;
}

/** False when it was raised before. */
export async function insertAlarm(ctx: Context, id: string, alarm: NewAlarm): Promise<boolean> {
  const count = await ctx.tx.run(sql`
    insert into reminder_alarm (tenant_id, id, kind, run_on, hour, run_id, expected, sent)
    values (${ctx.tenant.id}, ${id}, ${alarm.kind}, ${alarm.runOn}, ${alarm.hour}::smallint, ${alarm.runId}::uuid, ${alarm.expected}::int, ${alarm.sent}::int)
    on conflict (tenant_id, kind, run_on, hour, run_id) do nothing`);
  return count === 1;
}

/** What is over. */
export async function clearAlarms(
  ctx: Context,
  which: { kind: AlarmKind; runId?: string; days?: readonly Temporal.PlainDate[]; hour?: number | null },
): Promise<void> {
  const run = which.runId === undefined ? sql.empty : sql` and run_id = ${which.runId}`;
  const days =
    which.days === undefined ? sql.empty : sql` and run_on = any(${[...which.days]}::date[]) and hour is not distinct from ${which.hour ?? null}::smallint`;
  await ctx.tx.run(sql`
    update reminder_alarm set cleared_at = app.now() where tenant_id = ${ctx.tenant.id} and kind = ${which.kind} and cleared_at is null${run}${days}`);
}

export interface Alarm extends NewAlarm {
  id: string;
  raisedAt: Temporal.Instant;
  clearedAt: Temporal.Instant | null;
  seenBy: string | null;
  seenAt: Temporal.Instant | null;
}

const alarmColumns = sql.raw('id, kind, run_on, hour, run_id, expected, sent, raised_at, cleared_at, seen_by, seen_at');

/** Those that somebody should look at, the newest first. */
export function readOpenAlarms(ctx: Context, limit: number): Promise<Alarm[]> {
  return ctx.tx.rows<Alarm>(sql`
    select ${alarmColumns} from reminder_alarm where tenant_id = ${ctx.tenant.id} and cleared_at is null and seen_at is null
    order by raised_at desc, id desc limit ${limit}`);
}

/** Null for an unknown one. */
export function markSeen(ctx: Context, id: string): Promise<Alarm | null> {
  return ctx.tx.maybe<Alarm>(sql`
    update reminder_alarm set seen_at = coalesce(seen_at, app.now()), seen_by = coalesce(seen_by, ${ctx.actor.name})
    where tenant_id = ${ctx.tenant.id} and id = ${id} returning ${alarmColumns}`);
}

export interface Slot {
  runOn: Temporal.PlainDate;
  hour: number | null;
  dueAt: Temporal.Instant;
  /** The run of that day and hour; null while it has not begun. */
  runId: string | null;
}

/** The runs that are to be today, earliest first. */
export function readSlots(ctx: Context): Promise<Slot[]> {
  return ctx.tx.rows<Slot>(sql`
    select s.run_on, s.hour, s.due_at, r.id as run_id from app.reminder_slots() s
    left join reminder_run r on r.tenant_id = s.tenant_id and r.run_on = s.run_on and r.hour is not distinct from s.hour and r.kind = 'daily'
    where s.tenant_id = ${ctx.tenant.id} order by s.due_at, s.hour nulls first`);
}

/** Runs whose mails were not all seen to be at their end yet, begun before that moment; those that wait for a person are left out. */
export function readUnchecked(ctx: Context, before: Temporal.Instant, limit: number): Promise<Run[]> {
  return ctx.tx.rows<Run>(sql`
    select ${runColumns} from reminder_run
    where tenant_id = ${ctx.tenant.id} and checked_at is null and state <> 'waiting'
      and coalesce(released_at, started_at) <= ${before}::timestamptz order by started_at, id limit ${limit}`);
}

/** How many mails of a run are in which state. */
export async function countMailStates(ctx: Context, runIds: readonly string[]): Promise<Map<string, Record<string, number>>> {
  const rows = await ctx.tx.rows<{ runId: string; state: string; count: number }>(sql`
    select run_id, state, count(*)::int as count from outbound_email
    where tenant_id = ${ctx.tenant.id} and run_id = any(${[...runIds]}::uuid[]) group by run_id, state`);
  const counts = new Map<string, Record<string, number>>(runIds.map((id) => [id, {}]));
  for (const { runId, state, count } of rows) counts.get(runId)![state] = count;
  return counts;
}

/** The heartbeat is done with the run: what came of its mails is kept with it. */
export async function markChecked(ctx: Context, runId: string, states: Record<string, number>): Promise<void> {
  await ctx.tx.run(sql`
    update reminder_run set checked_at = app.now(), mail_states = ${sql.json(states)} where tenant_id = ${ctx.tenant.id} and id = ${runId}`);
}

/** One look at a time: two that see the same would raise it once anyway, but each would write. */
export async function lockWatch(ctx: Context): Promise<void> {
  await ctx.tx.run(sql`select pg_advisory_xact_lock(hashtextextended('reminders.watch:' || ${ctx.tenant.id}::text, 0))`);
}

export async function tenantsToWatch(platform: Platform, defaultHours: number): Promise<string[]> {
  const rows = await platform.database.systemRows<{ id: string }>(sql`select app.reminders_to_watch(${defaultHours}) as id`);
  return rows.map((row) => row.id);
}
