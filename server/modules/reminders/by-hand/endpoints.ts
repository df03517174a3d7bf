import { z } from 'zod';
import { money, toJson } from '../../../kernel/money.ts';
import { newId } from '../../../kernel/ids.ts';
import { endpoint, type Endpoint } from '../../../platform/http/endpoint.ts';
import { dateSchema, idSchema, moneySchema } from '../../../platform/http/schemas.ts';
import { type Draft, prefill, preview, sendByHand, sendToMe } from './by-hand.ts';

const tag = 'Invoice reminders';

const chosen = { customerId: idSchema, invoiceIds: z.array(idSchema).min(1).max(200), templateId: idSchema };
const email = z.string().trim().max(254).meta({ example: 'ap@example.com' });
const draftBody = z.object({
  ...chosen,
  to: email,
  cc: z.array(email).max(10).default([]),
  subject: z.string().trim().max(500).nullable().default(null).meta({ description: 'null: the one of the template' }),
  message: z.string().max(20_000).nullable().default(null).meta({ description: 'plain text with merge tags in place of the words of the template' }),
  attach: z.object({ statement: z.boolean(), invoices: z.boolean(), files: z.boolean() }).default({ statement: false, invoices: false, files: false }),
});

const warningSchema = z.object({ reason: z.string(), text: z.string(), invoiceIds: z.array(idSchema) });

const draftOf = (body: z.output<typeof draftBody>): Draft => {
  const { invoiceIds, ...rest } = body;
  return { ...rest, documentIds: invoiceIds };
};

export const byHandEndpoints: Endpoint[] = [
  endpoint({
    method: 'post',
    path: '/v1/reminders/by-hand/prefill',
    permission: 'reminders.send',
    tag,
    summary: 'What a reminder by hand begins with, and what stands against it',
    description: 'Recipients by purpose, subject and words of the template, and as `warnings` whatever would hold the reminder of a rule back now.',
    body: z.object(chosen),
    response: z.object({
      to: z.string().nullable(),
      cc: z.array(z.string()),
      subject: z.string(),
      message: z.string(),
      attach: z.object({ statement: z.boolean(), invoices: z.boolean(), files: z.boolean() }),
      invoices: z.array(z.object({ id: idSchema, number: z.string(), open: moneySchema, dueOn: dateSchema })),
      warnings: z.array(warningSchema),
    }),
    handler: async (ctx, { body }) => {
      const { template, documents, warnings, to, cc, subject, message } = await prefill(ctx, body.customerId, body.invoiceIds, body.templateId);
      return {
        to,
        cc,
        subject,
        message,
        attach: { statement: template.attachStatement, invoices: template.attachInvoices, files: template.attachFiles },
        invoices: documents.map((one) => ({ id: one.id, number: one.number, open: toJson(money(one.openMinor, one.currency)), dueOn: one.dueOn.toString() })),
        warnings: warnings.map(({ documentIds, ...warning }) => ({ ...warning, invoiceIds: documentIds })),
      };
    },
  }),
  endpoint({
    method: 'post',
    path: '/v1/reminders/by-hand/preview',
    permission: 'reminders.send',
    tag,
    summary: 'A reminder by hand as its reader would see it',
    network: true,
    body: draftBody,
    response: z.object({ subject: z.string(), html: z.string(), text: z.string() }),
    handler: (work, { body }) => preview(work, draftOf(body)),
  }),
  endpoint({
    method: 'post',
    path: '/v1/reminders/by-hand/test',
    permission: 'reminders.send',
    tag,
    summary: 'Send a reminder by hand to oneself, to look at it',
    network: true,
    status: 202,
    body: draftBody,
    response: z.object({ emailId: idSchema, to: z.string() }),
    handler: (work, { body }) => sendToMe(work, draftOf(body)),
  }),
  endpoint({
    method: 'post',
    path: '/v1/reminders/by-hand',
    permission: 'reminders.send',
    tag,
    summary: 'Send a reminder by hand',
    description:
      'Problem 409 `held_back` names what would hold the reminder of a rule back; with `pass` it goes all the same (needs reminders.run), which is recorded. The same `id` sends one mail.',
    network: true,
    status: 202,
    body: draftBody.extend({ id: idSchema.optional(), pass: z.boolean().default(false) }),
    response: z.object({ emailId: idSchema }),
    handler: (work, { body: { id, pass, ...draft } }) => sendByHand(work, id ?? newId(), draftOf(draft), pass),
  }),
];
