/** What a replay writes and reads in its temporary world. */
import type { Context } from '../../platform/context.ts';
import { sql, type Sql } from '../../platform/database/sql.ts';
import { recipientsOf } from '../customers/index.ts';
import type { Grouping } from '../reminders/index.ts';
import { spansOf } from './queries-past.ts';
import { byHand } from './queries-world.ts';

export interface RecordedRun {
  id: string;
  runOn: Temporal.PlainDate;
  plannedAt: Temporal.Instant;
}

/** Runs that decided in that time, in their order. */
export function readRecordedRuns(ctx: Context, from: Temporal.Instant, before: Temporal.Instant): Promise<RecordedRun[]> {
  return ctx.tx.rows<RecordedRun>(sql`
    select id, run_on, planned_at from public.reminder_run
    where tenant_id = ${ctx.tenant.id} and planned_at >= ${from}::timestamptz and planned_at < ${before}::timestamptz order by planned_at, id`);
}

/** The recorded run as it was before it decided anything. */
export async function putRecordedRun(ctx: Context, id: string): Promise<void> {
  await ctx.tx.run(sql`
    insert into reminder_run
    select (jsonb_populate_record(r, '{"state": "running", "sent_count": 0, "task_count": 0, "letter_count": 0, "merged_count": 0, "held_count": 0, "totals": [], "planned_at": null,
      "mailed_to": null, "finished_at": null, "questions": null}')).* from public.reminder_run r where r.tenant_id = ${ctx.tenant.id} and r.id = ${id}`);
}

/**
 * What happened to recorded runs after they had decided, up to a moment: some came to their end, and some decisions were
 * held back when their mails were handed over, or stopped by a person.
 */
export async function catchUpRecord(ctx: Context, from: Temporal.Instant, at: Temporal.Instant): Promise<void> {
  await ctx.tx.run(sql`
    update reminder_run r set state = p.state, finished_at = p.finished_at from public.reminder_run p
    where p.id = r.id and r.state in ('running', 'waiting') and coalesce(p.finished_at, p.released_at) <= ${at}::timestamptz and p.state in ('done', 'canceled')`);
  await ctx.tx.run(sql`
    update reminder_decision d set outcome = 'held', reason = k.reason
    from (
      select h.before, h.until, coalesce(
          (select n.before ->> 'reason' from public.row_history n
           where n.tenant_id = h.tenant_id and n.relation = h.relation and n.row_key = h.row_key and (n.until, n.seq) > (h.until, h.seq) order by n.until, n.seq limit 1),
          (select p.reason from public.reminder_decision p
           where p.tenant_id = h.tenant_id and p.customer_id = h.customer_id and p.day = (h.before ->> 'day')::date and p.rule_id = (h.before ->> 'rule_id')::uuid
             and p.currency = (h.before ->> 'currency')::char(3))) as reason
      from public.row_history h
      where h.tenant_id = ${ctx.tenant.id} and h.relation = 'reminder_decision' and h.until >= ${from}::timestamptz and h.until <= ${at}::timestamptz
        and h.before ->> 'outcome' <> 'held'
    ) k
    where d.run_id = (k.before ->> 'run_id')::uuid and d.customer_id = (k.before ->> 'customer_id')::uuid and d.day = (k.before ->> 'day')::date
      and d.rule_id = (k.before ->> 'rule_id')::uuid and d.currency = (k.before ->> 'currency')::char(3) and d.outcome <> 'held'`);
}

/** A simulated run is at its end when its mails are written. */
export async function markSimulatedDone(ctx: Context, runId: string): Promise<void> {
  await ctx.tx.run(sql`update reminder_run set state = 'done', finished_at = app.now() where id = ${runId}`);
}

/**
 * Writes the mails of a simulated run. With `real` each has the fate of the mail that the run of that day wrote: when and
 * whether it was sent; else it leaves at once. Whom it is written to is looked up when a cap asks for it.
 */
