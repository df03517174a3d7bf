import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { browser as browserAt } from '../../../tests/support/browser.ts';
import { type TestDatabase, testDatabase } from '../../../tests/support/database.ts';
import { newId } from '../../kernel/ids.ts';
import type { Role } from '../../kernel/permission.ts';
import type { Platform } from '../../platform/context.ts';
import { createHttp, type Listening, listen } from '../../platform/http/server.ts';
import { endpoints as tenantEndpoints, getSettings, readSecret } from '../tenants/index.ts';
import { authenticate, createApiKey, createSetupLink, createStaffUser, createTenant, endpoints, issuePasswordResetToken, pages, ticks } from './index.ts';

let db: TestDatabase;
let platform: Platform;
let http: Listening;
let url: string;

beforeAll(async () => {
  db = await testDatabase();
  platform = db.platform();
  const app = createHttp(platform, [...tenantEndpoints, ...endpoints], authenticate);
  pages(app, platform, async () => {});
  http = await listen(app, 0, '127.0.0.1');
  url = `http://127.0.0.1:${http.port}`;
  platform.config.publicUrl = url;
});
afterAll(async () => {
  await http.stop();
  await db.close();
});

const PASSWORD = 'correct horse battery';
let counter = 0;
const address = (name: string) => `${name}${++counter}@northwind.example`;

const browser = () => browserAt(url);

async function company(role: Role = 'administrator') {
  const tenantId = await db.tenant();
  const email = address('kim');
  const { id: userId } = await db.inTenant(tenantId, (ctx) => createStaffUser(ctx, { email, name: 'Kim Lee', role, password: PASSWORD }));
  return { tenantId, email, userId };
}

async function signedIn(role: Role = 'administrator') {
  const made = await company(role);
  const b = browser();
  expect(await b.submit('/sign-in', { email: made.email, password: PASSWORD })).toMatchObject({ status: 303 });
  return { ...made, b };
}

async function eventsOf(tenantId: string): Promise<{ type: string; data: Record<string, unknown> }[]> {
  const { rows } = await db.admin.query('select type, data from event where tenant_id = $1 order by id', [tenantId]);
  return rows;
}

beforeEach(async () => {
  // each story starts with no tries counted: they all come from this one machine
  await db.admin.query('delete from rate_limit');
});

describe('API keys', () => {
  const headersOf = (made: { apiKey: string; apiSecret: string }) => ({ api_key: made.apiKey, api_secret: made.apiSecret });

  it('are shown once, stored hashed, and open what their role allows', async () => {
    const { b, tenantId } = await signedIn();
    const made = (await b.call('POST', '/v1/api-keys', { name: 'Nightly upload' })).body;
    expect(made).toMatchObject({ role: 'manager', lastUsedAt: null, revokedAt: null });
    const program = browser();
    const me = await program.call('GET', '/v1/me', undefined, headersOf(made));
    expect(me.body).toMatchObject({ user: { kind: 'api_key', name: 'Nightly upload', role: 'manager' }, tenant: { id: tenantId } });
    expect(
      (await program.call('GET', '/v1/me', undefined, { authorization: `Basic ${Buffer.from(`${made.apiKey}:${made.apiSecret}`).toString('base64')}` })).status,
    ).toBe(200);
    expect((await program.call('POST', '/v1/users', { email: address('x'), name: 'X', role: 'viewer' }, headersOf(made))).status).toBe(403);
    expect((await program.call('POST', '/v1/me/totp', undefined, headersOf(made))).body.code).toBe('users_only');
    const list = await b.call('GET', '/v1/api-keys');
    expect(list.body.items[0]).toMatchObject({ id: made.id, apiKey: made.apiKey });
    expect(JSON.stringify([list.body, await eventsOf(tenantId)])).not.toContain(made.apiSecret);
  });

  it('are refused when wrong, halved or revoked', async () => {
    const { b } = await signedIn();
    const made = (await b.call('POST', '/v1/api-keys', { name: 'K', role: 'viewer' })).body;
    const program = browser();
    const tries: Record<string, string>[] = [
      { api_key: made.apiKey, api_secret: `${made.apiSecret}x` },
      { api_key: made.apiKey },
      { api_key: 'ak_unknown', api_secret: made.apiSecret },
      { api_key: "' or 1=1 --", api_secret: 'x' },
      { authorization: 'Basic bm9wZQ==' },
    ];
    for (const headers of tries) expect((await program.call('GET', '/v1/me', undefined, headers)).body.code).toBe('wrong_credentials');
    expect((await program.call('GET', '/v1/me', undefined, { authorization: 'Bearer x' })).body.code).toBe('not_signed_in');
    expect((await program.call('GET', '/v1/me', undefined, headersOf(made))).status).toBe(200);
    expect((await b.call('DELETE', `/v1/api-keys/${made.id}`)).body.revokedAt).not.toBeNull();
    expect((await b.call('DELETE', `/v1/api-keys/${made.id}`)).status).toBe(200);
    expect((await program.call('GET', '/v1/me', undefined, headersOf(made))).status).toBe(401);
    expect((await b.call('DELETE', `/v1/api-keys/${newId()}`)).status).toBe(404);
  });

  it('remember their last use to the minute', async () => {
    const { b, tenantId } = await signedIn();
    const made = await db.inTenant(tenantId, (ctx) => createApiKey(ctx, { name: 'K', role: 'viewer' }));
    const used = async () => (await b.call('GET', '/v1/api-keys')).body.items[0].lastUsedAt;
    await browser().call('GET', '/v1/me', undefined, headersOf(made));
    const first = await used();
    expect(first).not.toBeNull();
    db.clock.advance({ seconds: 30 });
    await browser().call('GET', '/v1/me', undefined, headersOf(made));
    expect(await used()).toBe(first);
    db.clock.advance({ seconds: 40 });
    await browser().call('GET', '/v1/me', undefined, headersOf(made));
    expect(await used()).not.toBe(first);
  });

  it('of another company cannot be revoked', async () => {
    const { b } = await signedIn();
    const foreign = await db.tenant();
    const made = await db.inTenant(foreign, (ctx) => createApiKey(ctx, { name: 'K', role: 'viewer' }));
    expect((await b.call('DELETE', `/v1/api-keys/${made.id}`)).status).toBe(404);
    expect((await browser().call('GET', '/v1/me', undefined, headersOf(made))).status).toBe(200);
  });
});

