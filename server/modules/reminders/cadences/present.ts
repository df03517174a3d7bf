/** Cadences, manual steps and letters in the form of the API. */
import type { z } from 'zod';
import { money, toJson } from '../../../kernel/money.ts';
import type { Context } from '../../../platform/context.ts';
import { describeCustomers } from '../../conditions/index.ts';
import { readCategoryNames } from '../../customers/index.ts';
import { batchNumber, type Cadence, letterNumber, type Step, stepSentence } from './cadence.ts';
import { addressOf } from './letters/content.ts';
import type { Batch, Letter } from './letters/queries.ts';
import type { CadenceRow } from './queries.ts';
import type { Member } from './queries-members.ts';
import { type ManualStep, readStepInvoices } from './queries-steps.ts';
import type { batchSchema, cadenceRowSchema, cadenceSchema, letterSchema, manualStepSchema, memberSchema, stepSchema } from './schemas.ts';

function assignmentWords(cadence: Pick<Cadence, 'customerCondition'>, names: Map<string, string>): string {
  if (cadence.customerCondition === null) return 'Customers are put in by hand.';
  return `Takes in ${describeCustomers(cadence.customerCondition, (id) => names.get(id) ?? null)}.`;
}

function common(cadence: Cadence, names: Map<string, string>) {
  const { id, name, customerCondition, startsPaused, active, position, version } = cadence;
  const times = { createdAt: cadence.createdAt.toString(), updatedAt: cadence.updatedAt.toString() };
  return { id, name, customerCondition, assignment: assignmentWords(cadence, names), startsPaused, active, position, version, ...times };
}

export async function presentCadences(ctx: Context, rows: readonly CadenceRow[], steps: readonly Step[]): Promise<z.input<typeof cadenceRowSchema>[]> {
  const names = await readCategoryNames(ctx);
  const byCadence = Map.groupBy(steps, (step) => step.cadenceId);
  return rows.map((row) => ({
    ...common(row, names),
    steps: (byCadence.get(row.id) ?? []).map(stepSentence),
    activeMembers: row.activeMembers,
    pausedMembers: row.pausedMembers,
    openSteps: row.openSteps,
  }));
}

export async function presentCadence(
  ctx: Context,
  cadence: Cadence,
  steps: readonly Step[],
  counts: { active: number; paused: number; removed: number; openSteps: number },
): Promise<z.input<typeof cadenceSchema>> {
  return {
    ...common(cadence, await readCategoryNames(ctx)),
    steps: steps.map(presentStep),
    activeMembers: counts.active,
    pausedMembers: counts.paused,
    removedMembers: counts.removed,
    openSteps: counts.openSteps,
  };
}

const presentStep = ({ cadenceId: _, name: __, position: ___, ...step }: Step): z.input<typeof stepSchema> => ({
  ...step,
  sentence: stepSentence({ ...step }),
});

export const presentMember = (member: Member): z.input<typeof memberSchema> => ({
  customer: { id: member.customerId, number: member.number, name: member.name },
  state: member.state,
  addedBy: member.addedBy,
  joinedOn: member.joinedOn.toString(),
  since: member.since.toString(),
  openSteps: member.openSteps,
});

const SHOWN_INVOICES = 20;

export async function presentManualSteps(ctx: Context, steps: readonly ManualStep[]): Promise<z.input<typeof manualStepSchema>[]> {
  const open = new Map((await readStepInvoices(ctx, [...new Set(steps.flatMap((step) => step.documentIds))])).map((one) => [one.id, one]));
  return steps.map((step) => {
    const invoices = step.documentIds.map((id) => open.get(id)).filter((one) => one !== undefined);
    const sums = new Map<string, bigint>();
    for (const { currency, openMinor } of invoices) sums.set(currency, (sums.get(currency) ?? 0n) + openMinor);
    return {
      id: step.id,
      cadence: { id: step.cadenceId, name: step.cadenceName },
      title: step.title,
      body: step.body,
      assignedTo: step.assignedTo,
      assignedName: step.assignedName,
      customer: { id: step.customerId, number: step.customerNumber, name: step.customerName },
      day: step.day.toString(),
      waits: step.waits,
      until: step.until?.toString() ?? null,
      state: step.state,
      taskId: step.taskId,
      amounts: [...sums].map(([currency, minor]) => toJson(money(minor, currency))),
      invoices: invoices
        .slice(0, SHOWN_INVOICES)
        .map((one) => ({ id: one.id, number: one.number, dueOn: one.dueOn.toString(), balance: toJson(money(one.openMinor, one.currency)) })),
      note: step.note,
      beganAt: step.beganAt.toString(),
      endedBy: step.endedBy,
      endedAt: step.endedAt?.toString() ?? null,
    };
  });
}

export const presentLetter = (letter: Letter): z.input<typeof letterSchema> => ({
  id: letter.id,
  number: letterNumber(letter.number),
  customer: { id: letter.customerId, number: letter.customerNumber, name: letter.customerName },
  cadence: letter.cadenceId === null ? null : { id: letter.cadenceId, name: letter.cadenceName! },
  subject: letter.content?.subject ?? letter.title ?? letter.templateName,
  state: letter.state,
  reason: letter.reason,
  address: letter.content?.to.address ?? addressOf(letter),
  addressTyped: letter.address !== null,
  invoices: letter.content?.invoices.length ?? letter.documentIds.length,
  batch: letter.batchId === null ? null : { id: letter.batchId, number: batchNumber(letter.batchNumber!) },
  writtenOn: letter.writtenOn.toString(),
  printedOn: letter.printedOn?.toString() ?? null,
});

export const presentBatch = (batch: Batch): z.input<typeof batchSchema> => ({
  id: batch.id,
  number: batchNumber(batch.number),
  state: batch.state,
  letters: batch.letterCount,
  paper: batch.paper,
  madeBy: batch.madeBy,
  madeAt: batch.madeAt.toString(),
  endedBy: batch.endedBy,
  endedAt: batch.endedAt?.toString() ?? null,
});
