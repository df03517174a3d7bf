/**
 * A world of temporary tables in front of the real ones: PostgreSQL looks for a relation's name among the temporary
 * ones first, so the planner's own SQL runs in it unchanged. All of it vanishes with the savepoint that {@link
 * withoutTrace} goes back to.
 */
import type { Context } from '../../platform/context.ts';
import { preparing, type Tx } from '../../platform/database/database.ts';
import { sql, type Sql } from '../../platform/database/sql.ts';
import {
  documentColumns,
  documentSpans,
  emailAt,
  emailColumns,
  emailRows,
  type KeptRelation,
  keptRelations,
  sightings,
  spansOf,
  viewsAt,
} from './queries-past.ts';

/** Does `work` and takes back whatever it wrote. It gets the transaction as one in which each statement is planned once. */
export async function withoutTrace<T>(ctx: Context, work: (planned: Tx) => Promise<T>): Promise<T> {
  const { tx, forget } = preparing(ctx.tx);
  await ctx.tx.run(sql`savepoint without_trace`);
  try {
    return await work(tx);
  } finally {
    await ctx.tx.run(sql`rollback to savepoint without_trace`);
    await forget();
  }
}

/** The same plan for every day: planning the planner's statement takes as long as a day of a small company. */
export async function keepPlans(ctx: Context): Promise<void> {
  await ctx.tx.run(sql`select set_config('plan_cache_mode', 'force_generic_plan', true)`);
}

/** The moment and business day that the statements which follow are of. */
export async function setMoment(ctx: Context, at: Temporal.Instant, today: Temporal.PlainDate): Promise<void> {
  await ctx.tx.run(sql`select set_config('app.now', ${at.toString()}, true), set_config('app.today', ${today.toString()}, true)`);
}

const now = sql`(select app.now())`;
const named = (name: string): Sql => sql.raw(name);

/** What the planner asks of each relation. */
const indexes: Partial<Record<KeptRelation, string[]>> = {
  customer: ['(id)'],
  contact: ['(customer_id)', '(lower(email))'],
  customer_category: ['(customer_id)', '(category_id)'],
  suppression: ['(address)'],
  payment: ['(customer_id)', '(customer_id) where unapplied_minor > 0'],
  payment_attempt_document: ['(document_id)'],
  hold: ['(customer_id)', '(document_id)'],
  cadence_member: ['(customer_id)'],
  manual_step: ['(customer_id)'],
  letter: ['(customer_id)'],
  reminder_override: ['(customer_id)', '(day)'],
};

/** Relations that a replay of the past puts temporary tables in front of; settings are read by {@link readSettingsSpans}. */
const replayed = keptRelations.filter((name) => name !== 'tenant' && name !== 'reminder_rule' && name !== 'category');

async function columnsOf(ctx: Context): Promise<Map<string, string[]>> {
  const rows = await ctx.tx.rows<{ name: string; columns: string[] }>(sql`
    select c.relname as name, array_agg(a.attname::text order by a.attnum) as columns
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relnamespace = 'public'::regnamespace and c.relname = any(${[...keptRelations]}::text[]) group by c.relname`);
  return new Map(rows.map((row) => [row.name, row.columns]));
}

/**
 * Room for temporary tables; the default of 8 MB would write their pages out and read them again. It can be set only before
 * a connection has used any: a connection that has stays as it is.
 */
export async function widenTemporaryBuffers(ctx: Context): Promise<void> {
  await ctx.tx.run(sql`savepoint temporary_buffers`);
  try {
    await ctx.tx.run(sql`select set_config('temp_buffers', ${TEMPORARY_BUFFERS}, false)`);
  } catch {
    await ctx.tx.run(sql`rollback to savepoint temporary_buffers`);
  }
}
const TEMPORARY_BUFFERS = '256MB';
/** For the sorts and hashes by which the past is put together once. */
const BUILDING_WORK_MEM = '256MB';

