import type { Context } from '../../../../platform/context.ts';
import { type Sql, sql } from '../../../../platform/database/sql.ts';
import type { DocumentKind, DocumentState } from '../../queries.ts';
import { type CompareKeys, type Keyed, type KeyKind, keyOrder, mergeWalks, type Page, prefixEnd } from '../page.ts';
import { gather, isSmall, type ListShape, type Totals, totals, walk } from '../queries.ts';

export interface DocumentFilter {
  kinds: readonly DocumentKind[];
  state: 'open' | 'overdue' | 'closed' | 'void' | 'all';
  customerId?: string;
  categoryId?: string;
  currency?: string;
  dueFrom?: string;
  dueTo?: string;
  minMinor?: bigint;
  maxMinor?: bigint;
  /** The beginning of the number. */
  number?: string;
  documentType?: string;
  companyCode?: string;
}

/** Only what an index serves. `amount` is the open amount, of open documents. */
export type DocumentOrder = 'due' | 'amount' | 'number';

export interface DocumentRow extends Keyed {
  id: string;
  kind: DocumentKind;
  state: DocumentState;
  customerId: string;
  number: string;
  companyCode: string;
  lineItem: string;
  currency: string;
  totalMinor: bigint;
  openMinor: bigint;
  dueOn: Temporal.PlainDate;
  issuedOn: Temporal.PlainDate;
  closedOn: Temporal.PlainDate | null;
  documentType: string | null;
  reference1: string | null;
  /** The customer's, as it is here. */
  customerName: string;
  customerNumber: string;
}

const columns = sql.raw(`d.id, d.kind, d.state, d.customer_id, d.number, d.company_code, d.line_item, d.currency, d.total_minor, d.open_minor,
  d.due_on, d.issued_on, d.closed_on, d.document_type, d.reference1`);

const orders: Record<DocumentOrder, { column: string; kind: KeyKind }[]> = {
  due: [
    { column: 'due_on', kind: 'date' },
    { column: 'id', kind: 'id' },
  ],
  amount: [
    { column: 'open_minor', kind: 'number' },
    { column: 'id', kind: 'id' },
  ],
  number: [
    { column: 'number', kind: 'text' },
    { column: 'customer_id', kind: 'id' },
    { column: 'company_code', kind: 'text' },
    { column: 'line_item', kind: 'text' },
  ],
};
export const documentKeyKinds = (order: DocumentOrder): KeyKind[] => orders[order].map((key) => key.kind);

/** Categories of more customers than this are looked up row by row instead of by their customers. */
const MAX_CATEGORY_CUSTOMERS = 500;

const statesOf = (filter: DocumentFilter): DocumentState[] =>
  filter.state === 'all' ? ['open', 'closed', 'void'] : [filter.state === 'overdue' ? 'open' : filter.state];

/** The filter's conditions, by the index that could answer each. */
function conditionsOf(ctx: Context, filter: DocumentFilter) {
  const due: Sql[] = [];
  if (filter.state === 'overdue') due.push(sql`due_on < ${ctx.clock.today()}::date`);
  if (filter.dueFrom) due.push(sql`due_on >= ${filter.dueFrom}::date`);
  if (filter.dueTo) due.push(sql`due_on <= ${filter.dueTo}::date`);
  const amount: Sql[] = [];
  if (filter.minMinor !== undefined) amount.push(sql`open_minor >= ${filter.minMinor}::bigint`);
  if (filter.maxMinor !== undefined) amount.push(sql`open_minor <= ${filter.maxMinor}::bigint`);
  const number: Sql[] = [];
  if (filter.number) {
    const end = prefixEnd(filter.number);
    number.push(sql`number >= ${filter.number}::text collate "C"`);
    if (end !== null) number.push(sql`number < ${end}::text collate "C"`);
  }
  const rest: Sql[] = [];
  if (filter.currency) rest.push(sql`currency = ${filter.currency}::char(3)`);
  if (filter.documentType) rest.push(sql`document_type = ${filter.documentType}`);
  if (filter.companyCode !== undefined) rest.push(sql`company_code = ${filter.companyCode}`);
  const onlyCredits = !filter.kinds.includes('invoice');
  const kinds: Sql[] = onlyCredits
    ? [sql`kind <> 'invoice'`, ...(filter.kinds.length === 1 ? [sql`kind = ${filter.kinds[0]!}`] : [])]
    : filter.kinds.length === 3
      ? []
      : [sql`kind = any(${[...filter.kinds]}::text[])`];
  const customer = filter.customerId ? [sql`customer_id = ${filter.customerId}`] : [];
  const category = filter.categoryId
    ? [
        sql`exists (select 1 from customer_category cc where cc.tenant_id = ${ctx.tenant.id} and cc.category_id = ${filter.categoryId} and cc.customer_id = d.customer_id)`,
      ]
    : [];
  return { due, amount, number, rest, kinds, onlyCredits, customer, category };
}

const stateIs = (states: readonly DocumentState[]): Sql =>
  states.length === 1 ? sql`state = ${sql.raw(`'${states[0]!}'`)}` : sql`state = any(${[...states]}::text[])`;

