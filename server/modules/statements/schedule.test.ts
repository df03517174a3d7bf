import { describe, expect, test } from 'vitest';
import { businessCalendar } from '../tenants/index.ts';
import { describeSchedule, firstPeriodStart, isDue, nextDue, type Schedule } from './schedule.ts';

const day = (text: string) => Temporal.PlainDate.from(text);
/** Weekends and New Year's Day, which is a Friday in 2027. */
const calendar = businessCalendar([6, 7], [day('2027-01-01')]);
const dueDays = (schedule: Schedule, from: string, count: number) =>
  Array.from({ length: count }, (_, n) => day(from).add({ days: n }))
    .filter((one) => isDue(schedule, one, calendar))
    .map(String);

describe('a schedule', () => {
  test('weekly names weekdays', () => {
    expect(dueDays({ period: 'weekly', days: [1, 4], holidays: 'ignore', hour: null }, '2026-11-30', 14)).toEqual([
      '2026-11-30',
      '2026-12-03',
      '2026-12-07',
      '2026-12-10',
    ]);
  });

  test('monthly on day 31, and on the last day, is the last day of short months', () => {
    for (const wanted of [31, 0])
      expect(dueDays({ period: 'monthly', days: [wanted], holidays: 'ignore', hour: null }, '2028-01-01', 121)).toEqual([
        '2028-01-31',
        '2028-02-29',
        '2028-03-31',
        '2028-04-30',
      ]);
  });

  test('a day off moves to the next or the previous business day, over a holiday beside a weekend too', () => {
    const first = (holidays: Schedule['holidays']) => dueDays({ period: 'monthly', days: [1], holidays, hour: null }, '2026-12-15', 31);
    expect(first('ignore')).toEqual(['2027-01-01']);
    expect(first('next')).toEqual(['2027-01-04']);
    expect(first('previous')).toEqual(['2026-12-31']);
    expect(first('skip')).toEqual([]);
  });

  test('daily with business days gives Monday once for the whole weekend', () => {
    expect(dueDays({ period: 'daily', days: [], holidays: 'next', hour: null }, '2026-12-04', 5)).toEqual(['2026-12-04', '2026-12-07', '2026-12-08']);
  });

  test('the next day is found, or said not to exist', () => {
    expect(nextDue({ period: 'monthly', days: [0], holidays: 'previous', hour: null }, day('2026-10-31'), calendar)?.toString()).toBe('2026-11-30');
    expect(nextDue({ period: 'weekly', days: [7], holidays: 'skip', hour: null }, day('2026-10-31'), calendar)).toBeNull();
  });

  test('the first period is as long as the schedule repeats', () => {
    expect(firstPeriodStart({ period: 'monthly', days: [1], holidays: 'ignore', hour: null }, day('2026-03-01')).toString()).toBe('2026-02-02');
    expect(firstPeriodStart({ period: 'weekly', days: [1], holidays: 'ignore', hour: null }, day('2026-03-02')).toString()).toBe('2026-02-24');
  });

  test('reads as words', () => {
    expect(describeSchedule({ period: 'weekly', days: [1, 2, 3, 4, 5], holidays: 'ignore', hour: null })).toBe('every weekday');
    expect(describeSchedule({ period: 'monthly', days: [0], holidays: 'previous', hour: 14 })).toBe(
      'on the last day of the month at 14:00, or the business day before',
    );
  });
});
