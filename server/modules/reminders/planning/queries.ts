/**
 * Which customers each rule reminds on each day, and what is decided about them: one statement for all rules and days
 * of a run. It reads other modules' tables, because the conditions of a rule and the reasons to hold back must be one
 * statement over a million invoices; it writes only this module's.
 */
import type { Context } from '../../../platform/context.ts';
import { sql, type Sql } from '../../../platform/database/sql.ts';
import { compileRule, onlyDueOn, type RuleConditions } from '../../conditions/index.ts';
import { type Channel, documentHolds, passingReasons } from '../rule.ts';
import type { DecisionCount } from '../runs/queries.ts';
import type { Repeat } from '../schedule.ts';
import { FARTHEST_SHIFT } from './queries-agenda.ts';
import {
  addressColumn,
  blockedDocuments,
  holdJoins,
  holdReason,
  holdRelations,
  isOverCap,
  joinOverCap,
  onlyMails,
  overCap,
  reminded,
} from './queries-holds.ts';

export type Grouping = 'merged' | 'per_rule';

/** One rule asked for one day. `position` orders rules of equal strength. */
export interface Question extends RuleConditions {
  ruleId: string;
  ruleVersion: number;
  position: number;
  day: Temporal.PlainDate;
  channel: Channel;
  cadenceId: string | null;
  repeat: Repeat | null;
  /** The mails would leave on a day off that the rule keeps. */
  quiet: boolean;
  /** Only customers whose decision about that day is held back for a reason that passes. */
  again: boolean;
  /** Leaves to another day of the same run what matches on that day too. */
  butNot: Temporal.PlainDate | null;
}

/** Runs that decided before: about the same days, those whose mails left on the same day, and those not at their end. */
export interface EarlierRuns {
  sameDays: string[];
  sameRunOn: string[];
  open: string[];
}

export interface Present {
  /** Of documents or customers, and payments on their way. */
  holds: boolean;
  credits: boolean;
  overrides: boolean;
}

export interface Caps {
  minContactDays: number;
  weeklyCap: number | null;
}

export interface Plan {
  questions: readonly Question[];
  /** The day on which the mails leave: pauses, holds and caps are asked of it. */
  runOn: Temporal.PlainDate;
  /** The company's zone. */
  zone: string;
  grouping: Grouping;
  caps: Caps;
  /** The last good upload is older than the company allows. */
  stale: boolean;
  /** What there is at all: relations of what there is not are left out of the statement. */
  present: Present;
  earlier: EarlierRuns;
  /** Ask of these customers only. */
  customerIds?: readonly string[] | undefined;
  /** Decisions that were held back are made again, and changed if they can go now: all, or those whose reason passes. */
  retry: 'none' | 'passing' | 'all';
}

/**
 * `with …` up to the relation `decided`: one row for each question, customer and currency that matched and has no
 * decision yet: question, rule_id, rule_version, day, customer_id, currency, document_ids, left_out, open_minor,
 * first_due, outcome, reason.
 */
export function decidedRows(plan: Plan): Sql {
  const { sameDays } = plan.earlier;
  const mail = mailOf(plan);
  return sql`
    with ${waiting(plan)}
    ${plan.present.holds ? sql`blocked as materialized (${blockedDocuments(plan)}),` : sql.empty}
    grouped as ${plan.present.credits ? sql`materialized` : sql.empty} (${matchedCustomers(plan)}),
    ${holdRelations(plan)}
    ${known(plan)}
    candidate as (
      select g.*, ${reminded(plan)} as reminded, ${holdReason(plan)} as hold${addressColumn(plan)}
      from grouped g ${holdJoins(plan)}
      ${sameDays.length === 0 ? sql.empty : sql`where not exists (select 1 from known d where d.customer_id = g.customer_id and d.day = g.day and d.rule_id = g.rule_id and d.currency = g.currency)`}
    ),
    -- the strongest rule of a mail is the one with the most overdue invoice
    ranked as (
      select *, row_number() over strongest as rank, first_value(rule_id) over strongest as strongest_id
      from candidate
      window strongest as (partition by ${mail} order by (hold is not null), first_due, position, day desc, currency)
    ),
    ${overCap(plan)}
    decided as (
      select question, r.rule_id, rule_version, day, r.customer_id, currency, document_ids, left_out, open_minor, first_due,
        case when hold is not null then 'held' ${isOverCap(plan, sql`'held'`)} when reminded or rank > 1 then 'merged' else 'send' end as outcome,
        case when hold is not null then hold ${isOverCap(plan, sql`'cap_reached'`)} when reminded then 'reminded_today' when rank = 1 then 'matched'
          when r.rule_id <> strongest_id then 'stronger_rule' else 'same_rule' end as reason
      from ranked r ${joinOverCap(plan)}
    )`;
}

