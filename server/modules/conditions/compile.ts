/**
 * Condition trees to SQL. Everything is asked about one alias, `i`, an open invoice in the table `document`; customer
 * conditions are asked about `i.customer_id` (and, for balances, the invoice's currency). Field names come from a list,
 * values only as parameters. The day is a parameter, so that a missed day can be asked later.
 */
import { currencyCodes, currencyExponent } from '../../kernel/currency.ts';
import { sql, type Sql } from '../../platform/database/sql.ts';
import { type Condition, type FieldName, fields, type Group, isDate, isGroup, isOrder, type Operator } from './condition.ts';
import { type DaySet, days, everyDay, intersect, toDate, toDayNumber, unite } from './ranges.ts';

export interface RuleConditions {
  customerCondition: Group;
  invoiceCondition: Group;
}

/** Mails that count as "emailed": what our automations and people sent about the invoice, no receipts. */
export const remindingKinds = ['reminder', 'statement', 'invoice'] as const;

/** True for an open invoice `i` that the rule selects on `day`. Holds are not asked here. */
export function compileRule(rule: RuleConditions, day: Temporal.PlainDate): Sql {
  const dates = dueDates(rule.invoiceCondition, toDayNumber(day));
  const parts = [sql`i.state = 'open'`];
  if (dates.set !== everyDay) parts.push(compileDays(dates.set));
  if (!dates.exact) parts.push(compileTree(rule.invoiceCondition, day));
  parts.push(sql`i.kind = 'invoice'`);
  if (!isEveryone(rule.customerCondition)) parts.push(compileTree(rule.customerCondition, day));
  return sql.and(parts);
}

/** The tree as one boolean expression. */
export function compileTree(tree: Group, day: Temporal.PlainDate): Sql {
  const parts = tree.conditions.map((node) => (isGroup(node) ? compileTree(node, day) : compileCondition(node, day)));
  return sql`(${sql.join(parts, tree.combinator === 'and' ? ' and ' : ' or ')})`;
}

function isEveryone(tree: Group): boolean {
  const everyone = (node: Condition | Group): boolean => (isGroup(node) ? isEveryone(node) : node.operator === 'all');
  return tree.combinator === 'or' ? tree.conditions.some(everyone) : tree.conditions.every(everyone);
}

/**
 * The due dates that any match must have; `exact` when every condition is about the due date, so that the dates are
 * the whole answer.
 */
export function dueDates(tree: Group, today: number): { set: DaySet; exact: boolean } {
  const parts = tree.conditions.map((node) => {
    if (isGroup(node)) return dueDates(node, today);
    const isDate = node.field === 'due_in' || node.field === 'overdue_by';
    return isDate ? { set: daysOf(node, today), exact: true } : { set: everyDay, exact: false };
  });
  const sets = parts.map((part) => part.set);
  return {
    set: tree.combinator === 'or' ? unite(...sets) : sets.reduce(intersect),
    exact: parts.every((part) => part.exact),
  };
}

/** The due dates that the rule selects on `day`, when it asks for nothing else and for single days only; else null. */
export function onlyDueOn({ customerCondition, invoiceCondition }: RuleConditions, day: Temporal.PlainDate): Temporal.PlainDate[] | null {
  const { set, exact } = dueDates(invoiceCondition, toDayNumber(day));
  if (!exact || !isEveryone(customerCondition) || set.some((range) => range.from === null || range.from !== range.to)) return null;
  return set.map((range) => toDate(range.from!));
}

/** True when no invoice can be selected twice: the due dates that the questions ask for lie apart. */
export function selectApart(questions: readonly { invoiceCondition: Group; day: Temporal.PlainDate }[]): boolean {
  const ranges = questions.flatMap(({ invoiceCondition, day }) => [...dueDates(invoiceCondition, toDayNumber(day)).set]);
  ranges.sort((a, b) => (a.from ?? Number.NEGATIVE_INFINITY) - (b.from ?? Number.NEGATIVE_INFINITY));
  return ranges.every((range, index) => {
    const before = ranges[index - 1];
    return before === undefined || (before.to !== null && range.from !== null && before.to < range.from);
  });
}

