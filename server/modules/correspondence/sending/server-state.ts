import type { Context } from '../../../platform/context.ts';
import { clearServerFailure, noteServerFailure, takeServerAlarm } from './queries.ts';
import type { HandOver } from './handover.ts';
import type { MailRoute } from './senders.ts';

/** Between two mails to the administrators about the same server. */
const ALARM_MINUTES = 60;

/** After a group of mails: the own server failed, or works again. Once an hour at most the failure is an event, which mails the administrators. */
export async function recordServer(ctx: Context, route: MailRoute, results: readonly HandOver[]): Promise<void> {
  if (!route.own) return;
  const tenant = { subjectType: 'tenant', subjectId: ctx.tenant.id };
  const troubles = results.filter((one) => one.trouble !== null);
  if (troubles.length === 0) {
    if (results.length > 0 && (await clearServerFailure(ctx))) await ctx.record({ type: 'mail_server.recovered', ...tenant });
    return;
  }
  const answer = troubles[0]!.trouble!;
  await noteServerFailure(ctx, answer, troubles.filter((one) => one.through === 'platform' && one.outcome.kind === 'sent').length);
  const since = await takeServerAlarm(ctx, ALARM_MINUTES);
  if (since !== null)
    await ctx.record({ type: 'mail_server.failed', ...tenant, data: { answer, since: since.toString(), fallback: route.fallback && route.platform !== null } });
}
