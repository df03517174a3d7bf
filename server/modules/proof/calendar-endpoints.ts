import { z } from 'zod';
import { money, toJson } from '../../kernel/money.ts';
import { decodeCursor, encodeCursor } from '../../platform/http/cursor.ts';
import { endpoint, type Endpoint } from '../../platform/http/endpoint.ts';
import { dateSchema, idSchema, instantSchema, listQuery, moneySchema, pageOf } from '../../platform/http/schemas.ts';
import { reasonText } from '../reminders/index.ts';
import { type Calendar, MAX_CALENDAR_DAYS, readCalendar } from './calendar.ts';
import { override, withdrawOverride } from './overrides.ts';
import { listOverrides, type Override, overrideActions, readOverride } from './queries-overrides.ts';

const tag = 'Invoice reminders';
const count = z.number().int();

const overrideSchema = z
  .object({
    id: idSchema,
    customer: z.object({ id: idSchema, number: z.string(), name: z.string() }),
    rule: z.object({ id: idSchema, name: z.string() }).nullable(),
    day: dateSchema,
    action: z.enum(overrideActions),
    toDay: dateSchema.nullable(),
    note: z.string().nullable(),
    madeBy: z.string(),
    madeAt: instantSchema,
    withdrawnBy: z.string().nullable(),
    withdrawnAt: instantSchema.nullable(),
  })
  .meta({ id: 'ReminderOverride' });

const calendarSchema = z
  .object({
    from: dateSchema,
    days: z.array(
      z.object({
        day: dateSchema,
        isBusinessDay: z.boolean(),
        mails: count,
        held: count,
        runs: z.array(
          z.object({
            at: instantSchema,
            hour: count.nullable().meta({ description: "null: the company's hour" }),
            mails: count,
            tasks: count,
            letters: count,
            held: count,
            allowed: count.meta({ description: 'as many as it may send without asking a person, as things stand' }),
            waits: z.boolean().meta({ description: 'it is larger than that, and will wait for a person' }),
            heldReasons: z.array(z.object({ reason: z.string(), text: z.string(), count })),
            rows: z
              .array(
                z.object({
                  customer: z.object({ id: idSchema, number: z.string(), name: z.string() }),
                  outcome: z.enum(['send', 'held']),
                  reason: z.string(),
                  text: z.string(),
                  channel: z.string(),
                  rules: z.array(z.object({ id: idSchema, name: z.string() })),
                  invoices: count,
                  amounts: z.array(moneySchema),
                }),
              )
              .meta({ description: 'the most asked for first; what is held back comes last' }),
          }),
        ),
      }),
    ),
    overrides: z.array(overrideSchema).meta({ description: 'Words of people about these days that stand' }),
  })
  .meta({ id: 'ReminderCalendar' });

const presentOverride = (one: Override): z.input<typeof overrideSchema> => ({
  id: one.id,
  customer: { id: one.customerId, number: one.customerNumber, name: one.customerName },
  rule: one.ruleId === null ? null : { id: one.ruleId, name: one.ruleName ?? '' },
  day: one.day.toString(),
  action: one.action,
  toDay: one.toDay?.toString() ?? null,
  note: one.note,
  madeBy: one.madeBy,
  madeAt: one.madeAt.toString(),
  withdrawnBy: one.withdrawnBy,
  withdrawnAt: one.withdrawnAt?.toString() ?? null,
});

const presentCalendar = ({ from, days, overrides }: Calendar): z.input<typeof calendarSchema> => ({
  from: from.toString(),
  days: days.map(({ day, isBusinessDay, runs }) => ({
    day: day.toString(),
    isBusinessDay,
    mails: runs.reduce((sum, run) => sum + run.mails, 0),
    held: runs.reduce((sum, run) => sum + run.held, 0),
    runs: runs.map(({ at, heldReasons, rows, ...run }) => ({
      ...run,
      at: at.toString(),
      heldReasons: Object.entries(heldReasons).map(([reason, n]) => ({ reason, text: reasonText(reason), count: n })),
      rows: rows.map(({ customerId, customerNumber, customerName, amounts, ...row }) => ({
        ...row,
        customer: { id: customerId, number: customerNumber, name: customerName },
        text: reasonText(row.reason),
        amounts: amounts.map(({ currency, minor }) => toJson(money(BigInt(minor), currency))),
      })),
    })),
  })),
  overrides: overrides.map(presentOverride),
});

