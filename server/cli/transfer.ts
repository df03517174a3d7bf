import { createHash, type Hash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import type { Platform } from '../platform/context.ts';
import type { Tx } from '../platform/database/database.ts';
import { readMigrations } from '../platform/database/migrate.ts';
import { loadConfig } from '../platform/config/config.ts';
import { type Command, exitCodes, Failure, optional, readArgs } from './command.ts';
import { chosenTenant, withApp } from './open.ts';
import * as queries from './queries.ts';

/*
 * A company as one file: gzipped lines of JSON. The first says what it is, then each table's name and rows in the order
 * of their foreign keys, then stored files, and at the end the number of lines and their SHA-256. Read back, the lines
 * are checked before anything of them is kept. Sign-ins, one-time links and what is being repeated are not in it.
 */

const FORMAT = 'payorcrm-export';
const VERSION = 1;
const leftOut = new Set(['session', 'one_time_token', 'idempotency']);
const BATCH_BYTES = 4_000_000;

interface Head {
  format: string;
  version: number;
  migrations: string[];
  tenant: queries.TenantLine & { createdAt: string };
  /** Tells on import whether the SECRET_KEY is the same. */
  keyCheck: string;
}

export const exportCommand: Command = {
  help: `payorcrm export FILE [--tenant ID]

Writes a company, with its stored files, into one gzipped file with a checksum. It is read at one moment, while the
program goes on. Stored credentials stay encrypted with this installation's SECRET_KEY: keep that key with the file.

  --tenant   the company's id or name; needed when there are several`,
  async run(args) {
    const { options, words } = readArgs(args, { tenant: { type: 'string' } }, ['FILE']);
    const file = words[0]!;
    return withApp(loadConfig(process.env), async (app) => {
      const tenant = await chosenTenant(app, optional(options, 'tenant'));
      const { rows, sha256 } = await exportTenant(app.platform, tenant.id, file);
      console.log(`${tenant.name}: ${rows} rows written to ${file}\nSHA-256 of its lines: ${sha256}`);
      return exitCodes.ok;
    });
  },
};

export const importCommand: Command = {
  help: `payorcrm import FILE [--new-key]

Reads a company that "payorcrm export" wrote, whole or not at all: the checksum is compared before anything is kept. The
company must not exist here, and the program must have the migrations of the one that wrote the file.

  --new-key   the SECRET_KEY is another than where the file was written: stored mail passwords, gateway keys and
              two-step sign-ins are left out and have to be entered again`,
  async run(args) {
    const { options, words } = readArgs(args, { 'new-key': { type: 'boolean' } }, ['FILE']);
    const file = words[0]!;
    if (!existsSync(file)) throw new Failure(`There is no file ${file}.`);
    return withApp(loadConfig(process.env), async (app) => {
      const { rows, name } = await importTenant(app.platform, file, { newKey: options['new-key'] === true });
      console.log(`${name}: ${rows} rows read from ${file}`);
      return exitCodes.ok;
    });
  },
};

/** Parents before children. Tables of the catalogue without a tenant's rows are no parents here. */
export function inOrder(tables: readonly queries.TenantTable[]): queries.TenantTable[] {
  const byName = new Map(tables.map((table) => [table.name, table]));
  const ordered = new Set<queries.TenantTable>();
  const visit = (table: queries.TenantTable, path: string[]): void => {
    if (ordered.has(table)) return;
    if (path.includes(table.name)) throw new Error(`tables refer to each other in a circle: ${[...path, table.name].join(' → ')}`);
    for (const parent of table.parents) {
      const known = byName.get(parent);
      if (known) visit(known, [...path, table.name]);
    }
    ordered.add(table);
  };
  for (const table of tables) visit(table, []);
  return [...ordered];
}

const tablesOf = async (tx: Tx) => inOrder((await queries.readTenantTables(tx)).filter((table) => !leftOut.has(table.name)));
const keyCheckOf = (platform: Platform, tenantId: string) => platform.secrets.sign(`export ${tenantId}`);
const migrationNames = async () => (await readMigrations()).map((migration) => migration.name);
const fileOf = (platform: Platform, tenantId: string, hash: string) => join(platform.config.dataDir, 'files', tenantId, hash.slice(0, 2), hash);

/** Lines into the file, counted and hashed; slows down with the disk. */
class LineWriter {
  readonly #gzip = createGzip({ level: 6 });
  readonly #hash: Hash = createHash('sha256');
  readonly #finished: Promise<void>;
  lines = 0;

  constructor(file: string) {
    this.#finished = pipeline(this.#gzip, createWriteStream(file, { mode: 0o600 }));
    // heard of at the end, or by the write that waits for the disk
    this.#finished.catch(() => {});
  }

  async write(line: string): Promise<void> {
    const text = `${line}\n`;
    this.#hash.update(text);
    this.lines += 1;
    if (!this.#gzip.write(text)) await Promise.race([once(this.#gzip, 'drain'), this.#finished]);
  }

  async end(): Promise<string> {
    const sha256 = this.#hash.digest('hex');
    this.#gzip.end(`${JSON.stringify({ end: true, lines: this.lines, sha256 })}\n`);
    await this.#finished;
    return sha256;
  }
}

/** Writes the company to `file`, as it was at one moment. Answers how many rows, and the checksum of the lines. */
export async function exportTenant(platform: Platform, tenantId: string, file: string): Promise<{ rows: number; sha256: string }> {
  const half = `${file}.half`;
  try {
    const writer = new LineWriter(half);
    const preamble = `set transaction isolation level repeatable read, read only;set local app.tenant_id = '${tenantId}'`;
    const rows = await platform.database.begin(preamble, async (tx) => writeLines(platform, tx, tenantId, writer));
    const sha256 = await writer.end();
    await rename(half, file);
    return { rows, sha256 };
  } finally {
    await rm(half, { force: true });
  }
}

async function writeLines(platform: Platform, tx: Tx, tenantId: string, writer: LineWriter): Promise<number> {
  const tenant = await queries.readTenant(tx, tenantId);
  const head: Head = { format: FORMAT, version: VERSION, migrations: await migrationNames(), tenant, keyCheck: keyCheckOf(platform, tenantId) };
  await writer.write(JSON.stringify(head));
  let rows = 0;
  for (const table of await tablesOf(tx)) {
    await writer.write(JSON.stringify({ table: table.name }));
    await queries.openRows(tx, table, tenantId);
    for (let batch = await queries.fetchRows(tx); batch.length > 0; batch = await queries.fetchRows(tx)) {
      for (const { line } of batch) await writer.write(line);
      rows += batch.length;
    }
    await queries.closeRows(tx);
  }
  for (const { hash } of await queries.readFileHashes(tx, tenantId)) {
    const path = fileOf(platform, tenantId, hash);
    if (existsSync(path)) await writer.write(JSON.stringify({ file: hash, base64: (await readFile(path)).toString('base64') }));
  }
  return rows;
}

/** Reads a company in one transaction. Throws a Failure, with nothing kept, for a file that is not whole or not for us. */
export async function importTenant(platform: Platform, file: string, options: { newKey: boolean }): Promise<{ rows: number; name: string; tenantId: string }> {
  const reader = readLines(file);
  const first = await reader.next();
  const head = readHead(first.value);
  await checkHead(platform, head, options.newKey);
  const { id, name } = head.tenant;
  const preamble = `set local app.tenant_id = '${id}'`;
  const rows = await platform.database.begin(preamble, async (tx) => {
    if (await queries.tenantExists(tx, id)) throw new Failure(`${name} (${id}) exists here already.`);
    await queries.insertTenant(tx, head.tenant);
    const count = await insertLines(platform, tx, id, reader).catch((error: unknown) => {
      // a changed byte can be refused by the database before the checksum at the end is reached
      if (error instanceof SyntaxError || /^2[23]/.test((error as { code?: string }).code ?? ''))
        throw new Failure(`${file} is damaged or not whole. Nothing was imported.`);
      throw error;
    });
    if (head.keyCheck !== keyCheckOf(platform, id)) await queries.forgetSealed(tx, id, platform.secrets.seal(id, '{}'));
    return count;
  });
  return { rows, name, tenantId: id };
}

function readHead(text: string | undefined): Head {
  try {
    const head = JSON.parse(text ?? '') as Head;
    if (head.format === FORMAT && head.version === VERSION && /^[0-9a-f-]{36}$/.test(head.tenant.id)) return head;
  } catch {
    // said below
  }
  throw new Failure('This is not a file that "payorcrm export" wrote, or one of another version.');
}

async function checkHead(platform: Platform, head: Head, newKey: boolean): Promise<void> {
  const known = new Set(await migrationNames());
  const unknown = head.migrations.filter((name) => !known.has(name));
  if (unknown.length > 0) throw new Failure(`The file comes from a newer program (${unknown.join(', ')}). Update this one first.`);
  if (head.keyCheck !== keyCheckOf(platform, head.tenant.id) && !newKey)
    throw new Failure('The SECRET_KEY here is not the one of the export. Set it, or leave stored credentials out with --new-key.');
}

async function insertLines(platform: Platform, tx: Tx, tenantId: string, lines: AsyncGenerator<string>): Promise<number> {
  await queries.deferChecks(tx);
  const tables = new Map((await tablesOf(tx)).map((table) => [table.name, table]));
  let table: queries.TenantTable | null = null;
  let batch: string[] = [];
  let bytes = 0;
  let rows = 0;
  const flush = async () => {
    if (table && batch.length > 0) await queries.insertRows(tx, table, batch);
    rows += batch.length;
    batch = [];
    bytes = 0;
  };
  for await (const line of lines) {
    if (line.startsWith('{"table":') || line.startsWith('{"file":')) {
      await flush();
      const mark = JSON.parse(line) as { table?: string; file?: string; base64?: string };
      if (mark.file) await keepFile(platform, tenantId, mark.file, mark.base64 ?? '');
      else table = tables.get(mark.table ?? '') ?? unknownTable(mark.table);
      continue;
    }
    batch.push(line);
    bytes += line.length;
    if (bytes > BATCH_BYTES) await flush();
  }
  await flush();
  return rows;
}

function unknownTable(name: string | undefined): never {
  throw new Failure(`The file has a table that is not known here: ${name}.`);
}

/** Content lies under its own hash, so that a file kept for an import that fails later does no harm. */
async function keepFile(platform: Platform, tenantId: string, hash: string, base64: string): Promise<void> {
  const bytes = Buffer.from(base64, 'base64');
  if (createHash('sha256').update(bytes).digest('hex') !== hash) throw new Failure(`The stored file ${hash} is damaged. Nothing was imported.`);
  const path = fileOf(platform, tenantId, hash);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(path, bytes, { mode: 0o600 });
}

/** At line feeds alone: node:readline would also split at U+2028, which names may contain. */
async function* splitLines(input: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let parts: Buffer[] = [];
  for await (const chunk of input) {
    let from = 0;
    for (let to = chunk.indexOf(10); to >= 0; to = chunk.indexOf(10, from)) {
      parts.push(chunk.subarray(from, to));
      yield Buffer.concat(parts).toString('utf8');
      parts = [];
      from = to + 1;
    }
    parts.push(chunk.subarray(from));
  }
  const rest = Buffer.concat(parts);
  if (rest.length > 0) yield rest.toString('utf8');
}

/** The lines of the file without the last, which must prove them. Throws a Failure at the end when it does not. */
async function* readLines(file: string): AsyncGenerator<string> {
  const damaged = () => new Failure(`${file} is damaged or not whole. Nothing was imported.`);
  const hash = createHash('sha256');
  let lines = 0;
  let held: string | null = null;
  try {
    const input = createReadStream(file).pipe(createGunzip());
    for await (const line of splitLines(input)) {
      if (held !== null) {
        hash.update(`${held}\n`);
        lines += 1;
        yield held;
      }
      held = line;
    }
  } catch (error) {
    if ((error as { code?: string }).code?.startsWith('Z_')) throw damaged();
    throw error;
  }
  const end = (() => {
    try {
      return JSON.parse(held ?? '') as { end?: boolean; lines?: number; sha256?: string };
    } catch {
      return {};
    }
  })();
  if (end.end !== true || end.lines !== lines || end.sha256 !== hash.digest('hex')) throw damaged();
}
