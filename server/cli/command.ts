import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';

/** One command: its help, and what it does. `run` answers the exit code. */
export interface Command {
  help: string;
  run(args: string[]): Promise<number>;
}

/** The command was called in a way that it does not know; exit code 2. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

/** The work could not be done, and the message says why in one line; exit code 1. */
export class Failure extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'Failure';
  }
}

/** What every command answers to the shell. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, findings: 3 } as const;

export type Options = Record<string, string | boolean | undefined>;

/**
 * Options and words of a command. Throws {@link UsageError} for an unknown option, a missing word or one too many.
 * `words` names the positional arguments in their order.
 */
export function readArgs(args: string[], options: ParseArgsOptionsConfig, words: string[] = []): { options: Options; words: string[] } {
  let parsed: { values: Options; positionals: string[] };
  try {
    parsed = parseArgs({ args, options, allowPositionals: true, strict: true }) as typeof parsed;
  } catch (error) {
    throw new UsageError((error as Error).message.split('. ')[0]!);
  }
  const missing = words[parsed.positionals.length];
  if (missing !== undefined) throw new UsageError(`${missing} is missing.`);
  if (parsed.positionals.length > words.length) throw new UsageError(`"${parsed.positionals[words.length]}" is one word too many.`);
  return { options: parsed.values, words: parsed.positionals };
}

/** The text of an option; throws {@link UsageError} when it was not given. */
export function required(options: Options, name: string): string {
  const value = options[name];
  if (typeof value !== 'string' || value === '') throw new UsageError(`--${name} is missing.`);
  return value;
}

export function optional(options: Options, name: string): string | null {
  const value = options[name];
  return typeof value === 'string' && value !== '' ? value : null;
}

/** A business day given as YYYY-MM-DD, or null when it was not given. */
export function dateOption(options: Options, name: string): Temporal.PlainDate | null {
  const text = optional(options, name);
  if (text === null) return null;
  try {
    if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return Temporal.PlainDate.from(text, { overflow: 'reject' });
  } catch {
    // said below
  }
  throw new UsageError(`--${name}: expected a date such as 2026-03-31.`);
}

/** A table with two columns, for people. */
export function printPairs(rows: [string, string][], indent = ''): void {
  const width = Math.max(...rows.map(([name]) => name.length));
  for (const [name, value] of rows) console.log(`${indent}${name.padEnd(width)}  ${value}`);
}