/** A small set of documents that contains all that the filter wants, by one index; null when none is small. */
async function smallSet(ctx: Context, filter: DocumentFilter, order: DocumentOrder): Promise<Sql[] | null> {
  const c = conditionsOf(ctx, filter);
  const state = stateIs(statesOf(filter));
  const table = sql.raw('document');
  const candidates: Sql[][] = [];
  if (filter.customerId) candidates.push([...c.customer, state]);
  if (filter.number && order !== 'number') candidates.push(c.number);
  if (c.amount.length > 0 && order !== 'amount' && ['open', 'overdue'].includes(filter.state)) candidates.push([sql`state = 'open'`, ...c.amount]);
  if (c.onlyCredits && order !== 'due') candidates.push([sql`kind <> 'invoice'`, state]);
  if (order !== 'due' && filter.state !== 'all' && (c.due.length > 0 || filter.state !== 'open')) candidates.push([state, ...c.due]);
  if (filter.categoryId) {
    const customers = await customersOfCategory(ctx, filter.categoryId);
    if (customers !== null) candidates.push([sql`customer_id = any(${customers}::uuid[])`, state]);
  }
  for (const candidate of candidates) if (await isSmall(ctx, table, candidate)) return candidate;
  return null;
}

async function customersOfCategory(ctx: Context, categoryId: string): Promise<string[] | null> {
  const rows = await ctx.tx.rows<{ customerId: string }>(sql`
    select customer_id from customer_category where tenant_id = ${ctx.tenant.id} and category_id = ${categoryId} limit ${MAX_CATEGORY_CUSTOMERS + 1}`);
  return rows.length > MAX_CATEGORY_CUSTOMERS ? null : rows.map((row) => row.customerId);
}

/** The walks that together cover the filter in the order asked for: conditions of the index, and those left over. */
function walksOf(ctx: Context, filter: DocumentFilter, order: DocumentOrder): { within: Sql[][]; residual: Sql[] } {
  const c = conditionsOf(ctx, filter);
  const others = [...c.rest, ...c.customer, ...c.category];
  const states = statesOf(filter);
  if (order === 'due') {
    const credits = c.onlyCredits ? [sql`kind <> 'invoice'`] : [];
    return {
      within: states.map((state) => [stateIs([state]), ...credits, ...c.due]),
      residual: [...c.amount, ...c.number, ...c.kinds, ...others],
    };
  }
  if (order === 'amount') return { within: [[sql`state = 'open'`, ...c.amount]], residual: [...c.due, ...c.number, ...c.kinds, ...others] };
  return {
    within: [c.number],
    residual: [...(filter.state === 'all' ? [] : [stateIs(states)]), ...c.due, ...c.amount, ...c.kinds, ...others],
  };
}

/**
 * A page of documents. At a million each page costs what it shows: an index gives the order, or a selective filter a
 * small set. A filter that hardly anything meets may answer a short page with a cursor to go on from.
 */
export async function listDocuments(
  ctx: Context,
  filter: DocumentFilter,
  order: DocumentOrder,
  options: { descending: boolean; after: readonly string[] | null; limit: number },
): Promise<Page<DocumentRow>> {
  const beside = {
    columns: sql.raw('c.name as customer_name, c.number as customer_number'),
    join: sql`join customer c on c.tenant_id = ${ctx.tenant.id} and c.id = p.customer_id`,
  };
  const shape = { table: sql.raw('document'), keys: orders[order], columns, beside, ...options };
  const compare: CompareKeys = keyOrder(documentKeyKinds(order), options.descending);
  const small = await smallSet(ctx, filter, order);
  if (small) {
    const found = await gather<DocumentRow>(ctx, { ...shape, residual: allOf(ctx, filter) } satisfies ListShape, small);
    return mergeWalks([found], compare, options.limit);
  }
  const { within, residual } = walksOf(ctx, filter, order);
  const walked = [];
  for (const conditions of within) walked.push(await walk<DocumentRow>(ctx, { ...shape, residual } satisfies ListShape, conditions));
  return mergeWalks(walked, compare, options.limit);
}

function allOf(ctx: Context, filter: DocumentFilter): Sql[] {
  const c = conditionsOf(ctx, filter);
  return [stateIs(statesOf(filter)), ...c.due, ...c.amount, ...c.number, ...c.kinds, ...c.rest, ...c.customer, ...c.category];
}

/** Count and open amounts of what a filter finds, up to 10,000. */
export async function documentTotals(ctx: Context, filter: DocumentFilter): Promise<Totals> {
  const from = { table: sql.raw('document'), amount: sql.raw('d.open_minor'), order: '' };
  const small = await smallSet(ctx, filter, 'due');
  if (small) return totals(ctx, { ...from, residual: allOf(ctx, filter) }, small);
  const parts: Totals[] = [];
  const { within, residual } = walksOf(ctx, filter, 'due');
  for (const conditions of within) parts.push(await totals(ctx, { ...from, residual, order: 'order by due_on, id' }, conditions));
  return addTotals(parts);
}

function addTotals(parts: readonly Totals[]): Totals {
  const sums = new Map<string, { currency: string; count: number; minor: bigint }>();
  for (const { currency, count, minor } of parts.flatMap((part) => part.sums)) {
    const before = sums.get(currency) ?? { currency, count: 0, minor: 0n };
    sums.set(currency, { currency, count: before.count + count, minor: before.minor + minor });
  }
  return { count: parts.reduce((sum, part) => sum + part.count, 0), sums: [...sums.values()], capped: parts.some((part) => part.capped) };
}

/** Names and numbers of customers, for rows that show them. */
export async function readCustomerNames(ctx: Context, ids: readonly string[]): Promise<Map<string, { id: string; name: string; number: string }>> {
  const rows = await ctx.tx.rows<{ id: string; name: string; number: string }>(sql`
    select id, name, number from customer where tenant_id = ${ctx.tenant.id} and id = any(${[...new Set(ids)]}::uuid[])`);
  return new Map(rows.map((row) => [row.id, row]));
}
