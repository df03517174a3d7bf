import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addDays, readDate, termsDays } from './dates.ts';

const reading = { dayFirst: false, timezone: 'America/New_York' };

describe('days', () => {
  test.each([
    ['2026-03-01', '2026-03-01'],
    ['2026-03-01T23:59:59Z', '2026-03-01'],
    ['2026-03-01T23:59:59.123+14:00', '2026-03-01'],
    ['2026-03-01 00:00', '2026-03-01'],
    ['20260301', '2026-03-01'],
    [20260301, '2026-03-01'],
    ['01.03.2026', '2026-03-01'],
    ['1.3.2026', '2026-03-01'],
    ['03/01/2026', '2026-03-01'],
    ['3/1/2026', '2026-03-01'],
    ['2026/03/01', '2026-03-01'],
    ['01-Mar-2026', '2026-03-01'],
    ['1 March 2026', '2026-03-01'],
    ['2024-02-29', '2024-02-29'],
    [1772409600000, '2026-03-01'],
    ['1772409600000', '2026-03-01'],
    ['9999-12-31', '9999-12-31'],
    ['00000000', null],
    ['0000-00-00', null],
    ['', null],
    ['  ', null],
    [0, null],
  ] as const)('%j is %j', (value, day) => {
    expect(readDate(value, reading)).toBe(day);
  });

  test.each([
    '2026-02-30',
    '2025-02-29',
    '20261301',
    '31.02.2026',
    '13/13/2026',
    '32-Jan-2026',
    '1-Foo-2026',
    'tomorrow',
    '2026-3',
    '1899-12-31',
    45000,
    12,
    -1,
    1.5,
    true,
    {},
    '2026-03-01T25',
    Number.NaN,
  ])('%j is not a day', (value) => {
    expect(readDate(value, reading)).toEqual({ fault: 'invalid_date' });
  });

  test.each(['01/03/26', '1.3.26', '01-Mar-26'])('%j has a year of two digits', (value) => {
    expect(readDate(value, reading)).toEqual({ fault: 'two_digit_year' });
  });

  test('the setting says whether the day comes first', () => {
    expect(readDate('03/04/2026', reading)).toBe('2026-03-04');
    expect(readDate('03/04/2026', { ...reading, dayFirst: true })).toBe('2026-04-03');
    expect(readDate('31/12/2026', reading)).toEqual({ fault: 'invalid_date' });
  });

  test('a sheet counts days, with its day that never was', () => {
    const sheet = { ...reading, serials: true };
    expect([readDate(1, sheet), readDate(59, sheet), readDate(61, sheet), readDate(46082, sheet), readDate('46082', sheet)]).toEqual([
      '1900-01-01',
      '1900-02-28',
      '1900-03-01',
      '2026-03-01',
      '2026-03-01',
    ]);
  });

  test("milliseconds are the day in the company's zone", () => {
    expect(readDate(1772427600000, { ...reading, timezone: 'Asia/Tokyo' })).toBe('2026-03-02');
  });

  test('every day is read back from all its written forms', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100_000 }), (offset) => {
        const day = addDays('1900-01-01', offset);
        const [year, month, date] = day.split('-') as [string, string, string];
        for (const form of [day, `${year}${month}${date}`, `${date}.${month}.${year}`, `${month}/${date}/${year}`, `${day}T12:00:00Z`])
          expect(readDate(form, reading)).toBe(day);
      }),
    );
  });

  test('nothing throws', () => {
    fc.assert(fc.property(fc.anything(), (value) => void readDate(value, reading)));
  });
});

test.each([
  ['Net 30', 30],
  ['net30', 30],
  ['30 days', 30],
  ['30', 30],
  ['2/10 net 30', 30],
  ['2% 10, Net 45', 45],
  ['N/60', 60],
  ['Due on receipt', 0],
  ['Z030', null],
  ['0001', null],
  ['', null],
] as const)('terms %j give %j days', (terms, days) => {
  expect(termsDays(terms)).toBe(days);
});
