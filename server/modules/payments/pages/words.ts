import { currencyExponent } from '../../../kernel/currency.ts';
import { toDecimal } from '../../../kernel/money.ts';

/** Making a formatter costs more than a whole page; there are few pairs of language and currency. */
const formatters = new Map<string, Intl.NumberFormat>();
const dates = new Map<string, Intl.DateTimeFormat>();
const MOST_KEPT = 500;

export function moneyText(minor: bigint, currency: string, locale: string): string {
  const key = `${locale} ${currency}`;
  let formatter = formatters.get(key);
  if (!formatter) {
    const digits = currencyExponent(currency);
    formatter = new Intl.NumberFormat(locale, { style: 'currency', currency, minimumFractionDigits: digits, maximumFractionDigits: digits });
    if (formatters.size >= MOST_KEPT) formatters.clear();
    formatters.set(key, formatter);
  }
  return formatter.format(toDecimal({ minor, currency }) as Intl.StringNumericLiteral);
}

export function dateText(date: Temporal.PlainDate, locale: string): string {
  let formatter = dates.get(locale);
  if (!formatter) {
    formatter = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone: 'UTC' });
    if (dates.size >= MOST_KEPT) dates.clear();
    dates.set(locale, formatter);
  }
  return formatter.format(date.toZonedDateTime('UTC').epochMilliseconds);
}
