import { newId } from '../../../../kernel/ids.ts';
import { conflict, notFound, Problem } from '../../../../kernel/problem.ts';
import type { Context } from '../../../../platform/context.ts';
import { completeTask, createTask, skipTask } from '../../../collections/index.ts';
import { findStaffUser } from '../../../identity/index.ts';
import { cadenceEvents } from '../events.ts';
import * as queries from '../queries-steps.ts';

/** What a run found for a step of the channel "task". */
export interface TaskToDo {
  cadenceId: string;
  ruleId: string;
  title: string;
  body: string | null;
  assignedTo: string | null;
  waits: boolean;
  timeoutDays: number | null;
  customerId: string;
  day: Temporal.PlainDate;
  documentIds: readonly string[];
}

/** Gives a person the step to do; done before for the customer and day, nothing happens. */
export async function beginStep(ctx: Context, todo: TaskToDo): Promise<void> {
  const id = newId();
  const today = ctx.clock.today();
  const until = todo.waits ? today.add({ days: todo.timeoutDays! }) : null;
  const { cadenceId, ruleId, customerId, day, documentIds, waits } = todo;
  if (!(await queries.insertManualStep(ctx, { id, cadenceId, ruleId, customerId, day, documentIds, waits, until }))) return;
  const taskId = await createTask(ctx, {
    customerId,
    title: todo.title,
    description: todo.body,
    assignedTo: await stillHere(ctx, todo.assignedTo),
    dueOn: today,
    source: 'cadence',
    sourceId: id,
    documentIds,
  });
  await queries.setTask(ctx, id, taskId);
  await ctx.record({
    type: cadenceEvents.stepBegan,
    subjectType: 'manual_step',
    subjectId: id,
    customerId,
    data: { cadenceId, ruleId, taskId, title: todo.title, until: until?.toString() ?? null },
  });
}

/** A colleague who left must not stop the run: the task is nobody's then. */
async function stillHere(ctx: Context, userId: string | null): Promise<string | null> {
  const user = userId === null ? null : await findStaffUser(ctx, userId);
  return user && user.disabledAt === null && user.role !== 'viewer' ? userId : null;
}

/**
 * A person did the step, or decided against it: the cadence goes on with the next run, and the task goes from the
 * worklist. Problem 409 when it is over already.
 */
export async function finishStep(ctx: Context, id: string, state: 'done' | 'skipped', note: string | null): Promise<void> {
  const step = await queries.readManualStep(ctx, id, true);
  if (!step) throw notFound('manual step');
  if (step.state !== 'open') throw conflict('step_over', `This step is over: ${stateWords[step.state]}${step.endedBy ? ` by ${step.endedBy}` : ''}.`);
  await finish(ctx, step, state, note, ctx.actor.name);
  if (step.taskId !== null) await closeTask(ctx, step.taskId, state, note);
}

/** The task of a step that is over. Somebody may have finished it a moment ago. */
async function closeTask(ctx: Context, taskId: string, state: 'done' | 'skipped', note: string | null): Promise<void> {
  try {
    await (state === 'done' ? completeTask : skipTask)(ctx, taskId, note);
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'task_finished') throw error;
  }
}

const stateWords: Record<queries.ManualState, string> = {
  open: 'open',
  done: 'done',
  skipped: 'skipped',
  timed_out: 'nobody did it in time',
  ended: 'ended with the cadence',
};

/** task.done and task.skipped → the step of the cadence that waited for it. */
export async function finishStepOfTask(ctx: Context, taskId: string, state: 'done' | 'skipped'): Promise<void> {
  const found = await queries.findStepOfTask(ctx, taskId);
  const step = found && (await queries.readManualStep(ctx, found.id, true));
  if (step?.state === 'open') await finish(ctx, step, state, found!.outcome, found!.finishedBy ?? ctx.actor.name);
}

async function finish(ctx: Context, step: queries.ManualStep, state: 'done' | 'skipped', note: string | null, by: string): Promise<void> {
  await queries.endStep(ctx, step.id, state, note, by);
  await ctx.record({
    type: state === 'done' ? cadenceEvents.stepDone : cadenceEvents.stepSkipped,
    subjectType: 'manual_step',
    subjectId: step.id,
    customerId: step.customerId,
    data: { cadenceId: step.cadenceId, taskId: step.taskId, title: step.title, note, by, before: { state: 'open' }, after: { state } },
  });
}

/** Steps that nobody did in time hold their cadence no longer. The task stays on the worklist. */
export async function timeOutSteps(ctx: Context, on: Temporal.PlainDate): Promise<void> {
  const ended = await queries.endStepsWhere(ctx, { untilBefore: on }, 'timed_out', null);
  for (const step of ended) await recordEnd(ctx, cadenceEvents.stepTimedOut, step, null);
}

/** Ends steps with the cadence, the step or the membership that they belong to; their tasks go from the worklist. */
export async function endSteps(ctx: Context, filter: queries.EndFilter, reason: string): Promise<void> {
  for (const step of await queries.endStepsWhere(ctx, filter, 'ended', reason)) {
    await recordEnd(ctx, cadenceEvents.stepEnded, step, reason);
    if (step.taskId !== null) await closeTask(ctx, step.taskId, 'skipped', reason);
  }
}

async function recordEnd(ctx: Context, type: string, step: queries.EndedStep, reason: string | null): Promise<void> {
  await ctx.record({
    type,
    subjectType: 'manual_step',
    subjectId: step.id,
    customerId: step.customerId,
    data: { cadenceId: step.cadenceId, taskId: step.taskId, title: step.title, ...(reason ? { reason } : {}) },
  });
}
