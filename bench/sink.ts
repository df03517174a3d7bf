import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

interface Sink {
  child: ChildProcess;
  url: string;
  /** Mails and bytes taken since the last question. */
  taken(): Promise<{ mails: number; bytes: number; sample: string }>;
}

/** An SMTP server in a process of its own that reads and forgets. */
export async function startSink(): Promise<Sink> {
  const child = fork(fileURLToPath(new URL('./mail-sink.ts', import.meta.url)), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const port = await new Promise<number>((resolve) => child.once('message', (message) => resolve((message as { port: number }).port)));
  return {
    child,
    url: `smtp://127.0.0.1:${port}`,
    taken: () =>
      new Promise((resolve) => {
        child.once('message', (message) => resolve(message as { mails: number; bytes: number; sample: string }));
        child.send('taken');
      }),
  };
}
