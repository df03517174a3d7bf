/** Back-tests: asked for, worked out by a job, kept until somebody deletes them. */
import { setTimeout } from 'node:timers/promises';
import { z } from 'zod';
import { newId } from '../../kernel/ids.ts';
import { conflict, invalid, notFound, Problem } from '../../kernel/problem.ts';
import type { Context, Work } from '../../platform/context.ts';
import { idSchema } from '../../platform/http/schemas.ts';
import { defineJob } from '../../platform/jobs/jobs.ts';
import { type BacktestListeners, type BacktestSpec, daysOf, workOut } from './backtest.ts';
import { type Baseline, type Candidate, checkCandidate, titleOf } from './candidate.ts';
import { proofEvents } from './events.ts';
import { requireKept } from './history.ts';
import * as queries from './queries-backtest.ts';
import { startOf } from './replay.ts';

/** Two years of days; more is no question that anybody asks of rules. */
export const MAX_DAYS = 732;
const MAX_KEPT = 200;
const MAX_OPEN = 5;
/** Nobody waits longer for one, and it keeps a connection all the time. */
const MAX_MINUTES = 60;
/** Days between two notes of how far it came. */
const NOTE_EVERY = 5;

export interface BacktestInput {
  title?: string | undefined;
  candidate: Candidate;
  baseline: Baseline;
  from: Temporal.PlainDate;
  to: Temporal.PlainDate;
  moreThan: number;
}

/** Has a back-test worked out by a job. Answers its id. Problems: 404 and 422 for rules and days, 409 when there are too many. */
export async function startBacktest(ctx: Context, input: BacktestInput): Promise<string> {
  checkPeriod(ctx, input);
  await requireKept(ctx, 'from', startOf(ctx, input.from));
  await checkCandidate(ctx, input.candidate, 'candidate');
  if (input.baseline.kind !== 'sent') await checkCandidate(ctx, input.baseline, 'baseline');
  const { kept, open } = await queries.countBacktests(ctx);
  if (open >= MAX_OPEN) throw conflict('too_many_waiting', `${open} back-tests are not done yet. Wait for them or cancel one.`);
  if (kept >= MAX_KEPT) throw new Problem(409, 'too_many_backtests', `${MAX_KEPT} back-tests are kept. Delete one that is not needed.`);
  const id = newId();
  const title = input.title?.trim() || (await titleOf(ctx, input.candidate, input.baseline));
  await queries.insertBacktest(ctx, {
    id,
    title: title.slice(0, 200),
    candidate: input.candidate,
    baseline: input.baseline,
    fromDay: input.from,
    toDay: input.to,
    moreThan: input.moreThan,
    daysTotal: daysOf(input),
  });
  await ctx.record({
    type: proofEvents.backtestStarted,
    subjectType: 'backtest',
    subjectId: id,
    data: { title, from: input.from.toString(), to: input.to.toString() },
  });
  // one after another: each reads all that the company has on record
  await ctx.enqueue(runBacktest, { backtestId: id }, { key: id, queue: `backtest:${ctx.tenant.id}` });
  return id;
}

function checkPeriod(ctx: Context, { from, to }: Pick<BacktestSpec, 'from' | 'to'>): void {
  if (Temporal.PlainDate.compare(from, to) > 0) throw invalid('to', 'before_from', 'The last day is before the first.');
  if (Temporal.PlainDate.compare(to, ctx.clock.today()) > 0) throw invalid('to', 'in_the_future', 'A back-test ends today at the latest.');
  if (from.until(to).days + 1 > MAX_DAYS) throw invalid('from', 'too_long', `A back-test goes over ${MAX_DAYS} days at most.`);
}

class Cancelled extends Error {}

/** Between two looks at whether it was cancelled or deleted. */
const LOOK_EVERY_MS = 500;

/**
 * Does `work` in the transaction of `ctx` and stops whatever statement it is at when nobody wants the back-test any more: to
 * put the past of a million invoices together takes more than a minute, and looks at nothing meanwhile.
 */
