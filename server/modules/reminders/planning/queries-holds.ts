/**
 * Why a customer is not written to: parts of the planner's one statement. Each reason is a relation that is read once
 * and joined to all that matched; the first in the order of `holds` in rule.ts is the one that is recorded.
 */
import { sql, type Sql } from '../../../platform/database/sql.ts';
import { recipientsOf } from '../../customers/index.ts';
import { documentHolds } from '../rule.ts';
import type { Plan } from './queries.ts';
import { daysUpTo, letterCounts, mailCounts } from './queries-contacts.ts';

export const onlyMails = (plan: Plan): boolean => plan.questions.every((question) => question.channel === 'email');
export const hasSteps = (plan: Plan): boolean => plan.questions.some((question) => question.cadenceId !== null);
const hasQuiet = (plan: Plan): boolean => plan.questions.some((question) => question.quiet);

const reasonsInOrder = sql.raw(`(array[${documentHolds.map((reason) => `'${reason}'`).join(', ')}])`);

/** Invoices that are left out of a mail, with the place of the reason among `documentHolds`. */
export const blockedDocuments = ({ runOn }: Plan): Sql => sql`
  select document_id, min(blocked_by) as blocked_by from (
    select h.document_id, array_position(${reasonsInOrder}, h.kind) as blocked_by from hold h where h.document_id is not null and ${holds(runOn)}
    union all
    select d.id, array_position(${reasonsInOrder}, h.kind) from hold h join document d on d.customer_id = h.customer_id and d.state = 'open'
    where h.document_id is null and ${holds(runOn)}
    union all
    select p.document_id, ${documentHolds.indexOf('payment_in_flight') + 1} from payment_attempt_document p where p.in_flight
  ) b group by document_id`;

const holds = (runOn: Temporal.PlainDate): Sql => sql`h.released_at is null and (h.until is null or h.until >= ${runOn}::date)`;

const mailsSince = ({ runOn, zone }: Plan, days: number): Sql => sql`outbound_email e where ${mailCounts(daysUpTo(runOn, days, zone))}`;

/** Relations that {@link holdReason} asks. */
export function holdRelations(plan: Plan): Sql {
  const { runOn, earlier, caps, present } = plan;
  const parts = [
    // customers whose primary contact mail does not reach
    sql`suppressed as materialized (select k.customer_id from contact k join suppression x on x.address = lower(k.email) where k.is_primary)`,
    ...(present.credits ? [credits(plan)] : []),
  ];
  if (present.overrides)
    parts.push(
      sql`overridden as materialized (
      select o.customer_id, o.rule_id, o.day, o.action, o.to_day from reminder_override o
      where o.withdrawn_at is null and o.action in ('skip', 'postpone') and (o.day = ${runOn}::date or o.day = any(${plan.questions.map(({ day }) => day)}::date[])))`,
      sql`overridden_customer as materialized (select distinct customer_id from overridden)`,
    );
  const rule = plan.grouping === 'merged' ? sql.empty : sql`, d.rule_id`;
  if (earlier.sameRunOn.length > 0)
    parts.push(sql`mailed as materialized (
      select distinct d.customer_id${rule} from reminder_decision d where d.run_id = any(${earlier.sameRunOn}::uuid[]) and d.outcome = 'send'${contactsOnly(plan)})`);
  if (caps.minContactDays > 0) parts.push(contacted(plan));
  if (caps.weeklyCap !== null)
    parts.push(
      sql`written as materialized (select e.to_address, count(*) as count from ${mailsSince(plan, 7)} group by e.to_address)`,
      sql`full_address as materialized (select to_address from written where count >= ${caps.weeklyCap})`,
      sql`full_customer as materialized (select distinct k.customer_id from contact k join full_address f on f.to_address = lower(k.email))`,
    );
  if (hasSteps(plan))
    parts.push(sql`held_cadence as materialized (
      select distinct m.customer_id, m.cadence_id from manual_step m where m.ended_at is null and m.waits and m.until >= ${runOn}::date)`);
  return sql`${sql.join(parts, ', ')},`;
}

/** Customers to whom we owe as much as would be asked of them. Each invoice counts once, whatever rules match it. */
const credits = ({ questions }: Plan): Sql => sql`
  credit as materialized (
    select customer_id, currency, sum(minor) as minor from (
      select customer_id, currency, open_minor as minor from document where state = 'open' and kind <> 'invoice'
      union all select customer_id, currency, unapplied_minor from payment where unapplied_minor > 0
    ) c group by customer_id, currency
  ),
  covered as materialized (
    select a.customer_id, a.currency from (
      select ${questions.length > 1 ? sql.raw('distinct') : sql.empty} g.customer_id, g.currency, c.minor, one.id
      from credit c join grouped g on g.customer_id = c.customer_id and g.currency = c.currency and g.blocked_by is null
      cross join lateral unnest(g.document_ids) as one(id)
    ) a join document i on i.id = a.id
    group by a.customer_id, a.currency, a.minor having sum(i.open_minor) <= a.minor
  )`;

