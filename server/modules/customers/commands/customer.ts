import { newId } from '../../../kernel/ids.ts';
import { invalid, notFound } from '../../../kernel/problem.ts';
import type { Context } from '../../../platform/context.ts';
import { cleanEmail, displayName, numberTaken } from '../customer.ts';
import { customerEvents } from '../events.ts';
import {
  type Customer,
  type CustomerValues,
  insertContact,
  insertCustomer,
  lockCustomerRow,
  lockCustomerRows,
  promotePrimary,
  readChildren,
  readContacts,
  readCustomer,
  setArchived,
  setPause,
  updateCustomerRow,
  writeParent,
} from '../queries.ts';
import type { Purpose } from '../schemas.ts';

export interface NewCustomer {
  number: string;
  companyCode?: string;
  companyName?: string | null;
  firstName?: string | null;
  lastName?: string | null;
  phone?: string | null;
  language?: string | null;
  custom?: Record<string, unknown>;
  contacts?: { name?: string | null; email: string; phone?: string | null; purposes?: readonly Purpose[]; language?: string | null }[];
}

/** The customer's row, locked until the transaction ends; every change of its money begins here. Problem 404. */
export async function lockCustomer(ctx: Context, customerId: string): Promise<Customer> {
  const customer = await lockCustomerRow(ctx, customerId);
  if (!customer) throw notFound('customer');
  return customer;
}

/** Creates a customer; the first billing contact, else the first that gets mail, becomes the primary one. Problem 409 when the number is taken. */
export async function createCustomer(ctx: Context, input: NewCustomer): Promise<string> {
  const id = newId();
  const contacts = (input.contacts ?? []).map((contact, index) => ({ ...contact, email: cleanEmail(contact.email, `contacts.${index}.email`) }));
  const values = valuesOf({ ...emptyCustomer, ...input }, contacts[0]?.email ?? null);
  if (!(await insertCustomer(ctx, id, values))) throw numberTaken(values.number);
  for (const [index, contact] of contacts.entries()) {
    const row = {
      name: contact.name ?? null,
      email: contact.email,
      phone: contact.phone ?? null,
      purposes: [...(contact.purposes ?? (['billing'] as const))],
      language: contact.language ?? null,
      isPrimary: false,
    };
    if (!(await insertContact(ctx, newId(), id, row))) throw invalid(`contacts.${index}.email`, 'duplicate', 'This address is given twice.');
  }
  await promotePrimary(ctx, id);
  await ctx.record({
    type: customerEvents.created,
    subjectType: 'customer',
    subjectId: id,
    customerId: id,
    data: { number: values.number, name: values.name },
  });
  return id;
}

export type CustomerChanges = Partial<Omit<NewCustomer, 'number' | 'companyCode' | 'contacts'>>;

/** Changes the fields that are given; `null` empties one. */
export async function updateCustomer(ctx: Context, id: string, changes: CustomerChanges): Promise<void> {
  const before = await lockCustomer(ctx, id);
  const contacts = await readContacts(ctx, [id]);
  const after = valuesOf({ ...before, ...changes }, contacts[0]?.email ?? null);
  const changed = (Object.keys(after) as (keyof CustomerValues)[]).filter((key) => JSON.stringify(after[key]) !== JSON.stringify(before[key]));
  if (changed.length === 0) return;
  await updateCustomerRow(ctx, id, after);
  const pick = (from: CustomerValues) => Object.fromEntries(changed.map((key) => [key, from[key]]));
  await ctx.record({
    type: customerEvents.updated,
    subjectType: 'customer',
    subjectId: id,
    customerId: id,
    data: { before: pick(before), after: pick(after) },
  });
}

/** Out of the lists and out of every automatic act; nothing is deleted, and `restoreCustomer` undoes it. */
export async function archiveCustomer(ctx: Context, id: string): Promise<void> {
  const customer = await lockCustomer(ctx, id);
  if (customer.archivedAt) return;
  await setArchived(ctx, id, true);
  await ctx.record({ type: customerEvents.archived, subjectType: 'customer', subjectId: id, customerId: id });
}

export async function restoreCustomer(ctx: Context, id: string): Promise<void> {
  const customer = await lockCustomer(ctx, id);
  if (!customer.archivedAt) return;
  await setArchived(ctx, id, false);
  await ctx.record({ type: customerEvents.restored, subjectType: 'customer', subjectId: id, customerId: id });
}

/** No automatic reminder goes to the customer up to and including `until`. */
export async function pauseReminders(ctx: Context, id: string, until: Temporal.PlainDate, reason: string | null): Promise<void> {
  await lockCustomer(ctx, id);
  if (Temporal.PlainDate.compare(until, ctx.clock.today()) < 0) throw invalid('until', 'in_the_past', 'Choose today or a later day.');
  await setPause(ctx, id, until, reason);
  await ctx.record({ type: customerEvents.paused, subjectType: 'customer', subjectId: id, customerId: id, data: { until: until.toString(), reason } });
}

export async function resumeReminders(ctx: Context, id: string): Promise<void> {
  const customer = await lockCustomer(ctx, id);
  if (!customer.pausedUntil) return;
  await setPause(ctx, id, null, null);
  await ctx.record({ type: customerEvents.resumed, subjectType: 'customer', subjectId: id, customerId: id });
}

/** Puts the customer under another one, or under none. One level only, so that a statement knows whom it is for. */
export async function setParent(ctx: Context, id: string, parentId: string | null): Promise<void> {
  await lockCustomerRows(ctx, parentId ? [id, parentId] : [id]);
  const customer = await lockCustomer(ctx, id);
  if (customer.parentId === parentId) return;
  if (parentId !== null) {
    const parent = await readCustomer(ctx, parentId);
    if (!parent) throw invalid('parentId', 'unknown', 'There is no such customer.');
    if (parentId === id) throw invalid('parentId', 'itself', 'A customer is not its own parent.');
    if (parent.parentId) throw invalid('parentId', 'has_parent', `${parent.name} belongs to another customer itself.`);
    if ((await readChildren(ctx, id, 1)).length > 0) throw invalid('parentId', 'has_children', `${customer.name} has customers under it itself.`);
  }
  await writeParent(ctx, id, parentId);
  await ctx.record({
    type: customerEvents.parentChanged,
    subjectType: 'customer',
    subjectId: id,
    customerId: id,
    data: { before: customer.parentId, after: parentId },
  });
}

const emptyCustomer = { companyCode: '', companyName: null, firstName: null, lastName: null, phone: null, language: null, custom: {} };

function valuesOf(input: Omit<CustomerValues, 'name'>, email: string | null): CustomerValues {
  return {
    number: input.number.trim(),
    companyCode: input.companyCode.trim(),
    name: displayName({ ...input, email }),
    companyName: input.companyName?.trim() || null,
    firstName: input.firstName?.trim() || null,
    lastName: input.lastName?.trim() || null,
    phone: input.phone?.trim() || null,
    language: input.language?.trim() || null,
    custom: input.custom,
  };
}
