import { locale } from './money.ts';

/*
 * Business days are 'YYYY-MM-DD' and never shift with a time zone; moments are ISO strings shown in the company's zone,
 * so that everyone in the company reads the same day.
 */
let zone = 'UTC';
/** Set once from the session: the company's IANA time zone. */
export const setZone = (timezone: string): void => {
  zone = timezone;
};

const cache = new Map<string, Intl.DateTimeFormat>();
function formatter(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = locale() + JSON.stringify(options);
  let found = cache.get(key);
  if (!found) {
    found = new Intl.DateTimeFormat(locale(), options);
    cache.set(key, found);
  }
  return found;
}

const isDay = (value: string): boolean => /^\d{4}-\d{2}-\d{2}$/.test(value);
const dayNumber = (day: string): number => Math.round(Date.parse(`${day}T00:00:00Z`) / 86_400_000);

/** The company's calendar day of a moment. */
export function dayOf(moment: string | Date): string {
  const parts = new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' });
  return parts.format(typeof moment === 'string' ? new Date(moment) : moment);
}

/** Today in the company's time zone. */
export const today = (): string => dayOf(new Date());

/** Whole days from today; negative in the past. */
export const daysFromToday = (value: string): number => dayNumber(isDay(value) ? value : dayOf(value)) - dayNumber(today());

export const addDays = (day: string, days: number): string => new Date((dayNumber(day) + days) * 86_400_000).toISOString().slice(0, 10);

/** `12 Mar 2026` in the person's locale. */
export function formatDay(day: string): string {
  return formatter({ day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' }).format(new Date(`${day}T00:00:00Z`));
}

/** `Mar 12`, with the year only when it is not this one. */
export function formatDayShort(day: string): string {
  if (day.slice(0, 4) !== today().slice(0, 4)) return formatDay(day);
  return formatter({ day: 'numeric', month: 'short', timeZone: 'UTC' }).format(new Date(`${day}T00:00:00Z`));
}

/** `Mar 12`, where the year stands over it. */
export const formatDayMonth = (day: string): string => formatter({ day: 'numeric', month: 'short', timeZone: 'UTC' }).format(new Date(`${day}T00:00:00Z`));

/** `Fri` */
export const formatWeekday = (day: string): string => formatter({ weekday: 'short', timeZone: 'UTC' }).format(new Date(`${day}T00:00:00Z`));

export const formatMonth = (day: string): string =>
  formatter({ month: 'short', year: 'numeric', timeZone: 'UTC' }).format(new Date(`${day.slice(0, 7)}-01T00:00:00Z`));

/** `12 Mar 2026, 09:41` in the company's zone. */
export function formatMoment(moment: string): string {
  return formatter({ dateStyle: 'medium', timeStyle: 'short', timeZone: zone }).format(new Date(moment));
}

/** `9:41 AM` in the company's zone; to the second where the order of steps matters. */
export function formatTime(moment: string, seconds = false): string {
  return formatter({ timeStyle: seconds ? 'medium' : 'short', timeZone: zone }).format(new Date(moment));
}

const plural = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

/** `today`, `yesterday`, `in 5 days`, `3 weeks ago`. */
export function relativeDay(value: string): string {
  const days = daysFromToday(value);
  const words = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
  if (Math.abs(days) < 14) return words.format(days, 'day');
  if (Math.abs(days) < 60) return words.format(Math.round(days / 7), 'week');
  if (Math.abs(days) < 700) return words.format(Math.round(days / 30.44), 'month');
  return words.format(Math.round(days / 365.25), 'year');
}

/** `just now`, `4 minutes ago`, `3 hours ago`, then days. */
export function relativeMoment(moment: string): string {
  const seconds = Math.round((Date.parse(moment) - Date.now()) / 1000);
  const words = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
  if (Math.abs(seconds) < 45) return 'just now';
  if (Math.abs(seconds) < 3600) return words.format(Math.round(seconds / 60), 'minute');
  if (Math.abs(seconds) < 20 * 3600) return words.format(Math.round(seconds / 3600), 'hour');
  return relativeDay(moment);
}

/** How an open invoice stands, in words before colour: `12 days overdue`, `due today`, `due in 5 days`. */
export function dueWords(dueOn: string): string {
  const days = daysFromToday(dueOn);
  if (days < 0) return `${plural(-days, 'day')} overdue`;
  if (days === 0) return 'due today';
  if (days === 1) return 'due tomorrow';
  return `due in ${plural(days, 'day')}`;
}

export { plural };
