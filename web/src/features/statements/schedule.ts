import type { StatementRule } from '../../api/statements.ts';

export type Schedule = StatementRule['schedule'];

export const weekdays = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

const shifts: Record<string, string> = {
  ignore: '',
  next: ', or the next business day',
  previous: ', or the business day before',
  skip: ', business days only',
};
const list = (words: readonly string[]): string => (words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`);

/** "Every Monday, or the next business day". */
export function scheduleWords({ period, days, holidays }: Schedule): string {
  const when =
    period === 'daily'
      ? 'Every day'
      : period === 'weekly'
        ? [...days].join() === '1,2,3,4,5'
          ? 'Every weekday'
          : `Every ${list(days.map((day) => weekdays[day - 1] ?? ''))}`
        : `Day ${list([...days].sort((a, b) => (a || 32) - (b || 32)).map((day) => (day === 0 ? 'last' : String(day))))} of the month`.replace(
            'Day last',
            'Last day',
          );
  return when + (shifts[holidays ?? 'ignore'] ?? '');
}

export const scheduleMistake = ({ period, days }: Schedule): string | null =>
  period !== 'daily' && days.length === 0 ? (period === 'weekly' ? 'Choose a day of the week.' : 'Choose a day of the month.') : null;

/** A period's first choice of days. */
export const startOf: Record<Schedule['period'], number[]> = { daily: [], weekly: [1], monthly: [1] };

export const kindWords: Record<string, string> = { open_item: 'Open items', balance_forward: 'Balance forward' };
