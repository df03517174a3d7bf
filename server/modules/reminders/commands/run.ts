import { newId } from '../../../kernel/ids.ts';
import { invalid } from '../../../kernel/problem.ts';
import type { Context, Work } from '../../../platform/context.ts';
import { getSettings } from '../../tenants/index.ts';
import { selectApart } from '../../conditions/index.ts';
import { reminderEvents } from '../events.ts';
import { prepareCadences } from '../cadences/hand-over.ts';
import { planFor } from '../planning/agenda.ts';
import { type Question, writeDecisions } from '../planning/queries.ts';
import { readRules } from '../queries.ts';
import type { Rule } from '../rule.ts';
import * as queries from '../runs/queries.ts';
import { agenda } from '../schedule.ts';
import { brake } from './brake.ts';
import { handOverSlice } from './hand-over.ts';

/** The days that a daily run on `on` answers for, by what ran before and since when rules are active. */
export async function agendaFor(ctx: Context, on: Temporal.PlainDate, hour: number | null, rules: readonly Rule[]): Promise<ReturnType<typeof agenda>> {
  const { reminders } = await getSettings(ctx);
  const activated = rules.flatMap((rule) => rule.activatedOn ?? []).sort(Temporal.PlainDate.compare);
  return agenda({
    on,
    lastRunOn: await queries.readLastRunOn(ctx, on, hour),
    firstActivatedOn: activated[0] ?? null,
    catchUpDays: reminders.catchUpDays,
  });
}

/** Begins the daily run of `on`; null when it was begun before, by this worker or another. */
export async function startDailyRun(ctx: Context, on: Temporal.PlainDate, hour: number | null): Promise<string | null> {
  const rules = (await readRules(ctx, { active: true, steps: true })).filter((rule) => rule.schedule.hour === hour);
  const { days, missed } = await agendaFor(ctx, on, hour, rules);
  return start(ctx, { runOn: on, kind: 'daily', hour, ruleIds: null, customerIds: null, days, missedDays: missed });
}

export interface ManualRun {
  /** Only for these customers. */
  customerIds?: string[];
  /** The day whose conditions are asked; today when it is left out. */
  day?: Temporal.PlainDate;
}

/**
 * Begins a person's run that sends today, of all active rules or of those given. It asks whatever their schedule; holds
 * and caps are those of any run. Problem 422 when none of them is active.
 */
export async function startManualRun(ctx: Context, ruleIds: string[] | null, { customerIds, day }: ManualRun = {}): Promise<string> {
  const active = (await readRules(ctx, { active: true, steps: true })).filter((rule) => ruleIds === null || ruleIds.includes(rule.id));
  if (active.length === 0)
    throw invalid(
      'ruleIds',
      'no_active_rule',
      ruleIds === null ? 'No rule is active. Switch one on first.' : 'None of these rules is active. Switch one on first.',
    );
  const today = ctx.clock.today();
  return (await start(ctx, { runOn: today, kind: 'manual', hour: null, ruleIds, customerIds: customerIds ?? null, days: [day ?? today], missedDays: [] }))!;
}

async function start(ctx: Context, values: Omit<queries.NewRun, 'id' | 'grouping'>): Promise<string | null> {
  const { reminders } = await getSettings(ctx);
  const id = newId();
  if (!(await queries.insertRun(ctx, { id, grouping: reminders.grouping, ...values }))) return null;
  await ctx.record({
    type: reminderEvents.runStarted,
    subjectType: 'reminder_run',
    subjectId: id,
    data: { runOn: values.runOn.toString(), kind: values.kind, days: values.days.map(String), missedDays: values.missedDays.map(String) },
  });
  return id;
}

/** Writes the decisions of a run that has none yet. Answers false when another worker is at it, it is done or it waits. */
export async function planRun(ctx: Context, runId: string): Promise<boolean> {
  const run = await queries.claimRun(ctx, runId);
  if (!run) return false;
  if (run.plannedAt) return true;
  await queries.lockPlanning(ctx);
  if (run.kind === 'daily') await prepareCadences(ctx, run.runOn);
  const { questions, counts } = await decideRun(ctx, run);
  await queries.markRules(ctx, run.runOn, [...new Set(questions.map((question) => question.ruleId))]);
  const goesOn = !(await brake(ctx, run, counts.mails));
  await ctx.platform.fault('reminders.plan.before_commit');
  return goesOn;
}

