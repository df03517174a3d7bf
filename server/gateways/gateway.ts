/**
 * The contract of every payment gateway. An adapter translates between these words and one provider's wire; it knows
 * no database, reads no clock of its own and never repeats a call by itself. Amounts are `Money` in minor units.
 */
import type { Money } from '../kernel/money.ts';
import type { Outcome } from '../kernel/outcome.ts';
import type { GatewayFailure } from './failure.ts';

export type { GatewayFailure } from './failure.ts';
export type GatewayOutcome<T> = Outcome<T, GatewayFailure>;

export type Rail = 'card' | 'bank';

/** What may be shown of a card or bank account, and its id in the provider's vault when it was saved. */
export interface MethodSummary {
  rail: Rail;
  ref: string | null;
  brand: string | null;
  last4: string;
  expMonth: number | null;
  expYear: number | null;
  holderName: string | null;
  funding: 'credit' | 'debit' | 'prepaid' | 'unknown';
}

export interface Capabilities {
  rails: readonly Rail[];
  /** How numbers are entered, always outside of our server. */
  capture: 'hosted_page' | 'embedded';
  vault: boolean;
  partialRefund: boolean;
  threeDSecure: boolean;
  /** How a repeated charge is told apart from a new one. */
  idempotency: 'provider_key' | 'provider_window' | 'reference_lookup' | 'none';
  /** After how many milliseconds a lookup by our reference is complete. */
  lookupConsistentAfterMs: number;
  webhooks: boolean;
  /** Days after settlement in which a bank payment may still be returned. */
  returnWindowDays: number;
}

export type PaymentStatus = 'requires_action' | 'processing' | 'settled' | 'failed' | 'canceled' | 'returned';

export interface NextAction {
  type: 'redirect';
  url: string;
}

/** A payment as the gateway tells it. */
export interface PaymentSnapshot {
  ref: string;
  /** Our operation id, as given with the charge; null when the payment is not ours. */
  reference: string | null;
  status: PaymentStatus;
  amount: Money;
  refunded: Money;
  /** Rises with every change of the object. Without one at the provider: the moment of the read in milliseconds. */
  version: bigint;
  method: MethodSummary | null;
  nextAction: NextAction | null;
  failure: GatewayFailure | null;
  occurredAt: Temporal.Instant;
}

export interface RefundSnapshot {
  ref: string;
  reference: string | null;
  paymentRef: string;
  status: 'pending' | 'succeeded' | 'failed';
  amount: Money;
  version: bigint;
  failure: GatewayFailure | null;
}

/** Where the payer enters a card or bank account: the provider's own page. */
export interface CaptureSession {
  ref: string;
  url: string;
}

export interface CaptureRequest {
  /** Ties the entry to what is being paid; comes back with the token. */
  reference: string;
  rail: Rail;
  amount: Money;
  merchantName: string;
  /** Gets the parameter `capture` with the one-time token, or `canceled=1`. */
  returnUrl: string;
}

/** What a one-time token stands for. */
export interface CapturedMethod {
  token: string;
  reference: string;
  method: MethodSummary;
}

export interface ChargeRequest {
  /** Our operation id: the idempotency key and the reference at the provider. A new attempt has a new one. */
  operation: string;
  amount: Money;
  rail: Rail;
  source: { savedMethod: string } | { token: string; save: boolean };
  /** The provider's id of the customer, needed to charge or save a method. */
  customer: string | null;
  description: string;
  /** Where the payer returns after a step at their bank. */
  returnUrl: string;
}

export interface RefundRequest {
  operation: string;
  payment: string;
  amount: Money;
  reason: string | null;
}

/** The answer to "what became of this operation?". It must never cause a second effect. */
export type Recovery<T> =
  | { found: true; snapshot: T }
  /** Proven absent, and it can no longer arrive. */
  | { found: false }
  /** Not known yet: ask again later. */
  | { found: 'pending' };

export interface GatewayEvent {
  /** The provider's event id, the same for every delivery. */
  dedupeKey: string;
  object: { kind: 'payment' | 'refund'; ref: string };
}

export interface Gateway {
  readonly capabilities: Capabilities;
  /** The origin of the pages to which payers are sent, for the pay page's content security policy. */
  readonly entryOrigin: string;
  verifyCredentials(): Promise<GatewayOutcome<{ account: string; live: boolean }>>;

  beginCapture(request: CaptureRequest): Promise<GatewayOutcome<CaptureSession>>;
  inspectToken(token: string): Promise<GatewayOutcome<CapturedMethod>>;
  /** Idempotent by `key`. Answers the provider's id of the customer. */
  ensureCustomer(input: { key: string; name: string; email: string | null }): Promise<GatewayOutcome<string>>;
  saveMethod(input: { operation: string; customer: string; token: string }): Promise<GatewayOutcome<MethodSummary>>;
  removeMethod(ref: string): Promise<GatewayOutcome<null>>;

  charge(request: ChargeRequest): Promise<GatewayOutcome<PaymentSnapshot>>;
  cancel(input: { operation: string; payment: string }): Promise<GatewayOutcome<PaymentSnapshot>>;
  refund(request: RefundRequest): Promise<GatewayOutcome<RefundSnapshot>>;

  /** null when the provider has no such object. */
  readPayment(ref: string): Promise<GatewayOutcome<PaymentSnapshot | null>>;
  readRefund(ref: string): Promise<GatewayOutcome<RefundSnapshot | null>>;
  recoverCharge(operation: string, since: Temporal.Instant): Promise<GatewayOutcome<Recovery<PaymentSnapshot>>>;
  recoverRefund(operation: string, since: Temporal.Instant): Promise<GatewayOutcome<Recovery<RefundSnapshot>>>;

  /** Pure: checks the signature over the raw bytes. Events we do not follow are an empty list. */
  verifyWebhook(input: { headers: Record<string, string | string[] | undefined>; body: Buffer; now: Temporal.Instant }): GatewayEvent[] | 'invalid';
  /** Events since a cursor, for when webhooks were lost. */
  poll(cursor: string | null): Promise<GatewayOutcome<{ events: GatewayEvent[]; cursor: string | null }>>;
}

/** One field of a gateway's settings form. */
export interface SettingField {
  name: string;
  label: string;
  help: string;
  kind: 'text' | 'url' | 'secret';
  required: boolean;
}

export interface GatewayOptions {
  settings: Record<string, string>;
  /** Where this account's webhooks arrive. */
  webhookUrl: string;
  now: () => Temporal.Instant;
  fetch: typeof fetch;
}

/** What the program's list of gateways holds. */
export interface GatewayDefinition {
  readonly id: string;
  readonly label: string;
  readonly rails: readonly Rail[];
  readonly form: readonly SettingField[];
  /** Throws a RangeError with one plain sentence when a setting cannot work. */
  create(options: GatewayOptions): Gateway;
  /** Settings of an account at a stand-in provider, for demonstrations; real providers have none. */
  standIn?(address: string, account: string): Record<string, string>;
}

/** Limits of time, in milliseconds: gateways may take half a minute to charge; reads are quick. */
export const MOVE_TIMEOUT_MS = 60_000;
export const READ_TIMEOUT_MS = 20_000;
