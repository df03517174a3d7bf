/** Coming mails skipped, postponed, or sent at once. */
import { newId } from '../../kernel/ids.ts';
import { conflict, invalid, notFound } from '../../kernel/problem.ts';
import type { Context } from '../../platform/context.ts';
import { lockCustomer } from '../customers/index.ts';
import { continueRun, planRun, readRule, reasonText, startManualRun } from '../reminders/index.ts';
import { proofEvents } from './events.ts';
import * as queries from './queries-overrides.ts';

/** As far ahead as a mail can be skipped, and be postponed to. */
const MAX_AHEAD = 92;

export interface OverrideInput {
  customerId: string;
  /** Null: whatever would go to the customer on that day. */
  ruleId: string | null;
  day: Temporal.PlainDate;
  action: queries.OverrideAction;
  toDay: Temporal.PlainDate | null;
  note: string | null;
}

export interface OverrideResult {
  id: string;
  /** Of "send now": what was decided at once. */
  sent: { outcome: string; reason: string; text: string; rule: string } | null;
}

/**
 * Decides about a coming mail; an earlier word about the same one gives way. "Send now" asks the rules for that day at
 * once, under the same holds and caps. Problems: 404; 422 for days that make no sense; 409 when the day has had its run.
 */
export async function override(ctx: Context, input: OverrideInput): Promise<OverrideResult> {
  await check(ctx, input);
  await lockCustomer(ctx, input.customerId);
  const id = newId();
  const values = { ...input, id };
  await queries.replaceOverride(ctx, values);
  await queries.insertOverride(ctx, values);
  await ctx.record({
    type: proofEvents.overridden,
    subjectType: 'reminder_override',
    subjectId: id,
    customerId: input.customerId,
    data: { action: input.action, day: input.day.toString(), toDay: input.toDay?.toString() ?? null, ruleId: input.ruleId, note: input.note },
  });
  return { id, sent: input.action === 'send_now' ? await sendNow(ctx, input) : null };
}

async function check(ctx: Context, { ruleId, day, action, toDay }: OverrideInput): Promise<void> {
  const today = ctx.clock.today();
  const last = today.add({ days: MAX_AHEAD });
  const { compare } = Temporal.PlainDate;
  if (compare(day, today) < 0) throw invalid('day', 'in_the_past', 'This day is over.');
  if (compare(day, last) > 0) throw invalid('day', 'too_far', `Days up to ${last.toString()} can be decided about.`);
  if (action === 'postpone') {
    if (toDay === null) throw invalid('toDay', 'required', 'Say to which day it is postponed.');
    if (compare(toDay, day) <= 0) throw invalid('toDay', 'not_later', 'Postponing means a later day.');
    if (compare(toDay, last) > 0) throw invalid('toDay', 'too_far', `It can be postponed to ${last.toString()} at the latest.`);
  } else if (toDay !== null) throw invalid('toDay', 'not_asked', 'Only postponing has another day.');
  if (ruleId !== null && !(await readRule(ctx, ruleId))) throw notFound('rule');
  if (action !== 'send_now' && day.equals(today) && (await queries.dayHasRun(ctx, day)))
    throw conflict('day_has_run', 'The run of today has been. Its mails are written.');
}

async function sendNow(ctx: Context, { customerId, ruleId, day }: OverrideInput): Promise<OverrideResult['sent']> {
  const runId = await startManualRun(ctx, ruleId === null ? null : [ruleId], { customerIds: [customerId], day });
  await planRun(ctx, runId);
  await ctx.enqueue(continueRun, { runId }, { key: runId });
  const [first] = await queries.readOutcomes(ctx, runId);
  if (!first) throw conflict('nothing_to_send', 'Nothing matches for this customer any more, or it was sent already.');
  return { outcome: first.outcome, reason: first.reason, text: reasonText(first.reason), rule: first.ruleName };
}

/** Takes a word back. Problem 409 for one that has taken effect: its day has had its run, or it was sent at once. */
export async function withdrawOverride(ctx: Context, id: string): Promise<void> {
  const found = await queries.readOverride(ctx, id, true);
  if (!found) throw notFound('override');
  if (found.withdrawnAt) return;
  if (found.action === 'send_now') throw conflict('sent', 'This was sent at once.');
  const acts = found.toDay ?? found.day;
  const today = ctx.clock.today();
  if (Temporal.PlainDate.compare(acts, today) < 0 || (acts.equals(today) && (await queries.dayHasRun(ctx, today))))
    throw conflict('day_has_run', 'The day of it has had its run.');
  await queries.withdrawRow(ctx, id);
  await ctx.record({
    type: proofEvents.overrideWithdrawn,
    subjectType: 'reminder_override',
    subjectId: id,
    customerId: found.customerId,
    data: { action: found.action, day: found.day.toString(), toDay: found.toDay?.toString() ?? null },
  });
}
