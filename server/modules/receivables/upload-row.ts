import type { DocumentKind } from './queries.ts';

/**
 * One uploaded invoice, credit memo or payment on account, checked and in our words. `undefined` means that the row
 * does not speak of the attribute (it stays as it is), `null` that it clears it. Amounts are whole minor units below
 * 10^15, which a double holds exactly; days are `YYYY-MM-DD`.
 */
export interface UploadedDocument {
  kind: DocumentKind;
  /** The source system has cancelled the document. */
  isVoid: boolean;
  number: string;
  /** Undefined: the document's own, for a new one the company's. */
  currency: string | undefined;
  amountMinor: number;
  /** What is open by the source system's word; undefined when it does not say. */
  balanceMinor: number | undefined;
  dueOn: string | null | undefined;
  issuedOn: string | null | undefined;
  invoicedOn: string | null | undefined;
  postedOn: string | null | undefined;
  accountingNumber: string | null | undefined;
  fiscalYear: string | null | undefined;
  fiscalPeriod: string | null | undefined;
  profitCenter: string | null | undefined;
  documentType: string | null | undefined;
  postingKey: string | null | undefined;
  debitCredit: string | null | undefined;
  paymentTerms: string | null | undefined;
  reasonCode: string | null | undefined;
  reasonText: string | null | undefined;
  reference1: string | null | undefined;
  reference2: string | null | undefined;
  referenceDocument: string | null | undefined;
  itemText: string | null | undefined;
  soldTo: string | null | undefined;
  customerName: string | null | undefined;
  sourceStatus: string | null | undefined;
  localMinor: number | null | undefined;
  /** JSON text. */
  billAddress: string | null | undefined;
  shipAddress: string | null | undefined;
  /** Attributes that we do not know; a null value takes one away. */
  custom: Record<string, unknown> | undefined;
  /** True when a text may hold tabs, line ends or backslashes. */
  escaped: boolean;
  /** True when the row had warnings, which are said again although nothing changed. */
  warned: boolean;
}

/** Every column that an upload writes, in the order of the staging table. */
export const stagedColumns: readonly (readonly [name: string, type: string])[] = [
  ['id', 'uuid'],
  ['kind', 'text'],
  ['state', 'text'],
  ['customer_id', 'uuid'],
  ['number', 'text'],
  ['company_code', 'text'],
  ['line_item', 'text'],
  ['currency', 'char(3)'],
  ['amount_minor', 'bigint'],
  ['charge_minor', 'bigint'],
  ['open_minor', 'bigint'],
  ['due_on', 'date'],
  ['issued_on', 'date'],
  ['closed_on', 'date'],
  ['content_hash', 'bigint'],
  ['invoiced_on', 'date'],
  ['posted_on', 'date'],
  ['accounting_number', 'text'],
  ['fiscal_year', 'text'],
  ['fiscal_period', 'text'],
  ['profit_center', 'text'],
  ['document_type', 'text'],
  ['posting_key', 'text'],
  ['debit_credit', 'text'],
  ['payment_terms', 'text'],
  ['reason_code', 'text'],
  ['reason_text', 'text'],
  ['reference1', 'text'],
  ['reference2', 'text'],
  ['reference_document', 'text'],
  ['item_text', 'text'],
  ['sold_to', 'text'],
  ['customer_name', 'text'],
  ['source_status', 'text'],
  ['local_minor', 'bigint'],
  ['bill_address', 'jsonb'],
  ['ship_address', 'jsonb'],
  ['custom', 'jsonb'],
];

/** What an upload decides about a document besides copying its attributes. */
export interface Placement {
  id: string;
  state: 'open' | 'closed' | 'void';
  customerId: string;
  companyCode: string;
  lineItem: string;
  currency: string;
  chargeMinor: number;
  openMinor: number;
  dueOn: string;
  issuedOn: string;
  closedOn: string | null;
  hash: number;
}

