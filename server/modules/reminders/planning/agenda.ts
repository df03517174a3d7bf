/** What a run asks: each rule for the days that are due by its schedule, and again where a passing reason held back. */
import type { Context } from '../../../platform/context.ts';
import { overlap } from '../../conditions/index.ts';
import { type BusinessCalendar, getSettings, readBusinessCalendar } from '../../tenants/index.ts';
import type { Rule } from '../rule.ts';
import { holidayRuleOf, isScheduled } from '../schedule.ts';
import { type Grouping, type Plan, type Question, readEarlierRuns } from './queries.ts';
import { type AskedDay, isStale, readAnswered, readBegun, readPassing, readPresent } from './queries-agenda.ts';

/** A run, begun or only thought of. */
export interface Ask {
  /** Null for one that is not begun. */
  runId: string | null;
  runOn: Temporal.PlainDate;
  /** A daily run asks what is due by schedule; a person's run asks the given days. */
  kind: 'daily' | 'manual';
  days: readonly Temporal.PlainDate[];
  grouping: Grouping;
  customerIds?: readonly string[] | undefined;
}

interface Season {
  runOn: Temporal.PlainDate;
  catchUpDays: number;
  quietDays: boolean;
  calendar: BusinessCalendar;
}

const { compare } = Temporal.PlainDate;
const before = (a: Temporal.PlainDate, b: Temporal.PlainDate): boolean => compare(a, b) < 0;
const earliest = (a: Temporal.PlainDate, b: Temporal.PlainDate): Temporal.PlainDate => (before(a, b) ? a : b);

/** The plan of a run that asks these rules. */
export async function planFor(ctx: Context, ask: Ask, rules: readonly Rule[]): Promise<Plan> {
  const { reminders } = await getSettings(ctx);
  const season: Season = {
    runOn: ask.runOn,
    catchUpDays: reminders.catchUpDays,
    quietDays: reminders.quietDays,
    calendar: await readBusinessCalendar(ctx),
  };
  const questions =
    ask.kind === 'manual' ? rules.flatMap((rule) => ask.days.map((day) => questionOf(rule, day, season))) : await dueQuestions(ctx, ask, rules, season);
  return {
    questions,
    runOn: ask.runOn,
    zone: ctx.tenant.timezone,
    grouping: ask.grouping,
    caps: { minContactDays: reminders.minContactDays, weeklyCap: reminders.weeklyCap },
    stale: reminders.freshnessHours !== null && (await isStale(ctx, reminders.freshnessHours)),
    present: await readPresent(ctx),
    earlier: await readEarlierRuns(ctx, distinctDays([...ask.days, ...questions.map((question) => question.day)]), ask.runOn, ask.runId),
    customerIds: ask.customerIds,
    retry: ask.kind === 'manual' ? 'all' : 'passing',
  };
}

const distinctDays = (days: readonly Temporal.PlainDate[]): Temporal.PlainDate[] => [...new Set(days.map(String))].map((day) => Temporal.PlainDate.from(day));

export function questionOf(rule: Rule, day: Temporal.PlainDate, season: Pick<Season, 'runOn' | 'quietDays' | 'calendar'>): Question {
  return {
    ruleId: rule.id,
    ruleVersion: rule.version,
    position: rule.position,
    customerCondition: rule.customerCondition,
    invoiceCondition: rule.invoiceCondition,
    channel: rule.channel,
    cadenceId: rule.cadenceId,
    repeat: rule.repeat,
    day,
    quiet: holidayRuleOf(rule.schedule, season.quietDays) !== 'ignore' && !season.calendar.isBusinessDay(season.runOn),
    again: false,
    butNot: null,
  };
}

