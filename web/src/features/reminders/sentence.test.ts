import { expect, test } from 'vitest';
import { type Group, incomplete } from './conditions.ts';
import { ruleSentence } from './sentence.ts';

const names: Record<string, string> = { vip: 'VIP customers', repeat: 'Repeat customers' };
const say = (customers: Group, invoices: Group) => ruleSentence({ customers, invoices, template: 'Invoice Reminder' }, (id) => names[id] ?? null);
const everyone: Group = { combinator: 'and', conditions: [{ field: 'customer_category', operator: 'all' }] };
const dueIn = (...values: (number | string)[]): Group => ({
  combinator: 'or',
  conditions: values.map((value) => ({ field: 'due_in', operator: 'equal', value })),
});

test('the guide’s first sample rule reads as one sentence', () => {
  expect(say(everyone, dueIn(5))).toBe('Send “Invoice Reminder” to all customers about invoices due in 5 days.');
});

test('several days of one field are said once', () => {
  expect(say(everyone, dueIn(3, 5, 10))).toBe('Send “Invoice Reminder” to all customers about invoices due in 3, 5 or 10 days.');
});

test('categories are named, and a removed one says so', () => {
  const category = (value: string): Group => ({
    combinator: 'or',
    conditions: ['vip', value].map((id) => ({ field: 'customer_category', operator: 'equal', value: id })),
  });
  expect(say(category('repeat'), dueIn(4))).toBe(
    'Send “Invoice Reminder” to customers in category VIP customers or Repeat customers about invoices due in 4 days.',
  );
  expect(say(category('gone'), dueIn(4))).toContain('VIP customers or a removed category');
});

test('nested groups stand in parentheses', () => {
  const nested: Group = {
    combinator: 'and',
    conditions: [
      { field: 'invoice_balance', operator: 'greater', value: '1000' },
      {
        combinator: 'or',
        conditions: [
          { field: 'overdue_by', operator: 'between', value: [30, 60] },
          { field: 'last_emailed', operator: 'never' },
        ],
      },
    ],
  };
  expect(say(everyone, nested)).toBe(
    'Send “Invoice Reminder” to all customers about invoices with balance more than 1,000 and (overdue by 30 to 60 days or never e-mailed).',
  );
});

test('what is not written yet stands as an ellipsis', () => {
  expect(say(everyone, dueIn(''))).toContain('about invoices due in … days.');
  expect(say({ combinator: 'and', conditions: [] }, dueIn(1))).toContain('to customers … about invoices due in 1 day.');
});

test('a condition without its value is named before saving', () => {
  expect(incomplete('invoice', dueIn(''))).toBe('“Invoice due in (days)” needs a value.');
  expect(incomplete('invoice', { combinator: 'and', conditions: [] })).toContain('Add a condition');
  expect(incomplete('customer', everyone)).toBeNull();
});