/** What goes together: one mail or letter for a customer, or for each rule; each step that makes a task makes its own. */
function mailOf(plan: Plan): Sql {
  if (plan.grouping === 'per_rule') return sql`customer_id, rule_id`;
  return onlyMails(plan) ? sql`customer_id` : sql`customer_id, channel, case when channel = 'task' then rule_id end`;
}

/** What is known of a question, by its number: from an array, because PostgreSQL would take a join for few rows. */
function ofQuestion({ questions }: Plan): Sql {
  const column = (name: string, type: string, of: (question: Question) => unknown) =>
    sql`(${questions.map(of)}::${sql.raw(type)}[])[question + 1] as ${sql.raw(name)}`;
  const some = (name: string, type: string, of: (question: Question) => unknown) =>
    questions.some((question) => of(question) !== of(questions[0]!)) ? column(name, type, of) : sql`${of(questions[0]!)}::${sql.raw(type)} as ${sql.raw(name)}`;
  return sql.join(
    [
      column('rule_id', 'uuid', (q) => q.ruleId),
      column('rule_version', 'int', (q) => q.ruleVersion),
      column('position', 'int', (q) => q.position),
      column('day', 'date', (q) => q.day),
      some('quiet', 'boolean', (q) => q.quiet),
      some('channel', 'text', (q) => q.channel),
      some('cadence_id', 'uuid', (q) => q.cadenceId),
    ],
    ', ',
  );
}

const values = (rows: readonly Sql[], as: string): Sql => sql`(values ${sql.join(rows, ', ')}) as ${sql.raw(as)}`;

/** The due dates that are all that the question asks for; null for the others. */
const dueDaysOf = (question: Question): Temporal.PlainDate[] | null =>
  question.butNot === null && question.repeat === null && !question.again ? onlyDueOn(question, question.day) : null;

/**
 * The customers that the questions match, by currency. Invoices that something holds back are left out; when all are,
 * the customer is held back for the first of those reasons.
 */
function matchedCustomers(plan: Plan): Sql {
  const all = sql.join(matchedInvoices(plan), ' union all ');
  const columns = sql`question, ${ofQuestion(plan)}, customer_id, currency`;
  if (!plan.present.holds)
    return sql`
      select ${columns}, first_due, null::int as blocked_by, document_ids, open_minor::bigint as open_minor, null::jsonb as left_out
      from (select question, customer_id, currency, min(due_on) as first_due, array_agg(id) as document_ids, sum(open_minor) as open_minor
        from (${all}) matched group by customer_id, currency, question
      ) customers`;
  const names = sql.raw(`(array[${documentHolds.map((reason) => `'${reason}'`).join(', ')}])`);
  // an aggregate that gets no row costs nothing: nearly every group has no row that is held back
  const free = sql`filter (where blocked_by is null)`;
  const held = sql`filter (where blocked_by is not null)`;
  return sql`
    select ${columns}, coalesce(free_due, held_due) as first_due, case when free_due is null then blocked_by end as blocked_by,
      coalesce(free_ids, held_ids) as document_ids, coalesce(free_minor, held_minor)::bigint as open_minor,
      case when free_due is not null and held_due is not null then (select jsonb_agg(x order by x ->> 'documentId') from jsonb_array_elements(left_out) x) end as left_out
    from (
      select question, customer_id, currency, min(due_on) ${free} as free_due, min(due_on) ${held} as held_due, array_agg(id) ${free} as free_ids,
        array_agg(id) ${held} as held_ids, sum(open_minor) ${free} as free_minor, sum(open_minor) ${held} as held_minor, min(blocked_by) as blocked_by,
        jsonb_agg(jsonb_build_object('documentId', id, 'reason', ${names}[blocked_by])) ${held} as left_out
      from (${all}) matched left join blocked b on b.document_id = matched.id
      group by customer_id, currency, question
    ) customers`;
}

