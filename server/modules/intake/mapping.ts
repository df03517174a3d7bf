import type { UploadKind } from './queries.ts';
import { RowFault } from './json-slice.ts';
import { customerAttributes, invoiceAttributes } from './row-schemas.ts';
import type { TableRow } from './table-file.ts';

/** For each column: an attribute of the guide, `custom` (kept under the column's own name), or null (left out). */
export type Mapping = Record<string, string | null>;

export const attributesOf = (kind: UploadKind): readonly string[] => (kind === 'invoices' ? invoiceAttributes : customerAttributes);
export const requiredAttributes: Record<UploadKind, readonly string[]> = {
  invoices: ['customerNumber', 'invoiceNumber', 'invoiceAmount'],
  customers: ['customerno', 'emailaddress1'],
};

/** Case, spaces and punctuation do not count. */
const plain = (name: string): string => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');

/** What other systems call the attributes. */
const synonyms: Record<UploadKind, Record<string, string>> = {
  invoices: {
    invoice: 'invoiceNumber',
    invoiceno: 'invoiceNumber',
    invoicenum: 'invoiceNumber',
    number: 'invoiceNumber',
    num: 'invoiceNumber',
    docnumber: 'invoiceNumber',
    documentnumber: 'invoiceNumber',
    customer: 'customerNumber',
    customerno: 'customerNumber',
    customerid: 'customerNumber',
    custno: 'customerNumber',
    account: 'customerNumber',
    accountnumber: 'customerNumber',
    kunnr: 'customerNumber',
    name: 'customerName',
    company: 'customerName',
    amount: 'invoiceAmount',
    total: 'invoiceAmount',
    invoicetotal: 'invoiceAmount',
    totalamount: 'invoiceAmount',
    originalamount: 'invoiceAmount',
    wrbtr: 'invoiceAmount',
    balance: 'balanceAmount',
    open: 'balanceAmount',
    openamount: 'balanceAmount',
    openbalance: 'balanceAmount',
    amountdue: 'balanceAmount',
    balancedue: 'balanceAmount',
    remaining: 'balanceAmount',
    date: 'invoiceDate',
    docdate: 'invoiceDate',
    documentdate: 'invoiceDate',
    bldat: 'invoiceDate',
    due: 'dueDate',
    netdue: 'dueDate',
    dueon: 'dueDate',
    datedue: 'dueDate',
    paymentdue: 'dueDate',
    postingdate: 'postDate',
    budat: 'postDate',
    sentdate: 'issueDate',
    issuedon: 'issueDate',
    line: 'lineItem',
    terms: 'paymentTerms',
    zterm: 'paymentTerms',
    po: 'reference1',
    ponumber: 'reference1',
    purchaseorder: 'reference1',
    reference: 'reference1',
    description: 'itemText',
    memo: 'itemText',
    text: 'itemText',
    curr: 'currency',
    currencycode: 'currency',
    waers: 'currency',
    companyid: 'companyCode',
    entity: 'companyCode',
    bukrs: 'companyCode',
    type: 'documentType',
    doctype: 'documentType',
    blart: 'documentType',
    belnr: 'accountingDocNumber',
    gjahr: 'fiscalYear',
    buzei: 'lineItem',
    shkzg: 'debitCreditIndicator',
    bschl: 'postingKey',
    state: 'status',
    billto: 'billAddr',
    billingaddress: 'billAddr',
    shipto: 'shipAddr',
    shippingaddress: 'shipAddr',
  },
  customers: {
    customer: 'customerno',
    customernumber: 'customerno',
    number: 'customerno',
    custno: 'customerno',
    customerid: 'customerno',
    id: 'customerno',
    account: 'customerno',
    accountnumber: 'customerno',
    kunnr: 'customerno',
    company: 'companyname',
    name: 'companyname',
    customername: 'companyname',
    displayname: 'companyname',
    first: 'firstname',
    givenname: 'firstname',
    last: 'lastname',
    surname: 'lastname',
    familyname: 'lastname',
    email: 'emailaddress1',
    emailaddress: 'emailaddress1',
    emails: 'emailaddress1',
    mail: 'emailaddress1',
    email1: 'emailaddress1',
    phone: 'phoneno',
    telephone: 'phoneno',
    tel: 'phoneno',
    phonenumber: 'phoneno',
    mobile: 'phoneno',
    companycode: 'cocode',
    entity: 'cocode',
    bukrs: 'cocode',
  },
};

/** A first proposal; a column that nobody knows is kept as an attribute of its own. Each attribute is given once. */
export function suggestMapping(kind: UploadKind, columns: readonly string[]): Mapping {
  const exact = new Map(attributesOf(kind).map((attribute) => [plain(attribute), attribute]));
  const taken = new Set<string>();
  const mapping: Mapping = Object.fromEntries(columns.map((column) => [column, null]));
  const give = (find: (name: string) => string | undefined) => {
    for (const column of columns) {
      const attribute = mapping[column] === null ? find(plain(column)) : undefined;
      if (attribute === undefined || taken.has(attribute)) continue;
      mapping[column] = attribute;
      taken.add(attribute);
    }
  };
  give((name) => exact.get(name));
  give((name) => (Object.hasOwn(synonyms[kind], name) ? synonyms[kind][name] : undefined));
  for (const column of columns) mapping[column] ??= 'custom';
  return mapping;
}

/** Which kind a file's columns look like. */
export function guessKind(columns: readonly string[]): UploadKind {
  const known = (kind: UploadKind) => Object.values(suggestMapping(kind, columns)).filter((attribute) => attribute !== 'custom').length;
  return known('invoices') >= known('customers') ? 'invoices' : 'customers';
}

/** A table's row as the API would have got it. Cells of Excel stay numbers and days. */
export function rowOf(row: TableRow, columns: readonly string[], mapping: Mapping): Record<string, unknown> | RowFault {
  if (row instanceof RowFault) return row;
  const result: Record<string, unknown> = {};
  for (const [index, column] of columns.entries()) {
    const target = Object.hasOwn(mapping, column) ? mapping[column] : null;
    if (target == null) continue;
    const value = Array.isArray(row) ? row[index] : Object.hasOwn(row, column) ? row[column] : undefined;
    if (value === undefined) continue;
    const cell = value instanceof Date ? value.toISOString().slice(0, 10) : value;
    const name = target === 'custom' ? column : target;
    if (name !== '__proto__') result[name] = cell;
  }
  return result;
}

/** Files with the same columns get the mapping that was used last. */
export const mappingKey = (kind: UploadKind, columns: readonly string[]): string => `${kind}:${columns.map(plain).sort().join(',')}`.slice(0, 200);
