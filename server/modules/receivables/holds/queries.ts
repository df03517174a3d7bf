import type { Context } from '../../../platform/context.ts';
import { sql } from '../../../platform/database/sql.ts';
import type { HoldKind } from './holds.ts';

export interface Hold {
  id: string;
  customerId: string;
  /** Null: everything of the customer. */
  documentId: string | null;
  documentNumber: string | null;
  kind: HoldKind;
  sourceId: string | null;
  /** The last day on which it holds; null: until it is released. */
  until: Temporal.PlainDate | null;
  note: string | null;
  placedBy: string;
  placedAt: Temporal.Instant;
  releasedBy: string | null;
  releasedAt: Temporal.Instant | null;
  releasedReason: string | null;
}

export interface NewHold {
  id: string;
  documentId: string | null;
}

export async function insertHolds(
  ctx: Context,
  holds: readonly NewHold[],
  common: { customerId: string; kind: HoldKind; sourceId: string | null; until: Temporal.PlainDate | null; note: string | null },
): Promise<void> {
  await ctx.tx.run(sql`
    insert into hold (tenant_id, id, customer_id, document_id, kind, source_id, until, note, placed_by)
    select ${ctx.tenant.id}::uuid, t.id, ${common.customerId}::uuid, t.document_id, ${common.kind}, ${common.sourceId}::uuid, ${common.until}::date,
      ${common.note}, ${ctx.actor.name}
    from unnest(${holds.map((hold) => hold.id)}::uuid[], ${holds.map((hold) => hold.documentId)}::uuid[]) as t(id, document_id)`);
}

/** How many of these are documents of the customer. */
export async function countDocumentsOf(ctx: Context, customerId: string, documentIds: readonly string[]): Promise<number> {
  const row = await ctx.tx.one<{ count: number }>(sql`
    select count(*)::int as count from document
    where tenant_id = ${ctx.tenant.id} and customer_id = ${customerId} and id = any(${[...documentIds]}::uuid[])`);
  return row.count;
}

export interface ReleasedHold {
  id: string;
  customerId: string;
  documentId: string | null;
  kind: HoldKind;
}

export function releaseRows(ctx: Context, which: { ids?: readonly string[]; sourceId?: string }, reason: string | null): Promise<ReleasedHold[]> {
  const chosen = which.ids ? sql`id = any(${[...which.ids]}::uuid[])` : sql`source_id = ${which.sourceId ?? null}::uuid`;
  return ctx.tx.rows<ReleasedHold>(sql`
    update hold set released_by = ${ctx.actor.name}, released_at = app.now(), released_reason = ${reason}
    where tenant_id = ${ctx.tenant.id} and ${chosen} and released_at is null
    returning id, customer_id, document_id, kind`);
}

export interface HoldFilter {
  ids?: readonly string[];
  customerId?: string;
  documentId?: string;
  sourceId?: string;
  kinds?: readonly HoldKind[];
  /** Only those that hold today (the default); otherwise also ended and released ones, the newest 200. */
  all?: boolean;
}

/** Holds, the newest first. Of a document: its own and those on the whole customer. */
export function readHolds(ctx: Context, filter: HoldFilter): Promise<Hold[]> {
  const conditions = [sql`h.tenant_id = ${ctx.tenant.id}`];
  if (filter.ids) conditions.push(sql`h.id = any(${[...filter.ids]}::uuid[])`);
  if (filter.customerId) conditions.push(sql`h.customer_id = ${filter.customerId}::uuid`);
  if (filter.sourceId) conditions.push(sql`h.source_id = ${filter.sourceId}::uuid`);
  if (filter.documentId)
    conditions.push(sql`(h.document_id = ${filter.documentId}::uuid or (h.document_id is null
      and h.customer_id = (select o.customer_id from document o where o.tenant_id = ${ctx.tenant.id} and o.id = ${filter.documentId}::uuid)))`);
  if (filter.kinds) conditions.push(sql`h.kind = any(${[...filter.kinds]}::text[])`);
  if (!filter.all) conditions.push(sql`h.released_at is null and (h.until is null or h.until >= app.today())`);
  return ctx.tx.rows<Hold>(sql`
    select h.id, h.customer_id, h.document_id, d.number as document_number, h.kind, h.source_id, h.until, h.note, h.placed_by, h.placed_at,
      h.released_by, h.released_at, h.released_reason
    from hold h left join document d on d.tenant_id = h.tenant_id and d.id = h.document_id
    where ${sql.and(conditions)} order by h.placed_at desc, h.id desc limit 200`);
}
