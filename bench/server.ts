import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { startEmbedded } from '../server/platform/database/embedded.ts';

const main = fileURLToPath(new URL('../server/main.ts', import.meta.url));

export interface BenchServer {
  url: string;
  pid: number;
  databaseUrl: string;
  /** Owner of the tables: seeding, hand-written SQL, and looking. */
  admin: pg.Client;
  tenantId: string;
  headers: { api_key: string; api_secret: string };
  /** Highest resident memory of the server since its start or the last reset, in megabytes. */
  peakMemoryMb(): number;
  memoryMb(): number;
  restart(): Promise<void>;
  close(): Promise<void>;
}

export interface BenchServerOptions {
  roles?: string;
  env?: Record<string, string>;
}

/** A real server in its own process on a fresh embedded database, with one company: what the benchmarks drive. */
export async function startBenchServer(options: BenchServerOptions = {}): Promise<BenchServer> {
  const folder = mkdtempSync(join(tmpdir(), 'payorcrm-bench-'));
  const embedded = await startEmbedded({ dataDir: folder, log: () => {} });
  const env = { ...process.env, DATA_DIR: folder, DATABASE_URL: embedded.url, LOG_LEVEL: 'warn', ROLES: options.roles ?? 'web', ...options.env };
  await runCli(['migrate'], env);
  const created = JSON.parse(
    await runCli(['tenant', 'create', '--name', 'Bench', '--email', 'admin@bench.example', '--currency', 'USD', '--timezone', 'UTC', '--json'], env),
  ) as { tenant_id: string; api_key: string; api_secret: string };
  const admin = new pg.Client({ connectionString: embedded.url });
  await admin.connect();
  let server = await startProcess(env);
  return {
    get url() {
      return server.url;
    },
    get pid() {
      return server.child.pid!;
    },
    databaseUrl: embedded.url,
    admin,
    tenantId: created.tenant_id,
    headers: { api_key: created.api_key, api_secret: created.api_secret },
    peakMemoryMb: () => memory(server.child.pid!, 'VmHWM'),
    memoryMb: () => memory(server.child.pid!, 'VmRSS'),
    async restart() {
      await stop(server.child);
      server = await startProcess(env);
    },
    async close() {
      await stop(server.child);
      await admin.end();
      await embedded.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export function memory(pid: number, field: 'VmHWM' | 'VmRSS'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0) / 1024;
}

async function runCli(args: string[], env: NodeJS.ProcessEnv): Promise<string> {
  const child = spawn(process.execPath, [main, ...args], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout!.on('data', (chunk) => (out += chunk));
  const code = await new Promise((resolve) => child.once('exit', resolve));
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}`);
  return out;
}

/** Starts `serve` on a free port and answers when /healthz does. */
export async function startProcess(env: NodeJS.ProcessEnv): Promise<{ child: ChildProcess; url: string; readyMs: number }> {
  const port = await freePort();
  const began = performance.now();
  const child = spawn(process.execPath, [main, 'serve'], {
    env: { ...env, PORT: String(port), HOST: '127.0.0.1', PUBLIC_URL: `http://127.0.0.1:${port}` },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const url = `http://127.0.0.1:${port}`;
  for (;;) {
    try {
      if ((await fetch(`${url}/healthz`)).ok) break;
    } catch {
      if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    if (performance.now() - began > 60_000) throw new Error('the server did not become ready in a minute');
  }
  return { child, url, readyMs: performance.now() - began };
}

async function freePort(): Promise<number> {
  const { createServer } = await import('node:net');
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}

export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await gone;
  clearTimeout(late);
}
