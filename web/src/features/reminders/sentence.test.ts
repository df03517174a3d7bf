import { expect, test, vi } from 'vitest';
import { type Group, incomplete } from './conditions.ts';
import { ruleSentence } from './sentence.ts';

vi.stubGlobal('navigator', { languages: ['en-US'] });

const names: Record<string, string> = { vip: 'VIP customers', repeat: 'Repeat customers' };
const say = (customers: Group, invoices: Group, template?: string) => ruleSentence({ customers, invoices, template }, (id) => names[id] ?? 'a removed category');
const everyone: Group = { combinator: 'and', conditions: [{ field: 'customer_category', operator: 'all' }] };
const dueIn = (value: number): Group => ({ combinator: 'and', conditions: [{ field: 'due_in', operator: 'equal', value }] });

test('the guide’s first sample rule reads as one sentence', () => {
  expect(say(everyone, dueIn(5), 'Invoice Reminder')).toBe('Remind all customers about open invoices that are due in 5 days, with “Invoice Reminder”.');
});

test('categories are named, and either of two is an or', () => {
  const either: Group = {
    combinator: 'or',
    conditions: [
      { field: 'customer_category', operator: 'equal', value: 'vip' },
      { field: 'customer_category', operator: 'equal', value: 'repeat' },
    ],
  };
  expect(say(either, dueIn(4))).toBe('Remind customers who are in VIP customers or who are in Repeat customers about open invoices that are due in 4 days.');
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
    'Remind all customers about open invoices that have a balance of more than 1,000.00 and (that are between 30 and 60 days overdue or that were never e-mailed).',
  );
});

test('one day is one day, and zero is today', () => {
  expect(say(everyone, dueIn(1))).toContain('due in 1 day.');
  expect(say(everyone, dueIn(0))).toContain('that are due today');
});

test('a condition without its value is named before saving', () => {
  expect(incomplete('invoice', { combinator: 'and', conditions: [{ field: 'due_in', operator: 'equal', value: '' }] })).toBe('“Invoice due in (days)” needs a value.');
  expect(incomplete('invoice', { combinator: 'and', conditions: [] })).toContain('Add a condition');
  expect(incomplete('customer', everyone)).toBeNull();
});
