import { newId } from '../../../kernel/ids.ts';
import { conflict, invalid, notFound, Problem } from '../../../kernel/problem.ts';
import { changedKeys, sameJson } from '../../../kernel/same-json.ts';
import type { Context } from '../../../platform/context.ts';
import { categoriesNamed } from '../../customers/index.ts';
import { type Group, parseCondition } from '../../conditions/index.ts';
import { reminderEvents } from '../events.ts';
import * as queries from '../queries.ts';
import { MAX_RULES, type Rule } from '../rule.ts';
import { defaultRules, offers, sampleCustomers } from '../samples.ts';
import { everyDaySchedule, type Repeat, type Schedule } from '../schedule.ts';

export interface RuleInput {
  name: string;
  templateId: string;
  customerCondition: Group;
  invoiceCondition: Group;
  /** Left out: every day at the company's hour. */
  schedule?: Schedule | undefined;
  repeat?: Repeat | null | undefined;
}

/** A new rule is switched off. Answers its id. Problems: 422 for conditions or template, 409 when there are too many. */
export async function createRule(ctx: Context, input: RuleInput): Promise<string> {
  const values = await checked(ctx, input);
  const { count, lastPosition } = await queries.countRules(ctx);
  if (count >= MAX_RULES) throw new Problem(409, 'too_many_rules', `A company can have ${MAX_RULES} rules. Delete one that is not used.`);
  const id = newId();
  await queries.insertRule(ctx, id, lastPosition + 1, values);
  await queries.saveVersions(ctx, [id]);
  await ctx.record({ type: reminderEvents.ruleCreated, subjectType: 'reminder_rule', subjectId: id, data: { after: { ...values } } });
  return id;
}

async function checked(ctx: Context, input: RuleInput): Promise<queries.RuleValues> {
  const customerCondition = parseCondition('customer', input.customerCondition, 'customerCondition');
  const invoiceCondition = parseCondition('invoice', input.invoiceCondition, 'invoiceCondition');
  if (!(await queries.readTemplateName(ctx, input.templateId))) throw invalid('templateId', 'unknown', 'Choose an e-mail template.');
  const schedule = tidy(input.schedule ?? everyDaySchedule);
  return { name: input.name.trim(), templateId: input.templateId, customerCondition, invoiceCondition, schedule, repeat: input.repeat ?? null };
}

/** One form for the same days: in their order, and by name where they have one. */
export function tidy({ days, hour, holidays }: Schedule): Schedule {
  if (!Array.isArray(days)) return { days, hour, holidays };
  const sorted = [...new Set(days)].sort((a, b) => a - b);
  const name = sorted.length === 7 ? 'every' : sorted.join() === '1,2,3,4,5' ? 'weekdays' : sorted;
  return { days: name, hour, holidays };
}

async function lockRule(ctx: Context, id: string): Promise<Rule> {
  const rule = await queries.readRule(ctx, id, true);
  // a step is changed by its cadence
  if (!rule || rule.cadenceId !== null) throw notFound('rule');
  return rule;
}

/**
 * Changes the given fields and counts the version up; says nothing when nothing differs. `edited` is the version that a
 * person had before them: Problem 409 when somebody saved other values meanwhile.
 */
export async function updateRule(ctx: Context, id: string, input: Partial<RuleInput>, edited?: number): Promise<void> {
  const rule = await lockRule(ctx, id);
  if (edited !== undefined && edited !== rule.version) await refuseOverwriting(ctx, rule, edited);
  const before = valuesOf(rule);
  const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
  const after = await checked(ctx, { ...before, ...given });
  const changed = changedKeys(before, after);
  if (changed.length === 0) return;
  await queries.updateRuleRow(ctx, id, after, before.schedule.hour !== after.schedule.hour);
  await queries.saveVersions(ctx, [id]);
  const pick = (values: queries.RuleValues) => Object.fromEntries(changed.map((key) => [key, values[key]]));
  await ctx.record({
    type: reminderEvents.ruleUpdated,
    subjectType: 'reminder_rule',
    subjectId: id,
    data: { version: rule.version + 1, before: pick(before), after: pick(after) },
  });
}

