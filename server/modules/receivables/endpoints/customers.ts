import { z } from 'zod';
import { invalid, notFound } from '../../../kernel/problem.ts';
import type { Context } from '../../../platform/context.ts';
import { endpoint, type Endpoint } from '../../../platform/http/endpoint.ts';
import { dateSchema, idSchema, listQuery, pageOf } from '../../../platform/http/schemas.ts';
import { prefixQuery, readCategoriesOf, readCustomer } from '../../customers/index.ts';
import { readAgingAsOf, readAgingOf, readAgingTotals } from '../balances/queries.ts';
import {
  countCustomers,
  customerKeyKinds,
  type CustomerOrder,
  type CustomerRow,
  listCustomers,
  readBalancesOf,
  readPrimaryEmails,
} from '../lists/customers/queries.ts';
import { listDocuments } from '../lists/documents/queries.ts';
import { fromCursor, toCursor } from '../lists/page.ts';
import { showAging, showDocuments } from '../present.ts';
import { agingSchema, asMoney, customerItemSchema, customerRefSchema, documentSchema } from '../schemas.ts';
import { customerFilter, customerFilters, directed } from './list-input.ts';

const byId = z.object({ id: idSchema });
const sort = z.enum(['name', '-name', 'created', '-created', 'balance', '-balance', 'overdue', '-overdue']);
const asOf = dateSchema.optional().meta({ description: 'The end of a past day; today when left out' });
/** Hits of each kind in the command menu. */
const MAX_FOUND = 8;

export async function showCustomers(ctx: Context, rows: readonly CustomerRow[]): Promise<z.input<typeof customerItemSchema>[]> {
  const ids = rows.map((row) => row.id);
  const balances = Map.groupBy(await readBalancesOf(ctx, ids), (row) => row.customerId);
  const categories = Map.groupBy(await readCategoriesOf(ctx, ids), (row) => row.customerId);
  const emails = new Map((await readPrimaryEmails(ctx, ids)).map((row) => [row.customerId, row.email]));
  return rows.map((row) => ({
    id: row.id,
    number: row.number,
    companyCode: row.companyCode,
    name: row.name,
    email: emails.get(row.id) ?? null,
    phone: row.phone,
    categories: (categories.get(row.id) ?? []).map(({ id, name }) => ({ id, name })),
    balances: (balances.get(row.id) ?? []).map((balance) => ({
      open: asMoney(balance.openMinor, balance.currency),
      overdue: asMoney(balance.overdueMinor, balance.currency),
      credits: asMoney(balance.creditMinor, balance.currency),
      openCount: balance.openCount,
      oldestDueOn: balance.oldestDueOn?.toString() ?? null,
    })),
    pausedUntil: row.pausedUntil?.toString() ?? null,
    archivedAt: row.archivedAt?.toString() ?? null,
    createdAt: row.createdAt.toString(),
  }));
}

/** The day asked for when it is in the past, null for today. Problem 422 for a day to come. */
function pastDay(ctx: Context, on: string | undefined): Temporal.PlainDate | null {
  if (on === undefined) return null;
  const day = Temporal.PlainDate.from(on);
  const order = Temporal.PlainDate.compare(day, ctx.clock.today());
  if (order > 0) throw invalid('asOf', 'in_the_future', 'Choose today or a day in the past.');
  return order === 0 ? null : day;
}

const listed = z.object({ ...listQuery, ...customerFilters, sort: sort.default('name') });

async function pageOfCustomers(ctx: Context, query: z.infer<typeof listed>) {
  const { cursor, limit, sort: by, ...filters } = query;
  const filter = customerFilter(ctx, filters);
  const { order, descending } = directed<CustomerOrder>(by);
  // a cursor of one currency's balances means nothing in another's
  const name = order === 'balance' || order === 'overdue' ? `${by}:${filter.currency}` : by;
  const page = await listCustomers(ctx, filter, order, { descending, after: fromCursor(name, cursor, customerKeyKinds(order)), limit });
  return { page, nextCursor: toCursor(name, page.next) };
}

