/** How a pay page knows who is there: the token of the address, moved into a cookie that only these pages get. */
import type { Context as Hono } from 'hono';
import { getCookie } from 'hono/cookie';
import { isId } from '../../../kernel/ids.ts';
import type { Actor, Platform, Work } from '../../../platform/context.ts';
import { workFor } from '../../../platform/context.ts';
import { type Page, pageHeaders, pageLayout } from '../../../platform/http/layout.ts';
import { type HttpEnv, requestInfo } from '../../../platform/http/server.ts';
import { hashToken } from '../../../platform/secrets/secrets.ts';
import { type PayPageRow, readPayPage } from '../links/queries.ts';

const tokenForm = /^[A-Za-z0-9_-]{43}$/;
const COOKIE_SECONDS = 86_400;

/** A link that somebody holds: its row, and the token that opened it. */
export interface Visit {
  row: PayPageRow;
  token: string;
}

/** Opens a link by its token; null for one that nobody has. One round trip. */
export async function openByToken(platform: Platform, token: string): Promise<Visit | null> {
  if (!tokenForm.test(token)) return null;
  const row = await readPayPage(platform, hashToken(token));
  return row ? { row, token } : null;
}

/** Opens a link by the cookie of its first page. Each link has a cookie of its own, so that two tabs do not mix. */
export async function openByCookie(platform: Platform, c: Hono<HttpEnv>): Promise<Visit | null> {
  const id = c.req.param('link') ?? '';
  if (!isId(id)) return null;
  const visit = await openByToken(platform, getCookie(c, `pay_${id}`) ?? '');
  return visit?.row.payLinkId === id ? visit : null;
}

export function cookieOf(platform: Platform, visit: Visit): string {
  const secure = platform.config.publicUrl.startsWith('https:') ? '; Secure' : '';
  return `pay_${visit.row.payLinkId}=${visit.token}; Path=/pay; HttpOnly; SameSite=Lax; Max-Age=${COOKIE_SECONDS}${secure}`;
}

/** Ties a form to the link, its token and the operation that the page was made for. */
export const csrfOf = (platform: Platform, visit: Visit, op: string): string => platform.secrets.sign(`pay:${visit.row.payLinkId}:${visit.token}:${op}`);

export const csrfFits = (platform: Platform, visit: Visit, op: string, given: string): boolean =>
  platform.secrets.verify(`pay:${visit.row.payLinkId}:${visit.token}:${op}`, given);

/** The payer, as the records name them. */
export function payerWork(platform: Platform, row: PayPageRow, ip: string): Work {
  const actor: Actor = { kind: 'payer', id: row.customerId, name: row.customerName, role: 'viewer', ip };
  return workFor(platform, row.tenantId, actor);
}

export const infoOf = (platform: Platform, c: Hono<HttpEnv>) => requestInfo(platform, c.env.incoming, c.req.raw);

/** The page with the headers of pay pages; its forms may lead to the gateways' own pages. */
export async function show(page: Page, row: PayPageRow | null, status = 200, headers: Record<string, string> = {}): Promise<Response> {
  const origins = [...new Set(row?.accounts.map((account) => account.entryOrigin) ?? [])].join(' ');
  return new Response(String(await pageLayout(page)), {
    status,
    headers: { ...pageHeaders(page, { formAction: origins }), 'referrer-policy': 'no-referrer', 'x-robots-tag': 'noindex, nofollow', ...headers },
  });
}

/** See other: the browser asks for the next page by GET, so that a reload never sends a form again. */
export const seeOther = (location: string): Response =>
  new Response(null, { status: 303, headers: { location, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' } });