export async function writeSimulatedMails(
  ctx: Context,
  run: { id: string; runOn: Temporal.PlainDate; grouping: Grouping },
  { real, addressed, linked }: { real: boolean; addressed: boolean; linked: boolean },
): Promise<number> {
  const mail = run.grouping === 'per_rule' ? sql`d.customer_id, d.rule_id` : sql`d.customer_id`;
  const key = sql`'reminder:' || ${run.runOn.toString()}::text || ':' || m.customer_id::text${run.grouping === 'per_rule' ? sql` || ':' || m.rule_id::text` : sql.empty}`;
  const fate = real
    ? sql`coalesce(f.ended_as, case when f.id is null then 'withdrawn' end), coalesce(f.ended_at, case when f.id is null then app.now() end), f.sent_at, f.sent_on`
    : sql`null, null, app.now(), ${run.runOn}::date`;
  const address = sql`coalesce(${real ? sql`f.to_address` : sql`null`}, ${addressed ? firstAddress(sql`m.customer_id`) : sql`''`}, '')`;
  const listed = sql`listed as (
      insert into past_email_document (tenant_id, email_id, document_id, open_minor)
      select ${ctx.tenant.id}::uuid, m.id, one.document_id, 0 from mail m cross join lateral unnest(m.document_ids) as one(document_id))`;
  const documents = linked ? sql`, array_agg(distinct one.document_id) as document_ids` : sql.empty;
  const unnested = linked ? sql`cross join lateral unnest(d.document_ids) as one(document_id)` : sql.empty;
  const fates = real ? sql`left join real_email f on f.dedupe_key = ${key}` : sql.empty;
  return ctx.tx.run(sql`
    with decision as materialized (
      select d.customer_id, d.rule_id, d.outcome, d.document_ids, d.currency, d.open_minor from reminder_decision d join reminder_rule r on r.id = d.rule_id
      where d.run_id = ${run.id} and d.outcome <> 'held' and d.reason <> 'reminded_today' and r.channel = 'email'
    ),
    mail as materialized (
      select ('00000000-0000-7000-8000-' || lpad(to_hex(nextval('simulated_email')), 12, '0'))::uuid as id, ${mail}, (array_agg(d.rule_id) filter (where d.outcome = 'send'))[1] as sending_rule${documents}
      from decision d ${unnested} group by ${mail} having bool_or(d.outcome = 'send')
    )${linked ? sql`, ${listed}` : sql.empty}
    insert into past_email (tenant_id, id, dedupe_key, kind, customer_id, run_id, to_address, created_at, ended_as, ended_at, sent_at, sent_on, rule_id, on_day)
    select ${ctx.tenant.id}::uuid, m.id, ${key}, 'reminder', m.customer_id, ${run.id}::uuid, ${address}, ${real ? sql`coalesce(f.created_at, app.now())` : sql`app.now()`}, ${fate}, m.sending_rule, ${run.runOn}::date
    from mail m ${fates}`);
}

/** Steps of cadences that give a person something to do and wait for it: nobody does it before they time out. */
export async function beginSimulatedSteps(ctx: Context, run: { id: string; runOn: Temporal.PlainDate }): Promise<void> {
  await ctx.tx.run(sql`
    insert into manual_step (tenant_id, id, cadence_id, rule_id, customer_id, day, document_ids, waits, until, began_at)
    select d.tenant_id, gen_random_uuid(), r.cadence_id, r.id, d.customer_id, d.day, d.document_ids, true, ${run.runOn}::date + r.timeout_days, app.now()
    from reminder_decision d join reminder_rule r on r.id = d.rule_id
    where d.run_id = ${run.id} and d.outcome = 'send' and r.channel = 'task' and r.waits and r.cadence_id is not null
    on conflict do nothing`);
}

