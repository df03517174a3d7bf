import type { ChargeRequest, GatewayOutcome, MethodSummary, PaymentSnapshot, Rail } from '../../../gateways/gateway.ts';
import { failureRules } from '../../../gateways/failure.ts';
import { money, toJson } from '../../../kernel/money.ts';
import { conflict, notFound, Problem } from '../../../kernel/problem.ts';
import type { Context } from '../../../platform/context.ts';
import { lockCustomer, readOpenDocuments, recordPayment, returnPayment, settlePayment } from '../../receivables/index.ts';
import { getSettings } from '../../tenants/index.ts';
import {
  ATTENTION_HOURS,
  type AttemptState,
  CALL_LEASE_SECONDS,
  CREATED_LEASE_SECONDS,
  type Current,
  decide,
  type Decision,
  type Effect,
  nextCheckSeconds,
  type Observation,
  openStates,
} from '../attempt.ts';
import { paymentEvents } from '../events.ts';
import {
  type Attempt,
  insertAttempt,
  insertStep,
  lockAttempt,
  markAttention,
  markSubmitted,
  moveAttempt,
  putMethod,
  readAttempt,
  readAttemptDocuments,
  readInFlight,
  releaseDocuments,
  rescheduleAttempt,
  setAttemptPayment,
} from '../queries.ts';

export interface AttemptRequest {
  /** Made when the page was loaded: the same id is the same attempt, however often it is sent. */
  attemptId: string;
  customerId: string;
  gatewayAccountId: string;
  rail: Rail;
  currency: string;
  documents: readonly { documentId: string; amountMinor: bigint }[];
  methodId: string | null;
  methodSummary: Pick<MethodSummary, 'rail' | 'brand' | 'last4'>;
  saveMethod: boolean;
  payLinkId: string | null;
  ip: string | null;
  userAgent: string | null;
}

/**
 * Writes the attempt before anything is sent, with its invoices held. Answers `fresh: false` for an attempt that is
 * there already. Problems 409: `already_paid`, `amount_changed`, `payment_in_progress` (with the attempt's id).
 */
export async function startAttempt(ctx: Context, request: AttemptRequest): Promise<{ attempt: Attempt; fresh: boolean }> {
  await lockCustomer(ctx, request.customerId);
  const known = await readAttempt(ctx, request.attemptId);
  if (known) {
    if (known.customerId !== request.customerId) throw notFound('payment attempt');
    return { attempt: known, fresh: false };
  }
  await refuseConflicts(ctx, request);
  const amountMinor = request.documents.reduce((sum, document) => sum + document.amountMinor, 0n);
  await insertAttempt(
    ctx,
    {
      id: request.attemptId,
      customerId: request.customerId,
      gatewayAccountId: request.gatewayAccountId,
      rail: request.rail,
      currency: request.currency,
      amountMinor,
      methodId: request.methodId,
      payLinkId: request.payLinkId,
      methodSummary: { rail: request.methodSummary.rail, brand: request.methodSummary.brand, last4: request.methodSummary.last4 },
      saveMethod: request.saveMethod,
      ip: request.ip,
      userAgent: request.userAgent?.slice(0, 500) ?? null,
      nextCheckSeconds: CREATED_LEASE_SECONDS,
    },
    request.documents,
  );
  await insertStep(ctx, request.attemptId, 'created', { by: ctx.actor.kind, amount: toJson(money(amountMinor, request.currency)) });
  return { attempt: (await readAttempt(ctx, request.attemptId))!, fresh: true };
}

async function refuseConflicts(ctx: Context, request: AttemptRequest): Promise<void> {
  const ids = request.documents.map((document) => document.documentId);
  const [held] = await readInFlight(ctx, ids);
  if (held) throw new Problem(409, 'payment_in_progress', 'A payment of these invoices is under way.', { extra: { attemptId: held.attemptId } });
  const open = new Map((await readOpenDocuments(ctx, ids)).map((document) => [document.id, document]));
  let anyOpen = false;
  let asAsked = true;
  for (const asked of request.documents) {
    const document = open.get(asked.documentId);
    if (!document || document.customerId !== request.customerId || document.currency !== request.currency || document.kind !== 'invoice')
      throw notFound('invoice');
    if (document.openMinor > 0n) anyOpen = true;
    if (document.openMinor < asked.amountMinor) asAsked = false;
  }
  if (!anyOpen) throw conflict('already_paid', 'These invoices are already paid.');
  if (!asAsked) throw conflict('amount_changed', 'The open amount has changed.');
}

