import { newId } from '../../../kernel/ids.ts';
import { conflict, invalid, notFound } from '../../../kernel/problem.ts';
import type { Context, Work } from '../../../platform/context.ts';
import { type OutboundRow, queueEmails, sendAgain } from '../../correspondence/index.ts';
import { getSettings, readBusinessCalendar } from '../../tenants/index.ts';
import { frameOf } from '../content.ts';
import { type Chunk, type Progressed, readChunk, recordProgress } from '../documents/queries.ts';
import { statementEvents } from '../events.ts';
import { type Plan, type PlannedRule, writeStatements } from '../planning/queries.ts';
import { claimRules, readRules, readTemplatesOf } from '../queries.ts';
import { mailKey, type Rule } from '../rule.ts';
import * as runs from '../runs/queries.ts';
import { firstPeriodStart, isDue } from '../schedule.ts';
import { readStale } from '../stale.ts';
import { type DrawnChunk, drawChunk, readLogo } from './draw.ts';

/** Customers whose statements are drawn, kept and mailed together: one query each way, and flat memory. */
const CHUNK = 200;
/** Copies of one statement. */
const MAX_COPIES = 10;

/**
 * Looks at the rules whose hour has come, each once a day, and begins a run of those that are due. Null when somebody
 * looked already or none is due. Days without a look are made up for as far back as the setting says; the statements are
 * as of today.
 */
export async function startScheduledRun(ctx: Context): Promise<string | null> {
  const { statements } = await getSettings(ctx);
  const claimed = await claimRules(ctx, statements.hour);
  if (claimed.size === 0) return null;
  const calendar = await readBusinessCalendar(ctx);
  const today = ctx.clock.today();
  const due = (await readRules(ctx, true)).flatMap((rule) => {
    const before = claimed.get(rule.id);
    if (!before || rule.activatedOn === null) return [];
    const since = [before.add({ days: 1 }), rule.activatedOn, today.subtract({ days: statements.catchUpDays })].sort(Temporal.PlainDate.compare).at(-1)!;
    const days = daysFrom(since, today);
    return days.some((day) => isDue(rule.schedule, day, calendar)) ? [{ rule, days }] : [];
  });
  if (due.length === 0) return null;
  const first = due.map(({ days }) => days[0]!).sort(Temporal.PlainDate.compare)[0]!;
  return start(ctx, { kind: 'scheduled', rules: due.map(({ rule }) => rule), days: daysFrom(first, today), mails: true });
}

const daysFrom = (first: Temporal.PlainDate, last: Temporal.PlainDate): Temporal.PlainDate[] =>
  Array.from({ length: first.until(last, { largestUnit: 'days' }).days + 1 }, (_, n) => first.add({ days: n }));

/** Begins a run of the rules given, or of all that are on, as of today. Problem 422 when there is none. */
export async function startManualRun(ctx: Context, input: { ruleIds: readonly string[] | null; mails: boolean }): Promise<string> {
  const all = await readRules(ctx);
  const rules = input.ruleIds === null ? all.filter((rule) => rule.active) : all.filter((rule) => input.ruleIds!.includes(rule.id));
  if (rules.length === 0)
    throw invalid('ruleIds', 'no_rule', input.ruleIds === null ? 'No rule is on. Switch one on, or name the rules to run.' : 'None of these rules exists.');
  return start(ctx, { kind: 'manual', rules, days: [ctx.clock.today()], mails: input.mails });
}

async function start(
  ctx: Context,
  { kind, rules, days, mails }: { kind: 'scheduled' | 'manual'; rules: readonly Rule[]; days: Temporal.PlainDate[]; mails: boolean },
): Promise<string> {
  const id = newId();
  const ruleIds = rules.map((rule) => rule.id);
  const frame = frameOf(ctx.tenant, await getSettings(ctx), ctx.platform.config.publicUrl);
  const asOf = ctx.clock.today();
  await runs.insertRun(ctx, { id, asOf, kind, ruleIds, days, mails, frame });
  await ctx.record({
    type: statementEvents.runStarted,
    subjectType: 'statement_run',
    subjectId: id,
    data: { asOf: asOf.toString(), kind, mails, rules: rules.map((rule) => rule.name) },
  });
  return id;
}

