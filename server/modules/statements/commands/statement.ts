import { newId } from '../../../kernel/ids.ts';
import { conflict, invalid, notFound } from '../../../kernel/problem.ts';
import type { Context, Work } from '../../../platform/context.ts';
import { plainAddress } from '../../../platform/mail/address.ts';
import { queueEmails } from '../../correspondence/index.ts';
import { readCustomer, readRecipients } from '../../customers/index.ts';
import { defaultTemplateId, readTemplate } from '../../templates/index.ts';
import { getSettings } from '../../tenants/index.ts';
import { frameOf } from '../content.ts';
import { countSending, listStatements, readStatement, readStatements, recordDrawn, recordMails } from '../documents/queries.ts';
import { statementEvents } from '../events.ts';
import { type Plan, writeStatements } from '../planning/queries.ts';
import { readRule } from '../queries.ts';
import type { Family, StatementKind } from '../rule.ts';
import * as runs from '../runs/queries.ts';
import { drawChunk, readLogo } from './draw.ts';

export interface SingleInput {
  customerId: string;
  asOf: Temporal.PlainDate;
  kind: StatementKind;
  family: Family;
  showCredits: boolean;
  /** Null: one statement for each currency in which there is something to tell. */
  currency: string | null;
  /** Balance forward: the first day of the movements; null is the first of the month of `asOf`. */
  from: Temporal.PlainDate | null;
}

const nothing = { combinator: 'and' as const, conditions: [] };

/**
 * Makes numbered statements of one customer as of a day and keeps their PDFs; nothing is sent. Answers their ids.
 * Problems: 404, 422 for a day that has not come or a period that ends before it begins.
 */
export async function makeStatements(work: Work, input: SingleInput): Promise<string[]> {
  const runId = await work.transaction((ctx) => planSingle(ctx, input));
  const { statements, frame, logo } = await work.transaction(async (ctx) => {
    const rows = await listStatements(ctx, { runId }, null, 200);
    const full = await readStatements(
      ctx,
      rows.map((row) => row.id),
    );
    const run = (await runs.readRun(ctx, runId))!;
    return { statements: full, frame: run.frame, logo: await readLogo(ctx, run.frame) };
  });
  const drawn = await drawChunk(work.platform, work.tenantId, frame, logo, statements);
  await work.transaction(async (ctx) => {
    await ctx.platform.files.record(ctx, drawn.kept);
    await recordDrawn(ctx, drawn.rows);
  });
  return statements.map((statement) => statement.id);
}

async function planSingle(ctx: Context, input: SingleInput): Promise<string> {
  const customer = await readCustomer(ctx, input.customerId);
  if (!customer) throw notFound('customer');
  const { asOf } = input;
  if (Temporal.PlainDate.compare(asOf, ctx.clock.today()) > 0)
    throw invalid('asOf', 'in_the_future', `${asOf.toString()} has not come yet. A statement says what is owed on a day that has come.`);
  const fromOn = input.from ?? asOf.with({ day: 1 });
  if (Temporal.PlainDate.compare(fromOn, asOf) > 0)
    throw invalid('from', 'after_the_end', 'The first day of the movements must not be after the date of the statement.');
  const runId = newId();
  const frame = frameOf(ctx.tenant, await getSettings(ctx), ctx.platform.config.publicUrl);
  await runs.insertRun(ctx, { id: runId, asOf, kind: 'single', ruleIds: [], days: [], mails: false, frame });
  await runs.lockPlanning(ctx);
  const planFor = (currency: string | null, skipZero: boolean): Plan => ({
    asOf,
    rules: [
      {
        ruleId: null,
        version: null,
        options: { kind: input.kind, family: input.family, showCredits: input.showCredits, skipZero, skipCredit: false },
        customerCondition: nothing,
        invoiceCondition: nothing,
        fromOn,
      },
    ],
    single: { customerId: input.customerId, currency },
    stale: false,
  });
  // in the currencies in which something is open; when there is none, one that says so
  const count = await writeStatements(ctx, runId, planFor(input.currency, input.currency === null));
  if (count === 0) await writeStatements(ctx, runId, planFor(input.currency ?? ctx.tenant.currency, false));
  await runs.markPlanned(ctx, runId);
  await runs.markDone(ctx, runId);
  const made = await listStatements(ctx, { runId }, null, 200);
  for (const { id, number, kind } of made)
    await ctx.record({
      type: statementEvents.made,
      subjectType: 'statement',
      subjectId: id,
      customerId: input.customerId,
      data: { number, kind, asOf: asOf.toString() },
    });
  return runId;
}

export interface SendInput {
  /** Null: the contacts that get statements. */
  to: readonly string[] | null;
  /** Null: the one of its rule, else the default for statements. */
  templateId: string | null;
}

const MAX_RECIPIENTS = 10;

/**
 * Queues one more mail with the statement; a person has decided. Answers the mail's id. Problems: 404; 409 when its PDF
 * could not be drawn; 422 for addresses that are none or a customer without any.
 */
export async function sendStatement(ctx: Context, id: string, input: SendInput): Promise<string> {
  const statement = await readStatement(ctx, id);
  if (!statement) throw notFound('statement');
  if (statement.state === 'failed') throw conflict('not_drawn', `The PDF of ${statement.number} could not be drawn: ${statement.failure}`);
  const addresses = await recipients(ctx, statement.customerId, input.to);
  const rule = statement.ruleId === null ? null : await readRule(ctx, statement.ruleId);
  const templateId = input.templateId ?? rule?.templateId ?? (await defaultTemplateId(ctx, 'statement'));
  const template = await readTemplate(ctx, templateId);
  if (!template || template.archivedAt !== null) throw invalid('templateId', 'unknown', 'Choose an e-mail template.');
  const emailId = newId();
  const count = await countSending(ctx, id);
  const [written] = await queueEmails(ctx, [
    {
      id: emailId,
      dedupeKey: `statement:${id}:by_hand:${count}`,
      kind: 'statement',
      customerId: statement.customerId,
      templateId,
      toAddress: addresses[0]!,
      ccAddresses: addresses.slice(1),
      payload: { statementIds: [id], day: statement.asOf.toString() },
    },
  ]);
  if (written === undefined) throw invalid('to', 'invalid_email', `"${addresses[0]}" is not an e-mail address.`);
  await recordMails(ctx, [{ id, emailId }]);
  await ctx.record({
    type: statementEvents.queued,
    subjectType: 'statement',
    subjectId: id,
    customerId: statement.customerId,
    data: { number: statement.number, to: addresses, emailId },
  });
  return emailId;
}

async function recipients(ctx: Context, customerId: string, given: readonly string[] | null): Promise<string[]> {
  if (given === null) {
    const found = (await readRecipients(ctx, 'statements', [customerId])).map((one) => one.email.toLowerCase()).slice(0, MAX_RECIPIENTS);
    if (found.length === 0) throw invalid('to', 'no_contact', 'The customer has no contact. Write an address, or add a contact first.');
    return found;
  }
  const wrong = given.find((address) => plainAddress(address.trim().toLowerCase()) === null);
  if (wrong !== undefined) throw invalid('to', 'invalid_email', `"${wrong.slice(0, 100)}" is not an e-mail address.`);
  return [...new Set(given.map((address) => address.trim().toLowerCase()))].slice(0, MAX_RECIPIENTS);
}
