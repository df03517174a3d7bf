import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { html } from 'hono/html';
import { z } from 'zod';
import { meanings, type Permission } from '../../kernel/permission.ts';
import { Problem } from '../../kernel/problem.ts';
import { type Actor, type Context, type Platform, systemActor, workFor, type Work } from '../context.ts';
import { MAX_JSON_BYTES, parseJson, readBytes, requireStorable } from './body.ts';
import type { Endpoint, RequestInfo } from './endpoint.ts';
import { claimKey, storeAnswer } from './idempotency.ts';
import { pageHeaders, pageLayout } from './layout.ts';
import { invalidInput, problemResponse } from './problems.ts';
import { unknownFields } from './unknown-fields.ts';

export interface Identity {
  tenantId: string;
  actor: Actor;
  permissions: ReadonlySet<Permission>;
  /** How they came: a cookie goes along with any request of a browser, so unsafe methods must be from our own pages. */
  by: 'session' | 'api_key';
}

/** Who is calling; null for nobody. Wrong credentials throw a Problem 401. */
export type Authenticate = (platform: Platform, request: RequestInfo) => Promise<Identity | null>;

export interface HttpEnv {
  Bindings: { incoming: IncomingMessage; outgoing: ServerResponse };
}

const nothingHere = {
  title: 'Nothing is here',
  body: html`<div class="card"><h1>Nothing is here</h1><p>The address is not whole, or what was here has gone. Open the link from the mail again, or <a href="/">go to the start</a>.</p></div>`,
  failed: true,
};

/** The application without a port: endpoints first, then whatever pages were mounted on `app`. */
export function createHttp(platform: Platform, endpoints: readonly Endpoint[], authenticate: Authenticate): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  for (const endpoint of endpoints) {
    const path = endpoint.path.replace(/\{(\w+)\}/g, ':$1');
    app.on(endpoint.method.toUpperCase(), path, async (c) => {
      try {
        return await serveEndpoint(platform, endpoint, authenticate, requestInfo(platform, c.env.incoming, c.req.raw), c.req.param());
      } catch (error) {
        return problemResponse(error, platform.log);
      }
    });
  }
  app.onError((error) => problemResponse(error, platform.log));
  app.notFound(async (c) => {
    if (c.req.header('accept')?.includes('text/html')) return c.html(pageLayout(nothingHere), 404, pageHeaders());
    return problemResponse(new Problem(404, 'not_found', 'There is nothing at this address.'), platform.log);
  });
  return app;
}

export function requestInfo(platform: Platform, incoming: IncomingMessage, raw: Request): RequestInfo {
  return {
    ip: clientIp(platform, incoming),
    userAgent: String(incoming.headers['user-agent'] ?? '').slice(0, 500),
    headers: incoming.headers,
    // links and origins come from the settings; the Host header decides nothing
    get url() {
      return new URL(incoming.url ?? '/', platform.config.publicUrl);
    },
    incoming,
    get signal() {
      return raw.signal;
    },
  };
}

/** The peer, or the last hop's word when the peer is this machine's own reverse proxy. */
function clientIp(_platform: Platform, incoming: IncomingMessage): string {
  const peer = incoming.socket.remoteAddress ?? '';
  const forwarded = incoming.headers['x-forwarded-for'];
  if (forwarded && (peer === '127.0.0.1' || peer === '::1' || peer === '::ffff:127.0.0.1')) return String(forwarded).split(',').at(-1)!.trim().slice(0, 64);
  return peer;
}

async function serveEndpoint(
  platform: Platform,
  endpoint: Endpoint,
  authenticate: Authenticate,
  request: RequestInfo,
  rawParams: Record<string, string>,
): Promise<Response> {
  const identity = endpoint.permission === 'public' ? null : await allow(platform, endpoint, authenticate, request);
  requireStorable(rawParams);
  const params = parse(endpoint.params, rawParams, 'params');
  const query = parse(endpoint.query, knownQuery(endpoint, request.url), 'query');
  const work: Work = workFor(platform, identity?.tenantId ?? '', identity ? { ...identity.actor, ip: request.ip } : systemActor);
  if (endpoint.mode === 'raw')
    return (await endpoint.handler(work as never, { params, query, body: undefined, request } as never, undefined as never)) as Response;

  const bytes = endpoint.body ? await readBytes(request.incoming, MAX_JSON_BYTES) : Buffer.alloc(0);
  const body = parse(endpoint.body, endpoint.body ? knownFields(endpoint.body, parseJson(bytes)) : undefined, 'body');
  const input = { params, query, body, request };
  if (endpoint.mode === 'network') return answer(platform, endpoint, await endpoint.handler(work as never, input as never, undefined as never));
  const prepared = await endpoint.prepare?.(input as never);
  const handle = (ctx: Context): Promise<unknown> => endpoint.handler(ctx as never, input as never, prepared as never);

  const key = endpoint.idempotent ? request.headers['idempotency-key'] : undefined;
  if (typeof key !== 'string') return answer(platform, endpoint, await work.transaction(handle));
  const operation = `${endpoint.method} ${request.url.pathname}`;
  return work.transaction(async (ctx) => {
    const stored = await claimKey(ctx, operation, key, bytes);
    if (stored) return json(stored.body, stored.status, { 'idempotency-replayed': 'true' });
    const value = await handle(ctx);
    await storeAnswer(ctx, operation, key, { status: endpoint.status, body: value ?? null });
    return answer(platform, endpoint, value);
  });
}

