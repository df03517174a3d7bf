import { z } from 'zod';
import { notFound } from '../../kernel/problem.ts';
import type { Context } from '../../platform/context.ts';
import { endpoint, type Endpoint } from '../../platform/http/endpoint.ts';
import { dateSchema, idSchema } from '../../platform/http/schemas.ts';
import { categorizeCustomers, createCategory, removeCategory, renameCategory } from './commands/category.ts';
import { contactEndpoints } from './contact-endpoints.ts';
import { archiveCustomer, createCustomer, pauseReminders, restoreCustomer, resumeReminders, setParent, updateCustomer } from './commands/customer.ts';
import { readCategories, readCategoriesOf, readChildren, readContacts, readCustomer } from './queries.ts';
import { categoryBody, categorySchema, customerChangesBody, customerSchema, newCustomerBody } from './schemas.ts';

const byId = z.object({ id: idSchema });
const nothing = z.null();

/** The customer as the API shows it, with contacts and categories. Problem 404. */
async function show(ctx: Context, id: string): Promise<z.input<typeof customerSchema>> {
  const customer = await readCustomer(ctx, id);
  if (!customer) throw notFound('customer');
  const contacts = await readContacts(ctx, [id]);
  const categories = await readCategoriesOf(ctx, [id]);
  const { parentId, ...shown } = customer;
  const parent = parentId ? await readCustomer(ctx, parentId) : null;
  return {
    ...shown,
    parent: parent && { id: parent.id, name: parent.name, number: parent.number },
    children: parent ? [] : await readChildren(ctx, id),
    pausedUntil: customer.pausedUntil?.toString() ?? null,
    archivedAt: customer.archivedAt?.toString() ?? null,
    createdAt: customer.createdAt.toString(),
    updatedAt: customer.updatedAt.toString(),
    contacts: contacts.map(({ customerId: _, ...contact }) => contact),
    categories: categories.map(({ id: categoryId, name }) => ({ id: categoryId, name })),
  };
}