/** A rule that was only switched on or off since still has the values that were edited. */
async function refuseOverwriting(ctx: Context, rule: Rule, edited: number): Promise<void> {
  const base = await queries.readVersion(ctx, rule.id, edited);
  if (base && sameJson(valuesOf(base), valuesOf(rule))) return;
  const [last] = await queries.listVersions(ctx, rule.id, null, 1);
  throw conflict('changed_meanwhile', `${last?.savedBy ?? 'Somebody'} saved this rule meanwhile, as version ${rule.version}. Nothing was overwritten.`);
}

const valuesOf = ({ name, templateId, customerCondition, invoiceCondition, schedule, repeat }: queries.RuleValues): queries.RuleValues => ({
  name,
  templateId,
  customerCondition,
  invoiceCondition,
  schedule,
  repeat,
});

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

/** The daily run asks the rule from today on; days before are not made up for. */
export async function activateRule(ctx: Context, id: string): Promise<void> {
  const rule = await lockRule(ctx, id);
  if (rule.active) return;
  await queries.setActive(ctx, id, true, ctx.clock.today());
  await queries.saveVersions(ctx, [id]);
  await ctx.record({
    type: reminderEvents.ruleActivated,
    subjectType: 'reminder_rule',
    subjectId: id,
    data: { name: rule.name, before: { active: false }, after: { active: true } },
  });
}

export async function deactivateRule(ctx: Context, id: string): Promise<void> {
  const rule = await lockRule(ctx, id);
  if (!rule.active) return;
  await queries.setActive(ctx, id, false, null);
  await queries.saveVersions(ctx, [id]);
  await ctx.record({
    type: reminderEvents.ruleDeactivated,
    subjectType: 'reminder_rule',
    subjectId: id,
    data: { name: rule.name, before: { active: true }, after: { active: false } },
  });
}

/** Out of the list for good; its decisions stay and keep its name. */
export async function archiveRule(ctx: Context, id: string): Promise<void> {
  const rule = await lockRule(ctx, id);
  await queries.archiveRow(ctx, id);
  await queries.saveVersions(ctx, [id]);
  await ctx.record({
    type: reminderEvents.ruleArchived,
    subjectType: 'reminder_rule',
    subjectId: id,
    data: { name: rule.name, before: { archived: false, active: rule.active }, after: { archived: true, active: false } },
  });
}

export async function duplicateRule(ctx: Context, id: string): Promise<string> {
  const rule = await queries.readRule(ctx, id);
  if (!rule || rule.cadenceId !== null) throw notFound('rule');
  return createRule(ctx, { ...valuesOf(rule), name: `Copy of ${rule.name}`.slice(0, 200) });
}

/** Adds one of the guide's sample rules, switched off, with the categories that it speaks of. Answers the rule's id. */
export async function addSampleRule(ctx: Context, key: string, templateId: string | undefined): Promise<string> {
  const sample = offers.find((candidate) => candidate.key === key);
  if (!sample) throw invalid('sample', 'unknown', `The samples are ${offers.map((candidate) => candidate.key).join(', ')}.`);
  const template = templateId ?? (await queries.readFirstTemplate(ctx))?.id;
  if (template === undefined) throw invalid('templateId', 'required', 'Make an e-mail template first.');
  return createRule(ctx, {
    name: sample.name,
    templateId: template,
    customerCondition: sampleCustomers(await categoriesNamed(ctx, sample.categories)),
    invoiceCondition: sample.invoiceCondition,
  });
}

/** The seven rules of a new company, switched off. */
export async function seedDefaultRules(ctx: Context, templateId: string): Promise<void> {
  const ids = defaultRules.map(() => newId());
  for (const [index, rule] of defaultRules.entries())
    await queries.insertRule(ctx, ids[index]!, index + 1, { ...rule, templateId, schedule: everyDaySchedule, repeat: null });
  await queries.saveVersions(ctx, ids);
}
