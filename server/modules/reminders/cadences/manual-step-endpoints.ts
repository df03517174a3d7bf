import { z } from 'zod';
import type { Context } from '../../../platform/context.ts';
import { encodeCursor } from '../../../platform/http/cursor.ts';
import { type Endpoint, endpoint } from '../../../platform/http/endpoint.ts';
import { flagSchema, idSchema, listQuery, pageOf } from '../../../platform/http/schemas.ts';
import { finishStep } from './commands/manual-steps.ts';
import { afterId } from './cursors.ts';
import { presentManualSteps } from './present.ts';
import { listManualSteps, readManualStep } from './queries-steps.ts';
import { manualStepSchema } from './schemas.ts';

const tag = 'Cadences';
const byId = z.object({ id: idSchema });
const withNote = z.object({ note: z.string().trim().max(2000).nullable().default(null) });

async function finished(ctx: Context, id: string, state: 'done' | 'skipped', note: string | null): Promise<z.input<typeof manualStepSchema>> {
  await finishStep(ctx, id, state, note || null);
  return (await presentManualSteps(ctx, [(await readManualStep(ctx, id))!]))[0]!;
}

export const manualStepEndpoints: readonly Endpoint[] = [
  endpoint({
    method: 'get',
    path: '/v1/manual-steps',
    permission: 'reminders.read',
    tag,
    summary: 'List the manual steps',
    description: 'What cadences gave people to do. Open ones the oldest first, those that are over the newest first.',
    query: z.object({ ...listQuery, open: flagSchema.default(true), cadence: idSchema.optional(), customer: idSchema.optional() }),
    response: pageOf(manualStepSchema),
    handler: async (ctx, { query }) => {
      const sort = query.open ? 'manual-steps' : 'manual-steps-over';
      const after = afterId(sort, query.cursor)?.[0] ?? null;
      const found = await listManualSteps(ctx, { open: query.open, cadenceId: query.cadence, customerId: query.customer }, after, query.limit + 1);
      const items = found.slice(0, query.limit);
      const last = found.length > query.limit ? items.at(-1)! : null;
      return { items: await presentManualSteps(ctx, items), nextCursor: last ? encodeCursor(sort, [last.id]) : null };
    },
  }),
  endpoint({
    method: 'post',
    path: '/v1/manual-steps/{id}/done',
    permission: 'collections.write',
    tag,
    summary: 'A manual step was done',
    description: 'The cadence goes on with the next run; the task leaves the worklist.',
    params: byId,
    body: withNote,
    response: manualStepSchema,
    example: { request: { note: 'They will pay on Friday.' } },
    handler: (ctx, { params, body }) => finished(ctx, params.id, 'done', body.note),
  }),
  endpoint({
    method: 'post',
    path: '/v1/manual-steps/{id}/skip',
    permission: 'collections.write',
    tag,
    summary: 'A manual step is not going to be done',
    description: 'The cadence goes on with the next run; the task leaves the worklist.',
    params: byId,
    body: withNote,
    response: manualStepSchema,
    example: { request: { note: 'We spoke yesterday.' } },
    handler: (ctx, { params, body }) => finished(ctx, params.id, 'skipped', body.note),
  }),
];
