import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ImapServer, startDovecot } from '../../../tests/support/dovecot.ts';
import { type Company, startServer, type TestServer } from '../../../tests/support/server.ts';
import { newId } from '../../kernel/ids.ts';
import { sql } from '../../platform/database/sql.ts';
import { queueEmails } from '../correspondence/index.ts';
import { type Party, seedParty } from '../correspondence/test-data.ts';
import { mailOf } from './test-data.ts';

let server: TestServer;
let imap: ImapServer;
let company: Company;
let party: Party;
/** One pixel. */
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const AT = new Date('2026-03-02T15:30:00Z');
const USER = 'billing@northwind.test';

beforeAll(async () => {
  imap = await startDovecot();
  setDefaultCACertificates([...getCACertificates('default'), imap.authority]);
  server = await startServer();
  server.platform.config.mailPrivateHosts = true;
  company = await server.company();
  party = await company.inTenant(async (ctx) => seedParty(ctx, { templateId: (await ctx.tx.one<{ id: string }>(anyTemplate())).id }));
  await company.call('PATCH', '/v1/settings', { mail: { fromAddress: USER, replyTo: USER } });
});
afterAll(async () => {
  await server.close();
  await imap.stop();
});

const anyTemplate = () => sql`select id from template where is_default limit 1`;

const settings = (more: object = {}) => ({ host: 'localhost', port: imap.tlsPort, secure: true, user: USER, password: imap.password, tls: 'always', ...more });
const get = async (path: string) => (await company.call('GET', path)).body;
const conversations = async (box = 'customers') => (await get(`/v1/inbox/conversations?box=${box}`)).items;

/** Looks into the mailbox now. */
async function look(): Promise<void> {
  expect((await company.call('POST', '/v1/inbox/fetch')).status).toBe(202);
  await server.settle();
}

it('the mailbox is tested step by step before it is kept, and its password is shown nowhere', async () => {
  const test = async (account: object | null) => (await company.call('POST', '/v1/settings/inbox/test', { account })).body;
  expect((await company.call('POST', '/v1/settings/inbox/test', { account: null })).status).toBe(409);
  expect(await test(settings())).toMatchObject({
    ok: true,
    failedAt: null,
    messages: 0,
    answer: `Signed in as ${USER}; INBOX has 0 messages.`,
    certificate: { subject: 'localhost', names: expect.arrayContaining(['imap.seller.test']), problem: null },
  });
  expect(await test(settings({ password: 'wrong' }))).toMatchObject({ ok: false, failedAt: 'sign_in' });
  expect(await test(settings({ folder: 'Nowhere' }))).toMatchObject({ ok: false, failedAt: 'folder' });
  expect(await test(settings({ port: imap.port, secure: false }))).toMatchObject({ ok: true, certificate: { subject: 'localhost' } });
  server.platform.config.mailPrivateHosts = false;
  expect(await test(settings({ port: 993 }))).toMatchObject({ ok: false, failedAt: 'address', answer: expect.stringContaining('not on the public internet') });
  server.platform.config.mailPrivateHosts = true;

  const saved = await company.call('PUT', '/v1/settings/inbox', settings());
  expect(saved.body).toMatchObject({ account: { host: 'localhost', user: USER, passwordSet: true, folder: 'INBOX' }, failing: null, repliesGoTo: USER });
  expect(JSON.stringify(saved.body)).not.toContain(imap.password);
  // the kept password goes to no other server
  const { password: _, ...without } = settings();
  expect((await company.call('PUT', '/v1/settings/inbox', { ...without, host: '127.0.0.1' })).body.errors).toMatchObject([{ field: 'password' }]);
  expect((await company.call('PUT', '/v1/settings/inbox', { ...without, monthsBack: 6 })).status).toBe(200);
});

