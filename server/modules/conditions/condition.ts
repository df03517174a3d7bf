/** The conditions of a rule: two trees of the same shape, one that selects customers and one that selects invoices. */
import { z } from 'zod';
import { isCurrency } from '../../kernel/currency.ts';
import { Problem, type FieldError } from '../../kernel/problem.ts';

export type Box = 'customer' | 'invoice';
export type Combinator = 'and' | 'or';

/** What a field is compared with; it decides the operators and the shape of the value. */
export type ValueKind = 'category' | 'text' | 'amount' | 'days' | 'days_since' | 'last_emailed' | 'last_viewed' | 'habit' | 'custom' | 'cadence';

const comparing = ['equal', 'not_equal', 'less', 'less_or_equal', 'greater', 'greater_or_equal', 'between', 'not_between'] as const;
const textual = ['equal', 'not_equal', 'one_of', 'begins_with', 'contains', 'empty', 'not_empty'] as const;

const seen = ['never', 'more_than_days_ago', 'within_days'] as const;

const operatorsOfKind = {
  category: ['equal', 'not_equal', 'one_of', 'all', 'uncategorized'],
  text: textual,
  amount: [...comparing, 'one_of'],
  days: [...comparing, 'one_of'],
  days_since: [...comparing, 'one_of', 'never'],
  last_emailed: seen,
  last_viewed: seen,
  habit: ['equal', 'not_equal', 'one_of'],
  custom: [...comparing, 'one_of', 'begins_with', 'contains', 'empty', 'not_empty'],
  cadence: ['equal', 'not_equal'],
} as const satisfies Record<ValueKind, readonly string[]>;

export type Operator = (typeof operatorsOfKind)[ValueKind][number];

/** How many values an operator takes. */
export type Arity = 'none' | 'one' | 'two' | 'many';

const arities: Record<Operator, Arity> = {
  equal: 'one',
  not_equal: 'one',
  less: 'one',
  less_or_equal: 'one',
  greater: 'one',
  greater_or_equal: 'one',
  between: 'two',
  not_between: 'two',
  one_of: 'many',
  begins_with: 'one',
  contains: 'one',
  empty: 'none',
  not_empty: 'none',
  all: 'none',
  uncategorized: 'none',
  never: 'none',
  more_than_days_ago: 'one',
  within_days: 'one',
};

export const operatorLabels: Record<Operator, string> = {
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
  within_days: 'in the last … days',
};

/** How late a customer usually pays, kept on the customer: see the glossary. */
export const habits = { new: 'new', prompt: 'prompt', late: 'late', very_late: 'very late' } as const;
export type Habit = keyof typeof habits;

interface FieldDefinition {
  box: Box;
  label: string;
  kind: ValueKind;
  /** Left out where the operator makes no sense for the field. */
  without?: readonly Operator[];
  /** Written by the program, not chosen in the form. */
  internal?: boolean;
}

export const fields = {
  customer_category: { box: 'customer', label: 'Customer category', kind: 'category' },
  customer_number: { box: 'customer', label: 'Customer number', kind: 'text', without: ['empty', 'not_empty'] },
  customer_name: { box: 'customer', label: 'Customer name', kind: 'text', without: ['empty', 'not_empty'] },
  customer_balance: { box: 'customer', label: 'Customer balance', kind: 'amount' },
  customer_overdue_balance: { box: 'customer', label: 'Customer overdue balance', kind: 'amount' },
  days_since_last_contact: { box: 'customer', label: 'Days since last contact', kind: 'days_since' },
  payment_habit: { box: 'customer', label: 'Payment habit', kind: 'habit' },
  customer_custom: { box: 'customer', label: 'Customer custom field', kind: 'custom' },
  cadence: { box: 'customer', label: 'Cadence', kind: 'cadence', internal: true },
  due_in: { box: 'invoice', label: 'Invoice due in (days)', kind: 'days' },
  overdue_by: { box: 'invoice', label: 'Invoice overdue by (days)', kind: 'days' },
  invoice_amount: { box: 'invoice', label: 'Invoice amount', kind: 'amount' },
  invoice_balance: { box: 'invoice', label: 'Invoice balance', kind: 'amount' },
  last_emailed: { box: 'invoice', label: 'Invoice last emailed', kind: 'last_emailed' },
  last_viewed: { box: 'invoice', label: 'Invoice last viewed', kind: 'last_viewed' },
  document_type: { box: 'invoice', label: 'Document type', kind: 'text' },
  company_code: { box: 'invoice', label: 'Company code', kind: 'text' },
  profit_center: { box: 'invoice', label: 'Profit center', kind: 'text' },
  currency: { box: 'invoice', label: 'Currency', kind: 'text', without: ['empty', 'not_empty', 'begins_with', 'contains'] },
  invoice_custom: { box: 'invoice', label: 'Invoice custom field', kind: 'custom' },
} as const satisfies Record<string, FieldDefinition>;

export type FieldName = keyof typeof fields;
export const fieldNames = Object.keys(fields) as FieldName[];

