import { nextDailyRun, dateIn } from '../../../kernel/calendar.ts';
import { money, type MoneyJson, toJson } from '../../../kernel/money.ts';
import type { Context } from '../../../platform/context.ts';
import { getSettings } from '../../tenants/index.ts';
import { agendaFor } from '../commands/run.ts';
import { planFor } from '../planning/agenda.ts';
import { selectApart } from '../../conditions/index.ts';
import { parseCondition } from '../../conditions/index.ts';
import type { Plan, Question } from '../planning/queries.ts';
import { readRules } from '../queries.ts';
import type { Rule } from '../rule.ts';
import { readDailyRuns } from '../runs/queries.ts';
import { readSlots } from '../runs/queries-watch.ts';
import * as queries from './queries.ts';
import { fieldLabel, showValue } from './values.ts';

export interface Preview {
  mails: number;
  tasks: number;
  letters: number;
  merged: number;
  held: number;
  heldReasons: Record<string, number>;
  invoices: number;
  amounts: MoneyJson[];
}

type Counted = queries.Counted & { questions: readonly Question[] };

function summarize({ counts, totals, questions }: Counted): Preview {
  const sum = (rows: readonly queries.OutcomeCount[], key: 'customers' | 'invoices') => rows.reduce((total, row) => total + row[key], 0);
  const heldReasons: Record<string, number> = {};
  const sums = new Map<string, bigint>();
  for (const { outcome, reason, currency, customers, minor } of counts) {
    if (outcome === 'held') heldReasons[reason] = (heldReasons[reason] ?? 0) + customers;
    else if (reason !== 'reminded_today') sums.set(currency, (sums.get(currency) ?? 0n) + BigInt(minor));
  }
  const of = (outcome: string) => counts.filter((row) => row.outcome === outcome);
  const by = (channel: string) =>
    sum(
      of('send').filter((row) => questions[row.question]!.channel === channel),
      'customers',
    );
  const amounts =
    totals?.map(({ currency, minor }) => money(BigInt(minor), currency)) ??
    [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([currency, minor]) => money(minor, currency));
  return {
    mails: by('email'),
    tasks: by('task'),
    letters: by('letter'),
    merged: sum(of('merged'), 'customers'),
    held: sum(of('held'), 'customers'),
    heldReasons,
    invoices: sum(
      counts.filter((row) => row.outcome !== 'held'),
      'invoices',
    ),
    amounts: amounts.map(toJson),
  };
}

/** The plan of a daily run that is not begun, at the company's hour. */
export async function dailyPlan(
  ctx: Context,
  on: Temporal.PlainDate,
  rules: readonly Rule[],
): Promise<{ plan: Plan; days: Temporal.PlainDate[]; missed: Temporal.PlainDate[] }> {
  const { reminders } = await getSettings(ctx);
  const { days, missed } = await agendaFor(ctx, on, null, rules);
  return { plan: await planFor(ctx, { runId: null, runOn: on, kind: 'daily', days, grouping: reminders.grouping }, rules), days, missed };
}

async function previewPlan(ctx: Context, plan: Plan, largest: number): Promise<Counted & { largest: queries.LargestMail[] }> {
  const { questions } = plan;
  if (questions.length === 0) return { counts: [], totals: [], questions, largest: [] };
  return { ...(await queries.previewDay(ctx, plan, selectApart(questions), largest)), questions };
}

/** What the daily run of `on` would do, as things stand now. */
export async function previewDaily(ctx: Context, on: Temporal.PlainDate): Promise<Preview & { days: Temporal.PlainDate[]; missed: Temporal.PlainDate[] }> {
  const { plan, days, missed } = await dailyPlan(
    ctx,
    on,
    (await readRules(ctx, { active: true, steps: true })).filter((rule) => rule.schedule.hour === null),
  );
  return { ...summarize(await previewPlan(ctx, plan, 0)), days, missed };
}

/** What a person's run of all active rules would send at this moment. */
export async function previewManual(ctx: Context): Promise<Preview & { activeRules: number }> {
  const { reminders } = await getSettings(ctx);
  const rules = await readRules(ctx, { active: true, steps: true });
  const today = ctx.clock.today();
  const plan = await planFor(ctx, { runId: null, runOn: today, kind: 'manual', days: [today], grouping: reminders.grouping }, rules);
  return { ...summarize(await previewPlan(ctx, plan, 0)), activeRules: rules.length };
}

export interface DraftRule {
  customerCondition: Rule['customerCondition'];
  invoiceCondition: Rule['invoiceCondition'];
}

/** No decision carries this id: a draft has none. */
const DRAFT = '00000000-0000-0000-0000-000000000000';

/** The rule alone, asked of today, whatever was decided before and whatever its schedule. */
async function testPlan(ctx: Context, draft: DraftRule): Promise<Plan & { questions: [Question] }> {
  const { reminders } = await getSettings(ctx);
  const today = ctx.clock.today();
  const question: Question = {
    ruleId: DRAFT,
    ruleVersion: 0,
    position: 0,
    day: today,
    customerCondition: parseCondition('customer', draft.customerCondition, 'customerCondition'),
    invoiceCondition: parseCondition('invoice', draft.invoiceCondition, 'invoiceCondition'),
    channel: 'email',
    cadenceId: null,
    repeat: null,
    quiet: false,
    again: false,
    butNot: null,
  };
  const plan = await planFor(ctx, { runId: null, runOn: today, kind: 'manual', days: [today], grouping: reminders.grouping }, []);
  // one mail for each rule knows no "reminded today" by another rule
  const sameRunOn = reminders.grouping === 'merged' ? plan.earlier.sameRunOn : [];
  return { ...plan, questions: [question], earlier: { ...plan.earlier, sameDays: [], sameRunOn }, retry: 'none' };
}

