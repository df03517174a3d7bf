/** Facts that this module records. Amounts in `data` are `{amount, currency}`. */
export const receivableEvents = {
  invoiceRecorded: 'invoice.recorded',
  invoiceVoided: 'invoice.voided',
  invoiceWrittenOff: 'invoice.written_off',
  creditRecorded: 'credit_memo.recorded',
  creditVoided: 'credit_memo.voided',
  creditApplied: 'credit_memo.applied',
  paymentReceived: 'payment.received',
  paymentSettled: 'payment.settled',
  paymentReturned: 'payment.returned',
  paymentRefunded: 'payment.refunded',
  paymentApplied: 'payment.applied',
  applicationUndone: 'application.undone',
  ledgerMismatch: 'ledger.mismatch',
  holdPlaced: 'hold.placed',
  holdReleased: 'hold.released',
  dayTurned: 'receivables.day_turned',
} as const;
