import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { from as copyFrom } from 'pg-copy-streams';
import { isId, newId } from '../../kernel/ids.ts';
import { money, toJson } from '../../kernel/money.ts';
import { sameJson } from '../../kernel/same-json.ts';
import type { Context } from '../../platform/context.ts';
import { sql } from '../../platform/database/sql.ts';
import { lockCustomerRows } from '../customers/index.ts';
import { receivableEvents } from './events.ts';
import { type Application, changeOpen, changePayment, clearProvisional, type DocumentKind, insertApplications } from './queries.ts';
import { copyLine, type Placement, plainFields, stagedColumns, type UploadedDocument, withoutNulls } from './upload-row.ts';
import { type Settlement, settle, settleNew } from './upload-settle.ts';

/**
 * The set-based merge of uploaded documents. Rows whose content hash stands in the database already are dropped by one
 * look-up and never written; new ones go through COPY into a temporary table (row-level security refuses COPY into the
 * table itself) and one INSERT; changed ones are compared field by field and written with their before and after.
 */
export interface DocumentKey {
  number: string;
  customerId: string;
  companyCode: string;
  lineItem: string;
  accountingNumber: string;
  fiscalYear: string;
}

export interface UploadBatch {
  uploadId: string;
  /** No two of one batch are equal. */
  keys: readonly DocumentKey[];
  /** Of the rows' content; even. The lowest bit is this module's. */
  hashes: readonly number[];
  /** The checked row, or null when it has errors that the caller keeps. With the currency of the existing document. */
  read(position: number, currency?: string): UploadedDocument | null;
  /** The due date of a new document that names none. */
  dueOn(document: UploadedDocument, issuedOn: string): string;
  /** Remembers every document of the batch for {@link closeMissing}. */
  snapshot: boolean;
}

export type RowStatus = 'created' | 'updated' | 'unchanged' | 'error';

export interface RowNote {
  position: number;
  error: boolean;
  field: string;
  code: string;
  message: string;
}

export interface MergeResult {
  statuses: RowStatus[];
  /** Null for unchanged rows (not read back) and errors. */
  ids: (string | null)[];
  notes: RowNote[];
  /** Positions of unchanged rows whose warnings should be said again. */
  warnAgain: number[];
}

const columnNames = stagedColumns.map(([name]) => name).join(', ');
const stagedList = sql.raw(columnNames);
/** Rows prepared between two looks at the event loop, and lines that are handed to COPY as one piece. */
const BREATH = 100;

const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * Rows made ready as if all were new, before it is known which are; null where a row has errors. Their lines are bytes
 * by then: hundreds of texts a row that live until PostgreSQL takes them cost more in garbage collection than all else.
 */
export interface PreparedRows {
  rows: readonly (NewRow | null)[];
  /** Of {@link BREATH} rows each, in order. */
  pieces: readonly Buffer[];
}

/** Reads every row of a batch as if it were new. Work for the time in which PostgreSQL is busy with the batch before. */
export async function prepareInvoices(ctx: Context, batch: UploadBatch): Promise<PreparedRows> {
  const rows: (NewRow | null)[] = [];
  const pieces: Buffer[] = [];
  let text = '';
  for (let position = 0; position < batch.keys.length; position++) {
    const prepared = prepareNew(ctx, batch, position);
    rows.push(prepared?.row ?? null);
    if (prepared) text += prepared.line;
    if (position % BREATH < BREATH - 1 && position < batch.keys.length - 1) continue;
    pieces.push(Buffer.from(text));
    text = '';
    await breathe();
  }
  return { rows, pieces };
}

const LINE_END = 10;

/** The lines of these positions (ascending) as pieces for COPY. No line has a line end within: COPY writes it `\n`. */
function* linesOf(prepared: PreparedRows, wanted: readonly number[]): Generator<Buffer> {
  if (wanted.length === prepared.rows.length) {
    yield* prepared.pieces;
    return;
  }
  const asked = new Set(wanted);
  for (const [n, piece] of prepared.pieces.entries()) {
    let from = 0;
    for (let position = n * BREATH; position < Math.min((n + 1) * BREATH, prepared.rows.length); position++) {
      if (prepared.rows[position] === null) continue;
      const to = piece.indexOf(LINE_END, from) + 1;
      if (asked.has(position)) yield piece.subarray(from, to);
      from = to;
    }
  }
}

