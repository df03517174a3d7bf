import { money, toJson } from '../../../kernel/money.ts';
import { conflict, invalid, notFound } from '../../../kernel/problem.ts';
import type { Context } from '../../../platform/context.ts';
import { lockCustomer } from '../../customers/index.ts';
import { refreshBalances } from '../balances/refresh.ts';
import { receivableEvents } from '../events.ts';
import { oldestFirst, spread, type Target, total } from '../ledger.ts';
import {
  type Application,
  changeOpen,
  changePayment,
  type DocumentBalance,
  lockDocuments,
  lockOpenOf,
  lockUnapplied,
  type Payment,
  readApplications,
  readDocuments,
} from '../queries.ts';
import { applyPortions, undo } from './move.ts';
import { describe, lockPaymentAndCustomer } from './payment.ts';

/** What to apply; without an amount as much as is open and available. */
export interface ApplyRequest {
  documentId: string;
  amountMinor?: bigint | null;
}

/**
 * Applies unapplied cash of a payment to invoices of its customer. Problems: 409 when it has less than asked, 422 when
 * an invoice has less open than asked, 404 for what is not there.
 */
export async function applyPayment(ctx: Context, paymentId: string, requests: readonly ApplyRequest[]): Promise<{ appliedMinor: bigint }> {
  const payment = await lockPaymentAndCustomer(ctx, paymentId);
  const documents = await lockDocuments(
    ctx,
    requests.map((request) => request.documentId),
  );
  const targets = checkedTargets(requests, documents, payment);
  const appliedMinor = await moveFromPayment(ctx, payment, documents, targets);
  await refreshBalances(ctx, [payment.customerId]);
  return { appliedMinor };
}

async function moveFromPayment(ctx: Context, payment: Payment, documents: readonly DocumentBalance[], targets: readonly Target[]): Promise<bigint> {
  refuseShortage(targets, payment.unappliedMinor, payment.number);
  const portions = spread(payment.unappliedMinor, targets);
  const appliedMinor = total(portions);
  if (appliedMinor === 0n) return 0n;
  await applyPortions(ctx, { source: 'payment', paymentId: payment.id }, documents, portions, { on: ctx.clock.today() });
  await changePayment(ctx, payment.id, { applied: appliedMinor, unapplied: -appliedMinor });
  await ctx.record({
    type: receivableEvents.paymentApplied,
    subjectType: 'payment',
    subjectId: payment.id,
    customerId: payment.customerId,
    data: { number: payment.number, documents: describe(portions, documents, payment.currency) },
  });
  return appliedMinor;
}

/** Applies a credit memo, or money that the source system booked without assigning it, to invoices of its customer. */
export async function applyCredit(ctx: Context, creditId: string, requests: readonly ApplyRequest[]): Promise<{ appliedMinor: bigint }> {
  const [found] = await readDocuments(ctx, [creditId]);
  if (!found || found.kind === 'invoice') throw notFound('credit memo');
  await lockCustomer(ctx, found.customerId);
  const locked = await lockDocuments(ctx, [creditId, ...requests.map((request) => request.documentId)]);
  const credit = locked.find((document) => document.id === creditId)!;
  const targets = checkedTargets(requests, locked, credit);
  const appliedMinor = await moveFromCredit(ctx, credit, locked, targets);
  await refreshBalances(ctx, [credit.customerId]);
  return { appliedMinor };
}

async function moveFromCredit(ctx: Context, credit: DocumentBalance, documents: readonly DocumentBalance[], targets: readonly Target[]): Promise<bigint> {
  refuseShortage(targets, credit.openMinor, credit.number);
  const portions = spread(credit.openMinor, targets);
  const appliedMinor = total(portions);
  if (appliedMinor === 0n) return 0n;
  const today = ctx.clock.today();
  await applyPortions(ctx, { source: 'credit_memo', creditId: credit.id }, documents, portions, { on: today });
  await changeOpen(ctx, [{ documentId: credit.id, changeMinor: -appliedMinor }], today);
  await ctx.record({
    type: receivableEvents.creditApplied,
    subjectType: 'document',
    subjectId: credit.id,
    customerId: credit.customerId,
    data: { number: credit.number, documents: describe(portions, documents, credit.currency) },
  });
  return appliedMinor;
}

/**
 * Pays a customer's open invoices, oldest due first, from credits and then from unapplied cash. Answers what was
 * applied; with nothing to apply it changes nothing.
 */
