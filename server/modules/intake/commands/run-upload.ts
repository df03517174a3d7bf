import v8 from 'node:v8';
import { newId } from '../../../kernel/ids.ts';
import type { FieldError } from '../../../kernel/problem.ts';
import type { Context } from '../../../platform/context.ts';
import { closeMissing, refreshBalances, refreshLater } from '../../receivables/index.ts';
import { getSettings } from '../../tenants/index.ts';
import { lockCustomerRows } from '../../customers/index.ts';
import { intakeEvents } from '../events.ts';
import type { RowSlice } from '../json-slice.ts';
import { finishUpload, insertErrors, insertUpload, lockUploads, type UploadKind, type UploadSource } from '../queries.ts';
import type { ReadingSettings } from '../row-invoice.ts';
import type { RowResult, RowResults } from '../row-results.ts';
import { mergeCustomerRows } from './customer-rows.ts';
import { BATCH_ROWS, GatheredRows, type Outcomes } from './gathered.ts';
import { InvoiceRows, type PreparedBatch, type ReadBatch } from './invoice-rows.ts';

export interface UploadRequest {
  kind: UploadKind;
  source: UploadSource;
  fileName?: string | null;
  /** The rows are all open items of their company codes: what is missing is closed. */
  snapshot?: boolean;
  /** Undefined: as the company has set. */
  createCustomers?: boolean | undefined;
  /** In spreadsheets: whole numbers may be days. */
  serials?: boolean;
  onProgress?: ((rows: number) => void) | undefined;
}

export interface UploadSummary {
  uploadId: string;
  received: number;
  created: number;
  updated: number;
  unchanged: number;
  failed: number;
  /** By a snapshot. */
  closed: number;
  warnings: FieldError[];
}

// Rows become garbage in bulk, and V8 lets its heap grow to several times what is alive before it looks: 300 MB resident
// with 28 MB alive. Looking when 40 % has been added stays under 256 MB; at 20 % it took 9 of 38 µs a row to look.
v8.setFlagsFromString('--heap-growing-percent=40');

/** Customers touched by a request up to this size have their balances brought up to date in it; above, by a job. */
const REFRESH_AT_ONCE = 1000;
/** Batches at most for which it is not asked again whether all rows are known. */
const MOST_REFRAINED = 15;
/** Rows whose errors are kept with the upload; the answer has them all. */
const MAX_KEPT_ERRORS = 10_000;

/** The hash of a row's content holds for these settings only: with others the same bytes mean something else. */
export const seedFor = (kind: UploadKind, s: ReadingSettings): string =>
  `1 ${kind} ${s.currency} ${s.timezone} ${s.dayFirst} ${s.decimalComma} ${s.defaultTermsDays} ${s.serials ?? false}`;

export async function readingSettings(ctx: Context, serials = false): Promise<ReadingSettings & { createCustomers: boolean }> {
  const { intake } = await getSettings(ctx);
  return {
    currency: ctx.tenant.currency,
    timezone: ctx.tenant.timezone,
    dayFirst: intake.dayFirst,
    decimalComma: intake.decimalComma,
    defaultTermsDays: intake.defaultTermsDays,
    createCustomers: intake.createCustomers,
    serials,
  };
}

/**
 * Takes rows in and merges them, all in the transaction of `ctx`: while PostgreSQL inserts one batch, the next is
 * made ready and the one after it parsed. A Problem from the rows (a cut or malformed body, a limit) leaves nothing behind.
 */
export async function runUpload(
  ctx: Context,
  request: UploadRequest,
  rowsOf: (seed: string, lazy: () => boolean) => AsyncIterable<RowSlice>,
  results: RowResults,
): Promise<UploadSummary> {
  const settings = await readingSettings(ctx, request.serials);
  const uploadId = newId();
  const run = new UploadRun(ctx, request, { ...settings, createCustomers: request.createCustomers ?? settings.createCustomers }, uploadId, results);
  await insertUpload(ctx, {
    id: uploadId,
    kind: request.kind,
    source: request.source,
    fileName: request.fileName ?? null,
    snapshot: request.snapshot ?? false,
  });
  let batch: GatheredRows | null = null;
  try {
    for await (const slice of rowsOf(seedFor(request.kind, settings), () => run.mayBeKnown)) {
      batch ??= new GatheredRows(slice.first);
      batch.add(slice);
      if (batch.count < BATCH_ROWS) continue;
      const full = batch;
      batch = null;
      await run.take(full, false);
    }
    const rest = batch;
    batch = null;
    if (rest) await run.take(rest, true);
    await run.mergeLast();
  } catch (error) {
    // the connection must be quiet before it can roll back; what is wrong with rows before is said first
    await run.quiet();
    batch?.parse();
    throw error;
  }
  return run.finish();
}

