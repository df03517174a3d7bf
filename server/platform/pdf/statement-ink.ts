import type PDFDocumentType from 'pdfkit';
import { winAnsi } from './pdf-text.ts';
import type { Paper } from './sheet.ts';

export type Face = 'regular' | 'bold';
export type Align = 'left' | 'right' | 'center';

export interface TextStyle {
  size?: number;
  face?: Face;
  /** Grey from 0 (black) to 1 (white): statements look the same in black and white. */
  grey?: number;
  align?: Align;
  /** Longer text is cut with an ellipsis. */
  width?: number;
}

/** The parts of pdfkit's fonts and documents that its types leave out. */
interface Font {
  id: string;
  name: string;
  document: unknown;
  dictionary: unknown;
  font: { characterToGlyph(code: number): string; widthOfGlyph(glyph: string): number };
  ref(): unknown;
}
interface Innards {
  _font: Font;
  _fontFamilies: Record<string, Font>;
  _fontCount: number;
  addContent(text: string): void;
  page: { fonts: Record<string, unknown>; width: number; height: number };
}

const faceNames: Record<Face, string> = { regular: 'Helvetica', bold: 'Helvetica-Bold' };
/** The letters of WinAnsi above 127 that are not those of Latin-1, from 128 on; a space is no letter. */
const extras = '€ ‚ƒ„…†‡ˆ‰Š‹Œ Ž  ‘’“”•–—˜™š›œ žŸ';
const codes = new Map([...extras].flatMap((letter, index) => (letter === ' ' ? [] : [[letter, 128 + index] as const])));
const hexOf = Array.from({ length: 256 }, (_, code) => code.toString(16).padStart(2, '0'));

interface Metrics {
  font: Font;
  /** Thousandths of the size by WinAnsi code. */
  widths: Uint16Array;
}

/** The fonts are parsed once in a process: reading them again for each document was half of a page. */
const parsed = new Map<Face, Metrics>();

function metricsOf(face: Face, doc: Innards & PDFKit.PDFDocument): Metrics {
  const known = parsed.get(face);
  if (known) return known;
  doc.font(faceNames[face]);
  const font = doc._font;
  const widths = new Uint16Array(256);
  for (let code = 32; code < 256; code++) {
    const letter = [...codes].find(([, value]) => value === code)?.[0] ?? String.fromCharCode(code);
    widths[code] = font.font.widthOfGlyph(font.font.characterToGlyph(letter.charCodeAt(0)));
  }
  const metrics = { font, widths };
  parsed.set(face, metrics);
  return metrics;
}

const codeOf = (letter: string): number => codes.get(letter) ?? letter.charCodeAt(0);
const number = (value: number): string => (Math.round(value * 100) / 100).toString();

/**
 * Draws on the pages of one pdfkit document with Helvetica as every reader has it. Text is written straight into the
 * content stream: lines are placed by the caller, so none of pdfkit's line breaking is needed.
 */
export class Ink {
  readonly doc: PDFKit.PDFDocument;
  private readonly inner: Innards;
  private readonly fonts: Record<Face, Font>;
  private readonly widths: Record<Face, Uint16Array>;
  private pending: string[] = [];
  private readonly images = new Map<Buffer, unknown>();

  private constructor(doc: PDFKit.PDFDocument) {
    this.doc = doc;
    this.inner = doc as unknown as Innards;
    const regular = metricsOf('regular', doc as never);
    const bold = metricsOf('bold', doc as never);
    this.fonts = { regular: this.own(regular.font, 'F1'), bold: this.own(bold.font, 'F2') };
    this.widths = { regular: regular.widths, bold: bold.widths };
  }

  /** `createdAt` is the document's only moment: with the same content the same bytes come out. */
  static async start(options: { paper: Paper; locale: string; title: string; author: string; createdAtMs: number }): Promise<Ink> {
    const { default: PDFDocument } = (await import('pdfkit')) as { default: typeof PDFDocumentType };
    const doc = new PDFDocument({
      size: options.paper === 'A4' ? 'A4' : 'LETTER',
      margin: 0,
      bufferPages: true,
      autoFirstPage: false,
      lang: options.locale,
      displayTitle: true,
      // no font until one is used
      font: null as never,
      info: {
        Title: options.title,
        Author: options.author,
        Creator: 'PayorCRM',
        Producer: 'PayorCRM',
        CreationDate: new globalThis.Date(options.createdAtMs),
      },
    });
    return new Ink(doc);
  }

  /** Content is handed to pdfkit page by page: each piece by itself cost a third of the drawing. */
  private write(piece: string): void {
    this.pending.push(piece);
  }

  private flush(): void {
    if (this.pending.length === 0) return;
    this.inner.addContent(this.pending.join('\n'));
    this.pending = [];
  }

  /** The parsed font as a font of this document. */
  private own(font: Font, id: string): Font {
    const mine = Object.assign(Object.create(Object.getPrototypeOf(font) as object), font, { document: this.doc, id, dictionary: undefined }) as Font;
    this.inner._fontFamilies[font.name] = mine;
    return mine;
  }

  get pageWidth(): number {
    return this.inner.page.width;
  }
  get pageHeight(): number {
    return this.inner.page.height;
  }

  widthOf(text: string, size: number, face: Face = 'regular'): number {
    const widths = this.widths[face];
    let sum = 0;
    for (const letter of winAnsi(text)) sum += widths[codeOf(letter)]!;
    return (sum * size) / 1000;
  }

