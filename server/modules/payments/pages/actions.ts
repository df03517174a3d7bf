/** What the forms of the pay pages do. Nothing here is reached by opening a page. */
import type { CapturedMethod } from '../../../gateways/gateway.ts';
import { newId } from '../../../kernel/ids.ts';
import { money, toJson } from '../../../kernel/money.ts';
import { conflict } from '../../../kernel/problem.ts';
import type { Platform, Work } from '../../../platform/context.ts';
import { hashToken, newToken } from '../../../platform/secrets/secrets.ts';
import { getSettings } from '../../tenants/index.ts';
import { readContacts } from '../../customers/index.ts';
import { paymentEvents } from '../events.ts';
import { gatewayOf } from '../gateways.ts';
import { findPayers, insertLinks, readPayable } from '../links/queries.ts';
import { collect, reasonOf } from '../protocol.ts';
import { type Attempt, readGatewayCustomer, readMethod } from '../queries.ts';
import type { PageModel } from './model.ts';
import type { Visit } from './session.ts';

/** Asks for the confirmation mail of a saved method. The link's own token is made when the mail is written. */
export async function requestConfirmation(work: Work, model: PageModel, methodId: string): Promise<void> {
  const { row } = model;
  await work.transaction(async (ctx) => {
    const { payments } = await getSettings(ctx);
    const id = newId();
    await insertLinks(ctx, [
      {
        id,
        purpose: 'confirm',
        customerId: row.customerId,
        // nobody knows this one: it only holds the place
        tokenHash: hashToken(newToken()),
        emailAddress: row.emailAddress,
        emailId: null,
        currency: row.currency,
        amountMinor: model.totalMinor,
        methodId,
        parentId: row.rootId,
        expiresAt: ctx.clock.now().add({ hours: payments.confirmHours }),
        documents: model.documents.map((document) => ({ documentId: document.id, amountMinor: document.payableMinor })),
      },
    ]);
    await ctx.record({
      type: paymentEvents.confirmationRequested,
      subjectType: 'pay_link',
      subjectId: id,
      customerId: row.customerId,
      data: { payLinkId: id, emailAddress: row.emailAddress, amount: toJson(money(model.totalMinor, row.currency)) },
    });
  });
}

/** The gateway account that takes this kind of method: the first one, always the same for a link. */
export const accountFor = (model: PageModel, rail: 'card' | 'bank'): string | null =>
  model.row.accounts.find((account) => account.rails.includes(rail))?.id ?? null;

/** Begins the entry of a new method on the gateway's page. Answers its address, or null when the gateway does not answer. */
export async function beginEntry(work: Work, model: PageModel, rail: 'card' | 'bank'): Promise<string | null> {
  const { row } = model;
  const accountId = accountFor(model, rail);
  if (!accountId) return null;
  const gateway = await work.transaction((ctx) => gatewayOf(ctx, accountId));
  const outcome = await gateway.beginCapture({
    reference: row.payLinkId,
    rail,
    amount: { minor: model.totalMinor, currency: row.currency },
    merchantName: row.companyName,
    returnUrl: `${work.platform.config.publicUrl}/pay/l/${row.payLinkId}/review?rail=${rail}`,
  });
  if (outcome.kind === 'ok') return outcome.value.url;
  work.platform.log.warn({ tenantId: row.tenantId, reason: reasonOf(outcome) }, 'the gateway did not open its page');
  return null;
}

/** What was entered, when it was entered for this link; null otherwise. */
export async function inspectEntry(work: Work, model: PageModel, rail: 'card' | 'bank', token: string): Promise<CapturedMethod | null> {
  const accountId = accountFor(model, rail);
  if (!accountId) return null;
  const gateway = await work.transaction((ctx) => gatewayOf(ctx, accountId));
  const outcome = await gateway.inspectToken(token);
  if (outcome.kind !== 'ok' || outcome.value.reference !== model.row.payLinkId || outcome.value.method.rail !== rail) return null;
  return outcome.value;
}

export interface Payer {
  op: string;
  ip: string;
  userAgent: string;
}

const resultUrl = (work: Work, model: PageModel, attemptId: string): string =>
  `${work.platform.config.publicUrl}/pay/l/${model.row.payLinkId}/result?attempt=${attemptId}&back=1`;

const requestOf = (model: PageModel, payer: Payer) => ({
  attemptId: payer.op,
  customerId: model.row.customerId,
  currency: model.row.currency,
  documents: model.documents.map((document) => ({ documentId: document.id, amountMinor: document.payableMinor })),
  payLinkId: model.row.rootId,
  ip: payer.ip,
  userAgent: payer.userAgent,
});

/** Pays with what was just entered. Problems as of `startAttempt`. */
export function payWithEntry(work: Work, model: PageModel, captured: CapturedMethod, save: boolean, payer: Payer): Promise<Attempt> {
  const { method } = captured;
  return collect(
    work,
    {
      ...requestOf(model, payer),
      gatewayAccountId: accountFor(model, method.rail)!,
      rail: method.rail,
      methodId: null,
      methodSummary: method,
      saveMethod: save,
    },
    { captured, save },
    resultUrl(work, model, payer.op),
  );
}

/** Pays with the saved method of a confirm link. Problems as of `startAttempt`; 409 `method_gone`. */
export async function payWithSaved(work: Work, model: PageModel, payer: Payer): Promise<Attempt> {
  const chosen = model.chosen;
  const found = chosen
    ? await work.transaction(async (ctx) => ({
        method: await readMethod(ctx, chosen.id),
        customer: await readGatewayCustomer(ctx, chosen.accountId, model.row.customerId),
      }))
    : null;
  if (!chosen || !found?.method || found.method.removedAt || !found.customer) throw conflict('method_gone', 'The saved method is no longer there.');
  return collect(
    work,
    { ...requestOf(model, payer), gatewayAccountId: chosen.accountId, rail: chosen.rail, methodId: chosen.id, methodSummary: chosen, saveMethod: false },
    { savedMethod: found.method.ref, customerRef: found.customer.ref },
    resultUrl(work, model, payer.op),
  );
}

/** Customers for whom one address may ask for a new link at once. */
const MAX_PAYERS = 5;

/**
 * Asks for a new link, only to an address on file: of the link's own customer when the old link is known, else of any
 * customer with that address. Answers nothing, whatever it found.
 */
export async function requestLinkAgain(
  platform: Platform,
  visit: Visit | null,
  address: string,
  work: (tenantId: string, customerId: string) => Work,
): Promise<void> {
  const payers = visit ? [{ tenantId: visit.row.tenantId, customerId: visit.row.customerId }] : (await findPayers(platform, address)).slice(0, MAX_PAYERS);
  for (const payer of payers)
    await work(payer.tenantId, payer.customerId).transaction(async (ctx) => {
      const onFile = (await readContacts(ctx, [payer.customerId])).some((contact) => contact.email.toLowerCase() === address.toLowerCase());
      if (!onFile) return;
      if ((await readPayable(ctx, payer.customerId, 1)).length === 0) return;
      await ctx.record({
        type: paymentEvents.linkRequested,
        subjectType: 'customer',
        subjectId: payer.customerId,
        customerId: payer.customerId,
        data: { customerId: payer.customerId, emailAddress: address },
      });
    });
}
