import { notFound } from '../../../kernel/problem.ts';
import { money, type MoneyJson, toJson } from '../../../kernel/money.ts';
import type { Context } from '../../../platform/context.ts';
import { getSettings } from '../../tenants/index.ts';
import { questionsOf } from '../commands/run.ts';
import { describe } from '../../conditions/index.ts';
import { type Question, readEarlierRuns } from '../planning/queries.ts';
import { type DecisionRow, listDecisions, readCategoryNames, readCustomersByNumber, readRules } from '../queries.ts';
import { reasonText, type Rule } from '../rule.ts';
import * as queries from './queries.ts';
import { fieldLabel, showAsked, showValue } from './values.ts';

/** One condition of a rule, and how it stood for each open invoice asked. */
export interface WhyCondition {
  about: 'customer' | 'invoice';
  field: string;
  asked: string;
  /** True when it held for at least one invoice. */
  held: boolean;
  values: { invoice: string; value: string; held: boolean }[];
}

export interface WhyDecision {
  day: string;
  outcome: string;
  reason: string;
  text: string;
  amount: MoneyJson;
  runId: string;
  emailId: string | null;
  emailState: string | null;
  decidedAt: string;
}

export interface WhyRule {
  ruleId: string;
  name: string;
  active: boolean;
  sentence: string;
  /** Numbers of the invoices that the rule selects on that day, by today's data. */
  matched: string[];
  conditions: WhyCondition[];
  /** What was decided: recorded when it was, not worked out again. */
  decisions: WhyDecision[];
  /** What a run would decide, where nothing is recorded yet. */
  wouldBe: { outcome: string; reason: string; text: string } | null;
}

export interface Why {
  customer: { id: string; number: string; companyCode: string; name: string };
  on: string;
  openInvoices: number;
  rules: WhyRule[];
}

/** Open invoices of one customer that are asked; the oldest first. */
const ASKED_INVOICES = 50;

/**
 * Why each customer of that number is reminded on that day or not: every rule with its conditions, their values and
 * the decision. Problem 404 for an unknown number.
 */
export async function why(ctx: Context, customerNumber: string, on: Temporal.PlainDate): Promise<Why[]> {
  const customers = await readCustomersByNumber(ctx, customerNumber);
  if (customers.length === 0) throw notFound('customer');
  const rules = await readRules(ctx, { steps: true });
  const names = await readCategoryNames(ctx);
  const result: Why[] = [];
  for (const customer of customers) result.push(await whyCustomer(ctx, customer, on, rules, (id) => names.get(id) ?? null));
  return result;
}

async function whyCustomer(
  ctx: Context,
  customer: Why['customer'],
  on: Temporal.PlainDate,
  rules: readonly Rule[],
  categoryName: (id: string) => string | null,
): Promise<Why> {
  const { reminders } = await getSettings(ctx);
  const recorded = await listDecisions(ctx, { customerId: customer.id, day: on }, null, 1000);
  const active = questionsOf(
    rules.filter((rule) => rule.active),
    [on],
    false,
  );
  const earlier = await readEarlierRuns(ctx, [on], on, null);
  const would = await queries.decideCustomer(ctx, { questions: active, runOn: on, grouping: reminders.grouping, earlier, customerId: customer.id });
  const all = questionsOf(rules, [on], false);
  const answers: WhyRule[] = [];
  let openInvoices = 0;
  for (const [index, rule] of rules.entries()) {
    const question = all[index]!;
    const asked = await queries.askInvoices(ctx, question, { customerId: customer.id }, ASKED_INVOICES);
    openInvoices = asked.length;
    const next = would.find((row) => active[row.question]!.ruleId === rule.id);
    answers.push({
      ruleId: rule.id,
      name: rule.name,
      active: rule.active,
      sentence: describe(rule, categoryName),
      matched: asked.filter((invoice) => invoice.matched).map((invoice) => invoice.number),
      conditions: conditionsFor(question, asked, categoryName, ctx.tenant.locale),
      decisions: recorded.filter((row) => row.ruleId === rule.id).map(showDecision),
      wouldBe: next ? { outcome: next.outcome, reason: next.reason, text: reasonText(next.reason) } : null,
    });
  }
  return { customer, on: on.toString(), openInvoices, rules: answers };
}

function conditionsFor(
  question: Question,
  asked: readonly queries.AskedInvoice[],
  categoryName: (id: string) => string | null,
  locale: string,
): WhyCondition[] {
  const customers = queries.conditionsOf({ ...question, invoiceCondition: { combinator: 'and', conditions: [] } }).length;
  return queries.conditionsOf(question).map((condition, index) => {
    const about = index < customers ? ('customer' as const) : ('invoice' as const);
    const values = asked.map((invoice) => ({
      invoice: invoice.number,
      value: showValue(condition, invoice.values[index], invoice.currency, locale),
      held: invoice.held[index]!,
    }));
    return { about, field: fieldLabel(condition), asked: showAsked(condition, categoryName), held: values.some((value) => value.held), values };
  });
}

const showDecision = (row: DecisionRow): WhyDecision => ({
  day: row.day.toString(),
  outcome: row.outcome,
  reason: row.reason,
  text: reasonText(row.reason),
  amount: toJson(money(row.openMinor, row.currency)),
  runId: row.runId,
  emailId: row.emailId,
  emailState: row.emailState,
  decidedAt: row.decidedAt.toString(),
});
