import { z } from 'zod';

/** What a row may hold, for the API page; rows themselves are read by `row-invoice.ts` and `row-customer.ts`. */
const text = (description: string) => z.string().optional().meta({ description });
const key = (description: string) => z.union([z.string(), z.number()]).meta({ description });
const amount = (description: string) => z.union([z.number(), z.string()]).meta({ description });
const date = (description: string) => z.string().optional().meta({ description, example: '2026-11-02' });
const address = (description: string) =>
  z
    .union([z.looseObject({}), z.string()])
    .optional()
    .meta({ description });

export const invoiceRowSchema = z
  .looseObject({
    customerNumber: key('The customerno of a customer that was sent before'),
    invoiceNumber: key('The number that the payer knows'),
    invoiceAmount: amount('Major units: 12112 and "12,112.00" are 12,112.00'),
    balanceAmount: amount('What is open now; without it the whole amount, less what was paid here').optional(),
    currency: text('ISO 4217; without it the currency of the company'),
    invoiceDate: date('Day of the document. Also 20261102, 02.11.2026, 11/02/2026'),
    issueDate: date('Day on which it was sent; without it invoiceDate, then postDate'),
    postDate: date('Day of posting in the ledger'),
    dueDate: date('Without it invoiceDate and the days of paymentTerms'),
    paymentTerms: text('"Net 30", "2/10 net 30", "Due on receipt"'),
    debitCreditIndicator: text('S: the customer owes. H: a credit. Decides before postingKey, documentType and the sign'),
    postingKey: text('01–09 debit, 11–19 credit'),
    documentType: text('RV, DR, DA invoice; DG credit memo; DZ, ZP payment; other texts are kept'),
    status: text('open, paid, void and the like; where it contradicts the amounts, the amounts count'),
    companyCode: text('Part of the key: the legal entity; equals the cocode of the customer'),
    lineItem: text('Part of the key: for several open items of one number'),
    accountingDocNumber: text('The number in the ledger; with fiscalYear a second key'),
    fiscalYear: text('Year of the ledger'),
    fiscalPeriod: text('Month of the ledger, 01–16'),
    localAmount: amount('The amount in the home currency of the company code').optional(),
    profitCenter: text('For filters and rules'),
    customerName: text('Names a customer only where createCustomers makes one'),
    soldTo: text('Who ordered, where that is not who pays'),
    reference1: text('Shown with the invoice, for instance the number of the order'),
    reference2: text('A second reference'),
    referenceDocNo: text('The invoice that a credit belongs to'),
    itemText: text('What it is for'),
    reasonCode: text('Why less was paid'),
    reasonCodeDescription: text('The same in words'),
    billAddr: address('line1–line3, city, state, postalCode, country; or JSON text of that'),
    shipAddr: address('The same, for the delivery'),
  })
  .meta({ id: 'InvoiceRow', description: 'Unknown attributes are kept and shown.' });

export const customerRowSchema = z
  .looseObject({
    customerno: key('The number by which invoices name the customer'),
    emailaddress1: z.string().meta({ description: 'Where reminders go; several with commas: the first is written to, the others get a copy' }),
    companyname: text('Without it first and last name are shown'),
    firstname: text('Of the contact'),
    lastname: text('Of the contact'),
    phoneno: text('As written, or +1 212 555 0100'),
    cocode: text('Part of the key: the company code; may be empty'),
  })
  .meta({ id: 'CustomerRow', description: 'Unknown attributes are kept and shown.' });

/** Attributes of the guide. */
export const invoiceAttributes: readonly string[] = Object.keys(invoiceRowSchema.shape);
export const customerAttributes: readonly string[] = Object.keys(customerRowSchema.shape);
