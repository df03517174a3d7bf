import { request } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { recordPayment } from '../../server/modules/receivables/index.ts';
import { type Company, startServer, type TestServer } from '../support/server.ts';

let server: TestServer;
let company: Company;

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());
let companies = 0;
beforeEach(async () => {
  company = await server.company({ email: `admin-${companies++}@northwind.example` });
});

/** The guide's two example bodies. */
const guideCustomer = {
  companyname: 'Acme Corp',
  firstname: 'Ann',
  lastname: 'Archer',
  phoneno: '+1 212 555 0100',
  emailaddress1: 'ap@acme.example',
  customerno: '0000100045',
  cocode: '1000',
};
const guideInvoice = {
  companyCode: '1000',
  profitCenter: 'PC01',
  customerName: 'Acme Corp',
  customerNumber: '0000100045',
  accountingDocNumber: '1400000001',
  invoiceNumber: '9000001',
  postDate: '2026-02-01',
  dueDate: '2026-03-03',
  paymentTerms: 'Net 30',
  documentType: 'RV',
  postingKey: '01',
  debitCreditIndicator: 'S',
  balanceAmount: '12112',
  billAddr: { line1: '1 Main Street', city: 'Springfield', state: 'IL', zip: '62701' },
  shipAddr: null,
  currency: 'USD',
  invoiceAmount: 12112,
  reasonCode: '',
  reasonCodeDescription: '',
  fiscalYear: '2026',
  invoiceDate: '2026-02-01',
  reference1: 'PO-7',
  reference2: '',
  localAmount: 12112,
  itemText: 'Paper',
  fiscalPeriod: '02',
  issueDate: '2026-02-01',
  soldTo: '',
  lineItem: '001',
  referenceDocNo: '',
  status: 'open',
};
const invoice = (more: Record<string, unknown> = {}) => ({
  customerNumber: '0000100045',
  invoiceNumber: 'A1',
  invoiceAmount: 100,
  invoiceDate: '2026-02-01',
  ...more,
});

const upload = async (rows: unknown, query = '', headers = {}) => (await company.call('POST', `/jsonApi/upload/invoices${query}`, rows, headers)).body;
const withCustomer = async () => void (await company.call('POST', '/jsonApi/upload/customers', guideCustomer));
const select = async (text: string) => (await server.db.admin.query(text.replaceAll('TENANT', `'${company.tenantId}'`))).rows;
const documents = () =>
  select(
    'select number, kind, state, amount_minor::int as amount, open_minor::int as open, due_on::text as due from document where tenant_id = TENANT order by number',
  );
/** Total less everything applied is what is open, for each document and payment. */
const booksClose = async () =>
  expect(
    await select(`select number from document d where tenant_id = TENANT and total_minor - open_minor <> coalesce((select sum(case when a.document_id = d.id then a.amount_minor else 0 end)
      + sum(case when a.credit_id = d.id then a.amount_minor else 0 end) from application a where a.tenant_id = d.tenant_id and (a.document_id = d.id or a.credit_id = d.id)), 0)
      union all select number from payment p where tenant_id = TENANT and state <> 'returned' and applied_minor <> coalesce((select sum(amount_minor) from application a where a.tenant_id = p.tenant_id and a.payment_id = p.id), 0)`),
  ).toEqual([]);

