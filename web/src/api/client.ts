import { ApiProblem } from './problem.ts';

type QueryValue = string | number | boolean | null | undefined | readonly string[];

/** `?a=1&b=x`, leaving out what is empty. */
export function queryString(query: Record<string, QueryValue> = {}): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (Array.isArray(value)) for (const entry of value) params.append(name, entry);
    else if (value !== undefined && value !== null && value !== '') params.set(name, String(value));
  }
  const text = params.toString();
  return text ? `?${text}` : '';
}

/** A key that makes a repeated press one deed; works on plain HTTP too, where randomUUID does not exist. */
export const newKey = (): string => Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(16).padStart(8, '0')).join('');

function toSignIn(): never {
  const here = location.pathname + location.search;
  location.assign(`/sign-in${queryString({ next: here })}`);
  // the page is leaving: nothing after this should run
  throw new ApiProblem(401, { detail: 'Your session has ended. Taking you to the sign-in page.' });
}

interface RequestOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  query?: Record<string, QueryValue>;
  body?: unknown;
  headers?: Record<string, string>;
  /** Sent as Idempotency-Key: the same key is carried out once. */
  key?: string;
  signal?: AbortSignal;
}

/** One request to the API; throws {@link ApiProblem} when it refuses, and leads to the sign-in page on 401. */
export async function send(path: string, options: RequestOptions = {}): Promise<Response> {
  const raw = options.body instanceof Blob;
  const headers: Record<string, string> = { accept: 'application/json', ...options.headers };
  if (options.body !== undefined && !raw) headers['content-type'] = 'application/json';
  if (options.key) headers['idempotency-key'] = options.key;
  const response = await fetch(path + queryString(options.query), {
    method: options.method ?? 'GET',
    headers,
    credentials: 'same-origin',
    ...(options.body === undefined ? {} : { body: raw ? (options.body as Blob) : JSON.stringify(options.body) }),
    ...(options.signal ? { signal: options.signal } : {}),
  });
  if (response.ok) return response;
  const body = await response.json().catch(() => null);
  if (response.status === 401 && (body === null || body.code === 'not_signed_in')) toSignIn();
  throw new ApiProblem(response.status, body);
}

async function json<T>(path: string, options: RequestOptions): Promise<T> {
  const response = await send(path, options);
  return response.status === 204 ? (undefined as T) : ((await response.json()) as T);
}

export const get = <T>(path: string, query?: Record<string, QueryValue>, signal?: AbortSignal): Promise<T> =>
  json<T>(path, { ...(query ? { query } : {}), ...(signal ? { signal } : {}) });
export const post = <T = void>(path: string, body?: unknown, key?: string): Promise<T> =>
  json<T>(path, { method: 'POST', ...(body === undefined ? {} : { body }), ...(key ? { key } : {}) });
export const put = <T = void>(path: string, body: unknown): Promise<T> => json<T>(path, { method: 'PUT', body });
export const patch = <T = void>(path: string, body: unknown): Promise<T> => json<T>(path, { method: 'PATCH', body });
export const remove = <T = void>(path: string): Promise<T> => json<T>(path, { method: 'DELETE' });

/** Saves an answer as a file under the name that the server gives it. */
export async function download(path: string, query: Record<string, QueryValue>, fallbackName: string): Promise<void> {
  const response = await send(path, { query });
  const name = /filename="?([^";]+)"?/.exec(response.headers.get('content-disposition') ?? '')?.[1] ?? fallbackName;
  const url = URL.createObjectURL(await response.blob());
  const link = Object.assign(document.createElement('a'), { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
