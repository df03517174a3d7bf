export { authenticate } from './authenticate.ts';
export { createApiKey } from './commands/api-key.ts';
export { createSetupLink, createTenant, type Seed } from './commands/create-tenant.ts';
export { inviteUrl, issueInviteToken, issuePasswordResetToken, passwordResetUrl } from './commands/password.ts';
export { createStaffUser } from './commands/staff-user.ts';
export { endpoints } from './endpoints.ts';
export { ticks } from './jobs.ts';
export { pages } from './pages/pages.ts';
export { findUser as findStaffUser, mayBeAlarmed } from './queries.ts';
