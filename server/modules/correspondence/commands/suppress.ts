import type { Context } from '../../../platform/context.ts';
import { invalid, notFound } from '../../../kernel/problem.ts';
import { plainAddress } from '../../../platform/mail/address.ts';
import { deleteSuppression, putSuppression, type SuppressionReason } from '../queries.ts';

/** False when the address was on the list for as strong a reason. */
export async function suppress(
  ctx: Context,
  address: string,
  reason: SuppressionReason,
  detail: string | null,
  about: { emailId?: string; customerId?: string | null },
): Promise<boolean> {
  if (!(await putSuppression(ctx, address, reason, detail))) return false;
  await ctx.record({
    type: 'address.suppressed',
    subjectType: about.emailId ? 'email' : 'tenant',
    subjectId: about.emailId ?? ctx.tenant.id,
    customerId: about.customerId ?? null,
    data: { address, reason, detail },
  });
  return true;
}

/** The person asked for no more reminders. Holds for mails that are queued already: sending looks again. */
export async function optOut(ctx: Context, address: string, about: { emailId: string; customerId: string | null }): Promise<void> {
  await suppress(ctx, address.toLowerCase(), 'opt_out', null, about);
}

/** The person at the address says that the mail is not for them. False when nothing changed: it was on the list before. */
export function suppressWrongPerson(ctx: Context, address: string, about: { emailId: string; customerId: string | null }): Promise<boolean> {
  return suppress(ctx, address.toLowerCase(), 'wrong_person', null, about);
}

/** The person wants reminders again. Takes back an opt-out only, never a bounce. */
export async function optIn(ctx: Context, address: string, about: { emailId: string; customerId: string | null }): Promise<void> {
  if (await deleteSuppression(ctx, address.toLowerCase(), 'opt_out'))
    await ctx.record({ type: 'address.released', subjectType: 'email', subjectId: about.emailId, customerId: about.customerId, data: { address } });
}

/** Staff put an address on the list. Problem 422 for what is not one plain address. */
export async function addSuppression(ctx: Context, address: string, detail: string | null): Promise<void> {
  const plain = plainAddress(address.trim().toLowerCase());
  if (plain === null) throw invalid('address', 'invalid_email', 'Write one e-mail address, such as ap@example.com.');
  await suppress(ctx, plain, 'manual', detail, {});
}

/** Staff take an address off the list, whatever put it there. Problem 404 when it is not on it. */
export async function removeSuppression(ctx: Context, address: string): Promise<void> {
  if (!(await deleteSuppression(ctx, address.trim().toLowerCase(), null))) throw notFound('address on this list');
  await ctx.record({ type: 'address.released', subjectType: 'tenant', subjectId: ctx.tenant.id, data: { address: address.trim().toLowerCase() } });
}
