import { inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { drawInvoicePdf, drawReceiptPdf, type InvoicePdfModel, paperOf } from './pdf.ts';
import { winAnsi } from './pdf-text.ts';

const date = (text: string) => Temporal.PlainDate.from(text);
const model: InvoicePdfModel = {
  kind: 'invoice',
  number: '1042',
  seller: { name: 'Northwind Supply', address: ['100 Harbor Way'] },
  billTo: { name: 'Łukasz & Søn', address: [] },
  currency: 'USD',
  locale: 'en-US',
  issuedOn: date('2026-01-01'),
  dueOn: date('2026-01-31'),
  totalMinor: 128_500n,
  openMinor: 100_000n,
  state: 'open',
  createdAt: Temporal.Instant.from('2026-03-02T15:00:00Z'),
};

/** The words of the pages: the hexadecimal strings of their content streams. */
function textOf(pdf: Buffer): string {
  const streams = [...pdf.toString('latin1').matchAll(/stream\r?\n([\s\S]*?)\r?\nendstream/g)].flatMap((match) => {
    try {
      return [inflateSync(Buffer.from(match[1]!, 'latin1')).toString('latin1')];
    } catch {
      return [];
    }
  });
  return streams
    .map((stream) =>
      stream.replace(
        /\[([^\]]*)\] TJ/g,
        (_, parts: string) => `${[...parts.matchAll(/<([0-9a-f]*)>/gi)].map((hex) => Buffer.from(hex[1]!, 'hex').toString('latin1')).join('')}\n`,
      ),
    )
    .join('\n');
}
const pages = (pdf: Buffer) => pdf.toString('latin1').match(/\/Type \/Page\b/g)?.length;

describe('the PDF of an invoice', () => {
  it('states number, parties, dates and what is open', async () => {
    const pdf = await drawInvoicePdf({
      ...model,
      facts: [
        { label: 'Terms', value: 'Net 30' },
        { label: 'Reference', value: null },
      ],
    });
    const text = textOf(pdf);
    for (const words of ['Invoice', '1042', 'Northwind Supply', 'Lukasz & Søn', 'Jan 31, 2026', '$1,285.00', '($285.00)', '$1,000.00', 'Net 30', 'Page 1 of 1'])
      expect(text).toContain(words);
    expect(text).not.toContain('Reference');
    expect(pages(pdf)).toBe(1);
  });
  it('numbers its pages and repeats the head of the table', async () => {
    const pdf = await drawInvoicePdf({ ...model, lines: Array.from({ length: 60 }, (_, n) => ({ description: `Line ${n}`, amountMinor: 1n })) });
    expect(pages(pdf)).toBe(3);
    expect(textOf(pdf)).toContain('Page 3 of 3');
    expect(textOf(pdf).match(/Description/g)).toHaveLength(3);
  });
  it('says when nothing is owed', async () => {
    expect(textOf(await drawInvoicePdf({ ...model, openMinor: 0n, state: 'closed' }))).toContain('Paid in full');
    expect(textOf(await drawInvoicePdf({ ...model, openMinor: 0n, state: 'void' }))).toContain('voided');
    expect(textOf(await drawInvoicePdf({ ...model, kind: 'credit_memo' }))).toContain('Open credit');
  });
  it('carries the pay link only while something is open', async () => {
    const payUrl = 'https://billing.example/pay/x';
    expect(textOf(await drawInvoicePdf({ ...model, payUrl }))).toContain(payUrl);
    expect(textOf(await drawInvoicePdf({ ...model, payUrl, openMinor: 0n, state: 'closed' }))).not.toContain(payUrl);
  });
  it('leaves out a logo that is no picture', async () => {
    expect(pages(await drawInvoicePdf({ ...model, seller: { ...model.seller, logo: Buffer.from('<svg/>') } }))).toBe(1);
  });
  it('draws names of any length and script', async () => {
    const pdf = await drawInvoicePdf({ ...model, billTo: { name: '日本 Привет Ελλάδα '.repeat(12), address: ['x'.repeat(300), '\u202e\u0000'] } });
    expect(textOf(pdf)).toContain('Privet');
  });
});

describe('the PDF of a receipt', () => {
  it('lists what was paid, and warns while the bank may return it', async () => {
    const receipt = {
      number: 'PAY-000001',
      seller: model.seller,
      paidBy: { name: 'Tailspin', address: [] },
      currency: 'JPY',
      locale: 'ja-JP',
      receivedOn: date('2026-03-02'),
      method: 'card ending 4242',
      processing: false,
      amountMinor: 5000n,
      unappliedMinor: 500n,
      invoices: [{ number: '7', dueOn: date('2026-01-31'), paidMinor: 4500n, openMinor: 0n }],
      createdAt: model.createdAt,
    };
    const text = textOf(await drawReceiptPdf(receipt));
    for (const words of ['PAY-000001', 'card ending 4242', 'Kept as credit', '4,500', '5,000', 'Thank you']) expect(text).toContain(words);
    expect(textOf(await drawReceiptPdf({ ...receipt, processing: true }))).toContain('may still be returned');
  });
});

describe('letters', () => {
  it.each([
    ['Łódź', 'Lódz'],
    ['Çelik Şirketi', 'Çelik Sirketi'],
    ['Щукин', 'Shchukin'],
    ['Ωμέγα', 'Omega'],
    ['“€” – …', '“€” – …'],
    ['a\u202fb\u00a0c', 'a b c'],
    ['日本', '??'],
    ['ﬁ ½', 'fi ½'],
    ['x\u0000\u200by', 'xy'],
  ])('%s is written %s', (given, expected) => {
    expect(winAnsi(given)).toBe(expected);
  });
  it('paper is Letter where it is used', () => {
    expect([paperOf('en-US'), paperOf('de-DE'), paperOf('es-MX'), paperOf('en')]).toEqual(['Letter', 'A4', 'Letter', 'A4']);
  });
});
