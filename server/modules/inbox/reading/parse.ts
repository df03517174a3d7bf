import { createHash } from 'node:crypto';
import type { Address, Email } from 'postal-mime';
import { plainAddress } from '../../../platform/mail/address.ts';
import type { RawMessage } from '../../../platform/mail/imap.ts';
import { classify, type MessageKind } from './classify.ts';
import { type DeliveryReport, readReport } from './report.ts';
import { oneLine, safeHtml, snippetOf, storable } from './text.ts';

export const LIMITS = {
  /** Characters of text and of HTML that are kept of a message. */
  text: 200_000,
  html: 1_000_000,
  subject: 500,
  addresses: 50,
  references: 30,
  /** Attachments that are named, and those that are kept: number, bytes of one, bytes of all. */
  named: 100,
  kept: 25,
  keptBytes: 10 * 1024 * 1024,
  keptTotal: 20 * 1024 * 1024,
} as const;

/** Deeper or longer than any mail program makes; beyond it only the headers are read. */
const parserLimits = { forceRfc822Attachments: true, maxNestingDepth: 50, maxHeadersSize: 2 * 1024 * 1024 } as const;

export interface IncomingAttachment {
  name: string;
  contentType: string;
  sizeBytes: number;
  /** What the message's HTML calls it by, where it stands among its text. */
  contentId: string | null;
  /** Null: too large, or one too many. */
  bytes: Uint8Array | null;
}

/** What a message says, as far as we keep it. Everything in it is another's: bounded, and fit to be stored. */
export interface ReadMessage {
  /** SHA-256, in hexadecimal digits. */
  identity: string;
  kind: MessageKind;
  report: DeliveryReport | null;
  messageId: string | null;
  inReplyTo: string | null;
  references: string[];
  fromAddress: string;
  fromName: string;
  replyTo: string | null;
  to: string[];
  cc: string[];
  subject: string;
  snippet: string;
  text: string;
  html: string | null;
  authentic: boolean | null;
  complete: boolean;
  attachmentCount: number;
  attachments: IncomingAttachment[];
  /** Tenant and mail in the links of ours that it quotes. */
  quotedRefs: string[];
}

/** With what the mailbox says of it. */
export type IncomingMessage = ReadMessage & Pick<RawMessage, 'uid' | 'sizeBytes' | 'receivedAt' | 'seen'>;

/** What is read of a message; all of it can be handed to a thread. */
export type RawContent = Pick<RawMessage, 'bytes' | 'complete'>;

const messageIds = (text: string | undefined): string[] =>
  text === undefined ? [] : [...text.slice(0, 20_000).matchAll(/<([^<>\s]{3,400})>/g)].map((match) => storable(match[1]!, 400));

const first = (text: string | undefined): string | null => messageIds(text)[0] ?? null;

function flat(list: readonly Address[] | undefined): { name: string; address: string }[] {
  const all: { name: string; address: string }[] = [];
  for (const one of list ?? []) {
    if (all.length >= LIMITS.addresses) break;
    for (const box of one.address === undefined ? (one.group ?? []).slice(0, LIMITS.addresses) : [one])
      all.push({ name: box.name, address: box.address ?? '' });
  }
  return all.slice(0, LIMITS.addresses);
}

const usable = (address: string): string | null => plainAddress(address.trim().toLowerCase());
const usableAll = (list: readonly Address[] | undefined): string[] => [
  ...new Set(
    flat(list)
      .map((one) => usable(one.address))
      .filter((one) => one !== null),
  ),
];

/** Links of our mails carry tenant and mail in 43 characters; an answer quotes them even where a server changed our Message-ID. */
function quotedRefs(text: string, html: string | null): string[] {
  const found = new Set<string>();
  for (const source of [text, html ?? ''])
    for (const match of source.matchAll(/\/(?:u|t\/[op])\/([\w-]{43})[./]/g)) {
      found.add(match[1]!);
      if (found.size >= 5) return [...found];
    }
  return [...found];
}

