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
  /** When it was switched on, or its hour set: a run that began before did not ask it. */
  asksFrom: Temporal.Instant | null;
  lastRunOn: Temporal.PlainDate | null;
  archivedAt: Temporal.Instant | null;
  createdAt: Temporal.Instant;
  updatedAt: Temporal.Instant;
}

/** A person keeps an overview of a few dozen; each active rule is a branch of the planning statement. */
export const MAX_RULES = 100;

export type Outcome = 'send' | 'merged' | 'held';

/** What holds a single invoice back, the strongest first: it is left out, and when all are, nothing is sent. */
export const documentHolds = ['dispute', 'claimed_paid', 'promise', 'payment_plan', 'autopay', 'payment_in_flight'] as const;

/** Why a decision is as it is, in words for people. Those that hold back are in the order in which the first wins. */
export const reasons = {
  matched: 'The rule matched',
  stronger_rule: 'Listed in the mail of a rule with older invoices',
  same_rule: 'Listed in the mail of the same rule',
  reminded_today: 'The customer was reminded on that day already',
  archived: 'The customer is archived',
  stale_data: 'The last upload of invoices is too old',
  quiet_day: 'A day off: nothing is sent',
  paused: 'Reminders to the customer are paused',
  no_contact: 'The customer has no contact to write to',
  suppressed: 'Mail to all addresses of the customer is suppressed',
  dispute: 'The invoices are disputed',
  claimed_paid: 'The customer says that the invoices are paid',
  promise: 'The customer promised to pay',
  payment_plan: 'The invoices are in a payment plan',
  autopay: 'The invoices are paid automatically',
  payment_in_flight: 'The invoices are being paid',
  credit_covers: 'Credits of the customer cover the invoices',
  skipped: 'A person decided not to send it',
  postponed: 'A person moved it to a later day',
  too_soon: 'The customer was written to too recently',
  cap_reached: 'The address has had as many mails this week as are allowed',
  manual_step: 'The cadence waits for a person',
  run_canceled: 'A person stopped the run',
} as const;
export type Reason = keyof typeof reasons;

export const reasonText = (reason: string): string => reasons[reason as Reason] ?? reason;

/** Holds that pass by themselves: until then the decision stays due, and later runs ask it again. */
export const passingReasons = [
  'stale_data',
  'quiet_day',
  'payment_in_flight',
  'postponed',
  'too_soon',
  'cap_reached',
  'manual_step',
] as const satisfies Reason[];

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
