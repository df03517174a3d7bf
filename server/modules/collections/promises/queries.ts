import type { Context } from '../../../platform/context.ts';
import { type Sql, sql } from '../../../platform/database/sql.ts';

export const promiseSources = ['phone', 'email', 'meeting', 'letter', 'other'] as const;
export type PromiseSource = (typeof promiseSources)[number];
export const promiseStates = ['open', 'kept', 'broken', 'withdrawn'] as const;
export type PromiseState = (typeof promiseStates)[number];

export interface PromiseRow {
  id: string;
  customerId: string;
  customerName: string;
  currency: string;
  amountMinor: bigint;
  promisedOn: Temporal.PlainDate;
  madeOn: Temporal.PlainDate;
  source: PromiseSource;
  note: string | null;
  state: PromiseState;
  /** What has come in since it was made; of a decided one what had come in then. */
  receivedMinor: bigint;
  documents: { id: string; number: string }[];
  /** For promises about invoices: nothing is open on them any more. */
  settled: boolean;
  madeBy: string;
  decidedBy: string | null;
  decidedAt: Temporal.Instant | null;
  createdAt: Temporal.Instant;
}

/**
 * What has come in since the promise was made. About invoices: what was applied to them by payments, credits and the
 * source system's word. About everything: money received, and what the source system says was paid.
 */
const received: Sql = sql`(
  case when exists (select 1 from promise_document x where x.tenant_id = p.tenant_id and x.promise_id = p.id)
    then (select coalesce(sum(a.amount_minor), 0) from promise_document x join application a on a.tenant_id = x.tenant_id and a.document_id = x.document_id
      where x.tenant_id = p.tenant_id and x.promise_id = p.id and a.source in ('payment', 'credit_memo', 'source_system') and a.created_at >= p.created_at)
    else (select coalesce(sum(m.amount_minor - m.refunded_minor), 0) from payment m
        where m.tenant_id = p.tenant_id and m.customer_id = p.customer_id and m.currency = p.currency and m.state <> 'returned'
          and m.received_on >= p.made_on and m.created_at >= p.created_at)
      + (select coalesce(sum(a.amount_minor), 0) from application a join document d on d.tenant_id = a.tenant_id and d.id = a.document_id
        where d.tenant_id = p.tenant_id and d.customer_id = p.customer_id and d.currency = p.currency and a.source = 'source_system' and a.created_at >= p.created_at)
  end)::bigint`;

const settled: Sql = sql`(
  exists (select 1 from promise_document x where x.tenant_id = p.tenant_id and x.promise_id = p.id)
  and not exists (select 1 from promise_document x join document d on d.tenant_id = x.tenant_id and d.id = x.document_id
    where x.tenant_id = p.tenant_id and x.promise_id = p.id and d.state = 'open'))`;

const columns: Sql = sql`
  p.id, p.customer_id, c.name as customer_name, p.currency, p.amount_minor, p.promised_on, p.made_on, p.source, p.note, p.state,
  case when p.state = 'open' then ${received} else coalesce(p.received_minor, 0) end as received_minor,
  (select coalesce(jsonb_agg(jsonb_build_object('id', d.id, 'number', d.number) order by d.due_on, d.number), '[]')
    from promise_document x join document d on d.tenant_id = x.tenant_id and d.id = x.document_id
    where x.tenant_id = p.tenant_id and x.promise_id = p.id) as documents,
  ${settled} as settled, p.made_by, p.decided_by, p.decided_at, p.created_at`;
const joined = sql.raw('promise p join customer c on c.tenant_id = p.tenant_id and c.id = p.customer_id');

export interface NewPromise {
  id: string;
  customerId: string;
  currency: string;
  amountMinor: bigint;
  promisedOn: Temporal.PlainDate;
  source: PromiseSource;
  note: string | null;
  documentIds: readonly string[];
}

