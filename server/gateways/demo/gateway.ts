import { callOnce, parseReply } from '../http.ts';
import {
  type Capabilities,
  type Gateway,
  type GatewayDefinition,
  type GatewayOptions,
  type GatewayOutcome,
  MOVE_TIMEOUT_MS,
  READ_TIMEOUT_MS,
} from '../gateway.ts';
import { build, demoWebhookSecret, parse, readWebhook, type WireRequest } from './wire.ts';

const capabilities: Capabilities = {
  rails: ['card', 'bank'],
  capture: 'hosted_page',
  vault: true,
  partialRefund: true,
  threeDSecure: true,
  idempotency: 'provider_key',
  lookupConsistentAfterMs: 0,
  webhooks: true,
  returnWindowDays: 60,
};

/** Longest wait of a moving call; a setting, so that tests need not wait a minute. */
function timeoutOf(settings: Record<string, string>): number {
  const text = settings['timeoutMs'];
  return text && /^\d{1,6}$/.test(text) ? Math.min(Number(text), MOVE_TIMEOUT_MS) : MOVE_TIMEOUT_MS;
}

/** The demo provider: a real adapter that speaks HTTP to its own simulator. */
export const demoGateway: GatewayDefinition = {
  id: 'demo',
  label: 'Demo gateway',
  rails: ['card', 'bank'],
  form: [
    { name: 'baseUrl', label: 'Address', help: 'Where the simulator listens, for example http://127.0.0.1:8090', kind: 'url', required: true },
    { name: 'apiKey', label: 'Secret key', help: 'Any text of 8 or more characters; each key is an account of its own.', kind: 'secret', required: true },
    { name: 'webhookSecret', label: 'Webhook secret', help: "The simulator's page shows it for your key.", kind: 'secret', required: true },
    { name: 'previousWebhookSecret', label: 'Former webhook secret', help: 'Still accepted while you change secrets.', kind: 'secret', required: false },
  ],
  create,
  standIn(address, account) {
    const apiKey = `sk_demo_${account}`;
    return { baseUrl: address, apiKey, webhookSecret: demoWebhookSecret(apiKey) };
  },
};

function create(options: GatewayOptions): Gateway {
  const { settings } = options;
  const base = baseOf(settings['baseUrl']);
  const apiKey = settings['apiKey'] ?? '';
  if (apiKey.length < 8) throw new RangeError('The secret key needs 8 or more characters.');
  const secrets = [settings['webhookSecret'], settings['previousWebhookSecret']].filter((secret): secret is string => Boolean(secret));
  if (secrets.length === 0) throw new RangeError('The webhook secret is missing.');
  const moveTimeout = timeoutOf(settings);

  async function call<T>(request: WireRequest, parser: (status: number, body: unknown) => GatewayOutcome<T>, timeoutMs: number): Promise<GatewayOutcome<T>> {
    const reply = await callOnce(
      {
        method: request.method,
        url: base.origin + request.path,
        headers: {
          authorization: `Bearer ${apiKey}`,
          accept: 'application/json',
          ...(request.body ? { 'content-type': 'application/json' } : {}),
          ...(request.idempotencyKey ? { 'idempotency-key': request.idempotencyKey } : {}),
        },
        ...(request.body ? { body: JSON.stringify(request.body) } : {}),
        timeoutMs,
      },
      options.fetch,
    );
    return parseReply(reply, parser);
  }
  const read = <T>(request: WireRequest, parser: (status: number, body: unknown) => GatewayOutcome<T>) =>
    call(request, parser, Math.min(READ_TIMEOUT_MS, moveTimeout));
  const move = <T>(request: WireRequest, parser: (status: number, body: unknown) => GatewayOutcome<T>) => call(request, parser, moveTimeout);

  return {
    capabilities,
    entryOrigin: new URL(settings['entryUrl'] ?? base.href).origin,
    verifyCredentials: () => read(build.account(), parse.account),
    beginCapture: (request) => read(build.captureSession(request), parse.captureSession),
    inspectToken: (token) => read(build.token(token), parse.token),
    ensureCustomer: (input) => read(build.customer(input), parse.customer),
    saveMethod: (input) => move(build.saveMethod(input), parse.method),
    removeMethod: (ref) => move(build.removeMethod(ref), parse.removed),
    charge: (request) => move(build.charge(request, options.webhookUrl), parse.charge),
    cancel: (input) => move(build.cancel(input), parse.anyPayment),
    refund: (request) => move(build.refund(request, options.webhookUrl), parse.refund),
    readPayment: (ref) => read(build.payment(ref), parse.payment),
    readRefund: (ref) => read(build.readRefund(ref), parse.readRefund),
    recoverCharge: (operation) => read(build.settleOperation(operation), parse.recoveredPayment),
    recoverRefund: (operation) => read(build.settleOperation(operation), parse.recoveredRefund),
    verifyWebhook({ headers, body, now }) {
      const signature = headers['demo-signature'];
      return typeof signature === 'string' ? readWebhook(signature, body, secrets, now) : 'invalid';
    },
    poll: (cursor) => read(build.events(cursor), parse.events),
  };
}

function baseOf(text: string | undefined): URL {
  try {
    const url = new URL(text ?? '');
    if (url.protocol === 'http:' || url.protocol === 'https:') return url;
  } catch {
    // said below
  }
  throw new RangeError('The address must be an http or https URL.');
}
