import type { EmailKind } from '../email.ts';
import { renderConfirmations, renderFailed, renderLinkAgain, renderReceipts, renderReturned } from './payment.ts';
import { renderReminders } from './reminder.ts';
import type { Renderer } from './renderer.ts';
import { renderAlarms, renderInvites, renderPasswordResets, renderTests } from './staff.ts';

/** Who writes which kind of mail. Modules above put theirs in with {@link registerRenderer}. */
const renderers = new Map<EmailKind, Renderer>([
  ['reminder', renderReminders],
  ['payment_confirmation', renderConfirmations],
  ['receipt', renderReceipts],
  ['payment_returned', renderReturned],
  ['payment_failed', renderFailed],
  ['pay_link_again', renderLinkAgain],
  ['password_reset', renderPasswordResets],
  ['invite', renderInvites],
  ['alarm', renderAlarms],
  ['test', renderTests],
]);

/** Once for each process, where the program is put together (server/app.ts). */
export function registerRenderer(kind: EmailKind, renderer: Renderer): void {
  if (renderers.has(kind)) throw new Error(`mails of kind ${kind} have a renderer already`);
  renderers.set(kind, renderer);
}

/** The renderer of a kind; one that holds every mail where this process knows none. */
export function rendererOf(kind: EmailKind): Renderer {
  return (
    renderers.get(kind) ??
    ((_ctx, mails) =>
      Promise.resolve(new Map(mails.map((mail) => [mail.id, { kind: 'failed', reason: `This program cannot write mails of the kind "${kind}".` }]))))
  );
}
