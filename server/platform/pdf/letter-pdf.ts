import { amountText, dateText, type Paper, type PdfParty, type PdfSeller, paperOf, Sheet } from './sheet.ts';

/** A letter about open invoices, as it is printed and put into a window envelope. Amounts in minor units. */
export interface LetterPdfModel {
  number: string;
  seller: PdfSeller;
  to: PdfParty;
  /** The person who should read it. */
  attention?: string | null;
  customerNumber: string;
  /** Lines that say where the money goes; empty: the seller's address. */
  remitTo?: readonly string[];
  /** BCP 47; decides how dates and amounts are written, and the paper. */
  locale: string;
  datedOn: Temporal.PlainDate;
  subject: string;
  /** Paragraphs, apart by empty lines: before the invoices, and after them. */
  before: string;
  after: string;
  invoices: readonly { number: string; issuedOn: Temporal.PlainDate; dueOn: Temporal.PlainDate; currency: string; openMinor: bigint }[];
}

const mm = (value: number): number => (value * 72) / 25.4;
const inch = (value: number): number => value * 72;

/**
 * Where the window of the usual envelope shows the paper: DIN 5008 form B for A4 in a DL or C6/5 envelope, a No. 10
 * envelope for Letter; and where the sheet is folded.
 */
const windows: Record<Paper, { x: number; sender: number; address: number; bottom: number; width: number; subject: number; folds: number[] }> = {
  A4: { x: mm(25), sender: mm(52), address: mm(62.7), bottom: mm(90), width: mm(80), subject: mm(103), folds: [mm(105), mm(210)] },
  Letter: {
    x: inch(0.95),
    sender: inch(1.86),
    address: inch(2.06),
    bottom: inch(3.14),
    width: inch(3.4),
    subject: inch(3.55),
    folds: [inch(11 / 3), inch(22 / 3)],
  },
};
const LINE = 12.8;
/** Lines that the window shows. */
export const MAX_ADDRESS_LINES = 6;
const grey = '#4b5563';

/** One letter or many in one file, each with its own page numbers: what a printer is given. The same bytes each time. */
export async function drawLettersPdf(
  letters: readonly LetterPdfModel[],
  options: { title: string; author: string; locale: string; paper?: Paper; createdAt: Temporal.Instant },
): Promise<Buffer> {
  const paper = options.paper ?? paperOf(options.locale);
  const sheet = await Sheet.start({ ...options, paper });
  for (const [index, letter] of letters.entries()) {
    drawLetter(sheet, letter, paper);
    // a batch of hundreds must not keep the process from others
    if (index % 20 === 19) await new Promise((resolve) => setImmediate(resolve));
  }
  return sheet.finish();
}

function drawLetter(sheet: Sheet, letter: LetterPdfModel, paper: Paper): void {
  const { locale } = letter;
  sheet.begin(`${letter.seller.name} · Letter ${letter.number}`);
  head(sheet, letter.seller);
  envelope(sheet, letter, paper);
  sheet.moveTo(windows[paper].subject);
  sheet.paragraph(letter.subject, { size: 12, bold: true });
  sheet.space(2);
  paragraphs(sheet, letter.before);
  if (letter.invoices.length > 0) {
    sheet.space(4);
    invoiceTable(sheet, letter);
  }
  paragraphs(sheet, letter.after);
  remittance(sheet, letter, locale);
}

/** The seller at the top: logo or name on the left, how to reach it on the right. */
function head(sheet: Sheet, seller: PdfSeller): void {
  const half = sheet.width / 2;
  const top = 40;
  sheet.moveTo(top);
  const used = sheet.picture(seller.logo ?? null, half - 12);
  sheet.put(seller.name, sheet.left, top + used, half - 12, { size: used > 0 ? 10 : 15, bold: true });
  const reach = [...seller.address.slice(0, 4), seller.phone, seller.email].filter((one) => one).join('\n');
  if (reach) sheet.put(reach, sheet.left + half, top, half, { size: 8.5, color: grey, align: 'right' });
}

