import { queryOptions } from '@tanstack/react-query';
import { api, ask, once } from './client.ts';
import type { Item } from './types.ts';

export type Holiday = Item<'/v1/calendar/holidays'>;

export const holidaysQuery = queryOptions({
  queryKey: ['holidays'],
  queryFn: async ({ signal }) => (await ask(api.GET('/v1/calendar/holidays', { signal }))).items,
});

export const addHoliday = (body: Holiday): Promise<Holiday> => ask(api.POST('/v1/calendar/holidays', { body, ...once() }));
export const removeHoliday = (day: string) => ask(api.DELETE('/v1/calendar/holidays/{day}', { params: { path: { day } } }));
