import { currencyExponent, isCurrency } from '../../kernel/currency.ts';
import type { UploadedDocument } from '../receivables/index.ts';
import { type DateReading, isDateFault, readDate } from './dates.ts';
import { type AmountFault, isAmountFault, readAmount } from './numbers.ts';
import { invoiceAttributes } from './row-schemas.ts';
import { checkJson, fail, type Findings, readCustom, readKeyText, readText, shownValue, warn } from './row-text.ts';

/** The company's settings that decide what a row means. */
export interface ReadingSettings extends DateReading {
  /** The company's own currency. */
  currency: string;
  decimalComma: boolean;
  /** Days to pay where neither a due date nor terms say. */
  defaultTermsDays: number;
}

const known: ReadonlySet<string> = new Set(invoiceAttributes);

const MAX_ADDRESS_BYTES = 4096;

export interface InvoiceKey {
  customerNumber: string;
  number: string;
  companyCode: string;
  lineItem: string;
  /** Both empty unless both are given: the ledger's key is the pair. */
  accountingNumber: string;
  fiscalYear: string;
}

/** What a row is about. With errors in it, the row cannot be told apart from others. */
export function readInvoiceKey(row: Record<string, unknown>, escaped: boolean, into: Findings): InvoiceKey {
  const key: InvoiceKey = {
    customerNumber: readKeyText(into, 'customerNumber', row['customerNumber'], 64, escaped, true),
    number: readKeyText(into, 'invoiceNumber', row['invoiceNumber'], 64, escaped, true),
    companyCode: readKeyText(into, 'companyCode', row['companyCode'], 20, escaped, false),
    lineItem: readKeyText(into, 'lineItem', row['lineItem'], 20, escaped, false),
    accountingNumber: readKeyText(into, 'accountingDocNumber', row['accountingDocNumber'], 64, escaped, false),
    fiscalYear: readKeyText(into, 'fiscalYear', row['fiscalYear'], 20, escaped, false),
  };
  if (key.accountingNumber === '' || key.fiscalYear === '') key.accountingNumber = key.fiscalYear = '';
  return key;
}

type Direction = 'debit' | 'credit';

const indicators: Record<string, Direction> = {
  S: 'debit',
  D: 'debit',
  DR: 'debit',
  DEBIT: 'debit',
  SOLL: 'debit',
  H: 'credit',
  C: 'credit',
  CR: 'credit',
  CREDIT: 'credit',
  HABEN: 'credit',
};
const documentTypes: Record<string, Direction> = { DR: 'debit', RV: 'debit', DA: 'debit', DG: 'credit', DZ: 'credit', ZP: 'credit' };

/** `null`: another key, or none. */
function postingDirection(key: string): Direction | null {
  if (!/^\d{1,2}$/.test(key)) return null;
  const number = Number(key);
  return number >= 1 && number <= 9 ? 'debit' : number >= 11 && number <= 19 ? 'credit' : null;
}

const paidWords = new Set(['paid', 'closed', 'cleared']);
const voidWords = new Set(['void', 'voided', 'cancelled', 'canceled', 'reversed']);
const otherWords = new Set(['open', 'due', 'partial', 'disputed']);

const amountMessages: Record<AmountFault, string> = {
  not_a_number: 'is not an amount',
  too_large: 'is larger than fifteen digits',
  too_many_decimals: 'has more decimals than the currency',
};

/**
 * One row in our words. Answers null when it has errors, which are in `into` then. `currency` is the document's own
 * when it exists already and the row names none.
 */
