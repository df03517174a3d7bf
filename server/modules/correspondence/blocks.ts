import { daysBetween } from '../../kernel/calendar.ts';
import { format, money } from '../../kernel/money.ts';
import { type Block, escapeHtml, Html } from '../../platform/mail/template.ts';
import type { MailWords } from './words/mail-words.ts';
import { wordsOf } from './words/words.ts';

const english = wordsOf('en');

/** One line of the invoice list. */
export interface ListedInvoice {
  number: string;
  currency: string;
  openMinor: bigint;
  dueOn: Temporal.PlainDate;
  /** Null where there is nothing to open (a preview). */
  pdfUrl: string | null;
}

/** A button of the mail; the first of a block is the primary one. */
export interface MailButton {
  label: string;
  url: string;
  rail: 'card' | 'bank' | 'any';
}

export interface BlockStyle {
  accent: string;
  accentText: string;
  locale: string;
  /** Of the mail's language; English without. */
  words?: MailWords;
}

/** Longer lists are cut: mail programs hide what is beyond 100 kB. The total still counts everything. */
export const MAX_LISTED = 100;

const dateFormats = new Map<string, Intl.DateTimeFormat>();
const dateTexts = new Map<string, string>();
const MAX_DATE_TEXTS = 5000;

/**
 * "Mar 31, 2026". Formats are made once for a locale and texts kept: the invoices of one run fall due on few days, and
 * formatting them anew was a tenth of a mail.
 */
export function dateText(date: Temporal.PlainDate, locale: string): string {
  const key = `${locale} ${date.toString()}`;
  let text = dateTexts.get(key);
  if (text === undefined) {
    let format = dateFormats.get(locale);
    if (!format) {
      format = new Intl.DateTimeFormat(locale, { year: 'numeric', month: 'short', day: 'numeric' });
      dateFormats.set(locale, format);
    }
    text = format.format(date as unknown as Date);
    if (dateTexts.size >= MAX_DATE_TEXTS) dateTexts.clear();
    dateTexts.set(key, text);
  }
  return text;
}

/** "12 days overdue", "due today", "due in 3 days". */
export function dueWords(dueOn: Temporal.PlainDate, today: Temporal.PlainDate, words: MailWords = english): string {
  const days = daysBetween(dueOn, today);
  if (days === 0) return words.dueToday;
  return days > 0 ? words.overdue(days) : words.dueIn(-days);
}

/** The sums by currency in the order in which they first occur: "$1,250.00 and €300.00". */
export function totalText(rows: readonly Pick<ListedInvoice, 'currency' | 'openMinor'>[], locale: string, words: MailWords = english): string {
  const totals = totalsOf(rows).map(([currency, minor]) => format(money(minor, currency), locale));
  return totals.length <= 1 ? (totals[0] ?? '') : `${totals.slice(0, -1).join(', ')} ${words.and} ${totals.at(-1)}`;
}

function totalsOf(rows: readonly Pick<ListedInvoice, 'currency' | 'openMinor'>[]): [string, bigint][] {
  const totals = new Map<string, bigint>();
  for (const row of rows) totals.set(row.currency, (totals.get(row.currency) ?? 0n) + row.openMinor);
  return [...totals];
}

const cell = 'padding:10px 8px;border-bottom:1px solid #e5e7eb;font-size:14px;line-height:20px;vertical-align:top';
const head = 'padding:0 8px 8px;border-bottom:1px solid #9ca3af;font-size:12px;line-height:16px;color:#6b7280;font-weight:600';

export function invoiceList(rows: readonly ListedInvoice[], today: Temporal.PlainDate, style: BlockStyle): Block {
  const words = style.words ?? english;
  const shown = rows.slice(0, MAX_LISTED);
  const more = rows.length - shown.length;
  const totals = totalsOf(rows).map(([currency, minor]) => format(money(minor, currency), style.locale));
  return {
    html: new Html(
      `<table class="pc-table" width="100%" cellpadding="0" cellspacing="0" style="width:100%;border-collapse:collapse;margin:0 0 20px">\n` +
        `<thead><tr><th class="pc-muted" align="left" style="${head}">${words.invoice}</th><th class="pc-muted" align="right" style="${head};text-align:right">${words.amountDue}</th><th class="pc-muted" align="left" style="${head}">${words.dueDate}</th><th class="pc-view" align="right" style="${head};text-align:right">&nbsp;</th></tr></thead><tbody>\n` +
        shown.map((row) => listRow(row, today, style)).join('') +
        (more > 0 ? `<tr><td colspan="4" class="pc-muted" style="${cell};color:#6b7280">${words.more(more)}</td></tr>` : '') +
        totals
          .map(
            (total, index) =>
              `<tr><td style="padding:12px 8px;font-size:14px;font-weight:600">${index === 0 ? words.total : ''}</td><td align="right" style="padding:12px 8px;font-size:15px;font-weight:600;text-align:right;white-space:nowrap">${escapeHtml(total)}</td><td colspan="2"></td></tr>\n`,
          )
          .join('') +
        '</tbody></table>',
    ),
    text: listText(shown, more, totals, today, style),
  };
}

