/** From decisions to what is handed over. */
import type { Context } from '../../../platform/context.ts';
import { sql, type Sql } from '../../../platform/database/sql.ts';
import { recipientsOf } from '../../customers/index.ts';
import { type ContactDays, daysUpTo, letterCounts, mailCounts } from '../planning/queries-contacts.ts';
import type { Channel } from '../rule.ts';
import type { Run } from './queries.ts';

export interface PlannedMail {
  customerId: string;
  channel: Channel;
  /** The strongest of the rules that go together. */
  ruleId: string;
  cadenceId: string | null;
  templateId: string;
  documentIds: string[];
  ruleIds: string[];
  /** Whom to write to, the first of them first; empty when the contacts went since the planning. */
  addresses: string[];
}

/**
 * What is to be handed over for the next customers of a run, in the order of their ids. The run's rows are taken as one
 * range of the index before anything is joined: the table has just grown by them, so the planner knows nothing of their
 * number. Grouped as the planner merged them.
 */
export function nextMails(ctx: Context, run: Run, limit: number): Promise<PlannedMail[]> {
  const from = run.mailedTo ?? '00000000-0000-0000-0000-000000000000';
  const mail =
    run.grouping === 'per_rule' ? sql`s.customer_id, r.channel, s.rule_id` : sql`s.customer_id, r.channel, case when r.channel = 'task' then s.rule_id end`;
  return ctx.tx.rows<PlannedMail>(sql`
    with next as materialized (
      select distinct customer_id from (
        select customer_id from reminder_decision
        where tenant_id = ${ctx.tenant.id} and run_id = ${run.id} and outcome = 'send' and customer_id > ${from}::uuid
        order by customer_id limit ${limit}) d
    ),
    slice as materialized (
      select customer_id, rule_id, outcome, document_ids from reminder_decision
      where tenant_id = ${ctx.tenant.id} and run_id = ${run.id} and customer_id > ${from}::uuid
        and customer_id <= (select customer_id from next order by customer_id desc limit 1)
        and outcome <> 'held' and reason <> 'reminded_today'
    ),
    mail as materialized (
      select s.customer_id, r.channel, (array_agg(s.rule_id) filter (where outcome = 'send'))[1] as rule_id,
        array_agg(distinct one.document_id) as document_ids, array_agg(distinct s.rule_id) as rule_ids
      from slice s join reminder_rule r on r.tenant_id = ${ctx.tenant.id} and r.id = s.rule_id
      cross join lateral unnest(document_ids) as one(document_id)
      group by ${mail} having bool_or(outcome = 'send')
    )
    select m.customer_id, m.channel, m.rule_id, r.cadence_id, r.template_id, m.document_ids, m.rule_ids,
      array(select k.email from ${recipientsOf('reminders', sql`m.customer_id`, isReachable)} k order by k.place) as addresses
    from mail m join reminder_rule r on r.tenant_id = ${ctx.tenant.id} and r.id = m.rule_id
    order by m.customer_id, m.channel, m.rule_id`);
}

const isReachable = sql`not exists (select 1 from suppression x where x.tenant_id = k.tenant_id and x.address = lower(k.email))`;

/** Decisions that could not be handed over after all, with those that were merged into them. */
export async function holdBack(ctx: Context, run: Run, mails: readonly PlannedMail[], reason: string): Promise<void> {
  const rules = run.grouping === 'per_rule' ? sql` and d.rule_id = m.rule_id` : sql` and d.rule_id = any(m.rule_ids)`;
  const rows = mails.map((mail) => ({ customer_id: mail.customerId, rule_id: mail.ruleId, rule_ids: mail.ruleIds }));
  await ctx.tx.run(sql`
    update reminder_decision d set outcome = 'held', reason = ${reason}
    from jsonb_to_recordset(${sql.json(rows)}::jsonb) as m(customer_id uuid, rule_id uuid, rule_ids uuid[])
    where d.tenant_id = ${ctx.tenant.id} and d.run_id = ${run.id} and d.customer_id = m.customer_id${rules} and d.outcome <> 'held'`);
}

/** Decisions of a run that a person stopped. */
export async function cancelDecisions(ctx: Context, runId: string): Promise<void> {
  await ctx.tx.run(sql`
    update reminder_decision set outcome = 'held', reason = 'run_canceled'
    where tenant_id = ${ctx.tenant.id} and run_id = ${runId} and outcome <> 'held'`);
}

export async function markProgress(ctx: Context, runId: string, mailedTo: string): Promise<void> {
  await ctx.tx.run(sql`
    update reminder_run set mailed_to = ${mailedTo}, progressed_at = app.now() where tenant_id = ${ctx.tenant.id} and id = ${runId}`);
}

/** Addresses of the customers' contacts that are not to be written to. */
export async function readSuppressed(ctx: Context, customerIds: readonly string[]): Promise<Set<string>> {
  const rows = await ctx.tx.rows<{ address: string }>(sql`
    select distinct x.address from contact k join suppression x on x.tenant_id = k.tenant_id and x.address = lower(k.email)
    where k.tenant_id = ${ctx.tenant.id} and k.customer_id = any(${[...customerIds]}::uuid[])`);
  return new Set(rows.map((row) => row.address));
}

/** So many days up to today. */
const lately = (ctx: Context, days: number): ContactDays => daysUpTo(ctx.clock.today(), days, ctx.tenant.timezone);

/**
 * Those of the customers who were written to in the last days by something else than this run's mails: its letters count.
 * With one mail for each rule, runs of the same day do not hinder each other.
 */
export async function readContacted(ctx: Context, run: Run, customerIds: readonly string[], days: number): Promise<Set<string>> {
  const others = (row: Sql): Sql =>
    run.grouping === 'merged'
      ? sql.empty
      : sql` and not exists (select 1 from reminder_run n where n.tenant_id = ${row}.tenant_id and n.id = ${row}.run_id and n.run_on = ${run.runOn}::date)`;
  const rows = await ctx.tx.rows<{ customerId: string }>(sql`
    select distinct e.customer_id from outbound_email e
    where e.tenant_id = ${ctx.tenant.id} and e.customer_id = any(${[...customerIds]}::uuid[]) and e.run_id is distinct from ${run.id}::uuid
      and ${mailCounts(lately(ctx, days))}${others(sql`e`)}
    union
    select l.customer_id from letter l
    where l.tenant_id = ${ctx.tenant.id} and l.customer_id = any(${[...customerIds]}::uuid[]) and ${letterCounts(lately(ctx, days))}${others(sql`l`)}`);
  return new Set(rows.map((row) => row.customerId));
}

/** Reminders and statements to these addresses within seven days, sent or on their way. */
export async function countWritten(ctx: Context, addresses: readonly string[]): Promise<Map<string, number>> {
  const rows = await ctx.tx.rows<{ toAddress: string; count: number }>(sql`
    select e.to_address, count(*)::int as count from outbound_email e
    where e.tenant_id = ${ctx.tenant.id} and e.to_address = any(${[...new Set(addresses)]}::text[]) and ${mailCounts(lately(ctx, 7))}
    group by e.to_address`);
  return new Map(rows.map((row) => [row.toAddress, row.count]));
}
