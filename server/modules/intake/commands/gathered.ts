import type { FieldError } from '../../../kernel/problem.ts';
import type { RowFault, RowSlice } from '../json-rows.ts';
import type { Findings } from '../row-text.ts';

/** Rows that are merged together. */
export interface GatheredRows {
  first: number;
  rows: (Record<string, unknown> | RowFault)[];
  hashes: number[];
  escaped: boolean[];
}

/**
 * Rows of one merge: large enough that the round trips cost nothing (six for a batch, under 1 µs a row), small enough
 * that rows, lines and parsed objects of two batches are a few tens of megabytes.
 */
export const BATCH_ROWS = 2000;

export function gather(into: GatheredRows | null, slice: RowSlice): GatheredRows {
  const batch = into ?? { first: slice.first, rows: [], hashes: [], escaped: [] };
  for (let i = 0; i < slice.rows.length; i++) {
    batch.rows.push(slice.rows[i]!);
    batch.hashes.push(slice.hashes[i]!);
    batch.escaped.push(slice.escaped[i] === 1);
  }
  return batch;
}

export type Status = 'created' | 'updated' | 'unchanged' | 'error';

/** What came of each row of a batch. */
export class Outcomes {
  readonly statuses: Status[];
  readonly ids: (string | null)[];
  readonly keys: string[];
  readonly #findings = new Map<number, Findings>();

  constructor(count: number) {
    this.statuses = new Array(count).fill('unchanged');
    this.ids = new Array(count).fill(null);
    this.keys = new Array(count).fill('');
  }

  /** Keeps what reading a row found; a later reading of the same row stands for the earlier. */
  note(row: number, found: Findings): void {
    if (found.errors === null && found.warnings === null) this.#findings.delete(row);
    else this.#findings.set(row, found);
    if (found.errors !== null) this.statuses[row] = 'error';
  }

  fail(row: number, error: FieldError): void {
    const found = this.#findings.get(row) ?? { errors: null, warnings: null };
    this.note(row, { errors: [...(found.errors ?? []), error], warnings: found.warnings });
  }

  warn(row: number, warning: FieldError): void {
    const found = this.#findings.get(row) ?? { errors: null, warnings: null };
    this.#findings.set(row, { errors: found.errors, warnings: [...(found.warnings ?? []), warning] });
  }

  of(row: number): Findings | undefined {
    return this.#findings.get(row);
  }
}

export const nothingFound = (): Findings => ({ errors: null, warnings: null });
