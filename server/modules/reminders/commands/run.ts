import { newId } from '../../../kernel/ids.ts';
import { invalid } from '../../../kernel/problem.ts';
import type { Context, Work } from '../../../platform/context.ts';
import { queueEmails } from '../../correspondence/index.ts';
import { getSettings } from '../../tenants/index.ts';
import { selectApart } from '../../conditions/index.ts';
import { reminderEvents } from '../events.ts';
import { type Plan, type Question, readEarlierRuns, writeDecisions } from '../planning/queries.ts';
import { readRules } from '../queries.ts';
import { mailKey, type Rule } from '../rule.ts';
import * as queries from '../runs/queries.ts';
import { agenda } from '../schedule.ts';

/** Customers whose mails are written in one transaction: large enough to be set-based, small enough for flat memory. */
const SLICE = 500;
/** Copies of one reminder. */
const MAX_COPIES = 10;

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
  return start(ctx, { runOn: on, kind: 'daily', hour, ruleIds: null, days, missedDays: missed });
}

/** Begins a run for today, of all active rules or of those given. Problem 422 when none of them is active. */
export async function startManualRun(ctx: Context, ruleIds: string[] | null): Promise<string> {
  const active = (await readRules(ctx, { active: true, steps: true })).filter((rule) => ruleIds === null || ruleIds.includes(rule.id));
  if (active.length === 0)
    throw invalid(
      'ruleIds',
      'no_active_rule',
      ruleIds === null ? 'No rule is active. Switch one on first.' : 'None of these rules is active. Switch one on first.',
    );
  const today = ctx.clock.today();
  return (await start(ctx, { runOn: today, kind: 'manual', hour: null, ruleIds, days: [today], missedDays: [] }))!;
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

/** Each rule asked for each day on which it was active already; a manual run asks whatever is active now. */
export function questionsOf(rules: readonly Rule[], days: readonly Temporal.PlainDate[], fromActivation: boolean): Question[] {
  return rules.flatMap((rule) =>
    days
      .filter((day) => !fromActivation || (rule.activatedOn !== null && Temporal.PlainDate.compare(day, rule.activatedOn) >= 0))
      .map((day) => ({
        ruleId: rule.id,
        ruleVersion: rule.version,
        position: rule.position,
        customerCondition: rule.customerCondition,
        invoiceCondition: rule.invoiceCondition,
        day,
      })),
  );
}

/** Writes the decisions of a run that has none yet. Answers false when another worker is at it or it is done. */
export async function planRun(ctx: Context, runId: string): Promise<boolean> {
  const run = await queries.claimRun(ctx, runId);
  if (!run) return false;
  if (run.plannedAt) return true;
  await queries.lockPlanning(ctx);
  await decideRun(ctx, run);
  await ctx.platform.fault('reminders.plan.before_commit');
  return true;
}

/** Decides about whatever the run is asked. Locks nothing: a replay of the past calls it as well (proof/replay.ts). */
export async function decideRun(ctx: Context, run: queries.Run): Promise<void> {
  const rules = (await readRules(ctx, { active: true, steps: true })).filter((rule) =>
    run.kind === 'daily' ? rule.schedule.hour === run.hour : run.ruleIds === null || run.ruleIds.includes(rule.id),
  );
  const plan: Plan = {
    questions: questionsOf(rules, run.days, run.kind === 'daily'),
    runOn: run.runOn,
    grouping: run.grouping,
    earlier: await readEarlierRuns(ctx, run.days, run.runOn, run.id),
    retryHeld: run.kind === 'manual',
  };
  await writeDecisions(ctx, run.id, plan);
  await queries.markPlanned(ctx, run.id, await countRun(ctx, run.id, selectApart(plan.questions)));
}

/** `apart`: no invoice was matched twice, so that the decisions' own sums are what the mails ask for. */
async function countRun(ctx: Context, runId: string, apart: boolean): Promise<queries.RunCounts> {
  const counts = await queries.countDecisions(ctx, runId);
  const of = (outcome: string) => counts.filter((row) => row.outcome === outcome).reduce((sum, row) => sum + row.count, 0);
  const totals = apart ? sumsOf(counts) : await queries.sumMails(ctx, runId);
  return { sent: of('send'), merged: of('merged'), held: of('held'), totals: totals.map(({ currency, minor }) => ({ currency, minor: minor.toString() })) };
}

function sumsOf(counts: readonly queries.DecisionCount[]): { currency: string; minor: bigint }[] {
  const sums = new Map<string, bigint>();
  for (const { outcome, reason, currency, minor } of counts)
    if (outcome !== 'held' && reason !== 'reminded_today') sums.set(currency, (sums.get(currency) ?? 0n) + minor);
  return [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([currency, minor]) => ({ currency, minor }));
}

/** Hands the mails of the next customers to correspondence. Answers whether the run goes on. */
async function queueSlice(ctx: Context, runId: string): Promise<boolean> {
  const run = await queries.claimRun(ctx, runId);
  if (!run) return false;
  const mails = await queries.nextMails(ctx, run, SLICE);
  if (mails.length === 0) {
    await finish(ctx, run);
    return false;
  }
  const deliverable = mails.filter((mail) => mail.addresses.length > 0);
  const unreachable = [...new Set(mails.filter((mail) => mail.addresses.length === 0).map((mail) => mail.customerId))];
  if (unreachable.length > 0) await queries.holdBack(ctx, run.id, unreachable, 'no_contact');
  await queueEmails(
    ctx,
    deliverable.map((mail) => ({
      dedupeKey: mailKey(run.runOn, mail.customerId, run.grouping === 'per_rule' ? mail.ruleId : null),
      kind: 'reminder' as const,
      customerId: mail.customerId,
      templateId: mail.templateId,
      runId: run.id,
      toAddress: mail.addresses[0]!,
      ccAddresses: mail.addresses.slice(1, 1 + MAX_COPIES),
      payload: { documentIds: mail.documentIds, ruleIds: mail.ruleIds, day: run.runOn.toString() },
    })),
  );
  await queries.markProgress(ctx, run.id, mails.at(-1)!.customerId);
  await ctx.platform.fault('reminders.mails.before_commit');
  return true;
}

async function finish(ctx: Context, run: queries.Run): Promise<void> {
  // some may have been held back since the planning
  const counts = await countRun(ctx, run.id, false);
  await queries.markPlanned(ctx, run.id, counts);
  await queries.markDone(ctx, run.id);
  await ctx.record({
    type: reminderEvents.runFinished,
    subjectType: 'reminder_run',
    subjectId: run.id,
    data: { runOn: run.runOn.toString(), kind: run.kind, mails: counts.sent, merged: counts.merged, held: counts.held, totals: counts.totals },
  });
  await ctx.platform.fault('reminders.finish.before_commit');
}

/**
 * Brings a run to its end, from wherever it stands: plan, mails in slices, done. Each step is a transaction that
 * locks the run, so several workers or a second try after a crash do nothing twice.
 */
export async function executeRun(work: Work, runId: string): Promise<void> {
  if (!(await work.transaction((ctx) => planRun(ctx, runId)))) return;
  await work.platform.fault('reminders.plan.after_commit');
  while (await work.transaction((ctx) => queueSlice(ctx, runId))) await work.platform.fault('reminders.mails.after_commit');
}
