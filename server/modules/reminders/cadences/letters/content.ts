/** What a letter says: made of what is open on its day, kept as it was printed, drawn as PDF. */
import type { Context } from '../../../../platform/context.ts';
import { renderMail } from '../../../../platform/mail/template.ts';
import type { LetterPdfModel } from '../../../../platform/pdf/pdf.ts';
import { baseValues, customerValues, invoiceValues, loopValues, type MailFrame, readFrame } from '../../../correspondence/index.ts';
import { readRecipients, type Recipient } from '../../../customers/index.ts';
import { addressLines } from '../../../receivables/index.ts';
import { readTemplates, type TemplateRow, textFor } from '../../../templates/index.ts';
import { letterNumber } from '../cadence.ts';
import { type Letter, type LetterDocument, readLetterDocuments } from './queries.ts';

/** As JSON: dates as texts, amounts in minor units as texts. */
export interface LetterContent {
  number: string;
  seller: { name: string; address: string[]; phone: string | null; email: string | null };
  to: { name: string; address: string[] };
  attention: string | null;
  remitTo: string[];
  logoFileId: string | null;
  customerNumber: string;
  locale: string;
  datedOn: string;
  subject: string;
  before: string;
  after: string;
  invoices: { id: string; number: string; issuedOn: string; dueOn: string; currency: string; openMinor: string }[];
}

export type Made = { kind: 'content'; content: LetterContent } | { kind: 'withdrawn'; reason: string };

/** Stands for the table of invoices while the text's tags are filled: no letter of any alphabet. */
const TABLE = '\u{F0000}';

/** The lines of the address that a letter goes to: those a person typed, else those of the newest invoice. */
export const addressOf = (letter: Pick<Letter, 'address' | 'billAddress'>): string[] => letter.address ?? addressLines(letter.billAddress);

interface Batch {
  frame: MailFrame;
  documents: Map<string, LetterDocument[]>;
  readers: Map<string, Recipient>;
  templates: Map<string, TemplateRow>;
}

/** The letters as they would be printed today, by id; or why they are not: nothing to ask for any more. */
export async function makeContents(ctx: Context, letters: readonly Letter[]): Promise<Map<string, Made>> {
  const documentIds = letters.flatMap((letter) => letter.documentIds);
  const templateIds = [...new Set(letters.filter((letter) => letter.body === null).map((letter) => letter.templateId))];
  const batch: Batch = {
    frame: await readFrame(ctx),
    documents: Map.groupBy(await readLetterDocuments(ctx, documentIds), (one) => one.customerId),
    readers: await readReaders(ctx, letters),
    templates: new Map((templateIds.length === 0 ? [] : await readTemplates(ctx, templateIds)).map((template) => [template.id, template])),
  };
  return new Map(letters.map((letter) => [letter.id, make(ctx, letter, batch)]));
}

function make(ctx: Context, letter: Letter, batch: Batch): Made {
  const open = (batch.documents.get(letter.customerId) ?? []).filter((one) => letter.documentIds.includes(one.id));
  const reason = withdrawReason(ctx, letter, open);
  if (reason !== null) return { kind: 'withdrawn', reason };
  const listed = open.filter((one) => !one.held);
  const reader = batch.readers.get(readerKey(letter)) ?? null;
  try {
    return { kind: 'content', content: contentOf(ctx, letter, listed, reader, batch) };
  } catch (error) {
    return { kind: 'withdrawn', reason: `The text of the letter cannot be filled: ${(error as Error).message.slice(0, 200)}` };
  }
}

const readerKey = (letter: Letter): string => `${letter.toPurpose}:${letter.customerId}`;

/** Who should read it: the first contact of the step's purpose. */
async function readReaders(ctx: Context, letters: readonly Letter[]): Promise<Map<string, Recipient>> {
  const readers = new Map<string, Recipient>();
  for (const [purpose, some] of Map.groupBy(letters, (letter) => letter.toPurpose))
    for (const recipient of await readRecipients(ctx, purpose, [...new Set(some.map((letter) => letter.customerId))])) {
      const key = `${purpose}:${recipient.customerId}`;
      if (!readers.has(key)) readers.set(key, recipient);
    }
  return readers;
}

