/** The statements themselves. */
import type { Context, Platform } from '../../../platform/context.ts';
import { type Sql, sql } from '../../../platform/database/sql.ts';
import type { Content, Frame } from '../content.ts';
import type { StatementKind } from '../rule.ts';

export interface StatementRow {
  id: string;
  runId: string;
  ruleId: string | null;
  ruleVersion: number | null;
  customerId: string;
  currency: string;
  number: string;
  kind: StatementKind;
  asOf: Temporal.PlainDate;
  fromOn: Temporal.PlainDate | null;
  totalMinor: bigint;
  overdueMinor: bigint;
  invoiceCount: number;
  state: 'planned' | 'drawn' | 'failed';
  failure: string | null;
  hold: string | null;
  emailId: string | null;
  fileId: string | null;
  createdAt: Temporal.Instant;
}

export interface FullStatement extends StatementRow {
  content: Content;
  frame: Frame;
  /** Of its PDF, once it is drawn. */
  fileSha256: Buffer | null;
}

const columns =
  sql.raw(`s.id, s.run_id, s.rule_id, s.rule_version, s.customer_id, s.currency, s.number, s.kind, s.as_of, s.from_on, s.total_minor, s.overdue_minor,
  s.invoice_count, s.state, s.failure, s.hold, s.email_id, s.file_id, s.created_at`);

const full = (ctx: Context, where: Sql): Sql => sql`
  select ${columns}, s.content, n.frame, f.sha256 as file_sha256 from statement s join statement_run n on n.tenant_id = s.tenant_id and n.id = s.run_id
  left join stored_file f on f.tenant_id = s.tenant_id and f.id = s.file_id
  where s.tenant_id = ${ctx.tenant.id} and ${where}`;

export function readStatement(ctx: Context, id: string): Promise<FullStatement | null> {
  return ctx.tx.maybe<FullStatement>(full(ctx, sql`s.id = ${id}`));
}

export function readByNumber(ctx: Context, number: string): Promise<FullStatement | null> {
  return ctx.tx.maybe<FullStatement>(full(ctx, sql`s.number = ${number}`));
}

export function readStatements(ctx: Context, ids: readonly string[]): Promise<FullStatement[]> {
  return ctx.tx.rows<FullStatement>(sql`${full(ctx, sql`s.id = any(${[...ids]}::uuid[])`)} order by s.customer_id, s.currency`);
}

export interface Chunk {
  statements: (Omit<StatementRow, 'createdAt'> & { content: Content })[];
  /** The last customer of the chunk; null when there is none left. */
  doneTo: string | null;
}

/**
 * The statements of the next customers of a run, in the order of their ids; all currencies of a customer come together.
 * Those whose mail is written already are left out.
 */
export async function readChunk(ctx: Context, runId: string, after: string | null, customers: number): Promise<Chunk> {
  const from = after ?? '00000000-0000-0000-0000-000000000000';
  const statements = await ctx.tx.rows<Chunk['statements'][number]>(sql`
    with next as materialized (
      select distinct customer_id from (
        select customer_id from statement where tenant_id = ${ctx.tenant.id} and run_id = ${runId} and customer_id > ${from}::uuid
        order by customer_id, currency limit ${customers}) d)
    select ${columns}, s.content from statement s
    where s.tenant_id = ${ctx.tenant.id} and s.run_id = ${runId} and s.customer_id > ${from}::uuid
      and s.customer_id <= (select customer_id from next order by customer_id desc limit 1)
    order by s.customer_id, s.currency`);
  return { statements, doneTo: statements.at(-1)?.customerId ?? null };
}

export interface DrawnRow {
  id: string;
  fileId: string | null;
  failure: string | null;
}

/** What became of a statement: drawn or not, and the mail that carries it or why there is none. */
export interface Progressed extends DrawnRow {
  emailId: string | null;
  hold: string | null;
}

export async function recordProgress(ctx: Context, rows: readonly Progressed[]): Promise<void> {
  if (rows.length === 0) return;
  await ctx.tx.run(sql`
    update statement s set file_id = t.file_id, failure = t.failure, state = case when t.failure is null then 'drawn' else 'failed' end,
      email_id = coalesce(t.email_id, s.email_id), hold = t.hold
    from unnest(${rows.map((row) => row.id)}::uuid[], ${rows.map((row) => row.fileId)}::uuid[], ${rows.map((row) => row.failure)}::text[],
        ${rows.map((row) => row.emailId)}::uuid[], ${rows.map((row) => row.hold)}::text[]) as t(id, file_id, failure, email_id, hold)
    where s.tenant_id = ${ctx.tenant.id} and s.id = t.id`);
}

export async function recordDrawn(ctx: Context, rows: readonly DrawnRow[]): Promise<void> {
  await recordProgress(
    ctx,
    rows.map((row) => ({ ...row, emailId: null, hold: null })),
  );
}

/** Which mail carries which statements. */
export async function recordMails(ctx: Context, rows: readonly { id: string; emailId: string }[]): Promise<void> {
  if (rows.length === 0) return;
  await ctx.tx.run(sql`
    update statement s set email_id = t.email_id, hold = null
    from unnest(${rows.map((row) => row.id)}::uuid[], ${rows.map((row) => row.emailId)}::uuid[]) as t(id, email_id)
    where s.tenant_id = ${ctx.tenant.id} and s.id = t.id`);
}

