/** A run that is much larger than usual waits for a person. */
import { conflict, notFound } from '../../../kernel/problem.ts';
import type { Context } from '../../../platform/context.ts';
import { getSettings } from '../../tenants/index.ts';
import { reminderEvents } from '../events.ts';
import type { Run } from '../runs/queries.ts';
import { cancelDecisions } from '../runs/queries-mails.ts';
import * as queries from '../runs/queries-watch.ts';
import { clearAlarms, raiseAlarm } from './alarm.ts';

/** Runs that say what is usual. */
const RUNS = 20;
/** A month-end that was large a month ago is no surprise. */
const LARGEST_DAYS = 35;

/**
 * How many mails a daily run sends without asking: so many times the usual run (the median of the last ones that sent
 * anything), the largest of the last five weeks, and never less than the minimum.
 */
export async function allowedMails(ctx: Context, run: Run): Promise<number> {
  const { brakeFactor, brakeMinimum } = (await getSettings(ctx)).reminders;
  const sizes = await queries.readRunSizes(ctx, run, LARGEST_DAYS, RUNS);
  return Math.max(brakeMinimum, Math.ceil((median(sizes.last) ?? 0) * brakeFactor), sizes.largest);
}

const median = (sizes: readonly number[]): number | null => sizes.toSorted((a, b) => a - b)[Math.floor(sizes.length / 2)] ?? null;

/** What the runs before that one sent usually; null when none sent anything. */
export async function usualMails(ctx: Context, run: Run): Promise<number | null> {
  return median((await queries.readRunSizes(ctx, run, LARGEST_DAYS, RUNS)).last);
}

/**
 * Stops a daily run that is larger than allowed, and tells the administrators. True when it waits now. A run that a
 * person started is not asked again.
 */
export async function brake(ctx: Context, run: Run, mails: number): Promise<boolean> {
  if (run.kind !== 'daily') return false;
  const allowed = await allowedMails(ctx, run);
  await queries.markAllowed(ctx, run.id, allowed, mails > allowed);
  if (mails <= allowed) return false;
  await ctx.record({
    type: reminderEvents.runStopped,
    subjectType: 'reminder_run',
    subjectId: run.id,
    data: { runOn: run.runOn.toString(), mails, allowed },
  });
  await raiseAlarm(ctx, { kind: 'waiting_run', runOn: run.runOn, hour: run.hour, runId: run.id, expected: mails, sent: 0 });
  return true;
}

async function lockWaiting(ctx: Context, id: string): Promise<Run> {
  const run = await queries.lockRun(ctx, id);
  if (!run) throw notFound('run');
  if (run.state !== 'waiting') throw conflict('not_waiting', 'Only a run that waits for a person can be approved or canceled.');
  return run;
}

/** Lets a waiting run go. What was paid, paused or held meanwhile is looked at again when its mails are sent. */
export async function approveRun(ctx: Context, id: string): Promise<void> {
  const run = await lockWaiting(ctx, id);
  await queries.release(ctx, id, 'running');
  await clearAlarms(ctx, { kind: 'waiting_run', runId: id });
  await ctx.record({
    type: reminderEvents.runApproved,
    subjectType: 'reminder_run',
    subjectId: id,
    data: { runOn: run.runOn.toString(), mails: run.sentCount, allowed: run.allowedCount },
  });
}

/** Nothing of a waiting run goes out; its decisions are held back for good. */
export async function cancelRun(ctx: Context, id: string): Promise<void> {
  const run = await lockWaiting(ctx, id);
  await cancelDecisions(ctx, id);
  await queries.release(ctx, id, 'canceled');
  await clearAlarms(ctx, { kind: 'waiting_run', runId: id });
  await ctx.record({
    type: reminderEvents.runCanceled,
    subjectType: 'reminder_run',
    subjectId: id,
    data: { runOn: run.runOn.toString(), mails: run.sentCount, allowed: run.allowedCount },
  });
}