/**
 * Customers with a contact too near. Of the same day, with one mail for each rule, only what no run sent counts: the
 * rules do not hinder each other.
 */
function contacted(plan: Plan): Sql {
  const { sameRunOn, open } = plan.earlier;
  const others = plan.grouping === 'merged' || sameRunOn.length === 0 ? sql.empty : sql` and (e.run_id is null or e.run_id <> all(${sameRunOn}::uuid[]))`;
  const started = open.filter((id) => !sameRunOn.includes(id));
  const toBeSent =
    started.length === 0
      ? sql.empty
      : sql` union select d.customer_id from reminder_decision d where d.run_id = any(${started}::uuid[]) and d.outcome = 'send'${contactsOnly(plan)}`;
  return sql`contacted as materialized (
    select e.customer_id from ${mailsSince(plan, plan.caps.minContactDays)}${others} group by e.customer_id${lettersSince(plan)}${toBeSent})`;
}

function lettersSince({ runOn, zone, caps, grouping, earlier: { sameRunOn } }: Plan): Sql {
  const others = grouping === 'merged' || sameRunOn.length === 0 ? sql.empty : sql` and l.run_id <> all(${sameRunOn}::uuid[])`;
  return sql` union select l.customer_id from letter l where ${letterCounts(daysUpTo(runOn, caps.minContactDays, zone))}${others}`;
}

/** Tasks are no contacts: what a run gave to people hinders nothing. */
const contactsOnly = (plan: Plan): Sql =>
  hasSteps(plan) ? sql` and not exists (select 1 from reminder_rule r where r.id = d.rule_id and r.channel = 'task')` : sql.empty;

/** Nearly every customer is neither archived nor paused: `c` is joined for the others only. */
export function holdJoins(plan: Plan): Sql {
  const { earlier, caps, present } = plan;
  const sameRule = plan.grouping === 'merged' ? sql.empty : sql` and m.rule_id = g.rule_id`;
  return sql.join(
    [
      sql`left join customer c on c.id = g.customer_id and (c.archived_at is not null or c.paused_until is not null)`,
      sql`left join contact p on p.customer_id = g.customer_id and p.is_primary`,
      sql`left join suppressed s on s.customer_id = g.customer_id`,
      present.credits ? sql`left join covered v on v.customer_id = g.customer_id and v.currency = g.currency` : sql.empty,
      present.overrides ? sql`left join overridden_customer o on o.customer_id = g.customer_id` : sql.empty,
      earlier.sameRunOn.length === 0 ? sql.empty : sql`left join mailed m on m.customer_id = g.customer_id${sameRule}`,
      caps.minContactDays === 0 ? sql.empty : sql`left join contacted t on t.customer_id = g.customer_id`,
      caps.weeklyCap === null ? sql.empty : sql`left join full_customer f on f.customer_id = g.customer_id`,
      hasSteps(plan) ? sql`left join held_cadence q on q.customer_id = g.customer_id and q.cadence_id = g.cadence_id` : sql.empty,
    ],
    ' ',
  );
}

/** Without a limit of days a second match of a day is listed nowhere: the customer was reminded on that day. */
export function reminded(plan: Plan): Sql {
  const { caps, earlier } = plan;
  if (caps.minContactDays > 0 || earlier.sameRunOn.length === 0) return sql`false`;
  return onlyMails(plan) ? sql`m.customer_id is not null` : sql`(m.customer_id is not null and g.channel <> 'task')`;
}

