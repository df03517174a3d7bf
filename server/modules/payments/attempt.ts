/** The rules of one try to collect: its states, what may follow what, and what each change means for the money. */
import type { GatewayFailure, NextAction, PaymentSnapshot } from '../../gateways/gateway.ts';

export const attemptStates = ['created', 'submitted', 'requires_action', 'processing', 'settled', 'failed', 'canceled', 'returned', 'unknown'] as const;
export type AttemptState = (typeof attemptStates)[number];

/** While an attempt is in one of these its invoices can take no other. */
export const openStates: readonly AttemptState[] = ['created', 'submitted', 'requires_action', 'processing', 'unknown'];

const followers: Record<AttemptState, readonly AttemptState[]> = {
  created: ['submitted', 'canceled'],
  submitted: ['requires_action', 'processing', 'settled', 'failed', 'canceled', 'returned', 'unknown'],
  unknown: ['requires_action', 'processing', 'settled', 'failed', 'canceled', 'returned'],
  requires_action: ['processing', 'settled', 'failed', 'canceled', 'returned'],
  processing: ['requires_action', 'settled', 'failed', 'canceled', 'returned'],
  settled: ['returned'],
  // money that came after all is booked, and a person is told
  failed: ['processing', 'settled'],
  canceled: ['processing', 'settled'],
  returned: ['settled'],
};

export const mayFollow = (from: AttemptState, to: AttemptState): boolean => followers[from].includes(to);

/** Something learned about an attempt, from the gateway or from our own clock. */
export type Observation =
  | { kind: 'snapshot'; snapshot: PaymentSnapshot }
  | { kind: 'refused'; failure: GatewayFailure; snapshot: PaymentSnapshot | null }
  | { kind: 'unknown'; reason: string }
  /** The gateway proved that it has no such payment and will never have one. */
  | { kind: 'absent' }
  /** It was never sent: the process ended before. */
  | { kind: 'abandoned' }
  /** Asked, and still no answer. */
  | { kind: 'pending'; reason: string };

/** What an attempt is decided on. */
export interface Current {
  state: AttemptState;
  snapshotVersion: bigint;
  /** A payment was booked for it and not taken back. */
  booked: 'none' | 'processing' | 'settled' | 'returned';
}

/** What the change means: done in the same transaction, in this order. */
export type Effect = 'book_processing' | 'book_settled' | 'settle' | 'take_back' | 'release' | 'ask_a_person';

export type Decision =
  | { kind: 'ignore'; reason: 'older' | 'same' | 'not_allowed' }
  | { kind: 'move'; to: AttemptState; effects: Effect[]; version: bigint; failure: GatewayFailure | null; nextAction: NextAction | null };

const absentFailure: GatewayFailure = {
  code: 'PROVIDER',
  message: 'The request did not reach the gateway; nothing was charged.',
  gatewayCode: null,
  returnCode: null,
};

/**
 * What to do about an observation. An older snapshot never overwrites a newer one; the same fact told twice changes
 * nothing; only a resolved attempt releases its invoices.
 */
export function decide(current: Current, observation: Observation, options: { applyBankOnSubmission: boolean }): Decision {
  switch (observation.kind) {
    case 'pending':
      return { kind: 'ignore', reason: 'same' };
    case 'unknown':
      return current.state === 'submitted'
        ? move(current, 'unknown', current.snapshotVersion, null, null, options)
        : { kind: 'ignore', reason: current.state === 'unknown' ? 'same' : 'not_allowed' };
    case 'abandoned':
      return current.state === 'created' ? move(current, 'canceled', current.snapshotVersion, null, null, options) : { kind: 'ignore', reason: 'not_allowed' };
    case 'absent':
      return withoutSnapshot(current, absentFailure, options);
    case 'refused':
      if (observation.snapshot) return bySnapshot(current, observation.snapshot, options);
      return withoutSnapshot(current, observation.failure, options);
    case 'snapshot':
      return bySnapshot(current, observation.snapshot, options);
  }
}

/** A refusal that left no object at the gateway counts only while nothing else is known. */
function withoutSnapshot(current: Current, failure: GatewayFailure, options: { applyBankOnSubmission: boolean }): Decision {
  if (current.state !== 'submitted' && current.state !== 'unknown') return { kind: 'ignore', reason: 'not_allowed' };
  return move(current, 'failed', current.snapshotVersion, failure, null, options);
}

function bySnapshot(current: Current, snapshot: PaymentSnapshot, options: { applyBankOnSubmission: boolean }): Decision {
  if (snapshot.version < current.snapshotVersion) return { kind: 'ignore', reason: 'older' };
  if (snapshot.status === current.state) return { kind: 'ignore', reason: 'same' };
  if (!mayFollow(current.state, snapshot.status)) return { kind: 'ignore', reason: 'not_allowed' };
  return move(current, snapshot.status, snapshot.version, snapshot.failure, snapshot.nextAction, options);
}

function move(
  current: Current,
  to: AttemptState,
  version: bigint,
  failure: GatewayFailure | null,
  nextAction: NextAction | null,
  options: { applyBankOnSubmission: boolean },
): Decision {
  const effects: Effect[] = [];
  const unbooked = current.booked === 'none';
  if (to === 'settled') {
    // booked and taken back before: the ledger keeps one payment for an attempt, so a person decides
    if (current.booked === 'returned') effects.push('ask_a_person');
    else effects.push(unbooked ? 'book_settled' : 'settle');
  }
  if (to === 'processing' && options.applyBankOnSubmission && unbooked) effects.push('book_processing');
  if ((to === 'failed' || to === 'canceled' || to === 'returned') && (current.booked === 'processing' || current.booked === 'settled'))
    effects.push('take_back');
  const resolved = !openStates.includes(to);
  if (resolved || effects.includes('book_processing')) effects.push('release');
  if (current.state === 'failed' || current.state === 'canceled') effects.push('ask_a_person');
  return { kind: 'move', to, effects, version, failure, nextAction };
}

/** How long a call may take before its process is taken for dead: above the longest time-out of a gateway. */
export const CALL_LEASE_SECONDS = 90;
/** How long an attempt may wait between its row and its call. */
export const CREATED_LEASE_SECONDS = 120;
/** A step at the payer's bank that is not done in this time is called off. */
export const ACTION_MINUTES = 30;
/** An outcome unknown for this long is brought to a person. */
export const ATTENTION_HOURS = 24;

const minutes = (n: number) => n * 60;
const hours = (n: number) => n * 3600;
const unknownChecks = [30, minutes(2), minutes(10), hours(1)];
const processingChecks = [minutes(10), hours(1), hours(6)];
const DAY = hours(24);

/**
 * Seconds until the attempt is looked at again, null for never. `checks` counts the looks in this state. A settled bank
 * payment is watched until its return window has passed, in case the webhook of a return is lost.
 */
export function nextCheckSeconds(state: AttemptState, rail: 'card' | 'bank', checks: number, settledDays: number): number | null {
  switch (state) {
    case 'created':
      return CREATED_LEASE_SECONDS;
    case 'submitted':
      return CALL_LEASE_SECONDS;
    case 'unknown':
      return unknownChecks[checks] ?? hours(6);
    case 'requires_action':
      return minutes(5);
    case 'processing':
      return processingChecks[checks] ?? DAY;
    case 'settled':
      return rail === 'bank' && settledDays < RETURN_WATCH_DAYS ? DAY : null;
    default:
      return null;
  }
}

/** Nacha allows consumers sixty days for an unauthorized debit; a few more for the banks. */
export const RETURN_WATCH_DAYS = 65;
