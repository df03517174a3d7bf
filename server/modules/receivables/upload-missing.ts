import type { Context } from '../../platform/context.ts';
import { sql } from '../../platform/database/sql.ts';
import { textArray, type UploadBatch } from './upload-batch.ts';
import { type Change, type Existing, lockExisting, overlay, type ProvisionalRow, readProvisional, Undone, writeChanges } from './upload-changes.ts';
import { copyLine, plainFields, type UploadedDocument } from './upload-row.ts';
import { settle } from './upload-settle.ts';

/** Snapshots: what an upload of all open items does not name is closed. */

/** Keeps the documents of the batch in a temporary table until the transaction ends. */
export async function remember(ctx: Context, batch: UploadBatch): Promise<void> {
  await prepareSnapshot(ctx);
  await ctx.tx.run(sql`
    insert into seen_document
    select app.named_documents(${textArray(batch.keys, 'number')}::text[], ${textArray(batch.keys, 'customerId')}::uuid[],
      ${textArray(batch.keys, 'companyCode')}::text[], ${textArray(batch.keys, 'lineItem')}::text[])`);
}

async function prepareSnapshot(ctx: Context): Promise<void> {
  await ctx.tx.run(sql`create temporary table if not exists seen_document (id uuid) on commit drop`);
}

const CLOSE_CHUNK = 5000;

/**
 * Closes open documents of these company codes that the upload's batches (with `snapshot`) did not name: the source
 * system sent all its open items. Answers how many, and whose. Documents made here by hand stay.
 */
export async function closeMissing(ctx: Context, uploadId: string, companyCodes: readonly string[]): Promise<{ closed: number; customerIds: string[] }> {
  await prepareSnapshot(ctx);
  await ctx.tx.run(sql`analyze seen_document`);
  const missing = await ctx.tx.rows<{ id: string }>(sql`
    select d.id from document d
    where d.tenant_id = ${ctx.tenant.id} and d.state = 'open' and d.upload_id is not null and d.company_code = any(${[...companyCodes]}::text[])
      and not exists (select 1 from seen_document s where s.id = d.id)
    order by d.id`);
  const customers = new Set<string>();
  for (let at = 0; at < missing.length; at += CLOSE_CHUNK) {
    const existing = await lockExisting(
      ctx,
      missing.slice(at, at + CLOSE_CHUNK).map((row) => row.id),
    );
    const provisional = await readProvisional(ctx, [...existing.keys()]);
    const undone = new Undone();
    const changes: Change[] = [];
    for (const before of existing.values()) {
      undone.applyTo(before);
      const rows = undone.standing(provisional.get(before.id) ?? []);
      const change = closing(ctx, before, rows);
      undone.add(change.settlement, rows, before.id);
      changes.push(change);
      customers.add(before.customer_id);
    }
    await writeChanges(ctx, uploadId, changes);
    await undone.write(ctx);
  }
  return { closed: missing.length, customerIds: [...customers] };
}

/** The document with a balance of zero, and without a hash: when it comes back, it is read again. */
function closing(ctx: Context, before: Existing, provisional: ProvisionalRow[]): Change {
  const settlement = settle(
    { amountMinor: before.amount_minor, balanceMinor: 0, isVoid: false },
    { totalMinor: before.amount_minor + before.charge_minor, openMinor: before.open_minor, chargeMinor: before.charge_minor },
    provisional,
  );
  const closedOn = ctx.clock.today().toString();
  const silent = { ...Object.fromEntries(plainFields.map(([field]) => [field, undefined])) } as unknown as UploadedDocument;
  const merged = overlay({ ...silent, kind: before.kind, number: before.number, amountMinor: before.amount_minor, escaped: true } as UploadedDocument, before);
  const line = copyLine(merged, {
    id: before.id,
    state: 'closed',
    customerId: before.customer_id,
    companyCode: before.company_code,
    lineItem: before.line_item,
    currency: before.currency,
    chargeMinor: settlement.chargeMinor,
    openMinor: settlement.openMinor,
    dueOn: before.due_on,
    issuedOn: before.issued_on,
    closedOn,
    hash: 0,
  });
  return {
    position: -1,
    existing: before,
    line,
    settlement,
    isVoid: false,
    before: { state: before.state, open_minor: before.open_minor, closed_on: before.closed_on, charge_minor: before.charge_minor },
    after: { state: 'closed', open_minor: settlement.openMinor, closed_on: closedOn, charge_minor: settlement.chargeMinor },
  };
}
