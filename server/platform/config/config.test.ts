import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { ConfigError, hidden, loadConfig } from './config.ts';

const folder = mkdtempSync(join(tmpdir(), 'payorcrm-config-'));
afterAll(() => rmSync(folder, { recursive: true }));
const env = (more: Record<string, string> = {}) => ({ DATA_DIR: folder, ...more });

function refusal(more: Record<string, string>): string {
  try {
    loadConfig(env(more));
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
  throw new Error('the setting was accepted');
}

test('without settings everything has a default', () => {
  const config = loadConfig(env());
  expect(config).toMatchObject({
    port: 3000,
    host: '127.0.0.1',
    publicUrl: 'http://localhost:3000',
    databaseUrl: null,
    smtpUrl: null,
    roles: ['web', 'worker'],
    logLevel: 'info',
    uploadMaxBytes: 1024 ** 3,
    uploadMaxRows: 2_000_000,
  });
});

test('an empty value counts as absent', () => {
  expect(loadConfig(env({ PORT: '', SMTP_URL: ' ' }))).toMatchObject({ port: 3000, smtpUrl: null });
});

test.each([
  ['PORT', 'eighty'],
  ['PORT', '70000'],
  ['HOST', 'a b'],
  ['PUBLIC_URL', 'billing.example.com'],
  ['DATABASE_URL', 'mysql://localhost/x'],
  ['SMTP_URL', 'mail.example.com'],
  ['SECRET_KEY', 'short'],
  ['ROLES', 'web,cook'],
  ['LOG_LEVEL', 'loud'],
  ['UPLOAD_MAX_BYTES', '-1'],
  ['UPLOAD_MAX_ROWS', '1e6'],
  ['HISTORY_MONTHS', '0'],
])('a wrong %s (%s) is refused with one line that names it and says what is expected', (name, value) => {
  const message = refusal({ [name]: value });
  expect(message).toMatch(new RegExp(`^${name}: expected `));
  expect(message).not.toContain('\n');
});

test('a DATA_DIR that cannot be a folder is refused with one line', () => {
  expect(refusal({ DATA_DIR: join(folder, 'secret.key', 'below-a-file') })).toMatch(/^DATA_DIR: expected /);
});

test('roles may be given in any order with spaces', () => {
  expect(loadConfig(env({ ROLES: 'worker, web' })).roles).toEqual(['worker', 'web']);
});

test("libpq's address of a Unix socket is accepted", () => {
  const url = 'postgresql://payorcrm@/payorcrm?host=%2Frun%2Fpostgresql';
  expect(loadConfig(env({ DATABASE_URL: url })).databaseUrl).toBe(url);
});

test('the secret key is made once, kept, and readable by its owner only', () => {
  const first = loadConfig(env()).secretKey;
  expect(first.length).toBeGreaterThanOrEqual(43);
  expect(loadConfig(env()).secretKey).toBe(first);
  expect(statSync(join(folder, 'secret.key')).mode & 0o777).toBe(0o600);
});

test('the public address has no slash at its end', () => {
  expect(loadConfig(env({ PUBLIC_URL: 'https://billing.example.com/' })).publicUrl).toBe('https://billing.example.com');
});

test('secrets and passwords are hidden from people', () => {
  expect(hidden('SECRET_KEY', 'abc')).toBe('(hidden)');
  expect(hidden('DATABASE_URL', 'postgresql://me:pw@host/db')).toBe('postgresql://me:(hidden)@host/db');
  expect(hidden('SMTP_URL', 'smtp://127.0.0.1:2525')).toBe('smtp://127.0.0.1:2525');
});