/** What a person chooses from. */
export const formFields = fieldNames.filter((name) => !(fields[name] as FieldDefinition).internal);

export function operatorsOf(field: FieldName): Operator[] {
  const { kind, without = [] } = fields[field] as FieldDefinition;
  return (operatorsOfKind[kind] as readonly Operator[]).filter((operator) => !without.includes(operator));
}

export const arityOf = (operator: Operator): Arity => arities[operator];

/** Days are integers, amounts decimal strings in major units of the invoice's currency, categories ids. */
export type Value = string | number | (string | number)[];

export interface Condition {
  field: FieldName;
  /** Which custom field. */
  name?: string | undefined;
  operator: Operator;
  value?: Value | undefined;
}

export interface Group {
  combinator: Combinator;
  conditions: (Condition | Group)[];
}

export const isGroup = (node: Condition | Group): node is Group => 'combinator' in node;

/** A person reads and edits a rule: more than this is no rule any more, and each level is a level of SQL. */
export const MAX_DEPTH = 5;
export const MAX_CONDITIONS = 50;
const MAX_LIST = 100;
const MAX_TEXT = 200;
const MAX_NAME = 100;
/** Ten years, as far as any due date is of use. */
export const MAX_DAYS = 3650;

/** What can be sent, so that who has too much is told in words how much a rule can have. */
const MAX_SENT = 1000;
const scalarSchema = z.union([z.string().max(MAX_SENT), z.number()]);
const valueSchema = z.union([scalarSchema, z.array(scalarSchema).max(MAX_SENT)]);

const conditionSchema = z
  .object({
    field: z.enum(fieldNames as [FieldName, ...FieldName[]]),
    name: z.string().max(MAX_SENT).optional().meta({ description: 'of customer_custom and invoice_custom: which field' }),
    operator: z.enum(Object.keys(arities) as [Operator, ...Operator[]]),
    value: valueSchema.optional().meta({
      description:
        'days: an integer; amounts: a decimal string in major units; between: two values; one_of: a list; category: its id; custom fields: a text, or a number or date to compare with',
    }),
  })
  .meta({ id: 'ReminderCondition' });

const conditionOrGroup = 'write a condition with a known field and operator, or a group with its combinator and conditions';

/** The shape alone, for the API's description; {@link parseCondition} checks what it means. */
export const groupSchema: z.ZodType<Group> = z
  .object({
    combinator: z.enum(['and', 'or']),
    get conditions() {
      return z.array(z.union([conditionSchema, groupSchema], conditionOrGroup)).max(MAX_SENT);
    },
  })
  .meta({ id: 'ReminderConditionGroup' }) as unknown as z.ZodType<Group>;

const emptyMessages: Record<Box, string> = {
  customer: 'Add a condition. To pick all customers set "Customer category" to "all customers".',
  invoice: 'Add a condition. To pick all invoices due in 3 days set "Invoice due in (days)" to "equal 3".',
};

/**
 * Checks a tree for its box and answers it with its values in their one form (days as numbers, amounts as decimal
 * strings). `path` is the field's name in the request, for the errors. Throws the Problem `invalid_condition`.
 */
export function parseCondition(box: Box, tree: Group, path: string): Group {
  const errors: FieldError[] = [];
  let count = 0;

  function group(node: Group, at: string, depth: number): Group {
    if (depth > MAX_DEPTH) {
      errors.push({ field: at, code: 'too_deep', message: `Groups can be nested ${MAX_DEPTH} deep.` });
      return node;
    }
    if (node.conditions.length === 0) errors.push({ field: at, code: 'empty', message: emptyMessages[box] });
    return {
      combinator: node.combinator,
      conditions: node.conditions.map((child, index) => {
        const childAt = `${at}.conditions.${index}`;
        if (isGroup(child)) return group(child, childAt, depth + 1);
        count += 1;
        return leaf(box, child, childAt, errors);
      }),
    };
  }

  const parsed = group(tree, path, 1);
  if (count > MAX_CONDITIONS) errors.push({ field: path, code: 'too_many', message: `A rule can have ${MAX_CONDITIONS} conditions in a box.` });
  if (errors.length > 0) throw new Problem(422, 'invalid_condition', errors[0]!.message, { errors });
  return parsed;
}