/** Simple attributes: the field of {@link UploadedDocument} and its column. */
export const plainFields = [
  ['invoicedOn', 'invoiced_on'],
  ['postedOn', 'posted_on'],
  ['accountingNumber', 'accounting_number'],
  ['fiscalYear', 'fiscal_year'],
  ['fiscalPeriod', 'fiscal_period'],
  ['profitCenter', 'profit_center'],
  ['documentType', 'document_type'],
  ['postingKey', 'posting_key'],
  ['debitCredit', 'debit_credit'],
  ['paymentTerms', 'payment_terms'],
  ['reasonCode', 'reason_code'],
  ['reasonText', 'reason_text'],
  ['reference1', 'reference1'],
  ['reference2', 'reference2'],
  ['referenceDocument', 'reference_document'],
  ['itemText', 'item_text'],
  ['soldTo', 'sold_to'],
  ['customerName', 'customer_name'],
  ['sourceStatus', 'source_status'],
  ['localMinor', 'local_minor'],
] as const;

const needsEscape = /[\\\t\n\r]/;
const escapes: Record<string, string> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

/** One value in the text form of COPY. */
export const copyText = (text: string): string => (needsEscape.test(text) ? text.replace(/[\\\t\n\r]/g, (c) => escapes[c]!) : text);

const value = (v: string | number | null | undefined): string => (v === null || v === undefined ? '\\N' : (v as string));

/**
 * The document as a line of COPY's text form. Without a backslash in the uploaded row no text can need escaping, so
 * that the common line is one concatenation.
 */
export function copyLine(d: UploadedDocument, p: Placement): string {
  const json = jsonColumns(d);
  if (!d.escaped)
    return `${p.id}\t${d.kind}\t${p.state}\t${p.customerId}\t${d.number}\t${p.companyCode}\t${p.lineItem}\t${p.currency}\t${d.amountMinor}\t${p.chargeMinor}\t${p.openMinor}\t${p.dueOn}\t${p.issuedOn}\t${value(p.closedOn)}\t${p.hash}\t${value(d.invoicedOn)}\t${value(d.postedOn)}\t${value(d.accountingNumber)}\t${value(d.fiscalYear)}\t${value(d.fiscalPeriod)}\t${value(d.profitCenter)}\t${value(d.documentType)}\t${value(d.postingKey)}\t${value(d.debitCredit)}\t${value(d.paymentTerms)}\t${value(d.reasonCode)}\t${value(d.reasonText)}\t${value(d.reference1)}\t${value(d.reference2)}\t${value(d.referenceDocument)}\t${value(d.itemText)}\t${value(d.soldTo)}\t${value(d.customerName)}\t${value(d.sourceStatus)}\t${value(d.localMinor)}\t${json}\n`;
  const fields: (string | number | null)[] = [
    p.id,
    d.kind,
    p.state,
    p.customerId,
    d.number,
    p.companyCode,
    p.lineItem,
    p.currency,
    d.amountMinor,
    p.chargeMinor,
    p.openMinor,
    p.dueOn,
    p.issuedOn,
    p.closedOn,
    p.hash,
  ];
  for (const [field] of plainFields) fields.push(d[field] ?? null);
  return `${fields.map((f) => (f === null ? '\\N' : typeof f === 'string' ? copyText(f) : f)).join('\t')}\t${json}\n`;
}

/** Addresses and own attributes: JSON text may always hold backslashes. */
function jsonColumns(d: UploadedDocument): string {
  const bill = d.billAddress == null ? '\\N' : copyText(d.billAddress);
  const ship = d.shipAddress == null ? '\\N' : copyText(d.shipAddress);
  const custom = d.custom === undefined ? null : withoutNulls(d.custom);
  return `${bill}\t${ship}\t${custom === null ? '\\N' : copyText(JSON.stringify(custom))}`;
}

/** Null when nothing is left. */
export function withoutNulls(custom: Record<string, unknown>): Record<string, unknown> | null {
  const kept = Object.entries(custom).filter(([, item]) => item !== null);
  return kept.length === 0 ? null : Object.fromEntries(kept);
}
