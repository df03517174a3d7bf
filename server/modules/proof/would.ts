import type { Context } from '../../platform/context.ts';
import { getSettings } from '../tenants/index.ts';
import { decideCustomer, planFor, readRules } from '../reminders/index.ts';

export interface WouldBe {
  ruleId: string;
  outcome: string;
  reason: string;
}

/** What the runs of a day without one would decide about a customer and that day, as things stand now. */
export async function wouldDecide(ctx: Context, on: Temporal.PlainDate, customerId: string): Promise<WouldBe[]> {
  const { reminders } = await getSettings(ctx);
  const rules = await readRules(ctx, { active: true, steps: true });
  const ask = { runId: null, runOn: on, kind: 'daily' as const, days: [on], grouping: reminders.grouping, customerIds: [customerId] };
  const plan = await planFor(ctx, ask, rules);
  // days between now and then have runs of their own
  const questions = plan.questions.filter((question) => question.day.equals(on));
  if (questions.length === 0) return [];
  const rows = await decideCustomer(ctx, { ...plan, questions });
  return rows.map(({ question, outcome, reason }) => ({ ruleId: questions[question]!.ruleId, outcome, reason }));
}
