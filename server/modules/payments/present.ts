import { z } from 'zod';
import { customerMessage, failureRules } from '../../gateways/failure.ts';
import type { GatewayFailure } from '../../gateways/gateway.ts';
import { money, toJson } from '../../kernel/money.ts';
import { idSchema, instantSchema, moneySchema } from '../../platform/http/schemas.ts';
import { attemptStates } from './attempt.ts';
import type { Attempt, Method, Refund, Step } from './queries.ts';
import { refundStates } from './refund.ts';

export const railSchema = z.enum(['card', 'bank']);

const failureSchema = z.object({
  code: z.string(),
  category: z.string(),
  message: z.string().meta({ description: 'what the gateway said, for staff' }),
  payerMessage: z.string().meta({ description: 'what the payer read' }),
  gatewayCode: z.string().nullable(),
  returnCode: z.string().nullable(),
});

export const attemptSchema = z.object({
  id: idSchema,
  customerId: idSchema,
  customerName: z.string(),
  gateway: z.string(),
  gatewayAccountId: idSchema,
  gatewayRef: z.string().nullable(),
  rail: railSchema,
  method: z.object({ rail: railSchema, brand: z.string().nullable(), last4: z.string() }).nullable(),
  amount: moneySchema,
  state: z.enum(attemptStates),
  failure: failureSchema.nullable(),
  paymentId: idSchema.nullable(),
  needsAttention: z.boolean(),
  createdAt: instantSchema,
  submittedAt: instantSchema.nullable(),
  finishedAt: instantSchema.nullable(),
  nextCheckAt: instantSchema.nullable(),
});

const stepSchema = z.object({ kind: z.string(), at: instantSchema, detail: z.record(z.string(), z.unknown()) });

export const refundSchema = z.object({
  id: idSchema,
  paymentId: idSchema,
  amount: moneySchema,
  state: z.enum(refundStates),
  reason: z.string().nullable(),
  failure: failureSchema.nullable(),
  gatewayRef: z.string().nullable(),
  requestedBy: z.string(),
  createdAt: instantSchema,
  finishedAt: instantSchema.nullable(),
});

export const attemptDetailSchema = attemptSchema.extend({
  documents: z.array(z.object({ documentId: idSchema, number: z.string(), amount: moneySchema })),
  steps: z.array(stepSchema),
  refunds: z.array(refundSchema),
});

export const methodSchema = z.object({
  id: idSchema,
  customerId: idSchema,
  rail: railSchema,
  brand: z.string().nullable(),
  last4: z.string(),
  expMonth: z.number().int().nullable(),
  expYear: z.number().int().nullable(),
  holderName: z.string().nullable(),
  createdAt: instantSchema,
});

const text = (instant: Temporal.Instant | null): string | null => instant?.toString() ?? null;

const failureJson = (failure: GatewayFailure | null) =>
  failure ? { ...failure, category: failureRules[failure.code].category, payerMessage: customerMessage(failure.code) } : null;

export const attemptJson = (attempt: Attempt): z.input<typeof attemptSchema> => ({
  id: attempt.id,
  customerId: attempt.customerId,
  customerName: attempt.customerName,
  gateway: attempt.gateway,
  gatewayAccountId: attempt.gatewayAccountId,
  gatewayRef: attempt.gatewayRef,
  rail: attempt.rail,
  method: attempt.methodSummary,
  amount: toJson(money(attempt.amountMinor, attempt.currency)),
  state: attempt.state,
  failure: failureJson(attempt.failure),
  paymentId: attempt.paymentId,
  needsAttention: attempt.attentionAt !== null,
  createdAt: attempt.createdAt.toString(),
  submittedAt: text(attempt.submittedAt),
  finishedAt: text(attempt.finishedAt),
  nextCheckAt: text(attempt.nextCheckAt),
});

export const stepJson = (step: Step): z.input<typeof stepSchema> => ({ kind: step.kind, at: step.at.toString(), detail: step.detail });

export const refundJson = (refund: Refund): z.input<typeof refundSchema> => ({
  id: refund.id,
  paymentId: refund.paymentId,
  amount: toJson(money(refund.amountMinor, refund.currency)),
  state: refund.state,
  reason: refund.reason,
  failure: failureJson(refund.failure),
  gatewayRef: refund.gatewayRef,
  requestedBy: refund.requestedByName,
  createdAt: refund.createdAt.toString(),
  finishedAt: text(refund.finishedAt),
});

export const methodJson = (method: Method): z.input<typeof methodSchema> => ({
  id: method.id,
  customerId: method.customerId,
  rail: method.rail,
  brand: method.brand,
  last4: method.last4,
  expMonth: method.expMonth,
  expYear: method.expYear,
  holderName: method.holderName,
  createdAt: method.createdAt.toString(),
});
