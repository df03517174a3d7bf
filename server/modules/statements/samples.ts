/** The rules that a new company finds, and the guide's samples: data. */
import type { Condition, Group } from '../conditions/index.ts';
import { defaultOptions, type StatementOptions } from './rule.ts';
import type { Schedule } from './schedule.ts';

const everyone: Group = { combinator: 'and', conditions: [{ field: 'customer_category', operator: 'all' }] };
const between = (field: 'due_in' | 'overdue_by', from: number, to: number): Condition => ({ field, operator: 'between', value: [from, to] });

/** Every open invoice: none is open with a balance of nothing. */
const everything: Group = { combinator: 'and', conditions: [{ field: 'invoice_balance', operator: 'greater', value: '0' }] };

export interface RuleSeed {
  name: string;
  schedule: Schedule;
  customerCondition: Group;
  invoiceCondition: Group;
  options: StatementOptions & { attachXlsx: boolean };
}

/** Ready in every new company, switched off. */
export const defaultRules: readonly RuleSeed[] = [
  {
    name: 'Send Statements on Day 1 of Month',
    schedule: { period: 'monthly', days: [1], holidays: 'ignore', hour: null },
    customerCondition: everyone,
    invoiceCondition: everything,
    options: defaultOptions,
  },
  {
    name: 'Send Statements on Every Monday',
    schedule: { period: 'weekly', days: [1], holidays: 'ignore', hour: null },
    customerCondition: everyone,
    invoiceCondition: everything,
    options: defaultOptions,
  },
];

export interface Sample extends Omit<RuleSeed, 'customerCondition'> {
  key: string;
  /** Names of the categories; `[]` is everyone. They are made when the sample is added. */
  categories: readonly string[];
}

/** The guide's three sample rules, in its order. */
const samples: readonly Sample[] = [
  {
    key: 'monthly_overdue',
    name: 'Day 1 of month, overdue up to 300 days',
    schedule: { period: 'monthly', days: [1], holidays: 'ignore', hour: null },
    categories: [],
    invoiceCondition: { combinator: 'and', conditions: [between('overdue_by', 0, 300)] },
    options: defaultOptions,
  },
  {
    key: 'weekly_cat1',
    name: 'Every Monday, Cat1, overdue or due in 30 days',
    schedule: { period: 'weekly', days: [1], holidays: 'ignore', hour: null },
    categories: ['Cat1'],
    invoiceCondition: { combinator: 'or', conditions: [between('overdue_by', 0, 300), between('due_in', 0, 30)] },
    options: defaultOptions,
  },
  {
    key: 'daily_new',
    name: 'Each new invoice once',
    schedule: { period: 'daily', days: [], holidays: 'ignore', hour: null },
    categories: [],
    invoiceCondition: { combinator: 'and', conditions: [{ field: 'last_emailed', operator: 'never' }, between('due_in', 0, 30)] },
    // a credit must not keep a new invoice back
    options: { ...defaultOptions, showCredits: false },
  },
];

/** The sample's customers, once its categories have ids. */
export const sampleCustomers = (categoryIds: readonly string[]): Group =>
  categoryIds.length === 0
    ? everyone
    : { combinator: 'or', conditions: categoryIds.map((value) => ({ field: 'customer_category', operator: 'equal', value })) };

/** What can be added with one press: the samples, and the rules that a new company had. */
export const offers: readonly (Sample & { kind: 'sample' | 'default' })[] = [
  ...samples.map((sample) => ({ ...sample, kind: 'sample' as const })),
  ...defaultRules.map(({ customerCondition: _, ...rule }) => ({
    ...rule,
    key: rule.name.toLowerCase().replaceAll(' ', '_'),
    kind: 'default' as const,
    categories: [],
  })),
];