/** True when an invoice may be selected on both days. */
export function overlap(invoiceCondition: Group, a: Temporal.PlainDate, b: Temporal.PlainDate): boolean {
  const of = (day: Temporal.PlainDate) => dueDates(invoiceCondition, toDayNumber(day)).set;
  return intersect(of(a), of(b)).length > 0;
}

/**
 * "Due in" is asked of invoices due today or later, "overdue by" of those due today or earlier; due today is 0 in
 * both. So "due in less than 5 days" does not match what is overdue.
 */
function daysOf({ field, operator, value }: Condition, today: number): DaySet {
  const [a, b = a, ...more] = (Array.isArray(value) ? value : [value]).map(Number) as [number, ...number[]];
  const counts = operator === 'one_of' ? unite(...[a, b, ...more].map((one) => days(one, one))) : countsOf(operator, a, b);
  const asDue = counts.map(({ from, to }) =>
    field === 'due_in'
      ? { from: today + (from ?? 0), to: to === null ? null : today + to }
      : { from: to === null ? null : today - to, to: today - (from ?? 0) },
  );
  return unite(asDue);
}

/** The day counts from 0 upward that the operator admits. */
function countsOf(operator: Operator, a: number, b: number): DaySet {
  const outside = (from: number, to: number) => unite(days(0, from - 1), days(to + 1, null));
  switch (operator) {
    case 'equal':
      return days(a, a);
    case 'not_equal':
      return outside(a, a);
    case 'less':
      return days(0, a - 1);
    case 'less_or_equal':
      return days(0, a);
    case 'greater':
      return days(a + 1, null);
    case 'greater_or_equal':
      return days(a, null);
    case 'between':
      return days(a, b);
    case 'not_between':
      return outside(a, b);
    default:
      throw new RangeError(`${operator} is no operator of days`);
  }
}

/** The set as conditions on `i.due_on` that the index (tenant_id, state, due_on, id) serves. */
function compileDays(set: DaySet): Sql {
  if (set.length === 0) return sql`false`;
  const singles = set.filter((range) => range.from !== null && range.from === range.to);
  const parts = set
    .filter((range) => range.from === null || range.from !== range.to)
    .map(({ from, to }) => {
      if (from === null) return to === null ? sql`true` : sql`i.due_on <= ${toDate(to)}::date`;
      return to === null ? sql`i.due_on >= ${toDate(from)}::date` : sql`i.due_on between ${toDate(from)}::date and ${toDate(to)}::date`;
    });
  if (singles.length === 1) parts.push(sql`i.due_on = ${toDate(singles[0]!.from!)}::date`);
  if (singles.length > 1) parts.push(sql`i.due_on = any(${singles.map((range) => toDate(range.from!))}::date[])`);
  return sql`(${sql.join(parts, ' or ')})`;
}

/** One condition as a boolean expression. */
export function compileCondition(condition: Condition, day: Temporal.PlainDate): Sql {
  const { field, operator, value } = condition;
  switch (field) {
    case 'due_in':
    case 'overdue_by':
      return compileDays(daysOf(condition, toDayNumber(day)));
    case 'customer_category':
      return compileCategory(operator, value);
    case 'customer_number':
      return customerWith(compileText(sql`c.number`, operator, value));
    case 'customer_name':
      return customerWith(compileText(sql`lower(c.name)`, operator, lower(value)));
    case 'last_emailed':
      return compileSeen(mailsAbout, sql`e.sent_on`, operator, value, day);
    case 'last_viewed':
      return compileSeen(viewsOf, viewedOn, operator, value, day);
    case 'days_since_last_contact':
      return compileDaysSince(operator, value, day);
    case 'payment_habit':
      return customerWith(compileText(sql`c.payment_habit`, operator, value));
    case 'cadence':
      return compileCadence(operator, value, day);
    case 'customer_custom':
    case 'invoice_custom':
      return compileCustom(valueOf(condition, day), operator, value);
    case 'invoice_amount':
    case 'invoice_balance':
    case 'customer_balance':
    case 'customer_overdue_balance':
      return compileNumber(sql`${valueOf(condition, day)} * ${thousandths}`, operator, value);
    case 'document_type':
    case 'company_code':
    case 'profit_center':
    case 'currency':
      return compileText(valueOf(condition, day), operator, value);
  }
}

