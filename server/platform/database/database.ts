import pg from 'pg';
import { newId } from '../../kernel/ids.ts';
import { realClock, type SystemClock } from '../clock.ts';
import { compile, type Sql } from './sql.ts';

/** Runs statements inside one transaction. Rows arrive with camelCase keys. */
export interface Tx {
  rows<T>(query: Sql): Promise<T[]>;
  /** Exactly one row; another number is a fault. */
  one<T>(query: Sql): Promise<T>;
  maybe<T>(query: Sql): Promise<T | null>;
  /** Answers how many rows were affected. */
  run(query: Sql): Promise<number>;
  /** The connection itself, for COPY. */
  readonly client: pg.PoolClient;
}

export interface Database {
  /** A transaction without a tenant: it sees nothing but the `app.*` functions that look across tenants. */
  system<T>(fn: (tx: Tx) => Promise<T>): Promise<T>;
  /** One statement without a tenant, in one round trip. */
  systemRows<T>(query: Sql): Promise<T[]>;
  /** A transaction begun with `preamble` (plain statements sent in the same round trip); `first` gets its results. */
  begin<T>(preamble: string, fn: (tx: Tx, results: pg.QueryArrayResult[]) => Promise<T>): Promise<T>;
  /** The pool as the migrating role: the job queue's tables belong to it. */
  readonly owner: pg.Pool;
  readonly pool: pg.Pool;
  close(): Promise<void>;
}

const INT8 = 20;
const DATE = 1082;
const TIMESTAMPTZ = 1184;
const INT8_ARRAY = 1016;
const DATE_ARRAY = 1182;
const TEXT_ARRAY: number = 1009;

const days = new Map<string, Temporal.PlainDate>();

/** Days are immutable and few: one object for each, because making them for every row was a tenth of a list's time. */
function toDay(text: string): Temporal.PlainDate {
  let day = days.get(text);
  if (day === undefined) {
    day = Temporal.PlainDate.from(text);
    if (days.size < 20_000) days.set(text, day);
  }
  return day;
}

const toInstant = (text: string): Temporal.Instant => Temporal.Instant.from(text.replace(' ', 'T'));
const parseArray = (text: string): (string | null)[] =>
  text === '{}'
    ? []
    : text
        .slice(1, -1)
        .split(',')
        .map((item) => (item === 'NULL' ? null : item));

const readTextArray = pg.types.getTypeParser(TEXT_ARRAY, 'text') as (text: string) => unknown;

/** int8 as bigint, date as PlainDate, timestamptz as Instant; everything else as the driver does. */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format: string) => {
    if (format !== 'binary') {
      if (oid === INT8) return BigInt;
      if (oid === DATE) return toDay;
      if (oid === TIMESTAMPTZ) return toInstant;
      if (oid === INT8_ARRAY) return (text: string) => parseArray(text).map((item) => (item === null ? null : BigInt(item)));
      // the driver's own reader goes letter by letter
      if (oid === TEXT_ARRAY) return (text: string) => (/["\\{]/.test(text.slice(1)) ? readTextArray(text) : parseArray(text));
      if (oid === DATE_ARRAY) return (text: string) => parseArray(text).map((item) => (item === null ? null : toDay(item)));
    }
    return pg.types.getTypeParser(oid, format as 'text');
  }) as pg.CustomTypesConfig['getTypeParser'],
};

const camelNames = new Map<string, string>();
function camel(name: string): string {
  let result = camelNames.get(name);
  if (result === undefined) {
    result = name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
    if (camelNames.size < 10_000) camelNames.set(name, result);
  }
  return result;
}

function toObjects<T>(result: pg.QueryArrayResult): T[] {
  const names = result.fields.map((field) => camel(field.name));
  return result.rows.map((row) => {
    const object: Record<string, unknown> = {};
    for (let i = 0; i < names.length; i++) object[names[i]!] = row[i];
    return object as T;
  });
}

/** The stack of an error of PostgreSQL leads to the socket: this one leads to who asked. */
function fromHere(error: Error): never {
  Error.captureStackTrace(error, fromHere);
  throw error;
}

/**
 * By callback. What the driver's own promise answers stays alive, with all rows, until V8 collects its whole heap: at 50
 * rows a query each young collection took 12 ms instead of 0.3.
 */
function ask(client: pg.PoolClient | pg.Pool, config: pg.QueryArrayConfig): Promise<pg.QueryArrayResult> {
  return new Promise<pg.QueryArrayResult>((resolve, reject) => {
    client.query(config, (error, result) => (error ? reject(error) : resolve(result)));
  }).catch(fromHere);
}

