import type { Readable } from 'node:stream';
import { to as copyTo } from 'pg-copy-streams';
import type { Context } from '../../../platform/context.ts';
import { type Sql, sql } from '../../../platform/database/sql.ts';
import type { Aging } from './aging.ts';

/** The five buckets of open invoices on `on`, as sums over `document`. */
const bucketSums = (on: Temporal.PlainDate): Sql => sql`
  coalesce(sum(open_minor) filter (where kind = 'invoice' and due_on >= ${on}::date), 0)::bigint as current_minor,
  coalesce(sum(open_minor) filter (where kind = 'invoice' and due_on between ${on}::date - 30 and ${on}::date - 1), 0)::bigint as days_1_30_minor,
  coalesce(sum(open_minor) filter (where kind = 'invoice' and due_on between ${on}::date - 60 and ${on}::date - 31), 0)::bigint as days_31_60_minor,
  coalesce(sum(open_minor) filter (where kind = 'invoice' and due_on between ${on}::date - 90 and ${on}::date - 61), 0)::bigint as days_61_90_minor,
  coalesce(sum(open_minor) filter (where kind = 'invoice' and due_on < ${on}::date - 90), 0)::bigint as over_90_minor,
  coalesce(sum(open_minor) filter (where kind <> 'invoice'), 0)::bigint as credit_minor,
  (count(*) filter (where kind = 'invoice'))::int as open_count,
  min(due_on) filter (where kind = 'invoice') as oldest_due_on`;

const amounts = sql.raw(`open_minor, current_minor, days_1_30_minor, days_31_60_minor, days_61_90_minor, over_90_minor, overdue_minor,
  credit_minor, open_count, oldest_due_on`);

/** What `customer_balance` should say, for some customers or (null) for all, as the CTE `fresh`. */
function freshBalances(ctx: Context, ids: readonly string[] | null): Sql {
  const of = (column: string) => (ids === null ? sql.empty : sql`and ${sql.raw(column)} = any(${[...ids]}::uuid[])`);
  return sql`
    owed as (
      select customer_id, currency, ${bucketSums(ctx.clock.today())}
      from document where tenant_id = ${ctx.tenant.id} and state = 'open' ${of('customer_id')}
      group by customer_id, currency),
    cash as (
      select customer_id, currency, sum(unapplied_minor)::bigint as unapplied_minor
      from payment where tenant_id = ${ctx.tenant.id} and unapplied_minor > 0 ${of('customer_id')}
      group by customer_id, currency),
    place as (
      select id as customer_id, ${ctx.tenant.currency}::char(3) as currency from customer where tenant_id = ${ctx.tenant.id} ${of('id')}
      union select customer_id, currency from owed
      union select customer_id, currency from cash),
    fresh as (
      select p.customer_id, p.currency,
        coalesce(o.current_minor, 0) as current_minor, coalesce(o.days_1_30_minor, 0) as days_1_30_minor,
        coalesce(o.days_31_60_minor, 0) as days_31_60_minor, coalesce(o.days_61_90_minor, 0) as days_61_90_minor,
        coalesce(o.over_90_minor, 0) as over_90_minor,
        coalesce(o.days_1_30_minor + o.days_31_60_minor + o.days_61_90_minor + o.over_90_minor, 0) as overdue_minor,
        coalesce(o.current_minor + o.days_1_30_minor + o.days_31_60_minor + o.days_61_90_minor + o.over_90_minor, 0) as open_minor,
        coalesce(o.credit_minor, 0) + coalesce(c.unapplied_minor, 0) as credit_minor,
        coalesce(o.open_count, 0) as open_count, o.oldest_due_on
      from place p
      left join owed o on o.customer_id = p.customer_id and o.currency = p.currency
      left join cash c on c.customer_id = p.customer_id and c.currency = p.currency)`;
}