interface Prepared {
  batch: GatheredRows;
  /** Null for customers. */
  invoices: PreparedBatch | null;
}

class UploadRun {
  readonly #ctx: Context;
  readonly #request: UploadRequest;
  readonly #results: RowResults;
  readonly #invoices: InvoiceRows;
  readonly #touched = new Set<string>();
  readonly #summary: UploadSummary;
  readonly #createCustomers: boolean;
  #keptErrors = 0;
  #locked = false;
  /** Batches that are not asked for as a whole whether they are known, and how many it was the last time. */
  #notAsked = 0;
  #refrained = 0;
  /** The batch whose customers are found and which is merged next. */
  #next: Prepared | null = null;
  #merging: Promise<void> = Promise.resolve();

  constructor(ctx: Context, request: UploadRequest, settings: ReadingSettings & { createCustomers: boolean }, uploadId: string, results: RowResults) {
    this.#ctx = ctx;
    this.#request = request;
    this.#results = results;
    this.#createCustomers = settings.createCustomers;
    this.#invoices = new InvoiceRows({ uploadId, settings, createCustomers: settings.createCustomers, snapshot: request.snapshot ?? false });
    this.#summary = { uploadId, received: 0, created: 0, updated: 0, unchanged: 0, failed: 0, closed: 0, warnings: [] };
  }

