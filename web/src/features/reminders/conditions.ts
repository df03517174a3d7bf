/** The conditions of a rule as the API writes them: a tree for customers and a tree for invoices. */
import type { Fields } from '../../api/reminders.ts';

export type Box = 'customer' | 'invoice';
export type Scalar = string | number;

export interface Condition {
  field: string;
  /** Which custom field, for the fields that are one of many. */
  name?: string | undefined;
  operator: string;
  value?: Scalar | Scalar[] | undefined;
}

export interface Group {
  combinator: 'and' | 'or';
  conditions: (Condition | Group)[];
}

export const isGroup = (node: Condition | Group): node is Group => 'combinator' in node;

export type Field = Fields['fields'][number];
export type Operator = Field['operators'][number];
/** How many values an operator takes. */
export type Arity = Operator['values'];

/** The fields, operators and limits that the server knows, as the editor asks for them. */
export interface FieldTable {
  of: (box: Box) => readonly Field[];
  /** The custom fields that the uploaded data has. */
  names: (field: string) => readonly string[];
  /** Values that the uploaded data has in it; others can be written. */
  known: (field: string, name?: string) => readonly string[];
  find: (field: string) => Field | undefined;
  operator: (field: string, operator: string) => Operator | undefined;
  limits: Fields['limits'];
}

export function fieldTable({ fields, limits }: Fields): FieldTable {
  const byName = new Map(fields.map((field) => [field.name as string, field]));
  return {
    of: (box) => fields.filter((field) => field.box === box),
    names: (field) => byName.get(field)?.names ?? [],
    known: (field, name) => byName.get(field)?.known.find((found) => found.name === (name ?? null))?.values ?? [],
    find: (field) => byName.get(field),
    operator: (field, operator) => byName.get(field)?.operators.find((entry) => entry.name === operator),
    limits,
  };
}

export const isCustom = (field: string): boolean => field.endsWith('_custom');

/** The same tree with its keys in one order, so that two trees can be compared as text. */
export const inOrder = (group: Group): Group => ({
  combinator: group.combinator,
  conditions: group.conditions.map((node) =>
    isGroup(node)
      ? inOrder(node)
      : {
          field: node.field,
          ...(node.name === undefined ? {} : { name: node.name }),
          operator: node.operator,
          ...(node.value === undefined ? {} : { value: node.value }),
        },
  ),
});

/** The first condition of a box, as the guide's hint has it: all customers; due in 3 days. */
export const startingCondition = (box: Box): Condition =>
  box === 'customer' ? { field: 'customer_category', operator: 'all' } : { field: 'due_in', operator: 'equal', value: 3 };

const leavesOf = (group: Group): Condition[] => group.conditions.flatMap((node) => (isGroup(node) ? leavesOf(node) : [node]));

/** What is missing before a tree can be saved, in words; null when nothing is. */
export function incomplete(box: Box, group: Group, table: FieldTable): string | null {
  const whose = box === 'customer' ? 'customers' : 'invoices';
  if (hasEmptyGroup(group)) return `Add a rule to the ${whose}, or remove the empty group.`;
  const leaves = leavesOf(group);
  if (leaves.length > table.limits.conditions) return `The ${whose} can have ${table.limits.conditions} rules; these are ${leaves.length}.`;
  return leaves.map((leaf) => incompleteCondition(leaf, table)).find((wrong) => wrong !== null) ?? null;
}

const hasEmptyGroup = (group: Group): boolean => group.conditions.length === 0 || group.conditions.some((node) => isGroup(node) && hasEmptyGroup(node));

function incompleteCondition(condition: Condition, table: FieldTable): string | null {
  const field = table.find(condition.field);
  if (!field) return `“${condition.field}” is not a field any more: choose another.`;
  const label = condition.name || field.label;
  if (isCustom(condition.field) && !condition.name?.trim()) return 'Write the name of the custom field.';
  const arity = table.operator(condition.field, condition.operator)?.values ?? 'one';
  if (arity === 'none') return null;
  const values = (Array.isArray(condition.value) ? condition.value : [condition.value]).filter((entry) => entry !== undefined && entry !== '');
  if (values.length < (arity === 'two' ? 2 : 1)) return `“${label}” needs ${arity === 'two' ? 'two values' : 'a value'}.`;
  return incompleteValues(field.kind, values as Scalar[], label, arity, table.limits.days);
}

/** 5,000.50 as 5000.50 */
const ungrouped = (text: string): string => (/^\d{1,3}(,\d{3})+(\.\d+)?$/.test(text) ? text.replaceAll(',', '') : text);

function incompleteValues(kind: Field['kind'], values: readonly Scalar[], label: string, arity: Arity, maxDays: number): string | null {
  const texts = values.map((value) => (kind === 'amount' ? ungrouped(String(value)) : String(value)));
  if (isDays(kind)) {
    if (texts.some((text) => !/^\d{1,4}$/.test(text) || Number(text) > maxDays)) return `“${label}” needs whole days from 0 to ${maxDays}.`;
  } else if (kind === 'amount' && texts.some((text) => !/^\d{1,12}(\.\d{1,3})?$/.test(text))) return `“${label}” needs an amount such as 5000 or 99.50.`;
  if (arity === 'two' && Number(texts[0]) > Number(texts[1])) return `“${label}”: the first value must not be greater than the second.`;
  return null;
}

/** Kinds whose value is a number of days. */
export const isDays = (kind: Field['kind'] | undefined): boolean => kind !== undefined && ['days', 'days_since', 'last_emailed', 'last_viewed'].includes(kind);
