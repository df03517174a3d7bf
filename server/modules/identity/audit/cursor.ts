import { isId } from '../../../kernel/ids.ts';
import { Problem } from '../../../kernel/problem.ts';

const refuse = () => new Problem(400, 'invalid_cursor', 'This cursor does not belong to this list. Start again without it.');

/** A cursor comes from outside: a value of another kind is refused before the database sees it. */
export function idOf(value: string | null | undefined): string {
  if (typeof value !== 'string' || !isId(value)) throw refuse();
  return value;
}

export function momentOf(value: string | null | undefined): Temporal.Instant {
  try {
    return Temporal.Instant.from(value ?? '');
  } catch {
    throw refuse();
  }
}
