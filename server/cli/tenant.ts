import { loadConfig } from '../platform/config/config.ts';
import { type Command, exitCodes, optional, printPairs, readArgs, required, UsageError } from './command.ts';
import { withApp } from './open.ts';

export const tenantCreate: Command = {
  help: `payorcrm tenant create --name NAME --email ADDRESS --currency CODE --timezone ZONE [--locale TAG] [--json]

A new company with default templates and reminder rules (inactive), a first administrator, and an API key.

  --name       the company's name, as customers see it
  --email      the administrator's address
  --currency   ISO 4217 code, such as USD
  --timezone   IANA zone, such as America/New_York
  --locale     how dates and amounts are written; en-US unless told
  --json       one object: tenant_id, api_key, api_secret, setup_url

The secret is shown this once. The administrator chooses a password at setup_url, within 7 days.`,
  async run(args) {
    const { options } = readArgs(args, {
      name: { type: 'string' },
      email: { type: 'string' },
      currency: { type: 'string' },
      timezone: { type: 'string' },
      locale: { type: 'string' },
      json: { type: 'boolean' },
    });
    const input = {
      name: required(options, 'name'),
      email: required(options, 'email'),
      currency: required(options, 'currency').toUpperCase(),
      timezone: required(options, 'timezone'),
      locale: optional(options, 'locale') ?? 'en-US',
    };
    return withApp(loadConfig(process.env), async ({ platform }) => {
      const { createTenant } = await import('../modules/identity/index.ts');
      const { seedTenant } = await import('../app.ts');
      const made = await createTenant(platform, input, seedTenant).catch((error: unknown) => {
        throw (error as { status?: number }).status === 422 ? new UsageError((error as Error).message) : error;
      });
      const answer = { tenant_id: made.tenantId, api_key: made.apiKey, api_secret: made.apiSecret, setup_url: made.setupUrl };
      if (options['json']) console.log(JSON.stringify(answer));
      else printPairs(Object.entries(answer));
      return exitCodes.ok;
    });
  },
};