export async function planOf(ctx: Context, asOf: Temporal.PlainDate, rules: readonly Rule[]): Promise<Plan> {
  const ids = rules.map((rule) => rule.id);
  const last = await runs.readLastRuns(ctx, ids, asOf);
  const planned = rules.map(
    ({ id, version, kind, family, showCredits, skipZero, skipCredit, customerCondition, invoiceCondition, schedule }): PlannedRule => ({
      ruleId: id,
      version,
      options: { kind, family, showCredits, skipZero, skipCredit },
      customerCondition,
      invoiceCondition,
      fromOn: last.get(id)?.add({ days: 1 }) ?? firstPeriodStart(schedule, asOf),
    }),
  );
  return { asOf, rules: planned, single: null, stale: await readStale(ctx) };
}

/** Writes the statements of a run that has none yet. Answers false when another worker is at it or it is done. */
export async function planRun(ctx: Context, runId: string): Promise<boolean> {
  const run = await runs.claimRun(ctx, runId);
  if (!run) return false;
  if (run.plannedAt) return true;
  await runs.lockPlanning(ctx);
  const rules = (await readRules(ctx)).filter((rule) => run.ruleIds.includes(rule.id));
  await writeStatements(ctx, run.id, await planOf(ctx, run.asOf, rules));
  await runs.markPlanned(ctx, run.id);
  await ctx.platform.fault('statements.plan.before_commit');
  return true;
}

interface ReadyChunk {
  /** Where it begins: the run must stand here when it is recorded. */
  after: string | null;
  chunk: Chunk;
  drawn: DrawnChunk;
}

/** Reads the next chunk and draws it. Null at the end. */
async function prepare(work: Work, runId: string, after: string | null): Promise<ReadyChunk | null> {
  const read = await work.transaction(async (ctx) => {
    const run = await runs.readRun(ctx, runId);
    const chunk = await readChunk(ctx, runId, after, CHUNK);
    return run && chunk.doneTo !== null ? { run, chunk, logo: await readLogo(ctx, run.frame) } : null;
  });
  if (!read) return null;
  const { run, chunk, logo } = read;
  const undrawn = chunk.statements.filter((statement) => statement.state === 'planned');
  return { after, chunk, drawn: await drawChunk(work.platform, work.tenantId, run.frame, logo, undrawn) };
}

/**
 * One transaction: what was drawn, the mails of these customers, and how far the run came. False when another worker
 * went on with the run meanwhile; then nothing is written.
 */
async function recordChunk(ctx: Context, runId: string, { after, chunk, drawn }: ReadyChunk): Promise<boolean> {
  const run = await runs.claimRun(ctx, runId);
  if (!run || run.doneTo !== after) return false;
  await ctx.platform.files.record(ctx, drawn.kept);
  await recordProgress(ctx, await progressOf(ctx, run, chunk, drawn));
  await runs.markProgress(ctx, runId, chunk.doneTo!);
  await ctx.platform.fault('statements.mails.before_commit');
  return true;
}

/** The statements of a chunk as they stand after it: each row is written once. */
async function progressOf(ctx: Context, run: runs.Run, chunk: Chunk, drawn: DrawnChunk): Promise<Progressed[]> {
  const fresh = new Map(drawn.rows.map((row) => [row.id, row]));
  const after = chunk.statements.map(
    (one): Progressed => ({ ...(fresh.get(one.id) ?? { id: one.id, fileId: one.fileId, failure: one.failure }), emailId: one.emailId, hold: one.hold }),
  );
  if (!run.mails) return after;
  const carried = await queueMails(ctx, run, chunk, new Set(after.filter((one) => one.failure !== null).map((one) => one.id)));
  return after.map((one) => ({ ...one, ...carried.get(one.id) }));
}

/** Writes the mails of a chunk. Answers, by statement, the mail that carries it or why there is none. */
async function queueMails(
  ctx: Context,
  run: runs.Run,
  chunk: Chunk,
  failed: ReadonlySet<string>,
): Promise<Map<string, { emailId: string } | { hold: string }>> {
  const templates = await readTemplatesOf(ctx, run.ruleIds);
  const byCustomer = Map.groupBy(chunk.statements, (statement) => statement.customerId);
  // a customer's currencies travel in one mail: it waits until all of them are drawn
  const sendable = [...byCustomer.values()].filter((list) => list.every((one) => one.emailId === null && one.hold === null && !failed.has(one.id)));
  const found = await runs.readAddresses(
    ctx,
    sendable.map((list) => list[0]!.customerId),
  );
  const addresses = new Map(found.map((row) => [row.customerId, row.addresses]));
  const mails = sendable.flatMap((list): (OutboundRow & { id: string })[] => {
    const { customerId, ruleId } = list[0]!;
    const [to, ...cc] = addresses.get(customerId) ?? [];
    const templateId = templates.get(ruleId ?? '');
    if (to === undefined || templateId === undefined) return [];
    return [
      {
        id: newId(),
        dedupeKey: mailKey(run.id, customerId),
        kind: 'statement',
        customerId,
        templateId,
        runId: run.id,
        toAddress: to,
        ccAddresses: cc.slice(0, MAX_COPIES),
        payload: { statementIds: list.map((one) => one.id), day: run.asOf.toString() },
      },
    ];
  });
  const written = new Set(await queueEmails(ctx, mails));
  const mailOf = new Map(mails.filter((mail) => written.has(mail.id)).map((mail) => [mail.customerId!, mail.id]));
  return new Map(
    sendable.flat().map((one) => {
      const emailId = mailOf.get(one.customerId);
      return [one.id, emailId === undefined ? { hold: 'no_contact' } : { emailId }];
    }),
  );
}

