import { conflict, invalid, notFound, Problem } from '../../../kernel/problem.ts';
import type { Context } from '../../../platform/context.ts';
import { type BusinessCalendar, businessCalendar } from '../calendar.ts';
import { holidayAdded, holidayRemoved } from '../events.ts';
import * as queries from '../queries-calendar.ts';
import { getSettings } from './update-settings.ts';

/** Ten years of a country with many holidays, and room. */
const MAX_HOLIDAYS = 1000;
/** Holidays are written down for the years around now. */
const YEARS = 20;

/** The business days of the company, as they are set now. */
export async function readBusinessCalendar(ctx: Context): Promise<BusinessCalendar> {
  const { calendar } = await getSettings(ctx);
  return businessCalendar(
    calendar.weekend,
    (await queries.listHolidays(ctx)).map((holiday) => holiday.day),
  );
}

/** Problems: 409 for a day that is a holiday already or when there are too many, 422 for a day too far away. */
export async function addHoliday(ctx: Context, day: Temporal.PlainDate, name: string): Promise<queries.Holiday> {
  if (Math.abs(day.year - ctx.clock.today().year) > YEARS) throw invalid('day', 'too_far', `Choose a day within ${YEARS} years.`);
  if ((await queries.countHolidays(ctx)) >= MAX_HOLIDAYS)
    throw new Problem(409, 'too_many_holidays', `A calendar can have ${MAX_HOLIDAYS} holidays. Delete some of past years.`);
  if (!(await queries.insertHoliday(ctx, day, name))) throw conflict('known_holiday', `${day.toString()} is a holiday already.`);
  await ctx.record(holidayAdded(ctx.tenant.id, day, name));
  return { day, name };
}

export async function removeHoliday(ctx: Context, day: Temporal.PlainDate): Promise<void> {
  const name = await queries.deleteHoliday(ctx, day);
  if (name === null) throw notFound('holiday');
  await ctx.record(holidayRemoved(ctx.tenant.id, day, name));
}
