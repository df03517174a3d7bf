/** Rules. */
import type { Context } from '../../platform/context.ts';
import { sql, type Sql } from '../../platform/database/sql.ts';
import type { Rule, RuleValues } from './rule.ts';
import type { HolidayMode, Period, Schedule } from './schedule.ts';

interface ScheduleColumns {
  period: Period;
  days: number[];
  holidays: HolidayMode;
  hour: number | null;
}
/** What is stored in columns of its own is one value for the program. */
type Stored<T extends { schedule: Schedule }> = Omit<T, 'schedule'> & ScheduleColumns;

const ruleOf = <T extends { schedule: Schedule }>({ period, days, holidays, hour, ...rest }: Stored<T>): T =>
  ({ ...rest, schedule: { period, days: days.map(Number), holidays, hour } }) as unknown as T;

const columns = sql.raw(`r.id, r.name, r.template_id, t.name as template_name, r.customer_condition, r.invoice_condition, r.period, r.days, r.holidays,
  r.hour, r.kind, r.family, r.show_credits, r.skip_zero, r.skip_credit, r.attach_xlsx, r.active, r.position, r.version, r.activated_on, r.looked_on,
  (select max(n.as_of) from statement_run n where n.tenant_id = r.tenant_id and n.rule_ids @> array[r.id] and n.kind <> 'single') as last_run_on,
  r.created_at, r.updated_at`);
const tables = sql.raw('statement_rule r join template t on (t.tenant_id, t.id) = (r.tenant_id, r.template_id)');

/** Rules in their order; archived ones are left out. */
export async function readRules(ctx: Context, onlyActive = false): Promise<Rule[]> {
  const active = onlyActive ? sql` and r.active` : sql.empty;
  const rows = await ctx.tx.rows<Stored<Rule>>(sql`
    select ${columns} from ${tables} where r.tenant_id = ${ctx.tenant.id} and r.archived_at is null${active} order by r.position, r.id`);
  return rows.map((row) => ruleOf<Rule>(row));
}

export async function readRule(ctx: Context, id: string, lock = false): Promise<Rule | null> {
  const row = await ctx.tx.maybe<Stored<Rule>>(sql`
    select ${columns} from ${tables} where r.tenant_id = ${ctx.tenant.id} and r.id = ${id} and r.archived_at is null
    ${lock ? sql`for update of r` : sql.empty}`);
  return row && ruleOf<Rule>(row);
}

export function countRules(ctx: Context): Promise<{ count: number; lastPosition: number }> {
  return ctx.tx.one(sql`
    select count(*)::int as count, coalesce(max(position), 0) as last_position from statement_rule
    where tenant_id = ${ctx.tenant.id} and archived_at is null`);
}

export async function insertRule(ctx: Context, id: string, position: number, v: RuleValues): Promise<void> {
  await ctx.tx.run(sql`
    insert into statement_rule (tenant_id, id, name, template_id, customer_condition, invoice_condition, period, days, holidays, hour, kind,
      family, show_credits, skip_zero, skip_credit, attach_xlsx, position)
    values (${ctx.tenant.id}, ${id}, ${v.name}, ${v.templateId}, ${sql.json(v.customerCondition)}, ${sql.json(v.invoiceCondition)}, ${v.schedule.period},
      ${v.schedule.days}::smallint[], ${v.schedule.holidays}, ${v.schedule.hour}, ${v.kind}, ${v.family}, ${v.showCredits}, ${v.skipZero}, ${v.skipCredit},
      ${v.attachXlsx}, ${position})`);
}

