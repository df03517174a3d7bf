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
  return (Date.UTC(to.year, to.month - 1, to.day) - Date.UTC(from.year, from.month - 1, from.day)) / 86_400_000;
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
