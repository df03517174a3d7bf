import { z } from 'zod';
import type { Gateway } from '../../gateways/gateway.ts';
import type { Platform, Work } from '../../platform/context.ts';
import { defineJob, defineTick } from '../../platform/jobs/jobs.ts';
import { idSchema } from '../../platform/http/schemas.ts';
import { isId } from '../../kernel/ids.ts';
import { recordOutcome } from './commands/attempt.ts';
import { checkRefund, recordRefundOutcome } from './commands/refund.ts';
import { CHECK_LEASE_SECONDS, gatewayOf } from './gateways.ts';
import { checkAttempt, reasonOf, systemWork } from './protocol.ts';
import { claimCheck, findAttemptByRef, findDueChecks, markWebhookProcessed, readAttempt, readRefund, readWebhook, type WebhookRow } from './queries.ts';

/** Looks up what became of an attempt or a refund. */
export const checkPayment = defineJob('payments.check', z.object({ kind: z.enum(['attempt', 'refund']), id: idSchema }), async (work, payload) => {
  if (payload.kind === 'attempt') await checkAttempt(work, payload.id);
  else await checkRefund(work, payload.id);
});

/** A webhook is a hint: the object is read from the gateway, and that is what counts. */
export const processWebhook = defineJob('payments.webhook', z.object({ webhookId: idSchema }), async (work, payload) => {
  const found = await work.transaction(async (ctx) => {
    const webhook = await readWebhook(ctx, payload.webhookId);
    return webhook && !webhook.processedAt ? { webhook, gateway: await gatewayOf(ctx, webhook.gatewayAccountId) } : null;
  });
  if (!found) return;
  await work.platform.fault('webhooks.before_read');
  if (found.webhook.objectKind === 'payment') await applyPayment(work, found.gateway, found.webhook);
  else await applyRefund(work, found.gateway, found.webhook);
  await work.platform.fault('webhooks.after_commit');
});

async function applyPayment(work: Work, gateway: Gateway, webhook: WebhookRow): Promise<void> {
  const outcome = await gateway.readPayment(webhook.objectRef);
  if (outcome.kind !== 'ok') throw new Error(`the gateway did not show ${webhook.objectRef}: ${reasonOf(outcome)}`);
  const snapshot = outcome.value;
  await work.transaction(async (ctx) => {
    const byReference = snapshot?.reference && isId(snapshot.reference) ? await readAttempt(ctx, snapshot.reference) : null;
    const attempt = byReference ?? (await findAttemptByRef(ctx, webhook.gatewayAccountId, webhook.objectRef));
    if (snapshot && attempt) await recordOutcome(ctx, attempt.id, { kind: 'snapshot', snapshot }, 'webhook');
    else ctx.log.warn({ webhookId: webhook.id, ref: webhook.objectRef }, 'a webhook about a payment that is not ours');
    await markWebhookProcessed(ctx, webhook.id);
    await work.platform.fault('webhooks.before_commit');
  });
}

async function applyRefund(work: Work, gateway: Gateway, webhook: WebhookRow): Promise<void> {
  const outcome = await gateway.readRefund(webhook.objectRef);
  if (outcome.kind !== 'ok') throw new Error(`the gateway did not show ${webhook.objectRef}: ${reasonOf(outcome)}`);
  const snapshot = outcome.value;
  await work.transaction(async (ctx) => {
    const refund = snapshot?.reference && isId(snapshot.reference) ? await readRefund(ctx, snapshot.reference) : null;
    if (snapshot && refund) await recordRefundOutcome(ctx, refund.id, { kind: 'snapshot', snapshot });
    else ctx.log.warn({ webhookId: webhook.id, ref: webhook.objectRef }, 'a webhook about a refund that is not ours');
    await markWebhookProcessed(ctx, webhook.id);
    await work.platform.fault('webhooks.before_commit');
  });
}

/** Looks started by one beat of the sweep; the next beat takes the rest. */
const SWEEP_BATCH = 100;

/** Finds attempts and refunds whose outcome is to be looked up, claims each, and hands it to a job. */
export async function sweep(platform: Platform): Promise<number> {
  const due = await findDueChecks(platform.database, platform.clock.now(), SWEEP_BATCH);
  let claimed = 0;
  for (const one of due)
    await systemWork(platform, one.tenantId).transaction(async (ctx) => {
      if (!(await claimCheck(ctx, one, CHECK_LEASE_SECONDS))) return;
      await ctx.enqueue(checkPayment, { kind: one.kind, id: one.id }, { key: `${one.kind}:${one.id}` });
      claimed += 1;
    });
  return claimed;
}

export const sweepTick = defineTick('payments.sweep', { everySeconds: 5 }, async (platform) => {
  await sweep(platform);
});

export const jobs = [checkPayment, processWebhook];
export const ticks = [sweepTick];
