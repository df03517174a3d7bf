import { amountText, dateText, type Paper, type PdfParty, type PdfSeller, paperOf, Sheet } from './sheet.ts';

/** Its words, in the reader's language. */
export interface SummaryWords {
  title: string;
  billTo: string;
  customer: string;
  asOf: string;
  invoices: string;
  balance: string;
  total: string;
}

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
  words: SummaryWords & { invoice: string; dueDate: string; due: string };
  createdAt: Temporal.Instant;
}

/** Draws it with PDF's standard fonts; what they do not have is transliterated (pdf-text.ts). */
export async function drawSummaryPdf(model: SummaryPdfModel): Promise<Buffer> {
  const { locale, words } = model;
  const sheet = await Sheet.start({
    paper: model.paper ?? paperOf(locale),
    locale,
    title: `${words.title} ${model.asOf.toString()}`,
    author: model.seller.name,
    createdAt: model.createdAt,
  });
  sheet.letterhead(model.seller, words.title);
  const totals = new Map<string, bigint>();
  for (const invoice of model.invoices) totals.set(invoice.currency, (totals.get(invoice.currency) ?? 0n) + invoice.openMinor);
  sheet.addressAndFacts(words.billTo, model.billTo, [
    { label: words.customer, value: model.customerNumber },
    { label: words.asOf, value: dateText(model.asOf, locale) },
    { label: words.invoices, value: String(model.invoices.length) },
  ]);
  sheet.table(
    [
      { label: words.invoice, width: 0.3 },
      { label: words.dueDate, width: 0.22 },
      { label: words.due, width: 0.24 },
      { label: words.balance, width: 0.24, align: 'right' },
    ],
    model.invoices.map((invoice) => [
      invoice.number,
      dateText(invoice.dueOn, locale),
      invoice.dueWords,
      amountText(invoice.openMinor, invoice.currency, locale),
    ]),
  );
  sheet.space(4);
  sheet.totals([...totals].map(([currency, minor]) => ({ label: words.total, value: amountText(minor, currency, locale), strong: true })));
  return sheet.finish(`${model.seller.name} · ${words.title} · ${words.asOf} ${dateText(model.asOf, locale)}`);
}
