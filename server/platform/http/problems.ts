import { randomBytes } from 'node:crypto';
import type { z } from 'zod';
import { Problem } from '../../kernel/problem.ts';
import type { Logger } from '../telemetry/log.ts';

/** The first codes of PostgreSQL that a caller caused: a value of another kind or a broken uniqueness. */
const UNIQUE_VIOLATION = '23505';
const SERIALIZATION = new Set(['40001', '40P01']);

/** RFC 9457, with the field errors beside it. A fault gets a reference that is in the log, and no inside words. */
export function problemResponse(error: unknown, log: Logger): Response {
  const problem = toProblem(error);
  if (problem) return render(problem);
  const reference = randomBytes(6).toString('hex');
  log.error({ err: error, reference }, 'request failed');
  return render(new Problem(500, 'internal', `Something went wrong on our side. Nothing more was done. Reference ${reference}.`, { extra: { reference } }));
}

function toProblem(error: unknown): Problem | null {
  if (error instanceof Problem) return error;
  const code = (error as { code?: string })?.code;
  if (code === UNIQUE_VIOLATION) return new Problem(409, 'already_exists', 'This exists already.');
  if (code !== undefined && SERIALIZATION.has(code)) return new Problem(409, 'busy', 'Somebody else changed this at the same moment. Try again.');
  return null;
}

function render(problem: Problem): Response {
  const titles: Record<number, string> = {
    400: 'Bad request',
    401: 'Not signed in',
    403: 'Not allowed',
    404: 'Not found',
    409: 'Conflict',
    413: 'Too large',
    415: 'Wrong type',
    422: 'Invalid input',
    429: 'Too many requests',
    500: 'Internal error',
  };
  const body = {
    type: `urn:payorcrm:problem:${problem.code}`,
    title: titles[problem.status] ?? 'Refused',
    status: problem.status,
    code: problem.code,
    detail: problem.detail,
    ...(problem.errors.length > 0 ? { errors: problem.errors } : {}),
    ...problem.extra,
  };
  return new Response(JSON.stringify(body), { status: problem.status, headers: { 'content-type': 'application/problem+json' } });
}

const kinds: Record<string, string> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};
const formats: Record<string, string> = { email: 'an e-mail address', url: 'a web address', uuid: 'an id', base64: 'base64' };
const parts = (origin: string): string => (origin === 'string' ? ' characters' : origin === 'array' ? ' entries' : '');

/** What the schema's own words, or else ours, say of one thing that is not right. */
function wordsOf(issue: z.core.$ZodIssue): string {
  if (!/^(Invalid|Too (small|big)|Unrecognized)/.test(issue.message)) return issue.message;
  switch (issue.code) {
    case 'invalid_type':
      return issue.message.endsWith('received undefined') ? 'is missing' : `must be ${kinds[issue.expected] ?? `a ${issue.expected}`}`;
    case 'invalid_value':
      return `must be ${new Intl.ListFormat('en', { type: 'disjunction' }).format(issue.values.map(String))}`;
    case 'too_small':
      if (issue.minimum === 1 && parts(issue.origin) !== '') return 'must not be empty';
      return `must be at least ${issue.minimum}${parts(issue.origin)}`;
    case 'too_big':
      return `must be at most ${issue.maximum}${parts(issue.origin)}`;
    case 'invalid_format':
      return `must be ${formats[issue.format] ?? 'written in the form that the API page shows'}`;
    case 'unrecognized_keys':
      return `has what is not known here: ${issue.keys.join(', ').slice(0, 200)}`;
    default:
      return 'is not right';
  }
}

/** Turns a failed schema into a problem that names each field. */
export function invalidInput(error: z.ZodError, where: string): Problem {
  const errors = error.issues.slice(0, 50).map((issue) => ({
    field: issue.path.map(String).join('.') || where,
    code: issue.code,
    message: wordsOf(issue),
  }));
  const status = where === 'params' ? 404 : 422;
  if (status === 404) return new Problem(404, 'not_found', 'There is nothing at this address.');
  return new Problem(422, 'invalid_input', errors.length === 1 ? `${errors[0]!.field}: ${errors[0]!.message}` : `${errors.length} fields are not right.`, {
    errors,
  });
}