const customers: Endpoint[] = [
  endpoint({
    method: 'post',
    path: '/v1/customers',
    permission: 'customers.write',
    tag: 'Customers',
    summary: 'Create a customer',
    body: newCustomerBody,
    response: customerSchema,
    status: 201,
    idempotent: true,
    example: { request: { number: 'C-1042', companyName: 'Harbor Goods', contacts: [{ name: 'Anna Berg', email: 'ap@harbor-goods.test' }] } },
    handler: async (ctx, { body }) => show(ctx, await createCustomer(ctx, body)),
  }),
  endpoint({
    method: 'get',
    path: '/v1/customers/{id}',
    permission: 'customers.read',
    tag: 'Customers',
    summary: 'Read a customer',
    params: byId,
    response: customerSchema,
    handler: (ctx, { params }) => show(ctx, params.id),
  }),
  endpoint({
    method: 'patch',
    path: '/v1/customers/{id}',
    permission: 'customers.write',
    tag: 'Customers',
    summary: 'Change a customer',
    description: 'Fields that are left out stay; null empties a field.',
    params: byId,
    body: customerChangesBody,
    response: customerSchema,
    handler: async (ctx, { params, body }) => {
      await updateCustomer(ctx, params.id, body);
      return show(ctx, params.id);
    },
  }),
  endpoint({
    method: 'post',
    path: '/v1/customers/{id}/archive',
    permission: 'customers.write',
    tag: 'Customers',
    summary: 'Archive a customer',
    description: 'Out of lists and reminders; nothing is deleted.',
    params: byId,
    response: customerSchema,
    handler: async (ctx, { params }) => {
      await archiveCustomer(ctx, params.id);
      return show(ctx, params.id);
    },
  }),
  endpoint({
    method: 'post',
    path: '/v1/customers/{id}/restore',
    permission: 'customers.write',
    tag: 'Customers',
    summary: 'Bring back an archived customer',
    params: byId,
    response: customerSchema,
    handler: async (ctx, { params }) => {
      await restoreCustomer(ctx, params.id);
      return show(ctx, params.id);
    },
  }),
  endpoint({
    method: 'put',
    path: '/v1/customers/{id}/pause',
    permission: 'customers.write',
    tag: 'Customers',
    summary: 'Pause reminders until a date',
    params: byId,
    body: z.object({ until: dateSchema, reason: z.string().trim().max(500).nullable().optional() }),
    response: customerSchema,
    example: { request: { until: '2026-12-31', reason: 'Promised to pay by the end of the year' } },
    handler: async (ctx, { params, body }) => {
      await pauseReminders(ctx, params.id, Temporal.PlainDate.from(body.until), body.reason || null);
      return show(ctx, params.id);
    },
  }),
  endpoint({
    method: 'delete',
    path: '/v1/customers/{id}/pause',
    permission: 'customers.write',
    tag: 'Customers',
    summary: 'Resume reminders',
    params: byId,
    response: customerSchema,
    handler: async (ctx, { params }) => {
      await resumeReminders(ctx, params.id);
      return show(ctx, params.id);
    },
  }),
  endpoint({
    method: 'put',
    path: '/v1/customers/{id}/parent',
    permission: 'customers.write',
    tag: 'Customers',
    summary: 'Put a customer under another one',
    description: 'One level: the parent has no parent itself. Null takes the customer out.',
    params: byId,
    body: z.object({ parentId: idSchema.nullable() }),
    response: customerSchema,
    handler: async (ctx, { params, body }) => {
      await setParent(ctx, params.id, body.parentId);
      return show(ctx, params.id);
    },
  }),
  endpoint({
    method: 'post',
    path: '/v1/customers/categorize',
    permission: 'customers.write',
    tag: 'Customers',
    summary: 'Give or take categories in bulk',
    body: z.object({
      customerIds: z.array(idSchema).min(1).max(1000),
      add: z.array(idSchema).max(100).default([]),
      remove: z.array(idSchema).max(100).default([]),
    }),
    response: z.object({ added: z.number().int(), removed: z.number().int() }),
    handler: (ctx, { body }) => categorizeCustomers(ctx, body),
  }),
];

const categories: Endpoint[] = [
  endpoint({
    method: 'get',
    path: '/v1/categories',
    permission: 'customers.read',
    tag: 'Categories',
    summary: 'List categories',
    response: z.object({ items: z.array(categorySchema.extend({ customerCount: z.number().int() })) }),
    handler: async (ctx) => ({ items: await readCategories(ctx) }),
  }),
  endpoint({
    method: 'post',
    path: '/v1/categories',
    permission: 'customers.write',
    tag: 'Categories',
    summary: 'Create a category',
    body: categoryBody,
    response: categorySchema,
    status: 201,
    idempotent: true,
    handler: async (ctx, { body }) => ({ id: await createCategory(ctx, body.name), name: body.name }),
  }),
  endpoint({
    method: 'patch',
    path: '/v1/categories/{id}',
    permission: 'customers.write',
    tag: 'Categories',
    summary: 'Rename a category',
    params: byId,
    body: categoryBody,
    response: categorySchema,
    handler: async (ctx, { params, body }) => {
      await renameCategory(ctx, params.id, body.name);
      return { id: params.id, name: body.name };
    },
  }),
  endpoint({
    method: 'delete',
    path: '/v1/categories/{id}',
    permission: 'customers.write',
    tag: 'Categories',
    summary: 'Remove a category',
    description: 'Its customers stay and lose the category.',
    params: byId,
    response: nothing,
    status: 204,
    handler: async (ctx, { params }) => {
      await removeCategory(ctx, params.id);
      return null;
    },
  }),
];

export const endpoints: Endpoint[] = [...customers, ...contactEndpoints, ...categories];