/**
 * The field's value for the invoice `i`, as it is compared and shown: days, minor units, text or a date; null where
 * the field does not apply. For categories the ids.
 */
export function valueOf({ field, name }: Pick<Condition, 'field' | 'name'>, day: Temporal.PlainDate): Sql {
  switch (field) {
    case 'due_in':
      return sql`case when i.due_on >= ${day}::date then i.due_on - ${day}::date end`;
    case 'overdue_by':
      return sql`case when i.due_on <= ${day}::date then ${day}::date - i.due_on end`;
    case 'invoice_amount':
      return sql`i.amount_minor`;
    case 'invoice_balance':
      return sql`i.open_minor`;
    case 'document_type':
      return sql`coalesce(i.document_type, '')`;
    case 'company_code':
      return sql`i.company_code`;
    case 'profit_center':
      return sql`coalesce(i.profit_center, '')`;
    case 'currency':
      return sql`i.currency::text`;
    case 'customer_number':
      return sql`(select c.number from customer c where c.tenant_id = i.tenant_id and c.id = i.customer_id)`;
    case 'customer_name':
      return sql`(select c.name from customer c where c.tenant_id = i.tenant_id and c.id = i.customer_id)`;
    case 'customer_category':
      return sql`(select array_agg(t.name order by t.name) from customer_category k join category t on (t.tenant_id, t.id) = (k.tenant_id, k.category_id)
        where k.tenant_id = i.tenant_id and k.customer_id = i.customer_id)`;
    case 'customer_balance':
      return customerSum(sql.empty);
    case 'customer_overdue_balance':
      return customerSum(sql` and b.due_on < ${day}::date`);
    case 'last_emailed':
      return sql`(select max(e.sent_on) ${mailsAbout})`;
    case 'last_viewed':
      return sql`(select max(${viewedOn}) ${viewsOf})`;
    case 'days_since_last_contact':
      return sql`(select ${day}::date - max(e.sent_on) ${mailsToCustomer})`;
    case 'payment_habit':
      return sql`(select c.payment_habit from customer c where c.tenant_id = i.tenant_id and c.id = i.customer_id)`;
    case 'customer_custom':
      return sql`(select coalesce(c.custom ->> ${name!}::text, '') from customer c where c.tenant_id = i.tenant_id and c.id = i.customer_id)`;
    case 'invoice_custom':
      return sql`coalesce(i.custom ->> ${name!}::text, '')`;
    case 'cadence':
      return sql`(select d.name from cadence_member m join cadence d on (d.tenant_id, d.id) = (m.tenant_id, m.cadence_id)
        where m.tenant_id = i.tenant_id and m.customer_id = i.customer_id and ${memberOn(day)})`;
  }
}

/** What the customer owes in the invoice's currency: a decision is made for each currency by itself. */
const customerSum = (more: Sql): Sql => sql`
  (select coalesce(sum(b.open_minor), 0) from document b where b.tenant_id = i.tenant_id and b.customer_id = i.customer_id
    and b.state = 'open' and b.kind = 'invoice' and b.currency = i.currency${more})`;

const codes = (exponent: number): string =>
  currencyCodes
    .filter((code) => currencyExponent(code) === exponent)
    .map((code) => `'${code}'`)
    .join(', ');

/** Factor from the currency's minor units to thousandths of a major unit, in which amounts are compared exactly. */
const thousandths = sql.raw(`(case when i.currency in (${codes(0)}) then 1000 when i.currency in (${codes(3)}) then 1 else 10 end)`);

/** "5000.5" as 5000500. */
function toThousandths(value: string | number): bigint {
  const [whole, fraction = ''] = String(value).split('.');
  return BigInt(whole + fraction.padEnd(3, '0'));
}

