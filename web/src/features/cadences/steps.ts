import type { CadenceDraft, Step } from '../../api/cadences.ts';

export type StepInput = NonNullable<CadenceDraft['steps']>[number];
export type Channel = StepInput['channel'];
export type Purpose = Step['to'];

/** A step that is being edited: every field there, and a key that stays while it moves. */
export interface DraftStep {
  key: string;
  id: string | undefined;
  offsetDays: number;
  channel: Channel;
  templateId: string | null;
  to: Purpose;
  cc: Purpose[];
  senderName: string | null;
  senderAddress: string | null;
  title: string | null;
  body: string | null;
  waits: boolean;
  timeoutDays: number | null;
  assignedTo: string | null;
}

export const purposeWords: Record<Purpose, string> = {
  billing: 'billing contacts',
  reminders: 'reminder contacts',
  statements: 'statement contacts',
  escalation: 'escalation contacts',
  letters: 'letter contacts',
  other: 'other contacts',
};
export const purposes = Object.keys(purposeWords) as Purpose[];

export const channelWords: Record<Channel, string> = { email: 'E-mail', task: 'Task for a colleague', letter: 'Letter in a print batch' };

let nextKey = 1;
export const newStepKey = (): string => `step-${nextKey++}`;

export const draftOf = ({
  id,
  offsetDays,
  channel,
  templateId,
  to,
  cc,
  senderName,
  senderAddress,
  title,
  body,
  waits,
  timeoutDays,
  assignedTo,
}: Step): DraftStep => ({
  key: id,
  id,
  offsetDays,
  channel,
  templateId,
  to,
  cc,
  senderName,
  senderAddress,
  title,
  body,
  waits,
  timeoutDays,
  assignedTo,
});

/** A week after the last step, as most people go on. */
export function newStep(steps: readonly DraftStep[], templateId: string | null): DraftStep {
  const last = steps.at(-1);
  return {
    key: newStepKey(),
    id: undefined,
    offsetDays: last ? last.offsetDays + 7 : -5,
    channel: 'email',
    templateId,
    to: 'reminders',
    cc: [],
    senderName: null,
    senderAddress: null,
    title: null,
    body: null,
    waits: false,
    timeoutDays: null,
    assignedTo: null,
  };
}

export const toInput = ({ key: _, id, ...step }: DraftStep): StepInput => ({ ...(id === undefined ? {} : { id }), ...step });

/** By days; those of one day keep their order. */
export const inOrder = (steps: readonly DraftStep[]): DraftStep[] => steps.toSorted((a, b) => a.offsetDays - b.offsetDays);

/** Moves a step to another place. The days stay where they are: the step takes the day of its new place, and so do those that make room. */
export function moveStep(steps: readonly DraftStep[], from: number, to: number): DraftStep[] {
  const moved = steps.toSpliced(from, 1);
  moved.splice(to, 0, steps[from]!);
  return moved.map((step, index) => ({ ...step, offsetDays: steps[index]!.offsetDays }));
}

/** "5 days before due", "on the due date", "12 days overdue": as the server says it. */
export function whenWords(offsetDays: number): string {
  if (offsetDays === 0) return 'on the due date';
  const days = Math.abs(offsetDays);
  return `${days} ${days === 1 ? 'day' : 'days'} ${offsetDays < 0 ? 'before due' : 'overdue'}`;
}

interface Names {
  template: (id: string | null) => string | null;
  colleague: (id: string | null) => string | null;
}

/** What happens on the step's day: "E-mail “Friendly reminder” to billing contacts". */
export function whatWords(step: DraftStep, names: Names): string {
  if (step.channel === 'task') {
    const who = names.colleague(step.assignedTo);
    return `Task “${step.title?.trim() || '…'}”${who ? ` for ${who}` : ''}`;
  }
  if (step.channel === 'letter')
    return `Letter “${(step.templateId === null ? step.title?.trim() : names.template(step.templateId)) || '…'}” to ${purposeWords[step.to]}`;
  return `E-mail “${names.template(step.templateId) ?? '…'}” to ${purposeWords[step.to]}`;
}

/** What else there is to know, below it. */
export function moreWords(step: DraftStep): string[] {
  const more: string[] = [];
  if (step.cc.length > 0) more.push(`Copied to ${step.cc.map((purpose) => purposeWords[purpose]).join(' and ')}`);
  if (step.senderName || step.senderAddress) more.push(`From ${[step.senderName, step.senderAddress && `<${step.senderAddress}>`].filter(Boolean).join(' ')}`);
  if (step.waits) more.push(`The cadence waits until it is done or skipped, ${step.timeoutDays ?? '…'} ${step.timeoutDays === 1 ? 'day' : 'days'} at most`);
  return more;
}

/** What is missing in a step before it can be saved; null when nothing is. */
export function missingIn(step: DraftStep): string | null {
  if (!Number.isInteger(step.offsetDays) || Math.abs(step.offsetDays) > 3650) return 'Write whole days, 3650 at most.';
  if (step.channel === 'email') return step.templateId ? null : 'Choose the template of the e-mail.';
  if (step.channel === 'letter' && step.templateId !== null) return null;
  if (!step.title?.trim()) return step.channel === 'task' ? 'Write what is to be done.' : 'Write the subject of the letter.';
  if (step.channel === 'letter' && !step.body?.trim()) return 'Write the text of the letter.';
  if (step.waits && !(step.timeoutDays !== null && step.timeoutDays >= 1 && step.timeoutDays <= 365))
    return 'Write after how many days the cadence goes on, 365 at most.';
  return null;
}

/** Two mails or two letters on one day would be one; null when there are none. */
export function clash(steps: readonly DraftStep[]): string | null {
  for (const [index, step] of steps.entries())
    if (step.channel !== 'task' && steps.some((other, at) => at < index && other.channel === step.channel && other.offsetDays === step.offsetDays))
      return `Two steps send ${step.channel === 'email' ? 'an e-mail' : 'a letter'} ${whenWords(step.offsetDays)}. Give one of them another day.`;
  return null;
}