/** DMARC as the receiving server tells it in the first Authentication-Results; senders can write further ones. */
function authenticity(mail: Email): boolean | null {
  const value = mail.headers.find((header) => header.key === 'authentication-results')?.value;
  const result = value === undefined ? null : /\bdmarc\s*=\s*(pass|fail)\b/i.exec(value.slice(0, 4000));
  return result ? result[1]!.toLowerCase() === 'pass' : null;
}

/** Reads one message. Never throws for what is in it: what cannot be read as a mail is kept by its headers. */
export async function readMessage(raw: RawContent): Promise<ReadMessage> {
  const { default: PostalMime } = await import('postal-mime');
  let mail: Email;
  let complete = raw.complete;
  try {
    mail = await PostalMime.parse(raw.bytes, parserLimits);
  } catch {
    complete = false;
    mail = await PostalMime.parse(headersOnly(raw.bytes), parserLimits).catch((): Email => ({ headers: [], headerLines: [], attachments: [] }));
  }
  const html = mail.html !== undefined && mail.html.length <= LIMITS.html ? storable(mail.html, LIMITS.html) : null;
  const text = storable(mail.text ?? (mail.html === undefined ? '' : safeHtml(mail.html.slice(0, LIMITS.text)).text), LIMITS.text);
  const sender = flat(mail.from ? [mail.from] : undefined)[0];
  const fromAddress = usable(sender?.address ?? '') ?? '';
  const messageId = first(mail.messageId);
  const subject = oneLine(mail.subject ?? '', LIMITS.subject);
  const references = messageIds(mail.references);
  const kind = classify(mail, fromAddress);
  const replyTo = usableAll(mail.replyTo)[0] ?? null;
  return {
    identity: identityOf(raw, messageId, fromAddress, subject, mail.date),
    kind,
    report: kind === 'bounce' ? readReport(mail, text) : null,
    messageId,
    inReplyTo: first(mail.inReplyTo),
    // the beginning of the conversation and its newest members
    references: references.length > LIMITS.references ? [references[0]!, ...references.slice(1 - LIMITS.references)] : references,
    fromAddress,
    fromName: oneLine(sender?.name ?? '', 200),
    replyTo: replyTo === fromAddress ? null : replyTo,
    to: usableAll(mail.to),
    cc: usableAll(mail.cc),
    subject,
    snippet: snippetOf(text),
    text,
    html,
    authentic: authenticity(mail),
    complete,
    attachmentCount: mail.attachments.length,
    attachments: kind === 'bounce' ? [] : attachmentsOf(mail),
    quotedRefs: quotedRefs(text, html),
  };
}

export function headersOnly(bytes: Buffer): Buffer {
  const end = bytes.indexOf('\r\n\r\n');
  return bytes.subarray(0, Math.min(end < 0 ? bytes.length : end + 4, parserLimits.maxHeadersSize));
}

function identityOf(raw: RawContent, messageId: string | null, from: string, subject: string, date: string | undefined): string {
  const hash = createHash('sha256');
  if (messageId === null) hash.update(raw.bytes);
  else hash.update([messageId, from, subject, date ?? ''].join('\u0000'));
  return hash.digest('hex');
}

function attachmentsOf(mail: Email): IncomingAttachment[] {
  let left: number = LIMITS.keptTotal;
  return mail.attachments.slice(0, LIMITS.named).map((file, index) => {
    const bytes = typeof file.content === 'string' ? Buffer.from(file.content) : new Uint8Array(file.content as ArrayBuffer);
    const keep = index < LIMITS.kept && bytes.length <= LIMITS.keptBytes && bytes.length <= left;
    if (keep) left -= bytes.length;
    return {
      // a name is shown and offered for download: no path, nothing that a file system takes for more than a name
      name:
        oneLine(file.filename ?? '', 200)
          .replace(/[/\\:*?"<>|]/g, '_')
          .replace(/^\.+/, '') || 'attachment',
      contentType: /^[\w.+-]{1,80}\/[\w.+-]{1,80}$/.test(file.mimeType) ? file.mimeType.toLowerCase() : 'application/octet-stream',
      sizeBytes: bytes.length,
      contentId: oneLine(file.contentId ?? '', 300).replace(/^<|>$/g, '') || null,
      bytes: keep ? bytes : null,
    };
  });
}
