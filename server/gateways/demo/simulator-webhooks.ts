import type { LedgerEvent } from './ledger.ts';
import { eventJson } from './simulator-api.ts';
import type { FaultKind } from './simulator-faults.ts';
import { secretOfMerchant, signWebhook } from './wire.ts';

const WEBHOOK_TIMEOUT_MS = 10_000;
const RETRY_WEBHOOK_MS = [1_000, 5_000, 30_000, 120_000, 600_000];

/** Delivers webhooks one after another, each again until it is taken; those of a lost fault never. */
export function webhookSender() {
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
