export { createCompany } from './commands/create-company.ts';
export { asProblem } from './commands/refusal.ts';
export { getSettings, updateSettings } from './commands/update-settings.ts';
export { readDkim, readSecret, writeSecret } from './commands/write-secret.ts';
export { endpoints } from './endpoints.ts';
export { allTenants, anyTenant, commonTimeZones, type TenantRow } from './queries.ts';
export type { DkimSecret } from './secrets.ts';
export { type CompanyProfile, companySchema, defaultSettings, type Settings, type SettingsPatch, withDefaults } from './settings.ts';
