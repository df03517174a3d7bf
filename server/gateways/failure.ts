/** Why a payment did not happen, in one vocabulary for all gateways. Raw codes are kept beside it. */
export type FailureCode =
  | 'FUNDS'
  | 'LIMIT'
  | 'EXPIRED'
  | 'INVALID_DATA'
  | 'BANK_ACCOUNT'
  | 'ISSUER'
  | 'SCA'
  | 'RISK'
  | 'UNAUTHORIZED'
  | 'STOPPED'
  | 'DUPLICATE'
  | 'REVIEW'
  | 'PROVIDER'
  | 'MERCHANT'
  | 'AMOUNT'
  | 'STATE';

export interface GatewayFailure {
  code: FailureCode;
  /** For staff: what the provider said, never a number or secret. */
  message: string;
  /** The provider's own code. */
  gatewayCode: string | null;
  /** R01 and the like, for bank payments. */
  returnCode: string | null;
}

interface FailureRule {
  category: 'customer' | 'method' | 'provider' | 'merchant' | 'risk';
  retry: 'never' | 'later' | 'after_customer_action';
  messageKey: CustomerMessageKey;
}

/** What payers read. Risk reasons are never revealed: they read like any declined card. */
export const customerMessages = {
  funds: 'There was not enough money available. Use another card or bank account, or try again later.',
  limit: 'A limit set by your bank was reached. Try again tomorrow, or use another card or bank account.',
  expired: 'The card has expired. Use another card.',
  details: 'Some of the details did not match. Check them, or use another card or bank account.',
  account: 'The bank account could not be used. Check its numbers, or use another way to pay.',
  declined: 'Your bank did not approve the payment. Use another card or bank account, or ask your bank.',
  confirm: 'Your bank asks you to confirm the payment, and this was not done. Try again and confirm it.',
  stopped: 'The payment was stopped at your bank. Use another card or bank account.',
  duplicate: 'This payment was already made.',
  review: 'The payment is being reviewed. We will tell you by e-mail.',
  provider: 'We could not reach the bank; nothing was charged. Try again in a few minutes.',
  unavailable: 'This way of paying is not available at the moment; nothing was charged. Use another way to pay.',
} as const;

export type CustomerMessageKey = keyof typeof customerMessages;

export const failureRules: Record<FailureCode, FailureRule> = {
  FUNDS: { category: 'customer', retry: 'later', messageKey: 'funds' },
  LIMIT: { category: 'customer', retry: 'later', messageKey: 'limit' },
  EXPIRED: { category: 'method', retry: 'after_customer_action', messageKey: 'expired' },
  INVALID_DATA: { category: 'method', retry: 'after_customer_action', messageKey: 'details' },
  BANK_ACCOUNT: { category: 'method', retry: 'after_customer_action', messageKey: 'account' },
  ISSUER: { category: 'method', retry: 'after_customer_action', messageKey: 'declined' },
  SCA: { category: 'customer', retry: 'after_customer_action', messageKey: 'confirm' },
  RISK: { category: 'risk', retry: 'never', messageKey: 'declined' },
  UNAUTHORIZED: { category: 'risk', retry: 'never', messageKey: 'declined' },
  STOPPED: { category: 'customer', retry: 'after_customer_action', messageKey: 'stopped' },
  DUPLICATE: { category: 'merchant', retry: 'never', messageKey: 'duplicate' },
  REVIEW: { category: 'risk', retry: 'never', messageKey: 'review' },
  PROVIDER: { category: 'provider', retry: 'later', messageKey: 'provider' },
  MERCHANT: { category: 'merchant', retry: 'never', messageKey: 'unavailable' },
  AMOUNT: { category: 'merchant', retry: 'never', messageKey: 'unavailable' },
  STATE: { category: 'merchant', retry: 'never', messageKey: 'unavailable' },
};

/** The sentence that the payer reads for a failure. */
export const customerMessage = (code: FailureCode): string => customerMessages[failureRules[code].messageKey];

export function failure(code: FailureCode, message: string, raw: { gatewayCode?: string | null; returnCode?: string | null } = {}): GatewayFailure {
  return { code, message, gatewayCode: raw.gatewayCode ?? null, returnCode: raw.returnCode ?? null };
}
