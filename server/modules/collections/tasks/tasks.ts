import { newId } from '../../../kernel/ids.ts';
import { conflict, invalid, notFound } from '../../../kernel/problem.ts';
import type { Context } from '../../../platform/context.ts';
import { readCustomer } from '../../customers/index.ts';
import { findStaffUser } from '../../identity/index.ts';
import { collectionEvents } from '../events.ts';
import { finishTaskRow, findTaskOf, insertTask, lockTask, type Task, type TaskSource, updateTaskRow } from './queries.ts';

export interface TaskInput {
  customerId: string;
  title: string;
  description?: string | null;
  /** A staff user; null or left out: nobody's yet. */
  assignedTo?: string | null;
  dueOn: Temporal.PlainDate;
  source: TaskSource;
  /** What it comes from. There is one task for a source and this id: asking again answers the first one's id. */
  sourceId?: string | null;
  /** Invoices of the customer that it is about; others are left out. */
  documentIds?: readonly string[];
}

/** Something for a person to do about a customer. Problem 404 for an unknown customer, 422 for an unknown assignee. */
export async function createTask(ctx: Context, input: TaskInput): Promise<string> {
  if (!(await readCustomer(ctx, input.customerId))) throw notFound('customer');
  const assignedTo = input.assignedTo ?? null;
  await checkAssignee(ctx, assignedTo);
  const id = newId();
  const sourceId = input.sourceId ?? null;
  const task = {
    id,
    customerId: input.customerId,
    title: input.title.trim().slice(0, 200),
    description: input.description?.trim() || null,
    assignedTo,
    dueOn: input.dueOn,
    source: input.source,
    sourceId,
  };
  if (!(await insertTask(ctx, task, input.documentIds ?? []))) return (await findTaskOf(ctx, input.source, sourceId!))!;
  await ctx.record({
    type: collectionEvents.taskCreated,
    subjectType: 'task',
    subjectId: id,
    customerId: input.customerId,
    data: { title: task.title, dueOn: input.dueOn.toString(), assignedTo, source: input.source, sourceId },
  });
  return id;
}

export interface TaskChanges {
  title?: string | undefined;
  description?: string | null | undefined;
  assignedTo?: string | null | undefined;
  dueOn?: Temporal.PlainDate | undefined;
}

/** Changes an open task: what is left out stays. */
export async function changeTask(ctx: Context, id: string, changes: TaskChanges): Promise<void> {
  const before = await lockOpen(ctx, id);
  const after = {
    title: changes.title ?? before.title,
    description: changes.description === undefined ? before.description : changes.description?.trim() || null,
    assignedTo: changes.assignedTo === undefined ? before.assignedTo : changes.assignedTo,
    dueOn: changes.dueOn ?? before.dueOn,
  };
  if (after.assignedTo !== before.assignedTo) await checkAssignee(ctx, after.assignedTo);
  const keys = (['title', 'description', 'assignedTo', 'dueOn'] as const).filter((key) => String(after[key]) !== String(before[key]));
  if (keys.length === 0) return;
  await updateTaskRow(ctx, id, after);
  const pick = (from: typeof after) => Object.fromEntries(keys.map((key) => [key, from[key] === null ? null : String(from[key])]));
  await ctx.record({
    type: collectionEvents.taskChanged,
    subjectType: 'task',
    subjectId: id,
    customerId: before.customerId,
    data: { title: after.title, before: pick(before), after: pick(after) },
  });
}

/** The task was done. Problem 409 when it is finished already. Whoever waits for it hears `task.done`. */
export const completeTask = (ctx: Context, id: string, outcome?: string | null): Promise<void> => finish(ctx, id, 'done', outcome);

/** The task is not going to be done. Whoever waits for it hears `task.skipped`. */
export const skipTask = (ctx: Context, id: string, outcome?: string | null): Promise<void> => finish(ctx, id, 'skipped', outcome);

async function finish(ctx: Context, id: string, state: 'done' | 'skipped', outcome: string | null | undefined): Promise<void> {
  const task = await lockOpen(ctx, id);
  const words = outcome?.trim() || null;
  await finishTaskRow(ctx, id, state, words);
  await ctx.record({
    type: state === 'done' ? collectionEvents.taskDone : collectionEvents.taskSkipped,
    subjectType: 'task',
    subjectId: id,
    customerId: task.customerId,
    data: { title: task.title, source: task.source, sourceId: task.sourceId, outcome: words },
  });
}

async function lockOpen(ctx: Context, id: string): Promise<Task> {
  const task = await lockTask(ctx, id);
  if (!task) throw notFound('task');
  if (task.state !== 'open') throw conflict('task_finished', `This task was ${task.state} by ${task.finishedBy} already.`);
  return task;
}

/** Problem 422 for someone who is not here, cannot sign in, or may only look. */
export async function checkAssignee(ctx: Context, userId: string | null, field = 'assignedTo'): Promise<void> {
  if (userId === null) return;
  const user = await findStaffUser(ctx, userId);
  if (!user) throw invalid(field, 'unknown', 'There is no such person.');
  if (user.disabledAt) throw invalid(field, 'disabled', `${user.name} has no access any more.`);
  if (user.role === 'viewer') throw invalid(field, 'viewer', `${user.name} may look but not work on tasks.`);
}