  /** One line of text; `y` is its top. Answers its width. */
  text(text: string, x: number, y: number, { size = 9, face = 'regular', grey = 0.07, align = 'left', width }: TextStyle = {}): number {
    const widths = this.widths[face];
    let line = winAnsi(text).replaceAll('\n', ' ');
    let sum = 0;
    for (let i = 0; i < line.length; i++) sum += widths[codeOf(line[i]!)]!;
    if (width !== undefined && (sum * size) / 1000 > width + 0.01) {
      const room = (width * 1000) / size - widths[codeOf('…')]!;
      let kept = 0;
      let at = 0;
      while (at < line.length && kept + widths[codeOf(line[at]!)]! <= room) kept += widths[codeOf(line[at++]!)]!;
      line = `${line.slice(0, at).trimEnd()}…`;
      sum = 0;
      for (let i = 0; i < line.length; i++) sum += widths[codeOf(line[i]!)]!;
    }
    const used = (sum * size) / 1000;
    const room = width ?? 0;
    const left = align === 'left' ? x : align === 'right' ? x + room - used : x + (room - used) / 2;
    let hex = '';
    for (let i = 0; i < line.length; i++) hex += hexOf[codeOf(line[i]!)];
    const font = this.fonts[face];
    this.inner.page.fonts[font.id] ??= font.ref();
    // pdfkit's pages run downwards; text is turned back to stand upright
    this.write(`BT /${font.id} ${number(size)} Tf ${number(grey)} g 1 0 0 -1 ${number(left)} ${number(y + size * 0.76)} Tm <${hex}> Tj ET`);
    return used;
  }

  /** Text in lines of a width, broken between words; at most `most` lines. Answers the height. */
  lines(text: string, x: number, y: number, width: number, style: TextStyle & { leading?: number; most?: number } = {}): number {
    const size = style.size ?? 9;
    const leading = style.leading ?? size * 1.35;
    const broken = text.split('\n').flatMap((line) => this.broken(line, width, size, style.face ?? 'regular'));
    const shown = broken.slice(0, style.most ?? 20);
    if (shown.length < broken.length) shown[shown.length - 1] += '…';
    shown.forEach((line, index) => {
      this.text(line, x, y + index * leading, { ...style, width });
    });
    return shown.length * leading;
  }

  private broken(line: string, width: number, size: number, face: Face): string[] {
    const result: string[] = [];
    let current = '';
    for (const word of line.split(/\s+/)) {
      const longer = current === '' ? word : `${current} ${word}`;
      if (current === '' || this.widthOf(longer, size, face) <= width) current = longer;
      else {
        result.push(current);
        current = word;
      }
    }
    return [...result, current];
  }

  rule(x: number, y: number, width: number, { weight = 0.5, grey = 0.6 } = {}): void {
    this.write(`${number(grey)} G ${number(weight)} w ${number(x)} ${number(y)} m ${number(x + width)} ${number(y)} l S`);
  }

  box(x: number, y: number, width: number, height: number, { fill, stroke, weight = 0.75 }: { fill?: number; stroke?: number; weight?: number }): void {
    const shape = `${number(x)} ${number(y)} ${number(width)} ${number(height)} re`;
    if (fill !== undefined) this.write(`${number(fill)} g ${shape} f`);
    if (stroke !== undefined) this.write(`${number(stroke)} G ${number(weight)} w ${shape} S`);
  }

  link(x: number, y: number, width: number, height: number, url: string): void {
    this.doc.link(x, y, width, height, url);
  }

  /** True when it was a picture that a PDF can hold. */
  image(bytes: Buffer, x: number, y: number, width: number, height: number): boolean {
    this.flush();
    try {
      // opened once for all statements of a print
      const image = this.images.get(bytes) ?? (this.doc as unknown as { openImage(bytes: Buffer): unknown }).openImage(bytes);
      this.images.set(bytes, image);
      this.doc.image(image as never, x, y, { fit: [width, height] });
      return true;
    } catch {
      return false;
    }
  }

  /** Squares of a QR code, those of a row that touch in one. */
  squares(modules: { size: number; get(row: number, column: number): number | boolean }, x: number, y: number, size: number): void {
    const unit = size / modules.size;
    const shapes: string[] = [];
    for (let row = 0; row < modules.size; row++)
      for (let column = 0; column < modules.size; column++) {
        if (!modules.get(row, column)) continue;
        const from = column;
        while (column + 1 < modules.size && modules.get(row, column + 1)) column++;
        shapes.push(`${number(x + from * unit)} ${number(y + row * unit)} ${number((column - from + 1) * unit)} ${number(unit)} re`);
      }
    this.write(`0 g ${shapes.join(' ')} f`);
  }

  newPage(): void {
    this.flush();
    this.doc.addPage();
  }

  /** Every page in turn, to write what needs their number. */
  eachPage(draw: (page: number, count: number) => void): void {
    this.flush();
    const { start, count } = this.doc.bufferedPageRange();
    for (let page = 0; page < count; page++) {
      this.doc.switchToPage(start + page);
      draw(page + 1, count);
      this.flush();
    }
  }

  /** The pages so far go out and are held no longer. */
  release(): void {
    this.flush();
    this.doc.flushPages();
  }

  /** Ends the document; its bytes come from `doc`, a stream. */
  end(): void {
    this.flush();
    this.doc.end();
  }
}
