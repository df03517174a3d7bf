/** A cadence and its steps: what is allowed, the conditions that each step writes, and each step in words. */
import { type FieldError, Problem } from '../../../kernel/problem.ts';
import { plainAddress } from '../../../platform/mail/address.ts';
import { escapeHtml } from '../../../platform/mail/template.ts';
import type { Group } from '../../conditions/index.ts';
import type { Purpose } from '../../customers/index.ts';
import { lintText } from '../../templates/index.ts';
import type { Channel } from '../rule.ts';

export interface StepInput {
  /** Of a step that is there already; a step without one is new. */
  id?: string | undefined;
  /** Days after the due date; negative: before it. */
  offsetDays: number;
  channel: Channel;
  /** An e-mail's template, a letter's unless it has a text of its own. */
  templateId: string | null;
  /** The contacts' purpose; the second list is copied. */
  to: Purpose;
  cc: Purpose[];
  /** Null: the company's. */
  senderName: string | null;
  senderAddress: string | null;
  /** A task's title, a letter's subject. */
  title: string | null;
  /** What is to be done; what the letter says. */
  body: string | null;
  /** A task: the cadence waits for it, no longer than `timeoutDays`. */
  waits: boolean;
  timeoutDays: number | null;
  assignedTo: string | null;
}

export interface Cadence {
  id: string;
  name: string;
  /** Null: people put customers in. */
  customerCondition: Group | null;
  startsPaused: boolean;
  active: boolean;
  position: number;
  version: number;
  createdAt: Temporal.Instant;
  updatedAt: Temporal.Instant;
}

export interface Step extends StepInput {
  id: string;
  cadenceId: string;
  name: string;
  position: number;
  version: number;
  templateName: string | null;
  assignedName: string | null;
}

/** More steps than these, or more cadences, nobody keeps in mind; each step is a branch of the planning statement. */
export const MAX_STEPS = 20;
export const MAX_CADENCES = 20;
export const MAX_OFFSET = 3650;
export const MAX_TIMEOUT = 365;

export const defaultLetter = {
  subject: 'Overdue invoices: {{total_invoice_amount}}',
  body: `Dear {{first_name | default: customer_company_name}},

we have not received your payment for the invoices below. Please pay the total amount now.

{{invoice_list}}

If you have paid in the meantime, thank you; nothing is left for you to do. If you have a question, please contact us.

Kind regards
{{seller_name}}`,
};

/**
 * Checks the steps and answers them in their order: by days, those of one day as given. Fields that a step's channel
 * does not have are emptied. Throws the Problem `invalid_steps` with all errors.
 */
export function parseSteps(steps: readonly StepInput[]): StepInput[] {
  const errors: FieldError[] = [];
  if (steps.length > MAX_STEPS) errors.push({ field: 'steps', code: 'too_many', message: `A cadence can have ${MAX_STEPS} steps.` });
  const ids = steps.flatMap((step) => step.id ?? []);
  if (new Set(ids).size < ids.length) errors.push({ field: 'steps', code: 'twice', message: 'A step occurs twice.' });
  const parsed = steps.map((step, index) => parseStep(step, `steps.${index}`, errors));
  parsed.forEach((step, index) => {
    const same = parsed.findIndex((other) => other.offsetDays === step.offsetDays && other.channel === step.channel && step.channel !== 'task');
    if (same !== -1 && same < index) {
      const what = step.channel === 'email' ? 'e-mail' : 'letter';
      errors.push({
        field: `steps.${index}.offsetDays`,
        code: 'same_day',
        message: `Two steps send a${what === 'e-mail' ? 'n' : ''} ${what} on the same day. Give one of them another day.`,
      });
    }
  });
  if (errors.length > 0) throw new Problem(422, 'invalid_steps', errors[0]!.message, { errors });
  return parsed.toSorted((a, b) => a.offsetDays - b.offsetDays);
}

const text = (value: string | null): string | null => value?.trim() || null;

