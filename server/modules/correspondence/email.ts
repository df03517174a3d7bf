import { english } from './words/en.ts';

/** What we send, and the rules of each kind. */
export const emailKinds = [
  'reminder',
  'payment_confirmation',
  'receipt',
  'payment_returned',
  'payment_failed',
  'pay_link_again',
  'password_reset',
  'invite',
  'test',
  'statement',
  'reply',
  'alarm',
  'task_due',
] as const;
export type EmailKind = (typeof emailKinds)[number];

export const emailStates = ['ready', 'sending', 'sent', 'failed', 'uncertain', 'withdrawn'] as const;
export type EmailState = (typeof emailStates)[number];

interface KindRules {
  /** After a crash between hand-over and answer: go again (true), or wait for a person (false). */
  resendIfUncertain: boolean;
  /** The person may opt out of it. */
  optional: boolean;
  /** Its foot lets the reader say "I already paid" and "This is not me". */
  asksForMoney?: boolean;
  /** To staff: the suppression list of customers' addresses does not hold it back. */
  toStaff: boolean;
  /** Carries what we know of the customer; these mails say in their foot why they came. */
  why: string;
}

export const kindRules: Record<EmailKind, KindRules> = {
  reminder: {
    resendIfUncertain: false,
    optional: true,
    asksForMoney: true,
    toStaff: false,
    why: english.why.reminder,
  },
  payment_confirmation: {
    resendIfUncertain: true,
    optional: false,
    toStaff: false,
    why: 'You receive this because a payment was started from an e-mail to this address.',
  },
  receipt: { resendIfUncertain: true, optional: false, toStaff: false, why: 'You receive this because a payment was made.' },
  payment_returned: { resendIfUncertain: true, optional: false, toStaff: false, why: 'You receive this because a payment of yours was returned.' },
  payment_failed: { resendIfUncertain: true, optional: false, toStaff: false, why: 'You receive this because a payment of yours did not go through.' },
  pay_link_again: { resendIfUncertain: true, optional: false, toStaff: false, why: 'You receive this because a payment link was asked for with this address.' },
  password_reset: { resendIfUncertain: true, optional: false, toStaff: true, why: 'You receive this because a new password was asked for with this address.' },
  invite: { resendIfUncertain: true, optional: false, toStaff: true, why: 'You receive this because a colleague invited you.' },
  statement: {
    resendIfUncertain: false,
    optional: false,
    asksForMoney: true,
    toStaff: false,
    why: english.why.statement,
  },
  reply: { resendIfUncertain: false, optional: false, toStaff: false, why: 'You receive this because you wrote to us.' },
  alarm: { resendIfUncertain: true, optional: false, toStaff: true, why: 'You receive this because you administer this company in PayorCRM.' },
  task_due: { resendIfUncertain: true, optional: false, toStaff: true, why: 'You receive this because tasks are assigned to you.' },
  test: { resendIfUncertain: false, optional: false, toStaff: true, why: 'This is a test that a colleague of yours sent.' },
};

/** A file that went along with a mail. Its bytes are in the store of files, unless they were drawn for that mail alone. */
export interface WentAlong {
  name: string;
  contentType: string;
  sizeBytes: number;
  sha256: string;
  again?: string;
}

/** Ids and values from which the mail is rendered when it is sent. */
export interface EmailPayload {
  /** Said when it is handed over; left out: not handed over yet, or before this was kept. */
  wentAlong?: WentAlong[];
  documentIds?: string[];
  paymentId?: string;
  payLinkId?: string;
  userId?: string;
  customerId?: string;
  /** A person wrote this mail: words in place of the template's (null: the template's), and what goes along. */
  byHand?: {
    text: { subject: string; html: string; text: string; language: string } | null;
    attach: { statement: boolean; invoices: boolean; files: boolean };
  };
  /** Who signs the mail in place of the company; null of either: the company's. */
  sender?: { name: string | null; address: string | null };
  [more: string]: unknown;
}

/** A mail to be sent. */
export interface OutboundRow {
  /** Given when the caller refers to it in the same transaction (a decision's email_id). */
  id?: string;
  /** The natural key of the effect: of two rows with the same key the first is sent. */
  dedupeKey: string;
  kind: EmailKind;
  customerId?: string | null;
  templateId?: string | null;
  runId?: string | null;
  toAddress: string;
  ccAddresses?: readonly string[];
  payload?: EmailPayload;
  notBefore?: Temporal.Instant;
}

const retryMinutes = [1, 5, 15, 30, 60, 120, 240];
/** With the delays below 4xx answers and unreachable servers are tried again for three days. */
export const MAX_TRIES = 25;

/** How long to wait after the n-th try (from 1). */
export function retryDelay(tries: number): Temporal.Duration {
  return Temporal.Duration.from({ minutes: retryMinutes[Math.min(Math.max(tries, 1), retryMinutes.length) - 1]! });
}

/** Longest time between claiming a mail and its recorded outcome. */
export const LEASE_SECONDS = 300;
