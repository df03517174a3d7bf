/** The coming days as they will be if nothing is paid, uploaded or decided until then: the runs themselves, simulated. */
import type { Context } from '../../platform/context.ts';
import { getSettings, readBusinessCalendar } from '../tenants/index.ts';
import { prepareCadences } from '../reminders/index.ts';
import { countPlanned, type PlannedCounts, type PlannedRow, readPlanned } from './queries-calendar.ts';
import { type Override, readStanding } from './queries-overrides.ts';
import { beginSimulatedSteps, putOnlyContacts, writeSimulatedLetters } from './queries-replay.ts';
import { enterFuture, withoutTrace } from './queries-world.ts';
import { Replay } from './replay.ts';

export interface CalendarRun extends PlannedCounts {
  at: Temporal.Instant;
  hour: number | null;
  /** How many it may send without asking a person; with more it waits for one. */
  allowed: number;
  waits: boolean;
  rows: PlannedRow[];
}

export interface CalendarDay {
  day: Temporal.PlainDate;
  isBusinessDay: boolean;
  /** The day's runs that are still to come. */
  runs: CalendarRun[];
}

export interface Calendar {
  from: Temporal.PlainDate;
  days: CalendarDay[];
  overrides: Override[];
}

export const MAX_CALENDAR_DAYS = 31;

export interface CalendarOptions {
  days: number;
  /** Customers shown for a run; the counts are of all. */
  perRun: number;
  customerId?: string | null;
  /** Customers are shown for this day only. */
  only?: Temporal.PlainDate | null;
}

export async function readCalendar(ctx: Context, { days, perRun, customerId = null, only = null }: CalendarOptions): Promise<Calendar> {
  const from = ctx.clock.today();
  const calendar = await readBusinessCalendar(ctx);
  const perRule = (await getSettings(ctx)).reminders.grouping === 'per_rule';
  const overrides = await readStanding(ctx, from);
  const result = await withoutTrace(ctx, async (planned) => {
    const asked = await enterFuture(ctx, from);
    await putOnlyContacts(ctx);
    const replay = await Replay.open(ctx, planned, ctx.clock.now(), asked);
    const found: CalendarDay[] = [];
    for (let n = 0; n < days; n++) {
      const day = from.add({ days: n });
      const runs: CalendarRun[] = [];
      for (const slot of await replay.slots(day)) {
        // an hour of today that has passed without its run is made up for at once
        const at = Temporal.Instant.compare(slot.at, ctx.clock.now()) < 0 ? ctx.clock.now() : slot.at;
        const run = await replay.runDaily(day, at, slot.hour, prepareCadences);
        if (!run) continue;
        await beginSimulatedSteps(ctx, { id: run.id, runOn: day });
        await writeSimulatedLetters(ctx, { id: run.id, runOn: day });
        const shown = only === null || only.equals(day) ? await readPlanned(ctx, run.id, perRule, perRun, customerId) : [];
        runs.push({ at, hour: slot.hour, ...(await replay.brakeOf(run)), ...(await countPlanned(ctx, run.id, perRule)), rows: shown });
      }
      found.push({ day, isBusinessDay: calendar.isBusinessDay(day), runs });
    }
    return found;
  });
  return { from, days: result, overrides };
}