/** Says that the call comes next. Only after this is committed may the gateway be called. */
export async function submitAttempt(ctx: Context, attemptId: string): Promise<boolean> {
  const submitted = await markSubmitted(ctx, attemptId, CALL_LEASE_SECONDS);
  if (submitted) await insertStep(ctx, attemptId, 'submitted');
  return submitted;
}

/** What the answer to a charge tells of the attempt. */
export function observationOf(outcome: GatewayOutcome<PaymentSnapshot>): Observation {
  switch (outcome.kind) {
    case 'ok':
      return { kind: 'snapshot', snapshot: outcome.value };
    case 'declined':
      return { kind: 'refused', failure: outcome.failure, snapshot: outcome.value ?? null };
    case 'rejected':
      // "done before" is not "did nothing": look it up
      return outcome.failure.code === 'DUPLICATE' ? { kind: 'unknown', reason: 'duplicate' } : { kind: 'refused', failure: outcome.failure, snapshot: null };
    case 'unknown':
      return { kind: 'unknown', reason: outcome.reason };
  }
}

const bookedOf = (attempt: Attempt): Current['booked'] => {
  if (!attempt.paymentId) return 'none';
  if (attempt.state === 'processing' || attempt.state === 'requires_action') return 'processing';
  return attempt.state === 'settled' ? 'settled' : 'returned';
};

/** Which way the news came. */
export type Source = 'charge' | 'lookup' | 'webhook' | 'return' | 'cancel' | 'sweep';

/**
 * The one place where an attempt's outcome becomes ours: state, step, money and events in one transaction. Called for
 * replies, webhooks and lookups alike; told twice, or out of order, it ends the same.
 */
export async function recordOutcome(ctx: Context, attemptId: string, observation: Observation, source: Source): Promise<Attempt> {
  const found = await readAttempt(ctx, attemptId);
  if (!found) throw notFound('payment attempt');
  await lockCustomer(ctx, found.customerId);
  const attempt = (await lockAttempt(ctx, attemptId))!;
  const { payments } = await getSettings(ctx);
  const current: Current = { state: attempt.state, snapshotVersion: attempt.snapshotVersion, booked: bookedOf(attempt) };
  const decision = decide(current, observation, payments);
  if (decision.kind === 'ignore') await noteLook(ctx, attempt, observation, decision.reason, source);
  else await move(ctx, attempt, decision, observation, source);
  if (attempt.state === 'unknown' || (decision.kind === 'move' && decision.to === 'unknown')) await alertWhenLong(ctx, attempt);
  return (await readAttempt(ctx, attemptId))!;
}

const snapshotOf = (observation: Observation): PaymentSnapshot | null =>
  observation.kind === 'snapshot' || observation.kind === 'refused' ? observation.snapshot : null;

async function noteLook(ctx: Context, attempt: Attempt, observation: Observation, reason: string, source: Source): Promise<void> {
  const version = snapshotOf(observation)?.version ?? 0n;
  await rescheduleAttempt(ctx, attempt.id, version, nextCheckSeconds(attempt.state, attempt.rail, attempt.checks + 1, daysSinceFinished(ctx, attempt)));
  if (reason !== 'same' || observation.kind === 'pending')
    await insertStep(ctx, attempt.id, observation.kind === 'pending' ? 'still_unknown' : 'ignored', {
      source,
      ...describe(observation),
      ...(observation.kind === 'pending' ? {} : { because: reason }),
    });
}

const daysSinceFinished = (ctx: Context, attempt: Attempt): number =>
  attempt.finishedAt ? attempt.finishedAt.until(ctx.clock.now()).total({ unit: 'days', relativeTo: attempt.finishedAt.toZonedDateTimeISO('UTC') }) : 0;

async function move(ctx: Context, attempt: Attempt, decision: Extract<Decision, { kind: 'move' }>, observation: Observation, source: Source): Promise<void> {
  const snapshot = snapshotOf(observation);
  const finished = !openStates.includes(decision.to);
  await moveAttempt(ctx, attempt.id, {
    to: decision.to,
    version: decision.version,
    gatewayRef: snapshot?.ref ?? null,
    failure: decision.failure,
    nextAction: decision.nextAction,
    finished,
    nextCheckSeconds: nextCheckSeconds(decision.to, attempt.rail, 0, 0),
  });
  await insertStep(ctx, attempt.id, decision.to, { source, ...describe(observation) });
  for (const effect of decision.effects) await carryOut(ctx, attempt, effect, decision, snapshot);
  if (attempt.saveMethod && snapshot?.method?.ref && (decision.to === 'settled' || decision.to === 'processing'))
    await keepMethod(ctx, attempt, snapshot.method);
  if (decision.to === 'failed' || (decision.to === 'returned' && !attempt.paymentId)) await recordFailure(ctx, attempt, decision);
}

