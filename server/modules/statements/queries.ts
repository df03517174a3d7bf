/** Rules. */
import type { Context } from '../../platform/context.ts';
import { sql } from '../../platform/database/sql.ts';
import type { Group } from '../conditions/index.ts';
import type { Family, Rule, RuleValues, StatementKind } from './rule.ts';
import type { HolidayMode, Period } from './schedule.ts';

interface RuleRow {
  id: string;
  name: string;
  templateId: string;
  templateName: string;
  customerCondition: Group;
  invoiceCondition: Group;
  period: Period;
  days: number[];
  holidays: HolidayMode;
  kind: StatementKind;
  family: Family;
  showCredits: boolean;
  skipZero: boolean;
  skipCredit: boolean;
  attachXlsx: boolean;
  active: boolean;
  position: number;
  version: number;
  activatedOn: Temporal.PlainDate | null;
  lastRunOn: Temporal.PlainDate | null;
  createdAt: Temporal.Instant;
  updatedAt: Temporal.Instant;
}

const columns = sql.raw(`r.id, r.name, r.template_id, t.name as template_name, r.customer_condition, r.invoice_condition, r.period, r.days, r.holidays,
  r.kind, r.family, r.show_credits, r.skip_zero, r.skip_credit, r.attach_xlsx, r.active, r.position, r.version, r.activated_on,
  (select max(n.as_of) from statement_run n where n.tenant_id = r.tenant_id and n.rule_ids @> array[r.id] and n.kind <> 'single') as last_run_on,
  r.created_at, r.updated_at`);
const tables = sql.raw('statement_rule r join template t on (t.tenant_id, t.id) = (r.tenant_id, r.template_id)');

const ruleOf = ({ period, days, holidays, ...rest }: RuleRow): Rule => ({ ...rest, schedule: { period, days: days.map(Number), holidays } });

/** Rules in their order; archived ones are left out. */
export async function readRules(ctx: Context, onlyActive = false): Promise<Rule[]> {
  const active = onlyActive ? sql` and r.active` : sql.empty;
  const rows = await ctx.tx.rows<RuleRow>(sql`
    select ${columns} from ${tables} where r.tenant_id = ${ctx.tenant.id} and r.archived_at is null${active} order by r.position, r.id`);
  return rows.map(ruleOf);
}

export async function readRule(ctx: Context, id: string, lock = false): Promise<Rule | null> {
  const row = await ctx.tx.maybe<RuleRow>(sql`
    select ${columns} from ${tables} where r.tenant_id = ${ctx.tenant.id} and r.id = ${id} and r.archived_at is null
    ${lock ? sql`for update of r` : sql.empty}`);
  return row && ruleOf(row);
}

export function countRules(ctx: Context): Promise<{ count: number; lastPosition: number }> {
  return ctx.tx.one(sql`
    select count(*)::int as count, coalesce(max(position), 0) as last_position from statement_rule
    where tenant_id = ${ctx.tenant.id} and archived_at is null`);
}

export async function insertRule(ctx: Context, id: string, position: number, v: RuleValues): Promise<void> {
  await ctx.tx.run(sql`
    insert into statement_rule (tenant_id, id, name, template_id, customer_condition, invoice_condition, period, days, holidays, kind, family,
      show_credits, skip_zero, skip_credit, attach_xlsx, position)
    values (${ctx.tenant.id}, ${id}, ${v.name}, ${v.templateId}, ${sql.json(v.customerCondition)}, ${sql.json(v.invoiceCondition)}, ${v.schedule.period},
      ${v.schedule.days}::smallint[], ${v.schedule.holidays}, ${v.kind}, ${v.family}, ${v.showCredits}, ${v.skipZero}, ${v.skipCredit}, ${v.attachXlsx},
      ${position})`);
}

export async function updateRuleRow(ctx: Context, id: string, v: RuleValues): Promise<void> {
  await ctx.tx.run(sql`
    update statement_rule set name = ${v.name}, template_id = ${v.templateId}, customer_condition = ${sql.json(v.customerCondition)},
      invoice_condition = ${sql.json(v.invoiceCondition)}, period = ${v.schedule.period}, days = ${v.schedule.days}::smallint[],
      holidays = ${v.schedule.holidays}, kind = ${v.kind}, family = ${v.family}, show_credits = ${v.showCredits}, skip_zero = ${v.skipZero},
      skip_credit = ${v.skipCredit}, attach_xlsx = ${v.attachXlsx}, version = version + 1, updated_at = app.now()
    where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

export async function setActive(ctx: Context, id: string, active: boolean, on: Temporal.PlainDate | null): Promise<void> {
  await ctx.tx.run(sql`
    update statement_rule set active = ${active}, activated_on = ${on}::date, updated_at = app.now()
    where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

export async function archiveRow(ctx: Context, id: string): Promise<void> {
  await ctx.tx.run(sql`
    update statement_rule set active = false, archived_at = app.now(), updated_at = app.now() where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

/** Keeps the rule as it stands now. */
export async function keepVersion(ctx: Context, id: string): Promise<void> {
  await ctx.tx.run(sql`
    insert into statement_rule_version (tenant_id, rule_id, version, rule, active, saved_by, saved_at)
    select tenant_id, id, version, to_jsonb(r) - '{tenant_id,id,created_at,updated_at}'::text[], active, ${ctx.actor.name}, app.now()
    from statement_rule r where tenant_id = ${ctx.tenant.id} and id = ${id}
    on conflict do nothing`);
}

export interface RuleVersion {
  version: number;
  rule: Record<string, unknown>;
  active: boolean;
  savedBy: string;
  savedAt: Temporal.Instant;
}

export function readVersions(ctx: Context, id: string): Promise<RuleVersion[]> {
  return ctx.tx.rows<RuleVersion>(sql`
    select version, rule, active, saved_by, saved_at from statement_rule_version
    where tenant_id = ${ctx.tenant.id} and rule_id = ${id} order by saved_at desc, version desc limit 100`);
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

export async function readCategoryNames(ctx: Context): Promise<Map<string, string>> {
  const rows = await ctx.tx.rows<{ id: string; name: string }>(sql`select id, name from category where tenant_id = ${ctx.tenant.id}`);
  return new Map(rows.map((row) => [row.id, row.name]));
}
