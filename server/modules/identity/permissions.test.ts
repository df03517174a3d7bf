import { describe, expect, it } from 'vitest';
import { meanings, permissions, roles } from '../../kernel/permission.ts';
import { may, permissionsOf } from './permissions.ts';

describe('the permission table', () => {
  it('gives an administrator everything', () => {
    expect([...permissionsOf('administrator')]).toEqual([...permissions]);
  });

  it('gives a higher role all that the lower one has', () => {
    for (let i = 1; i < roles.length; i++)
      for (const permission of permissionsOf(roles[i]!)) expect(may(roles[i - 1]!, permission), `${roles[i - 1]} ${permission}`).toBe(true);
  });

  it('lets a viewer change nothing', () => {
    for (const permission of permissionsOf('viewer')) expect(permission).toMatch(/\.read$/);
  });

  it('leaves people, settings and keys to administrators', () => {
    for (const role of roles.slice(1)) for (const permission of ['users.write', 'settings.write'] as const) expect(may(role, permission)).toBe(false);
  });

  it('lets a collector neither send money back nor run reminders', () => {
    expect(may('collector', 'payments.refund')).toBe(false);
    expect(may('collector', 'reminders.run')).toBe(false);
  });

  it('says of each permission what it is for', () => {
    for (const permission of permissions) expect(meanings[permission].length).toBeGreaterThan(5);
  });

  it('gives an unknown role nothing', () => {
    expect(permissionsOf('owner' as never).size).toBe(0);
  });
});
