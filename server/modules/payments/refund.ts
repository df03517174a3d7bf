/** The rules of giving money back. */
import type { GatewayFailure, RefundSnapshot } from '../../gateways/gateway.ts';

export const refundStates = ['created', 'submitted', 'pending', 'succeeded', 'failed', 'unknown'] as const;
export type RefundState = (typeof refundStates)[number];

export type RefundObservation =
  | { kind: 'snapshot'; snapshot: RefundSnapshot }
  | { kind: 'refused'; failure: GatewayFailure }
  | { kind: 'unknown'; reason: string }
  | { kind: 'absent' }
  | { kind: 'abandoned' }
  | { kind: 'pending'; reason: string };

export type RefundDecision =
  | { kind: 'ignore' }
  | { kind: 'move'; to: RefundState; version: bigint; failure: GatewayFailure | null; effects: ('book' | 'ask_a_person')[] };

const followers: Record<RefundState, readonly RefundState[]> = {
  created: ['submitted', 'failed'],
  submitted: ['pending', 'succeeded', 'failed', 'unknown'],
  unknown: ['pending', 'succeeded', 'failed'],
  pending: ['succeeded', 'failed'],
  // the money came back to us: the invoices are as they were, and a person is told
  succeeded: ['failed'],
  failed: ['succeeded'],
};

const absent: GatewayFailure = {
  code: 'PROVIDER',
  message: 'The request did not reach the gateway; nothing was refunded.',
  gatewayCode: null,
  returnCode: null,
};

/** What to do about something learned of a refund. The ledger hears of it once, when it has succeeded. */
export function decideRefund(current: { state: RefundState; snapshotVersion: bigint }, observation: RefundObservation): RefundDecision {
  const to = (state: RefundState, version: bigint, failure: GatewayFailure | null = null): RefundDecision => {
    if (state === current.state || !followers[current.state].includes(state)) return { kind: 'ignore' };
    const effects: ('book' | 'ask_a_person')[] = state === 'succeeded' ? ['book'] : [];
    if (current.state === 'succeeded' || current.state === 'failed') effects.push('ask_a_person');
    return { kind: 'move', to: state, version, failure, effects };
  };
  const waiting = current.state === 'submitted' || current.state === 'unknown';
  switch (observation.kind) {
    case 'pending':
      return { kind: 'ignore' };
    case 'unknown':
      return current.state === 'submitted' ? to('unknown', current.snapshotVersion) : { kind: 'ignore' };
    case 'abandoned':
      return current.state === 'created' ? to('failed', current.snapshotVersion, absent) : { kind: 'ignore' };
    case 'absent':
      return waiting ? to('failed', current.snapshotVersion, absent) : { kind: 'ignore' };
    case 'refused':
      return waiting ? to('failed', current.snapshotVersion, observation.failure) : { kind: 'ignore' };
    case 'snapshot':
      if (observation.snapshot.version < current.snapshotVersion) return { kind: 'ignore' };
      return to(observation.snapshot.status, observation.snapshot.version, observation.snapshot.failure);
  }
}
