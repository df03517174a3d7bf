/**
 * The demo provider as a process of its own: `node simulator.ts --port 8090 --file ledger.ndjson`, or in a test by
 * {@link startSimulator}. It has a virtual clock and can be told to misbehave (see README.md).
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { type Instrument, Ledger, type LedgerEvent, type Lost, type Payment, Refusal, type Refund } from './ledger.ts';
import { challengePage, entryPage, homePage } from './simulator-pages.ts';
import { demoMerchant, secretOfMerchant, signWebhook } from './wire.ts';

export { demoMerchant, demoWebhookSecret } from './wire.ts';

/** How a call of the API can go wrong, and how its webhook can. */
export const faultKinds = ['drop_before', 'drop_after', 'error_before', 'error_after', 'hang_before', 'hang_after', 'truncated_after', 'rate_limited', 'webhook_duplicate', 'webhook_early', 'webhook_bad_signature', 'webhook_old', 'webhook_lost'] as const;
export type FaultKind = (typeof faultKinds)[number];
export type OperationName = 'account' | 'capture' | 'token' | 'customer' | 'save_method' | 'remove_method' | 'charge' | 'cancel' | 'refund' | 'read' | 'recover' | 'poll';

export interface InjectedFault {
  operation: OperationName | 'any';
  kind: FaultKind;
  times: number;
}

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
const WEBHOOK_TIMEOUT_MS = 10_000;
const RETRY_WEBHOOK_MS = [1_000, 5_000, 30_000, 120_000, 600_000];

interface Answer {
  status: number;
  body: unknown;
  lost?: Lost;
  events?: LedgerEvent[];
}

