import { type Permission, permissions, type Role, roles } from '../../kernel/permission.ts';

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
