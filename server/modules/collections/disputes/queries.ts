import type { Context } from '../../../platform/context.ts';
import { sql } from '../../../platform/database/sql.ts';

export const disputeReasons = ['price', 'quantity', 'quality', 'not_received', 'not_ordered', 'duplicate', 'terms', 'tax', 'other'] as const;
export type DisputeReason = (typeof disputeReasons)[number];
export const disputeStates = ['open', 'credited', 'rejected'] as const;
export type DisputeState = (typeof disputeStates)[number];

export interface Dispute {
  id: string;
  customerId: string;
  customerName: string;
  documentId: string;
  documentNumber: string;
  currency: string;
  openMinor: bigint;
  /** Null: the whole invoice. */
  amountMinor: bigint | null;
  reason: DisputeReason;
  state: DisputeState;
  ownerId: string | null;
  ownerName: string | null;
  openedBy: string;
  openedAt: Temporal.Instant;
  resolvedBy: string | null;
  resolvedAt: Temporal.Instant | null;
  resolution: string | null;
  creditId: string | null;
  creditNumber: string | null;
}

const columns = sql.raw(`p.id, p.customer_id, c.name as customer_name, p.document_id, d.number as document_number, d.currency, d.open_minor,
  p.amount_minor, p.reason, p.state, p.owner_id, u.name as owner_name, p.opened_by, p.opened_at, p.resolved_by, p.resolved_at, p.resolution,
  p.credit_id, m.number as credit_number`);
const joined = sql.raw(`dispute p join customer c on c.tenant_id = p.tenant_id and c.id = p.customer_id
  join document d on d.tenant_id = p.tenant_id and d.id = p.document_id
  left join staff_user u on u.tenant_id = p.tenant_id and u.id = p.owner_id
  left join document m on m.tenant_id = p.tenant_id and m.id = p.credit_id`);

/** False when the invoice has an open dispute already. */
export async function insertDispute(
  ctx: Context,
  dispute: { id: string; customerId: string; documentId: string; amountMinor: bigint | null; reason: DisputeReason; ownerId: string | null },
): Promise<boolean> {
  const count = await ctx.tx.run(sql`
    insert into dispute (tenant_id, id, customer_id, document_id, amount_minor, reason, owner_id, opened_by)
    values (${ctx.tenant.id}, ${dispute.id}, ${dispute.customerId}, ${dispute.documentId}, ${dispute.amountMinor}, ${dispute.reason}, ${dispute.ownerId}, ${ctx.actor.name})
    on conflict (tenant_id, document_id) where state = 'open' do nothing`);
  return count === 1;
}

export function readDispute(ctx: Context, id: string): Promise<Dispute | null> {
  return ctx.tx.maybe<Dispute>(sql`select ${columns} from ${joined} where p.tenant_id = ${ctx.tenant.id} and p.id = ${id}`);
}

export interface DisputeFilter {
  state?: DisputeState | undefined;
  ownerId?: string | undefined;
  customerId?: string | undefined;
  documentId?: string | undefined;
}

/** The newest first. */
export function listDisputes(ctx: Context, filter: DisputeFilter, before: string | null, limit: number): Promise<Dispute[]> {
  const where = [sql`p.tenant_id = ${ctx.tenant.id}`];
  if (filter.state) where.push(sql`p.state = ${filter.state}`);
  if (filter.ownerId) where.push(sql`p.owner_id = ${filter.ownerId}::uuid`);
  if (filter.customerId) where.push(sql`p.customer_id = ${filter.customerId}::uuid`);
  if (filter.documentId) where.push(sql`p.document_id = ${filter.documentId}::uuid`);
  if (before) where.push(sql`p.id < ${before}::uuid`);
  return ctx.tx.rows<Dispute>(sql`select ${columns} from ${joined} where ${sql.and(where)} order by p.id desc limit ${limit}`);
}

export async function writeOwner(ctx: Context, id: string, ownerId: string | null): Promise<void> {
  await ctx.tx.run(sql`update dispute set owner_id = ${ownerId} where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

/** False when somebody resolved it before. */
export async function resolveRow(
  ctx: Context,
  id: string,
  values: { state: Exclude<DisputeState, 'open'>; resolution: string | null; creditId: string | null },
): Promise<boolean> {
  const count = await ctx.tx.run(sql`
    update dispute set state = ${values.state}, resolution = ${values.resolution}, credit_id = ${values.creditId}, resolved_by = ${ctx.actor.name}, resolved_at = app.now()
    where tenant_id = ${ctx.tenant.id} and id = ${id} and state = 'open'`);
  return count === 1;
}