async function carryOut(
  ctx: Context,
  attempt: Attempt,
  effect: Effect,
  decision: Extract<Decision, { kind: 'move' }>,
  snapshot: PaymentSnapshot | null,
): Promise<void> {
  switch (effect) {
    case 'book_processing':
    case 'book_settled':
      return book(ctx, attempt, effect === 'book_settled' ? 'settled' : 'processing', snapshot);
    case 'settle':
      return settlePayment(ctx, attempt.paymentId!);
    case 'take_back':
      return returnPayment(ctx, attempt.paymentId!, decision.failure?.message ?? 'Returned by the bank');
    case 'release':
      return releaseDocuments(ctx, attempt.id);
    case 'ask_a_person':
      return askAPerson(ctx, attempt, `The gateway says ${decision.to} after ${attempt.state}.`);
  }
}

/** Books what the gateway says it took. What no longer fits the invoices stays with the customer as unapplied cash. */
async function book(ctx: Context, attempt: Attempt, state: 'processing' | 'settled', snapshot: PaymentSnapshot | null): Promise<void> {
  const documents = await readAttemptDocuments(ctx, attempt.id);
  const { paymentId, unappliedMinor } = await recordPayment(ctx, {
    customerId: attempt.customerId,
    currency: attempt.currency,
    amountMinor: snapshot?.amount.minor ?? attempt.amountMinor,
    method: attempt.rail,
    state,
    receivedOn: ctx.clock.today(),
    reference: snapshot?.ref ?? null,
    attemptId: attempt.id,
    applications: documents.map(({ documentId, amountMinor }) => ({ documentId, amountMinor })),
  });
  await setAttemptPayment(ctx, attempt.id, paymentId);
  await insertStep(ctx, attempt.id, 'booked', { paymentId, unapplied: toJson(money(unappliedMinor, attempt.currency)) });
}

async function keepMethod(ctx: Context, attempt: Attempt, method: MethodSummary): Promise<void> {
  const methodId = await putMethod(ctx, { customerId: attempt.customerId, gatewayAccountId: attempt.gatewayAccountId, method });
  await ctx.record({
    type: paymentEvents.methodSaved,
    subjectType: 'payment_method',
    subjectId: methodId,
    customerId: attempt.customerId,
    data: { rail: method.rail, last4: method.last4, attemptId: attempt.id },
  });
}

async function recordFailure(ctx: Context, attempt: Attempt, decision: Extract<Decision, { kind: 'move' }>): Promise<void> {
  const code = decision.failure?.code ?? 'PROVIDER';
  await ctx.record({
    type: paymentEvents.failed,
    subjectType: 'payment_attempt',
    subjectId: attempt.id,
    customerId: attempt.customerId,
    data: {
      state: decision.to,
      before: attempt.state,
      booked: attempt.paymentId !== null,
      code,
      category: failureRules[code].category,
      returnCode: decision.failure?.returnCode ?? null,
      amount: toJson(money(attempt.amountMinor, attempt.currency)),
      rail: attempt.rail,
      payLinkId: attempt.payLinkId,
    },
  });
}

async function askAPerson(ctx: Context, attempt: Attempt, why: string): Promise<void> {
  await markAttention(ctx, 'payment_attempt', attempt.id);
  await insertStep(ctx, attempt.id, 'needs_attention', { why });
  await ctx.record({ type: paymentEvents.attention, subjectType: 'payment_attempt', subjectId: attempt.id, customerId: attempt.customerId, data: { why } });
}

async function alertWhenLong(ctx: Context, attempt: Attempt): Promise<void> {
  if (!attempt.submittedAt || attempt.attentionAt) return;
  if (attempt.submittedAt.until(ctx.clock.now()).total('hours') < ATTENTION_HOURS) return;
  await askAPerson(ctx, attempt, `The outcome has been unknown for more than ${ATTENTION_HOURS} hours.`);
}

/** What a step shows of an observation. */
function describe(observation: Observation): Record<string, unknown> {
  const snapshot = snapshotOf(observation);
  return {
    ...(snapshot ? { ref: snapshot.ref, status: snapshot.status, version: snapshot.version.toString() } : {}),
    ...(observation.kind === 'refused' ? { failure: observation.failure } : {}),
    ...(snapshot?.failure ? { failure: snapshot.failure } : {}),
    ...(observation.kind === 'unknown' || observation.kind === 'pending' ? { reason: observation.reason } : {}),
    ...(observation.kind === 'absent' ? { found: false } : {}),
  };
}

export type { Attempt, AttemptState, ChargeRequest };
