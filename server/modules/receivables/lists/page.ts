import { Problem } from '../../../kernel/problem.ts';
import { decodeCursor, encodeCursor } from '../../../platform/http/cursor.ts';

/** Rows of an index looked at for one page at most: a rare filter answers a short page with a cursor, never slowly. */
export const MAX_SCANNED = 6_000;
/** Up to so many rows that a selective filter finds are gathered and sorted, whatever the order asked for. */
export const MAX_GATHERED = 2_000;

/** A row with the values of its sort keys as text, from which a cursor is made. */
export interface Keyed {
  keys: string[];
}

export interface Walked<Row> {
  rows: Row[];
  /** The key of the last row looked at, when the walk stopped before it had enough; null when it reached the end. */
  stoppedAt: string[] | null;
}

export interface Page<Row> {
  rows: Row[];
  /** Where the next page begins; null on the last. */
  next: string[] | null;
}

/** Compares two keys of one list; each part by its own kind. */
export type CompareKeys = (a: readonly string[], b: readonly string[]) => number;

export type KeyKind = 'text' | 'number' | 'date' | 'id' | 'moment';

export function keyOrder(kinds: readonly KeyKind[], descending: boolean): CompareKeys {
  return (a, b) => {
    for (const [index, kind] of kinds.entries()) {
      const left = a[index]!;
      const right = b[index]!;
      if (left === right) continue;
      // dates and ids order as their text does; texts are kept in the order of their bytes
      const less =
        kind === 'number' ? BigInt(left) < BigInt(right) : kind === 'text' ? Buffer.compare(Buffer.from(left), Buffer.from(right)) < 0 : left < right;
      return less === descending ? 1 : -1;
    }
    return 0;
  };
}

/**
 * One page from several ordered walks. A walk that stopped early hides what comes behind its stop, so the page ends
 * at the nearest stop.
 */
export function mergeWalks<Row extends Keyed>(walks: readonly Walked<Row>[], compare: CompareKeys, limit: number): Page<Row> {
  const stops = walks.flatMap((walk) => (walk.stoppedAt ? [walk.stoppedAt] : [])).sort(compare);
  const horizon = stops[0] ?? null;
  const rows = walks
    .flatMap((walk) => walk.rows)
    .filter((row) => horizon === null || compare(row.keys, horizon) <= 0)
    .sort((a, b) => compare(a.keys, b.keys));
  if (rows.length > limit) return { rows: rows.slice(0, limit), next: rows[limit - 1]!.keys };
  return { rows, next: horizon };
}

const patterns: Record<KeyKind, RegExp> = {
  text: /^[^\0]*$/,
  number: /^-?\d{1,18}$/,
  date: /^\d{4}-\d\d-\d\d$/,
  id: /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/,
  moment: /^\d{4}-\d\d-\d\d[ T][\d:.]+(Z|[+-]\d\d(:\d\d)?)$/,
};

export const toCursor = (sort: string, keys: string[] | null): string | null => (keys === null ? null : encodeCursor(sort, keys));

/** The key in a cursor of ours, each part checked, because it goes into a typed comparison. Problem 400. */
export function fromCursor(sort: string, cursor: string | undefined, kinds: readonly KeyKind[]): string[] | null {
  if (cursor === undefined) return null;
  const keys = decodeCursor(sort, cursor);
  if (keys.length === kinds.length && keys.every((key, index): key is string => key !== null && patterns[kinds[index]!].test(key))) return keys as string[];
  throw new Problem(400, 'invalid_cursor', 'This cursor does not belong to this list. Start again without it.');
}

/** The end of the range of texts that begin with `prefix`, in byte order; null when there is none. */
export function prefixEnd(prefix: string): string | null {
  const points = [...prefix];
  for (let last = points.length - 1; last >= 0; last--) {
    const point = points[last]!.codePointAt(0)!;
    // UTF-8 keeps the order of code points; the surrogates are none
    const next = point === 0xd7ff ? 0xe000 : point + 1;
    if (next <= 0x10ffff) return points.slice(0, last).join('') + String.fromCodePoint(next);
  }
  return null;
}
