import { z } from 'zod';
import { type Platform, systemActor, workFor } from '../../platform/context.ts';
import { type AnyJob, defineJob, defineTick, type Tick } from '../../platform/jobs/jobs.ts';
import { finishTurn, keepDay, readMismatches, turnIsDue } from './balances/queries.ts';
import { refresh, refreshAllBalances } from './balances/refresh.ts';
import { receivableEvents } from './events.ts';
import { tenantsToTurn } from './turn/queries.ts';

/** Mismatches named in the event; the count is of all found up to here. */
const MAX_NAMED = 20;

/**
 * The day's turn: what became overdue overnight is brought into the balances, the day's opening figures are kept, and
 * the ledger is proved: every kept balance against the sum of its applications. A difference is a fault of ours and
 * shows as an event and in the log.
 */
export const turnDay = defineJob('receivables.turn_day', z.object({}), async (work) => {
  if (!(await work.transaction(turnIsDue))) return;
  await refreshAllBalances(work);
  await work.transaction(async (ctx) => {
    const mismatches = await readMismatches(ctx, MAX_NAMED);
    for (const found of mismatches)
      await ctx.record({
        type: receivableEvents.ledgerMismatch,
        subjectType: found.kind,
        subjectId: found.id,
        data: { keptMinor: String(found.keptMinor), provedMinor: String(found.provedMinor) },
      });
    if (mismatches.length > 0) ctx.log.error({ tenantId: ctx.tenant.id, mismatches: mismatches.length }, 'kept balances are not the sum of their applications');
    await keepDay(ctx);
    await finishTurn(ctx, ctx.clock.today(), mismatches.length);
    await ctx.record({ type: receivableEvents.dayTurned, subjectType: 'tenant', subjectId: ctx.tenant.id, data: { mismatches: mismatches.length } });
  });
});

/** Each tenant's day turns at midnight of its own time zone. */
export const dayTick = defineTick('receivables.day', { everySeconds: 60 }, async (platform: Platform) => {
  for (const tenantId of await tenantsToTurn(platform))
    await workFor(platform, tenantId, systemActor).transaction((ctx) => ctx.enqueue(turnDay, {}, { key: ctx.clock.today().toString() }));
});

export const jobs: AnyJob[] = [refresh, turnDay] as unknown as AnyJob[];
export const ticks: Tick[] = [dayTick];
