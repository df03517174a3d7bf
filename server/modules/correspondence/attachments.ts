import { createHash } from 'node:crypto';
import type { Context, Work } from '../../platform/context.ts';
import type { Attachment } from '../../platform/mail/sender.ts';
import { invoicePdf } from '../receivables/index.ts';
import { dueWords } from './blocks.ts';
import { readLinkedFiles, type ReminderDocument } from './queries.ts';
import type { WentAlong } from './email.ts';
import { wordsOf } from './words/words.ts';
import { MAX_ATTACHED, type MailFrame } from './renderers/renderer.ts';

/** What goes along with a mail. */
export interface AttachmentWishes {
  statement: boolean;
  invoices: boolean;
  files: boolean;
}

/** An attachment of a mail. */
export interface MailFile extends Attachment {
  /** Where the API draws it again when its bytes are not kept: a whole path, or one below the mail's. */
  again?: string;
}

/** What is remembered of the files of a mail. */
export const wentAlong = (files: readonly MailFile[]): WentAlong[] =>
  files.map(({ fileName, contentType, content, again }) => ({
    name: fileName,
    contentType,
    sizeBytes: content.length,
    sha256: createHash('sha256').update(content).digest('hex'),
    ...(again === undefined ? {} : { again }),
  }));

/** More papers than this are not read; the mail lists and links every invoice anyway. */
const MAX_INVOICES = 25;
const MAX_FILES = 20;
export const SUMMARY_AGAIN = 'invoice-list';

export interface AttachedMail {
  documents: readonly ReminderDocument[];
  customer: { name: string; number: string };
  frame: MailFrame;
}

export const wantsAttachments = (wishes: AttachmentWishes): boolean => wishes.statement || wishes.invoices || wishes.files;

/**
 * Makes the attachments of one mail, the list first, then papers and files as long as they fit: 10 MB and 25 invoices
 * at most, oldest first. One transaction for each file, so that none is long.
 */
export async function makeAttachments(work: Work, mail: AttachedMail, wishes: AttachmentWishes): Promise<MailFile[]> {
  const made: MailFile[] = [];
  let left = MAX_ATTACHED;
  const add = (attachment: MailFile | null): void => {
    if (attachment === null || attachment.content.length > left) return;
    left -= attachment.content.length;
    made.push({ ...attachment, fileName: freeName(attachment.fileName, made) });
  };
  if (wishes.statement) add(await work.transaction((ctx) => summary(ctx, mail, ctx.clock.now())));
  const word = (mail.frame.style.words ?? wordsOf('en')).invoice;
  if (wishes.invoices)
    for (const document of mail.documents.slice(0, MAX_INVOICES)) {
      const file = await work.transaction((ctx) => invoicePdf(ctx, document.id));
      add({
        fileName: `${word} ${document.number.replace(/[^\w. -]/g, '_')}.pdf`,
        contentType: 'application/pdf',
        content: file.bytes,
        again: `/v1/invoices/${document.id}/pdf`,
      });
    }
  if (wishes.files) {
    const linked = await work.transaction((ctx) =>
      readLinkedFiles(
        ctx,
        mail.documents.map((document) => document.id),
        MAX_FILES,
      ),
    );
    for (const { fileId, name, sizeBytes } of linked) {
      if (sizeBytes > left) continue;
      const file = await work.transaction((ctx) => ctx.platform.files.get(ctx, fileId));
      add(file && { fileName: name, contentType: file.contentType, content: file.bytes });
    }
  }
  return made;
}

/** The list of the invoices, as of a moment. */
export async function summary(ctx: Context, { documents, customer, frame }: AttachedMail, at: Temporal.Instant): Promise<MailFile> {
  const { drawSummaryPdf } = await import('../../platform/pdf/pdf.ts');
  const { branding } = frame.settings;
  const today = at.toZonedDateTimeISO(ctx.tenant.timezone).toPlainDate();
  const words = frame.style.words ?? wordsOf('en');
  const content = await drawSummaryPdf({
    seller: {
      name: frame.sellerName,
      address: branding.address.split('\n').filter((line) => line.trim() !== ''),
      phone: branding.phone,
      email: branding.supportEmail,
    },
    billTo: { name: customer.name, address: [] },
    customerNumber: customer.number,
    locale: frame.style.locale,
    asOf: today,
    invoices: documents.map((document) => ({ ...document, dueWords: dueWords(document.dueOn, today, words) })),
    words: { ...words.paper, invoice: words.invoice, dueDate: words.dueDate, due: words.due },
    createdAt: at,
  });
  return { fileName: `${words.paper.title} ${today.toString()}.pdf`, contentType: 'application/pdf', content, again: SUMMARY_AGAIN };
}

/** Two files of one name would be one on the receiver's disk. */
function freeName(name: string, taken: readonly Attachment[]): string {
  const used = new Set(taken.map((one) => one.fileName.toLowerCase()));
  if (!used.has(name.toLowerCase())) return name;
  const dot = name.lastIndexOf('.');
  const [stem, end] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ''];
  for (let n = 2; ; n++) if (!used.has(`${stem} (${n})${end}`.toLowerCase())) return `${stem} (${n})${end}`;
}
