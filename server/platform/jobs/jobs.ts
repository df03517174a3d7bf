import type { z } from 'zod';
import type { Context, Platform, Work } from '../context.ts';
import type { Tx } from '../database/database.ts';
import { sql } from '../database/sql.ts';

/** Durable work: done at least once, so it re-reads state; it may use the network between its transactions. */
export interface Job<P> {
  readonly name: string;
  readonly schema: z.ZodType<P>;
  readonly run: (work: Work, payload: P) => Promise<void>;
}

/** Something a worker looks after every few seconds. Several workers run it at once: it must claim what it takes. */
export interface Tick {
  readonly name: string;
  readonly everySeconds: number;
  readonly run: (platform: Platform) => Promise<void>;
}

export interface EnqueueOptions {
  /** With a key there is at most one waiting job of that name and key for the tenant. */
  key?: string;
  runAt?: Temporal.Instant;
  maxAttempts?: number;
  /** Jobs of one queue run one after another. */
  queue?: string;
}

export function defineJob<P>(name: string, schema: z.ZodType<P>, run: (work: Work, payload: P) => Promise<void>): Job<P> {
  return { name, schema, run };
}

export function defineTick(name: string, options: { everySeconds: number }, run: (platform: Platform) => Promise<void>): Tick {
  return { name, everySeconds: options.everySeconds, run };
}

/** Inserts the job in the transaction of `tx`. The worker sees it when that commits, and never otherwise. */
export async function enqueueIn<P>(tx: Tx, tenantId: string, job: Job<P>, payload: P, options: EnqueueOptions = {}): Promise<void> {
  const key = options.key === undefined ? null : `${job.name}:${tenantId}:${options.key}`;
  await tx.run(sql`
    select app.enqueue(${job.name}, ${JSON.stringify({ tenantId, payload })}::json, ${key},
      ${options.runAt ?? null}::timestamptz, ${options.maxAttempts ?? 25}, ${options.queue ?? null})`);
}

export type AnyJob = Job<never>;

/** For tests and the command line: runs the job's body now, in this process. */
export async function runJob<P>(work: Work, job: Job<P>, payload: P): Promise<void> {
  await job.run(work, job.schema.parse(payload));
}

export type { Context };
