import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import writeExcel from 'write-excel-file/node';
import { recordPayment } from '../../server/modules/receivables/index.ts';
import { type Company, startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let company: Company;
let companies = 0;

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());
beforeEach(async () => {
  company = await server.company({ email: `admin-${companies++}@northwind.example` });
  await company.call(
    'POST',
    '/jsonApi/upload/customers',
    ['100', '200'].map((customerno) => ({ customerno, emailaddress1: `c${customerno}@acme.example` })),
  );
});

const select = async (text: string) => (await server.db.admin.query(text.replaceAll('TENANT', `'${company.tenantId}'`))).rows;
const documents = () =>
  select(
    'select number, state, amount_minor::int as amount, open_minor::int as open, due_on::text as due, custom from document where tenant_id = TENANT order by number',
  );

async function drop(bytes: Uint8Array | string, fileName = 'open-items.csv', query = '') {
  const response = await fetch(`${server.url}/v1/imports?fileName=${encodeURIComponent(fileName)}${query}`, {
    method: 'POST',
    headers: company.headers,
    body: bytes as BodyInit,
  });
  return {
    status: response.status,
    body: (await response.json()) as Record<string, never> & {
      id: string;
      mapping: Record<string, string | null>;
      kind: string;
      columns: string[];
      rows: string[][];
      missing: string[];
      code: string;
    },
  };
}

const csv = [
  'Customer No;Invoice No;Amount;Open balance;Due date;Region',
  '100;F1;1.250,00;1.000,00;31.03.2026;West',
  '200;F2;99,50;;01.04.2026;',
  '999;F3;5;;;',
  '100;F4;oops;;2026-02-30;',
].join('\r\n');

describe('a dropped file', () => {
  test('is understood, checked without a trace, imported, listed, and its columns remembered', async () => {
    const view = (await drop(csv)).body;
    expect(view).toMatchObject({
      kind: 'invoices',
      format: 'csv',
      missing: [],
      mapping: {
        'Customer No': 'customerNumber',
        'Invoice No': 'invoiceNumber',
        Amount: 'invoiceAmount',
        'Open balance': 'balanceAmount',
        'Due date': 'dueDate',
        Region: 'custom',
      },
    });
    expect(view.rows[0]).toEqual(['100', 'F1', '1.250,00', '1.000,00', '31.03.2026', 'West']);
    const mapped = await company.call('PUT', `/v1/imports/${view.id}/mapping`, { kind: 'invoices', mapping: { ...view.mapping, Region: null } });
    expect(mapped.body.mapping.Region).toBeNull();

    const checked = await company.call('POST', `/v1/imports/${view.id}/check`, {});
    expect(checked.body).toMatchObject({ received: 4, created: 2, failed: 2 });
    expect(checked.body.results.map((row: { index: number; errors: { code: string }[] }) => [row.index, ...row.errors.map((e) => e.code)])).toEqual([
      [2, 'unknown_customer'],
      [3, 'not_a_number', 'invalid_date'],
    ]);
    expect(await documents()).toEqual([]);

    const imported = await company.call('POST', `/v1/imports/${view.id}/import`, {});
    expect(imported.body).toMatchObject({ created: 2, failed: 2 });
    expect(await documents()).toEqual([
      { number: 'F1', state: 'open', amount: 125000, open: 100000, due: '2026-03-31', custom: null },
      { number: 'F2', state: 'open', amount: 9950, open: 9950, due: '2026-04-01', custom: null },
    ]);
    expect((await company.call('POST', `/v1/imports/${view.id}/import`, {})).status).toBe(409);
    const uploads = await company.call('GET', '/v1/uploads?kind=invoices');
    expect(uploads.body.items).toMatchObject([{ kind: 'invoices', source: 'file', fileName: 'open-items.csv', created: 2, failed: 2 }]);
    expect((await drop(csv)).body.mapping['Region']).toBeNull();
  });

  test('may be Excel, with its numbers and days, or JSON', async () => {
    const sheet = await writeExcel([
      ['customerNumber', 'Invoice Number', 'invoiceAmount', 'dueDate', 'invoiceDate'].map((value) => ({ value, type: String })),
      [
        { value: '100', type: String },
        { value: 'X1', type: String },
        { value: 12.5, type: Number },
        { value: new Date('2026-03-31T00:00:00Z'), type: Date, format: 'yyyy-mm-dd' },
        { value: 46082, type: Number },
      ],
    ]).toBuffer();
    const view = (await drop(sheet, 'items.xlsx')).body;
    expect(view).toMatchObject({ format: 'xlsx', columns: ['customerNumber', 'Invoice Number', 'invoiceAmount', 'dueDate', 'invoiceDate'] });
    expect((await company.call('POST', `/v1/imports/${view.id}/import`, {})).body).toMatchObject({ created: 1, failed: 0 });
    expect(
      await select('select amount_minor::int as amount, due_on::text as due, invoiced_on::text as invoiced from document where tenant_id = TENANT'),
    ).toEqual([{ amount: 1250, due: '2026-03-31', invoiced: '2026-03-01' }]);
    const json = (await drop(JSON.stringify([{ customerno: '300', email: 'x@acme.example', company: 'X' }]), 'customers.json')).body;
    expect(json).toMatchObject({ kind: 'customers', format: 'json', mapping: { customerno: 'customerno', email: 'emailaddress1', company: 'companyname' } });
    expect((await company.call('POST', `/v1/imports/${json.id}/import`, {})).body).toMatchObject({ created: 1 });
    // what we export, we read: the same invoices, with nothing to do
    const exported = await (await fetch(`${server.url}/v1/exports/invoices?format=csv`, { headers: company.headers })).text();
    const again = (await drop(exported, 'invoices.csv')).body;
    expect(again.mapping).toMatchObject({ Number: 'invoiceNumber', 'Customer number': 'customerNumber', 'Issued on': 'issueDate', 'Due on': 'dueDate' });
    expect((await company.call('POST', `/v1/imports/${again.id}/check`, {})).body).toMatchObject({ created: 0, failed: 0 });
  });

  test('in UTF-16, in Windows-1252 or with quotes is read', async () => {
    const text = 'customerNumber,invoiceNumber,invoiceAmount,itemText\n100,Q1,1,"Größe, ""groß"""\n';
    for (const [n, bytes] of [Buffer.from(text), Buffer.from(`\ufeff${text}`, 'utf16le'), Buffer.from(text, 'latin1')].entries()) {
      const view = (await drop(bytes, `q${n}.csv`)).body;
      expect(view.rows[0]![3]).toBe('Größe, "groß"');
    }
  });

  test.each([
    ['', 422],
    ['\u0000\u0001binary', 415],
    ['PK\u0003\u0004 not a sheet', 422],
    ['[{"a":1}', 400],
    ['a,b\n"open', 422],
  ])('%j is refused', async (bytes, status) => {
    expect((await drop(bytes)).status).toBe(status);
  });

  test('must not map two columns to one attribute, or to what is none', async () => {
    const view = (await drop('a,b\n1,2')).body;
    for (const mapping of [{ a: 'invoiceNumber', b: 'invoiceNumber' }, { a: 'open_minor' }, { a: '__proto__' }])
      expect((await company.call('PUT', `/v1/imports/${view.id}/mapping`, { kind: 'invoices', mapping })).status).toBe(422);
  });
});

