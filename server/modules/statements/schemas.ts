import { z } from 'zod';
import { currencySchema, dateSchema, idSchema, instantSchema, moneySchema } from '../../platform/http/schemas.ts';
import { groupSchema } from '../conditions/index.ts';
import { defaultOptions, families, statementKinds } from './rule.ts';
import { holidayModes, periods } from './schedule.ts';

const kindSchema = z.enum(statementKinds).meta({ description: 'open_item lists what is owed; balance_forward what moved the balance in a period' });
const familySchema = z.enum(families).meta({ description: 'with_parent: children stand on the statement of their parent' });

export const scheduleSchema = z
  .object({
    period: z.enum(periods),
    days: z
      .array(z.number().int().min(0).max(31))
      .max(31)
      .meta({ description: 'daily: none; weekly: weekdays from 1 (Monday) to 7; monthly: days of the month, 0 is the last one' }),
    holidays: z.enum(holidayModes).default('ignore').meta({ description: 'what becomes of a day that is no business day' }),
    hour: z.number().int().min(0).max(23).nullable().default(null).meta({ description: "in the company's zone; null: the company's hour" }),
  })
  .meta({ id: 'StatementSchedule' });

const options = {
  kind: kindSchema.default(defaultOptions.kind),
  family: familySchema.default(defaultOptions.family),
  showCredits: z.boolean().default(defaultOptions.showCredits).meta({ description: 'open credits and unapplied cash are listed and taken off' }),
  skipZero: z.boolean().default(defaultOptions.skipZero).meta({ description: 'customers who owe nothing get none' }),
  skipCredit: z.boolean().default(defaultOptions.skipCredit).meta({ description: 'customers whom we owe get none' }),
};

export const draftBody = z.object({ customerCondition: groupSchema, invoiceCondition: groupSchema, schedule: scheduleSchema, ...options });
export const newRuleBody = draftBody.extend({
  name: z.string().trim().min(1).max(200),
  templateId: idSchema,
  attachXlsx: z.boolean().default(false).meta({ description: 'a spreadsheet travels with the PDF' }),
});
const look = {
  customerCondition: groupSchema,
  invoiceCondition: groupSchema,
  schedule: scheduleSchema,
  kind: kindSchema,
  family: familySchema,
  showCredits: z.boolean(),
  skipZero: z.boolean(),
  skipCredit: z.boolean(),
  attachXlsx: z.boolean(),
};
/** Without the defaults of a new rule: what is left out stays. */
/** Without the defaults of a new rule: what is left out stays. */
export const changesBody = z
  .object({
    name: z.string().trim().min(1).max(200),
    templateId: idSchema,
    ...look,
    version: z.number().int().min(1).meta({ description: 'the version that was edited: 409 when somebody saved another meanwhile' }),
  })
  .partial();

export const ruleSchema = z
  .object({
    id: idSchema,
    name: z.string(),
    templateId: idSchema,
    templateName: z.string(),
    ...look,
    sentence: z.string().meta({ description: 'The rule in one sentence' }),
    active: z.boolean(),
    activatedOn: dateSchema.nullable().meta({ description: 'The first day for which the rule is asked' }),
    lastRunOn: dateSchema.nullable(),
    nextRunOn: dateSchema.nullable().meta({ description: 'Null while the rule is off' }),
    position: z.number().int(),
    version: z.number().int(),
    createdAt: instantSchema,
    updatedAt: instantSchema,
  })
  .meta({ id: 'StatementRule' });

export const versionSchema = z
  .object({
    version: z.number().int(),
    name: z.string(),
    templateId: idSchema,
    templateName: z.string().nullable().meta({ description: 'null when the template is gone' }),
    ...look,
    sentence: z.string(),
    active: z.boolean(),
    deleted: z.boolean(),
    savedBy: z.string(),
    savedAt: instantSchema,
  })
  .meta({ id: 'StatementRuleVersion' });

const customer = z.object({ id: idSchema, number: z.string(), name: z.string() });
const holdSchema = z.object({ reason: z.string(), text: z.string() });

