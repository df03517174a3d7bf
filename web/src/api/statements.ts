import { queryOptions } from '@tanstack/react-query';
import { api, ask, once } from './client.ts';
import type { Answer, Body, Item } from './types.ts';

export type RuleList = Answer<'/v1/statement-rules', 'get'>;
export type StatementRule = RuleList['items'][number];
export type StatementRuleDraft = Body<'/v1/statement-rules', 'post'>;
export type StatementDraft = Body<'/v1/statement-rules/test', 'post'>;
export type StatementTest = Answer<'/v1/statement-rules/test', 'post'>;
export type StatementRun = Item<'/v1/statement-runs'>;
export type StatementRunDetail = Answer<'/v1/statement-runs/{id}', 'get'>;
export type Statement = Item<'/v1/statements'>;
export type StatementDetail = Answer<'/v1/statements/{id}', 'get'>;
export type MakeStatement = Body<'/v1/statements', 'post'>;

const at = (id: string) => ({ params: { path: { id } } });

export const statementRulesQuery = queryOptions({ queryKey: ['statement-rules'], queryFn: ({ signal }) => ask(api.GET('/v1/statement-rules', { signal })) });
export const readStatementRule = (id: string, signal?: AbortSignal) => ask(api.GET('/v1/statement-rules/{id}', { ...at(id), ...(signal ? { signal } : {}) }));
export const statementRuleQuery = (id: string) => queryOptions({ queryKey: ['statement-rule', id], queryFn: ({ signal }) => readStatementRule(id, signal) });
/** What a statement may travel with: those written for statements first. */
export const statementTemplatesQuery = queryOptions({
  queryKey: ['templates', 'of-statements'],
  queryFn: async ({ signal }) => {
    const { items } = await ask(api.GET('/v1/templates', { signal }));
    return items.filter((one) => one.kind !== 'letter').sort((a, b) => Number(b.kind === 'statement') - Number(a.kind === 'statement'));
  },
});

export const createStatementRule = (body: StatementRuleDraft, key: string) => ask(api.POST('/v1/statement-rules', { body, ...once(key) }));
export const changeStatementRule = (id: string, body: Body<'/v1/statement-rules/{id}', 'patch'>) =>
  ask(api.PATCH('/v1/statement-rules/{id}', { ...at(id), body }));
export const removeStatementRule = (id: string) => ask(api.DELETE('/v1/statement-rules/{id}', at(id)));
export const switchStatementRule = (id: string, active: boolean) =>
  active ? ask(api.POST('/v1/statement-rules/{id}/activate', at(id))) : ask(api.POST('/v1/statement-rules/{id}/deactivate', at(id)));
export const duplicateStatementRule = (id: string) => ask(api.POST('/v1/statement-rules/{id}/duplicate', at(id)));
export const readStatementSamples = async () => (await ask(api.GET('/v1/statements/samples'))).items;
export const addStatementSample = (sample: string) => ask(api.POST('/v1/statements/samples', { body: { sample } }));

export const readStatementVersions = async (id: string) =>
  (await ask(api.GET('/v1/statement-rules/{id}/versions', { params: { path: { id }, query: { limit: 100 } } }))).items;
export const restoreStatementVersion = (id: string, version: number) =>
  ask(api.POST('/v1/statement-rules/{id}/versions/{version}/restore', { params: { path: { id, version } } }));

/** Which statements conditions would make today. Nothing is written. */
export const testStatements = (body: StatementDraft, cursor?: string) =>
  ask(api.POST('/v1/statement-rules/test', { body, params: { query: { limit: 50, ...(cursor ? { cursor } : {}) } } }));
export const statementSentenceQuery = ({ name: _, ...body }: StatementRuleDraft) =>
  queryOptions({
    queryKey: ['statement-sentence', body],
    queryFn: async () => (await ask(api.POST('/v1/statement-rules/sentence', { body }))).sentence,
    placeholderData: (before) => before,
    retry: false,
  });

export const runStatements = (body: { ruleIds?: string[]; mails: boolean }, key: string) => ask(api.POST('/v1/statement-runs', { body, ...once(key) }));
export const listStatementRuns = (query: { limit: number; cursor: string | undefined }, signal: AbortSignal) =>
  ask(api.GET('/v1/statement-runs', { params: { query: { limit: query.limit, ...(query.cursor ? { cursor: query.cursor } : {}) } }, signal }));

/** True while something of the run still moves: statements to draw, or mails on their way that do not wait for another try. */
export const underWay = ({ state, progress: { mails, waiting } }: StatementRunDetail): boolean =>
  state === 'running' || mails.sending > 0 || (mails.ready > (waiting?.count ?? 0) && mails.sent > 0);

export const statementRunQuery = (id: string) =>
  queryOptions({
    queryKey: ['statement-run', id],
    queryFn: ({ signal }) => ask(api.GET('/v1/statement-runs/{id}', { ...at(id), signal })),
    refetchInterval: (query) =>
      query.state.data === undefined ? false : underWay(query.state.data) ? 1000 : query.state.data.progress.mails.ready > 0 ? 5000 : false,
  });
export const retryStatementRun = (id: string) => ask(api.POST('/v1/statement-runs/{id}/retry', at(id)));

interface Wanted {
  limit: number;
  cursor: string | undefined;
}
const given = <T extends object>(query: T): T => Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined && value !== '')) as T;

export const listRunStatements = (id: string, query: Wanted & { trouble?: 'true' | undefined }, signal: AbortSignal) =>
  ask(api.GET('/v1/statement-runs/{id}/statements', { params: { path: { id }, query: given(query) as never }, signal }));
export const listStatements = (query: Wanted & { number?: string | undefined; customer?: string | undefined }, signal: AbortSignal) =>
  ask(api.GET('/v1/statements', { params: { query: given(query) as never }, signal }));
export const customerStatementsQuery = (customer: string) =>
  queryOptions({
    queryKey: ['customer', customer, 'statements'],
    queryFn: async ({ signal }) => (await listStatements({ limit: 5, cursor: undefined, customer }, signal)).items,
  });
export const statementQuery = (id: string) =>
  queryOptions({ queryKey: ['statement', id], queryFn: ({ signal }) => ask(api.GET('/v1/statements/{id}', { ...at(id), signal })) });

export const makeStatement = (body: MakeStatement) => ask(api.POST('/v1/statements', { body }));
export const sendStatement = (id: string, body: { to?: string[]; templateId?: string }, key: string) =>
  ask(api.POST('/v1/statements/{id}/send', { ...at(id), body, ...once(key) }));
/** A PNG or JPEG in base64, or null to take the logo away. */
export const setStatementLogo = (image: string | null) => ask(api.PUT('/v1/statements/logo', { body: { image } }));
