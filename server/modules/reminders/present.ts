/** Rules, runs and decisions in the form of the API. */
import type { z } from 'zod';
import { money, toJson } from '../../kernel/money.ts';
import type { Context } from '../../platform/context.ts';
import { describe } from '../conditions/index.ts';
import type { Preview } from './inspection/preview.ts';
import { type DecisionRow, readCategoryNames } from './queries.ts';
import { reasonText, type Outcome, type Rule } from './rule.ts';
import type { Run } from './runs/queries.ts';
import type { decisionSchema, previewSchema, ruleSchema, runSchema } from './schemas.ts';

export async function presentRules(ctx: Context, rules: readonly Rule[]): Promise<z.input<typeof ruleSchema>[]> {
  const names = await readCategoryNames(ctx);
  return rules.map(({ archivedAt: _, ...rule }) => ({
    ...rule,
    sentence: describe(rule, (id) => names.get(id) ?? null),
    activatedOn: rule.activatedOn?.toString() ?? null,
    createdAt: rule.createdAt.toString(),
    updatedAt: rule.updatedAt.toString(),
  }));
}

export const presentRun = (run: Run): z.input<typeof runSchema> => ({
  id: run.id,
  runOn: run.runOn.toString(),
  kind: run.kind,
  state: run.state,
  days: run.days.map(String),
  missedDays: run.missedDays.map(String),
  grouping: run.grouping,
  startedBy: run.actorName,
  mails: run.sentCount,
  merged: run.mergedCount,
  held: run.heldCount,
  amounts: run.totals.map(({ currency, minor }) => toJson(money(BigInt(minor), currency))),
  startedAt: run.startedAt.toString(),
  finishedAt: run.finishedAt?.toString() ?? null,
});

const SHOWN_DOCUMENTS = 50;

export const presentDecision = (row: DecisionRow): z.input<typeof decisionSchema> => ({
  customer: { id: row.customerId, number: row.customerNumber, name: row.customerName },
  day: row.day.toString(),
  rule: { id: row.ruleId, name: row.ruleName, version: row.ruleVersion },
  runId: row.runId,
  outcome: row.outcome as Outcome,
  reason: row.reason,
  text: reasonText(row.reason),
  amount: toJson(money(row.openMinor, row.currency)),
  invoices: row.documentIds.length,
  documentIds: row.documentIds.slice(0, SHOWN_DOCUMENTS),
  emailId: row.emailId,
  emailState: row.emailState,
  decidedAt: row.decidedAt.toString(),
});

export const presentPreview = ({ mails, merged, held, heldReasons, invoices, amounts }: Preview): z.input<typeof previewSchema> => ({
  mails,
  merged,
  held,
  heldReasons: Object.entries(heldReasons).map(([reason, count]) => ({ reason, text: reasonText(reason), count })),
  invoices,
  amounts,
});
