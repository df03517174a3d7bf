import { isId } from '../../kernel/ids.ts';
import type { Platform } from '../../platform/context.ts';

/** How long the invoice PDF of a mail can be opened, and the reader can answer it by a link. */
const LINK_DAYS = 180;

const packed = (id: string): Buffer => Buffer.from(id.replaceAll('-', ''), 'hex');
const unpacked = (bytes: Buffer): string => bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

/** Tenant and mail in 43 characters, so that a link finds its tenant without a table across tenants. */
const refOf = (tenantId: string, emailId: string): string => Buffer.concat([packed(tenantId), packed(emailId)]).toString('base64url');

export interface EmailRef {
  tenantId: string;
  emailId: string;
}

/** Tenant and mail of a link of ours. Whoever acts on a link checks its signature too. */
export function readRef(ref: string): EmailRef | null {
  const bytes = Buffer.from(ref, 'base64url');
  if (bytes.length !== 32 || bytes.toString('base64url') !== ref) return null;
  return { tenantId: unpacked(bytes.subarray(0, 16)), emailId: unpacked(bytes.subarray(16)) };
}

/** The signed links of one mail, and the parts of them that the stored copy must not hold. */
export interface MailLinks {
  pixelUrl: string;
  unsubscribeUrl: string;
  /** "I already paid" and "This is not me": pages of the module collections. */
  paidUrl: string;
  wrongPersonUrl: string;
  pdfUrl(documentId: string): string;
  secrets: string[];
}

export function mailLinks(platform: Platform, tenantId: string, emailId: string): MailLinks {
  const base = platform.config.publicUrl;
  const ref = refOf(tenantId, emailId);
  const secrets: string[] = [];
  const signed = (text: string): string => {
    const signature = platform.secrets.sign(text);
    secrets.push(signature);
    return signature;
  };
  const day = Math.floor(platform.clock.now().epochMilliseconds / 86_400_000) + LINK_DAYS;
  const answer = (act: PayerAct) => `${base}/m/${act}/${ref}/${day.toString(36)}.${signed(`${act}:${ref}:${day}`)}`;
  return {
    paidUrl: answer('paid'),
    wrongPersonUrl: answer('not-me'),
    pixelUrl: `${base}/t/o/${ref}/${signed(`open:${ref}`)}.gif`,
    unsubscribeUrl: `${base}/u/${ref}.${signed(`stop:${ref}`)}`,
    pdfUrl: (documentId) => `${base}/t/p/${ref}/${documentId}/${day.toString(36)}.${signed(`pdf:${ref}:${documentId}:${day}`)}`,
    secrets,
  };
}

export function readPixelLink(platform: Platform, ref: string, signature: string): EmailRef | null {
  return platform.secrets.verify(`open:${ref}`, signature) ? readRef(ref) : null;
}

export function readUnsubscribeLink(platform: Platform, token: string): EmailRef | null {
  const [ref = '', signature = ''] = token.split('.', 2);
  return platform.secrets.verify(`stop:${ref}`, signature) ? readRef(ref) : null;
}

/** Null for a link that is not ours or has expired. */
export function readPdfLink(platform: Platform, ref: string, documentId: string, token: string): EmailRef | null {
  return isId(documentId) ? readDated(platform, `pdf:${ref}:${documentId}`, ref, token) : null;
}

/** What the reader of a mail can say by a link in its foot. */
export type PayerAct = 'paid' | 'not-me';

/** Null for a link that is not ours or has expired. */
export const readPayerLink = (platform: Platform, act: PayerAct, ref: string, token: string): EmailRef | null =>
  readDated(platform, `${act}:${ref}`, ref, token);

/** A token of the last day and the signature of `text` with it. */
function readDated(platform: Platform, text: string, ref: string, token: string): EmailRef | null {
  const [dayText = '', signature = ''] = token.split('.', 2);
  const day = Number.parseInt(dayText, 36);
  if (!Number.isSafeInteger(day) || day.toString(36) !== dayText) return null;
  if (!platform.secrets.verify(`${text}:${day}`, signature)) return null;
  return platform.clock.now().epochMilliseconds < day * 86_400_000 ? readRef(ref) : null;
}

/** The text with every token replaced, for the copy that staff may read. */
export function withoutTokens(text: string, secrets: readonly string[]): string {
  let result = text;
  for (const secret of secrets) result = result.replaceAll(secret, 'removed');
  return result;
}
