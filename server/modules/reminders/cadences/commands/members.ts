import { notFound, Problem } from '../../../../kernel/problem.ts';
import type { Context } from '../../../../platform/context.ts';
import { readCadence, readTakingCadences } from '../queries.ts';
import * as queries from '../queries-members.ts';
import { cadenceEvents } from '../events.ts';
import { endSteps } from './manual-steps.ts';

/** Customers that one request can put in, start, pause or take out. */
export const MAX_AT_ONCE = 500;

/**
 * Puts customers in by hand. Who is in another cadence stays there unless `move`: Problem 409 `in_another_cadence` names
 * how many. Answers how many came in. A cadence that starts paused takes them in paused.
 */
export async function addMembers(ctx: Context, cadenceId: string, customerIds: readonly string[], move: boolean): Promise<number> {
  const cadence = await readCadence(ctx, cadenceId, true);
  if (!cadence) throw notFound('cadence');
  const wanted = [...new Set(customerIds)];
  const existing = await queries.existingCustomers(ctx, wanted);
  if (existing.size !== wanted.length) throw notFound('customer');
  const places = await queries.readPlaces(ctx, wanted);
  const here = new Set(places.filter((place) => place.cadenceId === cadenceId && place.state !== 'removed').map((place) => place.customerId));
  const elsewhere = places.filter((place) => place.cadenceId !== cadenceId && place.state !== 'removed');
  if (elsewhere.length > 0 && !move) {
    const which =
      elsewhere.length === 1 ? `The customer is in the cadence “${elsewhere[0]!.cadenceName}”` : `${elsewhere.length} of the customers are in other cadences`;
    throw new Problem(409, 'in_another_cadence', `${which}. A customer can be in one: say that you want to move.`, { extra: { count: elsewhere.length } });
  }
  for (const [from, ids] of Map.groupBy(elsewhere, (place) => place.cadenceId))
    await removeMembers(
      ctx,
      from,
      ids.map((place) => place.customerId),
      false,
    );
  const joining = wanted.filter((id) => !here.has(id));
  // a person brings back whom a person took out
  await queries.closeMembers(ctx, { cadenceId, customerIds: joining, states: ['removed'] });
  const state = cadence.startsPaused ? 'paused' : 'active';
  await queries.insertMembers(ctx, cadenceId, joining, state);
  await queries.recordForMembers(ctx, cadenceEvents.joined, cadenceId, joining, { title: cadence.name, state, by: 'person' });
  return joining.length;
}

/** Takes in customers that meet the conditions of active cadences and are in none, the first cadence first. */
export async function takeIn(ctx: Context): Promise<number> {
  let count = 0;
  for (const cadence of await readTakingCadences(ctx)) {
    const state = cadence.startsPaused ? 'paused' : 'active';
    const joined = await queries.takeInMatching(ctx, cadence.id, cadence.customerCondition!, state);
    await queries.recordForMembers(ctx, cadenceEvents.joined, cadence.id, joined, { title: cadence.name, state, by: 'condition' });
    count += joined.length;
  }
  return count;
}

/** Starts members that are paused; `customerIds` null: all of them. Their steps begin with today's. Answers how many. */
export function startMembers(ctx: Context, cadenceId: string, customerIds: readonly string[] | null): Promise<number> {
  return change(ctx, cadenceId, customerIds, 'paused', 'active', cadenceEvents.started);
}

/** No step is taken for them until a person starts them again. Answers how many were active. */
export function pauseMembers(ctx: Context, cadenceId: string, customerIds: readonly string[] | null): Promise<number> {
  return change(ctx, cadenceId, customerIds, 'active', 'paused', cadenceEvents.paused);
}

async function change(
  ctx: Context,
  cadenceId: string,
  customerIds: readonly string[] | null,
  from: queries.MemberState,
  to: queries.MemberState,
  event: string,
): Promise<number> {
  const cadence = await readCadence(ctx, cadenceId, true);
  if (!cadence) throw notFound('cadence');
  const closed = await queries.closeMembers(ctx, { cadenceId, ...(customerIds === null ? {} : { customerIds }), states: [from] });
  await queries.reopenMembers(ctx, cadenceId, closed, to);
  await queries.recordForMembers(
    ctx,
    event,
    cadenceId,
    closed.map((one) => one.customerId),
    { title: cadence.name },
  );
  return closed.length;
}

/**
 * Takes customers out; their manual steps end. With `keepOut` the condition does not bring them back. Answers how many
 * were in.
 */
export async function removeMembers(ctx: Context, cadenceId: string, customerIds: readonly string[], keepOut = true): Promise<number> {
  const cadence = await readCadence(ctx, cadenceId, true);
  if (!cadence) throw notFound('cadence');
  const closed = await queries.closeMembers(ctx, { cadenceId, customerIds, states: ['active', 'paused'] });
  if (keepOut && cadence.customerCondition !== null) await queries.reopenMembers(ctx, cadenceId, closed, 'removed');
  const ids = closed.map((one) => one.customerId);
  await endSteps(ctx, { cadenceId, customerIds: ids }, 'The customer was taken out of the cadence.');
  await queries.recordForMembers(ctx, cadenceEvents.left, cadenceId, ids, { title: cadence.name, keepOut: keepOut && cadence.customerCondition !== null });
  return closed.length;
}

/** Of a cadence that goes: everybody is free for others. */
export async function leaveAll(ctx: Context, cadenceId: string): Promise<void> {
  const closed = await queries.closeMembers(ctx, { cadenceId, states: ['active', 'paused', 'removed'] });
  await queries.recordForMembers(
    ctx,
    cadenceEvents.left,
    cadenceId,
    closed.map((one) => one.customerId),
    { reason: 'deleted' },
  );
}
