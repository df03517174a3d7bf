import type { Attachment, Email } from 'postal-mime';
import { oneLine } from './text.ts';

/** What a delivery report (RFC 3464) says: of which of our mails, and what happened to whom. */
export interface DeliveryReport {
  /** Message-IDs that the report names as the mail it is about. */
  originalIds: string[];
  recipients: ReportedRecipient[];
}

export interface ReportedRecipient {
  address: string;
  /** failed is final; delayed and the others say nothing yet. */
  action: 'failed' | 'delayed' | 'delivered' | 'relayed' | 'expanded';
  status: string | null;
  detail: string | null;
}

const MAX_RECIPIENTS = 50;
const MAX_PART = 200_000;

const textOf = (part: Attachment): string =>
  (typeof part.content === 'string'
    ? part.content
    : Buffer.from(part.content as ArrayBuffer)
        .subarray(0, MAX_PART)
        .toString('latin1')
  ).slice(0, MAX_PART);

/** The report of a message that is one. Without a machine-readable part, what its text says of an address. */
export function readReport(mail: Email, text: string): DeliveryReport {
  const status = mail.attachments.find((part) => part.mimeType === 'message/delivery-status' || part.mimeType === 'message/global-delivery-status');
  const original = mail.attachments.filter((part) => /^(?:message\/(?:rfc822|global|rfc822-headers|global-headers)|text\/rfc822-headers)$/.test(part.mimeType));
  const ids = new Set<string>();
  for (const part of original)
    for (const match of unfolded(textOf(part)).matchAll(/^(?:message-id|x-original-message-id):\s*<([^<>\s]{3,400})>/gim)) ids.add(match[1]!);
  for (const id of [mail.inReplyTo, mail.references]) for (const match of (id ?? '').slice(0, 5000).matchAll(/<([^<>\s]{3,400})>/g)) ids.add(match[1]!);
  for (const match of text.slice(0, MAX_PART).matchAll(/message-id:\s*<?([^<>\s]{3,400}@[^<>\s]{3,200})>?/gi)) ids.add(match[1]!);
  return { originalIds: [...ids].slice(0, 20), recipients: status ? reported(textOf(status)) : fromText(text).filter((one) => !ids.has(one.address)) };
}

const unfolded = (text: string): string => text.replace(/\r\n?/g, '\n').replace(/\n[ \t]+/g, ' ');

function reported(text: string): ReportedRecipient[] {
  // the first block is about the message, each further one about a recipient
  const blocks = unfolded(text).split(/\n\s*\n/);
  return blocks.slice(0, MAX_RECIPIENTS + 1).flatMap((block): ReportedRecipient[] => {
    const field = (name: string) => new RegExp(`^${name}:[ \\t]*(.*)$`, 'im').exec(block)?.[1]?.trim();
    const recipient = field('original-recipient') ?? field('final-recipient');
    const action = field('action')?.toLowerCase().split(/[\s(]/)[0];
    if (recipient === undefined || action === undefined) return [];
    if (!['failed', 'delayed', 'delivered', 'relayed', 'expanded'].includes(action)) return [];
    const status = /[245]\.\d{1,3}\.\d{1,3}/.exec(field('status') ?? '')?.[0] ?? null;
    const detail = field('diagnostic-code')?.replace(/^[\w-]+;\s*/, '') ?? null;
    const final = field('final-recipient');
    return [recipient, ...(final !== undefined && final !== recipient ? [final] : [])].map((one) => ({
      address: addressIn(one),
      action: action as ReportedRecipient['action'],
      status,
      detail: detail === null ? null : oneLine(detail, 500),
    }));
  });
}

/** "rfc822;ap@example.com" */
const addressIn = (field: string): string =>
  field
    .replace(/^[\w-]+\s*;\s*/, '')
    .replace(/^<|>$/g, '')
    .trim()
    .toLowerCase()
    .slice(0, 254);

/** Old servers answer in prose: an address in angle brackets and a status or code near it. */
function fromText(text: string): ReportedRecipient[] {
  const start = text.slice(0, 20_000);
  const code = /\b([45])(?:\d\d)[ -](?:([45]\.\d{1,3}\.\d{1,3})\b)?/.exec(start);
  const status = code?.[2] ?? /\b[45]\.\d{1,3}\.\d{1,3}\b/.exec(start)?.[0] ?? null;
  const detail = code ? oneLine(start.slice(code.index, code.index + 300), 300) : null;
  return [...start.matchAll(/<?\b([\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w.-]{3,190}\.\w{2,63})\b>?/g)]
    .slice(0, MAX_RECIPIENTS)
    .map((match) => ({ address: match[1]!.toLowerCase(), action: 'failed', status, detail }));
}

/**
 * hard: the address will never work (5.1.x: no such address, 5.2.1: closed). Everything else that failed is soft: a full
 * mailbox, a refusal of our server or of the content say nothing of the address tomorrow.
 */
export function gradeOf({ status, detail }: ReportedRecipient): 'hard' | 'soft' {
  if (status !== null) return /^5\.1\./.test(status) || status === '5.2.1' || (status === '5.0.0' && unknownUser.test(detail ?? '')) ? 'hard' : 'soft';
  return unknownUser.test(detail ?? '') ? 'hard' : 'soft';
}

const unknownUser =
  /(?:user|recipient|mailbox|address|account)[^.]{0,30}(?:unknown|not found|does ?n[o']t exist|no longer|invalid|unavailable|disabled)|no such (?:user|person|mailbox|address)|unknown (?:user|recipient|address)/i;
