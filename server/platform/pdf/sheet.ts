import type PDFDocumentType from 'pdfkit';
import { format, money } from '../../kernel/money.ts';
import { winAnsi } from './pdf-text.ts';

export type Paper = 'A4' | 'Letter';

/** Who sends the paper. */
export interface PdfSeller {
  name: string;
  /** Lines of the postal address. */
  address: readonly string[];
  phone?: string | null;
  email?: string | null;
  /** PNG or JPEG; anything else is left out. */
  logo?: Buffer | null;
}

export interface PdfParty {
  name: string;
  address: readonly string[];
}

export interface PdfFact {
  label: string;
  value: string;
}

export interface Column {
  label: string;
  /** Share of the width; all shares together are 1. */
  width: number;
  align?: 'left' | 'right';
}

const MARGIN = 54;
const FOOTER = 40;
const ink = '#111827';
const grey = '#4b5563';
const line = '#9ca3af';

/** The paper of a company's country: Letter where it is used, A4 elsewhere. */
export const paperOf = (locale: string): Paper => (/-(US|CA|MX|CO|CL|PH|VE)\b/.test(locale) ? 'Letter' : 'A4');

export const dateText = (date: Temporal.PlainDate, locale: string): string => date.toLocaleString(locale, { year: 'numeric', month: 'short', day: 'numeric' });

/** An amount with its currency; the code stands in for a sign that the font does not have. */
export function amountText(minor: bigint, currency: string, locale: string): string {
  const text = format(money(minor, currency), locale);
  const plain = winAnsi(text);
  return plain === text.replace(/\s/gu, ' ') ? plain : winAnsi(format(money(minor, currency), locale).replace(/[^\d.,()\s-]+/u, `${currency} `));
}

/**
 * One document on A4 or Letter: black on white, a grid of two columns, tabular figures (the digits of Helvetica have
 * one width). Knows where the next thing goes and when a new page is needed.
 */
export class Sheet {
  readonly doc: PDFKit.PDFDocument;
  readonly locale: string;
  private y = MARGIN;
  /** Documents in the file: their footers, and the page that each begins on. */
  private readonly parts: { footer: string; from: number }[] = [];
  private readonly pictures = new Map<Buffer, string>();
  private readonly chunks: Buffer[] = [];
  private readonly done: Promise<Buffer>;

  private constructor(doc: PDFKit.PDFDocument, locale: string) {
    this.doc = doc;
    this.locale = locale;
    this.done = new Promise((resolve, reject) => {
      doc.on('data', (chunk: Buffer) => this.chunks.push(chunk));
      doc.on('end', () => resolve(Buffer.concat(this.chunks)));
      doc.on('error', reject);
    });
  }

  /** pdfkit is loaded with the first document, not at the start of the server. */
  static async start(options: { paper: Paper; locale: string; title: string; author: string; createdAt: Temporal.Instant }): Promise<Sheet> {
    const { default: PDFDocument } = (await import('pdfkit')) as { default: typeof PDFDocumentType };
    const doc = new PDFDocument({
      size: options.paper === 'A4' ? 'A4' : 'LETTER',
      margins: { top: MARGIN, left: MARGIN, right: MARGIN, bottom: 0 },
      bufferPages: true,
      lang: options.locale,
      displayTitle: true,
      info: {
        Title: options.title,
        Author: options.author,
        Creator: 'PayorCRM',
        Producer: 'PayorCRM',
        CreationDate: new globalThis.Date(options.createdAt.epochMilliseconds),
      },
    });
    return new Sheet(doc, options.locale);
  }

  get width(): number {
    return this.doc.page.width - 2 * MARGIN;
  }
  get left(): number {
    return MARGIN;
  }
  private get bottom(): number {
    return this.doc.page.height - MARGIN - FOOTER;
  }

  /**
   * Begins the next of several documents in one file, each with its own page numbers and footer. Without it the whole
   * file is one document.
   */
  begin(footer: string): void {
    if (this.parts.length > 0) {
      this.doc.addPage();
      this.y = MARGIN;
    }
    const { start, count } = this.doc.bufferedPageRange();
    this.parts.push({ footer, from: start + count - 1 });
  }

  /** The next thing goes `y` points below the top of the page. */
  moveTo(y: number): void {
    this.y = y;
  }

  /** Leaves `points` free. */
  space(points: number): void {
    this.y += points;
  }

  /** A new page unless `points` are left on this one. True when it was one. */
  need(points: number): boolean {
    if (this.y + points <= this.bottom) return false;
    this.doc.addPage();
    this.y = MARGIN;
    return true;
  }

