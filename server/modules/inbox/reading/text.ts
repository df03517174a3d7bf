import { sanitize } from '../../../platform/mail/sanitize.ts';

/** Text that PostgreSQL can keep: no NUL, no half of a surrogate pair; at most `max` characters. */
export const storable = (text: string, max: number): string => (text.length > max ? text.slice(0, max) : text).replaceAll('\u0000', '').toWellFormed();

/** One line without control characters. */
export const oneLine = (text: string, max: number): string =>
  // most are plain already
  text.length <= max && /^[!-~](?:[ -~]*[!-~])?$/.test(text) && !text.includes('  ') ? text : squeezed(text, max);

const squeezed = (text: string, max: number): string =>
  storable(text, max * 4)
    .replace(/[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, max)
    .toWellFormed();

/** HTML of a stranger, written anew from what is harmless. Liquid's braces are made plain text first: it is none of ours. */
export const safeHtml = (html: string, picture?: (source: string) => string | null): { html: string; text: string } =>
  sanitize(html.replace(/\{(?=[{%])/g, '&#123;'), picture);

/** Where an earlier message begins: quoted lines, and the line that mail programs write above them. */
const quoteStart =
  /^(?:>|_{10,}\s*$|-{2,} ?(?:original message|ursprüngliche nachricht|forwarded message|mensaje original|message d'origine)|(?:on|am|le|el|il|op) .{4,200}(?:wrote|schrieb|a écrit|escribió|ha scritto|schreef)\s?:?\s*$|from: .{3,200}$|von: .{3,200}$)/i;

/** What the person wrote, without what they answer. Empty when everything is quoted. */
export function withoutQuote(text: string): string {
  const kept: string[] = [];
  let length = 0;
  for (let at = 0; at < text.length && length < 4000; ) {
    const end = text.indexOf('\n', at);
    const line = text.slice(at, end < 0 ? text.length : end);
    if (quoteStart.test(line.trim().slice(0, 400))) break;
    kept.push(line);
    length += line.length;
    at = end < 0 ? text.length : end + 1;
  }
  return kept.join('\n').trim();
}

export const snippetOf = (text: string): string => oneLine(withoutQuote(text) || text.slice(0, 1000), 200);