describe('an upload taken back', () => {
  const upload = async (rows: unknown) => (await company.call('POST', '/jsonApi/upload/invoices', rows)).body;
  const undo = (id: string) => company.call('POST', `/v1/uploads/${id}/undo`);
  const invoice = (more: Record<string, unknown> = {}) => ({ customerNumber: '100', invoiceNumber: 'U1', invoiceAmount: 100, ...more });

  test('removes what it created and restores what it changed', async () => {
    await upload([invoice({ itemText: 'Paper', region: 'West' })]);
    const before = await documents();
    const second = await upload([
      invoice({ balanceAmount: 30, itemText: 'Changed', region: 'East', own: 1 }),
      invoice({ invoiceNumber: 'U2', balanceAmount: 50 }),
    ]);
    expect((await undo(second.uploadId)).body).toEqual({ removed: 1, restored: 1, keptCount: 0, kept: [] });
    expect(await documents()).toEqual(before);
    expect(await select('select count(*)::int as count from application where tenant_id = TENANT')).toEqual([{ count: 0 }]);
    expect((await undo(second.uploadId)).status).toBe(409);
    expect(await upload([invoice({ balanceAmount: 30, itemText: 'Changed', region: 'East', own: 1 })])).toMatchObject({ updated: 1 });
  });

  test('leaves what was paid, changed or mailed since, and says which and why', async () => {
    const first = await upload([invoice(), invoice({ invoiceNumber: 'U2' }), invoice({ invoiceNumber: 'U3' })]);
    await company.inTenant(async (ctx) => {
      const [document] = await select("select id, customer_id from document where tenant_id = TENANT and number = 'U1'");
      await recordPayment(ctx, {
        customerId: document.customer_id,
        currency: 'USD',
        amountMinor: 1000n,
        method: 'check',
        state: 'settled',
        receivedOn: ctx.clock.today(),
        applications: [{ documentId: document.id, amountMinor: 1000n }],
      });
    });
    await upload([invoice({ invoiceNumber: 'U2', balanceAmount: 10 })]);
    const { body } = await undo(first.uploadId);
    expect(body).toMatchObject({
      removed: 1,
      restored: 0,
      keptCount: 2,
      kept: [
        { number: 'U1', reason: 'paid' },
        { number: 'U2', reason: 'changed' },
      ],
    });
    expect((await documents()).map((d) => d.number)).toEqual(['U1', 'U2']);
  });

  test('works for customers, except those with documents', async () => {
    const made = (
      await company.call('POST', '/jsonApi/upload/customers', [
        { customerno: '300', emailaddress1: 'a@acme.example' },
        { customerno: '100', emailaddress1: 'new@acme.example', companyname: 'New name' },
        { customerno: '400', emailaddress1: 'b@acme.example' },
      ])
    ).body;
    await upload([invoice({ customerNumber: '400' })]);
    expect((await undo(made.uploadId)).body).toMatchObject({ removed: 1, restored: 1, keptCount: 1, kept: [{ number: '400', reason: 'in_use' }] });
    expect(
      await select(
        'select c.number, c.name, t.email from customer c join contact t on t.tenant_id = c.tenant_id and t.customer_id = c.id where c.tenant_id = TENANT order by 1',
      ),
    ).toEqual([
      { number: '100', name: 'c100@acme.example', email: 'c100@acme.example' },
      { number: '200', name: 'c200@acme.example', email: 'c200@acme.example' },
      { number: '400', name: 'b@acme.example', email: 'b@acme.example' },
    ]);
  });

  test('of a request that created customers takes those back, too', async () => {
    const made = (await company.call('POST', '/jsonApi/upload/invoices?createCustomers=true', [invoice({ customerNumber: 'N1', customerName: 'New' })])).body;
    expect((await undo(made.uploadId)).body).toMatchObject({ removed: 2, keptCount: 0 });
    expect(await select("select number from customer where tenant_id = TENANT and number = 'N1'")).toEqual([]);
  });
});
