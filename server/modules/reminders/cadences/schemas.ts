import { z } from 'zod';
import { dateSchema, idSchema, instantSchema, moneySchema } from '../../../platform/http/schemas.ts';
import { groupSchema } from '../../conditions/index.ts';
import { purposes } from '../../customers/index.ts';
import { channels } from '../rule.ts';
import { defaultLetter, MAX_OFFSET, MAX_STEPS, MAX_TIMEOUT } from './cadence.ts';
import { MAX_AT_ONCE } from './commands/members.ts';
import { manualStates } from './queries-steps.ts';
import { letterStates } from './letters/queries.ts';

const purpose = z.enum(purposes);
const oneLine = (max: number) =>
  z
    .string()
    .trim()
    .max(max)
    .refine((text) => !/\p{Cc}|[\u2028\u2029]/u.test(text), 'write it on one line, without control characters');

const stepFields = {
  offsetDays: z.number().int().min(-MAX_OFFSET).max(MAX_OFFSET).meta({ description: 'days after the due date; negative: before it' }),
  channel: z.enum(channels).meta({ description: 'an e-mail, a task for a collector, or a letter that is printed' }),
  templateId: idSchema.nullable().default(null).meta({ description: "an e-mail's template; a letter's, unless it has a text of its own" }),
  to: purpose.default('reminders').meta({ description: 'the contacts of this purpose get it; when there are none those for billing, else the primary one' }),
  cc: z.array(purpose).max(purposes.length).default([]).meta({ description: 'an e-mail: these contacts get copies' }),
  senderName: oneLine(200).nullable().default(null).meta({ description: 'an e-mail: who signs it; null: the company' }),
  senderAddress: oneLine(254).nullable().default(null).meta({ example: null }),
  title: oneLine(200).nullable().default(null).meta({ description: "a task's title, the subject of a letter with a text of its own" }),
  body: z.string().max(4000).nullable().default(null).meta({ description: 'what is to be done; what the letter says, with merge tags' }),
  waits: z.boolean().default(false).meta({ description: 'a task: the next steps wait until it is done or skipped' }),
  timeoutDays: z.number().int().min(1).max(MAX_TIMEOUT).nullable().default(null).meta({ description: 'a task that is waited for: no longer than this' }),
  assignedTo: idSchema.nullable().default(null).meta({ description: "a task: whose it is; null: nobody's yet" }),
};

export const stepBody = z
  .object({ id: idSchema.optional().meta({ description: 'of a step that is there; without it a new one is made' }), ...stepFields })
  .meta({ id: 'CadenceStepInput' });

export const stepSchema = z
  .object({
    id: idSchema,
    offsetDays: z.number().int(),
    channel: z.enum(channels),
    templateId: idSchema.nullable(),
    templateName: z.string().nullable(),
    to: purpose,
    cc: z.array(purpose),
    senderName: z.string().nullable(),
    senderAddress: z.string().nullable(),
    title: z.string().nullable(),
    body: z.string().nullable(),
    waits: z.boolean(),
    timeoutDays: z.number().int().nullable(),
    assignedTo: idSchema.nullable(),
    assignedName: z.string().nullable(),
    sentence: z.string().meta({ description: 'The step in words: "5 days before due: e-mail “Friendly reminder” to billing contacts"' }),
    version: z.number().int(),
  })
  .meta({ id: 'CadenceStep' });

const cadenceFields = {
  id: idSchema,
  name: z.string(),
  customerCondition: groupSchema.nullable().meta({ description: 'Customers that meet it are taken in at each run; null: people put them in' }),
  assignment: z.string().meta({ description: 'Who is taken in, in words' }),
  startsPaused: z.boolean(),
  active: z.boolean(),
  position: z.number().int().meta({ description: 'Of several cadences that would take a customer the first does' }),
  version: z.number().int(),
  createdAt: instantSchema,
  updatedAt: instantSchema,
};

export const cadenceRowSchema = z
  .object({
    ...cadenceFields,
    steps: z.array(z.string()).meta({ description: 'Each step in words' }),
    activeMembers: z.number().int(),
    pausedMembers: z.number().int(),
    openSteps: z.number().int().meta({ description: 'Manual steps that a person has to do' }),
  })
  .meta({ id: 'CadenceRow' });

export const cadenceSchema = z
  .object({
    ...cadenceFields,
    steps: z.array(stepSchema),
    activeMembers: z.number().int(),
    pausedMembers: z.number().int(),
    removedMembers: z.number().int(),
    openSteps: z.number().int(),
  })
  .meta({ id: 'Cadence' });

