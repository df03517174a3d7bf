import type { Rail } from '../../../gateways/gateway.ts';
import { newId } from '../../../kernel/ids.ts';
import { conflict, invalid, notFound } from '../../../kernel/problem.ts';
import type { Context } from '../../../platform/context.ts';
import { hashToken, newToken } from '../../../platform/secrets/secrets.ts';
import { readOpenDocuments } from '../../receivables/index.ts';
import { getSettings } from '../../tenants/index.ts';
import {
  insertLinks,
  type MethodChoice,
  type NewLink,
  readActiveRails,
  readChargeableMethods,
  readLink,
  readLinkDocuments,
  readPayable,
  setLinkToken,
} from './queries.ts';

export interface PayLinkInput {
  customerId: string;
  /** What may be paid with it; never more than is open then. */
  documents: readonly { documentId: string; amountMinor: bigint }[];
  currency: string;
  emailAddress: string;
  /** The mail in which it stands, when there is one. */
  emailId: string | null;
}

/** One button of a mail. The address opens the pay page with that way to pay first; opening never pays. */
export interface PayButton {
  kind: 'saved_card' | 'new_card' | 'saved_bank' | 'new_bank';
  rail: Rail;
  label: string;
  url: string;
}

export interface PayLink {
  payLinkId: string;
  /** Shown once: only its hash is stored. */
  token: string;
  url: string;
  buttons: PayButton[];
}

/** Saved methods of each rail that a mail or page offers. */
const MAX_SAVED_SHOWN = 2;

/** True until the end of the month that is printed on the card. */
export const notExpired = (method: { expMonth: number | null; expYear: number | null }, today: Temporal.PlainDate): boolean =>
  method.expMonth === null || method.expYear === null || method.expYear > today.year || (method.expYear === today.year && method.expMonth >= today.month);

/**
 * Makes one link for each row: two inserts and two reads, however many. The answers stand in the order of the rows.
 * Each row needs at least one amount above zero.
 */
export async function createPayLinks(ctx: Context, rows: readonly PayLinkInput[]): Promise<PayLink[]> {
  if (rows.length === 0) return [];
  const { payments } = await getSettings(ctx);
  const expiresAt = ctx.clock.now().add({ hours: payments.linkDays * 24 });
  const tokens = rows.map(() => newToken());
  const links: NewLink[] = rows.map((row, index) => ({
    id: newId(),
    purpose: 'pay',
    customerId: row.customerId,
    tokenHash: hashToken(tokens[index]!),
    emailAddress: row.emailAddress,
    emailId: row.emailId,
    currency: row.currency,
    amountMinor: row.documents.reduce((sum, document) => sum + document.amountMinor, 0n),
    methodId: null,
    parentId: null,
    expiresAt,
    documents: row.documents,
  }));
  await insertLinks(ctx, links);
  const buttonsOf = await buttonMaker(ctx, [...new Set(rows.map((row) => row.customerId))]);
  return links.map((link, index) => {
    const url = `${ctx.platform.config.publicUrl}/pay/${tokens[index]}`;
    return { payLinkId: link.id, token: tokens[index]!, url, buttons: buttonsOf(link.customerId, url) };
  });
}

export async function createPayLink(ctx: Context, input: PayLinkInput): Promise<PayLink> {
  return (await createPayLinks(ctx, [input]))[0]!;
}

async function buttonMaker(ctx: Context, customerIds: readonly string[]): Promise<(customerId: string, url: string) => PayButton[]> {
  const rails = await readActiveRails(ctx);
  const methods = new Map<string, MethodChoice[]>();
  if (rails.length > 0)
    for (const method of await readChargeableMethods(ctx, customerIds)) {
      if (!notExpired(method, ctx.clock.today())) continue;
      const known = methods.get(method.customerId);
      if (known) known.push(method);
      else methods.set(method.customerId, [method]);
    }
  return (customerId, url) => (['card', 'bank'] as const).flatMap((rail) => railButtons(rail, rails.includes(rail), methods.get(customerId) ?? [], url));
}

