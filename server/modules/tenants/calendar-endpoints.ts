import { z } from 'zod';
import type { Context } from '../../platform/context.ts';
import { type Endpoint, endpoint } from '../../platform/http/endpoint.ts';
import { dateSchema } from '../../platform/http/schemas.ts';
import { addHoliday, removeHoliday } from './commands/holidays.ts';
import { getSettings } from './commands/update-settings.ts';
import { type Holiday, listHolidays } from './queries-calendar.ts';

const tag = 'Settings';
const holidaySchema = z.object({ day: dateSchema, name: z.string() }).meta({ id: 'Holiday' });
const present = ({ day, name }: Holiday) => ({ day: day.toString(), name });

const name = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .refine((text) => !/\p{Cc}/u.test(text), 'write it on one line, without control characters');

const list = endpoint({
  method: 'get',
  path: '/v1/calendar/holidays',
  permission: 'reminders.read',
  tag,
  summary: 'List the holidays of the business calendar',
  description: 'The earliest first, with the days of the week that are no business days.',
  response: z.object({ items: z.array(holidaySchema), nextCursor: z.null(), weekend: z.array(z.number().int()) }),
  handler: async (ctx: Context) => ({
    items: (await listHolidays(ctx)).map(present),
    nextCursor: null,
    weekend: (await getSettings(ctx)).calendar.weekend,
  }),
});

const add = endpoint({
  method: 'post',
  path: '/v1/calendar/holidays',
  permission: 'settings.write',
  tag,
  summary: 'Add a holiday',
  body: z.strictObject({ day: dateSchema, name }),
  response: holidaySchema,
  status: 201,
  idempotent: true,
  example: { request: { day: '2026-12-25', name: 'Christmas Day' } },
  handler: async (ctx, { body }) => present(await addHoliday(ctx, Temporal.PlainDate.from(body.day), body.name)),
});

const remove = endpoint({
  method: 'delete',
  path: '/v1/calendar/holidays/{day}',
  permission: 'settings.write',
  tag,
  summary: 'Remove a holiday',
  params: z.object({ day: dateSchema }),
  response: z.null(),
  status: 204,
  handler: async (ctx, { params }) => {
    await removeHoliday(ctx, Temporal.PlainDate.from(params.day));
    return null;
  },
});

export const calendarEndpoints: readonly Endpoint[] = [list, add, remove];
