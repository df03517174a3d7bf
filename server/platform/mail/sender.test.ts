import { createServer } from 'node:net';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { plainAddress } from './address.ts';
import { type Catcher, startCatcher } from './catcher.ts';
import { isPublicAddress, resolvePublicHost } from './public-host.ts';
import { createSender, type OutgoingMail, type Sender } from './sender.ts';
import { parseSmtpUrl } from './smtp-url.ts';

const mail = (over: Partial<OutgoingMail> = {}): OutgoingMail => ({
  messageId: '018f@seller.test',
  from: { name: 'Seller, Inc. "AR"', address: 'ar@seller.test' },
  to: 'ap@customer.test',
  subject: 'Invoice 1042 – due',
  html: '<p>Grüße</p>',
  text: 'Grüße\n',
  date: Temporal.Instant.from('2026-03-02T15:00:00Z'),
  ...over,
});

let catcher: Catcher;
let sender: Sender;
beforeAll(async () => {
  catcher = await startCatcher();
  sender = createSender({ url: catcher.url, connections: 2 });
});
afterEach(async () => {
  catcher.answers = {};
  await catcher.clear();
});
afterAll(async () => {
  sender.close();
  await catcher.stop();
});

describe('sending', () => {
  it('arrives with the headers that a mail of ours has', async () => {
    const outcome = await sender.send(
      mail({
        cc: ['boss@customer.test'],
        replyTo: 'help@seller.test',
        unsubscribeUrl: 'https://pay.test/u/abc',
        attachments: [{ fileName: 'Rechnung ü.pdf', contentType: 'application/pdf', content: Buffer.from('%PDF-') }],
      }),
    );
    expect(outcome).toMatchObject({ kind: 'sent', refused: [] });
    const [caught] = await catcher.messages();
    expect(caught!.envelopeTo).toEqual(['ap@customer.test', 'boss@customer.test']);
    expect(caught!.envelopeFrom).toBe('ar@seller.test');
    expect(caught!.parsed.messageId).toBe('<018f@seller.test>');
    expect(caught!.parsed.from).toEqual({ name: 'Seller, Inc. "AR"', address: 'ar@seller.test' });
    expect(caught!.parsed.replyTo).toEqual([{ name: '', address: 'help@seller.test' }]);
    expect(caught!.parsed.subject).toBe('Invoice 1042 – due');
    expect(caught!.subject).toBe('Invoice 1042 – due');
    expect(caught!.parsed.text).toContain('Grüße');
    expect(caught!.parsed.attachments[0]!.filename).toBe('Rechnung ü.pdf');
    const header = (key: string) => caught!.parsed.headers.find((one) => one.key === key)?.value;
    expect(header('auto-submitted')).toBe('auto-generated');
    expect(header('list-unsubscribe')).toBe('<https://pay.test/u/abc>');
    expect(header('list-unsubscribe-post')).toBe('List-Unsubscribe=One-Click');
  });

  it('says which address a server refuses for good, and does not blame the address for a policy', async () => {
    catcher.answers.recipient = () => ({ code: 550, message: '5.1.1 no such person' });
    expect(await sender.send(mail())).toMatchObject({ kind: 'refused', refused: [{ address: 'ap@customer.test', addressIsBad: true }] });
    catcher.answers.recipient = () => ({ code: 550, message: '5.7.1 your network is listed' });
    expect(await sender.send(mail())).toMatchObject({ kind: 'refused', refused: [{ addressIsBad: false }] });
    expect(catcher.list()).toHaveLength(0);
  });

  it('sends to the others when one recipient is refused', async () => {
    catcher.answers.recipient = (address) => (address.startsWith('boss') ? { code: 550, message: '5.1.1 gone' } : null);
    expect(await sender.send(mail({ cc: ['boss@customer.test'] }))).toMatchObject({
      kind: 'sent',
      refused: [{ address: 'boss@customer.test', addressIsBad: true }],
    });
    expect(catcher.list()).toHaveLength(1);
  });

  it('defers on 4xx, at the recipient and after the content', async () => {
    catcher.answers.recipient = () => ({ code: 450, message: '4.2.0 greylisted' });
    expect(await sender.send(mail())).toMatchObject({ kind: 'deferred', answer: expect.stringContaining('greylisted') });
    catcher.answers = { content: () => ({ code: 451, message: '4.3.0 busy' }) };
    expect(await sender.send(mail())).toMatchObject({ kind: 'deferred' });
    catcher.answers = { content: () => ({ code: 554, message: '5.6.0 refused as it stands' }) };
    expect(await sender.send(mail())).toMatchObject({ kind: 'refused', refused: [] });
  });

  it('does not know what happened when the connection breaks after the content', async () => {
    catcher.answers.content = () => 'drop';
    expect(await sender.send(mail())).toMatchObject({ kind: 'unknown' });
    catcher.answers = {};
    expect(await sender.send(mail())).toMatchObject({ kind: 'sent' });
  });

  it('defers when nobody listens and when the server hangs up at once', async () => {
    const silent = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as { port: number };
    const toSilent = createSender({ url: `smtp://127.0.0.1:${port}` });
    expect(await toSilent.send(mail())).toMatchObject({ kind: 'deferred' });
    await new Promise((resolve) => silent.close(resolve));
    expect(await toSilent.send(mail())).toMatchObject({ kind: 'deferred' });
    toSilent.close();
  });

  it('sends many at once over few connections and loses none', async () => {
    const outcomes = await Promise.all(Array.from({ length: 60 }, (_, n) => sender.send(mail({ to: `p${n}@customer.test` }))));
    expect(outcomes.every((outcome) => outcome.kind === 'sent')).toBe(true);
    expect(new Set(catcher.list().map((one) => one.envelopeTo[0])).size).toBe(60);
  });
});

