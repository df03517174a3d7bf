import { notFound } from '../../../kernel/problem.ts';
import type { Context } from '../../../platform/context.ts';
import { drawInvoicePdf } from '../../../platform/pdf/pdf.ts';
import { readDocument } from '../../receivables/index.ts';
import { getSettings } from '../../tenants/index.ts';

/** The lines of an address as it was uploaded, in the order in which it was given. */
const linesOf = (address: Record<string, unknown> | null): string[] =>
  Object.values(address ?? {}).filter((value): value is string => typeof value === 'string' && value.trim() !== '');

/** The invoice as the payer may read it: the source system's own file when it gave one, else drawn. Problem 404. */
export async function invoicePdf(ctx: Context, documentId: string): Promise<{ name: string; contentType: string; bytes: Buffer }> {
  const document = await readDocument(ctx, documentId);
  if (!document || document.kind === 'payment_on_account') throw notFound('invoice');
  const kept = document.pdfFileId ? await ctx.platform.files.get(ctx, document.pdfFileId) : null;
  if (kept) return kept;
  const { branding, mail } = await getSettings(ctx);
  const bytes = await drawInvoicePdf({
    kind: document.kind,
    number: document.number,
    seller: {
      name: ctx.tenant.name,
      address: branding.address.split('\n').filter(Boolean),
      phone: branding.phone || null,
      email: branding.supportEmail ?? mail.replyTo,
    },
    billTo: { name: document.customerName ?? '', address: linesOf(document.billAddress) },
    currency: document.currency,
    locale: ctx.tenant.locale,
    issuedOn: document.issuedOn,
    dueOn: document.dueOn,
    facts: [
      { label: 'Terms', value: document.paymentTerms },
      { label: 'Reference', value: document.reference1 },
    ],
    lines: document.itemText ? [{ description: document.itemText, amountMinor: document.amountMinor }] : [],
    totalMinor: document.totalMinor,
    chargeMinor: document.chargeMinor,
    openMinor: document.openMinor,
    state: document.state,
    createdAt: document.createdAt,
  });
  return { name: `${document.number}.pdf`, contentType: 'application/pdf', bytes };
}
