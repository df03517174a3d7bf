import type { fixedWords } from '../../templates/index.ts';
import type { MailWords } from './mail-words.ts';
import { dutch } from './nl.ts';
import { english } from './en.ts';
import { french } from './fr.ts';
import { german } from './de.ts';
import { italian } from './it.ts';
import { portuguese } from './pt.ts';
import { spanish } from './es.ts';

/** One file for each language that we speak. */
export const languages: Readonly<Record<string, MailWords>> = {
  en: english,
  es: spanish,
  fr: french,
  de: german,
  it: italian,
  pt: portuguese,
  nl: dutch,
};

/** The fixed words of a compiled text. */
export const wordValues = (words: MailWords): Record<`words_${(typeof fixedWords)[number]}`, string> => ({
  words_invoice: words.invoice,
  words_amount_due: words.amountDue,
  words_due_date: words.dueDate,
  words_due: words.due,
  words_days_overdue: words.daysOverdue,
  words_currency: words.currency,
  words_view_pdf: words.viewPdf,
  words_total: words.total,
  words_paid: words.paid,
  words_not_me: words.notMe,
  words_fewer: words.fewer,
});

const baseOf = (language: string): string => language.split('-')[0]!.toLowerCase();

/** English for languages that we do not speak. */
export const wordsOf = (language: string): MailWords => languages[baseOf(language)] ?? english;

export const speaks = (language: string): boolean => baseOf(language) in languages;

/** The language of what we write ourselves: the reader's where we speak it, else that of the text around it. */
export const languageFor = (reader: string | null, text: string): string => (reader !== null && speaks(reader) ? reader : text);

/** How dates and amounts are written for a language: the company's way where it is the same, else with the company's region. */
export function localeFor(language: string, companyLocale: string): string {
  const [of, region] = companyLocale.split('-');
  if (of!.toLowerCase() === baseOf(language)) return companyLocale;
  return language.includes('-') || !region ? language : `${language}-${region}`;
}

/** A button of the payment link in another language; what we have no words for stays. */
export function translateButton(label: string, words: MailWords): string {
  return label
    .replace(/^Pay with card ending(?= \d)/, () => words.savedCard)
    .replace(/^Pay from bank account ending(?= \d)/, () => words.savedBank)
    .replace(/^Pay with a new card/, () => words.newCard)
    .replace(/^Pay from a new bank account/, () => words.newBank);
}
