import type { Context } from '../../../../platform/context.ts';
import { type Sql, sql } from '../../../../platform/database/sql.ts';
import { searchCustomerIds } from '../../../customers/index.ts';
import { type Keyed, type KeyKind, keyOrder, mergeWalks, type Page } from '../page.ts';
import { gather, walk } from '../queries.ts';

export interface CustomerFilter {
  /** A tsquery made by `prefixQuery`. */
  search?: string;
  status: 'active' | 'archived' | 'all';
  categoryId?: string;
  uncategorized?: boolean;
  /** Customers that owe something, something overdue, or have credit, in `currency`. */
  owing?: 'open' | 'overdue' | 'credit';
  paused?: boolean;
  currency: string;
}

export type CustomerOrder = 'name' | 'created' | 'balance' | 'overdue';

export interface CustomerRow extends Keyed {
  id: string;
  number: string;
  companyCode: string;
  name: string;
  phone: string | null;
  pausedUntil: Temporal.PlainDate | null;
  archivedAt: Temporal.Instant | null;
  createdAt: Temporal.Instant;
}

/**
 * Customers that a filter may find for their ids to be handed on; of 100,000 a walk finds a page among more than these
 * within the rows that it may look at.
 */
const MAX_IDS = 500;

/**
 * Rows of the order looked at before anything is looked up by the filter: what many customers meet fills a page here in
 * a few milliseconds, where the search index would first collect all 100,000 that have the word (45 ms).
 */
const GLANCE = 1000;

const byCustomer: Record<'name' | 'created', { column: string; kind: KeyKind }[]> = {
  name: [
    { column: 'sort_name', kind: 'text' },
    { column: 'id', kind: 'id' },
  ],
  created: [
    { column: 'created_at', kind: 'moment' },
    { column: 'id', kind: 'id' },
  ],
};
const byBalance: Record<'balance' | 'overdue', { column: string; kind: KeyKind }[]> = {
  balance: [
    { column: 'open_minor', kind: 'number' },
    { column: 'customer_id', kind: 'id' },
  ],
  overdue: [
    { column: 'overdue_minor', kind: 'number' },
    { column: 'customer_id', kind: 'id' },
  ],
};
const keysOf = (order: CustomerOrder) => (order === 'name' || order === 'created' ? byCustomer[order] : byBalance[order]);
export const customerKeyKinds = (order: CustomerOrder): KeyKind[] => keysOf(order).map((key) => key.kind);

const columnsOf = (alias: string) =>
  sql.raw(['id', 'number', 'company_code', 'name', 'phone', 'paused_until', 'archived_at', 'created_at'].map((column) => `${alias}.${column}`).join(', '));

const owed = { open: 'open_minor', overdue: 'overdue_minor', credit: 'credit_minor' };

/** Conditions on a customer called `alias`. */
function conditionsOf(ctx: Context, filter: CustomerFilter, alias: string): Sql[] {
  const c = (column: string) => sql.raw(`${alias}.${column}`);
  const conditions: Sql[] = [];
  if (filter.status === 'active') conditions.push(sql`${c('archived_at')} is null`);
  if (filter.status === 'archived') conditions.push(sql`${c('archived_at')} is not null`);
  if (filter.paused) conditions.push(sql`${c('paused_until')} >= ${ctx.clock.today()}::date`);
  if (filter.search) conditions.push(sql`${c('search')} @@ ${filter.search}::tsquery`);
  if (filter.categoryId)
    conditions.push(
      sql`exists (select 1 from customer_category cc where cc.tenant_id = ${ctx.tenant.id} and cc.category_id = ${filter.categoryId} and cc.customer_id = ${c('id')})`,
    );
  if (filter.uncategorized)
    conditions.push(sql`not exists (select 1 from customer_category cc where cc.tenant_id = ${ctx.tenant.id} and cc.customer_id = ${c('id')})`);
  if (filter.owing)
    conditions.push(sql`exists (select 1 from customer_balance cb where cb.tenant_id = ${ctx.tenant.id} and cb.customer_id = ${c('id')}
      and cb.currency = ${filter.currency}::char(3) and ${sql.raw(`cb.${owed[filter.owing]}`)} > 0)`);
  return conditions;
}