export async function updateRuleRow(ctx: Context, id: string, v: RuleValues): Promise<void> {
  await ctx.tx.run(sql`
    update statement_rule set name = ${v.name}, template_id = ${v.templateId}, customer_condition = ${sql.json(v.customerCondition)},
      invoice_condition = ${sql.json(v.invoiceCondition)}, period = ${v.schedule.period}, days = ${v.schedule.days}::smallint[],
      holidays = ${v.schedule.holidays}, hour = ${v.schedule.hour}, kind = ${v.kind}, family = ${v.family}, show_credits = ${v.showCredits}, skip_zero = ${v.skipZero},
      skip_credit = ${v.skipCredit}, attach_xlsx = ${v.attachXlsx}, version = version + 1, updated_at = app.now()
    where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

/** The hour that has begun where the company is. */
const hourHere = (ctx: Context): Sql => sql`extract(hour from app.now() at time zone ${ctx.tenant.timezone})`;

/** On: asked from its next hour on; one that has passed today, or at which it was asked today, does not count. */
export async function setActive(ctx: Context, id: string, active: boolean, companyHour: number): Promise<void> {
  const today = sql`${ctx.clock.today()}::date`;
  const looked = active
    ? sql`greatest(looked_on, ${today} - case when ${hourHere(ctx)} >= coalesce(hour, ${companyHour}::int) then 0 else 1 end)`
    : sql`looked_on`;
  await ctx.tx.run(sql`
    update statement_rule set active = ${active}, activated_on = ${active ? today : sql`null`}, looked_on = ${looked}, version = version + 1, updated_at = app.now()
    where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

/** Takes the day's look at the rules whose hour has come. Answers them with the day of the look before; those that another worker has are left out. */
export async function claimRules(ctx: Context, companyHour: number): Promise<Map<string, Temporal.PlainDate>> {
  const today = ctx.clock.today();
  const rows = await ctx.tx.rows<{ id: string; before: Temporal.PlainDate }>(sql`
    with due as (
      select id, looked_on from statement_rule
      where tenant_id = ${ctx.tenant.id} and active and looked_on < ${today}::date and coalesce(hour, ${companyHour}::int) <= ${hourHere(ctx)}
      order by id for update)
    update statement_rule r set looked_on = ${today}::date from due where r.tenant_id = ${ctx.tenant.id} and r.id = due.id returning r.id, due.looked_on as before`);
  return new Map(rows.map((row) => [row.id, row.before]));
}

export async function archiveRow(ctx: Context, id: string): Promise<void> {
  await ctx.tx.run(sql`
    update statement_rule set active = false, archived_at = app.now(), version = version + 1, updated_at = app.now()
    where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

/** Keeps the rule as it is now. To be called after every change that counts the version up. */
export async function keepVersion(ctx: Context, id: string): Promise<void> {
  await ctx.tx.run(sql`
    insert into statement_rule_version (tenant_id, rule_id, version, rule, active, saved_by, saved_at)
    select tenant_id, id, version, to_jsonb(r) - '{tenant_id,id,looked_on,created_at,updated_at}'::text[], active, ${ctx.actor.name}, app.now()
    from statement_rule r where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

export interface RuleVersion extends RuleValues {
  version: number;
  templateName: string | null;
  active: boolean;
  archived: boolean;
  savedBy: string;
  savedAt: Temporal.Instant;
}

/** As the row was kept; `hour` is missing in what was kept before there were hours. */
const versionColumns =
  sql.raw(`v.version, v.active, v.saved_by, v.saved_at, t.name as template_name, k.archived_at is not null as archived, k.name, k.template_id,
  k.customer_condition, k.invoice_condition, k.period, k.days, k.holidays, k.hour, k.kind, k.family, k.show_credits, k.skip_zero, k.skip_credit, k.attach_xlsx`);
const versionTables = sql.raw(`statement_rule_version v cross join lateral jsonb_populate_record(null::statement_rule, v.rule) k
  left join template t on t.tenant_id = v.tenant_id and t.id = k.template_id`);

/** Newest first. `before` is the last version shown. */
export async function listVersions(ctx: Context, ruleId: string, before: number | null, limit: number): Promise<RuleVersion[]> {
  const older = before === null ? sql.empty : sql` and v.version < ${before}`;
  const rows = await ctx.tx.rows<Stored<RuleVersion>>(sql`
    select ${versionColumns} from ${versionTables} where v.tenant_id = ${ctx.tenant.id} and v.rule_id = ${ruleId}${older}
    order by v.version desc, v.saved_at desc limit ${limit}`);
  return rows.map((row) => ruleOf<RuleVersion>(row));
}

export async function readVersion(ctx: Context, ruleId: string, version: number): Promise<RuleVersion | null> {
  const row = await ctx.tx.maybe<Stored<RuleVersion>>(sql`
    select ${versionColumns} from ${versionTables} where v.tenant_id = ${ctx.tenant.id} and v.rule_id = ${ruleId} and v.version = ${version}
    order by v.saved_at desc limit 1`);
  return row && ruleOf<RuleVersion>(row);
}

/** The template of each of these rules; of a rule that was deleted since as well: its run goes on. */
export async function readTemplatesOf(ctx: Context, ruleIds: readonly string[]): Promise<Map<string, string>> {
  const rows = await ctx.tx.rows<{ id: string; templateId: string }>(sql`
    select id, template_id from statement_rule where tenant_id = ${ctx.tenant.id} and id = any(${[...ruleIds]}::uuid[])`);
  return new Map(rows.map((row) => [row.id, row.templateId]));
}

export interface TemplateName {
  id: string;
  name: string;
}

export function readTemplateName(ctx: Context, id: string): Promise<TemplateName | null> {
  return ctx.tx.maybe<TemplateName>(sql`
    select id, name from template where tenant_id = ${ctx.tenant.id} and id = ${id} and archived_at is null`);
}
