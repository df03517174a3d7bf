import { z } from 'zod';
import { money, toJson } from '../../kernel/money.ts';
import { notFound } from '../../kernel/problem.ts';
import type { Context } from '../../platform/context.ts';
import { decodeCursor, encodeCursor } from '../../platform/http/cursor.ts';
import { type Endpoint, endpoint } from '../../platform/http/endpoint.ts';
import { idSchema, instantSchema, listQuery, pageOf } from '../../platform/http/schemas.ts';
import * as commands from './commands/rules.ts';
import { readCategoryNames } from '../customers/index.ts';
import { describeDraft, MAX_CONDITIONS, MAX_DAYS, MAX_DEPTH } from '../conditions/index.ts';
import { type DraftRule, nextRunAt, readUpcoming, testRule } from './inspection/preview.ts';
import { presentFields, presentPreview, presentRules, presentRun, presentVersion } from './present.ts';
import { listVersions, readRule, readRules, readTemplateName } from './queries.ts';
import { reasonText } from './rule.ts';
import { cadenceEndpoints } from './cadences/endpoints.ts';
import { runEndpoints } from './run-endpoints.ts';
import { watchEndpoints } from './watch-endpoints.ts';
import { listRuns } from './runs/queries.ts';
import { offers } from './samples.ts';
import { everyDaySchedule } from './schedule.ts';
import {
  changesBody,
  draftBody,
  fieldsSchema,
  newRuleBody,
  ruleSchema,
  runSchema,
  sentenceBody,
  testSchema,
  upcomingSchema,
  versionSchema,
} from './schemas.ts';

const tag = 'Invoice reminders';
const byId = z.object({ id: idSchema });

const exampleRule = {
  name: 'Overdue by 7 days',
  templateId: '01920000-0000-7000-8000-000000000001',
  customerCondition: { combinator: 'and', conditions: [{ field: 'customer_category', operator: 'all' }] },
  invoiceCondition: { combinator: 'and', conditions: [{ field: 'overdue_by', operator: 'equal', value: 7 }] },
  schedule: { days: 'weekdays', hour: null, holidays: 'next' },
  repeat: null,
};
const draftExample = { customerCondition: exampleRule.customerCondition, invoiceCondition: exampleRule.invoiceCondition };

async function show(ctx: Context, id: string): Promise<z.input<typeof ruleSchema>> {
  const rule = await readRule(ctx, id);
  if (!rule) throw notFound('rule');
  return (await presentRules(ctx, [rule]))[0]!;
}

