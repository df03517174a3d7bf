/** The brake, the heartbeat and the alarms over the API. */
import { z } from 'zod';
import type { Context } from '../../platform/context.ts';
import { type Endpoint, endpoint } from '../../platform/http/endpoint.ts';
import { dateSchema, idSchema, instantSchema } from '../../platform/http/schemas.ts';
import { getSettings } from '../tenants/index.ts';
import { alarmText, seeAlarm } from './commands/alarm.ts';
import { approveRun, cancelRun } from './commands/brake.ts';
import { continueRun } from './jobs.ts';
import { presentRun, presentRuns } from './present.ts';
import { readRules } from './queries.ts';
import { listRuns, listWaitingRuns, readRun } from './runs/queries.ts';
import { type Alarm, alarmKinds, readOpenAlarms, readSlots, type Slot } from './runs/queries-watch.ts';
import { runSchema } from './schemas.ts';

const tag = 'Invoice reminders';
const byId = z.object({ id: idSchema });
/** Runs of the last days, so that a person sees at a glance whether mail leaves. */
const SHOWN_RUNS = 10;
const SHOWN_ALARMS = 50;

const alarmSchema = z
  .object({
    id: idSchema,
    kind: z.enum(alarmKinds),
    title: z.string(),
    detail: z.array(z.string()),
    runOn: dateSchema,
    hour: z.number().int().nullable(),
    runId: idSchema.nullable(),
    expected: z.number().int().nullable().meta({ description: 'Mails that were to go' }),
    sent: z.number().int().nullable(),
    raisedAt: instantSchema,
    seenBy: z.string().nullable(),
  })
  .meta({ id: 'ReminderAlarm' });

const slotSchema = z.object({
  runOn: dateSchema,
  hour: z.number().int().nullable().meta({ description: 'null: the hour of the company' }),
  dueAt: instantSchema,
  runId: idSchema.nullable(),
  state: z.enum(['coming', 'begun', 'late', 'missed']).meta({ description: 'late: its moment has passed; missed: longer ago than an alarm waits' }),
});

const healthSchema = z
  .object({
    state: z.enum(['ok', 'attention']),
    alarms: z.array(alarmSchema).meta({ description: 'Those that nobody has seen and that are not over' }),
    today: z.array(slotSchema).meta({ description: 'The runs that are to be today' }),
    waiting: z.array(runSchema).meta({ description: 'Runs that wait for a person' }),
    runs: z.array(runSchema).meta({ description: 'The last ones, with what was expected and what was sent' }),
  })
  .meta({ id: 'ReminderHealth' });

const presentAlarm = (alarm: Alarm): z.input<typeof alarmSchema> => ({
  id: alarm.id,
  kind: alarm.kind,
  ...alarmText(alarm),
  runOn: alarm.runOn.toString(),
  hour: alarm.hour,
  runId: alarm.runId,
  expected: alarm.expected,
  sent: alarm.sent,
  raisedAt: alarm.raisedAt.toString(),
  seenBy: alarm.seenBy,
});

async function slots(ctx: Context): Promise<z.input<typeof slotSchema>[]> {
  const { alarmAfterHours } = (await getSettings(ctx)).reminders;
  const asking = new Set((await readRules(ctx, { active: true, steps: true })).map((rule) => rule.schedule.hour));
  const now = ctx.clock.now();
  const passed = (at: Temporal.Instant) => Temporal.Instant.compare(at, now) <= 0;
  const stateOf = (slot: Slot) => {
    if (slot.runId !== null) return 'begun' as const;
    if (!passed(slot.dueAt)) return 'coming' as const;
    return passed(slot.dueAt.add({ hours: alarmAfterHours })) ? ('missed' as const) : ('late' as const);
  };
  return (await readSlots(ctx))
    .filter((slot) => slot.runId !== null || asking.has(slot.hour))
    .map((slot) => ({ runOn: slot.runOn.toString(), hour: slot.hour, dueAt: slot.dueAt.toString(), runId: slot.runId, state: stateOf(slot) }));
}

async function shownRun(ctx: Context, id: string): Promise<z.input<typeof runSchema>> {
  return presentRun((await readRun(ctx, id))!);
}

export const watchEndpoints: readonly Endpoint[] = [
  endpoint({
    method: 'get',
    path: '/v1/reminders/health',
    permission: 'reminders.read',
    tag,
    summary: 'Whether reminders leave as they should',
    description: 'Expected against sent for the last runs, the runs of today, those that wait for a person, and open alarms.',
    response: healthSchema,
    handler: async (ctx) => {
      const alarms = await readOpenAlarms(ctx, SHOWN_ALARMS);
      const today = await slots(ctx);
      const waiting = await listWaitingRuns(ctx);
      const attention = alarms.length > 0 || waiting.length > 0 || today.some((slot) => slot.state === 'missed');
      return {
        state: attention ? ('attention' as const) : ('ok' as const),
        alarms: alarms.map(presentAlarm),
        today,
        waiting: waiting.map((run) => presentRun(run)),
        runs: await presentRuns(ctx, await listRuns(ctx, null, SHOWN_RUNS)),
      };
    },
  }),
  endpoint({
    method: 'post',
    path: '/v1/reminders/alarms/{id}/seen',
    permission: 'reminders.run',
    tag,
    summary: 'Take an alarm off the dashboard',
    params: byId,
    response: alarmSchema,
    handler: async (ctx, { params }) => presentAlarm(await seeAlarm(ctx, params.id)),
  }),
  endpoint({
    method: 'post',
    path: '/v1/reminder-runs/{id}/approve',
    permission: 'reminders.run',
    tag,
    summary: 'Let a waiting run go',
    description: 'Its mails leave now. What was paid, paused or disputed meanwhile is left out when they are sent.',
    params: byId,
    response: runSchema,
    handler: async (ctx, { params }) => {
      await approveRun(ctx, params.id);
      await ctx.enqueue(continueRun, { runId: params.id }, { key: params.id });
      return shownRun(ctx, params.id);
    },
  }),
  endpoint({
    method: 'post',
    path: '/v1/reminder-runs/{id}/cancel',
    permission: 'reminders.run',
    tag,
    summary: 'Cancel a waiting run',
    description: 'Nothing of it is sent. Its decisions stay on record as held back.',
    params: byId,
    response: runSchema,
    handler: async (ctx, { params }) => {
      await cancelRun(ctx, params.id);
      return shownRun(ctx, params.id);
    },
  }),
];
