import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Company, startServer, type TestServer } from '../../../tests/support/server.ts';
import { uploadCustomer, uploadInvoices } from '../../../tests/support/story.ts';
import { createStaffUser } from '../identity/index.ts';

let server: TestServer;
let company: Company;

beforeAll(async () => {
  server = await startServer({ start: '2026-03-02T15:00:00Z' });
  company = await server.company();
});
afterAll(() => server.close());

let count = 0;
/** A customer with invoices over 1,000 and 500. */
async function customer() {
  const number = `C-${++count}`;
  const id = await uploadCustomer(company, number);
  const [first, second] = await uploadInvoices(company, number, [
    { number: `INV-${number}-1`, amount: '1000.00', dueDate: '2026-02-20' },
    { number: `INV-${number}-2`, amount: '500.00', dueDate: '2026-02-25' },
  ]);
  return { id, number, first: first!, second: second! };
}
const post = async (path: string, body: unknown = {}) => (await company.call('POST', path, body)).body;
const get = async (path: string) => (await company.call('GET', path)).body;
const usd = (amount: string) => ({ amount, currency: 'USD' });
const pay = (customerId: string, amount: string, invoiceId?: string) =>
  post('/v1/payments', {
    customerId,
    amount: usd(amount),
    method: 'check',
    receivedOn: server.clock.now().toZonedDateTimeISO('America/New_York').toPlainDate().toString(),
    ...(invoiceId ? { applications: [{ invoiceId, amount: usd(amount) }] } : {}),
  });
/** The next day, with everything that it brings. */
async function days(n: number) {
  for (let i = 0; i < n; i++) {
    server.clock.advance({ days: 1 });
    await server.settle();
  }
}

describe('a promise to pay', () => {
  it('holds its invoices, is kept by the payment, and the hold goes', async () => {
    const { id, first, second } = await customer();
    const promise = await post('/v1/promises', {
      customerId: id,
      amount: usd('1000.00'),
      promisedOn: '2026-03-06',
      source: 'phone',
      invoiceIds: [first],
      note: 'Anna said so',
    });
    expect(promise).toMatchObject({ state: 'open', amount: usd('1000.00'), received: usd('0.00'), invoices: [{ id: first }] });
    expect((await get(`/v1/invoices/${first}/holds`)).items).toMatchObject([
      { kind: 'promise', until: '2026-03-09', sourceId: promise.id, placedBy: 'Stories' },
    ]);
    expect((await get(`/v1/invoices/${second}/holds`)).items).toEqual([]);
    expect(
      (await company.call('POST', '/v1/promises', { customerId: id, amount: usd('5.00'), promisedOn: '2026-03-06', source: 'phone', invoiceIds: [first] }))
        .status,
    ).toBe(409);
    await pay(id, '1000.00', first);
    await server.settle();
    expect(await get(`/v1/promises/${promise.id}`)).toMatchObject({ state: 'kept', received: usd('1000.00'), decidedBy: 'PayorCRM' });
    expect((await get(`/v1/invoices/${first}/holds`)).items).toEqual([]);
    expect((await get(`/v1/invoices/${first}/holds?all=true`)).items).toMatchObject([{ releasedReason: 'The promise was kept' }]);
  });

  it('is broken after the days of grace: the hold has ended, and a task is open, once', async () => {
    const { id } = await customer();
    const today = Temporal.PlainDate.from('2026-03-02');
    const promise = await post('/v1/promises', { customerId: id, amount: usd('1500.00'), promisedOn: today.add({ days: 2 }).toString(), source: 'email' });
    await pay(id, '600.00');
    await days(5);
    expect((await get(`/v1/promises/${promise.id}`)).state).toBe('open');
    expect((await get(`/v1/customers/${id}/holds`)).items).toHaveLength(1);
    await days(1);
    expect(await get(`/v1/promises/${promise.id}`)).toMatchObject({ state: 'broken', received: usd('600.00') });
    expect((await get(`/v1/customers/${id}/holds`)).items).toEqual([]);
    await days(1);
    const { items } = await get(`/v1/tasks?customerId=${id}`);
    expect(items).toMatchObject([{ title: 'Broken promise: $1,500.00 by Mar 4, 2026', source: 'system', sourceId: promise.id, assignee: null }]);
  });

  it('is kept when the accounting system says that the invoice is paid', async () => {
    const { id, number, first } = await customer();
    const day = server.clock.now().toZonedDateTimeISO('America/New_York').toPlainDate();
    const promise = await post('/v1/promises', {
      customerId: id,
      amount: usd('1000.00'),
      promisedOn: day.add({ days: 5 }).toString(),
      source: 'phone',
      invoiceIds: [first],
    });
    await company.call('POST', '/jsonApi/upload/invoices', [
      { customerNumber: number, invoiceNumber: `INV-${number}-1`, invoiceAmount: '1000.00', balanceAmount: '0.00', dueDate: '2026-02-20' },
    ]);
    await days(1);
    expect(await get(`/v1/promises/${promise.id}`)).toMatchObject({ state: 'kept' });
  });

  it('can be withdrawn, once; a day in the past is refused', async () => {
    const { id } = await customer();
    const day = server.clock.now().toZonedDateTimeISO('America/New_York').toPlainDate();
    const body = { customerId: id, amount: usd('10.00'), promisedOn: day.toString(), source: 'other' };
    const promise = await post('/v1/promises', body);
    expect((await post(`/v1/promises/${promise.id}/withdraw`)).state).toBe('withdrawn');
    expect((await company.call('POST', `/v1/promises/${promise.id}/withdraw`)).status).toBe(409);
    const early = await company.call('POST', '/v1/promises', { ...body, promisedOn: day.subtract({ days: 1 }).toString() });
    expect(early).toMatchObject({ status: 422, body: { errors: [{ field: 'promisedOn' }] } });
  });
});

