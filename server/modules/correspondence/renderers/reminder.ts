import type { Context, Work } from '../../../platform/context.ts';
import { renderMail } from '../../../platform/mail/template.ts';
import { type MailFile, makeAttachments, summary, wantsAttachments } from '../attachments.ts';
import type { MailButton } from '../blocks.ts';
import { payLinksFor } from '../pay-links.ts';
import {
  type ClaimedEmail,
  type MailCustomer,
  type ReminderDocument,
  readEmail,
  readEmailDocuments,
  readLanguages,
  readListed,
  readMailCustomers,
} from '../queries.ts';
import { leftOutText, readLeftOut } from './queries-recheck.ts';
import { readTemplates, type TemplateRow, textFor } from '../../templates/index.ts';
import { languageFor } from '../words/words.ts';
import { baseValues, linksOf, type MailFrame, type Prepared, readFrame, type Renderer } from './renderer.ts';
import { customerValues, frameIn, invoiceValues, loopValues } from './values.ts';

interface Batch {
  documents: Map<string, ReminderDocument>;
  customers: Map<string, MailCustomer>;
  templates: Map<string, TemplateRow>;
  /** Invoices that must not be asked for now. */
  leftOut: Awaited<ReturnType<typeof readLeftOut>>;
  /** By customer and address. */
  languages: Map<string, string>;
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
  const documentIds = mails.flatMap((mail) => mail.payload.documentIds ?? []);
  const documents = await readListed(ctx, documentIds);
  const customerIds = [...new Set(mails.flatMap((mail) => mail.customerId ?? []))];
  const customers = await readMailCustomers(ctx, customerIds);
  const templates = await readTemplates(ctx, [...new Set(mails.flatMap((mail) => mail.templateId ?? []))]);
  const byId = <T extends { id: string }>(rows: T[]) => new Map(rows.map((row) => [row.id, row]));
  return {
    documents: byId(documents),
    customers: byId(customers),
    templates: byId(templates),
    leftOut: await readLeftOut(ctx, documentIds),
    languages: await readLanguages(ctx, customerIds),
  };
}

/**
 * Invoices that the customer still owes and that nothing holds back, by what is true now, oldest due first. A person who
 * wrote the mail passed the holds.
 */
function stillOpen(mail: ClaimedEmail, batch: Batch): ReminderDocument[] {
  return (mail.payload.documentIds ?? [])
    .map((id) => batch.documents.get(id))
    .filter((document) => document !== undefined)
    .filter((document) => document.state === 'open' && document.kind === 'invoice' && document.customerId === mail.customerId)
    .filter((document) => mail.payload.byHand || !batch.leftOut.has(document.id))
    .sort(oldestFirst);
}

const oldestFirst = (a: ReminderDocument, b: ReminderDocument): number => Temporal.PlainDate.compare(a.dueOn, b.dueOn) || (a.number < b.number ? -1 : 1);

function holdBack(ctx: Context, mail: ClaimedEmail, listed: readonly ReminderDocument[], batch: Batch): Prepared | null {
  const customer = mail.customerId ? batch.customers.get(mail.customerId) : undefined;
  if (!customer || customer.archivedAt !== null) return { kind: 'withdrawn', reason: 'The customer is archived.' };
  // a person who wrote the mail passed the pause
  if (!mail.payload.byHand && customer.pausedUntil !== null && Temporal.PlainDate.compare(ctx.clock.today(), customer.pausedUntil) <= 0)
    return { kind: 'withdrawn', reason: `Reminders to this customer are paused until ${customer.pausedUntil.toString()}.` };
  const left = (mail.payload.documentIds ?? []).flatMap((id) => (mail.payload.byHand ? [] : (batch.leftOut.get(id) ?? [])))[0];
  if (listed.length === 0 && left) return { kind: 'withdrawn', reason: leftOutText(left) };
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

/** The list of the invoices that went along with a mail, drawn again with what was open then; null where there was none. */
export async function drawListAgain(ctx: Context, emailId: string): Promise<MailFile | null> {
  const email = await readEmail(ctx, emailId);
  const open = new Map((await readEmailDocuments(ctx, emailId)).map((one) => [one.documentId, one.openMinor]));
  const [customer] = await readMailCustomers(ctx, email?.customerId ? [email.customerId] : []);
  if (email?.kind !== 'reminder' || !customer || open.size === 0) return null;
  const listed = await readListed(ctx, [...open.keys()]);
  const documents = listed.map((document) => ({ ...document, openMinor: open.get(document.id)! })).sort(oldestFirst);
  const language = (await readLanguages(ctx, [customer.id])).get(`${customer.id} ${email.toAddress}`) ?? null;
  const [template] = await readTemplates(ctx, email.templateId ? [email.templateId] : []);
  const text = template ? textFor(template, language, documents.length).language : 'en';
  const frame = frameIn(await readFrame(ctx), languageFor(language, text));
  return summary(ctx, { documents, customer, frame }, email.sentAt ?? ctx.clock.now());
}

function renderReminder(
  ctx: Context,
  frame: MailFrame,
  mail: ClaimedEmail,
  listed: readonly ReminderDocument[],
  batch: Batch,
  pay: { buttons: readonly MailButton[]; secrets: readonly string[] },
): Prepared {
  const template = batch.templates.get(mail.templateId!)!;
  const customer = batch.customers.get(mail.customerId!)!;
  const links = linksOf(ctx, mail.id);
  const { byHand } = mail.payload;
  const language = batch.languages.get(`${mail.customerId} ${mail.toAddress}`) ?? null;
  const picked = textFor(template, language, listed.length);
  const shown = listed.map((document) => ({ ...document, pdfUrl: links.pdfUrl(document.id) }));
  const text = byHand?.text ? { key: null, language: byHand.text.language, compiled: byHand.text } : picked;
  const local = frameIn(frame, languageFor(language, text.language));
  const wishes = byHand?.attach ?? { statement: template.attachStatement, invoices: template.attachInvoices, files: template.attachFiles };
  try {
    const rendered = renderMail(text.key, text.compiled, {
      ...baseValues(local, mail.kind, links),
      ...customerValues(customer),
      ...invoiceValues(ctx, local, shown, pay.buttons),
      ...loopValues(ctx, local, shown, text.compiled.html),
      lang: text.language,
    });
    if (rendered.subject === '') return { kind: 'failed', reason: 'The subject of the template is empty for this customer.' };
    return {
      kind: 'mail',
      rendered,
      secrets: [...links.secrets, ...pay.secrets],
      unsubscribeUrl: links.unsubscribeUrl,
      attachments: [],
      ...(wantsAttachments(wishes) ? { attach: (work: Work) => makeAttachments(work, { documents: listed, customer, frame: local }, wishes) } : {}),
      listed: listed.map((document) => ({ documentId: document.id, openMinor: document.openMinor })),
      cc: byHand ? [...mail.ccAddresses] : [...mail.ccAddresses, ...template.cc],
    };
  } catch (error) {
    return { kind: 'failed', reason: `The template cannot be rendered for this customer: ${(error as Error).message.slice(0, 200)}` };
  }
}
