import type { Context } from '../../../platform/context.ts';
import { sql, type Sql } from '../../../platform/database/sql.ts';
import type { Grouping, Question } from '../planning/queries.ts';
import type { Outcome } from '../rule.ts';

export interface StoredTotal {
  currency: string;
  /** Minor units, as text: JSON numbers are too small. */
  minor: string;
}

/** waiting: larger than usual, for a person; canceled: that person said no. */
export const runStates = ['running', 'waiting', 'done', 'canceled'] as const;
export type RunState = (typeof runStates)[number];

export interface Run {
  id: string;
  runOn: Temporal.PlainDate;
  kind: 'daily' | 'manual';
  /** Of a daily run: the hour of the rules that it asks; null is the company's. */
  hour: number | null;
  state: RunState;
  ruleIds: string[] | null;
  /** A person's run for these customers only. */
  customerIds: string[] | null;
  days: Temporal.PlainDate[];
  missedDays: Temporal.PlainDate[];
  grouping: Grouping;
  actorName: string;
  /** Mails; what leaves otherwise is counted beside them. */
  sentCount: number;
  taskCount: number;
  letterCount: number;
  mergedCount: number;
  heldCount: number;
  totals: StoredTotal[];
  startedAt: Temporal.Instant;
  plannedAt: Temporal.Instant | null;
  mailedTo: string | null;
  finishedAt: Temporal.Instant | null;
  /** The brake: how many mails go without asking a person, and who let more go. */
  allowedCount: number | null;
  releasedBy: string | null;
  releasedAt: Temporal.Instant | null;
  checkedAt: Temporal.Instant | null;
  mailStates: Record<string, number> | null;
}

export const runColumns =
  sql.raw(`id, run_on, kind, hour, state, rule_ids, customer_ids, days, missed_days, grouping, actor_name, sent_count, task_count, letter_count, merged_count, held_count, totals,
  started_at, planned_at, mailed_to, finished_at, allowed_count, released_by, released_at, checked_at, mail_states`);

export interface NewRun {
  id: string;
  runOn: Temporal.PlainDate;
  kind: 'daily' | 'manual';
  hour: number | null;
  ruleIds: string[] | null;
  /** A person's run for these customers only. */
  customerIds: string[] | null;
  days: Temporal.PlainDate[];
  missedDays: Temporal.PlainDate[];
  grouping: Grouping;
}

/** False when the day has its daily run already: of several workers one begins it. */
export async function insertRun(ctx: Context, run: NewRun): Promise<boolean> {
  const count = await ctx.tx.run(sql`
    insert into reminder_run (tenant_id, id, run_on, kind, hour, state, rule_ids, customer_ids, days, missed_days, grouping, actor_name)
    values (${ctx.tenant.id}, ${run.id}, ${run.runOn}, ${run.kind}, ${run.hour}::smallint, 'running', ${run.ruleIds}::uuid[], ${run.customerIds}::uuid[], ${run.days}::date[], ${run.missedDays}::date[],
      ${run.grouping}, ${ctx.actor.name})
    on conflict (tenant_id, run_on, hour) where kind = 'daily' do nothing`);
  return count === 1;
}