export interface TestedCustomer {
  row: queries.PreviewRow;
  invoices: { id: string; number: string; dueOn: Temporal.PlainDate; openMinor: bigint; values: { field: string; label: string; value: string }[] }[];
}

/** What the rule would send today and why: counts, and a page of customers with the values that matched. */
export async function testRule(
  ctx: Context,
  draft: DraftRule,
  after: (string | null)[] | null,
  limit: number,
): Promise<{ summary: Preview; customers: TestedCustomer[] }> {
  const plan = await testPlan(ctx, draft);
  const { page: rows, ...counted } = await queries.previewPage(ctx, plan, after, limit);
  const [question] = plan.questions;
  const shown = rows.flatMap((row) => row.documentIds);
  const asked = new Map((await queries.askInvoices(ctx, question, { ids: shown }, shown.length)).map((invoice) => [invoice.id, invoice]));
  const conditions = queries.conditionsOf(question);
  return {
    summary: summarize({ ...counted, questions: plan.questions }),
    customers: rows.map((row) => ({
      row,
      invoices: row.documentIds.flatMap((id) => {
        const invoice = asked.get(id);
        if (!invoice) return [];
        const values = conditions.flatMap((condition, index) =>
          invoice.held[index] && condition.operator !== 'all'
            ? [
                {
                  field: condition.field,
                  label: fieldLabel(condition),
                  value: showValue(condition, invoice.values[index], invoice.currency, ctx.tenant.locale),
                },
              ]
            : [],
        );
        return [{ id, number: invoice.number, dueOn: invoice.dueOn, openMinor: invoice.openMinor, values: distinct(values) }];
      }),
    })),
  };
}

/** A field that stands in several conditions is shown once. */
const distinct = <T extends { field: string }>(values: readonly T[]): T[] =>
  values.filter((value, index) => values.findIndex((other) => other.field === value.field) === index);

/** When rules are asked next by themselves: the company's hour or that of a rule, today's while its run has not begun. */
export async function nextRunAt(ctx: Context): Promise<Temporal.Instant> {
  const { reminders } = await getSettings(ctx);
  const now = ctx.clock.now();
  const open = (await readSlots(ctx)).filter((slot) => slot.runId === null && Temporal.Instant.compare(slot.dueAt, now) > 0);
  const hours = (await readRules(ctx, { active: true, steps: true })).map((rule) => rule.schedule.hour ?? reminders.hour);
  const coming = [reminders.hour, ...hours].map((hour) => nextDailyRun(ctx.tenant.timezone, hour, endOf(ctx, ctx.clock.today())));
  return [...open.map((slot) => slot.dueAt), ...coming].sort(Temporal.Instant.compare)[0]!;
}

/** The last moment of that day. */
const endOf = (ctx: Context, day: Temporal.PlainDate): Temporal.Instant =>
  day.add({ days: 1 }).toZonedDateTime(ctx.tenant.timezone).toInstant().subtract({ milliseconds: 1 });

const UPCOMING_CUSTOMERS = 5;

export interface Upcoming extends Preview {
  nextRunAt: Temporal.Instant;
  day: Temporal.PlainDate;
  activeRules: number;
  rules: { id: string; name: string; customers: number; invoices: number }[];
  /** Those asked for most, in the company's currency first. */
  customers: { customerId: string; customerName: string; amount: MoneyJson; invoices: number }[];
}

/** What the reminders will send next, if nothing is paid or uploaded until then. */
export async function readUpcoming(ctx: Context): Promise<Upcoming> {
  const at = await nextRunAt(ctx);
  const day = dateIn(ctx.tenant.timezone, at);
  const rules = await readRules(ctx, { active: true, steps: true });
  const begun = new Set((await readDailyRuns(ctx, day)).map((run) => run.hour));
  const { plan } = await dailyPlan(
    ctx,
    day,
    rules.filter((rule) => !begun.has(rule.schedule.hour)),
  );
  const { largest, ...counted } = await previewPlan(ctx, plan, UPCOMING_CUSTOMERS);
  const byRule = rules.map((rule) => {
    const mine = counted.counts.filter((row) => plan.questions[row.question]!.ruleId === rule.id && row.outcome !== 'held');
    return {
      id: rule.id,
      name: rule.name,
      customers: mine.reduce((sum, row) => sum + row.customers, 0),
      invoices: mine.reduce((sum, row) => sum + row.invoices, 0),
    };
  });
  return {
    ...summarize(counted),
    nextRunAt: at,
    day,
    activeRules: rules.length,
    rules: byRule,
    customers: largest.map(({ minor, currency, ...customer }) => ({ ...customer, amount: toJson(money(BigInt(minor), currency)) })),
  };
}
