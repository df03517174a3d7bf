import { notFound, Problem } from '../../../kernel/problem.ts';
import type { Context } from '../../../platform/context.ts';
import { type CompiledTemplate, type MergeValues, type RenderedMail, renderMail } from '../../../platform/mail/template.ts';
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

/**
 * A compiled text filled for a real customer: the one asked for, else the one with most open invoices. Its links lead
 * nowhere. Problem 404 for an unknown customer; 422 when it cannot be filled for this one.
 */
export async function previewText(ctx: Context, input: PreviewInput): Promise<Preview> {
  const customerId = input.customerId ?? (await customerForPreview(ctx));
  const frame = frameIn(await readFrame(ctx), languageFor(input.spoken ?? null, input.language ?? 'en'));
  const { who, listed: all } = customerId ? await realCustomer(ctx, customerId, input.documentIds) : inventedCustomer(ctx);
  const listed = input.single ? all.slice(0, 1) : all;
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

/** A stored template as it stands, or null for an unknown one. */
export async function previewTemplate(ctx: Context, templateId: string, customerId: string | null): Promise<Preview | null> {
  const stored = await readTemplate(ctx, templateId);
  if (!stored) return null;
  const { compiled, language } = textFor(stored, null, 2);
  return previewText(ctx, { kind: stored.kind, compiled, language, customerId, single: false });
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
  const listed = documents
    .sort((a, b) => Temporal.PlainDate.compare(a.dueOn, b.dueOn))
    .map((document): ListedInvoice => ({ ...document, pdfUrl: 'https://example.com/invoice.pdf' }));
  return { who: customerValues(customer), listed: listed.length > 0 ? listed : inventedCustomer(ctx).listed };
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