describe('settings and secrets', () => {
  it('change with an entry of before and after, and secrets without a word of what they are', async () => {
    const { b, tenantId } = await signedIn();
    await b.call('PATCH', '/v1/settings', { company: { name: 'Northwind Ltd' }, reminders: { hour: 8 } });
    expect((await eventsOf(tenantId)).at(-1)).toMatchObject({
      type: 'settings.changed',
      data: { before: { 'company.name': 'Northwind Supply', 'reminders.hour': 9 }, after: { 'company.name': 'Northwind Ltd', 'reminders.hour': 8 } },
    });
    const before = (await eventsOf(tenantId)).length;
    await b.call('PATCH', '/v1/settings', { reminders: { hour: 8 } });
    expect(await eventsOf(tenantId)).toHaveLength(before);
    const set = await b.call('PUT', '/v1/settings/secrets/smtp-url', { value: 'smtps://kim:s3cret-word@mail.example.com' });
    expect(set.body.smtpUrl).toMatchObject({ set: true, server: 'smtps://kim@mail.example.com' });
    const dkim = await b.call('POST', '/v1/settings/secrets/dkim/generate', { domain: 'example.com', selector: 'payor1' });
    expect(dkim.body.dkim.records).toHaveLength(2);
    expect(await db.inTenant(tenantId, (ctx) => readSecret(ctx, 'smtp_url'))).toContain('s3cret-word');
    const { rows } = await db.admin.query('select ciphertext from secret where tenant_id = $1', [tenantId]);
    for (const text of [JSON.stringify([set.body, dkim.body, await eventsOf(tenantId)]), rows.map((row) => row.ciphertext.toString('latin1')).join()]) {
      expect(text).not.toContain('s3cret-word');
      expect(text).not.toContain('PRIVATE KEY');
    }
    expect((await b.call('PUT', '/v1/settings/secrets/smtp-url', { value: null })).body.smtpUrl).toEqual({ set: false, server: null, updatedAt: null });
  });

  it('of two who save at once are both kept', async () => {
    const { b, tenantId } = await signedIn();
    await Promise.all([
      b.call('PATCH', '/v1/settings', { reminders: { hour: 7 } }),
      b.call('PATCH', '/v1/settings', { branding: { phone: '555 0100' } }),
      b.call('PATCH', '/v1/settings', { reminders: { catchUpDays: 5 } }),
    ]);
    expect(await db.inTenant(tenantId, getSettings)).toMatchObject({ reminders: { hour: 7, catchUpDays: 5 }, branding: { phone: '555 0100' } });
  });

  it('are read by managers and changed by administrators', async () => {
    const { b } = await signedIn('manager');
    expect((await b.call('GET', '/v1/settings')).status).toBe(200);
    expect((await b.call('PATCH', '/v1/settings', { reminders: { hour: 7 } })).status).toBe(403);
  });
});

