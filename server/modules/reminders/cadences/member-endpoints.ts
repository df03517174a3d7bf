import { z } from 'zod';
import { notFound } from '../../../kernel/problem.ts';
import { encodeCursor } from '../../../platform/http/cursor.ts';
import { type Endpoint, endpoint } from '../../../platform/http/endpoint.ts';
import { idSchema, listQuery, pageOf } from '../../../platform/http/schemas.ts';
import { readCustomer } from '../../customers/index.ts';
import { addMembers, pauseMembers, removeMembers, startMembers } from './commands/members.ts';
import { afterId } from './cursors.ts';
import { presentMember } from './present.ts';
import { readCadence } from './queries.ts';
import { listMembers, readMembership } from './queries-members.ts';
import { memberSchema, membershipSchema, someCustomers } from './schemas.ts';

const tag = 'Cadences';
const byId = z.object({ id: idSchema });
const SORT = 'cadence-members';
const exampleIds = ['01920000-0000-7000-8000-000000000002'];
const allOrSome = z.object({ customerIds: someCustomers.nullable().default(null).meta({ description: 'null: all of them' }) });
const counted = z.object({ changed: z.number().int() });

export const memberEndpoints: readonly Endpoint[] = [
  endpoint({
    method: 'get',
    path: '/v1/cadences/{id}/members',
    permission: 'reminders.read',
    tag,
    summary: 'List the customers in a cadence',
    description: 'By name.',
    params: byId,
    query: z.object({ ...listQuery, state: z.enum(['active', 'paused', 'removed']).optional() }),
    response: pageOf(memberSchema),
    handler: async (ctx, { params, query }) => {
      if (!(await readCadence(ctx, params.id))) throw notFound('cadence');
      const after = afterId(SORT, query.cursor);
      const found = await listMembers(ctx, params.id, query.state ?? null, after, query.limit + 1);
      const items = found.slice(0, query.limit);
      const last = found.length > query.limit ? items.at(-1)! : null;
      return { items: items.map(presentMember), nextCursor: last ? encodeCursor(SORT, [last.sortName, last.customerId]) : null };
    },
  }),
  endpoint({
    method: 'post',
    path: '/v1/cadences/{id}/members',
    permission: 'collections.write',
    tag,
    summary: 'Put customers into a cadence',
    description: 'A customer is in at most one cadence: with `move` it leaves the other one.',
    params: byId,
    body: z.object({ customerIds: someCustomers, move: z.boolean().default(false) }),
    response: counted,
    example: { request: { customerIds: exampleIds, move: false } },
    handler: async (ctx, { params, body }) => ({ changed: await addMembers(ctx, params.id, body.customerIds, body.move) }),
  }),
  endpoint({
    method: 'post',
    path: '/v1/cadences/{id}/members/start',
    permission: 'collections.write',
    tag,
    summary: 'Start paused customers of a cadence',
    description: "Their steps begin with today's.",
    params: byId,
    body: allOrSome,
    response: counted,
    example: { request: { customerIds: exampleIds } },
    handler: async (ctx, { params, body }) => ({ changed: await startMembers(ctx, params.id, body.customerIds) }),
  }),
  endpoint({
    method: 'post',
    path: '/v1/cadences/{id}/members/pause',
    permission: 'collections.write',
    tag,
    summary: 'Pause customers of a cadence',
    description: 'No step is taken for them until somebody starts them again.',
    params: byId,
    body: allOrSome,
    response: counted,
    example: { request: { customerIds: exampleIds } },
    handler: async (ctx, { params, body }) => ({ changed: await pauseMembers(ctx, params.id, body.customerIds) }),
  }),
  endpoint({
    method: 'post',
    path: '/v1/cadences/{id}/members/remove',
    permission: 'collections.write',
    tag,
    summary: 'Take customers out of a cadence',
    description: 'Its condition does not bring them back; a person can.',
    params: byId,
    body: z.object({ customerIds: someCustomers }),
    response: counted,
    example: { request: { customerIds: exampleIds } },
    handler: async (ctx, { params, body }) => ({ changed: await removeMembers(ctx, params.id, body.customerIds) }),
  }),
  endpoint({
    method: 'get',
    path: '/v1/customers/{id}/cadence',
    permission: 'reminders.read',
    tag,
    summary: 'The cadence that a customer is in',
    params: byId,
    response: membershipSchema,
    handler: async (ctx, { params }) => {
      if (!(await readCustomer(ctx, params.id))) throw notFound('customer');
      const found = await readMembership(ctx, params.id);
      if (!found) return { cadence: null, state: null, addedBy: null, joinedOn: null };
      const { cadenceId, cadenceName, cadenceActive, state, addedBy, joinedOn } = found;
      return { cadence: { id: cadenceId, name: cadenceName, active: cadenceActive }, state, addedBy, joinedOn: joinedOn.toString() };
    },
  }),
];