describe('a dispute', () => {
  it('holds the invoice, has a thread and an owner, and ends in a credit that is applied', async () => {
    const { first } = await customer();
    const made = await post('/v1/disputes', { invoiceId: first, amount: usd('300.00'), reason: 'quantity', note: 'Two boxes were missing.' });
    expect(made).toMatchObject({
      state: 'open',
      whole: false,
      amount: usd('300.00'),
      owner: null,
      notes: [{ body: 'Two boxes were missing.', writtenBy: 'Stories' }],
    });
    expect((await get(`/v1/invoices/${first}/holds`)).items).toMatchObject([{ kind: 'dispute', until: null, note: 'Wrong quantity, $300.00 of it' }]);
    expect((await company.call('POST', '/v1/disputes', { invoiceId: first, reason: 'price' })).body.code).toBe('dispute_open');
    const { items: colleagues } = await get('/v1/colleagues');
    const owned = (await company.call('PUT', `/v1/disputes/${made.id}/owner`, { ownerId: colleagues[0].id })).body;
    expect(owned.owner).toEqual(colleagues[0]);
    await post(`/v1/disputes/${made.id}/notes`, { body: 'The warehouse confirms it.' });
    const resolved = await post(`/v1/disputes/${made.id}/resolve`, { outcome: 'credited', createCredit: true, note: 'Credited two boxes' });
    expect(resolved).toMatchObject({ state: 'credited', resolution: 'Credited two boxes', credit: { number: expect.stringMatching(/^CM-/) } });
    expect(resolved.notes.map((note: { body: string }) => note.body)).toEqual(['Two boxes were missing.', 'The warehouse confirms it.', 'Credited two boxes']);
    expect((await get(`/v1/invoices/${first}`)).open).toEqual(usd('700.00'));
    expect((await get(`/v1/invoices/${first}/holds`)).items).toEqual([]);
    expect((await company.call('POST', `/v1/disputes/${made.id}/resolve`, { outcome: 'rejected' })).status).toBe(409);
  });

  it('that is rejected leaves the invoice as it is; its hold can be released before', async () => {
    const { id, second } = await customer();
    const made = await post('/v1/disputes', { invoiceId: second, reason: 'price' });
    const [hold] = (await get(`/v1/customers/${id}/holds`)).items;
    expect(hold).toMatchObject({ kind: 'dispute', note: 'Wrong price', invoice: { id: second } });
    expect(await post(`/v1/holds/${hold.id}/release`, { reason: 'Chase it all the same' })).toMatchObject({
      releasedBy: 'Stories',
      releasedReason: 'Chase it all the same',
    });
    expect((await company.call('POST', `/v1/holds/${hold.id}/release`, {})).status).toBe(409);
    expect((await get(`/v1/disputes/${made.id}`)).state).toBe('open');
    expect((await post(`/v1/disputes/${made.id}/resolve`, { outcome: 'rejected', note: 'The price was agreed' })).state).toBe('rejected');
    expect((await get(`/v1/invoices/${second}`)).open).toEqual(usd('500.00'));
  });

  it('is not made about more than is open, nor in another currency, nor about nothing', async () => {
    const { id, first } = await customer();
    const about = (amount: unknown) => company.call('POST', '/v1/disputes', { invoiceId: first, reason: 'tax', amount });
    expect((await about(usd('1000.01'))).body.errors[0].code).toBe('more_than_open');
    expect((await about({ amount: '1.00', currency: 'EUR' })).body.errors[0].code).toBe('other_currency');
    await pay(id, '1000.00', first);
    expect((await company.call('POST', '/v1/disputes', { invoiceId: first, reason: 'tax' })).body.code).toBe('not_open');
  });
});

