import { join } from 'node:path';
import type { Hono } from 'hono';
import { demoGateway } from './gateways/demo/gateway.ts';
import * as collections from './modules/collections/index.ts';
import * as correspondence from './modules/correspondence/index.ts';
import * as customers from './modules/customers/index.ts';
import * as identity from './modules/identity/index.ts';
import * as inbox from './modules/inbox/index.ts';
import * as intake from './modules/intake/index.ts';
import * as payments from './modules/payments/index.ts';
import * as proof from './modules/proof/index.ts';
import * as receivables from './modules/receivables/index.ts';
import * as reminders from './modules/reminders/index.ts';
import * as reporting from './modules/reporting/index.ts';
import * as statements from './modules/statements/index.ts';
import * as templates from './modules/templates/index.ts';
import * as tenants from './modules/tenants/index.ts';
import { realClock, type SystemClock } from './platform/clock.ts';
import type { Config } from './platform/config/config.ts';
import type { Context, Platform } from './platform/context.ts';
import { openDatabase } from './platform/database/database.ts';
import { fault } from './platform/fault.ts';
import { localFiles } from './platform/files/files.ts';
import { docsPages } from './platform/http/docs.ts';
import type { Endpoint } from './platform/http/endpoint.ts';
import { openApiOf } from './platform/http/openapi.ts';
import { createHttp, type HttpEnv, type Listening, listen } from './platform/http/server.ts';
import { staticPages } from './platform/http/static.ts';
import { closeMjml } from './platform/mail/mjml-compiler.ts';
import type { AnyJob, Tick } from './platform/jobs/jobs.ts';
import { startWorker, type Worker } from './platform/jobs/worker.ts';
import { createSecrets } from './platform/secrets/secrets.ts';
import { createLogger } from './platform/telemetry/log.ts';
import { reactions } from './reactions.ts';
import { VERSION } from './version.ts';

/** What a module may bring; each is optional. */
interface Module {
  endpoints?: readonly Endpoint[];
  jobs?: readonly AnyJob[];
  ticks?: readonly Tick[];
  /** `seed` is what a new company starts with; the set-up page creates one. */
  pages?: (app: Hono<HttpEnv>, platform: Platform, seed: (ctx: Context) => Promise<void>) => void;
}

/** Every module of the product, from the ground up. A new one is added here and nowhere else. */
const modules: readonly Module[] = [
  tenants,
  identity,
  customers,
  receivables,
  payments,
  templates,
  correspondence,
  inbox,
  collections,
  reminders,
  statements,
  proof,
  intake,
  reporting,
] as readonly Module[];

/** Every gateway through which money can be collected. */
payments.registerGateways([demoGateway]);
payments.onPayPageShown(correspondence.recordLinkOpened);
correspondence.registerRenderer('reply', inbox.renderReplies);

correspondence.registerRenderer('statement', statements.renderStatements);
correspondence.registerRenderer('task_due', collections.renderTasksDue);

export const endpoints: readonly Endpoint[] = modules.flatMap((module) => module.endpoints ?? []);
export const jobs: readonly AnyJob[] = modules.flatMap((module) => module.jobs ?? []);
export const ticks: readonly Tick[] = modules.flatMap((module) => module.ticks ?? []);

export const openApi = (): Record<string, unknown> => openApiOf(endpoints, VERSION);

/** What a new company starts with: templates, then the seven reminder rules and the two statement rules that use them, inactive. */
export async function seedTenant(ctx: Context): Promise<void> {
  const { reminderTemplateId, statementTemplateId } = await templates.seedDefaultTemplates(ctx);
  await reminders.seedDefaultRules(ctx, reminderTemplateId);
  await statements.seedDefaultRules(ctx, statementTemplateId);
}

export interface AppOptions {
  databaseUrl: string;
  clock?: SystemClock;
  /** Pages that only one way of running has, such as the demo's mailbox. */
  extraPages?: (app: Hono<HttpEnv>, platform: Platform) => void;
}

export interface App {
  platform: Platform;
  /** Serves HTTP; answers when the port is open. */
  serve(): Promise<Listening>;
  work(): Promise<Worker>;
  close(): Promise<void>;
}

/** Puts the program together. Nothing is started: a process then serves, works, or both. */
export function createApp(config: Config, options: AppOptions): App {
  const log = createLogger(config.logLevel);
  const clock = options.clock ?? realClock;
  const database = openDatabase(options.databaseUrl, {
    clock,
    onError: (error) => log.warn({ err: error }, 'a database connection was lost'),
  });
  const platform: Platform = {
    config,
    database,
    clock,
    log,
    secrets: createSecrets(config.secretKey),
    files: localFiles(join(config.dataDir, 'files')),
    reactions,
    fault,
  };
  return {
    platform,
    serve: () => listen(createHttpApp(platform, options.extraPages), config.port, config.host),
    work: () => startWorker(platform, jobs, ticks),
    close: async () => {
      closeMjml();
      await correspondence.closeSenders();
      await database.close();
    },
  };
}

export function createHttpApp(platform: Platform, extraPages?: AppOptions['extraPages']): Hono<HttpEnv> {
  const app = createHttp(platform, endpoints, identity.authenticate);
  app.get('/healthz', async (c) => {
    await platform.database.pool.query('select 1');
    return c.json({ status: 'ok', version: VERSION });
  });
  docsPages(app, openApi);
  for (const module of modules) module.pages?.(app, platform, seedTenant);
  extraPages?.(app, platform);
  staticPages(app);
  return app;
}