function leaf(box: Box, condition: Condition, at: string, errors: FieldError[]): Condition {
  const { field, operator } = condition;
  const definition: FieldDefinition = fields[field];
  const refuse = (part: string, code: string, message: string): Condition => {
    errors.push({ field: `${at}.${part}`, code, message });
    return condition;
  };
  if (definition.box !== box) return refuse('field', 'wrong_box', `"${definition.label}" belongs to the ${definition.box} conditions.`);
  if (!operatorsOf(field).includes(operator))
    return refuse('operator', 'wrong_operator', `"${definition.label}" cannot be asked with "${operatorLabels[operator]}".`);

  const named = definition.kind === 'custom' ? { field, name: condition.name?.trim() ?? '' } : { field };
  if (named.name === '' || named.name?.includes('\0')) return refuse('name', 'required', `Name the custom field.`);
  if (named.name !== undefined && named.name.length > MAX_NAME)
    return refuse('name', 'too_long', `The name of a custom field has ${MAX_NAME} characters at most.`);
  const arity = arities[operator];
  if (arity === 'none') return { ...named, operator };
  const given = condition.value;
  if (given === undefined || given === '' || (Array.isArray(given) && given.length === 0))
    return refuse('value', 'required', `"${definition.label}" needs a value.`);
  const list = Array.isArray(given) ? given : [given];
  if ((arity === 'one' && (Array.isArray(given) || list.length !== 1)) || (arity === 'two' && list.length !== 2))
    return refuse('value', 'wrong_count', arity === 'two' ? `"${definition.label}" needs two values.` : `"${definition.label}" needs one value.`);

  if (list.length > MAX_LIST) return refuse('value', 'too_many', `"${definition.label}" can be compared with ${MAX_LIST} values.`);
  const text = field === 'currency' ? readCurrency : readText;
  const readers: Record<ValueKind, (value: string | number) => string | number | null> = {
    days: readDays,
    days_since: readDays,
    last_emailed: readDays,
    last_viewed: readDays,
    amount: readAmount,
    text,
    category: readId,
    cadence: readId,
    habit: readHabit,
    custom: isOrder(operator) ? readComparable : readText,
  };
  const read = list.map(readers[definition.kind]);
  if (read.includes(null)) return refuse('value', 'wrong_value', `"${named.name ?? definition.label}" needs ${expected(definition.kind, condition)}.`);
  const values = read as (string | number)[];
  if (arity === 'two' && isDate(values[0]!) !== isDate(values[1]!)) return refuse('value', 'wrong_value', 'Compare with two numbers or with two dates.');
  const crossed = isDate(values[0]!) ? values[0]! > values[1]! : Number(values[0]) > Number(values[1]);
  if (arity === 'two' && crossed) return refuse('value', 'wrong_order', 'The first value must not be greater than the second.');
  return { ...named, operator, value: arity === 'one' ? values[0]! : values };
}

const dayExpectation = `a whole number of days from 0 to ${MAX_DAYS}`;
const expectations: Record<ValueKind, string> = {
  days: dayExpectation,
  days_since: dayExpectation,
  last_emailed: dayExpectation,
  last_viewed: dayExpectation,
  amount: 'an amount such as 5000 or 99.50',
  text: `a text of at most ${MAX_TEXT} characters`,
  category: 'a category',
  cadence: 'a cadence',
  habit: `one of ${Object.keys(habits).join(', ')}`,
  custom: `a text of at most ${MAX_TEXT} characters`,
};

function expected(kind: ValueKind, { field, operator }: Condition): string {
  if (field === 'currency') return 'the code of a currency, such as USD';
  return kind === 'custom' && isOrder(operator) ? 'a number such as 99.50 or a date such as 2026-03-31' : expectations[kind];
}

const orders: readonly Operator[] = ['less', 'less_or_equal', 'greater', 'greater_or_equal', 'between', 'not_between'];
/** Asks whether a value is more or less: of a custom field only numbers and dates can be. */
export const isOrder = (operator: Operator): boolean => orders.includes(operator);
/** The 31st of February has the shape of a date and is none. */
function isRealDate(text: string): boolean {
  try {
    return Temporal.PlainDate.from(text, { overflow: 'reject' }).toString() === text;
  } catch {
    return false;
  }
}

/** A custom field's value that is compared as a date. */
export const isDate = (value: string | number): boolean => typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value);

function readDays(value: string | number): number | null {
  if (typeof value === 'string' && !/^\d{1,4}$/.test(value.trim())) return null;
  const days = Number(value);
  return Number.isInteger(days) && days >= 0 && days <= MAX_DAYS ? days : null;
}

/** Also as the sentence writes it: 5,000.50. */
function readAmount(value: string | number): string | null {
  const written = String(value).trim();
  const text = /^\d{1,3}(,\d{3})+(\.\d+)?$/.test(written) ? written.replaceAll(',', '') : written;
  return /^\d{1,12}(\.\d{1,3})?$/.test(text) ? text : null;
}

function readText(value: string | number): string | null {
  const text = String(value).trim();
  return text !== '' && text.length <= MAX_TEXT && !text.includes('\0') ? text : null;
}

function readCurrency(value: string | number): string | null {
  const code = String(value).trim().toUpperCase();
  return isCurrency(code) ? code : null;
}

function readComparable(value: string | number): string | null {
  const text = String(value).trim();
  if (isDate(text)) return isRealDate(text) ? text : null;
  return /^-?\d{1,15}(\.\d{1,6})?$/.test(text) ? text : null;
}

const readHabit = (value: string | number): string | null => (Object.hasOwn(habits, value) ? String(value) : null);

const readId = (value: string | number): string | null =>
  typeof value === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value) ? value : null;

/** The tree's conditions, from left to right. */
export function leavesOf(tree: Group): Condition[] {
  return tree.conditions.flatMap((node) => (isGroup(node) ? leavesOf(node) : [node]));
}
