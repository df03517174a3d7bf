import { expect, test } from 'vitest';
import { dateIn, daysBetween, isTimeZone, nextDailyRun } from './calendar.ts';
import { isId, newId } from './ids.ts';

const at = (text: string) => Temporal.Instant.from(text);

test('at one moment it is two dates in Auckland and in Honolulu', () => {
  const moment = at('2026-03-02T11:30:00Z');
  expect(dateIn('Pacific/Auckland', moment).toString()).toBe('2026-03-03');
  expect(dateIn('Pacific/Honolulu', moment).toString()).toBe('2026-03-02');
});

test('the next run is today before the hour, tomorrow from the hour on', () => {
  expect(nextDailyRun('America/New_York', 9, at('2026-03-02T13:59:59Z')).toString()).toBe('2026-03-02T14:00:00Z');
  expect(nextDailyRun('America/New_York', 9, at('2026-03-02T14:00:00Z')).toString()).toBe('2026-03-03T14:00:00Z');
});

test('an hour that the spring change leaves out becomes the first moment after the gap', () => {
  expect(nextDailyRun('America/New_York', 2, at('2026-03-08T05:00:00Z')).toString()).toBe('2026-03-08T07:00:00Z');
});

test('an hour that the autumn change repeats runs once', () => {
  const first = nextDailyRun('America/New_York', 1, at('2026-11-01T04:00:00Z'));
  expect(first.toString()).toBe('2026-11-01T05:00:00Z');
  expect(nextDailyRun('America/New_York', 1, first).toString()).toBe('2026-11-02T06:00:00Z');
});

test('days are counted on the calendar, leap day included', () => {
  expect(daysBetween(Temporal.PlainDate.from('2028-02-28'), Temporal.PlainDate.from('2028-03-01'))).toBe(2);
});

test('only zones of the IANA list are zones', () => {
  expect([isTimeZone('Europe/Berlin'), isTimeZone('UTC'), isTimeZone('Mars/Base'), isTimeZone('+02:00')]).toEqual([true, true, false, false]);
});

test('ids rise strictly, however fast they are made', () => {
  let last = '';
  for (let i = 0; i < 20_000; i++) {
    const id = newId();
    expect(isId(id) && id > last).toBe(true);
    last = id;
  }
});
