/** Where a run meets the cadences: before it plans, and when it hands over what is no plain mail. */
import type { Context } from '../../../platform/context.ts';
import { readRecipients } from '../../customers/index.ts';
import type { Step } from './cadence.ts';
import { beginStep, timeOutSteps } from './commands/manual-steps.ts';
import { takeIn } from './commands/members.ts';
import { writeLetters } from './letters/letters.ts';
import { readStepsAmong } from './queries.ts';

/** What a run decided to send for one customer. */
export interface HandOver {
  customerId: string;
  /** The strongest of the rules that go together. */
  ruleId: string;
  documentIds: readonly string[];
}

/** New customers come in, and steps that nobody did in time let their cadence go on. Before the run's decisions. */
export async function prepareCadences(ctx: Context, runOn: Temporal.PlainDate): Promise<void> {
  await timeOutSteps(ctx, runOn);
  await takeIn(ctx);
}

/** Tasks for people. */
export async function handOverTasks(ctx: Context, run: { id: string; runOn: Temporal.PlainDate }, rows: readonly HandOver[]): Promise<void> {
  const steps = await stepsOf(ctx, rows);
  for (const row of rows) {
    const step = steps.get(row.ruleId);
    if (!step) continue;
    const { cadenceId, title, body, assignedTo, waits, timeoutDays } = step;
    await beginStep(ctx, {
      cadenceId,
      ruleId: row.ruleId,
      title: title!,
      body,
      assignedTo,
      waits,
      timeoutDays,
      customerId: row.customerId,
      day: run.runOn,
      documentIds: row.documentIds,
    });
  }
}

/** Letters that wait for the next print batch. */
export async function handOverLetters(ctx: Context, run: { id: string; runOn: Temporal.PlainDate }, rows: readonly HandOver[]): Promise<void> {
  await writeLetters(
    ctx,
    rows.map((row) => ({
      dedupeKey: `letter:${run.runOn.toString()}:${row.customerId}:${row.ruleId}`,
      customerId: row.customerId,
      ruleId: row.ruleId,
      runId: run.id,
      documentIds: row.documentIds,
    })),
  );
}

export interface StepMail {
  /** To, then copies; suppressed ones are left out. */
  to: string | null;
  cc: string[];
  sender: { name: string | null; address: string | null } | null;
}

/** For the mails of steps: who gets them and who signs them, in the order of `rows`; null for a rule that is no step. */
export async function mailsOfSteps(ctx: Context, rows: readonly HandOver[], isSuppressed: (address: string) => boolean): Promise<(StepMail | null)[]> {
  const steps = await stepsOf(ctx, rows);
  if (steps.size === 0) return rows.map(() => null);
  const addresses = await addressesOf(ctx, rows, steps);
  return rows.map((row) => {
    const step = steps.get(row.ruleId);
    if (!step) return null;
    const of = (purpose: string) => (addresses.get(`${purpose}:${row.customerId}`) ?? []).filter((address) => !isSuppressed(address));
    const [to = null, ...more] = of(step.to);
    const cc = [...new Set([...more, ...step.cc.flatMap(of)])].filter((address) => address !== to);
    const sender = step.senderName === null && step.senderAddress === null ? null : { name: step.senderName, address: step.senderAddress };
    return { to, cc, sender };
  });
}

async function stepsOf(ctx: Context, rows: readonly HandOver[]): Promise<Map<string, Step>> {
  const steps = rows.length === 0 ? [] : await readStepsAmong(ctx, [...new Set(rows.map((row) => row.ruleId))]);
  return new Map(steps.map((step) => [step.id, step]));
}

/** Lower-case addresses by purpose and customer, in the order in which they are written to. */
async function addressesOf(ctx: Context, rows: readonly HandOver[], steps: Map<string, Step>): Promise<Map<string, string[]>> {
  const customers = [...new Set(rows.filter((row) => steps.has(row.ruleId)).map((row) => row.customerId))];
  const found = new Map<string, string[]>();
  for (const purpose of new Set([...steps.values()].flatMap((step) => [step.to, ...step.cc])))
    for (const recipient of await readRecipients(ctx, purpose, customers)) {
      const key = `${purpose}:${recipient.customerId}`;
      found.set(key, [...(found.get(key) ?? []), recipient.email.toLowerCase()]);
    }
  return found;
}