export async function insertPromise(ctx: Context, p: NewPromise): Promise<void> {
  await ctx.tx.run(sql`
    insert into promise (tenant_id, id, customer_id, currency, amount_minor, promised_on, made_on, source, note, made_by)
    values (${ctx.tenant.id}, ${p.id}, ${p.customerId}, ${p.currency}, ${p.amountMinor}, ${p.promisedOn}, app.today(), ${p.source}, ${p.note}, ${ctx.actor.name})`);
  if (p.documentIds.length > 0)
    await ctx.tx.run(sql`
      insert into promise_document (tenant_id, promise_id, document_id)
      select ${ctx.tenant.id}::uuid, ${p.id}::uuid, one from unnest(${[...p.documentIds]}::uuid[]) one`);
}

/** The open promise that speaks about the same: one of these invoices, or everything of the customer in the currency. */
export async function findOpenPromise(ctx: Context, customerId: string, currency: string, documentIds: readonly string[]): Promise<string | null> {
  const same =
    documentIds.length > 0
      ? sql`exists (select 1 from promise_document x where x.tenant_id = p.tenant_id and x.promise_id = p.id and x.document_id = any(${[...documentIds]}::uuid[]))`
      : sql`not exists (select 1 from promise_document x where x.tenant_id = p.tenant_id and x.promise_id = p.id)`;
  const row = await ctx.tx.maybe<{ id: string }>(sql`
    select p.id from promise p
    where p.tenant_id = ${ctx.tenant.id} and p.customer_id = ${customerId} and p.currency = ${currency} and p.state = 'open' and ${same} limit 1`);
  return row?.id ?? null;
}

export function readPromise(ctx: Context, id: string): Promise<PromiseRow | null> {
  return ctx.tx.maybe<PromiseRow>(sql`select ${columns} from ${joined} where p.tenant_id = ${ctx.tenant.id} and p.id = ${id}`);
}

export interface PromiseFilter {
  state?: PromiseState | undefined;
  customerId?: string | undefined;
  documentId?: string | undefined;
}

/** The newest first. */
export function listPromises(ctx: Context, filter: PromiseFilter, before: string | null, limit: number): Promise<PromiseRow[]> {
  const where = [sql`p.tenant_id = ${ctx.tenant.id}`];
  if (filter.state) where.push(sql`p.state = ${filter.state}`);
  if (filter.customerId) where.push(sql`p.customer_id = ${filter.customerId}::uuid`);
  if (filter.documentId)
    where.push(
      sql`exists (select 1 from promise_document x where x.tenant_id = p.tenant_id and x.promise_id = p.id and x.document_id = ${filter.documentId}::uuid)`,
    );
  if (before) where.push(sql`p.id < ${before}::uuid`);
  return ctx.tx.rows<PromiseRow>(sql`select ${columns} from ${joined} where ${sql.and(where)} order by p.id desc limit ${limit}`);
}

/** Ids of open promises, from one id on. */
export async function openPromiseIds(ctx: Context, which: { customerId?: string; after: string | null; limit: number }): Promise<string[]> {
  const rows = await ctx.tx.rows<{ id: string }>(sql`
    select id from promise where tenant_id = ${ctx.tenant.id} and state = 'open' ${which.after ? sql`and id > ${which.after}::uuid` : sql.empty}
      ${which.customerId ? sql`and customer_id = ${which.customerId}::uuid` : sql.empty}
    order by id limit ${which.limit}`);
  return rows.map((row) => row.id);
}

/** False when somebody decided it before. */
export async function decidePromise(ctx: Context, id: string, state: Exclude<PromiseState, 'open'>, receivedMinor: bigint): Promise<boolean> {
  const count = await ctx.tx.run(sql`
    update promise set state = ${state}, received_minor = ${receivedMinor}, decided_by = ${ctx.actor.name}, decided_at = app.now()
    where tenant_id = ${ctx.tenant.id} and id = ${id} and state = 'open'`);
  return count === 1;
}