/** Starts the provider; port 0 takes any free one. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const seconds = () => Math.floor(Temporal.Now.instant().epochMilliseconds / 1000);
  const ledger = new Ledger({ file: options.file ?? null, nowSeconds: seconds, bankDelaySeconds: options.bankDelaySeconds ?? 86_400 });
  const calls: Simulator['calls'] = [];
  const faults: InjectedFault[] = [];
  const webhooks = webhookSender();
  const hangMs = options.hangMs ?? 120_000;
  const timers = new Set<NodeJS.Timeout>();
  let url = '';

  const take = (operation: OperationName, webhook: boolean): FaultKind | null => {
    const index = faults.findIndex((fault) => fault.kind.startsWith('webhook_') === webhook && (fault.operation === 'any' || fault.operation === operation));
    if (index < 0) return null;
    const fault = faults[index]!;
    if (--fault.times <= 0) faults.splice(index, 1);
    return fault.kind;
  };
  let collecting: LedgerEvent[] | null = null;
  ledger.onEvent = (event) => {
    if (collecting) collecting.push(event);
    else webhooks.send(event, null);
  };

  async function api(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const merchant = merchantOf(request);
    const body = await readJson(request);
    const route = merchant ? routeOf(request.method ?? 'GET', path) : null;
    if (!merchant) return send(response, 401, errorBody('unauthorized', 'unauthorized', 'The secret key is missing or too short.'));
    if (!route) return send(response, 404, errorBody('invalid_request', 'no_such_route', 'There is no such operation.'));
    calls.push({ operation: route.operation, method: request.method ?? 'GET', path, at: ledger.now() });
    const kind = take(route.operation, false);
    if (kind === 'drop_before') return void request.socket.destroy();
    if (kind === 'error_before') return send(response, 503, errorBody('api_error', 'unavailable', 'Try again later.'));
    if (kind === 'rate_limited') return send(response, 429, errorBody('rate_limit', 'rate_limited', 'Too many requests.'), { 'retry-after': '1' });
    if (kind === 'hang_before') await pause(hangMs, timers);

    const answer = perform(route, merchant, request, body);
    const webhookFault = take(route.operation, true);
    if (webhookFault === 'webhook_early') for (const event of answer.events ?? []) await webhooks.deliverNow(event);
    else for (const event of answer.events ?? []) webhooks.send(event, webhookFault);
    await reply(request, response, answer, kind);
  }

  async function reply(request: IncomingMessage, response: ServerResponse, answer: Answer, kind: FaultKind | null): Promise<void> {
    const lost = answer.lost ?? null;
    if (kind === 'drop_after' || lost === 'request_lost' || lost === 'reply_lost') return void request.socket.destroy();
    if (kind === 'hang_after' || kind === 'hang_before' || lost === 'no_reply') {
      if (kind !== 'hang_before') await pause(hangMs, timers);
      return void request.socket.destroy();
    }
    if (kind === 'error_after') return send(response, 502, errorBody('api_error', 'bad_gateway', 'Bad gateway.'));
    if (kind === 'truncated_after') {
      response.writeHead(answer.status, { 'content-type': 'application/json' });
      return void response.end(JSON.stringify(answer.body).slice(0, 25));
    }
    send(response, answer.status, answer.body);
  }

  /** Runs one operation; what it announces is collected, so that the caller decides when that goes out. */
  function perform(route: Route, merchant: string, request: IncomingMessage, body: unknown): Answer {
    const events: LedgerEvent[] = [];
    collecting = events;
    try {
      const key = request.headers['idempotency-key'];
      return { ...route.run({ ledger, merchant, body, url: options.publicUrl ?? url, key: typeof key === 'string' ? key : null }), events };
    } catch (error) {
      if (error instanceof Refusal) return { status: error.status, body: errorBody('invalid_request', error.code, error.message), events };
      if (error instanceof z.ZodError) return { status: 422, body: errorBody('invalid_request', 'invalid', error.issues[0]?.message ?? 'invalid'), events };
      throw error;
    } finally {
      collecting = null;
    }
  }

  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    const work = path.startsWith('/v1/') ? api(request, response, path) : path.startsWith('/admin/') ? admin(request, response, path) : pages(request, response, path);
    work.catch((error: unknown) => {
      if (!response.headersSent) send(response, 500, errorBody('api_error', 'internal', String(error)));
    });
  });

  async function admin(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const body = (await readJson(request)) as Record<string, unknown>;
    if (path === '/admin/clock') ledger.advance(z.object({ advanceSeconds: z.number().int() }).parse(body).advanceSeconds);
    else if (path === '/admin/faults') faults.push(faultSchema.parse(body));
    else if (path === '/admin/redeliver') await simulator.redeliver();
    else if (path === '/admin/return') ledger.returnPayment(z.object({ payment: z.string() }).parse(body).payment, { returnCode: 'R01', code: 'insufficient_funds', message: 'Returned R01: insufficient funds.' });
    else if (path !== '/admin/ledger' && path !== '/admin/calls') return send(response, 404, errorBody('invalid_request', 'no_such_route', 'There is no such operation.'));
    const table = (name: 'payment' | 'refund' | 'movement' | 'event') => [...ledger.tables[name].values()];
    send(response, 200, path === '/admin/calls' ? { calls } : { now: ledger.now(), payments: table('payment'), refunds: table('refund'), movements: table('movement'), events: table('event') });
  }

  async function pages(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const form = request.method === 'POST' ? Object.fromEntries(new URLSearchParams((await readBody(request)).toString())) : null;
    const [, area, id] = /^\/(entry|challenge)\/([\w-]+)$/.exec(path) ?? [];
    if (area === 'entry') return entry(response, id!, form);
    if (area === 'challenge') return challenge(response, id!, form);
    if (path === '/advance' && form) {
      ledger.advance(Number(form['seconds']) || 0);
      return redirect(response, '/');
    }
    if (path !== '/') return send(response, 404, { error: 'There is nothing at this address.' });
    await sendPage(response, 200, homePage(ledger, secretOfMerchant));
  }

  async function entry(response: ServerResponse, id: string, form: Record<string, string> | null): Promise<void> {
    const session = ledger.tables.session.get(id);
    if (!session) return send(response, 404, { error: 'This page has expired. Go back and start again.' });
    if (!form) return sendPage(response, 200, entryPage(session));
    try {
      const token = ledger.enter(session, form);
      const back = new URL(session.returnUrl);
      back.searchParams.set('capture', token.id);
      redirect(response, back.toString());
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      await sendPage(response, 422, entryPage(session, form, error.message));
    }
  }

  async function challenge(response: ServerResponse, id: string, form: Record<string, string> | null): Promise<void> {
    const payment = ledger.tables.payment.get(id);
    if (!payment) return send(response, 404, { error: 'There is no such payment.' });
    if (!form && payment.status === 'requires_action') return sendPage(response, 200, challengePage(payment));
    if (form) ledger.answerChallenge(id, form['answer'] === 'yes');
    redirect(response, payment.returnUrl);
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve);
  });
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : options.port}`;
  const turning = setInterval(() => ledger.turn(), 1000);

  const simulator: Simulator = {
    url,
    ledger,
    calls,
    inject: (fault) => void faults.push({ ...fault }),
    clearFaults: () => void faults.splice(0),
    settled: webhooks.settled,
    async redeliver(order = 'same') {
      const events = [...ledger.tables.event.values()];
      for (const event of order === 'same' ? events : events.reverse()) await webhooks.deliverNow(event);
    },
    async stop() {
      clearInterval(turning);
      for (const timer of timers) clearTimeout(timer);
      webhooks.stop();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  return simulator;
}

const pause = (ms: number, timers: Set<NodeJS.Timeout>) =>
  new Promise<void>((resolve) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      resolve();
    }, ms);
    timers.add(timer);
  });

const faultSchema = z.object({
  operation: z.enum(['account', 'capture', 'token', 'customer', 'save_method', 'remove_method', 'charge', 'cancel', 'refund', 'read', 'recover', 'poll', 'any']),
  kind: z.enum(faultKinds),
  times: z.number().int().min(1).default(1),
});

function merchantOf(request: IncomingMessage): string | null {
  const key = /^Bearer (\S{8,200})$/.exec(request.headers.authorization ?? '')?.[1];
  return key ? demoMerchant(key) : null;
}

interface Ask {
  ledger: Ledger;
  merchant: string;
  body: unknown;
  url: string;
  key: string | null;
}
interface Route {
  operation: OperationName;
  run: (ask: Ask) => Answer;
}

const amount = z.string().regex(/^\d{1,15}$/);
const currency = z.string().regex(/^[A-Z]{3}$/);
const schemas = {
  session: z.strictObject({ reference: z.string().max(200), rail: z.enum(['card', 'bank']), amount, currency, merchant_name: z.string().max(200), return_url: z.url() }),
  customer: z.strictObject({ key: z.string().min(1).max(200), name: z.string().max(300), email: z.string().nullable() }),
  method: z.strictObject({ customer: z.string(), token: z.string() }),
  charge: z.strictObject({ reference: z.string().min(1).max(200), amount, currency, rail: z.enum(['card', 'bank']), customer: z.string().nullable(), method: z.string().optional(), token: z.string().optional(), save: z.boolean().optional(), description: z.string().max(500), return_url: z.url(), webhook_url: z.url().nullable() }),
  refund: z.strictObject({ reference: z.string().min(1).max(200), amount, currency, reason: z.string().max(500).nullable(), webhook_url: z.url().nullable() }),
};

const keyOf = (ask: Ask): string => {
  if (!ask.key) throw new Refusal(422, 'idempotency_key_missing', 'The header Idempotency-Key is missing.');
  return ask.key;
};
const okay = (body: unknown, more: Partial<Answer> = {}): Answer => ({ status: 200, body, ...more });

/** Finds the operation of a path; unknown fields of its body are refused. */
function routeOf(method: string, path: string): Route | null {
  const [plain, query] = path.split('?') as [string, string?];
  const [, , resource, id, action] = plain.split('/').map(decodeURIComponent);
  const route = (operation: OperationName, run: (ask: Ask) => Answer): Route => ({ operation, run });
  switch (`${method} ${[resource, id && ':id', action].filter(Boolean).join('/')}`) {
    case 'GET account':
      return route('account', ({ merchant }) => okay({ account: merchant, live: false }));
    case 'POST capture-sessions':
      return route('capture', ({ ledger, merchant, body, url }) => {
        const { merchant_name, return_url, ...rest } = schemas.session.parse(body);
        const session = ledger.beginSession(merchant, { ...rest, merchantName: merchant_name, returnUrl: return_url });
        return okay({ id: session.id, url: `${url}/entry/${session.id}` });
      });
    case 'GET tokens/:id':
      return route('token', ({ ledger, merchant }) => {
        const token = ledger.token(merchant, id!);
        return okay({ token: token.id, reference: token.reference, method: methodJson(null, token.instrument) });
      });
    case 'POST customers':
      return route('customer', ({ ledger, merchant, body }) => okay({ id: ledger.customer(merchant, schemas.customer.parse(body).key).id }));
    case 'POST methods':
      return route('save_method', (ask) => {
        const saved = ask.ledger.saveMethod(ask.merchant, keyOf(ask), schemas.method.parse(ask.body));
        return okay(methodJson(saved.id, saved.instrument));
      });
    case 'DELETE methods/:id':
      return route('remove_method', ({ ledger, merchant }) => {
        ledger.removeMethod(merchant, id!);
        return okay({ removed: true });
      });
    case 'POST payments':
      return route('charge', (ask) => {
        const { payment, lost } = ask.ledger.charge(ask.merchant, keyOf(ask), schemas.charge.parse(ask.body));
        return payment ? okay(paymentJson(payment, ask.url), { lost }) : { status: 0, body: null, lost };
      });
    case 'GET payments/:id':
      return route('read', ({ ledger, merchant, url }) => okay(paymentJson(ledger.payment(merchant, id!), url)));
    case 'POST payments/:id/cancel':
      return route('cancel', (ask) => okay(paymentJson(ask.ledger.cancel(ask.merchant, keyOf(ask), id!), ask.url)));
    case 'POST payments/:id/refunds':
      return route('refund', (ask) => okay(refundJson(ask.ledger.refund(ask.merchant, keyOf(ask), id!, schemas.refund.parse(ask.body)))));
    case 'GET refunds/:id':
      return route('read', ({ ledger, merchant }) => okay(refundJson(ledger.refundOf(merchant, id!))));
    case 'POST operations/:id/settle':
      return route('recover', ({ ledger, merchant, url }) => {
        const object = ledger.settleOperation(merchant, id!);
        if (!object) return okay({ found: false });
        return okay({ found: true, object: 'payment' in object ? refundJson(object) : paymentJson(object, url) });
      });
    case 'GET events':
      return route('poll', ({ ledger, merchant }) => {
        const events = ledger.eventsAfter(merchant, Number(new URLSearchParams(query).get('after') ?? '0') || 0);
        return okay({ events: events.map(eventJson), cursor: events.length > 0 ? String(events.at(-1)!.sequence) : null });
      });
    default:
      return null;
  }
}

const errorBody = (type: string, code: string, message: string) => ({ error: { type, code, message } });

const methodJson = (id: string | null, instrument: Instrument) => ({
  id,
  rail: instrument.rail,
  brand: instrument.brand,
  last4: instrument.last4,
  exp_month: instrument.expMonth,
  exp_year: instrument.expYear,
  holder: instrument.holder,
  funding: instrument.funding,
});

const paymentJson = (payment: Payment, url: string) => ({
  object: 'payment',
  id: payment.id,
  reference: payment.reference,
  status: payment.status,
  amount: payment.amount,
  currency: payment.currency,
  refunded: payment.refunded,
  version: payment.version,
  method: methodJson(payment.method, payment.instrument),
  next_action: payment.status === 'requires_action' ? { url: `${url}/challenge/${payment.id}` } : null,
  failure: payment.failure,
  changed_at: Temporal.Instant.fromEpochMilliseconds(payment.changedAt * 1000).toString(),
});

const refundJson = (refund: Refund) => ({
  object: 'refund',
  id: refund.id,
  reference: refund.reference,
  payment: refund.payment,
  status: refund.status,
  amount: refund.amount,
  currency: refund.currency,
  version: refund.version,
  failure: refund.failure,
});

const eventJson = (event: LedgerEvent) => ({ id: event.id, type: `${event.object}.changed`, data: { object: event.object, id: event.objectId } });

/** Delivers webhooks one after another, each again until it is taken; those of a lost fault never. */
function webhookSender() {
  let queue: Promise<void> = Promise.resolve();
  const retries = new Set<NodeJS.Timeout>();
  let stopped = false;

  async function deliver(event: LedgerEvent, how: FaultKind | null, tries = 0): Promise<void> {
    if (!event.url || stopped) return;
    const body = Buffer.from(JSON.stringify(eventJson(event)));
    const secret = how === 'webhook_bad_signature' ? 'whsec_of_somebody_else' : secretOfMerchant(event.merchant);
    const at = Math.floor(Temporal.Now.instant().epochMilliseconds / 1000) - (how === 'webhook_old' ? 86_400 : 0);
    const taken = await fetch(event.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'demo-signature': signWebhook(secret, body, at) },
      body,
      redirect: 'error',
      signal: AbortSignal.timeout(WEBHOOK_TIMEOUT_MS),
    }).then(
      (response) => response.ok,
      () => false,
    );
    const wait = RETRY_WEBHOOK_MS[tries];
    if (taken || wait === undefined || stopped) return;
    const timer = setTimeout(() => {
      retries.delete(timer);
      queue = queue.then(() => deliver(event, null, tries + 1));
    }, wait);
    timer.unref();
    retries.add(timer);
  }

  return {
    send(event: LedgerEvent, how: FaultKind | null): void {
      if (how === 'webhook_lost') return;
      queue = queue.then(() => deliver(event, how));
      if (how === 'webhook_duplicate') queue = queue.then(() => deliver(event, null));
    },
    deliverNow: (event: LedgerEvent) => deliver(event, null),
    settled: async () => {
      let seen: Promise<void>;
      do {
        seen = queue;
        await seen;
      } while (seen !== queue);
    },
    stop(): void {
      stopped = true;
      for (const timer of retries) clearTimeout(timer);
    },
  };
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
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store', 'referrer-policy': 'no-referrer', 'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'none'" });
  response.end(text);
}

function redirect(response: ServerResponse, to: string): void {
  response.writeHead(303, { location: to, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
  response.end();
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values } = parseArgs({ options: { port: { type: 'string' }, host: { type: 'string' }, file: { type: 'string' }, 'bank-seconds': { type: 'string' }, 'public-url': { type: 'string' } } });
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
