import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FieldError } from '../../kernel/problem.ts';

/** The answer for one row of an upload. */
export interface RowResult {
  index: number;
  key: string;
  id?: string;
  status: 'created' | 'updated' | 'unchanged' | 'error';
  errors?: FieldError[];
  warnings?: FieldError[];
}

/** Text that grows beyond memory into a file without a name. */
class Spool {
  #pending: string[] = [];
  #pendingLength = 0;
  #file: number | null = null;
  #size = 0;
  items = 0;

  add(item: string): void {
    this.#pending.push(this.items++ > 0 ? `,${item}` : item);
    this.#pendingLength += item.length;
    if (this.#pendingLength > SPOOL_MEMORY) this.#flush();
  }

  #flush(): void {
    if (this.#file === null) {
      const folder = mkdtempSync(join(tmpdir(), 'payorcrm-results-'));
      this.#file = openSync(join(folder, 'rows'), 'wx+', 0o600);
      // gone from the folder at once, and from the disk when it is closed, whatever happens
      rmSync(folder, { recursive: true });
    }
    const bytes = Buffer.from(this.#pending.join(''));
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at, bytes.length - at, this.#size + at);
    this.#size += bytes.length;
    this.#pending = [];
    this.#pendingLength = 0;
  }

  *read(): Generator<Buffer> {
    const file = this.#file;
    if (file !== null)
      for (let at = 0; at < this.#size; ) {
        const piece = Buffer.allocUnsafe(Math.min(64 * 1024, this.#size - at));
        at += readSync(file, piece, 0, piece.length, at);
        yield piece;
      }
    if (this.#pending.length > 0) yield Buffer.from(this.#pending.join(''));
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
    this.#pending = [];
  }
}

const SPOOL_MEMORY = 512 * 1024;

/** Up to here every row is answered; above, only rows with something to say, unless all were asked for. */
export const MAX_LISTED = 10_000;

/** Collects the results of a request of any size. Close it when the answer is sent. */
export class RowResults {
  readonly #noted = new Spool();
  readonly #all: boolean;
  #rows = 0;
  #every: Spool | null = new Spool();

  constructor(all: boolean) {
    this.#all = all;
  }

  /** True while plain results are still of use: above the limit nobody reads them. */
  get wantsPlain(): boolean {
    return this.#every !== null;
  }

  add(result: RowResult): void {
    const text = JSON.stringify(result);
    if (result.errors || result.warnings) this.#noted.add(text);
    this.count(1);
    this.#every?.add(text);
  }

  /** Rows of which nothing is said. */
  count(rows: number): void {
    this.#rows += rows;
    if (this.#rows > MAX_LISTED && !this.#all && this.#every) {
      this.#every.close();
      this.#every = null;
    }
  }

  /** The results as the pieces of a JSON array without its brackets. */
  read(): Generator<Buffer> {
    return (this.#every ?? this.#noted).read();
  }

  close(): void {
    this.#every?.close();
    this.#noted.close();
  }
}
