/**
 * The simulated provider itself: what it has been asked, what it has done, and what money moved. It knows nothing of
 * HTTP. Everything is kept in a journal file when one is given, so that a restart forgets nothing.
 */
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { newId } from '../../kernel/ids.ts';
import { type Behavior, findTestNumber, TEST_ROUTING_NUMBER } from './numbers.ts';

export interface Instrument {
  rail: 'card' | 'bank';
  number: string;
  brand: string;
  last4: string;
  expMonth: number | null;
  expYear: number | null;
  holder: string | null;
  funding: 'credit' | 'debit' | 'prepaid' | 'unknown';
}
export interface Session {
  id: string;
  merchant: string;
  reference: string;
  rail: 'card' | 'bank';
  amount: string;
  currency: string;
  merchantName: string;
  returnUrl: string;
}
interface Token {
  id: string;
  merchant: string;
  reference: string;
  instrument: Instrument;
  usedBy: string | null;
}
interface Customer {
  id: string;
  merchant: string;
  key: string;
}
interface SavedMethod {
  id: string;
  merchant: string;
  customer: string;
  instrument: Instrument;
  removed: boolean;
}
export interface FailureRecord {
  code: string;
  message: string;
  return_code: string | null;
}
export interface Payment {
  id: string;
  merchant: string;
  reference: string | null;
  status: 'requires_action' | 'processing' | 'settled' | 'failed' | 'canceled' | 'returned';
  amount: string;
  currency: string;
  refunded: string;
  version: number;
  instrument: Instrument;
  method: string | null;
  failure: FailureRecord | null;
  returnUrl: string;
  webhookUrl: string | null;
  changedAt: number;
  /** When the bank moves it on, in seconds of the virtual clock. */
  dueAt: number | null;
}
export interface Refund {
  id: string;
  merchant: string;
  reference: string | null;
  payment: string;
  status: 'pending' | 'succeeded' | 'failed';
  amount: string;
  currency: string;
  version: number;
  failure: FailureRecord | null;
  dueAt: number | null;
}
interface Operation {
  id: string;
  requestHash: string;
  kind: 'payment' | 'refund' | 'method' | 'cancel' | 'closed';
  object: string | null;
}
export interface LedgerEvent {
  id: string;
  sequence: number;
  merchant: string;
  object: 'payment' | 'refund';
  objectId: string;
  url: string | null;
  at: number;
}
/** Money that moved: positive to the merchant, negative back to the payer. */
export interface Movement {
  id: string;
  merchant: string;
  type: 'charge' | 'refund' | 'return';
  payment: string;
  reference: string | null;
  minor: string;
  at: number;
}

interface Tables {
  session: Session;
  token: Token;
  customer: Customer;
  method: SavedMethod;
  payment: Payment;
  refund: Refund;
  operation: Operation;
  event: LedgerEvent;
  movement: Movement;
  clock: { id: string; offset: number };
}

/** A refusal, in the provider's words; nothing was done. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** The charge's request or answer gets lost, as the test number says. */
export type Lost = 'request_lost' | 'reply_lost' | 'no_reply' | null;

export interface LedgerOptions {
  file?: string | null;
  nowSeconds: () => number;
  /** Seconds until a bank payment settles or returns, and until a bank refund is done. */
  bankDelaySeconds: number;
}

const hashOf = (value: unknown) => createHash('sha256').update(JSON.stringify(value)).digest('hex');
const noObject = () => new Refusal(404, 'no_such_object', 'There is no such object in this account.');

/** The largest amount that is taken: ten digits of minor units. */
const MAX_AMOUNT = 9_999_999_999n;

export class Ledger {
  readonly tables: { [K in keyof Tables]: Map<string, Tables[K]> };
  /** Called for each event after it was written. */
  onEvent: (event: LedgerEvent) => void = () => {};
  readonly #options: LedgerOptions;

