import { newId } from '../../../kernel/ids.ts';
import { format, type Money, money, toJson } from '../../../kernel/money.ts';
import { conflict, invalid, notFound, Problem } from '../../../kernel/problem.ts';
import type { Context } from '../../../platform/context.ts';
import { lockCustomer } from '../../customers/index.ts';
import { may } from '../../identity/index.ts';
import { applyCredit, createCreditMemo, placeHold, readDocument, releaseHolds } from '../../receivables/index.ts';
import { collectionEvents } from '../events.ts';
import { addNote } from '../notes/notes.ts';
import { checkAssignee } from '../tasks/tasks.ts';
import { type Dispute, type DisputeReason, insertDispute, readDispute, resolveRow, writeOwner } from './queries.ts';

export interface DisputeInput {
  documentId: string;
  /** Null: the whole invoice. */
  amount: Money | null;
  reason: DisputeReason;
  ownerId: string | null;
  note: string | null;
}

/** The words of each reason, as they stand in a hold. */
export const reasonWords: Record<DisputeReason, string> = {
  price: 'Wrong price',
  quantity: 'Wrong quantity',
  quality: 'Damaged or faulty',
  not_received: 'Not received',
  not_ordered: 'Not ordered',
  duplicate: 'Billed twice',
  terms: 'Wrong terms or discount',
  tax: 'Wrong tax',
  other: 'Other',
};

/**
 * The customer contests an invoice or a part of it. No reminder asks for the invoice until it is resolved.
 * Problems: 404; 409 when there is an open dispute or nothing open; 422.
 */
export async function openDispute(ctx: Context, input: DisputeInput): Promise<string> {
  const found = await readDocument(ctx, input.documentId);
  if (found?.kind !== 'invoice') throw notFound('invoice');
  await lockCustomer(ctx, found.customerId);
  const document = (await readDocument(ctx, input.documentId))!;
  if (document.state !== 'open') throw conflict('not_open', `${document.number} has nothing open.`);
  if (input.amount && input.amount.currency !== document.currency)
    throw invalid('amount.currency', 'other_currency', `${document.number} is in ${document.currency}.`);
  if (input.amount && input.amount.minor > document.openMinor) throw invalid('amount', 'more_than_open', `${document.number} has less than this open.`);
  await checkAssignee(ctx, input.ownerId, 'ownerId');
  const id = newId();
  const amountMinor = input.amount?.minor ?? null;
  const customerId = document.customerId;
  if (!(await insertDispute(ctx, { id, customerId, documentId: document.id, amountMinor, reason: input.reason, ownerId: input.ownerId })))
    throw conflict('dispute_open', `${document.number} has an open dispute already.`);
  if (input.note?.trim()) await addNote(ctx, { customerId, disputeId: id, body: input.note });
  const part = input.amount ? `, ${format(input.amount, ctx.tenant.locale)} of it` : '';
  await placeHold(ctx, { customerId, documentIds: [document.id], kind: 'dispute', sourceId: id, note: `${reasonWords[input.reason]}${part}` });
  await ctx.record({
    type: collectionEvents.disputeOpened,
    subjectType: 'dispute',
    subjectId: id,
    customerId,
    data: {
      documentId: document.id,
      number: document.number,
      reason: input.reason,
      amount: input.amount ? toJson(input.amount) : null,
      ownerId: input.ownerId,
    },
  });
  return id;
}

/** Somebody else takes care of it. */
export async function assignDispute(ctx: Context, id: string, ownerId: string | null): Promise<void> {
  const dispute = await lockOpen(ctx, id);
  if (dispute.ownerId === ownerId) return;
  await checkAssignee(ctx, ownerId, 'ownerId');
  await writeOwner(ctx, id, ownerId);
  await ctx.record({
    type: collectionEvents.disputeAssigned,
    subjectType: 'dispute',
    subjectId: id,
    customerId: dispute.customerId,
    data: { number: dispute.documentNumber, before: dispute.ownerId, after: ownerId },
  });
}

export interface Resolution {
  outcome: 'credited' | 'rejected';
  note: string | null;
  /** Makes a credit memo of the disputed amount here and applies it; else the credit comes from the accounting system. */
  createCredit: boolean;
}

/** The end of a dispute: the hold goes. Problems: 403 for a credit by someone who may not make one; 409 when it is resolved. */
export async function resolveDispute(ctx: Context, id: string, input: Resolution): Promise<void> {
  const dispute = await lockOpen(ctx, id);
  const note = input.note?.trim() || null;
  const creditId = input.outcome === 'credited' && input.createCredit ? await credit(ctx, dispute, note) : null;
  if (note) await addNote(ctx, { customerId: dispute.customerId, disputeId: id, body: note });
  await resolveRow(ctx, id, { state: input.outcome, resolution: note, creditId });
  await releaseHolds(ctx, { sourceId: id }, input.outcome === 'credited' ? 'The dispute was resolved to a credit' : 'The dispute was rejected');
  await ctx.record({
    type: input.outcome === 'credited' ? collectionEvents.disputeCredited : collectionEvents.disputeRejected,
    subjectType: 'dispute',
    subjectId: id,
    customerId: dispute.customerId,
    data: { documentId: dispute.documentId, number: dispute.documentNumber, creditId },
  });
}

async function credit(ctx: Context, dispute: Dispute, note: string | null): Promise<string | null> {
  if (!may(ctx.actor.role, 'receivables.write'))
    throw new Problem(403, 'not_allowed', 'Making a credit memo needs the right to change receivables. Ask a manager, or resolve it without one.');
  const wanted = dispute.amountMinor ?? dispute.openMinor;
  const amountMinor = wanted < dispute.openMinor ? wanted : dispute.openMinor;
  if (amountMinor <= 0n) throw conflict('not_open', `${dispute.documentNumber} has nothing open any more.`);
  const today = ctx.clock.today();
  const creditId = await createCreditMemo(ctx, {
    customerId: dispute.customerId,
    currency: dispute.currency,
    amountMinor,
    issuedOn: today,
    dueOn: today,
    reasonCode: dispute.reason,
    reasonText: note?.slice(0, 500) ?? reasonWords[dispute.reason],
    referenceDocument: dispute.documentNumber,
  });
  await applyCredit(ctx, creditId, [{ documentId: dispute.documentId, amountMinor }]);
  return creditId;
}

async function lockOpen(ctx: Context, id: string): Promise<Dispute> {
  const found = await readDispute(ctx, id);
  if (!found) throw notFound('dispute');
  await lockCustomer(ctx, found.customerId);
  const dispute = (await readDispute(ctx, id))!;
  if (dispute.state !== 'open') throw conflict('dispute_resolved', `This dispute was ${dispute.state} by ${dispute.resolvedBy} already.`);
  return dispute;
}

export const disputedAmount = (dispute: Dispute): Money => money(dispute.amountMinor ?? dispute.openMinor, dispute.currency);