it('a reply arrives, is read in its conversation, answered from the app, and the answer to that comes there too', async () => {
  const [emailId] = await company.inTenant((ctx) =>
    queueEmails(ctx, [
      {
        dedupeKey: 'r1',
        kind: 'reminder',
        customerId: party.customerId,
        templateId: party.templateId,
        toAddress: 'ap@tailspin.test',
        payload: { documentIds: party.invoiceIds },
      },
    ]),
  );
  await server.settle();
  const sent = await get(`/v1/emails/${emailId}`);
  imap.deliver(
    USER,
    [
      mailOf({
        from: '"Torres, Ana" <ana@tailspin.test>',
        cc: 'cfo@tailspin.test',
        id: '<first@tailspin.test>',
        inReplyTo: `<${sent.messageId}>`,
        subject: 'Re: Invoices',
        headers: 'Content-Type: multipart/mixed; boundary=b',
        body:
          '--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p onclick="x()">Paid <b>today</b><script>alert(1)</script><img src=x onerror=alert(2)><img src="cid:seal%40x"><img src="cid:drawn@x"><img src="cid:not-here"><img src="/v1/tasks"></p>\r\n--b\r\nContent-Type: application/pdf; name="../../proof.pdf"\r\nContent-Disposition: attachment; filename="../../proof.pdf"\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERi0xLjQ=\r\n' +
          `--b\r\nContent-Type: image/png; name=seal.png\r\nContent-ID: <seal@x>\r\nContent-Transfer-Encoding: base64\r\n\r\n${PNG}\r\n` +
          '--b\r\nContent-Type: image/png; name=drawn.png\r\nContent-ID: <drawn@x>\r\n\r\n<svg onload="alert(3)"/>\r\n--b\r\nContent-Type: image/svg+xml; name=a.svg\r\nContent-ID: <svg@x>\r\n\r\n<svg/>\r\n--b--',
      }),
    ],
    { at: AT },
  );
  await look();
  expect(await get('/v1/inbox/counts')).toEqual({ unread: 1, unmatched: 0 });
  const [thread] = await conversations();
  expect(thread).toMatchObject({
    customer: { id: party.customerId, name: 'Tailspin Toys' },
    with: 'Torres, Ana',
    unread: 1,
    messages: 2,
    lastDirection: 'in',
    snippet: 'Paid today',
  });

  const detail = await get(`/v1/inbox/conversations/${thread.id}`);
  expect(detail.messagesShown.map((one: { direction: string; kind: string }) => [one.direction, one.kind])).toEqual([
    ['out', 'reminder'],
    ['in', 'message'],
  ]);
  const [, message] = detail.messagesShown;
  expect(message.html).toContain('<b>today</b>');
  expect(message.html).not.toMatch(/script|onclick|onerror|alert/);
  expect(message.attachments).toMatchObject([
    { position: 0, name: '_.._proof.pdf', contentType: 'application/pdf', sizeBytes: 8, kept: true, inline: false },
    { position: 1, name: 'seal.png', inline: true },
    { position: 2, name: 'drawn.png', inline: true },
    { position: 3, name: 'a.svg', inline: false },
  ]);
  // pictures that came with the message stand in their places; nothing else is loaded, and nothing that is no picture
  expect([...message.html.matchAll(/<img[^>]*>/g)].map(([tag]) => /src="([^"]*)"/.exec(tag)?.[1])).toEqual([
    undefined,
    `/v1/inbox/messages/${message.id}/pictures/1`,
    `/v1/inbox/messages/${message.id}/pictures/2`,
    undefined,
    undefined,
  ]);
  const picture = (position: number) => company.call('GET', `/v1/inbox/messages/${message.id}/pictures/${position}`);
  const seal = await picture(1);
  expect([seal.status, seal.headers.get('content-type'), seal.headers.get('x-content-type-options'), seal.headers.get('content-security-policy')]).toEqual([
    200,
    'image/png',
    'nosniff',
    "default-src 'none'; sandbox",
  ]);
  for (const position of [0, 2, 3, 4]) expect((await picture(position)).status).toBe(404);
  const file = await company.call('GET', `/v1/inbox/messages/${message.id}/attachments/0`);
  expect([file.status, file.headers.get('content-disposition'), file.headers.get('content-type'), file.body]).toEqual([
    200,
    `attachment; filename="_.._proof.pdf"; filename*=UTF-8''_.._proof.pdf`,
    'application/octet-stream',
    '%PDF-1.4',
  ]);

  const putUp = (name: string, bytes: string) => company.call('POST', `/v1/inbox/conversations/${thread.id}/files?fileName=${encodeURIComponent(name)}`, bytes);
  expect((await putUp('run.exe', 'x')).body.errors).toMatchObject([{ field: 'fileName' }]);
  expect((await putUp('big.txt', 'x'.repeat(10_000_001))).status).toBe(413);
  const half = 'y'.repeat(5_000_001);
  const [list, one, other] = [(await putUp('Liste für Ana.csv', 'a;b')).body, (await putUp('one.txt', half)).body, (await putUp('other.txt', half)).body];
  const tooMuch = { to: detail.canReplyTo.address, text: 'x', files: [one.id, other.id] };
  expect((await company.call('POST', `/v1/inbox/conversations/${thread.id}/reply`, tooMuch)).body.errors).toMatchObject([{ field: 'files' }]);
  const body = { files: [list.id], to: detail.canReplyTo.address, cc: ['cfo@tailspin.test'], subject: 'Re: Invoices', text: 'Thank you <Ana>.\nAll settled.' };
  const key = { 'idempotency-key': newId() };
  const replied = await company.call('POST', `/v1/inbox/conversations/${thread.id}/reply`, body, key);
  expect(replied.status).toBe(201);
  expect((await company.call('POST', `/v1/inbox/conversations/${thread.id}/reply`, body, key)).body).toEqual(replied.body);
  await server.settle();
  const answers = (await server.mail.messages()).filter((mail) => mail.envelopeTo.includes('ana@tailspin.test'));
  expect(answers).toHaveLength(1);
  const header = (name: string) => answers[0]!.parsed.headers.find((one) => one.key === name)?.value;
  expect([header('in-reply-to'), header('references'), header('auto-submitted'), header('reply-to')]).toEqual([
    '<first@tailspin.test>',
    '<first@tailspin.test>',
    undefined,
    USER,
  ]);
  expect(answers[0]!.parsed.text?.trim()).toBe('Thank you <Ana>.\nAll settled.\n\nOn Mar 2, 2026, 10:30 AM EST, Torres, Ana wrote:\n> Paid today');
  expect(answers[0]!.parsed.attachments.map((file) => [file.filename, file.mimeType, Buffer.from(file.content as ArrayBuffer).toString()])).toEqual([
    ['Liste für Ana.csv', 'text/csv', 'a;b'],
  ]);
  const attached = { position: 0, name: 'Liste für Ana.csv', contentType: 'text/csv', sizeBytes: 3, kept: true, inline: false };
  expect((await get(`/v1/inbox/messages/${replied.body.emailId}/attachments`)).items).toEqual([attached]);
  expect((await get(`/v1/inbox/conversations/${thread.id}`)).messagesShown).toContainEqual(
    expect.objectContaining({ direction: 'out', attachments: [attached] }),
  );
  expect((await company.call('GET', `/v1/inbox/messages/${replied.body.emailId}/attachments/0`)).body).toBe('a;b');
  // sent once: no other answer takes it along
  expect((await company.call('POST', `/v1/inbox/conversations/${thread.id}/reply`, { ...body, text: 'again' })).body.errors).toMatchObject([
    { field: 'files' },
  ]);
  expect(answers[0]!.parsed.html).toContain('Thank you &lt;Ana&gt;.<br>All settled.');

  imap.deliver(USER, [mailOf({ from: 'ana@tailspin.test', inReplyTo: answers[0]!.parsed.messageId!, text: 'Great.' })], {
    at: new Date('2026-03-02T16:30:00Z'),
  });
  await look();
  expect((await get(`/v1/inbox/conversations/${thread.id}`)).messagesShown).toHaveLength(4);
  expect(await conversations('unread')).toMatchObject([{ id: thread.id, unread: 1 }]);
  await company.call('PUT', `/v1/inbox/conversations/${thread.id}/read`, { read: true });
  expect(await get('/v1/inbox/counts')).toEqual({ unread: 0, unmatched: 0 });
  await company.call('PUT', `/v1/inbox/conversations/${thread.id}/read`, { read: false });
  expect(await get('/v1/inbox/counts')).toEqual({ unread: 1, unmatched: 0 });

  const both = await get(`/v1/customers/${party.customerId}/mail?limit=3`);
  expect(both.items.map((one: { direction: string }) => one.direction)).toEqual(['in', 'in', 'out']);
  expect((await get(`/v1/customers/${party.customerId}/mail?limit=3&cursor=${both.nextCursor}`)).items).toMatchObject([{ direction: 'out' }]);
});

