/** A back-test worked out: both sides replayed or read, compared, and nothing left behind. */
import type { Context } from '../../platform/context.ts';
import type { Tx } from '../../platform/database/database.ts';
import { type Baseline, type Candidate, rulesOf } from './candidate.ts';
import { requireKept } from './history.ts';
import { emailRows } from './queries-past.ts';
import * as queries from './queries-replay.ts';
import { closeBooks, enterPast, everyRow, openBooks, putRules, widenTemporaryBuffers, withoutTrace } from './queries-world.ts';
import { type Period, Replay, startOf } from './replay.ts';

export interface BacktestSpec extends Period {
  candidate: Candidate;
  baseline: Baseline;
}

export interface BacktestListeners {
  /** After each day; throws to stop. */
  progress(daysDone: number, daysTotal: number): Promise<void>;
  /** Each customer once, in pages by their ids. */
  customers(rows: queries.ComparedCustomer[]): Promise<void>;
}

export interface BacktestResult {
  days: queries.ComparedDay[];
  /** Of a replay of the rules that were live: whether it decided what is on record. */
  proof: queries.ReplayProof | null;
}

const PAGE = 2000;

/** How many days the back-test goes through, both sides counted. */
export const daysOf = ({ from, to, baseline }: BacktestSpec): number => (from.until(to).days + 1) * (baseline.kind === 'sent' ? 1 : 2);

export async function workOut(ctx: Context, spec: BacktestSpec, listeners: BacktestListeners): Promise<BacktestResult> {
  const total = daysOf(spec);
  let done = 0;
  const step = () => listeners.progress(++done, total);
  const from = startOf(ctx, spec.from);
  await widenTemporaryBuffers(ctx);
  return withoutTrace(ctx, async (planned) => {
    await requireKept(ctx, 'from', from);
    await enterPast(ctx, from);
    // what it was put together from may have gone meanwhile
    await requireKept(ctx, 'from', from);
    await queries.putOnlyContacts(ctx);
    await queries.openComparison(ctx);
    let proof = await replaySide(ctx, planned, spec, { candidate: spec.candidate, base: false, step });
    if (spec.baseline.kind === 'sent') await queries.keepSent(ctx, from, startOf(ctx, spec.to.add({ days: 1 })));
    else proof = (await replaySide(ctx, planned, spec, { candidate: spec.baseline, base: true, step })) ?? proof;
    const days = await queries.readComparedDays(ctx);
    await queries.compareCustomers(ctx);
    let after: string | null = null;
    for (;;) {
      const page: queries.ComparedCustomer[] = await queries.readComparedCustomers(ctx, after, PAGE);
      if (page.length > 0) await listeners.customers(page);
      if (page.length < PAGE) return { days, proof };
      after = page.at(-1)!.customerId;
    }
  });
}

/** Replays one side over the period and keeps its mails for the comparison. */
async function replaySide(
  ctx: Context,
  planned: Tx,
  { from, to }: Period,
  { candidate, base, step }: { candidate: Candidate; base: boolean; step: () => Promise<void> },
): Promise<BacktestResult['proof']> {
  const since = startOf(ctx, from);
  const before = startOf(ctx, to.add({ days: 1 }));
  await openBooks(ctx, since, from);
  const asked = await putRules(ctx, await rulesOf(ctx, candidate, from, since));
  const replay = await Replay.open(ctx, planned, since, asked);
  if (candidate.kind === 'live') await replayLive(ctx, replay, { from, to }, step);
  else
    for (let day = from; Temporal.PlainDate.compare(day, to) <= 0; day = day.add({ days: 1 })) {
      for (const { at, hour } of await replay.slots(day)) if (Temporal.Instant.compare(at, ctx.clock.now()) <= 0) await replay.runDaily(day, at, hour);
      await step();
    }
  await queries.keepSimulated(ctx, base);
  const proof = candidate.kind === 'live' ? await queries.compareWithRecord(ctx, since, before) : null;
  await closeBooks(ctx);
  return proof;
}

/** The runs that there were, each at its moment; their mails had the fates on record. */
async function replayLive(ctx: Context, replay: Replay, { from, to }: Period, step: () => Promise<void>): Promise<void> {
  const since = startOf(ctx, from);
  await queries.putRealFates(ctx, since, emailRows(everyRow));
  const runs = await queries.readRecordedRuns(ctx, since, startOf(ctx, to.add({ days: 1 })));
  for (let day = from; Temporal.PlainDate.compare(day, to) <= 0; day = day.add({ days: 1 })) {
    const end = startOf(ctx, day.add({ days: 1 }));
    while (runs[0] && Temporal.Instant.compare(runs[0].plannedAt, end) < 0) await replay.runRecorded(runs.shift()!);
    await step();
  }
  await replay.catchUp(ctx.clock.now());
}
