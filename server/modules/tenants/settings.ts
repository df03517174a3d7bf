import { z } from 'zod';
import { isTimeZone } from '../../kernel/calendar.ts';
import { isCurrency } from '../../kernel/currency.ts';
import { plainAddress } from '../../platform/mail/address.ts';

/** One line of text as it may stand in a mail header. */
const oneLine = (max: number) =>
  z
    .string()
    .trim()
    .max(max)
    .refine((text) => !/\p{Cc}|[\u2028\u2029]/u.test(text), 'write it on one line, without control characters');

const emailAddress = z
  .string()
  .trim()
  .refine((text) => plainAddress(text) !== null, 'write one e-mail address, such as billing@example.com');

const webAddress = z
  .string()
  .trim()
  .max(2000)
  .refine((text) => {
    try {
      return ['http:', 'https:'].includes(new URL(text).protocol);
    } catch {
      return false;
    }
  }, 'write an address that starts with https://');

const knownLocale = z.string().refine((text) => {
  try {
    return Intl.getCanonicalLocales(text)[0] === text;
  } catch {
    return false;
  }
}, 'write a language tag such as en-US');

/** Who the company is: columns of `tenant`. */
export const companySchema = z.strictObject({
  name: oneLine(200).min(1, 'a company needs a name'),
  currency: z.string().refine(isCurrency, 'a currency is an ISO 4217 code such as USD'),
  timezone: z.string().refine(isTimeZone, 'a time zone is a name such as America/New_York'),
  locale: knownLocale,
});
export type CompanyProfile = z.infer<typeof companySchema>;