export async function autoApply(ctx: Context, customerId: string, currency: string): Promise<{ appliedMinor: bigint }> {
  await lockCustomer(ctx, customerId);
  const documents = await lockOpenOf(ctx, customerId, currency, ['invoice', 'credit_memo', 'payment_on_account']);
  const invoices = oldestFirst(documents.filter((document) => document.kind === 'invoice'));
  const open = new Map(invoices.map((invoice) => [invoice.id, invoice.openMinor]));
  const takeFrom = async (availableMinor: bigint, move: (targets: Target[]) => Promise<bigint>): Promise<bigint> => {
    const all = invoices.map((invoice) => ({ documentId: invoice.id, openMinor: open.get(invoice.id)!, askedMinor: null }));
    const portions = spread(availableMinor, all);
    if (portions.length === 0) return 0n;
    const targets = portions.map((portion) => ({ documentId: portion.documentId, openMinor: open.get(portion.documentId)!, askedMinor: portion.amountMinor }));
    for (const portion of portions) open.set(portion.documentId, open.get(portion.documentId)! - portion.amountMinor);
    return move(targets);
  };
  let appliedMinor = 0n;
  for (const credit of oldestFirst(documents.filter((document) => document.kind !== 'invoice')))
    appliedMinor += await takeFrom(credit.openMinor, (targets) => moveFromCredit(ctx, credit, documents, targets));
  for (const payment of await lockUnapplied(ctx, customerId, currency))
    appliedMinor += await takeFrom(payment.unappliedMinor, (targets) => moveFromPayment(ctx, payment, documents, targets));
  if (appliedMinor > 0n) await refreshBalances(ctx, [customerId]);
  return { appliedMinor };
}

/**
 * Undoes one application of a payment, a credit or a write-off: its invoice is open again by that much and the money
 * lies unapplied. Problems: 404; 409 when it was undone already or the source system made it.
 */
export async function unapply(ctx: Context, applicationId: string, reason = 'Undone'): Promise<void> {
  const [found] = await readApplications(ctx, { id: applicationId });
  if (!found) throw notFound('application');
  await lockCustomer(ctx, found.customerId);
  if (found.paymentId) await lockPaymentAndCustomer(ctx, found.paymentId);
  const documents = await lockDocuments(ctx, found.creditId ? [found.documentId, found.creditId] : [found.documentId]);
  // read again under the lock: somebody may have undone it in between
  const [application] = await readApplications(ctx, { id: applicationId });
  if (!application) throw notFound('application');
  refuseUndo(application);
  await undo(ctx, [application], documents, reason);
  if (application.paymentId) await changePayment(ctx, application.paymentId, { applied: -application.amountMinor, unapplied: application.amountMinor });
  if (application.creditId) await changeOpen(ctx, [{ documentId: application.creditId, changeMinor: application.amountMinor }], ctx.clock.today());
  await refreshBalances(ctx, [application.customerId]);
  await ctx.record({
    type: receivableEvents.applicationUndone,
    subjectType: 'document',
    subjectId: application.documentId,
    customerId: application.customerId,
    data: {
      number: application.documentNumber,
      amount: toJson(money(application.amountMinor, application.currency)),
      source: application.source,
      paymentId: application.paymentId,
      creditId: application.creditId,
    },
  });
}

function refuseUndo(application: Application): void {
  if (application.undone || application.reversesId) throw conflict('already_undone', 'This application was undone before.');
  if (application.source === 'source_system' || application.source === 'void')
    throw conflict('not_undoable', application.source === 'void' ? 'A void cannot be undone.' : 'The source system booked this; change it there.');
}

function checkedTargets(requests: readonly ApplyRequest[], documents: readonly DocumentBalance[], from: { customerId: string; currency: string }): Target[] {
  if (requests.length === 0) throw invalid('applications', 'empty', 'Name at least one invoice.');
  const byId = new Map(documents.map((document) => [document.id, document]));
  return requests.map((request, index) => {
    const document = byId.get(request.documentId);
    if (!document || document.customerId !== from.customerId || document.kind !== 'invoice') throw notFound('invoice');
    const field = `applications.${index}`;
    if (document.currency !== from.currency) throw invalid(field, 'other_currency', `${document.number} is in ${document.currency}.`);
    const asked = request.amountMinor ?? null;
    if (asked !== null && asked <= 0n) throw invalid(`${field}.amount`, 'not_positive', 'An amount is above zero.');
    if (asked !== null && asked > document.openMinor) throw invalid(`${field}.amount`, 'more_than_open', `${document.number} has less than this open.`);
    if (document.openMinor === 0n) throw invalid(field, 'not_open', `${document.number} has nothing open.`);
    return { documentId: document.id, openMinor: document.openMinor, askedMinor: asked };
  });
}

/** Asked amounts must be there; only "as much as there is" may find less. */
function refuseShortage(targets: readonly Target[], availableMinor: bigint, number: string): void {
  const asked = targets.reduce((sum, target) => sum + (target.askedMinor ?? 0n), 0n);
  if (asked > availableMinor || availableMinor === 0n) throw conflict('not_enough_unapplied', `${number} has less than this left to apply.`);
  const open = new Map<string, bigint>();
  for (const target of targets) {
    const left = (open.get(target.documentId) ?? target.openMinor) - (target.askedMinor ?? 0n);
    if (left < 0n) throw invalid('applications', 'more_than_open', 'An invoice is named twice with more than it has open.');
    open.set(target.documentId, left);
  }
}
