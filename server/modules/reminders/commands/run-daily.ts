import { money, type MoneyJson, toJson } from '../../../kernel/money.ts';
import { invalid } from '../../../kernel/problem.ts';
import { inTenant, type Platform, systemActor, workFor, type Context } from '../../../platform/context.ts';
import { previewDaily } from '../inspection/preview.ts';
import * as queries from '../runs/queries.ts';
import { executeRun, startDailyRun } from './run.ts';

export interface RunSummary {
  /** Null for a dry run. */
  runId: string | null;
  runOn: string;
  /** Days that the run answers for; the last is its own. */
  days: string[];
  /** Days too long ago to be caught up. */
  missedDays: string[];
  dryRun: boolean;
  /** The day had its run before; nothing was done again. */
  alreadyDone: boolean;
  /** It is much larger than usual, and a person has to let it go. */
  waiting: boolean;
  mails: number;
  tasks: number;
  letters: number;
  /** Decisions listed in the mail of another rule. */
  merged: number;
  held: number;
  heldReasons: Record<string, number>;
  amounts: MoneyJson[];
}

/**
 * The daily run of one company for the day `on`, now and in this process, with the days before it that were missed. A
 * day is answered once. With `dryRun` nothing is written. Problem 422 for a day that has not come yet.
 */
export async function runDaily(platform: Platform, tenantId: string, on: Temporal.PlainDate, options: { dryRun?: boolean } = {}): Promise<RunSummary> {
  if (options.dryRun) return inTenant(platform, tenantId, systemActor, (ctx) => dryRun(ctx, on));
  const work = workFor(platform, tenantId, systemActor);
  const { runId, isNew } = await work.transaction(async (ctx) => {
    if (Temporal.PlainDate.compare(on, ctx.clock.today()) > 0)
      throw invalid('on', 'in_the_future', `${on.toString()} has not come yet for this company. Ask with a dry run what would be sent.`);
    const started = await startDailyRun(ctx, on, null);
    return { runId: started ?? (await queries.readDailyRun(ctx, on, null))!.id, isNew: started !== null };
  });
  await executeRun(work, runId);
  return work.transaction((ctx) => summary(ctx, runId, !isNew));
}

/** The counts of a run as they stand. */
export async function summary(ctx: Context, runId: string, alreadyDone: boolean): Promise<RunSummary> {
  const run = (await queries.readRun(ctx, runId))!;
  const heldReasons: Record<string, number> = {};
  for (const row of await queries.countDecisions(ctx, runId)) if (row.outcome === 'held') heldReasons[row.reason] = (heldReasons[row.reason] ?? 0) + row.count;
  return {
    runId,
    runOn: run.runOn.toString(),
    days: run.days.map(String),
    missedDays: run.missedDays.map(String),
    dryRun: false,
    alreadyDone,
    waiting: run.state === 'waiting',
    mails: run.sentCount,
    tasks: run.taskCount,
    letters: run.letterCount,
    merged: run.mergedCount,
    held: run.heldCount,
    heldReasons,
    amounts: run.totals.map(({ currency, minor }) => toJson(money(BigInt(minor), currency))),
  };
}

async function dryRun(ctx: Context, on: Temporal.PlainDate): Promise<RunSummary> {
  const preview = await previewDaily(ctx, on);
  return {
    runId: null,
    runOn: on.toString(),
    days: preview.days.map(String),
    missedDays: preview.missed.map(String),
    dryRun: true,
    waiting: false,
    alreadyDone: (await queries.readDailyRun(ctx, on, null)) !== null,
    mails: preview.mails,
    tasks: preview.tasks,
    letters: preview.letters,
    merged: preview.merged,
    held: preview.held,
    heldReasons: preview.heldReasons,
    amounts: preview.amounts,
  };
}
