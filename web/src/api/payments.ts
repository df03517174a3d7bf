import { queryOptions } from '@tanstack/react-query';
import type { Money } from '../format/money.ts';
import { api, ask, once } from './client.ts';
import { ApiProblem } from './problem.ts';
import type { Answer, Body, Item, QueryOf } from './types.ts';

export type Attempt = Item<'/v1/payment-attempts'>;
export type AttemptDetail = Answer<'/v1/payment-attempts/{id}', 'get'>;
export type AttemptQuery = Omit<QueryOf<'/v1/payment-attempts'>, 'cursor' | 'limit'>;
export type Refund = AttemptDetail['refunds'][number];
export type Gateway = Item<'/v1/gateways'>;
export type GatewayAccount = Item<'/v1/gateway-accounts'>;
export type PaymentMethod = Item<'/v1/customers/{id}/payment-methods'>;
export type AccountBody = Body<'/v1/gateway-accounts/{id}', 'put'>;

const at = (id: string) => ({ params: { path: { id } } });

export const listAttempts = (query: AttemptQuery & { limit: number; cursor: string | undefined }, signal: AbortSignal) => {
  const given = Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined)) as QueryOf<'/v1/payment-attempts'>;
  return ask(api.GET('/v1/payment-attempts', { params: { query: given }, signal }));
};
export const attemptQuery = (id: string) =>
  queryOptions({ queryKey: ['attempt', id], queryFn: ({ signal }) => ask(api.GET('/v1/payment-attempts/{id}', { ...at(id), signal })) });
/** The try from which a payment came; null for money that came outside of a gateway. */
export const attemptOfPaymentQuery = (id: string) =>
  queryOptions({
    queryKey: ['payment', id, 'attempt'],
    queryFn: async ({ signal }): Promise<AttemptDetail | null> => {
      try {
        return await ask(api.GET('/v1/payments/{id}/attempt', { ...at(id), signal }));
      } catch (error) {
        if (error instanceof ApiProblem && error.status === 404) return null;
        throw error;
      }
    },
  });
export const checkAttempt = (id: string) => ask(api.POST('/v1/payment-attempts/{id}/check', at(id)));
export const checkRefund = (id: string) => ask(api.POST('/v1/refunds/{id}/check', at(id)));
export const refundPayment = (id: string, amount: Money, reason: string, key: string) =>
  ask(api.POST('/v1/payments/{id}/refunds', { ...at(id), body: { amount, ...(reason ? { reason } : {}) }, ...once(key) }));

export const gatewaysQuery = queryOptions({ queryKey: ['gateways'], queryFn: async () => (await ask(api.GET('/v1/gateways'))).items });
export const gatewayAccountsQuery = queryOptions({ queryKey: ['gateway-accounts'], queryFn: async () => (await ask(api.GET('/v1/gateway-accounts'))).items });
export const connectGateway = (gateway: string, body: AccountBody) => ask(api.POST('/v1/gateway-accounts', { body: { ...body, gateway } }));
export const changeGateway = (id: string, body: AccountBody) => ask(api.PUT('/v1/gateway-accounts/{id}', { ...at(id), body }));

export const methodsQuery = (customerId: string) =>
  queryOptions({
    queryKey: ['customer', customerId, 'methods'],
    queryFn: async () => (await ask(api.GET('/v1/customers/{id}/payment-methods', at(customerId)))).items,
  });
export const removeMethod = (id: string) => ask(api.DELETE('/v1/payment-methods/{id}', at(id)));
export const createPayLink = (customerId: string, documentIds?: string[]) =>
  ask(api.POST('/v1/pay-links', { body: { customerId, ...(documentIds ? { documentIds } : {}) } }));