describe('the example bodies of the guide', () => {
  test('create a customer and an invoice, as single objects, with every attribute kept', async () => {
    const customer = await company.call('POST', '/jsonApi/upload/customers', guideCustomer);
    expect(customer.body).toMatchObject({ success: true, received: 1, created: 1, failed: 0, results: [{ index: 0, key: '0000100045', status: 'created' }] });
    const made = await upload(guideInvoice);
    expect(made).toMatchObject({ success: true, received: 1, created: 1, results: [{ status: 'created', key: '9000001' }] });
    const shown = await company.call('GET', `/v1/invoices/${made.results[0].id}`);
    expect(shown.body).toMatchObject({
      number: '9000001',
      dueOn: '2026-03-03',
      companyCode: '1000',
      profitCenter: 'PC01',
      reference1: 'PO-7',
      billAddress: { postalCode: '62701' },
    });
    await booksClose();
  });

  test('sent again are unchanged and write nothing', async () => {
    await withCustomer();
    await upload(guideInvoice);
    const before = await select('select xmin::text, updated_at from document where tenant_id = TENANT');
    expect(await upload(guideInvoice)).toMatchObject({ created: 0, updated: 0, unchanged: 1 });
    expect((await company.call('POST', '/jsonApi/upload/customers', guideCustomer)).body).toMatchObject({ unchanged: 1 });
    expect(await select('select xmin::text, updated_at from document where tenant_id = TENANT')).toEqual(before);
  });

  test('written in another order are unchanged, too', async () => {
    await withCustomer();
    await upload(guideInvoice);
    expect(await upload(Object.fromEntries(Object.entries(guideInvoice).reverse()))).toMatchObject({ unchanged: 1 });
    expect(await select('select * from document_change where tenant_id = TENANT')).toEqual([]);
  });
});

