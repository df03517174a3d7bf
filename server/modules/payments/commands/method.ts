import { newId } from '../../../kernel/ids.ts';
import { conflict, notFound } from '../../../kernel/problem.ts';
import type { Work } from '../../../platform/context.ts';
import { paymentEvents } from '../events.ts';
import { gatewayOf } from '../gateways.ts';
import { ensureGatewayCustomer, reasonOf } from '../protocol.ts';
import { markMethodRemoved, putMethod, readMethod } from '../queries.ts';

/** Forgets a card or bank account, here and at the gateway. Problems: 404; 409 when the gateway does not answer. */
export async function removeMethod(work: Work, methodId: string): Promise<void> {
  const { method, gateway } = await work.transaction(async (ctx) => {
    const found = await readMethod(ctx, methodId);
    if (!found || found.removedAt) throw notFound('payment method');
    // not offered from now on, whatever the gateway says
    await markMethodRemoved(ctx, methodId);
    await ctx.record({
      type: paymentEvents.methodRemoved,
      subjectType: 'payment_method',
      subjectId: methodId,
      customerId: found.customerId,
      data: { rail: found.rail, last4: found.last4 },
    });
    return { method: found, gateway: await gatewayOf(ctx, found.gatewayAccountId) };
  });
  const outcome = await gateway.removeMethod(method.ref);
  if (outcome.kind === 'unknown') work.platform.log.warn({ methodId, reason: outcome.reason }, 'the gateway did not answer to the removal of a payment method');
}

/** Saves a method that was entered at the gateway, without charging it. Answers its id. Problem 409 with the gateway's reason. */
export async function saveMethod(work: Work, input: { accountId: string; customerId: string; token: string }): Promise<string> {
  const customer = await ensureGatewayCustomer(work, input.accountId, input.customerId);
  if (!customer) throw conflict('gateway_unreachable', 'The gateway does not answer.');
  const gateway = await work.transaction((ctx) => gatewayOf(ctx, input.accountId));
  const outcome = await gateway.saveMethod({ operation: newId(), customer, token: input.token });
  if (outcome.kind !== 'ok') throw conflict('method_refused', `The gateway did not save the method: ${reasonOf(outcome)}`);
  return work.transaction(async (ctx) => {
    const id = await putMethod(ctx, { customerId: input.customerId, gatewayAccountId: input.accountId, method: outcome.value });
    await ctx.record({
      type: paymentEvents.methodSaved,
      subjectType: 'payment_method',
      subjectId: id,
      customerId: input.customerId,
      data: { rail: outcome.value.rail, last4: outcome.value.last4 },
    });
    return id;
  });
}

/**
 * For the demo company and tests: types a test number into the simulator's own page, as a payer would, and saves what
 * comes back. `number` is a card number, or an account number for the rail `bank`.
 */
export async function saveDemoMethod(
  work: Work,
  input: { accountId: string; customerId: string; rail: 'card' | 'bank'; number: string; holder?: string },
): Promise<string> {
  const { gateway, currency, name } = await work.transaction(async (ctx) => ({
    gateway: await gatewayOf(ctx, input.accountId),
    currency: ctx.tenant.currency,
    name: ctx.tenant.name,
  }));
  const session = await gateway.beginCapture({
    reference: newId(),
    rail: input.rail,
    amount: { minor: 100n, currency },
    merchantName: name,
    returnUrl: `${work.platform.config.publicUrl}/pay`,
  });
  if (session.kind !== 'ok') throw conflict('gateway_unreachable', 'The demo gateway does not answer.');
  const holder = input.holder ?? '';
  const fields: Record<string, string> =
    input.rail === 'card' ? { number: input.number, expiry: '12/34', code: '123', holder } : { routing: '110000000', account: input.number, holder };
  const response = await fetch(session.value.url, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' });
  const token = new URL(response.headers.get('location') ?? 'about:blank').searchParams.get('capture');
  if (!token) throw conflict('method_refused', 'The demo gateway does not take this number.');
  return saveMethod(work, { accountId: input.accountId, customerId: input.customerId, token });
}
