import type { Readable } from 'node:stream';
import { Failure } from './command.ts';

/**
 * A file's content as the JSON that the upload API takes, piece by piece: JSON as it is, the lines of NDJSON as one
 * array, the rows of CSV as objects whose values are texts. `extension` with its dot, in lower case.
 */
export function rowsOf(source: Readable, extension: string): AsyncIterable<Buffer | string> {
  if (extension === '.json') return source;
  if (extension === '.ndjson' || extension === '.jsonl') return fromLines(source);
  if (extension === '.csv') return fromCsv(source);
  throw new Failure(`A file whose name ends with "${extension}" cannot be read; expected .json, .ndjson, .jsonl or .csv.`);
}

const PIECE_BYTES = 64 * 1024;

/** Joins rows to an array in pieces of a useful size. */
async function* asArray(rows: AsyncIterable<string>): AsyncGenerator<string> {
  let piece = '[';
  let isFirst = true;
  for await (const row of rows) {
    piece += isFirst ? row : `,\n${row}`;
    isFirst = false;
    if (piece.length < PIECE_BYTES) continue;
    yield piece;
    piece = '';
  }
  yield `${piece}]`;
}

const fromLines = (source: Readable): AsyncGenerator<string> => asArray(linesOf(source));

/** Lines that are not empty; a line may be spread over several chunks. */
async function* linesOf(source: Readable): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8');
  let rest = '';
  for await (const chunk of source) {
    rest += decoder.decode(chunk as Buffer, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop()!;
    for (const line of lines) if (line.trim() !== '') yield line.trim();
  }
  rest += decoder.decode();
  if (rest.trim() !== '') yield rest.trim();
}

async function* csvObjects(source: Readable): AsyncGenerator<string> {
  const { parse } = await import('csv-parse');
  const parser = source.pipe(
    parse({
      bom: true,
      columns: (names: string[]) => names.map((name) => name.trim()),
      relax_column_count: true,
      skip_empty_lines: true,
      delimiter: [',', ';', '\t'],
    }),
  );
  source.once('error', (error) => parser.destroy(error));
  try {
    for await (const row of parser) yield JSON.stringify(row);
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    throw code?.startsWith('CSV_') ? new Failure(`The CSV file cannot be read: ${message}`) : error;
  }
}

const fromCsv = (source: Readable): AsyncGenerator<string> => asArray(csvObjects(source));
