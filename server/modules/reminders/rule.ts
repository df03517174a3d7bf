/** The rule as it is stored, and what is counted and decided about it. */
import type { Group } from '../conditions/index.ts';
import type { Repeat, Schedule } from './schedule.ts';

/** How a decision of the rule leaves the house. */
export const channels = ['email', 'task', 'letter'] as const;
export type Channel = (typeof channels)[number];

export interface Rule {
  id: string;
  name: string;
  templateId: string;
  templateName: string;
  customerCondition: Group;
  invoiceCondition: Group;
  schedule: Schedule;
  repeat: Repeat | null;
  /** The cadence whose step it is. */
  cadenceId: string | null;
  channel: Channel;
  active: boolean;
  position: number;
  version: number;
  activatedOn: Temporal.PlainDate | null;
  lastRunOn: Temporal.PlainDate | null;
  archivedAt: Temporal.Instant | null;
  createdAt: Temporal.Instant;
  updatedAt: Temporal.Instant;
}

/** A person keeps an overview of a few dozen; each active rule is a branch of the planning statement. */
export const MAX_RULES = 100;

export type Outcome = 'send' | 'merged' | 'held';

/** Why a decision is as it is, in words for people. */
export const reasons = {
  matched: 'The rule matched',
  stronger_rule: 'Listed in the mail of a rule with older invoices',
  same_rule: 'Listed in the mail of the same rule',
  reminded_today: 'The customer was reminded on that day already',
  archived: 'The customer is archived',
  paused: 'Reminders to the customer are paused',
  no_contact: 'The customer has no contact to write to',
  suppressed: 'Mail to all addresses of the customer is suppressed',
  payment_in_flight: 'The invoices are being paid',
} as const;
export type Reason = keyof typeof reasons;

export const reasonText = (reason: string): string => reasons[reason as Reason] ?? reason;

const mergeReasons: readonly Reason[] = ['stronger_rule', 'same_rule', 'reminded_today'];

/** A reason belongs to one outcome. */
export const outcomeOf = (reason: Reason): Outcome => (reason === 'matched' ? 'send' : mergeReasons.includes(reason) ? 'merged' : 'held');

/**
 * The natural key of a reminder: one for a customer and day, or one for each rule. The sender never writes a second
 * mail of the same key.
 */
export function mailKey(runOn: Temporal.PlainDate, customerId: string, ruleId: string | null): string {
  return `reminder:${runOn.toString()}:${customerId}${ruleId === null ? '' : `:${ruleId}`}`;
}