describe('a hold by hand', () => {
  it('says that the customer claims to have paid, until a day, or pays by a plan until it is released', async () => {
    const { id, first, second } = await customer();
    const until = server.clock.now().toZonedDateTimeISO('America/New_York').toPlainDate().add({ days: 2 }).toString();
    const { items } = await post(`/v1/customers/${id}/holds`, { kind: 'claimed_paid', until, invoiceIds: [first, second], note: 'Cheque in the post' });
    expect(items).toHaveLength(2);
    expect((await get(`/v1/invoices/${first}/holds`)).items).toMatchObject([{ kind: 'claimed_paid', until, note: 'Cheque in the post' }]);
    await days(3);
    expect((await get(`/v1/invoices/${first}/holds`)).items).toEqual([]);
    const { items: open } = await post(`/v1/customers/${id}/holds`, { kind: 'payment_plan', invoiceIds: [first] });
    await days(8);
    expect((await get(`/v1/invoices/${first}/holds`)).items).toMatchObject([{ id: open[0].id, kind: 'payment_plan', until: null }]);
    await post(`/v1/holds/${open[0].id}/release`, { reason: 'The plan was broken' });
    expect((await get(`/v1/invoices/${first}/holds`)).items).toEqual([]);
    expect((await company.call('POST', `/v1/customers/${id}/holds`, { kind: 'claimed_paid' })).body.errors[0]).toMatchObject({
      field: 'until',
      code: 'required',
    });
    const other = await customer();
    expect((await company.call('POST', `/v1/customers/${id}/holds`, { kind: 'claimed_paid', until: '2027-01-01', invoiceIds: [other.first] })).status).toBe(
      422,
    );
  });
});