/** One look-up for all questions that ask for due dates only, and one for each other: cheaper to plan, and to run. */
function matchedInvoices(plan: Plan): Sql[] {
  const some = plan.customerIds === undefined ? sql.empty : sql` and i.customer_id = any(${[...plan.customerIds]}::uuid[])`;
  const columns = sql`i.customer_id, i.currency, i.id, i.open_minor, i.due_on`;
  const dated: Sql[] = [];
  const others: Sql[] = [];
  for (const [index, question] of plan.questions.entries()) {
    const days = dueDaysOf(question);
    if (days?.length) dated.push(...days.map((day) => sql`(${index}::int, ${day}::date)`));
    else others.push(sql`select ${index}::int as question, ${columns} from document i where ${matches(question)}${some}`);
  }
  if (dated.length === 0) return others;
  return [
    sql`select question, ${columns} from ${values(dated, 'asked_due(question, day)')} join document i on i.state = 'open' and i.due_on = asked_due.day and i.kind = 'invoice'${some}`,
    ...others,
  ];
}

function matches(question: Question): Sql {
  const { day, ruleId, butNot, repeat } = question;
  const conditions = [compileRule(question, day)];
  if (butNot !== null) conditions.push(sql`not coalesce(${compileRule(question, butNot)}, false)`);
  if (repeat !== null) conditions.push(isDueAgain(question, repeat));
  if (question.again)
    conditions.push(sql`exists (select 1 from waiting w
      where w.customer_id = i.customer_id and w.rule_id = ${ruleId}::uuid and w.day = ${day}::date and w.currency = i.currency)`);
  return sql.join(conditions, ' and ');
}

/**
 * A rule that repeats leaves a customer alone for its interval, and an invoice after its last time. A mail that did not
 * leave does not count.
 */
function isDueAgain({ ruleId, day }: Question, { everyDays, limit }: Repeat): Sql {
  const earlier = sql`
    reminder_decision d where d.customer_id = i.customer_id and d.rule_id = ${ruleId}::uuid and d.currency = i.currency and d.outcome <> 'held'
      and not exists (select 1 from outbound_email e where e.run_id = d.run_id and e.customer_id = d.customer_id and e.state in ('failed', 'withdrawn'))`;
  const rested = sql`not exists (select 1 from ${earlier} and d.day > ${day.subtract({ days: everyDays })}::date)`;
  if (limit === null) return rested;
  return sql`${rested} and (select count(distinct d.run_id) from ${earlier} and i.id = any(d.document_ids)) < ${limit}`;
}

/** Decisions of other days that a passing reason held back. */
function waiting(plan: Plan): Sql {
  if (!plan.questions.some((question) => question.again)) return sql.empty;
  return sql`waiting as materialized (
    select d.customer_id, d.rule_id, d.day, d.currency from reminder_decision d
    where d.run_id = any(${plan.earlier.sameDays}::uuid[]) and d.outcome = 'held' and ${isPassing}),`;
}

const isPassing = sql`d.reason in (${sql.raw(passingReasons.map((reason) => `'${reason}'`).join(', '))})`;