describe('what a row does', () => {
  beforeEach(withCustomer);

  test('a lower balance is applied by the source system, with before and after', async () => {
    await upload(invoice());
    expect(await upload([invoice({ balanceAmount: '12.00' })])).toMatchObject({ updated: 1 });
    expect(await documents()).toMatchObject([{ amount: 10000, open: 1200 }]);
    expect(await select('select before, after from document_change where tenant_id = TENANT')).toEqual([
      { before: { open_minor: 10000 }, after: { open_minor: 1200 } },
    ]);
    await booksClose();
  });

  test('a missing attribute stays, null clears it', async () => {
    await upload(invoice({ itemText: 'Paper', reference1: 'PO', salesRep: 'Kim', dueDate: '2026-05-01' }));
    await upload(invoice({ reference1: null, region: 'West' }));
    expect(await select('select item_text, reference1, custom, due_on::text as due from document where tenant_id = TENANT')).toEqual([
      { item_text: 'Paper', reference1: null, custom: { salesRep: 'Kim', region: 'West' }, due: '2026-05-01' },
    ]);
  });

  test("terms give the due date, else the company's days", async () => {
    await upload([
      invoice({ invoiceNumber: 'B1', paymentTerms: '2/10 net 45' }),
      invoice({ invoiceNumber: 'B2' }),
      invoice({ invoiceNumber: 'B3', paymentTerms: 'Z001' }),
    ]);
    expect((await documents()).map((d) => d.due)).toEqual(['2026-03-18', '2026-03-03', '2026-03-03']);
  });

  test('credits are credits, and a void is kept with nothing open', async () => {
    await upload([
      invoice({ invoiceNumber: 'C1', debitCreditIndicator: 'H', balanceAmount: '40' }),
      invoice({ invoiceNumber: 'C2', documentType: 'DZ' }),
      invoice({ invoiceNumber: 'C3', status: 'cancelled' }),
    ]);
    expect(await documents()).toMatchObject([
      { kind: 'credit_memo', state: 'open', amount: 10000, open: 4000 },
      { kind: 'payment_on_account', state: 'open', open: 10000 },
      { kind: 'invoice', state: 'void', open: 0 },
    ]);
    expect(await upload([invoice({ invoiceNumber: 'C1' })])).toMatchObject({ failed: 1, results: [{ errors: [{ code: 'direction_changed' }] }] });
    await booksClose();
  });

  test('bad rows keep their errors, and good rows are taken', async () => {
    const answer = await upload([
      invoice(),
      7,
      { ...invoice({ invoiceNumber: 'A2' }), invoiceAmount: 'x', dueDate: '2026-02-30' },
      invoice({ customerNumber: '999' }),
      invoice({ invoiceNumber: 'A3' }),
    ]);
    expect(answer).toMatchObject({ success: true, received: 5, created: 2, failed: 3 });
    expect(
      answer.results.map((row: { status: string; errors?: { field: string; code: string }[] }) => [
        row.status,
        ...(row.errors ?? []).map((e) => `${e.field} ${e.code}`),
      ]),
    ).toEqual([
      ['created'],
      ['error', ' not_an_object'],
      ['error', 'invoiceAmount not_a_number', 'dueDate invalid_date'],
      ['error', 'customerNumber unknown_customer'],
      ['created'],
    ]);
    const kept = await company.call('GET', `/v1/uploads/${answer.uploadId}`);
    expect(kept.body).toMatchObject({ received: 5, failed: 3, errors: [{ index: 1 }, { index: 2, key: 'A2' }, { index: 3 }] });
    expect((await upload([invoice({ customerNumber: '999' })])).success).toBe(false);
  });

  test('customers are found without leading zeros, by company code, and created when asked', async () => {
    await company.call('POST', '/jsonApi/upload/customers', [
      { ...guideCustomer, customerno: '7', cocode: 'A' },
      { ...guideCustomer, customerno: '7', cocode: 'B' },
      { ...guideCustomer, customerno: '007', cocode: '' },
    ]);
    const rows = [
      invoice({ customerNumber: '100045', invoiceNumber: '1' }),
      invoice({ customerNumber: '7', companyCode: 'B', invoiceNumber: '2' }),
      invoice({ customerNumber: '7', invoiceNumber: '3' }),
      invoice({ customerNumber: '7', companyCode: 'C', invoiceNumber: '4' }),
      invoice({ customerNumber: '0007', invoiceNumber: '5' }),
    ];
    const answer = await upload(rows);
    expect(answer.results.map((row: { errors?: { code: string }[] }) => row.errors?.[0]?.code)).toEqual([
      undefined,
      undefined,
      'ambiguous_customer',
      'company_code_mismatch',
      'unknown_customer',
    ]);
    expect(
      await upload([invoice({ customerNumber: 'NEW', customerName: 'New Ltd' }), invoice({ customerNumber: 'NONAME' })], '?createCustomers=true'),
    ).toMatchObject({ created: 1, failed: 1 });
    expect(await select("select name from customer where tenant_id = TENANT and number = 'NEW'")).toEqual([{ name: 'New Ltd' }]);
  });

  test('of two rows with one key the last wins, in one batch and across uploads, with a warning', async () => {
    const answer = await upload([invoice({ itemText: 'first', reference1: 'kept' }), invoice({ itemText: 'second' })]);
    expect(answer).toMatchObject({
      created: 1,
      unchanged: 1,
      results: [{ warnings: [{ code: 'duplicate_in_request', message: expect.stringContaining('Row 2') }] }, { status: 'created' }],
    });
    expect(await select('select item_text, reference1 from document where tenant_id = TENANT')).toEqual([{ item_text: 'second', reference1: 'kept' }]);
  });

  test("the ledger's number finds a document whose invoice number has changed", async () => {
    const ledger = { accountingDocNumber: '14', fiscalYear: '2026' };
    await upload(invoice(ledger));
    expect(await upload(invoice({ ...ledger, invoiceNumber: 'RENAMED' }))).toMatchObject({ updated: 1 });
    expect((await documents()).map((d) => d.number)).toEqual(['RENAMED']);
  });

  test('a number that another customer has is taken with a warning', async () => {
    await company.call('POST', '/jsonApi/upload/customers', { ...guideCustomer, customerno: 'other' });
    await upload(invoice());
    expect(await upload(invoice({ customerNumber: 'other' }))).toMatchObject({ created: 1, results: [{ warnings: [{ code: 'same_number_other_customer' }] }] });
  });

  test('warnings of an unchanged row are said again', async () => {
    const row = invoice({ status: 'odd' });
    await upload(row);
    expect(await upload(row)).toMatchObject({ unchanged: 1, results: [{ warnings: [{ code: 'unknown_status' }] }] });
  });
});

