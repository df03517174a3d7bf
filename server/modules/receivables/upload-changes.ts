import { newId } from '../../kernel/ids.ts';
import { money, toJson } from '../../kernel/money.ts';
import { sameJson } from '../../kernel/same-json.ts';
import type { Context } from '../../platform/context.ts';
import { sql } from '../../platform/database/sql.ts';
import { lockCustomerRows } from '../customers/index.ts';
import { receivableEvents } from './events.ts';
import { type Application, changeOpen, changePayment, clearProvisional, type DocumentKind, insertApplications } from './queries.ts';
import { BREATH, breathe, insertSourceApplications, type MergeResult, stage, stagedList, type UploadBatch, withMark } from './upload-batch.ts';
import { copyLine, type Placement, plainFields, stagedColumns, type UploadedDocument, withoutNulls } from './upload-row.ts';
import { type Settlement, settle } from './upload-settle.ts';

/** Changed rows of an upload: compared field by field with the documents that are here, and written with before and after. */

/** A document as it is, by column; days as text, amounts as numbers. */
export interface Existing {
  id: string;
  kind: DocumentKind;
  state: 'open' | 'closed' | 'void';
  customer_id: string;
  number: string;
  company_code: string;
  line_item: string;
  currency: string;
  amount_minor: number;
  charge_minor: number;
  open_minor: number;
  due_on: string;
  issued_on: string;
  closed_on: string | null;
  content_hash: number | null;
  bill_address: Record<string, unknown> | null;
  ship_address: Record<string, unknown> | null;
  custom: Record<string, unknown> | null;
  upload_id: string | null;
  [column: string]: unknown;
}

export interface ProvisionalRow {
  id: string;
  /** Of the invoice and, for credits, of the credit: both sides move. */
  documentId: string;
  creditId: string | null;
  paymentId: string | null;
  source: Application['source'];
  customerId: string;
  currency: string;
  amountMinor: number;
  undoable: boolean;
}

export interface Change {
  position: number;
  existing: Existing;
  line: string;
  settlement: Settlement;
  isVoid: boolean;
  before: Record<string, unknown>;
  after: Record<string, unknown>;
}

/** Locks the customers, then the documents, and reads the documents as they are under the lock. */
export async function lockExisting(ctx: Context, ids: readonly string[]): Promise<Map<string, Existing>> {
  const customers = await ctx.tx.rows<{ customerId: string }>(sql`
    select distinct customer_id from document where tenant_id = ${ctx.tenant.id} and id = any(${`{${ids.join(',')}}`}::uuid[])`);
  await lockCustomerRows(
    ctx,
    customers.map((row) => row.customerId),
  );
  const rows = await ctx.tx.rows<{ existing: Existing }>(sql`
    select row_to_json(d) as existing from (
      select ${stagedList}, upload_id from document where tenant_id = ${ctx.tenant.id} and id = any(${`{${ids.join(',')}}`}::uuid[]) order by id for no key update) d`);
  return new Map(rows.map((row) => [row.existing.id, row.existing]));
}

/** What the source system has not confirmed yet on these documents, oldest first. */
export async function readProvisional(ctx: Context, ids: readonly string[]): Promise<Map<string, ProvisionalRow[]>> {
  const list = `{${ids.join(',')}}`;
  const rows = await ctx.tx.rows<ProvisionalRow & { of: string; amountMinor: bigint | number }>(sql`
    select a.id, a.document_id, a.credit_id, a.payment_id, a.source, a.customer_id, a.currency, a.amount_minor, s.id as of,
      a.source in ('payment', 'credit_memo') and a.reverses_id is null as undoable
    from (
      select a.id as application_id, a.document_id as id from application a where a.tenant_id = ${ctx.tenant.id} and a.provisional and a.document_id = any(${list}::uuid[])
      union all
      select a.id, a.credit_id from application a where a.tenant_id = ${ctx.tenant.id} and a.provisional and a.credit_id = any(${list}::uuid[])) s
    join application a on a.tenant_id = ${ctx.tenant.id} and a.id = s.application_id
    order by a.id`);
  const byDocument = new Map<string, ProvisionalRow[]>();
  for (const row of rows) {
    const list = byDocument.get(row.of) ?? [];
    list.push({ ...row, amountMinor: Number(row.amountMinor) });
    byDocument.set(row.of, list);
  }
  return byDocument;
}

