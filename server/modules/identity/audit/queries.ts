import type { Context } from '../../../platform/context.ts';
import { type Sql, sql } from '../../../platform/database/sql.ts';

export interface EventRow {
  id: string;
  type: string;
  actorKind: 'user' | 'api_key' | 'payer' | 'system';
  actorId: string | null;
  actorName: string;
  ip: string | null;
  subjectType: string;
  subjectId: string;
  customerId: string | null;
  data: Record<string, unknown>;
  occurredAt: Temporal.Instant;
}

export interface EventFilter {
  actorId?: string | undefined;
  actorKind?: string | undefined;
  /** Exact types; undefined for all. */
  types?: readonly string[] | undefined;
  subjectType?: string | undefined;
  subjectId?: string | undefined;
  customerId?: string | undefined;
  from?: Temporal.Instant | undefined;
  before?: Temporal.Instant | undefined;
  after?: { occurredAt: Temporal.Instant; id: string } | undefined;
}

const columns = sql.raw('e.id, e.type, e.actor_kind, e.actor_id, e.actor_name, e.ip, e.subject_type, e.subject_id, e.customer_id, e.data, e.occurred_at');

/**
 * Newest first. With types, each type gives its own newest by the index on (tenant, type, moment), and the newest of
 * those are the answer: a rare type costs no walk through all the others.
 */
export function listEvents(ctx: Context, filter: EventFilter, limit: number): Promise<EventRow[]> {
  const conditions: Sql[] = [sql`e.tenant_id = ${ctx.tenant.id}`];
  if (filter.actorId) conditions.push(sql`e.actor_id = ${filter.actorId}`);
  if (filter.actorKind) conditions.push(sql`e.actor_kind = ${filter.actorKind}`);
  if (filter.subjectType) conditions.push(sql`e.subject_type = ${filter.subjectType}`);
  if (filter.subjectId) conditions.push(sql`e.subject_id = ${filter.subjectId}`);
  if (filter.customerId) conditions.push(sql`e.customer_id = ${filter.customerId}`);
  if (filter.from) conditions.push(sql`e.occurred_at >= ${filter.from}`);
  if (filter.before) conditions.push(sql`e.occurred_at < ${filter.before}`);
  if (filter.after) conditions.push(sql`(e.occurred_at, e.id) < (${filter.after.occurredAt}::timestamptz, ${filter.after.id}::uuid)`);
  const order = sql`order by e.occurred_at desc, e.id desc limit ${limit}`;
  if (!filter.types) return ctx.tx.rows(sql`select ${columns} from event e where ${sql.and(conditions)} ${order}`);
  return ctx.tx.rows(sql`
    select e.* from unnest(${filter.types}::text[]) as wanted(type)
    cross join lateral (select ${columns} from event e where ${sql.and([...conditions, sql`e.type = wanted.type`])} ${order}) e
    ${order}`);
}

/** The types that occur, found by hopping from one to the next in the index. */
export async function listEventTypes(ctx: Context): Promise<string[]> {
  const rows = await ctx.tx.rows<{ type: string }>(sql`
    with recursive kind(type) as (
      (select e.type from event e where e.tenant_id = ${ctx.tenant.id} order by e.type limit 1)
      union all
      select (select e.type from event e where e.tenant_id = ${ctx.tenant.id} and e.type > kind.type order by e.type limit 1)
      from kind where kind.type is not null
    )
    select type from kind where type is not null`);
  return rows.map((row) => row.type);
}
