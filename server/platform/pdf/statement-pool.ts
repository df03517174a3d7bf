import { threadTeam } from '../threads.ts';
import type { StatementPdfModel } from './statement-pdf.ts';

export interface DrawOrder {
  models: readonly StatementPdfModel[];
  logo: Uint8Array | null;
}

export type Drawn = { bytes: Uint8Array } | { failure: string };

/** Statements handed to a thread at once: enough to hide the hand-over, few enough to share the work evenly. */
const PORTION = 25;

/**
 * A drawn page is garbage at once, and V8 lets a thread's young generation grow to 67 MB before it looks: with 16 MB a
 * run of ten thousand needs no more room than one of a thousand, and takes no longer.
 */
const YOUNG_MB = 16;

/** More threads would only take the processor from the program itself and from PostgreSQL. */
const team = threadTeam<DrawOrder, Drawn[]>(new URL('./statement-worker.ts', import.meta.url), { most: 4, idleMs: 10_000, youngMb: YOUNG_MB });

/**
 * Draws statements in threads, in the order given. One that cannot be drawn answers its failure and leaves the others
 * alone. Throws when a thread dies, such as for want of memory; the caller's run goes on with the next try.
 */
export async function drawStatements(models: readonly StatementPdfModel[], logo: Uint8Array | null): Promise<Drawn[]> {
  const portions: (readonly StatementPdfModel[])[] = [];
  for (let at = 0; at < models.length; at += PORTION) portions.push(models.slice(at, at + PORTION));
  return (await Promise.all(portions.map((models) => team.ask({ models, logo })))).flat();
}

/** Ends the threads that have nothing to do. */
export const closeDrawing = (): Promise<void> => team.close();
