import type { Design, KeptTemplate, Template, TemplateInput, TemplateKind } from '../../api/templates.ts';
import { languageName } from '../../format/languages.ts';
import { firstDesign } from './blocks.ts';
import { wordsFor } from './first-words.ts';

/** One text while it is edited. */
export interface TextDraft {
  language: string;
  variant: 'any' | 'one';
  subject: string;
  /** HTML of the person's own; null while blocks say it. */
  body: string | null;
  design: Design | null;
}

export interface TemplateDraft {
  name: string;
  kind: TemplateKind;
  cc: string;
  attachments: { statement: boolean; invoices: boolean; files: boolean };
  /** The main text first: it is used wherever no other fits. */
  texts: TextDraft[];
}

/** A text of ours to begin with; null in a language that we do not write. */
export function firstText(kind: TemplateKind, language: string, variant: 'any' | 'one' = 'any'): TextDraft | null {
  const words = wordsFor(language);
  return words ? { language, variant, subject: words.subject[kind], body: null, design: firstDesign(kind, words, variant === 'one') } : null;
}

export const newDraft = (kind: TemplateKind): TemplateDraft => ({
  name: '',
  kind,
  cc: '',
  attachments: { statement: false, invoices: false, files: false },
  texts: [firstText(kind, 'en')!],
});

const textOf = (text: { language: string; subject: string; body: string | null; design: Design | null }, variant: 'any' | 'one'): TextDraft => ({
  language: text.language,
  variant,
  subject: text.subject,
  body: text.design ? null : text.body,
  design: text.design,
});

export const draftOf = (template: Template | KeptTemplate): TemplateDraft => ({
  name: template.name,
  kind: template.kind,
  cc: template.cc.join(', '),
  attachments: template.attachments,
  texts: [textOf(template, 'any'), ...template.texts.map((text) => textOf(text, text.variant))],
});

export function inputOf(draft: TemplateDraft): TemplateInput {
  const [main, ...texts] = draft.texts;
  return {
    name: draft.name.trim(),
    kind: draft.kind,
    language: main!.language,
    subject: main!.subject.trim(),
    body: main!.body,
    design: main!.design,
    cc: draft.cc.split(/[,;\s]+/).filter(Boolean),
    attachments: draft.attachments,
    texts,
  };
}

const baseOf = (language: string): string => language.split('-')[0]!.toLowerCase();

/** What the texts together lack, against the languages that contacts read. */
export function missingTexts(texts: readonly TextDraft[], spoken: readonly { language: string; contacts: number }[]): string[] {
  const [main] = texts;
  if (!main) return [];
  const written = new Set(texts.map((text) => baseOf(text.language)));
  const contacts = new Map<string, number>();
  for (const one of spoken) contacts.set(baseOf(one.language), (contacts.get(baseOf(one.language)) ?? 0) + one.contacts);
  const found = [...contacts]
    .filter(([language]) => !written.has(language))
    .map(
      ([language, count]) =>
        `${count === 1 ? '1 contact reads' : `${count} contacts read`} ${languageName(language)}: without a text in it they get the one in ${languageName(main.language)}.`,
    );
  const single = new Set(texts.filter((text) => text.variant === 'one').map((text) => baseOf(text.language)));
  if (single.size > 0)
    for (const language of written)
      if (!single.has(language)) found.push(`There is no text for mails with one invoice in ${languageName(language)}: they get its other text.`);
  return found;
}

export const textName = (text: TextDraft, index: number): string =>
  `${languageName(text.language)}${text.variant === 'one' ? ', one invoice' : index === 0 ? ' (main)' : ''}`;

/** What people write to customers in, for the choice of a further text. */
export const commonLanguages = ['en', 'es', 'fr', 'de', 'it', 'pt', 'nl', 'pl', 'sv', 'da', 'fi', 'cs', 'ja', 'zh', 'ar'];
