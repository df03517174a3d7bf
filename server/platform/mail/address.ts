import { domainToASCII } from 'node:url';

/** RFC 5321 limits. */
const MAX_ADDRESS = 254;
const MAX_LOCAL_PART = 64;

const localPart = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
const domainName = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])$/;

/**
 * The address as it may stand in an SMTP envelope, or null. Takes one plain addr-spec only: no display name, comma,
 * quote, comment, space or line end, because a mail library splits or misreads those (nodemailer 10.6 delivered
 * `ap@cust.test, evil@bad.test` to bad.test). The domain comes back in lower case and ASCII.
 */
export function plainAddress(text: string): string | null {
  if (text.length > MAX_ADDRESS) return null;
  const at = text.lastIndexOf('@');
  if (at < 1 || at > MAX_LOCAL_PART) return null;
  const local = text.slice(0, at);
  // domainToASCII reads like a URL parser: only letters, digits, dots and hyphens may reach it
  const written = text.slice(at + 1);
  if (!localPart.test(local) || !/^[\p{L}\p{M}\p{N}.-]+$/u.test(written)) return null;
  const domain = domainToASCII(written).toLowerCase();
  if (!domainName.test(domain)) return null;
  const address = `${local}@${domain}`;
  return address.length <= MAX_ADDRESS ? address : null;
}

/** The domain of an address that {@link plainAddress} has passed. */
export const domainOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1);

/** Text for a header or a display name: one line, no control characters, at most `max` characters. */
export function headerText(text: string, max = 200): string {
  return text
    .replace(/[\u0000-\u001f\u007f\u2028\u2029]+/g, ' ')
    .replace(/ +/g, ' ')
    .trim()
    .slice(0, max);
}
