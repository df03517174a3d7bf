/** The statement rule as it is stored, and what a statement can be held back for. */
import type { Group } from '../conditions/index.ts';
import type { Schedule } from './schedule.ts';

export const statementKinds = ['open_item', 'balance_forward'] as const;
/** Open items: what is owed, invoice by invoice. Balance forward: what moved the balance in a period. */
export type StatementKind = (typeof statementKinds)[number];

export const families = ['separate', 'with_parent'] as const;
/** Children get statements of their own, or stand on the one of their parent. */
export type Family = (typeof families)[number];

/** What a rule says of the statements that it makes. */
export interface StatementOptions {
  kind: StatementKind;
  family: Family;
  /** Open credits and unapplied cash are listed and taken off. */
  showCredits: boolean;
  /** Customers who owe nothing get none. */
  skipZero: boolean;
  /** Customers whom we owe get none. */
  skipCredit: boolean;
}

export interface RuleValues extends StatementOptions {
  name: string;
  templateId: string;
  customerCondition: Group;
  invoiceCondition: Group;
  schedule: Schedule;
  attachXlsx: boolean;
}

export interface Rule extends RuleValues {
  id: string;
  templateName: string;
  active: boolean;
  position: number;
  version: number;
  activatedOn: Temporal.PlainDate | null;
  /** The last day on which the schedule was looked at; null while it was never on. */
  lookedOn: Temporal.PlainDate | null;
  /** The date of the last statements that it made. */
  lastRunOn: Temporal.PlainDate | null;
  createdAt: Temporal.Instant;
  updatedAt: Temporal.Instant;
}

/** A person keeps an overview of a few dozen; each rule that is due is a branch of the planning statement. */
export const MAX_RULES = 50;

export const defaultOptions: StatementOptions & { attachXlsx: boolean } = {
  kind: 'open_item',
  family: 'separate',
  showCredits: true,
  skipZero: true,
  skipCredit: true,
  attachXlsx: false,
};

/** Why no mail goes out with a statement, in words for people. */
export const holds = {
  archived: 'The customer is archived',
  stale_data: 'The invoices are older than the freshness limit',
  no_contact: 'The customer has no contact to write to',
  suppressed: 'Mail to all addresses of the customer is suppressed',
} as const;
export type Hold = keyof typeof holds;

export const holdText = (hold: string): string => holds[hold as Hold] ?? hold;

/** The natural key of a run's mail to a customer: it carries the statements of all currencies. */
export const mailKey = (runId: string, customerId: string): string => `statement:${runId}:${customerId}`;
