import type { Context } from '../../platform/context.ts';
import { type DocumentDetail, readDocument } from '../receivables/index.ts';
import { type MailCustomer, readMailCustomers } from './queries.ts';
import { pdfSeller } from './renderers/payment.ts';
import { readFrame } from './renderers/renderer.ts';

export interface DocumentFile {
  name: string;
  bytes: Buffer;
}

/** An address as uploaded: any of these fields, under the names of the guide or our own. */
function addressLines(address: Record<string, unknown> | null): string[] {
  if (!address) return [];
  const of = (...names: string[]) => {
    const value = names.map((name) => address[name]).find((one) => typeof one === 'string' && one.trim() !== '');
    return typeof value === 'string' ? value.trim() : '';
  };
  const place = [of('city'), [of('state', 'region', 'stateCode'), of('zip', 'zipCode', 'postalCode')].filter(Boolean).join(' ')].filter(Boolean).join(', ');
  return [
    of('attention', 'name'),
    of('address1', 'street', 'streetAddress', 'line1', 'addressLine1'),
    of('address2', 'line2', 'addressLine2'),
    place,
    of('country', 'countryCode'),
  ].filter((line) => line !== '');
}

/**
 * The PDF of an invoice or credit memo: the one that the source system gave, else one drawn from what we know. Null for
 * an unknown document.
 */
export async function readInvoicePdf(ctx: Context, documentId: string, payUrl: string | null = null): Promise<DocumentFile | null> {
  const document = await readDocument(ctx, documentId);
  if (!document || document.kind === 'payment_on_account') return null;
  const name = `${document.kind === 'invoice' ? 'Invoice' : 'Credit memo'} ${document.number.replace(/[^\w. -]/g, '_')}.pdf`;
  const given = document.pdfFileId ? await ctx.platform.files.get(ctx, document.pdfFileId) : null;
  if (given && given.contentType === 'application/pdf') return { name, bytes: given.bytes };
  const [customer] = await readMailCustomers(ctx, [document.customerId]);
  return { name, bytes: await draw(ctx, document, customer!, payUrl) };
}

async function draw(ctx: Context, document: DocumentDetail, customer: MailCustomer, payUrl: string | null): Promise<Buffer> {
  const { drawInvoicePdf } = await import('../../platform/pdf/pdf.ts');
  const frame = await readFrame(ctx);
  return drawInvoicePdf({
    kind: document.kind === 'invoice' ? 'invoice' : 'credit_memo',
    number: document.number,
    seller: pdfSeller(frame),
    billTo: { name: document.customerName ?? customer.name, address: addressLines(document.billAddress) },
    currency: document.currency,
    locale: ctx.tenant.locale,
    issuedOn: document.invoicedOn ?? document.issuedOn,
    dueOn: document.dueOn,
    facts: [
      { label: 'Customer number', value: customer.number },
      { label: 'Terms', value: document.paymentTerms },
      { label: 'Reference', value: document.reference1 },
      { label: 'Second reference', value: document.reference2 },
      { label: 'Order', value: document.referenceDocument },
      { label: 'Accounting number', value: document.accountingNumber },
    ],
    lines: document.itemText ? [{ description: document.itemText, amountMinor: document.amountMinor }] : [],
    totalMinor: document.totalMinor,
    chargeMinor: document.chargeMinor,
    openMinor: document.openMinor,
    state: document.state,
    payUrl,
    createdAt: ctx.clock.now(),
  });
}
