import type { Context } from '../../../platform/context.ts';
import { sql, type Sql } from '../../../platform/database/sql.ts';

export const manualStates = ['open', 'done', 'skipped', 'timed_out', 'ended'] as const;
export type ManualState = (typeof manualStates)[number];

export interface ManualStep {
  id: string;
  cadenceId: string;
  cadenceName: string;
  ruleId: string;
  title: string;
  body: string | null;
  assignedTo: string | null;
  assignedName: string | null;
  customerId: string;
  customerNumber: string;
  customerName: string;
  day: Temporal.PlainDate;
  documentIds: string[];
  waits: boolean;
  until: Temporal.PlainDate | null;
  state: ManualState;
  taskId: string | null;
  note: string | null;
  beganAt: Temporal.Instant;
  endedBy: string | null;
  endedAt: Temporal.Instant | null;
}

const columns =
  sql.raw(`s.id, s.cadence_id, c.name as cadence_name, s.rule_id, r.step_title as title, r.step_body as body, r.assigned_to, u.name as assigned_name,
  s.customer_id, k.number as customer_number, k.name as customer_name, s.day, s.document_ids, s.waits, s.until, s.state, s.task_id, s.note, s.began_at,
  s.ended_by, s.ended_at`);
const tables = sql.raw(`manual_step s
  join cadence c on c.tenant_id = s.tenant_id and c.id = s.cadence_id
  join reminder_rule r on r.tenant_id = s.tenant_id and r.id = s.rule_id
  join customer k on k.tenant_id = s.tenant_id and k.id = s.customer_id
  left join staff_user u on u.tenant_id = r.tenant_id and u.id = r.assigned_to`);

export interface StepFilter {
  open: boolean;
  cadenceId?: string | undefined;
  customerId?: string | undefined;
}

/** Open ones in the order in which they began, ended ones the newest first. */
export function listManualSteps(ctx: Context, filter: StepFilter, after: string | null, limit: number): Promise<ManualStep[]> {
  const where = [sql`s.tenant_id = ${ctx.tenant.id}`, filter.open ? sql`s.ended_at is null` : sql`s.ended_at is not null`];
  if (filter.cadenceId) where.push(sql`s.cadence_id = ${filter.cadenceId}`);
  if (filter.customerId) where.push(sql`s.customer_id = ${filter.customerId}`);
  if (after) where.push(filter.open ? sql`s.id > ${after}::uuid` : sql`s.id < ${after}::uuid`);
  return ctx.tx.rows<ManualStep>(sql`
    select ${columns} from ${tables} where ${sql.and(where)} order by s.id ${filter.open ? sql`asc` : sql`desc`} limit ${limit}`);
}

export function readManualStep(ctx: Context, id: string, lock = false): Promise<ManualStep | null> {
  return ctx.tx.maybe<ManualStep>(sql`
    select ${columns} from ${tables} where s.tenant_id = ${ctx.tenant.id} and s.id = ${id} ${lock ? sql`for no key update of s` : sql.empty}`);
}

/** The open step that a task was made for, and who finished the task with which words. */
export function findStepOfTask(ctx: Context, taskId: string): Promise<{ id: string; finishedBy: string | null; outcome: string | null } | null> {
  return ctx.tx.maybe(sql`
    select s.id, t.finished_by, t.outcome from manual_step s join task t on t.tenant_id = s.tenant_id and t.id = s.task_id
    where s.tenant_id = ${ctx.tenant.id} and s.task_id = ${taskId} and s.ended_at is null`);
}

export interface NewManualStep {
  id: string;
  cadenceId: string;
  ruleId: string;
  customerId: string;
  day: Temporal.PlainDate;
  documentIds: readonly string[];
  waits: boolean;
  until: Temporal.PlainDate | null;
}

/** False when this step began for the customer and day before. */
export async function insertManualStep(ctx: Context, step: NewManualStep): Promise<boolean> {
  const count = await ctx.tx.run(sql`
    insert into manual_step (tenant_id, id, cadence_id, rule_id, customer_id, day, document_ids, waits, until)
    values (${ctx.tenant.id}, ${step.id}, ${step.cadenceId}, ${step.ruleId}, ${step.customerId}, ${step.day}, ${[...step.documentIds]}::uuid[],
      ${step.waits}, ${step.until}::date)
    on conflict (tenant_id, customer_id, rule_id, day) do nothing`);
  return count === 1;
}

export async function setTask(ctx: Context, id: string, taskId: string): Promise<void> {
  await ctx.tx.run(sql`update manual_step set task_id = ${taskId} where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

export async function endStep(ctx: Context, id: string, state: Exclude<ManualState, 'open'>, note: string | null, by: string): Promise<void> {
  await ctx.tx.run(sql`
    update manual_step set state = ${state}, note = ${note}, ended_by = ${by}, ended_at = app.now()
    where tenant_id = ${ctx.tenant.id} and id = ${id} and ended_at is null`);
}

export interface EndedStep {
  id: string;
  cadenceId: string;
  customerId: string;
  taskId: string | null;
  title: string;
}

export interface EndFilter {
  cadenceId?: string;
  ruleId?: string;
  customerIds?: readonly string[];
  /** Only those that held their cadence until before this day. */
  untilBefore?: Temporal.PlainDate;
}

/** Ends open steps together. Answers them. */
export function endStepsWhere(ctx: Context, filter: EndFilter, state: 'timed_out' | 'ended', note: string | null): Promise<EndedStep[]> {
  const where: Sql[] = [sql`s.tenant_id = ${ctx.tenant.id}`, sql`s.ended_at is null`];
  if (filter.cadenceId !== undefined) where.push(sql`s.cadence_id = ${filter.cadenceId}`);
  if (filter.ruleId !== undefined) where.push(sql`s.rule_id = ${filter.ruleId}`);
  if (filter.customerIds !== undefined) where.push(sql`s.customer_id = any(${[...filter.customerIds]}::uuid[])`);
  if (filter.untilBefore !== undefined) where.push(sql`s.until < ${filter.untilBefore}::date`);
  return ctx.tx.rows<EndedStep>(sql`
    update manual_step s set state = ${state}, note = ${note}, ended_by = ${ctx.actor.name}, ended_at = app.now()
    from reminder_rule r where ${sql.and(where)} and r.tenant_id = s.tenant_id and r.id = s.rule_id
    returning s.id, s.cadence_id, s.customer_id, s.task_id, r.step_title as title`);
}

export interface StepInvoice {
  id: string;
  number: string;
  currency: string;
  openMinor: bigint;
  dueOn: Temporal.PlainDate;
}

/** Those of the invoices that are still open, oldest first. */
export function readStepInvoices(ctx: Context, ids: readonly string[]): Promise<StepInvoice[]> {
  return ctx.tx.rows<StepInvoice>(sql`
    select id, number, currency, open_minor, due_on from document
    where tenant_id = ${ctx.tenant.id} and id = any(${[...ids]}::uuid[]) and state = 'open' order by due_on, number`);
}
