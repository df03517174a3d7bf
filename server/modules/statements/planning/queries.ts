/**
 * Planning: one statement of SQL finds the customers, freezes what each of them is told and gives the numbers. Dates of
 * movements are those on which both sides of them exist, so that the open items of a day and the movements until that
 * day always come to the same sum.
 */
import type { Context } from '../../../platform/context.ts';
import { sql, type Sql } from '../../../platform/database/sql.ts';
import { compileRule, compileTree, type Group } from '../../conditions/index.ts';
import { recipientsOf } from '../../customers/index.ts';
import type { StatementOptions } from '../rule.ts';

/** Longer lists are cut: a statement of more than 60 pages is read by nobody. The total counts everything. */
export const MAX_LINES = 2000;

export interface PlannedRule {
  /** Null on demand. */
  ruleId: string | null;
  version: number | null;
  options: StatementOptions;
  customerCondition: Group;
  invoiceCondition: Group;
  /** Balance forward: the first day of the movements. */
  fromOn: Temporal.PlainDate;
}

export interface Plan {
  asOf: Temporal.PlainDate;
  /** In their order: what several of them select goes on one statement in the manner of the first. */
  rules: readonly PlannedRule[];
  /** One customer on demand, with everything that is open, instead of what the rules select. */
  single: { customerId: string; currency: string | null } | null;
  /** The invoices are older than the freshness limit. */
  stale: boolean;
}

const isToday = (ctx: Context, plan: Plan): boolean => plan.asOf.equals(ctx.clock.today());

function ruleValues(plan: Plan): Sql {
  const rows = plan.rules.map(
    ({ ruleId, version, options: o, fromOn }, place) =>
      sql`(${place}::int, ${ruleId}::uuid, ${version}::int, ${o.kind}::text, ${o.family}::text, ${o.showCredits}::boolean, ${o.skipZero}::boolean,
        ${o.skipCredit}::boolean, ${fromOn}::date)`,
  );
  return sql`rule (place, rule_id, version, kind, family, show_credits, skip_zero, skip_credit, from_on) as (values ${sql.join(rows, ', ')})`;
}

/** What the rules select, as the accounts that get a statement: `bill_to` is the parent where the family stands together. */
function matchedAccounts(ctx: Context, plan: Plan): Sql {
  const t = ctx.tenant.id;
  const parts = plan.rules.flatMap((rule, place) => {
    const together = rule.options.family === 'with_parent';
    const billTo = together ? sql`coalesce(own.parent_id, i.customer_id)` : sql`i.customer_id`;
    const own = together ? sql`join customer own on own.tenant_id = i.tenant_id and own.id = i.customer_id` : sql.empty;
    const invoices = sql`
      select ${place}::int as place, ${billTo} as bill_to, i.currency, i.id as document_id
      from document i ${own} where i.tenant_id = ${t} and i.issued_on <= ${plan.asOf}::date and ${compileRule(rule, plan.asOf)}`;
    const { skipZero, skipCredit } = rule.options;
    if (skipZero && skipCredit) return [invoices];
    // those who owe nothing or whom we owe have perhaps no invoice that could be selected
    const has = skipZero
      ? sql`i.credit_minor > 0`
      : sql`exists (select 1 from document d where d.tenant_id = i.tenant_id and d.customer_id = i.customer_id and d.currency = i.currency)`;
    return [
      invoices,
      sql`select ${place}::int, ${billTo}, i.currency, null::uuid from customer_balance i ${own}
        where i.tenant_id = ${t} and ${has} and ${compileTree(rule.customerCondition, plan.asOf)}`,
    ];
  });
  return sql`
    matched as materialized (${sql.join(parts, ' union all ')}),
    account as materialized (
      select bill_to, currency, min(place) as place, coalesce(array_agg(distinct document_id) filter (where document_id is not null), '{}') as document_ids
      from matched group by bill_to, currency)`;
}

