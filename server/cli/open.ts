import type { App } from '../app.ts';
import type { Config } from '../platform/config/config.ts';
import type { Embedded } from '../platform/database/embedded.ts';
import { Failure } from './command.ts';

/** The database of this process's settings: the one of DATABASE_URL, else the embedded one, started when need be. */
export interface OpenDatabase {
  url: string;
  embedded: Embedded | null;
  close(): Promise<void>;
}

export async function openDatabaseOf(config: Config, log: (message: string) => void): Promise<OpenDatabase> {
  if (config.databaseUrl) return { url: config.databaseUrl, embedded: null, close: async () => {} };
  const { startEmbedded } = await import('../platform/database/embedded.ts');
  const embedded = await startEmbedded({ dataDir: config.dataDir, log });
  return { url: embedded.url, embedded, close: () => embedded.stop() };
}

/** Migrates; a database that cannot be reached is one line. Answers the names of what was applied. */
export async function migrateOrExplain(url: string): Promise<string[]> {
  const { migrate } = await import('../platform/database/migrate.ts');
  try {
    return await migrate(url);
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (code && /^(E[A-Z]+|28\w{3}|3D000)$/.test(code)) throw new Failure(`DATABASE_URL: the database cannot be reached: ${message || code}`);
    if (message.startsWith('migration ')) throw new Failure(message);
    throw error;
  }
}

/** The program for a command that ends: database up to date, nothing listening. Always call `close`. */
export async function openApp(config: Config): Promise<App & { databaseUrl: string }> {
  const database = await openDatabaseOf(config, () => {});
  try {
    await migrateOrExplain(database.url);
    const { createApp } = await import('../app.ts');
    const app = createApp(config, { databaseUrl: database.url });
    return {
      ...app,
      databaseUrl: database.url,
      close: async () => {
        await app.close();
        await database.close();
      },
    };
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** Runs `fn` with the program and closes it whatever happens. */
export async function withApp<T>(config: Config, fn: (app: App & { databaseUrl: string }) => Promise<T>): Promise<T> {
  const app = await openApp(config);
  try {
    return await fn(app);
  } finally {
    await app.close();
  }
}

/** The company that a command works for: the one named, else the only one. */
export async function chosenTenant(app: App, wanted: string | null): Promise<{ id: string; name: string; timezone: string }> {
  const { allTenants } = await import('../modules/tenants/index.ts');
  const tenants = await allTenants(app.platform);
  if (wanted !== null) {
    const found = tenants.find((tenant) => tenant.id === wanted || tenant.name === wanted);
    if (!found) throw new Failure(`There is no company "${wanted}".`);
    return found;
  }
  if (tenants.length === 1) return tenants[0]!;
  if (tenants.length === 0) throw new Failure('There is no company yet. Make one: payorcrm tenant create --help');
  throw new Failure(
    `There are ${tenants.length} companies; say which with --tenant: ${tenants
      .map((tenant) => `${tenant.name} (${tenant.id})`)
      .slice(0, 20)
      .join(', ')}`,
  );
}
