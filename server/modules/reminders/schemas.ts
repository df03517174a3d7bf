import { z } from 'zod';
import { dateSchema, idSchema, instantSchema, moneySchema } from '../../platform/http/schemas.ts';
import { groupSchema } from '../conditions/index.ts';
import { channels } from './rule.ts';
import { runStates } from './runs/queries.ts';
import { holidayRules } from './schedule.ts';

const MAX_DAYS = 365;

export const scheduleSchema = z
  .strictObject({
    days: z
      .union([z.enum(['every', 'weekdays']), z.array(z.number().int().min(1).max(7)).min(1).max(7)])
      .meta({ description: 'days on which the rule is asked: every day, Monday to Friday, or given days of the week (1 is Monday)' }),
    hour: z.number().int().min(0).max(23).nullable().meta({ description: "in the company's time zone; null: the company's hour" }),
    holidays: z.enum(holidayRules).meta({ description: 'on a day off: sent all the same, on the next or previous business day, or not at all' }),
  })
  .meta({ id: 'ReminderSchedule', example: { days: 'every', hour: null, holidays: 'ignore' } });

export const repeatSchema = z
  .strictObject({
    everyDays: z.number().int().min(1).max(MAX_DAYS).meta({ description: 'days from one mail of the rule to a customer to the next' }),
    limit: z.number().int().min(1).max(100).nullable().meta({ description: 'how often the rule lists an invoice; null: as long as it matches' }),
  })
  .meta({ id: 'ReminderRepeat', example: { everyDays: 5, limit: 3 } });

export const ruleSchema = z
  .object({
    id: idSchema,
    name: z.string(),
    templateId: idSchema,
    templateName: z.string(),
    customerCondition: groupSchema,
    invoiceCondition: groupSchema,
    schedule: scheduleSchema,
    repeat: repeatSchema.nullable().meta({ description: 'null: on each day on which it matches' }),
    cadenceId: idSchema.nullable(),
    channel: z.enum(channels),
    sentence: z.string().meta({ description: 'The rule in one sentence' }),
    active: z.boolean(),
    activatedOn: dateSchema.nullable().meta({ description: 'The first day for which the daily run asks the rule' }),
    position: z.number().int(),
    version: z.number().int(),
    lastRunOn: dateSchema.nullable().meta({ description: 'The day of the last run that asked the rule' }),
    nextRunOn: dateSchema.nullable().meta({ description: 'The next day on which it can send; null while it is switched off' }),
    createdAt: instantSchema,
    updatedAt: instantSchema,
  })
  .meta({ id: 'ReminderRule' });

const conditions = { customerCondition: groupSchema, invoiceCondition: groupSchema };
const named = { name: z.string().trim().min(1).max(200), templateId: idSchema };

const timing = { schedule: scheduleSchema.optional(), repeat: repeatSchema.nullable().optional() };

export const draftBody = z.object({ ...conditions, ...timing });
export const newRuleBody = z.object({ ...named, ...conditions, ...timing });
export const changesBody = newRuleBody.partial().extend({
  version: z.number().int().min(1).optional().meta({ description: 'the version that was edited: 409 when somebody saved other values meanwhile' }),
});
export const sentenceBody = z.object({ templateId: idSchema.optional(), ...conditions, ...timing });

export const versionSchema = z
  .object({
    version: z.number().int(),
    name: z.string(),
    templateId: idSchema,
    templateName: z.string().nullable().meta({ description: 'null when the template is gone' }),
    customerCondition: groupSchema,
    invoiceCondition: groupSchema,
    schedule: scheduleSchema,
    repeat: repeatSchema.nullable(),
    sentence: z.string(),
    active: z.boolean(),
    deleted: z.boolean(),
    savedBy: z.string(),
    savedAt: instantSchema,
  })
  .meta({ id: 'ReminderRuleVersion' });

export const runSchema = z
  .object({
    id: idSchema,
    runOn: dateSchema,
    kind: z.enum(['daily', 'manual']),
    hour: z.number().int().nullable().meta({ description: 'of a daily run: the hour of the rules that it asked; null is the hour of the company' }),
    state: z.enum(runStates).meta({ description: 'waiting: larger than usual, for a person to approve or cancel' }),
    days: z.array(dateSchema).meta({ description: 'The days that the run answers for; the last is its own' }),
    missedDays: z.array(dateSchema).meta({ description: 'Days without a run that are too long ago to be caught up' }),
    grouping: z.enum(['merged', 'per_rule']),
    startedBy: z.string(),
    mails: z.number().int(),
    tasks: z.number().int().meta({ description: 'Tasks for people: steps of cadences' }),
    letters: z.number().int().meta({ description: 'Letters to be printed: steps of cadences' }),
    merged: z.number().int().meta({ description: 'Decisions listed in the mail of another rule' }),
    held: z.number().int().meta({ description: 'Decisions held back' }),
    amounts: z.array(moneySchema).meta({ description: 'What they ask for, by currency' }),
    allowedMails: z.number().int().nullable().meta({ description: 'A daily run with more mails waits for a person' }),
    releasedBy: z.string().nullable().meta({ description: 'Who approved or canceled it' }),
    releasedAt: instantSchema.nullable(),
    delivery: z
      .object({
        expected: z.number().int().meta({ description: 'Mails that were to leave: without those withdrawn because nothing was left to ask for' }),
        sent: z.number().int(),
        onTheWay: z.number().int(),
        withdrawn: z.number().int(),
        failed: z.number().int(),
        uncertain: z.number().int(),
      })
      .nullable()
      .meta({ description: 'What became of the mails; null where it is not counted' }),
    startedAt: instantSchema,
    finishedAt: instantSchema.nullable(),
  })
  .meta({ id: 'ReminderRun' });

