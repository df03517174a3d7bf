import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Company, startServer, type TestServer } from '../../../tests/support/server.ts';
import { createApiKey } from '../identity/index.ts';
import { closeSenders } from './sending/senders.ts';
import { type Party, seedParty } from './test-data.ts';
import { listTemplateRows } from '../templates/index.ts';
import { queueEmails } from './commands/queue-emails.ts';

const browser = { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36', 'accept-language': 'en' };

let server: TestServer;
let company: Company;
let party: Party;

beforeAll(async () => {
  server = await startServer();
  company = await server.company();
  party = await company.inTenant(async (ctx) => seedParty(ctx, { templateId: (await listTemplateRows(ctx))[0]!.id }));
});
afterEach(() => server.mail.clear());
afterAll(async () => {
  await closeSenders();
  await server.close();
});

let count = 0;
/** Queues one reminder, lets it be sent, and answers the mail and its id. */
async function remind() {
  const [id] = await company.inTenant((ctx) =>
    queueEmails(ctx, [
      {
        dedupeKey: `story:${++count}`,
        kind: 'reminder',
        customerId: party.customerId,
        templateId: party.templateId,
        toAddress: 'ap@tailspin.test',
        ccAddresses: ['boss@tailspin.test'],
        payload: { documentIds: party.invoiceIds },
      },
    ]),
  );
  await server.settle();
  const mail = (await server.mail.messages()).at(-1);
  return { id: id!, mail, html: mail?.parsed.html ?? '' };
}
const link = (html: string, path: string) => new RegExp(`href="([^"]*${path}[^"]*)"`).exec(html)![1]!.replaceAll('&amp;', '&');

describe('the mail of a reminder', () => {
  it('has a button for each way to pay that applies', async () => {
    const { html } = await remind();
    expect(html).toContain('Pay with a new card');
    expect(html).toContain('Pay from a new bank account');
    expect(html).not.toContain('ending');
    const page = await fetch(link(html, '/pay/'), { redirect: 'manual' });
    expect(page.status).toBeLessThan(400);
  });

  it('opens the invoice as a PDF; a person is counted, a scanner is not', async () => {
    const { id, html } = await remind();
    const pdf = link(html, '/t/p/');
    await fetch(pdf, { headers: { 'user-agent': 'BarracudaCentral/1.0' } });
    server.clock.advance({ hours: 1 });
    const opened = await fetch(pdf, { headers: browser });
    expect(opened.headers.get('content-type')).toBe('application/pdf');
    expect(
      Buffer.from(await opened.arrayBuffer())
        .subarray(0, 5)
        .toString(),
    ).toBe('%PDF-');
    const { body } = await company.call('GET', `/v1/emails/${id}`);
    expect(body.views.map((view: { kind: string; grade: string }) => [view.kind, view.grade])).toEqual([
      ['pdf', 'machine'],
      ['pdf', 'strong'],
    ]);
    expect(body.html).not.toContain(/\/([\w-]+)"/.exec(pdf)?.[1] ?? pdf.split('/').at(-1));
    expect(body.invoices).toHaveLength(2);
  });

  it('does not open another invoice, or anything with a changed link or after its time', async () => {
    const { html } = await remind();
    const pdf = link(html, '/t/p/');
    const other = await company.inTenant((ctx) => seedParty(ctx, { templateId: party.templateId, companyName: 'Other' }));
    const parts = pdf.split('/');
    for (const changed of [pdf.replace(parts.at(-2)!, other.invoiceIds[0]!), `${pdf}x`, pdf.replace(parts.at(-1)!.split('.')[0]!, 'zzzz')])
      expect((await fetch(changed)).status).toBe(404);
    server.clock.advance({ days: 181 });
    expect((await fetch(pdf, { headers: browser })).status).toBe(404);
    server.clock.advance({ days: -181 });
  });

  it('counts the pixel as weak at best, and answers the picture to anybody', async () => {
    const { id, html } = await remind();
    const pixel = /src="([^"]*\/t\/o\/[^"]*)"/.exec(html)![1]!;
    server.clock.advance({ minutes: 10 });
    for (const agent of ['Mozilla/5.0', 'Mozilla/5.0 (X11; rv:140.0) Gecko/20100101 Thunderbird/140.4.0']) {
      const answer = await fetch(pixel, { headers: { 'user-agent': agent } });
      expect(answer.headers.get('content-type')).toBe('image/gif');
    }
    await fetch(pixel, { method: 'HEAD', headers: browser });
    expect((await fetch(pixel.replace('.gif', 'x.gif'))).status).toBe(200);
    const { body } = await company.call('GET', `/v1/emails/${id}`);
    expect(body.views.map((view: { grade: string }) => view.grade)).toEqual(['machine', 'weak', 'machine']);
  });

  it('stops by one click of the mail program, also for mail that waits, and starts again on the page', async () => {
    const { mail } = await remind();
    const url = mail!.parsed.headers.find((header) => header.key === 'list-unsubscribe')!.value.slice(1, -1);
    for (let i = 0; i < 5; i++) expect((await fetch(url)).status).toBe(200);
    await fetch(url, { method: 'HEAD' });
    expect((await company.call('GET', '/v1/suppressions')).body.items).toEqual([]);
    const waiting = await company.inTenant((ctx) =>
      queueEmails(ctx, [
        {
          dedupeKey: 'waiting',
          kind: 'reminder',
          customerId: party.customerId,
          templateId: party.templateId,
          toAddress: 'ap@tailspin.test',
          payload: { documentIds: party.invoiceIds },
        },
      ]),
    );
    const stopped = await fetch(url, {
      method: 'POST',
      body: 'List-Unsubscribe=One-Click',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      redirect: 'manual',
    });
    expect(stopped.status).toBe(200);
    await server.settle();
    expect((await company.call('GET', `/v1/emails/${waiting[0]}`)).body).toMatchObject({
      state: 'withdrawn',
      reason: 'The person stopped reminders to this address.',
    });
    expect((await company.call('GET', '/v1/suppressions')).body.items).toMatchObject([{ address: 'ap@tailspin.test', reason: 'opt_out' }]);

    const form = (fields: Record<string, string>) => fetch(url, { method: 'POST', body: new URLSearchParams(fields) });
    expect(await (await form({ act: 'resume', address: 'ap@tailspin.test' })).text()).toContain('Reminders come again');
    expect(await (await form({ act: 'stop', address: 'boss@tailspin.test' })).text()).toContain('no more reminders to boss@tailspin.test');
    await form({ act: 'stop', address: 'stranger@elsewhere.test' });
    expect((await company.call('GET', '/v1/suppressions')).body.items.map((one: { address: string }) => one.address)).toEqual(['boss@tailspin.test']);
    await company.call('DELETE', '/v1/suppressions/boss%40tailspin.test');
    expect((await fetch(`${url}x`)).status).toBe(404);
  });
});

describe('the API of e-mails', () => {
  it('lists, filters, finds by address and pages', async () => {
    const first = await remind();
    const second = await remind();
    const page = await company.call('GET', '/v1/emails?limit=1&state=sent&kind=reminder&search=AP@tail');
    expect(page.body.items.map((one: { id: string }) => one.id)).toEqual([second.id]);
    const next = await company.call('GET', `/v1/emails?limit=1&state=sent&kind=reminder&search=AP@tail&cursor=${page.body.nextCursor}`);
    expect(next.body.items[0].id).toBe(first.id);
    for (const query of [`customerId=${party.customerId}`, `invoiceId=${party.invoiceIds[0]}`])
      expect((await company.call('GET', `/v1/emails?${query}`)).body.items[0].id).toBe(second.id);
    expect((await company.call('GET', '/v1/emails?search=nobody')).body.items).toEqual([]);
    expect((await company.call('GET', '/v1/emails/counts')).body).toMatchObject({ waiting: 0, uncertain: 0 });
    expect((await company.call('POST', `/v1/emails/${second.id}/send-again`)).status).toBe(409);
    expect((await company.call('GET', `/v1/invoices/${party.invoiceIds[0]}/pdf`)).headers.get('content-type')).toBe('application/pdf');
  });

  it('puts addresses on the list and takes them off', async () => {
    expect((await company.call('POST', '/v1/suppressions', { address: 'no one' })).status).toBe(422);
    expect((await company.call('POST', '/v1/suppressions', { address: 'No@Where.test', detail: 'left' })).body).toMatchObject({
      address: 'no@where.test',
      reason: 'manual',
      detail: 'left',
    });
    expect((await company.call('DELETE', '/v1/suppressions/no%40where.test')).status).toBe(204);
    expect((await company.call('DELETE', '/v1/suppressions/no%40where.test')).status).toBe(404);
  });

  it('says what the mail server answered to a test', async () => {
    const { apiKey, apiSecret } = await company.inTenant((ctx) => createApiKey(ctx, { name: 'Set-up', role: 'administrator' }));
    const test = async () =>
      (await company.call('POST', '/v1/settings/mail/test', { to: 'me@northwind.test' }, { api_key: apiKey, api_secret: apiSecret })).body;
    expect(await test()).toEqual({ delivered: true, answer: expect.stringContaining('250') });
    server.mail.answers.recipient = () => ({ code: 550, message: '5.7.1 not from you' });
    expect(await test()).toEqual({ delivered: false, answer: expect.stringContaining('not from you') });
    server.mail.answers = {};
  });
});

/** One point, as a PNG. */
const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

describe('pictures', () => {
  const upload = async (fileName: string, bytes: Buffer) => {
    const answer = await fetch(`${server.url}/v1/pictures?fileName=${fileName}`, { method: 'POST', headers: company.headers, body: new Uint8Array(bytes) });
    return { status: answer.status, body: (await answer.json()) as Record<string, string> };
  };
  const mailWith = (src: string) => ({
    subject: 'S',
    body: `<p>Hello {{first_name}}</p><p><img src="${src}" alt="Our shop"></p>{{invoice_list}}{{payment_buttons}}`,
  });

  it('are taken by what they are, not by their name, kept once, and shown to everybody who has the address', async () => {
    const { status, body: picture } = await upload('shop.jpg', png);
    expect(status).toBe(201);
    expect(picture).toMatchObject({ name: 'shop.jpg', contentType: 'image/png', width: 1, height: 1, path: expect.stringMatching(/^\/i\/[\w-]{43}\.png$/) });
    expect(picture['url']).toBe(`${server.url}${picture['path']}`);
    expect((await upload('again.png', png)).body['id']).toBe(picture['id']);

    const shown = await fetch(picture['url']!);
    expect(Buffer.from(await shown.arrayBuffer())).toEqual(png);
    expect(Object.fromEntries(shown.headers)).toMatchObject({
      'content-type': 'image/png',
      'cache-control': 'public, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
    });
    const changed = picture['path']!.replace(/.(?=\.png$)/, (last) => (last === 'A' ? 'Q' : 'A'));
    expect((await fetch(server.url + changed)).status).toBe(404);
  });

  it('are refused when they are something else, or too large', async () => {
    const codes: [string, Buffer, number, string][] = [
      ['a.png', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'), 422, 'not_a_picture'],
      ['a.gif', Buffer.from('GIF89a'), 422, 'not_a_picture'],
      ['a.html', Buffer.from('<!doctype html>'), 422, 'not_a_picture'],
      ['a.png', Buffer.concat([png.subarray(0, 16), Buffer.from('0000138800000001', 'hex'), png.subarray(24)]), 422, 'too_many_points'],
      ['a.png', Buffer.concat([png, Buffer.alloc(2_000_000)]), 413, 'picture_too_large'],
    ];
    for (const [name, bytes, status, code] of codes) {
      const answer = await upload(name, bytes);
      expect([answer.status, answer.body['errors'] ? JSON.parse(JSON.stringify(answer.body['errors']))[0].code : answer.body['code']]).toEqual([status, code]);
    }
  });

  it('stand in mails under our host, stay while a template shows them, and are missed when they are gone', async () => {
    const { body: picture } = await upload('shop.png', png);
    const draft = mailWith(picture['path']!);
    expect((await company.call('POST', '/v1/templates/preview', draft)).body.html).toContain(`src="${picture['url']}"`);
    const design = { blocks: [{ id: 'a', type: 'image', src: picture['path'], alt: 'Our shop' }] };
    const preview = (await company.call('POST', '/v1/templates/preview', { subject: 'S', design })).body;
    expect(preview.html).toContain(`src="${picture['url']}"`);

    const made = await company.call('POST', '/v1/templates', { name: 'With a picture', ...draft });
    const refused = await company.call('DELETE', `/v1/pictures/${picture['id']}`);
    expect([refused.status, refused.body.code]).toEqual([409, 'picture_used']);
    expect(refused.body.detail).toContain('With a picture');
    await company.call('DELETE', `/v1/templates/${made.body.id}`);
    expect((await company.call('DELETE', `/v1/pictures/${picture['id']}`)).status).toBe(204);
    expect((await fetch(picture['url']!)).status).toBe(404);
    expect((await company.call('GET', '/v1/pictures')).body.items).toEqual([]);
    const messages = (await company.call('POST', '/v1/templates/preview', draft)).body.findings.map((one: { message: string }) => one.message);
    expect(messages).toContain('A picture of this mail was deleted: choose another one.');
  });
});

describe('templates', () => {
  const draft = { name: 'Short', subject: 'For {{customer_company_name}}', body: '<p>Hello {{first_name}}</p>{{invoice_list}}{{payment_buttons}}', cc: [] };

  it('are made, previewed for a real customer, changed with their history, and sent as a test', async () => {
    const { body: made } = await company.call('POST', '/v1/templates', draft);
    expect(made).toMatchObject({ version: 1, isDefault: false });
    const { body: seen } = await company.call('POST', '/v1/templates/preview', { subject: draft.subject, body: draft.body, customerId: party.customerId });
    expect(seen).toMatchObject({ subject: 'For Tailspin Toys', customerId: party.customerId, findings: [] });
    expect(seen.html).toContain('Hello Ana');
    const changed = await company.call('PUT', `/v1/templates/${made.id}`, { ...draft, subject: 'New', version: 1 });
    expect(changed.body).toMatchObject({ version: 2, subject: 'New' });
    expect((await company.call('PUT', `/v1/templates/${made.id}`, { ...draft, version: 1 })).body).toMatchObject({ code: 'changed_meanwhile' });
    expect((await company.call('GET', `/v1/templates/${made.id}/versions`)).body.items).toMatchObject([
      { version: 1, subject: 'For {{customer_company_name}}' },
    ]);
    const { body: test } = await company.call('POST', `/v1/templates/${made.id}/test`, { to: 'me@northwind.test', customerId: party.customerId });
    await server.settle();
    expect((await server.mail.messages())[0]!.parsed).toMatchObject({ subject: '[Test] New' });
    expect((await company.call('GET', `/v1/emails/${test.emailId}`)).body).toMatchObject({ state: 'sent', kind: 'test' });
    expect((await company.call('DELETE', `/v1/templates/${made.id}`)).status).toBe(204);
    expect((await company.call('GET', '/v1/templates')).body.items.map((one: { name: string }) => one.name)).toEqual(['Invoice Reminder', 'Statement']);
    expect((await company.call('GET', '/v1/templates?kind=statement')).body.items).toMatchObject([{ name: 'Statement', kind: 'statement', isDefault: true }]);
  });

  it('are refused with what is wrong, and the default one stays', async () => {
    const refused = await company.call('POST', '/v1/templates', { ...draft, body: '{{frist_name}}' });
    expect(refused).toMatchObject({
      status: 422,
      body: { code: 'invalid_template', errors: [{ field: 'body', message: '{{frist_name}} in the body is not a merge tag.' }] },
    });
    expect((await company.call('POST', '/v1/templates/preview', { subject: 'x', body: '{% for a in b %}' })).body).toMatchObject({
      html: '',
      findings: [
        { severity: 'error', message: expect.stringContaining('is not a loop that can be used') },
        { severity: 'error', message: expect.stringContaining('not closed') },
        { severity: 'warning' },
        { severity: 'warning' },
      ],
    });
    expect((await company.call('DELETE', `/v1/templates/${party.templateId}`)).body).toMatchObject({ code: 'default_template' });
    expect((await company.call('POST', '/v1/templates', { ...draft, cc: ['a, b@c.test'] })).body.errors[0].field).toBe('cc');
  });
});
