import type { IncomingMessage } from 'node:http';
import { Problem } from '../../kernel/problem.ts';

/** JSON bodies of the typed API; uploads and files stream and have limits of their own. */
export const MAX_JSON_BYTES = 1024 * 1024;

export async function readBytes(incoming: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming) {
    size += (chunk as Buffer).length;
    if (size > limit) throw new Problem(413, 'body_too_large', `The body may have ${limit} bytes at most.`);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

export function parseJson(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined;
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw new Problem(400, 'malformed_json', `The body is not JSON: ${(error as Error).message}`);
  }
}