export const runDetailSchema = runSchema
  .extend({
    reasons: z.array(z.object({ outcome: z.string(), reason: z.string(), text: z.string(), count: z.number().int() })),
    usualMails: z.number().int().nullable().meta({ description: 'Of a run that waits or waited for a person: what runs before it sent usually' }),
  })
  .meta({ id: 'ReminderRunDetail' });

export const decisionSchema = z
  .object({
    customer: z.object({ id: idSchema, number: z.string(), name: z.string() }),
    day: dateSchema.meta({ description: 'The day whose conditions matched' }),
    rule: z.object({ id: idSchema, name: z.string(), version: z.number().int(), channel: z.enum(channels) }),
    runId: idSchema,
    outcome: z.enum(['send', 'merged', 'held']),
    reason: z.string(),
    text: z.string().meta({ description: 'The reason in words' }),
    amount: moneySchema,
    invoices: z.number().int(),
    documentIds: z.array(idSchema).meta({ description: 'At most 50 of them' }),
    leftOut: z
      .array(z.object({ documentId: idSchema, reason: z.string(), text: z.string() }))
      .meta({ description: 'Invoices that matched and were held back: at most 50' }),
    emailId: idSchema.nullable(),
    emailState: z.string().nullable(),
    decidedAt: instantSchema,
  })
  .meta({ id: 'ReminderDecision' });

export const previewSchema = z.object({
  mails: z.number().int(),
  tasks: z.number().int(),
  letters: z.number().int(),
  merged: z.number().int(),
  held: z.number().int(),
  heldReasons: z.array(z.object({ reason: z.string(), text: z.string(), count: z.number().int() })),
  invoices: z.number().int(),
  amounts: z.array(moneySchema),
});

export const testSchema = z
  .object({
    day: dateSchema,
    summary: previewSchema,
    customers: z.array(
      z.object({
        customer: z.object({ id: idSchema, number: z.string(), name: z.string() }),
        contact: z.object({ email: z.string(), name: z.string().nullable() }).nullable(),
        outcome: z.enum(['send', 'merged', 'held']),
        reason: z.string(),
        text: z.string(),
        amount: moneySchema,
        invoiceCount: z.number().int(),
        invoices: z
          .array(
            z.object({
              id: idSchema,
              number: z.string(),
              dueOn: dateSchema,
              balance: moneySchema,
              values: z.array(z.object({ field: z.string(), label: z.string(), value: z.string() })).meta({ description: 'The values that matched' }),
            }),
          )
          .meta({ description: 'The first ten' }),
      }),
    ),
    nextCursor: z.string().nullable(),
  })
  .meta({ id: 'ReminderTest' });

export const upcomingSchema = previewSchema
  .extend({
    nextRunAt: instantSchema,
    day: dateSchema,
    activeRules: z.number().int(),
    rules: z.array(z.object({ id: idSchema, name: z.string(), customers: z.number().int(), invoices: z.number().int() })),
    customers: z.array(z.object({ customerId: idSchema, customerName: z.string(), amount: moneySchema, invoices: z.number().int() })),
  })
  .meta({ id: 'UpcomingReminders' });

export const fieldsSchema = z.object({
  fields: z.array(
    z.object({
      name: z.string(),
      box: z.enum(['customer', 'invoice']),
      label: z.string(),
      kind: z.enum(['category', 'text', 'amount', 'days', 'days_since', 'last_emailed', 'last_viewed', 'habit', 'custom']),
      choices: z
        .array(z.object({ value: z.string(), label: z.string() }))
        .nullable()
        .meta({ description: 'The values to choose from, where they are few' }),
      names: z.array(z.string()).nullable().meta({ description: 'Of a custom field: the names found in the newest customers or invoices' }),
      known: z
        .array(z.object({ name: z.string().nullable(), values: z.array(z.string()) }))
        .meta({ description: 'Values found in them, where they are few; `name` is that of the custom field. Others can be written.' }),
      operators: z.array(z.object({ name: z.string(), label: z.string(), values: z.enum(['none', 'one', 'two', 'many']) })),
    }),
  ),
  limits: z.object({ depth: z.number().int(), conditions: z.number().int(), days: z.number().int() }),
});