/** The first reason that stands against it; null when nothing does. */
export function holdReason(plan: Plan): Sql {
  const { runOn, caps, earlier, present } = plan;
  // a task is no contact, and a letter needs no address of mail
  const mail = onlyMails(plan) ? sql.empty : sql`g.channel = 'email' and `;
  const contact = onlyMails(plan) ? sql.empty : sql`g.channel <> 'task' and `;
  const soon = [sql`t.customer_id is not null`, ...(earlier.sameRunOn.length > 0 ? [sql`m.customer_id is not null`] : [])];
  const cases = [
    sql`when c.archived_at is not null then 'archived'`,
    plan.stale ? sql`when true then 'stale_data'` : sql.empty,
    hasQuiet(plan) ? sql`when ${contact}g.quiet then 'quiet_day'` : sql.empty,
    sql`when c.paused_until >= ${runOn}::date then 'paused'`,
    sql`when ${mail}(p.customer_id is null or s.customer_id is not null) and not ${contactWith(deliverable)}
      then case when ${contactWith(sql`true`)} then 'suppressed' else 'no_contact' end`,
    sql`when g.blocked_by is not null then ${reasonsInOrder}[g.blocked_by]`,
    present.credits ? sql`when v.customer_id is not null then 'credit_covers'` : sql.empty,
    present.overrides ? sql`when o.customer_id is not null and ${override(runOn)} is not null then ${override(runOn)}` : sql.empty,
    caps.minContactDays === 0 ? sql.empty : sql`when ${contact}(${sql.join(soon, ' or ')}) then 'too_soon'`,
    caps.weeklyCap === null ? sql.empty : sql`when ${mail}f.customer_id is not null and ${isFull} then 'cap_reached'`,
    hasSteps(plan) ? sql`when q.customer_id is not null then 'manual_step'` : sql.empty,
  ];
  return sql`case ${sql.join(cases, ' ')} end`;
}

/** Contacts that get reminders: those of purpose reminders or billing, and the primary one when there are none. */
const contactWith = (condition: Sql): Sql => sql`
  exists (select 1 from contact k where k.customer_id = g.customer_id and (k.is_primary or k.purposes && array['billing', 'reminders']) and ${condition})`;
const deliverable = sql`not exists (select 1 from suppression x where x.tenant_id = k.tenant_id and x.address = lower(k.email))`;

/** What a person decided about the mail of this day, or of the run's. */
const override = (runOn: Temporal.PlainDate): Sql => sql`(
  select case w.action when 'skip' then 'skipped' else 'postponed' end from overridden w
  where w.customer_id = g.customer_id and (w.rule_id is null or w.rule_id = g.rule_id) and w.day in (g.day, ${runOn}::date)
    and (w.action = 'skip' or w.to_day > ${runOn}::date)
  order by w.action desc limit 1)`;

/** The one who would be written to has had as many mails in seven days as are allowed. */
const isFull = sql`exists (
  select 1 from ${recipientsOf('reminders', sql`g.customer_id`, deliverable)} r join full_address a on a.to_address = lower(r.email) where r.place = 1)`;

/** An address as a number: texts would be carried through every sort. */
const numberOf = (address: Sql): Sql => sql`hashtextextended(${address}, 0)`;

/** A column of candidates: the address that they share with others, or not. */
export const addressColumn = (plan: Plan): Sql => (plan.caps.weeklyCap === null ? sql.empty : sql`, ${numberOf(sql`lower(p.email)`)} as address`);

/**
 * Several customers may have one address: of their mails in this run only as many go as the address may still have, the
 * most overdue first. A customer alone with its address passed {@link isFull}.
 */
export function overCap(plan: Plan): Sql {
  if (plan.caps.weeklyCap === null) return sql.empty;
  // within coalesce, because PostgreSQL would take the three to leave one row in a million
  const goes = sql`coalesce(r.rank = 1 and r.hold is null and not r.reminded${onlyMails(plan) ? sql.empty : sql` and r.channel = 'email'`}, false)`;
  return sql`
    shared_address as materialized (select r.address from ranked r where ${goes} group by r.address having count(*) > 1),
    over_cap as materialized (
      select n.customer_id${plan.grouping === 'merged' ? sql.empty : sql`, n.rule_id`} from (
        select r.customer_id, r.rule_id, r.address, row_number() over (partition by r.address order by r.first_due, r.customer_id, r.rule_id) as place
        from shared_address join ranked r using (address) where ${goes}
      ) n left join written w on ${numberOf(sql`w.to_address`)} = n.address
      where n.place + coalesce(w.count, 0) > ${plan.caps.weeklyCap}
    ),`;
}

export function joinOverCap(plan: Plan): Sql {
  if (plan.caps.weeklyCap === null) return sql.empty;
  return sql`left join over_cap x on x.customer_id = r.customer_id${plan.grouping === 'merged' ? sql.empty : sql` and x.rule_id = r.rule_id`}`;
}

export function isOverCap(plan: Plan, then: Sql): Sql {
  if (plan.caps.weeklyCap === null) return sql.empty;
  return sql`when x.customer_id is not null${onlyMails(plan) ? sql.empty : sql` and r.channel = 'email'`} then ${then}`;
}
