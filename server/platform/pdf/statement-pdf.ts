import { amountText, dateText, type Paper } from './sheet.ts';
import { Ink } from './statement-ink.ts';

/** One open item. Amounts in minor units as decimal text, so that the model is plain JSON; credits are below zero. */
export interface StatementLine {
  kind: 'invoice' | 'credit_memo' | 'payment_on_account' | 'payment';
  number: string;
  issuedOn: string;
  /** Null for what falls due on no day. */
  dueOn: string | null;
  amount: string;
  open: string;
  /** The child whose it is, on a parent's statement. */
  customer: string | null;
  url: string | null;
}

/** What raised or lowered the balance. */
export interface StatementMovement {
  on: string;
  text: string;
  number: string | null;
  amount: string;
  customer: string | null;
  url: string | null;
}

export interface StatementAging {
  current: string;
  days1To30: string;
  days31To60: string;
  days61To90: string;
  over90: string;
  /** Credits, below zero. */
  credits: string;
}

/** A statement as it is printed: plain JSON, the same for the same statement at any time. */
export interface StatementPdfModel {
  number: string;
  kind: 'open_item' | 'balance_forward';
  seller: { name: string; address: readonly string[]; phone: string | null; email: string | null };
  remitTo: readonly string[];
  note: string;
  billTo: { name: string; number: string; address: readonly string[] };
  currency: string;
  /** BCP 47; decides how dates and amounts are written. */
  locale: string;
  paper: Paper;
  asOf: string;
  /** Balance forward: the first day of the movements, and the balance before it. */
  from: string | null;
  opening: string | null;
  lines: readonly StatementLine[];
  movements: readonly StatementMovement[];
  /** Lines that were left out of a very long statement; the total counts them. */
  left: number;
  total: string;
  overdue: string;
  aging: StatementAging;
  /** The page on which it can be read and paid; null shows neither link nor code. */
  payUrl: string | null;
}

const MARGIN = 46;
const FOOT = 20;
const ROW = 17;
const TALL_ROW = 26;

/** Sums and dates in the words of one statement. */
interface Words {
  amount(minor: string | bigint): string;
  date(day: string): string;
}

const dates = new Map<string, string>();
function wordsOf(model: StatementPdfModel): Words {
  return {
    amount: (minor) => amountText(BigInt(minor), model.currency, model.locale),
    date(day) {
      const key = `${model.locale} ${day}`;
      let text = dates.get(key);
      if (text === undefined) {
        text = dateText(Temporal.PlainDate.from(day), model.locale);
        if (dates.size >= 5000) dates.clear();
        dates.set(key, text);
      }
      return text;
    },
  };
}

interface Pen {
  ink: Ink;
  model: StatementPdfModel;
  words: Words;
  left: number;
  width: number;
  bottom: number;
  y: number;
}

/** The begin of the statement's day: the only moment in its PDF. */
const momentOf = (model: StatementPdfModel): number => Temporal.PlainDate.from(model.asOf).toZonedDateTime('UTC').epochMilliseconds;

/** Draws one statement on pages of its own, numbered by themselves. */
async function drawOn(ink: Ink, model: StatementPdfModel, logo: Buffer | null): Promise<void> {
  ink.newPage();
  const pen: Pen = {
    ink,
    model,
    words: wordsOf(model),
    left: MARGIN,
    width: ink.pageWidth - 2 * MARGIN,
    bottom: ink.pageHeight - MARGIN - FOOT,
    y: MARGIN,
  };
  letterhead(pen, logo);
  parties(pen);
  if (model.kind === 'open_item') openItems(pen);
  else movements(pen);
  totals(pen);
  agingFooter(pen);
  await payment(pen);
  ink.eachPage((page, count) => foot(pen, page, count));
  ink.release();
}

/**
 * Draws the statement. The same model gives the same bytes: its only moment is the begin of its day, and nothing in it
 * is random. `logo` is a PNG or JPEG; anything else is left out. About 2 ms for a page.
 */
