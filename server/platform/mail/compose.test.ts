import fc from 'fast-check';
import PostalMime from 'postal-mime';
import { describe, expect, it } from 'vitest';
import { composeMail, type OutgoingMail } from './compose.ts';

const mail = (over: Partial<OutgoingMail>): OutgoingMail => ({
  messageId: '1@seller.test',
  from: { name: 'Seller', address: 'ar@seller.test' },
  to: 'ap@cust.test',
  subject: 'Subject',
  html: '<p>Hello</p>',
  text: 'Hello\n',
  date: Temporal.Instant.from('2026-03-02T15:00:00Z'),
  ...over,
});
const pdf = { fileName: 'a.pdf', contentType: 'application/pdf', content: Buffer.from('%PDF-1.4 binary \xff', 'latin1') };

describe('a composed mail', () => {
  it('is read back as it was written, whatever the text is, with and without attachment', async () => {
    const text = fc
      .array(
        fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('=', '=0D=0A', '.', '..', '--pc-', 'From ', ' ', '\t', 'x'.repeat(1200), 'ü'.repeat(400))),
      )
      .map((lines) => lines.join('\n').replace(/\r/g, ''));
    await fc.assert(
      fc.asyncProperty(text, fc.boolean(), async (body, attached) => {
        const message = await composeMail(mail({ text: `${body}\n`, attachments: attached ? [pdf] : [] }));
        const raw = message.toString('latin1');
        expect(raw.split('\r\n').every((line) => line.length <= 998 && !line.includes('\n'))).toBe(true);
        const parsed = await PostalMime.parse(message);
        // other programs drop what is not text, and so does the parser
        if (!/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/.test(body)) expect(parsed.text?.trimEnd()).toBe(body.trimEnd());
        if (attached) expect(Buffer.from(parsed.attachments[0]!.content as ArrayBuffer).equals(pdf.content)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('carries HTML in any language as plain ASCII', async () => {
    const message = await composeMail(mail({ html: '<p title="ü">日本語 😀 &amp; ё</p>' }));
    expect(message.toString('latin1')).toMatch(/text\/html; charset=utf-8\r\nContent-Transfer-Encoding: 7bit/);
    expect((await PostalMime.parse(message)).html).toContain('<p title="&#252;">&#26085;&#26412;&#35486; &#128512; &amp; &#1105;</p>');
  });

  it('keeps a line end or a second header out of names and subjects', async () => {
    const raw = (await composeMail(mail({ subject: 'Hi\r\nBcc: evil@bad.test', from: { name: 'Seller\r\nX-Evil: 1', address: 'ar@seller.test' } }))).toString(
      'latin1',
    );
    const head = raw.slice(0, raw.indexOf('\r\n\r\n'));
    expect(head).not.toMatch(/^(Bcc|X-Evil):/im);
    expect(head.match(/^MIME-Version: 1\.0$/gm)).toHaveLength(1);
    expect(head.match(/^Date: Mon, 02 Mar 2026 15:00:00 \+0000$/gm)).toHaveLength(1);
  });
});
