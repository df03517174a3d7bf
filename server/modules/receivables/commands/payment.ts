import { newId } from '../../../kernel/ids.ts';
import { money, toJson } from '../../../kernel/money.ts';
import { conflict, invalid, notFound } from '../../../kernel/problem.ts';
import type { Context } from '../../../platform/context.ts';
import { lockCustomer } from '../../customers/index.ts';
import { refreshBalances } from '../balances/refresh.ts';
import { receivableEvents } from '../events.ts';
import { planRefund, type Portion, spread, type Target, total } from '../ledger.ts';
import {
  changePayment,
  type DocumentBalance,
  insertPayment,
  lockDocuments,
  lockPayment,
  markReturned,
  markSettled,
  nextNumber,
  type Payment,
  type PaymentMethod,
  readActive,
  readPayment,
  readPaymentOfAttempt,
} from '../queries.ts';
import { applyPortions, undo } from './move.ts';

export interface PaymentInput {
  customerId: string;
  currency: string;
  amountMinor: bigint;
  method: PaymentMethod;
  /** `processing` while the bank may still refuse it. */
  state: 'processing' | 'settled';
  receivedOn: Temporal.PlainDate;
  reference?: string | null;
  note?: string | null;
  /** The gateway attempt that collected it: one payment for an attempt, however often it is reported. */
  attemptId?: string | null;
  applications: readonly Portion[];
}

export interface RecordedPayment {
  paymentId: string;
  appliedMinor: bigint;
  unappliedMinor: bigint;
}

/**
 * Books money received. Of what is asked for, no more is applied than is open; the rest lies unapplied with the
 * customer, because money that came must be booked. Asked again for the same attempt it answers the first payment.
 * Problems: 404 for a customer or (without an attempt) a document that is not the customer's; 422 for a future day.
 */
export async function recordPayment(ctx: Context, input: PaymentInput): Promise<RecordedPayment> {
  if (input.amountMinor <= 0n) throw invalid('amount', 'not_positive', 'A payment has an amount above zero.');
  if (Temporal.PlainDate.compare(input.receivedOn, ctx.clock.today()) > 0)
    throw invalid('receivedOn', 'in_the_future', 'The day of a payment cannot be in the future.');
  await lockCustomer(ctx, input.customerId);
  const earlier = input.attemptId ? await readPaymentOfAttempt(ctx, input.attemptId) : null;
  if (earlier) return { paymentId: earlier.id, appliedMinor: earlier.appliedMinor, unappliedMinor: earlier.unappliedMinor };

  const documents = await lockDocuments(
    ctx,
    input.applications.map((asked) => asked.documentId),
  );
  const targets = targetsOf(input, documents);
  const portions = spread(input.amountMinor, targets);
  const payment = {
    id: newId(),
    customerId: input.customerId,
    number: `PAY-${String(await nextNumber(ctx, 'payment')).padStart(6, '0')}`,
    currency: input.currency,
    amountMinor: input.amountMinor,
    appliedMinor: total(portions),
    method: input.method,
    state: input.state,
    receivedOn: input.receivedOn,
    reference: input.reference?.trim() || null,
    note: input.note?.trim() || null,
    attemptId: input.attemptId ?? null,
  };
  await insertPayment(ctx, payment);
  await applyPortions(ctx, { source: 'payment', paymentId: payment.id }, documents, portions, { on: input.receivedOn });
  await refreshBalances(ctx, [input.customerId]);
  const unappliedMinor = input.amountMinor - payment.appliedMinor;
  await ctx.record({
    type: receivableEvents.paymentReceived,
    subjectType: 'payment',
    subjectId: payment.id,
    customerId: input.customerId,
    data: {
      number: payment.number,
      amount: toJson(money(input.amountMinor, input.currency)),
      method: input.method,
      state: input.state,
      attemptId: payment.attemptId,
      documents: describe(portions, documents, input.currency),
      unapplied: toJson(money(unappliedMinor, input.currency)),
    },
  });
  return { paymentId: payment.id, appliedMinor: payment.appliedMinor, unappliedMinor };
}

/**
 * What of the request can take money. A document of another customer or currency, or one that is not an invoice, is a
 * mistake of the caller, except for money already collected: that is booked, and what does not fit stays unapplied.
 */
function targetsOf(input: PaymentInput, documents: readonly DocumentBalance[]): Target[] {
  const byId = new Map(documents.map((document) => [document.id, document]));
  const targets: Target[] = [];
  for (const asked of input.applications) {
    const document = byId.get(asked.documentId);
    const fits = document && document.customerId === input.customerId && document.kind === 'invoice' && document.currency === input.currency;
    if (fits) targets.push({ documentId: document.id, openMinor: document.openMinor, askedMinor: asked.amountMinor });
    else if (!input.attemptId) {
      if (!document || document.customerId !== input.customerId) throw notFound('invoice');
      throw invalid('applications', 'not_applicable', `${document.number} is not an invoice in ${input.currency}.`);
    }
  }
  return targets;
}

