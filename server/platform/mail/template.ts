import { readFileSync } from 'node:fs';
import { Liquid, type Template } from 'liquidjs';
import { Problem } from '../../kernel/problem.ts';
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

export type MergeValues = Record<string, string | Block | null>;

export interface MergeTag {
  name: string;
  label: string;
  /** Blocks stand for more than a line: they may occur twice at most and not inside attributes. */
  block: boolean;
}

/** What a person may use in a template. */
export const mergeTags: readonly MergeTag[] = [
  { name: 'first_name', label: 'First name', block: false },
  { name: 'last_name', label: 'Last name', block: false },
  { name: 'customer_company_name', label: 'Customer company name', block: false },
  { name: 'total_invoice_amount', label: 'Total invoice amount', block: false },
  { name: 'seller_name', label: 'Your company name', block: false },
  { name: 'seller_phone', label: 'Your phone', block: false },
  { name: 'seller_email', label: 'Your support e-mail', block: false },
  { name: 'invoice_list', label: 'Invoice list', block: true },
  { name: 'payment_buttons', label: 'Payment buttons', block: true },
  { name: 'card_buttons', label: 'Pay with credit card only', block: true },
  { name: 'bank_buttons', label: 'Pay with bank account only', block: true },
  { name: 'login_register', label: 'Customer login or register', block: true },
];

const MAX_BODY = 200_000;
/** With {@link MAX_VALUE} these keep the largest mail under 1 MB, whatever the template does. */
const MAX_SEGMENTS = 500;
const MAX_BLOCKS = 2;
const MAX_VALUE = 500;
const RENDER_LIMIT_MS = 100;

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (char) => escapes[char]!);

