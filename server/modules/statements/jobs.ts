import { z } from 'zod';
import { inTenant, type Platform, systemActor } from '../../platform/context.ts';
import { idSchema } from '../../platform/http/schemas.ts';
import { defineJob, defineTick } from '../../platform/jobs/jobs.ts';
import { executeRun, retryMails, startScheduledRun } from './commands/run.ts';
import { type DueRun, dueRuns } from './runs/queries.ts';

/** Brings a run to its end; safe to do twice and side by side. */
export const continueRun = defineJob('statements.continue_run', z.object({ runId: idSchema }), (work, { runId }) => executeRun(work, runId));

/** Sends the mails of a run again that failed; then what is left of the run. */
export const retryFailed = defineJob('statements.retry_failed', z.object({ runId: idSchema }), async (work, { runId }) => {
  await retryMails(work, runId);
  await executeRun(work, runId);
});

/**
 * Looks at the rules of each company whose hour has come, and takes up runs that stopped half way. Of several workers
 * one looks: the company's row says who was first.
 */
export async function runDue(platform: Platform): Promise<void> {
  for (const due of await platform.database.systemRows<DueRun>(dueRuns)) {
    try {
      await inTenant(platform, due.tenantId, systemActor, async (ctx) => {
        const runId = due.runId ?? (await startScheduledRun(ctx));
        if (runId !== null) await ctx.enqueue(continueRun, { runId }, { key: runId });
        await platform.fault('statements.start.before_commit');
      });
      await platform.fault('statements.start.after_commit');
    } catch (error) {
      // one company must not keep the others from their statements
      platform.log.error({ err: error, tenantId: due.tenantId }, 'statements: the run could not begin');
    }
  }
}

export const statementsTick = defineTick('statements.run_due', { everySeconds: 30 }, runDue);