async function dueQuestions(ctx: Context, ask: Ask, rules: readonly Rule[], season: Season): Promise<Question[]> {
  const windows = rules.map((rule) => firstDayOf(rule, season));
  const oldest = windows.reduce(earliest, ask.runOn);
  const answered = await readAnswered(ctx, oldest, ask.runOn, ask.runId);
  const begun = await readBegun(ctx, oldest, ask.runOn);
  const isAnswered = (rule: Rule, day: Temporal.PlainDate) =>
    answered.has(`${rule.id} ${day.toString()}`) ||
    answered.has(`* ${day.toString()}`) ||
    isBeforeRule(rule, begun.get(`${rule.schedule.hour ?? '*'} ${day.toString()}`), day.equals(ask.runOn));
  const passing = await readPassing(ctx, oldest, ask.runOn, season.catchUpDays, ask.runId);
  return rules.flatMap((rule, index) => {
    const full = daysOf(rule, windows[index]!, season, (day) => isAnswered(rule, day));
    const questions = full.map((day) => questionOf(rule, day, season));
    const today = questions.find((question) => question.day.equals(ask.runOn));
    // on a day that it keeps quiet there is no use in asking again
    const again = today?.quiet || questionOf(rule, ask.runOn, season).quiet ? [] : againDaysOf(rule, windows[index]!, season, passing, full);
    questions.push(...again.map((day) => ({ ...questionOf(rule, day, season), again: true })));
    // what still matches today is asked once
    if (today) for (const question of questions) if (question !== today && overlap(rule.invoiceCondition, question.day, ask.runOn)) question.butNot = ask.runOn;
    return questions;
  });
}

/** As far back as days are made up for; a rule that moves to the next business day goes back over the days off. */
function firstDayOf(rule: Rule, { runOn, catchUpDays, quietDays, calendar }: Season): Temporal.PlainDate {
  const first = runOn.subtract({ days: catchUpDays });
  const moves = holidayRuleOf(rule.schedule, quietDays) === 'next' && calendar.isBusinessDay(runOn);
  return moves ? earliest(first, calendar.previous(runOn).add({ days: 1 })) : first;
}

/**
 * The run of the day on which a rule was switched on began before that: the rule begins on the next. In the same moment,
 * a run of another day was the earlier one, and the run that asks is the later.
 */
const isBeforeRule = (rule: Rule, begunAt: Temporal.Instant | undefined, isOwn: boolean): boolean =>
  begunAt !== undefined && rule.asksFrom !== null && Temporal.Instant.compare(begunAt, rule.asksFrom) < (isOwn ? 0 : 1);

const isActiveOn = (rule: Rule, day: Temporal.PlainDate): boolean => rule.activatedOn !== null && !before(day, rule.activatedOn);

/**
 * The days that the rule has to be asked for, oldest first: today, days on which no run asked it, days between those of
 * its schedule, and days off that come before the next business day, when it moves them forward.
 */
export function daysOf(rule: Rule, first: Temporal.PlainDate, season: Season, isAnswered: (day: Temporal.PlainDate) => boolean): Temporal.PlainDate[] {
  const { runOn, calendar, quietDays } = season;
  const moved = holidayRuleOf(rule.schedule, quietDays);
  const days: Temporal.PlainDate[] = [];
  let isOpen = false;
  for (let day = runOn; !before(day, first); day = day.subtract({ days: 1 })) {
    // a day that is not one of its schedule waits for the next that is
    isOpen ||= isScheduled(rule.schedule, day);
    const leftOut = moved === 'skip' && !day.equals(runOn) && !calendar.isBusinessDay(day);
    if (isOpen && !leftOut && isActiveOn(rule, day) && !isAnswered(day)) days.unshift(day);
  }
  if (moved === 'previous' && calendar.isBusinessDay(runOn)) {
    const next = calendar.next(runOn);
    for (let day = runOn.add({ days: 1 }); before(day, next); day = day.add({ days: 1 }))
      if (isScheduled(rule.schedule, day) && isActiveOn(rule, day) && !isAnswered(day)) days.push(day);
  }
  return days;
}

/** Days of which something was held back for a reason that passes; a rule that leaves days off out does not come back to them. */
function againDaysOf(
  rule: Rule,
  first: Temporal.PlainDate,
  { calendar, quietDays }: Season,
  passing: readonly AskedDay[],
  full: readonly Temporal.PlainDate[],
): Temporal.PlainDate[] {
  const skips = holidayRuleOf(rule.schedule, quietDays) === 'skip';
  return passing
    .filter((asked) => asked.ruleId === rule.id && isActiveOn(rule, asked.day) && (asked.postponed || !before(asked.day, first)))
    .filter((asked) => !(skips && !calendar.isBusinessDay(asked.day)) && !full.some((day) => day.equals(asked.day)))
    .map((asked) => asked.day)
    .sort(compare);
}
