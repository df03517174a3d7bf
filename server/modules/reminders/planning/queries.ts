/**
 * Which customers each rule reminds on each day, and what is decided about them: one statement for all rules and days
 * of a run. It reads other modules' tables, because the conditions of a rule and the reasons to hold back must be one
 * statement over a million invoices; it writes only this module's.
 */
import type { Context } from '../../../platform/context.ts';
import { sql, type Sql } from '../../../platform/database/sql.ts';
import { compileRule, type RuleConditions } from '../../conditions/index.ts';

export type Grouping = 'merged' | 'per_rule';

/** One rule asked for one day. `position` orders rules of equal strength. */
export interface Question extends RuleConditions {
  ruleId: string;
  ruleVersion: number;
  position: number;
  day: Temporal.PlainDate;
}

/** Runs that decided before: about the same days, and those whose mails left on the same day. */
export interface EarlierRuns {
  sameDays: string[];
  sameRunOn: string[];
}

export interface Plan {
  questions: readonly Question[];
  /** The day on which the mails leave: pauses are asked of it. */
  runOn: Temporal.PlainDate;
  grouping: Grouping;
  earlier: EarlierRuns;
  /** Ask of one customer only. */
  customerId?: string;
  /** A customer that was held back before is decided again, if it can go now. */
  retryHeld?: boolean;
}

/**
 * `with …` up to the relation `decided`: one row for each question, customer and currency that matched and has no
 * decision yet: question, rule_id, rule_version, day, customer_id, currency, document_ids, open_minor, first_due,
 * outcome, reason.
 */
export function decidedRows(plan: Plan): Sql {
  const mail = plan.grouping === 'merged' ? sql`customer_id` : sql`customer_id, rule_id`;
  return sql`
    with grouped as (${sql.join(
      plan.questions.map((question, index) => matchedCustomers(question, index, plan.customerId)),
      ' union all ',
    )}),
    -- customers whose primary contact mail does not reach
    suppressed as (select k.customer_id from contact k join suppression x on x.address = lower(k.email) where k.is_primary),
    ${earlierDecisions(plan)}
    candidate as (
      select g.*, ${reminded(plan)} as reminded, ${holdReason(plan.runOn)} as hold
      from grouped g
      left join customer c on c.id = g.customer_id and (c.archived_at is not null or c.paused_until is not null)
      left join contact p on p.customer_id = g.customer_id and p.is_primary
      left join suppressed s on s.customer_id = g.customer_id
      ${plan.earlier.sameRunOn.length === 0 ? sql.empty : sql`left join mailed m on m.customer_id = g.customer_id${sameRule(plan, sql`m`)}`}
      ${plan.earlier.sameDays.length === 0 ? sql.empty : sql`where not exists (select 1 from known d where d.customer_id = g.customer_id and d.day = g.day and d.rule_id = g.rule_id and d.currency = g.currency)`}
    ),
    -- the strongest rule of a mail is the one with the most overdue invoice
    ranked as (
      select *, row_number() over strongest as rank, first_value(rule_id) over strongest as strongest_id
      from candidate
      window strongest as (partition by ${mail} order by (hold is not null), first_due, position, day desc, currency)
    ),
    decided as (
      select question, rule_id, rule_version, day, customer_id, currency, document_ids, open_minor, first_due,
        case when hold is not null then 'held' when reminded or rank > 1 then 'merged' else 'send' end as outcome,
        case when hold is not null then hold when reminded then 'reminded_today' when rank = 1 then 'matched'
          when rule_id <> strongest_id then 'stronger_rule' else 'same_rule' end as reason
      from ranked
    )`;
}

/**
 * The customers that one question matches, by currency. An invoice that is being paid right now is left out; when all
 * are, the customer is held back.
 */
function matchedCustomers(question: Question, index: number, customerId?: string): Sql {
  const one = customerId === undefined ? sql.empty : sql` and i.customer_id = ${customerId}`;
  return sql`
    select ${index}::int as question, ${question.ruleId}::uuid as rule_id, ${question.ruleVersion}::int as rule_version,
      ${question.position}::int as position, ${question.day}::date as day, *
    from (
      select customer_id, currency, min(due_on) as first_due, bool_and(paying) as paying,
        case when bool_or(paying) and not bool_and(paying)
          then array(select unnest(array_agg(id)) except select unnest(array_agg(id) filter (where paying))) else array_agg(id) end as document_ids,
        (sum(open_minor) - case when bool_and(paying) then 0 else coalesce(sum(open_minor) filter (where paying), 0) end)::bigint as open_minor
      from (select i.customer_id, i.currency, i.id, i.open_minor, i.due_on, p.document_id is not null as paying
        from document i left join payment_attempt_document p on p.document_id = i.id and p.in_flight
        where ${compileRule(question, question.day)}${one}) matched
      group by customer_id, currency
    ) customers`;
}

