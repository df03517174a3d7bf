/** Calendar days as accounting systems write them. The written day is kept: no time zone moves it. */

export type DateFault = 'invalid_date' | 'two_digit_year';

export interface DateReading {
  /** 03/04/2026 is the 3rd of April. */
  dayFirst: boolean;
  /** The company's time zone: moments given as milliseconds are a day there. */
  timezone: string;
  /** In spreadsheets, five-digit numbers are days since 1899-12-30. */
  serials?: boolean;
}

const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const months: Record<string, number> = { jan: 1, feb: 2, mar: 3, apr: 4, may: 5, jun: 6, jul: 7, aug: 8, sep: 9, oct: 10, nov: 11, dec: 12 };

const FIRST_YEAR = 1900;
const LAST_YEAR = 9999;

/**
 * The day as `YYYY-MM-DD`; null for `00000000`, spaces and the empty string (no value); a fault as `{fault}`.
 * Read are ISO dates and date-times, `YYYYMMDD`, `DD.MM.YYYY`, `MM/DD/YYYY` (or day first), `DD-MMM-YYYY`,
 * `YYYY/MM/DD`, milliseconds since 1970, and serial days in spreadsheets.
 */
export function readDate(value: unknown, reading: DateReading): string | null | { fault: DateFault } {
  if (typeof value === 'string') {
    if (value.length === 10 && value.charCodeAt(4) === 45 && value.charCodeAt(7) === 45) {
      const year = digits(value, 0, 4);
      const month = digits(value, 5, 7);
      const day = digits(value, 8, 10);
      if (isDay(year, month, day)) return value;
    }
    return fromText(value.trim(), reading);
  }
  if (typeof value === 'number' && Number.isFinite(value)) return fromNumber(value, reading);
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString().slice(0, 10);
  return { fault: 'invalid_date' };
}

export const isDateFault = (value: string | null | { fault: DateFault }): value is { fault: DateFault } => typeof value === 'object' && value !== null;

/** The number written in `[from, to)`, NaN when something else stands there. */
function digits(text: string, from: number, to: number): number {
  let number = 0;
  for (let i = from; i < to; i++) {
    const c = text.charCodeAt(i) - 48;
    if (!(c >= 0 && c <= 9)) return Number.NaN;
    number = number * 10 + c;
  }
  return number;
}

function isDay(year: number, month: number, day: number): boolean {
  if (!(year >= FIRST_YEAR && year <= LAST_YEAR && month >= 1 && month <= 12 && day >= 1)) return false;
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return day <= monthDays[month - 1]! + (leap ? 1 : 0);
}

const two = (n: number): string => (n < 10 ? `0${n}` : String(n));

function dayOf(year: number, month: number, day: number): string | { fault: DateFault } {
  return isDay(year, month, day) ? `${year}-${two(month)}-${two(day)}` : { fault: 'invalid_date' };
}

function fromText(text: string, reading: DateReading): string | null | { fault: DateFault } {
  if (text === '' || /^0+$/.test(text) || /^0{4}-0{2}-0{2}/.test(text)) return null;
  if (/^\d+$/.test(text)) return text.length === 8 ? compact(text) : fromNumber(Number(text), reading);
  const iso = /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?\s?(?:Z|[+-]\d{2}(?::?\d{2})?)?)?$/.exec(text);
  if (iso) return dayOf(Number(iso[1]), Number(iso[2]), Number(iso[3]));
  const numeric = /^(\d{1,2})([./])(\d{1,2})\2(\d{2}|\d{4})(?:[T ]\d{1,2}:\d{2}(?::\d{2})?(?:\s?[AaPp][Mm])?)?$/.exec(text);
  if (numeric) {
    if (numeric[4]!.length === 2) return { fault: 'two_digit_year' };
    const first = Number(numeric[1]);
    const second = Number(numeric[3]);
    const dayFirst = numeric[2] === '.' || reading.dayFirst;
    return dayFirst ? dayOf(Number(numeric[4]), second, first) : dayOf(Number(numeric[4]), first, second);
  }
  const named = /^(\d{1,2})[- ]([A-Za-z]{3})[A-Za-z]*\.?[- ](\d{2}|\d{4})$/.exec(text);
  if (named) {
    if (named[3]!.length === 2) return { fault: 'two_digit_year' };
    return dayOf(Number(named[3]), months[named[2]!.toLowerCase()] ?? 0, Number(named[1]));
  }
  return { fault: 'invalid_date' };
}

const compact = (text: string) => dayOf(digits(text, 0, 4), digits(text, 4, 6), digits(text, 6, 8));

function fromNumber(value: number, reading: DateReading): string | null | { fault: DateFault } {
  if (value === 0) return null;
  if (reading.serials && value >= 1 && value < 200_000) {
    // day 60 of Excel is 29 February 1900, which never was; after it both calendars agree
    const day = Math.floor(value);
    return addDays(day < 60 ? '1899-12-31' : '1899-12-30', day);
  }
  if (Number.isInteger(value) && value >= 10_000_000 && value <= 99_999_999) return compact(String(value));
  // milliseconds: from September 2001, where they have thirteen digits, to the year 2286
  if (Number.isInteger(value) && value >= 1e12 && value < 1e13)
    return Temporal.Instant.fromEpochMilliseconds(value).toZonedDateTimeISO(reading.timezone).toPlainDate().toString();
  return { fault: 'invalid_date' };
}

/** Days to pay that the terms name: `Net 30`, `30 days`, `2/10 net 30`, `30`, `Due on receipt`; null for a code. */
export function termsDays(terms: string): number | null {
  const text = terms.trim().toLowerCase();
  if (/^(due (up)?on receipt|on receipt|immediate(ly)?|cod|cash|sofort)$/.test(text)) return 0;
  const named = /(?:^|[^a-z])(?:net|n)\s*\/?\s*(\d{1,3})(?!\d)/.exec(text) ?? /^(\d{1,3})\s*(?:days?|d|tage)?(?:\s+net)?$/.exec(text);
  return named ? Number(named[1]) : null;
}

/** `days` after a day written `YYYY-MM-DD`. */
export function addDays(day: string, days: number): string {
  return Temporal.PlainDate.from(day).add({ days }).toString();
}