export async function drawStatementPdf(model: StatementPdfModel, logo: Buffer | null = null): Promise<Buffer> {
  const ink = await Ink.start({
    paper: model.paper,
    locale: model.locale,
    title: `Statement ${model.number}`,
    author: model.seller.name,
    createdAtMs: momentOf(model),
  });
  const chunks: Buffer[] = [];
  ink.doc.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise<void>((resolve, reject) => ink.doc.on('end', resolve).on('error', reject));
  await drawOn(ink, model, logo);
  ink.end();
  await ended;
  return Buffer.concat(chunks);
}

/**
 * All statements in one file for the printer, each with its own page numbers. The bytes come as they are drawn, so that
 * ten thousand statements need no more room than one.
 */
export async function* drawPrintPdf(pages: AsyncIterable<readonly StatementPdfModel[]>, logo: Buffer | null): AsyncGenerator<Buffer> {
  let ink: Ink | null = null;
  let chunks: Buffer[] = [];
  for await (const models of pages) {
    for (const model of models) {
      if (ink === null) {
        ink = await Ink.start({ paper: model.paper, locale: model.locale, title: 'Statements', author: model.seller.name, createdAtMs: momentOf(model) });
        ink.doc.on('data', (chunk: Buffer) => chunks.push(chunk));
      }
      await drawOn(ink, model, logo);
      if (chunks.length > 0) yield Buffer.concat(chunks);
      chunks = [];
    }
  }
  if (ink === null) return;
  const ended = new Promise<void>((resolve, reject) => ink!.doc.on('end', resolve).on('error', reject));
  ink.end();
  await ended;
  yield Buffer.concat(chunks);
}

function letterhead(pen: Pen, logo: Buffer | null): void {
  const { ink, model, left, width, words } = pen;
  const top = pen.y;
  const half = width / 2;
  let y = top;
  if (logo && ink.image(logo, left, top, 170, 46)) y += 54;
  ink.text(model.seller.name, left, y, { size: 13, face: 'bold', width: half - 16 });
  y += 19;
  for (const line of [...model.seller.address, [model.seller.phone, model.seller.email].filter(Boolean).join('  ·  ')].filter(Boolean)) {
    ink.text(line, left, y, { size: 8.5, grey: 0.35, width: half - 16 });
    y += 11.5;
  }
  const right = left + half;
  ink.text('Statement', right, top - 3, { size: 26, face: 'bold', align: 'right', width: half });
  let at = top + 34;
  const facts: [string, string][] = [
    ['Statement no.', model.number],
    [
      model.kind === 'balance_forward' ? 'Period' : 'As of',
      model.from === null ? words.date(model.asOf) : `${words.date(model.from)} – ${words.date(model.asOf)}`,
    ],
    ['Customer no.', model.billTo.number],
    // one statement for each currency, and "$" is the sign of many
    ['Currency', model.currency],
  ];
  for (const [label, value] of facts) {
    ink.text(label, right + half * 0.3, at, { size: 8.5, grey: 0.35, width: half * 0.26 });
    ink.text(value, right + half * 0.5, at, { size: 9, align: 'right', width: half * 0.5 });
    at += 13.5;
  }
  pen.y = Math.max(y, at) + 10;
  ink.rule(left, pen.y, width, { weight: 1.25, grey: 0.07 });
  pen.y += 18;
}

