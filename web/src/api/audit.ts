import { queryOptions } from '@tanstack/react-query';
import { api, ask } from './client.ts';
import type { Item, QueryOf } from './types.ts';

export type AuditEvent = Item<'/v1/events'>;

export const listEvents = (query: QueryOf<'/v1/events'>, signal: AbortSignal) => ask(api.GET('/v1/events', { params: { query }, signal }));
export const eventTypesQuery = queryOptions({ queryKey: ['event-types'], queryFn: async () => (await ask(api.GET('/v1/events/types'))).types });
