import { z } from 'zod';
import { invalid } from '../../../kernel/problem.ts';
import type { Context } from '../../../platform/context.ts';
import { currencySchema, dateSchema, flagSchema, idSchema } from '../../../platform/http/schemas.ts';
import { prefixQuery } from '../../customers/index.ts';
import type { CustomerFilter } from '../lists/customers/queries.ts';
import type { DocumentFilter } from '../lists/documents/queries.ts';
import type { PaymentFilter } from '../lists/payments/queries.ts';
import type { DocumentKind } from '../queries.ts';
import { paymentMethods, paymentStates, readMinor } from '../schemas.ts';

/** The filters of the lists, as query parameters. Only what an index serves is offered. */

const decimal = z.string().regex(/^\d{1,15}(\.\d{1,3})?$/, 'an amount is written 1250.00');

export const documentFilters = {
  state: z.enum(['open', 'overdue', 'closed', 'void', 'all']).default('open'),
  customerId: idSchema.optional(),
  categoryId: idSchema.optional(),
  currency: currencySchema.optional(),
  dueFrom: dateSchema.optional(),
  dueTo: dateSchema.optional(),
  minAmount: decimal.optional().meta({ description: 'Open amount from, in major units' }),
  maxAmount: decimal.optional().meta({ description: 'Open amount to, in major units' }),
  number: z.string().max(64).optional().meta({ description: 'Beginning of the number' }),
  documentType: z.string().max(100).optional(),
  companyCode: z.string().max(20).optional(),
};

export const documentSorts = ['due', '-due', 'amount', '-amount', 'number', '-number'] as const;
export const documentSort = z
  .enum(documentSorts)
  .default('due')
  .meta({ description: 'A minus sorts descending; `amount` is the open amount and needs state open or overdue' });

type DocumentQuery = z.infer<z.ZodObject<typeof documentFilters>>;

export function documentFilter(ctx: Context, query: DocumentQuery, kinds: readonly DocumentKind[]): DocumentFilter {
  const { minAmount, maxAmount, number, ...same } = query;
  const currency = query.currency ?? ctx.tenant.currency;
  return {
    kinds,
    ...same,
    ...(number?.trim() ? { number: number.trim() } : {}),
    ...(minAmount === undefined ? {} : { minMinor: readMinor(minAmount, currency, 'minAmount') }),
    ...(maxAmount === undefined ? {} : { maxMinor: readMinor(maxAmount, currency, 'maxAmount') }),
  };
}

/** Splits `-due` into the order and its direction. Problem 422 for a pair that no index serves. */
export function documentOrder(sort: (typeof documentSorts)[number], filter: DocumentFilter) {
  const { order, descending } = directed<'due' | 'amount' | 'number'>(sort);
  if (order === 'amount' && filter.state !== 'open' && filter.state !== 'overdue')
    throw invalid('sort', 'not_offered', 'Only open and overdue documents are sorted by amount: the others have nothing open.');
  return { order, descending };
}

export function directed<T extends string>(sort: string): { order: T; descending: boolean } {
  const descending = sort.startsWith('-');
  return { order: (descending ? sort.slice(1) : sort) as T, descending };
}

export const paymentFilters = {
  state: z.enum(paymentStates).optional(),
  method: z.enum(paymentMethods).optional(),
  customerId: idSchema.optional(),
  currency: currencySchema.optional(),
  unapplied: flagSchema.optional().meta({ description: 'Only payments with money not yet applied' }),
  receivedFrom: dateSchema.optional(),
  receivedTo: dateSchema.optional(),
  number: z.string().max(64).optional().meta({ description: 'Beginning of the payment’s number' }),
};

/** Leaves out what was not given. */
export function paymentFilter(query: z.infer<z.ZodObject<typeof paymentFilters>>): PaymentFilter {
  const { number, ...same } = query;
  return { ...same, ...(number?.trim() ? { number: number.trim() } : {}) };
}

export const customerFilters = {
  q: z.string().max(200).optional().meta({ description: 'Beginnings of words in name or number' }),
  status: z.enum(['active', 'archived', 'all']).default('active'),
  categoryId: idSchema.optional(),
  uncategorized: flagSchema.optional(),
  owing: z.enum(['open', 'overdue', 'credit']).optional(),
  paused: flagSchema.optional().meta({ description: 'Only customers whose reminders are paused now' }),
  currency: currencySchema.optional().meta({ description: 'For `owing` and for sorting by balance; the company’s own when left out' }),
};

export function customerFilter(ctx: Context, query: z.infer<z.ZodObject<typeof customerFilters>>): CustomerFilter {
  const search = query.q ? prefixQuery(query.q) : null;
  return {
    status: query.status,
    currency: query.currency ?? ctx.tenant.currency,
    ...(search ? { search } : {}),
    ...(query.categoryId ? { categoryId: query.categoryId } : {}),
    ...(query.uncategorized ? { uncategorized: true } : {}),
    ...(query.owing ? { owing: query.owing } : {}),
    ...(query.paused ? { paused: true } : {}),
  };
}