export function readInvoice(
  row: Record<string, unknown>,
  escaped: boolean,
  settings: ReadingSettings,
  into: Findings,
  currency = settings.currency,
): UploadedDocument | null {
  const text = (field: string, value: unknown, max: number) => readText(into, field, value, max, escaped);
  const key = readInvoiceKey(row, escaped, into);
  const given = readCurrency(into, row['currency']);
  const exponent = currencyExponent(given ?? currency);
  const amounts = readAmounts(into, row, exponent, settings);
  const indicator = text('debitCreditIndicator', row['debitCreditIndicator'], 10);
  const postingKey = text('postingKey', row['postingKey'], 10);
  const documentType = text('documentType', row['documentType'], 50);
  const kind = directionOf(into, amounts.amount, indicator, postingKey, documentType);
  const status = text('status', row['status'], 50);
  const word = status?.toLowerCase();
  if (word !== undefined) checkStatus(into, word, status!, amounts);
  const isVoid = word !== undefined && voidWords.has(word);
  const invoicedOn = day(into, settings, 'invoiceDate', row['invoiceDate']);
  const dueOn = day(into, settings, 'dueDate', row['dueDate']);
  if (dueOn && invoicedOn && dueOn < invoicedOn) warn(into, 'dueDate', 'due_before_invoice_date', 'The due date is before the invoice date.');
  const document: UploadedDocument = {
    kind,
    isVoid,
    number: key.number,
    currency: given ?? undefined,
    amountMinor: Math.abs(amounts.amount),
    balanceMinor: amounts.balance === undefined ? (word !== undefined && paidWords.has(word) ? 0 : undefined) : Math.abs(amounts.balance),
    dueOn,
    issuedOn: day(into, settings, 'issueDate', row['issueDate']),
    invoicedOn,
    postedOn: day(into, settings, 'postDate', row['postDate']),
    accountingNumber: text('accountingDocNumber', row['accountingDocNumber'], 64),
    fiscalYear: fiscalYear(into, text('fiscalYear', row['fiscalYear'], 20)),
    fiscalPeriod: fiscalPeriod(into, text('fiscalPeriod', row['fiscalPeriod'], 10)),
    profitCenter: text('profitCenter', row['profitCenter'], 50),
    documentType,
    postingKey,
    debitCredit: indicator,
    paymentTerms: text('paymentTerms', row['paymentTerms'], 100),
    reasonCode: text('reasonCode', row['reasonCode'], 50),
    reasonText: text('reasonCodeDescription', row['reasonCodeDescription'], 300),
    reference1: text('reference1', row['reference1'], 200),
    reference2: text('reference2', row['reference2'], 200),
    referenceDocument: text('referenceDocNo', row['referenceDocNo'], 64),
    itemText: text('itemText', row['itemText'], 1000),
    soldTo: text('soldTo', row['soldTo'], 64),
    customerName: text('customerName', row['customerName'], 300),
    sourceStatus: status,
    localMinor: readLocal(into, row['localAmount'], settings, given ?? currency, amounts.amount),
    billAddress: readAddress(into, 'billAddr', row['billAddr'], escaped),
    shipAddress: readAddress(into, 'shipAddr', row['shipAddr'], escaped),
    custom: readCustom(into, row, known, escaped),
    escaped,
    warned: false,
  };
  if (into.errors !== null) return null;
  document.warned = into.warnings !== null;
  return document;
}

function readCurrency(into: Findings, value: unknown): string | null | undefined {
  if (typeof value === 'string' && isCurrency(value)) return value;
  const code = typeof value === 'string' ? value.trim().toUpperCase() : value;
  if (code === undefined || code === null || code === '') return code === undefined ? undefined : null;
  if (typeof code === 'string' && isCurrency(code)) return code;
  fail(into, 'currency', 'unknown_currency', `${shownValue(value)} is not an ISO 4217 currency.`);
  return null;
}

/** Signed as written; absent and empty balances are undefined. */
function readAmounts(
  into: Findings,
  row: Record<string, unknown>,
  exponent: number,
  settings: ReadingSettings,
): { amount: number; balance: number | undefined } {
  const amount = requiredAmount(into, row['invoiceAmount'], exponent, settings);
  const written = row['balanceAmount'];
  if (isNothing(written)) return { amount, balance: undefined };
  const balance = readAmount(written, exponent, settings.decimalComma);
  if (isAmountFault(balance)) {
    fail(into, 'balanceAmount', balance, `balanceAmount ${shownValue(written)} ${amountMessages[balance]}.`);
    return { amount, balance: undefined };
  }
  if (amount * balance < 0) fail(into, 'balanceAmount', 'balance_sign', 'balanceAmount must have the same sign as invoiceAmount.');
  else if (Math.abs(balance) > Math.abs(amount))
    warn(into, 'balanceAmount', 'balance_above_amount', 'The balance is larger than the amount; the difference is shown as later charges.');
  return { amount, balance };
}

const isNothing = (value: unknown): boolean => value === undefined || value === null || (typeof value === 'string' && value.trim() === '');

function requiredAmount(into: Findings, value: unknown, exponent: number, settings: ReadingSettings): number {
  if (isNothing(value)) {
    fail(into, 'invoiceAmount', 'required', 'invoiceAmount is missing.');
    return 0;
  }
  const amount = readAmount(value, exponent, settings.decimalComma);
  if (!isAmountFault(amount)) return amount;
  fail(into, 'invoiceAmount', amount, `invoiceAmount ${shownValue(value)} ${amountMessages[amount]}.`);
  return 0;
}

/** In the company's own currency, only for reports. */
function readLocal(into: Findings, value: unknown, settings: ReadingSettings, currency: string, amount: number): number | null | undefined {
  if (value === undefined) return undefined;
  if (isNothing(value)) return null;
  const local = readAmount(value, currencyExponent(settings.currency), settings.decimalComma);
  if (isAmountFault(local)) {
    fail(into, 'localAmount', local, `localAmount ${shownValue(value)} ${amountMessages[local]}.`);
    return null;
  }
  if (currency === settings.currency && Math.abs(local) !== Math.abs(amount))
    warn(into, 'localAmount', 'local_amount_differs', 'localAmount and invoiceAmount are in the same currency and differ.');
  return Math.abs(local);
}

