import { afterAll, describe, expect, it } from 'vitest';
import type { RawMessage } from '../../platform/mail/imap.ts';
import { rangesOf } from '../../platform/mail/imap.ts';
import { type IncomingMessage, LIMITS, readMessage } from './reading/parse.ts';
import { closeReading, readMessages } from './reading/parse-pool.ts';
import { readReport } from './reading/report.ts';
import { safeHtml, snippetOf } from './reading/text.ts';
import { mailOf, reportOf } from './test-data.ts';

const raw = (bytes: Buffer, more: Partial<RawMessage> = {}): RawMessage => ({
  uid: 1,
  sizeBytes: bytes.length,
  receivedAt: Temporal.Instant.from('2026-03-02T15:00:00Z'),
  seen: false,
  bytes,
  complete: true,
  ...more,
});
const read = async (bytes: Buffer): Promise<IncomingMessage> => (await readMessages([raw(bytes)]))[0]!;
afterAll(closeReading);
const timed = async <T>(work: () => Promise<T> | T, mostMs: number): Promise<T> => {
  const began = performance.now();
  const result = await work();
  expect(performance.now() - began).toBeLessThan(mostMs);
  return result;
};
/** What PostgreSQL would refuse or a header could be broken with. */
const harmless = (message: IncomingMessage) => {
  for (const text of [message.subject, message.fromName, message.snippet, message.text, message.html ?? '', message.messageId ?? '', ...message.references]) {
    expect(text).not.toContain('\u0000');
    expect(text.isWellFormed()).toBe(true);
  }
  for (const line of [message.subject, message.fromName, message.snippet, message.fromAddress, ...message.to, ...message.cc])
    expect(line).not.toMatch(/[\r\n]/);
};