const short = (text: string): string => (text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE - 1)}…` : text);

/** The tags and filters that are left. No loop, assignment, capture, date, file or raw: output grows with the template only. */
const keptTags = new Set(['if', 'unless']);
const keptFilters = new Set(['default', 'upcase', 'downcase', 'capitalize', 'strip']);

function engine(escape: (value: unknown) => string): Liquid {
  const liquid = new Liquid({
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
const htmlEngine = engine((value) => (value instanceof Html ? value.html : escapeHtml(short(plain(value)))));
const textEngine = engine((value) => (value instanceof TextBlock ? value.text : short(plain(value)).replace(/[\r\n]+/g, ' ')));

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

export interface LintFinding {
  severity: 'error' | 'warning';
  message: string;
}

let layoutText: string | null = null;
const layout = (): string => (layoutText ??= readFileSync(new URL('./layout.html', import.meta.url), 'utf8'));

const segmentPattern = /\{\{-?\s*([a-z_0-9]*)([^}]*)\}\}|\{%-?\s*([a-z_]*)([^%]*)%\}/gi;
const knownNames = new Set(mergeTags.map((tag) => tag.name));
/** Words that occur in conditions beside the tags. */
const conditionWords = new Set(['and', 'or', 'contains', 'true', 'false', 'nil', 'null', 'empty', 'blank']);

/** What a person should know before saving. Errors keep the template from being saved. */
export function lint(source: TemplateSource): LintFinding[] {
  const findings: LintFinding[] = [];
  const error = (message: string) => findings.push({ severity: 'error', message });
  const warn = (message: string) => findings.push({ severity: 'warning', message });
  if (source.body.length > MAX_BODY) return [{ severity: 'error', message: `The body is longer than ${MAX_BODY.toLocaleString('en-US')} characters.` }];
  // counted first: thousands of unclosed segments cost every later pass the square of their number
  for (const [where, text] of [
    ['subject', source.subject],
    ['body', source.body],
  ] as const)
    if ((text.match(/\{[{%]/g)?.length ?? 0) > MAX_SEGMENTS) return [{ severity: 'error', message: `The ${where} has more than ${MAX_SEGMENTS} merge tags.` }];
  const clean = sanitize(source.body);
  for (const what of clean.removed) warn(`${what} is not allowed in mail and is left out.`);
  for (const [where, text] of [
    ['subject', source.subject],
    ['body', clean.html],
  ] as const) {
    const segments = [...text.matchAll(segmentPattern)];
    // a range such as (1..5000000) is an array of that size
    if (segments.some(([segment]) => segment.includes('('))) error(`Parentheses are not allowed in the merge tags of the ${where}.`);
    for (const name of unknownNames(segments)) error(`{{${name}}} in the ${where} is not a merge tag.`);
    for (const tag of mergeTags.filter((one) => one.block)) {
      const count = segments.filter((segment) => (segment[0].match(new RegExp(`\\b${tag.name}\\b`, 'g')) ?? []).length > 0).length;
      if (count > 0 && where === 'subject') error(`{{${tag.name}}} cannot stand in the subject.`);
      else if (count > MAX_BLOCKS) error(`{{${tag.name}}} occurs more than ${MAX_BLOCKS} times.`);
    }
    try {
      (where === 'body' ? htmlEngine : textEngine).parse(text);
    } catch (cause) {
      error(`The ${where} cannot be read: ${(cause as Error).message.split('\n')[0]!.replace(/, line:\d+.*/, '')}.`);
    }
  }
  if (/[$€£]\s*\{\{-?\s*total_invoice_amount/.test(clean.html)) warn('{{total_invoice_amount}} already carries its currency: leave out the sign before it.');
  if (!/\{\{-?\s*(?:payment|card|bank)_buttons/.test(clean.html)) warn('There is no payment button: add {{payment_buttons}}.');
  if (!/\{\{-?\s*invoice_list/.test(clean.html)) warn('The invoices are not listed: add {{invoice_list}}.');
  return findings;
}

function unknownNames(segments: RegExpMatchArray[]): Set<string> {
  const unknown = new Set<string>();
  for (const segment of segments) {
    if (segment[1] !== undefined) {
      if (!knownNames.has(segment[1])) unknown.add(segment[1] || segment[0].slice(2, -2).trim().slice(0, 40));
    } else if (['if', 'elsif', 'unless'].includes(segment[3] ?? '')) {
      const words = (segment[4] ?? '').replace(/"[^"]*"|'[^']*'/g, '').match(/[a-z_][a-z_0-9]*/gi) ?? [];
      for (const word of words) if (!knownNames.has(word) && !conditionWords.has(word)) unknown.add(word);
    }
  }
  return unknown;
}

/** Sanitises the body, puts it into the layout and makes the text part, all with the merge tags still inside. */
export function compileTemplate(source: TemplateSource): CompiledTemplate {
  const errors = lint(source).filter((finding) => finding.severity === 'error');
  if (errors.length > 0)
    throw new Problem(422, 'invalid_template', errors[0]!.message, {
      errors: errors.map(({ message }) => ({ field: 'body', code: 'invalid_template', message })),
    });
  return compileTrusted(source);
}

/** As {@link compileTemplate} for bodies that stand in this program: they may use tags of their own. */
export function compileTrusted(source: TemplateSource): CompiledTemplate {
  const clean = sanitize(source.body);
  return {
    subject: source.subject,
    html: layout().replace('@@BODY@@', () => clean.html),
    text: `${clean.text}\n\n--\n{{seller_name}}{% if seller_address %}\n{{seller_address}}{% endif %}{% if seller_phone %}\n{{seller_phone}}{% endif %}{% if seller_email %}\n{{seller_email}}{% endif %}\n\n{{why}}{% if unsubscribe_url %}\nStop these reminders: {{unsubscribe_url}}{% endif %}`,
  };
}

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
    subject: textEngine.parse(compiled.subject),
    html: htmlEngine.parse(compiled.html),
    text: textEngine.parse(compiled.text),
  };
  if (key !== null) {
    if (parsed.size >= MAX_PARSED) parsed.delete(parsed.keys().next().value!);
    parsed.set(key, fresh);
  }
  return fresh;
}

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
    const isBlock = value !== null && typeof value === 'object';
    forText[name] = isBlock ? new TextBlock(value.text) : value;
    forHtml[name] = isBlock ? value.html : value;
  }
  const subject = (textEngine.renderSync(templates.subject, forText) as string).replace(/\s+/g, ' ').trim().slice(0, 300);
  forHtml['subject'] = subject;
  return {
    subject,
    html: htmlEngine.renderSync(templates.html, forHtml) as string,
    text: `${(textEngine.renderSync(templates.text, forText) as string)
      .replace(/[ \t]+\n/g, '\n')
      .replace(/\n{3,}/g, '\n\n')
      .trim()}\n`,
  };
}
