import { z } from 'zod';
import { defineJob } from '../../../platform/jobs/jobs.ts';
import { deliverDue } from './deliver.ts';

/** Sends what is due; with more to do than fits into its time it leaves the rest to the next job. */
export const deliver = defineJob('correspondence.deliver', z.object({}), async (work) => {
  const report = await deliverDue(work);
  if (!report.finished) await work.transaction((ctx) => ctx.enqueue(deliver, {}, { key: 'due' }));
});
