import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Company, startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let company: Company;

beforeAll(async () => {
  server = await startServer();
  company = await server.company();
});
afterAll(() => server.close());

/** The guide's two example bodies. */
const guideCustomer = { companyname: 'Acme Corp', firstname: 'Ann', lastname: 'Archer', phoneno: '+1 212 555 0100', emailaddress1: 'ap@acme.example', customerno: '0000100045', cocode: '1000' };
const guideInvoice = {
  companyCode: '1000', profitCenter: 'PC01', customerName: 'Acme Corp', customerNumber: '0000100045', accountingDocNumber: '1400000001', invoiceNumber: '9000001',
  postDate: '2026-02-01', dueDate: '2026-03-03', paymentTerms: 'Net 30', documentType: 'RV', postingKey: '01', debitCreditIndicator: 'S', balanceAmount: '12112',
  billAddr: { line1: '1 Main Street', city: 'Springfield', state: 'IL', zip: '62701' }, shipAddr: null, currency: 'USD', invoiceAmount: 12112, reasonCode: '', reasonCodeDescription: '',
  fiscalYear: '2026', invoiceDate: '2026-02-01', reference1: 'PO-7', reference2: '', localAmount: 12112, itemText: 'Paper', fiscalPeriod: '02', issueDate: '2026-02-01', soldTo: '',
  lineItem: '001', referenceDocNo: '', status: 'open',
};

test('the example bodies of the guide create a customer and an invoice, as single objects', async () => {
  const customer = await company.call('POST', '/jsonApi/upload/customers', guideCustomer);
  expect(customer.status, JSON.stringify(customer.body)).toBe(200);
  expect(customer.body).toMatchObject({ success: true, received: 1, created: 1, failed: 0, results: [{ index: 0, key: '0000100045', status: 'created' }] });
  const invoice = await company.call('POST', '/jsonApi/upload/invoices', guideInvoice);
  expect(invoice.body, JSON.stringify(invoice.body)).toMatchObject({ success: true, received: 1, created: 1, results: [{ status: 'created', key: '9000001' }] });
  const shown = await company.call('GET', `/v1/invoices/${invoice.body.results[0].id}`);
  expect(shown.body).toMatchObject({ number: '9000001', dueOn: '2026-03-03', companyCode: '1000' });
});

test('the same again is unchanged, and rewrites nothing', async () => {
  const again = await company.call('POST', '/jsonApi/upload/invoices', guideInvoice);
  expect(again.body).toMatchObject({ created: 0, updated: 0, unchanged: 1 });
});

test('a lower balance is recorded as applied by the source system', async () => {
  const lower = await company.call('POST', '/jsonApi/upload/invoices', [{ ...guideInvoice, balanceAmount: '12.00' }]);
  expect(lower.body).toMatchObject({ updated: 1 });
  const rows = (await server.db.admin.query('select d.open_minor, d.total_minor, (select sum(amount_minor) from application a where a.document_id = d.id) as applied from document d')).rows;
  expect(rows).toEqual([{ open_minor: '1200', total_minor: '1211200', applied: '1210000' }]);
});
