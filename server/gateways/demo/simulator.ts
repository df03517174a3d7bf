/**
 * The demo provider as a process of its own: `node simulator.ts --port 8090 --file ledger.ndjson`, or in a test by
 * {@link startSimulator}. It has a virtual clock and can be told to misbehave (see README.md).
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { Ledger, type LedgerEvent, Refusal } from './ledger.ts';
import { type Answer, errorBody, type Route, routeOf } from './simulator-api.ts';
import { type FaultKind, FaultQueue, faultSchema, type InjectedFault, type OperationName } from './simulator-faults.ts';
import { challengePage, entryPage, homePage } from './simulator-pages.ts';
import { webhookSender } from './simulator-webhooks.ts';
import { demoMerchant, secretOfMerchant } from './wire.ts';

export { demoMerchant, demoWebhookSecret } from './wire.ts';

export type { FaultKind, InjectedFault, OperationName } from './simulator-faults.ts';

export interface SimulatorOptions {
  port?: number;
  host?: string;
  /** Where everything is kept; null forgets it with the process. */
  file?: string | null;
  bankDelaySeconds?: number;
  /** How long a call that hangs is held before it is carried out or cut, in milliseconds. */
  hangMs?: number;
  /** The address that payers' browsers use, when it is not the one that is listened on. */
  publicUrl?: string | null;
}

export interface Simulator {
  url: string;
  ledger: Ledger;
  calls: { operation: OperationName; method: string; path: string; at: number }[];
  inject(fault: InjectedFault): void;
  clearFaults(): void;
  /** Waits until every webhook was delivered or given up for now. */
  settled(): Promise<void>;
  /** Sends every event again, as providers do after an outage. */
  redeliver(order?: 'same' | 'reverse'): Promise<void>;
  stop(): Promise<void>;
}

const MAX_BODY_BYTES = 64 * 1024;
/** Starts the provider; port 0 takes any free one. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const provider = new Provider(options);
  const server = createServer((request, response) => void provider.serve(request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve);
  });
  const address = server.address();
  provider.url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : options.port}`;
  const turning = setInterval(() => provider.ledger.turn(), 1000);
  return {
    url: provider.url,
    ledger: provider.ledger,
    calls: provider.calls,
    inject: (fault) => provider.faults.inject(fault),
    clearFaults: () => provider.faults.clear(),
    settled: () => provider.webhooks.settled(),
    redeliver: (order) => provider.redeliver(order),
    async stop() {
      clearInterval(turning);
      provider.stop();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** One provider: its ledger, its API with its faults, its pages and its webhooks. */
class Provider {
  url = '';
  readonly ledger: Ledger;
  readonly calls: Simulator['calls'] = [];
  readonly faults = new FaultQueue();
  readonly webhooks = webhookSender();
  readonly #hangMs: number;
  readonly #publicUrl: string | null;
  readonly #timers = new Set<NodeJS.Timeout>();
  /** What the operation that runs now announces: its caller decides when that goes out. */
  #collecting: LedgerEvent[] | null = null;

  constructor(options: SimulatorOptions) {
    const nowSeconds = () => Math.floor(Temporal.Now.instant().epochMilliseconds / 1000);
    this.ledger = new Ledger({ file: options.file ?? null, nowSeconds, bankDelaySeconds: options.bankDelaySeconds ?? 86_400 });
    this.#hangMs = options.hangMs ?? 120_000;
    this.#publicUrl = options.publicUrl ?? null;
    this.ledger.onEvent = (event) => {
      if (this.#collecting) this.#collecting.push(event);
      else this.webhooks.send(event, null);
    };
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '/';
    try {
      if (path.startsWith('/v1/')) await this.#api(request, response, path);
      else if (path.startsWith('/admin/')) await this.#admin(request, response, path);
      else await this.#pages(request, response, path);
    } catch (error) {
      if (!response.headersSent) send(response, 500, errorBody('api_error', 'internal', String(error)));
    }
  }

  async #api(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const merchant = merchantOf(request);
    const body = await readJson(request);
    if (!merchant) return send(response, 401, errorBody('unauthorized', 'unauthorized', 'The secret key is missing or too short.'));
    const route = routeOf(request.method ?? 'GET', path);
    if (!route) return send(response, 404, errorBody('invalid_request', 'no_such_route', 'There is no such operation.'));
    this.calls.push({ operation: route.operation, method: request.method ?? 'GET', path, at: this.ledger.now() });
    const kind = this.faults.take(route.operation, 'call');
    if (kind === 'drop_before') return void request.socket.destroy();
    if (kind === 'error_before') return send(response, 503, errorBody('api_error', 'unavailable', 'Try again later.'));
    if (kind === 'rate_limited') return send(response, 429, errorBody('rate_limit', 'rate_limited', 'Too many requests.'), { 'retry-after': '1' });
    if (kind === 'hang_before') await this.#hang();

    const answer = this.#perform(route, merchant, request, body);
    const webhookFault = this.faults.take(route.operation, 'webhook');
    for (const event of answer.events ?? [])
      if (webhookFault === 'webhook_early') await this.webhooks.deliverNow(event);
      else this.webhooks.send(event, webhookFault);
    await this.#reply(request, response, answer, kind);
  }

