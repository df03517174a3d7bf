/** The company's business days: its weekend and its holidays are days off. */

export interface BusinessCalendar {
  isBusinessDay(day: Temporal.PlainDate): boolean;
  /** The first business day after `day`. */
  next(day: Temporal.PlainDate): Temporal.PlainDate;
  /** The last business day before `day`. */
  previous(day: Temporal.PlainDate): Temporal.PlainDate;
}

/** A calendar of nothing but holidays has no business day; the search ends after a year. */
const FARTHEST = 366;

export function businessCalendar(weekend: readonly number[], holidays: Iterable<Temporal.PlainDate>): BusinessCalendar {
  const off = new Set([...holidays].map(String));
  const isBusinessDay = (day: Temporal.PlainDate) => !weekend.includes(day.dayOfWeek) && !off.has(day.toString());
  const search = (from: Temporal.PlainDate, step: 1 | -1) => {
    let day = from.add({ days: step });
    for (let tried = 0; tried < FARTHEST && !isBusinessDay(day); tried++) day = day.add({ days: step });
    return day;
  };
  return { isBusinessDay, next: (day) => search(day, 1), previous: (day) => search(day, -1) };
}