/** How the company works: the document in `tenant.setting`. */
export const settingsSchema = z.strictObject({
  branding: z.strictObject({
    logoUrl: webAddress.nullable(),
    accent: z.string().regex(/^#[0-9a-fA-F]{6}$/, 'a color is written #1d4ed8'),
    address: z.string().max(500),
    phone: oneLine(50),
    supportEmail: emailAddress.nullable(),
  }),
  mail: z.strictObject({
    fromName: oneLine(200).nullable(),
    fromAddress: emailAddress.nullable(),
    replyTo: emailAddress.nullable(),
    trackOpens: z.boolean(),
    fallback: z.boolean().meta({ description: 'mail goes through the server of this installation while the own mail server fails' }),
  }),
  reminders: z.strictObject({
    hour: z.number().int().min(0).max(23).meta({ description: 'hour of the daily run in the time zone of the company' }),
    catchUpDays: z.number().int().min(0).max(31).meta({ description: 'days that a run makes up for when it did not happen' }),
    grouping: z.enum(['merged', 'per_rule']).meta({ description: 'one message for a customer and day, or one for each rule' }),
    minContactDays: z.number().int().min(0).max(60).meta({ description: 'days from one mail to a customer to the next; 0: no such limit' }),
    weeklyCap: z.number().int().min(1).max(50).nullable().meta({ description: 'reminders and statements to one address in seven days; null: no such limit' }),
    freshnessHours: z
      .number()
      .int()
      .min(1)
      .max(8760)
      .nullable()
      .meta({ description: 'reminders wait when the last good upload of invoices is older than this; null: they never wait for one' }),
    quietDays: z.boolean().meta({ description: 'on days off nothing goes out; it follows on the next business day' }),
    brakeFactor: z.number().min(1).max(100).meta({ description: 'a daily run that is so many times larger than usual waits for a person' }),
    brakeMinimum: z.number().int().min(0).max(1_000_000).meta({ description: 'a daily run of at most so many mails never waits' }),
    alarmAfterHours: z
      .number()
      .int()
      .min(1)
      .max(72)
      .meta({ description: 'hours after which a run that did not begin, or mails that did not leave, raise an alarm' }),
    claimedPaidDays: z.number().int().min(1).max(90).meta({ description: 'days for which "I already paid" holds reminders of an invoice back' }),
  }),
  calendar: z.strictObject({
    weekend: z
      .array(z.number().int().min(1).max(7))
      .max(6)
      .refine((days) => new Set(days).size === days.length, 'name each day once')
      .meta({ description: 'days of the week that are no business days: 1 is Monday, 7 is Sunday' }),
  }),
  intake: z.strictObject({
    dayFirst: z.boolean().meta({ description: '03/04/2026 is the 3rd of April' }),
    decimalComma: z.boolean().meta({ description: '1.250,00 is one thousand two hundred and fifty' }),
    defaultTermsDays: z.number().int().min(0).max(3650),
    createCustomers: z.boolean().meta({ description: 'an invoice of an unknown customer creates the customer' }),
    mappings: z.record(z.string().max(200), z.unknown()).meta({ description: 'columns of imported files, as last chosen' }),
  }),
  collections: z.strictObject({
    promiseGraceDays: z.number().int().min(0).max(60).meta({ description: 'days after the promised one until a promise counts as broken' }),
  }),
  statements: z.strictObject({
    hour: z.number().int().min(0).max(23).meta({ description: 'hour of the daily look at the statement rules, in the time zone of the company' }),
    catchUpDays: z.number().int().min(0).max(31).meta({ description: 'days that a run makes up for when it did not happen' }),
    remitTo: z.string().max(600).meta({ description: 'where checks and transfers go, as lines of text; printed on each statement' }),
    note: z.string().max(500).meta({ description: 'a sentence to the customer, printed under each statement' }),
    logoFileId: z.uuid().nullable().meta({ description: 'set with PUT /v1/statements/logo' }),
  }),
  payments: z.strictObject({
    applyBankOnSubmission: z.boolean().meta({ description: 'a bank payment closes its invoices when it is submitted, not when it has settled' }),
    linkDays: z.number().int().min(1).max(365),
    confirmHours: z.number().int().min(1).max(168),
  }),
});
export type Settings = z.infer<typeof settingsSchema>;
type Section = keyof Settings;

export const defaultSettings: Settings = {
  branding: { logoUrl: null, accent: '#1d4ed8', address: '', phone: '', supportEmail: null },
  mail: { fromName: null, fromAddress: null, replyTo: null, trackOpens: true, fallback: false },
  reminders: {
    hour: 9,
    catchUpDays: 3,
    grouping: 'merged',
    minContactDays: 1,
    weeklyCap: 5,
    freshnessHours: null,
    quietDays: false,
    brakeFactor: 3,
    brakeMinimum: 100,
    alarmAfterHours: 2,
    claimedPaidDays: 7,
  },
  calendar: { weekend: [6, 7] },
  intake: { dayFirst: false, decimalComma: false, defaultTermsDays: 30, createCustomers: false, mappings: {} },
  collections: { promiseGraceDays: 3 },
  statements: { hour: 8, catchUpDays: 3, remitTo: '', note: '', logoFileId: null },
  payments: { applyBankOnSubmission: false, linkDays: 30, confirmHours: 24 },
};
const sections = Object.keys(defaultSettings) as Section[];

/** What a caller may change: any fields of any sections. */
export const settingsPatchSchema = z.strictObject({
  company: companySchema.partial().optional(),
  branding: settingsSchema.shape.branding.partial().optional(),
  mail: settingsSchema.shape.mail.partial().optional(),
  reminders: settingsSchema.shape.reminders.partial().optional(),
  calendar: settingsSchema.shape.calendar.partial().optional(),
  intake: settingsSchema.shape.intake.partial().optional(),
  collections: settingsSchema.shape.collections.partial().optional(),
  statements: settingsSchema.shape.statements.partial().optional(),
  payments: settingsSchema.shape.payments.partial().optional(),
});
export type SettingsPatch = z.infer<typeof settingsPatchSchema>;

/** The stored document with the defaults under it. Fields that this version does not know are left out. */
export function withDefaults(stored: Record<string, unknown>): Settings {
  const result: Record<string, Record<string, unknown>> = {};
  for (const section of sections) {
    const given = stored[section];
    const defaults = defaultSettings[section] as Record<string, unknown>;
    const known: Record<string, unknown> = {};
    for (const [field, value] of Object.entries(defaults)) known[field] = isObject(given) && Object.hasOwn(given, field) ? given[field] : value;
    result[section] = known;
  }
  return result as unknown as Settings;
}

export interface Change {
  /** `section.field` */
  field: string;
  before: unknown;
  after: unknown;
}

/** The document after the patch, and what of it really changed. */
export function applyPatch(stored: Record<string, unknown>, patch: SettingsPatch): { stored: Record<string, unknown>; changes: Change[] } {
  const current = withDefaults(stored) as Record<Section, Record<string, unknown>>;
  const next: Record<string, unknown> = { ...stored };
  const changes: Change[] = [];
  for (const section of sections) {
    const given = (patch[section] ?? {}) as Record<string, unknown>;
    for (const [field, after] of Object.entries(given)) {
      const before = current[section][field];
      if (after === undefined || JSON.stringify(before) === JSON.stringify(after)) continue;
      const kept = next[section];
      next[section] = { ...(isObject(kept) ? kept : {}), [field]: after };
      changes.push({ field: `${section}.${field}`, before, after });
    }
  }
  return { stored: next, changes };
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
