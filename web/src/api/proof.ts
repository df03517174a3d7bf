import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api, ask, once } from './client.ts';
import type { Answer, Body, Item } from './types.ts';

export type Calendar = Answer<'/v1/reminders/calendar', 'get'>;
export type CalendarDay = Calendar['days'][number];
export type CalendarRow = CalendarDay['runs'][number]['rows'][number];
export type Override = Calendar['overrides'][number];
export type Backtest = Item<'/v1/reminders/backtests'>;
export type BacktestDetail = Answer<'/v1/reminders/backtests/{id}', 'get'>;
export type BacktestCustomer = Item<'/v1/reminders/backtests/{id}/customers'>;
export type NewBacktest = Body<'/v1/reminders/backtests', 'post'>;
export type Candidate = NewBacktest['candidate'];
export type WhyItem = Answer<'/v1/reminders/why', 'get'>['items'][number];

const at = (id: string) => ({ params: { path: { id } } });

/** The coming days; `day` shows more customers of one of them. */
export const calendarQuery = (days: number) =>
  queryOptions({
    queryKey: ['calendar', days],
    queryFn: ({ signal }) => ask(api.GET('/v1/reminders/calendar', { params: { query: { days, limit: 200 } }, signal })),
    placeholderData: keepPreviousData,
  });

export const overrideMail = (body: Body<'/v1/reminders/overrides', 'post'>, key: string) => ask(api.POST('/v1/reminders/overrides', { body, ...once(key) }));
export const withdrawOverride = (id: string) => ask(api.DELETE('/v1/reminders/overrides/{id}', at(id)));

const isOver = (state: string | undefined): boolean => state !== 'waiting' && state !== 'running';

export const backtestsQuery = queryOptions({
  queryKey: ['backtests'],
  queryFn: async ({ signal }) => (await ask(api.GET('/v1/reminders/backtests', { params: { query: { limit: 200 } }, signal }))).items,
  refetchInterval: (query) => (query.state.data?.every((test) => isOver(test.state)) ? false : 1500),
});
export const backtestQuery = (id: string) =>
  queryOptions({
    queryKey: ['backtest', id],
    queryFn: ({ signal }) => ask(api.GET('/v1/reminders/backtests/{id}', { ...at(id), signal })),
    refetchInterval: (query) => (query.state.data && isOver(query.state.data.state) ? false : 1000),
  });
export const startBacktest = (body: NewBacktest, key: string) => ask(api.POST('/v1/reminders/backtests', { body, ...once(key) }));
export const cancelBacktest = (id: string) => ask(api.POST('/v1/reminders/backtests/{id}/cancel', at(id)));
export const deleteBacktest = (id: string) => ask(api.DELETE('/v1/reminders/backtests/{id}', at(id)));
export const listBacktestCustomers = (id: string, query: { limit: number; cursor: string | undefined; different: boolean }, signal: AbortSignal) =>
  ask(
    api.GET('/v1/reminders/backtests/{id}/customers', {
      params: { path: { id }, query: { limit: query.limit, different: query.different ? 'true' : 'false', ...(query.cursor ? { cursor: query.cursor } : {}) } },
      signal,
    }),
  );

export const whyOnQuery = (customer: string, on: string, invoice: string | undefined) =>
  queryOptions({
    queryKey: ['why', customer, on, invoice],
    queryFn: async ({ signal }) =>
      (await ask(api.GET('/v1/reminders/why', { params: { query: { customer, on, ...(invoice ? { invoice } : {}) } }, signal }))).items,
    retry: false,
  });