function compileNumber(what: Sql, operator: Operator, value: Condition['value']): Sql {
  const [a, b] = (Array.isArray(value) ? value : [value!]).map(toThousandths);
  switch (operator) {
    case 'equal':
      return sql`${what} = ${a}`;
    case 'not_equal':
      return sql`${what} <> ${a}`;
    case 'less':
      return sql`${what} < ${a}`;
    case 'less_or_equal':
      return sql`${what} <= ${a}`;
    case 'greater':
      return sql`${what} > ${a}`;
    case 'greater_or_equal':
      return sql`${what} >= ${a}`;
    case 'between':
      return sql`${what} between ${a} and ${b}`;
    case 'not_between':
      return sql`${what} not between ${a} and ${b}`;
    case 'one_of':
      return sql`${what} = any(${(Array.isArray(value) ? value : [value!]).map(toThousandths)}::numeric[])`;
    default:
      throw new RangeError(`${operator} is no operator of amounts`);
  }
}

const lower = (value: Condition['value']): Condition['value'] =>
  Array.isArray(value) ? value.map((item) => String(item).toLowerCase()) : String(value).toLowerCase();

/** Codes and numbers are compared as written, names without regard to case. An absent value is the empty text. */
function compileText(what: Sql, operator: Operator, value: Condition['value']): Sql {
  switch (operator) {
    case 'equal':
      return sql`${what} = ${value}`;
    case 'not_equal':
      return sql`${what} <> ${value}`;
    case 'one_of':
      return sql`${what} = any(${value}::text[])`;
    case 'begins_with':
      return sql`starts_with(${what}, ${value})`;
    case 'contains':
      return sql`position(${value} in ${what}) > 0`;
    case 'empty':
      return sql`${what} = ''`;
    case 'not_empty':
      return sql`${what} <> ''`;
    default:
      throw new RangeError(`${operator} is no operator of texts`);
  }
}

// EXISTS, never IN: it becomes a join where it can and an index look-up where it cannot, whatever the sizes
const customerWith = (condition: Sql): Sql => sql`exists (select 1 from customer c where c.tenant_id = i.tenant_id and c.id = i.customer_id and ${condition})`;
const categoryWith = (condition: Sql): Sql =>
  sql`exists (select 1 from customer_category k where k.tenant_id = i.tenant_id and k.customer_id = i.customer_id and ${condition})`;

/** A customer has many categories: "equal" is "has it", "not equal" is "does not have it". */
function compileCategory(operator: Operator, value: Condition['value']): Sql {
  switch (operator) {
    case 'all':
      return sql`true`;
    case 'uncategorized':
      return sql`not ${categoryWith(sql`true`)}`;
    case 'equal':
      return categoryWith(sql`k.category_id = ${value}`);
    case 'not_equal':
      return sql`not ${categoryWith(sql`k.category_id = ${value}`)}`;
    case 'one_of':
      return categoryWith(sql`k.category_id = any(${value}::uuid[])`);
    default:
      throw new RangeError(`${operator} is no operator of categories`);
  }
}

const mailsAbout = sql`
  from outbound_email_document l join outbound_email e on e.tenant_id = l.tenant_id and e.id = l.email_id
  where l.tenant_id = i.tenant_id and l.document_id = i.id and e.state = 'sent'
    and e.kind in (${sql.raw(remindingKinds.map((kind) => `'${kind}'`).join(', '))})`;

const mailsToCustomer = sql`
  from outbound_email e where e.tenant_id = i.tenant_id and e.customer_id = i.customer_id and e.state = 'sent'
    and e.kind in (${sql.raw(remindingKinds.map((kind) => `'${kind}'`).join(', '))})`;

/** Only sightings by a person count; a pixel that some program fetched does not. */
const viewsOf = sql`from document_view v where v.tenant_id = i.tenant_id and v.document_id = i.id and v.last_strong_at is not null`;
const viewedOn = sql`(v.last_strong_at at time zone (select z.timezone from tenant z where z.id = i.tenant_id))::date`;

