import { type ChildProcess, spawn } from 'node:child_process';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../server/main.ts', import.meta.url));
/** As the command does: the compiled code of the first start serves all others. */
const compiled = fileURLToPath(new URL('../../node_modules/.cache/compile', import.meta.url));

/** A real process of the product: `serve` in some roles, on a database, with a fault armed or none. */
export interface Process {
  readonly child: ChildProcess;
  readonly url: string;
  readonly port: number;
  /** Ends when the process has; answers the signal that ended it. */
  readonly gone: Promise<NodeJS.Signals | null>;
  kill(): Promise<void>;
}

export async function startProcess(env: Record<string, string>, options: { port?: number } = {}): Promise<Process> {
  const port = options.port ?? (await freePort());
  const url = `http://127.0.0.1:${port}`;
  let complaints = '';
  const child = spawn(process.execPath, [main, 'serve'], {
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: process.env['HOME'] ?? '/tmp',
      NODE_COMPILE_CACHE: compiled,
      LOG_LEVEL: 'error',
      HOST: '127.0.0.1',
      PORT: String(port),
      PUBLIC_URL: url,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stderr!.on('data', (chunk) => {
    complaints = (complaints + chunk).slice(-4000);
    if (process.env['TEST_LOG']) process.stderr.write(chunk);
  });
  let works = false;
  child.stdout!.on('data', (chunk) => {
    works ||= String(chunk).includes('worker is running');
  });
  const gone = new Promise<NodeJS.Signals | null>((resolve) => child.once('exit', (_, signal) => resolve(signal)));
  await until(
    async () => {
      if (child.exitCode !== null) throw new Error(`the process ended with ${child.exitCode}: ${complaints}`);
      if (child.signalCode !== null) return true;
      return (env['ROLES'] ?? 'web,worker').includes('web') ? answers(`${url}/healthz`) : works;
    },
    () => `the process is ready (${complaints})`,
  );
  return {
    child,
    url,
    port,
    gone,
    async kill() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await gone;
    },
  };
}

const answers = async (url: string): Promise<boolean> => {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
};

/**
 * Waits for a state of the world; says which state never came. Looks again after twice the time that the last look took, so that
 * a dear look does not take the time from what it waits for.
 */
export async function until(holds: () => Promise<boolean>, what: string | (() => string), timeoutMs = 60_000): Promise<void> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const began = performance.now();
    if (await holds()) return;
    const now = performance.now();
    if (now > end) throw new Error(`this did not come true within ${timeoutMs / 1000} s: ${typeof what === 'string' ? what : what()}`);
    await new Promise((resolve) => setTimeout(resolve, Math.min(500, Math.max(40, 2 * (now - began)))));
  }
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}

/** One address before several web processes, as a proxy in front of them has: each connection goes to the next that takes it. */
export interface Balancer {
  readonly url: string;
  readonly ports: Set<number>;
  stop(): Promise<void>;
}

export async function startBalancer(): Promise<Balancer> {
  const ports = new Set<number>();
  const open = new Set<Socket>();
  let turn = 0;
  const server: Server = createServer((from) => {
    open.add(from);
    from.on('error', () => {});
    from.on('close', () => open.delete(from));
    const list = [...ports];
    const pass = (left: number) => {
      if (left === 0) return void from.destroy();
      const to = connect(list[turn++ % list.length]!, '127.0.0.1');
      to.once('error', () => pass(left - 1));
      to.once('connect', () => {
        to.removeAllListeners('error').on('error', () => from.destroy());
        to.on('close', () => from.destroy());
        from.on('close', () => to.destroy());
        from.pipe(to).pipe(from);
      });
    };
    pass(list.length);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    ports,
    stop: () =>
      new Promise((resolve) => {
        for (const socket of open) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** A slow line to a port of this machine: what is said arrives after `delayMs`, so that a process can die while it waits. */
export async function startSlowLine(port: number, delayMs: number): Promise<{ port: number; stop(): Promise<void> }> {
  const open = new Set<Socket>();
  const server = createServer((from) => {
    const to = connect(port, '127.0.0.1');
    for (const [one, other] of [
      [from, to],
      [to, from],
    ] as const) {
      open.add(one);
      one.on('error', () => {});
      one.on('close', () => {
        open.delete(one);
        other.destroy();
      });
    }
    from.on('data', (chunk) => setTimeout(() => to.write(chunk), delayMs));
    to.pipe(from);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as { port: number }).port,
    stop: () =>
      new Promise((resolve) => {
        for (const socket of open) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
