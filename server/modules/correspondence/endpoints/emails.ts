import { z } from 'zod';
import { notFound } from '../../../kernel/problem.ts';
import { money, toJson } from '../../../kernel/money.ts';
import type { Context } from '../../../platform/context.ts';
import { decodeCursor, encodeCursor } from '../../../platform/http/cursor.ts';
import { download, inline } from '../../../platform/http/download.ts';
import { type Endpoint, endpoint } from '../../../platform/http/endpoint.ts';
import { flagSchema, idSchema, instantSchema, listQuery, moneySchema, pageOf } from '../../../platform/http/schemas.ts';
import { readCustomer } from '../../customers/index.ts';
import { readDocument } from '../../receivables/index.ts';
import { SUMMARY_AGAIN } from '../attachments.ts';
import { sendAgain } from '../commands/queue-emails.ts';
import { emailKinds, emailStates } from '../email.ts';
import { countByState, type EmailRow, listEmails, readContent, readEmail, readEmailDocuments, readViews, readWentAlong } from '../queries.ts';
import { drawListAgain } from '../renderers/reminder.ts';
import { type BounceRow, readBounces, readCustomerBounces } from '../sending/queries.ts';
import { readCustomerView, readDocumentViews } from '../queries-views.ts';

const tag = 'E-mails';
const SORT = 'emails';

const emailFields = {
  id: idSchema,
  kind: z.enum(emailKinds),
  state: z.enum(emailStates),
  customer: z.object({ id: idSchema, name: z.string() }).nullable(),
  to: z.string(),
  cc: z.array(z.string()),
  subject: z.string().nullable().meta({ description: 'null until it is rendered' }),
  reason: z.string().nullable().meta({ description: 'why it is not sent, or not yet' }),
  tries: z.number().int(),
  nextTryAt: instantSchema.nullable(),
  sentAt: instantSchema.nullable(),
  createdAt: instantSchema,
  canSendAgain: z.boolean(),
  bounced: z.enum(['hard', 'soft']).nullable().meta({ description: 'it came back: for good, or for the moment' }),
};
const emailSchema = z.object(emailFields).meta({ id: 'Email' });

const show = (row: EmailRow): z.input<typeof emailSchema> => ({
  id: row.id,
  kind: row.kind,
  state: row.state,
  customer: row.customerId ? { id: row.customerId, name: row.customerName ?? '' } : null,
  to: row.toAddress,
  cc: row.ccAddresses,
  subject: row.subject,
  reason: row.reason,
  tries: row.tries,
  nextTryAt: row.state === 'ready' ? row.nextTryAt.toString() : null,
  sentAt: row.sentAt?.toString() ?? null,
  createdAt: row.createdAt.toString(),
  canSendAgain: row.state === 'failed' || row.state === 'uncertain',
  bounced: row.bounced,
});

const bounceSchema = z.object({
  address: z.string(),
  grade: z.enum(['hard', 'soft']).meta({ description: 'hard: the address will never work; soft: not this time' }),
  source: z.enum(['smtp', 'report']).meta({ description: 'the answer of the mail server, or a delivery report in the inbox' }),
  status: z.string().nullable(),
  detail: z.string().nullable(),
  at: instantSchema,
});
const showBounce = (row: BounceRow): z.input<typeof bounceSchema> => ({ ...row, at: row.at.toString() });

const list = endpoint({
  method: 'get',
  path: '/v1/emails',
  permission: 'correspondence.read',
  tag,
  summary: 'List e-mails, newest first',
  query: z.object({
    ...listQuery,
    state: z.enum(emailStates).optional(),
    bounced: flagSchema.optional().meta({ description: 'only mails that came back' }),
    kind: z.enum(emailKinds).optional(),
    customerId: idSchema.optional(),
    invoiceId: idSchema.optional(),
    runId: idSchema.optional(),
    search: z.string().max(254).optional().meta({ description: 'the beginning of the address' }),
  }),
  response: pageOf(emailSchema),
  handler: async (ctx, { query }) => {
    const before = query.cursor ? decodeCursor(SORT, query.cursor)[0]! : null;
    const filter = {
      state: query.state,
      bounced: query.bounced,
      kind: query.kind,
      customerId: query.customerId,
      documentId: query.invoiceId,
      runId: query.runId,
      address: query.search?.trim().toLowerCase() || undefined,
    };
    const rows = await listEmails(ctx, filter, before, query.limit + 1);
    const items = rows.slice(0, query.limit);
    return { items: items.map(show), nextCursor: rows.length > query.limit ? encodeCursor(SORT, [items.at(-1)!.id]) : null };
  },
});

