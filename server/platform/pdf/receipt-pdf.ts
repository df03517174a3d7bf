import { amountText, dateText, type Paper, type PdfParty, type PdfSeller, paperOf, Sheet } from './sheet.ts';

/** What a payer keeps. Amounts in minor units of `currency`. */
export interface ReceiptPdfModel {
  number: string;
  seller: PdfSeller;
  paidBy: PdfParty;
  currency: string;
  locale: string;
  paper?: Paper;
  receivedOn: Temporal.PlainDate;
  /** "Visa card ending 4242". */
  method: string;
  reference?: string | null;
  /** True while the bank may still return it. */
  processing: boolean;
  amountMinor: bigint;
  unappliedMinor: bigint;
  invoices: readonly { number: string; dueOn: Temporal.PlainDate; paidMinor: bigint; openMinor: bigint }[];
  createdAt: Temporal.Instant;
}

export async function drawReceiptPdf(model: ReceiptPdfModel): Promise<Buffer> {
  const { locale, currency } = model;
  const amount = (minor: bigint) => amountText(minor, currency, locale);
  const sheet = await Sheet.start({
    paper: model.paper ?? paperOf(locale),
    locale,
    title: `Receipt ${model.number}`,
    author: model.seller.name,
    createdAt: model.createdAt,
  });
  sheet.letterhead(model.seller, 'Receipt');
  sheet.addressAndFacts('Received from', model.paidBy, [
    { label: 'Number', value: model.number },
    { label: 'Date', value: dateText(model.receivedOn, locale) },
    { label: 'Paid with', value: model.method },
    ...(model.reference ? [{ label: 'Reference', value: model.reference }] : []),
  ]);
  if (model.invoices.length > 0) {
    sheet.table(
      [
        { label: 'Invoice', width: 0.31 },
        { label: 'Due', width: 0.21 },
        { label: 'Paid', width: 0.24, align: 'right' },
        { label: 'Still open', width: 0.24, align: 'right' },
      ],
      model.invoices.map((one) => [one.number, dateText(one.dueOn, locale), amount(one.paidMinor), amount(one.openMinor)]),
    );
    sheet.space(4);
  }
  sheet.totals([
    ...(model.unappliedMinor > 0n ? [{ label: 'Kept as credit', value: amount(model.unappliedMinor) }] : []),
    { label: 'Amount received', value: amount(model.amountMinor), strong: true },
  ]);
  sheet.paragraph(
    model.processing
      ? 'The bank has accepted this payment and is moving the money. It may still be returned within a few banking days; then you will hear from us.'
      : 'Thank you for your payment.',
    { color: 'grey' },
  );
  return sheet.finish(`${model.seller.name} · Receipt ${model.number}`);
}
