import { z } from 'zod';
import { money, toJson } from '../../../kernel/money.ts';
import { notFound } from '../../../kernel/problem.ts';
import type { Context } from '../../../platform/context.ts';
import { decodeCursor, encodeCursor } from '../../../platform/http/cursor.ts';
import { type Endpoint, endpoint } from '../../../platform/http/endpoint.ts';
import { idSchema, listQuery, pageOf } from '../../../platform/http/schemas.ts';
import { readCategoryNames } from '../../customers/index.ts';
import * as commands from '../commands/rules.ts';
import { presentRules, presentRuns, presentVersion, sentenceOf } from '../present.ts';
import { type DraftRule, testRule } from '../preview.ts';
import { listVersions, readRule, readRules, readTemplateName } from '../queries.ts';
import { holdText, type RuleValues } from '../rule.ts';
import { listRuns } from '../runs/queries.ts';
import { offers } from '../samples.ts';
import { changesBody, draftBody, newRuleBody, ruleSchema, runSchema, testSchema, versionSchema } from '../schemas.ts';

const tag = 'Statements';
const byId = z.object({ id: idSchema });

const exampleDraft = {
  schedule: { period: 'monthly', days: [1], holidays: 'ignore', hour: null },
  customerCondition: { combinator: 'and', conditions: [{ field: 'customer_category', operator: 'all' }] },
  invoiceCondition: { combinator: 'and', conditions: [{ field: 'overdue_by', operator: 'between', value: [0, 300] }] },
};
const exampleRule = { name: 'Day 1 of month', templateId: '01920000-0000-7000-8000-000000000001', ...exampleDraft };

async function show(ctx: Context, id: string): Promise<z.input<typeof ruleSchema>> {
  const rule = await readRule(ctx, id);
  if (!rule) throw notFound('rule');
  return (await presentRules(ctx, [rule]))[0]!;
}

const rules: Endpoint[] = [
  endpoint({
    method: 'get',
    path: '/v1/statement-rules',
    permission: 'statements.read',
    tag,
    summary: 'List the statement rules',
    description: 'All of them, in their order, with the last run and the day of the next.',
    response: z.object({ items: z.array(ruleSchema), nextCursor: z.null(), lastRun: runSchema.nullable() }),
    handler: async (ctx) => {
      const last = await listRuns(ctx, null, 1);
      return { items: await presentRules(ctx, await readRules(ctx)), nextCursor: null, lastRun: (await presentRuns(ctx, last))[0] ?? null };
    },
  }),
  endpoint({
    method: 'post',
    path: '/v1/statement-rules',
    permission: 'statements.write',
    tag,
    summary: 'Create a statement rule',
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
    path: '/v1/statement-rules/test',
    permission: 'statements.read',
    tag,
    summary: 'Test a statement rule that is not saved',
    description: 'Which statements it would make today. Nothing is written.',
    body: draftBody,
    query: z.object(listQuery),
    response: testSchema,
    example: { request: exampleDraft },
    handler: (ctx, { body, query }) => test(ctx, body, query),
  }),
  endpoint({
    method: 'post',
    path: '/v1/statement-rules/sentence',
    permission: 'statements.read',
    tag,
    summary: 'Read a statement rule as a sentence',
    body: draftBody.extend({ templateId: idSchema.optional(), attachXlsx: z.boolean().default(false) }),
    response: z.object({ sentence: z.string() }),
    example: { request: exampleDraft },
    handler: async (ctx, { body }) => {
      const template = body.templateId === undefined ? null : await readTemplateName(ctx, body.templateId);
      return { sentence: sentenceOf({ ...body, templateName: template?.name ?? 'a template' }, await readCategoryNames(ctx)) };
    },
  }),
  endpoint({
    method: 'get',
    path: '/v1/statement-rules/{id}',
    permission: 'statements.read',
    tag,
    summary: 'Read a statement rule',
    params: byId,
    response: ruleSchema,
    handler: (ctx, { params }) => show(ctx, params.id),
  }),
  endpoint({
    method: 'patch',
    path: '/v1/statement-rules/{id}',
    permission: 'statements.write',
    tag,
    summary: 'Change a statement rule',
    description: 'Fields that are left out stay. Each change counts the version up. With `version`, what somebody saved meanwhile is not overwritten: 409.',
    params: byId,
    body: changesBody,
    response: ruleSchema,
    example: { request: { name: 'Every Monday' } },
    handler: async (ctx, { params, body: { version, ...changes } }) => {
      await commands.updateRule(ctx, params.id, changes as Partial<RuleValues>, version);
      return show(ctx, params.id);
    },
  }),
  endpoint({
    method: 'delete',
    path: '/v1/statement-rules/{id}',
    permission: 'statements.write',
    tag,
    summary: 'Delete a statement rule',
    description: 'It leaves the list; what it made stays on record.',
    params: byId,
    response: z.null(),
    status: 204,
    handler: async (ctx, { params }) => {
      await commands.archiveRule(ctx, params.id);
      return null;
    },
  }),
  ...(['activate', 'deactivate'] as const).map((verb) =>
    endpoint({
      method: 'post',
      path: `/v1/statement-rules/{id}/${verb}`,
      permission: 'statements.write',
      tag,
      summary: verb === 'activate' ? 'Switch a statement rule on' : 'Switch a statement rule off',
      ...(verb === 'activate' ? { description: 'From its next hour on: days before are not made up for.' } : {}),
      params: byId,
      response: ruleSchema,
      handler: async (ctx, { params }) => {
        await commands.switchRule(ctx, params.id, verb === 'activate');
        return show(ctx, params.id);
      },
    }),
  ),
  endpoint({
    method: 'post',
    path: '/v1/statement-rules/{id}/duplicate',
    permission: 'statements.write',
    tag,
    summary: 'Copy a statement rule',
    params: byId,
    response: ruleSchema,
    status: 201,
    idempotent: true,
    handler: async (ctx, { params }) => show(ctx, await commands.duplicateRule(ctx, params.id)),
  }),
  endpoint({
    method: 'get',
    path: '/v1/statement-rules/{id}/versions',
    permission: 'statements.read',
    tag,
    summary: 'List the versions of a statement rule',
    description: 'Newest first: the rule as it was from each change on, also when it was switched on or off. Statements name the version that made them.',
    params: byId,
    query: z.object(listQuery),
    response: pageOf(versionSchema),
    handler: async (ctx, { params, query }) => {
      const before = query.cursor === undefined ? null : Number(decodeCursor('statement-rule-versions', query.cursor)[0]);
      const found = await listVersions(ctx, params.id, before, query.limit + 1);
      if (found.length === 0 && before === null) throw notFound('rule');
      const names = await readCategoryNames(ctx);
      const items = found.slice(0, query.limit);
      return {
        items: items.map((version) => presentVersion(version, names)),
        nextCursor: found.length > query.limit ? encodeCursor('statement-rule-versions', [String(items.at(-1)!.version)]) : null,
      };
    },
  }),
  endpoint({
    method: 'post',
    path: '/v1/statement-rules/{id}/versions/{version}/restore',
    permission: 'statements.write',
    tag,
    summary: 'Restore a version of a statement rule',
    description: 'Everything becomes what it was, as a new version. It stays switched on or off as it is.',
    params: z.object({ id: idSchema, version: z.coerce.number().int().min(1).max(1_000_000) }),
    response: ruleSchema,
    handler: async (ctx, { params }) => {
      await commands.restoreVersion(ctx, params.id, params.version);
      return show(ctx, params.id);
    },
  }),
  endpoint({
    method: 'get',
    path: '/v1/statements/samples',
    permission: 'statements.read',
    tag,
    summary: 'List the sample statement rules',
    description: 'Those of the guide, and the rules that a new company has.',
    response: z.object({
      items: z.array(z.object({ key: z.string(), name: z.string(), kind: z.enum(['sample', 'default']), categories: z.array(z.string()) })),
    }),
    handler: async () => ({ items: offers.map(({ key, name, kind, categories }) => ({ key, name, kind, categories: [...categories] })) }),
  }),
  endpoint({
    method: 'post',
    path: '/v1/statements/samples',
    permission: 'statements.write',
    tag,
    summary: 'Add a sample statement rule',
    description: 'Switched off, with the categories that it speaks of.',
    body: z.object({ sample: z.string().max(50), templateId: idSchema.optional() }),
    response: ruleSchema,
    status: 201,
    idempotent: true,
    example: { request: { sample: 'monthly_overdue' } },
    handler: async (ctx, { body }) => show(ctx, await commands.addSampleRule(ctx, body.sample, body.templateId)),
  }),
];

