import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, expect, test } from 'vitest';
import { embeddedHome, startEmbedded } from './embedded.ts';

const quiet = () => {};
const folder = mkdtempSync(join(tmpdir(), 'payorcrm-embedded-'));
// as under a home of mode 0755: the server's user gets in
chmodSync(folder, 0o755);
const outside: string[] = [];
afterAll(() => {
  for (const path of [folder, ...outside]) rmSync(path, { recursive: true, force: true });
});

async function ask(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

test('a new database starts, keeps its rows over a stop, and listens on no network', async () => {
  const dataDir = join(folder, 'one');
  const first = await startEmbedded({ dataDir, log: quiet });
  await ask(first.url, 'create table kept (n int)');
  await ask(first.url, 'insert into kept values (7)');
  expect((await ask(first.url, 'show listen_addresses'))[0]).toEqual({ listen_addresses: '' });
  expect((await ask(first.url, 'show fsync'))[0]).toEqual({ fsync: 'on' });
  await first.stop();
  const second = await startEmbedded({ dataDir, log: quiet });
  expect(await ask(second.url, 'select n from kept')).toEqual([{ n: 7 }]);
  await second.stop();
  await expect(ask(second.url, 'select 1')).rejects.toThrow();
}, 60_000);

test('a server whose starter was killed is adopted', async () => {
  const dataDir = join(folder, 'orphan');
  const module = new URL('./embedded.ts', import.meta.url).href;
  const script = `import { startEmbedded } from ${JSON.stringify(module)};
    const { url } = await startEmbedded({ dataDir: ${JSON.stringify(dataDir)}, log() {} });
    console.log(url); setInterval(() => {}, 1000);`;
  const starter = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const url = await new Promise<string>((done) => starter.stdout.once('data', (bytes) => done(String(bytes).trim())));
  const server = (await ask(url, 'select pg_postmaster_start_time()::text as at'))[0];
  starter.kill('SIGKILL');
  await new Promise((done) => starter.once('exit', done));
  const adopted = await startEmbedded({ dataDir, log: quiet });
  expect((await ask(adopted.url, 'select pg_postmaster_start_time()::text as at'))[0]).toEqual(server);
  await adopted.stop();
  await expect(ask(adopted.url, 'select 1')).rejects.toThrow();
}, 60_000);

test('two starters at once get the same server, and the first to stop leaves it to the other', async () => {
  const dataDir = join(folder, 'two');
  const [a, b] = await Promise.all([startEmbedded({ dataDir, log: quiet }), startEmbedded({ dataDir, log: quiet })]);
  expect(a.url).toBe(b.url);
  const other = spawn('sleep', ['60']);
  const users = join(embeddedHome(dataDir)!, 'users');
  spawnSync('touch', [join(users, String(other.pid))]);
  await a.stop();
  expect(await ask(a.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  other.kill('SIGKILL');
  await new Promise((done) => other.once('exit', done));
  await b.stop();
  expect(readdirSync(users)).toEqual([]);
  await expect(ask(b.url, 'select 1')).rejects.toThrow();
}, 60_000);

test('a data folder with a very long path still gets a socket', async () => {
  const dataDir = join(folder, 'long'.repeat(30), 'data');
  const server = await startEmbedded({ dataDir, log: quiet });
  expect(await ask(server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  await server.stop();
}, 60_000);

test('below a home of mode 0700 it works too, as another user when we are root', async () => {
  const home = join(folder, 'home');
  mkdirSync(home, { mode: 0o700 });
  const dataDir = join(home, 'payorcrm', '.data');
  const server = await startEmbedded({ dataDir, log: quiet });
  const place = embeddedHome(dataDir)!;
  if (process.getuid?.() === 0) {
    outside.push(place);
    expect(place).toMatch(/^\/var\/lib\/payorcrm\//);
    expect(readFileSync(join(place, 'belongs-to'), 'utf8')).toBe(`${dataDir}\n`);
    expect(statSync(place).uid).not.toBe(0);
  }
  expect(statSync(place).mode & 0o777).toBe(0o700);
  expect(await ask(server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  await server.stop();
}, 60_000);