export async function mergeChanged(ctx: Context, batch: UploadBatch, changed: readonly { position: number; id: string }[], result: MergeResult): Promise<void> {
  const existing = await lockExisting(
    ctx,
    changed.map((item) => item.id),
  );
  const provisional = await readProvisional(ctx, [...existing.keys()]);
  const changes: Change[] = [];
  const rehashed: { id: string; hash: number }[] = [];
  const undone = new Undone();
  for (const [n, { position, id }] of changed.entries()) {
    const before = existing.get(id)!;
    const document = batch.read(position, before.currency);
    const refusal = document && refuse(document, before);
    if (!document || refusal) {
      if (refusal) result.notes.push({ position, error: true, ...refusal });
      result.statuses[position] = 'error';
      continue;
    }
    result.ids[position] = id;
    if (before.upload_id === batch.uploadId)
      result.notes.push({
        position,
        error: false,
        field: 'invoiceNumber',
        code: 'duplicate_in_request',
        message: 'An earlier row of this request had the same key; this one wins.',
      });
    undone.applyTo(before);
    const change = compare(ctx, batch, position, document, before, undone.standing(provisional.get(id) ?? []));
    if (change) {
      undone.add(change.settlement, provisional.get(id) ?? [], id);
      changes.push(change);
      result.statuses[position] = 'updated';
    } else rehashed.push({ id, hash: withMark(batch.hashes[position]!, document) });
    if (n % BREATH === BREATH - 1) await breathe();
  }
  await writeChanges(ctx, batch.uploadId, changes);
  await undone.write(ctx);
  await rehash(ctx, rehashed);
}

/** What an upload may not change about a document that is here. */
function refuse(document: UploadedDocument, before: Existing): { field: string; code: string; message: string } | null {
  if (document.kind !== before.kind)
    return {
      field: 'debitCreditIndicator',
      code: 'direction_changed',
      message: `${before.number} is here as ${before.kind.replaceAll('_', ' ')}; send it under another number.`,
    };
  const applied = before.amount_minor + before.charge_minor !== before.open_minor;
  if (document.currency !== undefined && document.currency !== before.currency && applied)
    return { field: 'currency', code: 'currency_changed', message: `${before.number} has payments or credits in ${before.currency}.` };
  return null;
}

/** The row laid over the document; null when nothing is different. */
function compare(ctx: Context, batch: UploadBatch, position: number, row: UploadedDocument, before: Existing, provisional: ProvisionalRow[]): Change | null {
  const merged = overlay(row, before);
  const currency = row.currency ?? before.currency;
  const settlement = settle(
    row,
    { totalMinor: before.amount_minor + before.charge_minor, openMinor: before.open_minor, chargeMinor: before.charge_minor },
    provisional,
  );
  const { openMinor, chargeMinor } = settlement;
  const stays = before.state === 'void' && openMinor === 0;
  const state = row.isVoid || stays ? 'void' : openMinor > 0 ? 'open' : 'closed';
  const issuedOn = row.issuedOn ?? (row.issuedOn === null ? (merged.invoicedOn ?? merged.postedOn ?? before.issued_on) : before.issued_on);
  const dueOn = row.dueOn ?? (row.dueOn === null ? batch.dueOn(merged, issuedOn) : before.due_on);
  const closedOn = state === 'open' ? null : (before.closed_on ?? ctx.clock.today().toString());
  const placement: Placement = {
    id: before.id,
    state,
    customerId: before.customer_id,
    companyCode: before.company_code,
    lineItem: before.line_item,
    currency,
    chargeMinor,
    openMinor,
    dueOn,
    issuedOn,
    closedOn,
    hash: withMark(batch.hashes[position]!, row),
  };
  const next: Record<string, unknown> = {
    number: merged.number,
    state,
    currency,
    amount_minor: merged.amountMinor,
    charge_minor: chargeMinor,
    open_minor: openMinor,
    due_on: dueOn,
    issued_on: issuedOn,
    closed_on: closedOn,
    bill_address: parsed(merged.billAddress),
    ship_address: parsed(merged.shipAddress),
    custom: merged.custom ? withoutNulls(merged.custom) : null,
  };
  for (const [field, column] of plainFields) next[column] = merged[field] ?? null;
  const changed = { before: {} as Record<string, unknown>, after: {} as Record<string, unknown> };
  for (const [column, value] of Object.entries(next)) {
    const was = before[column] ?? null;
    if (was === value || (typeof value === 'object' && sameJson(was, value))) continue;
    changed.before[column] = was;
    changed.after[column] = value;
  }
  if (Object.keys(changed.after).length === 0 && settlement.sourceMinor === 0 && settlement.confirmed.length === 0 && settlement.undone.length === 0)
    return null;
  return { position, existing: before, line: copyLine({ ...merged, escaped: true }, placement), settlement, isVoid: row.isVoid, ...changed };
}

const parsed = (text: string | null | undefined): unknown => (text == null ? null : JSON.parse(text));

/** What the row says, and what the document says where the row is silent. */
export function overlay(row: UploadedDocument, before: Existing): UploadedDocument {
  const merged = { ...row };
  for (const [field, column] of plainFields) if (row[field] === undefined) (merged as Record<string, unknown>)[field] = before[column];
  if (row.billAddress === undefined) merged.billAddress = before.bill_address && JSON.stringify(before.bill_address);
  if (row.shipAddress === undefined) merged.shipAddress = before.ship_address && JSON.stringify(before.ship_address);
  merged.custom = row.custom === undefined ? (before.custom ?? undefined) : { ...before.custom, ...row.custom };
  return merged;
}

