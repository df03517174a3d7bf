import type { Context } from '../../../platform/context.ts';
import type { Portion } from '../ledger.ts';
import { changeOpen, clearProvisional, type DocumentBalance, insertApplications, type NewApplication } from '../queries.ts';

type From = { source: 'payment'; paymentId: string } | { source: 'credit_memo'; creditId: string } | { source: 'write_off' | 'void' };

/**
 * Writes applications and lowers the open amounts. On a document that an upload brought the application is
 * provisional: the source system has not heard of it yet.
 */
export async function applyPortions(
  ctx: Context,
  from: From,
  documents: readonly DocumentBalance[],
  portions: readonly Portion[],
  options: { on: Temporal.PlainDate; reason?: string | null },
): Promise<void> {
  const first = documents[0];
  if (!first || portions.length === 0) return;
  const byId = new Map(documents.map((document) => [document.id, document]));
  const rows: NewApplication[] = portions.map((portion) => ({
    ...from,
    documentId: portion.documentId,
    amountMinor: portion.amountMinor,
    reason: options.reason ?? null,
    provisional: byId.get(portion.documentId)!.uploaded,
  }));
  await insertApplications(ctx, { customerId: first.customerId, currency: first.currency, appliedOn: options.on }, rows);
  await changeOpen(
    ctx,
    portions.map((portion) => ({ documentId: portion.documentId, changeMinor: -portion.amountMinor })),
    options.on,
  );
}

export interface Undoable extends Portion {
  id: string;
  source: NewApplication['source'];
  paymentId: string | null;
  creditId: string | null;
  provisional: boolean;
  customerId: string;
  currency: string;
}

/**
 * Undoes applications whole: a row with the negative amount each, dated today, and the documents open again. What the
 * source system has already counted stays provisional until it counts it back. The documents must be locked.
 */
export async function undo(ctx: Context, applications: readonly Undoable[], documents: readonly DocumentBalance[], reason: string): Promise<void> {
  const first = applications[0];
  if (!first) return;
  const uploaded = new Set(documents.filter((document) => document.uploaded).map((document) => document.id));
  const today = ctx.clock.today();
  const rows: NewApplication[] = applications.map((application) => ({
    documentId: application.documentId,
    source: application.source,
    paymentId: application.paymentId,
    creditId: application.creditId,
    amountMinor: -application.amountMinor,
    reason,
    reversesId: application.id,
    provisional: !application.provisional && uploaded.has(application.documentId),
  }));
  await insertApplications(ctx, { customerId: first.customerId, currency: first.currency, appliedOn: today }, rows);
  await clearProvisional(
    ctx,
    applications.map((application) => application.id),
  );
  await changeOpen(
    ctx,
    applications.map((application) => ({ documentId: application.documentId, changeMinor: application.amountMinor })),
    today,
  );
}
