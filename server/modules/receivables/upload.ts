import { isId, newId } from '../../kernel/ids.ts';
import type { Context } from '../../platform/context.ts';
import { sql } from '../../platform/database/sql.ts';
import { BREATH, breathe, columnNames, insertSourceApplications, type MergeResult, stage, textArray, type UploadBatch, withMark } from './upload-batch.ts';
import { mergeChanged } from './upload-changes.ts';
import { remember } from './upload-missing.ts';
import { copyLine, type Placement } from './upload-row.ts';
import { settleNew } from './upload-settle.ts';

/**
 * The set-based merge of uploaded documents. Rows whose content hash stands in the database already are dropped by one
 * look-up and never written; new ones go through COPY into a temporary table (row-level security refuses COPY into the
 * table itself) and one INSERT; changed ones are compared field by field and written with their before and after.
 */

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

/** Documents looked at between two numbers, for each row of a batch. */
const MAX_BETWEEN = 3;

/**
 * Each of these hashes, no two equal, is that of a document between the two numbers, whichever comes first, and of a row
 * without warnings. Read from the index alone. False too when many more documents lie between them.
 */
export async function documentsAreKnown(ctx: Context, hashes: readonly number[], oneEnd: string, otherEnd: string): Promise<boolean> {
  const row = await ctx.tx.one<{ known: boolean }>(sql`
    with near as materialized (
      select content_hash from document
      where tenant_id = ${ctx.tenant.id} and number >= least(${oneEnd} collate "C", ${otherEnd}) and number <= greatest(${oneEnd} collate "C", ${otherEnd})
      limit ${hashes.length * MAX_BETWEEN})
    select count(distinct k.hash) = ${hashes.length} as known
    from unnest(${`{${hashes.join(',')}}`}::bigint[]) k(hash) where k.hash in (select content_hash from near)`);
  return row.known;
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