function listRow(row: ListedInvoice, today: Temporal.PlainDate, style: BlockStyle): string {
  const words = style.words ?? english;
  const amount = escapeHtml(format(money(row.openMinor, row.currency), style.locale));
  const link = (label: string) =>
    row.pdfUrl === null ? label : `<a href="${escapeHtml(row.pdfUrl)}" target="_blank" style="color:${style.accent}">${label}</a>`;
  return (
    `<tr><td style="${cell};word-break:break-word">${link(escapeHtml(row.number))}</td>\n` +
    `<td align="right" style="${cell};text-align:right;white-space:nowrap">${amount}</td>\n` +
    `<td style="${cell}"><span style="white-space:nowrap">${escapeHtml(dateText(row.dueOn, style.locale))}</span><br><span class="pc-muted" style="color:#6b7280;font-size:12px">${dueWords(row.dueOn, today, words)}</span></td>\n` +
    // phones have no room for it: there the number alone leads to the PDF
    `<td class="pc-view" align="right" style="${cell};text-align:right;white-space:nowrap">${row.pdfUrl === null ? '' : link(words.viewPdf)}</td></tr>\n`
  );
}

function listText(rows: readonly ListedInvoice[], more: number, totals: readonly string[], today: Temporal.PlainDate, style: BlockStyle): string {
  const words = style.words ?? english;
  const lines = rows.map(
    (row) =>
      `${words.invoice} ${row.number}: ${format(money(row.openMinor, row.currency), style.locale)}, ${words === english ? 'due ' : ''}${dateText(row.dueOn, style.locale)} (${dueWords(row.dueOn, today, words)})${row.pdfUrl === null ? '' : `\n  PDF: ${row.pdfUrl}`}`,
  );
  if (more > 0) lines.push(words.more(more));
  return `${lines.join('\n')}\n\n${words.total}: ${totals.join(', ')}`;
}

/** Buttons under each other; the first filled, the others outlined. Null when there are none. */
export function buttonBlock(buttons: readonly MailButton[], style: BlockStyle): Block | null {
  if (buttons.length === 0) return null;
  return {
    html: new Html(`<div style="margin:0 0 22px">${buttons.map((button, index) => buttonHtml(button, index === 0, style)).join('')}</div>`),
    text: buttons.map((button) => `${button.label}:\n${button.url}`).join('\n\n'),
  };
}

function buttonHtml(button: MailButton, primary: boolean, style: BlockStyle): string {
  const kind = primary ? 'pc-primary' : 'pc-secondary';
  const look = primary ? `background:${style.accent};border:1px solid ${style.accent};color:${style.accentText}` : `border:1px solid #9ca3af;color:#1f2937`;
  // the cell carries colour and padding for Outlook, which ignores the padding of a link
  return (
    `<table role="presentation" class="pc-button ${kind}" cellpadding="0" cellspacing="0" style="margin:0 0 10px;border-collapse:separate"><tr>\n` +
    `<td class="${kind}" align="center"${primary ? ` bgcolor="${style.accent}"` : ''} style="${look};border-radius:6px;mso-padding-alt:12px 22px">\n` +
    `<a href="${escapeHtml(button.url)}" target="_blank" style="display:inline-block;padding:12px 22px;font-size:15px;line-height:20px;font-weight:600;text-decoration:none;color:${primary ? style.accentText : '#1f2937'}">${escapeHtml(button.label)}</a>` +
    `</td></tr></table>\n`
  );
}

/** What a statement says of itself in the mail that carries it. */
export function statementSummary(statement: { number: string; date: string; balance: string }, words: MailWords = english): Block {
  const { number, date, balance, attached: foot } = words.statement;
  const rows: [string, string][] = [
    [number, statement.number],
    [date, statement.date],
    [balance, statement.balance],
  ];
  return {
    html: new Html(
      `<table class="pc-table" width="100%" cellpadding="0" cellspacing="0" style="width:100%;border-collapse:collapse;margin:0 0 8px"><tbody>${rows
        .map(
          ([label, value]) =>
            `<tr><td class="pc-muted" style="${cell};color:#6b7280">${label}</td><td align="right" style="${cell};text-align:right;font-weight:600">${escapeHtml(value)}</td></tr>\n`,
        )
        .join('')}</tbody></table><p class="pc-muted" style="font-size:13px;line-height:20px;color:#6b7280">${foot}</p>`,
    ),
    text: `${rows.map(([label, value]) => `${label}: ${value}`).join('\n')}\n${foot}`,
  };
}

/** Two links for customers until they have a portal: both lead to the page where a payment link can be asked for. */
export function loginBlock(url: string, style: BlockStyle): Block {
  const { sentence, button } = (style.words ?? english).login;
  return {
    html: new Html(`<p class="pc-muted" style="color:#6b7280">${sentence}</p>${buttonHtml({ label: button, url, rail: 'any' }, false, style)}`),
    text: `${sentence}\n${url}`,
  };
}

/** Black or white, whichever can be read better on the accent. */
export function accentTextOf(accent: string): string {
  const part = (at: number) => {
    const value = Number.parseInt(accent.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  const luminance = 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5);
  // the contrast with white equals the contrast with black at 0.179
  return luminance > 0.179 ? '#000000' : '#ffffff';
}