async function finish(ctx: Context, runId: string): Promise<void> {
  const run = await runs.claimRun(ctx, runId);
  if (!run) return;
  await runs.markPlanned(ctx, runId);
  await runs.markDone(ctx, runId);
  const done = (await runs.readRun(ctx, runId))!;
  await ctx.record({
    type: statementEvents.runFinished,
    subjectType: 'statement_run',
    subjectId: runId,
    data: { asOf: run.asOf.toString(), kind: run.kind, statements: done.statementCount, held: done.heldCount, totals: done.totals },
  });
  await ctx.platform.fault('statements.finish.before_commit');
}

/**
 * Brings a run to its end, from wherever it stands: plan, then chunk after chunk, each drawn while the one before is
 * recorded. Every chunk is recorded in one transaction that finds the run where the chunk begins, so several workers or
 * a second try after a crash do nothing twice.
 */
export async function executeRun(work: Work, runId: string): Promise<void> {
  if (!(await work.transaction((ctx) => planRun(ctx, runId)))) return;
  await work.platform.fault('statements.plan.after_commit');
  const from = (await work.transaction((ctx) => runs.readRun(ctx, runId)))!.doneTo;
  let next = prepare(work, runId, from);
  for (let ready = await next; ready; ready = await next) {
    const current = ready;
    next = prepare(work, runId, current.chunk.doneTo);
    // when this chunk cannot be recorded, the one being drawn is of no use and its failure no news
    next.catch(() => {});
    if (!(await work.transaction((ctx) => recordChunk(ctx, runId, current)))) return;
    await work.platform.fault('statements.mails.after_commit');
  }
  await work.transaction((ctx) => finish(ctx, runId));
}

export interface Retried {
  /** Statements that are drawn or looked at again. */
  statements: number;
  /** Mails that go out again. */
  mails: number;
}

/**
 * What failed, and only that, is tried once more: statements that could not be drawn, those held back, and mails that
 * were refused or of which nobody knows whether they arrived. Whoever still cannot be written to is left alone.
 * Problems: 404; 409 while the run is under way.
 */
export async function retryRun(ctx: Context, runId: string): Promise<Retried> {
  const run = await runs.readRun(ctx, runId);
  if (!run || run.kind === 'single') throw notFound('run');
  if (run.state === 'running') throw conflict('run_under_way', 'The run is still under way. Wait until it is done.');
  const statements = await runs.planAgain(ctx, runId, await readStale(ctx));
  const mails = await runs.readTroubledMails(ctx, runId);
  if (statements === 0 && mails.length === 0) return { statements: 0, mails: 0 };
  if (statements > 0) await runs.reopen(ctx, runId);
  await ctx.record({ type: statementEvents.runRetried, subjectType: 'statement_run', subjectId: runId, data: { statements, mails: mails.length } });
  return { statements, mails: mails.length };
}

/** Mails that go again in one transaction. */
const MAILS_AT_ONCE = 100;

/** The second half of a retry, in a job: each mail that failed goes where its customer's mail goes now. */
export async function retryMails(work: Work, runId: string): Promise<void> {
  let after: string | null = null;
  do {
    const from: string | null = after;
    after = await work.transaction(async (ctx) => {
      const mails = await runs.readTroubledMails(ctx, runId, from, MAILS_AT_ONCE);
      for (const { id, addresses } of mails) await sendAgain(ctx, id, addresses.slice(0, MAX_COPIES + 1));
      return mails.length < MAILS_AT_ONCE ? null : mails.at(-1)!.id;
    });
  } while (after !== null);
}
