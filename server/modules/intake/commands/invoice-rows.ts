import type { Context } from '../../../platform/context.ts';
import { createNamedCustomers, CustomerFinder } from '../../customers/index.ts';
import {
  type DocumentKey,
  documentsAreKnown,
  mergeInvoices,
  type PreparedRows,
  prepareInvoices,
  type UploadBatch,
  type UploadedDocument,
} from '../../receivables/index.ts';
import { addDays, termsDays } from '../dates.ts';
import { RowFault } from '../json-slice.ts';
import { type InvoiceKey, type ReadingSettings, readInvoice, readInvoiceKey } from '../row-invoice.ts';
import { type GatheredRows, nothingFound, Outcomes } from './gathered.ts';

export interface InvoiceUploadOptions {
  uploadId: string;
  settings: ReadingSettings;
  createCustomers: boolean;
  snapshot: boolean;
}

/** A row that will be merged: its place in the batch, and its key with the customer found. */
interface Entry {
  row: number;
  key: DocumentKey;
}

const isSameDocument = (a: DocumentKey, b: DocumentKey): boolean =>
  a.number === b.number && a.customerId === b.customerId && a.companyCode === b.companyCode && a.lineItem === b.lineItem;

/** A batch of which it is known how its rows call their documents; null where a row does not. */
export interface ReadBatch {
  batch: GatheredRows;
  outcomes: Outcomes;
  keys: readonly (InvoiceKey | null)[];
}

/** A batch of which only the documents that are here have to be asked. */
export interface PreparedBatch {
  outcomes: Outcomes;
  entries: readonly Entry[];
  upload: UploadBatch;
  /** Made in advance, or null. */
  rows: PreparedRows | null;
}

/** Merges invoices batch by batch; remembers customers, terms and, for a snapshot, which company codes were sent. */
export class InvoiceRows {
  readonly #options: InvoiceUploadOptions;
  readonly #finder = new CustomerFinder();
  readonly #terms = new Map<string, number | null>();
  readonly #dueDays = new Map<string, string>();
  readonly companyCodes = new Set<string>();
  /** A row did not say which document it is about: a snapshot cannot tell what is missing. */
  unidentified = 0;
  #mostlyNew = false;

  constructor(options: InvoiceUploadOptions) {
    this.#options = options;
  }

  /**
   * Every row stands in the database as it was sent, by one look-up that needs no row parsed. False does not mean that
   * one is new or changed: also rows with warnings, rows in no order and rows that are repeated need to be looked at.
   */
  async areKnown(ctx: Context, batch: GatheredRows): Promise<boolean> {
    if (!batch.tidy) return false;
    const [first, last] = batch.ends.map((row) => (row === null ? '' : readInvoiceKey(row, true, nothingFound()).number));
    return first !== '' && last !== '' && documentsAreKnown(ctx, batch.hashes, first!, last!);
  }

