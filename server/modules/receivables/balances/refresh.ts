import type { Context, Work } from '../../../platform/context.ts';
import { lockCustomerRows } from '../../customers/index.ts';
import { staleCustomers, writeBalances } from './queries.ts';

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

/** The same for all customers in short transactions, so that nobody waits for it. */
export async function refreshAllBalances(work: Work): Promise<number> {
  const ids = await work.transaction(staleCustomers);
  for (let at = 0; at < ids.length; at += CHUNK)
    await work.transaction((ctx) => refreshChunk(ctx, ids.slice(at, at + CHUNK)));
  return ids.length;
}

async function refreshChunk(ctx: Context, ids: readonly string[]): Promise<void> {
  await lockCustomerRows(ctx, ids);
  await writeBalances(ctx, ids);
}
