// What a fresh clone lacks: packages, the pinned Node, the built staff app. Each is made once and again when its
// sources change, which a stamp of their hash tells.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const stampFile = join(root, 'node_modules/.payorcrm-stamp');
const webStampFile = join(root, 'web/dist/.payorcrm-stamp');
const sideRuntime = join(root, 'node_modules/.cache/runtime');
const pinned = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).dependencies.node;

const hashOf = (...texts) => {
  const hash = createHash('sha256');
  for (const text of texts) hash.update(text).update('\0');
  return hash.digest('hex');
};
const read = (file) => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
};

export const runsPinnedNode = () => process.versions.node === pinned;

const platformPackage = () => `${process.platform === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node'}-${process.platform}-${process.arch}`;

/** Where the pinned Node can lie: put there by its package's install script, beside it, or by us. */
const nodePlaces = () => [
  join(root, 'node_modules/node/bin/node'),
  join(root, 'node_modules', platformPackage(), 'bin/node'),
  join(root, 'node_modules/node/node_modules', platformPackage(), 'bin/node'),
  join(sideRuntime, 'node_modules', platformPackage(), 'bin/node'),
];

/** The pinned Node's path; throws when it is missing. */
export function installedNode() {
  const found = nodePlaces().find((place) => existsSync(place) && statSync(place).size > 1_000_000);
  if (!found) throw new Error(`Node ${pinned} is missing: run "npm install" with install scripts allowed, or install that version and use it.`);
  return found;
}

const hasNode = () => {
  try {
    return installedNode() !== '';
  } catch {
    return false;
  }
};

/** Installs the packages of the lockfile when they are not there. Answers whether something was installed. */
export async function ensureInstalled() {
  const wanted = hashOf(readFileSync(join(root, 'package-lock.json')));
  const ready = () => read(stampFile)?.trim() === wanted && (runsPinnedNode() || hasNode());
  if (ready()) return false;
  return exclusively(async () => {
    if (ready()) return false;
    const env = { ...process.env, PATH: pathWithoutOurs() };
    // as if typed by a person: what `npm run` set for this package would follow into the install
    for (const name of Object.keys(env)) if (/^npm_(package|lifecycle|command)/i.test(name)) delete env[name];
    // not `npm ci`: it refuses a lockfile without the packages of every other platform, which a registry may not have;
    // this installs the lockfile's versions, checked by their hashes, and changes neither file
    await withProgress('Installing packages (once, about a minute)', 'npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: root,
      env,
    });
    if (!hasNode()) {
      mkdirSync(sideRuntime, { recursive: true });
      writeFileSync(join(sideRuntime, 'package.json'), '{"private":true}\n');
      await withProgress(
        `Installing Node ${pinned}`,
        'npm',
        ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', `${platformPackage()}@${pinned}`],
        { cwd: sideRuntime, env },
      );
    }
    installedNode();
    writeFileSync(stampFile, `${wanted}\n`);
    return true;
  });
}

/** Without our own node_modules/.bin: an install may replace the Node that lies there while it still needs one. */
const pathWithoutOurs = () =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => !resolve(folder).startsWith(join(root, 'node_modules')))
    .join(delimiter);

function filesUnder(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

function webSourcesHash() {
  const own = readdirSync(join(root, 'web'), { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(root, 'web', entry.name))
    .sort();
  const folders = ['src', 'public'].map((name) => join(root, 'web', name)).filter((folder) => existsSync(folder));
  const files = [...own, ...folders.flatMap(filesUnder)].filter((file) => !/\.test\.tsx?$/.test(file));
  const lock = join(root, 'package-lock.json');
  return hashOf(readFileSync(lock), ...files.flatMap((file) => [file.slice(root.length), readFileSync(file)]));
}

/** Builds the staff app when its sources are not those of the last build. */
export async function ensureWebBuilt() {
  if (!existsSync(join(root, 'web/index.html'))) return;
  const wanted = webSourcesHash();
  const ready = () => read(webStampFile)?.trim() === wanted;
  if (ready()) return;
  await exclusively(async () => {
    if (ready()) return;
    const vite = join(root, 'node_modules/vite/bin/vite.js');
    await withProgress('Building the staff app', installedNode(), [vite, 'build', '--logLevel', 'error'], {
      cwd: join(root, 'web'),
      env: { ...process.env, NODE_ENV: 'production' },
    });
    writeFileSync(webStampFile, `${wanted}\n`);
  });
}

/** Runs a step, its name and seconds on screen; its output only when it fails. */
async function withProgress(what, program, args, options) {
  const started = performance.now();
  const seconds = () => Math.round((performance.now() - started) / 1000);
  const live = process.stderr.isTTY;
  process.stderr.write(live ? `${what} …` : `${what} …\n`);
  const ticker = live ? setInterval(() => process.stderr.write(`\r${what} … ${seconds()} s`), 1000) : null;
  const output = [];
  const code = await new Promise((done) => {
    const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.on('data', (bytes) => output.push(bytes));
    child.stderr.on('data', (bytes) => output.push(bytes));
    child.on('error', (error) => {
      output.push(Buffer.from(error.message));
      done(1);
    });
    child.on('close', (exit) => done(exit ?? 1));
  });
  if (ticker) clearInterval(ticker);
  process.stderr.write(`${live ? '\r' : ''}${what} … ${code === 0 ? 'done' : 'failed'} after ${seconds()} s\n`);
  if (code === 0) return;
  process.stderr.write(Buffer.concat(output));
  throw new Error(`${what}: ${program === 'npm' ? `npm ${args[0]}` : 'the build'} ended with exit code ${code}.`);
}

/** Of two commands that start in the same fresh clone, one installs and the other waits for it. */
async function exclusively(work) {
  const lock = join(tmpdir(), `payorcrm-install-${hashOf(root).slice(0, 16)}-${process.getuid?.() ?? 0}`);
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx', mode: 0o600 });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const holder = Number(read(lock) ?? 0);
    if (holder > 0 && !isAlive(holder)) rmSync(lock, { force: true });
    else await new Promise((done) => setTimeout(done, 200));
  }
  const release = () => rmSync(lock, { force: true });
  process.once('exit', release);
  try {
    return await work();
  } finally {
    release();
    process.removeListener('exit', release);
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Chromium for the browser tests; null when the machine has none. */
export function findChromium() {
  const given = process.env.CHROMIUM_PATH;
  if (given) return existsSync(given) ? given : null;
  for (const name of ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']) {
    const found = spawnSync('/bin/sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).stdout.trim();
    if (found) return found;
  }
  return null;
}

/** Installs Debian's Chromium as root; throws one line that says how when it cannot. */
export async function ensureChromium() {
  const found = findChromium();
  if (found) return found;
  const how = 'The browser tests need Chromium: run "apt-get install chromium" as root, or set CHROMIUM_PATH.';
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) throw new Error(how);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  try {
    await withProgress('Reading the package lists', 'apt-get', ['update', '-qq'], { env });
    await withProgress('Installing Chromium for the browser tests (once)', 'apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], { env });
  } catch {
    throw new Error(how);
  }
  return findChromium() ?? '/usr/bin/chromium';
}
