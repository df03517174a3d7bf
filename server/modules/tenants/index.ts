export { type BusinessCalendar, businessCalendar } from './calendar.ts';
export { createCompany } from './commands/create-company.ts';
export { addHoliday, readBusinessCalendar } from './commands/holidays.ts';
export { getSettings, updateSettings } from './commands/update-settings.ts';
export { readDkim, readSecret, writeDkim, writeSecret } from './commands/write-secret.ts';
export { endpoints } from './endpoints.ts';
export { dkimRecords } from './secrets.ts';
export { allTenants, anyTenant, commonTimeZones } from './queries.ts';
export { type CompanyProfile, companySchema, type Settings, withDefaults } from './settings.ts';
