import { newId } from '../../../kernel/ids.ts';
import type { Context } from '../../../platform/context.ts';
import { sql, type Sql } from '../../../platform/database/sql.ts';
import { compileTree, type Group, isAmount, leavesOf } from '../../conditions/index.ts';

export type MemberState = 'active' | 'paused' | 'removed';

/**
 * Customers `c` that meet the tree. Conditions are asked about an invoice `i`: here it stands for the customer itself,
 * once in the company's currency, or once in each currency in which something is open when the tree asks for a balance.
 */
export function customersMeeting(ctx: Context, tree: Group): Sql {
  const own = sql`select c.tenant_id, c.id as customer_id, ${ctx.tenant.currency}::char(3) as currency`;
  const every = sql`
    select c.tenant_id, c.id as customer_id, x.currency from (
      select d.currency from document d where d.tenant_id = c.tenant_id and d.customer_id = c.id and d.state = 'open' and d.kind = 'invoice'
      union select ${ctx.tenant.currency}::char(3)) x`;
  const asksBalance = leavesOf(tree).some((leaf) => isAmount(leaf.field));
  return sql`c.tenant_id = ${ctx.tenant.id} and c.archived_at is null
    and exists (select 1 from (${asksBalance ? every : own}) i where ${compileTree(tree, ctx.clock.today())})`;
}

/** In a cadence now, or kept out of this one by a person. */
const isTaken = (cadenceId: string | null): Sql => sql`
  exists (select 1 from cadence_member m where m.tenant_id = c.tenant_id and m.customer_id = c.id and m.until is null
    and (m.state <> 'removed' or m.cadence_id = ${cadenceId}::uuid))`;

/** Takes in the customers that meet the condition and are in no cadence. Answers them. */
export async function takeInMatching(ctx: Context, cadenceId: string, tree: Group, state: MemberState): Promise<string[]> {
  const rows = await ctx.tx.rows<{ customerId: string }>(sql`
    insert into cadence_member (tenant_id, id, cadence_id, customer_id, state, added_by, joined_on)
    select c.tenant_id, gen_random_uuid(), ${cadenceId}, c.id, ${state}, 'condition', ${ctx.clock.today()}
    from customer c where ${customersMeeting(ctx, tree)} and not ${isTaken(cadenceId)}
    on conflict do nothing
    returning customer_id`);
  return rows.map((row) => row.customerId);
}

export interface AssignmentCounts {
  matching: number;
  /** In this cadence already. */
  here: number;
  elsewhere: number;
  /** Taken out of this cadence by a person. */
  keptOut: number;
}

export function countAssignment(ctx: Context, tree: Group, cadenceId: string | null): Promise<AssignmentCounts> {
  return ctx.tx.one<AssignmentCounts>(sql`
    select count(*)::int as matching,
      count(*) filter (where m.here)::int as here,
      count(*) filter (where m.elsewhere and not coalesce(m.here, false))::int as elsewhere,
      count(*) filter (where m.kept_out and not m.here and not m.elsewhere)::int as kept_out
    from customer c
    left join (
      select customer_id, bool_or(state <> 'removed' and cadence_id is not distinct from ${cadenceId}::uuid) as here,
        bool_or(state <> 'removed' and cadence_id is distinct from ${cadenceId}::uuid) as elsewhere,
        bool_or(state = 'removed' and cadence_id is not distinct from ${cadenceId}::uuid) as kept_out
      from cadence_member where tenant_id = ${ctx.tenant.id} and until is null group by customer_id
    ) m on m.customer_id = c.id
    where ${customersMeeting(ctx, tree)}`);
}

export interface NamedCustomer {
  id: string;
  number: string;
  name: string;
}

/** The first customers by name that would be taken in. */
export function readJoining(ctx: Context, tree: Group, cadenceId: string | null, limit: number): Promise<NamedCustomer[]> {
  return ctx.tx.rows<NamedCustomer>(sql`
    select c.id, c.number, c.name from customer c
    where ${customersMeeting(ctx, tree)} and not ${isTaken(cadenceId)}
    order by c.sort_name, c.id limit ${limit}`);
}

export interface MemberCounts {
  active: number;
  paused: number;
  removed: number;
  openSteps: number;
}

export function countMembers(ctx: Context, cadenceId: string): Promise<MemberCounts> {
  return ctx.tx.one<MemberCounts>(sql`
    select count(*) filter (where state = 'active')::int as active, count(*) filter (where state = 'paused')::int as paused,
      count(*) filter (where state = 'removed')::int as removed,
      (select count(*)::int from manual_step s where s.tenant_id = ${ctx.tenant.id} and s.cadence_id = ${cadenceId} and s.ended_at is null) as open_steps
    from cadence_member where tenant_id = ${ctx.tenant.id} and cadence_id = ${cadenceId} and until is null`);
}

export interface Member {
  customerId: string;
  number: string;
  name: string;
  sortName: string;
  state: MemberState;
  addedBy: 'person' | 'condition';
  joinedOn: Temporal.PlainDate;
  since: Temporal.Instant;
  openSteps: number;
}

