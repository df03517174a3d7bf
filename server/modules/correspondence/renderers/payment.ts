import { customerMessage } from '../../../gateways/failure.ts';
import { format, money } from '../../../kernel/money.ts';
import type { Context } from '../../../platform/context.ts';
import { type Block, escapeHtml, Html, renderMail } from '../../../platform/mail/template.ts';
import { issueConfirmToken } from '../../payments/index.ts';
import { buttonBlock, dateText, invoiceList } from '../blocks.ts';
import { payLinksFor } from '../pay-links.ts';
import { type ClaimedEmail, readListed, readMailCustomers, type ReminderDocument } from '../queries.ts';
import { type SystemMail, systemTemplate } from './bodies.ts';
import {
  type PaidInvoice,
  readConfirmLink,
  readAttemptDocumentIds,
  readFailedAttempt,
  readLinkDocuments,
  readOpenInvoiceIds,
  readPaidInvoices,
  readReceiptPayment,
  readReopened,
  type ReceiptPayment,
} from './queries.ts';
import { customerValues, invoiceValues } from './values.ts';
import { baseValues, linksOf, type MailFrame, momentText, oneByOne, type Prepared, simpleMail } from './renderer.ts';

/** Links of one mail to so many invoices; more would not be read. */
const MAX_OPEN = 200;

const systemMail = (name: SystemMail, values: Parameters<typeof renderMail>[2]) => renderMail(`system:${name}`, systemTemplate(name), values);

const cardOrBank = (rail: string | null, brand: string | null, last4: string | null): string => {
  const what =
    rail === 'bank' ? 'bank account' : brand ? `${brand.charAt(0).toUpperCase()}${brand.slice(1)} card` : rail === 'card' ? 'card' : (rail ?? 'payment');
  return last4 ? `${what} ending ${last4}` : what;
};

async function customerOf(ctx: Context, customerId: string) {
  const [customer] = await readMailCustomers(ctx, [customerId]);
  return customerValues(customer!);
}

/** The second step of paying with a saved method. The token is made here and stands nowhere but in the mail. */
export const renderConfirmations = oneByOne(async (ctx, mail, frame) => {
  const link = await readConfirmLink(ctx, mail.payload.payLinkId!);
  if (!link) return { kind: 'failed', reason: 'The payment link of this mail does not exist any more.' };
  if (link.revokedAt !== null) return { kind: 'withdrawn', reason: 'The payment link was withdrawn before the mail was sent.' };
  if (Temporal.Instant.compare(link.expiresAt, ctx.clock.now()) <= 0)
    return { kind: 'withdrawn', reason: 'The payment link expired before the mail was sent.' };
  const documents = await readLinkDocuments(ctx, link.id);
  const token = await issueConfirmToken(ctx, link.id);
  const total = format(money(link.amountMinor, link.currency), frame.style.locale);
  const url = `${ctx.platform.config.publicUrl}/pay/confirm/${token}`;
  const rendered = systemMail('payment_confirmation', {
    ...baseValues(frame, mail.kind, null),
    ...(await customerOf(ctx, link.customerId)),
    preheader: `${total} with ${cardOrBank(link.rail, link.brand, link.last4)}: nothing is charged until you confirm`,
    total_invoice_amount: total,
    method: cardOrBank(link.rail, link.brand, link.last4),
    expires: momentText(ctx, link.expiresAt),
    action: buttonBlock([{ label: `Review and pay ${total}`, url, rail: 'any' }], frame.style),
    invoice_list: invoiceList(
      documents.map((document) => ({ ...document, pdfUrl: null })),
      ctx.clock.today(),
      frame.style,
    ),
  });
  return simpleMail(rendered, [token]);
});

/** A receipt for what the payment is when it is sent: received, or still on its way from the bank. */
export const renderReceipts = oneByOne(async (ctx, mail, frame) => {
  const payment = await readReceiptPayment(ctx, mail.payload.paymentId!);
  if (!payment) return { kind: 'failed', reason: 'The payment of this mail does not exist any more.' };
  if (payment.state === 'returned') return { kind: 'withdrawn', reason: 'The payment was returned before the receipt was sent.' };
  const invoices = await readPaidInvoices(ctx, payment.id);
  const amount = format(money(payment.amountMinor, payment.currency), frame.style.locale);
  const customer = await customerOf(ctx, payment.customerId);
  const processing = payment.state === 'processing';
  const rendered = systemMail('receipt', {
    ...baseValues(frame, mail.kind, linksOf(ctx, mail.id)),
    ...customer,
    preheader: processing ? `${amount} is on its way from your bank` : `${amount} received, thank you`,
    payment_number: payment.number,
    amount,
    state_sentence: processing
      ? 'Your bank payment is on its way. Banks need a few working days; if yours returns it, you will hear from us.'
      : 'Your payment was received. Thank you.',
    method: methodText(payment),
    received_on: dateText(payment.receivedOn, frame.style.locale),
    paid_list: paidList(invoices, payment, frame),
  });
  const { drawReceiptPdf } = await import('../../../platform/pdf/pdf.ts');
  const pdf = await drawReceiptPdf({
    number: payment.number,
    seller: pdfSeller(frame),
    paidBy: { name: String(customer['customer_company_name']), address: [] },
    currency: payment.currency,
    locale: frame.style.locale,
    receivedOn: payment.receivedOn,
    method: methodText(payment),
    reference: payment.reference,
    processing,
    amountMinor: payment.amountMinor,
    unappliedMinor: payment.unappliedMinor,
    invoices: invoices.map((invoice) => ({ number: invoice.number, dueOn: invoice.dueOn, paidMinor: invoice.amountMinor, openMinor: invoice.openMinor })),
    createdAt: ctx.clock.now(),
  });
  return {
    kind: 'mail',
    rendered,
    secrets: linksOf(ctx, mail.id).secrets,
    unsubscribeUrl: null,
    attachments: [{ fileName: `Receipt ${payment.number}.pdf`, contentType: 'application/pdf', content: pdf }],
    listed: [],
    cc: mail.ccAddresses,
  };
});