async function whileWanted<T>(work: Work, ctx: Context, id: string, fn: () => Promise<T>): Promise<T> {
  const backend = await queries.readBackend(ctx);
  const over = new AbortController();
  const watch = async (): Promise<boolean> => {
    while (!over.signal.aborted) {
      const wanted = await work.transaction((beside) => queries.isRunning(beside, id));
      // a cancel that comes too late would meet nothing: this transaction does not end before it
      if (!wanted) return queries.cancelBackend(work.platform, backend);
      await setTimeout(LOOK_EVERY_MS, undefined, { signal: over.signal }).catch(() => undefined);
    }
    return false;
  };
  const stopped = watch().catch((error: unknown) => {
    work.platform.log.warn({ err: error, backtestId: id }, 'nobody looks any more whether a back-test was cancelled');
    return false;
  });
  try {
    return await fn();
  } catch (error) {
    over.abort();
    throw (await stopped) ? new Cancelled() : error;
  } finally {
    over.abort();
    await stopped;
  }
}

/** Works a back-test out, from the begin whatever an earlier try did. Its progress is committed besides. */
export async function executeBacktest(work: Work, id: string): Promise<void> {
  const test = await work.transaction((ctx) => queries.claimBacktest(ctx, id));
  if (!test) return;
  await work.platform.fault('reminders.backtest.claimed.after_commit');
  const started = performance.now();
  try {
    const listeners: BacktestListeners = {
      async progress(done, total) {
        if (performance.now() - started > MAX_MINUTES * 60_000)
          throw new Problem(409, 'too_long', `It was stopped after ${MAX_MINUTES} minutes, ${done} of ${total} days done. Ask for fewer days.`);
        if (done % NOTE_EVERY !== 0 && done !== total) return;
        if (!(await work.transaction((beside) => queries.markDays(beside, id, done)))) throw new Cancelled();
      },
      customers: (rows) => work.transaction((beside) => queries.insertCustomers(beside, id, rows)),
    };
    const spec = { candidate: test.candidate, baseline: test.baseline, from: test.fromDay, to: test.toDay };
    const result = await work.transaction((ctx) => whileWanted(work, ctx, id, () => workOut(ctx, spec, listeners)));
    await work.transaction(async (ctx) => {
      await queries.finishBacktest(ctx, id, result.days, { proof: result.proof, tookMs: Math.round(performance.now() - started) });
      await work.platform.fault('reminders.backtest.done.before_commit');
    });
  } catch (error) {
    if (error instanceof Cancelled) return;
    // tried again only when the process or the database went away; another try would meet the same fault
    if (!(error instanceof Problem)) work.platform.log.error({ err: error, backtestId: id }, 'a back-test failed');
    const text = error instanceof Problem ? error.message : 'It stopped by a fault of the program, which is in its log.';
    await work.transaction((ctx) => queries.markEnded(ctx, id, 'failed', text));
  }
}

export const runBacktest = defineJob('reminders.run_backtest', z.object({ backtestId: idSchema }), (work, { backtestId }) => executeBacktest(work, backtestId));

async function lock(ctx: Context, id: string): Promise<queries.Backtest> {
  const test = await queries.readBacktest(ctx, id, true);
  if (!test) throw notFound('back-test');
  return test;
}

export async function cancelBacktest(ctx: Context, id: string): Promise<void> {
  const test = await lock(ctx, id);
  if (test.state !== 'waiting' && test.state !== 'running') throw conflict('over', 'This back-test is over.');
  await queries.markEnded(ctx, id, 'cancelled', null);
  await ctx.record({ type: proofEvents.backtestCancelled, subjectType: 'backtest', subjectId: id, data: { title: test.title } });
}

/** Also one that is being worked out: its job notices and stops. */
export async function deleteBacktest(ctx: Context, id: string): Promise<void> {
  const test = await lock(ctx, id);
  await queries.deleteBacktest(ctx, id);
  await ctx.record({ type: proofEvents.backtestDeleted, subjectType: 'backtest', subjectId: id, data: { title: test.title } });
}