/** Who owes, and how much: the two things that are read first. */
function parties(pen: Pen): void {
  const { ink, model, left, width, words } = pen;
  const top = pen.y;
  const boxWidth = 210;
  const boxLeft = left + width - boxWidth;
  ink.text('Bill to', left, top, { size: 8.5, grey: 0.35 });
  let y = top + 14;
  y += ink.lines(model.billTo.name, left, y, width - boxWidth - 24, { size: 11, face: 'bold', leading: 14, most: 3 }) + 2;
  for (const line of model.billTo.address.slice(0, 6)) {
    ink.text(line, left, y, { size: 9.5, width: width - boxWidth - 24 });
    y += 12.5;
  }
  const total = BigInt(model.total);
  const overdue = BigInt(model.overdue);
  const height = overdue > 0n ? 66 : 52;
  ink.box(boxLeft, top, boxWidth, height, { fill: 0.955, stroke: 0.07, weight: 1 });
  ink.text(total < 0n ? 'Your credit balance' : 'Total due', boxLeft + 12, top + 10, { size: 8.5, grey: 0.3 });
  const shown = words.amount(total < 0n ? -total : total);
  const size = ink.widthOf(shown, 21, 'bold') <= boxWidth - 24 ? 21 : 15;
  ink.text(shown, boxLeft + 12, top + 23 + (21 - size) / 2, { size, face: 'bold', width: boxWidth - 24 });
  if (overdue > 0n) ink.text(`of which overdue ${words.amount(overdue)}`, boxLeft + 12, top + 49, { size: 8.5, width: boxWidth - 24 });
  pen.y = Math.max(y, top + height) + 22;
}

interface Column {
  label: string;
  share: number;
  align: 'left' | 'right';
}

const sharesOf = (columns: readonly Column[], pen: Pen): { x: number; width: number }[] => {
  let x = pen.left;
  return columns.map((column, index) => {
    const width = pen.width * column.share;
    // figures end at the edge of the paper's grid; texts keep a gap to their neighbour
    const place = { x: index === 0 ? x : x + 4, width: index === columns.length - 1 ? width - 4 : width - 8 };
    x += width;
    return place;
  });
};

function tableHead(pen: Pen, columns: readonly Column[], places: readonly { x: number; width: number }[]): void {
  columns.forEach((column, index) => {
    pen.ink.text(column.label, places[index]!.x, pen.y, { size: 8.5, face: 'bold', align: column.align, width: places[index]!.width });
  });
  pen.ink.rule(pen.left, pen.y + 14, pen.width, { weight: 1, grey: 0.07 });
  pen.y += 18;
}

/** A new page with a short head, unless `points` are left on this one. True when it was one. */
function need(pen: Pen, points: number): boolean {
  if (pen.y + points <= pen.bottom) return false;
  pen.ink.newPage();
  pen.y = MARGIN;
  pen.ink.text(pen.model.billTo.name, pen.left, pen.y, { size: 9, face: 'bold', width: pen.width / 2 });
  pen.ink.text(`Statement ${pen.model.number}, continued`, pen.left + pen.width / 2, pen.y, { size: 9, grey: 0.35, align: 'right', width: pen.width / 2 });
  pen.y += 26;
  return true;
}

interface Cell {
  text: string;
  bold?: boolean;
  url?: string | null;
  /** A second, smaller line. */
  below?: string | null;
}

function row(pen: Pen, columns: readonly Column[], places: readonly { x: number; width: number }[], cells: readonly Cell[]): void {
  const tall = cells.some((cell) => cell.below);
  const height = tall ? TALL_ROW : ROW;
  if (need(pen, height)) tableHead(pen, columns, places);
  const { ink } = pen;
  cells.forEach((cell, index) => {
    const place = places[index]!;
    const { align } = columns[index]!;
    const used = ink.text(cell.text, place.x, pen.y + 3.5, { size: 9, face: cell.bold ? 'bold' : 'regular', align, width: place.width });
    if (cell.below) ink.text(cell.below, place.x, pen.y + 14.5, { size: 7.5, grey: 0.35, align, width: place.width });
    if (cell.url) {
      ink.rule(place.x, pen.y + 12.4, used, { weight: 0.4, grey: 0.3 });
      ink.link(place.x, pen.y + 2, used, 13, cell.url);
    }
  });
  pen.y += height;
  ink.rule(pen.left, pen.y, pen.width, { weight: 0.35, grey: 0.82 });
}

const creditNames: Record<Exclude<StatementLine['kind'], 'invoice'>, string> = {
  credit_memo: 'Credit memo',
  payment_on_account: 'Payment on account',
  payment: 'Payment not yet applied',
};

