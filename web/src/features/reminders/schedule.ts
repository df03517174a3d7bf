import type { Rule } from '../../api/reminders.ts';

export type Schedule = Rule['schedule'];
export type Repeat = NonNullable<Rule['repeat']>;

/** A new rule is asked every day at the company's hour. */
export const everyDay: Schedule = { days: 'every', hour: null, holidays: 'ignore' };

export const weekdays = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] as const;

/** The repetition as it is typed; numbers become numbers when it is saved. */
export interface RepeatDraft {
  on: boolean;
  everyDays: string;
  limit: string;
}

export const repeatDraft = (repeat: Rule['repeat']): RepeatDraft => ({
  on: repeat !== null,
  everyDays: String(repeat?.everyDays ?? 5),
  limit: repeat?.limit == null ? '' : String(repeat.limit),
});

const whole = (text: string, max: number): number | null => (/^\d{1,4}$/.test(text.trim()) && Number(text) >= 1 && Number(text) <= max ? Number(text) : null);

/** What is sent; `undefined` where something typed is no number yet. */
export function repeatOf({ on, everyDays, limit }: RepeatDraft): Repeat | null | undefined {
  if (!on) return null;
  const days = whole(everyDays, 365);
  const most = limit.trim() === '' ? null : whole(limit, 100);
  return days === null || (limit.trim() !== '' && most === null) ? undefined : { everyDays: days, limit: most };
}

export const repeatMistakes = ({ on, everyDays, limit }: RepeatDraft) => ({
  everyDays: on && whole(everyDays, 365) === null ? 'Write a whole number of days from 1 to 365.' : undefined,
  limit: on && limit.trim() !== '' && whole(limit, 100) === null ? 'Write a whole number from 1 to 100, or leave it empty.' : undefined,
});

/** What is missing in the schedule, in words; null when nothing is. */
export const scheduleMistake = (schedule: Schedule): string | null =>
  Array.isArray(schedule.days) && schedule.days.length === 0 ? 'Choose at least one weekday.' : null;
