import { Problem } from '../../kernel/problem.ts';

/** A cursor is the sort and the sort values of the last row shown, so that a page is found by key, never by counting. */
export function encodeCursor(sort: string, values: readonly (string | null)[]): string {
  return Buffer.from(JSON.stringify([sort, ...values])).toString('base64url');
}

/** Refuses what we did not make, and a cursor of another sort. */
export function decodeCursor(sort: string, cursor: string): (string | null)[] {
  try {
    const decoded: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (Array.isArray(decoded) && decoded[0] === sort && decoded.every((value) => value === null || typeof value === 'string')) return decoded.slice(1);
  } catch {
    // falls through to the refusal
  }
  throw new Problem(400, 'invalid_cursor', 'This cursor does not belong to this list. Start again without it.');
}
