import { z } from 'zod';
import { notFound } from '../../../kernel/problem.ts';
import type { Context } from '../../../platform/context.ts';
import { decodeCursor, encodeCursor } from '../../../platform/http/cursor.ts';
import { type Endpoint, endpoint } from '../../../platform/http/endpoint.ts';
import { flagSchema, idSchema, listQuery, pageOf } from '../../../platform/http/schemas.ts';
import { printResponse, zipResponse } from '../batch.ts';
import { planRun, retryRun, startManualRun } from '../commands/run.ts';
import { listStatements } from '../documents/queries.ts';
import { continueRun, retryFailed } from '../jobs.ts';
import { presentRunDetail, presentRuns, presentStatement } from '../present.ts';
import { listRuns, readRun, type Run } from '../runs/queries.ts';
import { runDetailSchema, runSchema, statementSchema } from '../schemas.ts';

const tag = 'Statements';
const byId = z.object({ id: idSchema });

async function find(ctx: Context, id: string): Promise<Run> {
  const run = await readRun(ctx, id);
  if (!run) throw notFound('run');
  return run;
}

const batchQuery = z.object({ held: flagSchema.optional().meta({ description: 'Only statements that go out by no mail' }) });

export const runEndpoints: readonly Endpoint[] = [
  endpoint({
    method: 'get',
    path: '/v1/statement-runs',
    permission: 'statements.read',
    tag,
    summary: 'List the statement runs',
    description: 'Newest first.',
    query: z.object(listQuery),
    response: pageOf(runSchema),
    handler: async (ctx, { query }) => {
      const found = await listRuns(ctx, query.cursor === undefined ? null : decodeCursor('statement-runs', query.cursor), query.limit + 1);
      const items = found.slice(0, query.limit);
      const last = found.length > query.limit ? items.at(-1)! : null;
      return { items: await presentRuns(ctx, items), nextCursor: last ? encodeCursor('statement-runs', [last.startedAt.toString(), last.id]) : null };
    },
  }),
  endpoint({
    method: 'post',
    path: '/v1/statement-runs',
    permission: 'statements.run',
    tag,
    summary: 'Run statement rules now',
    description:
      'Plans the statements as of today at once and answers how many there are; they are drawn and mailed in the background. With `mails: false` they are made for paper and nobody is written to.',
    body: z.object({
      ruleIds: z.array(idSchema).min(1).max(50).optional().meta({ description: 'These rules, on or off; all that are on when left out' }),
      mails: z.boolean().default(true),
    }),
    response: runDetailSchema,
    status: 201,
    idempotent: true,
    example: { request: {} },
    handler: async (ctx, { body }) => {
      const id = await startManualRun(ctx, { ruleIds: body.ruleIds ?? null, mails: body.mails });
      await planRun(ctx, id);
      await ctx.enqueue(continueRun, { runId: id }, { key: id });
      return presentRunDetail(ctx, await find(ctx, id));
    },
  }),
  endpoint({
    method: 'get',
    path: '/v1/statement-runs/{id}',
    permission: 'statements.read',
    tag,
    summary: 'Read a statement run',
    params: byId,
    response: runDetailSchema,
    handler: async (ctx, { params }) => presentRunDetail(ctx, await find(ctx, params.id)),
  }),
  endpoint({
    method: 'get',
    path: '/v1/statement-runs/{id}/statements',
    permission: 'statements.read',
    tag,
    summary: 'List the statements of a run',
    params: byId,
    query: z.object({ ...listQuery, trouble: flagSchema.optional().meta({ description: 'Only what was not drawn, is held back, or whose mail failed' }) }),
    response: pageOf(statementSchema),
    handler: async (ctx, { params, query }) => {
      await find(ctx, params.id);
      const after = query.cursor === undefined ? null : decodeCursor('run-statements', query.cursor);
      const found = await listStatements(ctx, { runId: params.id, trouble: query.trouble }, after, query.limit + 1);
      const items = found.slice(0, query.limit);
      const last = found.length > query.limit ? items.at(-1)! : null;
      return { items: items.map(presentStatement), nextCursor: last ? encodeCursor('run-statements', [last.customerId, last.currency]) : null };
    },
  }),
  endpoint({
    method: 'post',
    path: '/v1/statement-runs/{id}/retry',
    permission: 'statements.run',
    tag,
    summary: 'Try again what failed in a run',
    description: 'Only that: statements that could not be drawn, those held back whose customer can be written to now, and mails that failed.',
    params: byId,
    response: runDetailSchema.extend({ retried: z.object({ statements: z.number().int(), mails: z.number().int() }) }),
    handler: async (ctx, { params }) => {
      const retried = await retryRun(ctx, params.id);
      if (retried.statements + retried.mails > 0) await ctx.enqueue(retryFailed, { runId: params.id }, { key: params.id });
      return { ...(await presentRunDetail(ctx, await find(ctx, params.id))), retried };
    },
  }),
  endpoint({
    method: 'get',
    path: '/v1/statement-runs/{id}/statements.zip',
    permission: 'statements.read',
    tag,
    summary: 'All statements of a run as one ZIP',
    raw: true,
    raws: { gives: ['application/zip'] },
    params: byId,
    query: batchQuery,
    handler: async (work, { params, query }) => zipResponse(work, await work.transaction((ctx) => find(ctx, params.id)), query.held === true),
  }),
  endpoint({
    method: 'get',
    path: '/v1/statement-runs/{id}/print.pdf',
    permission: 'statements.read',
    tag,
    summary: 'All statements of a run as one PDF for the printer',
    description: 'Each with page numbers of its own, in the order of the customers.',
    raw: true,
    raws: { gives: ['application/pdf'] },
    params: byId,
    query: batchQuery,
    handler: async (work, { params, query }) => printResponse(work, await work.transaction((ctx) => find(ctx, params.id)), query.held === true),
  }),
];
