import { Readable } from 'node:stream';
import { type Money, toDecimal } from '../../../kernel/money.ts';
import { Problem } from '../../../kernel/problem.ts';

/** What a cell may hold. Money shows its decimal; its currency stands in a column of its own. */
export type Cell = string | number | Money | Temporal.PlainDate | null;

export interface Column<Row> {
  header: string;
  value: (row: Row) => Cell;
}

/** A sheet is built in memory: about 4 kB a row while it is made. CSV has no limit. */
export const MAX_XLSX_ROWS = 20_000;

const isMoney = (cell: object): cell is Money => 'minor' in cell;

/**
 * A text as one CSV field. A spreadsheet runs a field that begins with one of = + - @ tab CR LF as a formula, so such a
 * text gets an apostrophe before it (numbers of ours are no texts and keep their minus).
 */
export function csvText(text: string): string {
  const safe = /^[=+\-@\t\r\n]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function csvCell(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'string') return csvText(cell);
  if (typeof cell === 'number') return String(cell);
  return isMoney(cell) ? toDecimal(cell) : cell.toString();
}

/** The table as CSV, a piece for each page of rows. The mark at the begin makes spreadsheets read UTF-8. */
export async function* csvOf<Row>(columns: readonly Column<Row>[], pages: AsyncIterable<readonly Row[]>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  yield encoder.encode(`\ufeff${columns.map((column) => csvText(column.header)).join(',')}\r\n`);
  for await (const rows of pages)
    if (rows.length > 0) yield encoder.encode(rows.map((row) => `${columns.map((column) => csvCell(column.value(row))).join(',')}\r\n`).join(''));
}

const FIRST_DAY = Temporal.PlainDate.from('1899-12-30');

/** The table as an XLSX file: amounts are numbers, days are dates. Problem 422 above `MAX_XLSX_ROWS`. */
export async function xlsxOf<Row>(columns: readonly Column<Row>[], pages: AsyncIterable<readonly Row[]>): Promise<Buffer> {
  type XlsxCell = { value: string | number; type: StringConstructor | NumberConstructor; format?: string; fontWeight?: 'bold' } | null;
  const data: XlsxCell[][] = [columns.map((column) => ({ value: column.header, type: String, fontWeight: 'bold' }))];
  for await (const rows of pages) {
    for (const row of rows) data.push(columns.map((column) => xlsxCell(column.value(row))));
    if (data.length > MAX_XLSX_ROWS + 1)
      throw new Problem(
        422,
        'too_many_rows',
        `A spreadsheet takes ${MAX_XLSX_ROWS.toLocaleString('en-US')} rows at most. Narrow the list, or export it as CSV.`,
      );
  }
  // loaded when somebody exports: 79 files that a start need not read
  const { default: writeXlsxFile } = await import('write-excel-file/node');
  return writeXlsxFile(data, { stickyRowsCount: 1 }).toBuffer();

  function xlsxCell(cell: Cell): XlsxCell {
    if (cell === null) return null;
    if (typeof cell === 'string') return { value: cell, type: String };
    if (typeof cell === 'number') return { value: cell, type: Number };
    if (!isMoney(cell)) return { value: FIRST_DAY.until(cell, { largestUnit: 'days' }).days, type: Number, format: 'yyyy-mm-dd' };
    const decimal = toDecimal(cell);
    return { value: Number(decimal), type: Number, format: decimal.includes('.') ? `#,##0.${'0'.repeat(decimal.length - decimal.indexOf('.') - 1)}` : '#,##0' };
  }
}

/** The answer to a download. */
export async function download<Row>(
  name: string,
  format: 'csv' | 'xlsx',
  columns: readonly Column<Row>[],
  pages: AsyncIterable<readonly Row[]>,
): Promise<Response> {
  const body = format === 'csv' ? Readable.toWeb(Readable.from(csvOf(columns, pages))) : new Uint8Array(await xlsxOf(columns, pages));
  return new Response(body as ReadableStream, { headers: downloadHeaders(`${name}.${format}`, format) });
}

export function downloadHeaders(fileName: string, format: 'csv' | 'xlsx'): Record<string, string> {
  return {
    'content-type': format === 'csv' ? 'text/csv; charset=utf-8' : 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    'content-disposition': `attachment; filename="${fileName}"`,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  };
}
