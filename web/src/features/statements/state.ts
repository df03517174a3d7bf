import type { Statement } from '../../api/statements.ts';
import { emailState, type Shown } from '../../format/states.ts';

/** What became of a statement, in one look. */
export function statementState(statement: Statement): Shown {
  if (statement.state === 'failed') return { tone: 'critical', icon: 'alert', words: 'Not drawn' };
  if (statement.emailState) return emailState(statement.emailState);
  if (statement.hold) return { tone: 'caution', icon: 'stopped', words: 'No mail' };
  if (statement.state === 'planned') return { tone: 'neutral', icon: 'waiting', words: 'Being made' };
  return { tone: 'neutral', icon: 'draft', words: 'Made, not sent' };
}

/** Why, where it did not go out as it should. */
export const stateReason = (statement: Statement): string | null =>
  statement.failure ?? (statement.emailState === 'sent' ? null : statement.emailReason) ?? statement.hold?.text ?? null;
