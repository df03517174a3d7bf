/**
 * Makes a template's HTML safe by writing it anew: what is not on the lists below does not come out, text is escaped,
 * every element is closed. Liquid segments pass through in text, simple variables in a few attributes; whatever they
 * contain is escaped when it is rendered (template.ts), so nothing here depends on reading Liquid correctly.
 */

const allowedTags = new Set(
  'a b blockquote br caption center code col colgroup div em font h1 h2 h3 h4 hr i img li ol p pre s small span strong sub sup table tbody td tfoot th thead tr u ul'.split(
    ' ',
  ),
);
const voidTags = new Set(['br', 'col', 'hr', 'img']);
/** Dropped with everything inside. */
const droppedWhole = new Set(
  'applet base embed form frame frameset head iframe input link math meta noembed noframes noscript object option plaintext script select style svg template textarea title video audio xmp button'.split(
    ' ',
  ),
);
const droppedVoid = new Set(['base', 'embed', 'frame', 'input', 'link', 'meta', 'option', 'plaintext']);

const plainAttributes = new Set(
  'align valign width height border cellpadding cellspacing colspan rowspan bgcolor color dir lang role scope size alt title class start'.split(' '),
);
const styleProperties =
  /^(?:color|background-color|background|border(?:-(?:top|right|bottom|left|collapse|spacing|radius|color|style|width)){0,2}|font(?:-(?:family|size|style|weight))?|height|letter-spacing|line-height|list-style-type|margin(?:-(?:top|right|bottom|left))?|max-width|min-width|padding(?:-(?:top|right|bottom|left))?|text-(?:align|decoration|transform|indent)|vertical-align|white-space|width|word-break)$/;
const badStyleValue = /url|expression|javascript|@|\\|[<>{}]|\/\*|!ie/i;

/** A variable as it may stand inside an attribute: never one that is filled with HTML. */
const simpleVariable =
  /\{\{-?\s*(?:first_name|last_name|customer_company_name|customer_number|total_invoice_amount|invoice_count|invoice_number|due_date|days_overdue|statement_number|statement_date|seller_name|seller_phone|seller_email|seller_address|today|pay_url|login_url|register_url|invoice\.[a-z_]{1,30})\s*-?\}\}/g;
const linkStart = /^(?:https?:\/\/[^\s/{}]|mailto:)/i;
/** Elsewhere, or a picture of ours, whose host is put before it when it is compiled. */
const imageStart = /^(?:https:\/\/[^\s/{}]|\/i\/[\w-]{43}\.(?:png|jpg|gif|webp)$)/i;
/** Variables that are whole links of our own making. */
const linkVariable = /^\{\{-?\s*(?:pay_url|login_url|register_url|invoice\.pdf_url)\s*-?\}\}$/;

export interface Sanitized {
  html: string;
  text: string;
  /** What was taken out, in words for the person who wrote it. */
  removed: string[];
}

interface Writer {
  html: string[];
  text: TextWriter;
  open: string[];
  /** How many of each are open, so that a stray end tag costs nothing. */
  openOf: Map<string, number>;
  links: string[];
  removed: Set<string>;
  picture: (source: string) => string | null;
}

const tagPattern = /<(\/?)([a-zA-Z][a-zA-Z0-9]*)((?:[^<>"']|"[^"]*"|'[^']*')*)>/y;
const attributePattern = /([a-zA-Z][a-zA-Z0-9:-]*)\s*(?:=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>]+)))?/g;