/** `handedOver` is called when PostgreSQL has most of the work: the rows to insert, or the question which are new. */
export async function mergeInvoices(ctx: Context, batch: UploadBatch, prepared: PreparedRows | null, handedOver: () => void): Promise<MergeResult> {
  const result: MergeResult = {
    statuses: new Array(batch.keys.length).fill('unchanged'),
    ids: new Array(batch.keys.length).fill(null),
    notes: [],
    warnAgain: [],
  };
  if (batch.keys.length === 0) return result;
  const finding = findDocuments(ctx, batch);
  if (prepared === null) handedOver();
  const found = await finding;
  result.warnAgain = found.warned;
  const made = prepared ?? (found.absent.length > 0 ? await prepareInvoices(ctx, only(batch, found.absent)) : null);
  const rows: NewRow[] = [];
  const taken: number[] = [];
  for (const [n, position] of found.absent.entries()) {
    const at = prepared ? position : n;
    const row = made!.rows[at]!;
    if (row === null) {
      result.statuses[position] = 'error';
      continue;
    }
    rows.push(row);
    taken.push(at);
    result.statuses[position] = 'created';
    result.ids[position] = row.id;
  }
  for (const position of found.elsewhere)
    result.notes.push({
      position,
      error: false,
      field: 'invoiceNumber',
      code: 'same_number_other_customer',
      message: 'Another customer has a document with this number.',
    });
  if (made && rows.length > 0) await insertNew(ctx, batch.uploadId, rows, linesOf(made, taken), handedOver);
  if (found.changed.length > 0) await mergeChanged(ctx, batch, found.changed, result);
  if (batch.snapshot) await remember(ctx, batch);
  return result;
}

interface Found {
  absent: number[];
  /** Unchanged, and the row had warnings. */
  warned: number[];
  /** New, and another customer has the number. */
  elsewhere: number[];
  changed: { position: number; id: string }[];
}

