/** Facts that this module records. `payment.received`, `.settled`, `.returned` and `.refunded` are the ledger's own. */
export const paymentEvents = {
  /** A try to collect failed; data: attemptId, code, returnCode, amount. */
  failed: 'payment.failed',
  /** A person must look: an outcome unknown for a day, or a gateway that contradicts itself. */
  attention: 'payment.needs_attention',
  /** Subject: the confirm link. The mail that it asks for is correspondence's. */
  confirmationRequested: 'payment_confirmation.requested',
  /** Subject: the customer; data: emailAddress. Somebody with an address on file wants a new link. */
  linkRequested: 'pay_link.requested',
  methodSaved: 'payment_method.saved',
  methodRemoved: 'payment_method.removed',
  refundRequested: 'refund.requested',
  refundFailed: 'refund.failed',
  accountCreated: 'gateway_account.created',
  accountUpdated: 'gateway_account.updated',
} as const;
