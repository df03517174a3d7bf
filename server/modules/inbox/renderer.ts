import { escapeHtml } from '../../platform/mail/template.ts';
import { type MailFrame, momentText, oneByOne } from '../correspondence/index.ts';
import type { Context, Work } from '../../platform/context.ts';
import type { Attachment } from '../../platform/mail/sender.ts';
import { readAttachments, readReply, type ReplyRow } from './threads/queries.ts';

/** Of the message that is answered. */
const MAX_QUOTED = 20_000;

/** An answer looks as if it was written in a mail program: plain, with what it answers below. */
export const renderReplies = oneByOne(async (ctx, mail, frame) => {
  const reply = await readReply(ctx, mail.id);
  if (!reply) return { kind: 'failed', reason: 'The answer of this mail does not exist any more.' };
  return {
    kind: 'mail',
    rendered: { subject: reply.subject, text: textOf(ctx, reply), html: htmlOf(ctx, reply, frame) },
    secrets: [],
    unsubscribeUrl: null,
    attachments: [],
    attach: (work) => filesOf(work, mail.id),
    listed: [],
    cc: mail.ccAddresses,
    answering: { inReplyTo: reply.inReplyTo, references: reply.referenceIds, personal: true },
  };
});

/** One transaction for each, so that none is long. */
async function filesOf(work: Work, emailId: string): Promise<Attachment[]> {
  const files: Attachment[] = [];
  for (const { name, contentType, fileId } of await work.transaction((ctx) => readAttachments(ctx, [emailId]))) {
    const file = await work.transaction((ctx) => ctx.platform.files.get(ctx, fileId!));
    if (!file) throw new Error(`the file ${name} is not there any more`);
    files.push({ fileName: name, contentType, content: file.bytes });
  }
  return files;
}

const introOf = (ctx: Context, reply: ReplyRow): string => `On ${momentText(ctx, reply.quotedAt)}, ${reply.quotedFrom} wrote:`;

function textOf(ctx: Context, reply: ReplyRow): string {
  if (reply.quoted === '') return `${reply.bodyText}\n`;
  const quoted = reply.quoted
    .slice(0, MAX_QUOTED)
    .split('\n')
    .map((line) => `> ${line.trimEnd()}`.trimEnd())
    .join('\n');
  return `${reply.bodyText}\n\n${introOf(ctx, reply)}\n${quoted}\n`;
}

function htmlOf(ctx: Context, reply: ReplyRow, frame: MailFrame): string {
  const lines = (text: string) => escapeHtml(text).replaceAll('\n', '<br>');
  const quoted =
    reply.quoted === ''
      ? ''
      : `<p style="color:#6b7280">${escapeHtml(introOf(ctx, reply))}</p><blockquote style="margin:0 0 0 8px;padding-left:12px;border-left:2px solid #d1d5db;color:#4b5563">${lines(reply.quoted.slice(0, MAX_QUOTED))}</blockquote>`;
  return `<!doctype html><html lang="${escapeHtml(frame.style.locale)}"><body style="font-family:Arial,Helvetica,sans-serif;font-size:15px;line-height:22px"><div>${lines(reply.bodyText)}</div>${quoted}</body></html>`;
}