/** By name. `after` holds the last row's sort name and id. */
export function listMembers(ctx: Context, cadenceId: string, state: MemberState | null, after: (string | null)[] | null, limit: number): Promise<Member[]> {
  const where = [sql`m.tenant_id = ${ctx.tenant.id}`, sql`m.cadence_id = ${cadenceId}`, sql`m.until is null`];
  where.push(state === null ? sql`m.state <> 'removed'` : sql`m.state = ${state}`);
  if (after) where.push(sql`(c.sort_name, c.id) > (${after[0]}, ${after[1]}::uuid)`);
  return ctx.tx.rows<Member>(sql`
    select m.customer_id, c.number, c.name, c.sort_name, m.state, m.added_by, m.joined_on, m.since,
      (select count(*)::int from manual_step s where s.tenant_id = m.tenant_id and s.customer_id = m.customer_id and s.cadence_id = m.cadence_id and s.ended_at is null)
        as open_steps
    from cadence_member m join customer c on c.tenant_id = m.tenant_id and c.id = m.customer_id
    where ${sql.and(where)} order by c.sort_name, c.id limit ${limit}`);
}

export interface Membership {
  cadenceId: string;
  cadenceName: string;
  cadenceActive: boolean;
  state: MemberState;
  addedBy: 'person' | 'condition';
  joinedOn: Temporal.PlainDate;
}

export function readMembership(ctx: Context, customerId: string): Promise<Membership | null> {
  return ctx.tx.maybe<Membership>(sql`
    select m.cadence_id, c.name as cadence_name, c.active as cadence_active, m.state, m.added_by, m.joined_on
    from cadence_member m join cadence c on c.tenant_id = m.tenant_id and c.id = m.cadence_id
    where m.tenant_id = ${ctx.tenant.id} and m.customer_id = ${customerId} and m.until is null and m.state <> 'removed'`);
}

/** Where these customers are now; the rows of those to be put in are locked with the customers'. */
export function readPlaces(
  ctx: Context,
  customerIds: readonly string[],
): Promise<{ customerId: string; cadenceId: string; cadenceName: string; state: MemberState }[]> {
  return ctx.tx.rows(sql`
    select m.customer_id, m.cadence_id, c.name as cadence_name, m.state
    from cadence_member m join cadence c on c.tenant_id = m.tenant_id and c.id = m.cadence_id
    where m.tenant_id = ${ctx.tenant.id} and m.customer_id = any(${[...customerIds]}::uuid[]) and m.until is null`);
}

export async function insertMembers(ctx: Context, cadenceId: string, customerIds: readonly string[], state: MemberState): Promise<void> {
  await ctx.tx.run(sql`
    insert into cadence_member (tenant_id, id, cadence_id, customer_id, state, added_by, joined_on)
    select ${ctx.tenant.id}::uuid, gen_random_uuid(), ${cadenceId}, customer_id, ${state}, 'person', ${ctx.clock.today()}
    from unnest(${[...customerIds]}::uuid[]) as t(customer_id)`);
}

/** Ends what these customers are in any cadence, or in one of them. Answers the members there were. */
export async function closeMembers(
  ctx: Context,
  filter: { cadenceId?: string; customerIds?: readonly string[]; states: readonly MemberState[] },
): Promise<{ customerId: string; cadenceId: string; addedBy: 'person' | 'condition' }[]> {
  const where = [sql`tenant_id = ${ctx.tenant.id}`, sql`until is null`, sql`state = any(${[...filter.states]}::text[])`];
  if (filter.cadenceId !== undefined) where.push(sql`cadence_id = ${filter.cadenceId}`);
  if (filter.customerIds !== undefined) where.push(sql`customer_id = any(${[...filter.customerIds]}::uuid[])`);
  return ctx.tx.rows(sql`update cadence_member set until = app.now() where ${sql.and(where)} returning customer_id, cadence_id, added_by`);
}

/** Opens the next span of members that were closed in this transaction. Who starts again begins with that day's steps. */
export async function reopenMembers(
  ctx: Context,
  cadenceId: string,
  members: readonly { customerId: string; addedBy: string }[],
  state: MemberState,
): Promise<void> {
  await ctx.tx.run(sql`
    insert into cadence_member (tenant_id, id, cadence_id, customer_id, state, added_by, joined_on)
    select ${ctx.tenant.id}::uuid, gen_random_uuid(), ${cadenceId}, customer_id, ${state}, added_by, ${ctx.clock.today()}
    from unnest(${members.map((one) => one.customerId)}::uuid[], ${members.map((one) => one.addedBy)}::text[]) as t(customer_id, added_by)`);
}

/** Ids of customers that are there and not archived. */
export async function existingCustomers(ctx: Context, ids: readonly string[]): Promise<Set<string>> {
  const rows = await ctx.tx.rows<{ id: string }>(sql`
    select id from customer where tenant_id = ${ctx.tenant.id} and id = any(${[...ids]}::uuid[]) and archived_at is null order by id for key share`);
  return new Set(rows.map((row) => row.id));
}

/** One event for each customer, about the cadence. */
export async function recordForMembers(ctx: Context, type: string, cadenceId: string, customerIds: readonly string[], data: object): Promise<void> {
  if (customerIds.length === 0) return;
  await ctx.tx.run(sql`
    insert into event (tenant_id, id, type, actor_kind, actor_id, actor_name, ip, subject_type, subject_id, customer_id, data)
    select ${ctx.tenant.id}::uuid, event_id, ${type}, ${ctx.actor.kind}, ${ctx.actor.id}::uuid, ${ctx.actor.name}, ${ctx.actor.ip ?? null},
      'cadence', ${cadenceId}::uuid, customer, ${sql.json(data)}
    from unnest(${customerIds.map(() => newId())}::uuid[], ${[...customerIds]}::uuid[]) as t(event_id, customer)`);
}
