/**
 * How money is asked for exactly once: the row, commit; the mark, commit; the call, with no transaction open; the
 * outcome, in one transaction. What a lost answer leaves behind is looked up by {@link checkAttempt}, never repeated.
 */
import type { CapturedMethod, Gateway, GatewayOutcome } from '../../gateways/gateway.ts';
import { money } from '../../kernel/money.ts';
import { notFound } from '../../kernel/problem.ts';
import { type Context, systemActor, type Work, workFor } from '../../platform/context.ts';
import { readCustomer, readContacts } from '../customers/index.ts';
import { ACTION_MINUTES, CALL_LEASE_SECONDS, CREATED_LEASE_SECONDS, type Observation } from './attempt.ts';
import { type AttemptRequest, observationOf, recordOutcome, type Source, startAttempt, submitAttempt } from './commands/attempt.ts';
import { gatewayOf } from './gateways.ts';
import { type Attempt, putGatewayCustomer, readAttempt, readAttemptDocuments, readGatewayCustomer } from './queries.ts';

/** What pays: a method on file, or one that was just entered at the gateway. */
export type PaymentSource = { savedMethod: string; customerRef: string } | { captured: CapturedMethod; save: boolean };

/** Records the outcome between its two fault points. */
async function record(work: Work, attemptId: string, observation: Observation, source: Source): Promise<Attempt> {
  await work.platform.fault('payments.before_record');
  const attempt = await work.transaction((ctx) => recordOutcome(ctx, attemptId, observation, source));
  await work.platform.fault('payments.after_record');
  return attempt;
}

/**
 * Collects a payment. Answers the attempt as it stands then; `unknown` is an answer too. Problems as of
 * {@link startAttempt}, and nothing was sent.
 */
export async function collect(work: Work, request: AttemptRequest, source: PaymentSource, returnUrl: string): Promise<Attempt> {
  const customer = await customerAtGateway(work, request, source);
  const { attempt, fresh } = await work.transaction((ctx) => startAttempt(ctx, request));
  if (!fresh) return attempt;
  await work.platform.fault('payments.before_submit');
  const prepared = await work.transaction(async (ctx) => ({
    submitted: await submitAttempt(ctx, attempt.id),
    gateway: await gatewayOf(ctx, attempt.gatewayAccountId),
    description: await describeInvoices(ctx, attempt.id),
  }));
  if (!prepared.submitted) return work.transaction(async (ctx) => (await readAttempt(ctx, attempt.id))!);
  await work.platform.fault('payments.before_call');
  const outcome = await prepared.gateway.charge({
    operation: attempt.id,
    amount: money(attempt.amountMinor, attempt.currency),
    rail: attempt.rail,
    source: 'captured' in source ? { token: source.captured.token, save: source.save } : { savedMethod: source.savedMethod },
    customer,
    description: prepared.description,
    returnUrl,
  });
  await work.platform.fault('payments.after_call');
  return record(work, attempt.id, observationOf(outcome), 'charge');
}

async function describeInvoices(ctx: Context, attemptId: string): Promise<string> {
  const documents = await readAttemptDocuments(ctx, attemptId);
  const numbers = documents.map((document) => document.number);
  const text = `Invoice${numbers.length === 1 ? '' : 's'} ${numbers.join(', ')}`;
  return text.length <= 200 ? text : `${numbers.length} invoices`;
}

/** The customer's id at the gateway when one is needed: to charge a saved method, or to save one. */
async function customerAtGateway(work: Work, request: AttemptRequest, source: PaymentSource): Promise<string | null> {
  if ('savedMethod' in source) return source.customerRef;
  return source.save ? ensureGatewayCustomer(work, request.gatewayAccountId, request.customerId) : null;
}

/** The customer's id at the gateway, made there when it is missing. null when the gateway did not answer: the method is then not saved. */
export async function ensureGatewayCustomer(work: Work, accountId: string, customerId: string): Promise<string | null> {
  const found = await work.transaction(async (ctx) => {
    const known = await readGatewayCustomer(ctx, accountId, customerId);
    if (known) return { ref: known.ref };
    const customer = await readCustomer(ctx, customerId);
    if (!customer) throw notFound('customer');
    const [contact] = await readContacts(ctx, [customerId]);
    return { gateway: await gatewayOf(ctx, accountId), name: customer.name, email: contact?.email ?? null };
  });
  if ('ref' in found) return found.ref ?? null;
  const outcome = await found.gateway.ensureCustomer({ key: customerId, name: found.name, email: found.email });
  if (outcome.kind !== 'ok') return null;
  await work.transaction((ctx) => putGatewayCustomer(ctx, accountId, customerId, outcome.value));
  return outcome.value;
}

