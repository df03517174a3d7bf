import type { FieldError } from '../../kernel/problem.ts';
import { sizeWords } from '../../platform/http/body.ts';

/** What a row's reading found besides its values. */
export interface Findings {
  errors: FieldError[] | null;
  warnings: FieldError[] | null;
}

export function fail(into: Findings, field: string, code: string, message: string): void {
  (into.errors ??= []).push({ field, code, message });
}

export function warn(into: Findings, field: string, code: string, message: string): void {
  (into.warnings ??= []).push({ field, code, message });
}

const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;
const keyControls = /[\u0000-\u001f\u007f]/;

const shown = (value: unknown): string => {
  // a number beyond the doubles is Infinity, which JSON would call null
  const text = typeof value === 'string' ? value : typeof value === 'number' && !Number.isFinite(value) ? 'beyond all numbers' : JSON.stringify(value);
  return text === undefined ? '' : text.length > 60 ? `${text.slice(0, 60)}…` : text;
};
export { shown as shownValue };

/**
 * A text attribute: undefined when the row does not have it, null when it is null, empty or spaces. Numbers become
 * text. `escaped` is true when the row could hold characters that PostgreSQL or a list cannot show.
 */
export function readText(into: Findings, field: string, value: unknown, max: number, escaped: boolean): string | null | undefined {
  if (typeof value === 'string') {
    const text = trimmed(value);
    if (text === '') return null;
    if (text.length > max) {
      fail(into, field, 'too_long', `${field} may have ${max} characters at most; this one has ${text.length}.`);
      return null;
    }
    if (escaped && (controls.test(text) || !text.isWellFormed())) {
      fail(into, field, 'invalid_character', `${field} holds a control character or half a character.`);
      return null;
    }
    return text;
  }
  if (value === undefined || value === null) return value;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  fail(into, field, 'not_text', `${field} must be text; ${shown(value)} is not.`);
  return null;
}

/** Without spaces around it; most texts have none, and are handed back as they are. */
function trimmed(text: string): string {
  const first = text.charCodeAt(0);
  const last = text.charCodeAt(text.length - 1);
  return first <= 32 || last <= 32 || first >= 160 || last >= 160 ? text.trim() : text;
}

/** A part of a key: empty when absent; a required one that is empty is an error. */
export function readKeyText(into: Findings, field: string, value: unknown, max: number, escaped: boolean, required: boolean): string {
  const text = readText(into, field, value, max, escaped);
  if (text === null || text === undefined) {
    if (required && !into.errors?.some((error) => error.field === field)) fail(into, field, 'required', `${field} is missing.`);
    return '';
  }
  if (escaped && keyControls.test(text)) {
    fail(into, field, 'invalid_character', `${field} must stand on one line.`);
    return '';
  }
  return text;
}

/** Attributes that we do not know. A row may carry some of its own; these limits keep a list of a million readable. */
export const MAX_CUSTOM = 50;
const MAX_CUSTOM_NAME = 100;
const MAX_CUSTOM_BYTES = 16_384;
/** Names that would mean something to a program, and ours: never stored. */
const ignoredNames = new Set(['__proto__', 'constructor', 'prototype', 'id', 'tenant_id', 'tenantId']);

/** Collects what `known` does not name; undefined when there is nothing. */
export function readCustom(into: Findings, row: Record<string, unknown>, known: ReadonlySet<string>, escaped: boolean): Record<string, unknown> | undefined {
  let custom: Record<string, unknown> | undefined;
  let count = 0;
  for (const name in row) {
    if (known.has(name)) continue;
    if (ignoredNames.has(name)) {
      warn(into, name, 'ignored_attribute', `${name} cannot be set by an upload.`);
      continue;
    }
    const value = row[name];
    if (!acceptableName(name))
      fail(into, name.slice(0, MAX_CUSTOM_NAME), 'invalid_name', `The name of an own attribute has 1 to ${MAX_CUSTOM_NAME} characters on one line.`);
    else if (++count > MAX_CUSTOM) {
      fail(into, name, 'too_many_attributes', `A row may have ${MAX_CUSTOM} attributes of its own at most.`);
      return custom;
    } else (custom ??= {})[name] = typeof value === 'string' && value.trim() === '' ? null : value;
  }
  if (custom) checkJson(into, 'custom', custom, escaped, MAX_CUSTOM_BYTES);
  return custom;
}

const acceptableName = (name: string): boolean => name.length > 0 && name.length <= MAX_CUSTOM_NAME && !keyControls.test(name) && name.isWellFormed();

/** JSON as PostgreSQL can store it: finite numbers, no NUL, whole characters, not longer than allowed. Answers its text. */
export function checkJson(into: Findings, field: string, value: unknown, escaped: boolean, maxBytes: number): string | null {
  let finite = true;
  const text = JSON.stringify(value, (key, item) => {
    if (typeof item === 'number' && !Number.isFinite(item)) finite = false;
    return key === '__proto__' ? undefined : item;
  });
  if (!finite) fail(into, field, 'not_a_number', `${field} holds a number that is too large.`);
  else if (text.length > maxBytes || (text.length * 3 > maxBytes && Buffer.byteLength(text) > maxBytes))
    fail(into, field, 'too_long', `${field} may have ${sizeWords(maxBytes)} at most.`);
  // JSON.stringify writes half characters and NUL as \udXXX and \u0000
  else if (escaped && /\\u(0000|d[89a-f])/i.test(text.replaceAll('\\\\', '')))
    fail(into, field, 'invalid_character', `${field} holds a control character or half a character.`);
  else return text;
  return null;
}
