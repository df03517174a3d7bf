import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { extname, join, normalize } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { Hono } from 'hono';
import type { HttpEnv } from './server.ts';

const folder = fileURLToPath(new URL('../../../web/dist', import.meta.url));

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.json': 'application/json',
};

/** The staff app may load only from us; logos come from where the company keeps them. */
const policy =
  "default-src 'self'; img-src 'self' data: https: http:; style-src 'self' 'unsafe-inline'; font-src 'self' data:; frame-src 'self' blob: data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

/** Compressed once and kept: the built app is a few hundred kilobytes. */
const compressed = new Map<string, Buffer>();

/** Serves the built staff app under /app/; every address in it that is no file is the app's own page. */
export function staticPages(app: Hono<HttpEnv>): void {
  app.get('/', (c) => c.redirect('/app/'));
  app.get('/app', (c) => c.redirect('/app/'));
  app.get('/favicon.ico', (c) => c.redirect('/app/favicon.svg'));
  app.get('/app/*', (c) => {
    const wanted = normalize(decodeURIComponent(c.req.path.slice('/app/'.length)));
    const path = join(folder, wanted);
    const isFile = path.startsWith(folder) && existsSync(path) && statSync(path).isFile();
    if (!isFile && extname(wanted) !== '') return c.text('There is nothing at this address.', 404);
    return file(isFile ? path : join(folder, 'index.html'), isFile && wanted.startsWith('assets/'), c.req.header('accept-encoding') ?? '');
  });
}

function file(path: string, hashed: boolean, accepts: string): Response {
  if (!existsSync(path)) return new Response('The staff app is not built. Run: npm run build', { status: 503 });
  const type = types[extname(path)] ?? 'application/octet-stream';
  const headers: Record<string, string> = {
    'content-type': type,
    // assets carry their content's hash in their name
    'cache-control': hashed ? 'public, max-age=31536000, immutable' : 'no-cache',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'same-origin',
    ...(type.startsWith('text/html') ? { 'content-security-policy': policy } : {}),
  };
  const squeezable = /^(text|image\/svg|application\/json)/.test(type);
  if (!squeezable || !/\bgzip\b/.test(accepts)) return new Response(Readable.toWeb(createReadStream(path)) as ReadableStream, { headers });
  const key = `${path}:${statSync(path).mtimeMs}`;
  let body = compressed.get(key);
  if (!body) {
    body = gzipSync(readFileSync(path), { level: 9 });
    compressed.set(key, body);
  }
  return new Response(new Uint8Array(body), { headers: { ...headers, 'content-encoding': 'gzip', vary: 'accept-encoding' } });
}
