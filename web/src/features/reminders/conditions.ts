/** The conditions of a rule as the API writes them: a tree for customers and a tree for invoices. */
export type Box = 'customer' | 'invoice';
export type Scalar = string | number;

export interface Condition {
  field: string;
  operator: string;
  value?: Scalar | Scalar[] | undefined;
}

export interface Group {
  combinator: 'and' | 'or';
  conditions: (Condition | Group)[];
}

export const isGroup = (node: Condition | Group): node is Group => 'combinator' in node;

export type Kind = 'category' | 'text' | 'amount' | 'days' | 'last_emailed';
/** How many values an operator takes. */
export type Arity = 'none' | 'one' | 'two' | 'many';

const comparing = ['equal', 'not_equal', 'less', 'less_or_equal', 'greater', 'greater_or_equal', 'between', 'not_between'];
const textual = ['equal', 'not_equal', 'one_of', 'begins_with', 'contains', 'empty', 'not_empty'];
const always = textual.filter((operator) => !operator.includes('empty'));

const operatorsOfKind: Record<Kind, string[]> = {
  category: ['all', 'equal', 'not_equal', 'one_of', 'uncategorized'],
  text: textual,
  amount: comparing,
  days: comparing,
  last_emailed: ['never', 'more_than_days_ago'],
};

interface Field {
  box: Box;
  label: string;
  kind: Kind;
  operators?: string[];
}

export const fields: Record<string, Field> = {
  customer_category: { box: 'customer', label: 'Customer category', kind: 'category' },
  customer_number: { box: 'customer', label: 'Customer number', kind: 'text', operators: always },
  customer_name: { box: 'customer', label: 'Customer name', kind: 'text', operators: always },
  customer_balance: { box: 'customer', label: 'Customer balance', kind: 'amount' },
  customer_overdue_balance: { box: 'customer', label: 'Customer overdue balance', kind: 'amount' },
  due_in: { box: 'invoice', label: 'Invoice due in (days)', kind: 'days' },
  overdue_by: { box: 'invoice', label: 'Invoice overdue by (days)', kind: 'days' },
  invoice_amount: { box: 'invoice', label: 'Invoice amount', kind: 'amount' },
  invoice_balance: { box: 'invoice', label: 'Invoice balance', kind: 'amount' },
  last_emailed: { box: 'invoice', label: 'Invoice last emailed', kind: 'last_emailed' },
  document_type: { box: 'invoice', label: 'Document type', kind: 'text' },
  company_code: { box: 'invoice', label: 'Company code', kind: 'text' },
  profit_center: { box: 'invoice', label: 'Profit center', kind: 'text' },
  currency: { box: 'invoice', label: 'Currency', kind: 'text', operators: ['equal', 'not_equal', 'one_of'] },
};

export const operatorLabels: Record<string, string> = {
  equal: 'equal',
  not_equal: 'not equal',
  less: 'less',
  less_or_equal: 'less or equal',
  greater: 'greater',
  greater_or_equal: 'greater or equal',
  between: 'between',
  not_between: 'not between',
  one_of: 'one of',
  begins_with: 'begins with',
  contains: 'contains',
  empty: 'is empty',
  not_empty: 'is not empty',
  all: 'all customers',
  uncategorized: 'uncategorized customers',
  never: 'never',
  more_than_days_ago: 'more than … days ago',
};

export const operatorsOf = (field: string): string[] => fields[field]?.operators ?? operatorsOfKind[fields[field]?.kind ?? 'text'];
export const kindOf = (field: string): Kind => fields[field]?.kind ?? 'text';

export function arityOf(operator: string): Arity {
  if (['empty', 'not_empty', 'all', 'uncategorized', 'never'].includes(operator)) return 'none';
  if (['between', 'not_between'].includes(operator)) return 'two';
  return operator === 'one_of' ? 'many' : 'one';
}

/** The same tree with its keys in one order, so that two trees can be compared as text. */
export const inOrder = (group: Group): Group => ({
  combinator: group.combinator,
  conditions: group.conditions.map((node) =>
    isGroup(node) ? inOrder(node) : { field: node.field, operator: node.operator, ...(arityOf(node.operator) === 'none' ? {} : { value: node.value ?? '' }) },
  ),
});

/** The first condition of a box, as the guide's hint has it: all customers; due in 3 days. */
export const startingCondition = (box: Box): Condition =>
  box === 'customer' ? { field: 'customer_category', operator: 'all' } : { field: 'due_in', operator: 'equal', value: 3 };

export const leavesOf = (group: Group): Condition[] => group.conditions.flatMap((node) => (isGroup(node) ? leavesOf(node) : [node]));

/** What is missing before a tree can be saved, in words; null when nothing is. */
export function incomplete(box: Box, group: Group): string | null {
  if (group.conditions.length === 0) return `Add a condition to the ${box === 'customer' ? 'customers' : 'invoices'}, or remove the empty group.`;
  for (const node of group.conditions) {
    if (isGroup(node)) {
      const inside = incomplete(box, node);
      if (inside) return inside;
      continue;
    }
    const wrong = incompleteCondition(node);
    if (wrong) return wrong;
  }
  return null;
}

function incompleteCondition({ field, operator, value }: Condition): string | null {
  const label = fields[field]?.label ?? field;
  const arity = arityOf(operator);
  if (arity === 'none') return null;
  const values = (Array.isArray(value) ? value : [value]).filter((entry) => entry !== undefined && entry !== '');
  if (values.length < (arity === 'two' ? 2 : 1)) return `“${label}” needs ${arity === 'two' ? 'two values' : 'a value'}.`;
  const kind = kindOf(field);
  if (kind === 'days' || kind === 'last_emailed') {
    if (values.some((entry) => !/^\d{1,4}$/.test(String(entry)) || Number(entry) > 3650)) return `“${label}” needs whole days from 0 to 3650.`;
  } else if (kind === 'amount' && values.some((entry) => !/^\d{1,12}(\.\d{1,3})?$/.test(String(entry))))
    return `“${label}” needs an amount such as 5000 or 99.50.`;
  if (arity === 'two' && Number(values[0]) > Number(values[1])) return `“${label}”: the first value must not be greater than the second.`;
  return null;
}