function openItems(pen: Pen): void {
  const { model, words } = pen;
  const columns: Column[] = [
    { label: 'Date', share: 0.145, align: 'left' },
    { label: 'Invoice', share: 0.245, align: 'left' },
    { label: 'Due', share: 0.15, align: 'left' },
    { label: 'Days late', share: 0.1, align: 'right' },
    { label: 'Invoice amount', share: 0.18, align: 'right' },
    { label: 'Open balance', share: 0.18, align: 'right' },
  ];
  const places = sharesOf(columns, pen);
  const asOf = Temporal.PlainDate.from(model.asOf);
  tableHead(pen, columns, places);
  for (const line of model.lines) {
    const isInvoice = line.kind === 'invoice';
    const days = isInvoice && line.dueOn !== null ? Temporal.PlainDate.from(line.dueOn).until(asOf, { largestUnit: 'days' }).days : 0;
    row(pen, columns, places, [
      { text: words.date(line.issuedOn) },
      {
        text: line.number,
        url: line.url,
        below: [isInvoice ? null : creditNames[line.kind as keyof typeof creditNames], line.customer].filter(Boolean).join(' · '),
      },
      { text: isInvoice && line.dueOn !== null ? words.date(line.dueOn) : '' },
      { text: days > 0 ? String(days) : '', bold: true },
      { text: words.amount(line.amount) },
      { text: words.amount(line.open) },
    ]);
  }
  if (model.lines.length === 0) {
    pen.ink.text('Nothing is open.', pen.left, pen.y + 4, { size: 9, grey: 0.35 });
    pen.y += 20;
  }
  leftOut(pen, 'open items');
}

function leftOut(pen: Pen, what: string): void {
  if (pen.model.left === 0) return;
  need(pen, ROW);
  pen.ink.text(`and ${pen.model.left} more ${what}, included in the total`, pen.left, pen.y + 4, { size: 8.5, grey: 0.35 });
  pen.y += ROW;
}

function movements(pen: Pen): void {
  const { model, words } = pen;
  const columns: Column[] = [
    { label: 'Date', share: 0.15, align: 'left' },
    { label: 'What', share: 0.27, align: 'left' },
    { label: 'Number', share: 0.22, align: 'left' },
    { label: 'Amount', share: 0.18, align: 'right' },
    { label: 'Balance', share: 0.18, align: 'right' },
  ];
  const places = sharesOf(columns, pen);
  tableHead(pen, columns, places);
  let balance = BigInt(model.opening ?? '0');
  row(pen, columns, places, [
    { text: words.date(model.from ?? model.asOf) },
    { text: 'Balance brought forward', bold: true },
    { text: '' },
    { text: '' },
    { text: words.amount(balance), bold: true },
  ]);
  for (const one of model.movements) {
    balance += BigInt(one.amount);
    row(pen, columns, places, [
      { text: words.date(one.on) },
      { text: one.text, below: one.customer },
      { text: one.number ?? '', url: one.url },
      { text: words.amount(one.amount) },
      { text: words.amount(balance) },
    ]);
  }
  leftOut(pen, 'movements');
}

function totals(pen: Pen): void {
  const { ink, model, words, left, width } = pen;
  need(pen, 44);
  const from = left + width * 0.52;
  pen.y += 8;
  ink.rule(from, pen.y, width * 0.48, { weight: 1.25, grey: 0.07 });
  pen.y += 7;
  const label = model.kind === 'balance_forward' ? `Balance on ${words.date(model.asOf)}` : BigInt(model.total) < 0n ? 'Credit balance' : 'Total due';
  ink.text(label, from, pen.y, { size: 11, face: 'bold', width: width * 0.24 });
  ink.text(words.amount(model.total), from + width * 0.2, pen.y, { size: 11, face: 'bold', align: 'right', width: width * 0.28 });
  pen.y += 30;
}

