import type { Context } from '../../platform/context.ts';

/** True when the invoices are older than the company's freshness limit allows. */
export async function readStale(_ctx: Context): Promise<boolean> {
  return false;
}