describe('a hostile message', () => {
  it('with bytes of no charset, with an unknown charset, with NUL and half surrogates is kept as text', async () => {
    const bodies = [
      mailOf({ headers: 'Content-Type: text/plain; charset=no-such-charset', body: 'h\u00e9llo' }),
      Buffer.concat([mailOf({ headers: 'Content-Type: text/plain; charset=utf-8', body: 'x' }), Buffer.from([0xff, 0xfe, 0x00, 0xc3, 0x28, 0xed, 0xa0, 0x80])]),
      mailOf({ subject: '=?utf-8?B?AAEC/w==?= =?utf-7?Q?x?= =?x?y?z?=', from: '=?utf-8?Q?a=00=0D=0ABcc:_x@y.test?= <a@b.test>' }),
      mailOf({ headers: 'Content-Type: text/plain; charset=iso-2022-jp', body: '\u001b$B$3$s\u001b(B' }),
      Buffer.from('\r\n\r\n'),
      Buffer.alloc(0),
      Buffer.from('no header at all'),
      Buffer.from([...Array(2000)].map((_, n) => n % 256)),
    ];
    for (const bytes of bodies) harmless(await read(bytes));
  });

  it('with line ends in its headers puts nothing into a header, an address or a list', async () => {
    const message = await read(
      mailOf({ from: '"Evil\\r\\nBcc: victim@bank.test" <evil@bad.test>', subject: 'a\tb\u202ec', to: 'x@y.test, "a,b" <c@d.test>, <e@f.test\r\n >' }),
    );
    harmless(message);
    expect(message.fromAddress).toBe('evil@bad.test');
    expect(message.subject).toBe('a b c');
    expect((await read(mailOf({ from: 'no address here' }))).fromAddress).toBe('');
    expect((await read(mailOf({ from: '"a@b.test, c@d.test" <"x y"@z.test>' }))).fromAddress).toBe('');
  });

  it('with a thousand nested parts, a mail in a mail in a mail, or 3 MB of headers is kept by its headers', async () => {
    let nested = 'text';
    for (let n = 0; n < 1000; n++) nested = `Content-Type: multipart/mixed; boundary="b${n}"\r\n\r\n--b${n}\r\n${nested}\r\n--b${n}--\r\n`;
    const deep = await timed(
      () => read(mailOf({ subject: 'deep', headers: nested.slice(0, nested.indexOf('\r\n\r\n')), body: nested.slice(nested.indexOf('\r\n\r\n') + 4) })),
      5000,
    );
    expect(deep).toMatchObject({ subject: 'deep', fromAddress: 'ap@tailspin.test', complete: false });
    let mails = 'x';
    for (let n = 0; n < 200; n++) mails = `Content-Type: message/rfc822\r\n\r\nSubject: ${n}\r\n${mails}`;
    harmless(await timed(() => read(Buffer.from(`From: a@b.test\r\nSubject: matryoshka\r\n${mails}`)), 5000));
    const headers = await timed(
      () => read(mailOf({ subject: 'many', headers: Array.from({ length: 60_000 }, (_, n) => `X-Filler-${n}: ${'x'.repeat(40)}`).join('\r\n') })),
      5000,
    );
    expect(headers.complete).toBe(false);
  });

  it('with 10,000 attachments keeps the first, names some, and counts all', async () => {
    const parts = Array.from(
      { length: 10_000 },
      (_, n) => `--b\r\nContent-Type: application/x-${n}; name="${'../'.repeat(3)}file${n}.exe"\r\nContent-Disposition: attachment\r\n\r\nabc\r\n`,
    ).join('');
    const message = await timed(() => read(mailOf({ headers: 'Content-Type: multipart/mixed; boundary=b', body: `${parts}--b--\r\n` })), 20_000);
    expect(message.attachmentCount).toBe(10_000);
    expect(message.attachments).toHaveLength(LIMITS.named);
    expect(message.attachments.filter((file) => file.bytes !== null)).toHaveLength(LIMITS.kept);
    for (const file of message.attachments) expect(file.name).not.toMatch(/[/\\]|^\./);
  });

  it('with names of attachments that lead elsewhere gets names that are only names', async () => {
    const nameOf = async (name: string) =>
      (
        await read(
          mailOf({
            headers: 'Content-Type: multipart/mixed; boundary=b',
            body: `--b\r\nContent-Type: a/b\r\nContent-Disposition: attachment; filename="${name}"\r\n\r\nx\r\n--b--`,
          }),
        )
      ).attachments[0]!.name;
    expect(await nameOf('C:\\\\windows\\\\x.exe')).not.toMatch(/[\\:]/);
    expect(await nameOf('/etc/passwd')).toBe('_etc_passwd');
    expect(await nameOf('....')).toBe('attachment');
    expect((await nameOf('x'.repeat(5000))).length).toBeLessThanOrEqual(200);
  });

  it('of 20 MB of text or HTML is kept as far as a person reads', async () => {
    const text = await timed(() => read(mailOf({ text: 'word '.repeat(4_000_000) })), 20_000);
    expect(text.text.length).toBe(LIMITS.text);
    const html = await timed(() => read(mailOf({ headers: 'Content-Type: text/html', body: `<p>start</p>${'<b>'.repeat(2_000_000)}` })), 20_000);
    expect(html.html).toBeNull();
    expect(html.text.startsWith('start')).toBe(true);
  });

  it('with a hundred thousand references and addresses keeps a few', async () => {
    const message = await timed(
      () =>
        read(
          mailOf({
            references: Array.from({ length: 5000 }, (_, n) => `<${n}@x.test>`).join(' '),
            to: Array.from({ length: 5000 }, (_, n) => `a${n}@x.test`).join(', '),
          }),
        ),
      5000,
    );
    expect(message.references.length).toBeLessThanOrEqual(LIMITS.references);
    expect(message.to.length).toBeLessThanOrEqual(LIMITS.addresses);
  });
});

