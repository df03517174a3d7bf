import { plainAddress } from '../../platform/mail/address.ts';
import type { UploadedCustomer } from '../customers/index.ts';
import { customerAttributes } from './row-schemas.ts';
import { fail, type Findings, readCustom, readKeyText, readText, shownValue, warn } from './row-text.ts';

const known: ReadonlySet<string> = new Set(customerAttributes);

/** One to write to and those to copy; more is a list pasted by mistake. */
const MAX_EMAILS = 20;

export interface CustomerKey {
  number: string;
  companyCode: string;
}

export function readCustomerKey(row: Record<string, unknown>, escaped: boolean, into: Findings): CustomerKey {
  return {
    number: readKeyText(into, 'customerno', row['customerno'], 64, escaped, true),
    companyCode: readKeyText(into, 'cocode', row['cocode'], 20, escaped, false),
  };
}

/** One row in our words; null when it has errors, which are in `into` then. */
export function readCustomerRow(row: Record<string, unknown>, escaped: boolean, into: Findings): UploadedCustomer | null {
  const key = readCustomerKey(row, escaped, into);
  const customer: UploadedCustomer = {
    ...key,
    companyName: readText(into, 'companyname', row['companyname'], 300, escaped),
    firstName: readText(into, 'firstname', row['firstname'], 150, escaped),
    lastName: readText(into, 'lastname', row['lastname'], 150, escaped),
    phone: readPhone(readText(into, 'phoneno', row['phoneno'], 50, escaped)),
    emails: readEmails(into, row['emailaddress1']),
    custom: readCustom(into, row, known, escaped),
    warned: false,
  };
  if (into.errors !== null) return null;
  customer.warned = into.warnings !== null;
  return customer;
}

/** E.164 where it is certain (a plus or 00 and 8 to 15 digits); as written otherwise. */
function readPhone(text: string | null | undefined): string | null | undefined {
  if (!text) return text;
  const digits = text
    .replace(/\(0\)/g, '')
    .replace(/[\s().\-/]/g, '')
    .replace(/^00/, '+');
  return /^\+[1-9]\d{7,14}$/.test(digits) ? digits : text;
}

/** Plain addresses split by commas or semicolons, each once; anything else in the field is an error. */
function readEmails(into: Findings, value: unknown): string[] {
  const text = typeof value === 'string' ? value.trim() : value;
  if (text === undefined || text === null || text === '') {
    fail(into, 'emailaddress1', 'required', 'emailaddress1 is missing.');
    return [];
  }
  if (typeof text !== 'string' || text.length > 5000) {
    fail(into, 'emailaddress1', 'invalid_email', 'emailaddress1 must be an e-mail address, or several with commas between them.');
    return [];
  }
  const emails = new Map<string, string>();
  for (const part of text.split(/[,;]/)) {
    const written = part.replace(/^ +| +$/g, '');
    if (written === '') continue;
    const email = plainAddress(written);
    if (email === null) fail(into, 'emailaddress1', 'invalid_email', `${shownValue(written)} is not an e-mail address.`);
    else if (emails.has(email.toLowerCase())) warn(into, 'emailaddress1', 'repeated_email', `${email} stands twice.`);
    else emails.set(email.toLowerCase(), email);
  }
  if (emails.size > MAX_EMAILS) fail(into, 'emailaddress1', 'too_many_emails', `A customer may have ${MAX_EMAILS} addresses at most.`);
  if (emails.size === 0 && into.errors === null) fail(into, 'emailaddress1', 'required', 'emailaddress1 is missing.');
  return [...emails.values()];
}
