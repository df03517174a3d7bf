import { Problem } from '../../kernel/problem.ts';
import { compileMjml, MjmlRefused } from '../../platform/mail/mjml-compiler.ts';
import { sanitize } from '../../platform/mail/sanitize.ts';
import { compileTrusted, parseProblem, withFooter } from '../../platform/mail/template.ts';
import type { Design, LeafBlock } from './design.ts';
import { designHtml, leafHtml } from './design-html.ts';
import { designMjml } from './design-mjml.ts';
import { linkProblem, lint, type LintFinding } from './lint.ts';
import { withPictureHost } from './pictures/address.ts';
import { hasOpenSegment } from './segments.ts';
import type { TemplateKind } from './tags.ts';

/** One text as a person writes it: blocks, or HTML of their own. */
export interface TextSource {
  subject: string;
  /** Null where the design says it. */
  body: string | null;
  design: Design | null;
}

export interface CompiledText {
  subject: string;
  design: Design | null;
  /** The HTML that the person wrote, or that says the same as the blocks. */
  body: string;
  compiledHtml: string;
  compiledText: string;
}

export const bodyOf = (source: TextSource): string => (source.design ? designHtml(source.design) : (source.body ?? ''));

const leaves = (design: Design): LeafBlock[] =>
  design.blocks.flatMap((block) => (block.type === 'columns' ? block.columns.flatMap((column) => column.blocks) : [block]));

/** What a person should know of a text before saving it. */
export function lintText(kind: TemplateKind, source: TextSource): LintFinding[] {
  if (!source.design && !source.body?.trim()) return [{ severity: 'error', message: 'The mail is empty.' }];
  const findings = lint({ kind, subject: source.subject, body: bodyOf(source) });
  for (const block of source.design ? leaves(source.design) : []) {
    const inside = leafHtml(block);
    // a tag that begins in one block and ends in another would swallow what stands between them
    if (hasOpenSegment(inside)) findings.push({ severity: 'error', message: 'A merge tag is not closed in the block where it begins.' });
    if (block.type === 'button' && block.href === '') findings.push({ severity: 'warning', message: `The button “${block.label}” has no address.` });
    else if (block.type === 'button' && linkProblem(block.href)) findings.push({ severity: 'warning', message: linkProblem(block.href)! });
    if (kind === 'letter' && !['text', 'html', 'invoices', 'divider', 'columns'].includes(block.type))
      findings.push({ severity: 'warning', message: 'A letter is words and the list of invoices: images, buttons and links are left out.' });
  }
  return [...new Map(findings.map((one) => [one.message, one])).values()];
}

/**
 * Checks and compiles. A design takes the compiler's own process (20 ms, 1.5 s when it has to start): call this outside
 * of a transaction. Problem 422 `invalid_template` with what is wrong.
 */
export async function compileText(kind: TemplateKind, source: TextSource, field = 'body'): Promise<CompiledText> {
  const errors = lintText(kind, source).filter((finding) => finding.severity === 'error');
  if (errors.length > 0)
    throw refused(
      field,
      errors.map((finding) => finding.message),
    );
  const body = bodyOf(source);
  const subject = source.subject.trim();
  if (kind === 'letter') return { subject, design: source.design, body, compiledHtml: sanitize(body).html, compiledText: sanitize(body).text };
  if (!source.design) {
    const { html, text } = compileTrusted({ subject, body });
    return { subject, design: null, body, compiledHtml: withPictureHost(html), compiledText: text };
  }
  const { mjml, finish } = designMjml(source.design);
  let html: string;
  try {
    html = withPictureHost(finish(await compileMjml(mjml)));
  } catch (error) {
    if (!(error instanceof MjmlRefused)) throw new Problem(503, 'compiler_unavailable', 'The design could not be compiled now. Try again in a moment.');
    throw refused(field, [`The design cannot be compiled: ${(error as Error).message.slice(0, 300)}`]);
  }
  const wrong = parseProblem(html, true) ?? (isClean(html) ? null : 'it holds markup that mail must not have');
  if (wrong !== null) throw refused(field, [`The design cannot be used: ${wrong}.`]);
  return { subject, design: source.design, body, compiledHtml: html, compiledText: withFooter(sanitize(body).text) };
}

const refused = (field: string, messages: readonly string[]): Problem =>
  new Problem(422, 'invalid_template', messages[0]!, { errors: messages.map((message) => ({ field, code: 'invalid_template', message })) });

/**
 * A second look at what comes out: everything that went in was checked or sanitised, so nothing of this can be there.
 */
function isClean(html: string): boolean {
  const tags = html.replace(/<!--[\s\S]*?-->/g, '').match(/<[a-z][^>]*>/gi) ?? [];
  return tags.every(
    (tag) =>
      !/^<(?:script|iframe|object|embed|form|base|link|input|svg|math)\b/i.test(tag) &&
      !/\son[a-z]+\s*=/i.test(tag.replace(/"[^"]*"/g, '""')) &&
      [...tag.matchAll(/\s(?:href|src|background|action)="([^"]*)"/gi)].every(([, value]) => /^(?:https?:|mailto:|\{\{)/i.test(value!)),
  );
}
