import type { StatementRule } from '../../api/statements.ts';

export type Schedule = StatementRule['schedule'];

export const scheduleMistake = ({ period, days }: Schedule): string | null =>
  period !== 'daily' && days.length === 0 ? (period === 'weekly' ? 'Choose a day of the week.' : 'Choose a day of the month.') : null;

/** A period's first choice of days. */
export const startOf: Record<Schedule['period'], number[]> = { daily: [], weekly: [1], monthly: [1] };

export const kindWords: Record<string, string> = { open_item: 'Open items', balance_forward: 'Balance forward' };
