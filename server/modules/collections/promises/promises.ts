import { z } from 'zod';
import { newId } from '../../../kernel/ids.ts';
import { format, MAX_MINOR, money, toJson } from '../../../kernel/money.ts';
import { conflict, invalid, notFound } from '../../../kernel/problem.ts';
import type { Context, Work } from '../../../platform/context.ts';
import { defineJob } from '../../../platform/jobs/jobs.ts';
import { dateText } from '../../correspondence/index.ts';
import { lockCustomer } from '../../customers/index.ts';
import { placeHold, readOpenDocuments, releaseHolds } from '../../receivables/index.ts';
import { getSettings } from '../../tenants/index.ts';
import { collectionEvents } from '../events.ts';
import { createTask } from '../tasks/tasks.ts';
import { decidePromise, findOpenPromise, insertPromise, openPromiseIds, type PromiseRow, type PromiseSource, readPromise } from './queries.ts';

export interface PromiseInput {
  customerId: string;
  currency: string;
  amountMinor: bigint;
  promisedOn: Temporal.PlainDate;
  source: PromiseSource;
  note?: string | null;
  /** Open invoices of the customer in the currency; none: whatever is owed. */
  documentIds?: readonly string[];
}

/** Farther ahead it is no promise to pay but terms. */
const MAX_DAYS_AHEAD = 366;

/**
 * A promise to pay. Until its day and the days of grace are over no reminder asks for what it is about.
 * Problems: 404; 409 when an open promise speaks about the same; 422.
 */
export async function makePromise(ctx: Context, input: PromiseInput): Promise<string> {
  await lockCustomer(ctx, input.customerId);
  const today = ctx.clock.today();
  if (input.amountMinor <= 0n || input.amountMinor > MAX_MINOR) throw invalid('amount', 'not_positive', 'An amount is above zero.');
  if (Temporal.PlainDate.compare(input.promisedOn, today) < 0) throw invalid('promisedOn', 'in_the_past', 'Choose today or a later day.');
  if (Temporal.PlainDate.compare(input.promisedOn, today.add({ days: MAX_DAYS_AHEAD })) > 0)
    throw invalid('promisedOn', 'too_far', 'Choose a day within a year.');
  const documentIds = [...new Set(input.documentIds ?? [])];
  await checkDocuments(ctx, input, documentIds);
  if (await findOpenPromise(ctx, input.customerId, input.currency, documentIds))
    throw conflict('promise_open', 'There is an open promise about this already. Withdraw it first.');
  const id = newId();
  const note = input.note?.trim() || null;
  await insertPromise(ctx, { id, ...input, note, documentIds });
  const amount = money(input.amountMinor, input.currency);
  await placeHold(ctx, {
    customerId: input.customerId,
    documentIds,
    kind: 'promise',
    sourceId: id,
    until: input.promisedOn.add({ days: await graceDays(ctx) }),
    note: `${format(amount, ctx.tenant.locale)} promised for ${dateText(input.promisedOn, ctx.tenant.locale)}${note ? `: ${note}` : ''}`.slice(0, 2000),
  });
  await ctx.record({
    type: collectionEvents.promiseMade,
    subjectType: 'promise',
    subjectId: id,
    customerId: input.customerId,
    data: { amount: toJson(amount), promisedOn: input.promisedOn.toString(), source: input.source, documentIds },
  });
  return id;
}

async function checkDocuments(ctx: Context, input: PromiseInput, documentIds: readonly string[]): Promise<void> {
  if (documentIds.length === 0) return;
  const documents = await readOpenDocuments(ctx, documentIds);
  const fits = documents.filter((one) => one.customerId === input.customerId && one.kind === 'invoice' && one.currency === input.currency);
  if (fits.length !== documentIds.length) throw invalid('invoiceIds', 'unknown', `Choose invoices of the customer in ${input.currency}.`);
  const closed = fits.find((one) => one.state !== 'open');
  if (closed) throw invalid('invoiceIds', 'not_open', `${closed.number} has nothing open.`);
}

const graceDays = async (ctx: Context): Promise<number> => (await getSettings(ctx)).collections.promiseGraceDays;

