import { inflateSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { drawPrintPdf, drawStatementPdf, type StatementPdfModel } from './statement-pdf.ts';
import { closeDrawing, drawStatements } from './statement-pool.ts';

const line = (n: number) => ({
  kind: 'invoice' as const,
  number: `INV-${n}`,
  issuedOn: '2026-01-10',
  dueOn: '2026-02-10',
  amount: '128500',
  open: '100000',
  customer: null,
  url: `https://billing.example/s/x/i/${n}`,
});
const model: StatementPdfModel = {
  number: 'ST-000042',
  kind: 'open_item',
  seller: { name: 'Northwind Supply', address: ['100 Harbor Way'], phone: '+1 503 555 0100', email: 'ar@northwind.example' },
  remitTo: ['Lockbox 4410'],
  note: 'Thank you.',
  billTo: { name: 'Łukasz & Søn', number: 'C-7', address: ['500 Market Street'] },
  currency: 'USD',
  locale: 'en-US',
  paper: 'Letter',
  asOf: '2026-03-01',
  from: null,
  opening: null,
  lines: [line(1)],
  movements: [],
  left: 0,
  total: '100000',
  overdue: '100000',
  aging: { current: '0', days1To30: '100000', days31To60: '0', days61To90: '0', over90: '0', credits: '0' },
  payUrl: 'https://billing.example/s/x',
};
afterAll(() => closeDrawing());

/** The words of the pages: the hexadecimal strings of their content streams. */
const textOf = (pdf: Buffer): string =>
  [...pdf.toString('latin1').matchAll(/stream\r?\n([\s\S]*?)\r?\nendstream/g)]
    .flatMap((match) => {
      try {
        return [inflateSync(Buffer.from(match[1]!, 'latin1')).toString('latin1')];
      } catch {
        return [];
      }
    })
    .join('\n')
    .replace(/<([0-9a-f]*)> Tj/g, (_, hex: string) => `${Buffer.from(hex, 'hex').toString('latin1')}\n`);
const pages = (pdf: Buffer) => pdf.toString('latin1').match(/\/Type \/Page\b/g)?.length;

describe('the PDF of a statement', () => {
  test('states who owes what to whom, since when, and how to pay', async () => {
    const pdf = await drawStatementPdf(model);
    const text = textOf(pdf);
    for (const words of [
      'Statement',
      'ST-000042',
      'Lukasz & Søn',
      'C-7',
      'INV-1',
      '19',
      '$1,285.00',
      '$1,000.00',
      'of which overdue',
      'Over 90 days',
      'Lockbox 4410',
      'Thank you.',
      'Page 1 of 1',
    ])
      expect(text).toContain(words);
    const raw = pdf.toString('latin1');
    expect(raw).toContain('/URI (https://billing.example/s/x/i/1)');
    expect(raw).toContain('/URI (https://billing.example/s/x)');
    expect(raw).toContain('[0 0 612 792]');
    expect((await drawStatementPdf({ ...model, paper: 'A4' })).toString('latin1')).toContain('[0 0 595.28 841.89]');
  });

  test('is the same to the byte whenever and wherever it is drawn', async () => {
    const [one] = await drawStatements([model], null);
    expect('bytes' in one! && Buffer.from(one.bytes).equals(await drawStatementPdf(model))).toBe(true);
  });

  test('breaks into pages that repeat the head of the table', async () => {
    const pdf = await drawStatementPdf({ ...model, lines: Array.from({ length: 75 }, (_, n) => line(n)) });
    expect(pages(pdf)).toBe(3);
    expect(textOf(pdf).match(/Open balance\n/g)).toHaveLength(3);
    expect(textOf(pdf)).toContain('Page 3 of 3');
  });

  test('carries a balance forward, line by line', async () => {
    const text = textOf(
      await drawStatementPdf({
        ...model,
        kind: 'balance_forward',
        from: '2026-02-01',
        opening: '5000',
        lines: [],
        movements: [{ on: '2026-02-03', text: 'Payment, thank you', number: 'PAY-1', amount: '-2000', customer: null, url: null }],
        total: '3000',
      }),
    );
    for (const words of ['Balance brought forward', '$50.00', '($20.00)', '$30.00', 'Balance on Mar 1, 2026']) expect(text).toContain(words);
  });

  test('that cannot be drawn leaves the others alone', async () => {
    const drawn = await drawStatements([{ ...model, total: 'nothing' }, model], null);
    expect(drawn.map((one) => ('bytes' in one ? 'drawn' : 'failed'))).toEqual(['failed', 'drawn']);
  });

  test('says nothing of paying what is not owed, and leaves out a logo that is no picture', async () => {
    const text = textOf(await drawStatementPdf({ ...model, total: '-500', overdue: '0' }, Buffer.from('<svg/>')));
    expect(text).toContain('Your credit balance');
    expect(text).not.toContain('View and pay online');
  });

  test('stands with others in one file for the printer, with page numbers of its own', async () => {
    async function* two() {
      yield [{ ...model, lines: Array.from({ length: 45 }, (_, n) => line(n)) }];
      yield [model];
    }
    const chunks: Buffer[] = [];
    for await (const chunk of drawPrintPdf(two(), null)) chunks.push(chunk);
    const pdf = Buffer.concat(chunks);
    expect(pages(pdf)).toBe(3);
    expect(textOf(pdf)).toContain('Page 2 of 2');
    expect(textOf(pdf)).toContain('Page 1 of 1');
  });
});
