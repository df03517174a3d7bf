import { z } from 'zod';
import { notFound } from '../../kernel/problem.ts';
import type { Context } from '../../platform/context.ts';
import { decodeCursor, encodeCursor } from '../../platform/http/cursor.ts';
import { type Endpoint, endpoint } from '../../platform/http/endpoint.ts';
import { dateSchema, idSchema, listQuery, pageOf } from '../../platform/http/schemas.ts';
import { usualMails } from './commands/brake.ts';
import { planRun, startManualRun } from './commands/run.ts';
import { continueRun } from './jobs.ts';
import { previewManual } from './inspection/preview.ts';
import { presentDecision, presentPreview, presentRuns } from './present.ts';
import { type DecisionFilter, listDecisions } from './queries.ts';
import { reasons, reasonText, type Reason } from './rule.ts';
import { countDecisions, listRuns, readRun } from './runs/queries.ts';
import { decisionSchema, previewSchema, runDetailSchema, runSchema } from './schemas.ts';

const tag = 'Invoice reminders';
const byId = z.object({ id: idSchema });
const decisionQuery = {
  ...listQuery,
  outcome: z.enum(['send', 'merged', 'held']).optional(),
  reason: z.enum(Object.keys(reasons) as [Reason, ...Reason[]]).optional(),
};

async function show(ctx: Context, id: string): Promise<z.input<typeof runDetailSchema>> {
  const run = await readRun(ctx, id);
  if (!run) throw notFound('run');
  const counts = await countDecisions(ctx, id);
  const reasonCounts = new Map<string, { outcome: string; reason: string; text: string; count: number }>();
  for (const { outcome, reason, count } of counts) {
    const known = reasonCounts.get(`${outcome} ${reason}`);
    if (known) known.count += count;
    else reasonCounts.set(`${outcome} ${reason}`, { outcome, reason, text: reasonText(reason), count });
  }
  const stopped = run.state === 'waiting' || run.releasedAt !== null;
  return {
    ...(await presentRuns(ctx, [run]))[0]!,
    reasons: [...reasonCounts.values()],
    usualMails: stopped ? await usualMails(ctx, run) : null,
  };
}

async function decisionPage(ctx: Context, filter: DecisionFilter, { cursor, limit }: { cursor?: string | undefined; limit: number }) {
  const after = cursor === undefined ? null : decodeCursor('reminder-decisions', cursor);
  const found = await listDecisions(ctx, filter, filter.customerId === undefined || after === null ? after : after.slice(1), limit + 1);
  const items = found.slice(0, limit);
  const last = found.length > limit ? items.at(-1)! : null;
  return {
    items: items.map(presentDecision),
    nextCursor: last ? encodeCursor('reminder-decisions', [last.customerId, last.day.toString(), last.ruleId, last.currency]) : null,
  };
}

export const runEndpoints: readonly Endpoint[] = [
  endpoint({
    method: 'get',
    path: '/v1/reminder-runs',
    permission: 'reminders.read',
    tag,
    summary: 'List the runs',
    description: 'Newest first.',
    query: z.object(listQuery),
    response: pageOf(runSchema),
    handler: async (ctx, { query }) => {
      const found = await listRuns(ctx, query.cursor === undefined ? null : decodeCursor('reminder-runs', query.cursor), query.limit + 1);
      const items = found.slice(0, query.limit);
      const last = found.length > query.limit ? items.at(-1)! : null;
      return { items: await presentRuns(ctx, items), nextCursor: last ? encodeCursor('reminder-runs', [last.startedAt.toString(), last.id]) : null };
    },
  }),
  endpoint({
    method: 'post',
    path: '/v1/reminder-runs',
    permission: 'reminders.run',
    tag,
    summary: 'Run the active rules now',
    description:
      'Decides at once and answers how many mails, tasks and letters go out and what they ask for; they follow. Nobody is reminded twice of the same rule on a day.',
    body: z.object({ ruleIds: z.array(idSchema).min(1).max(100).optional().meta({ description: 'Of the active rules only these' }) }),
    response: runDetailSchema,
    status: 201,
    idempotent: true,
    example: { request: {} },
    handler: async (ctx, { body }) => {
      const id = await startManualRun(ctx, body.ruleIds ?? null);
      await planRun(ctx, id);
      await ctx.enqueue(continueRun, { runId: id }, { key: id });
      return show(ctx, id);
    },
  }),
  endpoint({
    method: 'get',
    path: '/v1/reminders/preview',
    permission: 'reminders.read',
    tag,
    summary: 'What a run started now would send',
    description: 'Of all active rules. Nothing is written.',
    response: previewSchema.extend({ activeRules: z.number().int() }),
    handler: async (ctx) => {
      const { activeRules, ...preview } = await previewManual(ctx);
      return { ...presentPreview(preview), activeRules };
    },
  }),
  endpoint({
    method: 'get',
    path: '/v1/reminder-runs/{id}',
    permission: 'reminders.read',
    tag,
    summary: 'Read a run',
    params: byId,
    response: runDetailSchema,
    handler: (ctx, { params }) => show(ctx, params.id),
  }),
  endpoint({
    method: 'get',
    path: '/v1/reminder-runs/{id}/decisions',
    permission: 'reminders.read',
    tag,
    summary: 'List what a run decided',
    params: byId,
    query: z.object(decisionQuery),
    response: pageOf(decisionSchema),
    handler: async (ctx, { params, query }) => {
      if (!(await readRun(ctx, params.id))) throw notFound('run');
      return decisionPage(ctx, { runId: params.id, outcome: query.outcome, reason: query.reason }, query);
    },
  }),
  endpoint({
    method: 'get',
    path: '/v1/reminder-decisions',
    permission: 'reminders.read',
    tag,
    summary: "List a customer's reminder decisions",
    description: 'Newest first.',
    query: z.object({
      ...decisionQuery,
      customer: idSchema.optional().meta({ description: "The customer's id" }),
      day: dateSchema.optional(),
      run: idSchema.optional(),
    }),
    response: pageOf(decisionSchema),
    handler: async (ctx, { query }) => {
      // without a customer or a run there is no order in which a page could be found: the last run answers
      const runId = query.run ?? (query.customer === undefined ? (await listRuns(ctx, null, 1))[0]?.id : undefined);
      if (query.customer === undefined && runId === undefined) return { items: [], nextCursor: null };
      const day = query.day === undefined ? undefined : Temporal.PlainDate.from(query.day);
      return decisionPage(ctx, { customerId: query.customer, runId, outcome: query.outcome, reason: query.reason, day }, query);
    },
  }),
];
