/** What an endpoint can ask for; who has it is in `modules/identity/permissions.ts`. */
export const permissions = [
  'settings.read',
  'settings.write',
  'users.read',
  'users.write',
  'audit.read',
  'customers.read',
  'customers.write',
  'receivables.read',
  'receivables.write',
  'payments.read',
  'payments.refund',
  'reminders.read',
  'reminders.write',
  'reminders.run',
  'reminders.send',
  'statements.read',
  'statements.write',
  'statements.run',
  'collections.read',
  'collections.write',
  'correspondence.read',
  'correspondence.write',
  'intake.read',
  'intake.write',
  'reporting.read',
] as const;

export type Permission = (typeof permissions)[number];

export const roles = ['administrator', 'manager', 'collector', 'viewer'] as const;

export type Role = (typeof roles)[number];
