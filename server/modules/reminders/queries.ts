import type { Context } from '../../platform/context.ts';
import { sql, type Sql } from '../../platform/database/sql.ts';
import type { Group } from '../conditions/index.ts';
import { type Channel, outcomeOf, type Outcome, type Reason, type Rule } from './rule.ts';
import type { Repeat, Schedule } from './schedule.ts';

const ruleColumns = sql.raw(`r.id, r.name, r.template_id, t.name as template_name, r.customer_condition, r.invoice_condition, r.schedule, r.repeat,
  r.cadence_id, r.channel, r.active, r.position, r.version, r.activated_on, r.asks_from, r.last_run_on, r.archived_at, r.created_at, r.updated_at`);
const ruleTables = sql.raw('reminder_rule r join template t on (t.tenant_id, t.id) = (r.tenant_id, r.template_id)');

/** Rules in their order, a cadence's steps after those that stand alone; archived ones are left out. */
export function readRules(ctx: Context, which: { active?: boolean; steps?: boolean } = {}): Promise<Rule[]> {
  const active = which.active ? sql` and r.active` : sql.empty;
  const alone = which.steps ? sql.empty : sql` and r.cadence_id is null`;
  return ctx.tx.rows<Rule>(sql`
    select ${ruleColumns} from ${ruleTables} where r.tenant_id = ${ctx.tenant.id} and r.archived_at is null${active}${alone}
    order by r.cadence_id nulls first, r.position, r.id`);
}

export function readRule(ctx: Context, id: string, lock = false): Promise<Rule | null> {
  return ctx.tx.maybe<Rule>(sql`
    select ${ruleColumns} from ${ruleTables} where r.tenant_id = ${ctx.tenant.id} and r.id = ${id} and r.archived_at is null
    ${lock ? sql`for update of r` : sql.empty}`);
}

export async function countRules(ctx: Context): Promise<{ count: number; lastPosition: number }> {
  return ctx.tx.one(sql`
    select count(*)::int as count, coalesce(max(position), 0) as last_position from reminder_rule
    where tenant_id = ${ctx.tenant.id} and archived_at is null and cadence_id is null`);
}

export interface RuleValues {
  name: string;
  templateId: string;
  customerCondition: Group;
  invoiceCondition: Group;
  schedule: Schedule;
  repeat: Repeat | null;
}

export async function insertRule(ctx: Context, id: string, position: number, values: RuleValues): Promise<void> {
  await ctx.tx.run(sql`
    insert into reminder_rule (tenant_id, id, name, template_id, customer_condition, invoice_condition, schedule, repeat, position)
    values (${ctx.tenant.id}, ${id}, ${values.name}, ${values.templateId}, ${sql.json(values.customerCondition)},
      ${sql.json(values.invoiceCondition)}, ${sql.json(values.schedule)}, ${values.repeat === null ? null : sql.json(values.repeat)}::jsonb, ${position})`);
}

