/** On which days a rule is asked, and which days a run answers for. */
import type { BusinessCalendar } from '../tenants/index.ts';

/** What happens to a day off: asked all the same, moved to the business day after or before it, or left out. */
export const holidayRules = ['ignore', 'next', 'previous', 'skip'] as const;
export type HolidayRule = (typeof holidayRules)[number];

export interface Schedule {
  /** Numbers are days of the week: 1 is Monday, 7 is Sunday. */
  days: 'every' | 'weekdays' | number[];
  /** In the company's zone; null is the company's hour. */
  hour: number | null;
  holidays: HolidayRule;
}

export interface Repeat {
  /** Days from one mail of the rule to a customer to the next. */
  everyDays: number;
  /** How often an invoice is listed by the rule; null: as long as it matches. */
  limit: number | null;
}

export const everyDaySchedule: Schedule = { days: 'every', hour: null, holidays: 'ignore' };

const weekdays = [1, 2, 3, 4, 5];

export function isScheduled({ days }: Schedule, day: Temporal.PlainDate): boolean {
  return days === 'every' || (days === 'weekdays' ? weekdays : days).includes(day.dayOfWeek);
}

/** A company that keeps its days off quiet moves what its rules leave open. */
export const holidayRuleOf = (schedule: Schedule, quietDays: boolean): HolidayRule =>
  schedule.holidays === 'ignore' && quietDays ? 'next' : schedule.holidays;

/** Days that are looked through for the next one; a rule for one day of the week meets eight of its days in them. */
const AHEAD = 60;

/** The first day from `from` on on which mails of the rule can go. Null when there is none in sight. */
export function nextDayOf(schedule: Schedule, quietDays: boolean, calendar: BusinessCalendar, from: Temporal.PlainDate): Temporal.PlainDate | null {
  const rule = holidayRuleOf(schedule, quietDays);
  let first: Temporal.PlainDate | null = null;
  for (let ahead = 0; ahead < AHEAD; ahead++) {
    const day = from.add({ days: ahead });
    const moved = isScheduled(schedule, day) ? movedDay(rule, calendar, day) : null;
    if (moved && Temporal.PlainDate.compare(moved, from) >= 0 && (first === null || Temporal.PlainDate.compare(moved, first) < 0)) first = moved;
  }
  return first;
}

function movedDay(rule: HolidayRule, calendar: BusinessCalendar, day: Temporal.PlainDate): Temporal.PlainDate | null {
  if (rule === 'ignore' || calendar.isBusinessDay(day)) return day;
  if (rule === 'skip') return null;
  return rule === 'next' ? calendar.next(day) : calendar.previous(day);
}

export interface Agenda {
  /** Oldest first; the last is the day of the run itself. */
  days: Temporal.PlainDate[];
  /** Days without a run that are too long ago to be caught up. */
  missed: Temporal.PlainDate[];
}

export interface AgendaInput {
  on: Temporal.PlainDate;
  /** Day of the last daily run before `on`. */
  lastRunOn: Temporal.PlainDate | null;
  /** First day of the earliest active rule; what lies before was never missed. */
  firstActivatedOn: Temporal.PlainDate | null;
  catchUpDays: number;
}

/** A stop of more than a year is not listed day by day. */
const MAX_MISSED = 366;

/** The day of the run, and before it the days since the last run, as far back as `catchUpDays`. */
export function agenda({ on, lastRunOn, firstActivatedOn, catchUpDays }: AgendaInput): Agenda {
  const days = [on];
  const missed: Temporal.PlainDate[] = [];
  const afterLast = lastRunOn?.add({ days: 1 }) ?? null;
  const from = latest(afterLast, firstActivatedOn) ?? on;
  const oldest = on.subtract({ days: catchUpDays });
  for (let day = on.subtract({ days: 1 }); Temporal.PlainDate.compare(day, from) >= 0; day = day.subtract({ days: 1 })) {
    if (Temporal.PlainDate.compare(day, oldest) >= 0) days.unshift(day);
    else missed.unshift(day);
    if (missed.length === MAX_MISSED) break;
  }
  return { days, missed };
}

function latest(a: Temporal.PlainDate | null, b: Temporal.PlainDate | null): Temporal.PlainDate | null {
  if (a === null || b === null) return a ?? b;
  return Temporal.PlainDate.compare(a, b) > 0 ? a : b;
}