/** Customers whose row is not what it should be. Read only: a refresh that changes nothing writes and locks nothing. */
export async function staleCustomers(ctx: Context): Promise<string[]> {
  const found = await ctx.tx.rows<{ customerId: string }>(sql`
    with ${freshBalances(ctx, null)}
    select distinct coalesce(f.customer_id, b.customer_id) as customer_id
    from fresh f
    full join (select customer_id, currency, ${amounts} from customer_balance where tenant_id = ${ctx.tenant.id}) b
      on b.customer_id = f.customer_id and b.currency = f.currency
    where f.customer_id is null or b.customer_id is null
      or (f.current_minor, f.days_1_30_minor, f.days_31_60_minor, f.days_61_90_minor, f.over_90_minor, f.credit_minor, f.open_count, f.oldest_due_on)
        is distinct from
        (b.current_minor, b.days_1_30_minor, b.days_31_60_minor, b.days_61_90_minor, b.over_90_minor, b.credit_minor, b.open_count, b.oldest_due_on)
    order by 1`);
  return found.map((row) => row.customerId);
}

/** Writes what differs for these customers. Their rows must be locked, so that no older figure overwrites a newer one. */
export async function writeBalances(ctx: Context, ids: readonly string[]): Promise<void> {
  await ctx.tx.run(sql`
    with ${freshBalances(ctx, ids)},
    gone as (
      delete from customer_balance b
      where b.tenant_id = ${ctx.tenant.id} and b.customer_id = any(${[...ids]}::uuid[])
        and not exists (select 1 from fresh f where f.customer_id = b.customer_id and f.currency = b.currency))
    insert into customer_balance as b (tenant_id, customer_id, currency, ${amounts})
    select ${ctx.tenant.id}::uuid, customer_id, currency, ${amounts} from fresh
    on conflict (tenant_id, customer_id, currency) do update set
      open_minor = excluded.open_minor, current_minor = excluded.current_minor, days_1_30_minor = excluded.days_1_30_minor,
      days_31_60_minor = excluded.days_31_60_minor, days_61_90_minor = excluded.days_61_90_minor, over_90_minor = excluded.over_90_minor,
      overdue_minor = excluded.overdue_minor, credit_minor = excluded.credit_minor, open_count = excluded.open_count,
      oldest_due_on = excluded.oldest_due_on
    where (b.current_minor, b.days_1_30_minor, b.days_31_60_minor, b.days_61_90_minor, b.over_90_minor, b.credit_minor, b.open_count, b.oldest_due_on)
      is distinct from
      (excluded.current_minor, excluded.days_1_30_minor, excluded.days_31_60_minor, excluded.days_61_90_minor, excluded.over_90_minor,
       excluded.credit_minor, excluded.open_count, excluded.oldest_due_on)`);
}

export interface CustomerAging extends Aging {
  customerId: string;
  currency: string;
}

const derived = sql.raw(`current_minor, days_1_30_minor as days1_to30_minor, days_31_60_minor as days31_to60_minor,
  days_61_90_minor as days61_to90_minor, over_90_minor as over90_minor,
  current_minor + days_1_30_minor + days_31_60_minor + days_61_90_minor + over_90_minor as open_minor,
  days_1_30_minor + days_31_60_minor + days_61_90_minor + over_90_minor as overdue_minor, credit_minor, open_count, oldest_due_on`);

