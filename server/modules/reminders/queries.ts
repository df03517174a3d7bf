import type { Context } from '../../platform/context.ts';
import { sql, type Sql } from '../../platform/database/sql.ts';
import type { Group } from '../conditions/index.ts';
import { outcomeOf, type Outcome, type Reason, type Rule } from './rule.ts';

const ruleColumns = sql.raw(`r.id, r.name, r.template_id, t.name as template_name, r.customer_condition, r.invoice_condition, r.active, r.position,
  r.version, r.activated_on, r.archived_at, r.created_at, r.updated_at`);
const ruleTables = sql.raw('reminder_rule r join template t on (t.tenant_id, t.id) = (r.tenant_id, r.template_id)');

/** Rules in their order; archived ones are left out. */
export function readRules(ctx: Context, onlyActive = false): Promise<Rule[]> {
  const active = onlyActive ? sql` and r.active` : sql.empty;
  return ctx.tx.rows<Rule>(sql`
    select ${ruleColumns} from ${ruleTables} where r.tenant_id = ${ctx.tenant.id} and r.archived_at is null${active} order by r.position, r.id`);
}

export function readRule(ctx: Context, id: string, lock = false): Promise<Rule | null> {
  return ctx.tx.maybe<Rule>(sql`
    select ${ruleColumns} from ${ruleTables} where r.tenant_id = ${ctx.tenant.id} and r.id = ${id} and r.archived_at is null
    ${lock ? sql`for update of r` : sql.empty}`);
}

export async function countRules(ctx: Context): Promise<{ count: number; lastPosition: number }> {
  return ctx.tx.one(sql`
    select count(*)::int as count, coalesce(max(position), 0) as last_position from reminder_rule
    where tenant_id = ${ctx.tenant.id} and archived_at is null`);
}

export interface RuleValues {
  name: string;
  templateId: string;
  customerCondition: Group;
  invoiceCondition: Group;
}

export async function insertRule(ctx: Context, id: string, position: number, values: RuleValues): Promise<void> {
  await ctx.tx.run(sql`
    insert into reminder_rule (tenant_id, id, name, template_id, customer_condition, invoice_condition, position)
    values (${ctx.tenant.id}, ${id}, ${values.name}, ${values.templateId}, ${sql.json(values.customerCondition)},
      ${sql.json(values.invoiceCondition)}, ${position})`);
}

