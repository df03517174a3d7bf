import { describe, expect, it } from 'vitest';
import { clash, type DraftStep, inOrder, missingIn, moreWords, moveStep, newStep, whatWords, whenWords } from './steps.ts';

const step = (change: Partial<DraftStep>): DraftStep => ({ ...newStep([], 't1'), ...change });
const names = {
  template: (id: string | null) => (id === 't1' ? 'Friendly reminder' : null),
  colleague: (id: string | null) => (id === 'u1' ? 'Sam Staff' : null),
};

describe('a step in words', () => {
  it.each([
    [-5, '5 days before due'],
    [-1, '1 day before due'],
    [0, 'on the due date'],
    [12, '12 days overdue'],
  ])('%i days from the due date is %s', (days, words) => {
    expect(whenWords(days)).toBe(words);
  });
  it('names mail and reader, task and colleague, letter and reader', () => {
    expect(whatWords(step({ to: 'billing' }), names)).toBe('E-mail “Friendly reminder” to billing contacts');
    expect(whatWords(step({ channel: 'task', title: 'Call them', assignedTo: 'u1' }), names)).toBe('Task “Call them” for Sam Staff');
    expect(whatWords(step({ channel: 'letter', templateId: null, title: 'Final notice', to: 'letters' }), names)).toBe(
      'Letter “Final notice” to letter contacts',
    );
  });
  it('says who is copied, who signs and how long it waits', () => {
    expect(moreWords(step({ cc: ['escalation', 'billing'], senderName: 'Dana Director', senderAddress: 'dana@example.com' }))).toEqual([
      'Copied to escalation contacts and billing contacts',
      'From Dana Director <dana@example.com>',
    ]);
    expect(moreWords(step({ channel: 'task', waits: true, timeoutDays: 1 }))).toEqual(['The cadence waits until it is done or skipped, 1 day at most']);
  });
});

describe('the order of steps', () => {
  const three = [step({ key: 'a', offsetDays: -5 }), step({ key: 'b', offsetDays: 3 }), step({ key: 'c', offsetDays: 10 })];
  const shape = (steps: readonly DraftStep[]) => steps.map((one) => `${one.key} ${one.offsetDays}`);
  it('is that of their days', () => {
    expect(shape(inOrder([three[2]!, three[0]!, three[1]!]))).toEqual(['a -5', 'b 3', 'c 10']);
  });
  it('gives a moved step the day of its new place', () => {
    expect(shape(moveStep(three, 2, 0))).toEqual(['c -5', 'a 3', 'b 10']);
    expect(shape(moveStep(three, 0, 1))).toEqual(['b -5', 'a 3', 'c 10']);
  });
  it('goes on a week after the last step', () => {
    expect(newStep(three, null).offsetDays).toBe(17);
  });
});

describe('what is missing', () => {
  it.each([
    [{ templateId: null }, /template/],
    [{ channel: 'task' as const }, /to be done/],
    [{ channel: 'letter' as const, templateId: null, title: 'x' }, /text of the letter/],
    [{ channel: 'task' as const, title: 'x', waits: true, timeoutDays: 0 }, /after how many days/],
    [{ offsetDays: 4000 }, /whole days/],
  ])('%j', (change, words) => {
    expect(missingIn(step(change))).toMatch(words);
  });
  it('two mails on one day', () => {
    expect(clash([step({ offsetDays: 3 }), step({ offsetDays: 3 })])).toMatch(/an e-mail 3 days overdue/);
    expect(clash([step({ offsetDays: 3 }), step({ offsetDays: 3, channel: 'task' })])).toBeNull();
  });
});
