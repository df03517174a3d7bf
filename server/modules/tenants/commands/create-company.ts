import { newId } from '../../../kernel/ids.ts';
import { type Actor, type Context, inNewTenant, type Platform } from '../../../platform/context.ts';
import { tenantCreated } from '../events.ts';
import { type CompanyProfile, companySchema } from '../settings.ts';
import { asProblem, requireKnownZone } from './refusal.ts';

/**
 * A new company. `fill` runs in the same transaction, as that company: what it starts with is there from the first
 * moment or the company is not. Refuses a profile that is not right with a Problem 422.
 */
export async function createCompany<T>(
  platform: Platform,
  profile: CompanyProfile,
  actor: Actor,
  fill: (ctx: Context) => Promise<T>,
): Promise<{ tenantId: string; filled: T }> {
  const parsed = companySchema.safeParse(profile);
  if (!parsed.success) throw asProblem(parsed.error);
  const tenant = { id: newId(), ...parsed.data, setting: {} };
  const filled = await inNewTenant(platform, tenant, actor, async (ctx) => {
    await requireKnownZone(ctx, parsed.data.timezone);
    await ctx.record(tenantCreated(tenant.id, parsed.data));
    return fill(ctx);
  });
  return { tenantId: tenant.id, filled };
}
