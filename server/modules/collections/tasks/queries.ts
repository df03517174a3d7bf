import type { Platform } from '../../../platform/context.ts';
import type { Context } from '../../../platform/context.ts';
import { sql } from '../../../platform/database/sql.ts';

export const taskStates = ['open', 'done', 'skipped'] as const;
export type TaskState = (typeof taskStates)[number];
export const taskSources = ['person', 'cadence', 'payer', 'system'] as const;
export type TaskSource = (typeof taskSources)[number];

export interface Task {
  id: string;
  customerId: string;
  customerName: string;
  customerNumber: string;
  title: string;
  description: string | null;
  assignedTo: string | null;
  assignedName: string | null;
  dueOn: Temporal.PlainDate;
  state: TaskState;
  source: TaskSource;
  sourceId: string | null;
  createdBy: string;
  createdAt: Temporal.Instant;
  finishedBy: string | null;
  finishedAt: Temporal.Instant | null;
  outcome: string | null;
}

const columns = sql.raw(`t.id, t.customer_id, c.name as customer_name, c.number as customer_number, t.title, t.description, t.assigned_to,
  u.name as assigned_name, t.due_on, t.state, t.source, t.source_id, t.created_by, t.created_at, t.finished_by, t.finished_at, t.outcome`);
const joined = sql.raw(`task t join customer c on c.tenant_id = t.tenant_id and c.id = t.customer_id
  left join staff_user u on u.tenant_id = t.tenant_id and u.id = t.assigned_to`);

export interface NewTask {
  id: string;
  customerId: string;
  title: string;
  description: string | null;
  assignedTo: string | null;
  dueOn: Temporal.PlainDate;
  source: TaskSource;
  sourceId: string | null;
}

/** False when there is a task from this source already. */
export async function insertTask(ctx: Context, task: NewTask, documentIds: readonly string[]): Promise<boolean> {
  const count = await ctx.tx.run(sql`
    insert into task (tenant_id, id, customer_id, title, description, assigned_to, due_on, source, source_id, created_by)
    values (${ctx.tenant.id}, ${task.id}, ${task.customerId}, ${task.title}, ${task.description}, ${task.assignedTo}, ${task.dueOn},
      ${task.source}, ${task.sourceId}, ${ctx.actor.name})
    on conflict (tenant_id, source, source_id) where source_id is not null do nothing`);
  if (count === 0) return false;
  if (documentIds.length > 0)
    await ctx.tx.run(sql`
      insert into task_document (tenant_id, task_id, document_id)
      select ${ctx.tenant.id}::uuid, ${task.id}::uuid, d.id from document d
      where d.tenant_id = ${ctx.tenant.id} and d.customer_id = ${task.customerId} and d.id = any(${[...documentIds]}::uuid[])`);
  return true;
}

export async function findTaskOf(ctx: Context, source: TaskSource, sourceId: string): Promise<string | null> {
  const row = await ctx.tx.maybe<{ id: string }>(sql`
    select id from task where tenant_id = ${ctx.tenant.id} and source = ${source} and source_id = ${sourceId}`);
  return row?.id ?? null;
}

export function readTask(ctx: Context, id: string): Promise<Task | null> {
  return ctx.tx.maybe<Task>(sql`select ${columns} from ${joined} where t.tenant_id = ${ctx.tenant.id} and t.id = ${id}`);
}

/** The task's row locked, so that two people do not finish it twice. */
export function lockTask(ctx: Context, id: string): Promise<Task | null> {
  return ctx.tx.maybe<Task>(sql`select ${columns} from ${joined} where t.tenant_id = ${ctx.tenant.id} and t.id = ${id} for no key update of t`);
}

export interface TaskFilter {
  state: TaskState | 'finished';
  assignedTo?: string | undefined;
  unassigned?: boolean | undefined;
  customerId?: string | undefined;
  documentId?: string | undefined;
  dueBefore?: Temporal.PlainDate | undefined;
  source?: TaskSource | undefined;
}

/** Open tasks by the day they are due, finished ones the newest first. */
export function listTasks(ctx: Context, filter: TaskFilter, after: { dueOn: string | null; id: string } | null, limit: number): Promise<Task[]> {
  const where = [sql`t.tenant_id = ${ctx.tenant.id}`];
  const open = filter.state === 'open';
  where.push(filter.state === 'finished' ? sql`t.state <> 'open'` : sql`t.state = ${filter.state}`);
  if (filter.assignedTo) where.push(sql`t.assigned_to = ${filter.assignedTo}::uuid`);
  if (filter.unassigned) where.push(sql`t.assigned_to is null`);
  if (filter.customerId) where.push(sql`t.customer_id = ${filter.customerId}::uuid`);
  if (filter.documentId)
    where.push(sql`exists (select 1 from task_document d where d.tenant_id = t.tenant_id and d.task_id = t.id and d.document_id = ${filter.documentId}::uuid)`);
  if (filter.dueBefore) where.push(sql`t.due_on < ${filter.dueBefore}::date`);
  if (filter.source) where.push(sql`t.source = ${filter.source}`);
  if (after) where.push(open ? sql`(t.due_on, t.id) > (${after.dueOn}::date, ${after.id}::uuid)` : sql`t.id < ${after.id}::uuid`);
  return ctx.tx.rows<Task>(sql`
    select ${columns} from ${joined} where ${sql.and(where)} order by ${open ? sql`t.due_on, t.id` : sql`t.id desc`} limit ${limit}`);
}