/** Puts the past since `from` in front of everything that reminders are decided from, but for rules. */
export async function enterPast(ctx: Context, from: Temporal.Instant): Promise<void> {
  const columns = await columnsOf(ctx);
  await ctx.tx.run(sql`select set_config('work_mem', ${BUILDING_WORK_MEM}, true)`);
  for (const name of replayed) {
    await ctx.tx.run(sql`create temporary table past_${named(name)} as ${spansOf(name, { from })}`);
    await index(ctx, `past_${name}`, indexes[name] ?? []);
    await ctx.tx.run(sql`
      create temporary view ${named(name)} as select ${named(columns.get(name)!.join(', '))} from past_${named(name)}
      where valid_from <= ${now} and valid_to > ${now}`);
  }
  // in the order in which rules ask for them
  await ctx.tx.run(sql`create temporary table past_document as select * from (${documentSpans({ from })}) s order by s.due_on`);
  await index(ctx, 'past_document', ['(due_on)', '(customer_id)', '(id)', `(customer_id) where kind <> 'invoice'`]);
  await ctx.tx.run(sql`
    create temporary view document as select ${named(documentColumns.join(', '))}, total_minor, open_minor, state from past_document
    where valid_from <= ${now} and valid_to > ${now}`);
  await ctx.tx.run(sql`create temporary table past_view as ${sightings(sql`true`)}`);
  await index(ctx, 'past_view', ['(document_id)']);
  await ctx.tx.run(sql`create temporary view document_view as ${viewsAt(sql`past_view`, now)}`);
}

async function index(ctx: Context, table: string, on: readonly string[]): Promise<void> {
  for (const columns of on) await ctx.tx.run(sql`create index on ${named(table)} ${named(columns)}`);
  await ctx.tx.run(sql`analyze ${named(table)}`);
}

/**
 * Runs, decisions and mails that what is simulated goes on from and is written to: those before `from` as they were, and
 * after it the mails that no rule sent.
 */
export async function openBooks(ctx: Context, from: Temporal.Instant, fromDay: Temporal.PlainDate): Promise<void> {
  await openDecisions(ctx, from, fromDay.subtract({ days: REMEMBERED_DAYS }));
  await ctx.tx.run(sql`
    create temporary table past_email as
    select e.*, null::uuid as rule_id, null::date as on_day from (${emailRows(sql`(e.created_at < ${from}::timestamptz or e.kind <> 'reminder' or ${byHand})`)}) e`);
  await ctx.tx.run(sql`
    create temporary table past_email_document as
    select l.tenant_id, l.email_id, l.document_id, l.open_minor from public.outbound_email_document l join past_email e on e.id = l.email_id`);
  await ctx.tx.run(sql`create temporary view outbound_email as select ${emailAt(now)} from past_email e where e.created_at <= ${now}`);
  await ctx.tx.run(sql`create temporary view outbound_email_document as select * from past_email_document`);
  // ids that rise: those by chance would be spread over the whole index
  await ctx.tx.run(sql`create temporary sequence simulated_email`);
}

/** A rule that repeats looks back for so long; others only over the days that a run makes up for. */
const REMEMBERED_DAYS = 400;

async function openDecisions(ctx: Context, from: Temporal.Instant, since: Temporal.PlainDate): Promise<void> {
  await ctx.tx.run(sql`create temporary table reminder_run (like public.reminder_run including defaults including indexes)`);
  await ctx.tx.run(sql`insert into reminder_run select * from public.reminder_run where coalesce(planned_at, started_at) < ${from}::timestamptz`);
  await ctx.tx.run(sql`create temporary table reminder_decision (like public.reminder_decision including defaults)`);
  // the day first: what one day writes lies together, and years of it stay out of the way
  await ctx.tx.run(sql`create unique index on reminder_decision (day, customer_id, rule_id, currency)`);
  await ctx.tx.run(sql`create index on reminder_decision (run_id, customer_id)`);
  await ctx.tx.run(sql`
    insert into reminder_decision select d.* from public.reminder_decision d
    where d.day >= ${since}::date and d.run_id in (select id from reminder_run)`);
  await index(ctx, 'reminder_decision', []);
  await index(ctx, 'reminder_run', []);
}

/**
 * The books of runs to come: mails that are on record are read where they are, and only what is simulated is written. Of
 * the decisions those are taken over that a coming run may ask.
 */
async function openFutureBooks(ctx: Context, today: Temporal.PlainDate): Promise<void> {
  const { repeats } = await ctx.tx.one<{ repeats: boolean }>(sql`
    select exists (select 1 from public.reminder_rule where tenant_id = ${ctx.tenant.id} and active and repeat is not null)
      or exists (select 1 from public.manual_step where tenant_id = ${ctx.tenant.id}) as repeats`);
  // all that is on record, with what was written in this very moment
  await openDecisions(ctx, ctx.clock.now().add({ microseconds: 1 }), today.subtract({ days: repeats ? REMEMBERED_DAYS : MADE_UP_DAYS }));
  await ctx.tx.run(sql`create temporary table past_email as select e.*, null::uuid as rule_id, null::date as on_day from (${emailRows(sql`false`)}) e`);
  await ctx.tx.run(
    sql`create temporary table past_email_document as select tenant_id, email_id, document_id, open_minor from public.outbound_email_document where false`,
  );
  await ctx.tx.run(sql`
    create temporary view outbound_email as select ${emailAt(now)} from past_email e where e.created_at <= ${now}
    union all select ${named(emailColumns.join(', '))} from public.outbound_email`);
  await ctx.tx.run(sql`
    create temporary view outbound_email_document as select * from past_email_document
    union all select tenant_id, email_id, document_id, open_minor from public.outbound_email_document`);
  await ctx.tx.run(sql`create temporary sequence simulated_email`);
}

