import { inTenant, type Platform, systemActor, workFor } from '../platform/context.ts';
import { idsSay } from '../kernel/ids.ts';
import { startCatcher } from '../platform/mail/catcher.ts';
import { closeSenders, deliverDue } from '../modules/correspondence/index.ts';
import { activateRule, deactivateRule, restoreVersion, runDaily, updateRule } from '../modules/reminders/index.ts';
import type { Books } from './books.ts';
import type { Calendar } from './calendar.ts';
import * as queries from './queries.ts';

/** Days counted from today. */
export interface RemindedDays {
  first: number;
  last: number;
  /** When the rule for what is a week late stopped to leave small amounts alone. */
  widened: number;
}

/** None in the last week, so that nothing stands against what a visitor sends. */
export const remindedDays: RemindedDays = { first: -84, last: -8, widened: -50 };

const RULES = ['Invoice overdue by 7 days', 'Invoice overdue by 30 days'] as const;
const SMALL = '400.00';

/** Does `work` as if it were that moment. */
export async function inThePast<T>(platform: Platform, at: Temporal.Instant, work: (past: Platform) => Promise<T>): Promise<T> {
  idsSay(at);
  try {
    return await work({ ...platform, clock: { real: false, now: () => at } });
  } finally {
    idsSay(null);
  }
}

interface Life {
  tenantId: string;
  books: Books;
  calendar: Calendar;
  reminded: RemindedDays;
  log(message: string): void;
}

/**
 * The company's past up to today. In the last months rules reminded its customers: each day has its run, by the planner
 * and the sender that every day has, over the books as they stood that morning; then comes what happened on the day.
 */
export async function liveOn(platform: Platform, { tenantId, books, calendar, reminded, log }: Life): Promise<void> {
  const { first, last, widened } = reminded;
  // whatever was sent then is in nobody's mailbox any more
  const gone = await startCatcher();
  const then = { ...platform, config: { ...platform.config, smtpUrl: gone.url } };
  const work = (day: number, hour: number, minute: number, fn: (past: Platform) => Promise<unknown>) =>
    inThePast(then, calendar.instant(day, hour, minute), fn);
  const change = (day: number, fn: Parameters<typeof inTenant<unknown>>[3]) => work(day, 8, 0, (past) => inTenant(past, tenantId, systemActor, fn));
  const advance = (from: number, before: number) =>
    work(before - 1, 18, 0, (past) => inTenant(past, tenantId, systemActor, (ctx) => books.advance(ctx, { from, before })));
  try {
    await advance(Number.NEGATIVE_INFINITY, first);
    log('sending the reminders of the last months');
    const [early, late] = await inTenant(platform, tenantId, systemActor, (ctx) => Promise.all(RULES.map((name) => queries.readRuleId(ctx, name))));
    await change(first, async (ctx) => {
      await updateRule(ctx, early!, {
        invoiceCondition: {
          combinator: 'and',
          conditions: [
            { field: 'overdue_by', operator: 'equal', value: 7 },
            { field: 'invoice_balance', operator: 'greater_or_equal', value: SMALL },
          ],
        },
      });
      await activateRule(ctx, early!);
      await activateRule(ctx, late!);
    });
    for (let day = first; day <= last; day++) {
      if (day === widened) await change(day, (ctx) => restoreVersion(ctx, early!, 1));
      await work(day, 9, 0, (past) => runDaily(past, tenantId, calendar.day(day)));
      await work(day, 9, 1, (past) => deliverDue(workFor(past, tenantId, systemActor)));
      await advance(day, day + 1);
    }
    await change(last + 1, async (ctx) => {
      await deactivateRule(ctx, early!);
      await deactivateRule(ctx, late!);
    });
  } finally {
    await closeSenders();
    await gone.stop();
  }
  await inTenant(platform, tenantId, systemActor, async (ctx) => {
    await books.advance(ctx, { from: last + 1, before: 1 });
    await queries.insertEmailViews(ctx);
    await queries.insertDocumentViews(ctx);
  });
}