  /** Words at a place of the page, outside the flow. Answers their height. */
  put(
    text: string,
    x: number,
    y: number,
    width: number,
    style: { size?: number; bold?: boolean; color?: string; align?: 'left' | 'right'; link?: string | null },
  ): number {
    this.doc
      .font(style.bold ? 'Helvetica-Bold' : 'Helvetica')
      .fontSize(style.size ?? 10)
      .fillColor(style.color ?? ink);
    const options = { width, align: style.align ?? 'left', lineGap: 2, ...(style.link ? { link: style.link, underline: true } : {}) } as const;
    const plain = winAnsi(text);
    this.doc.text(plain, x, y, options);
    return this.doc.heightOfString(plain, options);
  }

  /** Logo or name of the seller on the left, the kind of paper on the right, a rule below. */
  letterhead(seller: PdfSeller, title: string): void {
    const half = this.width / 2;
    let used = this.logo(seller.logo ?? null, half);
    used += this.put(seller.name, this.left, this.y + used, half - 12, { size: 12, bold: true });
    const contact = [...seller.address, seller.phone, seller.email].filter((one) => one).join('\n');
    if (contact) used += this.put(contact, this.left, this.y + used + 2, half - 12, { size: 9, color: grey }) + 2;
    const right = this.put(title, this.left + half, this.y, half, { size: 22, bold: true, align: 'right' });
    this.y += Math.max(used, right) + 18;
    this.rule(this.y);
    this.y += 18;
  }

  private logo(logo: Buffer | null, width: number): number {
    if (logo === null) return 0;
    try {
      // opened once, so that a file with many letters holds one picture
      const picture = this.pictures.get(logo) ?? (this.doc as unknown as { openImage(bytes: Buffer): string }).openImage(logo);
      this.pictures.set(logo, picture);
      this.doc.image(picture, this.left, this.y, { fit: [Math.min(width, 180), 48] });
      return 58;
    } catch {
      // not a picture that a PDF can hold
      return 0;
    }
  }

  private rule(y: number, color = line): void {
    this.doc
      .moveTo(this.left, y)
      .lineTo(this.left + this.width, y)
      .lineWidth(0.75)
      .strokeColor(color)
      .stroke();
  }

  /** The other party on the left, facts as label and value on the right. */
  addressAndFacts(label: string, party: PdfParty, facts: readonly PdfFact[]): void {
    const half = this.width / 2;
    const from = this.y;
    let left = this.put(label, this.left, from, half - 12, { size: 9, color: grey });
    left += this.put(party.name, this.left, from + left + 2, half - 12, { size: 11, bold: true }) + 2;
    if (party.address.length > 0) left += this.put(party.address.join('\n'), this.left, from + left + 1, half - 12, { size: 10 }) + 1;
    let right = 0;
    for (const fact of facts) {
      this.put(fact.label, this.left + half, from + right, half * 0.42, { size: 9, color: grey });
      const height = this.put(fact.value, this.left + half * 1.42, from + right - 1, half * 0.58, { size: 10, align: 'right' });
      right += Math.max(height, 12) + 4;
    }
    this.y = from + Math.max(left, right) + 22;
  }

  paragraph(text: string, style: { size?: number; bold?: boolean; color?: 'grey' } = {}): void {
    this.need(40);
    this.y +=
      this.put(text, this.left, this.y, this.width, { size: style.size ?? 10, bold: style.bold ?? false, color: style.color === 'grey' ? grey : ink }) + 8;
  }

  /** A table whose head is repeated on each page. Cells wrap; figures are right-aligned. */
  table(columns: readonly Column[], rows: readonly (readonly string[])[]): void {
    const at = (index: number) => this.left + this.width * columns.slice(0, index).reduce((sum, column) => sum + column.width, 0);
    const cells = (texts: readonly string[], y: number, style: { size: number; bold?: boolean; color?: string }) =>
      Math.max(
        ...texts.map((text, index) =>
          this.put(text, at(index), y, this.width * columns[index]!.width - (columns[index]!.align === 'right' ? 0 : 10), {
            ...style,
            align: columns[index]!.align ?? 'left',
          }),
        ),
      );
    const head = () => {
      const height = cells(
        columns.map((column) => column.label),
        this.y,
        { size: 9, color: grey },
      );
      this.y += height + 3;
      this.rule(this.y, ink);
      this.y += 7;
    };
    this.need(60);
    head();
    for (const row of rows) {
      if (this.need(this.heightOf(row, columns) + 12)) head();
      this.y += cells(row, this.y, { size: 10 }) + 4;
      this.rule(this.y, '#d1d5db');
      this.y += 7;
    }
  }

