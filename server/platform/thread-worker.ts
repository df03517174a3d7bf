import { parentPort, type Transferable } from 'node:worker_threads';

/** The thread's side of a team (threads.ts): each order is answered, with what is moved to the asker instead of copied. */
export function serveOrders<Order, Answer>(work: (order: Order) => Promise<{ answer: Answer; moved: Transferable[] }>): void {
  parentPort!.on('message', async ({ id, order }: { id: number; order: Order }) => {
    const { answer, moved } = await work(order);
    parentPort!.postMessage({ id, answer }, moved);
  });
}