export async function writeChanges(ctx: Context, uploadId: string, changes: readonly Change[]): Promise<void> {
  if (changes.length === 0) return;
  await stage(ctx, [Buffer.from(changes.map((change) => change.line).join(''))]);
  await ctx.tx.run(sql`
    update document d set ${sql.raw(
      stagedColumns
        .filter(([name]) => name !== 'id')
        .map(([name]) => `${name} = s.${name}`)
        .join(', '),
    )},
      upload_id = coalesce(d.upload_id, ${uploadId}::uuid), updated_at = app.now()
    from staged_document s where d.tenant_id = ${ctx.tenant.id} and d.id = s.id`);
  await ctx.tx.run(sql`truncate staged_document`);
  await recordChanges(ctx, uploadId, changes);
  const moved = changes.filter((change) => change.settlement.sourceMinor !== 0);
  await insertSourceApplications(
    ctx,
    uploadId,
    moved.map(({ existing, settlement, isVoid, after }) => ({
      documentId: existing.id,
      customerId: existing.customer_id,
      currency: (after['currency'] as string | undefined) ?? existing.currency,
      sourceMinor: settlement.sourceMinor,
      isVoid: isVoid && settlement.sourceMinor > 0,
    })),
  );
  await clearProvisional(
    ctx,
    changes.flatMap((change) => change.settlement.confirmed),
  );
}

async function recordChanges(ctx: Context, uploadId: string, changes: readonly Change[]): Promise<void> {
  await ctx.tx.run(sql`
    insert into document_change (tenant_id, id, document_id, upload_id, before, after)
    select ${ctx.tenant.id}::uuid, id, document_id, ${uploadId}::uuid, before, after
    from unnest(${changes.map(() => newId())}::uuid[], ${changes.map((c) => c.existing.id)}::uuid[],
      ${changes.map((c) => JSON.stringify({ ...c.before, ...settled(c.settlement) }))}::jsonb[], ${changes.map((c) => JSON.stringify(c.after))}::jsonb[])
      as t(id, document_id, before, after)`);
}

/** Our own applications that the change confirmed, and whether it took some off: an undo needs both. */
const settled = ({ confirmed, undone }: Settlement): Record<string, unknown> => ({
  ...(confirmed.length > 0 ? { provisional: confirmed } : {}),
  ...(undone.length > 0 ? { released: true } : {}),
});

/** The same content in other bytes: only the hash is brought up to date, so that the next time costs nothing. */
async function rehash(ctx: Context, rows: readonly { id: string; hash: number }[]): Promise<void> {
  if (rows.length === 0) return;
  await ctx.tx.run(sql`
    update document d set content_hash = t.hash
    from unnest(${rows.map((row) => row.id)}::uuid[], ${rows.map((row) => row.hash)}::bigint[]) as t(id, hash)
    where d.tenant_id = ${ctx.tenant.id} and d.id = t.id`);
}

/** Our own applications that come off in this batch, and what that means for payments and for the other side of a credit. */
export class Undone {
  readonly #off: (ProvisionalRow & { keepMinor: number })[] = [];
  readonly #ids = new Set<string>();
  /** Open amounts of documents that did not bring this about themselves. */
  readonly #others = new Map<string, number>();

  standing(rows: ProvisionalRow[]): ProvisionalRow[] {
    return rows.filter((row) => !this.#ids.has(row.id));
  }

  /** An earlier document of the batch has moved this one's open amount. */
  applyTo(document: Existing): void {
    document.open_minor += this.#others.get(document.id) ?? 0;
    this.#others.delete(document.id);
  }

  add(settlement: Settlement, rows: readonly ProvisionalRow[], documentId: string): void {
    for (const undone of settlement.undone) {
      const row = rows.find((candidate) => candidate.id === undone.id)!;
      this.#ids.add(row.id);
      this.#off.push({ ...row, keepMinor: undone.keepMinor });
      const other = row.documentId === documentId ? row.creditId : row.documentId;
      if (other) this.#others.set(other, (this.#others.get(other) ?? 0) + undone.amountMinor - undone.keepMinor);
    }
  }

  async write(ctx: Context): Promise<void> {
    const reason = 'The source system has counted it otherwise';
    for (const row of this.#off) {
      const same = { documentId: row.documentId, source: row.source, paymentId: row.paymentId, creditId: row.creditId, reason };
      const common = { customerId: row.customerId, currency: row.currency, appliedOn: ctx.clock.today() };
      await insertApplications(ctx, common, [
        { ...same, amountMinor: BigInt(-row.amountMinor), reversesId: row.id, provisional: false },
        ...(row.keepMinor > 0 ? [{ ...same, amountMinor: BigInt(row.keepMinor), provisional: true }] : []),
      ]);
      await clearProvisional(ctx, [row.id]);
      const freed = BigInt(row.amountMinor - row.keepMinor);
      if (row.paymentId) await changePayment(ctx, row.paymentId, { applied: -freed, unapplied: freed });
      await ctx.record({
        type: receivableEvents.applicationUndone,
        subjectType: 'document',
        subjectId: row.documentId,
        customerId: row.customerId,
        data: { amount: toJson(money(freed, row.currency)), source: row.source, paymentId: row.paymentId, creditId: row.creditId, by: 'upload' },
      });
    }
    await changeOpen(
      ctx,
      [...this.#others].map(([documentId, change]) => ({ documentId, changeMinor: BigInt(change) })),
      ctx.clock.today(),
    );
  }
}