/** Aging today of these customers, by currency, from the documents themselves and with unapplied cash among the credits. */
export function readAgingOf(ctx: Context, customerIds: readonly string[]): Promise<CustomerAging[]> {
  return ctx.tx.rows<CustomerAging>(sql`
    select coalesce(o.customer_id, c.customer_id) as customer_id, coalesce(o.currency, c.currency) as currency,
      coalesce(current_minor, 0) as current_minor, coalesce(days_1_30_minor, 0) as days1_to30_minor,
      coalesce(days_31_60_minor, 0) as days31_to60_minor, coalesce(days_61_90_minor, 0) as days61_to90_minor,
      coalesce(over_90_minor, 0) as over90_minor,
      coalesce(current_minor + days_1_30_minor + days_31_60_minor + days_61_90_minor + over_90_minor, 0) as open_minor,
      coalesce(days_1_30_minor + days_31_60_minor + days_61_90_minor + over_90_minor, 0) as overdue_minor,
      coalesce(credit_minor, 0) + coalesce(unapplied_minor, 0) as credit_minor, coalesce(open_count, 0) as open_count, oldest_due_on
    from (
      select customer_id, currency, ${bucketSums(ctx.clock.today())} from document
      where tenant_id = ${ctx.tenant.id} and customer_id = any(${[...customerIds]}::uuid[]) and state = 'open'
      group by customer_id, currency) o
    full join (
      select customer_id, currency, sum(unapplied_minor)::bigint as unapplied_minor from payment
      where tenant_id = ${ctx.tenant.id} and customer_id = any(${[...customerIds]}::uuid[]) and unapplied_minor > 0
      group by customer_id, currency) c on c.customer_id = o.customer_id and c.currency = o.currency
    order by 1, 2`);
}

export interface TotalAging extends Aging {
  currency: string;
}

/** Aging of the whole company today, by currency: from the kept balances when they are true, else from one index. */
export async function readAgingTotals(ctx: Context): Promise<TotalAging[]> {
  return (await balancesAreTrue(ctx)) ? readKeptTotals(ctx) : readLiveTotals(ctx);
}

function readKeptTotals(ctx: Context): Promise<TotalAging[]> {
  return ctx.tx.rows<TotalAging>(sql`
    select currency, sum(current_minor)::bigint as current_minor, sum(days_1_30_minor)::bigint as days1_to30_minor,
      sum(days_31_60_minor)::bigint as days31_to60_minor, sum(days_61_90_minor)::bigint as days61_to90_minor,
      sum(over_90_minor)::bigint as over90_minor, sum(open_minor)::bigint as open_minor, sum(overdue_minor)::bigint as overdue_minor,
      sum(credit_minor)::bigint as credit_minor, sum(open_count)::int as open_count, min(oldest_due_on) as oldest_due_on
    from customer_balance where tenant_id = ${ctx.tenant.id} group by currency
    having sum(open_minor) > 0 or sum(credit_minor) > 0 order by sum(open_count) desc, currency`);
}

export function readLiveTotals(ctx: Context): Promise<TotalAging[]> {
  return ctx.tx.rows<TotalAging>(sql`
    with owed as (
      select currency, ${bucketSums(ctx.clock.today())} from document
      where tenant_id = ${ctx.tenant.id} and state = 'open' group by currency),
    cash as (
      select currency, sum(unapplied_minor)::bigint as unapplied_minor from payment
      where tenant_id = ${ctx.tenant.id} and unapplied_minor > 0 group by currency),
    both_kinds as (
      select coalesce(o.currency, c.currency) as currency, coalesce(current_minor, 0) as current_minor,
        coalesce(days_1_30_minor, 0) as days_1_30_minor, coalesce(days_31_60_minor, 0) as days_31_60_minor,
        coalesce(days_61_90_minor, 0) as days_61_90_minor, coalesce(over_90_minor, 0) as over_90_minor,
        coalesce(credit_minor, 0) + coalesce(unapplied_minor, 0) as credit_minor, coalesce(open_count, 0) as open_count, oldest_due_on
      from owed o full join cash c on c.currency = o.currency)
    select currency, ${derived} from both_kinds order by open_count desc, currency`);
}

/**
 * What was open at the end of a past day: documents issued by then, less what was applied by then. Credits are those
 * of documents; cash that lay unapplied then is not counted.
 */
