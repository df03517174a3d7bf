import type { Context } from '../../../platform/context.ts';
import { sql } from '../../../platform/database/sql.ts';
import type { Frame } from '../content.ts';
import { addressesOf, holdOf } from '../planning/queries.ts';

export interface StoredTotal {
  currency: string;
  /** Minor units, as text: JSON numbers are too small. */
  minor: string;
}

export type RunKind = 'scheduled' | 'manual' | 'single';

export interface Run {
  id: string;
  asOf: Temporal.PlainDate;
  kind: RunKind;
  state: 'running' | 'done';
  ruleIds: string[];
  days: Temporal.PlainDate[];
  mails: boolean;
  frame: Frame;
  actorName: string;
  statementCount: number;
  heldCount: number;
  totals: StoredTotal[];
  startedAt: Temporal.Instant;
  plannedAt: Temporal.Instant | null;
  doneTo: string | null;
  progressedAt: Temporal.Instant;
  finishedAt: Temporal.Instant | null;
}

const columns = sql.raw(`id, as_of, kind, state, rule_ids, days, mails, frame, actor_name, statement_count, held_count, totals, started_at, planned_at,
  done_to, progressed_at, finished_at`);

export type NewRun = Pick<Run, 'id' | 'asOf' | 'kind' | 'ruleIds' | 'days' | 'mails' | 'frame'>;

export async function insertRun(ctx: Context, run: NewRun): Promise<void> {
  await ctx.tx.run(sql`
    insert into statement_run (tenant_id, id, as_of, kind, state, rule_ids, days, mails, frame, actor_name)
    values (${ctx.tenant.id}, ${run.id}, ${run.asOf}, ${run.kind}, 'running', ${run.ruleIds}::uuid[], ${run.days}::date[], ${run.mails},
      ${sql.json(run.frame)}, ${ctx.actor.name})`);
}

