/** Sets of due dates, so that a rule's day conditions become ranges which an index can look up. */

/** Days since 1970-01-01, both ends included; an open end is null. */
export interface DayRange {
  from: number | null;
  to: number | null;
}

/** Sorted and apart from each other. */
export type DaySet = readonly DayRange[];

export const everyDay: DaySet = [{ from: null, to: null }];
export const noDay: DaySet = [];

const low = (range: DayRange): number => range.from ?? Number.NEGATIVE_INFINITY;
const high = (range: DayRange): number => range.to ?? Number.POSITIVE_INFINITY;
const bound = (value: number): number | null => (Number.isFinite(value) ? value : null);

/** From `from` to `to`; empty when they cross. */
export const days = (from: number | null, to: number | null): DaySet =>
  (from ?? Number.NEGATIVE_INFINITY) > (to ?? Number.POSITIVE_INFINITY) ? noDay : [{ from, to }];

export function unite(...sets: DaySet[]): DaySet {
  const sorted = sets.flat().sort((a, b) => low(a) - low(b));
  const result: DayRange[] = [];
  for (const range of sorted) {
    const last = result.at(-1);
    if (last && low(range) <= high(last) + 1) last.to = bound(Math.max(high(last), high(range)));
    else result.push({ ...range });
  }
  return result;
}

export function intersect(a: DaySet, b: DaySet): DaySet {
  return unite(a.flatMap((x) => b.flatMap((y) => days(bound(Math.max(low(x), low(y))), bound(Math.min(high(x), high(y)))))));
}

const epoch = Temporal.PlainDate.from('1970-01-01');

export const toDayNumber = (date: Temporal.PlainDate): number => epoch.until(date, { largestUnit: 'days' }).days;
export const toDate = (day: number): Temporal.PlainDate => epoch.add({ days: day });
