import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { type Config, loadConfig } from '../platform/config/config.ts';
import { type Command, exitCodes, Failure, printPairs, readArgs } from './command.ts';
import { migrateOrExplain } from './open.ts';
import { explainPort, type Running, untilStopped } from './serve.ts';

export const demo: Command = {
  help: `payorcrm demo [--watch] [--reset]

A demo company on this machine: 24 months of invented history, web server, worker, a mail catcher with a mailbox page,
and the demo gateway. It has a database of its own in DATA_DIR/demo (.data/demo) and keeps it. Mail never leaves this
machine: SMTP_URL and mail servers set in the program are not used.

  --watch   starts again when a file of the server changes (npm run dev)
  --reset   forgets what was done in the demo and begins anew

Settings: PORT, HOST, PUBLIC_URL, DATA_DIR, LOG_LEVEL.`,
  async run(args) {
    const { options } = readArgs(args, { watch: { type: 'boolean' }, reset: { type: 'boolean' } });
    if (options['watch']) return watchAndRestart();
    const config = demoConfig();
    if (options['reset']) await reset(config);
    return untilStopped(() => startDemo(config));
  },
};

/** The program's settings with a data folder of its own, the embedded database, and both roles. */
function demoConfig(): Config {
  const dataDir = join(resolve(process.env['DATA_DIR']?.trim() || './.data'), 'demo');
  return loadConfig({
    ...process.env,
    DATA_DIR: dataDir,
    DATABASE_URL: '',
    SMTP_URL: '',
    ROLES: 'web,worker',
    LOG_LEVEL: process.env['LOG_LEVEL'] || 'warn',
  });
}

async function reset(config: Config): Promise<void> {
  const { embeddedHome, startEmbedded } = await import('../platform/database/embedded.ts');
  const home = embeddedHome(config.dataDir);
  if (home) {
    const embedded = await startEmbedded({ dataDir: config.dataDir, log: () => {} });
    await embedded.stop();
    if (existsSync(join(home, 'data/postmaster.pid'))) throw new Failure('The demo is running. Stop it first.');
    rmSync(home, { recursive: true, force: true });
  }
  rmSync(config.dataDir, { recursive: true, force: true });
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  if (!process.env['SECRET_KEY']) writeFileSync(join(config.dataDir, 'secret.key'), `${config.secretKey}\n`, { mode: 0o600 });
}

/** How the parts end: the worker finishes what it has begun, then everything that listens, then the database. */
interface Stops {
  first: (() => Promise<unknown>)[];
  together: (() => Promise<unknown>)[];
  last: (() => Promise<unknown>)[];
}

