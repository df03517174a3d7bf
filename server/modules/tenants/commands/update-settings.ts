import type { Context } from '../../../platform/context.ts';
import { settingsChanged } from '../events.ts';
import { lockTenant, writeTenant } from '../queries.ts';
import { applyPatch, type Change, type CompanyProfile, type Settings, type SettingsPatch, settingsPatchSchema, withDefaults } from '../settings.ts';
import { asProblem, requireKnownZone } from './refusal.ts';

/** The settings of the transaction's tenant; read with it, so this costs nothing. */
export async function getSettings(ctx: Context): Promise<Settings> {
  return withDefaults(ctx.tenant.setting);
}

/** Changes the given fields and no others; one event names each with its value before and after. */
export async function updateSettings(ctx: Context, patch: SettingsPatch): Promise<Settings> {
  const parsed = settingsPatchSchema.safeParse(patch);
  if (!parsed.success) throw asProblem(parsed.error);
  const row = await lockTenant(ctx);
  const { stored, changes } = applyPatch(row.setting, parsed.data);
  const company: CompanyProfile = { name: row.name, currency: row.currency, timezone: row.timezone, locale: row.locale };
  const all = [...companyChanges(company, parsed.data.company ?? {}), ...changes];
  if (all.length > 0) {
    if (all.some((change) => change.field === 'company.timezone')) await requireKnownZone(ctx, parsed.data.company!.timezone!);
    Object.assign(company, parsed.data.company);
    await writeTenant(ctx, { ...company, setting: stored });
    await ctx.record(settingsChanged(ctx.tenant.id, all));
  }
  // later steps of this transaction see what is now true
  Object.assign(ctx.tenant, company, { setting: stored });
  return withDefaults(stored);
}

function companyChanges(company: CompanyProfile, patch: Partial<CompanyProfile>): Change[] {
  return (Object.keys(patch) as (keyof CompanyProfile)[])
    .filter((field) => patch[field] !== company[field])
    .map((field) => ({ field: `company.${field}`, before: company[field], after: patch[field] }));
}
