/** A statement as a spreadsheet: amounts are numbers, days are dates. */
import { money, toDecimal } from '../../kernel/money.ts';
import { type Content, movementWords } from './content.ts';
import type { FullStatement } from './documents/queries.ts';

type Cell = { value: string | number; type: StringConstructor | NumberConstructor; format?: string; fontWeight?: 'bold' } | null;

const FIRST_DAY = Temporal.PlainDate.from('1899-12-30');
const text = (value: string, bold = false): Cell => ({ value, type: String, ...(bold ? { fontWeight: 'bold' as const } : {}) });
const day = (value: string | null): Cell =>
  value === null ? null : { value: FIRST_DAY.until(Temporal.PlainDate.from(value), { largestUnit: 'days' }).days, type: Number, format: 'yyyy-mm-dd' };

/** The frozen content as XLSX; 2,000 lines at most, as on the page. */
export async function statementXlsx(statement: FullStatement): Promise<{ name: string; contentType: string; bytes: Buffer }> {
  const { content, currency } = statement;
  const amount = (minor: string, bold = false): Cell => {
    const decimal = toDecimal(money(BigInt(minor), currency));
    const digits = decimal.includes('.') ? decimal.length - decimal.indexOf('.') - 1 : 0;
    return {
      value: Number(decimal),
      type: Number,
      format: digits > 0 ? `#,##0.${'0'.repeat(digits)}` : '#,##0',
      ...(bold ? { fontWeight: 'bold' as const } : {}),
    };
  };
  const rows: Cell[][] = [
    [text('Statement', true), text(statement.number)],
    [text('Bill to', true), text(`${content.billTo.name} (${content.billTo.number})`)],
    [text('As of', true), day(statement.asOf.toString())],
    [text('Currency', true), text(currency)],
    [],
    ...(statement.kind === 'open_item' ? openItems(content, amount) : movements(statement, amount)),
    [],
    [text('Total', true), null, null, null, null, amount(statement.totalMinor.toString(), true)],
    [],
    ['Current', '1–30 days', '31–60 days', '61–90 days', 'Over 90 days', 'Credits'].map((label) => text(label, true)),
    [content.aging.current, content.aging.days1To30, content.aging.days31To60, content.aging.days61To90, content.aging.over90, content.aging.credits].map(
      (minor) => amount(minor),
    ),
  ];
  // loaded when somebody asks for it: 79 files that a start need not read
  const { default: writeXlsxFile } = await import('write-excel-file/node');
  const bytes = await writeXlsxFile(rows as never, { columns: [18, 24, 14, 24, 16, 16].map((width) => ({ width })) } as never).toBuffer();
  return { name: `Statement ${statement.number}.xlsx`, contentType: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', bytes };
}

function openItems(content: Content, amount: (minor: string) => Cell): Cell[][] {
  return [
    ['Date', 'Number', 'Due', 'Customer', 'Amount', 'Open balance'].map((label) => text(label, true)),
    ...content.lines.map((line) => [
      day(line.issuedOn),
      text(line.number),
      day(line.dueOn),
      text(line.customer ?? content.billTo.name),
      amount(line.amount),
      amount(line.open),
    ]),
  ];
}

function movements(statement: FullStatement, amount: (minor: string) => Cell): Cell[][] {
  const { content } = statement;
  let balance = BigInt(content.opening ?? '0');
  return [
    ['Date', 'What', 'Number', 'Customer', 'Amount', 'Balance'].map((label) => text(label, true)),
    [day(statement.fromOn?.toString() ?? null), text('Balance brought forward'), null, null, null, amount(balance.toString())],
    ...content.movements.map((one) => {
      balance += BigInt(one.amount);
      return [
        day(one.on),
        text(movementWords[one.what]),
        text(one.number ?? ''),
        text(one.customer ?? content.billTo.name),
        amount(one.amount),
        amount(balance.toString()),
      ];
    }),
  ];
}