const rules: Endpoint[] = [
  endpoint({
    method: 'get',
    path: '/v1/reminder-rules',
    permission: 'reminders.read',
    tag,
    summary: 'List the rules',
    description: 'All of them, in their order, with the last run and the moment of the next.',
    response: z.object({ items: z.array(ruleSchema), nextCursor: z.null(), lastRun: runSchema.nullable(), nextRunAt: instantSchema }),
    handler: async (ctx) => {
      const [last] = await listRuns(ctx, null, 1);
      return {
        items: await presentRules(ctx, await readRules(ctx)),
        nextCursor: null,
        lastRun: last ? presentRun(last) : null,
        nextRunAt: (await nextRunAt(ctx)).toString(),
      };
    },
  }),
  endpoint({
    method: 'post',
    path: '/v1/reminder-rules',
    permission: 'reminders.write',
    tag,
    summary: 'Create a rule',
    description: 'A new rule is switched off.',
    body: newRuleBody,
    response: ruleSchema,
    status: 201,
    idempotent: true,
    example: { request: exampleRule },
    handler: async (ctx, { body }) => show(ctx, await commands.createRule(ctx, body)),
  }),
  endpoint({
    method: 'post',
    path: '/v1/reminder-rules/test',
    permission: 'reminders.read',
    tag,
    summary: 'Test a rule that is not saved',
    description: 'What it would send today and why. Nothing is written.',
    body: draftBody,
    query: z.object(listQuery),
    response: testSchema,
    example: { request: draftExample },
    handler: (ctx, { body, query }) => test(ctx, body, query),
  }),
  endpoint({
    method: 'get',
    path: '/v1/reminder-rules/{id}',
    permission: 'reminders.read',
    tag,
    summary: 'Read a rule',
    description: 'Also one that is a step of a cadence; the cadence changes it.',
    params: byId,
    response: ruleSchema,
    handler: (ctx, { params }) => show(ctx, params.id),
  }),
  endpoint({
    method: 'patch',
    path: '/v1/reminder-rules/{id}',
    permission: 'reminders.write',
    tag,
    summary: 'Change a rule',
    description: 'Fields that are left out stay. Each change counts the version up. With `version`, what somebody saved meanwhile is not overwritten: 409.',
    params: byId,
    body: changesBody,
    response: ruleSchema,
    example: { request: { name: 'Overdue by a week' } },
    handler: async (ctx, { params, body: { version, ...changes } }) => {
      await commands.updateRule(ctx, params.id, changes as Partial<commands.RuleInput>, version);
      return show(ctx, params.id);
    },
  }),
  endpoint({
    method: 'delete',
    path: '/v1/reminder-rules/{id}',
    permission: 'reminders.write',
    tag,
    summary: 'Delete a rule',
    description: 'It leaves the list; what it decided stays on record.',
    params: byId,
    response: z.null(),
    status: 204,
    handler: async (ctx, { params }) => {
      await commands.archiveRule(ctx, params.id);
      return null;
    },
  }),
  endpoint({
    method: 'post',
    path: '/v1/reminder-rules/{id}/activate',
    permission: 'reminders.write',
    tag,
    summary: 'Switch a rule on',
    description: 'From today on: days before are not made up for.',
    params: byId,
    response: ruleSchema,
    handler: async (ctx, { params }) => {
      await commands.activateRule(ctx, params.id);
      return show(ctx, params.id);
    },
  }),
  endpoint({
    method: 'post',
    path: '/v1/reminder-rules/{id}/deactivate',
    permission: 'reminders.write',
    tag,
    summary: 'Switch a rule off',
    params: byId,
    response: ruleSchema,
    handler: async (ctx, { params }) => {
      await commands.deactivateRule(ctx, params.id);
      return show(ctx, params.id);
    },
  }),
  endpoint({
    method: 'post',
    path: '/v1/reminder-rules/{id}/duplicate',
    permission: 'reminders.write',
    tag,
    summary: 'Copy a rule',
    params: byId,
    response: ruleSchema,
    status: 201,
    idempotent: true,
    handler: async (ctx, { params }) => show(ctx, await commands.duplicateRule(ctx, params.id)),
  }),
  endpoint({
    method: 'post',
    path: '/v1/reminder-rules/{id}/test',
    permission: 'reminders.read',
    tag,
    summary: 'Test a rule',
    description: 'What it would send today and why. Nothing is written.',
    params: byId,
    query: z.object(listQuery),
    response: testSchema,
    handler: async (ctx, { params, query }) => {
      const rule = await readRule(ctx, params.id);
      if (!rule) throw notFound('rule');
      return test(ctx, rule, query);
    },
  }),
];

async function test(ctx: Context, draft: DraftRule, { cursor, limit }: { cursor?: string | undefined; limit: number }): Promise<z.input<typeof testSchema>> {
  const { summary, customers } = await testRule(ctx, draft, cursor === undefined ? null : decodeCursor('reminder-test', cursor), limit);
  const last = customers.length === limit ? customers.at(-1)!.row : null;
  return {
    day: ctx.clock.today().toString(),
    summary: presentPreview(summary),
    customers: customers.map(({ row, invoices }) => ({
      customer: { id: row.customerId, number: row.customerNumber, name: row.customerName },
      contact: row.email === null ? null : { email: row.email, name: row.contactName },
      outcome: row.outcome,
      reason: row.reason,
      text: reasonText(row.reason),
      amount: toJson(money(BigInt(row.minor), row.currency)),
      invoiceCount: row.invoiceCount,
      invoices: invoices.map(({ openMinor, dueOn, ...invoice }) => ({ ...invoice, dueOn: dueOn.toString(), balance: toJson(money(openMinor, row.currency)) })),
    })),
    nextCursor: last ? encodeCursor('reminder-test', [last.sortName, last.customerId, last.currency]) : null,
  };
}