/** Looks up what became of an attempt and records it. Safe at any time and in any number. */
export async function checkAttempt(work: Work, attemptId: string, source: Source = 'lookup'): Promise<Attempt> {
  const start = await work.transaction(async (ctx) => {
    const attempt = await readAttempt(ctx, attemptId);
    if (!attempt) throw notFound('payment attempt');
    return { attempt, gateway: await gatewayOf(ctx, attempt.gatewayAccountId), now: ctx.clock.now() };
  });
  const { gateway } = start;
  let { attempt } = start;
  if (attempt.state === 'created')
    return leaseOver(attempt.createdAt, CREATED_LEASE_SECONDS, start.now) ? record(work, attemptId, { kind: 'abandoned' }, 'sweep') : attempt;
  if (attempt.state === 'submitted' && attempt.gatewayRef === null) {
    if (!leaseOver(attempt.submittedAt ?? attempt.createdAt, CALL_LEASE_SECONDS, start.now)) return attempt;
    attempt = await record(work, attemptId, { kind: 'unknown', reason: 'no answer was recorded' }, 'sweep');
  }
  if (attempt.state === 'failed' || attempt.state === 'canceled') return attempt;
  await work.platform.fault('payments.before_lookup');
  const observation = await lookUp(gateway, attempt);
  const after = await record(work, attemptId, observation, source);
  return after.state === 'requires_action' && isLate(after, start.now) ? callOff(work, gateway, after) : after;
}

/** True when the process that began this must be dead. */
export const leaseOver = (since: Temporal.Instant, leaseSeconds: number, now: Temporal.Instant): boolean =>
  Temporal.Instant.compare(since.add({ seconds: leaseSeconds }), now) <= 0;

async function lookUp(gateway: Gateway, attempt: Attempt): Promise<Observation> {
  if (attempt.gatewayRef !== null) {
    const outcome = await gateway.readPayment(attempt.gatewayRef);
    if (outcome.kind !== 'ok') return { kind: 'pending', reason: reasonOf(outcome) };
    return outcome.value ? { kind: 'snapshot', snapshot: outcome.value } : { kind: 'pending', reason: 'the gateway does not show it' };
  }
  const outcome = await gateway.recoverCharge(attempt.id, attempt.submittedAt ?? attempt.createdAt);
  if (outcome.kind !== 'ok') return { kind: 'pending', reason: reasonOf(outcome) };
  if (outcome.value.found === 'pending') return { kind: 'pending', reason: 'not known yet' };
  return outcome.value.found ? { kind: 'snapshot', snapshot: outcome.value.snapshot } : { kind: 'absent' };
}

export const reasonOf = <T>(outcome: Exclude<GatewayOutcome<T>, { kind: 'ok' }>): string =>
  outcome.kind === 'unknown' ? outcome.reason : outcome.failure.message;

const isLate = (attempt: Attempt, now: Temporal.Instant): boolean => attempt.createdAt.until(now).total('minutes') >= ACTION_MINUTES;

/** The payer did not come back from their bank: the payment is canceled there, so that the invoices are free again. */
async function callOff(work: Work, gateway: Gateway, attempt: Attempt): Promise<Attempt> {
  await work.platform.fault('payments.before_cancel');
  const outcome = await gateway.cancel({ operation: `${attempt.id}:cancel`, payment: attempt.gatewayRef! });
  if (outcome.kind === 'ok') return record(work, attempt.id, { kind: 'snapshot', snapshot: outcome.value }, 'cancel');
  // a refusal says that it moved on meanwhile; the next look will tell
  return record(work, attempt.id, { kind: 'pending', reason: reasonOf(outcome) }, 'cancel');
}

/** Work of the system for a tenant, for ticks and webhooks. */
export const systemWork = (platform: Work['platform'], tenantId: string): Work => workFor(platform, tenantId, systemActor);
