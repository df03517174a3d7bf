import { newId } from '../../../kernel/ids.ts';
import { notFound, Problem } from '../../../kernel/problem.ts';
import type { Context } from '../../../platform/context.ts';
import { cleanEmail } from '../customer.ts';
import { customerEvents } from '../events.ts';
import {
  addressTaken,
  clearPrimary,
  type Contact,
  type ContactValues,
  deleteContact,
  insertContact,
  promotePrimary,
  readContact,
  updateContactRow,
} from '../queries.ts';
import { type Purpose, purposes } from '../schemas.ts';
import { lockCustomer } from './customer.ts';

export interface ContactInput {
  name?: string | null;
  email: string;
  phone?: string | null;
  purposes?: readonly Purpose[];
  language?: string | null;
  isPrimary?: boolean;
}

const addressTwice = (): Problem =>
  new Problem(409, 'contact_exists', 'This customer has a contact with this address already.', {
    errors: [{ field: 'email', code: 'taken', message: 'Another contact of this customer has this address.' }],
  });

/** Adds a contact. The first contact of a customer that gets mail is its primary one. */
export async function addContact(ctx: Context, customerId: string, input: ContactInput): Promise<string> {
  await lockCustomer(ctx, customerId);
  const id = newId();
  const values = valuesOf(input);
  if (values.isPrimary) await clearPrimary(ctx, customerId);
  if (!(await insertContact(ctx, id, customerId, values))) throw addressTwice();
  await promotePrimary(ctx, customerId);
  await ctx.record({ type: customerEvents.contactAdded, subjectType: 'contact', subjectId: id, customerId, data: { email: values.email } });
  return id;
}

export async function changeContact(ctx: Context, customerId: string, id: string, changes: Partial<ContactInput>): Promise<void> {
  await lockCustomer(ctx, customerId);
  const before = await contactOf(ctx, customerId, id);
  const after = valuesOf({ ...before, ...changes });
  if (await addressTaken(ctx, customerId, after.email, id)) throw addressTwice();
  if (after.isPrimary && !before.isPrimary) await clearPrimary(ctx, customerId);
  await updateContactRow(ctx, id, after);
  await promotePrimary(ctx, customerId);
  const changed = (Object.keys(after) as (keyof ContactValues)[]).filter((key) => String(after[key]) !== String(before[key]));
  if (changed.length === 0) return;
  const pick = (from: ContactValues) => Object.fromEntries(changed.map((key) => [key, from[key]]));
  await ctx.record({
    type: customerEvents.contactChanged,
    subjectType: 'contact',
    subjectId: id,
    customerId,
    data: { before: pick(before), after: pick(after) },
  });
}

/** Removes a contact; when it was the primary one, the next one takes its place. */
export async function removeContact(ctx: Context, customerId: string, id: string): Promise<void> {
  await lockCustomer(ctx, customerId);
  const contact = await contactOf(ctx, customerId, id);
  await deleteContact(ctx, id);
  await promotePrimary(ctx, customerId);
  await ctx.record({ type: customerEvents.contactRemoved, subjectType: 'contact', subjectId: id, customerId, data: { email: contact.email } });
}

async function contactOf(ctx: Context, customerId: string, id: string): Promise<Contact> {
  const contact = await readContact(ctx, id);
  if (!contact || contact.customerId !== customerId) throw notFound('contact');
  return contact;
}

function valuesOf(input: ContactInput): ContactValues {
  const chosen = new Set(input.purposes ?? ['billing']);
  return {
    name: input.name?.trim() || null,
    email: cleanEmail(input.email),
    phone: input.phone?.trim() || null,
    purposes: purposes.filter((purpose) => chosen.has(purpose)),
    language: input.language?.trim() || null,
    // whoever only stands in the address book is not written to
    isPrimary: (input.isPrimary ?? false) && !(chosen.size === 1 && chosen.has('other')),
  };
}
