import { z } from 'zod';
import type { Context } from '../../../platform/context.ts';
import { decodeCursor, encodeCursor } from '../../../platform/http/cursor.ts';
import { type Endpoint, endpoint } from '../../../platform/http/endpoint.ts';
import { dateSchema, idSchema, instantSchema, listQuery, pageOf } from '../../../platform/http/schemas.ts';
import { idOf, momentOf } from './cursor.ts';
import { type EventFilter, type EventRow, listEvents, listEventTypes } from './queries.ts';

const tag = 'Audit log';
const SORT = 'events';

const eventSchema = z
  .object({
    id: idSchema,
    type: z.string(),
    actor: z.object({ kind: z.enum(['user', 'api_key', 'payer', 'system']), id: idSchema.nullable(), name: z.string() }),
    ip: z.string().nullable(),
    subjectType: z.string(),
    subjectId: idSchema,
    customerId: idSchema.nullable(),
    data: z.record(z.string(), z.unknown()).meta({ description: 'ids, and `before` and `after` where something was changed' }),
    occurredAt: instantSchema,
  })
  .meta({ id: 'Event' });

const present = (row: EventRow): z.input<typeof eventSchema> => ({
  id: row.id,
  type: row.type,
  actor: { kind: row.actorKind, id: row.actorId, name: row.actorName },
  ip: row.ip,
  subjectType: row.subjectType,
  subjectId: row.subjectId,
  customerId: row.customerId,
  data: row.data,
  occurredAt: row.occurredAt.toString(),
});

const filterQuery = z.object({
  ...listQuery,
  actorId: idSchema.optional(),
  actorKind: z.enum(['user', 'api_key', 'payer', 'system']).optional(),
  type: z.string().max(100).optional().meta({ description: 'the beginning of the type: `payment` finds `payment.received` and `payment.settled`' }),
  subjectType: z.string().max(100).optional(),
  subjectId: idSchema.optional(),
  customerId: idSchema.optional(),
  from: dateSchema.optional().meta({ description: 'first day, in the time zone of the company' }),
  to: dateSchema.optional().meta({ description: 'last day, in the time zone of the company' }),
});

/** The first moment of that day for the company. */
const startOf = (ctx: Context, date: string, plusDays = 0): Temporal.Instant =>
  Temporal.PlainDate.from(date).add({ days: plusDays }).toZonedDateTime(ctx.tenant.timezone).toInstant();

async function filterOf(ctx: Context, query: z.infer<typeof filterQuery>): Promise<EventFilter> {
  const prefix = query.type;
  const cursor = query.cursor ? decodeCursor(SORT, query.cursor) : null;
  return {
    actorId: query.actorId,
    actorKind: query.actorKind,
    types: prefix ? (await listEventTypes(ctx)).filter((type) => type.startsWith(prefix)) : undefined,
    subjectType: query.subjectType,
    subjectId: query.subjectId,
    customerId: query.customerId,
    from: query.from ? startOf(ctx, query.from) : undefined,
    before: query.to ? startOf(ctx, query.to, 1) : undefined,
    after: cursor ? { occurredAt: momentOf(cursor[0]), id: idOf(cursor[1]) } : undefined,
  };
}

const listEventsEndpoint = endpoint({
  method: 'get',
  path: '/v1/events',
  permission: 'audit.read',
  tag,
  summary: 'Read the audit log',
  description: 'Every change: who, what, before and after. Newest first. Entries are never changed or removed.',
  query: filterQuery,
  response: pageOf(eventSchema),
  handler: async (ctx, { query }) => {
    const rows = await listEvents(ctx, await filterOf(ctx, query), query.limit + 1);
    const shown = rows.slice(0, query.limit);
    const last = shown.at(-1);
    return {
      items: shown.map(present),
      nextCursor: rows.length > query.limit && last ? encodeCursor(SORT, [last.occurredAt.toString(), last.id]) : null,
    };
  },
});

const listTypes = endpoint({
  method: 'get',
  path: '/v1/events/types',
  permission: 'audit.read',
  tag,
  summary: 'The types of event that occurred',
  response: z.object({ types: z.array(z.string()) }),
  handler: async (ctx) => ({ types: await listEventTypes(ctx) }),
});

export const auditEndpoints: Endpoint[] = [listEventsEndpoint, listTypes];