export function readAgingAsOf(ctx: Context, on: Temporal.PlainDate, customerId: string | null): Promise<TotalAging[]> {
  const mine = (column: string) => (customerId === null ? sql.empty : sql`and ${sql.raw(column)} = ${customerId}`);
  return ctx.tx.rows<TotalAging>(sql`
    with moved as (
      select document_id, sum(amount_minor)::bigint as amount_minor from (
        select document_id, amount_minor from application
        where tenant_id = ${ctx.tenant.id} and applied_on <= ${on}::date ${mine('customer_id')}
        union all
        select credit_id, amount_minor from application
        where tenant_id = ${ctx.tenant.id} and credit_id is not null and applied_on <= ${on}::date ${mine('customer_id')}) a
      group by document_id),
    was as (
      select d.currency, d.kind, d.due_on, d.total_minor - coalesce(m.amount_minor, 0) as open_minor
      from document d left join moved m on m.document_id = d.id
      where d.tenant_id = ${ctx.tenant.id} and d.issued_on <= ${on}::date and d.total_minor > coalesce(m.amount_minor, 0) ${mine('d.customer_id')}),
    grouped as (select currency, ${bucketSums(on)} from was group by currency)
    select currency, ${derived} from grouped order by open_count desc, currency`);
}

/**
 * The aging of every customer that owes or has credit as COPY text: number, name, currency, five buckets, open, overdue,
 * credits; in minor units. From the kept balances when they are known to be true, else live: one pass over one index, in the order of
 * its groups. COPY takes no parameters, so tenant and day are those of the transaction; each stands in a sub-select of its
 * own, which makes it a constant of the statement.
 */
export async function copyAgingOfAll(ctx: Context): Promise<Readable> {
  const tenant = '(select app.tenant_id())';
  const from = (await balancesAreTrue(ctx)) ? keptAging(tenant) : liveAging(tenant);
  return ctx.tx.client.query(
    copyTo(`copy (
    select c.number, c.name, a.currency, a.b0, a.b1, a.b2, a.b3, a.b4, a.b0 + a.b1 + a.b2 + a.b3 + a.b4, a.b1 + a.b2 + a.b3 + a.b4, a.credit
    from (${from}) a join customer c on c.tenant_id = ${tenant} and c.id = a.customer_id) to stdout`),
  );
}

const keptAging = (tenant: string): string => `
  select customer_id, currency, current_minor as b0, days_1_30_minor as b1, days_31_60_minor as b2, days_61_90_minor as b3,
    over_90_minor as b4, credit_minor as credit
  from customer_balance where tenant_id = ${tenant} and (open_minor > 0 or credit_minor > 0)`;

function liveAging(tenant: string): string {
  const before = (days: number) => `(select app.today() - ${days})`;
  const bucket = (condition: string) => `coalesce(sum(open_minor) filter (where ${condition}), 0)::bigint`;
  return `
  select customer_id, currency, coalesce(b0, 0) as b0, coalesce(b1, 0) as b1, coalesce(b2, 0) as b2, coalesce(b3, 0) as b3,
    coalesce(b4, 0) as b4, coalesce(credit, 0) as credit
  from (
    select customer_id, currency,
      ${bucket(`due_on >= ${before(0)}`)} as b0,
      ${bucket(`due_on < ${before(0)} and due_on >= ${before(30)}`)} as b1,
      ${bucket(`due_on < ${before(30)} and due_on >= ${before(60)}`)} as b2,
      ${bucket(`due_on < ${before(60)} and due_on >= ${before(90)}`)} as b3,
      ${bucket(`due_on < ${before(90)}`)} as b4
    from document where tenant_id = ${tenant} and state = 'open' and kind = 'invoice'
    group by customer_id, currency) o
  full join (
    select customer_id, currency, sum(minor)::bigint as credit from (
      select customer_id, currency, open_minor as minor from document where tenant_id = ${tenant} and state = 'open' and kind <> 'invoice'
      union all
      select customer_id, currency, unapplied_minor from payment where tenant_id = ${tenant} and unapplied_minor > 0) k
    group by customer_id, currency) p using (customer_id, currency)`;
}

/** True when `customer_balance` is of today and no large upload waits for its refresh. */
export async function balancesAreTrue(ctx: Context): Promise<boolean> {
  const row = await ctx.tx.maybe(sql`
    select 1 from balance_state where tenant_id = ${ctx.tenant.id} and refreshed_on = ${ctx.clock.today()}::date and stale_since is null`);
  return row !== null;
}

