import createClient from 'openapi-fetch';
import { ApiProblem } from './problem.ts';
import type { paths } from './schema.d.ts';

/** The API with the types of openapi.json. Every call goes through {@link ask}. */
export const api = createClient<paths>({ baseUrl: location.origin, credentials: 'same-origin' });

/** The answer of a call; throws {@link ApiProblem} when it is refused, and leads to the sign-in page on 401. */
export async function ask<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await call;
  if (response.ok) return data as T;
  throw refusal(response.status, error);
}

function refusal(status: number, body: unknown): ApiProblem {
  const known = typeof body === 'object' && body !== null ? (body as ConstructorParameters<typeof ApiProblem>[1]) : null;
  if (status === 401 && (known?.code === undefined || known.code === 'not_signed_in')) {
    location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
    return new ApiProblem(401, { detail: 'Your session has ended. Taking you to the sign-in page.' });
  }
  return new ApiProblem(status, known);
}

/** A key that makes a repeated press one deed; works on plain HTTP too, where randomUUID does not exist. */
export const newKey = (): string => Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(16).padStart(8, '0')).join('');

/** The header that makes the API carry out a request once, however often it is sent. */
export const once = (key: string = newKey()) => ({ headers: { 'Idempotency-Key': key } });

export type Query = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** `?a=1&b=x`, leaving out what is empty. */
export function queryString(query: Query): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined && value !== null && value !== '') params.set(name, String(value));
  const text = params.toString();
  return text ? `?${text}` : '';
}

/** A file as it is, for endpoints that read a stream. */
export async function sendFile<T>(path: string, query: Query, file: Blob): Promise<T> {
  const response = await fetch(path + queryString(query), {
    method: 'POST',
    body: file,
    headers: { 'content-type': file.type || 'application/octet-stream' },
    credentials: 'same-origin',
  });
  const body = await response.json().catch(() => null);
  if (!response.ok) throw refusal(response.status, body);
  return body as T;
}

/** Saves an answer as a file under the name that the server gives it. */
export async function download(path: string, query: Query, fallbackName: string): Promise<void> {
  const response = await fetch(path + queryString(query), { credentials: 'same-origin' });
  if (!response.ok) throw refusal(response.status, await response.json().catch(() => null));
  const name = /filename="?([^";]+)"?/.exec(response.headers.get('content-disposition') ?? '')?.[1] ?? fallbackName;
  const url = URL.createObjectURL(await response.blob());
  Object.assign(document.createElement('a'), { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
