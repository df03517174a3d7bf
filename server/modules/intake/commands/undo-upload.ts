import { conflict, notFound } from '../../../kernel/problem.ts';
import type { Context } from '../../../platform/context.ts';
import { undoCustomers } from '../../customers/index.ts';
import { refreshBalances, refreshLater, undoDocuments } from '../../receivables/index.ts';
import { intakeEvents } from '../events.ts';
import { type Kept, keptCustomers, keptDocuments, lockUpload, lockUploads, markUndone } from '../queries.ts';

/** Kept rows that the answer names; all are counted. */
const MAX_NAMED = 1000;
const REFRESH_AT_ONCE = 1000;

const reasons: Record<Kept['reason'], string> = {
  paid: 'A payment or credit was applied or begun since.',
  mailed: 'A mail has named it.',
  changed: 'It was changed again since.',
  released: 'The upload had released a payment of it.',
  in_use: 'It is in use.',
};

export interface UndoneUpload {
  removed: number;
  restored: number;
  keptCount: number;
  kept: { id: string; number: string; reason: string; message: string }[];
}

/**
 * Takes an upload back: what it changed is as before, what it created is gone, except where something has happened
 * since; those rows stay, each with its reason. Problem 409 when it was taken back before.
 */
export async function undoUpload(ctx: Context, uploadId: string): Promise<UndoneUpload> {
  await lockUploads(ctx, 'exclusive');
  const upload = await lockUpload(ctx, uploadId);
  if (!upload) throw notFound('upload');
  if (upload.undoneAt) throw conflict('already_undone', 'This upload was undone before.');
  const kept = upload.kind === 'invoices' ? await keptDocuments(ctx, uploadId) : [];
  let removed = 0;
  let restored = 0;
  if (upload.kind === 'invoices') {
    const done = await undoDocuments(
      ctx,
      uploadId,
      kept.map((row) => row.id),
    );
    removed += done.removed;
    restored += done.restored;
    if (done.customerIds.length <= REFRESH_AT_ONCE) await refreshBalances(ctx, done.customerIds);
    else await refreshLater(ctx);
  }
  // an upload of invoices may have created customers, too
  const keptRows = await keptCustomers(ctx, uploadId);
  const customers = await undoCustomers(
    ctx,
    uploadId,
    keptRows.map((row) => row.id),
  );
  removed += customers.removed;
  restored += customers.restored;
  const all = upload.kind === 'customers' ? keptRows : kept;
  await markUndone(ctx, uploadId);
  await ctx.record({
    type: intakeEvents.uploadUndone,
    subjectType: 'upload',
    subjectId: uploadId,
    data: { kind: upload.kind, removed, restored, kept: all.length },
  });
  return { removed, restored, keptCount: all.length, kept: all.slice(0, MAX_NAMED).map((row) => ({ ...row, message: reasons[row.reason] })) };
}