/** From here until the refresh has run, totals are reckoned from the documents. */
export async function markStale(ctx: Context): Promise<void> {
  await ctx.tx.run(sql`
    insert into balance_state (tenant_id, stale_since) values (${ctx.tenant.id}, clock_timestamp())
    on conflict (tenant_id) do update set stale_since = excluded.stale_since`);
}

export async function readStaleSince(ctx: Context): Promise<string | null> {
  const row = await ctx.tx.maybe<{ mark: string | null }>(sql`
    select stale_since::text as mark from balance_state where tenant_id = ${ctx.tenant.id}`);
  return row?.mark ?? null;
}

/** The balances are those of the day, unless an upload marked them anew while they were made. */
export async function markTrue(ctx: Context, day: Temporal.PlainDate, mark: string | null): Promise<void> {
  await ctx.tx.run(sql`
    insert into balance_state as s (tenant_id, refreshed_on) values (${ctx.tenant.id}, ${day}::date)
    on conflict (tenant_id) do update set refreshed_on = excluded.refreshed_on,
      stale_since = case when s.stale_since::text is not distinct from ${mark}::text then null else s.stale_since end`);
}

/** Documents and payments whose kept balance is not the sum of their applications. Must be empty. */
export function readMismatches(ctx: Context, limit: number): Promise<{ kind: 'document' | 'payment'; id: string; keptMinor: bigint; provedMinor: bigint }[]> {
  return ctx.tx.rows(sql`
    with moved as (
      select document_id, sum(amount_minor) as amount_minor from (
        select document_id, amount_minor from application where tenant_id = ${ctx.tenant.id}
        union all
        select credit_id, amount_minor from application where tenant_id = ${ctx.tenant.id} and credit_id is not null) a
      group by document_id)
    (select 'document' as kind, d.id, d.open_minor as kept_minor, (d.total_minor - coalesce(m.amount_minor, 0))::bigint as proved_minor
     from document d left join moved m on m.document_id = d.id
     where d.tenant_id = ${ctx.tenant.id} and d.open_minor <> d.total_minor - coalesce(m.amount_minor, 0) limit ${limit})
    union all
    (select 'payment', p.id, p.applied_minor, coalesce(a.amount_minor, 0)::bigint
     from payment p
     left join (select payment_id, sum(amount_minor) as amount_minor from application
                where tenant_id = ${ctx.tenant.id} and payment_id is not null group by payment_id) a on a.payment_id = p.id
     where p.tenant_id = ${ctx.tenant.id} and p.applied_minor <> coalesce(a.amount_minor, 0) limit ${limit})`);
}

/** True until the day's turn was finished. */
export async function turnIsDue(ctx: Context): Promise<boolean> {
  const row = await ctx.tx.maybe(sql`
    select 1 from receivables_turn where tenant_id = ${ctx.tenant.id} and day = ${ctx.clock.today()} and finished_at is not null`);
  return row === null;
}

export async function finishTurn(ctx: Context, day: Temporal.PlainDate, mismatchCount: number): Promise<void> {
  await ctx.tx.run(sql`
    insert into receivables_turn (tenant_id, day, finished_at, mismatch_count)
    values (${ctx.tenant.id}, ${day}, app.now(), ${mismatchCount})
    on conflict (tenant_id, day) do update set finished_at = excluded.finished_at, mismatch_count = excluded.mismatch_count`);
}

/** Keeps what is open at the begin of the day, for trends. */
export async function keepDay(ctx: Context): Promise<void> {
  await ctx.tx.run(sql`
    insert into receivables_day (tenant_id, day, currency, open_minor, overdue_minor)
    select ${ctx.tenant.id}::uuid, ${ctx.clock.today()}::date, currency, sum(open_minor)::bigint, sum(overdue_minor)::bigint
    from customer_balance where tenant_id = ${ctx.tenant.id} group by currency
    on conflict (tenant_id, day, currency) do nothing`);
}