const methodText = (payment: ReceiptPayment): string => cardOrBank(payment.method, payment.brand, payment.last4);

export const pdfSeller = (frame: MailFrame) => ({
  name: frame.sellerName,
  address: frame.settings.branding.address.split('\n').filter((line) => line.trim() !== ''),
  phone: frame.settings.branding.phone,
  email: frame.settings.branding.supportEmail,
});

function paidList(invoices: readonly PaidInvoice[], payment: ReceiptPayment, frame: MailFrame): Block {
  const { locale } = frame.style;
  const amount = (minor: bigint) => format(money(minor, payment.currency), locale);
  const cell = 'padding:8px;border-bottom:1px solid #e5e7eb;font-size:14px;line-height:20px';
  const rows: [string, string][] = invoices.map((invoice) => [
    `Invoice ${invoice.number}${invoice.openMinor > 0n ? ` (${amount(invoice.openMinor)} still open)` : ''}`,
    amount(invoice.amountMinor),
  ]);
  if (payment.unappliedMinor > 0n) rows.push(['Kept as credit for you', amount(payment.unappliedMinor)]);
  return {
    html: new Html(
      `<table class="pc-table" width="100%" cellpadding="0" cellspacing="0" style="width:100%;border-collapse:collapse;margin:0 0 20px"><tbody>${rows
        .map(
          ([label, value]) =>
            `<tr><td style="${cell}">${escapeHtml(label)}</td><td align="right" style="${cell};text-align:right;white-space:nowrap">${escapeHtml(value)}</td></tr>`,
        )
        .join('')}</tbody></table>`,
    ),
    text: rows.map(([label, value]) => `${label}: ${value}`).join('\n'),
  };
}

/** The bank took the money back: what is open again, and how to pay it. */
export const renderReturned = oneByOne(async (ctx, mail, frame) => {
  const payment = await readReceiptPayment(ctx, mail.payload.paymentId!);
  if (!payment) return { kind: 'failed', reason: 'The payment of this mail does not exist any more.' };
  const listed = await readListed(ctx, await readReopened(ctx, payment.id));
  return moneyMail(ctx, frame, mail, payment.customerId, listed, 'payment_returned', {
    payment_number: payment.number,
    amount: format(money(payment.amountMinor, payment.currency), frame.style.locale),
    received_on: dateText(payment.receivedOn, frame.style.locale),
    return_reason: payment.returnedReason ?? 'none was given',
  });
});

/** A payment that the payer took for made, or under way, and that failed: why in words for payers, and how to pay. */
export const renderFailed = oneByOne(async (ctx, mail, frame) => {
  const attempt = await readFailedAttempt(ctx, mail.payload['attemptId'] as string);
  if (!attempt) return { kind: 'failed', reason: 'The payment of this mail does not exist any more.' };
  if (!['failed', 'returned'].includes(attempt.state)) return { kind: 'withdrawn', reason: 'The payment went through after all.' };
  const listed = await readListed(ctx, await readAttemptDocumentIds(ctx, attempt.id));
  return moneyMail(ctx, frame, mail, attempt.customerId, listed, 'payment_failed', {
    amount: format(money(attempt.amountMinor, attempt.currency), frame.style.locale),
    method: cardOrBank(attempt.rail, attempt.brand, attempt.last4),
    started_on: dateText(attempt.startedOn, frame.style.locale),
    failure_reason: customerMessage(attempt.failureCode ?? 'PROVIDER'),
  });
});

/** Somebody with an address on file asked for a link: to everything that is open. */
export const renderLinkAgain = oneByOne(async (ctx, mail, frame) => {
  const customerId = mail.customerId!;
  const listed = await readListed(ctx, await readOpenInvoiceIds(ctx, customerId, MAX_OPEN));
  return moneyMail(ctx, frame, mail, customerId, listed, listed.length === 0 ? 'nothing_open' : 'pay_link_again', {});
});

async function moneyMail(
  ctx: Context,
  frame: MailFrame,
  mail: ClaimedEmail,
  customerId: string,
  listed: readonly ReminderDocument[],
  template: SystemMail,
  more: Record<string, string>,
): Promise<Prepared> {
  const open = listed.filter((document) => document.openMinor > 0n && document.kind === 'invoice').sort((a, b) => Temporal.PlainDate.compare(a.dueOn, b.dueOn));
  const rows = [...Map.groupBy(open, (document) => document.currency)].map(([currency, documents]) => ({
    emailId: mail.id,
    customerId,
    emailAddress: mail.toAddress,
    currency,
    documents: documents.map((document) => ({ documentId: document.id, amountMinor: document.openMinor })),
  }));
  const pay = (await payLinksFor(ctx, rows)).get(mail.id) ?? { buttons: [], secrets: [] };
  const links = linksOf(ctx, mail.id);
  const rendered = systemMail(template, {
    ...baseValues(frame, mail.kind, links),
    ...(await customerOf(ctx, customerId)),
    ...invoiceValues(
      ctx,
      frame,
      open.map((document) => ({ ...document, pdfUrl: links.pdfUrl(document.id) })),
      pay.buttons,
    ),
    ...more,
  });
  return {
    kind: 'mail',
    rendered,
    secrets: [...links.secrets, ...pay.secrets],
    unsubscribeUrl: null,
    attachments: [],
    listed: open.map((document) => ({ documentId: document.id, openMinor: document.openMinor })),
    cc: mail.ccAddresses,
  };
}