export function readRun(ctx: Context, id: string): Promise<Run | null> {
  return ctx.tx.maybe<Run>(sql`select ${runColumns} from reminder_run where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

/** The run for one step of work; null when it is done or another worker is at it. */
export function claimRun(ctx: Context, id: string): Promise<Run | null> {
  return ctx.tx.maybe<Run>(sql`
    select ${runColumns} from reminder_run where tenant_id = ${ctx.tenant.id} and id = ${id} and state = 'running' for update skip locked`);
}

/** The run of that day at the company's hour, or at the hour of some rules. */
export function readDailyRun(ctx: Context, on: Temporal.PlainDate, hour: number | null): Promise<Run | null> {
  return ctx.tx.maybe<Run>(sql`
    select ${runColumns} from reminder_run
    where tenant_id = ${ctx.tenant.id} and run_on = ${on} and hour is not distinct from ${hour}::smallint and kind = 'daily'`);
}

/** The daily runs of that day, one for each hour that has begun. */
export function readDailyRuns(ctx: Context, on: Temporal.PlainDate): Promise<Run[]> {
  return ctx.tx.rows<Run>(sql`select ${runColumns} from reminder_run where tenant_id = ${ctx.tenant.id} and run_on = ${on} and kind = 'daily'`);
}

export async function readLastRunOn(ctx: Context, before: Temporal.PlainDate, hour: number | null): Promise<Temporal.PlainDate | null> {
  const row = await ctx.tx.one<{ last: Temporal.PlainDate | null }>(sql`
    select max(run_on) as last from reminder_run
    where tenant_id = ${ctx.tenant.id} and kind = 'daily' and hour is not distinct from ${hour}::smallint and run_on < ${before}`);
  return row.last;
}

/** Newest first. */
export function listRuns(ctx: Context, after: (string | null)[] | null, limit: number): Promise<Run[]> {
  const more = after ? sql` and (started_at, id) < (${after[0]}::timestamptz, ${after[1]}::uuid)` : sql.empty;
  return ctx.tx.rows<Run>(sql`
    select ${runColumns} from reminder_run where tenant_id = ${ctx.tenant.id}${more} order by started_at desc, id desc limit ${limit}`);
}

/** Those that wait for a person, the oldest first. */
export function listWaitingRuns(ctx: Context): Promise<Run[]> {
  return ctx.tx.rows<Run>(sql`
    select ${runColumns} from reminder_run where tenant_id = ${ctx.tenant.id} and state = 'waiting' and checked_at is null order by started_at limit 20`);
}

/** One planning at a time for a company, so that two runs never decide about the same customer at once. */
export async function lockPlanning(ctx: Context): Promise<void> {
  await ctx.tx.run(sql`select pg_advisory_xact_lock(hashtextextended('reminders:' || ${ctx.tenant.id}::text, 0))`);
}

export interface DecisionCount {
  outcome: Outcome;
  reason: string;
  currency: string;
  count: number;
  /** The sum over decisions: an invoice that several rules matched is in it several times. */
  minor: bigint;
}

export function countDecisions(ctx: Context, runId: string): Promise<DecisionCount[]> {
  return ctx.tx.rows(sql`
    select outcome, reason, currency, count(*)::int as count, sum(open_minor)::bigint as minor from reminder_decision
    where tenant_id = ${ctx.tenant.id} and run_id = ${runId} group by outcome, reason, currency order by outcome, reason, currency`);
}

/** What goes out otherwise than by mail: steps of cadences. */
export function countThings(ctx: Context, runId: string): Promise<{ tasks: number; letters: number }> {
  return ctx.tx.one(sql`
    select (count(*) filter (where r.channel = 'task'))::int as tasks, (count(*) filter (where r.channel = 'letter'))::int as letters
    from reminder_rule r join reminder_decision d on d.tenant_id = r.tenant_id and d.rule_id = r.id
    where r.tenant_id = ${ctx.tenant.id} and r.channel <> 'email' and d.run_id = ${runId} and d.outcome = 'send'`);
}

/** What a run asks for; an invoice that several rules matched counts once. */
export function sumMails(ctx: Context, runId: string): Promise<{ currency: string; minor: bigint }[]> {
  return ctx.tx.rows(sql`
    select i.currency, sum(i.open_minor)::bigint as minor from document i
    where i.id in (
      select unnest(document_ids) from reminder_decision
      where tenant_id = ${ctx.tenant.id} and run_id = ${runId} and outcome <> 'held' and reason <> 'reminded_today')
    group by i.currency order by i.currency`);
}

export interface RunCounts {
  mails: number;
  tasks: number;
  letters: number;
  merged: number;
  held: number;
  totals: StoredTotal[];
}

const countsOf = (counts: RunCounts): Sql => sql`
  progressed_at = app.now(), sent_count = ${counts.mails}, task_count = ${counts.tasks}, letter_count = ${counts.letters}, merged_count = ${counts.merged}, held_count = ${counts.held}, totals = ${sql.json(counts.totals)}`;

/** With what was asked, so that a later run knows which days are answered. */
export async function markPlanned(ctx: Context, runId: string, counts: RunCounts, questions: readonly Question[]): Promise<void> {
  const asked = questions.map(({ ruleId, ruleVersion, day, again }) => ({ ruleId, version: ruleVersion, day: day.toString(), ...(again ? { again } : {}) }));
  await ctx.tx.run(sql`
    update reminder_run set planned_at = app.now(), ${countsOf(counts)}, questions = ${sql.json(asked)}::jsonb,
      asked_days = array(select distinct d from unnest(days || ${asked.map((one) => one.day)}::date[]) d order by d)
    where tenant_id = ${ctx.tenant.id} and id = ${runId}`);
}

export async function markCounts(ctx: Context, runId: string, counts: RunCounts): Promise<void> {
  await ctx.tx.run(sql`update reminder_run set ${countsOf(counts)} where tenant_id = ${ctx.tenant.id} and id = ${runId}`);
}

/** The rules that a run asked show its day. */
export async function markRules(ctx: Context, runOn: Temporal.PlainDate, ruleIds: readonly string[]): Promise<void> {
  await ctx.tx.run(sql`
    update reminder_rule set last_run_on = ${runOn} where tenant_id = ${ctx.tenant.id} and id = any(${[...ruleIds]}::uuid[])
      and (last_run_on is null or last_run_on < ${runOn})`);
}

export async function markDone(ctx: Context, runId: string): Promise<void> {
  await ctx.tx.run(sql`
    update reminder_run set state = 'done', finished_at = app.now(), progressed_at = app.now() where tenant_id = ${ctx.tenant.id} and id = ${runId}`);
}

export interface DueRun {
  tenantId: string;
  runOn: Temporal.PlainDate;
  hour: number | null;
  /** A run that stopped half way; null: one to begin. */
  runId: string | null;
}

/** A run whose worker wrote nothing for this long is taken up by another. */
export const STUCK_AFTER_SECONDS = 120;

export const dueRuns = sql`select tenant_id, run_on, hour, run_id from app.due_reminder_runs(${STUCK_AFTER_SECONDS})`;
