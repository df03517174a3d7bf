import { formatAmount } from '../../format/money.ts';
import { type Condition, fields, type Group, isGroup, type Scalar } from './conditions.ts';

type CategoryName = (id: string) => string;

const list = (value: Condition['value']): Scalar[] => (Array.isArray(value) ? value : value === undefined || value === '' ? [] : [value]);
const or = (words: readonly string[]): string => new Intl.ListFormat('en', { type: 'disjunction' }).format(words);
const quoted = (value: Scalar | undefined): string => `“${value ?? '…'}”`;
const days = (count: Scalar | undefined): string => (count === undefined ? '… days' : `${count} ${String(count) === '1' ? 'day' : 'days'}`);

function amount(value: Scalar | undefined): string {
  if (value === undefined || !/^\d+(\.\d+)?$/.test(String(value))) return '…';
  const [whole = '0', fraction = ''] = String(value).split('.');
  return formatAmount({ amount: `${whole}.${fraction.padEnd(2, '0')}`, currency: '' });
}

function compared(operator: string, values: Scalar[], show: (value: Scalar | undefined) => string): string {
  const [a, b] = values;
  const words: Record<string, string> = {
    equal: show(a),
    not_equal: `not ${show(a)}`,
    less: `less than ${show(a)}`,
    less_or_equal: `at most ${show(a)}`,
    greater: `more than ${show(a)}`,
    greater_or_equal: `at least ${show(a)}`,
    between: `between ${show(a)} and ${show(b)}`,
    not_between: `not between ${show(a)} and ${show(b)}`,
  };
  return words[operator] ?? show(a);
}

function daysClause({ field, operator, value }: Condition): string {
  const values = list(value);
  const [a, b] = values;
  if (operator === 'equal' && String(a) === '0') return 'are due today';
  const range = `${a ?? '…'} and ${days(b)}`;
  if (field === 'due_in') {
    if (operator === 'equal') return `are due in ${days(a)}`;
    if (operator === 'not_equal') return `are not due in exactly ${days(a)}`;
    if (operator.endsWith('between')) return `are ${operator === 'between' ? '' : 'not '}due in between ${range}`;
    return `are due in ${compared(operator, values, days)}`;
  }
  if (operator === 'equal') return `are ${days(a)} overdue`;
  if (operator === 'not_equal') return `are not exactly ${days(a)} overdue`;
  if (operator.endsWith('between')) return `are ${operator === 'between' ? '' : 'not '}between ${range} overdue`;
  return `are ${compared(operator, values, days)} overdue`;
}

function textClause(verb: string, noun: string, operator: string, values: Scalar[]): string {
  const [a] = values;
  const words: Record<string, string> = {
    equal: `is ${quoted(a)}`,
    not_equal: `is not ${quoted(a)}`,
    one_of: `is ${values.length > 0 ? or(values.map(quoted)) : '…'}`,
    begins_with: `begins with ${quoted(a)}`,
    contains: `contains ${quoted(a)}`,
    empty: 'is empty',
    not_empty: 'is not empty',
  };
  return `${verb} ${noun} ${words[operator] ?? ''}`.trim();
}

function clause(condition: Condition, nameOf: CategoryName): string {
  const { field, operator, value } = condition;
  const values = list(value);
  switch (field) {
    case 'customer_category':
      if (operator === 'uncategorized') return 'have no category';
      if (operator === 'all') return 'exist';
      return `are ${operator === 'not_equal' ? 'not ' : ''}in ${values.length > 0 ? or(values.map((id) => nameOf(String(id)))) : '…'}`;
    case 'customer_number':
      return textClause('whose', 'number', operator, values);
    case 'customer_name':
      return textClause('whose', 'name', operator, values);
    case 'customer_balance':
      return `owe ${compared(operator, values, amount)}`;
    case 'customer_overdue_balance':
      return `owe ${compared(operator, values, amount)} overdue`;
    case 'due_in':
    case 'overdue_by':
      return daysClause(condition);
    case 'invoice_amount':
      return `have an amount of ${compared(operator, values, amount)}`;
    case 'invoice_balance':
      return `have a balance of ${compared(operator, values, amount)}`;
    case 'last_emailed':
      return operator === 'never' ? 'were never e-mailed' : `were last e-mailed more than ${days(values[0])} ago`;
    default:
      return textClause('whose', (fields[field]?.label ?? field).toLowerCase(), operator, values);
  }
}

/** `who are in VIP` but `whose name is …`. */
const joinClause = (pronoun: string, text: string): string => (text.startsWith('whose ') ? text : `${pronoun} ${text}`);

function clauses(group: Group, pronoun: string, nameOf: CategoryName, nested = false): string {
  const words = group.conditions.map((node) => (isGroup(node) ? clauses(node, pronoun, nameOf, true) : joinClause(pronoun, clause(node, nameOf)))).filter((text) => text !== '');
  const text = words.join(group.combinator === 'and' ? ' and ' : ' or ');
  return nested && words.length > 1 ? `(${text})` : text;
}

const isAll = (group: Group): boolean =>
  group.conditions.length > 0 && (group.combinator === 'and' ? group.conditions.every((node) => leafIsAll(node)) : group.conditions.some((node) => leafIsAll(node)));
const leafIsAll = (node: Condition | Group): boolean => (isGroup(node) ? isAll(node) : node.operator === 'all');

/** Conditions that always hold say nothing and are left out. */
function withoutAll(group: Group): Group {
  return { ...group, conditions: group.conditions.filter((node) => !leafIsAll(node)).map((node) => (isGroup(node) ? withoutAll(node) : node)) };
}

/**
 * The whole rule as one English sentence: "Remind customers who are in VIP about open invoices that are due in 5 days,
 * with “Invoice Reminder”."
 */
export function ruleSentence(rule: { customers: Group; invoices: Group; template?: string | undefined }, nameOf: CategoryName): string {
  const who = isAll(rule.customers) ? 'all customers' : `customers ${clauses(withoutAll(rule.customers), 'who', nameOf) || '…'}`;
  const what = clauses(rule.invoices, 'that', nameOf) || '…';
  return `Remind ${who} about open invoices ${what}${rule.template ? `, with “${rule.template}”` : ''}.`;
}
