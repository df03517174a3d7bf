import { daysFromToday, dueWords, plural } from './dates.ts';
import type { icons, Tone } from '../components/status.tsx';

/** How a state is shown: a tone, an icon and plain words. */
export interface Shown {
  tone: Tone;
  icon: keyof typeof icons;
  words: string;
}

/** Overdue stands in words before it stands in colour. */
export function documentState(document: { kind: string; state: string; dueOn: string; daysOverdue?: number }): Shown {
  if (document.state === 'void') return { tone: 'neutral', icon: 'stopped', words: 'Void' };
  if (document.state === 'closed') return { tone: 'positive', icon: 'done', words: document.kind === 'invoice' ? 'Paid' : 'Used up' };
  if (document.kind !== 'invoice') return { tone: 'accent', icon: 'draft', words: document.kind === 'credit_memo' ? 'Credit' : 'On account' };
  // the server's count is by the company's clock; ours stands in where it gives none
  const late = document.daysOverdue ?? 0;
  const days = late > 0 ? -late : daysFromToday(document.dueOn);
  const words = late > 0 ? `${plural(late, 'day')} overdue` : dueWords(document.dueOn);
  const capital = words.charAt(0).toUpperCase() + words.slice(1);
  if (days < -30) return { tone: 'critical', icon: 'alert', words: capital };
  if (days < 0) return { tone: 'caution', icon: 'alert', words: capital };
  return { tone: 'neutral', icon: 'waiting', words: capital };
}

export const kindWords: Record<string, string> = { invoice: 'Invoice', credit_memo: 'Credit memo', payment_on_account: 'Payment on account' };
export const methodWords: Record<string, string> = {
  card: 'Card',
  bank: 'Bank account',
  check: 'Check',
  transfer: 'Bank transfer',
  cash: 'Cash',
  other: 'Other',
};

const paymentStates: Record<string, Shown> = {
  processing: { tone: 'accent', icon: 'waiting', words: 'On its way' },
  settled: { tone: 'positive', icon: 'done', words: 'Received' },
  returned: { tone: 'critical', icon: 'back', words: 'Returned by the bank' },
};

const attemptStates: Record<string, Shown> = {
  created: { tone: 'neutral', icon: 'draft', words: 'Being prepared' },
  submitted: { tone: 'accent', icon: 'waiting', words: 'Sent to the gateway' },
  requires_action: { tone: 'caution', icon: 'waiting', words: 'Waiting for the payer' },
  processing: { tone: 'accent', icon: 'waiting', words: 'On its way' },
  settled: { tone: 'positive', icon: 'done', words: 'Succeeded' },
  failed: { tone: 'critical', icon: 'alert', words: 'Declined' },
  canceled: { tone: 'neutral', icon: 'stopped', words: 'Not carried out' },
  returned: { tone: 'critical', icon: 'back', words: 'Returned by the bank' },
  unknown: { tone: 'caution', icon: 'alert', words: 'Outcome not known yet' },
};

const refundStates: Record<string, Shown> = {
  created: { tone: 'neutral', icon: 'draft', words: 'Being prepared' },
  submitted: { tone: 'accent', icon: 'waiting', words: 'Sent to the gateway' },
  pending: { tone: 'accent', icon: 'waiting', words: 'On its way back' },
  succeeded: { tone: 'positive', icon: 'done', words: 'Refunded' },
  failed: { tone: 'critical', icon: 'alert', words: 'Refused' },
  unknown: { tone: 'caution', icon: 'alert', words: 'Outcome not known yet' },
};

const emailStates: Record<string, Shown> = {
  ready: { tone: 'neutral', icon: 'waiting', words: 'Waiting to be sent' },
  sending: { tone: 'accent', icon: 'sent', words: 'Being sent' },
  sent: { tone: 'positive', icon: 'done', words: 'Sent' },
  failed: { tone: 'critical', icon: 'alert', words: 'Not delivered' },
  uncertain: { tone: 'caution', icon: 'alert', words: 'Perhaps sent' },
  withdrawn: { tone: 'neutral', icon: 'stopped', words: 'Withdrawn' },
};

const runStates: Record<string, Shown> = {
  running: { tone: 'accent', icon: 'waiting', words: 'Running' },
  waiting: { tone: 'caution', icon: 'waiting', words: 'Waits for you' },
  canceled: { tone: 'neutral', icon: 'stopped', words: 'Canceled' },
  done: { tone: 'positive', icon: 'done', words: 'Done' },
  failed: { tone: 'critical', icon: 'alert', words: 'Failed' },
};

const outcomes: Record<string, Shown> = {
  send: { tone: 'positive', icon: 'sent', words: 'Reminded' },
  merged: { tone: 'accent', icon: 'sent', words: 'In another mail' },
  held: { tone: 'caution', icon: 'stopped', words: 'Held back' },
};

const shown =
  (table: Record<string, Shown>) =>
  (state: string): Shown =>
    table[state] ?? { tone: 'neutral', icon: 'none', words: state };
export const paymentState = shown(paymentStates);
export const attemptState = shown(attemptStates);
export const refundState = shown(refundStates);
export const emailState = shown(emailStates);
export const runState = shown(runStates);
const given: Record<string, Shown> = {
  task: { tone: 'positive', icon: 'done', words: 'Task given' },
  letter: { tone: 'positive', icon: 'sent', words: 'Letter written' },
};

/** What became of the mail, where it is not that somebody was reminded. */
const mailEnds: Record<string, Shown> = {
  ready: { tone: 'accent', icon: 'waiting', words: 'Mail on its way' },
  sending: { tone: 'accent', icon: 'waiting', words: 'Mail on its way' },
  failed: { tone: 'critical', icon: 'alert', words: 'Mail not delivered' },
  uncertain: { tone: 'caution', icon: 'alert', words: 'Perhaps reminded' },
  withdrawn: { tone: 'neutral', icon: 'stopped', words: 'Mail withdrawn' },
};

/** What was decided and came of it; a step of a cadence may give a task or write a letter in place of a mail. */
export const outcomeState = (outcome: string, channel = 'email', mail: string | null = null): Shown => {
  if (outcome === 'merged' && channel === 'letter') return { ...outcomes['merged']!, words: 'In another letter' };
  return (outcome === 'send' && (given[channel] ?? mailEnds[mail ?? ''])) || shown(outcomes)(outcome);
};

const aheadWords: Record<string, string> = { email: 'Would be reminded', task: 'Would give a task', letter: 'Would write a letter' };

/** What is decided and not carried out yet, or would be decided. */
export const outcomeAhead = (outcome: string, channel = 'email'): Shown =>
  outcome === 'send' ? { tone: 'accent', icon: 'waiting', words: aheadWords[channel] ?? 'Would be reminded' } : outcomeState(outcome, channel);

/** What a run would do, as a verb: `A run now would hold it back`. */
export const wouldDo: Record<string, string> = { send: 'send a reminder', merged: 'list it in the mail of another rule', held: 'hold it back' };

export const emailKindWords: Record<string, string> = {
  reminder: 'Reminder',
  payment_confirmation: 'Payment confirmation',
  receipt: 'Receipt',
  payment_returned: 'Returned payment',
  payment_failed: 'Failed payment',
  pay_link_again: 'New payment link',
  password_reset: 'Password reset',
  invite: 'Invitation',
  statement: 'Statement',
  reply: 'Reply',
  alarm: 'Alarm to staff',
  task_due: 'Tasks due',
  test: 'Test',
};
