import { z } from 'zod';
import { fromDecimal, MAX_MINOR, type Money, money, toJson } from '../../kernel/money.ts';
import { isCurrency } from '../../kernel/currency.ts';
import { invalid } from '../../kernel/problem.ts';
import { currencySchema, dateSchema, idSchema, instantSchema, moneySchema } from '../../platform/http/schemas.ts';

export const customerRefSchema = z.object({ id: idSchema, name: z.string(), number: z.string() }).meta({ id: 'CustomerRef' });

const documentFields = {
  id: idSchema,
  kind: z.enum(['invoice', 'credit_memo', 'payment_on_account']),
  state: z.enum(['open', 'closed', 'void']),
  number: z.string(),
  lineItem: z.string().meta({ description: 'Line of the ledger document, when one number has several open items' }),
  companyCode: z.string(),
  customer: customerRefSchema,
  total: moneySchema,
  open: moneySchema.meta({ description: 'What is still owed; of a credit, what is left to apply' }),
  issuedOn: dateSchema,
  dueOn: dateSchema,
  closedOn: dateSchema.nullable(),
  daysOverdue: z.number().int().meta({ description: 'Days past due in the company’s time zone; 0 when not overdue' }),
  documentType: z.string().nullable(),
  reference1: z.string().nullable(),
};

/** An invoice or credit as lists show it. */
export const documentSchema = z.object(documentFields).meta({ id: 'Document' });

const optionalText = z.string().nullable();
const address = z.record(z.string(), z.unknown()).nullable();

export const applicationSchema = z
  .object({
    id: idSchema,
    invoiceId: idSchema,
    invoiceNumber: z.string(),
    source: z.enum(['payment', 'credit_memo', 'source_system', 'write_off', 'void']),
    paymentId: idSchema.nullable(),
    creditId: idSchema.nullable(),
    amount: moneySchema.meta({ description: 'Negative on a row that undoes another' }),
    appliedOn: dateSchema,
    reason: z.string().nullable(),
    reversesId: idSchema.nullable(),
    undone: z.boolean(),
    provisional: z.boolean().meta({ description: 'True until the source system’s balance confirms it' }),
  })
  .meta({ id: 'Application' });

/** With every attribute that was uploaded, and what was applied. */
export const documentDetailSchema = z
  .object({
    ...documentFields,
    amount: moneySchema.meta({ description: 'As issued; `total` adds later charges' }),
    invoicedOn: dateSchema.nullable(),
    postedOn: dateSchema.nullable(),
    accountingNumber: optionalText,
    fiscalYear: optionalText,
    fiscalPeriod: optionalText,
    profitCenter: optionalText,
    postingKey: optionalText,
    debitCredit: optionalText,
    paymentTerms: optionalText,
    reasonCode: optionalText,
    reasonText: optionalText,
    reference2: optionalText,
    referenceDocument: optionalText,
    itemText: optionalText,
    soldTo: optionalText,
    customerName: optionalText.meta({ description: 'As uploaded with the invoice' }),
    sourceStatus: optionalText,
    localAmount: z.string().nullable().meta({ description: 'In the home currency of the company code; for reports only' }),
    billAddress: address,
    shipAddress: address,
    custom: z.record(z.string(), z.unknown()).nullable(),
    hasSourcePdf: z.boolean(),
    uploadId: idSchema.nullable(),
    createdAt: instantSchema,
    updatedAt: instantSchema,
    applications: z.array(applicationSchema),
  })
  .meta({ id: 'DocumentDetail' });

export const paymentMethods = ['card', 'bank', 'check', 'transfer', 'cash', 'other'] as const;
export const paymentStates = ['processing', 'settled', 'returned'] as const;

const paymentFields = {
  id: idSchema,
  number: z.string(),
  customer: customerRefSchema,
  amount: moneySchema,
  applied: moneySchema,
  unapplied: moneySchema,
  refunded: moneySchema,
  method: z.enum(paymentMethods),
  state: z.enum(paymentStates),
  receivedOn: dateSchema,
  reference: z.string().nullable(),
  note: z.string().nullable(),
  attemptId: idSchema.nullable().meta({ description: 'The gateway attempt that collected it' }),
  returnedOn: dateSchema.nullable(),
  returnedReason: z.string().nullable(),
  createdAt: instantSchema,
};
export const paymentSchema = z.object(paymentFields).meta({ id: 'Payment' });
export const paymentDetailSchema = z.object({ ...paymentFields, applications: z.array(applicationSchema) }).meta({ id: 'PaymentDetail' });

export const agingSchema = z
  .object({
    currency: currencySchema,
    current: z.string().meta({ description: 'Not yet due; due today counts here' }),
    days1To30: z.string(),
    days31To60: z.string(),
    days61To90: z.string(),
    over90: z.string(),
    open: z.string(),
    overdue: z.string(),
    credits: z.string().meta({ description: 'Open credits and unapplied cash, as a positive amount' }),
    openCount: z.number().int(),
    oldestDueOn: dateSchema.nullable(),
  })
  .meta({ id: 'Aging', description: 'Open invoices of one currency by days past due; decimal strings in major units' });

export const balanceSchema = z.object({
  open: moneySchema,
  overdue: moneySchema,
  credits: moneySchema,
  openCount: z.number().int(),
  oldestDueOn: dateSchema.nullable(),
});

export const customerItemSchema = z
  .object({
    id: idSchema,
    number: z.string(),
    companyCode: z.string(),
    name: z.string(),
    email: z.string().nullable().meta({ description: 'Of the primary contact' }),
    phone: z.string().nullable(),
    categories: z.array(z.object({ id: idSchema, name: z.string() })),
    balances: z.array(balanceSchema).meta({ description: 'By currency, the company’s own first' }),
    pausedUntil: dateSchema.nullable(),
    archivedAt: instantSchema.nullable(),
    createdAt: instantSchema,
  })
  .meta({ id: 'CustomerItem' });

/** The positive amount of a body. Problem 422 for more digits than the currency has, zero or less, or too much. */
export function readAmount(value: { amount: string; currency: string }, field: string): Money {
  const read = fromDecimal(value.amount, value.currency);
  if (!read) throw invalid(`${field}.amount`, 'too_many_digits', `${value.currency} has fewer decimals than "${value.amount}".`);
  if (read.minor <= 0n) throw invalid(`${field}.amount`, 'not_positive', 'An amount is above zero.');
  return read;
}

/** A decimal of a query string in minor units of the currency. Problem 422. */
export function readMinor(text: string, currency: string, field: string): bigint {
  const read = isCurrency(currency) ? fromDecimal(text, currency) : null;
  if (!read || read.minor > MAX_MINOR) throw invalid(field, 'not_an_amount', `"${text}" is not an amount in ${currency}.`);
  return read.minor;
}

export const asMoney = (minor: bigint, currency: string) => toJson(money(minor, currency));
