import { z } from 'zod';
import { isId } from '../../kernel/ids.ts';
import { notFound, Problem } from '../../kernel/problem.ts';
import type { Context } from '../../platform/context.ts';
import { decodeCursor, encodeCursor } from '../../platform/http/cursor.ts';
import { endpoint, type Endpoint } from '../../platform/http/endpoint.ts';
import { idSchema, listQuery, pageOf } from '../../platform/http/schemas.ts';
import { addContact, changeContact, removeContact } from './commands/contact.ts';
import { type Contact, type ListedContact, listContacts, readContact, readContacts, readCustomer, readListedContact } from './queries.ts';
import { contactBody, contactSchema, listedContactSchema, purposes } from './schemas.ts';

const byId = z.object({ id: idSchema });
const contactParams = z.object({ id: idSchema, contactId: idSchema });
const nothing = z.null();
const SORT = 'contacts';

async function showContact(ctx: Context, customerId: string, id: string): Promise<z.input<typeof contactSchema>> {
  const contact = (await readContacts(ctx, [customerId])).find((candidate) => candidate.id === id);
  if (!contact) throw notFound('contact');
  const { customerId: _, ...shown } = contact;
  return shown;
}

const showListed = ({ customerId, customerName, customerNumber, ...contact }: ListedContact): z.input<typeof listedContactSchema> => ({
  ...contact,
  customer: { id: customerId, name: customerName, number: customerNumber },
});

async function showOne(ctx: Context, id: string) {
  const contact = await readListedContact(ctx, id);
  if (!contact) throw notFound('contact');
  return showListed(contact);
}

async function contactOf(ctx: Context, id: string): Promise<Contact> {
  const contact = await readContact(ctx, id);
  if (!contact) throw notFound('contact');
  return contact;
}

function afterOf(cursor: string | undefined): string | null {
  if (cursor === undefined) return null;
  const [id] = decodeCursor(SORT, cursor);
  if (!id || !isId(id)) throw new Problem(400, 'invalid_cursor', 'This cursor does not belong to this list. Start again without it.');
  return id;
}

export const contactEndpoints: Endpoint[] = [
  endpoint({
    method: 'get',
    path: '/v1/customers/{id}/contacts',
    permission: 'customers.read',
    tag: 'Customers',
    summary: 'List the contacts of a customer',
    params: byId,
    response: z.object({ items: z.array(contactSchema) }),
    handler: async (ctx, { params }) => {
      if (!(await readCustomer(ctx, params.id))) throw notFound('customer');
      return { items: (await readContacts(ctx, [params.id])).map(({ customerId: _, ...contact }) => contact) };
    },
  }),
  endpoint({
    method: 'post',
    path: '/v1/customers/{id}/contacts',
    permission: 'customers.write',
    tag: 'Customers',
    summary: 'Add a contact',
    params: byId,
    body: contactBody,
    response: contactSchema,
    status: 201,
    idempotent: true,
    handler: async (ctx, { params, body }) => showContact(ctx, params.id, await addContact(ctx, params.id, body)),
  }),
  endpoint({
    method: 'patch',
    path: '/v1/customers/{id}/contacts/{contactId}',
    permission: 'customers.write',
    tag: 'Customers',
    summary: 'Change a contact',
    params: contactParams,
    body: contactBody.partial(),
    response: contactSchema,
    handler: async (ctx, { params, body }) => {
      await changeContact(ctx, params.id, params.contactId, body);
      return showContact(ctx, params.id, params.contactId);
    },
  }),
  endpoint({
    method: 'delete',
    path: '/v1/customers/{id}/contacts/{contactId}',
    permission: 'customers.write',
    tag: 'Customers',
    summary: 'Remove a contact',
    params: contactParams,
    response: nothing,
    status: 204,
    handler: async (ctx, { params }) => {
      await removeContact(ctx, params.id, params.contactId);
      return null;
    },
  }),
  endpoint({
    method: 'get',
    path: '/v1/contacts',
    permission: 'customers.read',
    tag: 'Contacts',
    summary: 'List the contacts of all customers, the newest first',
    description: 'A search walks far: a page may have few or no items and a cursor that goes on.',
    query: z.object({
      ...listQuery,
      search: z.string().trim().max(200).optional().meta({ description: 'A part of the address or name' }),
      purpose: z.enum(purposes).optional(),
      customerId: idSchema.optional(),
    }),
    response: pageOf(listedContactSchema),
    handler: async (ctx, { query }) => {
      const page = await listContacts(ctx, query, afterOf(query.cursor), query.limit);
      return { items: page.rows.map(showListed), nextCursor: page.next === null ? null : encodeCursor(SORT, [page.next]) };
    },
  }),
  endpoint({
    method: 'get',
    path: '/v1/contacts/{id}',
    permission: 'customers.read',
    tag: 'Contacts',
    summary: 'Read a contact',
    params: byId,
    response: listedContactSchema,
    handler: (ctx, { params }) => showOne(ctx, params.id),
  }),
  endpoint({
    method: 'post',
    path: '/v1/contacts',
    permission: 'customers.write',
    tag: 'Contacts',
    summary: 'Add a contact to a customer',
    body: contactBody.extend({ customerId: idSchema }),
    response: listedContactSchema,
    status: 201,
    idempotent: true,
    handler: async (ctx, { body: { customerId, ...contact } }) => showOne(ctx, await addContact(ctx, customerId, contact)),
  }),
  endpoint({
    method: 'patch',
    path: '/v1/contacts/{id}',
    permission: 'customers.write',
    tag: 'Contacts',
    summary: 'Change a contact',
    description: 'Fields that are left out stay.',
    params: byId,
    body: contactBody.partial(),
    response: listedContactSchema,
    handler: async (ctx, { params, body }) => {
      await changeContact(ctx, (await contactOf(ctx, params.id)).customerId, params.id, body);
      return showOne(ctx, params.id);
    },
  }),
  endpoint({
    method: 'delete',
    path: '/v1/contacts/{id}',
    permission: 'customers.write',
    tag: 'Contacts',
    summary: 'Remove a contact',
    params: byId,
    response: nothing,
    status: 204,
    handler: async (ctx, { params }) => {
      await removeContact(ctx, (await contactOf(ctx, params.id)).customerId, params.id);
      return null;
    },
  }),
];