/** `picture` names the address of an image whose source is not one of https; null: it has none. */
export function sanitize(source: string, picture: (source: string) => string | null = () => null): Sanitized {
  const out: Writer = { picture, html: [], text: new TextWriter(), open: [], openOf: new Map(), links: [], removed: new Set() };
  // the scanner never looks twice for an end that is not there: hostile input costs one pass
  const missing = new Set<string>();
  const find = (needle: string, from: number): number => {
    if (missing.has(needle)) return -1;
    const at = source.indexOf(needle, from);
    if (at < 0) missing.add(needle);
    return at;
  };
  let at = 0;
  while (at < source.length) {
    const next = nextSpecial(source, at);
    if (next > at) writeText(out, source.slice(at, next));
    if (next >= source.length) break;
    at = next;
    if (source[at] === '{') {
      const close = find(source[at + 1] === '%' ? '%}' : '}}', at + 2);
      if (close < 0) {
        writeText(out, source.slice(at, at + 2));
        at += 2;
      } else {
        out.html.push(source.slice(at, close + 2));
        out.text.segment(source.slice(at, close + 2));
        at = close + 2;
      }
    } else if (source.startsWith('<!--', at)) {
      const close = find('-->', at + 4);
      at = close < 0 ? source.length : close + 3;
    } else at = element(out, source, at, find);
  }
  while (out.open.length > 0) closeTag(out, out.open.at(-1)!);
  return { html: out.html.join(''), text: out.text.finish(), removed: [...out.removed] };
}