/** What earlier runs decided, read once by run rather than looked up for each match. */
function known(plan: Plan): Sql {
  const { sameDays } = plan.earlier;
  if (sameDays.length === 0) return sql.empty;
  const again = { none: sql.empty, passing: sql` and not (d.outcome = 'held' and ${isPassing})`, all: sql` and d.outcome <> 'held'` }[plan.retry];
  const days = [...new Set(plan.questions.map((question) => question.day.toString()))];
  const some = plan.customerIds === undefined ? sql.empty : sql` and d.customer_id = any(${[...plan.customerIds]}::uuid[])`;
  return sql`known as materialized (
    select d.customer_id, d.day, d.rule_id, d.currency from reminder_decision d
    where d.run_id = any(${sameDays}::uuid[]) and d.day = any(${days}::date[])${again}${some}),`;
}

/** The runs that may have decided about these days or sent on that day; `except` is the run that asks. */
export async function readEarlierRuns(
  ctx: Context,
  days: readonly Temporal.PlainDate[],
  runOn: Temporal.PlainDate,
  except: string | null,
): Promise<EarlierRuns> {
  const rows = await ctx.tx.rows<{ id: string; sameDays: boolean; sameRunOn: boolean; open: boolean }>(sql`
    select id, coalesce(asked_days, days) && ${[...days]}::date[] as same_days, run_on = ${runOn}::date as same_run_on,
      state in ('running', 'waiting') as open
    from reminder_run
    where run_on >= (select min(d) from unnest(${[...days, runOn]}::date[]) d) - ${FARTHEST_SHIFT}::int
      and planned_at is not null and id is distinct from ${except}::uuid`);
  const ids = (which: 'sameDays' | 'sameRunOn' | 'open') => rows.filter((row) => row[which]).map((row) => row.id);
  return { sameDays: ids('sameDays'), sameRunOn: ids('sameRunOn'), open: ids('open') };
}

/** Rooms for the sort and hash steps of one planning; the default of 4 MB would write them to disk. */
const PLANNING_WORK_MEM = '64MB';

/**
 * Writes the decisions of a run and answers how many of each sort. A decision that is there already stays, unless it
 * was held back and the plan's `retry` finds that it can go now.
 */
export async function writeDecisions(ctx: Context, runId: string, plan: Plan): Promise<DecisionCount[]> {
  if (plan.questions.length === 0) return [];
  await ctx.tx.run(sql`select set_config('work_mem', ${PLANNING_WORK_MEM}, true)`);
  const released = plan.retry !== 'none' && plan.earlier.sameDays.length > 0;
  // counted on the way: reading 50,000 decisions once more would take 30 ms
  return ctx.tx.rows(sql`
    ${decidedRows(plan)}${released ? sql`, ${releaseHeld(runId)}` : sql.empty},
    recorded as (
      insert into reminder_decision (tenant_id, customer_id, day, rule_id, currency, run_id, rule_version, outcome, reason, document_ids, left_out, open_minor, decided_at)
      select ${ctx.tenant.id}::uuid, customer_id, day, rule_id, currency, ${runId}::uuid, rule_version, outcome, reason, document_ids, left_out, open_minor, ${ctx.clock.now()}::timestamptz
      from decided order by customer_id
      on conflict do nothing
      returning outcome, reason, currency, open_minor
    )
    select outcome, reason, currency, count(*)::int as count, sum(open_minor)::bigint as minor
    from (select * from recorded${released ? sql` union all select * from released` : sql.empty}) decisions
    group by outcome, reason, currency`);
}

const releaseHeld = (runId: string): Sql => sql`
  released as (
    update reminder_decision d
    set run_id = ${runId}, rule_version = n.rule_version, outcome = n.outcome, reason = n.reason,
      document_ids = n.document_ids, left_out = n.left_out, open_minor = n.open_minor, decided_at = app.now()
    from decided n
    where d.outcome = 'held' and n.outcome <> 'held' and d.customer_id = n.customer_id and d.day = n.day
      and d.rule_id = n.rule_id and d.currency = n.currency
    returning d.outcome, d.reason, d.currency, d.open_minor
  )`;