describe('many rows', () => {
  beforeEach(withCustomer);

  test('sent again are unchanged, and whatever differs is noticed', async () => {
    const rows = Array.from({ length: 4300 }, (_, i) => invoice({ invoiceNumber: `M${String(i).padStart(5, '0')}`, ...(i === 4100 && { status: 'odd' }) }));
    expect(await upload(rows)).toMatchObject({ created: 4300, failed: 0 });
    const written = await select('select max(updated_at)::text as at, count(*)::int as n from document where tenant_id = TENANT');
    const again = await upload(rows);
    expect(again).toMatchObject({ received: 4300, created: 0, updated: 0, unchanged: 4300, failed: 0 });
    expect(again.results).toHaveLength(4300);
    expect(again.results[17]).toEqual({ index: 17, key: 'M00017', status: 'unchanged' });
    // warnings are said again
    expect(again.results[4100].warnings).toMatchObject([{ code: 'unknown_status' }]);
    expect(await upload(rows.toReversed())).toMatchObject({ unchanged: 4300 });
    expect(await select('select max(updated_at)::text as at, count(*)::int as n from document where tenant_id = TENANT')).toEqual(written);

    const one = (n: number, more: object) => rows.with(n, { ...rows[n]!, ...more });
    expect(await upload(one(3000, { invoiceAmount: 150 }))).toMatchObject({ updated: 1, unchanged: 4299 });
    expect(await upload(rows)).toMatchObject({ updated: 1, unchanged: 4299 });
    expect(await upload(one(1000, { invoiceAmount: 'x' }))).toMatchObject({ failed: 1, unchanged: 4299 });
    // of rows with one key the last wins, also when it says what is here already
    const twice = await upload(rows.toSpliced(2500, 0, { ...rows[2500]!, invoiceAmount: 999 }));
    expect(twice).toMatchObject({ received: 4301, updated: 0, unchanged: 4301 });
    expect(twice.results[2500].warnings).toMatchObject([{ code: 'duplicate_in_request' }]);
    const repeated = await upload(rows.toSpliced(100, 0, rows[100]!));
    expect(repeated).toMatchObject({ received: 4301, unchanged: 4301 });
    expect(repeated.results[100].warnings).toMatchObject([{ code: 'duplicate_in_request' }]);
    expect(await upload(rows.toSpliced(900, 0, { ...rows[4000]!, invoiceAmount: 999 }))).toMatchObject({ updated: 2, unchanged: 4299 });
    expect((await documents())[4000]).toMatchObject({ number: 'M04000', amount: 10000 });
    expect(await select('select count(*)::int as n from document where tenant_id = TENANT and amount_minor <> 10000')).toEqual([{ n: 0 }]);

    const text = JSON.stringify(rows);
    for (const [body, where] of [
      [text.replace('M03000"', 'M03000"x'), 'row 3001'],
      [text.replace(/("M01500"[^}]*\})/, '$1 x'), 'row 1501'],
      [text.slice(0, -1), 'too early'],
    ] as const) {
      const { status, body: problem } = await company.call('POST', '/jsonApi/upload/invoices', body);
      expect([status, problem.code, problem.detail]).toEqual([400, 'malformed_json', expect.stringContaining(where)]);
    }
    await booksClose();
  });
});

