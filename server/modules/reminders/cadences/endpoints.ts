import { z } from 'zod';
import { notFound } from '../../../kernel/problem.ts';
import type { Context } from '../../../platform/context.ts';
import { type Endpoint, endpoint } from '../../../platform/http/endpoint.ts';
import { idSchema } from '../../../platform/http/schemas.ts';
import { type Group, groupSchema, parseCondition } from '../../conditions/index.ts';
import * as commands from './commands/cadence.ts';
import { letterEndpoints } from './letter-endpoints.ts';
import { manualStepEndpoints } from './manual-step-endpoints.ts';
import { memberEndpoints } from './member-endpoints.ts';
import { presentCadence, presentCadences } from './present.ts';
import { listCadences, readCadence, readSteps } from './queries.ts';
import { countAssignment, countMembers, readJoining } from './queries-members.ts';
import { assignmentSchema, cadenceChanges, cadenceRowSchema, cadenceSchema, letterDefaults, newCadenceBody } from './schemas.ts';

const tag = 'Cadences';
const byId = z.object({ id: idSchema });
/** Customers named in a preview. */
const EXAMPLES = 10;

const exampleCondition = { combinator: 'and', conditions: [{ field: 'customer_overdue_balance', operator: 'greater', value: '5000' }] };
const example = {
  name: 'Large accounts',
  customerCondition: exampleCondition,
  startsPaused: false,
  steps: [
    { offsetDays: -5, channel: 'email', templateId: '01920000-0000-7000-8000-000000000001', to: 'billing', cc: [] },
    { offsetDays: 10, channel: 'task', title: 'Call the customer', waits: true, timeoutDays: 7 },
    { offsetDays: 30, channel: 'letter', to: 'letters', ...letterDefaults },
  ],
};

async function show(ctx: Context, id: string): Promise<z.input<typeof cadenceSchema>> {
  const cadence = await readCadence(ctx, id);
  if (!cadence) throw notFound('cadence');
  return presentCadence(ctx, cadence, await readSteps(ctx, [id]), await countMembers(ctx, id));
}

const change = (verb: string, summary: string, description: string, run: (ctx: Context, id: string) => Promise<void>): Endpoint =>
  endpoint({
    method: 'post',
    path: `/v1/cadences/{id}/${verb}`,
    permission: 'reminders.write',
    tag,
    summary,
    description,
    params: byId,
    response: cadenceSchema,
    handler: async (ctx, { params }) => {
      await run(ctx, params.id);
      return show(ctx, params.id);
    },
  });

const cadences: Endpoint[] = [
  endpoint({
    method: 'get',
    path: '/v1/cadences',
    permission: 'reminders.read',
    tag,
    summary: 'List the cadences',
    description: 'All of them, in their order: of several that would take a customer in, the first does.',
    response: z.object({ items: z.array(cadenceRowSchema), nextCursor: z.null() }),
    handler: async (ctx) => {
      const rows = await listCadences(ctx);
      const steps = await readSteps(
        ctx,
        rows.map((row) => row.id),
      );
      return { items: await presentCadences(ctx, rows, steps), nextCursor: null };
    },
  }),
  endpoint({
    method: 'post',
    path: '/v1/cadences',
    permission: 'reminders.write',
    tag,
    summary: 'Create a cadence',
    description: 'Ordered steps before and after the due date. A new cadence is switched off.',
    body: newCadenceBody,
    response: cadenceSchema,
    status: 201,
    idempotent: true,
    example: { request: example },
    handler: async (ctx, { body }) => show(ctx, await commands.createCadence(ctx, body)),
  }),
  endpoint({
    method: 'get',
    path: '/v1/cadences/letter-text',
    permission: 'reminders.read',
    tag,
    summary: 'What a new letter says until somebody writes something else',
    response: z.object({ title: z.string(), body: z.string() }),
    handler: async () => letterDefaults,
  }),
  endpoint({
    method: 'post',
    path: '/v1/cadences/preview',
    permission: 'reminders.read',
    tag,
    summary: 'Which customers a condition would take in',
    description: 'Nothing is written.',
    body: z.object({ customerCondition: groupSchema, cadenceId: idSchema.nullable().default(null) }),
    response: assignmentSchema,
    example: { request: { customerCondition: exampleCondition, cadenceId: null } },
    handler: async (ctx, { body }) => {
      if (body.cadenceId !== null && !(await readCadence(ctx, body.cadenceId))) throw notFound('cadence');
      const tree: Group = parseCondition('customer', body.customerCondition, 'customerCondition');
      const counts = await countAssignment(ctx, tree, body.cadenceId);
      return {
        ...counts,
        joining: counts.matching - counts.here - counts.elsewhere - counts.keptOut,
        examples: await readJoining(ctx, tree, body.cadenceId, EXAMPLES),
      };
    },
  }),
  endpoint({
    method: 'get',
    path: '/v1/cadences/{id}',
    permission: 'reminders.read',
    tag,
    summary: 'Read a cadence',
    params: byId,
    response: cadenceSchema,
    handler: (ctx, { params }) => show(ctx, params.id),
  }),
  endpoint({
    method: 'patch',
    path: '/v1/cadences/{id}',
    permission: 'reminders.write',
    tag,
    summary: 'Change a cadence',
    description:
      'Fields that are left out stay; steps are given all together. Members stay. With `version`, what somebody changed meanwhile is not overwritten: 409.',
    params: byId,
    body: cadenceChanges,
    response: cadenceSchema,
    example: { request: { name: 'Large accounts, strict' } },
    handler: async (ctx, { params, body: { version, ...changes } }) => {
      await commands.updateCadence(ctx, params.id, changes as Partial<commands.CadenceInput>, version);
      return show(ctx, params.id);
    },
  }),
  endpoint({
    method: 'delete',
    path: '/v1/cadences/{id}',
    permission: 'reminders.write',
    tag,
    summary: 'Delete a cadence',
    description: 'Its customers are free for other cadences, its manual steps end; what it decided stays on record.',
    params: byId,
    response: z.null(),
    status: 204,
    handler: async (ctx, { params }) => {
      await commands.archiveCadence(ctx, params.id);
      return null;
    },
  }),
  change(
    'activate',
    'Switch a cadence on',
    'From today on: days before are not made up for. Customers that meet its condition come in at once.',
    commands.activateCadence,
  ),
  change('deactivate', 'Switch a cadence off', 'Its customers stay in it; manual steps that wait end.', commands.deactivateCadence),
  endpoint({
    method: 'post',
    path: '/v1/cadences/{id}/duplicate',
    permission: 'reminders.write',
    tag,
    summary: 'Copy a cadence',
    description: 'The same steps and condition, switched off and without customers.',
    params: byId,
    response: cadenceSchema,
    status: 201,
    idempotent: true,
    handler: async (ctx, { params }) => show(ctx, await commands.duplicateCadence(ctx, params.id)),
  }),
  endpoint({
    method: 'post',
    path: '/v1/cadences/{id}/move',
    permission: 'reminders.write',
    tag,
    summary: 'Put a cadence before another',
    description: 'Of several cadences that would take a customer in, the first does.',
    params: byId,
    body: z.object({ position: z.number().int().min(1).max(10_000).meta({ description: 'the `position` of the cadence that comes after it' }) }),
    response: cadenceSchema,
    handler: async (ctx, { params, body }) => {
      await commands.moveCadence(ctx, params.id, body.position);
      return show(ctx, params.id);
    },
  }),
];

export const cadenceEndpoints: readonly Endpoint[] = [...cadences, ...memberEndpoints, ...manualStepEndpoints, ...letterEndpoints];
