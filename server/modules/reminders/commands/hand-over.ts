/** From decisions to what leaves the house: mails to correspondence, tasks and letters to cadences. */
import type { Context } from '../../../platform/context.ts';
import { queueEmails } from '../../correspondence/index.ts';
import { getSettings } from '../../tenants/index.ts';
import { handOverLetters, handOverTasks, mailsOfSteps } from '../cadences/hand-over.ts';
import { type Channel, mailKey, type Reason } from '../rule.ts';
import type { Run } from '../runs/queries.ts';
import * as queries from '../runs/queries-mails.ts';

/** Customers whose mails are written in one transaction: large enough to be set-based, small enough for flat memory. */
const SLICE = 500;
/** Copies of one reminder. */
const MAX_COPIES = 10;

/** Hands over what is decided about the next customers of a run. Answers false when there are no more. */
export async function handOverSlice(ctx: Context, run: Run): Promise<boolean> {
  const planned = await queries.nextMails(ctx, run, SLICE);
  if (planned.length === 0) return false;
  const byChannel = Map.groupBy(planned, (row) => row.channel);
  // letters first: a mail to the same customer then waits for its day
  for (const channel of ['letter', 'email', 'task'] as const) {
    const rows = byChannel.get(channel);
    if (rows) await handOver(channel)(ctx, run, rows);
  }
  await queries.markProgress(ctx, run.id, planned.at(-1)!.customerId);
  await ctx.platform.fault('reminders.mails.before_commit');
  return true;
}

type HandOver = (ctx: Context, run: Run, rows: queries.PlannedMail[]) => Promise<void>;

function handOver(channel: Channel): HandOver {
  return { email: handOverMails, task: handOverTasks, letter: lettersWithinCaps }[channel];
}

/** A letter is a contact like a mail. */
const lettersWithinCaps: HandOver = async (ctx, run, rows) => {
  const { minContactDays } = (await getSettings(ctx)).reminders;
  const ids = rows.map((row) => row.customerId);
  const contacted = minContactDays === 0 ? new Set<string>() : await queries.readContacted(ctx, run, ids, minContactDays);
  const soon = rows.filter((row) => contacted.has(row.customerId));
  if (soon.length > 0) await queries.holdBack(ctx, run, soon, 'too_soon');
  await handOverLetters(
    ctx,
    run,
    rows.filter((row) => !contacted.has(row.customerId)),
  );
};

const handOverMails: HandOver = async (ctx, run, rows) => {
  const addressed = await addressesOf(ctx, rows);
  const held: { row: queries.PlannedMail; reason: Reason }[] = addressed.filter((row) => row.to === null).map(({ row }) => ({ row, reason: 'no_contact' }));
  const { allowed, over } = await withinCaps(
    ctx,
    run,
    addressed.filter((row) => row.to !== null),
  );
  held.push(...over);
  for (const [reason, group] of Map.groupBy(held, (one) => one.reason))
    await queries.holdBack(
      ctx,
      run,
      group.map(({ row }) => row),
      reason,
    );
  await queueEmails(
    ctx,
    allowed.map(({ row, to, cc, sender }) => ({
      dedupeKey: mailKey(run.runOn, row.customerId, run.grouping === 'per_rule' ? row.ruleId : null),
      kind: 'reminder' as const,
      customerId: row.customerId,
      templateId: row.templateId,
      runId: run.id,
      toAddress: to!,
      ccAddresses: cc.slice(0, MAX_COPIES),
      payload: { documentIds: row.documentIds, ruleIds: row.ruleIds, day: run.runOn.toString(), ...(sender ? { sender } : {}) },
    })),
  );
};

interface Addressed {
  row: queries.PlannedMail;
  to: string | null;
  cc: string[];
  sender: { name: string | null; address: string | null } | null;
}

/** A rule writes to the contacts for reminders; a step of a cadence says itself to whom. */
async function addressesOf(ctx: Context, rows: readonly queries.PlannedMail[]): Promise<Addressed[]> {
  const plain = rows.map((row) => ({ row, to: row.addresses[0] ?? null, cc: row.addresses.slice(1), sender: null }));
  const steps = plain.filter(({ row }) => row.cadenceId !== null);
  if (steps.length === 0) return plain;
  const suppressed = await queries.readSuppressed(
    ctx,
    steps.map(({ row }) => row.customerId),
  );
  const mails = await mailsOfSteps(
    ctx,
    steps.map(({ row }) => row),
    (address) => suppressed.has(address),
  );
  const bySteps = new Map(steps.map(({ row }, index) => [row, mails[index]]));
  return plain.map((mail) => ({ ...mail, ...bySteps.get(mail.row) }));
}

/**
 * The planner kept the caps by what it knew. What was queued since then, such as by a person, counts too: no run passes
 * a cap.
 */
async function withinCaps(
  ctx: Context,
  run: Run,
  rows: readonly Addressed[],
): Promise<{ allowed: Addressed[]; over: { row: queries.PlannedMail; reason: Reason }[] }> {
  const { minContactDays, weeklyCap } = (await getSettings(ctx)).reminders;
  const contacts =
    minContactDays === 0
      ? new Set<string>()
      : await queries.readContacted(
          ctx,
          run,
          rows.map(({ row }) => row.customerId),
          minContactDays,
        );
  const counts =
    weeklyCap === null
      ? new Map<string, number>()
      : await queries.countWritten(
          ctx,
          rows.map(({ to }) => to!.toLowerCase()),
        );
  const allowed: Addressed[] = [];
  const over: { row: queries.PlannedMail; reason: Reason }[] = [];
  for (const mail of rows) {
    const address = mail.to!.toLowerCase();
    const count = counts.get(address) ?? 0;
    if (contacts.has(mail.row.customerId)) over.push({ row: mail.row, reason: 'too_soon' });
    else if (weeklyCap !== null && count >= weeklyCap) over.push({ row: mail.row, reason: 'cap_reached' });
    else {
      counts.set(address, count + 1);
      allowed.push(mail);
    }
  }
  return { allowed, over };
}
