/** Rules, runs and decisions in the form of the API. */
import type { z } from 'zod';
import { money, toJson } from '../../kernel/money.ts';
import type { Context } from '../../platform/context.ts';
import { arityOf, describe, fields, formFields, habits, operatorLabels, operatorsOf } from '../conditions/index.ts';
import { readCategoryNames } from '../customers/index.ts';
import { getSettings, readBusinessCalendar } from '../tenants/index.ts';
import type { Preview } from './inspection/preview.ts';
import { type DecisionRow, readCodes, readCustomFields, type RuleVersion } from './queries.ts';
import { reasonText, type Outcome, type Rule } from './rule.ts';
import { expectedMails } from './commands/heartbeat.ts';
import { readDailyRuns, type Run } from './runs/queries.ts';
import { countMailStates } from './runs/queries-watch.ts';
import { nextDayOf } from './schedule.ts';
import type { decisionSchema, fieldsSchema, previewSchema, ruleSchema, runSchema, versionSchema } from './schemas.ts';

export async function presentRules(ctx: Context, rules: readonly Rule[]): Promise<z.input<typeof ruleSchema>[]> {
  const names = await readCategoryNames(ctx);
  const { reminders } = await getSettings(ctx);
  const calendar = await readBusinessCalendar(ctx);
  const today = ctx.clock.today();
  const begun = new Set((await readDailyRuns(ctx, today)).map((run) => run.hour));
  const nextRunOn = (rule: Pick<Rule, 'schedule'>) =>
    nextDayOf(rule.schedule, reminders.quietDays, calendar, begun.has(rule.schedule.hour) ? today.add({ days: 1 }) : today);
  return rules.map(({ archivedAt: _, asksFrom: __, ...rule }) => ({
    ...rule,
    sentence: describe(rule, (id) => names.get(id) ?? null),
    activatedOn: rule.activatedOn?.toString() ?? null,
    lastRunOn: rule.lastRunOn?.toString() ?? null,
    nextRunOn: rule.active ? (nextRunOn(rule)?.toString() ?? null) : null,
    createdAt: rule.createdAt.toString(),
    updatedAt: rule.updatedAt.toString(),
  }));
}

export function presentVersion(version: RuleVersion, names: ReadonlyMap<string, string>): z.input<typeof versionSchema> {
  const { archived, savedAt, ...rest } = version;
  const sentence = describe({ ...rest, templateName: rest.templateName ?? 'a removed template' }, (id) => names.get(id) ?? null);
  return { ...rest, sentence, deleted: archived, savedAt: savedAt.toString() };
}

export const presentRun = (run: Run, states: Record<string, number> | null = run.mailStates): z.input<typeof runSchema> => ({
  id: run.id,
  runOn: run.runOn.toString(),
  kind: run.kind,
  hour: run.hour,
  state: run.state,
  days: run.days.map(String),
  missedDays: run.missedDays.map(String),
  grouping: run.grouping,
  startedBy: run.actorName,
  mails: run.sentCount,
  tasks: run.taskCount,
  letters: run.letterCount,
  merged: run.mergedCount,
  held: run.heldCount,
  amounts: run.totals.map(({ currency, minor }) => toJson(money(BigInt(minor), currency))),
  allowedMails: run.allowedCount,
  releasedBy: run.releasedBy,
  releasedAt: run.releasedAt?.toString() ?? null,
  delivery: states === null ? null : presentDelivery(run, states),
  startedAt: run.startedAt.toString(),
  finishedAt: run.finishedAt?.toString() ?? null,
});

function presentDelivery(run: Run, states: Record<string, number>): z.input<typeof runSchema>['delivery'] {
  const { withdrawn = 0, failed = 0, uncertain = 0, ready = 0, sending = 0 } = states;
  return { ...expectedMails(run, states), onTheWay: ready + sending, withdrawn, failed, uncertain };
}

/** Runs with what became of their mails: as kept, or of those that are not at their end counted now. */
export async function presentRuns(ctx: Context, runs: readonly Run[]): Promise<z.input<typeof runSchema>[]> {
  const counts = await countMailStates(
    ctx,
    runs.filter((run) => run.mailStates === null).map((run) => run.id),
  );
  return runs.map((run) => presentRun(run, run.mailStates ?? counts.get(run.id)!));
}

/** What the form offers, with the custom fields and the codes that are in use. */
export async function presentFields(ctx: Context): Promise<z.input<typeof fieldsSchema>['fields']> {
  const custom = { customer_custom: await readCustomFields(ctx, 'customer'), invoice_custom: await readCustomFields(ctx, 'document') };
  const codes = new Map((await readCodes(ctx)).map((found) => [found.name, found.values]));
  codes.set('currency', [...new Set([...(codes.get('currency') ?? []), ctx.tenant.currency])].sort());
  const valuesOf = (name: (typeof formFields)[number]) =>
    name === 'customer_custom' || name === 'invoice_custom' ? custom[name] : [{ name: null, values: codes.get(name) ?? [] }];
  return formFields.map((name) => ({
    name,
    box: fields[name].box,
    label: fields[name].label,
    kind: fields[name].kind as z.input<typeof fieldsSchema>['fields'][number]['kind'],
    choices: fields[name].kind === 'habit' ? Object.entries(habits).map(([value, label]) => ({ value, label })) : null,
    names: name === 'customer_custom' || name === 'invoice_custom' ? custom[name].map((found) => found.name) : null,
    known: valuesOf(name).filter((found) => found.values.length > 0),
    operators: operatorsOf(name).map((operator) => ({ name: operator, label: operatorLabels[operator], values: arityOf(operator) })),
  }));
}

const SHOWN_DOCUMENTS = 50;

export const presentDecision = (row: DecisionRow): z.input<typeof decisionSchema> => ({
  customer: { id: row.customerId, number: row.customerNumber, name: row.customerName },
  day: row.day.toString(),
  rule: { id: row.ruleId, name: row.ruleName, version: row.ruleVersion, channel: row.channel },
  runId: row.runId,
  outcome: row.outcome as Outcome,
  reason: row.reason,
  text: reasonText(row.reason),
  amount: toJson(money(row.openMinor, row.currency)),
  invoices: row.documentIds.length,
  documentIds: row.documentIds.slice(0, SHOWN_DOCUMENTS),
  emailId: row.emailId,
  emailState: row.emailState,
  leftOut: row.leftOut.slice(0, SHOWN_DOCUMENTS).map((one) => ({ ...one, text: reasonText(one.reason) })),
  decidedAt: row.decidedAt.toString(),
});

export const presentPreview = ({ mails, tasks, letters, merged, held, heldReasons, invoices, amounts }: Preview): z.input<typeof previewSchema> => ({
  mails,
  tasks,
  letters,
  merged,
  held,
  heldReasons: Object.entries(heldReasons).map(([reason, count]) => ({ reason, text: reasonText(reason), count })),
  invoices,
  amounts,
});
