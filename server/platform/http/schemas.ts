import { z } from 'zod';
import { isId } from '../../kernel/ids.ts';
import { isCurrency } from '../../kernel/currency.ts';

/** Schemas that every module's endpoints share. */
export const idSchema = z.string().refine(isId, 'an id is a UUID in lower case').meta({ format: 'uuid' });

const isDate = (text: string): boolean => {
  try {
    return Temporal.PlainDate.from(text).toString() === text;
  } catch {
    return false;
  }
};

export const dateSchema = z
  .string()
  .refine((text) => /^\d{4}-\d\d-\d\d$/.test(text) && isDate(text), 'a date is written YYYY-MM-DD')
  .meta({ format: 'date', example: '2026-03-31' });

export const instantSchema = z.string().meta({ format: 'date-time', example: '2026-03-31T09:00:00Z' });

export const currencySchema = z.string().refine(isCurrency, 'a currency is an ISO 4217 code such as USD').meta({ example: 'USD' });

export const moneySchema = z
  .object({
    amount: z
      .string()
      .regex(/^-?\d{1,15}(\.\d{1,3})?$/)
      .meta({ description: 'decimal string in major units', example: '1250.00' }),
    currency: currencySchema,
  })
  .meta({ id: 'Money' });

/** A page of a list and the cursor of the next one, null on the last. */
export const pageOf = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), nextCursor: z.string().nullable() });

export const DEFAULT_PAGE = 50;
export const MAX_PAGE = 200;

/** The query parameters of every list; spread into `z.object({ ...listQuery, … })`. */
export const listQuery = {
  cursor: z.string().max(1000).optional(),
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(DEFAULT_PAGE),
};

/** `true`/`false` in a query string. */
export const flagSchema = z.enum(['true', 'false']).transform((text) => text === 'true');
