import type { EmailKind } from '../email.ts';
import { renderConfirmations, renderLinkAgain, renderReceipts, renderReturned } from './payment.ts';
import { renderReminders } from './reminder.ts';
import type { Renderer } from './renderer.ts';
import { renderInvites, renderPasswordResets, renderTests } from './staff.ts';

/** Who writes which kind of mail. */
export const renderers: Record<EmailKind, Renderer> = {
  reminder: renderReminders,
  payment_confirmation: renderConfirmations,
  receipt: renderReceipts,
  payment_returned: renderReturned,
  pay_link_again: renderLinkAgain,
  password_reset: renderPasswordResets,
  invite: renderInvites,
  test: renderTests,
};
