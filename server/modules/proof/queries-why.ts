/**
 * Every condition of every rule asked of one customer's open invoices, now or as of a recorded moment, by one statement.
 * As of a moment it begins with the customer's past under the names of the real relations.
 */
import type { Context } from '../../platform/context.ts';
import { sql, type Sql } from '../../platform/database/sql.ts';
import { compileCondition, compileRule, type Condition, type FieldName, leavesOf, type RuleConditions, valueOf } from '../conditions/index.ts';
import type { Channel, Repeat, Schedule } from '../reminders/index.ts';
import { documentColumns, documentSpans, emailAt, emailRows, sightings, spansOf, viewsAt } from './queries-past.ts';

/** What each kind of condition reads besides the document itself. */
const reads: Partial<Record<FieldName, string[]>> = {
  customer_category: ['customer_category'],
  customer_number: ['customer'],
  customer_name: ['customer'],
  payment_habit: ['customer'],
  customer_custom: ['customer'],
  last_emailed: ['outbound_email'],
  days_since_last_contact: ['outbound_email'],
  last_viewed: ['document_view'],
  cadence: ['cadence_member'],
};

/** The customer's past at `at`, under the names of the relations that these fields read. */
function asOf(at: Temporal.Instant, customerId: string, fields: ReadonlySet<FieldName>): Sql {
  const moment = sql`${at}::timestamptz`;
  const scope = { from: at, customerId };
  const held = sql`s.valid_from <= ${moment} and s.valid_to > ${moment}`;
  const relations = new Set([...fields].flatMap((field) => reads[field] ?? []));
  const parts = [
    sql`document as materialized (select ${sql.raw(documentColumns.map((column) => `s.${column}`).join(', '))}, s.total_minor, s.open_minor, s.state
      from (${documentSpans(scope)}) s where ${held})`,
  ];
  for (const relation of ['customer', 'customer_category', 'cadence_member'] as const)
    if (relations.has(relation)) parts.push(sql`${sql.raw(relation)} as materialized (select s.* from (${spansOf(relation, scope)}) s where ${held})`);
  if (relations.has('outbound_email'))
    parts.push(sql`outbound_email as materialized (
      select ${emailAt(moment)} from (${emailRows(sql`e.customer_id = ${customerId} and e.created_at <= ${moment}`)}) e)`);
  if (relations.has('document_view'))
    parts.push(sql`document_view as materialized (
      ${viewsAt(sql`(${sightings(sql`l.document_id in (select d.id from public.document d where d.customer_id = ${customerId})`)})`, moment)})`);
  return sql`with ${sql.join(parts, ', ')} `;
}

export interface AskedRule extends RuleConditions {
  day: Temporal.PlainDate;
}

export interface Answers {
  matched: boolean;
  /** For each condition, customers' first: its value as the database has it, and whether it held. */
  values: unknown[];
  held: boolean[];
}

export interface WhyInvoice {
  id: string;
  number: string;
  currency: string;
  openMinor: bigint;
  dueOn: Temporal.PlainDate;
  /** One for each rule. */
  answers: Answers[];
}

/** The conditions of a rule in the order in which {@link askRules} answers them. */
export const conditionsOf = (rule: RuleConditions): Condition[] => [...leavesOf(rule.customerCondition), ...leavesOf(rule.invoiceCondition)];

/** Asks every condition of these rules of the customer's open invoices, the oldest first. `at` is a moment of the past; null is now. */
export function askRules(
  ctx: Context,
  rules: readonly AskedRule[],
  customerId: string,
  at: Temporal.Instant | null,
  options: { limit: number; invoiceId?: string | undefined },
): Promise<WhyInvoice[]> {
  const fields = new Set(rules.flatMap((rule) => conditionsOf(rule).map((condition) => condition.field)));
  const answers = rules.map((rule) => {
    const conditions = conditionsOf(rule);
    const values = conditions.map((condition) => sql`to_jsonb(${valueOf(condition, rule.day)})`);
    const held = conditions.map((condition) => sql`coalesce(${compileCondition(condition, rule.day)}, false)`);
    return sql`jsonb_build_object('matched', coalesce(${compileRule(rule, rule.day)}, false), 'values', jsonb_build_array(${sql.join(values, ', ')}), 'held', jsonb_build_array(${sql.join(held, ', ')}))`;
  });
  const one = options.invoiceId === undefined ? sql.empty : sql` and i.id = ${options.invoiceId}`;
  return ctx.tx.rows<WhyInvoice>(sql`
    ${at === null ? sql.empty : asOf(at, customerId, fields)}
    select i.id, i.number, i.currency, i.open_minor, i.due_on, array[${sql.join(answers, ', ')}]::jsonb[] as answers
    from document i where i.kind = 'invoice' and i.state = 'open' and i.customer_id = ${customerId}${one} order by i.due_on, i.id limit ${options.limit}`);
}

export interface RuleThen {
  id: string;
  name: string;
  templateName: string;
  customerCondition: RuleConditions['customerCondition'];
  invoiceCondition: RuleConditions['invoiceCondition'];
  active: boolean;
  version: number;
  position: number;
  cadenceId: string | null;
  channel: Channel;
  schedule: Schedule;
  repeat: Repeat | null;
  activatedOn: Temporal.PlainDate | null;
}

/** The rules as they were at that moment, in their order; null is now. */
export function readRulesAt(ctx: Context, at: Temporal.Instant | null): Promise<RuleThen[]> {
  const rules =
    at === null
      ? sql`public.reminder_rule r where r.archived_at is null`
      : sql`(${spansOf('reminder_rule', { from: at })}) r where r.archived_at is null and r.valid_from <= ${at}::timestamptz and r.valid_to > ${at}::timestamptz`;
  return ctx.tx.rows<RuleThen>(sql`
    select r.id, r.name, t.name as template_name, r.customer_condition, r.invoice_condition, r.active, r.version, r.position, r.cadence_id, r.channel, r.schedule, r.repeat, r.activated_on
    from (select * from ${rules}) r join template t on t.tenant_id = r.tenant_id and t.id = r.template_id
    order by r.cadence_id nulls first, r.position, r.id`);
}

export interface RunThen {
  id: string;
  runOn: Temporal.PlainDate;
  kind: 'daily' | 'manual';
  state: string;
  plannedAt: Temporal.Instant;
}

/** The runs that asked the rules of that day, earliest first. */
export function readRunsAbout(ctx: Context, day: Temporal.PlainDate, runIds: readonly string[]): Promise<RunThen[]> {
  return ctx.tx.rows<RunThen>(sql`
    select id, run_on, kind, state, planned_at from reminder_run
    where tenant_id = ${ctx.tenant.id} and planned_at is not null
      and (id = any(${[...runIds]}::uuid[]) or (run_on between ${day}::date and ${day}::date + 31 and days @> array[${day}::date] and customer_ids is null))
    order by planned_at, id`);
}

export interface CustomerOf {
  id: string;
  number: string;
  companyCode: string;
  name: string;
}

/** The customers of an invoice's number, or of their own. */
export function readInvoice(ctx: Context, customerId: string, number: string): Promise<{ id: string; number: string } | null> {
  return ctx.tx.maybe(sql`
    select id, number from document where tenant_id = ${ctx.tenant.id} and customer_id = ${customerId} and number = ${number} order by kind = 'invoice' desc, id limit 1`);
}

/** What is known of an invoice that was not open then. */
export function readInvoiceState(ctx: Context, id: string): Promise<{ state: string; closedOn: Temporal.PlainDate | null; createdAt: Temporal.Instant }> {
  return ctx.tx.one(sql`select state, closed_on, created_at from document where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}