const counts = endpoint({
  method: 'get',
  path: '/v1/emails/counts',
  permission: 'correspondence.read',
  tag,
  summary: 'How many e-mails wait, and how many need a person',
  response: z.object({ waiting: z.number().int(), failed: z.number().int(), uncertain: z.number().int() }),
  handler: async (ctx) => {
    const rows = new Map((await countByState(ctx)).map((row) => [row.state, row.count]));
    return { waiting: (rows.get('ready') ?? 0) + (rows.get('sending') ?? 0), failed: rows.get('failed') ?? 0, uncertain: rows.get('uncertain') ?? 0 };
  },
});

const detailSchema = z
  .object({
    ...emailFields,
    messageId: z.string().nullable(),
    serverAnswer: z.string().nullable().meta({ description: 'what the mail server said last' }),
    templateId: idSchema.nullable(),
    runId: idSchema.nullable().meta({ description: 'the reminder run whose decisions led to it' }),
    html: z.string().nullable().meta({ description: 'as the customer saw it, with the tokens of its links taken out; null until it is rendered' }),
    text: z.string().nullable(),
    headers: z.record(z.string(), z.string()),
    invoices: z.array(z.object({ id: idSchema, number: z.string(), open: moneySchema })),
    attachments: z
      .array(
        z.object({
          name: z.string(),
          contentType: z.string(),
          sizeBytes: z.number().int(),
          kept: z.boolean().meta({ description: 'the bytes that went along are here, under /v1/emails/{id}/attachments/{position}' }),
          again: z.string().nullable().meta({ description: 'where it is drawn anew from what is known now; null: nowhere' }),
        }),
      )
      .nullable()
      .meta({ description: 'what went along, from position 0 on; null until it is handed over, and of mails from before this was kept' }),
    bounces: z.array(bounceSchema),
    views: z.array(
      z.object({
        kind: z.enum(['pixel', 'pdf', 'link']),
        grade: z.enum(['weak', 'strong', 'machine']),
        invoiceId: idSchema.nullable(),
        userAgent: z.string().nullable(),
        at: instantSchema,
      }),
    ),
  })
  .meta({ id: 'EmailDetail' });

async function shownFiles(ctx: Context, row: EmailRow) {
  const files = await readWentAlong(ctx, row.id);
  if (files === null) return null;
  const kept = await Promise.all(files.map((file) => ctx.platform.files.has(ctx.tenant.id, Buffer.from(file.sha256, 'hex'))));
  return files.map(({ name, contentType, sizeBytes, again }, position) => ({
    name,
    contentType,
    sizeBytes,
    kept: kept[position]!,
    again: again === undefined ? null : again !== SUMMARY_AGAIN ? again : row.kind === 'reminder' ? `/v1/emails/${row.id}/${again}` : null,
  }));
}

const read = endpoint({
  method: 'get',
  path: '/v1/emails/{id}',
  permission: 'correspondence.read',
  tag,
  summary: 'Read an e-mail as its reader saw it',
  params: z.object({ id: idSchema }),
  response: detailSchema,
  handler: async (ctx, { params: { id } }) => {
    const row = await readEmail(ctx, id);
    if (!row) throw notFound('e-mail');
    const content = await readContent(ctx, id);
    const documents = await readEmailDocuments(ctx, id);
    const views = await readViews(ctx, id);
    return {
      ...show(row),
      messageId: row.messageId,
      serverAnswer: row.smtpAnswer,
      templateId: row.templateId,
      runId: row.runId,
      html: content?.html ?? null,
      text: content?.bodyText ?? null,
      headers: content?.headers ?? {},
      attachments: await shownFiles(ctx, row),
      invoices: documents.map((one) => ({ id: one.documentId, number: one.number, open: toJson(money(one.openMinor, one.currency)) })),
      bounces: (await readBounces(ctx, id)).map(showBounce),
      views: views.map((view) => ({ kind: view.kind, grade: view.grade, invoiceId: view.documentId, userAgent: view.userAgent, at: view.at.toString() })),
    };
  },
});

