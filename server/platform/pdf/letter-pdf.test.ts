import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { drawLettersPdf, type LetterPdfModel } from './pdf.ts';

const date = (text: string) => Temporal.PlainDate.from(text);
const letter = (number: string, more: Partial<LetterPdfModel> = {}): LetterPdfModel => ({
  number,
  seller: { name: 'Northwind Supply', address: ['100 Harbor Way', 'Portland ME 04101'], phone: '+1 207 555 0100' },
  to: { name: 'Harbor Goods', address: ['12 Quay Street', 'Boston MA 02110'] },
  attention: 'Ada Payer',
  customerNumber: 'C-1001',
  locale: 'en-US',
  datedOn: date('2026-03-02'),
  subject: 'Final reminder',
  before: 'Dear Ada Payer,\n\nThese invoices are still open.',
  after: 'Kind regards',
  invoices: [{ number: 'INV-7', issuedOn: date('2026-01-01'), dueOn: date('2026-01-31'), currency: 'USD', openMinor: 125_050n }],
  ...more,
});
const options = { title: 'Letters', author: 'Northwind Supply', locale: 'en-US', createdAt: Temporal.Instant.from('2026-03-02T15:00:00Z') };

const words = (pdf: Buffer, ...more: string[]) => execFileSync('pdftotext', ['-layout', ...more, '-', '-'], { input: pdf, encoding: 'utf8' });
/** Top left corner and size of the page's part in points. */
const inside = (x: number, y: number, width: number, height: number) => ['-x', x, '-y', y, '-W', width, '-H', height, '-r', 72].map(String);

describe('the PDF of a letter', () => {
  it('names the invoices, the total, where to pay and the reference', async () => {
    const text = words(await drawLettersPdf([letter('L-000001')], options));
    for (const part of ['Final reminder', 'INV-7', 'Jan 31, 2026', '30', '$1,250.50', 'Total due (USD)', 'C-1001 / L-000001', 'Page 1 of 1', 'Kind regards'])
      expect(text).toContain(part);
    expect(text).toMatch(/Please pay to\s+Northwind Supply, 100 Harbor Way, Portland ME 04101/);
  });
  it.each([
    ['A4', inside(57, 128, 241, 128)],
    ['Letter', inside(63, 130, 250, 97)],
  ] as const)('shows the address, and nothing else of the letter, in the window of an envelope for %s', async (paper, window) => {
    const seen = words(await drawLettersPdf([letter('L-000001')], { ...options, paper }), ...window);
    expect(
      seen
        .split('\n')
        .map((line) => line.trim())
        .filter(Boolean),
    ).toEqual(['Northwind Supply · 100 Harbor Way · Portland ME 04101', 'Harbor Goods', 'Attn: Ada Payer', '12 Quay Street', 'Boston MA 02110']);
  });
  it('says where the money goes, and holds the logo once for all letters', async () => {
    const logo = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
    const made = letter('L-000001', { remitTo: ['Bank of Maine', 'Account 12345'], seller: { ...letter('x').seller, logo } });
    const pdf = await drawLettersPdf([made, made, made], options);
    expect(words(pdf)).toMatch(/Please pay to\s+Bank of Maine\n\s+Account 12345/);
    const pictures = (file: Buffer) => file.toString('latin1').match(/\/Subtype \/Image/g)?.length;
    expect(pictures(pdf)).toBe(pictures(await drawLettersPdf([made], options)));
  });
  it('keeps an address of any length inside the window', async () => {
    const to = { name: 'A name of ninety characters, which some companies have and which a window has to bear', address: ['1', '2', '3', '4', '5', '6'] };
    const text = words(await drawLettersPdf([letter('L-000001', { to })], options), ...inside(63, 145, 250, 82));
    expect(text).toContain('4, 5, 6');
  });
  it('totals each currency by itself', async () => {
    const [invoice] = letter('x').invoices;
    const text = words(
      await drawLettersPdf([letter('L-000001', { invoices: [invoice!, { ...invoice!, currency: 'EUR', openMinor: 100n }, invoice!] })], options),
    );
    expect(text).toMatch(/Total due \(EUR\)\s+€1\.00/);
    expect(text).toMatch(/Total due \(USD\)\s+\$2,501\.00/);
  });
  it('puts many letters into one file, each with its own pages and number', async () => {
    const [invoice] = letter('x').invoices;
    const long = letter('L-000002', { invoices: Array.from({ length: 40 }, () => invoice!) });
    const pages = words(await drawLettersPdf([letter('L-000001'), long, letter('L-000003')], options))
      .split('\f')
      .slice(0, -1);
    expect(pages.map((page) => /Letter (L-\d+)\s+(Page \d of \d)/.exec(page)?.slice(1).join(' '))).toEqual([
      'L-000001 Page 1 of 1',
      'L-000002 Page 1 of 3',
      'L-000002 Page 2 of 3',
      'L-000002 Page 3 of 3',
      'L-000003 Page 1 of 1',
    ]);
  });
  it('is the same to the byte when it is drawn again', async () => {
    const letters = [letter('L-000001'), letter('L-000002')];
    expect((await drawLettersPdf(letters, options)).equals(await drawLettersPdf(letters, options))).toBe(true);
  });
});
