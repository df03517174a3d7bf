import { newId } from '../../../../kernel/ids.ts';
import { conflict, invalid, notFound, Problem } from '../../../../kernel/problem.ts';
import { changedKeys, sameJson } from '../../../../kernel/same-json.ts';
import type { Context } from '../../../../platform/context.ts';
import { type Group, parseCondition } from '../../../conditions/index.ts';
import { findStaffUser } from '../../../identity/index.ts';
import { type Cadence, MAX_CADENCES, MAX_STEPS, parseSteps, type Step, stepCustomers, type StepInput, stepInvoices, stepName } from '../cadence.ts';
import { cadenceEvents } from '../events.ts';
import * as queries from '../queries.ts';
import { endSteps } from './manual-steps.ts';
import { leaveAll, takeIn } from './members.ts';
import { archiveRow, saveVersions, setActive } from '../../queries.ts';

export interface CadenceInput {
  name: string;
  customerCondition: Group | null;
  startsPaused: boolean;
  steps: StepInput[];
}

/** All cadences together; each step of an active one is a branch of the planning statement. */
const MAX_ALL_STEPS = 200;

/** A new cadence is switched off. Answers its id. Problems: 422 for steps or condition, 409 when there are too many. */
export async function createCadence(ctx: Context, input: CadenceInput): Promise<string> {
  const values = checked(input);
  const { count, lastPosition } = await queries.countCadences(ctx);
  if (count >= MAX_CADENCES) throw new Problem(409, 'too_many_cadences', `A company can have ${MAX_CADENCES} cadences. Delete one that is not used.`);
  const id = newId();
  await queries.insertCadence(ctx, id, lastPosition + 1, values);
  await writeSteps(ctx, { id, name: values.name, active: false }, [], values.steps);
  await ctx.record({
    type: cadenceEvents.created,
    subjectType: 'cadence',
    subjectId: id,
    data: { name: values.name, after: { ...values, steps: values.steps.length } },
  });
  return id;
}

function checked(input: CadenceInput): CadenceInput {
  const name = input.name.trim();
  if (name === '') throw invalid('name', 'required', 'Write a name for the cadence.');
  const customerCondition = input.customerCondition === null ? null : parseCondition('customer', input.customerCondition, 'customerCondition');
  if (customerCondition && asksCadence(customerCondition))
    throw invalid('customerCondition', 'wrong_field', 'A cadence cannot be asked who is in a cadence. Remove that condition.');
  return { name, customerCondition, startsPaused: input.startsPaused, steps: parseSteps(input.steps) };
}

const asksCadence = (tree: Group): boolean => JSON.stringify(tree).includes('"field":"cadence"');

async function lockCadence(ctx: Context, id: string): Promise<Cadence> {
  const cadence = await queries.readCadence(ctx, id, true);
  if (!cadence) throw notFound('cadence');
  return cadence;
}

/**
 * Changes what is given; steps are given all together. Members stay, and so do decisions of steps that go. `edited` is
 * the version that a person had before them: Problem 409 when it was changed meanwhile.
 */
export async function updateCadence(ctx: Context, id: string, input: Partial<CadenceInput>, edited?: number): Promise<void> {
  const cadence = await lockCadence(ctx, id);
  if (edited !== undefined && edited !== cadence.version)
    throw conflict('changed_meanwhile', 'Somebody changed this cadence meanwhile. Nothing was overwritten.');
  const steps = await queries.readSteps(ctx, [id], true);
  const before: CadenceInput = {
    name: cadence.name,
    customerCondition: cadence.customerCondition,
    startsPaused: cadence.startsPaused,
    steps: steps.map(inputOf),
  };
  const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
  const after = checked({ ...before, ...given });
  const changed = changedKeys(before, after);
  if (changed.length === 0) return;
  if (cadence.active && after.steps.length === 0) throw conflict('no_steps', 'A cadence that is on needs a step. Switch it off first.');
  await queries.updateCadenceRow(ctx, id, after);
  await writeSteps(ctx, { id, name: after.name, active: cadence.active }, steps, after.steps);
  const pick = (values: CadenceInput) =>
    Object.fromEntries(
      changed.map((key) => [key, key === 'steps' ? values.steps.map(({ offsetDays, channel, title }) => ({ offsetDays, channel, title })) : values[key]]),
    );
  await ctx.record({
    type: cadenceEvents.updated,
    subjectType: 'cadence',
    subjectId: id,
    data: { name: after.name, version: cadence.version + 1, before: pick(before), after: pick(after) },
  });
  if (cadence.active && changed.includes('customerCondition')) await takeIn(ctx);
}

export function inputOf(step: Step): StepInput {
  const { id, offsetDays, channel, templateId, to, cc, senderName, senderAddress, title, body, waits, timeoutDays, assignedTo } = step;
  return { id, offsetDays, channel, templateId, to, cc, senderName, senderAddress, title, body, waits, timeoutDays, assignedTo };
}