/** Counts one more sending by hand and answers which it is. */
export async function countSending(ctx: Context, id: string): Promise<number> {
  const row = await ctx.tx.one<{ count: number }>(sql`
    update statement set send_count = send_count + 1 where tenant_id = ${ctx.tenant.id} and id = ${id} returning send_count as count`);
  return row.count;
}

export interface ListedStatement extends StatementRow {
  customerNumber: string;
  customerName: string;
  ruleName: string | null;
  emailState: string | null;
  emailReason: string | null;
  toAddress: string | null;
}

export interface StatementFilter {
  runId?: string | undefined;
  customerId?: string | undefined;
  number?: string | undefined;
  /** What needs a look: not drawn, held back, or the mail failed. */
  trouble?: boolean | undefined;
}

/** A page: of a run by customer, else newest first. `after` holds the last row's key. */
export function listStatements(ctx: Context, filter: StatementFilter, after: (string | null)[] | null, limit: number): Promise<ListedStatement[]> {
  const where: Sql[] = [sql`s.tenant_id = ${ctx.tenant.id}`];
  if (filter.runId) where.push(sql`s.run_id = ${filter.runId}`);
  if (filter.customerId) where.push(sql`s.customer_id = ${filter.customerId}`);
  if (filter.number) where.push(sql`s.number = ${filter.number}`);
  if (filter.trouble)
    where.push(sql`(s.state = 'failed' or s.hold is not null or exists (
      select 1 from outbound_email e where e.tenant_id = s.tenant_id and e.id = s.email_id and e.state in ('failed', 'uncertain', 'withdrawn')))`);
  const byRun = filter.runId !== undefined;
  if (after) where.push(byRun ? sql`(s.customer_id, s.currency) > (${after[0]}::uuid, ${after[1]}::char(3))` : sql`s.id < ${after[2]}::uuid`);
  const order = byRun ? sql`s.customer_id, s.currency` : sql`s.id desc`;
  return ctx.tx.rows<ListedStatement>(sql`
    with page as materialized (select ${columns} from statement s where ${sql.join(where, ' and ')} order by ${order} limit ${limit})
    select s.*, c.number as customer_number, c.name as customer_name, r.name as rule_name, e.state as email_state, e.reason as email_reason, e.to_address
    from page s
    join customer c on c.tenant_id = ${ctx.tenant.id} and c.id = s.customer_id
    left join statement_rule r on r.tenant_id = ${ctx.tenant.id} and r.id = s.rule_id
    left join outbound_email e on e.tenant_id = ${ctx.tenant.id} and e.id = s.email_id
    order by ${order}`);
}

/** Ids of a run in the order of a batch on paper: by the customers' names. */
export async function readBatch(
  ctx: Context,
  runId: string,
  onlyHeld: boolean,
): Promise<{ id: string; number: string; customerName: string; currency: string }[]> {
  return ctx.tx.rows(sql`
    select s.id, s.number, c.name as customer_name, s.currency from statement s join customer c on c.tenant_id = s.tenant_id and c.id = s.customer_id
    where s.tenant_id = ${ctx.tenant.id} and s.run_id = ${runId} ${onlyHeld ? sql`and s.hold is not null` : sql.empty}
    order by c.sort_name, c.id, s.currency`);
}

/** What is open now of invoices that a statement lists, with whose they are. */
export function readOpenOf(
  ctx: Context,
  ids: readonly string[],
): Promise<{ id: string; number: string; customerId: string; customerName: string; dueOn: Temporal.PlainDate; openMinor: bigint }[]> {
  return ctx.tx.rows(sql`
    select d.id, d.number, d.customer_id, c.name as customer_name, d.due_on, d.open_minor
    from document d join customer c on c.tenant_id = d.tenant_id and c.id = d.customer_id
    where d.tenant_id = ${ctx.tenant.id} and d.id = any(${[...ids]}::uuid[]) and d.kind = 'invoice' and d.state = 'open'
    order by d.due_on, d.number, d.id`);
}

/** The address that the statement's mail went to; without one the customer's first contact. */
export async function readPayerAddress(ctx: Context, statement: Pick<StatementRow, 'emailId' | 'customerId'>): Promise<string | null> {
  const row = await ctx.tx.one<{ address: string | null }>(sql`
    select coalesce(
      (select to_address from outbound_email where tenant_id = ${ctx.tenant.id} and id = ${statement.emailId}::uuid),
      (select lower(email) from contact where tenant_id = ${ctx.tenant.id} and customer_id = ${statement.customerId} order by is_primary desc, position, id limit 1)) as address`);
  return row.address;
}

/** Counts one try; true while the key is within its limit for the window. */
export async function withinLimit(platform: Platform, key: string, count: number, windowSeconds: number): Promise<boolean> {
  const [row] = await platform.database.systemRows<{ ok: boolean }>(sql`select app.within_rate_limit(${key}, ${count}, ${windowSeconds}) as ok`);
  return row!.ok;
}
