import { notFound } from '../../../kernel/problem.ts';
import type { Context } from '../../../platform/context.ts';
import { compileTemplate, type RenderedMail, renderMail } from '../../../platform/mail/template.ts';
import type { ListedInvoice, MailButton } from '../blocks.ts';
import { readListed, readMailCustomers } from '../queries.ts';
import { readTemplate } from '../../templates/index.ts';
import { customerForPreview, readOpenInvoiceIds } from './queries.ts';
import { customerValues, invoiceValues } from './reminder.ts';
import { baseValues, readFrame } from './renderer.ts';

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

/**
 * The template, or a draft of it, filled for a real customer: the one asked for, else the one with most open invoices.
 * Null for an unknown template; Problem 404 for an unknown customer, 422 for a draft that cannot be compiled.
 */
export async function previewTemplate(
  ctx: Context,
  input: { templateId: string | null; customerId: string | null; draft: { subject: string; body: string } | null },
): Promise<Preview | null> {
  const stored = input.templateId ? await readTemplate(ctx, input.templateId) : null;
  if (!stored && !input.draft) return null;
  const compiled = input.draft ? compileTemplate(input.draft) : { subject: stored!.subject, html: stored!.compiledHtml, text: stored!.compiledText };
  const customerId = input.customerId ?? (await customerForPreview(ctx));
  const frame = await readFrame(ctx);
  const { who, listed } = customerId ? await realCustomer(ctx, customerId) : inventedCustomer(ctx);
  const rendered = renderMail(null, compiled, {
    ...baseValues(frame, 'reminder', null),
    ...who,
    ...invoiceValues(ctx, frame, listed, sampleButtons),
  });
  return { rendered, customerId };
}

async function realCustomer(ctx: Context, customerId: string) {
  const [customer] = await readMailCustomers(ctx, [customerId]);
  if (!customer) throw notFound('customer');
  const documents = await readListed(ctx, await readOpenInvoiceIds(ctx, customerId, PREVIEW_INVOICES));
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
    who: { first_name: 'Alex', last_name: 'Example', customer_company_name: 'Example Company' },
    listed: [invoice('1041', 125_000n, -12), invoice('1042', 48_050n, 5)],
  };
}
