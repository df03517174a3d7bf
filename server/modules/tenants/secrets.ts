import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { z } from 'zod';
import { invalid } from '../../kernel/problem.ts';

/** Shortest RSA key that the large mailbox providers recommend; 1024 bits can be broken. */
const MIN_RSA_BITS = 2048;

const domainName = z
  .string()
  .trim()
  .toLowerCase()
  .max(253)
  .regex(/^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/, 'write a domain such as example.com');
const selectorName = z
  .string()
  .trim()
  .toLowerCase()
  .max(63)
  .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, 'write letters, digits and hyphens, such as payor1');
const pem = z.string().trim().max(10_000);

export const dkimSchema = z.strictObject({
  domain: domainName,
  selector: selectorName,
  rsaPrivateKey: pem.optional(),
  ed25519PrivateKey: pem.optional(),
  ed25519Selector: selectorName.optional(),
});
/** What is kept in the secret `dkim`, as JSON. */
export type DkimSecret = z.infer<typeof dkimSchema>;

/** What mail signed with the keys needs in DNS: public, so it may be shown. */
export interface DnsRecord {
  name: string;
  type: 'TXT';
  value: string;
}

/** The address of a mail server in one line; answers it in normal form. Throws a Problem that never repeats the password. */
export function checkSmtpUrl(text: string): string {
  const wrong = (message: string) => invalid('value', 'invalid_smtp_url', message);
  let url: URL;
  try {
    url = new URL(text.trim());
  } catch {
    throw wrong('Write the mail server as smtps://user:password@mail.example.com:465. Signs such as @ and / in the password are written %40 and %2F.');
  }
  if (url.protocol !== 'smtp:' && url.protocol !== 'smtps:')
    throw wrong('The address of a mail server starts with smtp:// (STARTTLS, port 587) or smtps:// (TLS from the start, port 465).');
  if (!url.hostname) throw wrong('The address names no mail server.');
  if (url.pathname !== '' && url.pathname !== '/') throw wrong('The address ends after the server and its port.');
  return url.toString();
}

/** The server and user of a mail address, without the password. */
export function describeSmtpUrl(text: string): string {
  const url = new URL(text);
  return `${url.protocol}//${url.username ? `${decodeURIComponent(url.username)}@` : ''}${url.host}`;
}

/** Refuses keys that are missing, unreadable, of another kind, or too short to be trusted. */
export function checkDkim(dkim: DkimSecret): DkimSecret {
  if (!dkim.rsaPrivateKey && !dkim.ed25519PrivateKey) throw invalid('rsaPrivateKey', 'missing_key', 'Give an RSA key, an Ed25519 key, or both.');
  if (dkim.rsaPrivateKey) {
    const key = readKey('rsaPrivateKey', dkim.rsaPrivateKey, 'rsa');
    if ((key.asymmetricKeyDetails?.modulusLength ?? 0) < MIN_RSA_BITS)
      throw invalid('rsaPrivateKey', 'key_too_short', `The RSA key needs ${MIN_RSA_BITS} bits or more.`);
  }
  if (dkim.ed25519PrivateKey) readKey('ed25519PrivateKey', dkim.ed25519PrivateKey, 'ed25519');
  if (dkim.rsaPrivateKey && dkim.ed25519PrivateKey && ed25519SelectorOf(dkim) === dkim.selector)
    throw invalid('ed25519Selector', 'same_selector', 'The two keys need different selectors.');
  return dkim;
}

function readKey(field: string, text: string, kind: 'rsa' | 'ed25519'): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey(text);
  } catch {
    throw invalid(field, 'unreadable_key', 'This is not a private key in PEM form ("-----BEGIN PRIVATE KEY-----" …), or it has a password.');
  }
  if (key.asymmetricKeyType !== kind) throw invalid(field, 'wrong_kind', `This is a key of the kind ${key.asymmetricKeyType}, not ${kind}.`);
  return key;
}

export const ed25519SelectorOf = (dkim: DkimSecret): string => dkim.ed25519Selector ?? `${dkim.selector}-ed`;

/** The TXT records of RFC 6376 and RFC 8463. */
export function dkimRecords(dkim: DkimSecret): DnsRecord[] {
  const records: DnsRecord[] = [];
  if (dkim.rsaPrivateKey) {
    const der = createPublicKey(dkim.rsaPrivateKey).export({ type: 'spki', format: 'der' });
    records.push({ name: `${dkim.selector}._domainkey.${dkim.domain}`, type: 'TXT', value: `v=DKIM1; k=rsa; p=${der.toString('base64')}` });
  }
  if (dkim.ed25519PrivateKey) {
    // the last 32 bytes of the SPKI form are the key itself, which is what RFC 8463 publishes
    const der = createPublicKey(dkim.ed25519PrivateKey).export({ type: 'spki', format: 'der' });
    records.push({
      name: `${ed25519SelectorOf(dkim)}._domainkey.${dkim.domain}`,
      type: 'TXT',
      value: `v=DKIM1; k=ed25519; p=${der.subarray(-32).toString('base64')}`,
    });
  }
  return records;
}

const makePair = promisify(generateKeyPair) as unknown as (kind: string, options: object) => Promise<{ privateKey: string }>;

/** New keys of both kinds. In the thread pool: RSA takes a tenth of a second and more. */
export async function generateDkim(domain: string, selector: string): Promise<DkimSecret> {
  const privateKeyEncoding = { type: 'pkcs8', format: 'pem' };
  const publicKeyEncoding = { type: 'spki', format: 'pem' };
  const [rsa, ed25519] = await Promise.all([
    makePair('rsa', { modulusLength: MIN_RSA_BITS, privateKeyEncoding, publicKeyEncoding }),
    makePair('ed25519', { privateKeyEncoding, publicKeyEncoding }),
  ]);
  return { domain, selector, rsaPrivateKey: rsa.privateKey, ed25519PrivateKey: ed25519.privateKey };
}