/** Decides about whatever the run is asked. Locks nothing: a replay of the past calls it as well (proof/replay.ts). */
export async function decideRun(ctx: Context, run: queries.Run): Promise<{ questions: readonly Question[]; counts: queries.RunCounts }> {
  const rules = (await readRules(ctx, { active: true, steps: true })).filter((rule) =>
    run.kind === 'daily' ? rule.schedule.hour === run.hour : run.ruleIds === null || run.ruleIds.includes(rule.id),
  );
  const { id: runId, customerIds, ...rest } = run;
  const plan = await planFor(ctx, { ...rest, runId, customerIds: customerIds ?? undefined }, rules);
  const written = await writeDecisions(ctx, run.id, plan);
  const things = plan.questions.every((question) => question.channel === 'email') ? onlyMails : await queries.countThings(ctx, run.id);
  const counts = summedUp(written, things, selectApart(plan.questions) ? sumsOf(written) : await queries.sumMails(ctx, run.id));
  await queries.markPlanned(ctx, run.id, counts, plan.questions);
  return { questions: plan.questions, counts };
}

const onlyMails = { tasks: 0, letters: 0 };

/** Each decision to send is one mail, task or letter: the others of it are merged. */
function summedUp(
  counts: readonly queries.DecisionCount[],
  things: { tasks: number; letters: number },
  totals: readonly { currency: string; minor: bigint }[],
): queries.RunCounts {
  const of = (outcome: string) => counts.filter((row) => row.outcome === outcome).reduce((sum, row) => sum + row.count, 0);
  return {
    mails: of('send') - things.tasks - things.letters,
    ...things,
    merged: of('merged'),
    held: of('held'),
    totals: totals.map(({ currency, minor }) => ({ currency, minor: minor.toString() })),
  };
}

/** When no invoice was matched twice, the decisions' own sums are what the run asks for. */
function sumsOf(counts: readonly queries.DecisionCount[]): { currency: string; minor: bigint }[] {
  const sums = new Map<string, bigint>();
  for (const { outcome, reason, currency, minor } of counts)
    if (outcome !== 'held' && reason !== 'reminded_today') sums.set(currency, (sums.get(currency) ?? 0n) + minor);
  return [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([currency, minor]) => ({ currency, minor }));
}

/** The end of a run whose mails are all handed over. */
async function finishRun(ctx: Context, run: queries.Run): Promise<void> {
  // some may have been held back since the planning
  const counts = summedUp(await queries.countDecisions(ctx, run.id), await queries.countThings(ctx, run.id), await queries.sumMails(ctx, run.id));
  await queries.markCounts(ctx, run.id, counts);
  await queries.markDone(ctx, run.id);
  await ctx.record({
    type: reminderEvents.runFinished,
    subjectType: 'reminder_run',
    subjectId: run.id,
    data: { runOn: run.runOn.toString(), kind: run.kind, ...counts },
  });
  await ctx.platform.fault('reminders.finish.before_commit');
}

/** Hands over what was decided about the next customers. Answers whether the run goes on. */
async function nextSlice(ctx: Context, runId: string): Promise<boolean> {
  const run = await queries.claimRun(ctx, runId);
  if (!run) return false;
  const goesOn = await handOverSlice(ctx, run);
  if (!goesOn) await finishRun(ctx, run);
  return goesOn;
}

/**
 * Brings a run to its end, from wherever it stands: plan, mails in slices, done. Each step is a transaction that
 * locks the run, so several workers or a second try after a crash do nothing twice.
 */
export async function executeRun(work: Work, runId: string): Promise<void> {
  if (!(await work.transaction((ctx) => planRun(ctx, runId)))) return;
  await work.platform.fault('reminders.plan.after_commit');
  while (await work.transaction((ctx) => nextSlice(ctx, runId))) await work.platform.fault('reminders.mails.after_commit');
}
