import { availableParallelism } from 'node:os';
import { type Transferable, Worker } from 'node:worker_threads';

export interface ThreadOptions {
  most: number;
  /** Threads that had nothing to do for this long end: an idle program has none. */
  idleMs: number;
  /** An order that takes longer fails, and its thread ends with it. */
  answerMs?: number;
  memoryMb?: number;
  /** Of what is young and soon garbage; V8's own limit is 67 MB for each thread. */
  youngMb?: number;
}

/** Threads that answer orders; the file is served with {@link serveOrders}. */
export interface ThreadTeam<Order, Answer> {
  /** Throws when the thread dies, such as for want of memory. What is moved may not be looked at any more. */
  ask(order: Order, moved?: readonly Transferable[]): Promise<Answer>;
  /** Ends the threads that have nothing to do. */
  close(): Promise<void>;
}

interface Waiting<Answer> {
  resolve: (answer: Answer) => void;
  reject: (error: Error) => void;
  timer: NodeJS.Timeout | undefined;
}

interface Thread<Answer> {
  worker: Worker;
  /** Orders under way; a thread that dies fails them. */
  waiting: Map<number, Waiting<Answer>>;
}

export function threadTeam<Order, Answer>(file: URL, options: ThreadOptions): ThreadTeam<Order, Answer> {
  const most = Math.max(1, Math.min(options.most, availableParallelism()));
  let threads: Thread<Answer>[] = [];
  let counter = 0;
  let idle: NodeJS.Timeout | undefined;

  function start(): Thread<Answer> {
    const resourceLimits = {
      ...(options.memoryMb === undefined ? {} : { maxOldGenerationSizeMb: options.memoryMb }),
      ...(options.youngMb === undefined ? {} : { maxYoungGenerationSizeMb: options.youngMb }),
    };
    const thread: Thread<Answer> = { worker: new Worker(file, { resourceLimits }), waiting: new Map() };
    const end = (error: Error) => {
      threads = threads.filter((one) => one !== thread);
      for (const { reject, timer } of thread.waiting.values()) {
        clearTimeout(timer);
        reject(error);
      }
      thread.waiting.clear();
    };
    thread.worker.on('message', ({ id, answer }: { id: number; answer: Answer }) => {
      const order = thread.waiting.get(id);
      thread.waiting.delete(id);
      clearTimeout(order?.timer);
      if (thread.waiting.size === 0) rest(thread);
      order?.resolve(answer);
    });
    thread.worker.on('error', end);
    thread.worker.on('exit', () => end(new Error('a thread ended before it answered')));
    threads.push(thread);
    return thread;
  }

  /** The process may end while a thread has nothing to do. */
  function rest(thread: Thread<Answer>): void {
    thread.worker.unref();
    clearTimeout(idle);
    idle = setTimeout(() => void close(), options.idleMs).unref();
  }

  async function close(): Promise<void> {
    const resting = threads.filter((thread) => thread.waiting.size === 0);
    threads = threads.filter((thread) => thread.waiting.size > 0);
    await Promise.all(resting.map((thread) => thread.worker.terminate()));
  }

  return {
    ask(order, moved = []) {
      clearTimeout(idle);
      const freest = threads.toSorted((a, b) => a.waiting.size - b.waiting.size)[0];
      const thread = freest && (freest.waiting.size === 0 || threads.length >= most) ? freest : start();
      counter += 1;
      const id = counter;
      thread.worker.ref();
      return new Promise((resolve, reject) => {
        const timer = options.answerMs === undefined ? undefined : setTimeout(() => void thread.worker.terminate(), options.answerMs);
        thread.waiting.set(id, { resolve, reject, timer });
        thread.worker.postMessage({ id, order }, moved);
      });
    },
    close,
  };
}