function query(client: pg.PoolClient | pg.Pool, statement: Sql): Promise<pg.QueryArrayResult> {
  const { text, values } = compile(statement);
  return ask(client, { text, values, rowMode: 'array' });
}

export const txOf = (client: pg.PoolClient): Tx => txWith(client, (statement) => query(client, statement));

/** Texts that are kept prepared; a caller with more than these says no text twice. */
const MAX_PREPARED = 200;

/**
 * The same transaction for work that says the same large statements again and again: each text is parsed and planned
 * once. `forget` gives the connection back as it was.
 */
export function preparing({ client }: Tx): { tx: Tx; forget(): Promise<void> } {
  const names = new Map<string, string>();
  const prefix = newId();
  const tx = txWith(client, (statement) => {
    const { text, values } = compile(statement);
    if (!names.has(text) && names.size < MAX_PREPARED) names.set(text, `${prefix}:${names.size}`);
    return ask(client, { name: names.get(text)!, text, values, rowMode: 'array' });
  });
  return {
    tx,
    async forget() {
      if (names.size > 0) await client.query([...names.values()].map((name) => `deallocate "${name}"`).join('; '));
      names.clear();
    },
  };
}

function txWith(client: pg.PoolClient, answer: (statement: Sql) => Promise<pg.QueryArrayResult>): Tx {
  const rows = async <T>(statement: Sql) => toObjects<T>(await answer(statement));
  return {
    client,
    rows,
    one: async <T>(statement: Sql) => {
      const found = await rows<T>(statement);
      if (found.length !== 1) throw new Error(`expected one row, got ${found.length}: ${compile(statement).text}`);
      return found[0]!;
    },
    maybe: async <T>(statement: Sql) => (await rows<T>(statement))[0] ?? null,
    run: async (statement) => (await answer(statement)).rowCount ?? 0,
  };
}

/** Makes `app.now()` follow a clock that travels; the real one needs nothing. */
export const setMoment = (clock: SystemClock): string => (clock.real ? '' : `set local app.now = '${clock.now().toString()}';`);

/**
 * Opens the two pools: `pool` runs as the role payorcrm_app, which row-level security binds; `owner` as the role of
 * the URL. `onError` hears of idle connections that broke; without it a restart of PostgreSQL would end the process.
 */
export function openDatabase(url: string, options: { connections?: number; onError: (error: Error) => void; clock?: SystemClock }): Database {
  const common = { connectionString: url, types, idleTimeoutMillis: 30_000 };
  const pool = new pg.Pool({
    ...common,
    max: options.connections ?? 10,
    options: '-c role=payorcrm_app -c jit=off -c timezone=UTC',
  });
  const owner = new pg.Pool({ ...common, max: 8, options: '-c jit=off -c timezone=UTC' });
  let closing = false;
  // connections that are on their way out may still hear that the server goes, which is no news
  const onError = (error: Error) => {
    if (!closing) options.onError(error);
  };
  for (const one of [pool, owner]) {
    one.on('error', onError);
    // a connection in use that breaks fails its query; without a listener it would end the process as well
    one.on('connect', (client) => client.on('error', onError));
  }

  async function begin<T>(preamble: string, fn: (tx: Tx, results: pg.QueryArrayResult[]) => Promise<T>): Promise<T> {
    const client = await pool.connect();
    let broken: Error | undefined;
    try {
      const results: pg.QueryArrayResult | pg.QueryArrayResult[] = await ask(client, { text: `begin;${preamble}`, rowMode: 'array' });
      const value = await fn(txOf(client), Array.isArray(results) ? results : [results]);
      await ask(client, { text: 'commit', rowMode: 'array' });
      return value;
    } catch (error) {
      try {
        await client.query('rollback');
      } catch (rollbackError) {
        broken = rollbackError as Error;
      }
      throw error;
    } finally {
      client.release(broken);
    }
  }

  const clock = options.clock ?? realClock;
  const system: Database['system'] = (fn) => begin(setMoment(clock), (tx) => fn(tx));
  return {
    pool,
    owner,
    begin,
    system,
    systemRows: async <T>(statement: Sql) => (clock.real ? toObjects<T>(await query(pool, statement)) : system((tx) => tx.rows<T>(statement))),
    close: async () => {
      closing = true;
      await Promise.all([pool.end(), owner.end()]);
    },
  };
}
