import { z } from 'zod';
import type { Context } from '../../platform/context.ts';
import { type AnyJob, defineJob } from '../../platform/jobs/jobs.ts';
import { DSO_DAYS, type HeavyFigures, lastMonths } from './dashboard.ts';
import { readCollected, readKeptOverdue, readSales, readStored, reckonOverdue, writeStored } from './queries.ts';

/** Months of collections shown. */
const MONTHS = 12;
/** Companies whose figures take less are shown fresh figures at every view. */
const FAST_MS = 50;
/** Of bigger companies the job spends no more than a tenth of the time on figures. */
const SHARE = 10;

export interface Figures {
  months: string[];
  currencies: HeavyFigures[];
}

async function compute(ctx: Context): Promise<Figures> {
  const today = ctx.clock.today();
  const months = lastMonths(today, MONTHS);
  const thirtyDaysAgo = today.subtract({ days: 30 });
  const kept = await readKeptOverdue(ctx, thirtyDaysAgo);
  const overdue = new Map((kept.length > 0 ? kept : await reckonOverdue(ctx, thirtyDaysAgo)).map((row) => [row.currency, row.overdueMinor]));
  const sales = new Map((await readSales(ctx, today.subtract({ days: DSO_DAYS }))).map((row) => [row.currency, row.salesMinor]));
  const collected = Map.groupBy(await readCollected(ctx, months[0]!), (row) => row.currency);
  const currencies = [...new Set([ctx.tenant.currency, ...overdue.keys(), ...sales.keys(), ...collected.keys()])];
  return {
    months: months.map((month) => month.toString().slice(0, 7)),
    currencies: currencies.map((currency) => ({
      currency,
      overdue30DaysAgo: String(overdue.get(currency) ?? 0n),
      sales90Days: String(sales.get(currency) ?? 0n),
      collected: months.map((month) => String(collected.get(currency)?.find((row) => row.month.equals(month))?.collectedMinor ?? 0n)),
    })),
  };
}

async function computeAndStore(ctx: Context): Promise<Figures> {
  const start = performance.now();
  const figures = await compute(ctx);
  await writeStored(ctx, figures, Math.round(performance.now() - start));
  return figures;
}

/** The heavy figures and their moment: fresh where that is quick, else as the job last made them. */
export async function currentFigures(ctx: Context): Promise<{ figures: Figures; computedAt: Temporal.Instant }> {
  const stored = await readStored(ctx);
  if (stored && stored.tookMs > FAST_MS) return { figures: stored.figures as Figures, computedAt: stored.computedAt };
  if (stored) return { figures: await compute(ctx), computedAt: ctx.clock.now() };
  return { figures: await computeAndStore(ctx), computedAt: ctx.clock.now() };
}

/** Makes the heavy figures anew. Asked too often it waits, so that a busy company is not reckoned without pause. */
export const refreshFigures = defineJob('reporting.refresh_figures', z.object({}), async (work) => {
  await work.transaction(async (ctx) => {
    const stored = await readStored(ctx);
    const now = ctx.clock.now();
    const next = stored?.computedAt.add({ milliseconds: stored.tookMs * SHARE });
    if (next && Temporal.Instant.compare(now, next) < 0) await ctx.enqueue(refreshFigures, {}, { key: 'later', runAt: next });
    else await computeAndStore(ctx);
  });
});

export const jobs: AnyJob[] = [refreshFigures] as unknown as AnyJob[];
