/** What a simulated run decided, as the calendar shows it. */
import type { Context } from '../../platform/context.ts';
import { sql } from '../../platform/database/sql.ts';

export interface PlannedRow {
  customerId: string;
  customerNumber: string;
  customerName: string;
  outcome: 'send' | 'held';
  /** Of one that is held back: why. */
  reason: string;
  channel: string;
  rules: { id: string; name: string }[];
  invoices: number;
  amounts: { currency: string; minor: string }[];
}

export interface PlannedCounts {
  mails: number;
  tasks: number;
  letters: number;
  held: number;
  heldReasons: Record<string, number>;
}

/** A mail, letter or task of the run is what goes to a customer by one channel (or rule), with what was merged into it. */
const things = (runId: string, perRule: boolean) => sql`
  decision as materialized (
    select d.customer_id, d.rule_id, r.name as rule_name, r.position, r.channel, d.outcome, d.reason, d.document_ids, d.currency
    from reminder_decision d join reminder_rule r on r.id = d.rule_id where d.run_id = ${runId} and d.reason <> 'reminded_today'
  ),
  thing as (
    select customer_id, channel, case when outcome = 'held' then 'held' else 'send' end as outcome,
      min(reason) filter (where outcome = 'held') as reason, ${perRule ? sql`rule_id` : sql`case when channel = 'task' then rule_id end`} as one_rule,
      array_agg(distinct rule_id) as rule_ids, array_agg(document_ids::text) as lists
    from decision
    group by customer_id, channel, case when outcome = 'held' then 'held' else 'send' end, case when outcome = 'held' then reason end,
      ${perRule ? sql`rule_id` : sql`case when channel = 'task' then rule_id end`}
  )`;

export function countPlanned(ctx: Context, runId: string, perRule: boolean): Promise<PlannedCounts> {
  return ctx.tx.one<PlannedCounts>(sql`
    with ${things(runId, perRule)}
    select (count(*) filter (where outcome = 'send' and channel = 'email'))::int as mails, (count(*) filter (where outcome = 'send' and channel = 'task'))::int as tasks,
      (count(*) filter (where outcome = 'send' and channel = 'letter'))::int as letters, (count(*) filter (where outcome = 'held'))::int as held,
      coalesce((select jsonb_object_agg(reason, n) from (select reason, count(*)::int as n from thing where outcome = 'held' group by reason) k), '{}') as held_reasons
    from thing`);
}

/** The first of them: what goes out before what is held back, the most asked for first. */
export function readPlanned(ctx: Context, runId: string, perRule: boolean, limit: number, customerId: string | null): Promise<PlannedRow[]> {
  return ctx.tx.rows<PlannedRow>(sql`
    with ${things(runId, perRule)},
    asked as (
      select t.customer_id, t.channel, t.outcome, t.reason, t.one_rule, t.rule_ids, count(*)::int as invoices,
        sum(i.open_minor) filter (where i.currency = ${ctx.tenant.currency}) as main_minor, jsonb_object_agg(i.currency, 0) as currencies,
        array_agg(i.id) as document_ids
      from thing t cross join lateral (select distinct u.id from unnest(t.lists) l(list) cross join lateral unnest(l.list::uuid[]) u(id)) n
      join document i on i.id = n.id
      where ${customerId === null ? sql`true` : sql`t.customer_id = ${customerId}`}
      group by t.customer_id, t.channel, t.outcome, t.reason, t.one_rule, t.rule_ids
      order by t.outcome = 'send' desc, main_minor desc nulls last, t.customer_id limit ${limit}
    )
    select a.customer_id, c.number as customer_number, c.name as customer_name, a.outcome, coalesce(a.reason, 'matched') as reason, a.channel, a.invoices,
      (select jsonb_agg(jsonb_build_object('id', r.id, 'name', r.name) order by r.position, r.id) from reminder_rule r where r.id = any(a.rule_ids)) as rules,
      (select jsonb_agg(jsonb_build_object('currency', k.currency, 'minor', k.minor::text) order by k.currency) from (
        select i.currency, sum(i.open_minor) as minor from document i where i.id = any(a.document_ids) group by i.currency) k) as amounts
    from asked a join customer c on c.id = a.customer_id
    order by a.outcome = 'send' desc, a.main_minor desc nulls last, a.customer_id`);
}
