import { z } from 'zod';
import type { Context } from '../../../platform/context.ts';
import { readBytes } from '../../../platform/http/body.ts';
import { type Endpoint, endpoint } from '../../../platform/http/endpoint.ts';
import { idSchema, instantSchema } from '../../../platform/http/schemas.ts';
import { headerText } from '../../../platform/mail/address.ts';
import { pictureRef } from './address.ts';
import { deletePicture, MAX_PICTURE_BYTES, uploadPicture } from './pictures.ts';
import { listPictureRows, type Picture } from './queries.ts';

const tag = 'Pictures';

const pictureSchema = z
  .object({
    id: idSchema,
    name: z.string(),
    path: z.string().meta({ description: 'what an image of a template names; it outlives a change of the public host', example: '/i/…43 characters….png' }),
    url: z.string().meta({ description: 'the whole address, which everybody can open who has it' }),
    contentType: z.string(),
    sizeBytes: z.number().int(),
    width: z.number().int(),
    height: z.number().int(),
    uploadedBy: z.string(),
    createdAt: instantSchema,
  })
  .meta({ id: 'Picture' });

const endings: Record<string, string> = { 'image/png': 'png', 'image/jpeg': 'jpg', 'image/gif': 'gif', 'image/webp': 'webp' };

function show(tenantId: string, publicUrl: string, row: Picture): z.input<typeof pictureSchema> {
  const { token, sha256: _, createdAt, ...facts } = row;
  const path = `/i/${pictureRef(tenantId, token)}.${endings[row.contentType]!}`;
  return { ...facts, path, url: `${publicUrl}${path}`, createdAt: createdAt.toString() };
}

export const pictureEndpoints: Endpoint[] = [
  endpoint({
    method: 'get',
    path: '/v1/pictures',
    permission: 'correspondence.read',
    tag,
    summary: 'List the pictures for mails, the newest first',
    response: z.object({ items: z.array(pictureSchema) }),
    handler: async (ctx: Context) => ({ items: (await listPictureRows(ctx, 500)).map((row) => show(ctx.tenant.id, ctx.platform.config.publicUrl, row)) }),
  }),
  endpoint({
    method: 'post',
    path: '/v1/pictures',
    permission: 'correspondence.write',
    tag,
    summary: 'Upload a picture for mails, as it is in the body',
    description: 'PNG, JPEG, GIF or WebP by its content, 2 MB and 4,000 points on a side at most. The same picture is kept once.',
    raw: true,
    query: z.object({ fileName: z.string().min(1).max(200) }),
    response: pictureSchema,
    status: 201,
    handler: async (work, { query, request }) => {
      // a little more than is allowed, so that the refusal says what to do
      const bytes = await readBytes(request.incoming, 4 * MAX_PICTURE_BYTES);
      const picture = await uploadPicture(work, headerText(query.fileName, 200) || 'picture', bytes);
      return Response.json(show(work.tenantId, work.platform.config.publicUrl, picture), { status: 201, headers: { 'cache-control': 'no-store' } });
    },
  }),
  endpoint({
    method: 'delete',
    path: '/v1/pictures/{id}',
    permission: 'correspondence.write',
    tag,
    summary: 'Delete a picture',
    description:
      'Its address answers 404 from then on, so mails that were sent show its text. Problem 409 `picture_used` while a template or the logo shows it.',
    status: 204,
    params: z.object({ id: idSchema }),
    response: z.null(),
    handler: async (ctx, { params }) => {
      await deletePicture(ctx, params.id);
      return null;
    },
  }),
];
