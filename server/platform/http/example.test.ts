import { expect, test } from 'vitest';
import { z } from 'zod';
import { exampleOf } from './example.ts';
import { dateSchema, idSchema, moneySchema } from './schemas.ts';

test('an example is a body that the schema lets pass', () => {
  const body = z.object({
    id: idSchema,
    on: dateSchema,
    amount: moneySchema,
    lines: z.array(z.object({ number: z.string() })).min(1),
    note: z.string().optional(),
  });
  expect(body.safeParse(exampleOf(body)).success).toBe(true);
});

test('where no value is found there is no example rather than a wrong one', () => {
  expect(exampleOf(z.object({ key: z.string().refine((text) => text.startsWith('-----BEGIN')) }))).toBeUndefined();
});
