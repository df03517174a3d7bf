import { once } from 'node:events';
import { PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { currencyExponent } from '../../../kernel/currency.ts';
import type { Work } from '../../../platform/context.ts';
import { copyAgingOfAll } from '../balances/queries.ts';
import { csvText } from './table.ts';

const headers = ['Customer number', 'Customer', 'Currency', 'Current', '1-30 days', '31-60 days', '61-90 days', 'Over 90 days', 'Open', 'Overdue', 'Credits'];

/** Minor units as a decimal text: cheaper than through bigint, of which this makes a million. */
export function decimalOf(minor: string, exponent: number): string {
  if (exponent === 0 || minor === '0') return exponent === 0 ? minor : `0.${'0'.repeat(exponent)}`;
  const digits = minor.length > exponent ? minor : minor.padStart(exponent + 1, '0');
  return `${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
}

const escapes: Record<string, string> = { t: '\t', n: '\n', r: '\r', b: '\b', f: '\f', v: '\v', '\\': '\\' };
const plain = (text: string): string => text.replace(/\\(.)/g, (_, letter: string) => escapes[letter] ?? letter);

// most names need neither an escape taken out nor quotes put in: one look tells
const special = /[\\",\r\n]|^[=+\-@]/;
const field = (text: string): string => (special.test(text) ? csvText(plain(text)) : text);

/** One line of COPY text (number, name, currency, five buckets, open, overdue, credits; minor units) as a CSV line. */
export function agingLine(line: string): string {
  const fields = line.split('\t');
  const exponent = currencyExponent(fields[2]!);
  let text = `${field(fields[0]!)},${field(fields[1]!)},${fields[2]}`;
  for (let at = 3; at < fields.length; at++) text += `,${decimalOf(fields[at]!, exponent)}`;
  return `${text}\r\n`;
}

async function* lines(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  yield `\ufeff${headers.join(',')}\r\n`;
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = parts.pop()!;
    if (parts.length > 0) yield parts.map(agingLine).join('');
  }
}

/**
 * The aging of every customer as CSV while the database computes it: one pass over one index, the lines written here on
 * the way, so that the whole list takes hardly longer than its SQL.
 */
export async function agingCsv(work: Work): Promise<Readable> {
  const out = new PassThrough({ highWaterMark: 1 << 20 });
  const done = work.transaction(async (ctx) => pipeline(await copyAgingOfAll(ctx), lines, out));
  // a failure before the first line is the request's; later ones cut the stream
  done.catch((error: Error) => out.destroy(error));
  await Promise.race([once(out, 'readable'), done]);
  return out;
}
