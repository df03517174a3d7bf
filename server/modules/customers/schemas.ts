import { z } from 'zod';
import { dateSchema, idSchema, instantSchema } from '../../platform/http/schemas.ts';

/** What a contact can be for. */
export const purposes = ['billing', 'reminders', 'statements', 'escalation', 'letters', 'other'] as const;
export type Purpose = (typeof purposes)[number];

const text = (max: number) => z.string().max(max);
const emptyable = (max: number) => text(max).nullable().optional();

const language = z
  .string()
  .trim()
  .max(20)
  .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'write a language tag such as en or pt-BR')
  .meta({ example: 'en' });

export const categorySchema = z.object({ id: idSchema, name: z.string() });

export const contactSchema = z
  .object({
    id: idSchema,
    name: z.string().nullable(),
    email: z.string(),
    phone: z.string().nullable(),
    purposes: z
      .array(z.enum(purposes))
      .meta({ description: 'What the contact gets. Who gets what: contacts with the purpose, else those for billing, else the primary one' }),
    language: z.string().nullable().meta({ description: 'Language of mails to this contact; null: the one of the customer' }),
    isPrimary: z.boolean(),
  })
  .meta({ id: 'Contact' });

/** A contact in the list of all, with whose it is. */
export const listedContactSchema = contactSchema
  .extend({ customer: z.object({ id: idSchema, name: z.string(), number: z.string() }) })
  .meta({ id: 'ListedContact' });

export const contactBody = z.object({
  name: emptyable(200),
  email: text(254),
  phone: emptyable(50),
  purposes: z.array(z.enum(purposes)).min(1).max(purposes.length).optional(),
  language: language.nullable().optional(),
  isPrimary: z.boolean().optional(),
});

const customerRef = z.object({ id: idSchema, name: z.string(), number: z.string() });

export const customerSchema = z
  .object({
    id: idSchema,
    number: z.string(),
    companyCode: z.string(),
    name: z.string().meta({ description: 'Company name, else first and last name, else the e-mail address' }),
    companyName: z.string().nullable(),
    firstName: z.string().nullable(),
    lastName: z.string().nullable(),
    phone: z.string().nullable(),
    language: z.string().nullable(),
    parent: customerRef.nullable().meta({ description: 'The customer that this one belongs to' }),
    children: z.array(customerRef).meta({ description: 'Customers that belong to this one, the first 1,000' }),
    custom: z.record(z.string(), z.unknown()).meta({ description: 'Attributes of uploads that PayorCRM does not know' }),
    pausedUntil: dateSchema.nullable(),
    pausedReason: z.string().nullable(),
    archivedAt: instantSchema.nullable(),
    createdAt: instantSchema,
    updatedAt: instantSchema,
    contacts: z.array(contactSchema),
    categories: z.array(categorySchema),
  })
  .meta({ id: 'Customer' });

const details = {
  companyName: emptyable(300),
  firstName: emptyable(150),
  lastName: emptyable(150),
  phone: emptyable(50),
  language: emptyable(20),
  custom: z.record(z.string().max(100), z.unknown()).optional(),
};

export const newCustomerBody = z.object({
  number: z.string().trim().min(1).max(64),
  companyCode: z.string().trim().max(20).optional(),
  ...details,
  contacts: z
    .array(contactBody.omit({ isPrimary: true }))
    .max(50)
    .optional(),
});

export const customerChangesBody = z.object(details);

export const categoryBody = z.object({ name: z.string().trim().min(1).max(100) });
