import type { FieldError } from '../../../kernel/problem.ts';
import type { Row, RowSlice } from '../json-slice.ts';
import type { Findings } from '../row-text.ts';

/**
 * Rows of one merge: large enough that the round trips cost nothing (six for a batch, under 1 µs a row), small enough
 * that rows, lines and parsed objects of two batches are a few tens of megabytes.
 */
export const BATCH_ROWS = 2000;

/** Rows that are merged together. */
export class GatheredRows {
  readonly first: number;
  readonly hashes: number[] = [];
  readonly escaped: boolean[] = [];
  readonly #slices: RowSlice[] = [];
  #rows: Row[] | null = null;

  constructor(first: number) {
    this.first = first;
  }

  get count(): number {
    return this.hashes.length;
  }

  add(slice: RowSlice): void {
    this.#slices.push(slice);
    for (let i = 0; i < slice.hashes.length; i++) {
      this.hashes.push(slice.hashes[i]!);
      this.escaped.push(slice.escaped[i] === 1);
    }
  }

  /** Parsed when first asked for. Throws Problem 400 when they are malformed. */
  get rows(): Row[] {
    return this.#rows ?? this.parse();
  }

  parse(): Row[] {
    this.#rows = this.#slices.flatMap((slice) => slice.rows);
    return this.#rows;
  }

  /** As {@link RowSlice.tidy}. */
  get tidy(): boolean {
    return this.#slices.every((slice) => slice.tidy);
  }

  /** The first and the last row without the others; null where that is no object. */
  get ends(): [Record<string, unknown> | null, Record<string, unknown> | null] {
    const last = this.#slices.at(-1)!;
    return [this.#slices[0]!.peek(0), last.peek(last.hashes.length - 1)];
  }

  /** Nobody will ask for the rows any more. */
  release(): void {
    for (const slice of this.#slices) slice.release();
  }
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
