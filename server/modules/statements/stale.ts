import type { Context } from '../../platform/context.ts';
import { getSettings } from '../tenants/index.ts';
import { isStale } from './runs/queries.ts';

/** True when the invoices are older than the company's freshness limit allows: then nobody is told what they say. */
export async function readStale(ctx: Context): Promise<boolean> {
  const { freshnessHours } = (await getSettings(ctx)).reminders;
  return freshnessHours !== null && (await isStale(ctx, freshnessHours));
}
