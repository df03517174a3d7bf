import type { Context } from '../../platform/context.ts';
import { invoicePdf, readDocument } from '../receivables/index.ts';

interface DocumentFile {
  name: string;
  bytes: Buffer;
}

/** The PDF of an invoice or credit memo under a name that is safe in a header. Null for an unknown document. */
export async function readInvoicePdf(ctx: Context, documentId: string): Promise<DocumentFile | null> {
  const document = await readDocument(ctx, documentId);
  if (!document || document.kind === 'payment_on_account') return null;
  const name = `${document.kind === 'invoice' ? 'Invoice' : 'Credit memo'} ${document.number.replace(/[^\w. -]/g, '_')}.pdf`;
  return { name, bytes: (await invoicePdf(ctx, documentId)).bytes };
}