/** A customer who gets a letter gets no mail on the same day. */
export async function holdMailsBesideLetters(ctx: Context, runId: string): Promise<void> {
  await ctx.tx.run(sql`
    update reminder_decision d set outcome = 'held', reason = 'too_soon' from reminder_rule r
    where r.id = d.rule_id and r.channel = 'email' and d.run_id = ${runId} and d.outcome <> 'held' and d.reason <> 'reminded_today'
      and exists (select 1 from reminder_decision l join reminder_rule k on k.id = l.rule_id
        where l.run_id = d.run_id and l.customer_id = d.customer_id and l.outcome = 'send' and k.channel = 'letter')`);
}

/** Letters of a simulated run: contacts, as its mails are. */
export async function writeSimulatedLetters(ctx: Context, run: { id: string; runOn: Temporal.PlainDate }): Promise<void> {
  await ctx.tx.run(sql`
    insert into letter (tenant_id, id, number, dedupe_key, customer_id, rule_id, run_id, document_ids, written_on)
    select d.tenant_id, gen_random_uuid(), (select coalesce(max(number), 0) from letter) + row_number() over (),
      'simulated:' || d.run_id::text || ':' || d.customer_id::text || ':' || d.rule_id::text, d.customer_id, d.rule_id, d.run_id, d.document_ids, ${run.runOn}::date
    from reminder_decision d join reminder_rule r on r.id = d.rule_id
    where d.run_id = ${run.id} and d.outcome = 'send' and r.channel = 'letter'
    on conflict do nothing`);
}

/** Customers with one contact, who is the primary one and was so all the time: nobody else can be written to. */
export async function putOnlyContacts(ctx: Context): Promise<void> {
  await ctx.tx.run(sql`
    create temporary table only_contact as select k.customer_id, min(lower(k.email)) as address from past_contact k
    group by k.customer_id having count(*) = 1 and bool_and(k.is_primary and k.valid_to = 'infinity')`);
  await ctx.tx.run(sql`create unique index on only_contact (customer_id)`);
  await ctx.tx.run(sql`analyze only_contact`);
}

/** The address that the customer's reminders go to. */
const firstAddress = (customerId: Sql): Sql => sql`coalesce(
  (select o.address from only_contact o where o.customer_id = ${customerId} and not exists (select 1 from suppression x where x.address = o.address)),
  (select lower(k.email) from ${recipientsOf('reminders', customerId, isReachable)} k where k.place = 1))`;

const isReachable = sql`not exists (select 1 from suppression x where x.tenant_id = k.tenant_id and x.address = lower(k.email))`;

/** What really became of the reminders since `from`, for a replay of the rules that were live. */
export async function putRealFates(ctx: Context, from: Temporal.Instant, rows: Sql): Promise<void> {
  await ctx.tx.run(sql`create temporary table real_email as select * from (${rows}) e where e.kind = 'reminder' and e.created_at >= ${from}::timestamptz`);
  await ctx.tx.run(sql`create index on real_email (dedupe_key)`);
  await ctx.tx.run(sql`analyze real_email`);
}

/** Nobody else gathers statistics of temporary tables, and what is planned by those of an empty one is slow. */
export async function analyzeBooks(ctx: Context): Promise<void> {
  await ctx.tx.run(sql`analyze reminder_decision, reminder_run, past_email, past_email_document`);
}

/** The table in which mails of both sides are compared. */
export async function openComparison(ctx: Context): Promise<void> {
  await ctx.tx.run(sql`create temporary table compared_mail (base boolean not null, customer_id uuid not null, day date not null)`);
  await ctx.tx.run(sql`create temporary table compared_held (day date not null, held int not null)`);
}

/** Takes the simulated mails over, as the candidate's or the baseline's. */
export async function keepSimulated(ctx: Context, base: boolean): Promise<void> {
  await ctx.tx.run(sql`
    insert into compared_mail select ${base}, customer_id, on_day from past_email where on_day is not null and sent_at is not null`);
  if (!base)
    await ctx.tx.run(sql`
      insert into compared_held select r.run_on, count(*)::int from reminder_decision d join reminder_run r on r.id = d.run_id
      where d.outcome = 'held' and r.started_at >= (select min(created_at) from past_email where on_day is not null) group by r.run_on`);
}