  #perform(route: Route, merchant: string, request: IncomingMessage, body: unknown): Answer {
    const events: LedgerEvent[] = [];
    this.#collecting = events;
    try {
      const key = request.headers['idempotency-key'];
      return { ...route.run({ ledger: this.ledger, merchant, body, url: this.#publicUrl ?? this.url, key: typeof key === 'string' ? key : null }), events };
    } catch (error) {
      if (error instanceof Refusal) return { status: error.status, body: errorBody('invalid_request', error.code, error.message), events };
      if (error instanceof z.ZodError) return { status: 422, body: errorBody('invalid_request', 'invalid', error.issues[0]?.message ?? 'invalid'), events };
      throw error;
    } finally {
      this.#collecting = null;
    }
  }

  async #reply(request: IncomingMessage, response: ServerResponse, answer: Answer, kind: FaultKind | null): Promise<void> {
    const lost = answer.lost ?? null;
    if (kind === 'hang_after' || lost === 'no_reply') await this.#hang();
    if (kind === 'drop_after' || kind === 'hang_after' || kind === 'hang_before' || lost !== null) return void request.socket.destroy();
    if (kind === 'error_after') return send(response, 502, errorBody('api_error', 'bad_gateway', 'Bad gateway.'));
    if (kind === 'truncated_after') {
      response.writeHead(answer.status, { 'content-type': 'application/json' });
      return void response.end(JSON.stringify(answer.body).slice(0, 25));
    }
    send(response, answer.status, answer.body);
  }

  #hang(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        resolve();
      }, this.#hangMs);
      this.#timers.add(timer);
    });
  }

  async #admin(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const body = (await readJson(request)) as Record<string, unknown>;
    const { ledger, calls } = this;
    const table = (name: 'payment' | 'refund' | 'movement' | 'event') => [...ledger.tables[name].values()];
    switch (path) {
      case '/admin/clock':
        ledger.advance(z.object({ advanceSeconds: z.number().int() }).parse(body).advanceSeconds);
        break;
      case '/admin/faults':
        this.faults.inject(faultSchema.parse(body));
        break;
      case '/admin/redeliver':
        await this.redeliver();
        break;
      case '/admin/return':
        ledger.returnPayment(z.object({ payment: z.string() }).parse(body).payment, returnedForFunds);
        break;
      case '/admin/calls':
        return send(response, 200, { calls });
      case '/admin/ledger':
        break;
      default:
        return send(response, 404, errorBody('invalid_request', 'no_such_route', 'There is no such operation.'));
    }
    send(response, 200, { now: ledger.now(), payments: table('payment'), refunds: table('refund'), movements: table('movement'), events: table('event') });
  }

  async redeliver(order: 'same' | 'reverse' = 'same'): Promise<void> {
    const events = [...this.ledger.tables.event.values()];
    for (const event of order === 'same' ? events : events.reverse()) await this.webhooks.deliverNow(event);
  }

  async #pages(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const form = request.method === 'POST' ? Object.fromEntries(new URLSearchParams((await readBody(request)).toString())) : null;
    const [, area, id] = /^\/(entry|challenge)\/([\w-]+)$/.exec(path) ?? [];
    if (area === 'entry') return this.#entry(response, id!, form);
    if (area === 'challenge') return this.#challenge(response, id!, form);
    if (path === '/advance' && form) {
      this.ledger.advance(Number(form['seconds']) || 0);
      return redirect(response, '/');
    }
    if (path !== '/') return send(response, 404, { error: 'There is nothing at this address.' });
    await sendPage(response, 200, homePage(this.ledger, secretOfMerchant));
  }

  async #entry(response: ServerResponse, id: string, form: Record<string, string> | null): Promise<void> {
    const session = this.ledger.tables.session.get(id);
    if (!session) return send(response, 404, { error: 'This page has expired. Go back and start again.' });
    if (!form) return sendPage(response, 200, entryPage(session));
    try {
      const token = this.ledger.enter(session, form);
      const back = new URL(session.returnUrl);
      back.searchParams.set('capture', token.id);
      redirect(response, back.toString());
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      await sendPage(response, 422, entryPage(session, form, error.message));
    }
  }

  async #challenge(response: ServerResponse, id: string, form: Record<string, string> | null): Promise<void> {
    const payment = this.ledger.tables.payment.get(id);
    if (!payment) return send(response, 404, { error: 'There is no such payment.' });
    if (!form && payment.status === 'requires_action') return sendPage(response, 200, challengePage(payment));
    if (form) this.ledger.answerChallenge(id, form['answer'] === 'yes');
    redirect(response, payment.returnUrl);
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.webhooks.stop();
  }
}

const returnedForFunds = { returnCode: 'R01', code: 'insufficient_funds', message: 'Returned R01: insufficient funds.' };

function merchantOf(request: IncomingMessage): string | null {
  const key = /^Bearer (\S{8,200})$/.exec(request.headers.authorization ?? '')?.[1];
  return key ? demoMerchant(key) : null;
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > MAX_BODY_BYTES) throw new Error('body too large');
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const bytes = await readBody(request);
  return bytes.length === 0 ? {} : JSON.parse(bytes.toString('utf8'));
}

function send(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  if (response.destroyed) return;
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

async function sendPage(response: ServerResponse, status: number, page: unknown): Promise<void> {
  const text = String(await (page as Promise<unknown>));
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'none'",
  });
  response.end(text);
}

function redirect(response: ServerResponse, to: string): void {
  response.writeHead(303, { location: to, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
  response.end();
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values } = parseArgs({
    options: {
      port: { type: 'string' },
      host: { type: 'string' },
      file: { type: 'string' },
      'bank-seconds': { type: 'string' },
      'public-url': { type: 'string' },
    },
  });
  const simulator = await startSimulator({
    port: Number(values.port ?? 8090),
    ...(values.host ? { host: values.host } : {}),
    file: values.file ?? null,
    ...(values['bank-seconds'] ? { bankDelaySeconds: Number(values['bank-seconds']) } : {}),
    publicUrl: values['public-url'] ?? null,
  });
  process.stdout.write(`demo gateway listening on ${simulator.url}\n`);
  const stop = () => void simulator.stop().then(() => process.exit(0));
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}