function singleAccount(ctx: Context, plan: Plan): Sql {
  const { customerId, currency } = plan.single!;
  const t = ctx.tenant.id;
  const family =
    plan.rules[0]!.options.family === 'with_parent'
      ? sql`(select id from customer where tenant_id = ${t} and (id = ${customerId} or parent_id = ${customerId}))`
      : sql`(select ${customerId}::uuid)`;
  const only = currency === null ? sql.empty : sql`where currency = ${currency}`;
  return sql`
    account as materialized (
      select ${customerId}::uuid as bill_to, currency, 0 as place, '{}'::uuid[] as document_ids
      from (
        select currency from document where tenant_id = ${t} and customer_id in ${family}
        union select currency from payment where tenant_id = ${t} and customer_id in ${family}
        union select ${currency ?? ctx.tenant.currency}::char(3)) c ${only})`;
}

const members = (ctx: Context): Sql => sql`
  member as materialized (
    select bill_to, currency, place, bill_to as customer_id from account
    union all
    select a.bill_to, a.currency, a.place, k.id from account a join rule r on r.place = a.place
    join customer k on k.tenant_id = ${ctx.tenant.id} and k.parent_id = a.bill_to where r.family = 'with_parent')`;

/** How much a change of the source system raised the document. */
const raised = sql.raw(`(
  case when h.before ? 'amount_minor' then coalesce((h.after ->> 'amount_minor')::bigint, 0) - coalesce((h.before ->> 'amount_minor')::bigint, 0) else 0 end
  + case when h.before ? 'charge_minor' then coalesce((h.after ->> 'charge_minor')::bigint, 0) - coalesce((h.before ->> 'charge_minor')::bigint, 0) else 0 end)`);
const dayOf = (ctx: Context, moment: Sql): Sql => sql`(${moment} at time zone ${ctx.tenant.timezone})::date`;

const itemColumns = sql.raw('customer_id, kind, id, number, issued_on, due_on, total_minor, open_minor');

/** Open items as things stand now. */
function openNow(ctx: Context, plan: Plan): Sql {
  const t = ctx.tenant.id;
  const everything = plan.single ? sql`true` : sql`r.kind = 'balance_forward'`;
  const selected = plan.single
    ? sql.empty
    : sql`
    select a.bill_to, a.currency, d.customer_id, d.kind, d.id, d.number, d.issued_on, d.due_on, d.total_minor, d.open_minor
    from account a join rule r on r.place = a.place cross join lateral unnest(a.document_ids) as one(id)
    join document d on d.tenant_id = ${t} and d.id = one.id where r.kind = 'open_item'
    union all`;
  return sql`
    item as (
      ${selected}
      select m.bill_to, m.currency, d.customer_id, d.kind, d.id, d.number, d.issued_on, d.due_on, d.total_minor, d.open_minor
      from member m join rule r on r.place = m.place
      join document d on d.tenant_id = ${t} and d.customer_id = m.customer_id and d.state = 'open' and d.currency = m.currency
      where d.issued_on <= ${plan.asOf}::date and case when d.kind = 'invoice' then ${everything} else r.show_credits or r.kind = 'balance_forward' end
      union all
      select m.bill_to, m.currency, p.customer_id, 'payment', p.id, p.number, p.received_on, null, p.amount_minor, p.unapplied_minor
      from member m join rule r on r.place = m.place
      join payment p on p.tenant_id = ${t} and p.customer_id = m.customer_id and p.currency = m.currency and p.unapplied_minor > 0
      where p.received_on <= ${plan.asOf}::date and (r.show_credits or r.kind = 'balance_forward'))`;
}

