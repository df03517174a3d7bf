import { describe, expect, it } from 'vitest';
import type { Problem } from '../../../kernel/problem.ts';
import { defaultLetter, MAX_STEPS, parseSteps, type StepInput, stepInvoices, stepSentence, whenWords } from './cadence.ts';

const step = (change: Partial<StepInput>): StepInput => ({
  offsetDays: 5,
  channel: 'email',
  templateId: '01920000-0000-7000-8000-000000000001',
  to: 'reminders',
  cc: [],
  senderName: null,
  senderAddress: null,
  title: null,
  body: null,
  waits: false,
  timeoutDays: null,
  assignedTo: null,
  ...change,
});

function refused(...steps: StepInput[]): string[] {
  try {
    parseSteps(steps);
    return [];
  } catch (error) {
    return (error as Problem).errors.map((one) => `${one.field} ${one.code}`);
  }
}

describe('steps', () => {
  it('stand in the order of their days; those of one day as they were given', () => {
    const order = parseSteps([
      step({ offsetDays: 9 }),
      step({ offsetDays: -3, channel: 'task', title: 'B' }),
      step({ offsetDays: -3, channel: 'task', title: 'A' }),
      step({ offsetDays: 0 }),
    ]);
    expect(order.map((one) => one.title ?? one.offsetDays)).toEqual(['B', 'A', 0, 9]);
  });
  it('keep only what their channel has', () => {
    const [task] = parseSteps([step({ channel: 'task', title: ' Call ', waits: true, timeoutDays: 3, senderName: 'X', cc: ['billing'] })]);
    expect(task).toMatchObject({ title: 'Call', templateId: null, senderName: null, cc: [], waits: true, timeoutDays: 3 });
    const [mail] = parseSteps([step({ title: 'x', waits: true, timeoutDays: 3, cc: ['reminders', 'escalation'] })]);
    expect(mail).toMatchObject({ title: null, waits: false, timeoutDays: null, cc: ['escalation'] });
    const [letter] = parseSteps([step({ channel: 'letter', title: 'x', body: 'y' })]);
    expect(letter).toMatchObject({ title: null, body: null, templateId: '01920000-0000-7000-8000-000000000001' });
  });
  it.each([
    [[step({ templateId: null })], ['steps.0.templateId required']],
    [[step({ senderAddress: 'a@b.example, c@d.example' })], ['steps.0.senderAddress wrong_value']],
    [[step({ channel: 'task', templateId: null })], ['steps.0.title required']],
    [[step({ channel: 'task', title: 'Call', waits: true })], ['steps.0.timeoutDays required']],
    [[step({ channel: 'letter', templateId: null, title: 'x' })], ['steps.0.body required']],
    [[step({ channel: 'letter', templateId: null, title: 'x', body: '{{payment_buttons}}' })], ['steps.0.body invalid_text']],
    [[step({ channel: 'letter', templateId: null, title: '{{nonsense}}', body: 'y' })], ['steps.0.body invalid_text']],
    [[step({}), step({})], ['steps.1.offsetDays same_day']],
    [[step({ id: 'a' }), step({ id: 'a', offsetDays: 9 })], ['steps twice']],
    [Array.from({ length: MAX_STEPS + 1 }, (_, offsetDays) => step({ offsetDays })), ['steps too_many']],
  ])('are refused with what is wrong in them: %#', (steps, errors) => {
    expect(refused(...steps)).toEqual(errors);
  });
  it('may have a mail, a letter and tasks on one day', () => {
    const task = step({ channel: 'task', title: 'Call' });
    expect(refused(step({}), task, task, step({ channel: 'letter', templateId: null, title: 'x', body: 'a < b & "c"' }))).toEqual([]);
  });
  it('find the standard letter good', () => {
    expect(refused(step({ channel: 'letter', templateId: null, title: defaultLetter.subject, body: defaultLetter.body }))).toEqual([]);
  });
});

describe('a step in words', () => {
  it.each([
    [-5, '5 days before due'],
    [-1, '1 day before due'],
    [0, 'on the due date'],
    [1, '1 day overdue'],
  ])('%i', (offset, words) => {
    expect(whenWords(offset)).toBe(words);
  });
  it('asks for exactly its day', () => {
    expect([-5, 0, 12].map((offset) => stepInvoices(offset).conditions[0])).toEqual([
      { field: 'due_in', operator: 'equal', value: 5 },
      { field: 'due_in', operator: 'equal', value: 0 },
      { field: 'overdue_by', operator: 'equal', value: 12 },
    ]);
  });
  const names = { templateName: 'Friendly reminder', assignedName: 'Sam Staff' };
  it.each([
    [step({ offsetDays: -5, to: 'billing' }), '5 days before due: e-mail “Friendly reminder” to billing contacts'],
    [
      step({ to: 'escalation', cc: ['billing', 'reminders'], senderAddress: 'dana@x.example' }),
      '5 days overdue: e-mail “Friendly reminder” to escalation contacts, copied to billing contacts and reminder contacts, from dana@x.example',
    ],
    [
      step({ channel: 'task', title: 'Call', waits: true, timeoutDays: 1 }),
      '5 days overdue: task “Call” for Sam Staff; the cadence waits for it, 1 day at most',
    ],
    [step({ offsetDays: 0, channel: 'letter', title: 'Final notice', to: 'letters' }), 'On the due date: letter “Final notice” to letter contacts'],
    [step({ channel: 'letter' }), '5 days overdue: letter “Friendly reminder” to reminder contacts'],
  ])('%#', (given, words) => {
    expect(stepSentence({ ...given, ...names })).toBe(words);
  });
});