async function startDemo(settings: Config): Promise<Running> {
  const stops: Stops = { first: [], together: [], last: [] };
  const stop = async () => {
    for (const step of stops.first) await step();
    await Promise.all(stops.together.map((step) => step()));
    for (const step of stops.last.reverse()) await step();
  };
  const isFirst = !existsSync(join(settings.dataDir, 'ready'));
  // one that was stopped while its past was put together begins anew
  if (isFirst) await reset(settings);
  const say = (message: string) => {
    if (isFirst) console.log(`${message} …`);
  };
  try {
    const [{ startEmbedded }, { createApp, seedTenant }, { startCatcher }, gatewayPort] = await Promise.all([
      import('../platform/database/embedded.ts'),
      import('../app.ts'),
      import('../platform/mail/catcher.ts'),
      freePort(settings.port + 1),
    ]);
    const gateway = { url: `http://127.0.0.1:${gatewayPort}`, file: join(settings.dataDir, 'gateway.ndjson') };
    // a first time the gateway waits for the company: it reads its books, saved methods among them, when it starts
    const early = isFirst ? null : startGateway(settings.dataDir, gatewayPort, gateway.file);
    const [embedded, catcher] = await Promise.all([
      startEmbedded({ dataDir: settings.dataDir, log: say }),
      startCatcher({ folder: join(settings.dataDir, 'mail') }),
    ]);
    stops.last.push(() => embedded.stop());
    stops.together.push(() => catcher.stop());
    if (early) stops.together.push(await early);
    // whatever the environment says, mail goes to the catcher
    const config: Config = { ...settings, smtpUrl: catcher.url };
    const applied = await migrateOrExplain(embedded.url);
    if (applied.length > 0) say(`database schema: ${applied.length} migrations applied`);
    const { mailboxPages } = await import('../platform/mail/mailbox.ts');
    const app = createApp(config, { databaseUrl: embedded.url, extraPages: mailboxPages(catcher) });
    stops.last.push(app.close);
    const { demoAccess, seedDemo } = await import('../demo/load.ts');
    await seedDemo(app.platform, { seed: seedTenant, gateway, log: say });
    if (!early) stops.together.push(await startGateway(settings.dataDir, gatewayPort, gateway.file));
    writeFileSync(join(settings.dataDir, 'ready'), '');
    const listening = await app.serve().catch(explainPort(config));
    stops.together.push(listening.stop);
    const worker = await app.work();
    stops.first.push(worker.stop);
    printTable(config, demoAccess, gateway.url);
    return { stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function printTable(config: Config, access: typeof import('../demo/load.ts')['demoAccess'], gatewayUrl: string): void {
  console.log('');
  printPairs([
    ['PayorCRM', config.publicUrl],
    ['Staff sign-in', `${access.email}   password ${access.password}`],
    ['Mailbox', `${config.publicUrl}/mailbox   (every mail lands here)`],
    ['Portal customer', `C-1001 Quillhaven Roasters, ada@quillhaven.example.com: pay from a mail in the mailbox`],
    ['API', `api_key: ${access.apiKey}   api_secret: ${access.apiSecret}   (${config.publicUrl}/docs)`],
    ['Demo gateway', `${gatewayUrl}   test card 4242 4242 4242 4242`],
  ]);
  console.log('\nStop with Ctrl-C; the data stays. Begin anew: npm run demo -- --reset\n');
}

// --- the gateway's own process -------------------------------------------------------------------------------------

/**
 * The demo provider is another company: it has a process and books of its own. One left by a killed demo is ended.
 * Answers how to stop it.
 */
async function startGateway(dataDir: string, port: number, file: string): Promise<() => Promise<void>> {
  const pidFile = join(dataDir, 'gateway.pid');
  endLeftover(pidFile);
  const script = join(import.meta.dirname, '../gateways/demo/simulator.ts');
  const child = spawn(process.execPath, [script, '--port', String(port), '--file', file, '--bank-seconds', '60'], { stdio: ['ignore', 'pipe', 'inherit'] });
  writeFileSync(pidFile, String(child.pid));
  await new Promise<void>((done, refuse) => {
    createInterface({ input: child.stdout! }).once('line', () => done());
    child.once('exit', (code) => refuse(new Failure(`The demo gateway ended with exit code ${code}.`)));
    child.once('error', refuse);
  });
  return () => endChild(child, pidFile);
}

async function endChild(child: ChildProcess, pidFile: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const gone = new Promise((done) => child.once('exit', done));
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), 3_000);
    await gone;
    clearTimeout(late);
  }
  rmSync(pidFile, { force: true });
}

function endLeftover(pidFile: string): void {
  try {
    const pid = Number(readFileSync(pidFile, 'utf8'));
    // the number may belong to another program by now
    if (pid > 0 && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('gateways/demo/simulator.ts')) process.kill(pid, 'SIGTERM');
  } catch {
    // none was left, or this system has no /proc
  }
}

/** The wanted port when it is free, else any. */
async function freePort(wanted: number): Promise<number> {
  const probe = (port: number) =>
    new Promise<number | null>((done) => {
      const server = createServer();
      server.once('error', () => done(null));
      server.listen(port, '127.0.0.1', () => {
        const address = server.address();
        server.close(() => done(typeof address === 'object' && address ? address.port : null));
      });
    });
  return (wanted <= 65_535 && wanted > 1 ? await probe(wanted) : null) ?? (await probe(0)) ?? 0;
}

// --- --watch -------------------------------------------------------------------------------------------------------

/** Runs the demo in a process that is ended and started again when a file of the server changes. */
async function watchAndRestart(): Promise<number> {
  const main = join(import.meta.dirname, '../main.ts');
  let stopping = false;
  let child = spawn(process.execPath, [main, 'demo'], { stdio: 'inherit' });
  let pending: NodeJS.Timeout | null = null;
  const watcher = watch(join(import.meta.dirname, '..'), { recursive: true }, (_, name) => {
    if (!name?.endsWith('.ts') || name.endsWith('.test.ts')) return;
    if (pending) clearTimeout(pending);
    pending = setTimeout(() => {
      console.log(`${name} changed: starting again`);
      child.once('exit', () => {
        if (!stopping) child = spawn(process.execPath, [main, 'demo'], { stdio: 'inherit' });
      });
      child.kill('SIGTERM');
    }, 300);
  });
  await new Promise<void>((done) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => done());
  });
  stopping = true;
  watcher.close();
  if (child.exitCode === null) {
    const gone = new Promise((done) => child.once('exit', done));
    child.kill('SIGTERM');
    await gone;
  }
  return exitCodes.ok;
}
