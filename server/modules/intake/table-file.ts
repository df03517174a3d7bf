import { isUtf8 } from 'node:buffer';
import { Readable } from 'node:stream';
import { Problem } from '../../kernel/problem.ts';
import { readJsonRows } from './json-rows.ts';
import { RowFault } from './json-slice.ts';

/** A file that a person dropped, as a table: CSV, Excel or JSON. */
export type TableFormat = 'csv' | 'xlsx' | 'json';

export interface Table {
  format: TableFormat;
  /** The first line of a CSV or sheet; for JSON all names of its first rows. */
  columns: string[];
  /** Cells in the order of the columns; JSON rows as they are. */
  rows(): AsyncIterable<TableRow>;
}

export type TableRow = unknown[] | Record<string, unknown> | RowFault;

export const MAX_FILE_ROWS = 500_000;
const MAX_COLUMNS = 200;
const MAX_CELL = 100_000;
/** A sheet of 50 MB packed may be a thousand times as large unpacked. */
const MAX_UNPACKED_BYTES = 400 * 1024 * 1024;
/** JSON columns are the names in this many rows. */
const NAMED_ROWS = 20;

const unreadable = (detail: string) => new Problem(422, 'unreadable_file', detail);

/** What the bytes are, whatever the file is called. */
export function sniff(bytes: Buffer): TableFormat {
  if (bytes.length === 0) throw unreadable('The file is empty.');
  if (bytes.subarray(0, 4).equals(Buffer.from([0x50, 0x4b, 3, 4]))) return 'xlsx';
  if (bytes.subarray(0, 4).equals(Buffer.from([0xd0, 0xcf, 0x11, 0xe0])))
    throw new Problem(415, 'wrong_type', 'This is an Excel file of the old form. Save it as .xlsx or CSV.');
  const head = asText(bytes.subarray(0, 4096));
  if (/[\u0000-\u0008\u000e-\u001a]/.test(head)) throw new Problem(415, 'wrong_type', 'The file must be CSV, Excel (.xlsx) or JSON.');
  return /^\s*[[{]/.test(head) ? 'json' : 'csv';
}

/** UTF-8, UTF-16 with its mark, else Windows-1252, which spreadsheets still write. */
function asText(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  // a cut in the middle of a character is not another encoding
  if (isUtf8(bytes) || isUtf8(bytes.subarray(0, Math.max(0, bytes.length - 3)))) return new TextDecoder().decode(bytes);
  return new TextDecoder('windows-1252').decode(bytes);
}

/** Problem 422 for a file that cannot be read as what it is. */
export async function openTable(bytes: Buffer): Promise<Table> {
  const format = sniff(bytes);
  if (format === 'json') return openJson(bytes);
  const rows = format === 'csv' ? () => csvRows(bytes) : () => sheetRows(bytes);
  for await (const header of rows()) return { format, columns: columnsOf(header), rows: () => withoutHeader(rows()) };
  throw unreadable('The file has no rows.');
}

function columnsOf(header: readonly unknown[]): string[] {
  if (header.length > MAX_COLUMNS) throw unreadable(`A file may have ${MAX_COLUMNS} columns at most.`);
  const seen = new Map<string, number>();
  return header.map((cell, index) => {
    const name =
      String(cell ?? '')
        .trim()
        .slice(0, 100) || `Column ${index + 1}`;
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return count === 1 ? name : `${name} (${count})`;
  });
}

async function* withoutHeader(rows: AsyncIterable<unknown[]>): AsyncGenerator<unknown[]> {
  let first = true;
  for await (const row of rows) {
    if (!first) yield row;
    first = false;
  }
}

function delimiterOf(text: string): string {
  const line = text.slice(0, 10_000).split(/\r?\n/, 1)[0] ?? '';
  const bare = line.replace(/"[^"]*"/g, '');
  return [',', ';', '\t', '|'].map((d) => [d, bare.split(d).length] as const).sort((a, b) => b[1] - a[1])[0]![0];
}

async function* csvRows(bytes: Buffer): AsyncGenerator<unknown[]> {
  const { parse: parseCsv } = await import('csv-parse');
  const text = asText(bytes);
  const parser = Readable.from(piecesOf(text)).pipe(
    parseCsv({ delimiter: delimiterOf(text), bom: true, relax_column_count: true, skip_empty_lines: true, max_record_size: MAX_CELL * 4 }),
  );
  try {
    let count = 0;
    for await (const row of parser) {
      if (++count > MAX_FILE_ROWS + 1) throw unreadable(`A file may have ${MAX_FILE_ROWS} rows at most. Use the upload API or the command line for more.`);
      yield row as string[];
    }
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw unreadable(`The CSV cannot be read: ${(error as Error).message}.`);
  }
}

function* piecesOf(text: string): Generator<string> {
  for (let at = 0; at < text.length; at += 65_536) yield text.slice(at, at + 65_536);
}

async function* sheetRows(bytes: Buffer): AsyncGenerator<unknown[]> {
  refuseBomb(bytes);
  // loaded when a sheet comes: most servers never see one
  const { readSheet } = await import('read-excel-file/node');
  let rows: unknown[][];
  try {
    rows = (await readSheet(bytes)) as unknown[][];
  } catch (error) {
    throw unreadable(`The sheet cannot be read: ${(error as Error).message}.`);
  }
  if (rows.length > MAX_FILE_ROWS + 1) throw unreadable(`A file may have ${MAX_FILE_ROWS} rows at most. Use the upload API or the command line for more.`);
  for (const row of rows) if (row.some((cell) => cell !== null && cell !== '')) yield row;
}

/** Adds up the unpacked sizes that the archive's own directory states. */
function refuseBomb(bytes: Buffer): void {
  const end = bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
  if (end < 0 || end + 22 > bytes.length) throw unreadable('The sheet is damaged.');
  const entries = bytes.readUInt16LE(end + 10);
  let at = bytes.readUInt32LE(end + 16);
  let unpacked = 0;
  for (let n = 0; n < entries && at + 46 <= bytes.length && bytes.readUInt32LE(at) === 0x02014b50; n++) {
    unpacked += bytes.readUInt32LE(at + 24);
    at += 46 + bytes.readUInt16LE(at + 28) + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  if (unpacked > MAX_UNPACKED_BYTES) throw new Problem(413, 'file_too_large', 'The sheet is too large unpacked. Save it as CSV.');
}

async function openJson(bytes: Buffer): Promise<Table> {
  const lines = /^\s*\{[^\n]*\}\s*\n\s*\{/.test(asText(bytes.subarray(0, 65_536)));
  const rows = async function* (): AsyncGenerator<TableRow> {
    const source = (async function* () {
      yield bytes as Uint8Array;
    })();
    for await (const slice of readJsonRows(source, { lines, limits: { maxBytes: bytes.length + 1, maxRows: MAX_FILE_ROWS } })) yield* slice.rows;
  };
  const names = new Set<string>();
  let count = 0;
  for await (const row of rows()) {
    if (!(row instanceof RowFault)) for (const name of Object.keys(row)) if (names.size < MAX_COLUMNS) names.add(name);
    if (++count === NAMED_ROWS) break;
  }
  return { format: 'json', columns: [...names], rows };
}
