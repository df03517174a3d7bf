import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../tests/support/database.ts';
import { systemActor } from '../../platform/context.ts';
import { allTenants, commonTimeZones, createCompany, getSettings, readSecret, updateSettings, writeSecret } from './index.ts';
import { zoneIsKnown } from './queries.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());

describe('a company', () => {
  it('is found by the scheduler with its settings, and by nobody else', async () => {
    const { tenantId } = await createCompany(
      db.platform(),
      { name: 'Eastwind', currency: 'NZD', timezone: 'Pacific/Auckland', locale: 'en-NZ' },
      systemActor,
      (ctx) => updateSettings(ctx, { reminders: { hour: 6 } }),
    );
    expect((await allTenants(db.platform())).find((tenant) => tenant.id === tenantId)).toMatchObject({
      name: 'Eastwind',
      timezone: 'Pacific/Auckland',
      setting: { reminders: { hour: 6 } },
    });
    const other = await db.tenant();
    expect(await db.inTenant(other, (ctx) => ctx.tx.client.query('select 1 from tenant where id = $1', [tenantId]))).toMatchObject({ rows: [] });
  });

  it('sees a change of its settings in the same transaction', async () => {
    const tenantId = await db.tenant({ setting: { mail: { fromName: 'Kim' } } });
    await db.inTenant(tenantId, async (ctx) => {
      await updateSettings(ctx, { mail: { trackOpens: false }, company: { name: 'Renamed' } });
      expect(await getSettings(ctx)).toMatchObject({ mail: { fromName: 'Kim', trackOpens: false } });
      expect(ctx.tenant.name).toBe('Renamed');
    });
  });

  it('can be in any time zone that the set-up page offers, because the database knows it too', async () => {
    const zones = await commonTimeZones(db.platform());
    expect(zones.length).toBeGreaterThan(300);
    expect(zones).toEqual(expect.arrayContaining(['UTC', 'Pacific/Auckland', 'Pacific/Honolulu', 'America/New_York', 'Europe/Berlin']));
    const tenantId = await db.tenant();
    for (const timezone of zones.filter((_, index) => index % 60 === 0)) await db.inTenant(tenantId, (ctx) => updateSettings(ctx, { company: { timezone } }));
  });

  it('cannot move to a time zone that the database does not know', async () => {
    const tenantId = await db.tenant();
    expect(await db.inTenant(tenantId, (ctx) => zoneIsKnown(ctx, 'Moon/Tycho'))).toBe(false);
    expect(await db.inTenant(tenantId, (ctx) => zoneIsKnown(ctx, 'Pacific/Honolulu'))).toBe(true);
  });

  it('keeps secrets that no other company can open', async () => {
    const [ours, theirs] = [await db.tenant(), await db.tenant()];
    await db.inTenant(ours, (ctx) => writeSecret(ctx, 'smtp_url', 'smtp://a:b@mail.example.com'));
    expect(await db.inTenant(theirs, (ctx) => readSecret(ctx, 'smtp_url'))).toBeNull();
    await db.admin.query('insert into secret (tenant_id, name, ciphertext) select $2, name, ciphertext from secret where tenant_id = $1', [ours, theirs]);
    await expect(db.inTenant(theirs, (ctx) => readSecret(ctx, 'smtp_url'))).rejects.toThrow();
  });
});
