import type { Context } from '../../../../platform/context.ts';
import { sql } from '../../../../platform/database/sql.ts';
import type { Purpose } from '../../../customers/index.ts';
import type { LetterContent } from './content.ts';

export const letterStates = ['waiting', 'batched', 'printed', 'withdrawn'] as const;
export type LetterState = (typeof letterStates)[number];

export interface Letter {
  id: string;
  number: number;
  customerId: string;
  customerNumber: string;
  customerName: string;
  companyName: string | null;
  firstName: string | null;
  lastName: string | null;
  archived: boolean;
  pausedUntil: Temporal.PlainDate | null;
  ruleId: string;
  cadenceId: string | null;
  cadenceName: string | null;
  toPurpose: Purpose;
  /** Its own text; null where the template says it. */
  title: string | null;
  body: string | null;
  templateId: string;
  templateName: string;
  runId: string;
  documentIds: string[];
  state: LetterState;
  reason: string | null;
  /** Typed by a person. */
  address: string[] | null;
  /** Of the newest invoice that has one. */
  billAddress: Record<string, unknown> | null;
  batchId: string | null;
  batchNumber: number | null;
  content: LetterContent | null;
  writtenOn: Temporal.PlainDate;
  printedOn: Temporal.PlainDate | null;
  createdAt: Temporal.Instant;
}

const columns = sql.raw(`l.id, l.number, l.customer_id, c.number as customer_number, c.name as customer_name, c.company_name, c.first_name, c.last_name,
  c.archived_at is not null as archived, c.paused_until, l.rule_id, r.cadence_id, k.name as cadence_name, r.to_purpose, r.step_title as title, r.step_body as body, r.template_id,
  t.name as template_name, l.run_id, l.document_ids, l.state, l.reason, l.address,
  case when l.state = 'waiting' and l.address is null then (
    select d.bill_address from document d where d.tenant_id = l.tenant_id and d.customer_id = l.customer_id and d.bill_address is not null
    order by d.issued_on desc, d.id desc limit 1) end as bill_address,
  l.batch_id, b.number as batch_number, l.content, l.written_on, l.printed_on, l.created_at`);
const tables = sql.raw(`letter l
  join customer c on c.tenant_id = l.tenant_id and c.id = l.customer_id
  join reminder_rule r on r.tenant_id = l.tenant_id and r.id = l.rule_id
  join template t on t.tenant_id = r.tenant_id and t.id = r.template_id
  left join cadence k on k.tenant_id = r.tenant_id and k.id = r.cadence_id
  left join print_batch b on b.tenant_id = l.tenant_id and b.id = l.batch_id`);

export interface LetterFilter {
  state?: LetterState | undefined;
  customerId?: string | undefined;
  batchId?: string | undefined;
}

/** Waiting ones and those of a batch in the order of their numbers, others the newest first. `after` is the last number shown. */
export function listLetters(ctx: Context, filter: LetterFilter, after: number | null, limit: number): Promise<Letter[]> {
  const rising = filter.state === 'waiting' || filter.batchId !== undefined;
  const where = [sql`l.tenant_id = ${ctx.tenant.id}`];
  if (filter.state) where.push(sql`l.state = ${filter.state}`);
  if (filter.customerId) where.push(sql`l.customer_id = ${filter.customerId}`);
  if (filter.batchId) where.push(sql`l.batch_id = ${filter.batchId}`);
  if (after !== null) where.push(rising ? sql`l.number > ${after}` : sql`l.number < ${after}`);
  return ctx.tx.rows<Letter>(sql`
    select ${columns} from ${tables} where ${sql.and(where)} order by l.number ${rising ? sql`asc` : sql`desc`} limit ${limit}`);
}

export function readLetter(ctx: Context, id: string, lock = false): Promise<Letter | null> {
  return ctx.tx.maybe<Letter>(sql`
    select ${columns} from ${tables} where l.tenant_id = ${ctx.tenant.id} and l.id = ${id} ${lock ? sql`for no key update of l` : sql.empty}`);
}

