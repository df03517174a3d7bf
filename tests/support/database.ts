import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { inject } from 'vitest';
import { newId } from '../../server/kernel/ids.ts';
import type { SystemClock } from '../../server/platform/clock.ts';
import { type Config, loadConfig } from '../../server/platform/config/config.ts';
import { type Context, inNewTenant, inTenant, type Platform, type Reactions, systemActor } from '../../server/platform/context.ts';
import { openDatabase } from '../../server/platform/database/database.ts';
import { fault } from '../../server/platform/fault.ts';
import { localFiles } from '../../server/platform/files/files.ts';
import { createSecrets } from '../../server/platform/secrets/secrets.ts';
import { createLogger } from '../../server/platform/telemetry/log.ts';
import { TEMPLATE, withDatabase } from './global-setup.ts';

/** A clock that stands still until a test moves it. */
export interface TravellingClock extends SystemClock {
  set(moment: string): void;
  advance(duration: Temporal.DurationLike): void;
}

export function travellingClock(start = '2026-03-02T15:00:00Z'): TravellingClock {
  let now = Temporal.Instant.from(start);
  return {
    real: false,
    now: () => now,
    set(moment) {
      now = Temporal.Instant.from(moment);
    },
    advance(duration) {
      now = now.toZonedDateTimeISO('UTC').add(duration).toInstant();
    },
  };
}

export interface TestDatabase {
  url: string;
  clock: TravellingClock;
  platform(overrides?: Partial<Platform>): Platform;
  /** A bare company without users or rules. */
  tenant(values?: { name?: string; currency?: string; timezone?: string; setting?: Record<string, unknown> }): Promise<string>;
  inTenant<T>(tenantId: string, fn: (ctx: Context) => Promise<T>): Promise<T>;
  /** As the owner of the tables: for looking, and for preparing what no command can. */
  admin: pg.Client;
  close(): Promise<void>;
}

export async function testDatabase(options: { clock?: TravellingClock; reactions?: Reactions; config?: Partial<Config> } = {}): Promise<TestDatabase> {
  const server = inject('databaseUrl');
  const name = `t_${newId().replaceAll('-', '')}`;
  const maintenance = new pg.Client({ connectionString: server });
  await maintenance.connect();
  // two files that clone at once wait for each other: PostgreSQL refuses a template in use
  await maintenance.query('select pg_advisory_lock(815)');
  await maintenance.query(`create database ${name} template ${TEMPLATE}`);
  await maintenance.query('select pg_advisory_unlock(815)');
  const url = withDatabase(server, name);
  const folder = mkdtempSync(join(tmpdir(), 'payorcrm-files-'));
  const clock = options.clock ?? travellingClock();
  const config: Config = {
    ...loadConfig({
      DATA_DIR: folder,
      SECRET_KEY: 'a-secret-key-for-tests-only-0123456789',
      DATABASE_URL: url,
      LOG_LEVEL: process.env['TEST_LOG'] ?? 'fatal',
      PUBLIC_URL: 'http://127.0.0.1:3000',
    }),
    checkResponses: true,
    ...options.config,
  };
  const database = openDatabase(url, { onError: () => {}, clock });
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  const base: Platform = {
    config,
    database,
    clock,
    log: createLogger(config.logLevel),
    secrets: createSecrets(config.secretKey),
    files: localFiles(join(folder, 'files')),
    reactions: options.reactions ?? {},
    fault,
  };
  return {
    url,
    clock,
    admin,
    platform: (overrides = {}) => ({ ...base, ...overrides }),
    async tenant(values = {}) {
      const id = newId();
      const tenant = {
        id,
        name: values.name ?? 'Northwind Supply',
        currency: values.currency ?? 'USD',
        timezone: values.timezone ?? 'America/New_York',
        locale: 'en-US',
        setting: values.setting ?? {},
      };
      await inNewTenant(base, tenant, systemActor, async () => {});
      return id;
    },
    inTenant: (tenantId, fn) => inTenant(base, tenantId, systemActor, fn),
    async close() {
      await database.close();
      await admin.end();
      await maintenance.query(`drop database ${name} with (force)`);
      await maintenance.end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
