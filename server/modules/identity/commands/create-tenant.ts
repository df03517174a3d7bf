import { conflict } from '../../../kernel/problem.ts';
import { type Context, type Platform, systemActor } from '../../../platform/context.ts';
import { hashToken, newToken } from '../../../platform/secrets/secrets.ts';
import { anyTenant, type CompanyProfile, createCompany } from '../../tenants/index.ts';
import { staffUserJoined } from '../events.ts';
import { SETUP_LINK_SECONDS } from '../limits.ts';
import { putSetupToken, useSetupToken } from '../queries.ts';
import { createApiKey } from './api-key.ts';
import { inviteUrl, issueInviteToken } from './password.ts';
import { type Device, startSession } from './session.ts';
import { createStaffUser } from './staff-user.ts';

/** What a new company starts with (templates, rules), written in the transaction that creates it. */
export type Seed = (ctx: Context) => Promise<void>;

/**
 * A company with its first administrator and an API key, for the command line. `setupUrl` is where the administrator
 * chooses a password; it works once, for 7 days.
 */
export async function createTenant(
  platform: Platform,
  input: { name: string; email: string; currency: string; timezone: string; locale?: string },
  seed: Seed,
): Promise<{ tenantId: string; apiKey: string; apiSecret: string; setupUrl: string }> {
  const profile: CompanyProfile = { name: input.name, currency: input.currency, timezone: input.timezone, locale: input.locale ?? 'en-US' };
  const { tenantId, filled } = await createCompany(platform, profile, systemActor, async (ctx) => {
    const { id: userId } = await createStaffUser(ctx, { email: input.email, name: input.email.split('@')[0]!, role: 'administrator' });
    const { apiKey, apiSecret } = await createApiKey(ctx, { name: 'First key', role: 'manager' });
    await seed(ctx);
    return { apiKey, apiSecret, setupUrl: inviteUrl(platform, await issueInviteToken(ctx, userId)) };
  });
  return { tenantId, ...filled };
}

/** The one-time address of the set-up page; null when there is a company already. */
export async function createSetupLink(platform: Platform): Promise<string | null> {
  if (await anyTenant(platform)) return null;
  const token = newToken();
  await putSetupToken(platform, hashToken(token), platform.clock.now().add({ seconds: SETUP_LINK_SECONDS }));
  return new URL(`/setup/${token}`, platform.config.publicUrl).href;
}

/** The set-up page's deed: company, first administrator, and their session, or nothing of it. */
export async function setUpFirstCompany(
  platform: Platform,
  token: string,
  input: { company: CompanyProfile; name: string; email: string; password: string },
  device: Device,
  seed: Seed,
): Promise<{ tenantId: string; sessionToken: string }> {
  const actor = { ...systemActor, name: 'Set-up', ip: device.ip };
  const { tenantId, filled } = await createCompany(platform, input.company, actor, async (ctx) => {
    if (!(await useSetupToken(ctx, hashToken(token)))) throw conflict('setup_link_used', 'This set-up link has been used already or has expired.');
    const { id: userId } = await createStaffUser(ctx, { email: input.email, name: input.name, role: 'administrator', password: input.password });
    await ctx.record(staffUserJoined(userId));
    await seed(ctx);
    return startSession(ctx, { id: userId }, device);
  });
  return { tenantId, sessionToken: filled };
}