it('what is of no customer waits in a queue until a person says whose it is, once or always', async () => {
  imap.deliver(USER, [mailOf({ from: 'Maria <maria@group.test>', subject: 'First' }), mailOf({ from: 'maria@group.test', subject: 'Second' })], { at: AT });
  imap.deliver(USER, [mailOf({ from: 'spam@junk.test', subject: 'Buy' }), mailOf({ from: 'clerk@tailspin.test', subject: 'Whose?' })], { at: AT });
  await look();
  const queue = await conversations('unmatched');
  expect(queue.map((one: { subject: string }) => one.subject).sort()).toEqual(['Buy', 'First', 'Second', 'Whose?']);
  const of = (subject: string) => queue.find((one: { subject: string }) => one.subject === subject).id;

  await company.call('POST', `/v1/customers/${party.customerId}/contacts`, { email: 'someone@tailspin.test' });
  expect((await get(`/v1/inbox/conversations/${of('Whose?')}/suggestions`)).items).toMatchObject([{ customerId: party.customerId, because: 'domain' }]);
  expect((await company.call('PUT', `/v1/inbox/conversations/${of('First')}/customer`, { customerId: party.customerId, always: true })).body).toEqual({
    conversations: 2,
  });
  expect((await company.call('PUT', `/v1/inbox/conversations/${of('Buy')}/customer`, { customerId: null, always: true })).body).toEqual({ conversations: 1 });
  expect((await company.call('PUT', `/v1/inbox/conversations/${of('Whose?')}/customer`, { customerId: newId() })).status).toBe(404);
  expect((await conversations('unmatched')).map((one: { subject: string }) => one.subject)).toEqual(['Whose?']);
  expect((await conversations('set_aside')).map((one: { subject: string }) => one.subject)).toEqual(['Buy']);

  imap.deliver(USER, [mailOf({ from: 'maria@group.test', subject: 'Third' }), mailOf({ from: 'spam@junk.test', subject: 'Buy more' })], { at: AT });
  await look();
  expect((await conversations()).map((one: { subject: string }) => one.subject)).toContain('Third');
  expect((await conversations('set_aside')).map((one: { subject: string }) => one.subject)).toContain('Buy more');
  expect((await get('/v1/inbox/senders')).items).toMatchObject([
    { address: 'maria@group.test', customer: { id: party.customerId } },
    { address: 'spam@junk.test', customer: null },
  ]);
  expect((await company.call('DELETE', '/v1/inbox/senders/spam@junk.test')).status).toBe(204);
  expect((await get('/v1/inbox/senders')).items).toHaveLength(1);
});

it('an answer to an address that gets no mail, to two addresses at once, or in another company’s conversation is refused', async () => {
  const [thread] = await conversations();
  const send = (body: object) => company.call('POST', `/v1/inbox/conversations/${thread.id}/reply`, { text: 'x', ...body });
  await company.call('POST', '/v1/suppressions', { address: 'gone@tailspin.test', detail: 'left the company' });
  expect((await send({ to: 'gone@tailspin.test' })).body).toMatchObject({ code: 'address_suppressed', detail: expect.stringContaining('left the company') });
  expect((await send({ to: 'a@b.test, c@d.test' })).body.errors).toMatchObject([{ field: 'to' }]);
  expect((await send({ to: 'a@b.test\r\nBcc: c@d.test' })).body.errors).toMatchObject([{ field: 'to' }]);
  expect((await send({ to: 'a@b.test', text: '   ' })).body.errors).toMatchObject([{ field: 'text' }]);
  const other = await server.company({ name: 'Other', email: 'x@other.example' });
  expect((await other.call('POST', `/v1/inbox/conversations/${thread.id}/reply`, { to: 'a@b.test', text: 'x' })).status).toBe(404);
  expect((await other.call('GET', `/v1/inbox/conversations/${thread.id}`)).status).toBe(404);
});
