import { newId } from './kernel/ids.ts';
import * as collections from './modules/collections/index.ts';
import * as correspondence from './modules/correspondence/index.ts';
import { alarmInbox } from './modules/inbox/index.ts';
import { paymentEvents } from './modules/payments/index.ts';
import { receivableEvents, refresh } from './modules/receivables/index.ts';
import { finishManualStep, refreshPaymentHabits } from './modules/reminders/index.ts';
import { refreshFigures } from './modules/reporting/index.ts';
import type { DomainEvent, Reaction, Reactions } from './platform/context.ts';
import type { EnqueueOptions, Job } from './platform/jobs/jobs.ts';

/** `payload` makes the job's payload from the event; null starts nothing. */
function start<P>(job: Job<P>, payload: (event: DomainEvent) => P | null, options?: EnqueueOptions): Reaction {
  return { job: job as unknown as Job<never>, payload, ...(options ? { options: () => options } : {}) };
}

const text = (event: DomainEvent, field: string): string => String(event.data?.[field] ?? '');
const staffMail = (event: DomainEvent) => ({ userId: event.subjectId, requestId: text(event, 'requestId') });
const paymentMail = (event: DomainEvent) => ({ paymentId: event.subjectId });
const promisesOf = start(collections.checkPromisesOf, (event) => (event.customerId ? { customerId: event.customerId } : null));

/** The dashboard's heavy figures are made anew once for however many changes come together. */
const figures = start(refreshFigures, () => ({}), { key: 'soon' });

/** A task that a cadence gave, finished on the worklist. */
const stepOfTask = (state: 'done' | 'skipped') =>
  start(finishManualStep, (event) => (event.data?.['source'] === 'cadence' ? { taskId: event.subjectId, state } : null));

/** Everything that the product does by itself: an event, and the jobs that it starts in the same transaction. */
export const reactions: Reactions = {
  [receivableEvents.paymentReceived]: [start(correspondence.sendReceipt, paymentMail), promisesOf, figures],
  [receivableEvents.paymentSettled]: [start(correspondence.sendReceipt, paymentMail), figures],
  [receivableEvents.paymentReturned]: [start(correspondence.sendReturned, paymentMail), figures],
  [receivableEvents.paymentRefunded]: [figures],
  [receivableEvents.dayTurned]: [
    figures,
    start(collections.checkPromises, () => ({}), { key: 'day' }),
    start(refreshPaymentHabits, () => ({}), { key: 'day' }),
  ],

  // the payer had left: the outcome was unknown, or the bank had it. What was booked is told by payment.returned
  [paymentEvents.failed]: [
    start(correspondence.sendPaymentFailed, (event) =>
      event.data?.['booked'] === false && ['unknown', 'processing'].includes(text(event, 'before')) ? { attemptId: event.subjectId } : null,
    ),
  ],
  [paymentEvents.confirmationRequested]: [start(correspondence.sendConfirmation, (event) => ({ payLinkId: event.subjectId }))],
  [paymentEvents.linkRequested]: [
    start(correspondence.sendPayLinkAgain, (event) => ({ customerId: event.subjectId, emailAddress: text(event, 'emailAddress'), requestId: newId() })),
  ],

  [collections.collectionEvents.taskDone]: [stepOfTask('done')],
  [collections.collectionEvents.taskSkipped]: [stepOfTask('skipped')],

  'inbox.failed': [start(alarmInbox, (event) => ({ answer: text(event, 'answer'), since: text(event, 'since') }))],
  'mail_server.failed': [
    start(correspondence.alarmMailServer, (event) => ({
      answer: text(event, 'answer'),
      since: text(event, 'since'),
      fallback: event.data?.['fallback'] === true,
    })),
  ],

  'password_reset.requested': [start(correspondence.sendPasswordReset, staffMail)],
  'staff_user.invited': [start(correspondence.sendInvite, staffMail)],

  'customer.created': [start(refresh, (event) => ({ customerIds: [event.subjectId] }))],
  'upload.finished': [figures],
  'upload.undone': [figures],
};
