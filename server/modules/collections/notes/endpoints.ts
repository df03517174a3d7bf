import { z } from 'zod';
import { notFound } from '../../../kernel/problem.ts';
import { endpoint, type Endpoint } from '../../../platform/http/endpoint.ts';
import { idSchema, instantSchema, listQuery, pageOf } from '../../../platform/http/schemas.ts';
import { readCustomer } from '../../customers/index.ts';
import { fromCursor, toCursor } from '../cursor.ts';
import { addNote } from './notes.ts';
import { listNotes, type Note } from './queries.ts';

const byId = z.object({ id: idSchema });
export const noteBody = z.object({ body: z.string().trim().min(1).max(4000).meta({ example: 'Spoke with Anna: the delivery is being checked.' }) });
export const noteSchema = z
  .object({ id: idSchema, disputeId: idSchema.nullable(), body: z.string(), writtenBy: z.string(), writtenAt: instantSchema })
  .meta({ id: 'CollectionNote' });
export const showNote = (note: Note): z.input<typeof noteSchema> => ({
  id: note.id,
  disputeId: note.disputeId,
  body: note.body,
  writtenBy: note.writtenBy,
  writtenAt: note.writtenAt.toString(),
});

export const noteEndpoints: Endpoint[] = [
  endpoint({
    method: 'get',
    path: '/v1/customers/{id}/notes',
    permission: 'collections.read',
    tag: 'Customers',
    summary: 'Notes on a customer and its disputes, the newest first',
    params: byId,
    query: z.object(listQuery),
    response: pageOf(noteSchema),
    handler: async (ctx, { params, query }) => {
      if (!(await readCustomer(ctx, params.id))) throw notFound('customer');
      const keys = fromCursor('notes', query.cursor, ['id']);
      const rows = await listNotes(ctx, params.id, keys?.[0] ?? null, query.limit + 1);
      const items = rows.slice(0, query.limit);
      return { items: items.map(showNote), nextCursor: rows.length > query.limit ? toCursor('notes', [items.at(-1)!.id]) : null };
    },
  }),
  endpoint({
    method: 'post',
    path: '/v1/customers/{id}/notes',
    permission: 'collections.write',
    tag: 'Customers',
    summary: 'Write a note on a customer',
    params: byId,
    body: noteBody,
    response: z.object({ id: idSchema }),
    status: 201,
    idempotent: true,
    handler: async (ctx, { params, body }) => ({ id: await addNote(ctx, { customerId: params.id, body: body.body }) }),
  }),
];
