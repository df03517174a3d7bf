import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api, ask, once } from './client.ts';
import type { Answer, Body, Item } from './types.ts';

export type RuleList = Answer<'/v1/reminder-rules', 'get'>;
export type Rule = RuleList['items'][number];
export type RuleDraft = Body<'/v1/reminder-rules', 'post'>;
export type Fields = Answer<'/v1/reminders/fields', 'get'>;
export type Asked = Body<'/v1/reminder-rules/test', 'post'>;
export type RuleTest = Answer<'/v1/reminder-rules/test', 'post'>;
export type Run = Item<'/v1/reminder-runs'>;
export type RunDetail = Answer<'/v1/reminder-runs/{id}', 'get'>;
export type Decision = Item<'/v1/reminder-runs/{id}/decisions'>;
export type Upcoming = Answer<'/v1/reminders/upcoming', 'get'>;
export type Why = Answer<'/v1/reminders/why', 'get'>;

const at = (id: string) => ({ params: { path: { id } } });

export const rulesQuery = queryOptions({ queryKey: ['rules'], queryFn: ({ signal }) => ask(api.GET('/v1/reminder-rules', { signal })) });
export const readRule = (id: string, signal?: AbortSignal) => ask(api.GET('/v1/reminder-rules/{id}', { ...at(id), ...(signal ? { signal } : {}) }));
export const ruleQuery = (id: string) => queryOptions({ queryKey: ['rule', id], queryFn: ({ signal }) => readRule(id, signal) });
/** Fields, operators and limits; uploads may bring new custom fields. */
export const fieldsQuery = queryOptions({
  queryKey: ['rule-fields'],
  queryFn: ({ signal }) => ask(api.GET('/v1/reminders/fields', { signal })),
  staleTime: 60_000,
});
export const upcomingQuery = queryOptions({ queryKey: ['upcoming'], queryFn: ({ signal }) => ask(api.GET('/v1/reminders/upcoming', { signal })) });

export const createRule = (body: RuleDraft, key: string) => ask(api.POST('/v1/reminder-rules', { body, ...once(key) }));
export const changeRule = (id: string, body: Body<'/v1/reminder-rules/{id}', 'patch'>) => ask(api.PATCH('/v1/reminder-rules/{id}', { ...at(id), body }));
export const removeRule = (id: string) => ask(api.DELETE('/v1/reminder-rules/{id}', at(id)));
export const switchRule = (id: string, active: boolean) =>
  active ? ask(api.POST('/v1/reminder-rules/{id}/activate', at(id))) : ask(api.POST('/v1/reminder-rules/{id}/deactivate', at(id)));
export const duplicateRule = (id: string) => ask(api.POST('/v1/reminder-rules/{id}/duplicate', at(id)));
export const readSamples = async () => (await ask(api.GET('/v1/reminders/samples'))).items;
export const addSample = (sample: string) => ask(api.POST('/v1/reminders/samples', { body: { sample } }));
/** What a rule would send today and why. Nothing is written. */
export const testRule = (body: Asked, cursor?: string, limit = 50) =>
  ask(api.POST('/v1/reminder-rules/test', { body, params: { query: { limit, ...(cursor ? { cursor } : {}) } } }));
/** A rule that is being edited, in words; what is missing stands as "…". */
export const sentenceQuery = ({ name: _, ...body }: RuleDraft) =>
  queryOptions({
    queryKey: ['rule-sentence', body],
    queryFn: async ({ signal }) => (await ask(api.POST('/v1/reminder-rules/sentence', { body, signal }))).sentence,
    placeholderData: keepPreviousData,
    retry: false,
  });

export const readVersions = async (id: string) =>
  (await ask(api.GET('/v1/reminder-rules/{id}/versions', { params: { path: { id }, query: { limit: 100 } } }))).items;
export const versionsQuery = (id: string) => queryOptions({ queryKey: ['rule-versions', id], queryFn: () => readVersions(id) });
export const restoreVersion = (id: string, version: number) =>
  ask(api.POST('/v1/reminder-rules/{id}/versions/{version}/restore', { params: { path: { id, version } } }));

/** The heartbeat: what was to be sent and what was, and the alarms that nobody has dealt with. */
export const healthQuery = queryOptions({ queryKey: ['reminder-health'], queryFn: ({ signal }) => ask(api.GET('/v1/reminders/health', { signal })) });
export type Alarm = Answer<'/v1/reminders/health', 'get'>['alarms'][number];
export const seeAlarm = (id: string) => ask(api.POST('/v1/reminders/alarms/{id}/seen', at(id)));

/** A person's word on a run that waits. */
export const approveRun = (id: string) => ask(api.POST('/v1/reminder-runs/{id}/approve', at(id)));
export const cancelRun = (id: string) => ask(api.POST('/v1/reminder-runs/{id}/cancel', at(id)));

/** What a run started now would send. */
export const previewQuery = queryOptions({
  queryKey: ['upcoming', 'now'],
  queryFn: ({ signal }) => ask(api.GET('/v1/reminders/preview', { signal })),
  staleTime: 0,
});
export const runNow = (key: string) => ask(api.POST('/v1/reminder-runs', { body: {}, ...once(key) }));
export const listRuns = (query: { limit: number; cursor: string | undefined }, signal: AbortSignal) =>
  ask(api.GET('/v1/reminder-runs', { params: { query: { limit: query.limit, ...(query.cursor ? { cursor: query.cursor } : {}) } }, signal }));
export const runQuery = (id: string) =>
  queryOptions({
    queryKey: ['run', id],
    queryFn: ({ signal }) => ask(api.GET('/v1/reminder-runs/{id}', { ...at(id), signal })),
    // its mails leave after it is done
    refetchInterval: ({ state: { data } }) => (data?.state === 'running' ? 1000 : (data?.delivery?.onTheWay ?? 0) > 0 ? 3000 : false),
  });

interface DecisionFilter {
  outcome?: Decision['outcome'] | undefined;
  reason?: string | undefined;
  limit: number;
  cursor: string | undefined;
}

const given = (filter: DecisionFilter) => Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined)) as { limit: number };
export const listDecisions = (runId: string, filter: DecisionFilter, signal: AbortSignal) =>
  ask(api.GET('/v1/reminder-runs/{id}/decisions', { params: { path: { id: runId }, query: given(filter) }, signal }));
export const customerDecisionsQuery = (customer: string) =>
  queryOptions({
    queryKey: ['customer', customer, 'decisions'],
    queryFn: async ({ signal }) => (await ask(api.GET('/v1/reminder-decisions', { params: { query: { customer, limit: 10 } }, signal }))).items,
  });
export const whyQuery = (customerNumber: string, on: string | undefined) =>
  queryOptions({
    queryKey: ['why', customerNumber, on],
    queryFn: async ({ signal }) =>
      (await ask(api.GET('/v1/reminders/why', { params: { query: { customer: customerNumber, ...(on ? { on } : {}) } }, signal }))).items,
  });
