// biome-ignore-all lint/suspicious/noExplicitAny: the stories read whatever field of an answer they are about
import { inflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../tests/support/database.ts';
import { createHttp, type Listening, listen } from '../../platform/http/server.ts';
import { endpoints as customerEndpoints } from '../customers/index.ts';
import { authenticate, createApiKey } from '../identity/index.ts';
import { createInvoice, endpoints } from './index.ts';

let db: TestDatabase;
let http: Listening;
let tenantId: string;
let call: (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<{ status: number; body: any; text: string; bytes: Buffer; headers: Headers }>;

beforeAll(async () => {
  db = await testDatabase();
  db.clock.set('2026-03-15T12:00:00Z');
  const platform = db.platform();
  http = await listen(createHttp(platform, [...customerEndpoints, ...endpoints], authenticate), 0, '127.0.0.1');
  tenantId = await db.tenant({ timezone: 'UTC' });
  const { apiKey, apiSecret } = await db.inTenant(tenantId, (ctx) => createApiKey(ctx, { name: 'Test', role: 'manager' }));
  call = async (method, path, body, headers = {}) => {
    const response = await fetch(`http://127.0.0.1:${http.port}${path}`, {
      method,
      headers: { api_key: apiKey, api_secret: apiSecret, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    const text = bytes.toString();
    return {
      status: response.status,
      text,
      bytes,
      headers: response.headers,
      body: /json/.test(response.headers.get('content-type') ?? '') ? JSON.parse(text) : null,
    };
  };
});
afterAll(async () => {
  await http.stop();
  await db.close();
});

const usd = (amount: string) => ({ amount, currency: 'USD' });
let counter = 0;
async function customer(values: object = {}) {
  counter += 1;
  const answer = await call('POST', '/v1/customers', {
    number: `K${String(counter).padStart(4, '0')}`,
    companyName: `Harbor Goods ${counter}`,
    contacts: [{ email: `ap${counter}@harbor.test` }],
    ...values,
  });
  expect(answer.status).toBe(201);
  return answer.body;
}
async function invoice(customerId: string, amount: string, values: object = {}) {
  const answer = await call('POST', '/v1/invoices', { customerId, amount: usd(amount), issuedOn: '2026-02-01', dueOn: '2026-03-01', ...values });
  expect(answer.status).toBe(201);
  return answer.body;
}

describe('customers over the API', () => {
  it('are created, read, changed, categorized, paused, archived', async () => {
    const made = await customer({ firstName: 'Anna' });
    expect(made).toMatchObject({ name: made.companyName, contacts: [{ isPrimary: true, purposes: ['billing'] }] });
    expect((await call('POST', '/v1/customers', { number: made.number })).body.code).toBe('customer_number_taken');
    const changed = await call('PATCH', `/v1/customers/${made.id}`, { companyName: null, phone: '+1 555 0100' });
    expect(changed.body).toMatchObject({ name: 'Anna', phone: '+1 555 0100' });
    const vip = (await call('POST', '/v1/categories', { name: 'VIP customers' })).body;
    expect((await call('POST', '/v1/categories', { name: 'vip CUSTOMERS' })).status).toBe(409);
    expect((await call('POST', '/v1/customers/categorize', { customerIds: [made.id], add: [vip.id] })).body).toEqual({ added: 1, removed: 0 });
    expect((await call('PUT', `/v1/customers/${made.id}/pause`, { until: '2026-03-14' })).status).toBe(422);
    expect((await call('PUT', `/v1/customers/${made.id}/pause`, { until: '2026-04-01', reason: 'Promise' })).body.pausedUntil).toBe('2026-04-01');
    const list = await call('GET', `/v1/customers?categoryId=${vip.id}&paused=true&sort=-name`);
    expect(list.body.items.map((item: any) => item.id)).toEqual([made.id]);
    expect((await call('POST', `/v1/customers/${made.id}/archive`)).body.archivedAt).not.toBeNull();
    expect((await call('GET', `/v1/customers?categoryId=${vip.id}`)).body.items).toEqual([]);
    expect((await call('GET', '/v1/customers?status=archived')).body.items).toHaveLength(1);
  });

  it('have one primary contact whatever is added and removed', async () => {
    const made = await customer();
    const second = (await call('POST', `/v1/customers/${made.id}/contacts`, { email: 'cfo@Harbor.TEST', isPrimary: true })).body;
    expect(second).toMatchObject({ email: 'cfo@harbor.test', isPrimary: true });
    const primaries = async () =>
      (await call('GET', `/v1/customers/${made.id}/contacts`)).body.items.filter((contact: any) => contact.isPrimary).map((contact: any) => contact.email);
    expect(await primaries()).toEqual(['cfo@harbor.test']);
    expect((await call('POST', `/v1/customers/${made.id}/contacts`, { email: 'CFO@harbor.test' })).status).toBe(409);
    expect((await call('POST', `/v1/customers/${made.id}/contacts`, { email: 'a@b.test, evil@bad.test' })).status).toBe(422);
    expect((await call('DELETE', `/v1/customers/${made.id}/contacts/${second.id}`)).status).toBe(204);
    expect(await primaries()).toHaveLength(1);
  });

  it('are found by the beginnings of words, and invoices by the beginning of the number', async () => {
    const made = await customer({ companyName: 'Zebra Crossing Ltd' });
    await invoice(made.id, '10.00', { number: 'ZX-77' });
    const found = (await call('GET', '/v1/search?q=cross%20zeb')).body;
    expect(found.customers.map((one: any) => one.name)).toEqual(['Zebra Crossing Ltd']);
    expect((await call('GET', '/v1/search?q=zx-7')).body.invoices.map((one: any) => one.number)).toEqual(['ZX-77']);
    expect((await call('GET', "/v1/search?q='%20%7C%20!%3A*%20%26%20(")).body).toEqual({ customers: [], invoices: [] });
  });
});

describe('invoices over the API', () => {
  it('an Idempotency-Key makes one invoice of two requests', async () => {
    const made = await customer();
    const body = { customerId: made.id, amount: usd('12.00') };
    const first = await call('POST', '/v1/invoices', body, { 'idempotency-key': 'one' });
    const second = await call('POST', '/v1/invoices', body, { 'idempotency-key': 'one' });
    expect(second.body.id).toBe(first.body.id);
    expect(first.body).toMatchObject({ issuedOn: '2026-03-15', dueOn: '2026-04-14', number: expect.stringMatching(/^INV-\d{6}$/) });
  });

  it('amounts must fit their currency', async () => {
    const made = await customer();
    expect((await call('POST', '/v1/invoices', { customerId: made.id, amount: { amount: '10.5', currency: 'JPY' } })).status).toBe(422);
    expect((await call('POST', '/v1/invoices', { customerId: made.id, amount: usd('10.005') })).status).toBe(422);
    expect((await call('POST', '/v1/invoices', { customerId: made.id, amount: usd('0.00') })).status).toBe(422);
    const kuwait = await call('POST', '/v1/invoices', { customerId: made.id, amount: { amount: '10.005', currency: 'KWD' } });
    expect(kuwait.body.open).toEqual({ amount: '10.005', currency: 'KWD' });
  });

  it('a recorded payment pays the oldest invoices and can be undone', async () => {
    const made = await customer();
    const late = await invoice(made.id, '100.00', { dueOn: '2026-03-20' });
    const early = await invoice(made.id, '100.00', { dueOn: '2026-02-20' });
    const paid = await call('POST', '/v1/payments', { customerId: made.id, amount: usd('150.00'), method: 'check', reference: 'Check 2041', autoApply: true });
    expect(paid.body).toMatchObject({ applied: usd('150.00'), unapplied: usd('0.00'), state: 'settled' });
    expect((await call('GET', `/v1/invoices/${early.id}`)).body).toMatchObject({ state: 'closed', open: usd('0.00') });
    expect((await call('GET', `/v1/invoices/${late.id}`)).body).toMatchObject({ state: 'open', open: usd('50.00'), daysOverdue: 0 });
    const application = paid.body.applications.find((one: any) => one.invoiceId === early.id);
    expect((await call('POST', `/v1/applications/${application.id}/undo`, {})).status).toBe(200);
    expect((await call('GET', `/v1/payments/${paid.body.id}`)).body.unapplied).toEqual(usd('100.00'));
    const returned = await call('POST', `/v1/payments/${paid.body.id}/return`, { reason: 'Check bounced' });
    expect(returned.body).toMatchObject({ state: 'returned', returnedReason: 'Check bounced' });
    expect((await call('GET', `/v1/customers/${made.id}/aging`)).body.currencies).toMatchObject([
      { open: '200.00', overdue: '100.00', days1To30: '100.00', current: '100.00' },
    ]);
  });

  it('a credit memo is applied, a rest is written off, and the invoice voided', async () => {
    const made = await customer();
    const one = await invoice(made.id, '100.00');
    const credit = (await call('POST', '/v1/credit-memos', { customerId: made.id, amount: usd('30.00'), reasonText: 'Damaged' })).body;
    expect((await call('POST', `/v1/credit-memos/${credit.id}/apply`, { applications: [{ invoiceId: one.id }] })).body.open).toEqual(usd('0.00'));
    expect((await call('POST', `/v1/invoices/${one.id}/write-off`, { amount: usd('0.50'), reason: 'Small difference' })).body.open).toEqual(usd('69.50'));
    expect((await call('POST', `/v1/invoices/${one.id}/void`, { reason: 'Issued twice' })).body).toMatchObject({ state: 'void', open: usd('0.00') });
    expect((await call('GET', `/v1/credit-memos/${credit.id}`)).body.open).toEqual(usd('30.00'));
    expect((await call('GET', `/v1/invoices/${credit.id}`)).status).toBe(404);
  });

  it('its PDF is drawn by us when the source gave none', async () => {
    const made = await customer();
    const one = await invoice(made.id, '100.00', { itemText: 'Two pallets of rope' });
    const pdf = await call('GET', `/v1/invoices/${one.id}/pdf`);
    expect(pdf.headers.get('content-type')).toBe('application/pdf');
    expect(pdf.bytes.subarray(0, 5).toString()).toBe('%PDF-');
  });
});

describe('lists', () => {
  const numbers = (answer: { body: any }) => answer.body.items.map((item: any) => item.number);

  it('every filter, order and page size shows the same rows as the plain definition', async () => {
    const own = await db.tenant({ timezone: 'UTC' });
    const { apiKey, apiSecret } = await db.inTenant(own, (ctx) => createApiKey(ctx, { name: 'Test', role: 'viewer' }));
    const as = { api_key: apiKey, api_secret: apiSecret };
    const ids: string[] = [];
    for (let n = 0; n < 3; n++)
      ids.push(
        await db.inTenant(own, async (ctx) => (await import('../customers/index.ts')).createCustomer(ctx, { number: `L${n}`, companyName: `List ${n}` })),
      );
    await db.inTenant(own, async (ctx) => {
      for (let n = 0; n < 60; n++)
        await createInvoice(ctx, {
          customerId: ids[n % 3]!,
          number: `N-${String((n * 7919) % 100).padStart(2, '0')}`,
          currency: n % 10 === 0 ? 'EUR' : 'USD',
          amountMinor: BigInt(100 + ((n * 37) % 11)),
          issuedOn: Temporal.PlainDate.from('2026-01-01'),
          dueOn: Temporal.PlainDate.from('2026-03-01').add({ days: (n * 5) % 29 }),
        });
    });
    const all = (await call('GET', '/v1/invoices?state=all&limit=200&sort=number', undefined, as)).body.items;
    expect(all).toHaveLength(60);
    const cases: [string, (item: any) => boolean][] = [
      ['state=open', () => true],
      ['state=overdue', (i) => i.dueOn < '2026-03-15'],
      ['state=open&currency=EUR', (i) => i.open.currency === 'EUR'],
      [`state=open&customerId=${ids[1]}`, (i) => i.customer.id === ids[1]],
      ['state=open&dueFrom=2026-03-05&dueTo=2026-03-20', (i) => i.dueOn >= '2026-03-05' && i.dueOn <= '2026-03-20'],
      ['state=open&minAmount=1.03&maxAmount=1.07', (i) => Number(i.open.amount) >= 1.03 && Number(i.open.amount) <= 1.07],
      ['state=open&number=N-1', (i) => i.number.startsWith('N-1')],
      ['state=closed', () => false],
    ];
    const value: Record<string, (item: any) => string> = { due: (i) => i.dueOn, amount: (i) => i.open.amount.padStart(9, '0'), number: (i) => i.number };
    for (const [query, meets] of cases)
      for (const sort of ['due', '-due', 'amount', '-amount', 'number', '-number']) {
        if (query === 'state=closed' && sort.includes('amount')) continue;
        const seen: any[] = [];
        let cursor: string | null = null;
        do {
          const page: { body: any } = await call('GET', `/v1/invoices?${query}&sort=${sort}&limit=7${cursor ? `&cursor=${cursor}` : ''}`, undefined, as);
          seen.push(...page.body.items);
          cursor = page.body.nextCursor;
        } while (cursor);
        expect(new Set(seen.map((item) => item.id)), `${query} ${sort}`).toEqual(new Set(all.filter(meets).map((item: any) => item.id)));
        expect(seen.length, `${query} ${sort}`).toBe(new Set(seen.map((item) => item.id)).size);
        const of = value[sort.replace('-', '')]!;
        const ordered = seen.map(of);
        expect(ordered, `${query} ${sort}`).toEqual([...ordered].sort((a, b) => (sort.startsWith('-') ? -1 : 1) * (a < b ? -1 : a > b ? 1 : 0)));
        const totals = (await call('GET', `/v1/invoices/totals?${query}`, undefined, as)).body;
        expect(totals.count, query).toBe(all.filter(meets).length);
      }
  });

  it('a cursor of another list is refused', async () => {
    const made = await customer();
    await invoice(made.id, '1.00');
    await invoice(made.id, '2.00');
    const page = await call('GET', '/v1/invoices?limit=1');
    expect((await call('GET', `/v1/invoices?sort=-due&cursor=${page.body.nextCursor}`)).status).toBe(400);
    const forged = Buffer.from(JSON.stringify(['due', "2026-01-01'; drop table document", 'x'])).toString('base64url');
    expect((await call('GET', `/v1/invoices?cursor=${forged}`)).status).toBe(400);
    expect((await call('GET', '/v1/invoices?state=closed&sort=amount')).body.errors[0].code).toBe('not_offered');
  });

  it('customers come in every order they are offered in', async () => {
    for (const sort of ['name', '-name', 'created', '-created', 'balance', '-balance', 'overdue', '-overdue']) {
      const seen: string[] = [];
      let cursor: string | null = null;
      do {
        const page: { body: any } = await call('GET', `/v1/customers?sort=${sort}&limit=3&status=all${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`);
        seen.push(...page.body.items.map((item: any) => item.id));
        cursor = page.body.nextCursor;
      } while (cursor);
      const { rows } = await db.admin.query(
        'select count(*)::int as count from customer c where tenant_id = $1 and (not $2 or exists (select 1 from customer_balance b where b.customer_id = c.id))',
        [tenantId, /balance|overdue/.test(sort)],
      );
      expect(new Set(seen).size, sort).toBe(rows[0].count);
      expect(seen.length, sort).toBe(rows[0].count);
    }
  });

  it('payments are listed by day with their totals', async () => {
    const made = await customer();
    await call('POST', '/v1/payments', { customerId: made.id, amount: usd('5.00'), method: 'cash', receivedOn: '2026-03-01' });
    await call('POST', '/v1/payments', { customerId: made.id, amount: usd('7.00'), method: 'transfer', receivedOn: '2026-03-10' });
    const listed = await call('GET', `/v1/payments?customerId=${made.id}&unapplied=true`);
    expect(listed.body.items.map((item: any) => item.amount.amount)).toEqual(['7.00', '5.00']);
    expect((await call('GET', `/v1/payments/totals?customerId=${made.id}`)).body).toEqual({
      count: 2,
      capped: false,
      sums: [{ count: 2, amount: usd('12.00') }],
    });
    expect(numbers(await call('GET', `/v1/payments?customerId=${made.id}&method=cash`))).toHaveLength(1);
  });
});

describe('exports', () => {
  it('a name that looks like a formula stays a text in CSV', async () => {
    const made = await customer({ companyName: '=HYPERLINK("http://evil.test","Pay")' });
    await invoice(made.id, '12.34', { number: '+1-2' });
    const csv = (await call('GET', `/v1/exports/invoices?customerId=${made.id}`)).text;
    const [head, line] = csv.replace('\ufeff', '').split('\r\n') as [string, string];
    expect(head.split(',').slice(0, 3)).toEqual(['Number', 'Line', 'Kind']);
    expect(line).toContain(`'+1-2`);
    expect(line).toContain(`"'=HYPERLINK(""http://evil.test"",""Pay"")"`);
    expect(line).toContain('12.34');
    for (const path of ['customers', 'payments', 'credit-memos', 'aging']) {
      const text = (await call('GET', `/v1/exports/${path}`)).text.replace('\ufeff', '');
      for (const cell of text.split(/\r\n|,(?=(?:[^"]*"[^"]*")*[^"]*$)/)) expect(cell.replace(/^"/, ''), path).not.toMatch(/^[=+@\t]|^-(?!\d)/);
    }
  });

  it('the same rows come as a spreadsheet', async () => {
    const made = await customer();
    await invoice(made.id, '1234.50');
    const file = await call('GET', `/v1/exports/invoices?customerId=${made.id}&format=xlsx`);
    expect(file.headers.get('content-disposition')).toContain('invoices.xlsx');
    expect(sheetXml(file.bytes)).toContain('<v>1234.5</v>');
  });

  it('the aging of all customers adds up to the aging of the company', async () => {
    const csv = (await call('GET', '/v1/exports/aging')).text
      .replace('\ufeff', '')
      .trim()
      .split('\r\n')
      .map((line) => line.split(','));
    const usdLines = csv.slice(1).filter((line) => line.includes('USD'));
    const sum = usdLines.reduce((total, line) => total + Math.round(Number(line.at(-3)) * 100), 0);
    const total = (await call('GET', '/v1/aging')).body.currencies.find((row: any) => row.currency === 'USD');
    expect((sum / 100).toFixed(2)).toBe(total.open);
    const xlsx = await call('GET', '/v1/exports/aging?format=xlsx');
    expect(xlsx.status).toBe(200);
  });
});

/** The first sheet of an XLSX file: found by its local header, inflated. */
function sheetXml(zip: Buffer): string {
  const signature = Buffer.from([0x50, 0x4b, 1, 2]);
  for (let at = zip.indexOf(signature); at >= 0; at = zip.indexOf(signature, at + 1)) {
    const name = zip.toString('utf8', at + 46, at + 46 + zip.readUInt16LE(at + 28));
    if (!/worksheets\/sheet1\.xml$/.test(name)) continue;
    const size = zip.readUInt32LE(at + 20);
    const local = zip.readUInt32LE(at + 42);
    const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    const bytes = zip.subarray(start, start + size);
    return (zip.readUInt16LE(at + 10) === 8 ? inflateRawSync(bytes) : bytes).toString();
  }
  throw new Error('no sheet in the file');
}