/** `rescheduled`: the hour is another, so that an hour of today that has passed already does not count. */
export async function updateRuleRow(ctx: Context, id: string, values: RuleValues, rescheduled: boolean): Promise<void> {
  await ctx.tx.run(sql`
    update reminder_rule set name = ${values.name}, template_id = ${values.templateId},
      customer_condition = ${sql.json(values.customerCondition)}, invoice_condition = ${sql.json(values.invoiceCondition)},
      schedule = ${sql.json(values.schedule)}, repeat = ${values.repeat === null ? null : sql.json(values.repeat)}::jsonb,
      asks_from = case when ${rescheduled} and active then app.now() else asks_from end, version = version + 1, updated_at = app.now()
    where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

export async function setActive(ctx: Context, id: string, active: boolean, on: Temporal.PlainDate | null): Promise<void> {
  await ctx.tx.run(sql`
    update reminder_rule set active = ${active}, activated_on = ${on}::date, asks_from = case when ${active} then app.now() end,
      version = version + 1, updated_at = app.now()
    where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

export async function archiveRow(ctx: Context, id: string): Promise<void> {
  await ctx.tx.run(sql`
    update reminder_rule set active = false, archived_at = app.now(), version = version + 1, updated_at = app.now()
    where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

/** Keeps the rules as they are now. To be called after every change that counts the version up. */
export async function saveVersions(ctx: Context, ids: readonly string[]): Promise<void> {
  await ctx.tx.run(sql`
    insert into reminder_rule_version (tenant_id, rule_id, version, rule, active, saved_by)
    select r.tenant_id, r.id, r.version, to_jsonb(r), r.active, ${ctx.actor.name} from reminder_rule r
    where r.tenant_id = ${ctx.tenant.id} and r.id = any(${[...ids]}::uuid[])`);
}

export interface RuleVersion extends RuleValues {
  version: number;
  templateName: string | null;
  active: boolean;
  archived: boolean;
  savedBy: string;
  savedAt: Temporal.Instant;
}

const versionColumns = sql.raw(`v.version, v.rule ->> 'name' as name, (v.rule ->> 'template_id')::uuid as template_id, t.name as template_name,
  v.rule -> 'customer_condition' as customer_condition, v.rule -> 'invoice_condition' as invoice_condition, v.rule -> 'schedule' as schedule,
  nullif(v.rule -> 'repeat', 'null') as repeat, v.active, v.rule ->> 'archived_at' is not null as archived, v.saved_by, v.saved_at`);
const versionTables = sql.raw(`reminder_rule_version v left join template t on t.tenant_id = v.tenant_id and t.id = (v.rule ->> 'template_id')::uuid`);

/** Newest first. `before` is the last version shown. */
export function listVersions(ctx: Context, ruleId: string, before: number | null, limit: number): Promise<RuleVersion[]> {
  const older = before === null ? sql.empty : sql` and v.version < ${before}`;
  return ctx.tx.rows<RuleVersion>(sql`
    select ${versionColumns} from ${versionTables} where v.tenant_id = ${ctx.tenant.id} and v.rule_id = ${ruleId}${older}
    order by v.version desc limit ${limit}`);
}

export function readVersion(ctx: Context, ruleId: string, version: number): Promise<RuleVersion | null> {
  return ctx.tx.maybe<RuleVersion>(sql`
    select ${versionColumns} from ${versionTables} where v.tenant_id = ${ctx.tenant.id} and v.rule_id = ${ruleId} and v.version = ${version}`);
}

export interface TemplateName {
  id: string;
  name: string;
  isDefault: boolean;
}

export function readTemplateName(ctx: Context, id: string): Promise<TemplateName | null> {
  return ctx.tx.maybe<TemplateName>(sql`
    select id, name, is_default from template where tenant_id = ${ctx.tenant.id} and id = ${id} and archived_at is null and kind = 'reminder'`);
}

/** The template for rules that name none: the default one, else the oldest. */
export function readFirstTemplate(ctx: Context): Promise<TemplateName | null> {
  return ctx.tx.maybe<TemplateName>(sql`
    select id, name, is_default from template where tenant_id = ${ctx.tenant.id} and archived_at is null and kind = 'reminder'
    order by is_default desc, created_at, id limit 1`);
}

/** Rows that are looked through for what fields hold, the newest first. */
const LOOKED_AT = 2000;
const MAX_FOUND = 200;
/** More different values than these are no list to choose from. */
const MAX_VALUES = 30;

export interface FoundField {
  name: string;
  /** Empty when there are too many of them. */
  values: string[];
}

const foundIn = (ctx: Context, table: Sql, columns: Sql, pairs: Sql): Promise<FoundField[]> =>
  ctx.tx.rows(sql`
    select name, case when count(*) <= ${MAX_VALUES} then array_remove(array_agg(value order by value), '') else '{}' end as values from (
      select distinct p.name, coalesce(p.value, '') as value from (
        select ${columns} from ${table} where tenant_id = ${ctx.tenant.id} order by id desc limit ${LOOKED_AT}) newest
      cross join lateral (${pairs}) p(name, value)
      where length(p.name) between 1 and 100 and length(coalesce(p.value, '')) <= 100
    ) found group by name order by name limit ${MAX_FOUND}`);

const customPairs = sql`select k as name, v as value from jsonb_each_text(case when jsonb_typeof(custom) = 'object' then custom else '{}' end) e(k, v)`;

/** Custom fields in use, with their values where they are few. */
export const readCustomFields = (ctx: Context, table: 'customer' | 'document'): Promise<FoundField[]> =>
  foundIn(ctx, sql.raw(table), sql.raw('custom'), customPairs);

/** The values that invoices have in fields of which a company has few. */
export const readCodes = (ctx: Context): Promise<FoundField[]> =>
  foundIn(
    ctx,
    sql.raw('document'),
    sql.raw('document_type, company_code, profit_center, currency'),
    sql.raw("values ('document_type', document_type), ('company_code', company_code), ('profit_center', profit_center), ('currency', currency::text)"),
  );

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
  channel: Channel;
  runId: string;
  runOn: Temporal.PlainDate;
  currency: string;
  openMinor: bigint;
  documentIds: string[];
  leftOut: { documentId: string; reason: string }[];
  outcome: string;
  reason: string;
  decidedAt: Temporal.Instant;
  emailId: string | null;
  emailState: string | null;
}

/** Around a page `d` of decisions. The mail of a decision is found by its natural key: see mailKey in rule.ts. */
const decisionDetails = sql.raw(`
  select d.customer_id, c.number as customer_number, c.name as customer_name, d.day, d.rule_id, r.name as rule_name, r.channel, d.rule_version,
    d.run_id, n.run_on, d.currency, d.open_minor, d.document_ids, coalesce(d.left_out, '[]') as left_out, d.outcome, d.reason, d.decided_at, e.id as email_id, e.state as email_state
  from page d
  join reminder_run n on n.tenant_id = d.tenant_id and n.id = d.run_id
  join reminder_rule r on r.tenant_id = d.tenant_id and r.id = d.rule_id
  join customer c on c.tenant_id = d.tenant_id and c.id = d.customer_id
  left join outbound_email e on d.outcome <> 'held' and r.channel = 'email' and e.tenant_id = d.tenant_id and e.dedupe_key =
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
