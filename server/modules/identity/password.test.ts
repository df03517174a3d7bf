import { describe, expect, it } from 'vitest';
import { hashPassword, isOutdated, passwordMatches, weakness } from './password.ts';

describe('a password', () => {
  it('is found again from what is stored, and no other is', async () => {
    const stored = await hashPassword('three blind mice run');
    expect(stored).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await passwordMatches('three blind mice run', stored)).toBe(true);
    expect(await passwordMatches('three blind mice ran', stored)).toBe(false);
  });

  it('has a salt of its own', async () => {
    expect(await hashPassword('three blind mice run')).not.toBe(await hashPassword('three blind mice run'));
  });

  it('is the same however its accents were typed', async () => {
    expect(await passwordMatches('cafe\u0301 au lait ole', await hashPassword('caf\u00e9 au lait ole'))).toBe(true);
  });

  it('never matches where none is stored, or where the stored one cannot be read', async () => {
    expect(await passwordMatches('three blind mice run', null)).toBe(false);
    expect(await passwordMatches('', '')).toBe(false);
  });

  it('costs the same work for a user who does not exist', async () => {
    const stored = await hashPassword('three blind mice run');
    const time = async (hash: string | null) => {
      const start = performance.now();
      for (let i = 0; i < 3; i++) await passwordMatches('wrong horse battery', hash);
      return performance.now() - start;
    };
    await time(stored);
    const [known, unknown] = [await time(stored), await time(null)];
    expect(unknown).toBeGreaterThan(known / 3);
    expect(unknown).toBeLessThan(known * 3);
  });

  it('is hashed anew when the parameters have changed since', () => {
    expect(isOutdated('$argon2id$v=19$m=4096,t=3,p=1$c2FsdHNhbHRzYWx0c2E$dGFndGFndGFndGFndGFndGFndGFndGFndGFndGFndGE')).toBe(true);
    expect(isOutdated('$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2E$dGFndGFndGFndGFndGFndGFndGFndGFndGFndGFndGE')).toBe(false);
  });

  it.each([
    ['short', []],
    ['Password1234', []],
    ['password-1234', []],
    ['aaaaaaaaaaaaaaaa', []],
    ['123456789012', []],
    ['northwind-99', ['Northwind Supply']],
    ['kim.lee.2026', ['kim.lee@example.com']],
    ['x'.repeat(201), []],
  ])('is refused when it is guessed first: %s', (password, known) => {
    expect(weakness(password, known)).not.toBeNull();
  });

  it.each(['correct horse battery', 'zw9!kQ_4vTe2', 'Fahrräder über Brücken'])('is taken when it is not: %s', (password) => {
    expect(weakness(password, ['kim@example.com', 'Kim Lee', 'Northwind Supply'])).toBeNull();
  });
});
