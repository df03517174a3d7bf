import { notFound } from '../../kernel/problem.ts';
import type { Context } from '../../platform/context.ts';
import type { StoredFile } from '../../platform/files/files.ts';
import { drawInvoicePdf } from '../../platform/pdf/pdf.ts';
import { getSettings } from '../tenants/index.ts';
import { readCustomer } from '../customers/index.ts';
import { readDocument } from './queries.ts';

/** The lines of an uploaded address, whichever of the known names its parts have. */
export function addressLines(address: Record<string, unknown> | null): string[] {
  if (!address) return [];
  const part = (...names: string[]): string =>
    names
      .map((name) => address[name])
      .filter((value) => typeof value === 'string' || typeof value === 'number')
      .map(String)
      .find((text) => text.trim() !== '')
      ?.trim() ?? '';
  const place = [part('city'), part('state', 'region', 'CountrySubDivisionCode'), part('postalCode', 'zip', 'PostalCode')].filter(Boolean).join(' ');
  return [part('line1', 'Line1', 'addr1'), part('line2', 'Line2', 'addr2'), part('line3', 'Line3', 'addr3'), place, part('country', 'Country')].filter(Boolean);
}

/**
 * The PDF of an invoice or credit: the source system's own when it gave one, else drawn by us. Problem 404.
 */
export async function invoicePdf(ctx: Context, documentId: string, options: { payUrl?: string | null } = {}): Promise<StoredFile> {
  const document = await readDocument(ctx, documentId);
  if (!document) throw notFound('invoice');
  const stored = document.pdfFileId ? await ctx.platform.files.get(ctx, document.pdfFileId) : null;
  if (stored) return stored;
  const customer = (await readCustomer(ctx, document.customerId))!;
  const { branding } = await getSettings(ctx);
  const billedName = document.billAddress?.['name'];
  const bytes = await drawInvoicePdf({
    kind: document.kind === 'invoice' ? 'invoice' : 'credit_memo',
    number: document.number,
    seller: {
      name: ctx.tenant.name,
      address: branding.address
        .split('\n')
        .map((line) => line.trim())
        .filter(Boolean),
      phone: branding.phone || null,
      email: branding.supportEmail,
    },
    billTo: { name: typeof billedName === 'string' && billedName.trim() ? billedName : customer.name, address: addressLines(document.billAddress) },
    currency: document.currency,
    locale: ctx.tenant.locale,
    issuedOn: document.issuedOn,
    dueOn: document.dueOn,
    facts: [
      { label: 'Customer', value: customer.number },
      { label: 'Terms', value: document.paymentTerms },
      { label: 'Reference', value: document.reference1 },
      { label: 'Second reference', value: document.reference2 },
      { label: 'Belongs to', value: document.referenceDocument },
    ],
    ...(document.itemText ? { lines: [{ description: document.itemText, amountMinor: document.amountMinor }] } : {}),
    totalMinor: document.totalMinor,
    chargeMinor: document.chargeMinor,
    openMinor: document.openMinor,
    state: document.state,
    payUrl: options.payUrl ?? null,
    createdAt: ctx.clock.now(),
  });
  return { name: `${document.number.replace(/[^\w.-]+/g, '_')}.pdf`, contentType: 'application/pdf', bytes };
}
