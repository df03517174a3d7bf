import { z } from 'zod';
import { inTenant, type Platform, systemActor } from '../../platform/context.ts';
import { defineJob, defineTick } from '../../platform/jobs/jobs.ts';
import { idSchema } from '../../platform/http/schemas.ts';
import { refreshHabits } from '../customers/index.ts';
import { executeRun, startDailyRun } from './commands/run.ts';
import { watchBegin, watchRuns } from './commands/heartbeat.ts';
import { type DueRun, dueRuns, readRun } from './runs/queries.ts';

/** Brings a run to its end; safe to do twice and side by side. */
export const continueRun = defineJob('reminders.continue_run', z.object({ runId: idSchema }), (work, { runId }) => executeRun(work, runId));

/** How late customers usually pay, for the rules that ask it: once a day. */
export const refreshPaymentHabits = defineJob('reminders.refresh_payment_habits', z.object({}), async (work) => {
  await work.transaction(refreshHabits);
});

/**
 * Begins the daily run of each company whose hour has come, and takes up runs that stopped half way. Of several
 * workers one begins a run: the day is unique in the database.
 */
export async function runDue(platform: Platform): Promise<void> {
  for (const due of await platform.database.systemRows<DueRun>(dueRuns)) {
    try {
      await inTenant(platform, due.tenantId, systemActor, async (ctx) => {
        const begun = due.runId === null ? await startDailyRun(ctx, due.runOn, due.hour) : null;
        if (begun !== null) await watchBegin(ctx, (await readRun(ctx, begun))!);
        const runId = due.runId ?? begun;
        if (runId !== null) await ctx.enqueue(continueRun, { runId }, { key: runId });
        await platform.fault('reminders.start.before_commit');
      });
      await platform.fault('reminders.start.after_commit');
    } catch (error) {
      // one company must not keep the others from their reminders
      platform.log.error({ err: error, tenantId: due.tenantId }, 'reminders: the daily run could not begin');
    }
  }
}

/** Expected against sent. */
export const heartbeatTick = defineTick('reminders.heartbeat', { everySeconds: 60 }, watchRuns);

export const remindersTick = defineTick('reminders.run_due', { everySeconds: 30 }, runDue);
