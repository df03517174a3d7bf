import { expect, test } from 'vitest';
import type { Fields } from '../../api/reminders.ts';
import { fitted, fromQuery, leaves, toQuery } from './condition-tree.ts';
import { fieldTable, type Group, incomplete } from './conditions.ts';

const one = (name: string) => ({ name, label: name, values: 'one' as const });
const table = fieldTable({
  fields: [
    {
      name: 'customer_category',
      box: 'customer',
      label: 'Customer category',
      kind: 'category',
      operators: [one('equal'), { name: 'all', label: 'all', values: 'none' }],
    },
    {
      name: 'due_in',
      box: 'invoice',
      label: 'Invoice due in (days)',
      kind: 'days',
      operators: [one('equal'), { name: 'between', label: 'between', values: 'two' }],
    },
    { name: 'overdue_by', box: 'invoice', label: 'Invoice overdue by (days)', kind: 'days', operators: [one('equal')] },
    { name: 'invoice_amount', box: 'invoice', label: 'Invoice amount', kind: 'amount', operators: [one('equal'), one('greater')] },
    {
      name: 'invoice_custom',
      box: 'invoice',
      label: 'Custom field',
      kind: 'custom',
      names: ['Region'],
      known: [{ name: 'Region', values: ['North', 'South'] }],
      operators: [one('equal'), { name: 'one_of', label: 'is one of', values: 'many' }],
    },
  ],
  limits: { depth: 5, conditions: 3, days: 3650 },
} as unknown as Fields);

const invoices = (...conditions: Group['conditions']): Group => ({ combinator: 'and', conditions });
const wrong = (...conditions: Group['conditions']) => incomplete('invoice', invoices(...conditions), table);

test('what is missing in a condition is named before it is saved', () => {
  expect(wrong({ field: 'due_in', operator: 'equal', value: '' })).toBe('“Invoice due in (days)” needs a value.');
  expect(wrong({ field: 'due_in', operator: 'between', value: [3, ''] })).toBe('“Invoice due in (days)” needs two values.');
  expect(wrong({ field: 'due_in', operator: 'between', value: [5, 3] })).toContain('must not be greater');
  expect(wrong({ field: 'due_in', operator: 'equal', value: '3.5' })).toContain('whole days from 0 to 3650');
  expect(wrong({ field: 'invoice_amount', operator: 'greater', value: 'lots' })).toContain('an amount such as 5000');
  expect(wrong({ field: 'invoice_custom', name: '', operator: 'equal', value: 'x' })).toBe('Write the name of the custom field.');
  expect(wrong({ field: 'invoice_custom', name: 'Region', operator: 'equal', value: '' })).toBe('“Region” needs a value.');
  expect(wrong({ field: 'due_in', operator: 'equal', value: 3 })).toBeNull();
});

test('an empty group and more rules than the limit are refused', () => {
  expect(wrong()).toContain('Add a rule to the invoices');
  expect(wrong({ combinator: 'or', conditions: [] })).toContain('remove the empty group');
  const due = { field: 'due_in', operator: 'equal', value: 3 };
  expect(wrong(due, due, due, due)).toBe('The invoices can have 3 rules; these are 4.');
});

test('a tree goes through the builder and comes back the same', () => {
  const tree: Group = {
    combinator: 'or',
    conditions: [
      { field: 'due_in', operator: 'between', value: [3, 5] },
      {
        combinator: 'and',
        conditions: [
          { field: 'invoice_custom', name: 'Region: North', operator: 'one_of', value: ['A, B', 'C'] },
          { field: 'invoice_amount', operator: 'greater', value: '99.50' },
        ],
      },
    ],
  };
  expect(fromQuery(toQuery(tree), table)).toEqual(tree);
});

test('a changed field keeps operator and value of its kind, and starts anew otherwise', () => {
  const before = toQuery(invoices({ field: 'due_in', operator: 'equal', value: 5 }));
  const change = (field: string) => ({ ...before, rules: leaves(before).map((leaf) => ({ ...leaf, field })) });
  const equal = () => 'equal';
  expect(fromQuery(fitted(change('overdue_by'), before, table, equal), table).conditions).toEqual([{ field: 'overdue_by', operator: 'equal', value: 5 }]);
  expect(fromQuery(fitted(change('invoice_amount'), before, table, equal), table).conditions).toEqual([
    { field: 'invoice_amount', operator: 'equal', value: '' },
  ]);
});
