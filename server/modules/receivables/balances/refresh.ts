import { z } from 'zod';
import type { Context, Work } from '../../../platform/context.ts';
import { defineJob } from '../../../platform/jobs/jobs.ts';
import { lockCustomerRows } from '../../customers/index.ts';
import { markStale, markTrue, readStaleSince, staleCustomers, writeBalances } from './queries.ts';

/** Customers brought up to date together: their rows are locked until the transaction ends. */
const CHUNK = 2000;

/**
 * Brings `customer_balance` up to date for these customers, or for all. Writes differences only. The customers are
 * locked first, so that a slow refresh cannot put an older figure over the one of a payment made meanwhile.
 */
export async function refreshBalances(ctx: Context, customerIds: readonly string[] | 'all'): Promise<void> {
  const ids = customerIds === 'all' ? await staleCustomers(ctx) : customerIds;
  for (let at = 0; at < ids.length; at += CHUNK) await refreshChunk(ctx, ids.slice(at, at + CHUNK));
}

/** The same for all customers in short transactions, so that nobody waits for it. Afterwards the balances are true. */
export async function refreshAllBalances(work: Work): Promise<number> {
  const { ids, mark, day } = await work.transaction(async (ctx) => {
    // the mark first: what is marked later was perhaps not seen
    const before = await readStaleSince(ctx);
    return { ids: await staleCustomers(ctx), mark: before, day: ctx.clock.today() };
  });
  for (let at = 0; at < ids.length; at += CHUNK) await work.transaction((ctx) => refreshChunk(ctx, ids.slice(at, at + CHUNK)));
  await work.transaction((ctx) => markTrue(ctx, day, mark));
  return ids.length;
}

/**
 * For a change of more customers than one transaction should bring up to date: until the job has done it, lists of
 * customers show older balances, and totals and aging are reckoned from the documents.
 */
export async function refreshLater(ctx: Context): Promise<void> {
  await markStale(ctx);
  await ctx.enqueue(refresh, { customerIds: 'all' }, { key: 'all' });
}

/** Brings balances up to date: after a large upload, or for customers that just came to be. */
export const refresh = defineJob(
  'receivables.refresh_balances',
  z.object({ customerIds: z.union([z.literal('all'), z.array(z.string())]) }),
  async (work, { customerIds }) => {
    if (customerIds === 'all') await refreshAllBalances(work);
    else await work.transaction((ctx) => refreshBalances(ctx, customerIds));
  },
);

async function refreshChunk(ctx: Context, ids: readonly string[]): Promise<void> {
  await lockCustomerRows(ctx, ids);
  await writeBalances(ctx, ids);
}
