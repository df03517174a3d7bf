import { isId } from '../../../kernel/ids.ts';
import { Problem } from '../../../kernel/problem.ts';
import { decodeCursor } from '../../../platform/http/cursor.ts';

const foreign = (): Problem => new Problem(400, 'invalid_cursor', 'This cursor does not belong to this list. Start again without it.');

/** The values of a cursor that ends with an id; null without a cursor. */
export function afterId(sort: string, cursor: string | undefined): (string | null)[] | null {
  if (cursor === undefined) return null;
  const values = decodeCursor(sort, cursor);
  if (!isId(values.at(-1) ?? '') || values.includes(null)) throw foreign();
  return values;
}

/** The number that a list goes on after; null without a cursor. */
export function afterNumber(sort: string, cursor: string | undefined): number | null {
  if (cursor === undefined) return null;
  const number = Number(decodeCursor(sort, cursor)[0]);
  if (!Number.isSafeInteger(number) || Math.abs(number) > 2_147_483_647) throw foreign();
  return number;
}