/** What is owed by days past due, so that sums can be compared with the line above. */
function agingFooter(pen: Pen): void {
  const { ink, model, words, left, width } = pen;
  const { aging } = model;
  const cells: [string, string][] = [
    ['Current', aging.current],
    ['1–30 days', aging.days1To30],
    ['31–60 days', aging.days31To60],
    ['61–90 days', aging.days61To90],
    ['Over 90 days', aging.over90],
    ...(BigInt(aging.credits) === 0n ? [] : ([['Credits', aging.credits]] as [string, string][])),
  ];
  need(pen, 48);
  ink.box(left, pen.y, width, 16, { fill: 0.9 });
  const each = width / cells.length;
  cells.forEach(([label, minor], index) => {
    const x = left + index * each + 4;
    ink.text(label, x, pen.y + 4, { size: 8, face: 'bold', align: 'right', width: each - 8 });
    const text = words.amount(minor);
    const size = ink.widthOf(text, 9.5) <= each - 8 ? 9.5 : 7.5;
    ink.text(text, x, pen.y + 22, {
      size,
      face: BigInt(minor) === 0n ? 'regular' : 'bold',
      grey: BigInt(minor) === 0n ? 0.4 : 0.07,
      align: 'right',
      width: each - 8,
    });
  });
  ink.box(left, pen.y, width, 38, { stroke: 0.6, weight: 0.5 });
  pen.y += 54;
}

/** How to pay: the link with its code, and where a transfer or check goes. */
async function payment(pen: Pen): Promise<void> {
  const { ink, model, left, width } = pen;
  const note = model.note.trim();
  const pays = model.payUrl !== null && BigInt(model.total) > 0n;
  if (!pays && model.remitTo.length === 0 && note === '') return;
  const height = Math.max(pays ? 84 : 0, model.remitTo.length === 0 ? 0 : model.remitTo.length * 12 + 36);
  // the note stays with it: a page with nothing but a sentence looks forgotten
  need(pen, height + (note === '' ? 0 : 18));
  const top = pen.y;
  const code = 78;
  if (pays) {
    const { default: qr } = await import('qrcode');
    // one mask and one way to write it for all: trying and weighing them took longer than the page
    const { modules } = qr.create([{ data: Buffer.from(model.payUrl!), mode: 'byte' }] as never, { errorCorrectionLevel: 'M', maskPattern: 3 });
    ink.squares(modules as never, left, top, code);
    ink.link(left, top, code, code, model.payUrl!);
    const x = left + code + 14;
    const room = width / 2 - code - 22;
    ink.text('View and pay online', x, top + 4, { size: 10, face: 'bold', width: room });
    let y = top + 20;
    y += ink.lines('Scan the code with a phone, or open the link. It shows what is open at that moment.', x, y, room, { size: 8.5, grey: 0.3, leading: 11.5 });
    const used = ink.text('Open the payment page', x, y + 4, { size: 9, face: 'bold', width: room });
    ink.rule(x, y + 14, used, { weight: 0.5, grey: 0.07 });
    ink.link(x, y + 2, used, 14, model.payUrl!);
  }
  if (model.remitTo.length > 0) {
    const x = pays ? left + width / 2 + 8 : left;
    ink.text('Remit to', x, top + 4, { size: 10, face: 'bold' });
    model.remitTo.forEach((line, index) => {
      ink.text(line, x, top + 20 + index * 12, { size: 9, width: width / 2 - 8 });
    });
    ink.text(`Please quote ${model.number} and customer ${model.billTo.number}.`, x, top + 24 + model.remitTo.length * 12, {
      size: 8.5,
      grey: 0.35,
      width: width / 2 - 8,
    });
  }
  pen.y = top + height + 4;
  if (note === '') return;
  need(pen, 14);
  pen.y += ink.lines(note, left, pen.y, width, { size: 9, leading: 12.5, most: 6 });
}

function foot(pen: Pen, page: number, count: number): void {
  const { ink, model, left, width } = pen;
  const y = ink.pageHeight - MARGIN - 6;
  ink.rule(left, y - 8, width, { weight: 0.5, grey: 0.6 });
  ink.text(`${model.seller.name}  ·  Statement ${model.number}`, left, y, { size: 8, grey: 0.35, width: width * 0.75 });
  ink.text(`Page ${page} of ${count}`, left + width * 0.75, y, { size: 8, grey: 0.35, align: 'right', width: width * 0.25 });
}