export function describe(portions: readonly Portion[], documents: readonly DocumentBalance[], currency: string): object[] {
  const numbers = new Map(documents.map((document) => [document.id, document.number]));
  return portions.map((portion) => ({
    documentId: portion.documentId,
    number: numbers.get(portion.documentId) ?? null,
    amount: toJson(money(portion.amountMinor, currency)),
  }));
}

/** The payment, after its customer was locked. Problem 404. */
export async function lockPaymentAndCustomer(ctx: Context, paymentId: string): Promise<Payment> {
  const found = await readPayment(ctx, paymentId);
  if (!found) throw notFound('payment');
  await lockCustomer(ctx, found.customerId);
  return (await lockPayment(ctx, paymentId))!;
}

/** The bank has the money for good. Told twice it stays settled; after a return it is refused. */
export async function settlePayment(ctx: Context, paymentId: string): Promise<void> {
  const payment = await lockPaymentAndCustomer(ctx, paymentId);
  if (payment.state === 'settled') return;
  if (payment.state === 'returned') throw conflict('payment_returned', `${payment.number} was returned by the bank.`);
  await markSettled(ctx, paymentId);
  await ctx.record({
    type: receivableEvents.paymentSettled,
    subjectType: 'payment',
    subjectId: paymentId,
    customerId: payment.customerId,
    data: { number: payment.number, amount: toJson(money(payment.amountMinor, payment.currency)), attemptId: payment.attemptId },
  });
}

/**
 * The bank took the money back: every application is undone by a row dated today and its invoice is open again.
 * Told twice it happens once.
 */
export async function returnPayment(ctx: Context, paymentId: string, reason: string): Promise<void> {
  const payment = await lockPaymentAndCustomer(ctx, paymentId);
  if (payment.state === 'returned') return;
  const active = await readActive(ctx, { paymentId });
  const documents = await lockDocuments(
    ctx,
    active.map((application) => application.documentId),
  );
  await undo(ctx, active, documents, reason);
  await markReturned(ctx, paymentId, ctx.clock.today(), reason);
  await refreshBalances(ctx, [payment.customerId]);
  await ctx.record({
    type: receivableEvents.paymentReturned,
    subjectType: 'payment',
    subjectId: paymentId,
    customerId: payment.customerId,
    data: {
      number: payment.number,
      amount: toJson(money(payment.amountMinor, payment.currency)),
      attemptId: payment.attemptId,
      reason,
      documents: describe(active, documents, payment.currency),
    },
  });
}

/**
 * Money given back. It comes from what lies unapplied, then from the newest applications, whose invoices open again
 * by that much. Problem 409 when the payment does not hold the amount.
 */
export async function refundPayment(ctx: Context, paymentId: string, amountMinor: bigint): Promise<void> {
  if (amountMinor <= 0n) throw invalid('amount', 'not_positive', 'A refund has an amount above zero.');
  const payment = await lockPaymentAndCustomer(ctx, paymentId);
  if (payment.state === 'returned') throw conflict('payment_returned', `${payment.number} was returned by the bank: there is nothing to refund.`);
  const active = await readActive(ctx, { paymentId });
  const plan = planRefund(payment.unappliedMinor, active, amountMinor);
  if (!plan) throw conflict('refund_exceeds_payment', `${payment.number} holds less than this refund.`);
  const undone = active.filter((application) => plan.undo.some((one) => one.id === application.id));
  const documents = await lockDocuments(
    ctx,
    undone.map((application) => application.documentId),
  );
  await undo(ctx, undone, documents, 'Refunded');
  if (plan.reapply) await applyPortions(ctx, { source: 'payment', paymentId }, documents, [plan.reapply], { on: ctx.clock.today() });
  await changePayment(ctx, paymentId, { applied: plan.fromUnappliedMinor - amountMinor, unapplied: -plan.fromUnappliedMinor, refunded: amountMinor });
  await refreshBalances(ctx, [payment.customerId]);
  await ctx.record({
    type: receivableEvents.paymentRefunded,
    subjectType: 'payment',
    subjectId: paymentId,
    customerId: payment.customerId,
    data: {
      number: payment.number,
      amount: toJson(money(amountMinor, payment.currency)),
      attemptId: payment.attemptId,
      documents: describe(undone, documents, payment.currency),
    },
  });
}