async function test(ctx: Context, draft: DraftRule, { cursor, limit }: { cursor?: string | undefined; limit: number }): Promise<z.input<typeof testSchema>> {
  const { counts, rows } = await testRule(ctx, draft, cursor === undefined ? null : decodeCursor('statement-test', cursor), limit);
  const sums = new Map<string, bigint>();
  const holds = new Map<string, number>();
  for (const { currency, hold, count, minor } of counts) {
    sums.set(currency, (sums.get(currency) ?? 0n) + minor);
    if (hold !== null) holds.set(hold, (holds.get(hold) ?? 0) + count);
  }
  const statements = counts.reduce((sum, row) => sum + row.count, 0);
  const held = [...holds.values()].reduce((sum, count) => sum + count, 0);
  const last = rows.length === limit ? rows.at(-1)! : null;
  return {
    day: ctx.clock.today().toString(),
    summary: {
      statements,
      held,
      mails: statements - held,
      invoices: counts.reduce((sum, row) => sum + row.invoices, 0),
      amounts: [...sums].map(([currency, minor]) => toJson(money(minor, currency))),
      holds: [...holds].map(([reason, count]) => ({ reason, text: holdText(reason), count })),
    },
    items: rows.map((row) => ({
      customer: { id: row.customerId, number: row.customerNumber, name: row.customerName },
      email: row.email,
      total: toJson(money(row.totalMinor, row.currency)),
      invoiceCount: row.invoiceCount,
      hold: row.hold === null ? null : { reason: row.hold, text: holdText(row.hold) },
      invoices: row.invoices.map(({ open, ...invoice }) => ({ ...invoice, open: toJson(money(BigInt(open), row.currency)) })),
    })),
    nextCursor: last ? encodeCursor('statement-test', [last.sortName, last.customerId, last.currency]) : null,
  };
}

export const ruleEndpoints: readonly Endpoint[] = rules;
