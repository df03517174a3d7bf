import type { Context } from '../../../../platform/context.ts';
import { type Sql, sql } from '../../../../platform/database/sql.ts';
import type { Payment } from '../../queries.ts';
import { type Keyed, keyOrder, type KeyKind, mergeWalks, type Page, prefixEnd } from '../page.ts';
import { gather, isSmall, type Totals, totals, walk } from '../queries.ts';

export interface PaymentFilter {
  state?: Payment['state'];
  method?: Payment['method'];
  customerId?: string;
  currency?: string;
  /** Only payments with money not yet applied. */
  unapplied?: boolean;
  receivedFrom?: string;
  receivedTo?: string;
  /** The beginning of the payment's number. */
  number?: string;
}

export type PaymentRow = Payment & Keyed;

export const paymentKeyKinds: KeyKind[] = ['date', 'id'];
const keys = [
  { column: 'received_on', kind: 'date' as const },
  { column: 'id', kind: 'id' as const },
];
const columns = sql.raw(`d.id, d.customer_id, d.number, d.currency, d.amount_minor, d.applied_minor, d.unapplied_minor, d.refunded_minor,
  d.method, d.state, d.received_on, d.reference, d.note, d.attempt_id, d.returned_on, d.returned_reason, d.created_at`);

function conditionsOf(filter: PaymentFilter) {
  const received: Sql[] = [];
  if (filter.receivedFrom) received.push(sql`received_on >= ${filter.receivedFrom}::date`);
  if (filter.receivedTo) received.push(sql`received_on <= ${filter.receivedTo}::date`);
  if (filter.unapplied) received.push(sql`unapplied_minor > 0`);
  const number: Sql[] = [];
  if (filter.number) {
    const end = prefixEnd(filter.number);
    number.push(sql`number >= ${filter.number}::text collate "C"`);
    if (end !== null) number.push(sql`number < ${end}::text collate "C"`);
  }
  const rest: Sql[] = [];
  if (filter.state) rest.push(sql`state = ${filter.state}`);
  if (filter.method) rest.push(sql`method = ${filter.method}`);
  if (filter.currency) rest.push(sql`currency = ${filter.currency}::char(3)`);
  if (filter.customerId) rest.push(sql`customer_id = ${filter.customerId}`);
  return { received, number, rest };
}

async function smallSet(ctx: Context, filter: PaymentFilter): Promise<Sql[] | null> {
  const candidates: Sql[][] = [];
  if (filter.customerId) candidates.push([sql`customer_id = ${filter.customerId}`]);
  if (filter.number) candidates.push(conditionsOf(filter).number);
  if (filter.state === 'returned') candidates.push([sql`returned_on is not null`]);
  for (const candidate of candidates) if (await isSmall(ctx, sql.raw('payment'), candidate)) return candidate;
  return null;
}

/** A page of payments by the day they came, newest first unless asked otherwise. */
export async function listPayments(
  ctx: Context,
  filter: PaymentFilter,
  options: { descending: boolean; after: readonly string[] | null; limit: number },
): Promise<Page<PaymentRow>> {
  const c = conditionsOf(filter);
  const shape = { table: sql.raw('payment'), keys, columns, ...options };
  const small = await smallSet(ctx, filter);
  const found = small
    ? await gather<PaymentRow>(ctx, { ...shape, residual: [...c.received, ...c.number, ...c.rest] }, small)
    : await walk<PaymentRow>(ctx, { ...shape, residual: [...c.number, ...c.rest] }, c.received);
  return mergeWalks([found], keyOrder(paymentKeyKinds, options.descending), options.limit);
}

/** Count and amounts of what a filter finds, up to 10,000. */
export async function paymentTotals(ctx: Context, filter: PaymentFilter): Promise<Totals> {
  const c = conditionsOf(filter);
  const from = { table: sql.raw('payment'), amount: sql.raw('d.amount_minor'), order: '' };
  const small = await smallSet(ctx, filter);
  return small
    ? totals(ctx, { ...from, residual: [...c.received, ...c.number, ...c.rest] }, small)
    : totals(ctx, { ...from, residual: [...c.number, ...c.rest], order: 'order by received_on desc, id desc' }, c.received);
}
