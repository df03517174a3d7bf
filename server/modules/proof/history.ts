/** How far back the past is kept: older versions of rows go, a few at a time, and whoever asks for them is told. */
import { Problem } from '../../kernel/problem.ts';
import { type Context, type Platform, systemActor, type Work, workFor } from '../../platform/context.ts';
import { defineTick } from '../../platform/jobs/jobs.ts';
import * as queries from './queries-history.ts';

/** Rows that one transaction takes away. */
const BATCH = 2000;

/** Problem 422 for a moment whose data may be gone. */
export async function requireKept(ctx: Context, field: string, moment: Temporal.Instant): Promise<void> {
  const since = await queries.readKeptSince(ctx);
  if (since === null || Temporal.Instant.compare(moment, since) >= 0) return;
  const message = `The past is kept from ${since.toZonedDateTimeISO(ctx.tenant.timezone).toPlainDate().toString()} on (HISTORY_MONTHS): what was before can no longer be worked out.`;
  throw new Problem(422, 'history_not_kept', message, { errors: [{ field, code: 'history_not_kept', message }] });
}

/** The first whole day whose data is kept; null when nothing was ever taken away. */
export async function firstKeptDay(ctx: Context): Promise<Temporal.PlainDate | null> {
  const since = await queries.readKeptSince(ctx);
  if (since === null) return null;
  const local = since.toZonedDateTimeISO(ctx.tenant.timezone);
  return local.equals(local.startOfDay()) ? local.toPlainDate() : local.toPlainDate().add({ days: 1 });
}

/** What ended before the kept months goes. It is said to be gone before the first of it goes. */
export async function pruneTenant(work: Work, months: number, batch = BATCH): Promise<number> {
  const { before, relations } = await work.transaction(async (ctx) => {
    const cut = ctx.clock.today().subtract({ months }).toZonedDateTime(ctx.tenant.timezone).toInstant();
    const old = await queries.readOldRelations(ctx, cut);
    if (old.length > 0) await queries.markKeptSince(ctx, cut);
    return { before: cut, relations: old };
  });
  let gone = 0;
  for (const relation of relations)
    for (let count = batch; count === batch; gone += count) count = await work.transaction((ctx) => queries.deleteOld(ctx, relation, before, batch));
  return gone;
}

/** Of two workers that look at once, one finds the rows gone. */
export const pruneTick = defineTick('proof.prune_history', { everySeconds: 3600 }, async (platform: Platform) => {
  for (const tenantId of await queries.everyTenant(platform)) {
    try {
      const gone = await pruneTenant(workFor(platform, tenantId, systemActor), platform.config.historyMonths);
      if (gone > 0) platform.log.info({ tenantId, gone }, 'versions of rows that are older than HISTORY_MONTHS were removed');
    } catch (error) {
      platform.log.error({ err: error, tenantId }, 'the history of a company could not be pruned');
    }
  }
});