export interface TaskCounts {
  mine: number;
  all: number;
  overdue: number;
  unassigned: number;
}

export function countTasks(ctx: Context, userId: string | null): Promise<TaskCounts> {
  return ctx.tx.one<TaskCounts>(sql`
    select count(*) filter (where assigned_to = ${userId}::uuid)::int as mine, count(*)::int as all,
      count(*) filter (where due_on < app.today())::int as overdue, count(*) filter (where assigned_to is null)::int as unassigned
    from task where tenant_id = ${ctx.tenant.id} and state = 'open'`);
}

export interface TaskDocument {
  taskId: string;
  id: string;
  number: string;
  currency: string;
  openMinor: bigint;
}

export function readTaskDocuments(ctx: Context, taskIds: readonly string[]): Promise<TaskDocument[]> {
  return ctx.tx.rows<TaskDocument>(sql`
    select k.task_id, d.id, d.number, d.currency, d.open_minor
    from task_document k join document d on d.tenant_id = k.tenant_id and d.id = k.document_id
    where k.tenant_id = ${ctx.tenant.id} and k.task_id = any(${[...taskIds]}::uuid[]) order by k.task_id, d.due_on, d.number`);
}

export interface TaskValues {
  title: string;
  description: string | null;
  assignedTo: string | null;
  dueOn: Temporal.PlainDate;
}

/** A task that goes to another person, or to another day, is told of by mail again. */
export async function updateTaskRow(ctx: Context, id: string, v: TaskValues): Promise<void> {
  await ctx.tx.run(sql`
    update task set title = ${v.title}, description = ${v.description}, assigned_to = ${v.assignedTo}, due_on = ${v.dueOn},
      mailed_on = case when assigned_to is distinct from ${v.assignedTo}::uuid or due_on <> ${v.dueOn}::date then null else mailed_on end
    where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

export async function finishTaskRow(ctx: Context, id: string, state: 'done' | 'skipped', outcome: string | null): Promise<void> {
  await ctx.tx.run(sql`
    update task set state = ${state}, finished_by = ${ctx.actor.name}, finished_at = app.now(), outcome = ${outcome}
    where tenant_id = ${ctx.tenant.id} and id = ${id}`);
}

export interface Colleague {
  id: string;
  name: string;
}

/** Who a task or dispute can be given to: everybody who may work, by name. */
export function readColleagues(ctx: Context): Promise<Colleague[]> {
  return ctx.tx.rows<Colleague>(sql`
    select id, name from staff_user where tenant_id = ${ctx.tenant.id} and disabled_at is null and role <> 'viewer' order by lower(name), id limit 500`);
}

// The morning's mail

export async function tenantsWithDueTasks(platform: Platform): Promise<string[]> {
  const rows = await platform.database.begin(`set local app.now = '${platform.clock.now().toString()}'`, (tx) =>
    tx.rows<{ id: string }>(sql`select id from app.tenants_with_due_tasks() as id`),
  );
  return rows.map((row) => row.id);
}

export interface DueTask {
  id: string;
  assignedTo: string;
  email: string;
  disabled: boolean;
}

/** Tasks whose day has come and of which nobody was told, taken for this transaction: another worker skips them. */
export function takeDueTasks(ctx: Context, limit: number): Promise<DueTask[]> {
  return ctx.tx.rows<DueTask>(sql`
    with due as (
      select t.id from task t where t.tenant_id = ${ctx.tenant.id} and t.state = 'open' and t.mailed_on is null and t.assigned_to is not null
        and t.due_on <= app.today() and t.created_at < (app.today() + time '07:00') at time zone ${ctx.tenant.timezone}
      order by t.due_on, t.id limit ${limit} for update skip locked
    )
    update task t set mailed_on = app.today() from due, staff_user u
    where t.tenant_id = ${ctx.tenant.id} and t.id = due.id and u.tenant_id = t.tenant_id and u.id = t.assigned_to
    returning t.id, t.assigned_to, u.email, u.disabled_at is not null as disabled`);
}

/** For the morning's mail: those of these tasks that are still open and still this person's. */
export function readTasksFor(ctx: Context, ids: readonly string[], userId: string): Promise<Task[]> {
  return ctx.tx.rows<Task>(sql`
    select ${columns} from ${joined}
    where t.tenant_id = ${ctx.tenant.id} and t.id = any(${[...ids]}::uuid[]) and t.assigned_to = ${userId} and t.state = 'open'
    order by t.due_on, t.id`);
}
