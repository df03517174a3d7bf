import { isAscii, isUtf8 } from 'node:buffer';
import { Problem } from '../../kernel/problem.ts';
import { sizeWords } from '../../platform/http/body.ts';
import { duplicateKey, firstInvalidUtf8, firstMalformed } from './json-check.ts';

/** What a row is: an object, or why it cannot be one. */
export type Row = Record<string, unknown> | RowFault;

/** Rows that were cut out of a body together. */
export interface RowSlice {
  /** Position of the first row in the request, from 0. */
  readonly first: number;
  /** Parsed when first asked for. Throws Problem 400 when the slice is malformed. */
  readonly rows: Row[];
  /** 52 bits of each row's bytes, even, so that the lowest bit is free for a mark. */
  readonly hashes: Float64Array;
  /** 1 where the row has a backslash: only there can be NUL, lone surrogates, tabs and line ends. */
  readonly escaped: Uint8Array;
  /** Nothing but spaces stands between the rows: when each has the hash of a row that was well-formed, the slice is. */
  readonly tidy: boolean;
  /** One row without the others; null when it is not an object. */
  peek(row: number): Record<string, unknown> | null;
  /** Nobody will ask for rows any more: a slice that was not parsed gives its bytes back. */
  release(): void;
}

/** A row that is well-formed JSON and still not acceptable. */
export class RowFault {
  readonly code: string;
  readonly message: string;
  /** The attribute at fault, empty when it is the row as a whole. */
  readonly field: string;
  constructor(code: string, message: string, field = '') {
    this.code = code;
    this.message = message;
    this.field = field;
  }
}

/** The longest row that is accepted; the largest real ones have 4 kB of addresses and 16 kB of own attributes. */
export const MAX_ROW_BYTES = 1024 * 1024;
export const MAX_DEPTH = 64;
/** Flag of a row that nests deeper. */
export const DEEP = 2;

/** Rows that were cut and not parsed yet; places count from the slice's first byte. */
export interface SliceSource {
  bytes: Buffer;
  starts: Int32Array;
  ends: Int32Array;
  cuts: Int32Array;
  colons: Int32Array;
  flags: Uint8Array;
  first: number;
  line: number;
  lineStart: number;
  /** Of the slice's first byte in the body. */
  offset: number;
  byLine: boolean;
}

export class JsonSlice implements RowSlice {
  readonly first: number;
  readonly hashes: Float64Array;
  readonly escaped: Uint8Array;
  readonly tidy: boolean;
  #source: SliceSource | null;
  #rows: Row[] | null = null;
  readonly #giveBack: () => void;

  constructor(source: SliceSource, hashes: Float64Array, escaped: Uint8Array, tidy: boolean, giveBack = () => {}) {
    this.#source = source;
    this.first = source.first;
    this.hashes = hashes;
    this.escaped = escaped;
    this.tidy = tidy;
    this.#giveBack = giveBack;
  }

  get rows(): Row[] {
    return this.#rows ?? this.parse();
  }

