import type { Hono } from 'hono';
import { inTenant, type Platform, systemActor } from '../../../platform/context.ts';
import type { HttpEnv } from '../../../platform/http/server.ts';
import { readPictureRef } from './address.ts';
import { readByToken } from './queries.ts';

const always = { 'x-content-type-options': 'nosniff', 'content-security-policy': "default-src 'none'; sandbox", 'x-robots-tag': 'noindex' };

/** Pictures in mails: whoever has the address sees them, for as long as they are not deleted. */
export function pages(app: Hono<HttpEnv>, platform: Platform): void {
  app.get('/i/:file{[\\w-]{43}\\.(?:png|jpg|gif|webp)}', async (c) => {
    const ref = readPictureRef(c.req.param('file').slice(0, 43));
    const picture = ref && (await inTenant(platform, ref.tenantId, systemActor, (ctx) => readByToken(ctx, ref.token)));
    const bytes = picture && (await platform.files.read(ref.tenantId, picture.sha256));
    if (!picture || !bytes)
      return new Response('There is no picture at this address.\n', {
        status: 404,
        headers: { ...always, 'cache-control': 'no-store', 'content-type': 'text/plain; charset=utf-8' },
      });
    return new Response(new Uint8Array(bytes), {
      headers: {
        ...always,
        'content-type': picture.contentType,
        'content-length': String(bytes.length),
        // the address changes with the content
        'cache-control': 'public, max-age=31536000, immutable',
        // mail programs show it on pages of their own
        'cross-origin-resource-policy': 'cross-origin',
      },
    });
  });
}