describe('tasks', () => {
  it('are listed by day, done, skipped, reassigned, and refused when finished', async () => {
    const { id, first } = await customer();
    const day = server.clock.now().toZonedDateTimeISO('America/New_York').toPlainDate();
    const make = (title: string, dueOn: Temporal.PlainDate) => post('/v1/tasks', { customerId: id, title, dueOn: dueOn.toString(), invoiceIds: [first] });
    const later = await make('Send the statement again', day.add({ days: 3 }));
    const late = await make('Call Anna', day.subtract({ days: 1 }));
    const { items } = await get(`/v1/tasks?customerId=${id}`);
    expect(items.map((task: { title: string; overdue: boolean }) => [task.title, task.overdue])).toEqual([
      ['Call Anna', true],
      ['Send the statement again', false],
    ]);
    expect(items[0].invoices).toMatchObject([{ id: first, open: usd('1000.00') }]);
    expect((await get(`/v1/tasks?customerId=${id}&overdue=true`)).items).toHaveLength(1);
    const page = await get(`/v1/tasks?customerId=${id}&limit=1`);
    expect((await get(`/v1/tasks?customerId=${id}&limit=1&cursor=${page.nextCursor}`)).items).toMatchObject([{ id: later.id }]);
    expect(await post(`/v1/tasks/${late.id}/done`, { outcome: 'They pay on Friday' })).toMatchObject({
      state: 'done',
      outcome: 'They pay on Friday',
      finishedBy: 'Stories',
    });
    expect((await company.call('POST', `/v1/tasks/${late.id}/skip`, {})).status).toBe(409);
    expect(await post(`/v1/tasks/${later.id}/skip`, {})).toMatchObject({ state: 'skipped' });
    expect((await get(`/v1/tasks?customerId=${id}&state=finished`)).items).toHaveLength(2);
  });

  it('are told by mail at seven o’clock in the company’s zone on the day they are due, once', async () => {
    const { id } = await customer();
    const collector = await company.inTenant((ctx) =>
      createStaffUser(ctx, { email: 'carla@northwind.example', name: 'Carla', role: 'collector', password: 'a long enough password' }),
    );
    const viewer = await company.inTenant((ctx) =>
      createStaffUser(ctx, { email: 'vic@northwind.example', name: 'Vic', role: 'viewer', password: 'a long enough password' }),
    );
    server.clock.set('2026-04-01T14:00:00Z');
    await server.settle();
    const body = { customerId: id, title: 'Call <Anna>', dueOn: '2026-04-03', assigneeId: collector.id };
    expect((await company.call('POST', '/v1/tasks', { ...body, assigneeId: viewer.id })).body.errors[0].code).toBe('viewer');
    await post('/v1/tasks', body);
    const mails = async () => (await server.mail.messages()).filter((mail) => mail.envelopeTo.includes('carla@northwind.example'));
    server.clock.set('2026-04-03T10:59:00Z');
    await server.settle();
    expect(await mails()).toHaveLength(0);
    server.clock.set('2026-04-03T11:00:00Z');
    await server.settle();
    server.clock.set('2026-04-03T15:00:00Z');
    await server.settle();
    const [mail, ...more] = await mails();
    expect(more).toEqual([]);
    expect(mail!.subject).toBe('“Call <Anna>” is due today');
    expect(mail!.parsed.html).toContain('Call &lt;Anna&gt;');
    expect(mail!.parsed.html).toContain(`${server.url}/app/customers/${id}`);
    expect(mail!.parsed.text).toContain('- Call <Anna>');
  });
});

describe('notes and shared files', () => {
  it('a note stands on the customer and in its timeline', async () => {
    const { id } = await customer();
    await post(`/v1/customers/${id}/notes`, { body: 'Pays by cheque on the 15th.' });
    expect((await get(`/v1/customers/${id}/notes`)).items).toMatchObject([{ body: 'Pays by cheque on the 15th.', writtenBy: 'Stories', disputeId: null }]);
    const timeline = (await get(`/v1/customers/${id}/timeline`)).items.map((entry: { type: string }) => entry.type);
    expect(timeline).toContain('note.added');
  });

  it('a file is shared, put on invoices, fetched, taken off; programs and empty files are refused', async () => {
    const { first, second } = await customer();
    const send = (name: string, bytes: string) =>
      fetch(`${server.url}/v1/shared-files?fileName=${encodeURIComponent(name)}`, {
        method: 'POST',
        headers: { ...company.headers, 'content-type': 'application/octet-stream' },
        body: bytes,
      });
    const made = await send('Terms “2026”.pdf', '%PDF-1.7 terms');
    expect(made.status).toBe(201);
    const file = (await made.json()) as { id: string; name: string; sizeBytes: number };
    expect(file).toMatchObject({ name: 'Terms “2026”.pdf', sizeBytes: 14 });
    expect((await send('run.exe', 'MZ')).status).toBe(422);
    expect((await send('empty.pdf', '')).status).toBe(422);
    expect(await post(`/v1/shared-files/${file.id}/invoices`, { invoiceIds: [first, second] })).toEqual({ linked: 2 });
    expect(await post(`/v1/shared-files/${file.id}/invoices`, { invoiceIds: [first] })).toEqual({ linked: 0 });
    expect((await get(`/v1/invoices/${first}/files`)).items).toMatchObject([{ id: file.id, invoiceCount: 2 }]);
    const content = await fetch(`${server.url}/v1/shared-files/${file.id}/content`, { headers: company.headers });
    expect([content.headers.get('content-type'), await content.text()]).toEqual(['application/pdf', '%PDF-1.7 terms']);
    expect((await company.call('DELETE', `/v1/invoices/${first}/files/${file.id}`)).status).toBe(204);
    expect((await company.call('DELETE', `/v1/shared-files/${file.id}`)).status).toBe(204);
    expect((await get(`/v1/invoices/${second}/files`)).items).toEqual([]);
    expect((await company.call('GET', `/v1/shared-files/${file.id}/content`)).status).toBe(404);
  });
});
