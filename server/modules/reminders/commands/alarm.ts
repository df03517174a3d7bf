/** What administrators have to know about runs: an entry for the dashboard and a mail to each of them. */
import { newId } from '../../../kernel/ids.ts';
import { notFound } from '../../../kernel/problem.ts';
import type { Context } from '../../../platform/context.ts';
import { alarmAdministrators } from '../../correspondence/index.ts';
import { reminderEvents } from '../events.ts';
import * as queries from '../runs/queries-watch.ts';

export const clearAlarms = queries.clearAlarms;

/** Raises it once, however often it is seen. */
export async function raiseAlarm(ctx: Context, alarm: queries.NewAlarm): Promise<void> {
  const id = newId();
  if (!(await queries.insertAlarm(ctx, id, alarm))) return;
  await ctx.record({
    type: reminderEvents.alarmRaised,
    subjectType: 'reminder_alarm',
    subjectId: id,
    data: { kind: alarm.kind, runOn: alarm.runOn.toString(), hour: alarm.hour, runId: alarm.runId, expected: alarm.expected, sent: alarm.sent },
  });
  const { title, detail } = alarmText(alarm);
  await alarmAdministrators(ctx, {
    key: `reminders:${id}`,
    subject: `${title} (${ctx.tenant.name})`,
    lines: detail,
    action: { label: alarm.runId === null ? 'See the runs' : 'See the run', path: alarm.runId === null ? '/reminders/runs' : `/reminders/runs/${alarm.runId}` },
  });
}

const which = ({ runOn, hour }: Pick<queries.NewAlarm, 'runOn' | 'hour'>): string => `${runOn.toString()}${hour === null ? '' : `, ${hour}:00`}`;
const mails = (count: number): string => `${count.toLocaleString('en')} ${count === 1 ? 'mail' : 'mails'}`;

/** The alarm in words, for the mail and the dashboard. */
export function alarmText(alarm: Pick<queries.NewAlarm, 'kind' | 'runOn' | 'hour' | 'expected' | 'sent'>): { title: string; detail: string[] } {
  const expected = alarm.expected ?? 0;
  const missing = expected - (alarm.sent ?? 0);
  switch (alarm.kind) {
    case 'missed_run':
      return {
        title: `The reminder run of ${which(alarm)} did not happen in time`,
        detail: [
          'Its hour passed and nothing was sent. What it should have sent follows with the next run, as far back as the settings say.',
          'Look whether the worker of PayorCRM was running.',
        ],
      };
    case 'unsent_mails':
      return {
        title: `${mails(missing)} of the reminder run of ${which(alarm)} did not leave`,
        detail: [`${mails(expected)} were to be sent; ${mails(alarm.sent ?? 0)} left.`, 'The run shows which did not, and why.'],
      };
    case 'waiting_run':
      return {
        title: `A reminder run waits for you: ${mails(expected)}`,
        detail: [
          `The run of ${which(alarm)} is much larger than usual: ${mails(expected)}. Nothing has been sent.`,
          'Look at what it would send, then approve or cancel it. A manager can do so too.',
        ],
      };
  }
}

/** Takes it off the dashboard. Problem 404 for an unknown one. */
export async function seeAlarm(ctx: Context, id: string): Promise<queries.Alarm> {
  const alarm = await queries.markSeen(ctx, id);
  if (!alarm) throw notFound('alarm');
  await ctx.record({ type: reminderEvents.alarmSeen, subjectType: 'reminder_alarm', subjectId: id, data: { kind: alarm.kind } });
  return alarm;
}