/** The address in the window with the sender above it, the letter's own facts beside it, and marks for folding. */
function envelope(sheet: Sheet, letter: LetterPdfModel, paper: Paper): void {
  const place = windows[paper];
  const sender = [letter.seller.name, ...letter.seller.address].filter(Boolean).join(' · ');
  sheet.put(cut(sender, 90), place.x, place.sender, place.width, { size: 6.5, color: grey });
  const lines = [letter.to.name, ...(letter.attention ? [`Attn: ${letter.attention}`] : []), ...letter.to.address];
  // what does not fit into the window stands in its last line, so that nothing is lost
  const shown = lines.length > MAX_ADDRESS_LINES ? [...lines.slice(0, MAX_ADDRESS_LINES - 1), lines.slice(MAX_ADDRESS_LINES - 1).join(', ')] : lines;
  let y = place.address;
  for (const line of shown) {
    if (y + LINE > place.bottom) break;
    sheet.put(cut(line, 44), place.x, y, place.width, { size: 10.5 });
    y += LINE;
  }
  const x = sheet.left + sheet.width * 0.62;
  const width = sheet.width * 0.38;
  [
    ['Date', dateText(letter.datedOn, letter.locale)],
    ['Letter', letter.number],
    ['Your customer number', letter.customerNumber],
  ].forEach(([label, value], index) => {
    const at = place.address + index * 16;
    sheet.put(label!, x, at + 1, width * 0.55, { size: 8.5, color: grey });
    sheet.put(cut(value!, 30), x + width * 0.5, at, width * 0.5, { size: 10, align: 'right' });
  });
  for (const fold of place.folds) sheet.mark(fold);
}

const cut = (text: string, length: number): string => (text.length > length ? `${text.slice(0, length - 1)}…` : text);

function paragraphs(sheet: Sheet, text: string): void {
  for (const paragraph of text.split(/\n{2,}/).map((one) => one.trim())) if (paragraph) sheet.paragraph(paragraph);
}

function invoiceTable(sheet: Sheet, letter: LetterPdfModel): void {
  const { locale } = letter;
  sheet.table(
    [
      { label: 'Invoice', width: 0.28 },
      { label: 'Date', width: 0.17 },
      { label: 'Due', width: 0.17 },
      { label: 'Days overdue', width: 0.16, align: 'right' },
      { label: 'Open', width: 0.22, align: 'right' },
    ],
    letter.invoices.map((invoice) => [
      invoice.number,
      dateText(invoice.issuedOn, locale),
      dateText(invoice.dueOn, locale),
      overdueText(invoice.dueOn, letter.datedOn),
      amountText(invoice.openMinor, invoice.currency, locale),
    ]),
  );
  sheet.space(2);
  sheet.totals(totalsOf(letter).map(({ currency, minor }) => ({ label: `Total due (${currency})`, value: amountText(minor, currency, locale), strong: true })));
}

function overdueText(dueOn: Temporal.PlainDate, on: Temporal.PlainDate): string {
  const { days } = dueOn.until(on);
  return days > 0 ? String(days) : '–';
}

function totalsOf(letter: LetterPdfModel): { currency: string; minor: bigint }[] {
  const sums = new Map<string, bigint>();
  for (const { currency, openMinor } of letter.invoices) sums.set(currency, (sums.get(currency) ?? 0n) + openMinor);
  return [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([currency, minor]) => ({ currency, minor }));
}

/** Where the money goes, and what to write on it. */
function remittance(sheet: Sheet, letter: LetterPdfModel, locale: string): void {
  const { seller } = letter;
  const rows = [
    {
      label: 'Please pay to',
      value: letter.remitTo && letter.remitTo.length > 0 ? letter.remitTo.join('\n') : [seller.name, ...seller.address].filter(Boolean).join(', '),
    },
    { label: 'Reference', value: `${letter.customerNumber} / ${letter.number}` },
    ...totalsOf(letter).map(({ currency, minor }) => ({ label: 'Amount', value: amountText(minor, currency, locale) })),
  ];
  sheet.slip(rows);
}
