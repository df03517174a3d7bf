import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PaymentSnapshot, PaymentStatus } from '../../gateways/gateway.ts';
import { attemptStates, type AttemptState, type Current, decide, mayFollow, nextCheckSeconds, type Observation, openStates } from './attempt.ts';

const snapshot = (status: PaymentStatus, version: bigint): PaymentSnapshot => ({
  ref: 'pay_1',
  reference: null,
  status,
  amount: { minor: 100n, currency: 'USD' },
  refunded: { minor: 0n, currency: 'USD' },
  version,
  method: null,
  nextAction: null,
  failure: null,
  occurredAt: Temporal.Instant.fromEpochMilliseconds(0),
});

/** A model of the ledger beside the decisions: what was booked, taken back and released. */
function run(observations: readonly Observation[], applyBankOnSubmission: boolean) {
  const attempt: Current = { state: 'submitted', snapshotVersion: 0n, booked: 'none' };
  const seen = { bookings: 0, takenBack: 0, released: false, path: ['submitted'] as AttemptState[] };
  for (const observation of observations) {
    const decision = decide(attempt, observation, { applyBankOnSubmission });
    if (decision.kind === 'ignore') continue;
    expect(mayFollow(attempt.state, decision.to)).toBe(true);
    expect(decision.version).toBeGreaterThanOrEqual(attempt.snapshotVersion);
    for (const effect of decision.effects) {
      if (effect === 'book_processing' || effect === 'book_settled') {
        expect(attempt.booked).toBe('none');
        attempt.booked = effect === 'book_settled' ? 'settled' : 'processing';
        seen.bookings += 1;
      } else if (effect === 'settle') {
        expect(attempt.booked).toBe('processing');
        attempt.booked = 'settled';
      } else if (effect === 'take_back') {
        expect(['processing', 'settled']).toContain(attempt.booked);
        attempt.booked = 'returned';
        seen.takenBack += 1;
      } else if (effect === 'release') seen.released = true;
    }
    attempt.state = decision.to;
    attempt.snapshotVersion = decision.version;
    seen.path.push(decision.to);
  }
  return { attempt, seen };
}

const paths: PaymentStatus[][] = [
  ['settled'],
  ['failed'],
  ['requires_action', 'settled'],
  ['requires_action', 'failed'],
  ['requires_action', 'canceled'],
  ['processing', 'settled'],
  ['processing', 'returned'],
  ['processing', 'settled', 'returned'],
  ['processing', 'failed'],
];
const history = fc.constantFrom(...paths).map((path) => path.map((status, index) => snapshot(status, BigInt(index + 1))));

/** Any news of that history, in any order and number, with lost answers and idle looks between. */
const news = history.chain((snapshots) =>
  fc.tuple(
    fc.constant(snapshots),
    fc.array(
      fc.oneof(
        fc.constantFrom(...snapshots).map((one): Observation => ({ kind: 'snapshot', snapshot: one })),
        fc.constant<Observation>({ kind: 'unknown', reason: 'timeout' }),
        fc.constant<Observation>({ kind: 'pending', reason: 'timeout' }),
        fc.constant<Observation>({ kind: 'abandoned' }),
      ),
      { maxLength: 12 },
    ),
  ),
);

describe('an attempt', () => {
  test('ends where the gateway ends, whatever the order, number and gaps of the news', () => {
    fc.assert(
      fc.property(news, fc.boolean(), ([snapshots, observations], apply) => {
        const last = snapshots.at(-1)!;
        const { attempt } = run([...observations, { kind: 'snapshot', snapshot: last }], apply);
        expect(attempt.state).toBe(last.status);
      }),
      { numRuns: 2000 },
    );
  });

  test('is booked once at most, and holds its money exactly when the gateway does', () => {
    fc.assert(
      fc.property(news, fc.boolean(), ([snapshots, observations], apply) => {
        const last = snapshots.at(-1)!;
        const { attempt, seen } = run([...observations, { kind: 'snapshot', snapshot: last }], apply);
        expect(seen.bookings).toBeLessThanOrEqual(1);
        expect(seen.takenBack).toBeLessThanOrEqual(seen.bookings);
        if (last.status === 'settled') expect(attempt.booked).toBe('settled');
        else expect(['none', 'returned']).toContain(attempt.booked);
      }),
      { numRuns: 2000 },
    );
  });

  test('frees its invoices exactly when it is resolved or its money was applied', () => {
    fc.assert(
      fc.property(news, fc.boolean(), ([, observations], apply) => {
        const { attempt, seen } = run(observations, apply);
        expect(seen.released).toBe(!openStates.includes(attempt.state) || attempt.booked === 'processing');
      }),
      { numRuns: 2000 },
    );
  });

  test('absence proven by the gateway fails it only while nothing else is known', () => {
    for (const state of attemptStates) {
      const decision = decide({ state, snapshotVersion: 0n, booked: 'none' }, { kind: 'absent' }, { applyBankOnSubmission: false });
      expect(decision.kind).toBe(state === 'submitted' || state === 'unknown' ? 'move' : 'ignore');
    }
  });

  test('money that comes after a failure is booked and shown to a person', () => {
    const decision = decide(
      { state: 'failed', snapshotVersion: 1n, booked: 'none' },
      { kind: 'snapshot', snapshot: snapshot('settled', 2n) },
      { applyBankOnSubmission: false },
    );
    expect(decision).toMatchObject({ kind: 'move', to: 'settled', effects: ['book_settled', 'release', 'ask_a_person'] });
  });

  test('an unknown outcome is looked up at 30 s, 2 min, 10 min, 1 h, then every 6 h', () => {
    expect([0, 1, 2, 3, 4, 50].map((checks) => nextCheckSeconds('unknown', 'card', checks, 0))).toEqual([30, 120, 600, 3600, 21600, 21600]);
  });

  test('a settled bank payment is watched until its return window has passed', () => {
    expect(nextCheckSeconds('settled', 'bank', 3, 64)).toBe(86400);
    expect(nextCheckSeconds('settled', 'bank', 3, 65)).toBeNull();
    expect(nextCheckSeconds('settled', 'card', 0, 0)).toBeNull();
  });
});