/** Waiting letters for one batch, locked; with `ids` only these. */
export function lockWaiting(ctx: Context, ids: readonly string[] | null, limit: number): Promise<Letter[]> {
  const chosen = ids === null ? sql.empty : sql` and l.id = any(${[...ids]}::uuid[])`;
  return ctx.tx.rows<Letter>(sql`
    select ${columns} from ${tables} where l.tenant_id = ${ctx.tenant.id} and l.state = 'waiting'${chosen}
    order by l.number limit ${limit} for no key update of l`);
}

export async function countWaiting(ctx: Context): Promise<{ waiting: number }> {
  return ctx.tx.one(sql`select count(*)::int as waiting from letter where tenant_id = ${ctx.tenant.id} and state = 'waiting'`);
}

export interface NewLetter {
  id: string;
  dedupeKey: string;
  customerId: string;
  ruleId: string;
  runId: string;
  documentIds: readonly string[];
}

/** Writes letters with the next numbers, one writer at a time. Answers those that were new. */
export async function insertLetters(ctx: Context, letters: readonly NewLetter[]): Promise<{ id: string; number: number; customerId: string }[]> {
  await ctx.tx.run(sql`select pg_advisory_xact_lock(hashtextextended('letters:' || ${ctx.tenant.id}::text, 0))`);
  return ctx.tx.rows(sql`
    insert into letter (tenant_id, id, number, dedupe_key, customer_id, rule_id, run_id, document_ids, written_on)
    select ${ctx.tenant.id}::uuid, t.id, (select coalesce(max(number), 0) from letter where tenant_id = ${ctx.tenant.id}) + row_number() over (order by t.place),
      t.dedupe_key, t.customer_id, t.rule_id, t.run_id, array(select jsonb_array_elements_text(t.document_ids)::uuid), ${ctx.clock.today()}
    from jsonb_to_recordset(${sql.json(letters.map((letter, place) => ({ ...snake(letter), place })))}::jsonb)
      as t(id uuid, dedupe_key text, customer_id uuid, rule_id uuid, run_id uuid, document_ids jsonb, place int)
    where not exists (select 1 from letter l where l.tenant_id = ${ctx.tenant.id} and l.dedupe_key = t.dedupe_key)
    returning id, number, customer_id`);
}

const snake = ({ id, dedupeKey, customerId, ruleId, runId, documentIds }: NewLetter) => ({
  id,
  dedupe_key: dedupeKey,
  customer_id: customerId,
  rule_id: ruleId,
  run_id: runId,
  document_ids: documentIds,
});

