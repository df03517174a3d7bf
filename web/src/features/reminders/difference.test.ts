import { expect, test } from 'vitest';
import { wordDifference } from './difference.ts';

const said = (before: string, after: string): string =>
  wordDifference(before, after)
    .map(({ kind, text }) => (kind === 'same' ? text : kind === 'added' ? `[+${text}]` : `[-${text}]`))
    .join('');

test('a changed value is one word removed and one added', () => {
  expect(said('invoices overdue by 7 days.', 'invoices overdue by 10 days.')).toBe('invoices overdue by[- 7][+ 10] days.');
});

test('what was put in between is added, and nothing else', () => {
  expect(said('to all customers about invoices', 'to all customers in category VIP about invoices')).toBe('to all customers[+ in category VIP] about invoices');
});

test('marks are words of their own, so that what follows a sentence is added alone', () => {
  expect(said('due in 3 days.', 'due in 3 days, on weekdays.')).toBe('due in 3 days[+, on weekdays].');
});

test('an amount is one word', () => {
  expect(said('overdue by 7 days.', 'overdue by 7 days and with balance at least 1,400.00.')).toBe('overdue by 7 days[+ and with balance at least 1,400.00].');
});

test('equal sentences are one piece', () => {
  expect(wordDifference('one two', 'one two')).toEqual([{ kind: 'same', text: 'one two' }]);
});

test('nothing in common is all removed and all added', () => {
  expect(said('a b', 'c')).toBe('[-a b][+c]');
});
