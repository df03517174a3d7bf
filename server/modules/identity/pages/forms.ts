import type { IncomingMessage } from 'node:http';
import type { Context as HonoContext } from 'hono';
import { html } from 'hono/html';
import { type FieldError, Problem } from '../../../kernel/problem.ts';
import type { Platform } from '../../../platform/context.ts';
import { readBytes } from '../../../platform/http/body.ts';
import type { RequestInfo } from '../../../platform/http/endpoint.ts';
import { type Html, pageResponse } from '../../../platform/http/layout.ts';
import { type HttpEnv, requestInfo, requireSameOrigin } from '../../../platform/http/server.ts';

export type HttpContext = HonoContext<HttpEnv>;

/** Forms have a handful of short fields. */
const MAX_FORM_BYTES = 16 * 1024;

export interface Form {
  get(name: string): string;
}

export async function readForm(incoming: IncomingMessage): Promise<Form> {
  const params = new URLSearchParams((await readBytes(incoming, MAX_FORM_BYTES)).toString('utf8'));
  return { get: (name) => (params.get(name) ?? '').slice(0, 4000) };
}

/** One page's handler: a Problem becomes a page in plain words, and a POST from another site is refused. */
export function page(platform: Platform, handler: (request: RequestInfo, c: HttpContext) => Promise<Response>): (c: HttpContext) => Promise<Response> {
  return async (c) => {
    const request = requestInfo(platform, c.env.incoming, c.req.raw);
    try {
      if (c.req.method !== 'GET') requireSameOrigin(platform, request);
      return await handler(request, c);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return messagePage({ title: error.status === 429 ? 'Too many tries' : 'This did not work', text: error.detail, status: error.status });
    }
  };
}

/** A page that says what happened and what to do next. */
export function messagePage(message: { title: string; text: string; next?: Html | string; status?: number; seal?: 'positive' | 'caution' }): Promise<Response> {
  const seal = message.seal ? html`<div class="seal ${message.seal}" aria-hidden="true">${message.seal === 'positive' ? '✓' : '!'}</div>` : '';
  const body = html`<div class="card">${seal}<h1>${message.title}</h1><p class="lead">${message.text}</p>${message.next ?? html`<p><a href="/sign-in">Go to the sign-in page</a></p>`}</div>`;
  return pageResponse({ title: message.title, body }, message.status ?? 200);
}

/** 303: the browser asks for the next page with GET. */
export function redirect(to: string, cookies: readonly string[] = []): Response {
  const headers = new Headers({ location: to, 'cache-control': 'no-store', 'referrer-policy': 'same-origin' });
  for (const value of cookies) headers.append('set-cookie', value);
  return new Response(null, { status: 303, headers });
}

/** Where to go after the sign-in: an address of ours, never another site's. */
export function localPath(text: string): string {
  if (!/^\/(?![/\\])[^\s\\]{0,2000}$/.test(text)) return '/';
  try {
    const url = new URL(text, 'http://own.invalid');
    return url.host === 'own.invalid' ? url.pathname + url.search + url.hash : '/';
  } catch {
    return '/';
  }
}

export const missing = (field: string, message: string): FieldError => ({ field, code: 'missing', message });
