import { randomBytes } from 'node:crypto';
import MailComposer from 'nodemailer/lib/mail-composer';
import MimeNode from 'nodemailer/lib/mime-node';
import { encode as toQuotedPrintable, wrap } from 'nodemailer/lib/qp';
import { headerText, plainAddress } from './address.ts';

export interface Attachment {
  fileName: string;
  contentType: string;
  content: Buffer;
}

export interface OutgoingMail {
  /** Without the angle brackets: row id and sender domain. */
  messageId: string;
  from: { name: string; address: string };
  replyTo?: string | null;
  to: string;
  cc?: readonly string[];
  subject: string;
  html: string;
  text: string;
  date: Temporal.Instant;
  /** Present in mails that a person may stop: the https address of RFC 8058. */
  unsubscribeUrl?: string | null;
  /** Present in an answer: the message that it answers, and the whole conversation, without angle brackets. */
  inReplyTo?: string | null;
  references?: readonly string[];
  /** Written by a person: it does not say that a program made it. */
  personal?: boolean;
  attachments?: readonly Attachment[];
}

export interface Envelope {
  from: string;
  to: readonly string[];
}

/** A msg-id without its brackets, as far as it is plain. */
export const messageIdPattern = /^[^\s<>@\u0000-\u001f\u007f-\uffff]{1,200}@[^\s<>@\u0000-\u001f\u007f-\uffff]{1,200}$/;
/** A long conversation keeps its first and newest members; RFC 5322 sets no limit, header lines do. */
const MAX_REFERENCES = 20;

/** RFC 5322 allows 998 characters in a line. */
const MAX_LINE = 990;
const LINE_OF_QP = 76;

/** Sender and recipients as they go to the server, each checked. Throws a RangeError for anything but plain addresses. */
export function envelopeOf(mail: OutgoingMail): Envelope {
  const checked = (address: string): string => {
    const plain = plainAddress(address);
    if (plain === null) throw new RangeError('not a plain e-mail address');
    return plain;
  };
  return { from: checked(mail.from.address), to: [...new Set([mail.to, ...(mail.cc ?? [])].map(checked))] };
}

function headersOf(mail: OutgoingMail, envelope: Envelope): Record<string, unknown> {
  const replyTo = mail.replyTo ? plainAddress(mail.replyTo) : null;
  return {
    from: { name: headerText(mail.from.name), address: envelope.from },
    to: { name: '', address: envelope.to[0]! },
    ...(envelope.to.length > 1 ? { cc: envelope.to.slice(1).map((address) => ({ name: '', address })) } : {}),
    ...(replyTo ? { 'reply-to': { name: '', address: replyTo } } : {}),
    subject: headerText(mail.subject, 300),
    'message-id': `<${mail.messageId}>`,
    date: rfc5322Date(mail.date),
    ...(mail.personal ? {} : { 'auto-submitted': 'auto-generated' }),
    ...threadHeaders(mail),
    ...(mail.unsubscribeUrl ? { 'list-unsubscribe': `<${mail.unsubscribeUrl}>`, 'list-unsubscribe-post': 'List-Unsubscribe=One-Click' } : {}),
  };
}

/** Ids that come from other people's mails: only what RFC 5322 lets stand in a msg-id goes out again. */
function threadHeaders({ inReplyTo, references = [] }: OutgoingMail): Record<string, string> {
  const ids = references.filter((id) => messageIdPattern.test(id)).slice(-MAX_REFERENCES);
  return {
    ...(inReplyTo && messageIdPattern.test(inReplyTo) ? { 'in-reply-to': `<${inReplyTo}>` } : {}),
    ...(ids.length > 0 ? { references: ids.map((id) => `<${id}>`).join(' ') } : {}),
  };
}

function rfc5322Date(at: Temporal.Instant): string {
  return new globalThis.Date(at.epochMilliseconds).toUTCString().replace('GMT', '+0000');
}

/**
 * The whole message with CRLF line ends, unsigned. Throws a RangeError for addresses that are not plain ones. Reminders,
 * which have no attachment, are put together in one go; nodemailer's streams take four times as long for them.
 */
export async function composeMail(mail: OutgoingMail): Promise<Buffer> {
  const envelope = envelopeOf(mail);
  const headers = headersOf(mail, envelope);
  if (mail.attachments && mail.attachments.length > 0) return withAttachments(mail, headers, mail.attachments);
  const boundary = `pc-${randomBytes(12).toString('hex')}`;
  const root = new MimeNode(`multipart/alternative; boundary="${boundary}"`, { disableFileAccess: true, disableUrlAccess: true });
  root.setHeader(headers as never);
  return Buffer.from(
    `${root.buildHeaders()}\r\n\r\n--${boundary}\r\n${part('text/plain', mail.text)}--${boundary}\r\n${part('text/html', asciiHtml(mail.html))}--${boundary}--\r\n`,
    'latin1',
  );
}

/** A text part: as it is when it is ASCII in short lines, else quoted-printable. */
function part(type: string, text: string): string {
  const lines = text.replace(/\r?\n/g, '\r\n');
  const plain = isAscii(lines) && !hasLongLine(lines);
  const body = plain ? lines : wrap(toQuotedPrintable(lines), LINE_OF_QP);
  return `Content-Type: ${type}; charset=utf-8\r\nContent-Transfer-Encoding: ${plain ? '7bit' : 'quoted-printable'}\r\n\r\n${body}${body.endsWith('\r\n') ? '' : '\r\n'}`;
}

const isAscii = (text: string): boolean => !/[^\t\r\n\x20-\x7e]/.test(text);

function hasLongLine(text: string): boolean {
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf('\r\n', at);
    if ((end < 0 ? text.length : end) - at > MAX_LINE) return true;
    if (end < 0) return false;
    at = end + 2;
  }
  return false;
}

/** Other letters as character references: the part can then travel as it is, half the size of quoted-printable. */
const asciiHtml = (html: string): string => html.replace(/[^\x00-\x7f]/gu, (char) => `&#${char.codePointAt(0)!};`);

async function withAttachments(mail: OutgoingMail, headers: Record<string, unknown>, attachments: readonly Attachment[]): Promise<Buffer> {
  const composer = new MailComposer({
    text: mail.text,
    html: asciiHtml(mail.html),
    attachments: attachments.map((file) => ({ filename: headerText(file.fileName), content: file.content, contentType: file.contentType })),
    disableFileAccess: true,
    disableUrlAccess: true,
    newline: 'windows',
    xMailer: false,
  } as ConstructorParameters<typeof MailComposer>[0]);
  const root = composer.compile();
  root.setHeader(headers as never);
  return root.build();
}
