import { flushCompileCache } from 'node:module';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Config, loadConfig } from '../platform/config/config.ts';
import { type Command, exitCodes, Failure, readArgs } from './command.ts';
import { migrateOrExplain, openDatabaseOf } from './open.ts';

export const serve: Command = {
  help: `payorcrm serve

The program itself, until it is told to stop (Ctrl-C, SIGTERM): web server, worker, or both, as ROLES says. Starts the
embedded PostgreSQL when DATABASE_URL is not set, and brings the database to the newest schema. Without a company yet it
prints a one-time link to the set-up page.

Settings: PORT, HOST, PUBLIC_URL, DATA_DIR, DATABASE_URL, SMTP_URL, SECRET_KEY, ROLES, LOG_LEVEL (payorcrm doctor).`,
  async run(args) {
    readArgs(args, {});
    const config = loadConfig(process.env);
    return untilStopped(() => startServer(config));
  },
};

export interface Running {
  stop(): Promise<void>;
}

async function startServer(config: Config): Promise<Running> {
  const appLoaded = import('../app.ts');
  const database = await openDatabaseOf(config, (message) => console.log(message));
  const stops: (() => Promise<unknown>)[] = [database.close];
  const stop = async () => {
    for (const step of stops.reverse()) await step();
  };
  try {
    const applied = await migrateOrExplain(database.url);
    if (applied.length > 0) console.log(`database schema: ${applied.length} migrations applied`);
    const app = (await appLoaded).createApp(config, { databaseUrl: database.url });
    stops.push(app.close);
    if (config.roles.includes('web')) {
      const listening = await app.serve().catch(explainPort(config));
      stops.push(listening.stop);
      console.log(`PayorCRM is at ${config.publicUrl}`);
      const { createSetupLink } = await import('../modules/identity/index.ts');
      const link = await createSetupLink(app.platform);
      if (link) console.log(`Set up your company (one-time link): ${link}`);
    }
    if (config.roles.includes('worker')) {
      const worker = await app.work();
      stops.push(worker.stop);
      if (!config.roles.includes('web')) console.log('PayorCRM worker is running');
    }
    return { stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

export const explainPort =
  (config: Config) =>
  (error: NodeJS.ErrnoException): never => {
    if (error.code === 'EADDRINUSE')
      throw new Failure(`PORT: ${config.port} is in use on ${config.host}; expected a free port, for example PORT=${config.port + 1}`);
    if (error.code === 'EACCES') throw new Failure(`PORT: this user may not listen on ${config.port}; expected a port above 1023`);
    if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') throw new Failure(`HOST: this machine has no address ${config.host}`);
    throw error;
  };

/** Longest time that what has begun gets to finish before the process ends anyway. */
const STOP_WITHIN_MS = 20_000;

/** By then a start's first requests are answered. */
const GIVE_BACK_AFTER_MS = 1_500;

/**
 * A start leaves 20 MB of garbage (sources, schemas on their way), which an idle process would keep for long: V8 collects
 * when memory is asked for. Once, 50 to 100 ms.
 */
function giveMemoryBack(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as (options: { type: 'major'; flavor: 'last-resort' }) => void;
  collect({ type: 'major', flavor: 'last-resort' });
}

/** Starts, waits for a signal, stops in order. A terminal and npm may send the same signal twice: the second is ignored. */
export async function untilStopped(start: () => Promise<Running>): Promise<number> {
  let signalled: () => void = () => {};
  const signal = new Promise<void>((done) => {
    signalled = done;
  });
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, signalled);
  const running = await start();
  // now, and not at the end, which may come without a warning
  flushCompileCache();
  setTimeout(giveMemoryBack, GIVE_BACK_AFTER_MS).unref();
  await signal;
  setTimeout(() => process.exit(exitCodes.failed), STOP_WITHIN_MS).unref();
  await running.stop();
  return exitCodes.ok;
}
