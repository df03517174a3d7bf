/** Calendar rules. A business day is a `Temporal.PlainDate`, a moment a `Temporal.Instant`; they never mix. */

/** The date in `zone` at that moment. */
export function dateIn(zone: string, at: Temporal.Instant): Temporal.PlainDate {
  return at.toZonedDateTimeISO(zone).toPlainDate();
}

/** True for an IANA time zone that this runtime knows. */
export function isTimeZone(zone: string): boolean {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone);
    return zone.includes('/') || zone === 'UTC';
  } catch {
    return false;
  }
}

/** Whole days from `from` until `to`; negative when `to` is earlier. */
export function daysBetween(from: Temporal.PlainDate, to: Temporal.PlainDate): number {
  // by number: `until` makes an object for each of a list's rows. The calendar repeats after 400 years; Date.UTC takes the years before 100 for others
  const dayOf = ({ year, month, day }: Temporal.PlainDate): number => Date.UTC(year + 400, month - 1, day) / 86_400_000;
  return dayOf(to) - dayOf(from);
}

/**
 * The next moment after `after` at which it is `hour`:00 in `zone`. In a spring gap the first valid moment after
 * it, in an autumn fold the first of the two (Temporal's "compatible").
 */
export function nextDailyRun(zone: string, hour: number, after: Temporal.Instant): Temporal.Instant {
  let day = dateIn(zone, after);
  for (;;) {
    const candidate = day.toZonedDateTime({ timeZone: zone, plainTime: new Temporal.PlainTime(hour) }).toInstant();
    if (Temporal.Instant.compare(candidate, after) > 0) return candidate;
    day = day.add({ days: 1 });
  }
}