/** Open items as they were at the end of a day that has passed: from the applications, which are never edited. */
function openThen(ctx: Context, plan: Plan): Sql {
  const t = ctx.tenant.id;
  const on = plan.asOf;
  const everything = plan.single ? sql`true` : sql`r.kind = 'balance_forward' or d.id = any(a.document_ids)`;
  return sql`
    past as (
      select m.bill_to, m.currency, d.customer_id, d.kind, d.id, d.number, d.issued_on, d.due_on, d.total_minor - later.raised as total_minor,
        (d.total_minor - later.raised - taken.minor - given.minor)::bigint as open_minor
      from member m join rule r on r.place = m.place join account a on a.bill_to = m.bill_to and a.currency = m.currency
      join document d on d.tenant_id = ${t} and d.customer_id = m.customer_id and d.currency = m.currency
      cross join lateral (
        select coalesce(sum(${raised}), 0)::bigint as raised from document_change h
        where h.tenant_id = ${t} and h.document_id = d.id and ${dayOf(ctx, sql`h.changed_at`)} > ${on}::date) later
      cross join lateral (
        select coalesce(sum(y.amount_minor), 0) as minor from application y
        left join payment p on p.tenant_id = y.tenant_id and p.id = y.payment_id left join document x on x.tenant_id = y.tenant_id and x.id = y.credit_id
        where y.tenant_id = ${t} and y.document_id = d.id and greatest(y.applied_on, p.received_on, x.issued_on) <= ${on}::date) taken
      cross join lateral (
        select coalesce(sum(y.amount_minor), 0) as minor from application y join document x on x.tenant_id = y.tenant_id and x.id = y.document_id
        where y.tenant_id = ${t} and y.credit_id = d.id and greatest(y.applied_on, x.issued_on) <= ${on}::date) given
      where d.issued_on <= ${on}::date and case when d.kind = 'invoice' then ${everything} else r.show_credits or r.kind = 'balance_forward' end
      union all
      select m.bill_to, m.currency, p.customer_id, 'payment', p.id, p.number, p.received_on, null, p.amount_minor,
        (p.amount_minor - given.minor - (p.refunded_minor - back.minor) - case when p.returned_on <= ${on}::date then p.amount_minor else 0 end)::bigint
      from member m join rule r on r.place = m.place
      join payment p on p.tenant_id = ${t} and p.customer_id = m.customer_id and p.currency = m.currency
      cross join lateral (
        select coalesce(sum(y.amount_minor), 0) as minor from application y join document x on x.tenant_id = y.tenant_id and x.id = y.document_id
        where y.tenant_id = ${t} and y.payment_id = p.id and greatest(y.applied_on, x.issued_on) <= ${on}::date) given
      cross join lateral (
        select coalesce(sum(f.amount_minor), 0) as minor from refund f
        where f.tenant_id = ${t} and f.payment_id = p.id and f.state = 'succeeded' and ${dayOf(ctx, sql`f.finished_at`)} > ${on}::date) back
      where p.received_on <= ${on}::date and (r.show_credits or r.kind = 'balance_forward')),
    item as (select bill_to, currency, ${itemColumns} from past where open_minor <> 0)`;
}

/** Everything that ever raised or lowered what an account owes, with the day from which it counts. */
function movements(ctx: Context): Sql {
  const t = ctx.tenant.id;
  const sign = sql.raw(`case when d.kind = 'invoice' then 1 else -1 end`);
  return sql`
    ledger as materialized (
      select m.bill_to, m.currency, m.customer_id, r.from_on from member m join rule r on r.place = m.place where r.kind = 'balance_forward'),
    movement as (
      select l.bill_to, l.currency, l.customer_id, l.from_on, d.issued_on as day, 1 as rank, d.kind as what, d.number, d.id as document_id,
        (${sign} * (d.total_minor - coalesce((select sum(${raised}) from document_change h where h.tenant_id = ${t} and h.document_id = d.id), 0)))::bigint as minor
      from ledger l join document d on d.tenant_id = ${t} and d.customer_id = l.customer_id and d.currency = l.currency
      union all
      select l.bill_to, l.currency, l.customer_id, l.from_on, greatest(${dayOf(ctx, sql`h.changed_at`)}, d.issued_on), 2, 'change', d.number, d.id,
        (${sign} * ${raised})::bigint
      from ledger l join document d on d.tenant_id = ${t} and d.customer_id = l.customer_id and d.currency = l.currency
      join document_change h on h.tenant_id = ${t} and h.document_id = d.id and (h.before ? 'amount_minor' or h.before ? 'charge_minor')
      union all
      select l.bill_to, l.currency, l.customer_id, l.from_on, greatest(y.applied_on, d.issued_on), 3, y.source, d.number, d.id, (-(${sign}) * y.amount_minor)::bigint
      from ledger l join document d on d.tenant_id = ${t} and d.customer_id = l.customer_id and d.currency = l.currency
      join application y on y.tenant_id = ${t} and y.document_id = d.id and y.source in ('source_system', 'write_off', 'void')
      union all
      select l.bill_to, l.currency, l.customer_id, l.from_on, p.received_on, 4, 'payment', p.number, null, -p.amount_minor
      from ledger l join payment p on p.tenant_id = ${t} and p.customer_id = l.customer_id and p.currency = l.currency
      union all
      select l.bill_to, l.currency, l.customer_id, l.from_on, greatest(p.returned_on, p.received_on), 5, 'returned', p.number, null, p.amount_minor
      from ledger l join payment p on p.tenant_id = ${t} and p.customer_id = l.customer_id and p.currency = l.currency and p.returned_on is not null
      union all
      select l.bill_to, l.currency, l.customer_id, l.from_on, greatest(${dayOf(ctx, sql`f.finished_at`)}, p.received_on), 6, 'refund', p.number, null, f.amount_minor
      from ledger l join payment p on p.tenant_id = ${t} and p.customer_id = l.customer_id and p.currency = l.currency and p.refunded_minor > 0
      join refund f on f.tenant_id = ${t} and f.payment_id = p.id and f.state = 'succeeded'
      union all
      -- what was given back without a gateway has no row and no day of its own
      select l.bill_to, l.currency, l.customer_id, l.from_on, p.received_on, 6, 'refund', p.number, null,
        (p.refunded_minor - coalesce((select sum(f.amount_minor) from refund f where f.tenant_id = ${t} and f.payment_id = p.id and f.state = 'succeeded'), 0))::bigint
      from ledger l join payment p on p.tenant_id = ${t} and p.customer_id = l.customer_id and p.currency = l.currency and p.refunded_minor > 0)`;
}

