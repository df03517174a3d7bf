export interface HolidayLine {
  day: string;
  name: string;
}

export interface ReadHolidays {
  days: HolidayLine[];
  mistakes: string[];
}

const LONGEST_NAME = 100;
/** As many as are taken at once. */
export const MOST_HOLIDAYS = 500;

const iso = (year: number, month: number, day: number): string | null => {
  const text = `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
  // the 30th of February comes back as another day
  const date = new Date(`${text}T00:00:00Z`);
  return Number.isNaN(date.getTime()) || date.toISOString().slice(0, 10) !== text || year < 2000 || year > 2100 ? null : text;
};

/**
 * A pasted list, one day in a line with its name behind it: 2026-12-25 Christmas Day; 25.12.2026 works too, and
 * 12/25/2026 in the order that the company's files have.
 */
export function readHolidays(text: string, dayFirst: boolean): ReadHolidays {
  const days = new Map<string, string>();
  const mistakes: string[] = [];
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim();
    if (line === '') continue;
    const read = readLine(line, dayFirst);
    if (typeof read === 'string') mistakes.push(`Line ${index + 1}, “${line.slice(0, 40)}”: ${read}`);
    else days.set(read.day, read.name);
  }
  if (days.size > MOST_HOLIDAYS) mistakes.push(`A list can have ${MOST_HOLIDAYS} days; this one has ${days.size}.`);
  return { days: [...days].map(([day, name]) => ({ day, name })).sort((a, b) => (a.day < b.day ? -1 : 1)), mistakes };
}

function readLine(line: string, dayFirst: boolean): HolidayLine | string {
  const match = /^["']?(?:(\d{4})-(\d{1,2})-(\d{1,2})|(\d{1,2})\.(\d{1,2})\.(\d{4})|(\d{1,2})\/(\d{1,2})\/(\d{4}))["']?(.*)$/.exec(line);
  if (!match) return 'begin with the date, such as 2026-12-25.';
  const part = (index: number): number => Number(match[index] ?? 0);
  const day = match[1]
    ? iso(part(1), part(2), part(3))
    : match[4]
      ? iso(part(6), part(5), part(4))
      : dayFirst
        ? iso(part(9), part(8), part(7))
        : iso(part(9), part(7), part(8));
  if (!day) return 'there is no such day.';
  const name = (match[10] ?? '')
    .replace(/^[\s,;:–-]+/, '')
    .replace(/^["']|["']$/g, '')
    .trim();
  if (!name) return 'write the name of the holiday behind the date.';
  return name.length > LONGEST_NAME ? `the name can have ${LONGEST_NAME} characters.` : { day, name };
}