export const testSchema = z
  .object({
    day: dateSchema,
    summary: z.object({
      statements: z.number().int(),
      mails: z.number().int().meta({ description: 'Statements whose customer can be written to' }),
      held: z.number().int(),
      invoices: z.number().int(),
      amounts: z.array(moneySchema),
      holds: z.array(z.object({ reason: z.string(), text: z.string(), count: z.number().int() })),
    }),
    items: z.array(
      z.object({
        customer,
        email: z.string().nullable(),
        total: moneySchema,
        invoiceCount: z.number().int(),
        hold: holdSchema.nullable(),
        invoices: z.array(z.object({ id: idSchema, number: z.string(), dueOn: dateSchema, open: moneySchema })).meta({ description: 'The first ten' }),
      }),
    ),
    nextCursor: z.string().nullable(),
  })
  .meta({ id: 'StatementTest' });

export const runSchema = z
  .object({
    id: idSchema,
    asOf: dateSchema,
    kind: z.enum(['scheduled', 'manual', 'single']),
    state: z.enum(['running', 'done']),
    rules: z.array(z.object({ id: idSchema, name: z.string() })),
    days: z.array(dateSchema).meta({ description: 'The days for which rules were due' }),
    mails: z.boolean().meta({ description: 'false: made for paper, nobody is written to' }),
    startedBy: z.string(),
    statements: z.number().int(),
    held: z.number().int(),
    amounts: z.array(moneySchema),
    startedAt: instantSchema,
    finishedAt: instantSchema.nullable(),
  })
  .meta({ id: 'StatementRun' });

const count = z.number().int();
export const runDetailSchema = runSchema
  .extend({
    progress: z.object({
      planned: count.meta({ description: 'Not drawn yet' }),
      drawn: count,
      failed: count.meta({ description: 'Could not be drawn' }),
      held: count,
      mails: z.object({ ready: count, sending: count, sent: count, failed: count, uncertain: count, withdrawn: count }),
      waiting: z
        .object({ count, reason: z.string() })
        .nullable()
        .meta({ description: 'Mails that the mail server did not take yet; they go again by themselves' }),
      retryable: count.meta({ description: 'What a retry would look at' }),
    }),
    holds: z.array(z.object({ reason: z.string(), text: z.string(), count })),
  })
  .meta({ id: 'StatementRunDetail' });

export const statementSchema = z
  .object({
    id: idSchema,
    number: z.string(),
    kind: kindSchema,
    customer,
    currency: currencySchema,
    asOf: dateSchema,
    from: dateSchema.nullable(),
    total: moneySchema,
    overdue: moneySchema,
    invoiceCount: z.number().int(),
    runId: idSchema.nullable().meta({ description: 'Null for one made on demand' }),
    ruleName: z.string().nullable(),
    ruleVersion: z.number().int().nullable().meta({ description: 'The version of the rule that made it' }),
    state: z.enum(['planned', 'drawn', 'failed']),
    failure: z.string().nullable(),
    hold: holdSchema.nullable(),
    emailId: idSchema.nullable(),
    emailState: z.string().nullable(),
    emailReason: z.string().nullable(),
    sentTo: z.string().nullable(),
    createdAt: instantSchema,
  })
  .meta({ id: 'Statement' });

const line = z.object({
  kind: z.enum(['invoice', 'credit_memo', 'payment_on_account', 'payment']),
  id: idSchema,
  number: z.string(),
  issuedOn: dateSchema,
  dueOn: dateSchema.nullable(),
  amount: moneySchema,
  open: moneySchema,
  customer: z.string().nullable().meta({ description: "The child whose it is, on a parent's statement" }),
});

export const statementDetailSchema = statementSchema
  .extend({
    lines: z.array(line).meta({ description: 'Open items; 2,000 at most' }),
    opening: moneySchema.nullable(),
    movements: z.array(
      z.object({ on: dateSchema, text: z.string(), number: z.string().nullable(), amount: moneySchema, balance: moneySchema, customer: z.string().nullable() }),
    ),
    left: z.number().int().meta({ description: 'Lines too many to be listed; the total counts them' }),
    aging: z.object({
      current: moneySchema,
      days1To30: moneySchema,
      days31To60: moneySchema,
      days61To90: moneySchema,
      over90: moneySchema,
      credits: moneySchema,
    }),
  })
  .meta({ id: 'StatementDetail' });

export const makeBody = z.object({
  customerId: idSchema,
  asOf: dateSchema.optional().meta({ description: 'Today when left out' }),
  kind: kindSchema.default('open_item'),
  from: dateSchema.optional().meta({ description: 'Balance forward: the first day of the movements; the first of the month when left out' }),
  currency: currencySchema.optional().meta({ description: 'One statement for each currency when left out' }),
  family: familySchema.default('separate'),
  showCredits: z.boolean().default(true),
});
