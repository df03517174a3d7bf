import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const CONNECTIONS = 32;

/** Requests per second over 32 kept connections, each asking for the next of `paths`. An answer other than 200 fails the run. */
export function load(url: string, paths: readonly string[], seconds: number): Promise<number> {
  return spawnSync('wrk', ['-v']).error ? own(url, paths, seconds) : wrk(url, paths, seconds);
}

/** With `wrk` the load costs little of the machine that it measures. */
async function wrk(url: string, paths: readonly string[], seconds: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'payorcrm-load-'));
  const script = join(folder, 'paths.lua');
  writeFileSync(
    script,
    `local paths = {${paths.map((path) => `"${path}"`).join(',')}}\nlocal at = 0\nrequest = function() at = at % #paths + 1; return wrk.format("GET", paths[at]) end\n`,
  );
  try {
    const child = spawn('wrk', ['-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, '-s', script, url]);
    let out = '';
    child.stdout.on('data', (chunk) => (out += chunk));
    await new Promise((resolve) => child.once('exit', resolve));
    const errors = /Non-2xx or 3xx responses: (\d+)|Socket errors: (.*)/.exec(out);
    const found = /Requests\/sec:\s+([\d.]+)/.exec(out);
    if (errors || !found) throw new Error(`the load on ${url} failed: ${out}`);
    return Number(found[1]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function own(url: string, paths: readonly string[], seconds: number): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const until = performance.now() + seconds * 1000;
  let at = 0;
  let done = 0;
  const one = () =>
    new Promise<void>((resolve, reject) => {
      const call = request(url + paths[at++ % paths.length]!, { agent }, (response) => {
        if (response.statusCode !== 200) reject(new Error(`answered ${response.statusCode}`));
        response.resume();
        response.on('end', resolve);
      });
      call.on('error', reject);
      call.end();
    });
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      while (performance.now() < until) {
        await one();
        done += 1;
      }
    }),
  );
  agent.destroy();
  return done / seconds;
}
