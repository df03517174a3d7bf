import { z } from 'zod';
import type { Context } from '../../platform/context.ts';
import { type Endpoint, endpoint } from '../../platform/http/endpoint.ts';
import { idSchema, instantSchema } from '../../platform/http/schemas.ts';
import { calendarEndpoints } from './calendar-endpoints.ts';
import { getSettings, updateSettings } from './commands/update-settings.ts';
import { readDkim, readSecret, writeDkim, writeSecret } from './commands/write-secret.ts';
import { findSecret } from './queries.ts';
import { checkSmtpUrl, type DkimSecret, describeSmtpUrl, dkimRecords, dkimSchema, ed25519SelectorOf, generateDkim } from './secrets.ts';
import { companySchema, settingsPatchSchema, settingsSchema } from './settings.ts';

const tag = 'Settings';

const settingsAnswer = z.object({ company: companySchema.extend({ id: idSchema }), ...settingsSchema.shape }).meta({ id: 'Settings' });

const present = async (ctx: Context): Promise<z.input<typeof settingsAnswer>> => ({
  company: { id: ctx.tenant.id, name: ctx.tenant.name, currency: ctx.tenant.currency, timezone: ctx.tenant.timezone, locale: ctx.tenant.locale },
  ...(await getSettings(ctx)),
});

const getSettingsEndpoint = endpoint({
  method: 'get',
  path: '/v1/settings',
  permission: 'settings.read',
  tag,
  summary: 'Read the settings of the company',
  response: settingsAnswer,
  handler: (ctx) => present(ctx),
});

const patchSettings = endpoint({
  method: 'patch',
  path: '/v1/settings',
  permission: 'settings.write',
  tag,
  summary: 'Change settings',
  description: 'Only the fields that are given change. Each change is in the audit log with the value before and after.',
  body: settingsPatchSchema,
  response: settingsAnswer,
  example: { request: { reminders: { hour: 8 }, branding: { accent: '#0f766e' } } },
  handler: async (ctx, { body }) => {
    await updateSettings(ctx, body);
    return present(ctx);
  },
});

const secretsAnswer = z
  .object({
    smtpUrl: z.object({ set: z.boolean(), server: z.string().nullable(), updatedAt: instantSchema.nullable() }),
    dkim: z.object({
      set: z.boolean(),
      updatedAt: instantSchema.nullable(),
      domain: z.string().nullable(),
      selector: z.string().nullable(),
      ed25519Selector: z.string().nullable(),
      records: z.array(z.object({ name: z.string(), type: z.literal('TXT'), value: z.string() })),
    }),
  })
  .meta({ id: 'Secrets' });

async function presentSecrets(ctx: Context): Promise<z.input<typeof secretsAnswer>> {
  const [smtpRow, smtp, dkimRow, dkim] = [
    await findSecret(ctx, 'smtp_url'),
    await readSecret(ctx, 'smtp_url'),
    await findSecret(ctx, 'dkim'),
    await readDkim(ctx),
  ];
  return {
    smtpUrl: { set: smtp !== null, server: smtp === null ? null : describeSmtpUrl(smtp), updatedAt: smtpRow?.updatedAt.toString() ?? null },
    dkim: {
      set: dkim !== null,
      updatedAt: dkimRow?.updatedAt.toString() ?? null,
      domain: dkim?.domain ?? null,
      selector: dkim?.selector ?? null,
      ed25519Selector: dkim?.ed25519PrivateKey ? ed25519SelectorOf(dkim) : null,
      records: dkim ? dkimRecords(dkim) : [],
    },
  };
}

const getSecrets = endpoint({
  method: 'get',
  path: '/v1/settings/secrets',
  permission: 'settings.read',
  tag,
  summary: 'Which secrets are set',
  description: 'Secrets are never shown: a mail server without its password, and of DKIM what is public in DNS.',
  response: secretsAnswer,
  handler: (ctx) => presentSecrets(ctx),
});

const putSmtpUrl = endpoint({
  method: 'put',
  path: '/v1/settings/secrets/smtp-url',
  permission: 'settings.write',
  tag,
  summary: 'Set the mail server',
  description: 'The mail server of the company, instead of the one of this installation. `null` goes back to that.',
  body: z.strictObject({ value: z.string().max(2000).nullable() }),
  response: secretsAnswer,
  example: { request: { value: 'smtps://user:password@mail.example.com:465' } },
  handler: async (ctx, { body }) => {
    await writeSecret(ctx, 'smtp_url', body.value === null ? null : checkSmtpUrl(body.value));
    return presentSecrets(ctx);
  },
});

const putDkim = endpoint({
  method: 'put',
  path: '/v1/settings/secrets/dkim',
  permission: 'settings.write',
  tag,
  summary: 'Set the DKIM keys',
  description: 'Private keys in PEM form. The answer has the records that must be in DNS.',
  body: dkimSchema,
  response: secretsAnswer,
  handler: async (ctx, { body }) => {
    await writeDkim(ctx, body);
    return presentSecrets(ctx);
  },
});

const generateDkimKeys = endpoint({
  method: 'post',
  path: '/v1/settings/secrets/dkim/generate',
  permission: 'settings.write',
  tag,
  summary: 'Make new DKIM keys',
  description: 'An RSA key of 2048 bits and an Ed25519 key. Publish the records of the answer in DNS; until then receivers see an unknown key.',
  body: dkimSchema.pick({ domain: true, selector: true }),
  response: secretsAnswer,
  network: true,
  handler: async (work, { body }) => {
    const dkim: DkimSecret = await generateDkim(body.domain, body.selector);
    return work.transaction(async (ctx) => {
      await writeDkim(ctx, dkim);
      return presentSecrets(ctx);
    });
  },
});

const deleteDkim = endpoint({
  method: 'delete',
  path: '/v1/settings/secrets/dkim',
  permission: 'settings.write',
  tag,
  summary: 'Take the DKIM keys away',
  response: secretsAnswer,
  handler: async (ctx) => {
    await writeSecret(ctx, 'dkim', null);
    return presentSecrets(ctx);
  },
});

export const endpoints: Endpoint[] = [getSettingsEndpoint, patchSettings, getSecrets, putSmtpUrl, putDkim, generateDkimKeys, deleteDkim, ...calendarEndpoints];
