/** On which days a statement rule is due. */
import type { BusinessCalendar } from '../tenants/index.ts';

export const periods = ['daily', 'weekly', 'monthly'] as const;
export type Period = (typeof periods)[number];

export const holidayModes = ['ignore', 'next', 'previous', 'skip'] as const;
export type HolidayMode = (typeof holidayModes)[number];

export interface Schedule {
  period: Period;
  /** Daily: none. Weekly: weekdays from 1 (Monday) to 7. Monthly: days of the month; 0 is the last day. */
  days: number[];
  /** What becomes of a day that is no business day. */
  holidays: HolidayMode;
  /** In the company's zone; null is the company's hour. */
  hour: number | null;
}

/** Longer runs of days off than this do not occur: a search for the next business day ends here. */
const FARTHEST = 31;
const MAX_AHEAD = 400;

/** The last day of the month; a day that a short month does not have is its last as well. */
function isMonthDay(day: Temporal.PlainDate, wanted: number): boolean {
  return day.day === Math.min(wanted === 0 ? 31 : wanted, day.daysInMonth);
}

/** True when the schedule names the day, whatever the calendar says. */
function isNamed({ period, days }: Schedule, day: Temporal.PlainDate): boolean {
  if (period === 'daily') return true;
  if (period === 'weekly') return days.includes(day.dayOfWeek);
  return days.some((wanted) => isMonthDay(day, wanted));
}

/** True when statements of the rule go out on that day. */
export function isDue(schedule: Schedule, day: Temporal.PlainDate, calendar: BusinessCalendar): boolean {
  const { holidays } = schedule;
  if (holidays === 'ignore') return isNamed(schedule, day);
  if (!calendar.isBusinessDay(day)) return false;
  if (isNamed(schedule, day)) return true;
  if (holidays === 'skip') return false;
  // a named day off beside it moves here
  const step = holidays === 'next' ? -1 : 1;
  for (let n = 1; n <= FARTHEST; n++) {
    const other = day.add({ days: step * n });
    if (calendar.isBusinessDay(other)) return false;
    if (isNamed(schedule, other)) return true;
  }
  return false;
}

/** The first day from `from` on at which the rule is due; null when there is none within a year. */
export function nextDue(schedule: Schedule, from: Temporal.PlainDate, calendar: BusinessCalendar): Temporal.PlainDate | null {
  for (let n = 0; n < MAX_AHEAD; n++) {
    const day = from.add({ days: n });
    if (isDue(schedule, day, calendar)) return day;
  }
  return null;
}

/** The first day of the movements on a statement as of `asOf` when the rule has made none before. */
export function firstPeriodStart(schedule: Schedule, asOf: Temporal.PlainDate): Temporal.PlainDate {
  if (schedule.period === 'daily') return asOf;
  return asOf.subtract(schedule.period === 'weekly' ? { weeks: 1 } : { months: 1 }).add({ days: 1 });
}

const weekdays = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const list = (words: readonly string[]): string => (words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`);

const shifts: Record<HolidayMode, string> = {
  ignore: '',
  next: ', or the next business day',
  previous: ', or the business day before',
  skip: ', business days only',
};

/** "every Monday at 14:00, or the next business day". */
export function describeSchedule({ period, days, holidays, hour }: Schedule): string {
  const sorted = [...days].sort((a, b) => (a || 32) - (b || 32));
  const isEvery = sorted.join() === '1,2,3,4,5';
  const when =
    period === 'daily'
      ? 'every day'
      : period === 'weekly'
        ? isEvery
          ? 'every weekday'
          : `every ${list(sorted.map((day) => weekdays[day - 1]!))}`
        : `on ${list(sorted.map((day) => (day === 0 ? 'the last day' : `day ${day}`)))} of the month`;
  return `${when}${hour === null ? '' : ` at ${hour}:00`}${shifts[holidays]}`;
}
