import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { z } from 'zod';
import type { Permission } from '../../kernel/permission.ts';
import type { Context, Work } from '../context.ts';

/** What a handler may know of the request besides its checked input. */
export interface RequestInfo {
  readonly ip: string;
  readonly userAgent: string;
  readonly headers: IncomingHttpHeaders;
  readonly url: URL;
  /** The body as a stream, for `raw` endpoints. */
  readonly incoming: IncomingMessage;
  /** Aborted when the caller has gone. */
  readonly signal: AbortSignal;
}

type Parsed<S> = S extends z.ZodType ? z.infer<S> : undefined;

export interface Input<P, Q, B> {
  params: Parsed<P>;
  query: Parsed<Q>;
  body: Parsed<B>;
  request: RequestInfo;
}

interface Description<P, Q, B> {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** With `{name}` for parameters, as in OpenAPI. */
  path: string;
  /** What the caller must be allowed to do; `public` needs no sign-in. */
  permission: Permission | 'signed-in' | 'public';
  tag: string;
  summary: string;
  description?: string;
  params?: P;
  query?: Q;
  body?: B;
  status?: number;
  /** Honours `Idempotency-Key`: the answer is kept in the effect's own transaction. */
  idempotent?: boolean;
  /** Example bodies for the API page. */
  example?: { request?: unknown; response?: unknown };
  /** For the API page of `raw` endpoints, which read and write bytes themselves. */
  raws?: Raws;
  /** Left out of the API page: pages and hooks that only our own mails and gateways call. */
  hidden?: boolean;
}

export interface Raws {
  /** Media types of the body, and what is in it where that can be said. */
  takes?: { types: readonly string[]; schema?: z.ZodType };
  /** Media types of the answer; without it JSON of `response`. */
  gives?: readonly string[];
  /** What else it may answer, beside what every operation does. */
  refusals?: Readonly<Record<number, string>>;
}

export interface Endpoint {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  readonly path: string;
  readonly permission: Permission | 'signed-in' | 'public';
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly params?: z.ZodType;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  readonly response?: z.ZodType;
  readonly status: number;
  readonly idempotent: boolean;
  readonly example?: { request?: unknown; response?: unknown };
  readonly raws?: Raws;
  readonly hidden: boolean;
  readonly mode: 'transaction' | 'network' | 'raw';
  readonly prepare?: (input: never) => Promise<unknown>;
  readonly handler: (scope: never, input: never, prepared: never) => Promise<unknown>;
}

/**
 * One HTTP operation. With `network` no transaction is open while the handler runs; with `raw` it answers a Response.
 * `prepare` runs before the handler's transaction begins: what takes time and asks nothing of the database.
 */
export function endpoint<
  P extends z.ZodType | undefined = undefined,
  Q extends z.ZodType | undefined = undefined,
  B extends z.ZodType | undefined = undefined,
  R extends z.ZodType = z.ZodType,
  A = undefined,
>(
  definition: Description<P, Q, B> & {
    network?: undefined;
    raw?: undefined;
    response: R;
    prepare?: (input: Input<P, Q, B>) => Promise<A>;
    handler: (ctx: Context, input: Input<P, Q, B>, prepared: A) => Promise<z.input<R>>;
  },
): Endpoint;
export function endpoint<
  P extends z.ZodType | undefined = undefined,
  Q extends z.ZodType | undefined = undefined,
  B extends z.ZodType | undefined = undefined,
  R extends z.ZodType = z.ZodType,
>(definition: Description<P, Q, B> & { network: true; response: R; handler: (work: Work, input: Input<P, Q, B>) => Promise<z.input<R>> }): Endpoint;
export function endpoint<P extends z.ZodType | undefined = undefined, Q extends z.ZodType | undefined = undefined, B extends z.ZodType | undefined = undefined>(
  definition: Description<P, Q, B> & { raw: true; response?: z.ZodType; handler: (work: Work, input: Input<P, Q, B>) => Promise<Response> },
): Endpoint;
export function endpoint(
  definition: Description<z.ZodType, z.ZodType, z.ZodType> & {
    raw?: boolean;
    network?: boolean;
    response?: z.ZodType;
    prepare?: NonNullable<Endpoint['prepare']>;
    handler: unknown;
  },
): Endpoint {
  return {
    ...definition,
    status: definition.status ?? 200,
    idempotent: definition.idempotent ?? false,
    hidden: definition.hidden ?? false,
    mode: definition.raw ? 'raw' : definition.network ? 'network' : 'transaction',
    handler: definition.handler as Endpoint['handler'],
  };
}