  constructor(options: LedgerOptions) {
    this.#options = options;
    this.tables = {
      session: new Map(),
      token: new Map(),
      customer: new Map(),
      method: new Map(),
      payment: new Map(),
      refund: new Map(),
      operation: new Map(),
      event: new Map(),
      movement: new Map(),
      clock: new Map(),
    };
    if (options.file && existsSync(options.file)) this.#replay(readFileSync(options.file, 'utf8'));
  }

  #replay(text: string): void {
    for (const line of text.split('\n')) {
      if (line === '') continue;
      try {
        const [table, row] = JSON.parse(line) as [keyof Tables, { id: string }];
        (this.tables[table] as Map<string, unknown>).set(row.id, row);
      } catch {
        // the last line of a killed process may be cut; what it said was never answered
      }
    }
  }

  #put<K extends keyof Tables>(table: K, row: Tables[K]): void {
    (this.tables[table] as Map<string, Tables[K]>).set(row.id, row);
    if (this.#options.file) appendFileSync(this.#options.file, `${JSON.stringify([table, row])}\n`);
  }

  /** Seconds of the virtual clock. */
  now(): number {
    return this.#options.nowSeconds() + (this.tables.clock.get('clock')?.offset ?? 0);
  }

  advance(seconds: number): void {
    this.#put('clock', { id: 'clock', offset: (this.tables.clock.get('clock')?.offset ?? 0) + seconds });
    this.turn();
  }

  beginSession(merchant: string, input: Omit<Session, 'id' | 'merchant'>): Session {
    const session = { id: `cs_${newId()}`, merchant, ...input };
    this.#put('session', session);
    return session;
  }

  /** The payer's entry. Throws a Refusal whose message is for the payer. */
  enter(session: Session, fields: Record<string, string>): Token {
    const digits = (name: string) => (fields[name] ?? '').replace(/[\s-]/g, '');
    const instrument = session.rail === 'card' ? cardOf(digits('number'), fields) : bankOf(digits('routing'), digits('account'), fields);
    const token = { id: `tok_${newId()}`, merchant: session.merchant, reference: session.reference, instrument, usedBy: null };
    this.#put('token', token);
    return token;
  }

  token(merchant: string, id: string): Token {
    const token = this.tables.token.get(id);
    if (!token || token.merchant !== merchant) throw noObject();
    return token;
  }

  customer(merchant: string, key: string): Customer {
    const id = `cus_${hashOf([merchant, key]).slice(0, 20)}`;
    const known = this.tables.customer.get(id);
    if (known) return known;
    const customer = { id, merchant, key };
    this.#put('customer', customer);
    return customer;
  }

  /** The object of an operation that was already carried out; null when it is new. */
  #known(merchant: string, key: string, kind: Operation['kind'], request: unknown): string | null {
    const operation = this.tables.operation.get(`${merchant}/${key}`);
    if (!operation) return null;
    if (operation.kind === 'closed') throw new Refusal(409, 'operation_closed', 'This operation was closed and can no longer be carried out.');
    if (operation.kind !== kind || operation.requestHash !== hashOf(request))
      throw new Refusal(409, 'idempotency_mismatch', 'This idempotency key was used for another request.');
    return operation.object;
  }

  #done(merchant: string, key: string, kind: Operation['kind'], request: unknown, object: string | null): void {
    this.#put('operation', { id: `${merchant}/${key}`, requestHash: hashOf(request), kind, object });
  }

  saveMethod(merchant: string, key: string, request: { customer: string; token: string }): SavedMethod {
    const known = this.#known(merchant, key, 'method', request);
    if (known) return this.tables.method.get(known)!;
    const token = this.token(merchant, request.token);
    if (token.usedBy) throw new Refusal(409, 'token_used', 'This token was already used.');
    const method = this.#keep(merchant, request.customer, token.instrument);
    this.#put('token', { ...token, usedBy: key });
    this.#done(merchant, key, 'method', request, method.id);
    return method;
  }

  #keep(merchant: string, customer: string, instrument: Instrument): SavedMethod {
    if (this.tables.customer.get(customer)?.merchant !== merchant) throw noObject();
    const id = `pm_${hashOf([merchant, customer, instrument.number]).slice(0, 20)}`;
    const method = { id, merchant, customer, instrument, removed: false };
    this.#put('method', method);
    return method;
  }

  method(merchant: string, id: string): SavedMethod {
    const method = this.tables.method.get(id);
    if (!method || method.merchant !== merchant || method.removed) throw noObject();
    return method;
  }

  removeMethod(merchant: string, id: string): void {
    this.#put('method', { ...this.method(merchant, id), removed: true });
  }

  charge(merchant: string, key: string, request: ChargeInput): { payment: Payment | null; lost: Lost } {
    const known = this.#known(merchant, key, 'payment', request);
    if (known) return { payment: this.tables.payment.get(known)!, lost: null };
    const amount = BigInt(request.amount);
    if (amount <= 0n || amount > MAX_AMOUNT) throw new Refusal(422, 'amount_too_large', 'The amount must be between 1 and 9999999999 minor units.');
    const { instrument, token, method } = this.#source(merchant, request);
    if (instrument.rail !== request.rail) throw new Refusal(422, 'wrong_rail', 'The method is not of this kind.');
    const behavior = findTestNumber(instrument.rail, instrument.number)!.behavior;
    if (behavior.kind === 'request_lost') return { payment: null, lost: 'request_lost' };

    const payment: Payment = {
      id: `pay_${String(this.tables.payment.size + 1).padStart(8, '0')}`,
      merchant,
      reference: request.reference,
      amount: request.amount,
      currency: request.currency,
      refunded: '0',
      version: 0,
      instrument,
      method:
        method ?? (token && request.save && request.customer && behavior.kind !== 'decline' ? this.#keep(merchant, request.customer, instrument).id : null),
      returnUrl: request.return_url,
      webhookUrl: request.webhook_url,
      changedAt: this.now(),
      ...this.#firstState(behavior),
    };
    if (token) this.#put('token', { ...token, usedBy: key });
    this.#done(merchant, key, 'payment', request, payment.id);
    this.#change(payment, {});
    return { payment: this.tables.payment.get(payment.id)!, lost: behavior.kind === 'reply_lost' || behavior.kind === 'no_reply' ? behavior.kind : null };
  }

  #source(merchant: string, request: ChargeInput): { instrument: Instrument; token: Token | null; method: string | null } {
    if (request.method) {
      const method = this.method(merchant, request.method);
      if (method.customer !== request.customer) throw noObject();
      return { instrument: method.instrument, token: null, method: method.id };
    }
    const token = this.token(merchant, request.token ?? '');
    if (token.usedBy) throw new Refusal(409, 'token_used', 'This token was already used.');
    return { instrument: token.instrument, token, method: null };
  }

  #firstState(behavior: Behavior): Pick<Payment, 'status' | 'failure' | 'dueAt'> {
    const state = (status: Payment['status'], more: Partial<Pick<Payment, 'failure' | 'dueAt'>> = {}) => ({ status, failure: null, dueAt: null, ...more });
    if (behavior.kind === 'decline') return state('failed', { failure: { code: behavior.code, message: behavior.message, return_code: null } });
    if (behavior.kind === 'challenge') return state('requires_action');
    if (behavior.kind.startsWith('bank_')) return state('processing', { dueAt: this.now() + this.#options.bankDelaySeconds });
    return state('settled');
  }

  /** Writes a new version, the money that moved with it, and the event. */
  #change(before: Payment, changes: Partial<Payment>): Payment {
    const payment = { ...before, ...changes, version: before.version + 1, changedAt: this.now() };
    this.#put('payment', payment);
    const wasSettled = before.version > 0 && before.status === 'settled';
    if (payment.status === 'settled' && !wasSettled) this.#move('charge', payment, payment.amount);
    if (payment.status === 'returned' && wasSettled) this.#move('return', payment, `-${payment.amount}`);
    this.#announce('payment', payment.id, payment.merchant, payment.webhookUrl);
    return payment;
  }

  #move(type: Movement['type'], payment: Payment, minor: string): void {
    this.#put('movement', {
      id: `mv_${this.tables.movement.size + 1}`,
      merchant: payment.merchant,
      type,
      payment: payment.id,
      reference: payment.reference,
      minor,
      at: this.now(),
    });
  }

  #announce(object: 'payment' | 'refund', objectId: string, merchant: string, url: string | null): void {
    const sequence = this.tables.event.size + 1;
    const event = { id: `evt_${String(sequence).padStart(8, '0')}`, sequence, merchant, object, objectId, url, at: this.now() };
    this.#put('event', event);
    this.onEvent(event);
  }

  payment(merchant: string, id: string): Payment {
    const payment = this.tables.payment.get(id);
    if (!payment || payment.merchant !== merchant) throw noObject();
    return payment;
  }

  refundOf(merchant: string, id: string): Refund {
    const refund = this.tables.refund.get(id);
    if (!refund || refund.merchant !== merchant) throw noObject();
    return refund;
  }

  /** The payer's answer on the bank's page. */
  answerChallenge(id: string, approved: boolean): Payment {
    const payment = this.tables.payment.get(id);
    if (!payment) throw noObject();
    if (payment.status !== 'requires_action') return payment;
    return approved
      ? this.#change(payment, { status: 'settled' })
      : this.#change(payment, {
          status: 'failed',
          failure: { code: 'authentication_failed', message: 'The payer did not confirm the payment.', return_code: null },
        });
  }

  cancel(merchant: string, key: string, id: string): Payment {
    const request = { cancel: id };
    if (this.#known(merchant, key, 'cancel', request)) return this.payment(merchant, id);
    const payment = this.payment(merchant, id);
    if (payment.status !== 'requires_action' && payment.status !== 'processing')
      throw new Refusal(409, 'not_cancelable', `A payment that is ${payment.status} cannot be canceled.`);
    this.#done(merchant, key, 'cancel', request, id);
    return this.#change(payment, { status: 'canceled', dueAt: null });
  }

  refund(merchant: string, key: string, id: string, request: RefundInput): Refund {
    const known = this.#known(merchant, key, 'refund', { id, ...request });
    if (known) return this.tables.refund.get(known)!;
    const payment = this.payment(merchant, id);
    if (payment.status !== 'settled') throw new Refusal(409, 'not_refundable', `A payment that is ${payment.status} cannot be refunded.`);
    const amount = BigInt(request.amount);
    if (request.currency !== payment.currency || amount <= 0n || BigInt(payment.refunded) + amount > BigInt(payment.amount))
      throw new Refusal(422, 'refund_exceeds_payment', 'The refund is larger than what is left of the payment.');
    const waits = payment.instrument.rail === 'bank';
    const refund: Refund = {
      id: `re_${String(this.tables.refund.size + 1).padStart(8, '0')}`,
      merchant,
      reference: request.reference,
      payment: id,
      status: waits ? 'pending' : 'succeeded',
      amount: request.amount,
      currency: request.currency,
      version: 1,
      failure: null,
      dueAt: waits ? this.now() + this.#options.bankDelaySeconds : null,
    };
    this.#put('refund', refund);
    this.#done(merchant, key, 'refund', { id, ...request }, refund.id);
    this.#put('payment', { ...payment, refunded: (BigInt(payment.refunded) + amount).toString(), version: payment.version + 1, changedAt: this.now() });
    if (!waits) this.#move('refund', payment, `-${request.amount}`);
    this.#announce('refund', refund.id, merchant, request.webhook_url);
    return refund;
  }

  /** What the operation did; when it did nothing its key is closed for ever. */
  settleOperation(merchant: string, key: string): Payment | Refund | null {
    const operation = this.tables.operation.get(`${merchant}/${key}`);
    if (operation?.kind === 'payment') return this.tables.payment.get(operation.object!)!;
    if (operation?.kind === 'refund') return this.tables.refund.get(operation.object!)!;
    if (!operation) this.#done(merchant, key, 'closed', null, null);
    return null;
  }

  eventsAfter(merchant: string, sequence: number): LedgerEvent[] {
    return [...this.tables.event.values()].filter((event) => event.merchant === merchant && event.sequence > sequence).slice(0, 100);
  }

  /** Moves on what the bank has finished by now. Several due steps of one payment follow one another. */
  turn(): void {
    for (let moved = true; moved; ) {
      moved = false;
      for (const payment of this.tables.payment.values()) {
        if (payment.dueAt === null || payment.dueAt > this.now()) continue;
        this.#bankStep(payment);
        moved = true;
      }
      for (const refund of this.tables.refund.values()) {
        if (refund.dueAt === null || refund.dueAt > this.now()) continue;
        this.#put('refund', { ...refund, status: 'succeeded', version: refund.version + 1, dueAt: null });
        const payment = this.tables.payment.get(refund.payment)!;
        this.#move('refund', payment, `-${refund.amount}`);
        this.#announce('refund', refund.id, refund.merchant, payment.webhookUrl);
        moved = true;
      }
    }
  }

  #bankStep(payment: Payment): void {
    const behavior = findTestNumber('bank', payment.instrument.number)!.behavior;
    if (payment.status === 'processing' && behavior.kind === 'bank_returned') this.returnPayment(payment.id, behavior);
    else if (payment.status === 'processing')
      this.#change(payment, { status: 'settled', dueAt: behavior.kind === 'bank_returned_late' ? payment.dueAt! + this.#options.bankDelaySeconds : null });
    else if (behavior.kind === 'bank_returned_late') this.returnPayment(payment.id, behavior);
    else this.#put('payment', { ...payment, dueAt: null });
  }

  returnPayment(id: string, why: { returnCode: string; code: string; message: string }): Payment {
    const payment = this.tables.payment.get(id);
    if (payment?.instrument.rail !== 'bank') throw noObject();
    if (payment.status !== 'processing' && payment.status !== 'settled') return payment;
    return this.#change(payment, { status: 'returned', dueAt: null, failure: { code: why.code, message: why.message, return_code: why.returnCode } });
  }
}

