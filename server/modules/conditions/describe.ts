/** A rule in one English sentence. */
import { arityOf, type Condition, fields, type Group, type Habit, habits, isGroup } from './condition.ts';

export interface Described {
  customerCondition: Group;
  invoiceCondition: Group;
  templateName: string;
  schedule?: { days: 'every' | 'weekdays' | number[]; hour: number | null; holidays: 'ignore' | 'next' | 'previous' | 'skip' } | undefined;
  repeat?: { everyDays: number; limit: number | null } | null | undefined;
}

/**
 * "Send “Invoice reminder” to all customers about invoices overdue by 7 days." `categoryName` answers a category's name
 * by its id, or null for one that was removed.
 */
export function describe(rule: Described, categoryName: (id: string) => string | null): string {
  const what = `Send “${rule.templateName}” to ${customers(rule.customerCondition, categoryName)} about invoices ${words(rule.invoiceCondition, categoryName)}`;
  return `${[what, ...timing(rule)].join(', ')}.`;
}

/** The same of a rule that is being written: what is missing stands as "…". */
export const describeDraft: typeof describe = (rule, categoryName) =>
  describe({ ...rule, customerCondition: filled(rule.customerCondition), invoiceCondition: filled(rule.invoiceCondition) }, (id) =>
    id === MISSING ? MISSING : categoryName(id),
  );

const MISSING = '…';

const filled = (tree: Group): Group => ({
  ...tree,
  conditions: tree.conditions.map((node) => {
    if (isGroup(node)) return filled(node);
    const arity = arityOf(node.operator);
    if (arity === 'none') return node;
    const given = (Array.isArray(node.value) ? node.value : [node.value]).map((value) => (value === undefined || value === '' ? MISSING : value));
    if (arity === 'many') return { ...node, value: given.length > 0 ? given : [MISSING] };
    return { ...node, value: arity === 'two' ? [given[0] ?? MISSING, given[1] ?? MISSING] : (given[0] ?? MISSING) };
  }),
});

const weekdayNames = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

/** When it is asked; nothing for each day at the company's hour. */
function timing({ schedule, repeat }: Described): string[] {
  const parts: string[] = [];
  const days = Array.isArray(schedule?.days)
    ? `on ${list(
        schedule.days.map((day) => `${weekdayNames[day - 1]}s`),
        'and',
      )}`
    : schedule?.days === 'weekdays'
      ? 'on weekdays'
      : '';
  const hour = schedule && schedule.hour !== null ? `at ${schedule.hour}:00` : '';
  if (days || hour) parts.push([days, hour].filter(Boolean).join(' '));
  const rest = {
    ignore: null,
    next: 'on days off moved to the next business day',
    previous: 'on days off moved to the previous business day',
    skip: 'not on days off',
  };
  const moved = rest[schedule?.holidays ?? 'ignore'];
  if (moved) parts.push(moved);
  if (repeat) {
    parts.push(repeat.everyDays === 1 ? 'every day while they match' : `every ${repeat.everyDays} days while they match`);
    if (repeat.limit !== null) parts.push(repeat.limit === 1 ? 'once for each invoice' : `at most ${repeat.limit} times for each invoice`);
  }
  return parts;
}

type CategoryName = (id: string) => string | null;

/** "all customers", "customers in category VIP": the first box alone, in the words of the sentence. */
export const describeCustomers = (tree: Group, categoryName: CategoryName): string => customers(tree, categoryName);

function customers(tree: Group, categoryName: CategoryName): string {
  const all = (node: Condition | Group): boolean => (isGroup(node) ? everyone(node) : node.operator === 'all');
  const everyone = (group: Group): boolean =>
    group.conditions.length > 0 && (group.combinator === 'or' ? group.conditions.some(all) : group.conditions.every(all));
  if (everyone(tree)) return 'all customers';
  // next to other conditions "all customers" says nothing
  const rest = { ...tree, conditions: tree.combinator === 'and' ? tree.conditions.filter((node) => !all(node)) : tree.conditions };
  return `customers ${words(rest, categoryName)}`;
}

function words(tree: Group, categoryName: CategoryName): string {
  const parts = joinSameField(tree).map((node) => {
    if (!isGroup(node)) return condition(node, categoryName);
    const inner = words(node, categoryName);
    return node.conditions.length > 1 && tree.conditions.length > 1 ? `(${inner})` : inner;
  });
  return list(parts, tree.combinator) || MISSING;
}

/** "overdue by 3, 5 or 10 days" instead of the same words three times. */
function joinSameField(tree: Group): (Condition | Group)[] {
  if (tree.combinator === 'and') return tree.conditions;
  const result: (Condition | Group)[] = [];
  for (const node of tree.conditions) {
    const same =
      isGroup(node) || node.operator !== 'equal'
        ? undefined
        : result.find(
            (other) => !isGroup(other) && other.field === node.field && other.name === node.name && (other.operator === 'equal' || other.operator === 'one_of'),
          );
    if (!same) {
      result.push(node);
      continue;
    }
    const first = same as Condition;
    const values = Array.isArray(first.value) ? first.value : [first.value!];
    result[result.indexOf(same)] = { ...first, operator: 'one_of', value: [...values, (node as Condition).value as string | number] };
  }
  return result;
}