export async function updateRuleRow(ctx: Context, id: string, values: RuleValues): Promise<void> {
  await ctx.tx.run(sql`
    update reminder_rule set name = ${values.name}, template_id = ${values.templateId},
      customer_condition = ${sql.json(values.customerCondition)}, invoice_condition = ${sql.json(values.invoiceCondition)},
      version = version + 1, updated_at = app.now()
    where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

export async function setActive(ctx: Context, id: string, active: boolean, on: Temporal.PlainDate | null): Promise<void> {
  await ctx.tx.run(sql`
    update reminder_rule set active = ${active}, activated_on = ${on}::date, updated_at = app.now()
    where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

export async function archiveRow(ctx: Context, id: string): Promise<void> {
  await ctx.tx.run(sql`
    update reminder_rule set active = false, archived_at = app.now(), updated_at = app.now()
    where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

export interface TemplateName {
  id: string;
  name: string;
  isDefault: boolean;
}

export function readTemplateName(ctx: Context, id: string): Promise<TemplateName | null> {
  return ctx.tx.maybe<TemplateName>(sql`
    select id, name, is_default from template where tenant_id = ${ctx.tenant.id} and id = ${id} and archived_at is null`);
}

/** The template for rules that name none: the default one, else the oldest. */
export function readFirstTemplate(ctx: Context): Promise<TemplateName | null> {
  return ctx.tx.maybe<TemplateName>(sql`
    select id, name, is_default from template where tenant_id = ${ctx.tenant.id} and archived_at is null
    order by is_default desc, created_at, id limit 1`);
}

export async function readCategoryNames(ctx: Context): Promise<Map<string, string>> {
  const rows = await ctx.tx.rows<{ id: string; name: string }>(sql`select id, name from category where tenant_id = ${ctx.tenant.id}`);
  return new Map(rows.map((row) => [row.id, row.name]));
}

/** Customers of a number; the number is unique only within a company code. */
export function readCustomersByNumber(ctx: Context, number: string): Promise<{ id: string; number: string; companyCode: string; name: string }[]> {
  return ctx.tx.rows(sql`
    select id, number, company_code, name from customer where tenant_id = ${ctx.tenant.id} and number = ${number} order by company_code limit 20`);
}

export interface DecisionRow {
  customerId: string;
  customerNumber: string;
  customerName: string;
  day: Temporal.PlainDate;
  ruleId: string;
  ruleName: string;
  ruleVersion: number;
  runId: string;
  runOn: Temporal.PlainDate;
  currency: string;
  openMinor: bigint;
  documentIds: string[];
  outcome: string;
  reason: string;
  decidedAt: Temporal.Instant;
  emailId: string | null;
  emailState: string | null;
}

/** Around a page `d` of decisions. The mail of a decision is found by its natural key: see mailKey in rule.ts. */
const decisionDetails = sql.raw(`
  select d.customer_id, c.number as customer_number, c.name as customer_name, d.day, d.rule_id, r.name as rule_name, d.rule_version,
    d.run_id, n.run_on, d.currency, d.open_minor, d.document_ids, d.outcome, d.reason, d.decided_at, e.id as email_id, e.state as email_state
  from page d
  join reminder_run n on n.tenant_id = d.tenant_id and n.id = d.run_id
  join reminder_rule r on r.tenant_id = d.tenant_id and r.id = d.rule_id
  join customer c on c.tenant_id = d.tenant_id and c.id = d.customer_id
  left join outbound_email e on d.outcome <> 'held' and e.tenant_id = d.tenant_id and e.dedupe_key =
    'reminder:' || n.run_on::text || ':' || d.customer_id::text || case when n.grouping = 'per_rule' then ':' || d.rule_id::text else '' end`);

export interface DecisionFilter {
  runId?: string | undefined;
  customerId?: string | undefined;
  outcome?: Outcome | undefined;
  reason?: Reason | undefined;
  day?: Temporal.PlainDate | undefined;
}

/** A page of a run's decisions by customer, or of a customer's, newest first. `after` holds the last row's key. */
export function listDecisions(ctx: Context, filter: DecisionFilter, after: (string | null)[] | null, limit: number): Promise<DecisionRow[]> {
  const where: Sql[] = [sql`d.tenant_id = ${ctx.tenant.id}`];
  if (filter.runId) where.push(sql`d.run_id = ${filter.runId}`);
  if (filter.customerId) where.push(sql`d.customer_id = ${filter.customerId}`);
  const outcome = filter.outcome ?? (filter.reason ? outcomeOf(filter.reason) : undefined);
  if (outcome) where.push(sql`d.outcome = ${sql.raw(`'${outcome}'`)}`);
  if (filter.reason) where.push(sql`d.reason = ${filter.reason}`);
  if (filter.day) where.push(sql`d.day = ${filter.day}::date`);
  const byRun = filter.customerId === undefined;
  if (after) {
    const [customerId, day, ruleId, currency] = after;
    where.push(
      byRun
        ? sql`(d.customer_id, d.day, d.rule_id, d.currency) > (${customerId}::uuid, ${day}::date, ${ruleId}::uuid, ${currency}::char(3))`
        : sql`(d.day, d.rule_id, d.currency) < (${day}::date, ${ruleId}::uuid, ${currency}::char(3))`,
    );
  }
  const order = byRun ? sql`d.customer_id, d.day, d.rule_id, d.currency` : sql`d.day desc, d.rule_id desc, d.currency desc`;
  return ctx.tx.rows<DecisionRow>(sql`
    with page as materialized (select d.* from reminder_decision d where ${sql.join(where, ' and ')} order by ${order} limit ${limit})
    ${decisionDetails} order by ${order}`);
}
