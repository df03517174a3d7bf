import { escapeHtml } from '../../../platform/mail/template.ts';

/** What stands under every mail; it is not the writer's. */
const FOOT = '\n\n--\n{{seller_name}}';

/** The words of a compiled text, for a form: its text part without the foot. */
export function messageOf(compiledText: string): string {
  const end = compiledText.lastIndexOf(FOOT);
  return (end < 0 ? compiledText : compiledText.slice(0, end)).trim();
}

const tags = /(\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\})/;
/** Tags that stand for lists and buttons, which no paragraph may hold. */
const blocks = /^(?:\{\{\s*(?:invoice_list|payment_buttons|card_buttons|bank_buttons|login_register)\s*\}\}\s*)+$/;

/** Paragraphs of plain text as HTML; merge tags stay as they are. */
export function messageHtml(message: string): string {
  return message
    .trim()
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.trim())
    .filter((paragraph) => paragraph !== '')
    .map((paragraph) => (blocks.test(paragraph) ? paragraph : `<p>${escapeText(paragraph).replaceAll('\n', '<br>')}</p>`))
    .join('\n');
}

const escapeText = (text: string): string =>
  text
    .split(tags)
    .map((part, index) => (index % 2 === 1 ? part : escapeHtml(part)))
    .join('');