/** Only what really happened counts. "More than N days ago" wants at least one time, and none since. */
function compileSeen(from: Sql, on: Sql, operator: Operator, value: Condition['value'], day: Temporal.PlainDate): Sql {
  if (operator === 'never') return sql`not exists (select 1 ${from})`;
  const since = day.subtract({ days: Number(value) });
  return operator === 'within_days'
    ? sql`coalesce((select max(${on}) ${from}) >= ${since}::date, false)`
    : sql`coalesce((select max(${on}) ${from}) < ${since}::date, false)`;
}

/** A customer who was never written to was not written to for any number of days. */
function compileDaysSince(operator: Operator, value: Condition['value'], day: Temporal.PlainDate): Sql {
  const [a, b = a, ...more] = (Array.isArray(value) ? value : [value]).map(Number) as [number, ...number[]];
  const atLeast = (n: number) => sql`not exists (select 1 ${mailsToCustomer} and e.sent_on > ${day.subtract({ days: n })}::date)`;
  const between = (from: number, to: number) => sql`(${atLeast(from)} and not ${atLeast(to + 1)})`;
  switch (operator) {
    case 'never':
      return sql`not exists (select 1 ${mailsToCustomer})`;
    case 'equal':
      return between(a, a);
    case 'not_equal':
      return sql`not ${between(a, a)}`;
    case 'less':
      return sql`not ${atLeast(a)}`;
    case 'less_or_equal':
      return sql`not ${atLeast(a + 1)}`;
    case 'greater':
      return atLeast(a + 1);
    case 'greater_or_equal':
      return atLeast(a);
    case 'between':
      return between(a, b);
    case 'not_between':
      return sql`not ${between(a, b)}`;
    case 'one_of':
      return sql`(${sql.join(
        [a, b, ...more].map((one) => between(one, one)),
        ' or ',
      )})`;
    default:
      throw new RangeError(`${operator} is no operator of days since`);
  }
}

/** A span that is open, not paused, and whose first day has come. */
const memberOn = (day: Temporal.PlainDate): Sql => sql`m.until is null and m.state = 'active' and m.joined_on <= ${day}::date`;

function compileCadence(operator: Operator, value: Condition['value'], day: Temporal.PlainDate): Sql {
  const member = sql`exists (select 1 from cadence_member m
    where m.tenant_id = i.tenant_id and m.customer_id = i.customer_id and m.cadence_id = ${value}::uuid and ${memberOn(day)})`;
  return operator === 'not_equal' ? sql`not ${member}` : member;
}

/**
 * Texts without regard to case; a value that is not there is the empty text. More and less are asked of numbers, or of
 * dates where a date is given: what is neither is neither more nor less.
 */
function compileCustom(what: Sql, operator: Operator, value: Condition['value']): Sql {
  if (!isOrder(operator)) return compileText(sql`lower(${what})`, operator, operator === 'empty' || operator === 'not_empty' ? value : lower(value));
  const [a, b] = Array.isArray(value) ? value : [value!];
  const [shape, type] = isDate(a!) ? [sql.raw(`'^\\d{4}-(0\\d|1[0-2])-[0-3]\\d$'`), sql`text`] : [sql.raw(`'^-?\\d{1,15}(\\.\\d{1,9})?$'`), sql`numeric`];
  const asked = sql`(case when ${what} ~ ${shape} then (${what})::${type} end)`;
  const given = (one: string | number | undefined) => sql`${String(one)}::${type}`;
  const order = {
    less: sql`${asked} < ${given(a)}`,
    less_or_equal: sql`${asked} <= ${given(a)}`,
    greater: sql`${asked} > ${given(a)}`,
    greater_or_equal: sql`${asked} >= ${given(a)}`,
    between: sql`${asked} between ${given(a)} and ${given(b)}`,
    not_between: sql`${asked} not between ${given(a)} and ${given(b)}`,
  }[operator as 'less'];
  return sql`coalesce(${order}, false)`;
}

/** Fields whose value is an amount in minor units of the invoice's currency. */
export const isAmount = (field: FieldName): boolean => fields[field].kind === 'amount';