const list = (parts: readonly string[], combinator: 'and' | 'or'): string =>
  parts.length < 2 ? (parts[0] ?? '') : `${parts.slice(0, -1).join(', ')} ${combinator} ${parts.at(-1)}`;

/** A text that could be taken for several, or for words of the sentence, stands in quotes. */
const quoted = (value: string | number): string => (/[,;“”]|\b(and|or)\b/.test(String(value)) ? `“${value}”` : String(value));

const either = (values: readonly (string | number)[]): string => list(values.map(String), 'or');

function condition({ field, name, operator, value }: Condition, categoryName: CategoryName): string {
  const values = (Array.isArray(value) ? value : value === undefined ? [] : [value]) as (string | number)[];
  switch (field) {
    case 'customer_category': {
      const names = values.map((id) => quoted(categoryName(String(id)) ?? 'a removed category'));
      if (operator === 'all') return 'of any kind';
      if (operator === 'uncategorized') return 'without a category';
      return operator === 'not_equal' ? `not in category ${either(names)}` : `in category ${either(names)}`;
    }
    case 'due_in':
    case 'overdue_by':
      return dayWords(field, operator, values);
    case 'last_emailed':
      return seenWords('e-mailed', operator, values);
    case 'last_viewed':
      return seenWords('viewed', operator, values);
    case 'days_since_last_contact':
      return operator === 'never'
        ? 'never contacted'
        : `last contacted ${comparison(operator, values, String)} ${Number(values.at(-1)) === 1 ? 'day' : 'days'} ago`;
    case 'payment_habit':
      return `with payment habit ${comparison(operator, values, (one) => habits[one as Habit] ?? String(one))}`;
    case 'customer_custom':
    case 'invoice_custom':
      return `with ${name ? quoted(name) : MISSING} ${comparison(operator, values, quoted)}`;
    case 'cadence':
      return operator === 'not_equal' ? 'not in the cadence' : 'in the cadence';
    default:
      return `with ${noun(field)} ${comparison(operator, values, fields[field].kind === 'amount' ? amount : quoted)}`;
  }
}

const nouns: Partial<Record<Condition['field'], string>> = {
  customer_number: 'number',
  customer_name: 'name',
  customer_balance: 'balance',
  customer_overdue_balance: 'overdue balance',
  invoice_amount: 'amount',
  invoice_balance: 'balance',
};
const noun = (field: Condition['field']): string => nouns[field] ?? fields[field].label.toLowerCase();

const seenWords = (what: string, operator: Condition['operator'], values: readonly (string | number)[]): string =>
  operator === 'never'
    ? `never ${what}`
    : operator === 'within_days'
      ? `${what} in the last ${dayCount(values)}`
      : `last ${what} more than ${dayCount(values)} ago`;

const dayCount = (values: readonly (string | number)[]): string => `${either(values)} ${values.length === 1 && Number(values[0]) === 1 ? 'day' : 'days'}`;

function dayWords(field: 'due_in' | 'overdue_by', operator: Condition['operator'], values: readonly (string | number)[]): string {
  const lead = field === 'due_in' ? 'due in' : 'overdue by';
  if (operator === 'equal' && Number(values[0]) === 0) return 'due today';
  if (operator === 'equal' || operator === 'one_of') return `${lead} ${dayCount(values)}`;
  if (operator === 'between' || operator === 'not_between') return `${operator === 'between' ? '' : 'not '}${lead} ${values[0]} to ${values[1]} days`;
  return `${lead} ${comparison(operator, values, String)} ${Number(values[0]) === 1 ? 'day' : 'days'}`;
}

/** 5000.5 as 5,000.5: amounts have no currency of their own. */
function amount(value: string | number): string {
  const [whole, fraction] = String(value).split('.');
  return whole!.replace(/\B(?=(\d{3})+$)/g, ',') + (fraction === undefined ? '' : `.${fraction}`);
}

function comparison(operator: Condition['operator'], values: readonly (string | number)[], show: (value: string | number) => string): string {
  const shown = values.map(show);
  switch (operator) {
    case 'not_equal':
      return `other than ${shown[0]}`;
    case 'less':
      return `less than ${shown[0]}`;
    case 'less_or_equal':
      return `at most ${shown[0]}`;
    case 'greater':
      return `more than ${shown[0]}`;
    case 'greater_or_equal':
      return `at least ${shown[0]}`;
    case 'between':
      return `from ${shown[0]} to ${shown[1]}`;
    case 'not_between':
      return `not from ${shown[0]} to ${shown[1]}`;
    case 'begins_with':
      return `beginning with ${shown[0]}`;
    case 'contains':
      return `containing ${shown[0]}`;
    case 'empty':
      return 'empty';
    case 'not_empty':
      return 'not empty';
    default:
      return either(shown);
  }
}
