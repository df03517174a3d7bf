import { queryOptions } from '@tanstack/react-query';
import type { Money } from '../format/money.ts';
import { api, ask, once } from './client.ts';
import type { Answer, Body, Item, QueryOf } from './types.ts';

export type InvoiceRow = Item<'/v1/invoices'>;
export type InvoiceQuery = Omit<QueryOf<'/v1/invoices'>, 'cursor' | 'limit'>;
export type InvoiceTotals = Answer<'/v1/invoices/totals', 'get'>;
export type Invoice = Answer<'/v1/invoices/{id}', 'get'>;
export type Application = Invoice['applications'][number];
export type CustomerRow = Item<'/v1/customers'>;
export type CustomerQuery = Omit<QueryOf<'/v1/customers'>, 'cursor' | 'limit'>;
export type Aging = Answer<'/v1/aging', 'get'>['currencies'][number];
export type Payment = Item<'/v1/payments'>;
export type PaymentDetail = Answer<'/v1/payments/{id}', 'get'>;
export type PaymentQuery = Omit<QueryOf<'/v1/payments'>, 'cursor' | 'limit'>;

interface PageRequest {
  limit: number;
  cursor: string | undefined;
}

const at = (id: string) => ({ path: { id } });

/** Leaves out what is undefined: the query string has no room for it. */
function given<T extends object>(query: T): T {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined)) as T;
}

/** Invoices, or credit memos and payments on account. */
export type DocumentSource = 'invoices' | 'credits';

export const listDocuments = (source: DocumentSource, query: InvoiceQuery & PageRequest, signal: AbortSignal) => {
  const options = { params: { query: given(query) as QueryOf<'/v1/invoices'> }, signal };
  return source === 'credits' ? ask(api.GET('/v1/credit-memos', options)) : ask(api.GET('/v1/invoices', options));
};

/** Count and open amounts of what a list shows; credits have none. */
export const invoiceTotalsQuery = (query: InvoiceQuery) => {
  const { sort: _, ...filters } = given(query);
  return queryOptions({
    queryKey: ['invoices', 'totals', filters],
    queryFn: ({ signal }) => ask(api.GET('/v1/invoices/totals', { params: { query: filters }, signal })),
  });
};

export const documentQuery = (source: DocumentSource, id: string) =>
  queryOptions({
    queryKey: ['invoice', id],
    queryFn: ({ signal }): Promise<Invoice> =>
      source === 'credits' ? ask(api.GET('/v1/credit-memos/{id}', { params: at(id), signal })) : ask(api.GET('/v1/invoices/{id}', { params: at(id), signal })),
  });

export const voidDocument = (source: DocumentSource, id: string, reason: string): Promise<Invoice> =>
  source === 'credits'
    ? ask(api.POST('/v1/credit-memos/{id}/void', { params: at(id), body: { reason } }))
    : ask(api.POST('/v1/invoices/{id}/void', { params: at(id), body: { reason } }));
export const writeOff = (id: string, amount: Money | undefined, reason: string) =>
  ask(api.POST('/v1/invoices/{id}/write-off', { params: at(id), body: { reason, ...(amount ? { amount } : {}) } }));
export const applyCredit = (id: string, applications: { invoiceId: string; amount: Money }[], key: string) =>
  ask(api.POST('/v1/credit-memos/{id}/apply', { params: at(id), body: { applications }, ...once(key) }));
export const undoApplication = (id: string, reason?: string) => ask(api.POST('/v1/applications/{id}/undo', { params: at(id), body: reason ? { reason } : {} }));

export const listCustomers = (query: CustomerQuery & PageRequest, signal: AbortSignal) =>
  ask(api.GET('/v1/customers', { params: { query: given(query) }, signal }));
export const customerTotalsQuery = (query: CustomerQuery) => {
  const { sort: _, ...filters } = given(query);
  return queryOptions({
    queryKey: ['customers', 'totals', filters],
    queryFn: ({ signal }) => ask(api.GET('/v1/totals/customers', { params: { query: filters }, signal })),
  });
};
export const customerAgingQuery = (id: string) =>
  queryOptions({
    queryKey: ['customer', id, 'aging'],
    queryFn: async ({ signal }) => (await ask(api.GET('/v1/customers/{id}/aging', { params: at(id), signal }))).currencies,
  });

export const listPayments = (query: PaymentQuery & PageRequest, signal: AbortSignal) =>
  ask(api.GET('/v1/payments', { params: { query: given(query) }, signal }));
export const paymentTotalsQuery = (query: PaymentQuery) => {
  const { sort: _, ...filters } = given(query);
  return queryOptions({
    queryKey: ['payments', 'totals', filters],
    queryFn: ({ signal }) => ask(api.GET('/v1/payments/totals', { params: { query: filters }, signal })),
  });
};
export const paymentQuery = (id: string) =>
  queryOptions({ queryKey: ['payment', id], queryFn: ({ signal }) => ask(api.GET('/v1/payments/{id}', { params: at(id), signal })) });
export const recordPayment = (body: Body<'/v1/payments', 'post'>, key: string) => ask(api.POST('/v1/payments', { body, ...once(key) }));
export const applyPayment = (id: string, applications: { invoiceId: string; amount: Money }[], key: string) =>
  ask(api.POST('/v1/payments/{id}/apply', { params: at(id), body: { applications }, ...once(key) }));
export const returnPayment = (id: string, reason: string) => ask(api.POST('/v1/payments/{id}/return', { params: at(id), body: { reason } }));
export const autoApply = (customerId: string, currency: string) =>
  ask(api.POST('/v1/customers/{id}/auto-apply', { params: at(customerId), body: { currency } }));