const attachment = endpoint({
  method: 'get',
  path: '/v1/emails/{id}/attachments/{position}',
  permission: 'correspondence.read',
  tag,
  summary: 'Download what went along with an e-mail',
  description: 'The very bytes that went; 404 when they are not kept.',
  raw: true,
  raws: { gives: ['application/octet-stream'] },
  params: z.object({ id: idSchema, position: z.coerce.number().int().min(0).max(1000) }),
  handler: async (work, { params: { id, position } }) => {
    const file = (await work.transaction((ctx) => readWentAlong(ctx, id)))?.[position];
    const bytes = file && (await work.platform.files.read(work.tenantId, Buffer.from(file.sha256, 'hex')));
    if (!bytes) throw notFound('attachment');
    return download(file.name, bytes);
  },
});

const invoiceListAgain = endpoint({
  method: 'get',
  path: '/v1/emails/{id}/invoice-list',
  permission: 'correspondence.read',
  tag,
  summary: 'The list of the invoices of a reminder, drawn again',
  description: 'With what was open when it was sent.',
  raw: true,
  raws: { gives: ['application/pdf'] },
  params: z.object({ id: idSchema }),
  handler: async (work, { params: { id } }) => {
    const file = await work.transaction((ctx) => drawListAgain(ctx, id));
    if (!file) throw notFound('invoice list');
    return inline(file.fileName, file.contentType, file.content);
  },
});

const again = endpoint({
  method: 'post',
  path: '/v1/emails/{id}/send-again',
  permission: 'correspondence.write',
  tag,
  summary: 'Send an e-mail again that failed or may not have arrived',
  params: z.object({ id: idSchema }),
  response: emailSchema,
  handler: async (ctx, { params: { id } }) => {
    await sendAgain(ctx, id);
    return show((await readEmail(ctx, id))!);
  },
});

const sightSchema = z.object({ lastStrongAt: instantSchema.nullable(), lastWeakAt: instantSchema.nullable() });
const showSight = (row: { lastStrongAt: Temporal.Instant | null; lastWeakAt: Temporal.Instant | null } | undefined): z.input<typeof sightSchema> => ({
  lastStrongAt: row?.lastStrongAt?.toString() ?? null,
  lastWeakAt: row?.lastWeakAt?.toString() ?? null,
});

const documentViews = endpoint({
  method: 'get',
  path: '/v1/invoices/{id}/views',
  permission: 'correspondence.read',
  tag,
  summary: 'When the payer last saw an invoice',
  description: 'Strong: its link or PDF was opened in a browser. Weak: a mail with it was shown, perhaps by a program. Scanners count as neither.',
  params: z.object({ id: idSchema }),
  response: sightSchema.extend({ strongCount: z.number().int() }),
  handler: async (ctx, { params: { id } }) => {
    if (!(await readDocument(ctx, id))) throw notFound('invoice');
    const [row] = await readDocumentViews(ctx, [id]);
    return { ...showSight(row), strongCount: row?.strongCount ?? 0 };
  },
});

const customerContact = endpoint({
  method: 'get',
  path: '/v1/customers/{id}/mail-facts',
  permission: 'correspondence.read',
  tag,
  summary: 'When a customer last saw an invoice, and which of its addresses do not work',
  params: z.object({ id: idSchema }),
  response: z.object({ views: sightSchema, bounces: z.array(bounceSchema) }),
  handler: async (ctx, { params: { id } }) => {
    if (!(await readCustomer(ctx, id))) throw notFound('customer');
    return { views: showSight(await readCustomerView(ctx, id)), bounces: (await readCustomerBounces(ctx, id)).map(showBounce) };
  },
});

export const emailEndpoints: Endpoint[] = [list, counts, read, attachment, invoiceListAgain, again, documentViews, customerContact];
