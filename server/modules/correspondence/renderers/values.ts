import { daysBetween } from '../../../kernel/calendar.ts';
import { format, money } from '../../../kernel/money.ts';
import type { Context } from '../../../platform/context.ts';
import type { MergeRow, MergeValues } from '../../../platform/mail/template.ts';
import { buttonBlock, dateText, dueWords, invoiceList, type ListedInvoice, loginBlock, MAX_LISTED, type MailButton, totalText } from '../blocks.ts';
import { requestLinkUrl } from '../pay-links.ts';
import { localeFor, translateButton, wordsOf } from '../words/words.ts';
import type { MailCustomer } from '../queries.ts';
import type { MailFrame } from './renderer.ts';

/** The frame for a mail in one language: its words, its dates and amounts. */
export function frameIn(frame: MailFrame, language: string): MailFrame {
  const words = wordsOf(language);
  // English is what everything is written in: nothing to look up for most mails
  if (words === wordsOf('en') && language === 'en') return frame;
  return { ...frame, style: { ...frame.style, locale: localeFor(language, frame.style.locale), words } };
}

/** Who the mail speaks to. */
export function customerValues(customer: Pick<MailCustomer, 'number' | 'name' | 'companyName' | 'firstName' | 'lastName'>): MergeValues {
  return {
    first_name: customer.firstName?.trim() || null,
    last_name: customer.lastName?.trim() || null,
    customer_company_name: customer.companyName?.trim() || customer.name,
    customer_number: customer.number,
  };
}

/** List, total and buttons: the tags that speak about money. `listed` is in the order of the due dates. */
export function invoiceValues(ctx: Context, frame: MailFrame, listed: readonly ListedInvoice[], buttons: readonly MailButton[]): MergeValues {
  const { style } = frame;
  const today = ctx.clock.today();
  const total = totalText(listed, style.locale, style.words);
  const oldest = listed[0];
  const overdue = oldest ? daysBetween(oldest.dueOn, today) : 0;
  const said = style.words ? buttons.map((button) => ({ ...button, label: translateButton(button.label, style.words!) })) : buttons;
  const of = (rail: 'card' | 'bank') =>
    buttonBlock(
      said.filter((button) => button.rail === rail || button.rail === 'any'),
      style,
    );
  const requestUrl = requestLinkUrl(ctx.platform);
  return {
    preheader:
      listed.length === 1
        ? `${style.words?.invoice ?? 'Invoice'} ${listed[0]!.number}: ${total}`
        : style.words
          ? `${listed.length} × ${style.words.invoice}: ${total}`
          : `${listed.length} invoices, ${total} in total`,
    total_invoice_amount: total,
    invoice_count: String(listed.length),
    invoice_number: oldest?.number ?? null,
    due_date: oldest ? dateText(oldest.dueOn, style.locale) : null,
    // empty when nothing is overdue, so that {% if days_overdue %} reads as it is meant
    days_overdue: overdue > 0 ? String(overdue) : null,
    invoice_list: invoiceList(listed, today, style),
    payment_buttons: buttonBlock(said, style),
    card_buttons: of('card'),
    bank_buttons: of('bank'),
    pay_url: buttons[0]?.url ?? requestUrl,
    login_register: loginBlock(requestUrl, style),
  };
}

/** The rows of `{% for invoice in invoices %}`: made for the texts that have such a loop only. */
export function loopValues(ctx: Context, frame: MailFrame, listed: readonly ListedInvoice[], compiledHtml: string): MergeValues {
  if (!/\binvoices\b/.test(compiledHtml)) return {};
  const { locale } = frame.style;
  const today = ctx.clock.today();
  return {
    invoices: listed.slice(0, MAX_LISTED).map(
      (row): MergeRow => ({
        number: row.number.slice(0, 100),
        amount_due: format(money(row.openMinor, row.currency), locale),
        due_date: dateText(row.dueOn, locale),
        due_words: dueWords(row.dueOn, today, frame.style.words),
        days_overdue: Math.max(daysBetween(row.dueOn, today), 0),
        currency: row.currency,
        pdf_url: row.pdfUrl ?? '',
      }),
    ),
  };
}