  /** Which documents the rows name. Asks nothing of the database. */
  read(batch: GatheredRows): ReadBatch {
    const outcomes = new Outcomes(batch.count);
    return { batch, outcomes, keys: this.#readKeys(batch, outcomes) };
  }

  /** Whose documents the rows of a batch are. `lock` is called with the customers' ids before anything is looked up or written. */
  async identify(ctx: Context, { batch, outcomes, keys }: ReadBatch, lock?: (customerIds: string[]) => Promise<void>): Promise<PreparedBatch> {
    await this.#finder.find(
      ctx,
      keys.flatMap((key) => (key ? [{ number: key.customerNumber, companyCode: key.companyCode }] : [])),
    );
    if (this.#options.createCustomers) await this.#createMissing(ctx, batch, keys);
    const entries = this.#entries(batch, keys, outcomes);
    if (lock) await lock([...new Set(entries.map((entry) => entry.key.customerId))]);
    return { outcomes, entries, upload: this.#uploadOf(batch, entries, outcomes), rows: null };
  }

  /** While rows are mostly new: what will be written of them. Asks nothing of the database. */
  async makeReady(ctx: Context, batch: PreparedBatch): Promise<void> {
    if (this.#mostlyNew) batch.rows = await prepareInvoices(ctx, batch.upload);
  }

  /** The last batch was mostly of documents that were not here. */
  get mostlyNew(): boolean {
    return this.#mostlyNew;
  }

  /** `handedOver` is called when PostgreSQL has the batch. */
  async merge(
    ctx: Context,
    { outcomes, entries, upload, rows }: PreparedBatch,
    handedOver: () => void,
  ): Promise<{ outcomes: Outcomes; customerOf: (row: number) => string | null }> {
    const merged = await mergeInvoices(ctx, upload, rows, handedOver);
    for (const position of merged.warnAgain) upload.read(position);
    let created = 0;
    for (const [position, { row }] of entries.entries()) {
      outcomes.statuses[row] = merged.statuses[position]!;
      outcomes.ids[row] = merged.ids[position]!;
      if (merged.statuses[position] === 'created') created++;
    }
    for (const { position, error, ...note } of merged.notes) outcomes[error ? 'fail' : 'warn'](entries[position]!.row, note);
    this.#mostlyNew = created * 2 > entries.length;
    let customers: Map<number, string> | null = null;
    return { outcomes, customerOf: (row) => (customers ??= new Map(entries.map((entry) => [entry.row, entry.key.customerId]))).get(row) ?? null };
  }

  #readKeys(batch: GatheredRows, outcomes: Outcomes): (InvoiceKey | null)[] {
    return batch.rows.map((row, index) => {
      if (row instanceof RowFault) {
        outcomes.fail(index, { field: row.field, code: row.code, message: row.message });
        this.unidentified++;
        return null;
      }
      const found = nothingFound();
      const key = readInvoiceKey(row, batch.escaped[index]!, found);
      outcomes.keys[index] = key.number;
      if (found.errors === null) return key;
      // the other attributes' errors are said as well, so that one look is enough
      readInvoice(row, batch.escaped[index]!, this.#options.settings, ((found.errors = null), found));
      outcomes.note(index, found);
      this.unidentified++;
      return null;
    });
  }

  async #createMissing(ctx: Context, batch: GatheredRows, keys: readonly (InvoiceKey | null)[]): Promise<void> {
    const missing = new Map<string, { number: string; companyCode: string; name: string }>();
    for (const [index, key] of keys.entries()) {
      if (!key) continue;
      const found = this.#finder.get(key.customerNumber, key.companyCode);
      if (!found || 'id' in found || found.code !== 'unknown_customer') continue;
      const row = batch.rows[index] as Record<string, unknown>;
      // only a row that is right otherwise brings its customer along
      const name = readInvoice(row, batch.escaped[index]!, this.#options.settings, nothingFound())?.customerName;
      if (name) missing.set(`${key.companyCode}\n${key.customerNumber}`, { number: key.customerNumber, companyCode: key.companyCode, name });
    }
    if (missing.size === 0) return;
    const list = [...missing.values()];
    const ids = await createNamedCustomers(ctx, this.#options.uploadId, list);
    for (const [index, one] of list.entries()) this.#finder.set(one.number, one.companyCode, ids[index]!);
  }

  /** The rows with a customer, each key once: of two rows the last one wins, laid over the one before. */
  #entries(batch: GatheredRows, keys: readonly (InvoiceKey | null)[], outcomes: Outcomes): Entry[] {
    const entries: Entry[] = [];
    // of each number the last entry, and of each entry the one before with its number: a key of all four for every row costs more
    const lastOf = new Map<string, number>();
    const before: number[] = [];
    for (let row = 0; row < keys.length; row++) {
      const key = keys[row];
      if (!key) continue;
      const customer = this.#finder.get(key.customerNumber, key.companyCode)!;
      if (!('id' in customer)) {
        outcomes.fail(row, { field: 'customerNumber', ...customer });
        this.unidentified++;
        continue;
      }
      if (this.#options.snapshot) this.companyCodes.add(key.companyCode);
      const document = {
        number: key.number,
        customerId: customer.id,
        companyCode: key.companyCode,
        lineItem: key.lineItem,
        accountingNumber: key.accountingNumber,
        fiscalYear: key.fiscalYear,
      };
      const last = lastOf.get(key.number) ?? -1;
      let place = last;
      while (place >= 0 && !isSameDocument(entries[place]!.key, document)) place = before[place]!;
      if (place < 0) {
        before.push(last);
        lastOf.set(key.number, entries.length);
        entries.push({ row, key: document });
      } else if (this.#wins(batch, entries[place]!.row, row, outcomes)) entries[place] = { row, key: document };
    }
    return entries;
  }

  #wins(batch: GatheredRows, earlier: number, later: number, outcomes: Outcomes): boolean {
    const read = (row: number, found = nothingFound()) =>
      readInvoice(batch.rows[row] as Record<string, unknown>, batch.escaped[row]!, this.#options.settings, found);
    const found = nothingFound();
    const after = read(later, found);
    if (!after) {
      outcomes.note(later, found);
      return false;
    }
    const before = read(earlier);
    if (!before) return true;
    if (before.kind !== after.kind) {
      outcomes.fail(later, {
        field: 'debitCreditIndicator',
        code: 'direction_changed',
        message: `Row ${batch.first + earlier + 1} has the same number and the other direction.`,
      });
      return false;
    }
    // spreading copies a key named __proto__ as a plain property
    batch.rows[later] = { ...(batch.rows[earlier] as Record<string, unknown>), ...(batch.rows[later] as Record<string, unknown>) };
    batch.escaped[later] ||= batch.escaped[earlier]!;
    outcomes.warn(earlier, {
      field: 'invoiceNumber',
      code: 'duplicate_in_request',
      message: `Row ${batch.first + later + 1} has the same key and wins.`,
    });
    return true;
  }

  #uploadOf(batch: GatheredRows, entries: readonly Entry[], outcomes: Outcomes): UploadBatch {
    return {
      uploadId: this.#options.uploadId,
      keys: entries.map((entry) => entry.key),
      hashes: entries.map((entry) => batch.hashes[entry.row]!),
      read: (position, currency) => {
        const { row } = entries[position]!;
        const found = nothingFound();
        const document = readInvoice(batch.rows[row] as Record<string, unknown>, batch.escaped[row]!, this.#options.settings, found, currency);
        outcomes.note(row, found);
        return document;
      },
      dueOn: (document, issuedOn) => this.#dueOn(document, issuedOn),
      snapshot: this.#options.snapshot,
    };
  }

  /** The invoice's day and the days of its terms, else the company's. */
  #dueOn(document: UploadedDocument, issuedOn: string): string {
    const terms = document.paymentTerms;
    let days: number | null | undefined = null;
    if (terms) {
      days = this.#terms.get(terms);
      if (days === undefined) {
        days = termsDays(terms);
        if (this.#terms.size < 1000) this.#terms.set(terms, days);
      }
    }
    const from = document.invoicedOn ?? issuedOn;
    const key = `${from}+${days ?? this.#options.settings.defaultTermsDays}`;
    let due = this.#dueDays.get(key);
    if (due === undefined) {
      due = addDays(from, days ?? this.#options.settings.defaultTermsDays);
      if (this.#dueDays.size < 10_000) this.#dueDays.set(key, due);
    }
    return due;
  }
}