describe('addresses', () => {
  const hostile = [
    'a@b',
    'a b@c.test',
    'ap@cust.test, evil@bad.test',
    'ap@cust.test,evil@bad.test',
    '"a,b"@c.test',
    'a@b.test\r\nBcc: x@bad.test',
    'a@b.test\n',
    '<a@b.test>',
    'Name <a@b.test>',
    'a@b.test(comment)',
    'a@[127.0.0.1]',
    'a@b..test',
    '.a@b.test',
    'a.@b.test',
    'a..b@c.test',
    '@b.test',
    'a@',
    'a@b.test;c@d.test',
    'a@b.test c@d.test',
    `${'a'.repeat(65)}@b.test`,
    `a@${'b'.repeat(250)}.test`,
    'a@b.test\u0000',
    'a@b@c.test',
    'a\\@b@c.test',
    'a@b/c.test',
    'a@b.test?x',
    'a@-b.test',
    'ä@b.test',
    '',
    ' a@b.test',
  ];
  it.each(hostile)('refuses %j', (address) => {
    expect(plainAddress(address)).toBeNull();
  });
  it.each([
    ['ap@Cust.TEST', 'ap@cust.test'],
    ["o'neil+ar@sub.cust.test", "o'neil+ar@sub.cust.test"],
    ['a@bücher.test', 'a@xn--bcher-kva.test'],
  ])('takes %s', (given, expected) => {
    expect(plainAddress(given)).toBe(expected);
  });
  it('never sends to anything but the address that was checked', async () => {
    const local = fc.string({ minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(local, fc.constantFrom('@cust.test', '@cust.test,evil@bad.test', '\r\n@cust.test', '" <x@bad.test>'), async (text, rest) => {
        await catcher.clear();
        const address = text + rest;
        await sender.send(mail({ to: address })).catch((error) => expect(error).toBeInstanceOf(RangeError));
        for (const caught of catcher.list()) expect(caught.envelopeTo).toEqual([plainAddress(address)]);
      }),
      { numRuns: 200 },
    );
  });
  it('refuses to put a second recipient into the envelope', async () => {
    await expect(sender.send(mail({ cc: ['ok@cust.test, evil@bad.test'] }))).rejects.toThrow(RangeError);
  });
});

describe('a mail server that a company names', () => {
  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '198.18.0.1',
    '::1',
    '::',
    'fe80::1',
    'fc00::1',
    'fd12::1',
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    '2001:db8::1',
    '2001::1',
    'ff02::1',
    'localhost',
    '0x7f.1',
    '127.1',
    '2130706433',
  ])('cannot be %s', async (host) => {
    expect(isPublicAddress(host)).toBe(false);
    await expect(resolvePublicHost(host, 587)).rejects.toThrow();
  });
  it('may be a public address on a mail port only', async () => {
    expect(await resolvePublicHost('8.8.8.8', 587)).toBe('8.8.8.8');
    expect(await resolvePublicHost('2606:4700::1111', 465)).toBe('2606:4700::1111');
    await expect(resolvePublicHost('8.8.8.8', 5432)).rejects.toThrow('cannot be used');
  });
  it('is never connected to when it lies inside', async () => {
    let connections = 0;
    const canary = createServer((socket) => {
      connections += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => canary.listen(0, '127.0.0.1', resolve));
    const guarded = createSender({ url: `smtp://localhost:${(canary.address() as { port: number }).port}`, guarded: true });
    expect(await guarded.send(mail())).toMatchObject({ kind: 'deferred', answer: expect.stringContaining('cannot be used') });
    expect(connections).toBe(0);
    await new Promise((resolve) => canary.close(resolve));
  });
  it.each(['', 'http://mail.test', 'smtp:', 'mail.test:25'])('must be an SMTP address, not %j', (url) => {
    expect(() => parseSmtpUrl(url)).toThrow('smtp://user:password@host:587');
  });
  it('keeps characters of the password that were escaped', () => {
    expect(parseSmtpUrl('smtps://me%40x:p%3A%2F@mail.test')).toMatchObject({ port: 465, secure: true, user: 'me@x', password: 'p:/' });
  });
});
