import { plainAddress } from '../../platform/mail/address.ts';
import { sanitize } from '../../platform/mail/sanitize.ts';
import { MAX_BODY, parseProblem } from '../../platform/mail/template.ts';
import { hasOpenSegment, mapSegments } from './segments.ts';
import { fixedWords, loopFields, mergeTags, type TemplateKind } from './tags.ts';

export interface LintFinding {
  severity: 'error' | 'warning';
  message: string;
}

export interface LintSource {
  kind: TemplateKind;
  subject: string;
  body: string;
}

/** With the limit of a value these keep the largest mail under 1 MB, whatever the template does. */
const MAX_SEGMENTS = 500;
const MAX_BLOCKS = 2;
const MAX_LOOPS = 3;
const MAX_LOOP_CHARS = 5000;
const MAX_LOOP_SEGMENTS = 40;
/** Gmail cuts mails off behind this and hides the rest. */
export const CLIPPED_BYTES = 102_400;
/** An image with fewer letters around it than this looks like an advertisement to a spam filter. */
const FEW_LETTERS = 60;

const segmentPattern = /\{\{-?([\s\S]*?)-?\}\}|\{%-?([\s\S]*?)-?%\}/g;
/** Words that occur in conditions beside the tags. */
const conditionWords = new Set(['and', 'or', 'contains', 'true', 'false', 'nil', 'null', 'empty', 'blank', 'invoices.size']);
const loopNames = new Set([...loopFields.map((field) => `invoice.${field.name}`), 'forloop.first', 'forloop.last', 'forloop.index']);
const loopHead = /^for\s+invoice\s+in\s+invoices(?:\s+limit:\s*\d{1,3})?(?:\s+reversed)?$/;

type Say = (message: string) => void;

