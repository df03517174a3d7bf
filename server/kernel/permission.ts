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

/** What each permission lets a person do, in words. */
export const meanings: Record<Permission, string> = {
  'settings.read': 'see the settings of the company',
  'settings.write': 'change settings, mail server and API keys',
  'users.read': 'see who has access',
  'users.write': 'invite people, change roles, disable access',
  'audit.read': 'read the audit log',
  'customers.read': 'see customers and contacts',
  'customers.write': 'change customers, contacts and categories',
  'receivables.read': 'see invoices, credit memos and balances',
  'receivables.write': 'record and apply payments, write off, void',
  'payments.read': 'see payments and every step of them',
  'payments.refund': 'give money back',
  'reminders.read': 'see reminder rules and decisions',
  'reminders.write': 'change reminder rules',
  'reminders.run': 'send reminders now, and past the caps',
  'reminders.send': 'send single reminders by hand',
  'collections.read': 'see tasks, promises, disputes and shared files',
  'collections.write': 'work on tasks, promises, disputes and shared files',
  'statements.read': 'see statements, their rules and runs',
  'statements.write': 'change statement rules',
  'statements.run': 'make and send statements',
  'correspondence.read': 'see sent mail and templates',
  'correspondence.write': 'change templates, send mail again, lift suppressions',
  'intake.read': 'see uploads',
  'intake.write': 'upload customers and invoices, undo imports',
  'reporting.read': 'see dashboards and reports',
};

export const roles = ['administrator', 'manager', 'collector', 'viewer'] as const;

export type Role = (typeof roles)[number];
