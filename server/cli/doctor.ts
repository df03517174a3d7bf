import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type Config, ConfigError, hidden, loadConfig, settings } from '../platform/config/config.ts';
import { VERSION } from '../version.ts';
import { type Command, exitCodes, readArgs } from './command.ts';
import { openDatabaseOf } from './open.ts';

interface Check {
  name: string;
  ok: boolean;
  detail: string;
}

export const doctor: Command = {
  help: `payorcrm doctor [--json]

Shows every setting (secrets hidden) and checks what the program needs: database, migrations, staff app, mail server.
Changes nothing in the database. Exit code 3 when a check is not met, 2 when a setting is wrong.

  --json   {version, node, settings: [{name, value, source, does}], checks: [{name, ok, detail}]}`,
  async run(args) {
    const { options } = readArgs(args, { json: { type: 'boolean' } });
    const shown = shownSettings();
    const checks = await runChecks();
    if (options['json']) console.log(JSON.stringify({ version: VERSION, node: process.versions.node, settings: shown, checks }, null, 2));
    else print(shown, checks);
    if (checks.some((check) => check.name === 'settings' && !check.ok)) return exitCodes.usage;
    return checks.every((check) => check.ok) ? exitCodes.ok : exitCodes.findings;
  },
};

interface Shown {
  name: string;
  value: string | null;
  source: 'environment' | 'default';
  does: string;
}

function shownSettings(): Shown[] {
  return Object.entries(settings).map(([name, setting]) => {
    const given = process.env[name]?.trim();
    if (given) return { name, value: hidden(name, given), source: 'environment', does: setting.does };
    const fallback = setting.schema.safeParse(undefined).data as unknown;
    return { name, value: fallback === undefined || fallback === null ? null : String(fallback), source: 'default', does: setting.does };
  });
}

async function runChecks(): Promise<Check[]> {
  let config: Config;
  try {
    config = loadConfig(process.env);
  } catch (error) {
    if (error instanceof ConfigError) return [{ name: 'settings', ok: false, detail: error.message }];
    throw error;
  }
  const built = existsSync(join(import.meta.dirname, '../../web/dist/index.html'));
  return [
    { name: 'settings', ok: true, detail: 'every setting can be used' },
    { name: 'data folder', ok: true, detail: config.dataDir },
    ...(await checkDatabase(config)),
    ...(await checkLeftovers()),
    { name: 'staff app', ok: built, detail: built ? 'built' : 'not built; run: npm run build' },
    await checkMail(config),
  ];
}

async function checkDatabase(config: Config): Promise<Check[]> {
  let database: Awaited<ReturnType<typeof openDatabaseOf>>;
  try {
    database = await openDatabaseOf(config, () => {});
  } catch (error) {
    return [{ name: 'database', ok: false, detail: (error as Error).message }];
  }
  const { embeddedHome } = await import('../platform/database/embedded.ts');
  const where = config.databaseUrl ? hidden('DATABASE_URL', config.databaseUrl) : `embedded, in ${embeddedHome(config.dataDir)}`;
  try {
    const { inspectDatabase } = await import('./queries.ts');
    const { readMigrations } = await import('../platform/database/migrate.ts');
    const found = await inspectDatabase(database.url);
    const known = await readMigrations();
    const waiting = known.filter((migration) => !found.applied.some((one) => one.name === migration.name));
    const changed = known.filter((migration) => found.applied.some((one) => one.name === migration.name && one.checksum !== migration.checksum));
    const supported = found.major >= 15;
    const migrated = waiting.length === 0 && changed.length === 0;
    return [
      { name: 'database', ok: supported, detail: `PostgreSQL ${found.version}, ${where}${supported ? '' : '; expected 15 or newer'}` },
      {
        name: 'migrations',
        ok: migrated,
        detail: migrated
          ? `${known.length} applied`
          : changed.length > 0
            ? `changed after they were applied: ${changed.map((one) => one.name).join(', ')}`
            : `${waiting.length} to apply; run: payorcrm migrate`,
      },
    ];
  } catch (error) {
    const { message, code } = error as { message: string; code?: string };
    return [{ name: 'database', ok: false, detail: `${where} cannot be reached: ${message || code}` }];
  } finally {
    await database.close();
  }
}

/** Databases below /var/lib/payorcrm (those of root) whose data folder no longer names them. */
async function checkLeftovers(): Promise<Check[]> {
  const { unclaimedHomes } = await import('../platform/database/embedded.ts');
  return unclaimedHomes().map(({ home, dataDir }) => ({
    name: 'left over',
    ok: false,
    detail: `${home} belonged to ${dataDir}, which is gone; remove it when that is for good`,
  }));
}

/** Says hello to the mail server and hangs up; no mail is sent. */
async function checkMail(config: Config): Promise<Check> {
  if (!config.smtpUrl) return { name: 'mail', ok: true, detail: 'SMTP_URL is not set; companies can set their own mail server' };
  const url = new URL(config.smtpUrl);
  const port = Number(url.port || (url.protocol === 'smtps:' ? 465 : 587));
  const answer = await new Promise<string | null>((done) => {
    const socket = connect({ host: url.hostname, port, timeout: 5_000 });
    socket.on('connect', () => done(null));
    socket.on('timeout', () => done('no answer within 5 s'));
    socket.on('error', (error) => done(error.message));
    socket.on('close', () => done('closed'));
    setTimeout(() => socket.destroy(), 5_500).unref();
    socket.once('connect', () => socket.end());
  });
  return { name: 'mail', ok: answer === null, detail: `${url.hostname}:${port} ${answer === null ? 'answers' : `cannot be reached: ${answer}`}` };
}

function print(shown: Shown[], checks: Check[]): void {
  console.log(`PayorCRM ${VERSION}, Node ${process.versions.node}\n`);
  const width = Math.max(...shown.map((one) => one.name.length));
  for (const one of shown) {
    console.log(`${one.name.padEnd(width)}  ${one.value ?? '(not set)'}${one.source === 'default' && one.value !== null ? ' (default)' : ''}`);
    console.log(`${' '.repeat(width)}  ${one.does}`);
  }
  console.log('');
  for (const check of checks) console.log(`${check.ok ? 'ok    ' : 'NOT OK'}  ${check.name}: ${check.detail}`);
}
