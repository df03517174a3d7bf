import type { Money } from '../format/money.ts';
import { get } from './client.ts';

export interface Found {
  customers: { id: string; name: string; number: string }[];
  invoices: { id: string; number: string; customerName: string; open: Money }[];
}

/** Customers and invoices by name or number, for the command menu. */
export const searchEverything = (text: string, signal: AbortSignal): Promise<Found> => get<Found>('/v1/search', { q: text }, signal);
