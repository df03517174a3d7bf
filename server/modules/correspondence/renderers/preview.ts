import { notFound, Problem } from '../../../kernel/problem.ts';
import type { Context, Work } from '../../../platform/context.ts';
import { type CompiledTemplate, Html, type MergeRow, type MergeValues, type RenderedMail, renderMail } from '../../../platform/mail/template.ts';
import { type AttachmentWishes, type MailFile, makeAttachments } from '../attachments.ts';
import { dateText, type ListedInvoice, type MailButton, statementSummary, totalText } from '../blocks.ts';
import { readListed, readMailCustomers } from '../queries.ts';
import { readTemplate, type TemplateKind, textFor } from '../../templates/index.ts';
import { customerForPreview, readOpenInvoiceIds } from './queries.ts';
import { baseValues, type MailFrame, readFrame } from './renderer.ts';
import { languageFor } from '../words/words.ts';
import { customerValues, frameIn, invoiceValues, loopValues } from './values.ts';

/** Invoices shown in a preview. */
const PREVIEW_INVOICES = 20;

/** Buttons as a customer with saved methods would see them; their links lead nowhere. */
const sampleButtons: MailButton[] = [
  { label: 'Pay with card ending 4242', url: 'https://example.com/pay', rail: 'card' },
  { label: 'Pay with a new card', url: 'https://example.com/pay', rail: 'card' },
  { label: 'Pay from bank account ending 6789', url: 'https://example.com/pay', rail: 'bank' },
  { label: 'Pay from a new bank account', url: 'https://example.com/pay', rail: 'bank' },
];

export interface Preview {
  rendered: RenderedMail;
  /** Null: there is no customer with open invoices yet, and the preview shows an invented one. */
  customerId: string | null;
}

export interface PreviewInput {
  kind: TemplateKind;
  compiled: CompiledTemplate;
  language: string | null;
  /** Of the reader, for what we write ourselves; left out: that of the text. */
  spoken?: string | null;
  customerId: string | null;
  /** The invoices that it shows; left out: the oldest that are open. */
  documentIds?: readonly string[];
  /** Shows a mail with one invoice. */
  single: boolean;
}

/** Whose data a text is filled with, in the reader's language. */
async function readSample(ctx: Context, input: Omit<PreviewInput, 'compiled'>) {
  const customerId = input.customerId ?? (await customerForPreview(ctx));
  const frame = frameIn(await readFrame(ctx), languageFor(input.spoken ?? null, input.language ?? 'en'));
  const { customer, documents, ...shown } = customerId
    ? await realCustomer(ctx, customerId, input.documentIds)
    : { customer: null, documents: [], ...inventedCustomer(ctx) };
  const some = <T>(all: T[]): T[] => (input.single ? all.slice(0, 1) : all);
  return { customerId, frame, customer, documents: some(documents), who: shown.who, listed: some(shown.listed) };
}

/**
 * A compiled text filled for a real customer: the one asked for, else the one with most open invoices. Its links lead
 * nowhere. Problem 404 for an unknown customer; 422 when it cannot be filled for this one.
 */
export async function previewText(ctx: Context, input: PreviewInput): Promise<Preview> {
  const { customerId, frame, who, listed } = await readSample(ctx, input);
  try {
    const rendered = renderMail(null, input.compiled, {
      ...baseValues(frame, input.kind === 'statement' ? 'statement' : 'reminder', null),
      ...who,
      ...invoiceValues(ctx, frame, listed, sampleButtons),
      ...loopValues(ctx, frame, listed, input.compiled.html),
      ...(input.kind === 'statement' ? sampleStatement(frame, listed) : {}),
      ...(input.language ? { lang: input.language } : {}),
    });
    return { rendered: input.kind === 'letter' ? { ...rendered, html: onPaper(rendered.html) } : rendered, customerId };
  } catch (error) {
    throw new Problem(422, 'cannot_be_filled', `The text cannot be filled for this customer: ${(error as Error).message.slice(0, 200)}`);
  }
}

/** The attachments that go along with the mail of {@link previewText}; none of an invented customer. */
export async function previewAttachments(work: Work, input: Omit<PreviewInput, 'compiled'>, wishes: AttachmentWishes): Promise<MailFile[]> {
  const mail = await work.transaction(async (ctx) => {
    const { customer, frame, documents } = await readSample(ctx, input);
    return customer && documents.length > 0 ? { customer, frame, documents } : null;
  });
  return mail ? makeAttachments(work, mail, wishes) : [];
}

/** What stands for a list, buttons or an address of the mail it is sent in. */
const laterTags = ['invoice_list', 'payment_buttons', 'card_buttons', 'bank_buttons', 'login_register'] as const;

