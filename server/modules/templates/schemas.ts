import { z } from 'zod';
import { idSchema, instantSchema } from '../../platform/http/schemas.ts';
import type { TemplateRow } from './queries.ts';
import { designSchema } from './design.ts';
import { templateKinds } from './tags.ts';

const language = z
  .string()
  .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})?$/, 'Write a language as “en” or “pt-BR”.')
  .meta({ example: 'es' });

/** One text: blocks, or HTML with merge tags. */
export const textContent = {
  subject: z.string().trim().min(1).max(500),
  body: z.string().max(500_000).nullable().default(null).meta({ description: 'HTML with merge tags; null where `design` says it' }),
  design: designSchema.nullable().default(null).meta({ description: 'blocks; null for HTML' }),
};
const variant = z.enum(['any', 'one']).meta({ description: 'one: for mails with one invoice' });

export const attachmentsSchema = z
  .strictObject({
    statement: z.boolean().meta({ description: 'one PDF that lists the invoices' }),
    invoices: z.boolean().meta({ description: 'the PDF of each invoice' }),
    files: z.boolean().meta({ description: 'files that are linked to the invoices' }),
  })
  .default({ statement: false, invoices: false, files: false });

export const inputSchema = z.strictObject({
  name: z.string().trim().min(1).max(200),
  kind: z.enum(templateKinds).default('reminder'),
  language: language.default('en').meta({ description: 'of the main text, which is used wherever no other fits' }),
  ...textContent,
  cc: z.array(z.string().max(254)).max(20).default([]),
  attachments: attachmentsSchema,
  texts: z
    .array(z.strictObject({ language, variant, ...textContent }))
    .max(20)
    .default([])
    .meta({ description: 'further texts: in other languages, and for mails with one invoice' }),
});

const shownText = { subject: z.string(), body: z.string(), design: designSchema.nullable() };

export const templateSchema = z
  .object({
    id: idSchema,
    name: z.string(),
    kind: z.enum(templateKinds),
    language: z.string(),
    ...shownText,
    cc: z.array(z.string()),
    attachments: z.object({ statement: z.boolean(), invoices: z.boolean(), files: z.boolean() }),
    texts: z.array(z.object({ language: z.string(), variant, ...shownText })),
    isDefault: z.boolean(),
    version: z.number().int(),
    archived: z.boolean(),
    createdAt: instantSchema,
    updatedAt: instantSchema,
  })
  .meta({ id: 'Template' });

export const show = (row: TemplateRow): z.input<typeof templateSchema> => ({
  id: row.id,
  name: row.name,
  kind: row.kind,
  language: row.language,
  subject: row.subject,
  body: row.body,
  design: row.design,
  cc: row.cc,
  attachments: { statement: row.attachStatement, invoices: row.attachInvoices, files: row.attachFiles },
  texts: row.texts.map(({ language: of, variant: forWhat, subject, body, design }) => ({ language: of, variant: forWhat, subject, body, design })),
  isDefault: row.isDefault,
  version: row.version,
  archived: row.archivedAt !== null,
  createdAt: row.createdAt.toString(),
  updatedAt: row.updatedAt.toString(),
});

export const keptSchema = z.object({
  name: z.string(),
  kind: z.enum(templateKinds),
  language: z.string(),
  subject: z.string(),
  body: z.string().nullable(),
  design: designSchema.nullable(),
  cc: z.array(z.string()),
  attachments: z.object({ statement: z.boolean(), invoices: z.boolean(), files: z.boolean() }),
  texts: z.array(z.object({ language: z.string(), variant, subject: z.string(), body: z.string().nullable(), design: designSchema.nullable() })),
});