export function readRun(ctx: Context, id: string): Promise<Run | null> {
  return ctx.tx.maybe<Run>(sql`select ${columns} from statement_run where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

/** The run for one step of work; null when it is done or another worker is at it. */
export function claimRun(ctx: Context, id: string): Promise<Run | null> {
  return ctx.tx.maybe<Run>(sql`
    select ${columns} from statement_run where tenant_id = ${ctx.tenant.id} and id = ${id} and state = 'running' for update skip locked`);
}

/** Newest first; single statements on demand are no runs for people. */
export function listRuns(ctx: Context, after: (string | null)[] | null, limit: number): Promise<Run[]> {
  const more = after ? sql` and (started_at, id) < (${after[0]}::timestamptz, ${after[1]}::uuid)` : sql.empty;
  return ctx.tx.rows<Run>(sql`
    select ${columns} from statement_run where tenant_id = ${ctx.tenant.id} and kind <> 'single'${more} order by started_at desc, id desc limit ${limit}`);
}

/** The day of the rule's last statements before `before`; a balance goes on from there. */
export async function readLastRuns(ctx: Context, ruleIds: readonly string[], before: Temporal.PlainDate): Promise<Map<string, Temporal.PlainDate>> {
  const rows = await ctx.tx.rows<{ id: string; last: Temporal.PlainDate }>(sql`
    select w.id, max(n.as_of) as last from unnest(${[...ruleIds]}::uuid[]) as w(id)
    join statement_run n on n.tenant_id = ${ctx.tenant.id} and n.rule_ids @> array[w.id] and n.as_of < ${before}::date and n.kind = 'scheduled'
    group by w.id`);
  return new Map(rows.map((row) => [row.id, row.last]));
}

/** One planning at a time for a company: its series of numbers goes up by whole runs. */
export async function lockPlanning(ctx: Context): Promise<void> {
  await ctx.tx.run(sql`select pg_advisory_xact_lock(hashtextextended('statements:' || ${ctx.tenant.id}::text, 0))`);
}

/** Counts and totals of a run, as they stand, and that it is planned. */
export async function markPlanned(ctx: Context, runId: string): Promise<void> {
  await ctx.tx.run(sql`
    update statement_run n set planned_at = coalesce(n.planned_at, app.now()), progressed_at = app.now(), statement_count = s.count, held_count = s.held,
      totals = s.totals
    from (
      select coalesce(sum(count), 0)::int as count, coalesce(sum(held), 0)::int as held,
        coalesce(jsonb_agg(jsonb_build_object('currency', currency, 'minor', minor::text) order by currency) filter (where currency is not null), '[]') as totals
      from (
        select currency, count(*) as count, count(*) filter (where hold is not null) as held, sum(total_minor) as minor
        from statement where tenant_id = ${ctx.tenant.id} and run_id = ${runId} group by currency) c) s
    where n.tenant_id = ${ctx.tenant.id} and n.id = ${runId}`);
}

export async function markProgress(ctx: Context, runId: string, doneTo: string): Promise<void> {
  await ctx.tx.run(sql`
    update statement_run set done_to = ${doneTo}, progressed_at = app.now() where tenant_id = ${ctx.tenant.id} and id = ${runId}`);
}

export async function markDone(ctx: Context, runId: string): Promise<void> {
  await ctx.tx.run(sql`
    update statement_run set state = 'done', finished_at = app.now(), progressed_at = app.now() where tenant_id = ${ctx.tenant.id} and id = ${runId}`);
}

/** The run goes through its statements once more; those that are drawn and on their way are left alone. */
export async function reopen(ctx: Context, runId: string): Promise<void> {
  await ctx.tx.run(sql`
    update statement_run set state = 'running', done_to = null, finished_at = null, progressed_at = app.now()
    where tenant_id = ${ctx.tenant.id} and id = ${runId}`);
}

/** Statements that could not be drawn are drawn again, and those held back are looked at anew. Answers how many. */
export async function planAgain(ctx: Context, runId: string, stale: boolean): Promise<number> {
  return ctx.tx.run(sql`
    with again as (
      select s.id, ${holdOf(stale)} as hold
      from statement s join customer c on c.tenant_id = s.tenant_id and c.id = s.customer_id
      where s.tenant_id = ${ctx.tenant.id} and s.run_id = ${runId} and s.email_id is null and (s.state = 'failed' or s.hold is not null))
    update statement s set state = case when s.state = 'failed' then 'planned' else s.state end, failure = null, hold = again.hold
    from again where s.tenant_id = ${ctx.tenant.id} and s.id = again.id and (s.state = 'failed' or s.hold is distinct from again.hold)`);
}

export interface TroubledMail {
  id: string;
  /** Where the customer's mail goes now. */
  addresses: string[];
}

const MOST_TROUBLED = 20_000;

/**
 * Mails of the run that failed, of customers who can be written to now, and mails of which nobody knows whether they
 * arrived. `after` is the last one seen.
 */
export function readTroubledMails(ctx: Context, runId: string, after: string | null = null, limit = MOST_TROUBLED): Promise<TroubledMail[]> {
  const more = after === null ? sql.empty : sql` and e.id > ${after}::uuid`;
  return ctx.tx.rows<TroubledMail>(sql`
    select e.id, a.addresses from outbound_email e
    join customer c on c.tenant_id = e.tenant_id and c.id = e.customer_id
    cross join lateral (select ${addressesOf} as addresses) a
    where e.tenant_id = ${ctx.tenant.id} and e.run_id = ${runId} and e.kind = 'statement'
      and (e.state = 'uncertain' or (e.state = 'failed' and c.archived_at is null and cardinality(a.addresses) > 0))${more}
    order by e.id limit ${limit}`);
}

export interface Progress {
  planned: number;
  drawn: number;
  failed: number;
  held: number;
  /** Mails, by what became of them. */
  mails: { ready: number; sending: number; sent: number; failed: number; uncertain: number; withdrawn: number };
  /** Mails that the mail server did not take yet and that go again by themselves, with what it said of one of them. */
  waiting: { count: number; reason: string } | null;
  holds: { hold: string; count: number }[];
}

export async function readProgress(ctx: Context, runId: string): Promise<Progress> {
  const t = ctx.tenant.id;
  const states = await ctx.tx.one<Pick<Progress, 'planned' | 'drawn' | 'failed' | 'held'>>(sql`
    select (count(*) filter (where state = 'planned'))::int as planned, (count(*) filter (where state = 'drawn'))::int as drawn,
      (count(*) filter (where state = 'failed'))::int as failed, (count(*) filter (where hold is not null))::int as held
    from statement where tenant_id = ${t} and run_id = ${runId}`);
  const mails = await ctx.tx.rows<{ state: keyof Progress['mails']; count: number; waiting: number; reason: string | null }>(sql`
    select state, count(*)::int as count, (count(*) filter (where state = 'ready' and reason is not null))::int as waiting, max(reason) as reason
    from outbound_email where tenant_id = ${t} and run_id = ${runId} and kind = 'statement' group by state`);
  const holds = await ctx.tx.rows<{ hold: string; count: number }>(sql`
    select hold, count(*)::int as count from statement where tenant_id = ${t} and run_id = ${runId} and hold is not null group by hold order by 2 desc, 1`);
  const none = { ready: 0, sending: 0, sent: 0, failed: 0, uncertain: 0, withdrawn: 0 };
  const ready = mails.find((row) => row.state === 'ready');
  const waiting = ready && ready.waiting > 0 ? { count: ready.waiting, reason: ready.reason! } : null;
  return { ...states, holds, waiting, mails: { ...none, ...Object.fromEntries(mails.map((row) => [row.state, row.count])) } };
}

export interface DueRun {
  tenantId: string;
  runOn: Temporal.PlainDate;
  /** A run that stopped half way; null: rules whose hour has come and that nobody has asked today. */
  runId: string | null;
}

/** A run whose worker wrote nothing for this long is taken up by another. */
export const STUCK_AFTER_SECONDS = 120;

export const dueRuns = sql`select tenant_id, run_on, run_id from app.due_statement_runs(${STUCK_AFTER_SECONDS})`;

export interface Addressed {
  customerId: string;
  addresses: string[];
}

/** Where the mails of these customers go now: the first address is written to, the others are copied. */
export function readAddresses(ctx: Context, customerIds: readonly string[]): Promise<Addressed[]> {
  return ctx.tx.rows<Addressed>(sql`
    select c.id as customer_id, ${addressesOf} as addresses from customer c
    where c.tenant_id = ${ctx.tenant.id} and c.id = any(${[...customerIds]}::uuid[])`);
}

/** True when no invoices came in within those hours: by an upload that ended and of which something could be read. */
export async function isStale(ctx: Context, hours: number): Promise<boolean> {
  const row = await ctx.tx.one<{ fresh: boolean }>(sql`
    select exists (select 1 from upload where kind = 'invoices' and undone_at is null and (received = 0 or failed < received)
      and finished_at > ${ctx.clock.now().subtract({ hours })}::timestamptz) as fresh`);
  return !row.fresh;
}
