/** A thread that draws statements: see statement-pool.ts. */
import { parentPort } from 'node:worker_threads';
import type { DrawAnswer, DrawOrder } from './statement-pool.ts';
import { drawStatementPdf } from './statement-pdf.ts';

parentPort!.on('message', async (order: DrawOrder) => {
  const logo = order.logo === null ? null : Buffer.from(order.logo);
  const results: DrawAnswer['results'] = [];
  const moved: ArrayBuffer[] = [];
  for (const model of order.models) {
    try {
      const drawn = await drawStatementPdf(model, logo);
      // a copy of its own: what is handed over must not be part of a shared block
      const bytes = new Uint8Array(drawn);
      moved.push(bytes.buffer);
      results.push({ bytes });
    } catch (error) {
      results.push({ failure: (error as Error).message.slice(0, 300) });
    }
  }
  parentPort!.postMessage({ id: order.id, results } satisfies DrawAnswer, moved);
});
