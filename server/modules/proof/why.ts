/**
 * Why a customer was reminded on a day or not. Of a day that had its run the record speaks: the rules in the versions of
 * that moment, their conditions with the values that they met then, and the decision that was written. Of a day to come
 * it is said what a run would decide.
 */
import { money, type MoneyJson, toJson } from '../../kernel/money.ts';
import { notFound } from '../../kernel/problem.ts';
import type { Context } from '../../platform/context.ts';
import { type Condition, describe } from '../conditions/index.ts';
import { readCategoryNames } from '../customers/index.ts';
import { getSettings } from '../tenants/index.ts';
import {
  type Channel,
  type DecisionRow,
  fieldLabel,
  isScheduled,
  listDecisions,
  readByHand,
  readCustomersByNumber,
  reasonText,
  showAsked,
  showValue,
} from '../reminders/index.ts';
import { requireKept } from './history.ts';
import * as queries from './queries-why.ts';
import { wouldDecide } from './would.ts';

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

/** What it comes to, in one code and one sentence. */
export interface WhyAnswer {
  code: 'send' | 'merged' | 'held' | 'not_matched' | 'not_active' | 'not_asked' | 'no_run';
  reason: string | null;
  text: string;
}

export interface WhyRule {
  ruleId: string;
  name: string;
  version: number;
  active: boolean;
  cadence: boolean;
  /** What the rule does: a mail, or a task or letter of a cadence's step. */
  channel: Channel;
  sentence: string;
  answer: WhyAnswer;
  /** Numbers of the invoices that the rule selects on that day. */
  matched: string[];
  conditions: WhyCondition[];
  /** What was decided: recorded when it was, not worked out again. */
  decisions: WhyDecision[];
  /** What a run would decide, where nothing is recorded yet. */
  wouldBe: { outcome: string; reason: string; text: string } | null;
}

export interface Why {
  customer: queries.CustomerOf;
  on: string;
  /** The moment whose data the values are: that of the run; null is now. */
  asOf: string | null;
  runs: { id: string; runOn: string; kind: 'daily' | 'manual'; state: string; plannedAt: string }[];
  /** The invoice asked about, and what stands against it besides rules. */
  invoice: { id: string; number: string; open: boolean; text: string | null } | null;
  openInvoices: number;
  rules: WhyRule[];
  /** What people sent on that day by hand, and what stood against it and was passed. */
  byHand: { emailId: string; sentBy: string; sentAt: string; to: string; state: string; invoices: string[]; passed: string[] }[];
}

/** Open invoices of one customer that are asked; the oldest first. */
const ASKED_INVOICES = 50;
const MAX_DECISIONS = 1000;

/** Problem 404 for an unknown customer, or an invoice that the customer does not have; 422 for a day whose data is kept no longer. */
export async function why(ctx: Context, customerNumber: string, on: Temporal.PlainDate, invoiceNumber: string | null = null): Promise<Why[]> {
  const customers = await readCustomersByNumber(ctx, customerNumber);
  if (customers.length === 0) throw notFound('customer');
  const names = await readCategoryNames(ctx);
  const result: Why[] = [];
  for (const customer of customers) {
    const invoice = invoiceNumber === null ? null : await queries.readInvoice(ctx, customer.id, invoiceNumber);
    if (invoiceNumber === null || invoice) result.push(await whyCustomer(ctx, customer, on, invoice, (id) => names.get(id) ?? null));
  }
  if (result.length === 0) throw notFound('invoice');
  return result;
}

interface Asked {
  rules: queries.RuleThen[];
  invoices: queries.WhyInvoice[];
}

