import { createHash } from 'node:crypto';

/** Ids, dates and moments of the books: a day's things get ids of that day, so that they sort as if made then. */
export class Calendar {
  readonly #today: Temporal.PlainDate;
  readonly #zone: string;
  #made = 0;

  readonly #now: Temporal.Instant;

  constructor(today: Temporal.PlainDate, zone: string, now: Temporal.Instant) {
    this.#now = now;
    this.#today = today;
    this.#zone = zone;
  }

  day(day: number): Temporal.PlainDate {
    return this.#today.add({ days: day });
  }

  date(day: number): string {
    return this.day(day).toString();
  }

  /** That day at an hour of business; for today never later than now, or the audit log would show the future. */
  instant(day: number, hour = 10, minute = 0): Temporal.Instant {
    const moment = this.day(day)
      .toZonedDateTime({ timeZone: this.#zone, plainTime: new Temporal.PlainTime(hour, minute) })
      .toInstant();
    return day <= 0 && Temporal.Instant.compare(moment, this.#now) > 0 ? this.#now : moment;
  }

  moment(day: number, hour = 10): string {
    return this.instant(day, hour).toString();
  }

  /** A UUID of version 7 that says that moment; the rest is a count, so that the same books have the same ids. */
  id(day: number, hour = 10): string {
    const ms = this.instant(day, hour).epochMilliseconds.toString(16).padStart(12, '0');
    this.#made += 1;
    const tail = createHash('sha256').update(`demo ${this.#made}`).digest('hex');
    const count = (this.#made & 0xfff).toString(16).padStart(3, '0');
    return `${ms.slice(0, 8)}-${ms.slice(8)}-7${count}-8${tail.slice(0, 3)}-${tail.slice(3, 15)}`;
  }
}

/** The id of the event about a thing: the thing's moment, and another tail. */
export const newIdOf = (id: string): string => `${id.slice(0, 24)}${createHash('sha256').update(id).digest('hex').slice(0, 12)}`;
