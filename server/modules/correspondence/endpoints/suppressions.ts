import { z } from 'zod';
import { decodeCursor, encodeCursor } from '../../../platform/http/cursor.ts';
import { type Endpoint, endpoint } from '../../../platform/http/endpoint.ts';
import { instantSchema, listQuery, pageOf } from '../../../platform/http/schemas.ts';
import { addSuppression, removeSuppression } from '../commands/suppress.ts';
import { listSuppressions, readSuppressions, type Suppression } from '../queries.ts';

const tag = 'Suppressed addresses';
const SORT = 'suppressions';

const suppressionSchema = z
  .object({
    address: z.string(),
    reason: z.enum(['bounce', 'opt_out', 'manual', 'wrong_person']).meta({
      description:
        'bounce: the mail server refused it for good; opt_out: no reminders, at the wish of the person; manual: by staff; wrong_person: "this is not me", said by a link of a mail',
    }),
    detail: z.string().nullable(),
    createdAt: instantSchema,
  })
  .meta({ id: 'Suppression' });

const show = (row: Suppression): z.input<typeof suppressionSchema> => ({ ...row, createdAt: row.createdAt.toString() });

const list = endpoint({
  method: 'get',
  path: '/v1/suppressions',
  permission: 'correspondence.read',
  tag,
  summary: 'Addresses that get no mail, by address',
  query: z.object({ ...listQuery, search: z.string().max(254).optional().meta({ description: 'the beginning of the address' }) }),
  response: pageOf(suppressionSchema),
  handler: async (ctx, { query }) => {
    const after = query.cursor ? decodeCursor(SORT, query.cursor)[0]! : null;
    const rows = await listSuppressions(ctx, query.search?.trim().toLowerCase() || null, after, query.limit + 1);
    const items = rows.slice(0, query.limit);
    return { items: items.map(show), nextCursor: rows.length > query.limit ? encodeCursor(SORT, [items.at(-1)!.address]) : null };
  },
});

const add = endpoint({
  method: 'post',
  path: '/v1/suppressions',
  permission: 'correspondence.write',
  tag,
  summary: 'Stop all mail to an address',
  status: 201,
  body: z.strictObject({ address: z.string().max(254), detail: z.string().max(500).nullable().default(null) }),
  response: suppressionSchema,
  handler: async (ctx, { body }) => {
    await addSuppression(ctx, body.address, body.detail);
    return show((await readSuppressions(ctx, [body.address.trim().toLowerCase()]))[0]!);
  },
});

const remove = endpoint({
  method: 'delete',
  path: '/v1/suppressions/{address}',
  permission: 'correspondence.write',
  tag,
  summary: 'Allow mail to an address again',
  status: 204,
  params: z.object({ address: z.string().max(254) }),
  response: z.null(),
  handler: async (ctx, { params }) => {
    await removeSuppression(ctx, params.address);
    return null;
  },
});

export const suppressionEndpoints: Endpoint[] = [list, add, remove];