describe('the audit log', () => {
  it('shows who did what, newest first, in pages, by type, actor, subject and day', async () => {
    const { b, userId } = await signedIn();
    for (const hour of [1, 2, 3, 4, 5]) {
      db.clock.advance({ minutes: 1 });
      await b.call('PATCH', '/v1/settings', { reminders: { hour } });
    }
    const first = (await b.call('GET', '/v1/events?type=settings&limit=2')).body;
    expect(first.items.map((event: { data: { after: object } }) => event.data.after)).toEqual([{ 'reminders.hour': 5 }, { 'reminders.hour': 4 }]);
    expect(first.items[0]).toMatchObject({ actor: { kind: 'user', id: userId, name: 'Kim Lee' }, ip: expect.stringContaining('127.0.0.1') });
    const rest = (await b.call('GET', `/v1/events?type=settings&limit=10&cursor=${first.nextCursor}`)).body;
    expect(rest.items).toHaveLength(3);
    expect(rest.nextCursor).toBeNull();
    expect((await b.call('GET', `/v1/events?actorId=${userId}&type=se`)).body.items).toHaveLength(6);
    expect((await b.call('GET', `/v1/events?subjectType=staff_user&subjectId=${userId}`)).body.items).toHaveLength(1);
    const today = db.clock.now().toZonedDateTimeISO('America/New_York').toPlainDate();
    expect((await b.call('GET', `/v1/events?type=settings&from=${today}&to=${today}`)).body.items).toHaveLength(5);
    expect((await b.call('GET', `/v1/events?to=${today.subtract({ days: 1 })}`)).body.items).toHaveLength(0);
    expect((await b.call('GET', '/v1/events?type=nothing')).body.items).toEqual([]);
    expect((await b.call('GET', '/v1/events/types')).body.types).toEqual(expect.arrayContaining(['session.started', 'settings.changed', 'staff_user.created']));
    expect((await b.call('GET', `/v1/events?cursor=${Buffer.from('["events","x","y"]').toString('base64url')}`)).status).toBe(400);
  });

  it('shows nothing of another company', async () => {
    const { b } = await signedIn();
    const foreign = await signedIn();
    expect((await b.call('GET', `/v1/events?actorId=${foreign.userId}`)).body.items).toEqual([]);
  });

  it('cannot be changed or removed by the program', async () => {
    const { tenantId } = await company();
    for (const statement of ['update event set type = $1 where tenant_id = $2', 'delete from event where type <> $1 and tenant_id = $2'])
      await expect(db.inTenant(tenantId, (ctx) => ctx.tx.client.query(statement, ['x', tenantId]))).rejects.toThrow(/permission denied/);
  });
});

describe('the permission table', () => {
  it('can be read by everybody who is signed in, in pages', async () => {
    const { b } = await signedIn('viewer');
    const first = (await b.call('GET', '/v1/permissions?limit=10')).body;
    const second = (await b.call('GET', `/v1/permissions?limit=10&cursor=${first.nextCursor}`)).body;
    const rows = [...first.items, ...second.items];
    expect(rows.find((row) => row.permission === 'payments.refund')).toMatchObject({ administrator: true, manager: true, collector: false, viewer: false });
    expect(new Set(rows.map((row) => row.permission)).size).toBe(rows.length);
    const mine = (await b.call('GET', '/v1/permissions?mine=true')).body.items;
    expect(mine.map((row: { permission: string }) => row.permission)).toEqual((await b.call('GET', '/v1/me')).body.permissions);
  });
});

describe('a new company', () => {
  it('is there whole or not at all', async () => {
    const input = { name: 'Eastwind', email: address('boss'), currency: 'EUR', timezone: 'Europe/Berlin' };
    await expect(createTenant(platform, input, async () => Promise.reject(new Error('seed failed')))).rejects.toThrow('seed failed');
    expect((await db.admin.query("select 1 from tenant where name = 'Eastwind'")).rows).toEqual([]);
    const made = await createTenant(platform, input, async () => {});
    const me = await browser().call('GET', '/v1/me', undefined, { api_key: made.apiKey, api_secret: made.apiSecret });
    expect(me.body.tenant).toMatchObject({ id: made.tenantId, currency: 'EUR', timezone: 'Europe/Berlin' });
    const guest = browser();
    const path = new URL(made.setupUrl).pathname;
    expect(await guest.submit(path, { name: 'The Boss', password: 'a good pass phrase' })).toMatchObject({ status: 303 });
    expect((await guest.call('GET', '/v1/me')).body.user).toMatchObject({ name: 'The Boss', role: 'administrator' });
  });

  it('is refused with a currency or time zone that does not exist', async () => {
    for (const wrong of [{ currency: 'XXY' }, { timezone: 'Mars/Olympus' }, { name: '' }, { email: 'nobody' }])
      await expect(
        createTenant(platform, { name: 'X', email: 'a@example.com', currency: 'USD', timezone: 'UTC', ...wrong }, async () => {}),
      ).rejects.toMatchObject({ status: 422 });
  });
});

describe('what has ended', () => {
  it('is tidied away a month later', async () => {
    const { tenantId, userId } = await signedIn();
    await db.inTenant(tenantId, (ctx) => issuePasswordResetToken(ctx, userId));
    db.clock.advance({ days: 38 });
    for (const tick of ticks) await tick.run(platform);
    for (const table of ['session', 'one_time_token'])
      expect((await db.admin.query(`select 1 from ${table} where tenant_id = $1`, [tenantId])).rows).toEqual([]);
  });
});

describe('the set-up page', () => {
  it('is not offered where a company exists', async () => {
    await company();
    expect(await createSetupLink(platform)).toBeNull();
    expect((await browser().get('/setup/anything')).text).toContain('set up already');
  });
});
