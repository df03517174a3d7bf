import { expect, test } from 'vitest';
import { readHolidays } from './holiday-list.ts';

test('a pasted list is read line by line, sorted, with empty lines left out', () => {
  expect(readHolidays('2026-12-25 Christmas Day\n\n2026-01-01, New Year\r\n2026-07-04\tIndependence Day', false)).toEqual({
    days: [
      { day: '2026-01-01', name: 'New Year' },
      { day: '2026-07-04', name: 'Independence Day' },
      { day: '2026-12-25', name: 'Christmas Day' },
    ],
    mistakes: [],
  });
});

test('other ways to write a date are read as the company writes them', () => {
  expect(readHolidays('25.12.2026 - Christmas', false).days).toEqual([{ day: '2026-12-25', name: 'Christmas' }]);
  expect(readHolidays('03/04/2026;Spring', false).days).toEqual([{ day: '2026-03-04', name: 'Spring' }]);
  expect(readHolidays('03/04/2026;Spring', true).days).toEqual([{ day: '2026-04-03', name: 'Spring' }]);
});

test('a line that is no holiday is named with what is wrong in it', () => {
  const { days, mistakes } = readHolidays('Christmas\n2026-02-30 Never\n2026-05-01\n2026-05-02 Fair', false);
  expect(days).toEqual([{ day: '2026-05-02', name: 'Fair' }]);
  expect(mistakes).toEqual([
    'Line 1, “Christmas”: begin with the date, such as 2026-12-25.',
    'Line 2, “2026-02-30 Never”: there is no such day.',
    'Line 3, “2026-05-01”: write the name of the holiday behind the date.',
  ]);
});

test('the last of two names for a day counts', () => {
  expect(readHolidays('2026-05-01 May Day\n2026-05-01 Labour Day', false).days).toEqual([{ day: '2026-05-01', name: 'Labour Day' }]);
});