describe('a snapshot', () => {
  beforeEach(withCustomer);

  test('closes what it does not name, in its company codes only, and documents made by hand stay', async () => {
    await upload([invoice({ companyCode: '1000' }), invoice({ companyCode: '1000', invoiceNumber: 'A2' }), invoice({ companyCode: '', invoiceNumber: 'A3' })]);
    const answer = await upload([invoice({ companyCode: '1000' })], '?snapshot=true');
    expect(answer).toMatchObject({ unchanged: 1, closed: 1 });
    expect((await documents()).map((d) => [d.number, d.state])).toEqual([
      ['A1', 'open'],
      ['A2', 'closed'],
      ['A3', 'open'],
    ]);
    expect(await upload([invoice({ companyCode: '1000', invoiceNumber: 'A2', balanceAmount: 100 })])).toMatchObject({ updated: 1 });
    await booksClose();
  });

  test('closes nothing while a row does not say what it is about, and a row with other errors counts as named', async () => {
    await upload([invoice({ companyCode: '1000' }), invoice({ companyCode: '1000', invoiceNumber: 'A2' })]);
    expect(await upload([invoice({ companyCode: '1000', invoiceNumber: null })], '?snapshot=true')).toMatchObject({
      closed: 0,
      warnings: [{ code: 'snapshot_incomplete' }],
    });
    expect(
      await upload([invoice({ companyCode: '1000', invoiceAmount: 'x' }), invoice({ companyCode: '1000', invoiceNumber: 'A2' })], '?snapshot=true'),
    ).toMatchObject({ closed: 0, failed: 1 });
  });
});

describe('payments taken here', () => {
  beforeEach(withCustomer);

  const pay = (amountMinor: bigint) =>
    company.inTenant(async (ctx) => {
      const [document] = await select("select id, customer_id from document where tenant_id = TENANT and number = 'A1'");
      const today = ctx.clock.today();
      return recordPayment(ctx, {
        customerId: document.customer_id,
        currency: 'USD',
        amountMinor,
        method: 'card',
        state: 'settled',
        receivedOn: today,
        applications: [{ documentId: document.id, amountMinor }],
      });
    });
  const payments = () => select('select applied_minor::int as applied, unapplied_minor::int as unapplied from payment where tenant_id = TENANT');

  test('stay on top of a balance that has not counted them, and are confirmed by one that has', async () => {
    await upload(invoice());
    await pay(6000n);
    await upload(invoice({ balanceAmount: '100', reference1: 'again' }));
    expect(await documents()).toMatchObject([{ open: 4000 }]);
    await upload(invoice({ balanceAmount: '40' }));
    expect(await documents()).toMatchObject([{ open: 4000 }]);
    expect(await payments()).toEqual([{ applied: 6000, unapplied: 0 }]);
    expect(await select('select provisional from application where tenant_id = TENANT and payment_id is not null')).toEqual([{ provisional: false }]);
    await booksClose();
  });

  test('become unapplied cash as far as the source system leaves no room for them', async () => {
    await upload(invoice());
    await pay(6000n);
    await upload(invoice({ balanceAmount: '50' }));
    expect(await documents()).toMatchObject([{ open: 0, state: 'closed' }]);
    expect(await payments()).toEqual([{ applied: 5000, unapplied: 1000 }]);
    await booksClose();
  });

  test('become unapplied cash when the source system cancels the invoice', async () => {
    await upload(invoice());
    await pay(6000n);
    await upload(invoice({ status: 'void' }));
    expect(await documents()).toMatchObject([{ open: 0, state: 'void' }]);
    expect(await payments()).toEqual([{ applied: 0, unapplied: 6000 }]);
    await booksClose();
  });

  test('are exported with what they pay', async () => {
    await upload(invoice());
    await pay(6000n);
    const { body } = await company.call('GET', '/jsonApi/export/payments?since=2026-01-01');
    expect(body).toMatchObject({
      payments: [
        {
          customerNumber: '0000100045',
          companyCode: '1000',
          amount: '60.00',
          currency: 'USD',
          method: 'card',
          applications: [{ invoiceNumber: 'A1', amount: '60.00' }],
        },
      ],
      nextCursor: null,
    });
    expect((await company.call('GET', '/jsonApi/export/payments?since=2027-01-01')).body.payments).toEqual([]);
  });
});