function withdrawReason(ctx: Context, letter: Letter, open: readonly LetterDocument[]): string | null {
  if (letter.archived) return 'The customer is archived.';
  if (letter.pausedUntil !== null && Temporal.PlainDate.compare(ctx.clock.today(), letter.pausedUntil) <= 0)
    return `Reminders to this customer are paused until ${letter.pausedUntil.toString()}.`;
  if (open.length === 0) return 'Every invoice was paid or closed before the letter was printed.';
  if (open.every((one) => one.held)) return 'Something stands against asking for the invoices, such as a dispute, a promise or a payment on its way.';
  return null;
}

function contentOf(ctx: Context, letter: Letter, listed: readonly LetterDocument[], reader: Recipient | null, batch: Batch): LetterContent {
  const { before, after, subject } = fill(ctx, letter, listed, reader, batch);
  const name = letter.address === null ? letter.billAddress?.['name'] : null;
  return {
    number: letterNumber(letter.number),
    seller: sellerOf(batch.frame),
    to: { name: typeof name === 'string' && name.trim() ? name.trim() : letter.companyName?.trim() || letter.customerName, address: addressOf(letter) },
    attention: reader?.name?.trim() || null,
    remitTo: linesOf(batch.frame.settings.statements.remitTo),
    logoFileId: batch.frame.settings.statements.logoFileId,
    customerNumber: letter.customerNumber,
    locale: ctx.tenant.locale,
    datedOn: ctx.clock.today().toString(),
    subject,
    before,
    after,
    invoices: listed.map((one) => ({
      id: one.id,
      number: one.number,
      issuedOn: one.issuedOn.toString(),
      dueOn: one.dueOn.toString(),
      currency: one.currency,
      openMinor: one.openMinor.toString(),
    })),
  };
}

const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);

const sellerOf = ({ sellerName, settings: { branding } }: MailFrame): LetterContent['seller'] => ({
  name: sellerName,
  address: linesOf(branding.address),
  phone: branding.phone || null,
  email: branding.supportEmail,
});

/** The words around the table. Without the tag the invoices stand below the text. */
function fill(ctx: Context, letter: Letter, listed: readonly LetterDocument[], reader: Recipient | null, { frame, templates }: Batch) {
  const invoices = listed.map((one) => ({ ...one, pdfUrl: null }));
  const text =
    letter.body !== null
      ? { key: null, compiled: { subject: letter.title ?? '', html: '', text: letter.body } }
      : textFor(templates.get(letter.templateId)!, reader?.language ?? null, listed.length);
  const rendered = renderMail(
    text.key === null ? null : `letter:${text.key}`,
    { ...text.compiled, html: '' },
    {
      ...baseValues(frame, 'reminder', null),
      ...customerValues({
        number: letter.customerNumber,
        name: letter.customerName,
        companyName: letter.companyName,
        firstName: letter.firstName,
        lastName: letter.lastName,
      }),
      ...invoiceValues(ctx, frame, invoices, []),
      ...loopValues(ctx, frame, invoices, text.compiled.text),
      invoice_list: TABLE,
    },
  );
  const [before = '', ...after] = rendered.text.split(TABLE);
  return { subject: rendered.subject, before: before.trim(), after: after.join('').trim() };
}

/** The pictures of these letters' letterheads, by id; one that has gone is left out. */
export async function readLogos(ctx: Context, contents: readonly LetterContent[]): Promise<Map<string, Buffer>> {
  const logos = new Map<string, Buffer>();
  for (const id of new Set(contents.map((content) => content.logoFileId))) {
    const file = id === null ? null : await ctx.platform.files.get(ctx, id);
    if (file) logos.set(id!, file.bytes);
  }
  return logos;
}

export const modelOf = (content: LetterContent, logos: Map<string, Buffer>): LetterPdfModel => ({
  ...content,
  seller: { ...content.seller, logo: (content.logoFileId && logos.get(content.logoFileId)) || null },
  datedOn: Temporal.PlainDate.from(content.datedOn),
  invoices: content.invoices.map((one) => ({
    number: one.number,
    issuedOn: Temporal.PlainDate.from(one.issuedOn),
    dueOn: Temporal.PlainDate.from(one.dueOn),
    currency: one.currency,
    openMinor: BigInt(one.openMinor),
  })),
});