/** Reminders that rules really sent, by the day on which they were written. */
export async function keepSent(ctx: Context, from: Temporal.Instant, before: Temporal.Instant): Promise<void> {
  await ctx.tx.run(sql`
    insert into compared_mail
    select true, e.customer_id, (e.created_at at time zone ${ctx.tenant.timezone})::date from public.outbound_email e
    where e.tenant_id = ${ctx.tenant.id} and e.kind = 'reminder' and e.customer_id is not null and e.sent_at is not null and not ${byHand}
      and e.created_at >= ${from}::timestamptz and e.created_at < ${before}::timestamptz`);
}

export interface ComparedDay {
  day: Temporal.PlainDate;
  mails: number;
  baseMails: number;
  sameMails: number;
  held: number;
}

/** Mails by customer and day of both sides: the same where both have one for the customer on the day. */
const byDay = sql`
  select customer_id, day, count(*) filter (where not base) as mails, count(*) filter (where base) as base_mails,
    least(count(*) filter (where not base), count(*) filter (where base)) as same_mails
  from compared_mail group by customer_id, day`;

export function readComparedDays(ctx: Context): Promise<ComparedDay[]> {
  return ctx.tx.rows<ComparedDay>(sql`
    select coalesce(m.day, h.day) as day, coalesce(m.mails, 0) as mails, coalesce(m.base_mails, 0) as base_mails, coalesce(m.same_mails, 0) as same_mails,
      coalesce(h.held, 0) as held
    from (select day, sum(mails)::int as mails, sum(base_mails)::int as base_mails, sum(same_mails)::int as same_mails from (${byDay}) k group by day) m
    full join compared_held h on h.day = m.day order by 1`);
}

/** One row for each customer with mails of either side, in a table to be read page by page. */
export async function compareCustomers(ctx: Context): Promise<void> {
  await ctx.tx.run(sql`
    create temporary table compared_customer as
    select k.customer_id, sum(k.mails)::int as mails, sum(k.base_mails)::int as base_mails, sum(k.same_mails)::int as same_mails,
      coalesce(max(k.in_week), 0)::int as most_in_week,
      array_agg(k.day order by k.day) filter (where k.mails > 0) as days, array_agg(k.day order by k.day) filter (where k.base_mails > 0) as base_days
    from (
      select *, sum(mails) over (partition by customer_id order by day range between '6 days' preceding and current row) as in_week from (${byDay}) b
    ) k
    group by k.customer_id`);
  await ctx.tx.run(sql`create unique index on compared_customer (customer_id)`);
  await ctx.tx.run(sql`analyze compared_customer`);
}

export interface ComparedCustomer {
  customerId: string;
  address: string;
  mails: number;
  baseMails: number;
  sameMails: number;
  mostInWeek: number;
  days: Temporal.PlainDate[];
  baseDays: Temporal.PlainDate[];
}

export function readComparedCustomers(ctx: Context, after: string | null, limit: number): Promise<ComparedCustomer[]> {
  return ctx.tx.rows<ComparedCustomer>(sql`
    select c.customer_id, coalesce(${firstAddress(sql`c.customer_id`)}, '') as address, c.mails, c.base_mails, c.same_mails, c.most_in_week,
      coalesce(c.days, '{}') as days, coalesce(c.base_days, '{}') as base_days
    from (select * from compared_customer where ${after === null ? sql`true` : sql`customer_id > ${after}::uuid`} order by customer_id limit ${limit}) c
    order by c.customer_id`);
}

/** Rules that were live, with the spans of their versions. `except` is left out. */
export const liveRules = (from: Temporal.Instant, except: string | null = null): Sql =>
  sql`select * from (${spansOf('reminder_rule', { from })}) v where ${except === null ? sql`true` : sql`v.id <> ${except}::uuid`}`;

const always = sql`'-infinity'::timestamptz as valid_from, 'infinity'::timestamptz as valid_to`;