async function whyCustomer(
  ctx: Context,
  customer: queries.CustomerOf,
  on: Temporal.PlainDate,
  invoice: { id: string; number: string } | null,
  categoryName: (id: string) => string | null,
): Promise<Why> {
  const recorded = await listDecisions(ctx, { customerId: customer.id, day: on }, null, MAX_DECISIONS);
  const runs = await queries.readRunsAbout(ctx, on, [...new Set(recorded.map((row) => row.runId))]);
  const at = await momentOf(ctx, on, runs);
  if (at !== null) await requireKept(ctx, 'on', at);
  const ask = async (moment: Temporal.Instant | null): Promise<Asked> => {
    const rules = await queries.readRulesAt(ctx, moment);
    const questions = rules.map((rule) => ({ ...rule, day: on }));
    return { rules, invoices: await queries.askRules(ctx, questions, customer.id, moment, { limit: ASKED_INVOICES, invoiceId: invoice?.id }) };
  };
  const then = await ask(at);
  // a rule that another run decided about is shown as that run saw it
  const others = new Map<string, Asked>();
  for (const run of runs)
    if (run.plannedAt.epochNanoseconds !== at?.epochNanoseconds && recorded.some((row) => row.runId === run.id)) others.set(run.id, await ask(run.plannedAt));
  const would = runs.length > 0 || at !== null ? [] : await wouldDecide(ctx, on, customer.id);
  const rules = then.rules.map((now) => {
    const mine = recorded.filter((row) => row.ruleId === now.id && (!invoice || mentions(row, invoice.id)));
    const asked = others.get(mine[0]?.runId ?? '') ?? then;
    const place = asked.rules.findIndex((rule) => rule.id === now.id);
    const next = would.find((row) => row.ruleId === now.id) ?? null;
    return place < 0
      ? whyRule(now, then, then.rules.indexOf(now), { mine, next, runs, on, isAhead: at === null, categoryName, locale: ctx.tenant.locale })
      : whyRule(asked.rules[place]!, asked, place, { mine, next, runs, on, isAhead: at === null, categoryName, locale: ctx.tenant.locale });
  });
  return {
    customer,
    on: on.toString(),
    asOf: at?.toString() ?? null,
    runs: runs.map((run) => ({ ...run, runOn: run.runOn.toString(), plannedAt: run.plannedAt.toString() })),
    invoice: invoice && (await aboutInvoice(ctx, invoice, then, at)),
    openInvoices: then.invoices.length,
    rules,
    byHand: await whatPeopleSent(ctx, customer.id, on, invoice?.id),
  };
}

async function whatPeopleSent(ctx: Context, customerId: string, day: Temporal.PlainDate, documentId: string | undefined): Promise<Why['byHand']> {
  const rows = await readByHand(ctx, customerId, { day, ...(documentId ? { documentId } : {}) });
  return rows.map((row) => ({
    emailId: row.emailId,
    sentBy: row.sentBy,
    sentAt: row.sentAt.toString(),
    to: row.toAddress,
    state: row.state,
    invoices: row.numbers,
    passed: row.passed.map((one) => reasonText(one.reason)),
  }));
}

const mentions = (row: DecisionRow, documentId: string): boolean =>
  row.documentIds.includes(documentId) || ((row as { leftOut?: { documentId: string }[] | null }).leftOut ?? []).some((one) => one.documentId === documentId);

/** The moment whose data is shown: the last run about the day; without one the hour at which it should have been; null for a day to come. */
async function momentOf(ctx: Context, on: Temporal.PlainDate, runs: readonly queries.RunThen[]): Promise<Temporal.Instant | null> {
  const daily = runs.findLast((run) => run.kind === 'daily') ?? runs.at(-1);
  if (daily) return daily.plannedAt;
  const { reminders } = await getSettings(ctx);
  const due = on.toZonedDateTime({ timeZone: ctx.tenant.timezone, plainTime: new Temporal.PlainTime(reminders.hour) }).toInstant();
  return Temporal.PlainDate.compare(on, ctx.clock.today()) < 0 ? due : null;
}

interface RuleContext {
  mine: DecisionRow[];
  next: { outcome: string; reason: string } | null;
  runs: readonly queries.RunThen[];
  on: Temporal.PlainDate;
  /** Of a day that is not over and had no run. */
  isAhead: boolean;
  categoryName: (id: string) => string | null;
  locale: string;
}

