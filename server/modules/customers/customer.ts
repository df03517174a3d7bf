import { invalid, Problem } from '../../kernel/problem.ts';

/** What people read: the company's name, else first and last name, else the e-mail address, else the number. */
export function displayName(parts: {
  companyName?: string | null;
  firstName?: string | null;
  lastName?: string | null;
  email?: string | null;
  number: string;
}): string {
  const person = [parts.firstName, parts.lastName]
    .map((part) => part?.trim())
    .filter(Boolean)
    .join(' ');
  return (parts.companyName?.trim() || person || parts.email?.trim() || parts.number).slice(0, 300);
}

// one plain address; the database refuses the same characters, so that no header can be built from it
const plainAddress = /^[^\s,;<>"()@]{1,64}@[^\s,;<>"()@.]+(\.[^\s,;<>"()@.]+)+$/;

/** The address with its domain in lower case. Throws a Problem for anything but one plain address. */
export function cleanEmail(text: string, field = 'email'): string {
  const trimmed = text.trim();
  if (trimmed.length > 254 || !plainAddress.test(trimmed)) throw invalid(field, 'invalid_email', `"${trimmed.slice(0, 100)}" is not an e-mail address.`);
  const at = trimmed.lastIndexOf('@');
  return trimmed.slice(0, at + 1) + trimmed.slice(at + 1).toLowerCase();
}

/** The Problem for a customer number that is taken. */
export const numberTaken = (number: string): Problem =>
  new Problem(409, 'customer_number_taken', `There is already a customer ${number}.`, {
    errors: [{ field: 'number', code: 'taken', message: 'This number belongs to another customer.' }],
  });

/**
 * The words of a search as a tsquery in which each word may go on: `acme co` finds "Acme Corporation". Null when
 * nothing of it can be searched. PostgreSQL's parser reads `C-1001` as `c` and the number `-1001`, and keeps `a/12`,
 * `12.5` and addresses whole: so digits are looked for with and without a minus, and a word with marks also as written.
 */
export function prefixQuery(text: string): string | null {
  const words = text
    .toLowerCase()
    .split(/[^\p{L}\p{N}._/@-]+/u)
    .flatMap((written) => {
      const parts = written
        .split(/[^\p{L}\p{N}]+/u)
        .filter((part) => part.length > 0)
        .slice(0, 6);
      return parts.length === 0 ? [] : [{ written, parts }];
    })
    .slice(0, 6);
  return words.length === 0 ? null : words.map(queryOfWord).join(' & ');
}

const prefix = (word: string): string => `'${word.slice(0, 60)}':*`;

function queryOfWord(word: { written: string; parts: string[] }): string {
  const parts = word.parts.map((part) => (/^\d+$/.test(part) ? `(${prefix(part)} | ${prefix(`-${part}`)})` : prefix(part))).join(' & ');
  return word.parts.length === 1 ? parts : `(${prefix(word.written)} | (${parts}))`;
}
