import { isId } from '../../kernel/ids.ts';
import { Problem } from '../../kernel/problem.ts';
import { decodeCursor, encodeCursor } from '../../platform/http/cursor.ts';
import { dateSchema } from '../../platform/http/schemas.ts';

const fits = { id: isId, date: (text: string) => dateSchema.safeParse(text).success };

export const toCursor = (sort: string, keys: readonly string[]): string => encodeCursor(sort, keys);

/** The key in a cursor of ours, each part checked, because it goes into a typed comparison. Problem 400. */
export function fromCursor(sort: string, cursor: string | undefined, kinds: readonly (keyof typeof fits)[]): string[] | null {
  if (cursor === undefined) return null;
  const keys = decodeCursor(sort, cursor);
  if (keys.length === kinds.length && keys.every((key, index) => key !== null && fits[kinds[index]!](key))) return keys as string[];
  throw new Problem(400, 'invalid_cursor', 'This cursor does not belong to this list. Start again without it.');
}