/** Indicator, else posting key, else document type, else sign. */
function directionOf(
  into: Findings,
  amount: number,
  indicator: string | null | undefined,
  postingKey: string | null | undefined,
  documentType: string | null | undefined,
): UploadedDocument['kind'] {
  let direction: Direction | null = null;
  if (indicator) {
    direction = indicators[indicator.toUpperCase()] ?? null;
    if (!direction) fail(into, 'debitCreditIndicator', 'invalid_indicator', `debitCreditIndicator is S or H, debit or credit; not ${shownValue(indicator)}.`);
    else if (direction === 'debit' && amount < 0) {
      direction = 'credit';
      warn(into, 'invoiceAmount', 'negative_posting', 'A negative amount on the debit side is taken as a credit.');
    }
  }
  const byKey = postingKey ? postingDirection(postingKey) : null;
  if (postingKey && !byKey) warn(into, 'postingKey', 'unknown_posting_key', `${shownValue(postingKey)} is not a posting key of customers.`);
  const type = documentType?.toUpperCase() ?? '';
  direction ??= byKey ?? documentTypes[type] ?? (amount < 0 ? 'credit' : 'debit');
  if (direction === 'debit') return 'invoice';
  return Number(postingKey) === 15 || type === 'DZ' || type === 'ZP' ? 'payment_on_account' : 'credit_memo';
}

function checkStatus(into: Findings, word: string, written: string, amounts: { balance: number | undefined }): void {
  if (paidWords.has(word)) {
    if (amounts.balance)
      warn(into, 'status', 'status_contradicts_balance', `The status is ${written}, and something is open by balanceAmount; the amount counts.`);
  } else if (!voidWords.has(word) && !otherWords.has(word))
    warn(into, 'status', 'unknown_status', `The status ${shownValue(written)} is kept and has no effect.`);
}

function day(into: Findings, settings: ReadingSettings, field: string, value: unknown): string | null | undefined {
  if (value === undefined || value === null) return value;
  const read = readDate(value, settings);
  if (!isDateFault(read)) return read;
  fail(into, field, read.fault, read.fault === 'two_digit_year' ? `${field} must have a year of four digits.` : `${field} ${shownValue(value)} is not a date.`);
  return null;
}

function fiscalYear(into: Findings, text: string | null | undefined): string | null | undefined {
  if (text && !/^\d{4}$/.test(text)) fail(into, 'fiscalYear', 'invalid_fiscal_year', 'fiscalYear has four digits.');
  return text;
}

function fiscalPeriod(into: Findings, text: string | null | undefined): string | null | undefined {
  if (!text) return text;
  if (/^(0?[1-9]|0?1[0-6])$/.test(text)) return text.slice(-2).padStart(2, '0');
  fail(into, 'fiscalPeriod', 'invalid_fiscal_period', 'fiscalPeriod is 01 to 16.');
  return null;
}

/** Names of QuickBooks, NetSuite and others for the parts of an address. */
const addressNames: Record<string, string> = {
  line1: 'line1',
  addr1: 'line1',
  street: 'line1',
  address1: 'line1',
  line2: 'line2',
  addr2: 'line2',
  address2: 'line2',
  line3: 'line3',
  addr3: 'line3',
  address3: 'line3',
  city: 'city',
  town: 'city',
  state: 'state',
  region: 'state',
  province: 'state',
  countrysubdivisioncode: 'state',
  postalcode: 'postalCode',
  zip: 'postalCode',
  zipcode: 'postalCode',
  postcode: 'postalCode',
  country: 'country',
  countrycode: 'country',
  name: 'name',
  addressee: 'name',
  attention: 'attention',
};
const ourNames = new Set(Object.values(addressNames));

/** An object, or JSON text of one; kept as JSON text with our names for the known parts. */
function readAddress(into: Findings, field: string, value: unknown, escaped: boolean): string | null | undefined {
  if (value === undefined || value === null) return value;
  let address: unknown = value;
  if (typeof value === 'string') {
    if (value.trim() === '') return null;
    try {
      address = JSON.parse(value);
    } catch {
      address = undefined;
    }
  }
  if (typeof address !== 'object' || address === null || Array.isArray(address)) {
    fail(into, field, 'invalid_address', `${field} must be an object, or JSON text of one.`);
    return null;
  }
  return checkJson(into, field, withOurNames(address as Record<string, unknown>), escaped || typeof value === 'string', MAX_ADDRESS_BYTES);
}

function withOurNames(address: Record<string, unknown>): Record<string, unknown> {
  let same = true;
  for (const name in address) if (!ourNames.has(name)) same = false;
  if (same) return address;
  const result: Record<string, unknown> = {};
  for (const name of Object.keys(address)) {
    if (name === '__proto__') continue;
    const ours = Object.hasOwn(addressNames, name.toLowerCase()) ? addressNames[name.toLowerCase()]! : name;
    if (!Object.hasOwn(result, ours)) result[ours] = address[name];
  }
  return result;
}
