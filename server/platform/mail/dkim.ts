import { createHash, createPrivateKey, type KeyObject, sign } from 'node:crypto';
import { promisify } from 'node:util';

/** What a tenant keeps in the secret `dkim`. Keys are PEM (PKCS#8, or PKCS#1 for RSA). */
export interface DkimSettings {
  domain: string;
  selector: string;
  rsaPrivateKey?: string;
  ed25519PrivateKey?: string;
  ed25519Selector?: string;
}

export interface DkimKey {
  domain: string;
  selector: string;
  algorithm: 'rsa-sha256' | 'ed25519-sha256';
  key: KeyObject;
}

// with a callback, node signs in its thread pool: an RSA-2048 signature (0.7 ms) does not hold up the event loop
const signInPool = promisify(sign) as unknown as (algorithm: string | null, data: Buffer, key: KeyObject) => Promise<Buffer>;

/** In the order in which they are named in `h=`. List-Unsubscribe-Post must be covered, or RFC 8058 does not apply. */
const signedHeaders =
  'from sender reply-to subject date message-id to cc mime-version content-type content-transfer-encoding list-unsubscribe list-unsubscribe-post auto-submitted'.split(
    ' ',
  );

/** Reads the keys once. Throws when a key is not of its kind. */
export function dkimKeys(settings: DkimSettings): DkimKey[] {
  const keys: DkimKey[] = [];
  if (settings.rsaPrivateKey) {
    const key = createPrivateKey(settings.rsaPrivateKey);
    if (key.asymmetricKeyType !== 'rsa') throw new TypeError('the RSA key of DKIM is not an RSA key');
    keys.push({ domain: settings.domain, selector: settings.selector, algorithm: 'rsa-sha256', key });
  }
  if (settings.ed25519PrivateKey) {
    const key = createPrivateKey(settings.ed25519PrivateKey);
    if (key.asymmetricKeyType !== 'ed25519') throw new TypeError('the Ed25519 key of DKIM is not an Ed25519 key');
    keys.push({ domain: settings.domain, selector: settings.ed25519Selector ?? `${settings.selector}-ed`, algorithm: 'ed25519-sha256', key });
  }
  return keys;
}

/** RFC 6376 3.4.4. The text is the body's bytes as latin1, so every byte stays what it was. */
export function relaxedBody(body: string): string {
  const lines = body
    .replace(/[ \t]+/g, ' ')
    .replaceAll(' \r\n', '\r\n')
    .replace(/ $/, '');
  let end = lines.length;
  while (end >= 2 && lines.charCodeAt(end - 1) === 10 && lines.charCodeAt(end - 2) === 13) end -= 2;
  return end === 0 ? '' : `${lines.slice(0, end)}\r\n`;
}

/** RFC 6376 3.4.2, for the value of a header. */
const relaxedValue = (value: string): string =>
  value
    .replace(/\r\n/g, '')
    .replace(/[ \t]+/g, ' ')
    .trim();

function headerValues(head: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const line of head.split(/\r\n(?![ \t])/)) {
    const colon = line.indexOf(':');
    // the last of a repeated header is the one that a verifier takes first
    if (colon > 0) values.set(line.slice(0, colon).trimEnd().toLowerCase(), line.slice(colon + 1));
  }
  return values;
}

const folded = (text: string): string => text.replace(/(.{72})(?=.)/g, '$1\r\n ');
// the list of names may be folded beside a colon only
const foldedNames = (names: string): string => names.replace(/(.{40,60}:)(?=.)/g, '$1\r\n ');

/**
 * The message with one DKIM-Signature for each key in front (RFC 6376 relaxed/relaxed, RFC 8463 for Ed25519).
 * `message` is complete, with CRLF line ends; `at` goes into `t=`.
 */
export async function dkimSign(message: Buffer, keys: readonly DkimKey[], at: Temporal.Instant): Promise<Buffer> {
  if (keys.length === 0) return message;
  const text = message.toString('latin1');
  const split = text.indexOf('\r\n\r\n');
  const values = headerValues(split < 0 ? text : text.slice(0, split));
  const bodyHash = createHash('sha256')
    .update(relaxedBody(split < 0 ? '' : text.slice(split + 4)), 'latin1')
    .digest('base64');
  const present = signedHeaders.filter((name) => values.has(name));
  // From is named once more than it occurs, so that a second one added on the way breaks the signature
  const names = [...present, 'from'].join(':');
  const canonical = present.map((name) => `${name}:${relaxedValue(values.get(name)!)}\r\n`).join('');
  const signatures = await Promise.all(
    keys.map(async ({ domain, selector, algorithm, key }) => {
      const tags =
        `v=1; a=${algorithm}; c=relaxed/relaxed; d=${domain}; s=${selector};\r\n t=${Math.floor(at.epochMilliseconds / 1000)}; ` +
        `bh=${bodyHash};\r\n h=${foldedNames(names)};\r\n b=`;
      const data = Buffer.from(`${canonical}dkim-signature:${relaxedValue(` ${tags}`)}`, 'latin1');
      const signature =
        algorithm === 'rsa-sha256' ? await signInPool('RSA-SHA256', data, key) : await signInPool(null, createHash('sha256').update(data).digest(), key);
      return `DKIM-Signature: ${tags}${folded(signature.toString('base64'))}\r\n`;
    }),
  );
  return Buffer.concat([Buffer.from(signatures.join(''), 'latin1'), message]);
}