/** As far back as a run can make up for days, days off and moved ones included. */
const MADE_UP_DAYS = 92;

/** Rules and what cadences write in front of the real ones, for runs to come; whatever else they read stays as it is now. */
export async function enterFuture(ctx: Context, today: Temporal.PlainDate): Promise<{ linked: boolean }> {
  await openFutureBooks(ctx, today);
  for (const name of ['cadence_member', 'manual_step', 'letter'] as const) {
    await ctx.tx.run(sql`create temporary table ${named(name)} (like public.${named(name)} including defaults including indexes)`);
    await ctx.tx.run(sql`insert into ${named(name)} select * from public.${named(name)} where tenant_id = ${ctx.tenant.id}`);
    await ctx.tx.run(sql`analyze ${named(name)}`);
  }
  await ctx.tx.run(sql`create temporary view past_contact as select k.*, 'infinity'::timestamptz as valid_to from public.contact k`);
  return putRules(ctx, sql`select r.*, '-infinity'::timestamptz as valid_from, 'infinity'::timestamptz as valid_to from public.reminder_rule r`);
}

/** A reminder `e` that a person wrote. */
export const byHand = sql`exists (select 1 from public.reminder_by_hand h where h.tenant_id = e.tenant_id and h.email_id = e.id)`;

/** Takes the books away, so that another replay can open its own. */
export async function closeBooks(ctx: Context): Promise<void> {
  await ctx.tx.run(sql`drop view pg_temp.outbound_email, pg_temp.outbound_email_document, pg_temp.reminder_rule`);
  await ctx.tx.run(sql`
    drop table pg_temp.past_email, pg_temp.past_rule, pg_temp.past_email_document, pg_temp.reminder_run, pg_temp.reminder_decision`);
  await ctx.tx.run(sql`drop sequence pg_temp.simulated_email`);
  await ctx.tx.run(sql`drop table if exists pg_temp.real_email`);
}

export const everyRow = sql`true`;

/**
 * Which rules the replay asks. `ruleRows` are rows of reminder_rule with valid_from and valid_to. Answers whether one of
 * them asks which invoices were mailed; only then that is written down, and mails are indexed only for those who look.
 */
export async function putRules(ctx: Context, ruleRows: Sql): Promise<{ linked: boolean }> {
  const columns = (await columnsOf(ctx)).get('reminder_rule')!;
  await ctx.tx.run(sql`create temporary table past_rule as ${ruleRows}`);
  await ctx.tx.run(sql`
    create temporary view reminder_rule as select ${named(columns.join(', '))} from past_rule where valid_from <= ${now} and valid_to > ${now}`);
  const asks = await ctx.tx.one<{ mailed: boolean; contacted: boolean; looksBack: boolean }>(sql`
    select coalesce(bool_or(repeat is not null or cadence_id is not null), false) as looks_back,
      coalesce(bool_or(invoice_condition::text like '%"last_emailed"%'), false) as mailed,
      coalesce(bool_or(customer_condition::text like '%"days_since_last_contact"%' or repeat is not null), false) as contacted from past_rule`);
  if (asks.looksBack) await index(ctx, 'reminder_decision', ['(customer_id, rule_id, day)']);
  await index(ctx, 'past_email', [...(asks.mailed ? ['(id)'] : []), ...(asks.contacted ? ['(customer_id)'] : [])]);
  await index(ctx, 'past_email_document', asks.mailed ? ['(document_id)'] : []);
  return { linked: asks.mailed };
}

/** The company's settings with the moments from which they held, oldest first. */
export function readSettingsSpans(ctx: Context, from: Temporal.Instant): Promise<{ validFrom: string; timezone: string; setting: Record<string, unknown> }[]> {
  return ctx.tx.rows(sql`
    select case when valid_from = '-infinity' then '-271821-04-20T00:00:00Z' else to_char(valid_from at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') end as valid_from,
      timezone, setting from (${spansOf('tenant', { from })}) s where id = ${ctx.tenant.id} order by s.valid_from`);
}