function railButtons(rail: Rail, active: boolean, methods: readonly MethodChoice[], url: string): PayButton[] {
  if (!active) return [];
  const saved = methods
    .filter((method) => method.rail === rail)
    .slice(0, MAX_SAVED_SHOWN)
    .map(
      (method): PayButton => ({
        kind: rail === 'card' ? 'saved_card' : 'saved_bank',
        rail,
        label: rail === 'card' ? `Pay with card ending ${method.last4}` : `Pay from bank account ending ${method.last4}`,
        url: `${url}?with=${method.id}`,
      }),
    );
  return [
    ...saved,
    {
      kind: rail === 'card' ? 'new_card' : 'new_bank',
      rail,
      label: rail === 'card' ? 'Pay with a new card' : 'Pay from a new bank account',
      url: `${url}?with=${rail}`,
    },
  ];
}

/**
 * A link for staff to copy, for these invoices or for everything that the customer owes in one currency. Problems: 404,
 * 409 when nothing is open, 422 for invoices of several currencies.
 */
export async function createStaffLink(
  ctx: Context,
  input: { customerId: string; documentIds?: readonly string[] | undefined; emailAddress: string },
): Promise<PayLink & { amountMinor: bigint; currency: string }> {
  const documents = input.documentIds
    ? (await readOpenDocuments(ctx, input.documentIds)).map((document) => {
        if (document.customerId !== input.customerId || document.kind !== 'invoice') throw notFound('invoice');
        return { documentId: document.id, currency: document.currency, amountMinor: document.openMinor };
      })
    : await readPayable(ctx, input.customerId, 500);
  const payable = documents.filter((document) => document.amountMinor > 0n);
  const currency = payable[0]?.currency;
  if (!currency) throw conflict('nothing_open', 'Nothing is open on these invoices.');
  const same = payable.filter((document) => document.currency === currency);
  if (input.documentIds && same.length < payable.length) throw invalid('documentIds', 'several_currencies', 'Invoices of several currencies need a link each.');
  const link = await createPayLink(ctx, { customerId: input.customerId, documents: same, currency, emailAddress: input.emailAddress, emailId: null });
  return { ...link, currency, amountMinor: same.reduce((sum, document) => sum + document.amountMinor, 0n) };
}

/** What the confirmation mail says. */
export interface ConfirmationDetails {
  payLinkId: string;
  customerId: string;
  customerName: string;
  emailAddress: string;
  currency: string;
  amountMinor: bigint;
  methodId: string;
  expiresAt: Temporal.Instant;
  documents: { documentId: string; number: string; amountMinor: bigint; openMinor: bigint; dueOn: Temporal.PlainDate }[];
}

/** The confirm link of a `payment_confirmation.requested` event, for its mail. Problem 404. */
export async function readConfirmation(ctx: Context, payLinkId: string): Promise<ConfirmationDetails> {
  const link = await readLink(ctx, payLinkId);
  if (link?.purpose !== 'confirm') throw notFound('confirmation');
  return {
    payLinkId: link.id,
    customerId: link.customerId,
    customerName: link.customerName,
    emailAddress: link.emailAddress,
    currency: link.currency,
    amountMinor: link.amountMinor,
    methodId: link.methodId!,
    expiresAt: link.expiresAt,
    documents: await readLinkDocuments(ctx, payLinkId),
  };
}

/**
 * The token of a confirm link, minted when its mail is rendered and kept nowhere but in that mail: a mail rendered
 * again has a new one, and the older stops working. Its page is `/pay/confirm/<token>`. Problem 404.
 */
export async function issueConfirmToken(ctx: Context, payLinkId: string): Promise<string> {
  const token = newToken();
  if (!(await setLinkToken(ctx, payLinkId, hashToken(token)))) throw notFound('confirmation');
  return token;
}
