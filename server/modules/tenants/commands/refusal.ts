import type { z } from 'zod';
import { invalid, Problem } from '../../../kernel/problem.ts';
import type { Context } from '../../../platform/context.ts';
import { zoneIsKnown } from '../queries.ts';

/** A schema's complaint as our refusal, field by field. */
export function asProblem(error: z.ZodError): Problem {
  const errors = error.issues.map((issue) => ({ field: issue.path.map(String).join('.'), code: issue.code, message: issue.message }));
  return new Problem(422, 'invalid_input', errors.map((e) => `${e.field}: ${e.message}`).join('; '), { errors });
}

/** Refuses a time zone that this PostgreSQL does not know: with it no transaction of the company could begin. */
export async function requireKnownZone(ctx: Context, zone: string): Promise<void> {
  if (!(await zoneIsKnown(ctx, zone)))
    throw invalid('timezone', 'unknown_time_zone', `The database does not know the time zone ${zone}. Choose a larger place near it.`);
}
