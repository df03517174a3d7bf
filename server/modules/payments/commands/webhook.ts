import { isId } from '../../../kernel/ids.ts';
import { notFound, Problem } from '../../../kernel/problem.ts';
import type { Platform, Work } from '../../../platform/context.ts';
import type { RequestInfo } from '../../../platform/http/endpoint.ts';
import { realClock } from '../../../platform/clock.ts';
import { readBytes } from '../../../platform/http/body.ts';
import { gatewayOf } from '../gateways.ts';
import { processWebhook } from '../jobs.ts';
import { systemWork } from '../protocol.ts';
import { findAccountOwner, insertWebhook } from '../queries.ts';

const MAX_WEBHOOK_BYTES = 1024 * 1024;

/** Headers that may be kept: never credentials. */
const keptHeaders = ['content-type', 'user-agent', 'demo-signature'];

/**
 * Takes a gateway's webhook: the signature is checked over the raw bytes, the event is stored once, and its work is a
 * job of the same transaction. Answered when that is committed. Problems: 404 for an unknown account, 400 for a wrong
 * signature.
 */
export async function receiveWebhook(platform: Platform, gateway: string, accountId: string, request: RequestInfo): Promise<{ received: number }> {
  const owner = isId(accountId) ? await findAccountOwner(platform.database, accountId) : null;
  if (!owner || owner.gateway !== gateway) throw notFound('account');
  const body = await readBytes(request.incoming, MAX_WEBHOOK_BYTES);
  const work = systemWork(platform, owner.tenantId);
  const adapter = await work.transaction((ctx) => gatewayOf(ctx, accountId));
  // signatures are dated by the provider's real clock, whatever clock the business runs on
  const events = adapter.verifyWebhook({ headers: request.headers, body, now: realClock.now() });
  if (events === 'invalid') {
    platform.log.warn({ gateway, accountId, ip: request.ip }, 'a webhook with a wrong signature was refused');
    throw new Problem(400, 'invalid_signature', 'The signature does not fit.');
  }
  await platform.fault('webhooks.before_store');
  const received = await store(work, accountId, events, request, body);
  await platform.fault('webhooks.after_store');
  return { received };
}

function store(
  work: Work,
  accountId: string,
  events: readonly { dedupeKey: string; object: { kind: 'payment' | 'refund'; ref: string } }[],
  request: RequestInfo,
  body: Buffer,
): Promise<number> {
  const headers: Record<string, string> = {};
  for (const name of keptHeaders) {
    const value = request.headers[name];
    if (typeof value === 'string') headers[name] = value.slice(0, 500);
  }
  return work.transaction(async (ctx) => {
    let received = 0;
    for (const event of events) {
      const id = await insertWebhook(ctx, {
        gatewayAccountId: accountId,
        dedupeKey: event.dedupeKey,
        objectKind: event.object.kind,
        objectRef: event.object.ref,
        headers,
        body: body.toString('utf8'),
      });
      if (!id) continue;
      received += 1;
      await ctx.enqueue(processWebhook, { webhookId: id });
    }
    return received;
  });
}