/** Open items of an account as they are listed, and their sums by days past due. */
const itemSums = (plan: Plan): Sql => {
  const bucket = (condition: string) => sql.raw(`coalesce(sum(open_minor) filter (where kind = 'invoice' and ${condition}), 0)::bigint`);
  const late = sql`(${plan.asOf}::date - due_on)`;
  return sql`
    listed as (
      select bill_to, currency, ${itemColumns}, ${late} as late,
        row_number() over (partition by bill_to, currency order by kind <> 'invoice', due_on, issued_on, number, id) as n
      from item),
    items as (
      select l.bill_to, l.currency,
        jsonb_agg(jsonb_build_object('kind', l.kind, 'id', l.id, 'number', l.number, 'issuedOn', l.issued_on, 'dueOn', case when l.kind = 'invoice' then l.due_on end,
          'amount', (case when l.kind = 'invoice' then l.total_minor else -l.total_minor end)::text,
          'open', (case when l.kind = 'invoice' then l.open_minor else -l.open_minor end)::text,
          'customer', k.name) order by l.n) filter (where l.n <= ${MAX_LINES}) as lines,
        greatest(count(*) - ${MAX_LINES}, 0)::int as left_out,
        (count(*) filter (where l.kind = 'invoice'))::int as invoice_count,
        coalesce(sum(l.open_minor) filter (where l.kind = 'invoice'), 0)::bigint as owed_minor,
        coalesce(sum(l.open_minor) filter (where l.kind <> 'invoice'), 0)::bigint as credit_minor,
        ${bucket('late <= 0')} as current_minor, ${bucket('late between 1 and 30')} as days_30, ${bucket('late between 31 and 60')} as days_60,
        ${bucket('late between 61 and 90')} as days_90, ${bucket('late > 90')} as over_90
      from listed l left join customer k on l.customer_id <> l.bill_to and k.id = l.customer_id
      group by l.bill_to, l.currency)`;
};

const movementSums = (plan: Plan): Sql => sql`
  moved as (
    select m.bill_to, m.currency, coalesce(sum(m.minor), 0)::bigint as closing_minor, coalesce(sum(m.minor) filter (where m.day < m.from_on), 0)::bigint as opening_minor,
      coalesce(jsonb_agg(jsonb_build_object('on', m.day, 'what', m.what, 'number', m.number, 'id', m.document_id, 'amount', m.minor::text, 'customer', k.name)
        order by m.n) filter (where m.day >= m.from_on and m.n <= ${MAX_LINES}), '[]') as lines,
      greatest(count(*) filter (where m.day >= m.from_on) - ${MAX_LINES}, 0)::int as left_out
    from (
      select *, row_number() over (partition by bill_to, currency, day >= from_on order by day, rank, number, minor) as n
      from movement where minor <> 0 and day <= ${plan.asOf}::date) m
    left join customer k on m.customer_id <> m.bill_to and k.id = m.customer_id
    group by m.bill_to, m.currency)`;

