import type { Context } from '../../../platform/context.ts';
import { type MergeValues, renderMail } from '../../../platform/mail/template.ts';
import { buttonBlock, invoiceList, type ListedInvoice, loginBlock, type MailButton, totalText } from '../blocks.ts';
import { payLinksFor, requestLinkUrl } from '../pay-links.ts';
import { type ClaimedEmail, type MailCustomer, type ReminderDocument, readListed, readMailCustomers } from '../queries.ts';
import { readTemplates, type TemplateRow } from '../../templates/index.ts';
import { baseValues, linksOf, type MailFrame, type Prepared, type Renderer } from './renderer.ts';

interface Batch {
  documents: Map<string, ReminderDocument>;
  customers: Map<string, MailCustomer>;
  templates: Map<string, TemplateRow>;
}

/** Few queries for a hundred mails: documents, customers, templates, and the pay links in one go. */
export const renderReminders: Renderer = async (ctx, mails, frame) => {
  const batch = await readBatch(ctx, mails);
  const prepared = new Map<string, Prepared>();
  const sendable: { mail: ClaimedEmail; listed: ReminderDocument[] }[] = [];
  for (const mail of mails) {
    const listed = stillOpen(mail, batch);
    const held = holdBack(ctx, mail, listed, batch);
    if (held) prepared.set(mail.id, held);
    else sendable.push({ mail, listed });
  }
  const links = await payLinksFor(
    ctx,
    sendable.flatMap(({ mail, listed }) =>
      byCurrency(listed).map(([currency, documents]) => ({
        emailId: mail.id,
        customerId: mail.customerId!,
        emailAddress: mail.toAddress,
        currency,
        documents,
      })),
    ),
  );
  for (const { mail, listed } of sendable)
    prepared.set(mail.id, renderReminder(ctx, frame, mail, listed, batch, links.get(mail.id) ?? { buttons: [], secrets: [] }));
  return prepared;
};

async function readBatch(ctx: Context, mails: readonly ClaimedEmail[]): Promise<Batch> {
  const documents = await readListed(
    ctx,
    mails.flatMap((mail) => mail.payload.documentIds ?? []),
  );
  const customers = await readMailCustomers(ctx, [...new Set(mails.flatMap((mail) => mail.customerId ?? []))]);
  const templates = await readTemplates(ctx, [...new Set(mails.flatMap((mail) => mail.templateId ?? []))]);
  const byId = <T extends { id: string }>(rows: T[]) => new Map(rows.map((row) => [row.id, row]));
  return { documents: byId(documents), customers: byId(customers), templates: byId(templates) };
}

/** Invoices that the customer still owes, by what the balance is now, oldest due first. */
function stillOpen(mail: ClaimedEmail, batch: Batch): ReminderDocument[] {
  return (mail.payload.documentIds ?? [])
    .map((id) => batch.documents.get(id))
    .filter((document) => document !== undefined)
    .filter((document) => document.state === 'open' && document.kind === 'invoice' && document.customerId === mail.customerId)
    .sort((a, b) => Temporal.PlainDate.compare(a.dueOn, b.dueOn) || (a.number < b.number ? -1 : 1));
}

function holdBack(ctx: Context, mail: ClaimedEmail, listed: readonly ReminderDocument[], batch: Batch): Prepared | null {
  const customer = mail.customerId ? batch.customers.get(mail.customerId) : undefined;
  if (!customer || customer.archivedAt !== null) return { kind: 'withdrawn', reason: 'The customer is archived.' };
  if (customer.pausedUntil !== null && Temporal.PlainDate.compare(ctx.clock.today(), customer.pausedUntil) <= 0)
    return { kind: 'withdrawn', reason: `Reminders to this customer are paused until ${customer.pausedUntil.toString()}.` };
  if (listed.length === 0) return { kind: 'withdrawn', reason: 'Every invoice was paid or closed before the mail was sent.' };
  if (!mail.templateId || !batch.templates.has(mail.templateId)) return { kind: 'failed', reason: 'The template of this mail does not exist any more.' };
  return null;
}

const byCurrency = (listed: readonly ReminderDocument[]): [string, { documentId: string; amountMinor: bigint }[]][] => {
  const groups = new Map<string, { documentId: string; amountMinor: bigint }[]>();
  for (const document of listed) {
    const group = groups.get(document.currency) ?? [];
    group.push({ documentId: document.id, amountMinor: document.openMinor });
    groups.set(document.currency, group);
  }
  return [...groups];
};

function renderReminder(
  ctx: Context,
  frame: MailFrame,
  mail: ClaimedEmail,
  listed: readonly ReminderDocument[],
  batch: Batch,
  pay: { buttons: readonly MailButton[]; secrets: readonly string[] },
): Prepared {
  const template = batch.templates.get(mail.templateId!)!;
  const links = linksOf(ctx, mail.id);
  const values = {
    ...baseValues(frame, mail.kind, links),
    ...customerValues(batch.customers.get(mail.customerId!)!),
    ...invoiceValues(
      ctx,
      frame,
      listed.map((document) => ({ ...document, pdfUrl: links.pdfUrl(document.id) })),
      pay.buttons,
    ),
  };
  try {
    const rendered = renderMail(
      `${template.id}:${template.version}`,
      { subject: template.subject, html: template.compiledHtml, text: template.compiledText },
      values,
    );
    return {
      kind: 'mail',
      rendered,
      secrets: [...links.secrets, ...pay.secrets],
      unsubscribeUrl: links.unsubscribeUrl,
      attachments: [],
      listed: listed.map((document) => ({ documentId: document.id, openMinor: document.openMinor })),
      cc: [...mail.ccAddresses, ...template.cc],
    };
  } catch (error) {
    return { kind: 'failed', reason: `The template cannot be rendered: ${(error as Error).message.slice(0, 200)}` };
  }
}

/** Who the mail speaks to. */
export function customerValues(customer: MailCustomer): MergeValues {
  return {
    first_name: customer.firstName?.trim() || null,
    last_name: customer.lastName?.trim() || null,
    customer_company_name: customer.companyName?.trim() || customer.name,
  };
}

/** List, total and buttons: the tags that speak about money. */
export function invoiceValues(ctx: Context, frame: MailFrame, listed: readonly ListedInvoice[], buttons: readonly MailButton[]): MergeValues {
  const { style } = frame;
  const total = totalText(listed, style.locale);
  const of = (rail: 'card' | 'bank') =>
    buttonBlock(
      buttons.filter((button) => button.rail === rail || button.rail === 'any'),
      style,
    );
  return {
    preheader: listed.length === 1 ? `Invoice ${listed[0]!.number}: ${total}` : `${listed.length} invoices, ${total} in total`,
    total_invoice_amount: total,
    invoice_list: invoiceList(listed, ctx.clock.today(), style),
    payment_buttons: buttonBlock(buttons, style),
    card_buttons: of('card'),
    bank_buttons: of('bank'),
    login_register: loginBlock(requestLinkUrl(ctx.platform), style),
  };
}