/** The address of an invoice's paper in the words of a loop: only the mail itself gets it. */
const paperLinks = /(?:\{\{words_view_pdf\}\})? ?\(\{\{-?\s*invoice\.pdf_url\s*-?\}\}\)/g;
/** Rows that begin on a line of their own need no empty line between them. */
const loopRows = /(\{%-?\s*for\b[^%]*%\}\s*\n[\s\S]*?)\n+(\{%-?\s*endfor)/g;
/** A customer's own braces are no tags. */
const withoutBraces = (text: string): string => text.replaceAll(/\{(?=[{%])/g, '{ ');
const plainRow = (row: MergeRow): MergeRow =>
  Object.fromEntries(Object.entries({ ...row, pdf_url: '' }).map(([name, value]) => [name, typeof value === 'string' ? withoutBraces(value) : value]));

/**
 * Subject and words of a text as a person goes on writing them: names, dates, amounts and the rows of loops are filled
 * in, lists and buttons stay tags. Null where they cannot be filled for this customer.
 */
export async function fillWords(ctx: Context, input: PreviewInput): Promise<{ subject: string; text: string } | null> {
  const { subject } = input.compiled;
  const text = input.compiled.text.replaceAll(paperLinks, '').replaceAll(loopRows, '$1$2');
  const { frame, who, listed } = await readSample(ctx, input);
  const values = { ...baseValues(frame, 'reminder', null), ...who, ...invoiceValues(ctx, frame, listed, []) };
  const plain = Object.entries(values).map(([name, value]) => [name, typeof value === 'string' ? withoutBraces(value) : value]);
  const rows = loopValues(ctx, frame, listed, text)['invoices'] as readonly MergeRow[] | undefined;
  const later = laterTags.map((name) => [name, { html: new Html(''), text: `{{${name}}}` }]);
  try {
    return renderMail(
      null,
      { subject, html: '', text },
      { ...Object.fromEntries([...plain, ...later]), invoices: rows?.map(plainRow) ?? [], pay_url: '{{pay_url}}' },
    );
  } catch {
    return null;
  }
}

/** A stored template as it stands, with what it attaches, or null for an unknown one. */
export async function storedText(
  ctx: Context,
  templateId: string,
  customerId: string | null,
): Promise<{ input: PreviewInput; attach: AttachmentWishes } | null> {
  const stored = await readTemplate(ctx, templateId);
  if (!stored) return null;
  const { compiled, language } = textFor(stored, null, 2);
  return {
    input: { kind: stored.kind, compiled, language, customerId, single: false },
    attach: { statement: stored.attachStatement, invoices: stored.attachInvoices, files: stored.attachFiles },
  };
}

/** Numbers of a statement that was not made. */
function sampleStatement(frame: MailFrame, listed: readonly ListedInvoice[]): MergeValues {
  const number = `S-${frame.today.toString().replaceAll('-', '')}-1`;
  const date = dateText(frame.today, frame.style.locale);
  return {
    statement_number: number,
    statement_date: date,
    statement_summary: statementSummary({ number, date, balance: totalText(listed, frame.style.locale, frame.style.words) }, frame.style.words),
  };
}

const onPaper = (html: string): string =>
  `<!doctype html><html><body style="margin:0;padding:32px;background:#ffffff;color:#111827;font:15px/23px 'Segoe UI',Roboto,Helvetica,Arial,sans-serif">${html}</body></html>`;

async function realCustomer(ctx: Context, customerId: string, documentIds?: readonly string[]) {
  const [customer] = await readMailCustomers(ctx, [customerId]);
  if (!customer) throw notFound('customer');
  const documents = await readListed(ctx, documentIds ?? (await readOpenInvoiceIds(ctx, customerId, PREVIEW_INVOICES)));
  documents.sort((a, b) => Temporal.PlainDate.compare(a.dueOn, b.dueOn));
  const listed = documents.map((document): ListedInvoice => ({ ...document, pdfUrl: 'https://example.com/invoice.pdf' }));
  return { customer, documents, who: customerValues(customer), listed: listed.length > 0 ? listed : inventedCustomer(ctx).listed };
}

function inventedCustomer(ctx: Context) {
  const today = ctx.clock.today();
  const invoice = (number: string, openMinor: bigint, days: number): ListedInvoice => ({
    number,
    currency: ctx.tenant.currency,
    openMinor,
    dueOn: today.add({ days }),
    pdfUrl: 'https://example.com/invoice.pdf',
  });
  return {
    who: { first_name: 'Alex', last_name: 'Example', customer_company_name: 'Example Company', customer_number: '1001' },
    listed: [invoice('1041', 125_000n, -12), invoice('1042', 48_050n, 5)],
  };
}
