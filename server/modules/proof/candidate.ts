/** Which rules a back-test asks, and what it compares them with. */
import { z } from 'zod';
import { invalid, notFound } from '../../kernel/problem.ts';
import type { Context } from '../../platform/context.ts';
import type { Sql } from '../../platform/database/sql.ts';
import { idSchema } from '../../platform/http/schemas.ts';
import { groupSchema, parseCondition } from '../conditions/index.ts';
import * as queries from './queries-replay.ts';

const draftSchema = z
  .object({
    name: z.string().trim().min(1).max(200).optional(),
    customerCondition: groupSchema,
    invoiceCondition: groupSchema,
    schedule: z
      .object({
        days: z.union([z.enum(['every', 'weekdays']), z.array(z.number().int().min(1).max(7)).min(1).max(7)]).default('every'),
        hour: z.number().int().min(0).max(23).nullable().default(null),
        holidays: z.enum(['ignore', 'next', 'previous', 'skip']).default('ignore'),
      })
      .optional(),
    repeat: z
      .object({ everyDays: z.number().int().min(1).max(365), limit: z.number().int().min(1).max(1000).nullable().default(null) })
      .nullable()
      .optional(),
  })
  .meta({ id: 'BacktestDraftRule' });

/** The shapes in the API and in the table. */
export const candidateSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('live') }).meta({ description: 'The rules that were live then, each in the version of the day' }),
  z.object({ kind: z.literal('current') }).meta({ description: 'The rules that are active today, as if they had been on all the time' }),
  z.object({
    kind: z.literal('rule'),
    ruleId: idSchema.nullable().default(null),
    version: z.number().int().min(1).nullable().default(null).meta({ description: 'a saved version of the rule; null: as it is now' }),
    draft: draftSchema.nullable().default(null).meta({ description: 'a rule that is not saved; with ruleId in the place of that rule' }),
    together: z.boolean().default(false).meta({ description: 'along with the other rules that were live then' }),
  }),
]);
export const baselineSchema = z.discriminatedUnion('kind', [z.object({ kind: z.literal('sent') }), ...candidateSchema.options]);
export type Candidate = z.infer<typeof candidateSchema>;
export type Baseline = z.infer<typeof baselineSchema>;

type RuleCandidate = Extract<Candidate, { kind: 'rule' }>;

/** A draft that takes no saved rule's place. */
const DRAFT_ID = '00000000-0000-7000-8000-000000000000';

/** The candidate's rules as rows of reminder_rule with their spans. Problems: 404 and 422 for rules that are not there or make no sense. */
export async function rulesOf(ctx: Context, candidate: Candidate, from: Temporal.PlainDate, since: Temporal.Instant): Promise<Sql> {
  if (candidate.kind === 'live') return queries.liveRules(since);
  if (candidate.kind === 'current') return queries.currentRules(from);
  const row = await ruleRow(ctx, candidate, from);
  const given = queries.givenRule(row);
  return candidate.together ? queries.bothRules(given, queries.liveRules(since, candidate.ruleId)) : given;
}

/** Refuses a candidate that cannot be asked. */
export async function checkCandidate(ctx: Context, candidate: Candidate, path: string): Promise<void> {
  if (candidate.kind === 'rule') await ruleRow(ctx, candidate, ctx.clock.today(), path);
}

/** "Overdue by 7 days, version 3, against what was sent". */
export async function titleOf(ctx: Context, candidate: Candidate, baseline: Baseline): Promise<string> {
  const against = baseline.kind === 'sent' ? 'what was sent' : await nameOf(ctx, baseline);
  const name = await nameOf(ctx, candidate);
  return `${name.charAt(0).toUpperCase()}${name.slice(1)} against ${against}`;
}

async function nameOf(ctx: Context, candidate: Candidate): Promise<string> {
  if (candidate.kind === 'live') return 'the rules that were on';
  if (candidate.kind === 'current') return "today's rules";
  const { ruleId, version, draft, together } = candidate;
  const saved = ruleId === null ? null : await queries.readRuleRow(ctx, ruleId, version);
  const name = draft?.name ?? String(saved?.rule['name'] ?? 'a draft');
  return `${name}${draft ? ' (draft)' : version === null ? '' : `, version ${version}`}${together ? ' with the other rules' : ''}`;
}

async function ruleRow(
  ctx: Context,
  { ruleId, version, draft }: RuleCandidate,
  from: Temporal.PlainDate,
  path = 'candidate',
): Promise<Record<string, unknown>> {
  const saved = ruleId === null ? null : await queries.readRuleRow(ctx, ruleId, version);
  if (ruleId !== null && !saved) throw notFound(version === null ? 'rule' : 'version');
  if (!saved && !draft) throw invalid(path, 'required', 'Name a rule or give a draft.');
  const base = saved?.rule ?? (await queries.readBlankRule(ctx)).rule;
  const schedule = draft?.schedule ?? (draft ? undefined : base['schedule']) ?? { days: 'every', hour: null, holidays: 'ignore' };
  return {
    ...base,
    ...(draft
      ? {
          name: draft.name ?? base['name'] ?? 'Draft',
          customer_condition: parseCondition('customer', draft.customerCondition, `${path}.draft.customerCondition`),
          invoice_condition: parseCondition('invoice', draft.invoiceCondition, `${path}.draft.invoiceCondition`),
          repeat: draft.repeat ?? null,
        }
      : {}),
    schedule,
    hour: (schedule as { hour: number | null }).hour,
    id: ruleId ?? DRAFT_ID,
    tenant_id: ctx.tenant.id,
    active: true,
    archived_at: null,
    activated_on: from.toString(),
    asks_from: null,
    last_run_on: null,
  };
}