const arrayItem = (text: string): string => (/["\\]/.test(text) ? `"${text.replace(/["\\]/g, '\\$&')}"` : `"${text}"`);
const textArray = (keys: readonly DocumentKey[], field: keyof DocumentKey): string => {
  let text = '{';
  for (let i = 0; i < keys.length; i++) text += (i > 0 ? ',' : '') + arrayItem(keys[i]![field]);
  return `${text}}`;
};
const positions = (text: string | null): number[] => (text === null ? [] : text.split(',').map(Number));

/**
 * One row comes back, whatever the size: unchanged rows, the many, are not named at all. First the upload's key; for
 * those not found the ledger's (number and year in the same company code and line).
 */
async function findDocuments(ctx: Context, batch: UploadBatch): Promise<Found> {
  const { keys } = batch;
  const row = await ctx.tx.one<{ absent: string | null; warned: string | null; elsewhere: string | null; changed: string | null }>(sql`
    select absent, warned, elsewhere, changed from app.match_documents(${textArray(keys, 'number')}::text[], ${textArray(keys, 'customerId')}::uuid[],
      ${textArray(keys, 'companyCode')}::text[], ${textArray(keys, 'lineItem')}::text[], ${textArray(keys, 'accountingNumber')}::text[],
      ${textArray(keys, 'fiscalYear')}::text[], ${`{${batch.hashes.join(',')}}`}::bigint[])`);
  return {
    absent: row.absent === '*' ? keys.map((_, position) => position) : positions(row.absent),
    warned: positions(row.warned),
    elsewhere: positions(row.elsewhere),
    changed: (row.changed?.split(',') ?? []).map((item) => {
      const [position, id] = item.split(' ') as [string, string];
      return { position: Number(position), id };
    }),
  };
}

/** The batch as if it were these positions alone. */
const only = (batch: UploadBatch, kept: readonly number[]): UploadBatch => ({
  ...batch,
  keys: kept.map((position) => batch.keys[position]!),
  hashes: kept.map((position) => batch.hashes[position]!),
  read: (position, currency) => batch.read(kept[position]!, currency),
});

interface NewRow {
  id: string;
  customerId: string;
  currency: string;
  sourceMinor: number;
  isVoid: boolean;
}

const withMark = (hash: number, document: UploadedDocument): number => hash + (document.warned ? 1 : 0);

/** Null when the row has errors. */
function prepareNew(ctx: Context, batch: UploadBatch, position: number): { row: NewRow; line: string } | null {
  const key = batch.keys[position]!;
  const document = batch.read(position);
  if (document === null) return null;
  const today = ctx.clock.today().toString();
  const issuedOn = document.issuedOn ?? document.invoicedOn ?? document.postedOn ?? today;
  const { chargeMinor, openMinor, sourceMinor } = settleNew(document);
  const state = document.isVoid ? 'void' : openMinor > 0 ? 'open' : 'closed';
  const currency = document.currency ?? ctx.tenant.currency;
  const placement: Placement = {
    id: newId(),
    state,
    customerId: key.customerId,
    companyCode: key.companyCode,
    lineItem: key.lineItem,
    currency,
    chargeMinor,
    openMinor,
    dueOn: document.dueOn ?? batch.dueOn(document, issuedOn),
    issuedOn,
    closedOn: state === 'open' ? null : today,
    hash: withMark(batch.hashes[position]!, document),
  };
  return {
    line: copyLine(document, placement),
    row: { id: placement.id, customerId: key.customerId, currency, sourceMinor, isVoid: document.isVoid },
  };
}

/** Transactions that have their staging table. */
const staging = new WeakSet<Context['tx']>();

/** Puts lines into the staging table of this transaction; whoever uses them empties it. */
async function stage(ctx: Context, lines: Iterable<Buffer>): Promise<void> {
  if (!staging.has(ctx.tx)) {
    await ctx.tx.run(
      sql`create temporary table staged_document (${sql.raw(stagedColumns.map(([name, type]) => `${name} ${type}`).join(', '))}) on commit drop`,
    );
    staging.add(ctx.tx);
  }
  await pipeline(Readable.from(lines), ctx.tx.client.query(copyFrom(`copy staged_document (${columnNames}) from stdin`)));
}

async function insertNew(ctx: Context, uploadId: string, rows: readonly NewRow[], lines: Iterable<Buffer>, handedOver: () => void): Promise<void> {
  await stage(ctx, lines);
  // The moment is asked for once: as a column default it is worked out for every row, twice. Two statements in one round
  // trip, because each answer waits until this process, busy with the next batch, looks up; the ids are our own UUIDs.
  if (!isId(ctx.tenant.id) || !isId(uploadId)) throw new TypeError('an id is a UUID');
  const inserted = ctx.tx.client.query(`
    insert into document (tenant_id, ${columnNames}, upload_id, created_at, updated_at)
    select '${ctx.tenant.id}'::uuid, ${columnNames}, '${uploadId}'::uuid, (select app.now()), (select app.now()) from staged_document;
    truncate staged_document`);
  handedOver();
  await inserted;
  const applied = rows.filter((row) => row.sourceMinor !== 0);
  await insertSourceApplications(
    ctx,
    uploadId,
    applied.map((row) => ({ documentId: row.id, ...row })),
  );
}

interface SourceApplication {
  documentId: string;
  customerId: string;
  currency: string;
  sourceMinor: number;
  isVoid: boolean;
}

async function insertSourceApplications(ctx: Context, uploadId: string, rows: readonly SourceApplication[]): Promise<void> {
  if (rows.length === 0) return;
  await ctx.tx.run(sql`
    insert into application (tenant_id, id, document_id, customer_id, source, amount_minor, currency, applied_on, reason, upload_id)
    select ${ctx.tenant.id}::uuid, id, document_id, customer_id, source, amount_minor, currency, ${ctx.clock.today()}::date, 'Balance of the source system', ${uploadId}::uuid
    from unnest(${rows.map(() => newId())}::uuid[], ${rows.map((r) => r.documentId)}::uuid[], ${rows.map((r) => r.customerId)}::uuid[],
      ${rows.map((r) => (r.isVoid ? 'void' : 'source_system'))}::text[], ${rows.map((r) => r.sourceMinor)}::bigint[], ${rows.map((r) => r.currency)}::text[])
      as t(id, document_id, customer_id, source, amount_minor, currency)`);
}

/** A document as it is, by column; days as text, amounts as numbers. */
interface Existing {
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

interface ProvisionalRow {
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

interface Change {
  position: number;
  existing: Existing;
  line: string;
  settlement: Settlement;
  isVoid: boolean;
  before: Record<string, unknown>;
  after: Record<string, unknown>;
}

/** Locks the customers, then the documents, and reads the documents as they are under the lock. */
async function lockExisting(ctx: Context, ids: readonly string[]): Promise<Map<string, Existing>> {
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
async function readProvisional(ctx: Context, ids: readonly string[]): Promise<Map<string, ProvisionalRow[]>> {
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

async function mergeChanged(ctx: Context, batch: UploadBatch, changed: Found['changed'], result: MergeResult): Promise<void> {
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
function overlay(row: UploadedDocument, before: Existing): UploadedDocument {
  const merged = { ...row };
  for (const [field, column] of plainFields) if (row[field] === undefined) (merged as Record<string, unknown>)[field] = before[column];
  if (row.billAddress === undefined) merged.billAddress = before.bill_address && JSON.stringify(before.bill_address);
  if (row.shipAddress === undefined) merged.shipAddress = before.ship_address && JSON.stringify(before.ship_address);
  merged.custom = row.custom === undefined ? (before.custom ?? undefined) : { ...before.custom, ...row.custom };
  return merged;
}

async function writeChanges(ctx: Context, uploadId: string, changes: readonly Change[]): Promise<void> {
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
class Undone {
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

/** Keeps the documents of the batch in a temporary table until the transaction ends. */
async function remember(ctx: Context, batch: UploadBatch): Promise<void> {
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
