import { amountText, dateText, type Paper, type PdfParty, type PdfSeller, paperOf, Sheet } from './sheet.ts';

/** The invoices of a mail on paper: what is open, since when, and how much together. Amounts in minor units. */
export interface SummaryPdfModel {
  seller: PdfSeller;
  billTo: PdfParty;
  customerNumber: string;
  /** BCP 47; decides how dates and amounts are written, and the paper. */
  locale: string;
  paper?: Paper;
  asOf: Temporal.PlainDate;
  invoices: readonly { number: string; currency: string; dueOn: Temporal.PlainDate; openMinor: bigint; dueWords: string }[];
  createdAt: Temporal.Instant;
}

/** Draws it with PDF's standard fonts; what they do not have is transliterated (pdf-text.ts). */
export async function drawSummaryPdf(model: SummaryPdfModel): Promise<Buffer> {
  const { locale } = model;
  const sheet = await Sheet.start({
    paper: model.paper ?? paperOf(locale),
    locale,
    title: `Open invoices ${model.asOf.toString()}`,
    author: model.seller.name,
    createdAt: model.createdAt,
  });
  sheet.letterhead(model.seller, 'Open invoices');
  const totals = new Map<string, bigint>();
  for (const invoice of model.invoices) totals.set(invoice.currency, (totals.get(invoice.currency) ?? 0n) + invoice.openMinor);
  sheet.addressAndFacts('Bill to', model.billTo, [
    { label: 'Customer', value: model.customerNumber },
    { label: 'As of', value: dateText(model.asOf, locale) },
    { label: 'Invoices', value: String(model.invoices.length) },
  ]);
  sheet.table(
    [
      { label: 'Invoice', width: 0.3 },
      { label: 'Due date', width: 0.22 },
      { label: 'Due', width: 0.24 },
      { label: 'Open balance', width: 0.24, align: 'right' },
    ],
    model.invoices.map((invoice) => [
      invoice.number,
      dateText(invoice.dueOn, locale),
      invoice.dueWords,
      amountText(invoice.openMinor, invoice.currency, locale),
    ]),
  );
  sheet.space(4);
  sheet.totals([...totals].map(([currency, minor]) => ({ label: 'Total open', value: amountText(minor, currency, locale), strong: true })));
  return sheet.finish(`${model.seller.name} · Open invoices as of ${dateText(model.asOf, locale)}`);
}
