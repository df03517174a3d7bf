import type { Dispute, Hold, Promised, Task } from '../../api/collections.ts';
import { dayOf, formatDay } from '../../format/dates.ts';
import type { Shown } from '../../format/states.ts';

export const holdWords: Record<Hold['kind'], string> = {
  dispute: 'disputed',
  claimed_paid: 'paid already, says the customer',
  promise: 'promised to be paid',
  payment_plan: 'in a payment plan',
  autopay: 'paid automatically',
};

/** `Reminders held: disputed since 12 Mar 2026` */
export function holdSentence(hold: Hold): string {
  const since = `since ${formatDay(dayOf(hold.placedAt))}`;
  return `${holdWords[hold.kind]} ${since}${hold.until ? `, until ${formatDay(hold.until)}` : ''}`;
}

export const reasonWords: Record<Dispute['reason'], string> = {
  price: 'Wrong price',
  quantity: 'Wrong quantity',
  quality: 'Damaged or faulty',
  not_received: 'Not received',
  not_ordered: 'Not ordered',
  duplicate: 'Billed twice',
  terms: 'Wrong terms or discount',
  tax: 'Wrong tax',
  other: 'Other',
};

export const sourceWords: Record<Promised['source'], string> = {
  phone: 'By phone',
  email: 'By e-mail',
  meeting: 'In a meeting',
  letter: 'By letter',
  other: 'Otherwise',
};

const promiseStates: Record<Promised['state'], Shown> = {
  open: { tone: 'accent', icon: 'waiting', words: 'Promised' },
  kept: { tone: 'positive', icon: 'done', words: 'Kept' },
  broken: { tone: 'critical', icon: 'alert', words: 'Broken' },
  withdrawn: { tone: 'neutral', icon: 'stopped', words: 'Withdrawn' },
};
export const promiseState = (promise: Promised): Shown => promiseStates[promise.state];

const disputeStates: Record<Dispute['state'], Shown> = {
  open: { tone: 'caution', icon: 'alert', words: 'Open' },
  credited: { tone: 'positive', icon: 'done', words: 'Credited' },
  rejected: { tone: 'neutral', icon: 'stopped', words: 'Rejected' },
};
export const disputeState = (dispute: Pick<Dispute, 'state'>): Shown => disputeStates[dispute.state];

export function taskState(task: Task): Shown {
  if (task.state === 'done') return { tone: 'positive', icon: 'done', words: 'Done' };
  if (task.state === 'skipped') return { tone: 'neutral', icon: 'stopped', words: 'Skipped' };
  return task.overdue ? { tone: 'critical', icon: 'alert', words: 'Overdue' } : { tone: 'neutral', icon: 'waiting', words: 'Open' };
}

export const taskSourceWords: Record<Task['source'], string> = { person: 'a colleague', cadence: 'a cadence', payer: 'the customer', system: 'PayorCRM' };
