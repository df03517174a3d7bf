import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { checkDkim, checkSmtpUrl, describeSmtpUrl, dkimRecords, generateDkim } from './secrets.ts';
import { applyPatch, companySchema, defaultSettings, settingsPatchSchema, settingsSchema, withDefaults } from './settings.ts';

describe('settings', () => {
  it('are the defaults where nothing is stored, and the defaults are right', () => {
    expect(withDefaults({})).toEqual(defaultSettings);
    expect(settingsSchema.parse(defaultSettings)).toEqual(defaultSettings);
  });
  it('keep what was stored and leave out what this version does not know', () => {
    const settings = withDefaults({ reminders: { hour: 7, moonPhase: 'full' }, telepathy: {} });
    expect(settings.reminders).toEqual({ ...defaultSettings.reminders, hour: 7 });
    expect(Object.keys(settings)).toEqual(Object.keys(defaultSettings));
  });
  it('change in the given fields only, and say what changed', () => {
    const { stored, changes } = applyPatch({ reminders: { hour: 7 } }, { reminders: { hour: 8, catchUpDays: 3 }, mail: { trackOpens: false } });
    expect(stored).toEqual({ reminders: { hour: 8 }, mail: { trackOpens: false } });
    expect(changes).toEqual([
      { field: 'mail.trackOpens', before: true, after: false },
      { field: 'reminders.hour', before: 7, after: 8 },
    ]);
  });
  it.each([
    { reminders: { hour: 24 } },
    { branding: { accent: 'red' } },
    { branding: { logoUrl: 'javascript:alert(1)' } },
    { mail: { fromName: 'Kim\r\nBcc: all@example.com' } },
    { mail: { fromAddress: 'a@example.com, b@example.com' } },
    { mail: { smtp: 'x' } },
    { company: { timezone: 'Mars/Olympus' } },
    { company: { currency: 'usd' } },
    { company: { name: '   ' } },
  ])('refuse what cannot be used: %j', (patch) => {
    expect(settingsPatchSchema.safeParse(patch).success).toBe(false);
  });
  it('know a company by name, currency, time zone and language', () => {
    expect(companySchema.safeParse({ name: 'Northwind', currency: 'EUR', timezone: 'Europe/Berlin', locale: 'de-DE' }).success).toBe(true);
  });
});

describe('the mail server', () => {
  it('is described without its password', () => {
    expect(describeSmtpUrl(checkSmtpUrl('smtps://kim%40example.com:s3cret@mail.example.com:465'))).toBe('smtps://kim@example.com@mail.example.com:465');
  });
  it.each(['mail.example.com', 'http://mail.example.com', 'smtp://', 'smtp://mail.example.com/path', ''])('is refused when it is not one: %s', (text) => {
    expect(() => checkSmtpUrl(text)).toThrow(expect.objectContaining({ status: 422 }));
  });
});

describe('DKIM keys', () => {
  it('are made in pairs, and DNS gets their public halves', async () => {
    const dkim = checkDkim(await generateDkim('example.com', 'payor1'));
    const [rsa, ed25519] = dkimRecords(dkim);
    expect(rsa).toMatchObject({ name: 'payor1._domainkey.example.com', value: expect.stringMatching(/^v=DKIM1; k=rsa; p=MII/) });
    expect(ed25519!.name).toBe('payor1-ed._domainkey.example.com');
    expect(Buffer.from(/p=(.+)$/.exec(ed25519!.value)![1]!, 'base64')).toHaveLength(32);
    expect(JSON.stringify([rsa, ed25519])).not.toContain('PRIVATE');
  });
  it('are refused when they are short, of another kind, unreadable or missing', () => {
    const pem = (kind: 'rsa' | 'ed25519', bits = 2048): string =>
      kind === 'rsa'
        ? generateKeyPairSync('rsa', { modulusLength: bits }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
        : generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const base = { domain: 'example.com', selector: 'a' };
    for (const [more, code] of [
      [{ rsaPrivateKey: pem('rsa', 1024) }, 'key_too_short'],
      [{ rsaPrivateKey: pem('ed25519') }, 'wrong_kind'],
      [{ rsaPrivateKey: 'hello' }, 'unreadable_key'],
      [{}, 'missing_key'],
      [{ rsaPrivateKey: pem('rsa'), ed25519PrivateKey: pem('ed25519'), ed25519Selector: 'a' }, 'same_selector'],
    ] as const)
      expect(() => checkDkim({ ...base, ...more })).toThrow(expect.objectContaining({ errors: [expect.objectContaining({ code })] }));
  });
});
