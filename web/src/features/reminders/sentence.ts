import { type Condition, fields, type Group, isGroup, kindOf, type Scalar } from './conditions.ts';

type CategoryName = (id: string) => string | null;

/**
 * A draft as one English sentence, in the words in which the server describes a saved rule: "Send “Invoice reminder” to
 * all customers about invoices overdue by 7 days." What is still missing stands as "…".
 */
export function ruleSentence(rule: { customers: Group; invoices: Group; template: string }, categoryName: CategoryName): string {
  return `Send “${rule.template}” to ${customers(rule.customers, categoryName)} about invoices ${words(rule.invoices, categoryName) || '…'}.`;
}

function customers(tree: Group, categoryName: CategoryName): string {
  const all = (node: Condition | Group): boolean => (isGroup(node) ? everyone(node) : node.operator === 'all');
  const everyone = (group: Group): boolean =>
    group.conditions.length > 0 && (group.combinator === 'or' ? group.conditions.some(all) : group.conditions.every(all));
  if (everyone(tree)) return 'all customers';
  // next to other conditions "all customers" says nothing
  const rest = { ...tree, conditions: tree.combinator === 'and' ? tree.conditions.filter((node) => !all(node)) : tree.conditions };
  return `customers ${words(rest, categoryName) || '…'}`;
}

function words(tree: Group, categoryName: CategoryName): string {
  const parts = joinSameField(tree).map((node) => {
    if (!isGroup(node)) return condition(node, categoryName);
    const inner = words(node, categoryName) || '…';
    return node.conditions.length > 1 && tree.conditions.length > 1 ? `(${inner})` : inner;
  });
  return list(parts, tree.combinator);
}

const valuesOf = (value: Condition['value']): Scalar[] => (Array.isArray(value) ? value : value === undefined || value === '' ? [] : [value]);

/** "overdue by 3, 5 or 10 days" instead of the same words three times. */
function joinSameField(tree: Group): (Condition | Group)[] {
  if (tree.combinator === 'and') return tree.conditions;
  const result: (Condition | Group)[] = [];
  for (const node of tree.conditions) {
    const index =
      isGroup(node) || node.operator !== 'equal'
        ? -1
        : result.findIndex((other) => !isGroup(other) && other.field === node.field && (other.operator === 'equal' || other.operator === 'one_of'));
    const same = result[index];
    if (isGroup(node) || !same || isGroup(same)) result.push(node);
    else result[index] = { field: same.field, operator: 'one_of', value: [...valuesOf(same.value), ...valuesOf(node.value)] };
  }
  return result;
}

const list = (parts: readonly string[], combinator: 'and' | 'or'): string =>
  parts.length < 2 ? (parts[0] ?? '') : `${parts.slice(0, -1).join(', ')} ${combinator} ${parts.at(-1)}`;
const either = (values: readonly Scalar[]): string => list(values.map(String), 'or') || '…';
const at = (values: readonly Scalar[], index: number): string => String(values[index] ?? '') || '…';

function condition({ field, operator, value }: Condition, categoryName: CategoryName): string {
  const values = valuesOf(value);
  switch (field) {
    case 'customer_category': {
      const names = values.map((id) => categoryName(String(id)) ?? 'a removed category');
      if (operator === 'all') return 'of any kind';
      if (operator === 'uncategorized') return 'without a category';
      return operator === 'not_equal' ? `not in category ${either(names)}` : `in category ${either(names)}`;
    }
    case 'due_in':
    case 'overdue_by':
      return dayWords(field, operator, values);
    case 'last_emailed':
      return operator === 'never' ? 'never e-mailed' : `last e-mailed more than ${dayCount(values)} ago`;
    default:
      return `with ${noun(field)} ${comparison(operator, values, kindOf(field) === 'amount' ? amount : String)}`;
  }
}

const nouns: Record<string, string> = {
  customer_number: 'number',
  customer_name: 'name',
  customer_balance: 'balance',
  customer_overdue_balance: 'overdue balance',
  invoice_amount: 'amount',
  invoice_balance: 'balance',
};
const noun = (field: string): string => nouns[field] ?? (fields[field]?.label ?? field).toLowerCase();

const dayCount = (values: readonly Scalar[]): string => `${either(values)} ${values.length === 1 && Number(values[0]) === 1 ? 'day' : 'days'}`;

function dayWords(field: 'due_in' | 'overdue_by', operator: string, values: readonly Scalar[]): string {
  const lead = field === 'due_in' ? 'due in' : 'overdue by';
  if (operator === 'equal' && String(values[0]) === '0') return 'due today';
  if (operator === 'equal' || operator === 'one_of') return `${lead} ${dayCount(values)}`;
  if (operator === 'between' || operator === 'not_between') return `${operator === 'between' ? '' : 'not '}${lead} ${at(values, 0)} to ${at(values, 1)} days`;
  return `${lead} ${comparison(operator, values, String)} ${Number(values[0]) === 1 ? 'day' : 'days'}`;
}

/** 5000.5 as 5,000.5: amounts have no currency of their own. */
function amount(value: Scalar): string {
  const [whole = '', fraction] = String(value).split('.');
  return whole.replace(/\B(?=(\d{3})+$)/g, ',') + (fraction === undefined ? '' : `.${fraction}`);
}

function comparison(operator: string, values: readonly Scalar[], show: (value: Scalar) => string): string {
  const shown = values.map(show);
  const phrases: Record<string, string> = {
    not_equal: `other than ${at(shown, 0)}`,
    less: `less than ${at(shown, 0)}`,
    less_or_equal: `at most ${at(shown, 0)}`,
    greater: `more than ${at(shown, 0)}`,
    greater_or_equal: `at least ${at(shown, 0)}`,
    between: `from ${at(shown, 0)} to ${at(shown, 1)}`,
    not_between: `not from ${at(shown, 0)} to ${at(shown, 1)}`,
    begins_with: `beginning with ${at(shown, 0)}`,
    contains: `containing ${at(shown, 0)}`,
    empty: 'empty',
    not_empty: 'not empty',
  };
  return phrases[operator] ?? either(shown);
}
