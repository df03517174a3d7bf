import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** One compilation, the start of the process included. */
const TIMEOUT_MS = 20_000;
const HEAP_MB = 256;

interface Waiting {
  by: ChildProcess;
  resolve(html: string): void;
  reject(error: Error): void;
  timer: NodeJS.Timeout;
}

let child: ChildProcess | null = null;
let lastId = 0;
const waiting = new Map<number, Waiting>();

/**
 * MJML to HTML in a process that lives only while templates are written, so that a server at rest stays small. Throws
 * an Error for MJML that takes too long and when the process dies, {@link MjmlRefused} for MJML that is not valid.
 */
export async function compileMjml(source: string): Promise<string> {
  try {
    return await ask(source);
  } catch (error) {
    // it ends by itself when it has nothing to do: the question may have come a moment too late
    if (error instanceof ProcessEnded) return ask(source);
    throw error;
  }
}

class ProcessEnded extends Error {}

/** The compiler's word on what it was given; any other error is about the process. */
export class MjmlRefused extends Error {}

function ask(source: string): Promise<string> {
  child ??= start();
  const target = child;
  lastId += 1;
  const id = lastId;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      finish(id)?.reject(new Error('the design took too long to compile'));
      target.kill('SIGKILL');
    }, TIMEOUT_MS);
    waiting.set(id, { by: target, resolve, reject, timer });
    target.send({ id, source }, (error) => error && finish(id)?.reject(new ProcessEnded('the compiler of designs ended')));
  });
}

function start(): ChildProcess {
  const started = fork(fileURLToPath(new URL('./mjml-process.ts', import.meta.url)), {
    // nothing of the server's environment: keys and addresses stand there
    env: { NODE_ENV: 'production' },
    execArgv: [`--max-old-space-size=${HEAP_MB}`],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  started.on('message', (answer: { id: number; html?: string; error?: string }) => {
    const one = finish(answer.id);
    if (answer.html !== undefined) one?.resolve(answer.html);
    else one?.reject(new MjmlRefused(answer.error ?? 'the design could not be compiled'));
  });
  const gone = () => {
    if (child === started) child = null;
    for (const [id, one] of [...waiting]) if (one.by === started) finish(id)?.reject(new ProcessEnded('the compiler of designs ended'));
  };
  started.on('exit', gone);
  started.on('error', gone);
  // a server that ends does not wait for it
  started.unref();
  started.channel?.unref();
  return started;
}

function finish(id: number): Waiting | undefined {
  const one = waiting.get(id);
  waiting.delete(id);
  if (one) clearTimeout(one.timer);
  return one;
}

/** Ends the process, if there is one. */
export function closeMjml(): void {
  child?.kill();
  child = null;
}
