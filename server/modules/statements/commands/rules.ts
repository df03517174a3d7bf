import { newId } from '../../../kernel/ids.ts';
import { conflict, invalid, notFound, Problem } from '../../../kernel/problem.ts';
import { changedKeys, sameJson } from '../../../kernel/same-json.ts';
import type { Context } from '../../../platform/context.ts';
import { parseCondition } from '../../conditions/index.ts';
import { categoriesNamed } from '../../customers/index.ts';
import { defaultTemplateId } from '../../templates/index.ts';
import { getSettings } from '../../tenants/index.ts';
import { statementEvents } from '../events.ts';
import * as queries from '../queries.ts';
import { MAX_RULES, type Rule, type RuleValues } from '../rule.ts';
import { defaultRules, offers, sampleCustomers } from '../samples.ts';
import type { Schedule } from '../schedule.ts';

/** A new rule is switched off. Answers its id. Problems: 422 for conditions, schedule or template, 409 when there are too many. */
export async function createRule(ctx: Context, input: RuleValues): Promise<string> {
  const values = await checked(ctx, input);
  const { count, lastPosition } = await queries.countRules(ctx);
  if (count >= MAX_RULES) throw new Problem(409, 'too_many_rules', `A company can have ${MAX_RULES} statement rules. Delete one that is not used.`);
  const id = newId();
  await queries.insertRule(ctx, id, lastPosition + 1, values);
  await queries.keepVersion(ctx, id);
  await ctx.record({ type: statementEvents.ruleCreated, subjectType: 'statement_rule', subjectId: id, data: { after: { ...values } } });
  return id;
}

async function checked(ctx: Context, input: RuleValues): Promise<RuleValues> {
  const customerCondition = parseCondition('customer', input.customerCondition, 'customerCondition');
  const invoiceCondition = parseCondition('invoice', input.invoiceCondition, 'invoiceCondition');
  const schedule = checkedSchedule(input.schedule);
  if (!(await queries.readTemplateName(ctx, input.templateId))) throw invalid('templateId', 'unknown', 'Choose an e-mail template.');
  const { name, templateId, kind, family, showCredits, skipZero, skipCredit, attachXlsx } = input;
  return { name: name.trim(), templateId, customerCondition, invoiceCondition, schedule, kind, family, showCredits, skipZero, skipCredit, attachXlsx };
}

/** Days fit their period, sorted and each once. Problem 422. */
export function checkedSchedule({ period, days, holidays, hour }: Schedule): Schedule {
  if (period === 'daily') return { period, days: [], holidays, hour };
  const unique = [...new Set(days)].sort((a, b) => a - b);
  if (unique.length === 0) throw invalid('schedule.days', 'required', period === 'weekly' ? 'Choose a day of the week.' : 'Choose a day of the month.');
  const [low, high] = period === 'weekly' ? [1, 7] : [0, 31];
  if (unique.some((day) => day < low || day > high))
    throw invalid(
      'schedule.days',
      'wrong_day',
      period === 'weekly' ? 'Weekdays are 1 (Monday) to 7 (Sunday).' : 'Days of the month are 1 to 31; 0 is the last day.',
    );
  return { period, days: unique, holidays, hour };
}

async function lockRule(ctx: Context, id: string): Promise<Rule> {
  const rule = await queries.readRule(ctx, id, true);
  if (!rule) throw notFound('rule');
  return rule;
}

/** A rule that was only switched on or off since still has the values that were edited. */
async function refuseOverwriting(ctx: Context, rule: Rule, edited: number): Promise<void> {
  const base = await queries.readVersion(ctx, rule.id, edited);
  if (base && sameJson(valuesOf(base), valuesOf(rule))) return;
  const [last] = await queries.listVersions(ctx, rule.id, null, 1);
  throw conflict('changed_meanwhile', `${last?.savedBy ?? 'Somebody'} saved this rule meanwhile, as version ${rule.version}. Nothing was overwritten.`);
}

const valuesOf = (rule: RuleValues): RuleValues => {
  const { name, templateId, customerCondition, invoiceCondition, schedule, kind, family, showCredits, skipZero, skipCredit, attachXlsx } = rule;
  return { name, templateId, customerCondition, invoiceCondition, schedule, kind, family, showCredits, skipZero, skipCredit, attachXlsx };
};

