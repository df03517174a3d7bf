/** The rules that a new company finds, and the guide's samples: data. */
import type { Condition, Group } from '../conditions/index.ts';

const everyone: Group = { combinator: 'and', conditions: [{ field: 'customer_category', operator: 'all' }] };
const invoices = (combinator: 'and' | 'or', ...conditions: Condition[]): Group => ({ combinator, conditions });
const days = (field: 'due_in' | 'overdue_by', value: number): Condition => ({ field, operator: 'equal', value });

export interface RuleSeed {
  name: string;
  customerCondition: Group;
  invoiceCondition: Group;
}

/** Ready in every new company, switched off. */
export const defaultRules: readonly RuleSeed[] = [
  ...[5, 10].map((value) => ({ name: `Invoice due in ${value} days`, customerCondition: everyone, invoiceCondition: invoices('and', days('due_in', value)) })),
  ...[7, 14, 30, 45, 60].map((value) => ({
    name: `Invoice overdue by ${value} days`,
    customerCondition: everyone,
    invoiceCondition: invoices('and', days('overdue_by', value)),
  })),
];

export interface Sample {
  key: string;
  name: string;
  /** Names of the categories; `[]` is everyone. They are made when the sample is added. */
  categories: readonly string[];
  invoiceCondition: Group;
}

/** The guide's five sample rules, in its order. */
export const samples: readonly Sample[] = [
  { key: 'due_in_5', name: 'Due in 5 days, everyone', categories: [], invoiceCondition: invoices('and', days('due_in', 5)) },
  { key: 'overdue_3', name: 'Overdue by 3 days, everyone', categories: [], invoiceCondition: invoices('and', days('overdue_by', 3)) },
  {
    key: 'overdue_3_5_10',
    name: 'Overdue by 3, 5 or 10 days',
    categories: [],
    invoiceCondition: invoices('or', days('overdue_by', 3), days('overdue_by', 5), days('overdue_by', 10)),
  },
  { key: 'due_in_1_vip', name: 'Due in 1 day, VIP customers', categories: ['VIP customers'], invoiceCondition: invoices('and', days('due_in', 1)) },
  {
    key: 'due_in_4_vip_repeat',
    name: 'Due in 4 days, VIP or Repeat',
    categories: ['VIP customers', 'Repeat'],
    invoiceCondition: invoices('and', days('due_in', 4)),
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
  ...defaultRules.map(({ name, invoiceCondition }) => ({
    key: name.toLowerCase().replaceAll(' ', '_'),
    name,
    kind: 'default' as const,
    categories: [],
    invoiceCondition,
  })),
];
