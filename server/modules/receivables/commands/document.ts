import { newId } from '../../../kernel/ids.ts';
import { MAX_MINOR, money, toJson } from '../../../kernel/money.ts';
import { conflict, invalid, notFound, Problem } from '../../../kernel/problem.ts';
import type { Context } from '../../../platform/context.ts';
import { lockCustomer } from '../../customers/index.ts';
import { refreshBalances } from '../balances/refresh.ts';
import { receivableEvents } from '../events.ts';
import { changePayment, changeOpen, type DocumentBalance, insertDocument, lockDocuments, markVoid, nextNumber, readActive, readDocuments } from '../queries.ts';
import { applyPortions, undo } from './move.ts';

export interface DocumentInput {
  customerId: string;
  /** Given by us when left out. */
  number?: string | null;
  companyCode?: string;
  currency: string;
  amountMinor: bigint;
  issuedOn: Temporal.PlainDate;
  dueOn: Temporal.PlainDate;
  paymentTerms?: string | null;
  reference1?: string | null;
  reference2?: string | null;
  referenceDocument?: string | null;
  reasonCode?: string | null;
  reasonText?: string | null;
  itemText?: string | null;
}

/** Records an invoice made here. Problem 409 when the customer has a document with this number. */
export function createInvoice(ctx: Context, input: DocumentInput): Promise<string> {
  return create(ctx, 'invoice', input);
}

/** Records a credit memo made here; it lowers what is owed once it is applied. */
export function createCreditMemo(ctx: Context, input: DocumentInput): Promise<string> {
  return create(ctx, 'credit_memo', input);
}

async function create(ctx: Context, kind: 'invoice' | 'credit_memo', input: DocumentInput): Promise<string> {
  const customer = await lockCustomer(ctx, input.customerId);
  if (input.amountMinor <= 0n || input.amountMinor > MAX_MINOR) throw invalid('amount', 'not_positive', 'An amount is above zero.');
  if (Temporal.PlainDate.compare(input.dueOn, input.issuedOn) < 0) throw invalid('dueOn', 'before_issue', 'The due date is before the invoice date.');
  const number = input.number?.trim() || `${kind === 'invoice' ? 'INV' : 'CM'}-${String(await nextNumber(ctx, kind)).padStart(6, '0')}`;
  const id = newId();
  const created = await insertDocument(ctx, {
    id,
    kind,
    customerId: input.customerId,
    number,
    companyCode: input.companyCode ?? customer.companyCode,
    currency: input.currency,
    amountMinor: input.amountMinor,
    issuedOn: input.issuedOn,
    dueOn: input.dueOn,
    paymentTerms: input.paymentTerms ?? null,
    reference1: input.reference1 ?? null,
    reference2: input.reference2 ?? null,
    referenceDocument: input.referenceDocument ?? null,
    reasonCode: input.reasonCode ?? null,
    reasonText: input.reasonText ?? null,
    itemText: input.itemText ?? null,
  });
  if (!created)
    throw new Problem(409, 'document_number_taken', `${customer.name} has a document ${number} already.`, {
      errors: [{ field: 'number', code: 'taken', message: 'This customer has a document with this number.' }],
    });
  await refreshBalances(ctx, [input.customerId]);
  await ctx.record({
    type: kind === 'invoice' ? receivableEvents.invoiceRecorded : receivableEvents.creditRecorded,
    subjectType: 'document',
    subjectId: id,
    customerId: input.customerId,
    data: { number, amount: toJson(money(input.amountMinor, input.currency)), dueOn: input.dueOn.toString() },
  });
  return id;
}

/**
 * Gives up an open amount (all of it when none is given): a small difference, a deduction accepted, a bad debt.
 * `unapply` takes it back. Problems: 404; 409 when nothing is open; 422 for more than is open.
 */
export async function writeOff(ctx: Context, documentId: string, input: { amountMinor?: bigint | null; reason: string }): Promise<void> {
  const document = await lockDocument(ctx, documentId);
  if (document.state !== 'open') throw conflict('not_open', `${document.number} has nothing open.`);
  const amountMinor = input.amountMinor ?? document.openMinor;
  if (amountMinor <= 0n) throw invalid('amount', 'not_positive', 'An amount is above zero.');
  if (amountMinor > document.openMinor) throw invalid('amount', 'more_than_open', `${document.number} has less than this open.`);
  await applyPortions(ctx, { source: 'write_off' }, [document], [{ documentId, amountMinor }], { on: ctx.clock.today(), reason: input.reason });
  await refreshBalances(ctx, [document.customerId]);
  await ctx.record({
    type: receivableEvents.invoiceWrittenOff,
    subjectType: 'document',
    subjectId: documentId,
    customerId: document.customerId,
    data: { number: document.number, amount: toJson(money(amountMinor, document.currency)), reason: input.reason },
  });
}

/**
 * Makes a document as if it had not been: money and credits applied to it lie unapplied again, the rest is voided by
 * a row of its own. It stays in the history. Voiding twice changes nothing. A credit that was applied is refused (409).
 */
export async function voidDocument(ctx: Context, documentId: string, reason: string): Promise<void> {
  const before = await lockDocument(ctx, documentId);
  if (before.state === 'void') return;
  if (before.kind !== 'invoice' && (await readActive(ctx, { creditId: documentId })).length > 0)
    throw conflict('credit_in_use', `${before.number} is applied to invoices. Undo that first.`);
  await releaseApplied(ctx, before);
  const [document] = await readDocuments(ctx, [documentId]);
  const today = ctx.clock.today();
  if (document!.openMinor > 0n)
    await applyPortions(ctx, { source: 'void' }, [document!], [{ documentId, amountMinor: document!.openMinor }], { on: today, reason });
  await markVoid(ctx, documentId, today);
  await refreshBalances(ctx, [before.customerId]);
  await ctx.record({
    type: before.kind === 'invoice' ? receivableEvents.invoiceVoided : receivableEvents.creditVoided,
    subjectType: 'document',
    subjectId: documentId,
    customerId: before.customerId,
    data: { number: before.number, amount: toJson(money(before.amountMinor, before.currency)), open: toJson(money(before.openMinor, before.currency)), reason },
  });
}

async function releaseApplied(ctx: Context, document: DocumentBalance): Promise<void> {
  const active = await readActive(ctx, { documentId: document.id });
  const credits = active.flatMap((application) => (application.creditId ? [application.creditId] : []));
  const locked = await lockDocuments(ctx, [document.id, ...credits]);
  await undo(ctx, active, locked, 'The invoice was voided');
  for (const application of active) {
    if (application.paymentId) await changePayment(ctx, application.paymentId, { applied: -application.amountMinor, unapplied: application.amountMinor });
    if (application.creditId) await changeOpen(ctx, [{ documentId: application.creditId, changeMinor: application.amountMinor }], ctx.clock.today());
  }
}

async function lockDocument(ctx: Context, documentId: string): Promise<DocumentBalance> {
  const [found] = await readDocuments(ctx, [documentId]);
  if (!found) throw notFound('invoice');
  await lockCustomer(ctx, found.customerId);
  const [document] = await lockDocuments(ctx, [documentId]);
  return document!;
}