describe('HTML of a stranger', () => {
  it('loses everything that runs, submits, loads by itself or leads to a script', () => {
    const hostile = [
      '<script>alert(1)</script>',
      '<img src=x onerror=alert(1)>',
      '<a href="javascript:alert(1)">x</a>',
      '<a href="jav&#x09;ascript:alert(1)">x</a>',
      '<svg><script>alert(1)</script></svg>',
      '<iframe src="https://x.test"></iframe>',
      '<form action="https://x.test"><input name=a><button>go</button></form>',
      '<style>*{background:url(https://x.test)}</style>',
      '<p style="background:url(https://x.test)">x</p>',
      '<p style="position:fixed;top:0">x</p>',
      '<base href="https://x.test"><meta http-equiv=refresh content="0;url=https://x.test">',
      '<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>',
      '{{ "<script>alert(1)</script>" }}',
      '{% raw %}<script>alert(1)</script>{% endraw %}',
      '<!--><img src=x onerror=alert(1)>-->',
      '<<img src=x onerror=alert(1)//',
      '<a href="https://ok.test" onclick="alert(1)">x</a>',
    ];
    for (const source of hostile) {
      const { html } = safeHtml(source);
      expect(html, source).not.toMatch(/<script|<svg|<iframe|<form|<input|<style|<base|<meta|<math|<[^>]*\son\w+=|<[^>]*javascript:|url\(|position/i);
    }
    expect(safeHtml('<p>Paid <b>today</b>, see <a href="https://x.test/a">here</a></p>').html).toContain('<b>today</b>');
  });

  it('of a megabyte of open tags costs little', async () => {
    await timed(() => safeHtml('<div>'.repeat(200_000)), 20_000);
    await timed(() => safeHtml('<'.repeat(1_000_000)), 20_000);
    await timed(() => safeHtml('<a "'.repeat(200_000)), 20_000);
    await timed(() => snippetOf('on '.repeat(60_000)), 5000);
  });
});

describe('delivery reports', () => {
  it('are read in their fields, and in prose where there are none', async () => {
    const message = await read(reportOf({ originalId: 'x@y.test', recipient: 'Ap@Tailspin.test', status: '5.1.1' }));
    expect(message).toMatchObject({
      kind: 'bounce',
      report: { originalIds: ['x@y.test'], recipients: [{ address: 'ap@tailspin.test', action: 'failed', status: '5.1.1' }] },
    });
    const prose = await read(
      mailOf({
        from: 'MAILER-DAEMON@old.test',
        subject: 'failure notice',
        text: 'Hi. This is the qmail-send program.\n<ap@tailspin.test>:\n550 5.1.1 no such user\n\nMessage-ID: <mail1@northwind.test>',
      }),
    );
    expect(prose.report).toMatchObject({
      originalIds: ['mail1@northwind.test'],
      recipients: [{ address: 'ap@tailspin.test', action: 'failed', status: '5.1.1' }],
    });
  });

  it('of a million recipients name a few', async () => {
    const status = `Reporting-MTA: dns; x\r\n\r\n${'Final-Recipient: rfc822; a@b.test\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n'.repeat(20_000)}`;
    const report = await timed(
      () =>
        readReport(
          { headers: [], headerLines: [], attachments: [{ filename: null, mimeType: 'message/delivery-status', disposition: null, content: status }] },
          '',
        ),
      3000,
    );
    expect(report.recipients.length).toBeLessThanOrEqual(100);
  });
});

it('messages that are read together in a thread are read as each alone', async () => {
  const list = [
    mailOf({ text: 'one\r\n\r\ntwo' }),
    reportOf({ originalId: 'x@y.test', recipient: 'ap@tailspin.test', status: '5.1.1' }),
    Buffer.alloc(0),
    mailOf({
      headers: 'Content-Type: multipart/mixed; boundary=b',
      body: [
        '--b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<p>f=C3=BCr=\r\n alle</p>\r\n',
        '--b\r\nContent-Type: image/png; name=logo.png\r\nContent-ID: <logo@x>\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\nAAEC\r\n',
        '--b\r\nContent-Type: text/csv; name=a.csv\r\nContent-Disposition: attachment\r\n\r\na;b\r\n1;2\r\n--b--\r\n',
      ].join(''),
    }),
  ].map((bytes, uid) => raw(bytes, { uid }));
  const together = await readMessages(list);
  for (const [index, one] of list.entries()) expect(together[index]).toMatchObject(await readMessage(one));
  expect(together.map((message) => message.uid)).toEqual([0, 1, 2, 3]);
  expect(together[3]!.attachments.map((file) => [file.name, file.contentId, file.bytes!.length])).toEqual([
    ['logo.png', 'logo@x', 11],
    ['a.csv', null, 8],
  ]);
});

it('numbers of messages are written as IMAP has them', () => {
  expect(rangesOf([1, 2, 3, 5, 9, 10])).toBe('1:3,5,9:10');
  expect(rangesOf([])).toBe('');
});