const versions: Endpoint[] = [
  endpoint({
    method: 'post',
    path: '/v1/reminder-rules/sentence',
    permission: 'reminders.read',
    tag,
    summary: 'Say a rule as a sentence',
    description: 'Of a rule that is being edited; what is missing stands as an ellipsis. Nothing is written.',
    body: sentenceBody,
    response: z.object({ sentence: z.string() }),
    example: { request: draftExample },
    handler: async (ctx, { body }) => ({ sentence: await sentenceOf(ctx, body) }),
  }),
  endpoint({
    method: 'get',
    path: '/v1/reminder-rules/{id}/versions',
    permission: 'reminders.read',
    tag,
    summary: 'List the versions of a rule',
    description: 'Newest first: the rule as it was from each change on, also when it was switched on or off. Decisions name the version that made them.',
    params: byId,
    query: z.object(listQuery),
    response: pageOf(versionSchema),
    handler: async (ctx, { params, query }) => {
      const before = query.cursor === undefined ? null : Number(decodeCursor('rule-versions', query.cursor)[0]);
      const found = await listVersions(ctx, params.id, before, query.limit + 1);
      if (found.length === 0 && before === null) throw notFound('rule');
      const names = await readCategoryNames(ctx);
      const items = found.slice(0, query.limit);
      return {
        items: items.map((version) => presentVersion(version, names)),
        nextCursor: found.length > query.limit ? encodeCursor('rule-versions', [String(items.at(-1)!.version)]) : null,
      };
    },
  }),
  endpoint({
    method: 'post',
    path: '/v1/reminder-rules/{id}/versions/{version}/restore',
    permission: 'reminders.write',
    tag,
    summary: 'Restore a version of a rule',
    description: 'Name, template, conditions, schedule and repeat become what they were, as a new version. It stays switched on or off as it is.',
    params: z.object({ id: idSchema, version: z.coerce.number().int().min(1).max(1_000_000) }),
    response: ruleSchema,
    handler: async (ctx, { params }) => {
      await commands.restoreVersion(ctx, params.id, params.version);
      return show(ctx, params.id);
    },
  }),
];

async function sentenceOf(ctx: Context, draft: z.infer<typeof sentenceBody>): Promise<string> {
  const names = await readCategoryNames(ctx);
  const template = draft.templateId === undefined ? null : await readTemplateName(ctx, draft.templateId);
  const rule = {
    templateName: template?.name ?? '…',
    customerCondition: draft.customerCondition,
    invoiceCondition: draft.invoiceCondition,
    schedule: commands.tidy(draft.schedule ?? everyDaySchedule),
    repeat: draft.repeat ?? null,
  };
  return describeDraft(rule, (id) => names.get(id) ?? null);
}

const sampleEndpoints: Endpoint[] = [
  endpoint({
    method: 'get',
    path: '/v1/reminders/samples',
    permission: 'reminders.read',
    tag,
    summary: 'List the sample rules',
    description: 'Those of the guide, and the rules that a new company has.',
    response: z.object({
      items: z.array(z.object({ key: z.string(), name: z.string(), kind: z.enum(['sample', 'default']), categories: z.array(z.string()) })),
    }),
    handler: async () => ({ items: offers.map(({ key, name, kind, categories }) => ({ key, name, kind, categories: [...categories] })) }),
  }),
  endpoint({
    method: 'post',
    path: '/v1/reminders/samples',
    permission: 'reminders.write',
    tag,
    summary: 'Add a sample rule',
    description: 'Switched off, with the categories that it speaks of.',
    body: z.object({ sample: z.string().max(50), templateId: idSchema.optional() }),
    response: ruleSchema,
    status: 201,
    idempotent: true,
    example: { request: { sample: 'overdue_3' } },
    handler: async (ctx, { body }) => show(ctx, await commands.addSampleRule(ctx, body.sample, body.templateId)),
  }),
  endpoint({
    method: 'get',
    path: '/v1/reminders/fields',
    permission: 'reminders.read',
    tag,
    summary: 'Fields, operators and kinds of values of a rule',
    response: fieldsSchema,
    handler: async (ctx) => ({
      fields: await presentFields(ctx),
      limits: { depth: MAX_DEPTH, conditions: MAX_CONDITIONS, days: MAX_DAYS },
    }),
  }),
  endpoint({
    method: 'get',
    path: '/v1/reminders/upcoming',
    permission: 'reminders.read',
    tag,
    summary: 'What the reminders will send next',
    description: 'If nothing is paid or uploaded until then.',
    response: upcomingSchema,
    handler: async (ctx) => {
      const { nextRunAt: at, day, activeRules, rules: byRule, customers, ...preview } = await readUpcoming(ctx);
      return { ...presentPreview(preview), nextRunAt: at.toString(), day: day.toString(), activeRules, rules: byRule, customers };
    },
  }),
];

export const endpoints: readonly Endpoint[] = [...rules, ...versions, ...sampleEndpoints, ...runEndpoints, ...watchEndpoints, ...cadenceEndpoints];