function whyRule(rule: queries.RuleThen, asked: Asked, place: number, context: RuleContext): WhyRule {
  const { mine, next, categoryName, locale } = context;
  const matched = asked.invoices.filter((invoice) => invoice.answers[place]!.matched).map((invoice) => invoice.number);
  const conditions = conditionsFor(rule, asked.invoices, place, categoryName, locale);
  const wouldBe = next && { outcome: next.outcome, reason: next.reason, text: reasonText(next.reason) };
  return {
    ruleId: rule.id,
    name: rule.name,
    version: rule.version,
    active: rule.active,
    cadence: rule.cadenceId !== null,
    channel: rule.channel,
    sentence: describe(rule, categoryName),
    answer: answerOf(rule, { matched, conditions, wouldBe }, context),
    matched,
    conditions,
    decisions: mine.map(showDecision),
    wouldBe,
  };
}

/** What it comes to: the decision on record, else why there is none. */
function answerOf(
  rule: queries.RuleThen,
  { matched, conditions, wouldBe }: Pick<WhyRule, 'matched' | 'conditions' | 'wouldBe'>,
  { mine, runs, on, isAhead }: RuleContext,
): WhyAnswer {
  const first = mine.find((row) => row.outcome === 'send') ?? mine.find((row) => row.outcome === 'merged') ?? mine[0];
  if (first) return { code: first.outcome as WhyAnswer['code'], reason: first.reason, text: reasonText(first.reason) };
  if (!rule.active) return { code: 'not_active', reason: null, text: 'The rule was off' };
  if (rule.activatedOn && Temporal.PlainDate.compare(on, rule.activatedOn) < 0)
    return { code: 'not_asked', reason: null, text: `The rule is asked from ${rule.activatedOn.toString()} on` };
  if (wouldBe) return { code: wouldBe.outcome as WhyAnswer['code'], reason: wouldBe.reason, text: wouldBe.text };
  if (matched.length > 0) return notAsked(rule, on, runs.length > 0 || isAhead);
  if (conditions.every((condition) => condition.values.length === 0)) return { code: 'not_matched', reason: null, text: 'No invoice was open' };
  const failed = conditions.find((condition) => !condition.held);
  return { code: 'not_matched', reason: null, text: failed ? `No open invoice met “${failed.field} ${failed.asked}”` : 'No single invoice met all conditions' };
}

/** Why nothing was decided although the conditions were met. */
function notAsked(rule: queries.RuleThen, on: Temporal.PlainDate, hasRun: boolean): WhyAnswer {
  const { repeat, schedule } = rule;
  if (!isScheduled(schedule, on)) return { code: 'not_asked', reason: null, text: 'By its schedule the rule is not asked on this day' };
  if (!hasRun) return { code: 'no_run', reason: null, text: 'No run has answered for this day' };
  if (repeat === null) return { code: 'not_asked', reason: null, text: 'The rule was not asked for this day' };
  const limit = repeat.limit === null ? '' : `, and at most ${repeat.limit} times`;
  return { code: 'not_asked', reason: null, text: `The rule had reminded before: it does so every ${repeat.everyDays} days${limit}` };
}

function conditionsFor(
  rule: queries.RuleThen,
  invoices: readonly queries.WhyInvoice[],
  place: number,
  categoryName: (id: string) => string | null,
  locale: string,
): WhyCondition[] {
  const customers = queries.conditionsOf({ ...rule, invoiceCondition: { combinator: 'and', conditions: [] } }).length;
  return queries.conditionsOf(rule).map((condition: Condition, index) => {
    const values = invoices.map((invoice) => ({
      invoice: invoice.number,
      value: showValue(condition, invoice.answers[place]!.values[index], invoice.currency, locale),
      held: invoice.answers[place]!.held[index]!,
    }));
    return {
      about: index < customers ? ('customer' as const) : ('invoice' as const),
      field: fieldLabel(condition),
      asked: showAsked(condition, categoryName),
      held: values.some((value) => value.held),
      values,
    };
  });
}

async function aboutInvoice(ctx: Context, invoice: { id: string; number: string }, { invoices }: Asked, at: Temporal.Instant | null): Promise<Why['invoice']> {
  const open = invoices.some((one) => one.id === invoice.id);
  if (open) return { ...invoice, open, text: null };
  const now = await queries.readInvoiceState(ctx, invoice.id);
  const notYet = at !== null && Temporal.Instant.compare(now.createdAt, at) > 0;
  return { ...invoice, open, text: notYet ? 'It was not recorded yet' : now.state === 'void' ? 'It was voided' : 'Nothing of it was open' };
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
