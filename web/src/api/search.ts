import { api, ask } from './client.ts';

/** Customers and invoices by name or number, for the command menu. */
export const searchEverything = (q: string, signal: AbortSignal) => ask(api.GET('/v1/search', { params: { query: { q } }, signal }));
