import { z } from 'zod';
import type { Context, Work } from '../../platform/context.ts';
import { type AnyJob, defineJob, defineTick, type Tick } from '../../platform/jobs/jobs.ts';
import { inTenant, systemActor } from '../../platform/context.ts';
import { findStaffUser } from '../identity/index.ts';
import { alarmAdministrators } from './commands/alarm.ts';
import { queueEmails } from './commands/queue-emails.ts';
import type { OutboundRow } from './email.ts';
import { readDueTenants } from './queries.ts';
import { readConfirmLink, readFailedAttempt, readPrimaryAddress, readReceiptPayment } from './renderers/queries.ts';
import { momentText } from './renderers/renderer.ts';
import { deliver } from './sending/jobs.ts';

const id = z.uuid();

/** payment_confirmation.requested → the mail with the second step. */
export const sendConfirmation = defineJob('correspondence.send_confirmation', z.object({ payLinkId: id }), (work, { payLinkId }) =>
  queueOne(work, async (ctx) => {
    const link = await readConfirmLink(ctx, payLinkId);
    return (
      link && {
        dedupeKey: `payment_confirmation:${payLinkId}`,
        kind: 'payment_confirmation',
        customerId: link.customerId,
        toAddress: link.emailAddress,
        payload: { payLinkId },
      }
    );
  }),
);

/** Puts a mail that an event asked for into the queue, between its two fault points; null is none. */
async function queueOne(work: Work, rowOf: (ctx: Context) => Promise<OutboundRow | null>): Promise<void> {
  await work.transaction(async (ctx) => {
    const row = await rowOf(ctx);
    if (row) await queueEmails(ctx, [row]);
    await ctx.platform.fault('mail.queue.before_commit');
  });
  await work.platform.fault('mail.queue.after_commit');
}

/**
 * payment.received and payment.settled → the receipt, for payments that came through a gateway: to the person who
 * pressed the button, else to the customer's first contact. A bank payment has two: on its way, and arrived.
 */
export const sendReceipt = defineJob('correspondence.send_receipt', z.object({ paymentId: id }), (work, { paymentId }) =>
  aboutPayment(work, paymentId, 'receipt', (state) => (state === 'returned' ? null : `receipt:${paymentId}:${state}`)),
);

/** payment.returned → what is open again. */
export const sendReturned = defineJob('correspondence.send_returned', z.object({ paymentId: id }), (work, { paymentId }) =>
  aboutPayment(work, paymentId, 'payment_returned', () => `payment_returned:${paymentId}`),
);

function aboutPayment(work: Work, paymentId: string, kind: 'receipt' | 'payment_returned', keyOf: (state: string) => string | null): Promise<void> {
  return queueOne(work, async (ctx) => {
    const payment = await readReceiptPayment(ctx, paymentId);
    if (!payment || payment.attemptId === null) return null;
    const dedupeKey = keyOf(payment.state);
    const toAddress = payment.payerAddress ?? (await readPrimaryAddress(ctx, payment.customerId));
    return dedupeKey === null || toAddress === null ? null : { dedupeKey, kind, customerId: payment.customerId, toAddress, payload: { paymentId } };
  });
}

/** payment.failed after the payer had left, and no payment was booked → what happened, and how to pay. */
export const sendPaymentFailed = defineJob('correspondence.send_payment_failed', z.object({ attemptId: id }), (work, { attemptId }) =>
  queueOne(work, async (ctx) => {
    const attempt = await readFailedAttempt(ctx, attemptId);
    if (!attempt) return null;
    const toAddress = attempt.payerAddress ?? (await readPrimaryAddress(ctx, attempt.customerId));
    const dedupeKey = `payment_failed:${attemptId}`;
    return toAddress === null ? null : { dedupeKey, kind: 'payment_failed', customerId: attempt.customerId, toAddress, payload: { attemptId } };
  }),
);

/** pay_link.requested → a fresh link to an address on file. `requestId` is the event's moment: one mail for each request. */
export const sendPayLinkAgain = defineJob(
  'correspondence.send_pay_link_again',
  z.object({ customerId: id, emailAddress: z.string().max(254), requestId: z.string().max(100) }),
  (work, payload) =>
    work.transaction(async (ctx) => {
      await queueEmails(ctx, [
        {
          dedupeKey: `pay_link_again:${payload.customerId}:${payload.requestId}`,
          kind: 'pay_link_again',
          customerId: payload.customerId,
          toAddress: payload.emailAddress,
        },
      ]);
    }),
);

const toStaff =
  (kind: 'password_reset' | 'invite') =>
  (work: Work, { userId, requestId }: { userId: string; requestId: string }) =>
    work.transaction(async (ctx) => {
      const user = await findStaffUser(ctx, userId);
      if (!user || user.disabledAt !== null) return;
      await queueEmails(ctx, [{ dedupeKey: `${kind}:${userId}:${requestId}`, kind, toAddress: user.email, payload: { userId } }]);
    });
const staffPayload = z.object({ userId: id, requestId: z.string().max(100) });

/** password_reset.requested → the mail with the link. */
export const sendPasswordReset = defineJob('correspondence.send_password_reset', staffPayload, toStaff('password_reset'));
/** staff_user.invited → the invitation. */
export const sendInvite = defineJob('correspondence.send_invite', staffPayload, toStaff('invite'));

/** mail_server.failed → the administrators, through the server of this installation where there is one. */
export const alarmMailServer = defineJob(
  'correspondence.alarm_mail_server',
  z.object({ answer: z.string(), since: z.string(), fallback: z.boolean() }),
  (work, { answer, since, fallback }) =>
    work.transaction(async (ctx) => {
      const failingSince = momentText(ctx, Temporal.Instant.from(since));
      await alarmAdministrators(ctx, {
        key: `mail_server:${ctx.clock.now().toString()}`,
        subject: `Mail of ${ctx.tenant.name} does not go out through your mail server`,
        lines: [
          `Your own mail server cannot be used since ${failingSince}. It said: ${answer}`,
          fallback
            ? 'Until it works again, mail goes through the server of this installation, as your settings say.'
            : 'Mail waits and is tried again for three days. Under Settings you can test the server, and let mail go through the server of this installation meanwhile.',
        ],
        action: { label: 'Test the mail server', path: '/settings/mail' },
      });
    }),
);

/** Retries whose time has come, and mails whose sender died. New mail does not wait for it. */
const wake = defineTick('correspondence.wake', { everySeconds: 5 }, async (platform) => {
  for (const tenantId of await readDueTenants(platform)) await inTenant(platform, tenantId, systemActor, (ctx) => ctx.enqueue(deliver, {}, { key: 'due' }));
});

export const jobs = [
  deliver,
  sendConfirmation,
  sendReceipt,
  sendReturned,
  sendPaymentFailed,
  sendPayLinkAgain,
  sendPasswordReset,
  sendInvite,
  alarmMailServer,
] as unknown as AnyJob[];
export const ticks: Tick[] = [wake];
