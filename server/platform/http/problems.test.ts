import { expect, test } from 'vitest';
import { z } from 'zod';
import { invalidInput } from './problems.ts';

test('what is wrong with an input is said in plain words, field by field', () => {
  const schema = z.strictObject({
    number: z.string().min(1),
    name: z.string().max(5),
    limit: z.coerce.number().int().min(1),
    kind: z.enum(['card', 'bank']),
    email: z.email(),
    lines: z.array(z.object({ amount: z.string('an amount is a text such as "12.50"') })).min(1),
    active: z.boolean(),
  });
  const said = (input: unknown) => {
    const { error } = schema.safeParse(input);
    return Object.fromEntries(invalidInput(error!, 'body').errors.map(({ field, message }) => [field, message]));
  };
  expect(said({ number: '', name: 'too long', limit: 'abc', kind: 'gold', email: 'nope', lines: [{ amount: 1 }], active: 'yes', colour: 1 })).toEqual({
    number: 'must not be empty',
    name: 'must be at most 5 characters',
    limit: 'must be a number',
    kind: 'must be card or bank',
    email: 'must be an e-mail address',
    'lines.0.amount': 'an amount is a text such as "12.50"',
    active: 'must be true or false',
    body: 'has what is not known here: colour',
  });
  expect(said({ limit: 0, lines: [] })).toMatchObject({ number: 'is missing', limit: 'must be at least 1', lines: 'must not be empty' });
  expect(said([])).toEqual({ body: 'must be an object' });
});
