import { z } from 'zod';
import { notFound } from '../../kernel/problem.ts';
import type { Context } from '../../platform/context.ts';
import { decodeCursor, encodeCursor } from '../../platform/http/cursor.ts';
import { endpoint, type Endpoint } from '../../platform/http/endpoint.ts';
import { dateSchema, flagSchema, idSchema, instantSchema, listQuery, pageOf } from '../../platform/http/schemas.ts';
import { baselineSchema, candidateSchema } from './candidate.ts';
import { cancelBacktest, deleteBacktest, startBacktest } from './commands.ts';
import { firstKeptDay } from './history.ts';
import * as queries from './queries-backtest.ts';

const tag = 'Invoice reminders';
const byId = z.object({ id: idSchema });
const count = z.number().int();

const proofSchema = z.object({
  recorded: count,
  replayed: count,
  different: count.meta({ description: 'decisions that only the record or only the replay has: 0 proves the rules' }),
  examples: z.array(
    z.object({ side: z.enum(['recorded', 'replayed']), customer: z.string(), rule: z.string(), day: dateSchema, outcome: z.string(), reason: z.string() }),
  ),
});

const summarySchema = z.object({
  mails: count,
  baseMails: count,
  sameMails: count.meta({ description: 'the same customer on the same day' }),
  held: count,
  customers: count,
  baseCustomers: count,
  onlyCandidate: count,
  onlyBaseline: count,
  contactsAbove: count,
  mostForContact: count,
  proof: proofSchema.nullable(),
  recordedFrom: dateSchema.nullable(),
  tookMs: count,
});

const backtestSchema = z
  .object({
    id: idSchema,
    title: z.string(),
    candidate: candidateSchema,
    baseline: baselineSchema,
    from: dateSchema,
    to: dateSchema,
    moreThan: count,
    state: z.enum(['waiting', 'running', 'done', 'failed', 'cancelled']),
    daysTotal: count,
    daysDone: count,
    summary: summarySchema.nullable(),
    error: z.string().nullable(),
    askedBy: z.string(),
    createdAt: instantSchema,
    finishedAt: instantSchema.nullable(),
  })
  .meta({ id: 'Backtest' });

const detailSchema = backtestSchema
  .extend({
    days: z.array(z.object({ day: dateSchema, mails: count, baseMails: count, sameMails: count, held: count })),
    contactsAbove: z.array(
      z.object({ address: z.string(), mails: count, mostInWeek: count, customers: z.array(z.object({ id: idSchema, name: z.string() })) }),
    ),
  })
  .meta({ id: 'BacktestDetail' });

const customerSchema = z
  .object({
    customer: z.object({ id: idSchema, number: z.string(), name: z.string() }),
    address: z.string(),
    mails: count,
    baseMails: count,
    sameMails: count,
    mostInWeek: count,
    days: z.array(dateSchema),
    baseDays: z.array(dateSchema),
  })
  .meta({ id: 'BacktestCustomer' });

const present = (test: queries.Backtest): z.input<typeof backtestSchema> => ({
  id: test.id,
  title: test.title,
  candidate: test.candidate,
  baseline: test.baseline,
  from: test.fromDay.toString(),
  to: test.toDay.toString(),
  moreThan: test.moreThan,
  state: test.state,
  daysTotal: test.daysTotal,
  daysDone: test.daysDone,
  summary: test.summary,
  error: test.error,
  askedBy: test.askedBy,
  createdAt: test.createdAt.toString(),
  finishedAt: test.finishedAt?.toString() ?? null,
});

const SHOWN_CONTACTS = 100;

export async function showBacktest(ctx: Context, id: string): Promise<z.input<typeof detailSchema>> {
  const test = await queries.readBacktest(ctx, id);
  if (!test) throw notFound('back-test');
  const done = test.state === 'done';
  return {
    ...present(test),
    days: done ? (await queries.readDays(ctx, id)).map(({ day, ...counts }) => ({ day: day.toString(), ...counts })) : [],
    contactsAbove: done ? await queries.readContactsAbove(ctx, id, test.moreThan, SHOWN_CONTACTS) : [],
  };
}

const newBacktest = z.object({
  title: z.string().trim().max(200).optional(),
  candidate: candidateSchema,
  baseline: baselineSchema.default({ kind: 'sent' }),
  from: dateSchema.optional().meta({ description: 'twelve months ago when left out; 422 `history_not_kept` for a day before what HISTORY_MONTHS keeps' }),
  to: dateSchema.optional().meta({ description: 'yesterday when left out' }),
  moreThan: z.number().int().min(1).max(1000).default(12).meta({ description: 'contacts with more mails than this are listed' }),
});

