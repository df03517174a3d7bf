/**
 * Days replayed by the planner itself: each run starts and decides in a world of temporary tables (queries-world.ts) at
 * its own moment, and what it would have mailed is written there, so that caps and "last emailed" act as they would.
 */
import type { Context } from '../../platform/context.ts';
import type { Tx } from '../../platform/database/database.ts';
import { getSettings, withDefaults } from '../tenants/index.ts';
import { allowedMails, decideRun, readRules, readRun, startDailyRun } from '../reminders/index.ts';
import * as queries from './queries-replay.ts';
import { keepPlans, readSettingsSpans, setMoment } from './queries-world.ts';

export interface Period {
  from: Temporal.PlainDate;
  to: Temporal.PlainDate;
}

export interface SimulatedRun {
  id: string;
  on: Temporal.PlainDate;
  at: Temporal.Instant;
  mails: number;
}

type SettingsSpan = Awaited<ReturnType<typeof readSettingsSpans>>[number];

/** The begin of a day in the company's zone. */
export const startOf = (ctx: Context, day: Temporal.PlainDate): Temporal.Instant => day.toZonedDateTime(ctx.tenant.timezone).toInstant();

/** The same transaction as of another moment. It records no events and starts no jobs. */
function contextAt(ctx: Context, settings: SettingsSpan, at: Temporal.Instant): Context {
  const today = at.toZonedDateTimeISO(settings.timezone).toPlainDate();
  return {
    ...ctx,
    tenant: { ...ctx.tenant, timezone: settings.timezone, setting: settings.setting },
    clock: { now: () => at, today: () => today },
    record: async () => {},
    enqueue: async () => {},
  };
}

/** A replay of the company's days. The world must have been entered before. */
export class Replay {
  readonly #ctx: Context;
  readonly #settings: SettingsSpan[];

  readonly #from: Temporal.Instant;
  #decided = 0;

  /** Which invoices were mailed is written down, because a rule asks it. */
  readonly #linked: boolean;

  private constructor(ctx: Context, settings: SettingsSpan[], from: Temporal.Instant, linked: boolean) {
    this.#linked = linked;
    this.#ctx = ctx;
    this.#settings = settings;
    this.#from = from;
  }

  /** `planned` is the same transaction, for what is said each day. */
  static async open(ctx: Context, planned: Tx, from: Temporal.Instant, { linked }: { linked: boolean }): Promise<Replay> {
    await keepPlans(ctx);
    return new Replay({ ...ctx, tx: planned }, await readSettingsSpans(ctx, from), from, linked);
  }

  #settingsAt(at: Temporal.Instant): SettingsSpan {
    return this.#settings.findLast((span) => Temporal.Instant.compare(Temporal.Instant.from(span.validFrom), at) <= 0) ?? this.#settings[0]!;
  }

  async #at(at: Temporal.Instant): Promise<Context> {
    const ctx = contextAt(this.#ctx, this.#settingsAt(at), at);
    await setMoment(ctx, at, ctx.clock.today());
    return ctx;
  }

  /** The moments at which a day's runs begin: the company's hour and those of its rules, earliest first. */
  async slots(day: Temporal.PlainDate): Promise<{ at: Temporal.Instant; hour: number | null }[]> {
    const settings = this.#settingsAt(startOf(this.#ctx, day.add({ days: 1 })).subtract({ milliseconds: 1 }));
    const moment = (hour: number) => day.toZonedDateTime({ timeZone: settings.timezone, plainTime: new Temporal.PlainTime(hour) }).toInstant();
    const at = moment(withDefaults(settings.setting).reminders.hour);
    const rules = await readRules(await this.#at(at), { active: true, steps: true });
    const hours = new Set(rules.flatMap((rule) => rule.schedule.hour ?? []));
    return [{ at, hour: null as number | null }, ...[...hours].map((hour) => ({ at: moment(hour), hour }))].sort((a, b) =>
      Temporal.Instant.compare(a.at, b.at),
    );
  }

  /** The daily run of that day and hour as it would be; null when the day had it before. `prepare` is done before it decides. */
  async runDaily(
    on: Temporal.PlainDate,
    at: Temporal.Instant,
    hour: number | null,
    prepare: (ctx: Context, on: Temporal.PlainDate) => Promise<unknown> = async () => {},
  ): Promise<SimulatedRun | null> {
    const ctx = await this.#at(at);
    const id = await startDailyRun(ctx, on, hour);
    if (id === null) return null;
    await prepare(ctx, on);
    return this.#decide(ctx, id, false);
  }

  /** Whether a simulated run would be stopped for a person. The days after it are told as if that person let it go. */
  async brakeOf({ id, at }: SimulatedRun): Promise<{ allowed: number; waits: boolean }> {
    const ctx = await this.#at(at);
    const run = (await readRun(ctx, id))!;
    const allowed = await allowedMails(ctx, run);
    return { allowed, waits: run.sentCount > allowed };
  }

  /** A recorded run again, at its moment, with what it was asked. */
  async runRecorded(recorded: queries.RecordedRun): Promise<SimulatedRun> {
    const ctx = await this.#at(recorded.plannedAt);
    await queries.catchUpRecord(ctx, this.#from, recorded.plannedAt);
    await queries.putRecordedRun(ctx, recorded.id);
    return this.#decide(ctx, recorded.id, true);
  }

  /** What became of the recorded runs until then. */
  async catchUp(at: Temporal.Instant): Promise<void> {
    await queries.catchUpRecord(this.#ctx, this.#from, at);
  }

  async #decide(ctx: Context, id: string, real: boolean): Promise<SimulatedRun> {
    const run = (await readRun(ctx, id))!;
    const { questions } = await decideRun(ctx, run);
    const { weeklyCap, minContactDays } = (await getSettings(ctx)).reminders;
    const addressed = weeklyCap !== null;
    // when a run is carried out its letters come first, and are contacts; one mail for each rule hinders no other of the day
    if (!real && minContactDays > 0 && run.grouping === 'merged' && questions.some((question) => question.channel === 'letter'))
      await queries.holdMailsBesideLetters(ctx, id);
    const mails = await queries.writeSimulatedMails(ctx, run, { real, addressed, linked: this.#linked });
    // after 1, 2, 4, 8 … runs
    this.#decided += 1;
    if ((this.#decided & (this.#decided - 1)) === 0) await queries.analyzeBooks(ctx);
    // one on record comes to its end when it did
    if (!real) await queries.markSimulatedDone(ctx, id);
    return { id, on: run.runOn, at: ctx.clock.now(), mails };
  }
}