/** Brings the step rules to what is wanted: new ones are made, others changed in place, those left out archived. */
async function writeSteps(
  ctx: Context,
  cadence: Pick<Cadence, 'id' | 'name' | 'active'>,
  before: readonly Step[],
  wanted: readonly StepInput[],
): Promise<void> {
  if ((await queries.countOtherSteps(ctx, cadence.id)) + wanted.length > MAX_ALL_STEPS)
    throw new Problem(409, 'too_many_steps', `All cadences together can have ${MAX_ALL_STEPS} steps, each of them ${MAX_STEPS}.`);
  const known = new Map(before.map((step) => [step.id, step]));
  const templates = await queries.readTemplateKinds(
    ctx,
    wanted.flatMap((step) => step.templateId ?? []),
  );
  // a task or letter has no mail template, but every rule names one
  const standIn = templates.find((template) => template.isDefault && template.kind === 'reminder') ?? templates[0];
  if (!standIn && wanted.length > 0) throw invalid('steps', 'no_template', 'Make an e-mail template first.');
  const kept: string[] = [];
  for (const [index, step] of wanted.entries()) {
    await checkReferences(ctx, step, index, templates);
    const rule = {
      name: stepName(cadence.name, step),
      templateId: step.templateId ?? standIn!.id,
      invoiceCondition: stepInvoices(step.offsetDays),
      position: index + 1,
    };
    const old = step.id === undefined ? undefined : known.get(step.id);
    if (step.id !== undefined && !old) throw invalid(`steps.${index}.id`, 'unknown', 'This step is not one of this cadence any more. Load the cadence again.');
    const id = old?.id ?? newId();
    const changed = !old || old.name !== rule.name || !sameJson(inputOf(old), { ...step, id });
    if (old) await queries.updateStep(ctx, id, step, { ...rule, changed });
    else await queries.insertStep(ctx, id, cadence.id, step, { ...rule, customerCondition: stepCustomers(cadence.id) });
    if (!old && cadence.active) await setActive(ctx, id, true, ctx.clock.today());
    if (changed) await saveVersions(ctx, [id]);
    kept.push(id);
  }
  for (const step of before)
    if (!kept.includes(step.id)) {
      await archiveRow(ctx, step.id);
      await saveVersions(ctx, [step.id]);
      await endSteps(ctx, { ruleId: step.id }, 'The step was taken out of the cadence.');
    }
}

async function checkReferences(ctx: Context, step: StepInput, index: number, templates: readonly { id: string; kind: string }[]): Promise<void> {
  const kind = step.channel === 'letter' ? 'letter' : 'reminder';
  if (step.templateId !== null && !templates.some((template) => template.id === step.templateId && template.kind === kind))
    throw invalid(`steps.${index}.templateId`, 'unknown', kind === 'letter' ? 'Choose a template for letters.' : 'Choose a template for reminders.');
  if (step.assignedTo === null) return;
  const user = await findStaffUser(ctx, step.assignedTo);
  if (!user || user.disabledAt !== null || user.role === 'viewer')
    throw invalid(`steps.${index}.assignedTo`, 'unknown', 'Choose somebody who works on tasks, or leave it to everybody.');
}

/** The daily run takes its steps from today on, and the customers that its condition names are taken in now. */
export async function activateCadence(ctx: Context, id: string): Promise<void> {
  const cadence = await lockCadence(ctx, id);
  if (cadence.active) return;
  const steps = await queries.readSteps(ctx, [id], true);
  if (steps.length === 0) throw conflict('no_steps', 'Add a step first.');
  await switchTo(ctx, cadence, steps, true);
  await takeIn(ctx);
}

/** Its members stay where they are; manual steps that wait end, because nothing comes after them. */
export async function deactivateCadence(ctx: Context, id: string): Promise<void> {
  const cadence = await lockCadence(ctx, id);
  if (!cadence.active) return;
  await switchTo(ctx, cadence, await queries.readSteps(ctx, [id], true), false);
}

async function switchTo(ctx: Context, cadence: Cadence, steps: readonly Step[], active: boolean): Promise<void> {
  await queries.setCadenceActive(ctx, cadence.id, active);
  for (const step of steps) await setActive(ctx, step.id, active, active ? ctx.clock.today() : null);
  await saveVersions(
    ctx,
    steps.map((step) => step.id),
  );
  if (!active) await endSteps(ctx, { cadenceId: cadence.id }, 'The cadence was switched off.');
  await ctx.record({
    type: active ? cadenceEvents.activated : cadenceEvents.deactivated,
    subjectType: 'cadence',
    subjectId: cadence.id,
    data: { name: cadence.name, before: { active: !active }, after: { active } },
  });
}

/** Out of the list for good: its members are free, its manual steps end, what it decided stays on record. */
export async function archiveCadence(ctx: Context, id: string): Promise<void> {
  const cadence = await lockCadence(ctx, id);
  const steps = await queries.readSteps(ctx, [id], true);
  await endSteps(ctx, { cadenceId: id }, 'The cadence was deleted.');
  await leaveAll(ctx, id);
  for (const step of steps) await archiveRow(ctx, step.id);
  await saveVersions(
    ctx,
    steps.map((step) => step.id),
  );
  await queries.archiveCadenceRow(ctx, id);
  await ctx.record({
    type: cadenceEvents.archived,
    subjectType: 'cadence',
    subjectId: id,
    data: { name: cadence.name, before: { archived: false, active: cadence.active }, after: { archived: true, active: false } },
  });
}

/** The same steps and condition under another name, switched off and without members. */
export async function duplicateCadence(ctx: Context, id: string): Promise<string> {
  const cadence = await queries.readCadence(ctx, id);
  if (!cadence) throw notFound('cadence');
  const steps = (await queries.readSteps(ctx, [id])).map((step) => ({ ...inputOf(step), id: undefined }));
  return createCadence(ctx, {
    name: `Copy of ${cadence.name}`.slice(0, 200),
    customerCondition: cadence.customerCondition,
    startsPaused: cadence.startsPaused,
    steps,
  });
}

/** A customer that several cadences would take goes to the first: this one comes before the one at `position`. */
export async function moveCadence(ctx: Context, id: string, position: number): Promise<void> {
  const cadence = await lockCadence(ctx, id);
  if (cadence.position === position) return;
  await queries.moveCadenceRow(ctx, id, position);
  await ctx.record({
    type: cadenceEvents.updated,
    subjectType: 'cadence',
    subjectId: id,
    data: { name: cadence.name, before: { position: cadence.position }, after: { position } },
  });
}
