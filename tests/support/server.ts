import { createHttpApp, jobs, seedTenant, ticks } from '../../server/app.ts';
import { startSimulator, type Simulator } from '../../server/gateways/demo/simulator.ts';
import { closeSenders } from '../../server/modules/correspondence/index.ts';
import { createApiKey, createStaffUser, createTenant } from '../../server/modules/identity/index.ts';
import { seedDemoGateway } from '../../server/modules/payments/index.ts';
import { type Context, inTenant, type Platform, systemActor } from '../../server/platform/context.ts';
import { type Listening, listen } from '../../server/platform/http/server.ts';
import { drainJobs } from '../../server/platform/jobs/worker.ts';
import { type Catcher, startCatcher } from '../../server/platform/mail/catcher.ts';
import { reactions } from '../../server/reactions.ts';
import { type TestDatabase, type TravellingClock, testDatabase, travellingClock } from './database.ts';

export const ADMIN = { email: 'admin@northwind.example', password: 'correct horse battery staple' };

export interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: stories read whatever field they are about
  body: any;
  headers: Headers;
}

export interface Company {
  tenantId: string;
  headers: Record<string, string>;
  /** A JSON request as this company's API key. */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  inTenant<T>(fn: (ctx: Context) => Promise<T>): Promise<T>;
}

export interface TestServer {
  url: string;
  db: TestDatabase;
  platform: Platform;
  clock: TravellingClock;
  mail: Catcher;
  gateway: Simulator;
  company(values?: { name?: string; currency?: string; timezone?: string; email?: string }): Promise<Company>;
  /** One beat of every tick, then every job that is due, until there is nothing left to do. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

/** The whole product over HTTP with a travelling clock, a real mail server that keeps everything, and the demo gateway. */
export async function startServer(options: { start?: string } = {}): Promise<TestServer> {
  const clock = travellingClock(options.start);
  const mail = await startCatcher();
  const gateway = await startSimulator({ bankDelaySeconds: 3 * 86_400 });
  const db = await testDatabase({ clock, reactions, config: { smtpUrl: mail.url } });
  const platform = db.platform();
  const http: Listening = await listen(createHttpApp(platform), 0, '127.0.0.1');
  const url = `http://127.0.0.1:${http.port}`;
  platform.config.publicUrl = url;

  const settle = async (): Promise<void> => {
    for (let idle = 0; idle < 2; ) {
      for (const tick of ticks) await tick.run(platform);
      await gateway.settled();
      idle = (await drainJobs(platform, jobs)) === 0 ? idle + 1 : 0;
    }
  };

  return {
    url,
    db,
    platform,
    clock,
    mail,
    gateway,
    settle,
    async company(values = {}) {
      const email = values.email ?? ADMIN.email;
      const made = await createTenant(
        platform,
        { name: values.name ?? 'Northwind Supply', email, currency: values.currency ?? 'USD', timezone: values.timezone ?? 'America/New_York' },
        seedTenant,
      );
      const run = <T>(fn: (ctx: Context) => Promise<T>) => inTenant(platform, made.tenantId, systemActor, fn);
      // an administrator's key: nothing is refused for want of a permission
      const key = await run((ctx) => createApiKey(ctx, { name: 'Stories', role: 'administrator' }));
      await run(async (ctx) => {
        await seedDemoGateway(ctx, { simulatorUrl: gateway.url });
        await createStaffUser(ctx, {
          email: `staff-${made.tenantId.slice(-6)}@northwind.example`,
          name: 'Sam Staff',
          role: 'administrator',
          password: ADMIN.password,
        });
      });
      const headers = { api_key: key.apiKey, api_secret: key.apiSecret };
      return { tenantId: made.tenantId, headers, inTenant: run, call: caller(url, headers) };
    },
    async close() {
      await closeSenders();
      await http.stop();
      await gateway.stop();
      await mail.stop();
      await db.close();
    },
  };
}

export function caller(url: string, headers: Record<string, string>): Company['call'] {
  return async (method, path, body, more = {}) => {
    const response = await fetch(url + path, {
      method,
      headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...more },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      redirect: 'manual',
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, body: isJson && text ? JSON.parse(text) : text, headers: response.headers };
  };
}
