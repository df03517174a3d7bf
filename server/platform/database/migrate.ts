import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import pg from 'pg';

const folder = new URL('../../migrations/', import.meta.url);

/** Migrations are applied by one process at a time; this number is the advisory lock's key. */
const LOCK = 7_201_406_113;

export interface Migration {
  name: string;
  checksum: string;
  text: string;
}

export async function readMigrations(): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => /^\d{4}_.*\.sql$/.test(name)).sort();
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(new URL(name, folder), 'utf8');
      return { name, text, checksum: createHash('sha256').update(text).digest('hex') };
    }),
  );
}

/**
 * Brings the database to the newest schema, each file in a transaction of its own, and the job queue's schema with
 * it. Answers the names applied. A migration that was edited after it was applied stops the start.
 */
export async function migrate(url: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const applied: string[] = [];
  try {
    await client.query('select pg_advisory_lock($1)', [LOCK]);
    await client.query(
      'create table if not exists schema_migration (name text primary key, checksum text not null, applied_at timestamptz not null default now())',
    );
    const done = new Map<string, string>((await client.query('select name, checksum from schema_migration')).rows.map((row) => [row.name, row.checksum]));
    for (const migration of await readMigrations()) {
      const checksum = done.get(migration.name);
      if (checksum === migration.checksum) continue;
      if (checksum !== undefined) throw new Error(`migration ${migration.name} was changed after it was applied; restore the file of that release`);
      await client.query('begin');
      await client.query(migration.text);
      await client.query('insert into schema_migration (name, checksum) values ($1, $2)', [migration.name, migration.checksum]);
      await client.query('commit');
      applied.push(migration.name);
    }
    const queueReady = (await client.query("select to_regclass('graphile_worker.migrations') is not null as ready")).rows[0];
    if (applied.length > 0 || !queueReady.ready) {
      const { runMigrations } = await import('graphile-worker');
      await runMigrations({ connectionString: url, logger: await quietLogger() });
    }
  } finally {
    await client.end();
  }
  return applied;
}

async function quietLogger() {
  const { Logger } = await import('graphile-worker');
  return new Logger(() => () => {});
}
