import { z } from 'zod';
import { endpoint, type Endpoint } from '../../platform/http/endpoint.ts';
import { dateSchema, idSchema, instantSchema, moneySchema } from '../../platform/http/schemas.ts';
import { channels } from '../reminders/index.ts';
import { why } from './why.ts';

const conditionSchema = z.object({
  about: z.enum(['customer', 'invoice']),
  field: z.string(),
  asked: z.string(),
  held: z.boolean().meta({ description: 'for at least one invoice' }),
  values: z.array(z.object({ invoice: z.string(), value: z.string(), held: z.boolean() })),
});

const ruleSchema = z.object({
  ruleId: idSchema,
  name: z.string(),
  version: z.number().int(),
  active: z.boolean(),
  cadence: z.boolean().meta({ description: 'a step of a cadence' }),
  channel: z.enum(channels).meta({ description: 'what the rule does: a mail, or a task or letter of a cadence' }),
  sentence: z.string(),
  answer: z
    .object({
      code: z.enum(['send', 'merged', 'held', 'not_matched', 'not_active', 'not_asked', 'no_run']),
      reason: z.string().nullable(),
      text: z.string(),
    })
    .meta({ description: 'What it comes to: the decision, with the first reason that held it back, or why there is none' }),
  matched: z.array(z.string()).meta({ description: 'Numbers of the invoices that the rule selects on that day' }),
  conditions: z.array(conditionSchema),
  decisions: z
    .array(
      z.object({
        day: dateSchema,
        outcome: z.string(),
        reason: z.string(),
        text: z.string(),
        amount: moneySchema,
        runId: idSchema,
        emailId: idSchema.nullable(),
        emailState: z.string().nullable(),
        decidedAt: instantSchema,
      }),
    )
    .meta({ description: 'What was decided, as recorded' }),
  wouldBe: z
    .object({ outcome: z.string(), reason: z.string(), text: z.string() })
    .nullable()
    .meta({ description: 'What a run would decide where nothing is recorded' }),
});

const whySchema = z
  .object({
    items: z.array(
      z.object({
        customer: z.object({ id: idSchema, number: z.string(), companyCode: z.string(), name: z.string() }),
        on: dateSchema,
        asOf: instantSchema.nullable().meta({ description: 'The moment whose data the values are: that of the run; null is now' }),
        runs: z
          .array(z.object({ id: idSchema, runOn: dateSchema, kind: z.enum(['daily', 'manual']), state: z.string(), plannedAt: instantSchema }))
          .meta({ description: 'The runs that answered for the day' }),
        invoice: z.object({ id: idSchema, number: z.string(), open: z.boolean(), text: z.string().nullable() }).nullable(),
        openInvoices: z.number().int(),
        byHand: z
          .array(
            z.object({
              emailId: idSchema,
              sentBy: z.string(),
              sentAt: instantSchema,
              to: z.string(),
              state: z.string(),
              invoices: z.array(z.string()),
              passed: z.array(z.string()),
            }),
          )
          .meta({ description: 'Reminders that people sent on that day, and what stood against them and was passed' }),
        rules: z.array(ruleSchema),
      }),
    ),
  })
  .meta({ id: 'ReminderWhy' });

export const whyEndpoints: readonly Endpoint[] = [
  endpoint({
    method: 'get',
    path: '/v1/reminders/why',
    permission: 'reminders.read',
    tag: 'Invoice reminders',
    summary: 'Why a customer is or is not reminded on a day',
    description: 'Of a day that had its run: the record, with each condition’s value at the moment of the run. Of a day to come: what a run would decide.',
    query: z.object({
      customer: z.string().min(1).max(64).meta({ description: "The customer's number" }),
      invoice: z.string().min(1).max(64).optional().meta({ description: 'Only about this invoice, by its number' }),
      on: dateSchema.optional().meta({ description: 'Today when left out' }),
    }),
    response: whySchema,
    handler: async (ctx, { query }) => ({
      items: await why(ctx, query.customer, query.on === undefined ? ctx.clock.today() : Temporal.PlainDate.from(query.on), query.invoice ?? null),
    }),
  }),
];
