/** What a rule would make today, before it is saved or switched on. */
import type { Context } from '../../platform/context.ts';
import { parseCondition } from '../conditions/index.ts';
import { checkedSchedule } from './commands/rules.ts';
import { type Plan, previewCounts, previewPage, type SheetCount, type SheetRow } from './planning/queries.ts';
import type { RuleValues } from './rule.ts';
import { firstPeriodStart } from './schedule.ts';
import { readStale } from './stale.ts';

export type DraftRule = Omit<RuleValues, 'name' | 'templateId' | 'attachXlsx'>;

export async function testRule(
  ctx: Context,
  draft: DraftRule,
  after: (string | null)[] | null,
  limit: number,
): Promise<{ counts: SheetCount[]; rows: SheetRow[] }> {
  const asOf = ctx.clock.today();
  const { kind, family, showCredits, skipZero, skipCredit } = draft;
  const plan: Plan = {
    asOf,
    rules: [
      {
        ruleId: null,
        version: null,
        options: { kind, family, showCredits, skipZero, skipCredit },
        customerCondition: parseCondition('customer', draft.customerCondition, 'customerCondition'),
        invoiceCondition: parseCondition('invoice', draft.invoiceCondition, 'invoiceCondition'),
        fromOn: firstPeriodStart(checkedSchedule(draft.schedule), asOf),
      },
    ],
    single: null,
    stale: await readStale(ctx),
  };
  return { counts: await previewCounts(ctx, plan), rows: await previewPage(ctx, plan, after, limit) };
}