  parse(): Row[] {
    if (this.#source === null) throw new Error('the slice was released');
    this.#rows = parseSlice(this.#source);
    this.release();
    return this.#rows;
  }

  peek(row: number): Record<string, unknown> | null {
    if (this.#rows !== null) return asObject(this.#rows[row]);
    if (this.#source === null) throw new Error('the slice was released');
    try {
      return asObject(JSON.parse(this.#source.bytes.toString('utf8', this.#source.starts[row], this.#source.ends[row])));
    } catch {
      return null;
    }
  }

  release(): void {
    if (this.#source !== null) this.#giveBack();
    this.#source = null;
  }
}

const asObject = (row: unknown): Record<string, unknown> | null =>
  typeof row === 'object' && row !== null && !Array.isArray(row) && !(row instanceof RowFault) ? (row as Record<string, unknown>) : null;

function parseSlice(source: SliceSource): Row[] {
  const { bytes, starts } = source;
  const faults = setAside(source);
  const ascii = isAscii(bytes);
  if (!ascii && !isUtf8(bytes)) throw malformedIn(source, firstInvalidUtf8(isUtf8, bytes, 0, bytes.length), 'This byte is not UTF-8.');
  let rows: unknown[];
  try {
    rows = JSON.parse(`[${bytes.toString(ascii ? 'latin1' : 'utf8')}]`) as unknown[];
  } catch {
    throw locate(source);
  }
  if (rows.length !== starts.length) throw locate(source);
  for (let row = 0; row < rows.length; row++) {
    const fault = faults?.get(row) ?? faultOf(source, rows[row], row);
    if (fault) rows[row] = fault;
  }
  return rows as Row[];
}

/** Rows that are too long or too deep are checked here and taken out of what JSON.parse sees. */
function setAside(source: SliceSource): Map<number, RowFault> | null {
  const { bytes, starts, ends, cuts, flags } = source;
  let faults: Map<number, RowFault> | null = null;
  for (let row = 0; row < starts.length; row++) {
    const start = starts[row]!;
    const end = ends[row]!;
    const deep = (flags[row]! & DEEP) !== 0;
    if (end - start <= MAX_ROW_BYTES && !deep) continue;
    const at = firstMalformed(bytes, start, cuts[row]!);
    if (at >= 0) throw malformedIn(source, at, 'The JSON is malformed here.');
    faults ??= new Map();
    faults.set(
      row,
      deep
        ? new RowFault('nested_too_deep', `A row may nest ${MAX_DEPTH} levels deep at most.`)
        : new RowFault('row_too_long', `A row may have ${sizeWords(MAX_ROW_BYTES)} at most; this one has ${sizeWords(end - start)}.`),
    );
    bytes.fill(32, start, end);
    bytes[start] = 48;
  }
  return faults;
}

function faultOf({ bytes, starts, ends, colons }: SliceSource, row: unknown, index: number): RowFault | null {
  if (typeof row !== 'object' || row === null || Array.isArray(row)) return new RowFault('not_an_object', 'A row must be a JSON object.');
  // a colon for each key: fewer keys than colons means that one was written twice and JSON.parse kept the last
  if (keysIn(row) === colons[index]) return null;
  const key = duplicateKey(bytes, starts[index]!, ends[index]!);
  return key === null ? null : new RowFault('duplicate_key', `The attribute ${JSON.stringify(key.slice(0, 100))} stands twice in this row.`, key.slice(0, 100));
}

/** JSON.parse refused the slice: the first wrong byte of the first wrong row. */
function locate(source: SliceSource): Problem {
  for (let row = 0; row < source.starts.length; row++) {
    const at = firstMalformed(source.bytes, source.starts[row]!, source.cuts[row]!);
    if (at >= 0) return malformedIn(source, at, `The JSON is malformed in row ${source.first + row + 1}. Nothing was stored.`);
  }
  return malformedIn(source, 0, 'The JSON is malformed.');
}

function malformedIn({ bytes, cuts, line, lineStart, offset, byLine }: SliceSource, at: number, what: string): Problem {
  for (let i = 0; i < at; i++)
    if (bytes[i] === 10 || (byLine && cuts.includes(i))) {
      line++;
      lineStart = offset + i + 1;
    }
  return malformedAt(what, line, lineStart, offset + at);
}

export function malformedAt(what: string, line: number, lineStart: number, offset: number, status = 400, code = 'malformed_json'): Problem {
  const column = Math.max(1, offset - lineStart + 1);
  return new Problem(status, code, `${what} Line ${line}, column ${column}.`, { extra: { line, column, offset } });
}

/** Keys of the row and of all objects within it. */
function keysIn(value: object): number {
  let count = 0;
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === 'object' && item !== null) count += keysIn(item);
    return count;
  }
  for (const key in value) {
    count++;
    const item = (value as Record<string, unknown>)[key];
    if (typeof item === 'object' && item !== null) count += keysIn(item);
  }
  return count;
}