/** What a person should know before saving. Errors keep the template from being saved. */
export function lint(source: LintSource): LintFinding[] {
  const findings: LintFinding[] = [];
  const error: Say = (message) => findings.push({ severity: 'error', message });
  const warn: Say = (message) => findings.push({ severity: 'warning', message });
  if (source.body.length > MAX_BODY) return [{ severity: 'error', message: `The body is longer than ${MAX_BODY.toLocaleString('en-US')} characters.` }];
  // counted first: thousands of unclosed segments cost every later pass the square of their number
  for (const [where, text] of [
    ['subject', source.subject],
    ['body', source.body],
  ] as const)
    if ((text.match(/\{[{%]/g)?.length ?? 0) > MAX_SEGMENTS) return [{ severity: 'error', message: `The ${where} has more than ${MAX_SEGMENTS} merge tags.` }];
  const clean = sanitize(source.body);
  for (const what of clean.removed) warn(`${what} is not allowed in mail and is left out.`);
  checkTags('subject', source.subject, source.kind, error);
  checkTags('body', clean.html, source.kind, error);
  checkLinks(source.body, warn);
  checkImages(clean.html, clean.text, warn);
  if (source.kind !== 'letter') checkContent(source.kind, clean.html, warn);
  return unique(findings);
}

const unique = (findings: readonly LintFinding[]): LintFinding[] => [...new Map(findings.map((one) => [one.message, one])).values()];

function checkTags(where: 'subject' | 'body', text: string, kind: TemplateKind, error: Say): void {
  const tags = mergeTags.filter((tag) => tag.kinds.includes(kind));
  const known = new Set([...tags.map((tag) => tag.name), ...fixedWords.map((word) => `words_${word}`)]);
  const segments = [...text.matchAll(segmentPattern)];
  // a range such as (1..5000000) is an array of that size
  if (segments.some(([segment]) => segment.includes('('))) error(`Parentheses are not allowed in the merge tags of the ${where}.`);
  const loops = checkLoops(where, segments, error);
  for (const segment of segments) {
    const inLoop = loops.some(([from, to]) => segment.index > from && segment.index < to);
    for (const name of namesIn(segment)) {
      if (known.has(name)) {
        if (inLoop && tags.some((tag) => tag.block && tag.name === name)) error(`{{${name}}} cannot stand in a loop over invoices.`);
      } else if (loopNames.has(name)) {
        if (!inLoop) error(`{{${name}}} stands outside of {% for invoice in invoices %}.`);
      } else if (mergeTags.some((tag) => tag.name === name)) error(`{{${name}}} does not exist in ${kind === 'letter' ? 'letters' : `${kind}s`}.`);
      else error(`{{${name}}} in the ${where} is not a merge tag.`);
    }
  }
  for (const tag of tags.filter((one) => one.block)) {
    const count = segments.filter(([segment]) => new RegExp(`\\b${tag.name}\\b`).test(segment)).length;
    if (count > 0 && where === 'subject') error(`{{${tag.name}}} cannot stand in the subject.`);
    else if (count > MAX_BLOCKS) error(`{{${tag.name}}} occurs more than ${MAX_BLOCKS} times.`);
  }
  if (hasOpenSegment(text)) error(`A merge tag in the ${where} is not closed.`);
  const problem = parseProblem(text, where === 'body');
  if (problem !== null) error(`The ${where} cannot be read: ${problem}.`);
}

/** Where the loops begin and end. Only over invoices, not in each other, and short: output is their number times that. */
function checkLoops(where: string, segments: readonly RegExpExecArray[], error: Say): [number, number][] {
  const loops: [number, number][] = [];
  let from: number | null = null;
  for (const segment of segments) {
    const tag = segment[2]?.trim() ?? '';
    if (/^for\b/.test(tag)) {
      if (where === 'subject') error('A loop cannot stand in the subject.');
      if (from !== null) error('A loop cannot stand in another loop.');
      if (!loopHead.test(tag)) error(`{% ${tag.slice(0, 60)} %} is not a loop that can be used: write {% for invoice in invoices %}.`);
      from = segment.index;
    } else if (tag === 'endfor' && from !== null) {
      loops.push([from, segment.index]);
      from = null;
    }
  }
  if (loops.length > MAX_LOOPS) error(`There are more than ${MAX_LOOPS} loops.`);
  for (const [begin, end] of loops) {
    if (end - begin > MAX_LOOP_CHARS) error(`What is repeated for each invoice is longer than ${MAX_LOOP_CHARS.toLocaleString('en-US')} characters.`);
    if (segments.filter((segment) => segment.index > begin && segment.index < end).length > MAX_LOOP_SEGMENTS)
      error(`What is repeated for each invoice has more than ${MAX_LOOP_SEGMENTS} merge tags.`);
  }
  return loops;
}

/** Whatever a segment reads: the tag itself, what its filters take, the words of its condition. */
function namesIn(segment: RegExpExecArray): string[] {
  const bare = (segment[1] ?? segment[2] ?? '').replace(/"[^"]*"|'[^']*'/g, '""');
  const words = (text: string) => text.match(/[a-z_][a-z_0-9]*(?:\.[a-z_0-9]+)*/gi) ?? [];
  if (segment[1] !== undefined) {
    const [value = '', ...filters] = bare.split('|');
    const named = words(value);
    if (named.length === 0 && !/^\s*(?:""|\d+)\s*$/.test(value)) return [value.trim().slice(0, 40)];
    return [...named, ...filters.flatMap((filter) => words(filter.slice(filter.indexOf(':') + 1 || filter.length)))];
  }
  const [, keyword = '', condition = ''] = /^\s*([a-z]+)([\s\S]*)$/i.exec(bare) ?? [];
  return ['if', 'elsif', 'unless'].includes(keyword) ? words(condition).filter((word) => !conditionWords.has(word)) : [];
}

/** Addresses that lead nowhere. Nothing is fetched: what answers today may not tomorrow, and the check must not call out. */
function checkLinks(body: string, warn: Say): void {
  for (const [, , quoted, single] of body.matchAll(/<a\b[^<>]*?\shref\s*=\s*("([^"<>]*)"|'([^'<>]*)')/gi)) {
    const problem = linkProblem((quoted ?? single ?? '').replaceAll('&amp;', '&'));
    if (problem !== null) warn(problem);
  }
}

/** What is wrong with the address of a link or button, or null. */
export function linkProblem(address: string): string | null {
  const value = address.trim();
  if (value === '' || value === '#') return 'A link has no address.';
  if (/^\{\{[^{}]*\}\}$/.test(value)) return null;
  const shown = value.length > 60 ? `${value.slice(0, 59)}…` : value;
  if (/^mailto:/i.test(value)) {
    const to = value.slice(7).split('?')[0]!;
    return to.includes('{{') || plainAddress(to) !== null ? null : `The link ${shown} has no e-mail address behind it.`;
  }
  if (!/^https?:\/\//i.test(value)) return `The link ${shown} does not work in mail: begin it with https://.`;
  const host = URL.parse(value.replace(/\{\{[^}]*\}\}/g, 'x'))?.hostname ?? '';
  if (!host.includes('.') || host.endsWith('.') || /\.(?:local|localhost|test|invalid|internal)$/.test(host) || /^(?:127\.|10\.|192\.168\.)/.test(host))
    return `The link ${shown} leads to no place that customers can reach.`;
  if (/(?:^|\.)example\.(?:com|org|net)$/.test(host)) return `The link ${shown} is an example and leads nowhere.`;
  return null;
}

function checkImages(html: string, text: string, warn: Say): void {
  const images = html.match(/<img\b[^>]*>/g) ?? [];
  if (images.some((image) => !/\ssrc="/.test(image))) warn('An image has no picture: upload one, or give an address that begins with https://.');
  if (images.some((image) => /\ssrc="[^"?#]*\.webp["?#]/i.test(image))) warn('An image is WebP, which Outlook does not show: use PNG or JPEG.');
  if (images.some((image) => !/\salt="\s*[^"\s]/.test(image))) warn('An image has no text: who blocks images sees nothing there.');
  const letters = mapSegments(text, () => '').replace(/\s+/g, '').length;
  const filled = /\{\{/.test(text);
  if (letters === 0 && !filled) warn('The text part is empty: programs that show no HTML show nothing.');
  else if (images.length > 0 && letters < FEW_LETTERS) warn('There is hardly any text beside the images: spam filters take such mails for advertising.');
}

function checkContent(kind: TemplateKind, html: string, warn: Say): void {
  const has = (names: string) => new RegExp(`\\{\\{-?\\s*(?:${names})\\b`).test(html);
  if (/[$€£]\s*\{\{-?\s*total_invoice_amount/.test(html)) warn('{{total_invoice_amount}} already carries its currency: leave out the sign before it.');
  if (kind === 'reminder' && !has('payment_buttons|card_buttons|bank_buttons|pay_url')) warn('There is no payment button: add {{payment_buttons}}.');
  if (kind === 'reminder' && !has('invoice_list') && !/\{%-?\s*for\b/.test(html)) warn('The invoices are not listed: add {{invoice_list}}.');
  if (kind === 'statement' && !has('statement_summary|invoice_list') && !/\{%-?\s*for\b/.test(html))
    warn('The mail does not say what is open: add {{statement_summary}}.');
}

/** For a filled mail: what a customer's program would do with its size. */
export function sizeFinding(html: string): LintFinding | null {
  const bytes = Buffer.byteLength(html);
  if (bytes <= CLIPPED_BYTES) return null;
  return { severity: 'warning', message: `The mail has ${Math.round(bytes / 1024)} KB: Gmail shows the first 100 KB and hides the rest.` };
}