export async function setAddress(ctx: Context, id: string, address: readonly string[] | null): Promise<void> {
  await ctx.tx.run(sql`
    update letter set address = ${address === null ? null : [...address]}::text[], updated_at = app.now() where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

export async function withdrawLetter(ctx: Context, id: string, reason: string): Promise<void> {
  await ctx.tx.run(sql`
    update letter set state = 'withdrawn', reason = ${reason}, updated_at = app.now() where tenant_id = ${ctx.tenant.id} and id = ${id} and state = 'waiting'`);
}

export async function fixContent(ctx: Context, batchId: string, rows: readonly { id: string; content: LetterContent }[]): Promise<void> {
  await ctx.tx.run(sql`
    update letter l set state = 'batched', batch_id = ${batchId}, content = t.content, updated_at = app.now()
    from jsonb_to_recordset(${sql.json(rows)}::jsonb) as t(id uuid, content jsonb)
    where l.tenant_id = ${ctx.tenant.id} and l.id = t.id`);
}

/** The letters of a batch are printed, or wait again. Answers them. */
export function moveBatch(ctx: Context, batchId: string, to: 'printed' | 'waiting'): Promise<{ id: string; number: number; customerId: string }[]> {
  const change = to === 'printed' ? sql`state = 'printed', printed_on = ${ctx.clock.today()}` : sql`state = 'waiting', batch_id = null, content = null`;
  return ctx.tx.rows(sql`
    update letter set ${change}, updated_at = app.now() where tenant_id = ${ctx.tenant.id} and batch_id = ${batchId} returning id, number, customer_id`);
}

export interface Batch {
  id: string;
  number: number;
  state: 'open' | 'printed' | 'cancelled';
  letterCount: number;
  paper: 'A4' | 'Letter';
  madeBy: string;
  madeAt: Temporal.Instant;
  endedBy: string | null;
  endedAt: Temporal.Instant | null;
}

const batchColumns = sql.raw('id, number, state, letter_count, paper, made_by, made_at, ended_by, ended_at');

export async function insertBatch(ctx: Context, id: string, paper: Batch['paper'], letterCount: number): Promise<void> {
  await ctx.tx.run(sql`select pg_advisory_xact_lock(hashtextextended('letters:' || ${ctx.tenant.id}::text, 0))`);
  await ctx.tx.run(sql`
    insert into print_batch (tenant_id, id, number, state, letter_count, paper, made_by)
    select ${ctx.tenant.id}::uuid, ${id}::uuid, (select coalesce(max(number), 0) + 1 from print_batch where tenant_id = ${ctx.tenant.id}), 'open',
      ${letterCount}::int, ${paper}, ${ctx.actor.name}`);
}

export function readBatch(ctx: Context, id: string, lock = false): Promise<Batch | null> {
  return ctx.tx.maybe<Batch>(sql`
    select ${batchColumns} from print_batch where tenant_id = ${ctx.tenant.id} and id = ${id} ${lock ? sql`for no key update` : sql.empty}`);
}

/** Newest first. `after` is the last number shown. */
export function listBatches(ctx: Context, after: number | null, limit: number): Promise<Batch[]> {
  const more = after === null ? sql.empty : sql` and number < ${after}`;
  return ctx.tx.rows<Batch>(sql`select ${batchColumns} from print_batch where tenant_id = ${ctx.tenant.id}${more} order by number desc limit ${limit}`);
}

export async function endBatch(ctx: Context, id: string, state: 'printed' | 'cancelled'): Promise<void> {
  await ctx.tx.run(sql`
    update print_batch set state = ${state}, ended_by = ${ctx.actor.name}, ended_at = app.now() where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

export interface LetterDocument {
  id: string;
  customerId: string;
  number: string;
  currency: string;
  openMinor: bigint;
  issuedOn: Temporal.PlainDate;
  dueOn: Temporal.PlainDate;
  /** Something stands against asking for it today. */
  held: boolean;
}

/** Those of the invoices that are open, oldest due first. */
export function readLetterDocuments(ctx: Context, ids: readonly string[]): Promise<LetterDocument[]> {
  return ctx.tx.rows<LetterDocument>(sql`
    select d.id, d.customer_id, d.number, d.currency, d.open_minor, d.issued_on, d.due_on,
      exists (select 1 from hold h where h.tenant_id = d.tenant_id and h.customer_id = d.customer_id and (h.document_id is null or h.document_id = d.id)
        and h.released_at is null and (h.until is null or h.until >= ${ctx.clock.today()}::date))
      or exists (select 1 from payment_attempt_document p where p.tenant_id = d.tenant_id and p.document_id = d.id and p.in_flight) as held
    from document d
    where d.tenant_id = ${ctx.tenant.id} and d.id = any(${[...ids]}::uuid[]) and d.state = 'open' and d.kind = 'invoice'
    order by d.due_on, d.number`);
}

/** What the contents of a batch are drawn from. */
export function readContents(ctx: Context, batchId: string): Promise<LetterContent[]> {
  return ctx.tx
    .rows<{ content: LetterContent }>(sql`select content from letter where tenant_id = ${ctx.tenant.id} and batch_id = ${batchId} order by number`)
    .then((rows) => rows.map((row) => row.content));
}
