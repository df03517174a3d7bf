/** Expected against sent: a run that did not happen, or mails that did not leave, are told to people. */
import { inTenant, type Context, type Platform, systemActor } from '../../../platform/context.ts';
import { getSettings, withDefaults } from '../../tenants/index.ts';
import { readRules } from '../queries.ts';
import { readLastRunOn, type Run } from '../runs/queries.ts';
import * as queries from '../runs/queries-watch.ts';
import { clearAlarms, raiseAlarm } from './alarm.ts';

/** Runs looked at in one go. */
const RUNS = 50;

/** Looks after each company with a run that is late or not yet known to be at its end. */
export async function watchRuns(platform: Platform): Promise<void> {
  for (const tenantId of await queries.tenantsToWatch(platform, withDefaults({}).reminders.alarmAfterHours)) {
    try {
      await inTenant(platform, tenantId, systemActor, watch);
    } catch (error) {
      platform.log.error({ err: error, tenantId }, 'reminders: the heartbeat could not look');
    }
  }
}

export async function watch(ctx: Context): Promise<void> {
  await queries.lockWatch(ctx);
  const { alarmAfterHours } = (await getSettings(ctx)).reminders;
  const late = ctx.clock.now().subtract({ hours: alarmAfterHours });
  const asking = new Set((await readRules(ctx, { active: true, steps: true })).map((rule) => rule.schedule.hour));
  for (const slot of await queries.readSlots(ctx))
    if (slot.runId === null && asking.has(slot.hour) && Temporal.Instant.compare(slot.dueAt, late) <= 0) await raiseAlarm(ctx, missed(slot.runOn, slot.hour));
  const runs = await queries.readUnchecked(ctx, late, RUNS);
  const counts = await queries.countMailStates(
    ctx,
    runs.map((run) => run.id),
  );
  for (const run of runs) await watchRun(ctx, run, counts.get(run.id)!);
}

const missed = (runOn: Temporal.PlainDate, hour: number | null) => ({ kind: 'missed_run' as const, runOn, hour, runId: null, expected: null, sent: null });

/** What was to be sent, and what was. Withdrawn mails are none: what they asked for was paid or held meanwhile. */
export function expectedMails(run: Pick<Run, 'state' | 'sentCount'>, states: Record<string, number>): { expected: number; sent: number } {
  const { sent = 0, withdrawn = 0 } = states;
  const written = Object.values(states).reduce((sum, count) => sum + count, 0);
  // of a run that is not at its end, those that are not written yet are missing too
  const planned = run.state === 'running' || run.state === 'waiting' ? Math.max(written, run.sentCount) : written;
  return { expected: planned - withdrawn, sent };
}

async function watchRun(ctx: Context, run: Run, states: Record<string, number>): Promise<void> {
  const { ready = 0, sending = 0 } = states;
  const { expected, sent } = expectedMails(run, states);
  if (sent < expected) await raiseAlarm(ctx, { kind: 'unsent_mails', runOn: run.runOn, hour: run.hour, runId: run.id, expected, sent });
  if (run.state === 'running' || ready + sending > 0) return;
  if (sent === expected) await clearAlarms(ctx, { kind: 'unsent_mails', runId: run.id });
  await queries.markChecked(ctx, run.id, states);
}

/** After a long stop one alarm for each of the last days is enough. */
const MAX_ALARMS = 7;

/**
 * What the begin of a daily run says of the days before it: those without a run were missed while rules were active. A
 * run that begins much too late was missed too, and is made up for now.
 */
export async function watchBegin(ctx: Context, run: Run): Promise<void> {
  const rules = (await readRules(ctx, { active: true, steps: true })).filter((rule) => rule.schedule.hour === run.hour);
  const activated = rules.flatMap((rule) => rule.activatedOn ?? []).sort(Temporal.PlainDate.compare)[0];
  const lastRunOn = await readLastRunOn(ctx, run.runOn, run.hour);
  if (activated) {
    // the day on which the first was switched on may have had its hour before
    const expected = (day: Temporal.PlainDate) => lastRunOn !== null && !day.equals(run.runOn) && Temporal.PlainDate.compare(day, activated) > 0;
    const { reminders } = await getSettings(ctx);
    const due = run.runOn.toZonedDateTime({ timeZone: ctx.tenant.timezone, plainTime: new Temporal.PlainTime(run.hour ?? reminders.hour) }).toInstant();
    const late = Temporal.Instant.compare(ctx.clock.now(), due.add({ hours: reminders.alarmAfterHours })) >= 0;
    const days = [...run.missedDays, ...run.days].filter(expected).slice(-MAX_ALARMS);
    for (const day of late ? [...days, run.runOn] : days) await raiseAlarm(ctx, missed(day, run.hour));
  }
  await clearAlarms(ctx, { kind: 'missed_run', days: run.days, hour: run.hour });
}
