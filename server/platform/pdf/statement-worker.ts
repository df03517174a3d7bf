/** A thread that draws statements: see statement-pool.ts. */
import { serveOrders } from '../thread-worker.ts';
import { drawStatementPdf } from './statement-pdf.ts';
import type { DrawOrder, Drawn } from './statement-pool.ts';

serveOrders<DrawOrder, Drawn[]>(async (order) => {
  const logo = order.logo === null ? null : Buffer.from(order.logo);
  const answer: Drawn[] = [];
  const moved: ArrayBuffer[] = [];
  for (const model of order.models) {
    try {
      const drawn = await drawStatementPdf(model, logo);
      // a copy of its own: what is handed over must not be part of a shared block
      const bytes = new Uint8Array(drawn);
      moved.push(bytes.buffer);
      answer.push({ bytes });
    } catch (error) {
      answer.push({ failure: (error as Error).message.slice(0, 300) });
    }
  }
  return { answer, moved };
});
