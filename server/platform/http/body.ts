import type { IncomingMessage } from 'node:http';
import { Problem } from '../../kernel/problem.ts';

/** JSON bodies of the typed API; uploads and files stream and have limits of their own. */
export const MAX_JSON_BYTES = 1024 * 1024;

const units = [
  ['GB', 2 ** 30],
  ['MB', 2 ** 20],
  ['kB', 2 ** 10],
] as const;

/** A limit as people say it: 50 MB, 1 GB. */
export function sizeWords(bytes: number): string {
  const [unit, size] = units.find(([, one]) => bytes >= one && bytes % one === 0) ?? ['bytes', 1];
  return `${(bytes / size).toLocaleString('en-US')} ${unit}`;
}

export async function readBytes(incoming: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming) {
    size += (chunk as Buffer).length;
    if (size > limit) throw new Problem(413, 'body_too_large', `No more than ${sizeWords(limit)} can be sent at once.`);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

export function parseJson(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined;
  const text = bytes.toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Problem(400, 'malformed_json', `The body is not JSON: ${(error as Error).message}`);
  }
  requireShallow(value);
  // only an escape can bring them in; the texts are looked through when there is one
  if (/\\u(0000|d[89a-f])/i.test(text)) requireStorable(value);
  return value;
}

/** Deeper than any request of ours; what reads a body by recursion would not come back from thousands. */
const MAX_NESTING = 50;

function requireShallow(value: unknown): void {
  let level = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_NESTING) throw new Problem(422, 'too_deep', `The body is nested more than ${MAX_NESTING} deep.`);
    level = level.flatMap((one) => (typeof one === 'object' && one !== null ? Object.values(one) : []));
  }
}

/** PostgreSQL stores neither the character 0 nor halves of surrogate pairs. Problem 422 for a text that has them. */
export function requireStorable(value: unknown): void {
  // not by recursion: a body may be nested deeper than the stack
  const waiting = [value];
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (typeof next === 'string') {
      if (next.includes('\0') || !next.isWellFormed())
        throw new Problem(422, 'invalid_text', 'A text has a character that cannot be stored: NUL, or half of a surrogate pair.');
    } else if (typeof next === 'object' && next !== null) for (const [name, inner] of Object.entries(next)) waiting.push(name, inner);
  }
}
