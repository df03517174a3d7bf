import type { OpenTotals } from './queries.ts';

/** Rules of the dashboard's measures. Pure. */

export const DSO_DAYS = 90;

/**
 * Days sales outstanding: open / credit sales of the last 90 days × 90, in tenths of a day rounded to the nearest; null
 * when nothing was sold.
 */
export function dso(openMinor: bigint, salesMinor: bigint): number | null {
  if (salesMinor <= 0n) return null;
  return Number((openMinor * BigInt(DSO_DAYS) * 10n + salesMinor / 2n) / salesMinor) / 10;
}

/** The change of overdue against 30 days ago in tenths of a percent; null when nothing was overdue then. */
export function changeInPercent(now: bigint, before: bigint): number | null {
  return before === 0n ? null : Number(((now - before) * 1000n) / before) / 10;
}

/** The first days of the last `count` months, the present one last. */
export function lastMonths(today: Temporal.PlainDate, count: number): Temporal.PlainDate[] {
  const first = today.with({ day: 1 });
  return Array.from({ length: count }, (_, index) => first.subtract({ months: count - 1 - index }));
}

/** Heavy figures of one currency, in minor units as text (they are stored as JSON). */
export interface HeavyFigures {
  currency: string;
  overdue30DaysAgo: string;
  sales90Days: string;
  /** Oldest month first, one for each of the last twelve. */
  collected: string[];
}

export const noTotals = (currency: string): OpenTotals => ({
  currency,
  currentMinor: 0n,
  days1To30Minor: 0n,
  days31To60Minor: 0n,
  days61To90Minor: 0n,
  over90Minor: 0n,
  openMinor: 0n,
  overdueMinor: 0n,
  creditMinor: 0n,
  openCount: 0,
});
