export { type Aging, agingBuckets, bucketOf } from './balances/aging.ts';
export { readAgingOf, readMismatches } from './balances/queries.ts';
export { refresh, refreshAllBalances, refreshBalances, refreshLater } from './balances/refresh.ts';
export { applyCredit, applyPayment, autoApply, unapply } from './commands/apply.ts';
export { createCreditMemo, createInvoice, type DocumentInput, voidDocument, writeOff } from './commands/document.ts';
export { type PaymentInput, recordPayment, type RecordedPayment, refundPayment, returnPayment, settlePayment } from './commands/payment.ts';
export { receivableEvents } from './events.ts';
export { type HoldInput, type HoldKind, holdKinds, placeHold, releaseHolds } from './holds/holds.ts';
export { type Hold, type HoldFilter, readHolds } from './holds/queries.ts';
export { jobs, ticks, turnDay } from './jobs.ts';
export { addressLines, invoicePdf } from './pdf.ts';
export {
  type DocumentBalance,
  type DocumentDetail,
  type Payment,
  readApplications,
  readDocument,
  /** The documents with these ids and what is open on each now. */
  readDocuments as readOpenDocuments,
  readPayment,
  readPaymentOfAttempt,
} from './queries.ts';
export { lockCustomer } from '../customers/index.ts';
export { endpoints } from './endpoints.ts';
export { readAmount } from './schemas.ts';
export { documentsAreKnown, mergeInvoices, type PreparedRows, prepareInvoices } from './upload.ts';
export type { DocumentKey, UploadBatch } from './upload-batch.ts';
export { closeMissing } from './upload-missing.ts';
export type { UploadedDocument } from './upload-row.ts';
export { undoDocuments } from './upload-undo.ts';