  /**
   * Reads the keys of a batch, as long as PostgreSQL is busy with the last merge; finds its customers, begins to merge
   * the batch before it, and, when PostgreSQL is busy with that for a while, makes this one ready. In this order, because
   * there is one connection: whoever asks while it inserts waits for it, and whoever is busy when it answers lets it wait.
   */
  async take(batch: GatheredRows, last: boolean): Promise<void> {
    const read = this.#request.kind === 'invoices' && !this.mayBeKnown ? this.#invoices.read(batch) : null;
    await this.#merging;
    if (!this.#invoices.mostlyNew) return this.#mergeBeside(batch, read, last);
    const taken: Prepared = { batch, invoices: await this.#identify(batch, read, last) };
    await this.#beginMerge();
    this.#next = taken;
    if (taken.invoices) await this.#invoices.makeReady(this.#ctx, taken.invoices);
  }

  /** What is not mostly new needs little of this process: all that is asked of PostgreSQL goes on beside the parsing of the next batch. */
  #mergeBeside(batch: GatheredRows, read: ReadBatch | null, last: boolean): void {
    const waiting = this.#next;
    this.#next = null;
    const nobodyWaits = () => {};
    this.#merging = (async () => {
      if (waiting) await this.#merge(waiting, nobodyWaits);
      if (read === null && (await this.#areKnown(batch, last))) await this.#answerKnown(batch);
      else await this.#merge({ batch, invoices: await this.#identify(batch, read, last) }, nobodyWaits);
    })();
    // whoever waits for it next is told
    this.#merging.catch(() => {});
  }

  async mergeLast(): Promise<void> {
    await this.#merging;
    await this.#beginMerge();
    await this.#merging;
  }

  /** Answers when nothing runs on the connection any more, whatever came of it. */
  async quiet(): Promise<void> {
    await Promise.allSettled([this.#merging]);
  }

  /** Rows need not be parsed before it is asked whether all of them are as they were. A snapshot needs the keys of each. */
  get mayBeKnown(): boolean {
    return this.#request.kind === 'invoices' && !this.#request.snapshot && !this.#invoices.mostlyNew && this.#notAsked === 0;
  }

  /** A no is a query for nothing, so that after each more batches are not asked for. */
  async #areKnown(batch: GatheredRows, last: boolean): Promise<boolean> {
    const alone = !this.#locked && last;
    if (alone || !this.mayBeKnown) return false;
    await this.#lock('exclusive');
    const known = await this.#invoices.areKnown(this.#ctx, batch);
    this.#refrained = known ? 0 : Math.min(2 * this.#refrained + 1, MOST_REFRAINED);
    this.#notAsked = this.#refrained;
    return known;
  }

  async #lock(mode: 'shared' | 'exclusive'): Promise<void> {
    if (!this.#locked) await lockUploads(this.#ctx, mode);
    this.#locked = true;
  }

  async #answerKnown(batch: GatheredRows): Promise<void> {
    if (this.#results.wantsPlain) await this.#answer(batch, this.#invoices.read(batch).outcomes, () => null);
    else {
      this.#results.count(batch.count);
      this.#summary.received += batch.count;
      this.#summary.unchanged += batch.count;
    }
    this.#done(batch);
  }

  #done(batch: GatheredRows): void {
    batch.release();
    this.#request.onProgress?.(this.#summary.received);
  }

  async #identify(batch: GatheredRows, read: ReadBatch | null, last: boolean): Promise<PreparedBatch | null> {
    if (this.#notAsked > 0) this.#notAsked--;
    const alone = !this.#locked && last;
    // an upload whose rows are all known may run beside others: it locks its customers in one order
    const shared = alone && this.#request.kind === 'invoices' && !this.#createCustomers && !this.#request.snapshot;
    await this.#lock(shared ? 'shared' : 'exclusive');
    if (this.#request.kind !== 'invoices') return null;
    return this.#invoices.identify(this.#ctx, read ?? this.#invoices.read(batch), shared ? (ids) => lockCustomerRows(this.#ctx, ids) : undefined);
  }

  /** Answers when the batch is with PostgreSQL: from then on this process has time. */
  async #beginMerge(): Promise<void> {
    const next = this.#next;
    this.#next = null;
    if (!next) return;
    await new Promise<void>((handedOver) => {
      this.#merging = this.#merge(next, handedOver);
      this.#merging.then(handedOver, handedOver);
    });
  }

  async #merge({ batch, invoices }: Prepared, handedOver: () => void): Promise<void> {
    if (invoices) {
      const { outcomes, customerOf } = await this.#invoices.merge(this.#ctx, invoices, handedOver);
      await this.#answer(batch, outcomes, customerOf);
    } else {
      const outcomes = await mergeCustomerRows(this.#ctx, this.#summary.uploadId, batch);
      await this.#answer(batch, outcomes, (row) => outcomes.ids[row] ?? null);
    }
    this.#done(batch);
  }

  async #answer(batch: GatheredRows, outcomes: Outcomes, customerOf: (row: number) => string | null): Promise<void> {
    const errors = [];
    const counts = { created: 0, updated: 0, unchanged: 0, error: 0 };
    let plain = 0;
    for (let row = 0; row < batch.count; row++) {
      const status = outcomes.statuses[row]!;
      counts[status]++;
      const found = outcomes.of(row);
      if (status !== 'unchanged' && status !== 'error' && this.#touched.size <= REFRESH_AT_ONCE) {
        const customer = customerOf(row);
        if (customer) this.#touched.add(customer);
      }
      if (found?.errors && this.#keptErrors < MAX_KEPT_ERRORS) {
        this.#keptErrors++;
        errors.push({ rowIndex: batch.first + row, key: outcomes.keys[row] || null, errors: found.errors });
      }
      if (!found && !this.#results.wantsPlain) plain++;
      else this.#results.add(resultOf(batch.first + row, outcomes, row));
    }
    if (plain > 0) this.#results.count(plain);
    this.#summary.received += batch.count;
    this.#summary.created += counts.created;
    this.#summary.updated += counts.updated;
    this.#summary.unchanged += counts.unchanged;
    this.#summary.failed += counts.error;
    await insertErrors(this.#ctx, this.#summary.uploadId, errors);
  }

  async finish(): Promise<UploadSummary> {
    const summary = this.#summary;
    if (this.#request.snapshot && this.#request.kind === 'invoices') await this.#closeMissing();
    await finishUpload(this.#ctx, summary.uploadId, summary);
    if (summary.created + summary.updated + summary.closed > 0) {
      if (summary.received <= REFRESH_AT_ONCE && this.#touched.size <= REFRESH_AT_ONCE) await refreshBalances(this.#ctx, [...this.#touched]);
      else await refreshLater(this.#ctx);
    }
    await this.#ctx.record({
      type: intakeEvents.uploadFinished,
      subjectType: 'upload',
      subjectId: summary.uploadId,
      data: {
        kind: this.#request.kind,
        source: this.#request.source,
        fileName: this.#request.fileName ?? null,
        received: summary.received,
        created: summary.created,
        updated: summary.updated,
        unchanged: summary.unchanged,
        failed: summary.failed,
        closed: summary.closed,
      },
    });
    return summary;
  }

  async #closeMissing(): Promise<void> {
    if (this.#invoices.unidentified > 0) {
      this.#summary.warnings.push({
        field: '',
        code: 'snapshot_incomplete',
        message: `${this.#invoices.unidentified} rows do not say which document they are about, so nothing was closed. Correct them and send the snapshot again.`,
      });
      return;
    }
    const { closed, customerIds } = await closeMissing(this.#ctx, this.#summary.uploadId, [...this.#invoices.companyCodes]);
    this.#summary.closed = closed;
    for (const id of customerIds) if (this.#touched.size <= REFRESH_AT_ONCE) this.#touched.add(id);
  }
}

function resultOf(index: number, outcomes: Outcomes, row: number): RowResult {
  const found = outcomes.of(row);
  const id = outcomes.ids[row];
  return {
    index,
    key: outcomes.keys[row]!,
    ...(id ? { id } : {}),
    status: outcomes.statuses[row]!,
    ...(found?.errors ? { errors: found.errors } : {}),
    ...(found?.warnings ? { warnings: found.warnings } : {}),
  };
}
