import { money, toDecimal, toJson } from '../../../kernel/money.ts';
import { conflict, invalid, notFound, Problem } from '../../../kernel/problem.ts';
import type { Context, Work } from '../../../platform/context.ts';
import type { GatewayOutcome, RefundSnapshot } from '../../../gateways/gateway.ts';
import { lockCustomer, readPayment, refundPayment } from '../../receivables/index.ts';
import { ATTENTION_HOURS, CALL_LEASE_SECONDS, CREATED_LEASE_SECONDS, nextCheckSeconds } from '../attempt.ts';
import { paymentEvents } from '../events.ts';
import { gatewayOf } from '../gateways.ts';
import { leaseOver, reasonOf } from '../protocol.ts';
import {
  findAttemptOfPayment,
  insertRefund,
  insertStep,
  lockRefund,
  markAttention,
  markRefundSubmitted,
  moveRefund,
  readAttempt,
  readRefund,
  readRefunds,
  type Refund,
  rescheduleRefund,
} from '../queries.ts';
import { decideRefund, type RefundObservation, type RefundState } from '../refund.ts';

export interface RefundRequest {
  /** The refund's id: sent twice it is one refund. */
  refundId: string;
  paymentId: string;
  amountMinor: bigint;
  reason: string | null;
}

/**
 * Gives a payment back, in whole or in part, by the way it came. Problems: 404; 409 `not_refundable`,
 * `refund_in_progress`; 422 above what is left.
 */
export async function refund(work: Work, request: RefundRequest): Promise<Refund> {
  const { row, fresh } = await work.transaction((ctx) => startRefund(ctx, request));
  if (!fresh) return row;
  await work.platform.fault('refunds.before_submit');
  const prepared = await work.transaction(async (ctx) => {
    const attempt = (await readAttempt(ctx, row.attemptId))!;
    const submitted = await markRefundSubmitted(ctx, row.id, CALL_LEASE_SECONDS);
    if (submitted) await insertStep(ctx, attempt.id, 'refund_submitted', { refundId: row.id });
    return { submitted, gateway: await gatewayOf(ctx, attempt.gatewayAccountId), payment: attempt.gatewayRef! };
  });
  if (!prepared.submitted) return work.transaction(async (ctx) => (await readRefund(ctx, row.id))!);
  await work.platform.fault('refunds.before_call');
  const outcome = await prepared.gateway.refund({
    operation: row.id,
    payment: prepared.payment,
    amount: money(row.amountMinor, row.currency),
    reason: row.reason,
  });
  await work.platform.fault('refunds.after_call');
  return recordRefund(work, row.id, observe(outcome));
}

async function startRefund(ctx: Context, request: RefundRequest): Promise<{ row: Refund; fresh: boolean }> {
  const known = await readRefund(ctx, request.refundId);
  if (known) return { row: known, fresh: false };
  const first = await readPayment(ctx, request.paymentId);
  if (!first) throw notFound('payment');
  await lockCustomer(ctx, first.customerId);
  const payment = (await readPayment(ctx, request.paymentId))!;
  const attempt = await findAttemptOfPayment(ctx, request.paymentId);
  if (!attempt) throw conflict('not_refundable', 'This payment did not come through a gateway. Give it back the way it came and record that.');
  if (payment.state !== 'settled') throw conflict('not_refundable', `A payment that is ${payment.state} cannot be refunded.`);
  const refunds = await readRefunds(ctx, request.paymentId);
  if (refunds.some((one) => one.state === 'created' || one.state === 'submitted' || one.state === 'unknown'))
    throw conflict('refund_in_progress', 'Another refund of this payment is under way. Wait until its outcome is known.');
  const taken = refunds.filter((one) => one.state !== 'failed').reduce((sum, one) => sum + one.amountMinor, 0n);
  const left = payment.amountMinor - taken;
  if (request.amountMinor <= 0n) throw invalid('amount', 'not_positive', 'A refund has an amount above zero.');
  if (request.amountMinor > left)
    throw invalid(
      'amount',
      'exceeds_payment',
      `At most ${payment.currency} ${toDecimal(money(left, payment.currency))} of this payment can still be refunded.`,
    );
  await insertRefund(ctx, {
    id: request.refundId,
    paymentId: request.paymentId,
    attemptId: attempt.id,
    currency: payment.currency,
    amountMinor: request.amountMinor,
    reason: request.reason,
    leaseSeconds: CREATED_LEASE_SECONDS,
  });
  const amount = toJson(money(request.amountMinor, payment.currency));
  await insertStep(ctx, attempt.id, 'refund_created', { refundId: request.refundId, amount, by: ctx.actor.name });
  await ctx.record({
    type: paymentEvents.refundRequested,
    subjectType: 'payment',
    subjectId: request.paymentId,
    customerId: payment.customerId,
    data: { refundId: request.refundId, amount, reason: request.reason },
  });
  return { row: (await readRefund(ctx, request.refundId))!, fresh: true };
}

function observe(outcome: GatewayOutcome<RefundSnapshot>): RefundObservation {
  switch (outcome.kind) {
    case 'ok':
      return { kind: 'snapshot', snapshot: outcome.value };
    case 'declined':
      return outcome.value ? { kind: 'snapshot', snapshot: outcome.value } : { kind: 'refused', failure: outcome.failure };
    case 'rejected':
      return outcome.failure.code === 'DUPLICATE' ? { kind: 'unknown', reason: 'duplicate' } : { kind: 'refused', failure: outcome.failure };
    case 'unknown':
      return { kind: 'unknown', reason: outcome.reason };
  }
}

async function recordRefund(work: Work, refundId: string, observation: RefundObservation): Promise<Refund> {
  await work.platform.fault('refunds.before_record');
  const row = await work.transaction((ctx) => recordRefundOutcome(ctx, refundId, observation));
  await work.platform.fault('refunds.after_record');
  return row;
}

