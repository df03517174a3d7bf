/** Amounts as people and accounting systems write them, into minor units. Never through floating-point arithmetic that rounds. */

export type AmountFault = 'not_a_number' | 'too_large' | 'too_many_decimals';

/** Fifteen digits in all, minor ones included: what the database and a double both hold exactly. */
const MAX_MINOR = 999_999_999_999_999;
const powers = [1, 10, 100, 1000];

const isFault = (value: number | AmountFault): value is AmountFault => typeof value === 'string';
export { isFault as isAmountFault };

/**
 * An amount in major units as whole minor units of a currency with `exponent` decimal digits (0, 2 or 3).
 * `1,234.56`, `1.234,56` where it can mean only one thing or with `decimalComma`, `100.00-`, `(100.00)`, currency
 * signs and spaces are read; an exponent, letters or more decimals than the currency has are not.
 */
export function readAmount(value: unknown, exponent: number, decimalComma: boolean): number | AmountFault {
  if (typeof value === 'number') return fromNumber(value, exponent);
  if (typeof value !== 'string') return 'not_a_number';
  return plainAmount(value, exponent) ?? writtenAmount(value, exponent, decimalComma);
}

/** A JSON number is the decimal that it was written as: dividing back must give the very same double. */
function fromNumber(value: number, exponent: number): number | AmountFault {
  if (!Number.isFinite(value)) return 'not_a_number';
  const power = powers[exponent]!;
  const minor = Math.round(value * power);
  if (Math.abs(minor) > MAX_MINOR) return 'too_large';
  if (minor / power !== value) return 'too_many_decimals';
  return minor === 0 ? 0 : minor;
}

/** `-1234.5` and nothing else, without a regular expression: most rows are like this. */
function plainAmount(text: string, exponent: number): number | null {
  const length = text.length;
  let i = 0;
  const negative = text.charCodeAt(0) === 45;
  if (negative) i = 1;
  if (length === i || length - i > 14) return null;
  let minor = 0;
  let decimals = -1;
  for (; i < length; i++) {
    const c = text.charCodeAt(i);
    if (c >= 48 && c <= 57) {
      if (decimals >= 0 && ++decimals > exponent) return null;
      minor = minor * 10 + (c - 48);
    } else if (c === 46 && decimals < 0 && i + 1 < length && i > (negative ? 1 : 0)) decimals = 0;
    else return null;
  }
  // a point before three digits may group thousands: left to the careful reading
  if (decimals === 3) return null;
  minor *= powers[exponent - Math.max(decimals, 0)]!;
  if (minor > MAX_MINOR) return null;
  return negative && minor !== 0 ? -minor : minor;
}

/** Signs and symbols off; answers the digits with their separators, and whether the amount is negative. */
function unwrap(text: string): { body: string; negative: boolean } | null {
  let body = text.replace(/[\s\u00a0\u2007\u2009\u202f\p{Sc}]/gu, '');
  let negative = false;
  const bracketed = /^\((.*)\)$/.exec(body);
  if (bracketed) {
    negative = true;
    body = bracketed[1]!;
  }
  const sign = /^([+\-\u2212])?(.*?)([+\-\u2212])?$/.exec(body)!;
  if ((sign[1] && sign[3]) || (bracketed && (sign[1] || sign[3]))) return null;
  const mark = sign[1] ?? sign[3];
  if (mark && mark !== '+') negative = true;
  return { body: sign[2]!, negative };
}

const grouped = (text: string, separator: string): boolean => {
  const parts = text.split(separator);
  return parts.length > 1 && /^\d{1,3}$/.test(parts[0]!) && parts.slice(1).every((part) => /^\d{3}$/.test(part));
};

/** Splits into digits before and after the decimal separator; null when the text is not a number. */
function splitDecimal(body: string, decimalComma: boolean): [string, string] | null {
  const text = body.replaceAll('\u2019', "'");
  const comma = text.lastIndexOf(',');
  const point = text.lastIndexOf('.');
  let whole = text;
  let fraction = '';
  if (comma >= 0 && point >= 0) {
    const at = Math.max(comma, point);
    whole = text.slice(0, at);
    fraction = text.slice(at + 1);
    const group = comma > point ? '.' : ',';
    if (!grouped(whole, group)) return null;
    whole = whole.replaceAll(group, '');
  } else if (comma >= 0 || point >= 0) {
    const separator = comma >= 0 ? ',' : '.';
    const isDecimal = (separator === ',') === decimalComma;
    const several = text.indexOf(separator) !== text.lastIndexOf(separator);
    if (grouped(text, separator) && (several || !isDecimal)) whole = text.replaceAll(separator, '');
    else if (several) return null;
    else [whole, fraction] = text.split(separator) as [string, string];
  }
  if (whole.includes("'")) {
    if (!grouped(whole, "'")) return null;
    whole = whole.replaceAll("'", '');
  }
  if (!/^\d*$/.test(whole) || !/^\d*$/.test(fraction) || whole + fraction === '') return null;
  // `12.` and `.5` are slips more often than numbers
  if (whole === '' || (fraction === '' && /[.,]$/.test(text))) return null;
  return [whole, fraction];
}

function writtenAmount(text: string, exponent: number, decimalComma: boolean): number | AmountFault {
  if (text.length > 60) return 'not_a_number';
  const unwrapped = unwrap(text);
  const split = unwrapped && splitDecimal(unwrapped.body, decimalComma);
  if (!split) return 'not_a_number';
  const whole = split[0].replace(/^0+(?=\d)/, '');
  const fraction = split[1].replace(/0+$/, '');
  if (fraction.length > exponent) return 'too_many_decimals';
  if (whole.length + exponent > 16) return 'too_large';
  const minor = Number(whole + fraction.padEnd(exponent, '0'));
  if (minor > MAX_MINOR) return 'too_large';
  return unwrapped.negative && minor !== 0 ? -minor : minor;
}