/**
 * Why the customer gets no reminder on that day; null when nothing stands against it. Nearly every customer is neither
 * archived nor paused (`c` is joined for the others only) and has a primary contact that mail reaches: only for the
 * others all contacts are looked up.
 */
const holdReason = (runOn: Temporal.PlainDate): Sql => sql`
  case
    when c.archived_at is not null then 'archived'
    when c.paused_until >= ${runOn}::date then 'paused'
    when (p.customer_id is null or s.customer_id is not null) and not ${contactWith(deliverable)} then case when ${contactWith(sql`true`)} then 'suppressed' else 'no_contact' end
    when g.paying then 'payment_in_flight'
  end`;

/** Contacts that get reminders: the primary one and those of purpose billing. */
const contactWith = (condition: Sql): Sql => sql`
  exists (select 1 from contact k where k.customer_id = g.customer_id and (k.is_primary or k.purposes && array['billing', 'reminders']) and ${condition})`;
const deliverable = sql`not exists (select 1 from suppression x where x.tenant_id = k.tenant_id and x.address = lower(k.email))`;

const sameRule = (plan: Plan, alias: Sql): Sql => (plan.grouping === 'merged' ? sql.empty : sql` and ${alias}.rule_id = g.rule_id`);
const reminded = (plan: Plan): Sql => (plan.earlier.sameRunOn.length === 0 ? sql`false` : sql`m.customer_id is not null`);

/** What earlier runs decided, read once by run rather than looked up for each match. */
function earlierDecisions(plan: Plan): Sql {
  const { sameDays, sameRunOn } = plan.earlier;
  const held = plan.retryHeld ? sql` and d.outcome <> 'held'` : sql.empty;
  const rule = plan.grouping === 'merged' ? sql.empty : sql`, d.rule_id`;
  const one = plan.customerId === undefined ? sql.empty : sql` and d.customer_id = ${plan.customerId}`;
  return sql.join(
    [
      sameDays.length === 0
        ? sql.empty
        : sql`known as materialized (
        select d.customer_id, d.day, d.rule_id, d.currency from reminder_decision d where d.run_id = any(${sameDays}::uuid[])${held}${one}),`,
      sameRunOn.length === 0
        ? sql.empty
        : sql`mailed as materialized (
        select distinct d.customer_id${rule} from reminder_decision d where d.run_id = any(${sameRunOn}::uuid[]) and d.outcome = 'send'${one}),`,
    ],
    '\n',
  );
}

/** The runs that may have decided about these days or sent on that day; `except` is the run that asks. */
export async function readEarlierRuns(
  ctx: Context,
  days: readonly Temporal.PlainDate[],
  runOn: Temporal.PlainDate,
  except: string | null,
): Promise<EarlierRuns> {
  const rows = await ctx.tx.rows<{ id: string; sameDays: boolean; sameRunOn: boolean }>(sql`
    select id, days && ${[...days]}::date[] as same_days, run_on = ${runOn}::date as same_run_on from reminder_run
    where run_on >= (select min(d) from unnest(${[...days, runOn]}::date[]) d)
      and planned_at is not null and id is distinct from ${except}::uuid`);
  return {
    sameDays: rows.filter((row) => row.sameDays).map((row) => row.id),
    sameRunOn: rows.filter((row) => row.sameRunOn).map((row) => row.id),
  };
}

/** Rooms for the sort and hash steps of one planning; the default of 4 MB would write them to disk. */
const PLANNING_WORK_MEM = '64MB';

/**
 * Writes the decisions of a run and answers how many rows it wrote. A decision that is there already stays, unless it
 * was held back and `retryHeld` finds that it can go now.
 */
export async function writeDecisions(ctx: Context, runId: string, plan: Plan): Promise<number> {
  if (plan.questions.length === 0) return 0;
  await ctx.tx.run(sql`select set_config('work_mem', ${PLANNING_WORK_MEM}, true)`);
  const released = plan.retryHeld && plan.earlier.sameDays.length > 0;
  return ctx.tx.run(sql`
    ${decidedRows(plan)}${released ? sql`, ${releaseHeld(runId)}` : sql.empty}
    insert into reminder_decision (tenant_id, customer_id, day, rule_id, currency, run_id, rule_version, outcome, reason, document_ids, open_minor, decided_at)
    select ${ctx.tenant.id}::uuid, customer_id, day, rule_id, currency, ${runId}::uuid, rule_version, outcome, reason, document_ids, open_minor, ${ctx.clock.now()}::timestamptz
    from decided order by customer_id
    on conflict do nothing`);
}

const releaseHeld = (runId: string): Sql => sql`
  released as (
    update reminder_decision d
    set run_id = ${runId}, rule_version = n.rule_version, outcome = n.outcome, reason = n.reason,
      document_ids = n.document_ids, open_minor = n.open_minor, decided_at = app.now()
    from decided n
    where d.outcome = 'held' and n.outcome <> 'held' and d.customer_id = n.customer_id and d.day = n.day
      and d.rule_id = n.rule_id and d.currency = n.currency
  )`;