export const calendarEndpoints: readonly Endpoint[] = [
  endpoint({
    method: 'get',
    path: '/v1/reminders/calendar',
    permission: 'reminders.read',
    tag,
    summary: 'What will go out in the next days',
    description: 'The coming runs, simulated: what happens if nothing is paid, uploaded or decided until then.',
    query: z.object({
      days: z.coerce.number().int().min(1).max(MAX_CALENDAR_DAYS).default(14),
      limit: z.coerce.number().int().min(1).max(1000).default(50).meta({ description: 'customers shown for a run; the counts are of all' }),
      day: dateSchema.optional().meta({ description: 'show customers of this day only' }),
      customer: idSchema.optional().meta({ description: 'show this customer only' }),
    }),
    response: calendarSchema,
    handler: async (ctx, { query }) =>
      presentCalendar(
        await readCalendar(ctx, {
          days: query.days,
          perRun: query.limit,
          customerId: query.customer ?? null,
          only: query.day === undefined ? null : Temporal.PlainDate.from(query.day),
        }),
      ),
  }),
  endpoint({
    method: 'get',
    path: '/v1/reminders/overrides',
    permission: 'reminders.read',
    tag,
    summary: 'List what was skipped, postponed or sent at once',
    description: 'Newest first, with what was taken back.',
    query: z.object(listQuery),
    response: pageOf(overrideSchema),
    handler: async (ctx, { query }) => {
      const after = query.cursor === undefined ? null : (decodeCursor('reminder-overrides', query.cursor)[0] ?? null);
      const found = await listOverrides(ctx, after, query.limit + 1);
      const items = found.slice(0, query.limit);
      return { items: items.map(presentOverride), nextCursor: found.length > query.limit ? encodeCursor('reminder-overrides', [items.at(-1)!.id]) : null };
    },
  }),
  endpoint({
    method: 'post',
    path: '/v1/reminders/overrides',
    permission: 'reminders.send',
    tag,
    summary: 'Skip, postpone or send a coming mail at once',
    description: 'An earlier word about the same mail gives way. "send_now" asks the rules for that day at once, under the same holds and caps.',
    body: z.object({
      customerId: idSchema,
      ruleId: idSchema.nullable().default(null).meta({ description: 'null: whatever would go to the customer on that day' }),
      day: dateSchema,
      action: z.enum(overrideActions),
      toDay: dateSchema.nullable().default(null),
      note: z.string().trim().max(500).nullable().default(null),
    }),
    response: z.object({
      override: overrideSchema,
      sent: z.object({ outcome: z.string(), reason: z.string(), text: z.string(), rule: z.string() }).nullable(),
    }),
    status: 201,
    idempotent: true,
    example: { request: { customerId: '01920000-0000-7000-8000-000000000001', day: '2026-04-01', action: 'skip', note: 'They pay by the end of the week' } },
    handler: async (ctx, { body }) => {
      const { id, sent } = await override(ctx, {
        ...body,
        day: Temporal.PlainDate.from(body.day),
        toDay: body.toDay === null ? null : Temporal.PlainDate.from(body.toDay),
      });
      return { override: presentOverride((await readOverride(ctx, id))!), sent };
    },
  }),
  endpoint({
    method: 'delete',
    path: '/v1/reminders/overrides/{id}',
    permission: 'reminders.send',
    tag,
    summary: 'Take such a word back',
    params: z.object({ id: idSchema }),
    response: z.null(),
    status: 204,
    handler: async (ctx, { params }) => {
      await withdrawOverride(ctx, params.id);
      return null;
    },
  }),
];