const deliverable = sql`not exists (select 1 from suppression x where x.tenant_id = k.tenant_id and x.address = lower(k.email) and x.reason <> 'opt_out')`;

/** Why the customer gets no mail; null when nothing stands against it. */
export const holdOf = (stale: boolean): Sql => sql`
  case
    when c.archived_at is not null then 'archived'
    when ${stale}::boolean then 'stale_data'
    when not exists (select 1 from ${recipientsOf('statements', sql`c.id`, deliverable)} r)
      then case when exists (select 1 from contact k where k.tenant_id = c.tenant_id and k.customer_id = c.id) then 'suppressed' else 'no_contact' end
  end`;

/** The addresses of customer `c` for a statement: the first is written to, the others are copied. */
export const addressesOf = sql`array(select lower(r.email) from ${recipientsOf('statements', sql`c.id`, deliverable)} r order by r.place)`;

/** The CTEs of a plan up to `sheet`: one row for each statement, with everything that is frozen in it. */
function sheets(ctx: Context, plan: Plan): Sql {
  const forward = plan.rules.some((rule) => rule.options.kind === 'balance_forward');
  const balance = forward
    ? sql`left join moved v on v.bill_to = a.bill_to and v.currency = a.currency`
    : sql`left join (select null::uuid as bill_to, null::char(3) as currency, 0::bigint as opening_minor, 0::bigint as closing_minor, '[]'::jsonb as lines,
        0 as left_out limit 0) v on false`;
  return sql`
    with ${ruleValues(plan)},
    ${plan.single ? singleAccount(ctx, plan) : matchedAccounts(ctx, plan)},
    ${members(ctx)},
    ${isToday(ctx, plan) ? openNow(ctx, plan) : openThen(ctx, plan)},
    ${itemSums(plan)},
    ${forward ? sql`${movements(ctx)}, ${movementSums(plan)},` : sql.empty}
    account_sum as (
      select a.bill_to, a.currency, r.place, r.rule_id, r.version, r.kind, r.from_on, r.skip_zero, r.skip_credit, s.lines, coalesce(s.invoice_count, 0) as invoice_count,
        case when r.kind = 'balance_forward' then coalesce(v.closing_minor, 0) else coalesce(s.owed_minor - s.credit_minor, 0) end as total_minor,
        coalesce(s.days_30 + s.days_60 + s.days_90 + s.over_90, 0) as overdue_minor,
        case when r.kind = 'balance_forward' then coalesce(v.opening_minor, 0) end as opening_minor, v.lines as movements,
        case when r.kind = 'balance_forward' then coalesce(v.left_out, 0) else coalesce(s.left_out, 0) end as left_out,
        jsonb_build_object('current', coalesce(s.current_minor, 0)::text, 'days1To30', coalesce(s.days_30, 0)::text, 'days31To60', coalesce(s.days_60, 0)::text,
          'days61To90', coalesce(s.days_90, 0)::text, 'over90', coalesce(s.over_90, 0)::text, 'credits', (-coalesce(s.credit_minor, 0))::text) as aging
      from account a join rule r on r.place = a.place
      left join items s on s.bill_to = a.bill_to and s.currency = a.currency
      ${balance}),
    sheet as materialized (
      select a.*, c.sort_name, c.number as customer_number, c.name as customer_name, ${holdOf(plan.stale)} as hold,
        jsonb_build_object(
          'billTo', jsonb_build_object('name', c.name, 'number', c.number, 'address', (
            select d.bill_address from document d where d.tenant_id = c.tenant_id and d.customer_id = c.id and d.bill_address is not null
            order by d.issued_on desc, d.id desc limit 1)),
          'lines', coalesce(a.lines, '[]'), 'opening', a.opening_minor::text, 'movements', coalesce(a.movements, '[]'), 'left', a.left_out,
          'aging', a.aging) as content
      from account_sum a join customer c on c.tenant_id = ${ctx.tenant.id} and c.id = a.bill_to
      where not (a.total_minor = 0 and a.skip_zero) and not (a.total_minor < 0 and a.skip_credit))`;
}

/**
 * Ids of version 7, as the program makes them: milliseconds, a counter, random bits. `n` counts the rows. They rise with
 * the rows, so that they stay together in every index.
 */
