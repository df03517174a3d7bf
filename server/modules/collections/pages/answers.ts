import type { Context } from '../../../platform/context.ts';
import { dateText, suppressWrongPerson } from '../../correspondence/index.ts';
import { lockCustomer } from '../../customers/index.ts';
import { placeHold } from '../../receivables/index.ts';
import { getSettings } from '../../tenants/index.ts';
import { collectionEvents } from '../events.ts';
import { createTask } from '../tasks/tasks.ts';
import { type AskingMail, readAskingMail } from './queries.ts';

export interface Claim {
  paidOn: Temporal.PlainDate;
  reference: string;
  note: string | null;
}

/**
 * "I already paid": the mail's open invoices are left out of reminders for some days, and a collector looks for the
 * money. Once for each mail; saying it again changes nothing.
 */
export async function claimPaid(ctx: Context, emailId: string, claim: Claim): Promise<AskingMail | null> {
  const found = await readAskingMail(ctx, emailId);
  if (!found) return null;
  await lockCustomer(ctx, found.customerId);
  const mail = (await readAskingMail(ctx, emailId))!;
  const open = mail.invoices.filter((invoice) => invoice.open);
  if (mail.claimedAt || (mail.invoices.length > 0 && open.length === 0)) return mail;
  const { customerId } = mail;
  const said = `Paid on ${dateText(claim.paidOn, ctx.tenant.locale)}, reference ${claim.reference}${claim.note ? `: ${claim.note}` : ''}`;
  const documentIds = open.map((invoice) => invoice.id);
  await placeHold(ctx, {
    customerId,
    documentIds,
    kind: 'claimed_paid',
    sourceId: emailId,
    until: ctx.clock.today().add({ days: (await getSettings(ctx)).reminders.claimedPaidDays }),
    note: said,
  });
  const numbers = open.slice(0, 3).map((invoice) => invoice.number);
  const more = open.length - numbers.length;
  await createTask(ctx, {
    customerId,
    title: `Find the payment: ${numbers.join(', ') || 'everything open'}${more > 0 ? ` and ${more} more` : ''}`,
    description: `${ctx.actor.name} says by the link of a mail that it is paid.\n${said}`,
    dueOn: ctx.clock.today(),
    source: 'payer',
    sourceId: emailId,
    documentIds,
  });
  await ctx.record({
    type: collectionEvents.claimedPaid,
    subjectType: 'email',
    subjectId: emailId,
    customerId,
    data: { paidOn: claim.paidOn.toString(), reference: claim.reference, note: claim.note, documentIds },
  });
  return readAskingMail(ctx, emailId);
}

/** "This is not me": nothing more goes to the address, and a collector corrects the contact. Once for each address. */
export async function reportWrongPerson(ctx: Context, emailId: string, address: string): Promise<boolean> {
  const mail = await readAskingMail(ctx, emailId);
  if (!mail || ![mail.toAddress, ...mail.ccAddresses].includes(address)) return false;
  await lockCustomer(ctx, mail.customerId);
  if (!(await suppressWrongPerson(ctx, address, { emailId, customerId: mail.customerId }))) return true;
  await createTask(ctx, {
    customerId: mail.customerId,
    title: `Correct the contact ${address}`.slice(0, 200),
    description: `The reader of a mail to ${address} says: this is not me. No mail goes there until the contact is changed or the address is taken off the list of suppressed ones.`,
    dueOn: ctx.clock.today(),
    source: 'payer',
  });
  await ctx.record({
    type: collectionEvents.wrongPerson,
    subjectType: 'email',
    subjectId: emailId,
    customerId: mail.customerId,
    data: { address },
  });
  return true;
}
