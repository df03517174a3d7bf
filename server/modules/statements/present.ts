/** Rules, runs and statements in the form of the API. */
import type { z } from 'zod';
import { money, toJson } from '../../kernel/money.ts';
import type { Context } from '../../platform/context.ts';
import { describeDraft } from '../conditions/index.ts';
import { readCategoryNames } from '../customers/index.ts';
import { readBusinessCalendar } from '../tenants/index.ts';
import { movementWords } from './content.ts';
import type { FullStatement, ListedStatement } from './documents/queries.ts';
import { readRules, type RuleVersion } from './queries.ts';
import { holdText, type Rule, type RuleValues } from './rule.ts';
import { type Progress, type Run, readProgress } from './runs/queries.ts';
import { describeSchedule, nextDue } from './schedule.ts';
import type { ruleSchema, runDetailSchema, runSchema, statementDetailSchema, statementSchema, versionSchema } from './schemas.ts';

/** "Every Monday: send “Statement” to all customers about invoices overdue by 0 to 300 days." */
export function sentenceOf(rule: Omit<RuleValues, 'name' | 'templateId'> & { templateName: string }, names: ReadonlyMap<string, string>): string {
  const { schedule, ...conditions } = rule;
  const when = describeSchedule(schedule);
  const said = describeDraft(conditions, (id) => names.get(id) ?? null);
  const notes = [
    rule.kind === 'balance_forward' ? 'with what moved the balance' : '',
    rule.family === 'with_parent' ? 'children on their parent’s statement' : '',
    rule.showCredits || rule.kind === 'balance_forward' ? '' : 'without credits',
  ].filter(Boolean);
  return `${when.charAt(0).toUpperCase()}${when.slice(1)}: ${said.charAt(0).toLowerCase()}${said.slice(1, -1)}${notes.length > 0 ? `, ${notes.join(', ')}` : ''}.`;
}

export async function presentRules(ctx: Context, rules: readonly Rule[]): Promise<z.input<typeof ruleSchema>[]> {
  const names = await readCategoryNames(ctx);
  const calendar = await readBusinessCalendar(ctx);
  const today = ctx.clock.today();
  return rules.map(({ lookedOn, ...rule }) => ({
    ...rule,
    sentence: sentenceOf(rule, names),
    activatedOn: rule.activatedOn?.toString() ?? null,
    lastRunOn: rule.lastRunOn?.toString() ?? null,
    nextRunOn: rule.active ? (nextDue(rule.schedule, lookedOn?.equals(today) ? today.add({ days: 1 }) : today, calendar)?.toString() ?? null) : null,
    createdAt: rule.createdAt.toString(),
    updatedAt: rule.updatedAt.toString(),
  }));
}

export function presentVersion({ archived, ...version }: RuleVersion, names: ReadonlyMap<string, string>): z.input<typeof versionSchema> {
  const sentence = sentenceOf({ ...version, templateName: version.templateName ?? 'a removed template' }, names);
  return { ...version, sentence, deleted: archived, savedAt: version.savedAt.toString() };
}

export async function presentRuns(ctx: Context, runs: readonly Run[]): Promise<z.input<typeof runSchema>[]> {
  const names = new Map((await readRules(ctx)).map((rule) => [rule.id, rule.name]));
  return runs.map((run) => ({
    id: run.id,
    asOf: run.asOf.toString(),
    kind: run.kind,
    state: run.state,
    rules: run.ruleIds.map((id) => ({ id, name: names.get(id) ?? 'A deleted rule' })),
    days: run.days.map(String),
    mails: run.mails,
    startedBy: run.actorName,
    statements: run.statementCount,
    held: run.heldCount,
    amounts: run.totals.map(({ currency, minor }) => toJson(money(BigInt(minor), currency))),
    startedAt: run.startedAt.toString(),
    finishedAt: run.finishedAt?.toString() ?? null,
  }));
}

const retryable = ({ failed, held, mails }: Progress): number => failed + held + mails.failed + mails.uncertain;

export async function presentRunDetail(ctx: Context, run: Run): Promise<z.input<typeof runDetailSchema>> {
  const progress = await readProgress(ctx, run.id);
  const { holds, ...counts } = progress;
  return {
    ...(await presentRuns(ctx, [run]))[0]!,
    progress: { ...counts, retryable: retryable(progress) },
    holds: holds.map(({ hold, count }) => ({ reason: hold, text: holdText(hold), count })),
  };
}

export const presentStatement = (row: ListedStatement): z.input<typeof statementSchema> => ({
  id: row.id,
  number: row.number,
  kind: row.kind,
  customer: { id: row.customerId, number: row.customerNumber, name: row.customerName },
  currency: row.currency,
  asOf: row.asOf.toString(),
  from: row.fromOn?.toString() ?? null,
  total: toJson(money(row.totalMinor, row.currency)),
  overdue: toJson(money(row.overdueMinor, row.currency)),
  invoiceCount: row.invoiceCount,
  runId: row.ruleId === null ? null : row.runId,
  ruleName: row.ruleName,
  ruleVersion: row.ruleVersion,
  state: row.state,
  failure: row.failure,
  hold: row.hold === null ? null : { reason: row.hold, text: holdText(row.hold) },
  emailId: row.emailId,
  emailState: row.emailState,
  emailReason: row.emailReason,
  sentTo: row.toAddress,
  createdAt: row.createdAt.toString(),
});

export function presentDetail(row: ListedStatement, full: FullStatement): z.input<typeof statementDetailSchema> {
  const { content, currency } = full;
  const amount = (minor: string | bigint) => toJson(money(BigInt(minor), currency));
  let balance = BigInt(content.opening ?? '0');
  return {
    ...presentStatement(row),
    lines: content.lines.map((line) => ({ ...line, amount: amount(line.amount), open: amount(line.open) })),
    opening: content.opening === null ? null : amount(content.opening),
    movements: content.movements.map((one) => {
      balance += BigInt(one.amount);
      return { on: one.on, text: movementWords[one.what], number: one.number, amount: amount(one.amount), balance: amount(balance), customer: one.customer };
    }),
    left: content.left,
    aging: {
      current: amount(content.aging.current),
      days1To30: amount(content.aging.days1To30),
      days31To60: amount(content.aging.days31To60),
      days61To90: amount(content.aging.days61To90),
      over90: amount(content.aging.over90),
      credits: amount(content.aging.credits),
    },
  };
}
