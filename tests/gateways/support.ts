import * as payments from '../../server/modules/payments/index.ts';
import { demoGateway } from '../../server/gateways/demo/gateway.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../server/gateways/demo/simulator.ts';
import { createCustomer } from '../../server/modules/customers/index.ts';
import { createInvoice, readOpenDocuments } from '../../server/modules/receivables/index.ts';
import { type Context, type Platform, type Reactions, systemActor, type Work, workFor } from '../../server/platform/context.ts';
import { createHttp, listen, type Listening } from '../../server/platform/http/server.ts';
import type { AnyJob } from '../../server/platform/jobs/jobs.ts';
import { drainJobs } from '../../server/platform/jobs/worker.ts';
import { permissions } from '../../server/kernel/permission.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { jobs, sweep } from '../../server/modules/payments/jobs.ts';

/** Longest wait for the provider: only an answer that never comes takes as long, however busy the machine is. */
const TIMEOUT_MS = 20_000;
/** When the connection of a call that hangs is cut. */
const HANG_MS = 600;
export const BANK_DELAY = 86_400;

export interface World {
  db: TestDatabase;
  platform: Platform;
  simulator: Simulator;
  url: string;
  tenantId: string;
  accountId: string;
  work: Work;
  /** The sweep's beats and every due job, webhooks delivered, until nothing is left. */
  settle(): Promise<void>;
  // biome-ignore lint/suspicious/noExplicitAny: stories read whatever field they are about
  api(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<{ status: number; body: any }>;
  customer(input?: { email?: string; invoices?: bigint[] }): Promise<{ customerId: string; documents: { documentId: string; amountMinor: bigint }[] }>;
  open(ids: readonly string[]): Promise<bigint[]>;
  /** Net money of the simulator's ledger. */
  moved(): bigint;
  /** What `call` does, with a gateway that gives up before a call that hangs is cut. */
  impatiently<T>(call: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** The payments module over HTTP with the real simulator and a real database; the clock travels. */
export async function startWorld(options: { simulator?: SimulatorOptions; setting?: Record<string, unknown>; reactions?: Reactions } = {}): Promise<World> {
  payments.registerGateways([demoGateway]);
  const simulator = await startSimulator({ hangMs: HANG_MS, bankDelaySeconds: BANK_DELAY, ...options.simulator });
  const db = await testDatabase(options.reactions ? { reactions: options.reactions } : {});
  const platform = db.platform();
  const tenantId = await db.tenant({ setting: options.setting ?? {} });
  const app = createHttp(platform, payments.endpoints, async (_platform, request) =>
    request.headers['x-test-staff']
      ? { tenantId, actor: { kind: 'api_key', id: null, name: 'Staff', role: 'administrator' }, permissions: new Set(permissions), by: 'api_key' }
      : null,
  );
  payments.pages(app, platform);
  const http: Listening = await listen(app, 0, '127.0.0.1');
  const url = `http://127.0.0.1:${http.port}`;
  platform.config.publicUrl = url;
  const accountId = await db.inTenant(tenantId, (ctx: Context) => payments.seedDemoGateway(ctx, { simulatorUrl: simulator.url, timeoutMs: TIMEOUT_MS }));
  const work = workFor(platform, tenantId, systemActor);
  let counter = 0;

  return {
    db,
    platform,
    simulator,
    url,
    tenantId,
    accountId,
    work,
    async settle() {
      for (let idle = 0; idle < 2; ) {
        await simulator.settled();
        const claimed = await sweep(platform);
        idle = (await drainJobs(platform, jobs as unknown as AnyJob[])) + claimed === 0 ? idle + 1 : 0;
      }
    },
    async api(method, path, body, headers = {}) {
      const response = await fetch(url + path, {
        method,
        headers: { 'x-test-staff': '1', ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, body: text ? JSON.parse(text) : null };
    },
    customer: (input = {}) =>
      db.inTenant(tenantId, async (ctx) => {
        counter += 1;
        const customerId = await createCustomer(ctx, {
          number: `C-${counter}`,
          companyName: `Customer ${counter}`,
          contacts: [{ name: 'Ada', email: input.email ?? `ada${counter}@example.com` }],
        } as never);
        const documents = [];
        for (const amountMinor of input.invoices ?? [125000n]) {
          const documentId = await createInvoice(ctx, {
            customerId,
            currency: 'USD',
            amountMinor,
            issuedOn: ctx.clock.today().subtract({ days: 42 }),
            dueOn: ctx.clock.today().subtract({ days: 12 }),
          });
          documents.push({ documentId, amountMinor });
        }
        return { customerId, documents };
      }),
    open: (ids) =>
      db.inTenant(tenantId, async (ctx) => {
        const found = new Map((await readOpenDocuments(ctx, ids)).map((document) => [document.id, document.openMinor]));
        return ids.map((id) => found.get(id)!);
      }),
    moved: () => [...simulator.ledger.tables.movement.values()].reduce((sum, movement) => sum + BigInt(movement.minor), 0n),
    async impatiently(call) {
      const { rows } = await db.admin.query('select settings_ciphertext from gateway_account where id = $1', [accountId]);
      const patient: Buffer = rows[0].settings_ciphertext;
      const store = (settings: Buffer) => db.admin.query('update gateway_account set settings_ciphertext = $2 where id = $1', [accountId, settings]);
      const settings = JSON.parse(platform.secrets.open(tenantId, patient).toString()) as Record<string, string>;
      await store(platform.secrets.seal(tenantId, JSON.stringify({ ...settings, timeoutMs: String(HANG_MS / 2) })));
      return call().finally(() => store(patient));
    },
    async close() {
      await http.stop();
      await simulator.stop();
      await db.close();
    },
  };
}

export interface Page {
  status: number;
  url: string;
  html: string;
  title: string;
  /** The text that a person reads. */
  text: string;
  headers: Headers;
}

/** A browser without scripts: cookies for each host, redirects, and forms as they stand in the page. */
export class Browser {
  readonly jar = new Map<string, Map<string, string>>();
  page: Page = { status: 0, url: '', html: '', title: '', text: '', headers: new Headers() };

  async go(url: string, init: { method?: string; body?: URLSearchParams } = {}): Promise<Page> {
    let next = new URL(url, this.page.url || undefined);
    let request = init;
    for (let hops = 0; hops < 10; hops++) {
      const cookies = this.jar.get(next.host) ?? new Map<string, string>();
      this.jar.set(next.host, cookies);
      const response = await fetch(next, {
        method: request.method ?? 'GET',
        headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
        ...(request.body ? { body: request.body } : {}),
        redirect: 'manual',
      });
      for (const cookie of response.headers.getSetCookie()) {
        const [name, value] = cookie.split(';')[0]!.split('=') as [string, string];
        cookies.set(name, value);
      }
      const location = response.headers.get('location');
      if (response.status >= 300 && response.status < 400 && location) {
        await response.arrayBuffer();
        next = new URL(location, next);
        request = {};
        continue;
      }
      const html = await response.text();
      const text = html
        .replace(/<style>.*?<\/style>/gs, '')
        .replace(/<[^>]+>/g, ' ')
        .replaceAll('&#39;', "'")
        .replace(/\s+/g, ' ')
        .trim();
      this.page = {
        status: response.status,
        url: next.toString(),
        html,
        title: /<title>(.*?)<\/title>/.exec(html)?.[1] ?? '',
        text,
        headers: response.headers,
      };
      return this.page;
    }
    throw new Error('too many redirects');
  }

  /** The fields of the form whose button carries this text. */
  form(button: string): { action: string; fields: URLSearchParams } {
    for (const [, attributes, body] of this.page.html.matchAll(/<form([^>]*)>(.*?)<\/form>/gs)) {
      if (!body!.replace(/<[^>]+>/g, ' ').includes(button)) continue;
      const fields = new URLSearchParams();
      for (const [input] of body!.matchAll(/<input[^>]*>/g)) {
        const name = /name="([^"]*)"/.exec(input)?.[1];
        if (name && !/type="checkbox"/.test(input)) fields.set(name, /value="([^"]*)"/.exec(input)?.[1]?.replaceAll('&amp;', '&') ?? '');
      }
      return { action: /action="([^"]*)"/.exec(attributes!)?.[1] ?? this.page.url, fields };
    }
    throw new Error(`no form with the button "${button}" on "${this.page.title}": ${this.page.text}`);
  }

  /** Fills in and presses. */
  press(button: string, values: Record<string, string> = {}): Promise<Page> {
    const { action, fields } = this.form(button);
    for (const [name, value] of Object.entries(values)) fields.set(name, value);
    return this.go(action, { method: 'POST', body: fields });
  }

  follow(label: string): Promise<Page> {
    const link = [...this.page.html.matchAll(/<a [^>]*href="([^"]*)"[^>]*>(.*?)<\/a>/gs)].find(([, , text]) => text!.replace(/<[^>]+>/g, '').includes(label));
    if (!link) throw new Error(`no link "${label}" on "${this.page.title}": ${this.page.text}`);
    return this.go(link[1]!.replaceAll('&amp;', '&'));
  }
}

export const card = (number: string): Record<string, string> => ({ number, expiry: '12/34', code: '123', holder: 'Ada Byron' });
