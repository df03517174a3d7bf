export { drawInvoicePdf, type InvoicePdfModel } from './invoice-pdf.ts';
export { drawLettersPdf, type LetterPdfModel, MAX_ADDRESS_LINES } from './letter-pdf.ts';
export { drawReceiptPdf, type ReceiptPdfModel } from './receipt-pdf.ts';
export { drawSummaryPdf, type SummaryPdfModel, type SummaryWords } from './summary-pdf.ts';
export { type Paper, type PdfParty, type PdfSeller, paperOf } from './sheet.ts';