/** The active rules of today, as if they had been on since `from`. */
export const currentRules = (from: Temporal.PlainDate): Sql => sql`
  select x.*, ${always} from public.reminder_rule r
  cross join lateral jsonb_populate_record(r, jsonb_build_object('activated_on', ${from}::date, 'asks_from', null, 'last_run_on', null)) x
  where r.active and r.archived_at is null`;

/** A rule that is not in the table. `row` has the columns of reminder_rule. */
export const givenRule = (row: Record<string, unknown>): Sql => sql`
  select x.*, ${always} from jsonb_populate_record(null::public.reminder_rule, ${sql.json(row)}::jsonb) x`;

/** A version of a rule, or the rule as it is now, as a row; null when there is none. */
export function readRuleRow(ctx: Context, id: string, version: number | null): Promise<{ rule: Record<string, unknown> } | null> {
  return ctx.tx.maybe(
    version === null
      ? sql`select to_jsonb(r) as rule from public.reminder_rule r where r.tenant_id = ${ctx.tenant.id} and r.id = ${id}`
      : sql`select v.rule from public.reminder_rule_version v where v.tenant_id = ${ctx.tenant.id} and v.rule_id = ${id} and v.version = ${version}`,
  );
}

export interface ReplayProof {
  /** Decisions on record, and decisions of the replay. */
  recorded: number;
  replayed: number;
  /** Those that only one of the two has. */
  different: number;
  examples: { side: 'recorded' | 'replayed'; customer: string; rule: string; day: string; outcome: string; reason: string }[];
}

const EXAMPLES = 20;

/** How the replay of the rules that were live differs from the record; nothing of it may. */
export function compareWithRecord(ctx: Context, from: Temporal.Instant, before: Temporal.Instant): Promise<ReplayProof> {
  const columns = sql.raw(`d.customer_id, d.day, d.rule_id, d.currency, d.run_id, d.rule_version, d.outcome, d.reason, d.open_minor,
    array(select unnest(d.document_ids) order by 1) as document_ids, d.left_out`);
  const runs = sql`select id from public.reminder_run where tenant_id = ${ctx.tenant.id} and planned_at >= ${from}::timestamptz and planned_at < ${before}::timestamptz`;
  return ctx.tx.one<ReplayProof>(sql`
    with recorded as materialized (select ${columns} from public.reminder_decision d where d.tenant_id = ${ctx.tenant.id} and d.run_id in (${runs})),
    replayed as materialized (select ${columns} from reminder_decision d where d.run_id in (${runs})),
    difference as materialized (
      (select 'recorded' as side, * from (select * from recorded except all select * from replayed) m)
      union all (select 'replayed', * from (select * from replayed except all select * from recorded) m)
    )
    select (select count(*) from recorded)::int as recorded, (select count(*) from replayed)::int as replayed, (select count(*) from difference)::int as different,
      (select coalesce(jsonb_agg(to_jsonb(e) order by e.day, e.customer), '[]') from (
        select f.side, c.number as customer, r.name as rule, f.day::text as day, f.outcome, f.reason
        from (select * from difference order by day, customer_id, rule_id, side limit ${EXAMPLES}) f
        join public.customer c on c.id = f.customer_id join public.reminder_rule r on r.id = f.rule_id) e) as examples`);
}

export const bothRules = (a: Sql, b: Sql): Sql => sql`${a} union all ${b}`;

/** What a new rule has besides what a person writes: the table's defaults, the last place, a template of the company. */
export function readBlankRule(ctx: Context): Promise<{ rule: Record<string, unknown> }> {
  return ctx.tx.one(sql`
    select jsonb_build_object('name', 'Draft', 'version', 1, 'channel', 'email', 'cadence_id', null, 'waits', false, 'cc_purposes', '[]'::jsonb,
      'created_at', app.now(), 'updated_at', app.now(), 'repeat', null,
      'position', (select coalesce(max(position), 0) + 1 from public.reminder_rule where tenant_id = ${ctx.tenant.id}),
      'template_id', (select id from template where tenant_id = ${ctx.tenant.id} order by archived_at nulls first, is_default desc, id limit 1)) as rule`);
}
