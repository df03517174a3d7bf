import type { z } from 'zod';
import { Problem } from '../../../kernel/problem.ts';

/** A schema's complaint as our refusal, field by field. */
export function asProblem(error: z.ZodError): Problem {
  const errors = error.issues.map((issue) => ({ field: issue.path.map(String).join('.'), code: issue.code, message: issue.message }));
  return new Problem(422, 'invalid_input', errors.map((e) => `${e.field}: ${e.message}`).join('; '), { errors });
}