/** The customers among which the filter's are, by one index, when they are few. */
async function smallSet(ctx: Context, filter: CustomerFilter): Promise<string[] | null> {
  if (filter.search) {
    const ids = await searchCustomerIds(ctx, filter.search, MAX_IDS + 1);
    if (ids.length <= MAX_IDS) return ids;
  }
  const idsBy = async (query: Sql) => (await ctx.tx.rows<{ id: string }>(query)).map((row) => row.id);
  const sources: Sql[] = [];
  if (filter.categoryId)
    sources.push(sql`select customer_id as id from customer_category where tenant_id = ${ctx.tenant.id} and category_id = ${filter.categoryId}`);
  if (filter.status === 'archived') sources.push(sql`select id from customer where tenant_id = ${ctx.tenant.id} and archived_at is not null`);
  if (filter.paused) sources.push(sql`select id from customer where tenant_id = ${ctx.tenant.id} and paused_until is not null`);
  if (filter.owing)
    sources.push(sql`select customer_id as id from customer_balance where tenant_id = ${ctx.tenant.id} and currency = ${filter.currency}::char(3)
      and ${sql.raw(owed[filter.owing])} > 0`);
  for (const source of sources) {
    const ids = await idsBy(sql`${source} limit ${MAX_IDS + 1}`);
    if (ids.length <= MAX_IDS) return ids;
  }
  return null;
}

/**
 * A page of customers. Orders by balance and overdue walk `customer_balance` of the currency, in which every customer
 * has a row when it is the company's own.
 */
export async function listCustomers(
  ctx: Context,
  filter: CustomerFilter,
  order: CustomerOrder,
  options: { descending: boolean; after: readonly string[] | null; limit: number },
): Promise<Page<CustomerRow>> {
  const keys = keysOf(order);
  const compare = keyOrder(customerKeyKinds(order), options.descending);
  const balance = order === 'balance' || order === 'overdue';
  const shape = balance
    ? {
        table: sql.raw('customer_balance'),
        columns: columnsOf('c'),
        join: sql`join customer c on c.tenant_id = ${ctx.tenant.id} and c.id = d.customer_id`,
        residual: conditionsOf(ctx, filter, 'c'),
      }
    : { table: sql.raw('customer'), columns: columnsOf('d'), residual: conditionsOf(ctx, filter, 'd') };
  const within: Sql[] = balance ? [sql`currency = ${filter.currency}::char(3)`] : [];
  if (balance && filter.owing && owed[filter.owing] === keys[0]!.column) within.push(sql`${sql.raw(keys[0]!.column)} > 0`);
  const selective = filter.search || filter.categoryId || filter.owing || filter.paused || filter.status === 'archived';
  if (selective && options.limit < GLANCE) {
    const glance = await walk<CustomerRow>(ctx, { ...shape, keys, ...options, scanned: GLANCE }, within);
    if (glance.rows.length > options.limit) return mergeWalks([glance], compare, options.limit);
  }
  const small = selective ? await smallSet(ctx, filter) : null;
  const found = small
    ? await gather<CustomerRow>(ctx, { ...shape, keys, ...options }, [...within, sql`${sql.raw(balance ? 'customer_id' : 'id')} = any(${small}::uuid[])`])
    : await walk<CustomerRow>(ctx, { ...shape, keys, ...options }, within);
  return mergeWalks([found], compare, options.limit);
}

export interface CustomerBalanceRow {
  customerId: string;
  currency: string;
  openMinor: bigint;
  overdueMinor: bigint;
  creditMinor: bigint;
  openCount: number;
  oldestDueOn: Temporal.PlainDate | null;
}

export function readBalancesOf(ctx: Context, customerIds: readonly string[]): Promise<CustomerBalanceRow[]> {
  return ctx.tx.rows<CustomerBalanceRow>(sql`
    select customer_id, currency, open_minor, overdue_minor, credit_minor, open_count, oldest_due_on from customer_balance
    where tenant_id = ${ctx.tenant.id} and customer_id = any(${[...customerIds]}::uuid[])
    order by customer_id, (currency = ${ctx.tenant.currency}::char(3)) desc, currency`);
}

export function readPrimaryEmails(ctx: Context, customerIds: readonly string[]): Promise<{ customerId: string; email: string }[]> {
  return ctx.tx.rows(sql`
    select customer_id, email from contact where tenant_id = ${ctx.tenant.id} and customer_id = any(${[...customerIds]}::uuid[]) and is_primary`);
}

/** How many customers a filter finds, up to 10,000. */
export async function countCustomers(ctx: Context, filter: CustomerFilter): Promise<{ count: number; capped: boolean }> {
  const MAX = 10_000;
  const small = await smallSet(ctx, filter);
  const from = small
    ? sql`(select * from customer where tenant_id = ${ctx.tenant.id} and id = any(${small}::uuid[]))`
    : sql`(select * from customer where tenant_id = ${ctx.tenant.id} order by sort_name, id limit ${MAX * 2})`;
  const row = await ctx.tx.one<{ count: number; scanned: number }>(sql`
    with seen as materialized (select * from ${from} s)
    select (select count(*)::int from (select 1 from seen d where ${sql.and(conditionsOf(ctx, filter, 'd'))} limit ${MAX + 1}) f) as count,
      (select count(*)::int from seen) as scanned`);
  return { count: Math.min(row.count, MAX), capped: row.count > MAX || (!small && row.scanned >= MAX * 2) };
}