/**
 * Changes the given fields and counts the version up; says nothing when nothing differs. `edited` is the version that a
 * person had before them: Problem 409 when somebody saved another meanwhile.
 */
export async function updateRule(ctx: Context, id: string, input: Partial<RuleValues>, edited?: number): Promise<void> {
  const rule = await lockRule(ctx, id);
  if (edited !== undefined && edited !== rule.version) await refuseOverwriting(ctx, rule, edited);
  const before = valuesOf(rule);
  const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
  const after = await checked(ctx, { ...before, ...given });
  const changed = changedKeys(before, after);
  if (changed.length === 0) return;
  await queries.updateRuleRow(ctx, id, after);
  await queries.keepVersion(ctx, id);
  const pick = (values: RuleValues) => Object.fromEntries(changed.map((key) => [key, values[key]]));
  await ctx.record({
    type: statementEvents.ruleUpdated,
    subjectType: 'statement_rule',
    subjectId: id,
    data: { version: rule.version + 1, before: pick(before), after: pick(after) },
  });
}

/**
 * Makes the rule again what it was in that version: a change as any other, with a version of its own. It stays switched
 * on or off as it is. Problems: 404 for an unknown version, 422 when its template or a condition does not exist any more.
 */
export async function restoreVersion(ctx: Context, id: string, version: number): Promise<void> {
  await lockRule(ctx, id);
  const kept = await queries.readVersion(ctx, id, version);
  if (!kept) throw notFound('version');
  await updateRule(ctx, id, valuesOf(kept));
}

/** On: asked from its next hour on, days before are not made up for. Off: its runs stay. Says nothing when it is so already. */
export async function switchRule(ctx: Context, id: string, active: boolean): Promise<void> {
  const rule = await lockRule(ctx, id);
  if (rule.active === active) return;
  await queries.setActive(ctx, id, active, (await getSettings(ctx)).statements.hour);
  await queries.keepVersion(ctx, id);
  await ctx.record({
    type: active ? statementEvents.ruleActivated : statementEvents.ruleDeactivated,
    subjectType: 'statement_rule',
    subjectId: id,
    data: { name: rule.name, before: { active: !active }, after: { active } },
  });
}

/** Out of the list for good; its statements stay and keep its name. */
export async function archiveRule(ctx: Context, id: string): Promise<void> {
  const rule = await lockRule(ctx, id);
  await queries.archiveRow(ctx, id);
  await queries.keepVersion(ctx, id);
  await ctx.record({
    type: statementEvents.ruleArchived,
    subjectType: 'statement_rule',
    subjectId: id,
    data: { name: rule.name, before: { archived: false, active: rule.active }, after: { archived: true, active: false } },
  });
}

export async function duplicateRule(ctx: Context, id: string): Promise<string> {
  const rule = await queries.readRule(ctx, id);
  if (!rule) throw notFound('rule');
  return createRule(ctx, { ...valuesOf(rule), name: `Copy of ${rule.name}`.slice(0, 200) });
}

/** Adds one of the guide's rules, switched off, with the categories that it speaks of. Answers the rule's id. */
export async function addSampleRule(ctx: Context, key: string, templateId: string | undefined): Promise<string> {
  const sample = offers.find((candidate) => candidate.key === key);
  if (!sample) throw invalid('sample', 'unknown', `The samples are ${offers.map((candidate) => candidate.key).join(', ')}.`);
  const template = templateId ?? (await defaultTemplateId(ctx, 'statement'));
  return createRule(ctx, {
    name: sample.name,
    templateId: template,
    schedule: sample.schedule,
    customerCondition: sampleCustomers(await categoriesNamed(ctx, sample.categories)),
    invoiceCondition: sample.invoiceCondition,
    ...sample.options,
  });
}

/** The two rules of a new company, switched off. */
export async function seedDefaultRules(ctx: Context, templateId: string): Promise<void> {
  let position = 0;
  for (const { options, ...rule } of defaultRules) {
    const id = newId();
    await queries.insertRule(ctx, id, ++position, { ...rule, ...options, templateId });
    await queries.keepVersion(ctx, id);
  }
}
