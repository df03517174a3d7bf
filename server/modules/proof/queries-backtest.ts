/** Back-tests as they are kept. */
import type { Context, Platform } from '../../platform/context.ts';
import { sql } from '../../platform/database/sql.ts';
import type { Baseline, Candidate } from './candidate.ts';
import type { ComparedCustomer, ComparedDay, ReplayProof } from './queries-replay.ts';

export type BacktestState = 'waiting' | 'running' | 'done' | 'failed' | 'cancelled';

export interface BacktestSummary {
  mails: number;
  baseMails: number;
  /** Mails that both have: the same customer on the same day. */
  sameMails: number;
  held: number;
  customers: number;
  baseCustomers: number;
  /** Customers that only one of the two mails. */
  onlyCandidate: number;
  onlyBaseline: number;
  /** Addresses that would get more mails than the back-test's `moreThan`. */
  contactsAbove: number;
  mostForContact: number;
  proof: ReplayProof | null;
  /** The first day of which anything is on record. */
  recordedFrom: string | null;
  tookMs: number;
}

export interface Backtest {
  id: string;
  title: string;
  candidate: Candidate;
  baseline: Baseline;
  fromDay: Temporal.PlainDate;
  toDay: Temporal.PlainDate;
  moreThan: number;
  state: BacktestState;
  daysTotal: number;
  daysDone: number;
  summary: BacktestSummary | null;
  error: string | null;
  askedBy: string;
  createdAt: Temporal.Instant;
  startedAt: Temporal.Instant | null;
  finishedAt: Temporal.Instant | null;
}

const columns = sql.raw(
  'id, title, candidate, baseline, from_day, to_day, more_than, state, days_total, days_done, summary, error, asked_by, created_at, started_at, finished_at',
);

export type NewBacktest = Pick<Backtest, 'id' | 'title' | 'candidate' | 'baseline' | 'fromDay' | 'toDay' | 'moreThan' | 'daysTotal'>;

export async function insertBacktest(ctx: Context, test: NewBacktest): Promise<void> {
  await ctx.tx.run(sql`
    insert into backtest (tenant_id, id, title, candidate, baseline, from_day, to_day, more_than, days_total, state, asked_by)
    values (${ctx.tenant.id}, ${test.id}, ${test.title}, ${sql.json(test.candidate)}, ${sql.json(test.baseline)}, ${test.fromDay}, ${test.toDay},
      ${test.moreThan}, ${test.daysTotal}, 'waiting', ${ctx.actor.name})`);
}

export function readBacktest(ctx: Context, id: string, lock = false): Promise<Backtest | null> {
  return ctx.tx.maybe<Backtest>(sql`
    select ${columns} from backtest where tenant_id = ${ctx.tenant.id} and id = ${id}${lock ? sql` for update` : sql.empty}`);
}

/** Newest first. */
export function listBacktests(ctx: Context, before: string | null, limit: number): Promise<Backtest[]> {
  return ctx.tx.rows<Backtest>(sql`
    select ${columns} from backtest where tenant_id = ${ctx.tenant.id} and ${before === null ? sql`true` : sql`id < ${before}::uuid`} order by id desc limit ${limit}`);
}

export function countBacktests(ctx: Context): Promise<{ kept: number; open: number }> {
  return ctx.tx.one(sql`
    select count(*)::int as kept, (count(*) filter (where state in ('waiting', 'running')))::int as open from backtest where tenant_id = ${ctx.tenant.id}`);
}

/** Takes the back-test up, or up again after its worker died: what an earlier try wrote goes. Null when it is over. */
export async function claimBacktest(ctx: Context, id: string): Promise<Backtest | null> {
  const test = await ctx.tx.maybe<Backtest>(sql`
    update backtest set state = 'running', days_done = 0, started_at = app.now(), progressed_at = app.now()
    where tenant_id = ${ctx.tenant.id} and id = ${id} and state in ('waiting', 'running') returning ${columns}`);
  if (test) await ctx.tx.run(sql`delete from backtest_customer where tenant_id = ${ctx.tenant.id} and backtest_id = ${id}`);
  return test;
}

/** False when it is over, or somebody has deleted it. */
export async function isRunning(ctx: Context, id: string): Promise<boolean> {
  return (await ctx.tx.maybe(sql`select 1 from backtest where tenant_id = ${ctx.tenant.id} and id = ${id} and state = 'running'`)) !== null;
}

/** PostgreSQL's process behind this transaction. */
export async function readBackend(ctx: Context): Promise<number> {
  return (await ctx.tx.one<{ pid: number }>(sql`select pg_backend_pid() as pid`)).pid;
}

/** Stops the statement that the process is at, if it is at one: only the role that its connection signed in as may do that. */
export async function cancelBackend({ database }: Platform, pid: number): Promise<boolean> {
  return (await database.owner.query('select pg_cancel_backend($1) as sent', [pid])).rows[0].sent;
}

/** False when somebody has cancelled or deleted it. */
export async function markDays(ctx: Context, id: string, done: number): Promise<boolean> {
  const count = await ctx.tx.run(sql`
    update backtest set days_done = ${done}, progressed_at = app.now() where tenant_id = ${ctx.tenant.id} and id = ${id} and state = 'running'`);
  return count === 1;
}

