import { z } from 'zod';
import { inTenant, systemActor } from '../../platform/context.ts';
import { type AnyJob, defineJob, defineTick, type Tick } from '../../platform/jobs/jobs.ts';
import { alarmAdministrators } from '../correspondence/index.ts';
import { fetchInbox } from './commands/fetch.ts';
import { readDueTenants } from './queries.ts';

/** Reads what is new; with more to read than fits into its time it leaves the rest to the next job. */
export const fetchMail = defineJob('inbox.fetch', z.object({}), async (work) => {
  const report = await fetchInbox(work);
  if (!report.finished) await work.transaction((ctx) => ctx.enqueue(fetchMail, {}, { key: 'due' }));
});

/** inbox.failed → the administrators. */
export const alarmInbox = defineJob('inbox.alarm', z.object({ answer: z.string(), since: z.string() }), (work, { answer, since }) =>
  work.transaction(async (ctx) => {
    const day = Temporal.Instant.from(since).toZonedDateTimeISO(ctx.tenant.timezone);
    await alarmAdministrators(ctx, {
      key: `inbox:${ctx.clock.now().toString()}`,
      subject: `Replies to ${ctx.tenant.name} cannot be read`,
      lines: [
        `The mailbox that your customers answer to cannot be read since ${day.toLocaleString(ctx.tenant.locale, { dateStyle: 'medium', timeStyle: 'short' })}. The answer was: ${answer}`,
        'What arrives meanwhile is not lost: it is read when the mailbox can be reached again.',
      ],
      action: { label: 'Look at the inbox settings', path: '/settings/inbox' },
    });
  }),
);

/** Mailboxes whose minute has come. */
const look = defineTick('inbox.look', { everySeconds: 10 }, async (platform) => {
  for (const tenantId of await readDueTenants(platform)) await inTenant(platform, tenantId, systemActor, (ctx) => ctx.enqueue(fetchMail, {}, { key: 'due' }));
});

export const jobs = [fetchMail, alarmInbox] as unknown as AnyJob[];
export const ticks: Tick[] = [look];
