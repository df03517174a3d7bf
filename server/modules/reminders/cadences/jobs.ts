import { z } from 'zod';
import { defineJob } from '../../../platform/jobs/jobs.ts';
import { idSchema } from '../../../platform/http/schemas.ts';
import { finishStepOfTask } from './commands/manual-steps.ts';

/** task.done and task.skipped → the step of the cadence that the task was made for is over; other tasks are nobody's step. */
export const finishManualStep = defineJob(
  'reminders.finish_manual_step',
  z.object({ taskId: idSchema, state: z.enum(['done', 'skipped']) }),
  (work, { taskId, state }) => work.transaction((ctx) => finishStepOfTask(ctx, taskId, state)),
);
