import { currencyExponent } from './currency.ts';

/** An amount in minor units (cents for USD, yen for JPY, fils for KWD) and its ISO 4217 currency. */
export interface Money {
  readonly minor: bigint;
  readonly currency: string;
}

/** The largest amount that is stored: fifteen digits, so that sums of a million documents stay inside bigint. */
export const MAX_MINOR = 999_999_999_999_999n;

export const money = (minor: bigint, currency: string): Money => ({ minor, currency });

function sameCurrency(a: Money, b: Money): void {
  if (a.currency !== b.currency) throw new RangeError(`cannot combine ${a.currency} with ${b.currency}`);
}

export function add(a: Money, b: Money): Money {
  sameCurrency(a, b);
  return { minor: a.minor + b.minor, currency: a.currency };
}

/** Decimal string in major units with all minor digits: `-1234.50`, `500` for JPY. */
export function toDecimal(value: Money): string {
  const exponent = currencyExponent(value.currency);
  const digits = (value.minor < 0n ? -value.minor : value.minor).toString().padStart(exponent + 1, '0');
  const sign = value.minor < 0n ? '-' : '';
  return exponent === 0 ? sign + digits : `${sign}${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
}

/**
 * Reads a plain decimal string ("1234.5", "-3") in major units strictly by the currency's digits.
 * Answers null when it is not a plain decimal, has more digits than the currency or passes {@link MAX_MINOR}.
 */
export function fromDecimal(text: string, currency: string): Money | null {
  const match = /^(-?)(\d{1,15})(?:\.(\d+))?$/.exec(text);
  if (!match) return null;
  const exponent = currencyExponent(currency);
  const fraction = (match[3] ?? '').replace(/0+$/, '');
  if (fraction.length > exponent) return null;
  const minor = BigInt(match[2] + fraction.padEnd(exponent, '0'));
  if (minor > MAX_MINOR) return null;
  return { minor: match[1] ? -minor : minor, currency };
}

/** The JSON form: a decimal string and a currency. */
export interface MoneyJson {
  amount: string;
  currency: string;
}

export const toJson = (value: Money): MoneyJson => ({ amount: toDecimal(value), currency: value.currency });

const formatters = new Map<string, Intl.NumberFormat>();

/** Making a formatter costs a hundred times what formatting does; there are few pairs of locale and currency. */
function formatterOf(locale: string, currency: string): Intl.NumberFormat {
  const key = `${locale} ${currency}`;
  let formatter = formatters.get(key);
  if (!formatter) {
    formatter = new Intl.NumberFormat(locale, { style: 'currency', currency });
    if (formatters.size >= 1000) formatters.clear();
    formatters.set(key, formatter);
  }
  return formatter;
}

/** For people: `$1,234.50`, `(¥500)` for negatives, in the given BCP 47 locale. */
export function format(value: Money, locale = 'en-US'): string {
  const text = toDecimal({ ...value, minor: value.minor < 0n ? -value.minor : value.minor });
  const formatted = formatterOf(locale, value.currency).format(text as Intl.StringNumericLiteral);
  return value.minor < 0n ? `(${formatted})` : formatted;
}

/** `percent` ("2.45") of an amount, rounded down to the minor unit, so that it never passes the percentage stated. */
export function percentOf(value: Money, percent: string): Money {
  const match = /^(\d{1,3})(?:\.(\d{1,6}))?$/.exec(percent);
  if (!match) throw new RangeError(`not a percentage: ${percent}`);
  const fraction = match[2] ?? '';
  const scaled = BigInt(match[1] + fraction);
  const scale = 100n * 10n ** BigInt(fraction.length);
  return { minor: (value.minor * scaled) / scale, currency: value.currency };
}
