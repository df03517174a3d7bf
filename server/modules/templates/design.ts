import { z } from 'zod';

/**
 * A mail as blocks, as the editor keeps it. Everything here is checked when it comes in: colours are colours, sizes are
 * small whole numbers. Texts are sanitised and addresses looked at when it is compiled.
 */
const MAX_DESIGN_BLOCKS = 60;
const MAX_TEXT = 50_000;

const colour = z.string().regex(/^#[0-9a-fA-F]{6}$/, 'Write a color as #rrggbb.');
const points = (max: number) => z.number().int().min(0).max(max);
/** Where a link leads: looked at by the check, and left out of the mail where it is no address. */
const address = z.string().max(2000);

const box = {
  id: z.string().regex(/^[\w-]{1,40}$/),
  background: colour.nullable().default(null),
  border: colour.nullable().default(null),
  padding: z.strictObject({ top: points(80), right: points(80), bottom: points(80), left: points(80) }).default({ top: 0, right: 0, bottom: 0, left: 0 }),
  /** Room under the block. */
  below: points(80).default(0),
};
const align = z.enum(['left', 'center', 'right']);

const text = z.strictObject({ ...box, type: z.literal('text'), html: z.string().max(MAX_TEXT) });
const html = z.strictObject({ ...box, type: z.literal('html'), html: z.string().max(200_000) });
const image = z.strictObject({
  ...box,
  type: z.literal('image'),
  src: address.meta({ description: 'https://…, or the `path` of a picture of yours' }),
  alt: z.string().max(300).default(''),
  href: address.default(''),
  width: points(568).min(10).nullable().default(null),
  align: align.default('center'),
});
const button = z.strictObject({
  ...box,
  type: z.literal('button'),
  label: z.string().trim().min(1).max(200),
  href: address,
  colour: colour.nullable().default(null).meta({ description: 'null: the accent color of the company' }),
  textColour: colour.nullable().default(null),
  align: align.default('left'),
  radius: points(40).default(6),
  wide: z.boolean().default(false),
});
const divider = z.strictObject({ ...box, type: z.literal('divider'), colour: colour.default('#e5e7eb'), thickness: points(10).min(1).default(1) });
export const tableColumns = ['number', 'amount_due', 'due_date', 'due_words', 'days_overdue', 'currency', 'pdf'] as const;
const invoices = z.strictObject({
  ...box,
  type: z.literal('invoices'),
  columns: z
    .array(z.enum(tableColumns))
    .min(1)
    .max(6)
    .nullable()
    .default(null)
    .meta({ description: 'null: number, amount due, due date and PDF, as everywhere' }),
  total: z.boolean().default(true),
});
export const tagBlocks = ['payment_buttons', 'card_buttons', 'bank_buttons', 'login_register', 'statement_summary'] as const;
const tag = z.strictObject({ ...box, type: z.literal('tag'), name: z.enum(tagBlocks) });
export const networks = ['website', 'linkedin', 'facebook', 'x', 'instagram', 'youtube'] as const;
const social = z.strictObject({
  ...box,
  type: z.literal('social'),
  align: align.default('left'),
  links: z
    .array(z.strictObject({ network: z.enum(networks), url: address }))
    .min(1)
    .max(8),
});
const leaf = z.discriminatedUnion('type', [text, html, image, button, divider, invoices, tag, social]);
const columns = z.strictObject({
  ...box,
  type: z.literal('columns'),
  columns: z
    .array(z.strictObject({ share: z.number().int().min(10).max(90), blocks: z.array(leaf).max(20) }))
    .min(2)
    .max(4),
});

export const designSchema = z
  .strictObject({
    background: colour.default('#f3f4f6').meta({ description: 'around the mail' }),
    card: colour.default('#ffffff').meta({ description: 'under the mail' }),
    blocks: z
      .array(z.discriminatedUnion('type', [text, html, image, button, divider, invoices, tag, social, columns]))
      .min(1)
      .max(MAX_DESIGN_BLOCKS),
  })
  .refine(
    (design) => design.blocks.every((block) => block.type !== 'columns' || block.columns.reduce((sum, column) => sum + column.share, 0) === 100),
    'The shares of columns together are 100.',
  )
  .meta({ id: 'TemplateDesign' });

export type Design = z.infer<typeof designSchema>;
export type DesignBlock = Design['blocks'][number];
export type LeafBlock = z.infer<typeof leaf>;
export type ColumnsBlock = z.infer<typeof columns>;
