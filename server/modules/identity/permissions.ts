import { type Permission, permissions, type Role, roles } from '../../kernel/permission.ts';

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

/** Who may do what. A tick in a row of this table is the only thing that gives a permission. */
const _ = false;
const x = true;
const table: Record<Permission, Record<Role, boolean>> = {
  //                       administrator     manager     collector     viewer
  'settings.read': { administrator: x, manager: x, collector: _, viewer: _ },
  'settings.write': { administrator: x, manager: _, collector: _, viewer: _ },
  'users.read': { administrator: x, manager: x, collector: _, viewer: _ },
  'users.write': { administrator: x, manager: _, collector: _, viewer: _ },
  'audit.read': { administrator: x, manager: x, collector: _, viewer: _ },
  'customers.read': { administrator: x, manager: x, collector: x, viewer: x },
  'customers.write': { administrator: x, manager: x, collector: x, viewer: _ },
  'receivables.read': { administrator: x, manager: x, collector: x, viewer: x },
  'receivables.write': { administrator: x, manager: x, collector: _, viewer: _ },
  'payments.read': { administrator: x, manager: x, collector: x, viewer: x },
  'payments.refund': { administrator: x, manager: x, collector: _, viewer: _ },
  'reminders.read': { administrator: x, manager: x, collector: x, viewer: x },
  'reminders.write': { administrator: x, manager: x, collector: _, viewer: _ },
  'reminders.run': { administrator: x, manager: x, collector: _, viewer: _ },
  'reminders.send': { administrator: x, manager: x, collector: x, viewer: _ },
  'collections.read': { administrator: x, manager: x, collector: x, viewer: x },
  'collections.write': { administrator: x, manager: x, collector: x, viewer: _ },
  'statements.read': { administrator: x, manager: x, collector: x, viewer: x },
  'statements.write': { administrator: x, manager: x, collector: _, viewer: _ },
  'statements.run': { administrator: x, manager: x, collector: x, viewer: _ },
  'correspondence.read': { administrator: x, manager: x, collector: x, viewer: x },
  'correspondence.write': { administrator: x, manager: x, collector: x, viewer: _ },
  'intake.read': { administrator: x, manager: x, collector: x, viewer: x },
  'intake.write': { administrator: x, manager: x, collector: _, viewer: _ },
  'reporting.read': { administrator: x, manager: x, collector: x, viewer: x },
};

const byRole = new Map<Role, ReadonlySet<Permission>>(roles.map((role) => [role, new Set(permissions.filter((permission) => table[permission][role]))]));

const nothing: ReadonlySet<Permission> = new Set();

/** The permissions of a role. A role that nobody knows has none. */
export const permissionsOf = (role: Role): ReadonlySet<Permission> => byRole.get(role) ?? nothing;

export const may = (role: Role, permission: Permission): boolean => permissionsOf(role).has(permission);