export const newCadenceBody = z.object({
  name: z.string().trim().min(1).max(200),
  customerCondition: groupSchema.nullable().default(null),
  startsPaused: z.boolean().default(false),
  steps: z.array(stepBody).max(MAX_STEPS).default([]),
});

export const cadenceChanges = z.object({
  name: z.string().trim().min(1).max(200).optional(),
  customerCondition: groupSchema.nullable().optional(),
  startsPaused: z.boolean().optional(),
  steps: z.array(stepBody).max(MAX_STEPS).optional(),
  version: z.number().int().min(1).optional().meta({ description: 'the version that was edited: 409 when it was changed meanwhile' }),
});

export const customerRef = z.object({ id: idSchema, number: z.string(), name: z.string() });

export const assignmentSchema = z.object({
  matching: z.number().int().meta({ description: 'Customers that meet the condition' }),
  joining: z.number().int().meta({ description: 'Of them, those that would come in now' }),
  here: z.number().int(),
  elsewhere: z.number().int().meta({ description: 'In another cadence, where they stay' }),
  keptOut: z.number().int().meta({ description: 'Taken out by a person' }),
  examples: z.array(customerRef).meta({ description: 'The first of those that would come in, by name' }),
});

export const memberSchema = z
  .object({
    customer: customerRef,
    state: z.enum(['active', 'paused', 'removed']),
    addedBy: z.enum(['person', 'condition']),
    joinedOn: dateSchema.meta({ description: 'The first day whose steps are taken' }),
    since: instantSchema,
    openSteps: z.number().int(),
  })
  .meta({ id: 'CadenceMember' });

export const someCustomers = z.array(idSchema).min(1).max(MAX_AT_ONCE);

export const membershipSchema = z.object({
  cadence: z.object({ id: idSchema, name: z.string(), active: z.boolean() }).nullable(),
  state: z.enum(['active', 'paused', 'removed']).nullable(),
  addedBy: z.enum(['person', 'condition']).nullable(),
  joinedOn: dateSchema.nullable(),
});

export const manualStepSchema = z
  .object({
    id: idSchema,
    cadence: z.object({ id: idSchema, name: z.string() }),
    title: z.string(),
    body: z.string().nullable(),
    assignedTo: idSchema.nullable(),
    assignedName: z.string().nullable(),
    customer: customerRef,
    day: dateSchema,
    waits: z.boolean().meta({ description: 'The cadence goes no further for the customer while it is open' }),
    until: dateSchema.nullable().meta({ description: 'The last day on which it holds the cadence' }),
    state: z.enum(manualStates),
    taskId: idSchema.nullable(),
    amounts: z.array(moneySchema).meta({ description: 'What is open of the invoices that it is about' }),
    invoices: z.array(z.object({ id: idSchema, number: z.string(), dueOn: dateSchema, balance: moneySchema })),
    note: z.string().nullable(),
    beganAt: instantSchema,
    endedBy: z.string().nullable(),
    endedAt: instantSchema.nullable(),
  })
  .meta({ id: 'ManualStep' });

export const letterSchema = z
  .object({
    id: idSchema,
    number: z.string().meta({ example: 'L-000001' }),
    customer: customerRef,
    cadence: z.object({ id: idSchema, name: z.string() }).nullable(),
    subject: z.string(),
    state: z.enum(letterStates),
    reason: z.string().nullable().meta({ description: 'Why it was withdrawn' }),
    address: z.array(z.string()).meta({ description: 'The lines below the name; empty: it cannot be sent before somebody writes them' }),
    addressTyped: z.boolean(),
    invoices: z.number().int(),
    batch: z.object({ id: idSchema, number: z.string() }).nullable(),
    writtenOn: dateSchema,
    printedOn: dateSchema.nullable(),
  })
  .meta({ id: 'Letter' });

export const batchSchema = z
  .object({
    id: idSchema,
    number: z.string().meta({ example: 'B-00001' }),
    state: z.enum(['open', 'printed', 'cancelled']),
    letters: z.number().int(),
    paper: z.enum(['A4', 'Letter']),
    madeBy: z.string(),
    madeAt: instantSchema,
    endedBy: z.string().nullable(),
    endedAt: instantSchema.nullable(),
  })
  .meta({ id: 'PrintBatch' });

/** What a new letter step says until somebody writes something else. */
export const letterDefaults = { title: defaultLetter.subject, body: defaultLetter.body };
