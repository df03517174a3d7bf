import { createHash } from 'node:crypto';
import { html, raw } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';
import { readable } from './colour.ts';
import { pageStyle, surfaces } from './page-style.ts';

export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

/** Whose page it is. Without a brand the page is PayorCRM's own. */
export interface Brand {
  name: string;
  logoUrl?: string | null;
  /** `#rrggbb`; corrected until it can be read on both themes. */
  accent?: string;
}

export interface Page {
  title: string;
  body: Html | string;
  brand?: Brand | null;
  /** narrow 440, medium 640, wide 1000 pixels of content. */
  width?: 'narrow' | 'medium' | 'wide';
  /** Says "Error: " first in the title, so that a screen reader hears it. */
  failed?: boolean;
  footer?: Html | string | null;
  /** Of the one script that a page may have (a gateway's card fields). */
  nonce?: string;
  head?: Html | string | null;
}

export const DEFAULT_ACCENT = '#1d4ed8';

/** The accent in both themes: dark enough for white words on it by day, light enough for dark words by night. */
export function accentStyle(accent: string | undefined): string {
  const wanted = accent ?? DEFAULT_ACCENT;
  const day = readable(wanted, Object.values(surfaces.light), 'black', DEFAULT_ACCENT);
  const night = readable(wanted, Object.values(surfaces.dark), 'white', DEFAULT_ACCENT);
  return `:root{--accent:${day}}@media (prefers-color-scheme:dark){:root{--accent:${night}}}`;
}

const hashOf = (style: string): string => `'sha256-${createHash('sha256').update(style).digest('base64')}'`;
const pageStyleHash = hashOf(pageStyle);

/** A company's colour changes rarely and its pages are read often. */
const accents = new Map<string, { style: string; hash: string }>();
const MAX_ACCENTS = 1000;
function accentOf(accent: string | undefined): { style: string; hash: string } {
  const key = accent ?? '';
  let known = accents.get(key);
  if (!known) {
    const style = accentStyle(accent);
    known = { style, hash: hashOf(style) };
    if (accents.size >= MAX_ACCENTS) accents.clear();
    accents.set(key, known);
  }
  return known;
}

/** The whole document. Forms and tables work without a script; the styles are allowed by their hash. */
export function pageLayout(page: Page): Html {
  const width = page.width ?? 'narrow';
  const name = page.brand?.name ?? 'PayorCRM';
  const title = page.failed ? `Error: ${page.title}` : page.title;
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex"><title>${title === name ? name : `${title} – ${name}`}</title><link rel="icon" href="data:,"><style>${raw(pageStyle)}</style><style>${raw(accentOf(page.brand?.accent).style)}</style>${page.head ?? ''}</head>
<body><a class="skip" href="#content">Skip to the content</a><header class="brand ${width}">${brandMark(page.brand, name)}</header><main id="content" class="${width}">${page.body}</main>${page.footer ? html`<footer class="${width}">${page.footer}</footer>` : ''}</body></html>`;
}

function brandMark(brand: Brand | null | undefined, name: string): Html {
  if (brand?.logoUrl) return html`<img src="${brand.logoUrl}" alt="${name}" referrerpolicy="no-referrer">`;
  const initial = [...name.trim()][0]?.toUpperCase() ?? 'P';
  return html`<span class="mark" aria-hidden="true">${initial}</span><span>${name}</span>`;
}

/**
 * Headers of every server-rendered page: no scripts, no frames, no referrer to others (addresses carry tokens), never
 * kept by a cache. `formAction` and `script` open the page to a gateway; `frame` lets a page show another inside it.
 */
export function pageHeaders(
  page: Pick<Page, 'brand' | 'nonce'> = {},
  more: { formAction?: string; script?: string; frame?: string } = {},
): Record<string, string> {
  const scripts = [page.nonce ? `'nonce-${page.nonce}'` : '', more.script ?? ''].filter(Boolean).join(' ') || "'none'";
  return {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': `default-src 'none'; style-src ${pageStyleHash} ${accentOf(page.brand?.accent).hash}; img-src 'self' data: https: http:; script-src ${scripts}; form-action 'self' ${more.formAction ?? ''}; frame-src ${more.frame ?? "'none'"}; connect-src ${more.script ?? "'none'"}; base-uri 'none'; frame-ancestors 'none'`,
    // not no-referrer: with that a form's POST has "Origin: null", and over plain http nothing else tells it from a foreign one
    'referrer-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
    'cross-origin-opener-policy': 'same-origin',
    'cache-control': 'no-store',
  };
}

/** The page with its headers. */
export async function pageResponse(page: Page, status = 200, headers: Record<string, string> = {}): Promise<Response> {
  return new Response(String(await pageLayout(page)), { status, headers: { ...pageHeaders(page), ...headers } });
}