describe('a request', () => {
  beforeEach(withCustomer);

  test('with a malformed or cut body is refused whole, with line and column, and leaves nothing', async () => {
    const text = JSON.stringify([invoice(), invoice({ invoiceNumber: 'A2' })], null, 1);
    for (const body of [text.slice(0, -1), text.replace('"A2"', 'A2'), `${text}x`, '', '[', 'null', '"text"']) {
      const { status, body: problem } = await company.call('POST', '/jsonApi/upload/invoices', body);
      expect([status, problem.code, typeof problem.line, typeof problem.column], body).toEqual([400, 'malformed_json', 'number', 'number']);
    }
    expect(await documents()).toEqual([]);
    expect(await select("select * from upload where tenant_id = TENANT and kind = 'invoices'")).toEqual([]);
  });

  test('whose connection ends before the body does leaves nothing', async () => {
    const text = JSON.stringify(Array.from({ length: 200 }, (_, i) => invoice({ invoiceNumber: `A${i}` })));
    await new Promise<void>((resolve) => {
      const call = request(`${server.url}/jsonApi/upload/invoices`, {
        method: 'POST',
        headers: { ...company.headers, 'content-length': Buffer.byteLength(text) },
      });
      call.on('error', () => resolve());
      call.write(text.slice(0, text.length / 2), () => call.destroy());
    });
    // one that has closed only its own side is told
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    const head = ['POST /jsonApi/upload/invoices HTTP/1.1', 'Host: localhost', `Content-Length: ${text.length}`];
    const secrets = Object.entries(company.headers).map(([name, value]) => `${name}: ${value}`);
    socket.end(`${[...head, ...secrets].join('\r\n')}\r\n\r\n${text.slice(0, text.length / 2)}`);
    const told = (await socket.toArray()).join('');
    expect(told).toMatch(/^HTTP\/1\.1 400 [\s\S]*application\/problem\+json[\s\S]*"code":"body_cut"/);
    expect(await upload(invoice())).toMatchObject({ created: 1 });
    expect(await documents()).toHaveLength(1);
  });

  test('without the right credentials is 401', async () => {
    for (const headers of [{ api_key: 'x', api_secret: 'y' }, { api_key: company.headers['api_key']!, api_secret: 'y' }, {}]) {
      const response = await fetch(`${server.url}/jsonApi/upload/invoices`, { method: 'POST', body: '[]', headers: headers as Record<string, string> });
      expect(response.status).toBe(401);
    }
  });

  test('that is too large is 413, by its announced size and by its rows', async () => {
    const { config } = server.platform;
    const before = { bytes: config.uploadMaxBytes, rows: config.uploadMaxRows };
    try {
      config.uploadMaxRows = 2;
      expect((await company.call('POST', '/jsonApi/upload/invoices', [invoice(), invoice(), invoice()])).status).toBe(413);
      config.uploadMaxBytes = 50;
      expect((await company.call('POST', '/jsonApi/upload/invoices', [invoice()])).status).toBe(413);
    } finally {
      config.uploadMaxBytes = before.bytes;
      config.uploadMaxRows = before.rows;
    }
    expect(await documents()).toEqual([]);
  });

  test('with a key is answered again for the same body, and refused for another', async () => {
    const headers = { 'idempotency-key': 'one' };
    const first = await company.call('POST', '/jsonApi/upload/invoices', [invoice()], headers);
    const second = await company.call('POST', '/jsonApi/upload/invoices', [invoice()], headers);
    expect(second.body).toEqual(first.body);
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect((await company.call('POST', '/jsonApi/upload/invoices', [invoice({ invoiceNumber: 'A2' })], headers)).status).toBe(422);
    expect(await documents()).toHaveLength(1);
    const parallel = await Promise.all(
      Array.from({ length: 5 }, () => company.call('POST', '/jsonApi/upload/invoices', [invoice({ invoiceNumber: 'P' })], { 'idempotency-key': 'two' })),
    );
    expect(new Set(parallel.map((answer) => answer.body.uploadId)).size).toBe(1);
  });

  test('above 10,000 rows lists only rows with something to say, or all when asked', async () => {
    const rows = Array.from({ length: 10_050 }, (_, i) => invoice({ invoiceNumber: `N${i}`, ...(i === 7000 ? { invoiceAmount: 'x' } : {}) }));
    const answer = await upload(rows);
    expect(answer).toMatchObject({ received: 10_050, created: 10_049, failed: 1 });
    expect(answer.results).toMatchObject([{ index: 7000, status: 'error' }]);
    const all = await upload(rows, '?results=all');
    expect(all).toMatchObject({ unchanged: 10_049, failed: 1 });
    expect(all.results).toHaveLength(10_050);
    await booksClose();
  });

  test('sent twice at once by two senders makes each document once', async () => {
    const rows = Array.from({ length: 50 }, (_, i) => invoice({ invoiceNumber: `T${i}` }));
    const answers = await Promise.all([upload(rows), upload([...rows].reverse()), upload(rows)]);
    expect(answers.reduce((sum, answer) => sum + answer.created, 0)).toBe(50);
    expect(await documents()).toHaveLength(50);
  });

  test('with hostile values gets a clear answer for each', async () => {
    const hostile = [
      `{"customerNumber":"0000100045","invoiceNumber":"H1","invoiceAmount":1e400}`,
      `{"customerNumber":"0000100045","invoiceNumber":"H2","invoiceAmount":1,"__proto__":{"x":1},"constructor":2}`,
      `{"customerNumber":"0000100045","invoiceNumber":"H3","invoiceAmount":1,"invoiceAmount":2}`,
      `{"customerNumber":"0000100045","invoiceNumber":"H4\\u0000","invoiceAmount":1}`,
      `{"customerNumber":"0000100045","invoiceNumber":"H5","invoiceAmount":1,"itemText":"\\ud800"}`,
      `{"customerNumber":"0000100045","invoiceNumber":"H6","invoiceAmount":1,"own":${'['.repeat(1000)}${']'.repeat(1000)}}`,
      `{"customerNumber":"0000100045","invoiceNumber":"H7","invoiceAmount":1,"itemText":"${'x'.repeat(10_000_000)}"}`,
      `{"customerNumber":"0000100045","invoiceNumber":"H8","invoiceAmount":"1","itemText":"tab\\t and \\\\ and \\n line","reference1":"\\\\N"}`,
    ];
    const answer = await upload(`[${hostile.join(',')}]`);
    expect(answer.results.map((row: { status: string; errors?: { code: string }[] }) => row.errors?.[0]?.code ?? row.status)).toEqual([
      'not_a_number',
      'created',
      'duplicate_key',
      'invalid_character',
      'invalid_character',
      'nested_too_deep',
      'row_too_long',
      'created',
    ]);
    expect(await select("select item_text, reference1 from document where tenant_id = TENANT and number = 'H8'")).toEqual([
      { item_text: 'tab\t and \\ and \n line', reference1: '\\N' },
    ]);
  });
});

describe('customers', () => {
  test('addresses of uploads follow the upload, those of people stay', async () => {
    await withCustomer();
    const [{ id }] = await select('select id from customer where tenant_id = TENANT');
    expect((await company.call('POST', `/v1/customers/${id}/contacts`, { email: 'hand@acme.example' })).status).toBe(201);
    expect(
      (
        await company.call('POST', '/jsonApi/upload/customers', {
          ...guideCustomer,
          companyname: 'Acme Ltd',
          emailaddress1: 'new@acme.example, cc@acme.example',
        })
      ).body,
    ).toMatchObject({ updated: 1 });
    expect(await select('select email, is_primary from contact where tenant_id = TENANT order by email')).toEqual([
      { email: 'cc@acme.example', is_primary: false },
      { email: 'hand@acme.example', is_primary: false },
      { email: 'new@acme.example', is_primary: true },
    ]);
    expect(await select('select name from customer where tenant_id = TENANT')).toEqual([{ name: 'Acme Ltd' }]);
  });
});
