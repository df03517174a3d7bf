/** Money as the API speaks it: a decimal string in major units and an ISO 4217 currency. Never a floating point number. */
export interface Money {
  amount: string;
  currency: string;
}

/** The person's locale; one place, so that dates and money agree. */
export const locale = (): string => navigator.languages[0] ?? 'en-US';

const formatters = new Map<string, Intl.NumberFormat>();

function formatter(key: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const name = `${locale()}|${key}`;
  let found = formatters.get(name);
  if (!found) {
    found = new Intl.NumberFormat(locale(), options);
    formatters.set(name, found);
  }
  return found;
}

const digitsOf = (amount: string): number => amount.split('.')[1]?.length ?? 0;
const isNegative = (amount: string): boolean => amount.startsWith('-') && /[1-9]/.test(amount);
const absolute = (amount: string): Intl.StringNumericLiteral => amount.replace(/^-/, '') as Intl.StringNumericLiteral;

/** `$1,250.00`, `($30.00)` for negatives, `¥500`. */
export function formatMoney(value: Money): string {
  const digits = digitsOf(value.amount);
  const text = formatter(`${value.currency}${digits}`, {
    style: 'currency',
    currency: value.currency,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(absolute(value.amount));
  return isNegative(value.amount) ? `(${text})` : text;
}

/** `1,250.00` for columns whose heading names the currency. */
export function formatAmount(value: Money): string {
  const digits = digitsOf(value.amount);
  const text = formatter(`plain${digits}`, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(absolute(value.amount));
  return isNegative(value.amount) ? `(${text})` : text;
}

/** For tight places (axis labels, tiles): `$1.2M`. Reads the digits only as far as three figures need. */
export function formatShort(value: Money): string {
  return formatter(`short${value.currency}`, {
    style: 'currency',
    currency: value.currency,
    notation: 'compact',
    maximumFractionDigits: 1,
  }).format(value.amount as Intl.StringNumericLiteral);
}

const scaled = (amount: string, digits: number): bigint => {
  const [whole = '0', fraction = ''] = amount.replace(/^-/, '').split('.');
  const minor = BigInt(whole + fraction.padEnd(digits, '0'));
  return amount.startsWith('-') ? -minor : minor;
};

const unscaled = (minor: bigint, digits: number): string => {
  const text = (minor < 0n ? -minor : minor).toString().padStart(digits + 1, '0');
  const sign = minor < 0n ? '-' : '';
  return digits === 0 ? sign + text : `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`;
};

/** One total for each currency, in the order in which they first appear. Different currencies never add. */
export function totals(values: readonly Money[]): Money[] {
  const byCurrency = new Map<string, { minor: bigint; digits: number }>();
  for (const value of values) {
    const digits = digitsOf(value.amount);
    const sum = byCurrency.get(value.currency) ?? { minor: 0n, digits };
    const wider = Math.max(sum.digits, digits);
    sum.minor = sum.minor * 10n ** BigInt(wider - sum.digits) + scaled(value.amount, wider);
    sum.digits = wider;
    byCurrency.set(value.currency, sum);
  }
  return [...byCurrency].map(([currency, { minor, digits }]) => ({ amount: unscaled(minor, digits), currency }));
}

/** Negative, zero or positive, by value, for two decimal strings. */
export function compareAmounts(a: string, b: string): number {
  const digits = Math.max(digitsOf(a), digitsOf(b));
  const difference = scaled(a, digits) - scaled(b, digits);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** The lesser of two decimal strings. */
export const lesser = (a: string, b: string): string => (compareAmounts(a, b) <= 0 ? a : b);

export const isZero = (amount: string): boolean => !/[1-9]/.test(amount);

/** `a - b` in one currency. */
export function subtract(a: Money, b: Money): Money {
  const [difference] = totals([a, { amount: negate(b.amount), currency: a.currency }]);
  return difference ?? a;
}

const negate = (amount: string): string => (amount.startsWith('-') ? amount.slice(1) : `-${amount}`);

/** Part of the whole in 0…1, for drawing only. */
export function share(part: string, whole: string): number {
  const digits = Math.max(digitsOf(part), digitsOf(whole));
  const total = scaled(whole, digits);
  return total <= 0n ? 0 : Number((scaled(part, digits) * 10_000n) / total) / 10_000;
}

/** A number for the pixels of a chart; never shown and never sent. */
export const forDrawing = (amount: string): number => Number(amount);

/** How many minor digits the currency has. */
export const currencyDigits = (currency: string): number =>
  formatter(`digits${currency}`, { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;

/**
 * Reads what a person typed ("1,250", "1.250,00" in a German locale) as a plain decimal string with the currency's
 * digits; null when it is not an amount. Grouping and decimal marks are the locale's.
 */
export function parseAmount(text: string, currency: string): string | null {
  const parts = new Intl.NumberFormat(locale()).formatToParts(12345.6);
  const group = parts.find((part) => part.type === 'group')?.value ?? ',';
  const decimal = parts.find((part) => part.type === 'decimal')?.value ?? '.';
  const plain = text
    .trim()
    .replaceAll(group, '')
    .replace(/[\s\u00a0\u202f']/g, '')
    .replace(decimal, '.');
  const match = /^(\d{1,15})(?:\.(\d*))?$/.exec(plain);
  if (!match) return null;
  const digits = currencyDigits(currency);
  const fraction = (match[2] ?? '').replace(/0+$/, '');
  if (fraction.length > digits) return null;
  const whole = (match[1] as string).replace(/^0+(?=\d)/, '');
  return digits === 0 ? whole : `${whole}.${fraction.padEnd(digits, '0')}`;
}

/** Several currencies in one line: `$1,250.00 and €30.00`. */
export function formatList(values: readonly Money[]): string {
  return new Intl.ListFormat(locale(), { type: 'conjunction' }).format(values.map(formatMoney));
}

const integers = () => formatter('int', { maximumFractionDigits: 0 });
export const formatCount = (count: number): string => integers().format(count);
