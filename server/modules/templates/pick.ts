import type { CompiledTemplate } from '../../platform/mail/template.ts';
import type { TemplateRow } from './queries.ts';

export interface PickedText {
  /** Names the text among all of the process, so that it is parsed once. */
  key: string;
  language: string;
  compiled: CompiledTemplate;
}

/**
 * The text for a contact's language and a number of invoices: their language as it is, then without its region, then
 * the template's own. Within a language the text for one invoice comes first where there is one invoice.
 */
export function textFor(template: TemplateRow, language: string | null, invoiceCount: number): PickedText {
  const wanted = language?.toLowerCase() ?? template.language;
  const languages = [...new Set([wanted, wanted.split('-')[0]!, template.language])];
  const variants = invoiceCount === 1 ? (['one', 'any'] as const) : (['any'] as const);
  for (const one of languages)
    for (const variant of variants) {
      if (one === template.language && variant === 'any') return picked(template, one, variant, template);
      const text = template.texts.find((each) => each.language === one && each.variant === variant);
      if (text) return picked(template, one, variant, text);
    }
  return picked(template, template.language, 'any', template);
}

function picked(template: TemplateRow, language: string, variant: string, text: { subject: string; compiledHtml: string; compiledText: string }): PickedText {
  return {
    key: `${template.id}:${template.version}:${template.compiledWith}:${language}:${variant}`,
    language,
    compiled: { subject: text.subject, html: text.compiledHtml, text: text.compiledText },
  };
}
