import { money, type MoneyJson, toJson } from '../../../kernel/money.ts';
import { inTenant, type Platform, systemActor, workFor, type Context } from '../../../platform/context.ts';
import { readBusinessCalendar } from '../../tenants/index.ts';
import { previewCounts, type SheetCount } from '../planning/queries.ts';
import { readRules } from '../queries.ts';
import type { Rule } from '../rule.ts';
import { readProgress, readRun } from '../runs/queries.ts';
import { isDue } from '../schedule.ts';
import { executeRun, planOf, startManualRun } from './run.ts';

export interface RunSummary {
  /** Null for a dry run, and when no rule is due. */
  runId: string | null;
  asOf: string;
  dryRun: boolean;
  rules: string[];
  statements: number;
  held: number;
  failed: number;
  heldReasons: Record<string, number>;
  amounts: MoneyJson[];
}

export interface RunNow {
  /** `due`: those that are on and due today; `on`: all that are on; or names. */
  rules: 'due' | 'on' | readonly string[];
  mails: boolean;
  dryRun: boolean;
}

/**
 * Runs rules of one company now and in this process; the mails are sent by the worker. With `dryRun` nothing is
 * written. Throws for a name that no rule has.
 */
export async function runNow(platform: Platform, tenantId: string, input: RunNow): Promise<RunSummary> {
  if (input.dryRun) return inTenant(platform, tenantId, systemActor, (ctx) => dryRun(ctx, input));
  const work = workFor(platform, tenantId, systemActor);
  const runId = await work.transaction(async (ctx) => {
    const rules = await chosen(ctx, input);
    return rules.length === 0
      ? null
      : startManualRun(ctx, {
          ruleIds: rules.map((rule) => rule.id),
          mails: input.mails,
        });
  });
  if (runId !== null) await executeRun(work, runId);
  return work.transaction((ctx) => summary(ctx, runId));
}

async function chosen(ctx: Context, { rules }: RunNow): Promise<Rule[]> {
  const all = await readRules(ctx);
  if (rules === 'on') return all.filter((rule) => rule.active);
  if (rules === 'due') {
    const calendar = await readBusinessCalendar(ctx);
    return all.filter((rule) => rule.active && isDue(rule.schedule, ctx.clock.today(), calendar));
  }
  return rules.map((name) => {
    const rule = all.find((one) => one.name.toLowerCase() === name.toLowerCase());
    if (!rule) throw new RangeError(`There is no statement rule "${name}". The rules are ${all.map((one) => `"${one.name}"`).join(', ')}.`);
    return rule;
  });
}

const sums = (counts: readonly SheetCount[]): MoneyJson[] => {
  const totals = new Map<string, bigint>();
  for (const { currency, minor } of counts) totals.set(currency, (totals.get(currency) ?? 0n) + minor);
  return [...totals].map(([currency, minor]) => toJson(money(minor, currency)));
};

async function dryRun(ctx: Context, input: RunNow): Promise<RunSummary> {
  const rules = await chosen(ctx, input);
  const counts = rules.length === 0 ? [] : await previewCounts(ctx, await planOf(ctx, ctx.clock.today(), rules));
  const heldReasons: Record<string, number> = {};
  for (const { hold, count } of counts) if (hold !== null) heldReasons[hold] = (heldReasons[hold] ?? 0) + count;
  return {
    runId: null,
    asOf: ctx.clock.today().toString(),
    dryRun: true,
    rules: rules.map((rule) => rule.name),
    statements: counts.reduce((sum, row) => sum + row.count, 0),
    held: Object.values(heldReasons).reduce((sum, count) => sum + count, 0),
    failed: 0,
    heldReasons,
    amounts: sums(counts),
  };
}

async function summary(ctx: Context, runId: string | null): Promise<RunSummary> {
  const none = { runId, asOf: ctx.clock.today().toString(), dryRun: false, rules: [], statements: 0, held: 0, failed: 0, heldReasons: {}, amounts: [] };
  if (runId === null) return none;
  const run = (await readRun(ctx, runId))!;
  const progress = await readProgress(ctx, runId);
  return {
    ...none,
    asOf: run.asOf.toString(),
    rules: (await readRules(ctx)).filter((rule) => run.ruleIds.includes(rule.id)).map((rule) => rule.name),
    statements: run.statementCount,
    held: run.heldCount,
    failed: progress.failed,
    heldReasons: Object.fromEntries(progress.holds.map(({ hold, count }) => [hold, count])),
    amounts: run.totals.map(({ currency, minor }) => toJson(money(BigInt(minor), currency))),
  };
}