export async function insertCustomers(ctx: Context, id: string, rows: readonly ComparedCustomer[]): Promise<void> {
  await ctx.tx.run(sql`
    insert into backtest_customer (tenant_id, backtest_id, customer_id, address, mails, base_mails, same_mails, most_in_week, days, base_days)
    select ${ctx.tenant.id}::uuid, ${id}::uuid, r."customerId", r.address, r.mails, r."baseMails", r."sameMails", r."mostInWeek", r.days, r."baseDays"
    from jsonb_to_recordset(${sql.json(rows)}::jsonb) as r("customerId" uuid, address text, mails int, "baseMails" int, "sameMails" int,
      "mostInWeek" int, days date[], "baseDays" date[])`);
}

/** Sums up what was written, and is done. False when it was cancelled meanwhile. */
export async function finishBacktest(
  ctx: Context,
  id: string,
  days: readonly ComparedDay[],
  rest: Pick<BacktestSummary, 'proof' | 'tookMs'>,
): Promise<boolean> {
  await ctx.tx.run(sql`
    insert into backtest_day (tenant_id, backtest_id, day, mails, base_mails, same_mails, held)
    select ${ctx.tenant.id}::uuid, ${id}::uuid, r.day, r.mails, r."baseMails", r."sameMails", r.held
    from jsonb_to_recordset(${sql.json(days)}::jsonb) as r(day date, mails int, "baseMails" int, "sameMails" int, held int)`);
  const count = await ctx.tx.run(sql`
    update backtest t set state = 'done', days_done = days_total, finished_at = app.now(), summary = ${sql.json(rest)}::jsonb || (
      select jsonb_build_object('mails', coalesce(sum(mails), 0), 'baseMails', coalesce(sum(base_mails), 0), 'sameMails', coalesce(sum(same_mails), 0),
        'held', ${days.reduce((sum, day) => sum + day.held, 0)}::int,
        'customers', count(*) filter (where mails > 0), 'baseCustomers', count(*) filter (where base_mails > 0),
        'onlyCandidate', count(*) filter (where base_mails = 0), 'onlyBaseline', count(*) filter (where mails = 0))
      from backtest_customer where tenant_id = t.tenant_id and backtest_id = t.id) || (
      select jsonb_build_object('contactsAbove', count(*) filter (where mails > t.more_than), 'mostForContact', coalesce(max(mails), 0)) from (
        select address, sum(mails)::int as mails from backtest_customer where tenant_id = t.tenant_id and backtest_id = t.id and address <> '' group by address) k) ||
      jsonb_build_object('recordedFrom', (select (min(created_at) at time zone ${ctx.tenant.timezone})::date::text from document where tenant_id = t.tenant_id))
    where t.tenant_id = ${ctx.tenant.id} and t.id = ${id} and t.state = 'running'`);
  return count === 1;
}

export async function markEnded(ctx: Context, id: string, state: 'failed' | 'cancelled', error: string | null): Promise<void> {
  await ctx.tx.run(sql`
    update backtest set state = ${state}, error = ${error}, finished_at = app.now()
    where tenant_id = ${ctx.tenant.id} and id = ${id} and state in ('waiting', 'running')`);
}

export async function deleteBacktest(ctx: Context, id: string): Promise<void> {
  await ctx.tx.run(sql`delete from backtest where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

export function readDays(ctx: Context, id: string): Promise<ComparedDay[]> {
  return ctx.tx.rows<ComparedDay>(sql`
    select day, mails, base_mails, same_mails, held from backtest_day where tenant_id = ${ctx.tenant.id} and backtest_id = ${id} order by day`);
}

export interface BacktestContact {
  address: string;
  mails: number;
  mostInWeek: number;
  customers: { id: string; name: string }[];
}

/** Addresses with more mails than `moreThan`, the most first. */
export function readContactsAbove(ctx: Context, id: string, moreThan: number, limit: number): Promise<BacktestContact[]> {
  return ctx.tx.rows<BacktestContact>(sql`
    select k.address, k.mails, k.most_in_week, (
        select jsonb_agg(jsonb_build_object('id', c.id, 'name', c.name) order by c.sort_name, c.id) from customer c where c.id = any(k.ids[1:5])) as customers
    from (
      select address, sum(mails)::int as mails, max(most_in_week) as most_in_week, array_agg(customer_id order by mails desc, customer_id) as ids
      from backtest_customer where tenant_id = ${ctx.tenant.id} and backtest_id = ${id} and address <> '' group by address having sum(mails) > ${moreThan}) k
    order by k.mails desc, k.address limit ${limit}`);
}

export interface BacktestCustomerRow extends ComparedCustomer {
  number: string;
  name: string;
}

/** Customers by how often they would have been mailed, the most first; `different` leaves out those with no difference. */
export function listCustomers(
  ctx: Context,
  id: string,
  { after, limit, different, customerId }: { after: (string | null)[] | null; limit: number; different: boolean; customerId?: string | undefined },
): Promise<BacktestCustomerRow[]> {
  return ctx.tx.rows<BacktestCustomerRow>(sql`
    select b.customer_id, c.number, c.name, b.address, b.mails, b.base_mails, b.same_mails, b.most_in_week, b.days, b.base_days
    from backtest_customer b join customer c on c.tenant_id = b.tenant_id and c.id = b.customer_id
    where b.tenant_id = ${ctx.tenant.id} and b.backtest_id = ${id}
      and ${after === null ? sql`true` : sql`(b.mails, b.customer_id) < (${Number(after[0])}::int, ${after[1]}::uuid)`}
      and ${different ? sql`(b.mails > b.same_mails or b.base_mails > b.same_mails)` : sql`true`}
      and ${customerId === undefined ? sql`true` : sql`b.customer_id = ${customerId}`}
    order by b.mails desc, b.customer_id desc limit ${limit}`);
}
