import { conflict, notFound } from '../../../kernel/problem.ts';
import type { Context } from '../../../platform/context.ts';
import { dateText } from '../../correspondence/index.ts';
import { type Customer, readCustomer } from '../../customers/index.ts';
import { readHolds } from '../../receivables/index.ts';
import { getSettings, readBusinessCalendar } from '../../tenants/index.ts';
import { daysUpTo } from '../planning/queries-contacts.ts';
import { isStale } from '../planning/queries-agenda.ts';
import { documentHolds, type Reason, reasonText } from '../rule.ts';
import { type AskedDocument, countContactsOf, readAskedDocuments, readCreditsOf, readLastContact } from './queries.ts';

/** Something that would have held a rule's reminder back. A manager may pass it. */
export interface Warning {
  reason: Reason;
  text: string;
  /** Invoices that it is about; none: the whole mail. */
  documentIds: string[];
}

export interface Asked {
  customer: Customer;
  documents: AskedDocument[];
  warnings: Warning[];
}

const dayOf = (ctx: Context, at: Temporal.Instant): string => dateText(at.toZonedDateTimeISO(ctx.tenant.timezone).toPlainDate(), ctx.tenant.locale);

/**
 * The customer, the invoices and what stands against asking for them now, in the order of the reasons of a rule's
 * reminder. Problems: 404 for an unknown customer; 409 for an archived one and when none of the invoices is open.
 */
export async function ask(ctx: Context, customerId: string, documentIds: readonly string[], toAddress: string | null): Promise<Asked> {
  const customer = await readCustomer(ctx, customerId);
  if (!customer) throw notFound('customer');
  if (customer.archivedAt) throw conflict('customer_archived', `${customer.name} is archived: bring the customer back first.`);
  const documents = await readAskedDocuments(ctx, customerId, documentIds);
  if (documents.length === 0) throw conflict('nothing_open', 'None of these invoices is open. There is nothing to ask for.');
  return {
    customer,
    documents,
    warnings: [
      ...(await aboutCustomer(ctx, customer)),
      ...(await aboutDocuments(ctx, documents, customerId)),
      ...(await aboutCaps(ctx, customerId, toAddress)),
    ],
  };
}

async function aboutCustomer(ctx: Context, customer: Customer): Promise<Warning[]> {
  const { reminders } = await getSettings(ctx);
  const today = ctx.clock.today();
  const warnings: Warning[] = [];
  const warn = (reason: Reason, text: string = reasonText(reason)) => warnings.push({ reason, text, documentIds: [] });
  if (reminders.freshnessHours !== null && (await isStale(ctx, reminders.freshnessHours))) warn('stale_data');
  if (reminders.quietDays && !(await readBusinessCalendar(ctx)).isBusinessDay(today)) warn('quiet_day', 'Today is a day off: rules send nothing');
  if (customer.pausedUntil && Temporal.PlainDate.compare(customer.pausedUntil, today) >= 0)
    warn(
      'paused',
      `Reminders to this customer are paused until ${dateText(customer.pausedUntil, ctx.tenant.locale)}${customer.pausedReason ? `: ${customer.pausedReason}` : ''}`,
    );
  return warnings;
}

async function aboutDocuments(ctx: Context, documents: readonly AskedDocument[], customerId: string): Promise<Warning[]> {
  const holds = await readHolds(ctx, { customerId });
  const warnings: Warning[] = [];
  for (const reason of documentHolds) {
    const held = documents.filter((document) =>
      reason === 'payment_in_flight'
        ? document.isPaying
        : holds.some((hold) => hold.kind === reason && (hold.documentId === null || hold.documentId === document.id)),
    );
    if (held.length === 0) continue;
    const first = holds.find((hold) => hold.kind === reason);
    const numbers = held.slice(0, 5).map((document) => document.number);
    const about = held.length > numbers.length ? `${numbers.join(', ')} and ${held.length - numbers.length} more` : numbers.join(', ');
    const since = first ? ` since ${dayOf(ctx, first.placedAt)}${first.note ? `: ${first.note}` : ''}` : '';
    warnings.push({ reason, text: `${about}: ${documentWords[reason]}${since}`, documentIds: held.map((document) => document.id) });
  }
  for (const credit of await readCreditsOf(ctx, customerId)) {
    const mine = documents.filter((document) => document.currency === credit.currency);
    if (mine.length === 0 || mine.reduce((sum, document) => sum + document.openMinor, 0n) > credit.minor) continue;
    warnings.push({ reason: 'credit_covers', text: `${reasonText('credit_covers')} in ${credit.currency}`, documentIds: mine.map((document) => document.id) });
  }
  return warnings;
}

const documentWords = {
  dispute: 'disputed',
  claimed_paid: 'paid already, says the customer',
  promise: 'promised to be paid',
  payment_plan: 'in a payment plan',
  autopay: 'paid automatically',
  payment_in_flight: 'being paid right now',
} as const;

/** The caps that no rule can pass. Days are those of the company: a contact of today is one within one day. */
async function aboutCaps(ctx: Context, customerId: string, toAddress: string | null): Promise<Warning[]> {
  const { reminders } = await getSettings(ctx);
  const lately = (days: number) => daysUpTo(ctx.clock.today(), days, ctx.tenant.timezone);
  const warnings: Warning[] = [];
  if (reminders.minContactDays > 0) {
    const last = await readLastContact(ctx, customerId, lately(reminders.minContactDays));
    if (last)
      warnings.push({
        reason: 'too_soon',
        text: `Written to ${last.byLetter ? 'by letter ' : ''}on ${dateText(last.day, ctx.tenant.locale)}${last.subject ? ` (“${last.subject}”)` : ''}; rules leave ${reminders.minContactDays === 1 ? 'one day' : `${reminders.minContactDays} days`} between contacts`,
        documentIds: [],
      });
  }
  if (reminders.weeklyCap !== null && toAddress !== null) {
    const count = await countContactsOf(ctx, toAddress, lately(7));
    if (count >= reminders.weeklyCap)
      warnings.push({ reason: 'cap_reached', text: `${toAddress} had ${count} mails in seven days; ${reminders.weeklyCap} are allowed`, documentIds: [] });
  }
  return warnings;
}