export const backtestEndpoints: readonly Endpoint[] = [
  endpoint({
    method: 'get',
    path: '/v1/reminders/backtests',
    permission: 'reminders.read',
    tag,
    summary: 'List the back-tests',
    description: 'Newest first.',
    query: z.object(listQuery),
    response: pageOf(backtestSchema),
    handler: async (ctx, { query }) => {
      const after = query.cursor === undefined ? null : (decodeCursor('backtests', query.cursor)[0] ?? null);
      const found = await queries.listBacktests(ctx, after, query.limit + 1);
      const items = found.slice(0, query.limit);
      return { items: items.map(present), nextCursor: found.length > query.limit ? encodeCursor('backtests', [items.at(-1)!.id]) : null };
    },
  }),
  endpoint({
    method: 'post',
    path: '/v1/reminders/backtests',
    permission: 'reminders.write',
    tag,
    summary: 'Start a back-test',
    description:
      'Replays rules day by day over the recorded past: who would have been mailed, how often, against what was really sent or against other rules. Worked out by a job; read it to see how far it is.',
    body: newBacktest,
    response: detailSchema,
    status: 201,
    idempotent: true,
    example: {
      request: {
        candidate: {
          kind: 'rule',
          draft: {
            name: 'Overdue by 7 days',
            customerCondition: { combinator: 'and', conditions: [{ field: 'customer_category', operator: 'all' }] },
            invoiceCondition: { combinator: 'and', conditions: [{ field: 'overdue_by', operator: 'equal', value: 7 }] },
          },
        },
        baseline: { kind: 'sent' },
        moreThan: 12,
      },
    },
    handler: async (ctx, { body }) => {
      const today = ctx.clock.today();
      const to = body.to === undefined ? today.subtract({ days: 1 }) : Temporal.PlainDate.from(body.to);
      const yearAgo = to.subtract({ years: 1 }).add({ days: 1 });
      const kept = (await firstKeptDay(ctx)) ?? yearAgo;
      const from = body.from === undefined ? (Temporal.PlainDate.compare(kept, yearAgo) > 0 ? kept : yearAgo) : Temporal.PlainDate.from(body.from);
      return showBacktest(ctx, await startBacktest(ctx, { ...body, from, to }));
    },
  }),
  endpoint({
    method: 'get',
    path: '/v1/reminders/backtests/{id}',
    permission: 'reminders.read',
    tag,
    summary: 'Read a back-test',
    description: 'How far it is; when it is done its days and the contacts with many mails.',
    params: byId,
    response: detailSchema,
    handler: (ctx, { params }) => showBacktest(ctx, params.id),
  }),
  endpoint({
    method: 'get',
    path: '/v1/reminders/backtests/{id}/customers',
    permission: 'reminders.read',
    tag,
    summary: "List a back-test's customers",
    description: 'The most mails first, with the days on which each side mails.',
    params: byId,
    query: z.object({ ...listQuery, different: flagSchema.optional(), customerId: idSchema.optional() }),
    response: pageOf(customerSchema),
    handler: async (ctx, { params, query }) => {
      if (!(await queries.readBacktest(ctx, params.id))) throw notFound('back-test');
      const found = await queries.listCustomers(ctx, params.id, {
        after: query.cursor === undefined ? null : decodeCursor('backtest-customers', query.cursor),
        limit: query.limit + 1,
        different: query.different ?? false,
        customerId: query.customerId,
      });
      const items = found.slice(0, query.limit);
      const last = items.at(-1);
      return {
        items: items.map(({ customerId, number, name, days, baseDays, ...row }) => ({
          ...row,
          customer: { id: customerId, number, name },
          days: days.map(String),
          baseDays: baseDays.map(String),
        })),
        nextCursor: found.length > query.limit && last ? encodeCursor('backtest-customers', [String(last.mails), last.customerId]) : null,
      };
    },
  }),
  endpoint({
    method: 'post',
    path: '/v1/reminders/backtests/{id}/cancel',
    permission: 'reminders.write',
    tag,
    summary: 'Cancel a back-test',
    params: byId,
    response: detailSchema,
    handler: async (ctx, { params }) => {
      await cancelBacktest(ctx, params.id);
      return showBacktest(ctx, params.id);
    },
  }),
  endpoint({
    method: 'delete',
    path: '/v1/reminders/backtests/{id}',
    permission: 'reminders.write',
    tag,
    summary: 'Delete a back-test',
    params: byId,
    response: z.null(),
    status: 204,
    handler: async (ctx, { params }) => {
      await deleteBacktest(ctx, params.id);
      return null;
    },
  }),
];