const newIds = (now: Temporal.Instant): Sql => {
  const ms = sql`lpad(to_hex(${now.epochMilliseconds}::bigint + n / 4096), 12, '0')`;
  return sql`(left(${ms}, 8) || '-' || right(${ms}, 4) || '-7' || lpad(to_hex(n % 4096), 3, '0') || substr(gen_random_uuid()::text, 19))::uuid`;
};

/** Room for the sort and hash steps of one planning; the default of 4 MB would write them to disk. */
const PLANNING_WORK_MEM = '64MB';

/** Writes the statements of a run, numbered by customer. Answers how many. */
export async function writeStatements(ctx: Context, runId: string, plan: Plan): Promise<number> {
  if (plan.rules.length === 0) return 0;
  await ctx.tx.run(sql`select set_config('work_mem', ${PLANNING_WORK_MEM}, true)`);
  return ctx.tx.run(sql`
    ${sheets(ctx, plan)},
    numbered as (select s.*, row_number() over (order by s.bill_to, s.currency) as n, count(*) over () as all_of_them from sheet s),
    series as (
      insert into statement_series as q (tenant_id, last) select ${ctx.tenant.id}::uuid, count(*) from sheet
      on conflict (tenant_id) do update set last = q.last + excluded.last returning last)
    insert into statement (tenant_id, id, run_id, rule_id, rule_version, customer_id, currency, number, kind, as_of, from_on, total_minor, overdue_minor,
      invoice_count, content, hold, created_at)
    select ${ctx.tenant.id}::uuid, ${newIds(ctx.clock.now())}, ${runId}::uuid, s.rule_id, s.version, s.bill_to, s.currency,
      'ST-' || lpad((q.last - s.all_of_them + s.n)::text, greatest(6, length((q.last - s.all_of_them + s.n)::text)), '0'),
      s.kind, ${plan.asOf}::date, case when s.kind = 'balance_forward' then s.from_on end, s.total_minor, s.overdue_minor, s.invoice_count, s.content, s.hold,
      ${ctx.clock.now()}::timestamptz
    from numbered s cross join series q order by s.n`);
}

export interface SheetRow {
  customerId: string;
  customerNumber: string;
  customerName: string;
  sortName: string;
  currency: string;
  totalMinor: bigint;
  invoiceCount: number;
  hold: string | null;
  email: string | null;
  /** The first ten. */
  invoices: { id: string; number: string; dueOn: string; open: string }[];
}

/** What a plan would make, a page of it by the customers' names; nothing is written. */
export function previewPage(ctx: Context, plan: Plan, after: (string | null)[] | null, limit: number): Promise<SheetRow[]> {
  const [sortName, id, currency] = after ?? [];
  const more = after ? sql`where (s.sort_name, s.bill_to, s.currency) > (${sortName}, ${id}::uuid, ${currency}::char(3))` : sql.empty;
  return ctx.tx.rows<SheetRow>(sql`
    ${sheets(ctx, plan)}
    select s.bill_to as customer_id, s.customer_number, s.customer_name, s.sort_name, s.currency, s.total_minor, s.invoice_count, s.hold,
      (select r.email from ${recipientsOf('statements', sql`s.bill_to`)} r order by r.place limit 1) as email,
      coalesce((select jsonb_agg(jsonb_build_object('id', e.line ->> 'id', 'number', e.line ->> 'number', 'dueOn', e.line ->> 'dueOn', 'open', e.line ->> 'open') order by e.n)
        from (select line, n from jsonb_array_elements(s.content -> 'lines') with ordinality t(line, n) where line ->> 'kind' = 'invoice' order by n limit 10) e), '[]')
        as invoices
    from sheet s ${more} order by s.sort_name, s.bill_to, s.currency limit ${limit}`);
}

export interface SheetCount {
  currency: string;
  hold: string | null;
  count: number;
  invoices: number;
  minor: bigint;
}

export function previewCounts(ctx: Context, plan: Plan): Promise<SheetCount[]> {
  return ctx.tx.rows<SheetCount>(sql`
    ${sheets(ctx, plan)}
    select currency, hold, count(*)::int as count, sum(invoice_count)::int as invoices, sum(total_minor)::bigint as minor
    from sheet group by currency, hold order by currency, hold`);
}