/** Where every news of a refund ends: state, step, ledger and event in one transaction. */
export async function recordRefundOutcome(ctx: Context, refundId: string, observation: RefundObservation): Promise<Refund> {
  const found = await readRefund(ctx, refundId);
  if (!found) throw notFound('refund');
  const payment = (await readPayment(ctx, found.paymentId))!;
  await lockCustomer(ctx, payment.customerId);
  const row = (await lockRefund(ctx, refundId))!;
  const decision = decideRefund(row, observation);
  if (decision.kind === 'ignore') {
    await rescheduleRefund(ctx, refundId, checkSeconds(row.state, row.checks + 1));
    await alertWhenLong(ctx, row, payment.customerId);
    return row;
  }
  const snapshot = observation.kind === 'snapshot' ? observation.snapshot : null;
  await moveRefund(ctx, refundId, {
    to: decision.to,
    version: decision.version,
    gatewayRef: snapshot?.ref ?? null,
    failure: decision.failure,
    finished: decision.to === 'succeeded' || decision.to === 'failed',
    nextCheckSeconds: checkSeconds(decision.to, 0),
  });
  await insertStep(ctx, row.attemptId, `refund_${decision.to}`, {
    refundId,
    ...(snapshot ? { ref: snapshot.ref } : {}),
    ...(decision.failure ? { failure: decision.failure } : {}),
  });
  if (decision.effects.includes('book')) await bookRefund(ctx, row, payment.customerId);
  if (decision.effects.includes('ask_a_person'))
    await askAPerson(ctx, row, payment.customerId, `The gateway says that the refund is ${decision.to} after ${row.state}.`);
  if (decision.to === 'failed')
    await ctx.record({
      type: paymentEvents.refundFailed,
      subjectType: 'payment',
      subjectId: row.paymentId,
      customerId: payment.customerId,
      data: { refundId, amount: toJson(money(row.amountMinor, row.currency)), code: decision.failure?.code ?? null },
    });
  return (await readRefund(ctx, refundId))!;
}

/** The money has gone: the ledger must follow. Where it cannot, a person is told and nothing is lost. */
async function bookRefund(ctx: Context, row: Refund, customerId: string): Promise<void> {
  try {
    await refundPayment(ctx, row.paymentId, row.amountMinor);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    await askAPerson(ctx, row, customerId, `The refund was made and could not be booked: ${error.detail}`);
  }
}

async function askAPerson(ctx: Context, row: Refund, customerId: string, why: string): Promise<void> {
  if (!(await markAttention(ctx, 'refund', row.id))) return;
  await insertStep(ctx, row.attemptId, 'needs_attention', { refundId: row.id, why });
  await ctx.record({ type: paymentEvents.attention, subjectType: 'payment', subjectId: row.paymentId, customerId, data: { refundId: row.id, why } });
}

async function alertWhenLong(ctx: Context, row: Refund, customerId: string): Promise<void> {
  if (row.state !== 'unknown' || !row.submittedAt) return;
  if (row.submittedAt.until(ctx.clock.now()).total('hours') >= ATTENTION_HOURS)
    await askAPerson(ctx, row, customerId, `The outcome of the refund has been unknown for more than ${ATTENTION_HOURS} hours.`);
}

/** The same rhythm as for charges. */
function checkSeconds(state: RefundState, checks: number): number | null {
  if (state === 'succeeded' || state === 'failed') return null;
  return nextCheckSeconds(state === 'pending' ? 'processing' : state, 'bank', checks, 0);
}

/** Looks up what became of a refund and records it. */
export async function checkRefund(work: Work, refundId: string): Promise<Refund> {
  const start = await work.transaction(async (ctx) => {
    const row = await readRefund(ctx, refundId);
    if (!row) throw notFound('refund');
    const attempt = (await readAttempt(ctx, row.attemptId))!;
    return {
      row,
      gateway: await gatewayOf(ctx, attempt.gatewayAccountId),
      over: row.submittedAt
        ? leaseOver(row.submittedAt, CALL_LEASE_SECONDS, ctx.clock.now())
        : leaseOver(row.createdAt, CREATED_LEASE_SECONDS, ctx.clock.now()),
    };
  });
  const { gateway } = start;
  let { row } = start;
  if (row.state === 'created') return start.over ? recordRefund(work, refundId, { kind: 'abandoned' }) : row;
  if (row.state === 'submitted') {
    if (!start.over) return row;
    row = await recordRefund(work, refundId, { kind: 'unknown', reason: 'no answer was recorded' });
  }
  if (row.state === 'succeeded' || row.state === 'failed') return row;
  await work.platform.fault('refunds.before_lookup');
  if (row.gatewayRef !== null) {
    const outcome = await gateway.readRefund(row.gatewayRef);
    if (outcome.kind !== 'ok') return recordRefund(work, refundId, { kind: 'pending', reason: reasonOf(outcome) });
    return recordRefund(
      work,
      refundId,
      outcome.value ? { kind: 'snapshot', snapshot: outcome.value } : { kind: 'pending', reason: 'the gateway does not show it' },
    );
  }
  const outcome = await gateway.recoverRefund(refundId, row.submittedAt ?? row.createdAt);
  if (outcome.kind !== 'ok') return recordRefund(work, refundId, { kind: 'pending', reason: reasonOf(outcome) });
  if (outcome.value.found === 'pending') return recordRefund(work, refundId, { kind: 'pending', reason: 'not known yet' });
  return recordRefund(work, refundId, outcome.value.found ? { kind: 'snapshot', snapshot: outcome.value.snapshot } : { kind: 'absent' });
}
