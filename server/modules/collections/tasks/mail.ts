import { z } from 'zod';
import { type Platform, systemActor, workFor } from '../../../platform/context.ts';
import { defineJob, defineTick } from '../../../platform/jobs/jobs.ts';
import { compileTrusted, escapeHtml, Html, renderMail } from '../../../platform/mail/template.ts';
import { baseValues, buttonBlock, dateText, oneByOne, type OutboundRow, queueEmails, simpleMail } from '../../correspondence/index.ts';
import { findStaffUser } from '../../identity/index.ts';
import { readTasksFor, takeDueTasks, type Task, tenantsWithDueTasks } from './queries.ts';

/** Tasks in one mail; with more the rest follows in the next. */
const MAX_IN_MAIL = 50;

const template = compileTrusted({
  subject: '{{task_count}} due today',
  body: `<p>Hello {{user_name}},</p>
<p>These tasks of yours are due:</p>
{{task_list}}
{{action}}`,
});

/** Seven in the morning: each person hears once which tasks have come due. The mark and the mail are one transaction. */
export const mailDueTasks = defineJob('collections.mail_due_tasks', z.object({}), async (work) => {
  await work.transaction(async (ctx) => {
    const taken = (await takeDueTasks(ctx, 1000)).filter((task) => !task.disabled);
    const rows: OutboundRow[] = [];
    for (const [userId, tasks] of Map.groupBy(taken, (task) => task.assignedTo))
      for (let at = 0; at < tasks.length; at += MAX_IN_MAIL) {
        const taskIds = tasks
          .slice(at, at + MAX_IN_MAIL)
          .map((task) => task.id)
          .sort();
        rows.push({
          dedupeKey: `task_due:${userId}:${ctx.clock.today().toString()}:${taskIds[0]}`,
          kind: 'task_due',
          toAddress: tasks[0]!.email,
          payload: { userId, taskIds },
        });
      }
    await queueEmails(ctx, rows);
    await ctx.platform.fault('collections.task_mail.before_commit');
  });
  await work.platform.fault('collections.task_mail.after_commit');
});

export const taskMailTick = defineTick('collections.task_mail', { everySeconds: 60 }, async (platform: Platform) => {
  for (const tenantId of await tenantsWithDueTasks(platform))
    await workFor(platform, tenantId, systemActor).transaction((ctx) => ctx.enqueue(mailDueTasks, {}, { key: ctx.clock.today().toString() }));
});

export const renderTasksDue = oneByOne(async (ctx, mail, frame) => {
  const { userId = '', taskIds = [] } = mail.payload as { userId?: string; taskIds?: string[] };
  const user = await findStaffUser(ctx, userId);
  if (!user || user.disabledAt !== null) return { kind: 'withdrawn', reason: 'The account was closed before the mail was sent.' };
  const tasks = await readTasksFor(ctx, taskIds, userId);
  if (tasks.length === 0) return { kind: 'withdrawn', reason: 'The tasks were finished or given to others before the mail was sent.' };
  const base = ctx.platform.config.publicUrl;
  const rendered = renderMail('system:task_due', template, {
    ...baseValues(frame, mail.kind, null),
    user_name: user.name,
    task_count: tasks.length === 1 ? `“${tasks[0]!.title}” is` : `${tasks.length} tasks are`,
    task_list: listOf(tasks, base, frame.style.locale),
    action: buttonBlock([{ label: 'Open my tasks', url: `${base}/app/tasks`, rail: 'any' }], frame.style),
  });
  return simpleMail(rendered, []);
});

function listOf(tasks: readonly Task[], base: string, locale: string) {
  const about = (task: Task) => `${task.customerName} (${task.customerNumber}), due ${dateText(task.dueOn, locale)}`;
  return {
    html: new Html(
      `<ul>${tasks
        .map(
          (task) =>
            `<li><a href="${escapeHtml(`${base}/app/customers/${task.customerId}`)}">${escapeHtml(task.title)}</a><br />${escapeHtml(about(task))}</li>`,
        )
        .join('')}</ul>`,
    ),
    text: tasks.map((task) => `- ${task.title}\n  ${about(task)}`).join('\n'),
  };
}
