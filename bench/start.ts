import { spawn } from 'node:child_process';
import { type BenchOptions, type BenchResult, bound, median } from './bench.ts';
import { startBenchServer, startProcess, memory, stop } from './server.ts';

const ROUNDS = 5;
/** Memory is read when the server has been idle for this long. */
const IDLE_MS = 5000;

/** A bare Node that connects to the same database, asks it for one row, and ends. */
const bare = (url: string) => `
import pg from 'pg';
const client = new pg.Client({ connectionString: ${JSON.stringify(url)} });
await client.connect();
await client.query('select 1');
process.stdout.write('ready');
process.exit(0);
`;

async function bareMs(databaseUrl: string): Promise<number> {
  const began = performance.now();
  const child = spawn(process.execPath, ['--input-type=module', '-e', bare(databaseUrl)], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => child.stdout!.once('data', resolve));
  const ms = performance.now() - began;
  await new Promise((resolve) => (child.exitCode === null ? child.once('exit', resolve) : resolve(null)));
  return ms;
}

export async function run({ log }: BenchOptions): Promise<BenchResult[]> {
  const server = await startBenchServer({ roles: 'web,worker' });
  try {
    const ours: number[] = [];
    const limits: number[] = [];
    let idleMb = 0;
    for (let round = 0; round < ROUNDS; round++) {
      limits.push(await bareMs(server.databaseUrl));
      const started = await startProcess({ ...process.env, DATABASE_URL: server.databaseUrl, ROLES: 'web,worker', LOG_LEVEL: 'warn' });
      ours.push(started.readyMs);
      if (round === ROUNDS - 1) {
        await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
        idleMb = memory(started.child.pid!, 'VmRSS');
      }
      await stop(started.child);
    }
    log(`start ${ours.map(Math.round).join(', ')} ms; bare ${limits.map(Math.round).join(', ')} ms; idle ${idleMb.toFixed(0)} MB`);
    return [
      bound('start to ready, against ten bare starts', median(ours), 10 * median(limits), 'ms'),
      bound('idle memory of web and worker', idleMb, 120, 'MB'),
    ];
  } finally {
    await server.close();
  }
}