/** The customer, or we, take it back; reminders go on. Problem 409 when it is decided. */
export async function withdrawPromise(ctx: Context, id: string): Promise<void> {
  const found = await readPromise(ctx, id);
  if (!found) throw notFound('promise');
  await lockCustomer(ctx, found.customerId);
  const promise = (await readPromise(ctx, id))!;
  if (promise.state !== 'open') throw conflict('promise_decided', `This promise is ${promise.state} already.`);
  await decide(ctx, promise, 'withdrawn');
}

/** Looks whether a promise is kept, or broken since its days of grace are over; null while it is neither. */
export async function checkPromise(ctx: Context, id: string, grace: number): Promise<'kept' | 'broken' | null> {
  const found = await readPromise(ctx, id);
  if (found?.state !== 'open') return null;
  await lockCustomer(ctx, found.customerId);
  const promise = (await readPromise(ctx, id))!;
  if (promise.state !== 'open') return null;
  const late = Temporal.PlainDate.compare(ctx.clock.today(), promise.promisedOn.add({ days: grace })) > 0;
  const outcome = promise.receivedMinor >= promise.amountMinor || promise.settled ? 'kept' : late ? 'broken' : null;
  if (outcome === null) return null;
  await decide(ctx, promise, outcome);
  if (outcome === 'broken') await openTaskFor(ctx, promise);
  return outcome;
}

const ended = { kept: 'The promise was kept', broken: 'The promise was broken', withdrawn: 'The promise was withdrawn' } as const;
const eventOf = {
  kept: collectionEvents.promiseKept,
  broken: collectionEvents.promiseBroken,
  withdrawn: collectionEvents.promiseWithdrawn,
} as const;

async function decide(ctx: Context, promise: PromiseRow, outcome: 'kept' | 'broken' | 'withdrawn'): Promise<void> {
  if (!(await decidePromise(ctx, promise.id, outcome, promise.receivedMinor))) return;
  await releaseHolds(ctx, { sourceId: promise.id }, ended[outcome]);
  await ctx.record({
    type: eventOf[outcome],
    subjectType: 'promise',
    subjectId: promise.id,
    customerId: promise.customerId,
    data: {
      amount: toJson(money(promise.amountMinor, promise.currency)),
      received: toJson(money(promise.receivedMinor, promise.currency)),
      promisedOn: promise.promisedOn.toString(),
    },
  });
}

async function openTaskFor(ctx: Context, promise: PromiseRow): Promise<void> {
  const text = (minor: bigint) => format(money(minor, promise.currency), ctx.tenant.locale);
  await createTask(ctx, {
    customerId: promise.customerId,
    title: `Broken promise: ${text(promise.amountMinor)} by ${dateText(promise.promisedOn, ctx.tenant.locale)}`,
    description: `${text(promise.receivedMinor)} of ${text(promise.amountMinor)} came in. The promise was made on ${dateText(promise.madeOn, ctx.tenant.locale)} and taken down by ${promise.madeBy}.${promise.note ? `\n${promise.note}` : ''}`,
    dueOn: ctx.clock.today(),
    source: 'system',
    sourceId: promise.id,
    documentIds: promise.documents.map((one) => one.id),
  });
}

const SLICE = 50;

/** The day's look at all open promises, started by the day's turn. */
export const checkPromises = defineJob('collections.check_promises', z.object({}), async (work) => {
  let after: string | null = null;
  for (;;) {
    const ids: string[] = await work.transaction((ctx) => openPromiseIds(ctx, { after, limit: SLICE }));
    await checkEach(work, ids);
    if (ids.length < SLICE) return;
    after = ids.at(-1)!;
  }
});

/** payment.received → the promises of the customer: what was kept is known at once. */
export const checkPromisesOf = defineJob('collections.check_promises_of', z.object({ customerId: z.uuid() }), async (work, { customerId }) => {
  await checkEach(work, await work.transaction((ctx) => openPromiseIds(ctx, { customerId, after: null, limit: 1000 })));
});

/** One transaction for each: two customers locked by one could wait for another that has locked them the other way round. */
async function checkEach(work: Work, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    await work.transaction(async (ctx) => {
      await checkPromise(ctx, id, await graceDays(ctx));
      await ctx.platform.fault('collections.promise.before_commit');
    });
    await work.platform.fault('collections.promise.after_commit');
  }
}