export const customerEndpoints: Endpoint[] = [
  endpoint({
    method: 'get',
    path: '/v1/customers',
    permission: 'customers.read',
    tag: 'Customers',
    summary: 'List customers with what they owe',
    query: listed,
    response: pageOf(customerItemSchema),
    handler: async (ctx, { query }) => {
      const { page, nextCursor } = await pageOfCustomers(ctx, query);
      return { items: await showCustomers(ctx, page.rows), nextCursor };
    },
  }),
  endpoint({
    method: 'get',
    path: '/v1/totals/customers',
    permission: 'customers.read',
    tag: 'Customers',
    summary: 'Count of a customer list',
    query: z.object(customerFilters),
    response: z.object({ count: z.number().int(), capped: z.boolean() }),
    handler: (ctx, { query }) => countCustomers(ctx, customerFilter(ctx, query)),
  }),
  endpoint({
    method: 'get',
    path: '/v1/customers/{id}/aging',
    permission: 'receivables.read',
    tag: 'Aging',
    summary: 'Balance and aging of a customer',
    params: byId,
    query: z.object({ asOf }),
    response: z.object({ asOf: dateSchema, currencies: z.array(agingSchema) }),
    handler: async (ctx, { params, query }) => {
      const day = pastDay(ctx, query.asOf);
      const rows = day ? await readAgingAsOf(ctx, day, params.id) : await readAgingOf(ctx, [params.id]);
      if (rows.length === 0 && !(await readCustomer(ctx, params.id))) throw notFound('customer');
      return { asOf: (day ?? ctx.clock.today()).toString(), currencies: rows.map(showAging) };
    },
  }),
  endpoint({
    method: 'get',
    path: '/v1/aging',
    permission: 'receivables.read',
    tag: 'Aging',
    summary: 'Aging of the company',
    description: 'Live, by currency. Credits of a past day are open credit memos only.',
    query: z.object({ asOf }),
    response: z.object({ asOf: dateSchema, currencies: z.array(agingSchema) }),
    handler: async (ctx, { query }) => {
      const day = pastDay(ctx, query.asOf);
      const rows = day ? await readAgingAsOf(ctx, day, null) : await readAgingTotals(ctx);
      return { asOf: (day ?? ctx.clock.today()).toString(), currencies: rows.map(showAging) };
    },
  }),
  endpoint({
    method: 'get',
    path: '/v1/aging/customers',
    permission: 'receivables.read',
    tag: 'Aging',
    summary: 'Aging by customer',
    description: 'In one currency, the company’s own when left out.',
    query: z.object({ ...listQuery, ...customerFilters, sort: sort.default('-overdue') }),
    response: pageOf(z.object({ customer: customerRefSchema, aging: agingSchema })),
    handler: async (ctx, { query }) => {
      const { page, nextCursor } = await pageOfCustomers(ctx, query);
      const currency = query.currency ?? ctx.tenant.currency;
      const agings = new Map(
        (
          await readAgingOf(
            ctx,
            page.rows.map((row) => row.id),
          )
        )
          .filter((row) => row.currency === currency)
          .map((row) => [row.customerId, row]),
      );
      const items = page.rows.map(({ id, name, number }) => ({
        customer: { id, name, number },
        aging: showAging(agings.get(id) ?? { ...nothingOwed, currency }),
      }));
      return { items, nextCursor };
    },
  }),
  endpoint({
    method: 'get',
    path: '/v1/search',
    permission: 'receivables.read',
    tag: 'Search',
    summary: 'Find customers and invoices',
    description: 'For the command menu: customers by the beginnings of words in name or number, invoices by the beginning of the number.',
    query: z.object({ q: z.string().max(200) }),
    response: z.object({ customers: z.array(customerRefSchema), invoices: z.array(documentSchema) }),
    handler: async (ctx, { query }) => {
      const words = prefixQuery(query.q);
      const text = query.q.trim();
      if (!words || text === '') return { customers: [], invoices: [] };
      const found = await listCustomers(ctx, { search: words, status: 'active', currency: ctx.tenant.currency }, 'name', {
        descending: false,
        after: null,
        limit: MAX_FOUND,
      });
      const customers = found.rows.map(({ id, name, number }) => ({ id, name, number }));
      const all = { kinds: ['invoice'] as const, state: 'all' as const };
      const prefixes = [...new Set([text, text.toUpperCase()])];
      const invoices = [];
      for (const number of prefixes)
        invoices.push(...(await listDocuments(ctx, { ...all, number }, 'number', { descending: false, after: null, limit: MAX_FOUND })).rows);
      return { customers, invoices: showDocuments(ctx, invoices.slice(0, MAX_FOUND)) };
    },
  }),
];

const nothingOwed = {
  currentMinor: 0n,
  days1To30Minor: 0n,
  days31To60Minor: 0n,
  days61To90Minor: 0n,
  over90Minor: 0n,
  openMinor: 0n,
  overdueMinor: 0n,
  creditMinor: 0n,
  openCount: 0,
  oldestDueOn: null,
};
