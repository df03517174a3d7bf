import { amountText, dateText, type Paper, type PdfFact, type PdfParty, type PdfSeller, paperOf, Sheet } from './sheet.ts';

/** An invoice or credit memo as it is printed. Amounts in minor units of `currency`. */
export interface InvoicePdfModel {
  kind: 'invoice' | 'credit_memo';
  number: string;
  seller: PdfSeller;
  billTo: PdfParty;
  currency: string;
  /** BCP 47; decides how dates and amounts are written, and the paper. */
  locale: string;
  paper?: Paper;
  issuedOn: Temporal.PlainDate;
  dueOn: Temporal.PlainDate;
  /** References, terms, order number …; empty values are left out. */
  facts?: readonly { label: string; value: string | null | undefined }[];
  /** What was sold; when the source system gave no lines, one line with its text. */
  lines?: readonly { description: string; amountMinor: bigint }[];
  totalMinor: bigint;
  /** Of which charged after the invoice was issued. */
  chargeMinor?: bigint;
  openMinor: bigint;
  state: 'open' | 'closed' | 'void';
  payUrl?: string | null;
  createdAt: Temporal.Instant;
}

/** Draws the document with PDF's standard fonts; what they do not have is transliterated (pdf-text.ts). About 5 ms. */
export async function drawInvoicePdf(model: InvoicePdfModel): Promise<Buffer> {
  const { locale, currency } = model;
  const amount = (minor: bigint) => amountText(minor, currency, locale);
  const title = model.kind === 'invoice' ? 'Invoice' : 'Credit memo';
  const sheet = await Sheet.start({
    paper: model.paper ?? paperOf(locale),
    locale,
    title: `${title} ${model.number}`,
    author: model.seller.name,
    createdAt: model.createdAt,
  });
  sheet.letterhead(model.seller, title);
  const facts: PdfFact[] = [
    { label: 'Number', value: model.number },
    { label: 'Date', value: dateText(model.issuedOn, locale) },
    ...(model.kind === 'invoice' ? [{ label: 'Due', value: dateText(model.dueOn, locale) }] : []),
    ...(model.facts ?? []).flatMap((fact) => (fact.value ? [{ label: fact.label, value: fact.value }] : [])),
  ];
  sheet.addressAndFacts('Bill to', model.billTo, facts);
  const charge = model.chargeMinor ?? 0n;
  const lines = model.lines && model.lines.length > 0 ? model.lines : [{ description: `${title} ${model.number}`, amountMinor: model.totalMinor - charge }];
  sheet.table(
    [
      { label: 'Description', width: 0.72 },
      { label: `Amount (${currency})`, width: 0.28, align: 'right' },
    ],
    lines.map((one) => [one.description, amount(one.amountMinor)]),
  );
  sheet.space(4);
  const settled = model.totalMinor - model.openMinor;
  sheet.totals([
    ...(charge > 0n ? [{ label: 'Charges added later', value: amount(charge) }] : []),
    { label: 'Total', value: amount(model.totalMinor) },
    ...(settled > 0n && model.state !== 'void' ? [{ label: model.kind === 'invoice' ? 'Paid and credited' : 'Applied', value: amount(-settled) }] : []),
    { label: model.kind === 'invoice' ? 'Open balance' : 'Open credit', value: amount(model.openMinor), strong: true },
  ]);
  if (model.state === 'void') sheet.paragraph(`This ${title.toLowerCase()} was voided. Nothing is owed on it.`, { bold: true });
  else if (model.kind === 'invoice' && model.openMinor === 0n) sheet.paragraph('Paid in full. Thank you.', { bold: true });
  if (model.payUrl && model.openMinor > 0n) await sheet.payBox(model.payUrl, `Pay ${amount(model.openMinor)} online`);
  return sheet.finish(`${model.seller.name} · ${title} ${model.number}`);
}