export interface ChargeInput {
  reference: string;
  amount: string;
  currency: string;
  rail: 'card' | 'bank';
  customer: string | null;
  method?: string | undefined;
  token?: string | undefined;
  save?: boolean | undefined;
  description: string;
  return_url: string;
  webhook_url: string | null;
}
export interface RefundInput {
  reference: string;
  amount: string;
  currency: string;
  reason: string | null;
  webhook_url: string | null;
}

function cardOf(number: string, fields: Record<string, string>): Instrument {
  const known = findTestNumber('card', number);
  if (!known) throw new Refusal(422, 'number', 'Enter one of the test card numbers listed below. This is a demonstration: real cards are not accepted.');
  const expiry = /^(0[1-9]|1[0-2])\s*\/\s*(?:20)?(\d{2})$/.exec((fields['expiry'] ?? '').trim());
  if (!expiry) throw new Refusal(422, 'expiry', 'Enter the expiry date as month and year, for example 12/34.');
  if (!/^\d{3,4}$/.test((fields['code'] ?? '').trim())) throw new Refusal(422, 'code', 'Enter the security code: three or four digits.');
  return {
    rail: 'card',
    number,
    brand: known.brand,
    last4: number.slice(-4),
    expMonth: Number(expiry[1]),
    expYear: 2000 + Number(expiry[2]),
    holder: holderOf(fields),
    funding: known.funding,
  };
}

function bankOf(routing: string, account: string, fields: Record<string, string>): Instrument {
  if (routing !== TEST_ROUTING_NUMBER)
    throw new Refusal(422, 'routing', `Enter the test routing number ${TEST_ROUTING_NUMBER}. This is a demonstration: real accounts are not accepted.`);
  const known = findTestNumber('bank', account);
  if (!known) throw new Refusal(422, 'account', 'Enter one of the test account numbers listed below.');
  return {
    rail: 'bank',
    number: account,
    brand: known.brand,
    last4: account.slice(-4),
    expMonth: null,
    expYear: null,
    holder: holderOf(fields),
    funding: known.funding,
  };
}

const holderOf = (fields: Record<string, string>): string | null => (fields['holder'] ?? '').trim().slice(0, 100) || null;
