import { z } from 'zod';
import { dateSchema, idSchema, instantSchema } from '../../platform/http/schemas.ts';

const text = (max: number) => z.string().max(max);
const emptyable = (max: number) => text(max).nullable().optional();

export const categorySchema = z.object({ id: idSchema, name: z.string() });

export const contactSchema = z
  .object({
    id: idSchema,
    name: z.string().nullable(),
    email: z.string(),
    phone: z.string().nullable(),
    purpose: z.enum(['billing', 'other']).meta({ description: 'Reminders go to the primary contact; other billing contacts are copied' }),
    isPrimary: z.boolean(),
  })
  .meta({ id: 'Contact' });

export const contactBody = z.object({
  name: emptyable(200),
  email: text(254),
  phone: emptyable(50),
  purpose: z.enum(['billing', 'other']).optional(),
  isPrimary: z.boolean().optional(),
});

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