  private heightOf(row: readonly string[], columns: readonly Column[]): number {
    this.doc.font('Helvetica').fontSize(10);
    return Math.max(...row.map((text, index) => this.doc.heightOfString(winAnsi(text), { width: this.width * columns[index]!.width - 10, lineGap: 2 })));
  }

  /** Sums at the right edge under a table; strong ones in bold behind a rule. */
  totals(rows: readonly { label: string; value: string; strong?: boolean }[]): void {
    this.need(rows.length * 20 + 10);
    const x = this.left + this.width * 0.5;
    const width = this.width * 0.5;
    for (const row of rows) {
      if (row.strong) {
        this.doc
          .moveTo(x, this.y)
          .lineTo(this.left + this.width, this.y)
          .lineWidth(1)
          .strokeColor(ink)
          .stroke();
        this.y += 7;
      }
      const size = row.strong ? 12 : 10;
      this.put(row.label, x, this.y, width * 0.55, { size, bold: row.strong ?? false });
      const height = this.put(row.value, x + width * 0.45, this.y, width * 0.55, { size, bold: row.strong ?? false, align: 'right' });
      this.y += height + 5;
    }
    this.y += 10;
  }

  /** The pay link as words and as a code for a phone's camera. */
  async payBox(url: string, words: string): Promise<void> {
    const { default: qr } = await import('qrcode');
    const { modules } = qr.create(url, { errorCorrectionLevel: 'M' });
    const size = 84;
    this.need(size + 24);
    this.y += 8;
    const unit = size / modules.size;
    this.doc.fillColor('#000000');
    for (let row = 0; row < modules.size; row++)
      for (let column = 0; column < modules.size; column++)
        if (modules.get(row, column)) this.doc.rect(this.left + column * unit, this.y + row * unit, unit, unit);
    this.doc.fill();
    const x = this.left + size + 18;
    const height = this.put(words, x, this.y + 8, this.width - size - 18, { size: 11, bold: true });
    this.put(url, x, this.y + 14 + height, this.width - size - 18, { size: 9, color: grey, link: url });
    this.y += size + 16;
  }

  /** A logo at the place of the flow, which it does not move. Answers its height with the room below; 0 without one. */
  picture(logo: Buffer | null, width: number): number {
    return this.logo(logo, width);
  }

  /** A short line at the left edge, where the paper is folded. */
  mark(y: number): void {
    this.doc.moveTo(12, y).lineTo(24, y).lineWidth(0.5).strokeColor(line).stroke();
  }

  /** A frame of labels and values that stays together: what a payer copies. */
  slip(rows: readonly PdfFact[]): void {
    const label = this.width * 0.2;
    const value = this.width - label - 24;
    this.doc.font('Helvetica').fontSize(10);
    const heights = rows.map((row) => this.doc.heightOfString(winAnsi(row.value), { width: value, lineGap: 2 }) + 3);
    const height = heights.reduce((sum, one) => sum + one, 0) + 14;
    this.need(height + 8);
    const top = this.y + 4;
    this.doc.rect(this.left, top, this.width, height).lineWidth(0.75).strokeColor(line).stroke();
    let y = top + 10;
    rows.forEach((row, index) => {
      this.put(row.label, this.left + 12, y + 1, label, { size: 9, color: grey });
      this.put(row.value, this.left + 12 + label, y, value, { size: 10 });
      y += heights[index]!;
    });
    this.y = top + height + 10;
  }

  /** Numbers the pages and answers the bytes. `footer` is that of a file with one document. */
  finish(footer = ''): Promise<Buffer> {
    const { start, count } = this.doc.bufferedPageRange();
    const parts = this.parts.length > 0 ? this.parts : [{ footer, from: start }];
    parts.forEach((part, index) => {
      const end = parts[index + 1]?.from ?? start + count;
      for (let page = part.from; page < end; page++) {
        this.doc.switchToPage(page);
        const y = this.doc.page.height - MARGIN - 8;
        this.rule(y - 8);
        this.put(part.footer, this.left, y, this.width * 0.75, { size: 8, color: grey });
        this.put(`Page ${page - part.from + 1} of ${end - part.from}`, this.left + this.width * 0.75, y, this.width * 0.25, {
          size: 8,
          color: grey,
          align: 'right',
        });
      }
    });
    this.doc.end();
    return this.done;
  }
}