function parseStep(step: StepInput, at: string, errors: FieldError[]): StepInput {
  const refuse = (field: string, code: string, message: string) => errors.push({ field: `${at}.${field}`, code, message });
  const empty = { templateId: null, senderName: null, senderAddress: null, title: null, body: null, waits: false, timeoutDays: null, assignedTo: null };
  const base = {
    ...empty,
    ...(step.id === undefined ? {} : { id: step.id }),
    offsetDays: step.offsetDays,
    channel: step.channel,
    to: step.to,
    cc: [] as Purpose[],
  };
  if (step.channel === 'email') {
    if (step.templateId === null) refuse('templateId', 'required', 'Choose the template of the e-mail.');
    const senderAddress = text(step.senderAddress);
    if (senderAddress !== null && plainAddress(senderAddress) === null)
      refuse('senderAddress', 'wrong_value', 'Write one e-mail address, such as billing@example.com.');
    return { ...base, templateId: step.templateId, cc: step.cc.filter((purpose) => purpose !== step.to), senderName: text(step.senderName), senderAddress };
  }
  // a letter is a template of its kind, or has a text of its own
  if (step.channel === 'letter' && step.templateId !== null) return { ...base, templateId: step.templateId };
  const title = text(step.title);
  if (title === null) refuse('title', 'required', step.channel === 'task' ? 'Write what is to be done.' : 'Write the subject of the letter.');
  if (step.channel === 'task') {
    if (step.waits && step.timeoutDays === null) refuse('timeoutDays', 'required', 'Write after how many days the cadence goes on by itself.');
    return { ...base, title, body: text(step.body), waits: step.waits, timeoutDays: step.waits ? step.timeoutDays : null, assignedTo: step.assignedTo };
  }
  const body = text(step.body);
  if (body === null) refuse('body', 'required', 'Write the text of the letter.');
  if (title !== null && body !== null) for (const message of letterErrors(title, body)) refuse('body', 'invalid_text', message);
  return { ...base, title, body };
}

/** What is wrong with a letter's own text, in words. Its `<` is a letter like any other. */
function letterErrors(subject: string, body: string): string[] {
  const asHtml = escapeHtml(body).replaceAll('&quot;', '"').replaceAll('&#39;', "'");
  return lintText('letter', { subject, body: asHtml, design: null })
    .filter((one) => one.severity === 'error')
    .map((one) => one.message);
}

/** Which invoices a step speaks of: those due in, or overdue by, exactly its days. */
export const stepInvoices = (offsetDays: number): Group => ({
  combinator: 'and',
  conditions: [{ field: offsetDays > 0 ? 'overdue_by' : 'due_in', operator: 'equal', value: Math.abs(offsetDays) }],
});

/** Which customers: the members of the cadence that are not paused. */
export const stepCustomers = (cadenceId: string): Group =>
  ({ combinator: 'and', conditions: [{ field: 'cadence', operator: 'equal', value: cadenceId }] }) as unknown as Group;

/** "5 days before due", "on the due date", "12 days overdue". */
export function whenWords(offsetDays: number): string {
  if (offsetDays === 0) return 'on the due date';
  const days = Math.abs(offsetDays);
  return `${days} ${days === 1 ? 'day' : 'days'} ${offsetDays < 0 ? 'before due' : 'overdue'}`;
}

const purposeWords: Record<Purpose, string> = {
  billing: 'billing contacts',
  reminders: 'reminder contacts',
  statements: 'statement contacts',
  escalation: 'escalation contacts',
  letters: 'letter contacts',
  other: 'other contacts',
};

type Described = Omit<StepInput, 'id'> & { templateName: string | null; assignedName: string | null };

/** "5 days before due: e-mail “Friendly reminder” to billing contacts". */
export function stepSentence(step: Described): string {
  const when = capital(whenWords(step.offsetDays));
  if (step.channel === 'task') {
    const who = step.assignedName ? ` for ${step.assignedName}` : '';
    const wait = step.waits ? `; the cadence waits for it, ${step.timeoutDays} ${step.timeoutDays === 1 ? 'day' : 'days'} at most` : '';
    return `${when}: task “${step.title}”${who}${wait}`;
  }
  if (step.channel === 'letter') return `${when}: letter “${step.title ?? step.templateName ?? '…'}” to ${purposeWords[step.to]}`;
  const copies = step.cc.length > 0 ? `, copied to ${step.cc.map((purpose) => purposeWords[purpose]).join(' and ')}` : '';
  const sender = step.senderName ?? step.senderAddress;
  return `${when}: e-mail “${step.templateName ?? '…'}” to ${purposeWords[step.to]}${copies}${sender ? `, from ${sender}` : ''}`;
}

const capital = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);

/** The rule's name where decisions and runs are listed. */
export const stepName = (cadenceName: string, step: Pick<StepInput, 'offsetDays'>): string => `${cadenceName.slice(0, 160)}: ${whenWords(step.offsetDays)}`;

export const letterNumber = (number: number): string => `L-${String(number).padStart(6, '0')}`;
export const batchNumber = (number: number): string => `B-${String(number).padStart(5, '0')}`;