async function allow(platform: Platform, endpoint: Endpoint, authenticate: Authenticate, request: RequestInfo): Promise<Identity> {
  const identity = await authenticate(platform, request);
  if (!identity) throw new Problem(401, 'not_signed_in', 'Sign in, or send the headers api_key and api_secret.');
  if (identity.by === 'session' && endpoint.method !== 'get') requireSameOrigin(platform, request);
  if (endpoint.permission !== 'signed-in' && !identity.permissions.has(endpoint.permission as Permission))
    throw new Problem(403, 'not_allowed', `Your role may not ${meanings[endpoint.permission as Permission]}. Ask an administrator.`, {
      extra: { permission: endpoint.permission },
    });
  return identity;
}

/** Refuses requests that another site's page made the browser send. */
export function requireSameOrigin(platform: Platform, request: RequestInfo): void {
  const site = request.headers['sec-fetch-site'];
  if (site === 'same-origin' || site === 'none') return;
  const origin = request.headers['origin'];
  const own = new URL(platform.config.publicUrl).origin;
  if (site === undefined && (origin === undefined || origin === own || origin === `http://${request.headers.host}`)) return;
  throw new Problem(403, 'cross_site', 'This request came from another site and was not carried out.');
}

/** Repeated parameters become arrays; `__proto__` is a name like any other. */
function queryOf(url: URL): Record<string, string | string[]> {
  const result = Object.create(null) as Record<string, string | string[]>;
  for (const [name, value] of url.searchParams) {
    requireStorable(value);
    const before = result[name];
    result[name] = before === undefined ? value : Array.isArray(before) ? [...before, value] : [before, value];
  }
  return result;
}

/** A parameter that the operation does not know is refused: a filter misspelt would answer everything. */
function knownQuery(endpoint: Endpoint, url: URL): Record<string, string | string[]> {
  const query = queryOf(url);
  const known = endpoint.query instanceof z.ZodObject ? Object.keys(endpoint.query.shape) : [];
  const unknown = endpoint.hidden ? [] : Object.keys(query).filter((name) => !known.includes(name));
  if (unknown.length === 0) return query;
  const message = known.length === 0 ? 'This operation takes no parameters.' : `It is none of: ${known.join(', ')}.`;
  throw new Problem(422, 'invalid_input', `The parameter ${unknown[0]!.slice(0, 50)} is not known.`, {
    errors: unknown.slice(0, 20).map((name) => ({ field: name.slice(0, 50), code: 'unknown_parameter', message })),
  });
}

/** A field that the operation does not know is refused, as a parameter is. */
function knownFields(schema: z.ZodType, body: unknown): unknown {
  const errors = unknownFields(schema, body);
  if (errors.length > 0) throw new Problem(422, 'invalid_input', `The field ${errors[0]!.field} is not known. ${errors[0]!.message}`, { errors });
  return body;
}

function parse(schema: Endpoint['body'], value: unknown, where: string): unknown {
  if (!schema) return undefined;
  const result = schema.safeParse(value);
  if (!result.success) throw invalidInput(result.error, where);
  return result.data;
}

function answer(platform: Platform, endpoint: Endpoint, value: unknown): Response {
  if (endpoint.status === 204) return new Response(null, { status: 204 });
  // in tests every answer is held against its schema, so that the API page cannot drift from what is sent
  if (platform.config.checkResponses && endpoint.response) {
    const result = endpoint.response.safeParse(value);
    if (!result.success) throw new Error(`${endpoint.method} ${endpoint.path} answers off its schema: ${result.error.message}`);
  }
  return json(value, endpoint.status);
}

function json(value: unknown, status: number, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(value ?? null), {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', ...headers },
  });
}

export interface Listening {
  port: number;
  server: Server;
  stop(): Promise<void>;
}

/** A caller that closes its side before the body is whole still listens; what it sent is dropped with the connection. */
function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const [status, code, detail] =
    error.code === 'HPE_INVALID_EOF_STATE'
      ? [400, 'body_cut', 'The connection ended before the body did. Nothing was stored.']
      : error.code === 'HPE_HEADER_OVERFLOW'
        ? [431, 'headers_too_large', 'The headers are too large.']
        : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
          ? [408, 'sender_silent', 'The request did not come in time. Nothing was stored.']
          : [400, 'malformed_request', 'This is not HTTP as we know it.'];
  const body = JSON.stringify({ type: `urn:payorcrm:problem:${code}`, title: 'Bad request', status, code, detail });
  socket.end(
    `HTTP/1.1 ${status} Bad Request\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}

/** Requests may stream for an hour (large uploads); headers must come within 20 seconds. */
export async function listen(app: Hono<HttpEnv>, port: number, host: string): Promise<Listening> {
  const server = createServer(getRequestListener(app.fetch, { overrideGlobalObjects: false }));
  server.on('clientError', answerBrokenRequest);
  server.requestTimeout = 3_600_000;
  server.headersTimeout = 20_000;
  server.keepAliveTimeout = 65_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve());
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : port,
    server,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
        // whoever is still connected after the grace period is cut
        setTimeout(() => server.closeAllConnections(), 3000).unref();
      }),
  };
}
