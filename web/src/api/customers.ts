import { queryOptions } from '@tanstack/react-query';
import { api, ask, once } from './client.ts';
import type { Answer, Body } from './types.ts';

export type Customer = Answer<'/v1/customers/{id}', 'get'>;
export type Contact = Customer['contacts'][number];
export type NewCustomer = Body<'/v1/customers', 'post'>;
export type CustomerChanges = Body<'/v1/customers/{id}', 'patch'>;
export type Category = Answer<'/v1/categories', 'get'>['items'][number];

const at = (id: string) => ({ path: { id } });

export const customerQuery = (id: string) =>
  queryOptions({ queryKey: ['customer', id], queryFn: () => ask(api.GET('/v1/customers/{id}', { params: at(id) })) });
export const categoriesQuery = queryOptions({ queryKey: ['categories'], queryFn: async () => (await ask(api.GET('/v1/categories'))).items });

export const createCustomer = (body: NewCustomer, key: string): Promise<Customer> => ask(api.POST('/v1/customers', { body, ...once(key) }));
export const changeCustomer = (id: string, body: CustomerChanges): Promise<Customer> => ask(api.PATCH('/v1/customers/{id}', { params: at(id), body }));
export const archiveCustomer = (id: string): Promise<Customer> => ask(api.POST('/v1/customers/{id}/archive', { params: at(id) }));
export const restoreCustomer = (id: string): Promise<Customer> => ask(api.POST('/v1/customers/{id}/restore', { params: at(id) }));
export const pauseReminders = (id: string, until: string, reason: string | null): Promise<Customer> =>
  ask(api.PUT('/v1/customers/{id}/pause', { params: at(id), body: { until, reason } }));
export const resumeReminders = (id: string): Promise<Customer> => ask(api.DELETE('/v1/customers/{id}/pause', { params: at(id) }));

export const setParent = (id: string, parentId: string | null): Promise<Customer> =>
  ask(api.PUT('/v1/customers/{id}/parent', { params: at(id), body: { parentId } }));

export type ContactInput = Body<'/v1/customers/{id}/contacts', 'post'>;
export const addContact = (id: string, body: ContactInput) => ask(api.POST('/v1/customers/{id}/contacts', { params: at(id), body }));
export const changeContact = (id: string, contactId: string, body: Partial<ContactInput>) =>
  ask(api.PATCH('/v1/customers/{id}/contacts/{contactId}', { params: { path: { id, contactId } }, body }));
export const removeContact = (id: string, contactId: string) =>
  ask(api.DELETE('/v1/customers/{id}/contacts/{contactId}', { params: { path: { id, contactId } } }));

export const createCategory = (name: string) => ask(api.POST('/v1/categories', { body: { name } }));
export const renameCategory = (id: string, name: string) => ask(api.PATCH('/v1/categories/{id}', { params: at(id), body: { name } }));
export const removeCategory = (id: string) => ask(api.DELETE('/v1/categories/{id}', { params: at(id) }));
/** Gives and takes categories of many customers at once; the answer counts what changed. */
export const categorize = (customerIds: string[], add: string[], remove: string[]) =>
  ask(api.POST('/v1/customers/categorize', { body: { customerIds, add, remove } }));
