import { expect, test } from 'vitest';
import type { Condition, Group } from '../conditions/index.ts';
import { describe, describeDraft } from '../conditions/index.ts';
import { agenda } from './schedule.ts';
import { defaultRules, sampleCustomers, samples } from './samples.ts';

const names: Record<string, string> = { v: 'VIP customers', r: 'Repeat' };
const say = (customerCondition: Group, invoiceCondition: Group) =>
  describe({ customerCondition, invoiceCondition, templateName: 'Invoice reminder' }, (id) => names[id] ?? null);
const and = (...conditions: (Condition | Group)[]): Group => ({ combinator: 'and', conditions });
const or = (...conditions: (Condition | Group)[]): Group => ({ combinator: 'or', conditions });
const everyone = and({ field: 'customer_category', operator: 'all' });

test('the ready rules and the samples read as a person would say them', () => {
  expect(defaultRules.map((rule) => say(rule.customerCondition, rule.invoiceCondition))).toContain(
    'Send “Invoice reminder” to all customers about invoices overdue by 7 days.',
  );
  const spoken = samples.map((sample) => say(sampleCustomers(sample.categories.map((name) => (name === 'Repeat' ? 'r' : 'v'))), sample.invoiceCondition));
  expect(spoken).toEqual([
    'Send “Invoice reminder” to all customers about invoices due in 5 days.',
    'Send “Invoice reminder” to all customers about invoices overdue by 3 days.',
    'Send “Invoice reminder” to all customers about invoices overdue by 3, 5 or 10 days.',
    'Send “Invoice reminder” to customers in category VIP customers about invoices due in 1 day.',
    'Send “Invoice reminder” to customers in category VIP customers or Repeat about invoices due in 4 days.',
  ]);
});

test('groups, ranges, amounts and removed categories are said too', () => {
  expect(
    say(
      and({ field: 'customer_category', operator: 'not_equal', value: 'gone' }, { field: 'customer_balance', operator: 'greater', value: '5000.5' }),
      or(
        { field: 'due_in', operator: 'equal', value: 0 },
        and({ field: 'overdue_by', operator: 'between', value: [30, 60] }, { field: 'last_emailed', operator: 'never' }),
      ),
    ),
  ).toBe(
    'Send “Invoice reminder” to customers not in category a removed category and with balance more than 5,000.5 about invoices due today or (overdue by 30 to 60 days and never e-mailed).',
  );
  expect(
    say(
      and({ field: 'customer_name', operator: 'one_of', value: ['Smith, Jones', 'Salt and Pepper', 'Orchard'] }),
      and({ field: 'invoice_custom', name: 'Route, old', operator: 'equal', value: 'A,1' }),
    ),
  ).toBe('Send “Invoice reminder” to customers with name “Smith, Jones”, “Salt and Pepper” or Orchard about invoices with “Route, old” “A,1”.');
  expect(say(everyone, and({ field: 'overdue_by', operator: 'less', value: 1 }))).toBe(
    'Send “Invoice reminder” to all customers about invoices overdue by less than 1 day.',
  );
});

test('what is not written yet stands as an ellipsis', () => {
  const draft = (customerCondition: Group, invoiceCondition: Group) =>
    describeDraft({ customerCondition, invoiceCondition, templateName: '…' }, (id) => names[id] ?? null);
  expect(draft(everyone, and({ field: 'due_in', operator: 'equal', value: '' }))).toBe('Send “…” to all customers about invoices due in … days.');
  expect(draft(and({ field: 'customer_category', operator: 'equal' }), and({ field: 'overdue_by', operator: 'between', value: [30, ''] }))).toBe(
    'Send “…” to customers in category … about invoices overdue by 30 to … days.',
  );
  expect(draft(and(), or({ field: 'company_code', operator: 'one_of', value: [] }, and()))).toBe(
    'Send “…” to customers … about invoices with company code … or ….',
  );
});

const date = (text: string | null) => (text === null ? null : Temporal.PlainDate.from(text));
test.each([
  ['no run before and a new rule: the day alone', '2026-03-10', null, '2026-03-10', 3, ['2026-03-10'], []],
  ['a run yesterday: the day alone', '2026-03-10', '2026-03-09', '2026-01-01', 3, ['2026-03-10'], []],
  ['two missed days', '2026-03-10', '2026-03-07', '2026-01-01', 3, ['2026-03-08', '2026-03-09', '2026-03-10'], []],
  ['more than can be caught up', '2026-03-10', '2026-03-05', '2026-01-01', 1, ['2026-03-09', '2026-03-10'], ['2026-03-06', '2026-03-07', '2026-03-08']],
  ['never before the first rule was on', '2026-03-10', '2026-03-01', '2026-03-09', 3, ['2026-03-09', '2026-03-10'], []],
  ['no catching up by setting', '2026-03-10', '2026-03-08', '2026-01-01', 0, ['2026-03-10'], ['2026-03-09']],
])('days of a run: %s', (_, on, last, activated, catchUpDays, days, missed) => {
  const result = agenda({ on: date(on)!, lastRunOn: date(last), firstActivatedOn: date(activated), catchUpDays });
  expect([result.days.map(String), result.missed.map(String)]).toEqual([days, missed]);
});
