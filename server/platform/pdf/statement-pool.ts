import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { StatementPdfModel } from './statement-pdf.ts';

export interface DrawOrder {
  id: number;
  models: readonly StatementPdfModel[];
  logo: Uint8Array | null;
}

export type Drawn = { bytes: Uint8Array } | { failure: string };

export interface DrawAnswer {
  id: number;
  results: Drawn[];
}

/** More would only take the processor from the program itself and from PostgreSQL. */
const MAX_THREADS = 4;
/** Statements handed to a thread at once: enough to hide the hand-over, few enough to share the work evenly. */
const PORTION = 25;
/** Threads that had nothing to do for this long end: an idle program has none. */
const IDLE_MS = 10_000;

interface Thread {
  worker: Worker;
  /** Orders under way; a thread that dies fails them. */
  waiting: Map<number, { resolve: (results: Drawn[]) => void; reject: (error: Error) => void }>;
}

let threads: Thread[] = [];
let counter = 0;
let idle: NodeJS.Timeout | undefined;

function startThread(): Thread {
  const thread: Thread = { worker: new Worker(new URL('./statement-worker.ts', import.meta.url)), waiting: new Map() };
  thread.worker.unref();
  const end = (error: Error) => {
    threads = threads.filter((one) => one !== thread);
    for (const { reject } of thread.waiting.values()) reject(error);
    thread.waiting.clear();
  };
  thread.worker.on('message', (answer: DrawAnswer) => {
    const order = thread.waiting.get(answer.id);
    thread.waiting.delete(answer.id);
    order?.resolve(answer.results);
  });
  thread.worker.on('error', end);
  thread.worker.on('exit', () => end(new Error('a drawing thread ended')));
  return thread;
}

function order(thread: Thread, models: readonly StatementPdfModel[], logo: Uint8Array | null): Promise<Drawn[]> {
  counter += 1;
  const id = counter;
  return new Promise((resolve, reject) => {
    thread.waiting.set(id, { resolve, reject });
    thread.worker.postMessage({ id, models, logo } satisfies DrawOrder);
  });
}

/**
 * Draws statements in threads, in the order given. One that cannot be drawn answers its failure and leaves the others
 * alone. Throws when a thread dies, such as for want of memory; the caller's run goes on with the next try.
 */
export async function drawStatements(models: readonly StatementPdfModel[], logo: Uint8Array | null): Promise<Drawn[]> {
  clearTimeout(idle);
  const wanted = Math.min(MAX_THREADS, Math.max(1, availableParallelism()), Math.ceil(models.length / PORTION));
  while (threads.length < wanted) threads.push(startThread());
  const portions: (readonly StatementPdfModel[])[] = [];
  for (let at = 0; at < models.length; at += PORTION) portions.push(models.slice(at, at + PORTION));
  // the process must not end while a thread draws for it
  const team = [...threads];
  for (const thread of team) thread.worker.ref();
  try {
    const drawn = await Promise.all(portions.map((portion, index) => order(team[index % team.length]!, portion, logo)));
    return drawn.flat();
  } finally {
    for (const thread of team) if (thread.waiting.size === 0) thread.worker.unref();
    clearTimeout(idle);
    idle = setTimeout(closeDrawing, IDLE_MS).unref();
  }
}

/** Ends the threads that have nothing to do. */
export async function closeDrawing(): Promise<void> {
  const rest = threads.filter((thread) => thread.waiting.size === 0);
  threads = threads.filter((thread) => thread.waiting.size > 0);
  await Promise.all(rest.map((thread) => thread.worker.terminate()));
}
