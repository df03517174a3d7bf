import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { startEmbedded } from '../../server/platform/database/embedded.ts';
import { migrate } from '../../server/platform/database/migrate.ts';

export const TEMPLATE = 'payorcrm_template';

/** The server's data end with the run: nothing has to reach a disk. Tests that end the server have one of their own. */
const FORGETFUL = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off', wal_level: 'minimal', max_wal_senders: '0', shared_buffers: '256MB' };

/**
 * One PostgreSQL for the whole run, and one migrated template database that each test file clones (50 ms). With
 * TEST_DATABASE_URL the tests use that server instead, for trying another version of PostgreSQL.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env['TEST_DATABASE_URL'];
  const folder = mkdtempSync(join(tmpdir(), 'payorcrm-test-'));
  const embedded = given ? null : await startEmbedded({ dataDir: folder, log: () => {}, settings: FORGETFUL });
  const url = given ?? embedded!.url;
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  await admin.query(`drop database if exists ${TEMPLATE}`);
  await admin.query(`create database ${TEMPLATE}`);
  await admin.end();
  await migrate(withDatabase(url, TEMPLATE));
  project.provide('databaseUrl', url);
  return async () => {
    await embedded?.stop();
    rmSync(folder, { recursive: true, force: true });
  };
}

export function withDatabase(url: string, name: string): string {
  const parsed = new URL(url);
  parsed.pathname = `/${name}`;
  return parsed.toString();
}

declare module 'vitest' {
  export interface ProvidedContext {
    databaseUrl: string;
  }
}