const special = /<|\{\{|\{%/g;
function nextSpecial(source: string, from: number): number {
  special.lastIndex = from;
  return special.exec(source)?.index ?? source.length;
}

/** Reads what stands at a `<` and answers where to go on. */
function element(out: Writer, source: string, at: number, find: (needle: string, from: number) => number): number {
  tagPattern.lastIndex = at;
  const match = tagPattern.exec(source);
  if (!match) {
    if (source[at + 1] === '!' || source[at + 1] === '?') {
      const close = find('>', at);
      return close < 0 ? source.length : close + 1;
    }
    writeText(out, '<');
    return at + 1;
  }
  const after = at + match[0].length;
  const name = match[2]!.toLowerCase();
  if (match[1] === '/') {
    if (out.openOf.get(name)) while (out.open.length > 0 && closeTag(out, out.open.at(-1)!) !== name);
    return after;
  }
  if (!allowedTags.has(name)) {
    if (!droppedWhole.has(name)) {
      if (!['html', 'body'].includes(name)) out.removed.add(`<${name}>`);
      return after;
    }
    out.removed.add(`<${name}>`);
    return droppedVoid.has(name) ? after : skipElement(source, name, after);
  }
  const attributes = cleanAttributes(out, name, match[3]!);
  out.html.push(`<${name}${attributes.text}>`);
  out.text.open(name, attributes.alt);
  if (!voidTags.has(name)) {
    out.open.push(name);
    out.openOf.set(name, (out.openOf.get(name) ?? 0) + 1);
    if (name === 'a') out.links.push(attributes.href);
  }
  return after;
}

function skipElement(source: string, name: string, from: number): number {
  const close = new RegExp(`</${name}[\\s>/]`, 'gi');
  close.lastIndex = from;
  const match = close.exec(source);
  if (!match) return source.length;
  const end = source.indexOf('>', match.index);
  return end < 0 ? source.length : end + 1;
}

function closeTag(out: Writer, name: string): string {
  out.open.pop();
  out.openOf.set(name, out.openOf.get(name)! - 1);
  out.html.push(`</${name}>`);
  out.text.close(name, name === 'a' ? (out.links.pop() ?? '') : '');
  return name;
}

function cleanAttributes(out: Writer, tag: string, source: string): { text: string; href: string; alt: string } {
  let text = '';
  let href = '';
  let alt = '';
  const seen = new Set<string>();
  for (const match of source.matchAll(attributePattern)) {
    const name = match[1]!.toLowerCase();
    if (seen.has(name)) continue;
    seen.add(name);
    const given = decode(match[2] ?? match[3] ?? match[4] ?? '');
    const value = cleanValue(tag, name, given, out.picture);
    if (value === null) {
      if (given.trim() !== '') out.removed.add(`${name} of <${tag}>`);
      continue;
    }
    if (name === 'href') href = value;
    if (name === 'alt') alt = value;
    text += ` ${name}="${escapeText(value).replaceAll('"', '&quot;')}"`;
  }
  if (tag === 'a' && href !== '') text += ' target="_blank" rel="noopener noreferrer"';
  return { text, href, alt };
}

/** The value as it may stand, or null when the attribute goes. */
function cleanValue(tag: string, name: string, raw: string, picture: Writer['picture']): string | null {
  const value = raw.replace(/[\u0000-\u001f\u007f]/g, '').trim();
  const withoutVariables = value.replace(simpleVariable, '');
  const hasLiquid = withoutVariables !== value;
  if (/\{\{|\{%|%\}|\}\}/.test(withoutVariables)) return null;
  if (tag === 'a' && name === 'href') return linkStart.test(value) || linkVariable.test(value) ? value : null;
  if (tag === 'img' && name === 'src') return imageStart.test(value) ? value : picture(value);
  if (name === 'style') return hasLiquid ? null : cleanStyle(value);
  if (!plainAttributes.has(name)) return null;
  if (name === 'class' && !/^[\w -]*$/.test(value)) return null;
  return hasLiquid && name !== 'alt' && name !== 'title' ? null : value;
}

function cleanStyle(value: string): string | null {
  const kept = value
    .split(';')
    .map((declaration) => declaration.split(/:(.*)/s, 2).map((part) => part.trim()))
    .filter(([property, text]) => property && text && styleProperties.test(property.toLowerCase()) && !badStyleValue.test(text))
    .map(([property, text]) => `${property!.toLowerCase()}:${text}`);
  return kept.length > 0 ? kept.join(';') : null;
}

function writeText(out: Writer, raw: string): void {
  out.html.push(escapeText(raw));
  out.text.write(decode(raw));
}

/** Escapes text; character references that are there already stay. */
function escapeText(text: string): string {
  return text
    .replace(/&(?!#\d{1,7};|#x[0-9a-f]{1,6};|[a-z][a-z0-9]{1,31};)/gi, '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}

const named: Record<string, string> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  copy: '©',
  reg: '®',
  euro: '€',
  pound: '£',
  yen: '¥',
  ndash: '–',
  mdash: '—',
  hellip: '…',
  rsquo: '’',
  lsquo: '‘',
  ldquo: '“',
  rdquo: '”',
  middot: '·',
  bull: '•',
  times: '×',
};
function decode(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,8}));/gi, (whole, decimal?: string, hex?: string, name?: string) => {
    if (name !== undefined) return named[name.toLowerCase()] ?? whole;
    const code = decimal !== undefined ? Number(decimal) : Number.parseInt(hex!, 16);
    return code > 31 && code < 0x110000 && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : ' ';
  });
}

const paragraphs = new Set(['p', 'h1', 'h2', 'h3', 'h4', 'ul', 'ol', 'table', 'blockquote', 'pre', 'hr']);
const lines = new Set(['div', 'tr', 'li', 'br', 'center', 'caption']);

/** Builds the text part: paragraphs apart, cells beside each other, links with their address behind. */
class TextWriter {
  private readonly parts: string[] = [];
  private linkText = '';

  write(text: string): void {
    const squeezed = text.replace(/\s+/g, ' ');
    this.parts.push(squeezed);
    this.linkText += squeezed;
  }
  segment(liquid: string): void {
    this.parts.push(liquid);
    this.linkText += liquid;
  }
  open(tag: string, alt: string): void {
    if (tag === 'a') this.linkText = '';
    else if (tag === 'hr') this.parts.push('\n\n---\n\n');
    else if (tag === 'img') this.parts.push(alt);
    else if (tag === 'li') this.parts.push('\n- ');
    else if (paragraphs.has(tag)) this.parts.push('\n\n');
    else if (lines.has(tag)) this.parts.push('\n');
  }
  close(tag: string, href: string): void {
    if (tag === 'a' && href !== '') {
      const address = href.replace(/^mailto:/i, '');
      if (this.linkText.trim() !== address) this.parts.push(` (${address})`);
    } else if (tag === 'td' || tag === 'th') this.parts.push('  ');
    else if (paragraphs.has(tag)) this.parts.push('\n\n');
    else if (lines.has(tag)) this.parts.push('\n');
  }
  finish(): string {
    return tidyText(this.parts.join(''));
  }
}

/** One empty line at most, no spaces at the ends of lines. */
export function tidyText(text: string): string {
  return text
    .replace(/[ \t]+/g, ' ')
    .replace(/ ?\n ?/g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}
