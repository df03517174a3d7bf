import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Liquid, Template } from 'liquidjs';
import { sanitize } from './sanitize.ts';

/** HTML of our own making that goes into a mail as it is. Everything else is escaped. */
export class Html {
  readonly html: string;
  constructor(html: string) {
    this.html = html;
  }
}

/** A value of a merge tag that looks different in the HTML and in the text part. */
export interface Block {
  html: Html;
  text: string;
}

/** Rows that a template may go through with `{% for invoice in invoices %}`; the texts in them are escaped. */
export type MergeRow = Record<string, string | number | null>;

export type MergeValues = Record<string, string | Block | readonly MergeRow[] | null>;

export const MAX_BODY = 200_000;
const MAX_VALUE = 500;
/** Whatever the template does: no mail program shows more, and mail servers would refuse it. */
const MAX_RENDERED = 1_000_000;
const RENDER_LIMIT_MS = 500;

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (char) => escapes[char]!);

const short = (text: string): string => (text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE - 1)}…` : text);

/**
 * The tags and filters that are left. No assignment, capture, date, file or raw: output grows with the template and the
 * rows that it goes through only. Which loops a person may write is said where templates are checked.
 */
const keptTags = new Set(['if', 'unless', 'for']);
const keptFilters = new Set(['default', 'upcase', 'downcase', 'capitalize', 'strip']);

function engine(escape: (value: unknown) => string): Liquid {
  const liquidjs = createRequire(import.meta.url)('liquidjs') as typeof import('liquidjs');
  const liquid = new liquidjs.Liquid({
    templates: {},
    ownPropertyOnly: true,
    strictFilters: true,
    strictVariables: false,
    parseLimit: MAX_BODY + 100_000,
    renderLimit: RENDER_LIMIT_MS,
    memoryLimit: 5_000_000,
    outputEscape: escape,
  });
  for (const name of Object.keys(liquid.tags)) if (!keptTags.has(name)) delete liquid.tags[name];
  for (const name of Object.keys(liquid.filters)) if (!keptFilters.has(name)) delete liquid.filters[name];
  return liquid;
}

const plain = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '');
// made with the first mail, at once: a process that sends none does without a megabyte
let htmlLiquid: Liquid | null = null;
let textLiquid: Liquid | null = null;
const htmlEngine = (): Liquid => (htmlLiquid ??= engine((value) => (value instanceof Html ? value.html : escapeHtml(short(plain(value))))));
const textEngine = (): Liquid => (textLiquid ??= engine((value) => (value instanceof TextBlock ? value.text : short(plain(value)).replace(/[\r\n]+/g, ' '))));

class TextBlock {
  readonly text: string;
  constructor(text: string) {
    this.text = `\n\n${text}\n\n`;
  }
}

export interface TemplateSource {
  subject: string;
  body: string;
}

export interface CompiledTemplate {
  subject: string;
  html: string;
  text: string;
}

let layoutText: string | null = null;
const layout = (): string => (layoutText ??= readFileSync(new URL('./layout.html', import.meta.url), 'utf8'));

/** Why the text cannot be read as a template, or null. */
export function parseProblem(text: string, html: boolean): string | null {
  try {
    (html ? htmlEngine() : textEngine()).parse(text);
    return null;
  } catch (cause) {
    return (cause as Error).message.split('\n')[0]!.replace(/, line:\d+.*/, '');
  }
}

/** The body in the layout, sanitised, and the text part, all with the merge tags still inside. What the tags are is not looked at. */
export function compileTrusted(source: TemplateSource): CompiledTemplate {
  const clean = sanitize(source.body);
  return { subject: source.subject, html: layout().replace('@@BODY@@', () => clean.html), text: withFooter(clean.text) };
}

/** The text part with what stands under every mail. */
export const withFooter = (text: string): string =>
  `${text}\n\n--\n{{seller_name}}{% if seller_address %}\n{{seller_address}}{% endif %}{% if seller_phone %}\n{{seller_phone}}{% endif %}{% if seller_email %}\n{{seller_email}}{% endif %}\n\n{{why}}{% if paid_url %}\n\n{{words_paid}}: {{paid_url}}\n{{words_not_me}}: {{wrong_person_url}}{% endif %}{% if unsubscribe_url %}\n{{words_fewer}}: {{unsubscribe_url}}{% endif %}`;

interface Parsed {
  subject: Template[];
  html: Template[];
  text: Template[];
}
const parsed = new Map<string, Parsed>();
const MAX_PARSED = 500;

function parse(key: string | null, compiled: CompiledTemplate): Parsed {
  const found = key === null ? undefined : parsed.get(key);
  if (found) return found;
  const fresh = {
    subject: textEngine().parse(compiled.subject),
    html: htmlEngine().parse(compiled.html),
    text: textEngine().parse(compiled.text),
  };
  if (key !== null) {
    if (parsed.size >= MAX_PARSED) parsed.delete(parsed.keys().next().value!);
    parsed.set(key, fresh);
  }
  return fresh;
}

const isRows = (value: Block | readonly MergeRow[]): value is readonly MergeRow[] => Array.isArray(value);

export interface RenderedMail {
  subject: string;
  html: string;
  text: string;
}

/**
 * Fills the merge tags. `key` names the compiled text (template id and version), so that it is parsed once in a
 * process; null parses anew. Throws when the template cannot be rendered within its limits.
 */
export function renderMail(key: string | null, compiled: CompiledTemplate, values: MergeValues): RenderedMail {
  const templates = parse(key, compiled);
  const forText: Record<string, unknown> = {};
  const forHtml: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(values)) {
    const isBlock = value !== null && typeof value === 'object' && !isRows(value);
    forText[name] = isBlock ? new TextBlock(value.text) : value;
    forHtml[name] = isBlock ? value.html : value;
  }
  const subject = (textEngine().renderSync(templates.subject, forText) as string).replace(/\s+/g, ' ').trim().slice(0, 300);
  forHtml['subject'] = subject;
  const html = htmlEngine().renderSync(templates.html, forHtml) as string;
  if (html.length > MAX_RENDERED) throw new Error('The mail would be larger than 1 MB.');
  return {
    subject,
    html,
    text: `${(textEngine().renderSync(templates.text, forText) as string)
      .replace(/[ \t]+\n/g, '\n')
      .replace(/\n{3,}/g, '\n\n')
      .trim()}\n`,
  };
}
