import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { browser as browserAt } from '../../../tests/support/browser.ts';
import { type TestDatabase, testDatabase } from '../../../tests/support/database.ts';
import { newId } from '../../kernel/ids.ts';
import type { Role } from '../../kernel/permission.ts';
import type { Platform } from '../../platform/context.ts';
import { sql } from '../../platform/database/sql.ts';
import { createHttp, type Listening, listen } from '../../platform/http/server.ts';
import { endpoints as tenantEndpoints, getSettings } from '../tenants/index.ts';
import { codeAt } from './totp.ts';
import { authenticate, createStaffUser, endpoints, issueInviteToken, issuePasswordResetToken, pages } from './index.ts';

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

describe('signing in', () => {
  it('takes address and password, whatever the case of the address, and leads to where one wanted to go', async () => {
    const { tenantId, email } = await company();
    const b = browser();
    const page = await b.get('/sign-in?next=/app/invoices%3Fstate=open');
    expect(page.text).toContain('value="/app/invoices?state=open"');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    const answer = await b.submit('/sign-in', { email: email.toUpperCase(), password: PASSWORD, next: '/app/invoices?state=open' });
    expect(answer).toMatchObject({ status: 303, location: '/app/invoices?state=open' });
    const me = await b.call('GET', '/v1/me');
    expect(me.body).toMatchObject({ user: { name: 'Kim Lee', email, role: 'administrator', totp: false }, tenant: { id: tenantId } });
    expect(await b.get('/sign-in')).toMatchObject({ status: 303, location: '/' });
  });

  it('keeps only the hash of the session token', async () => {
    const { b, tenantId } = await signedIn();
    const token = b.jar.get('payorcrm_session')!;
    expect(token).toHaveLength(43);
    const { rows } = await db.admin.query('select token_hash from session where tenant_id = $1', [tenantId]);
    expect(rows[0].token_hash).toHaveLength(32);
    expect(JSON.stringify(await eventsOf(tenantId))).not.toContain(token);
  });

  it('says the same of a wrong password and of an address that nobody has, and tells the audit log of the first', async () => {
    const { email, tenantId } = await company();
    const wrong = await browser().submit('/sign-in', { email, password: 'wrong horse battery' });
    const unknown = await browser().submit('/sign-in', { email: 'nobody@northwind.example', password: PASSWORD });
    expect(wrong.status).toBe(401);
    expect(unknown.status).toBe(401);
    expect(unknown.text.replaceAll('nobody@northwind.example', '')).toBe(wrong.text.replaceAll(email, ''));
    await vi.waitFor(async () =>
      expect(await eventsOf(tenantId)).toContainEqual(expect.objectContaining({ type: 'sign_in.refused', data: { wrong: 'password' } })),
    );
  });

  it('locks an address after ten tries for a quarter of an hour, also for the right password', async () => {
    const { email } = await company();
    for (let i = 0; i < 10; i++) expect((await browser().submit('/sign-in', { email, password: 'wrong horse battery' })).status).toBe(401);
    expect((await browser().submit('/sign-in', { email, password: PASSWORD })).status).toBe(429);
    db.clock.advance({ minutes: 16 });
    expect((await browser().submit('/sign-in', { email, password: PASSWORD })).status).toBe(303);
  });

  it('locks a network that tries many addresses', async () => {
    for (let i = 0; i < 60; i++) await browser().submit('/sign-in', { email: `user${i}@example.com`, password: 'x' });
    const { email } = await company();
    expect((await browser().submit('/sign-in', { email, password: PASSWORD })).status).toBe(429);
  }, 60_000);

  it('asks which company, when the address and password are right in two', async () => {
    const first = await company();
    const second = await db.tenant({ name: 'Southwind' });
    await db.inTenant(second, (ctx) => createStaffUser(ctx, { email: first.email, name: 'Kim', role: 'viewer', password: PASSWORD }));
    const b = browser();
    expect(await b.submit('/sign-in', { email: first.email, password: PASSWORD })).toMatchObject({ location: '/sign-in/company' });
    const page = await b.get('/sign-in/company');
    expect(page.text).toContain('Northwind Supply');
    const chosen = /value="([0-9a-f-]{36})"[^>]*><span>Southwind/.exec(page.text)![1]!;
    expect(await b.submit('/sign-in/company', { company: newId() })).toMatchObject({ status: 422 });
    expect(await b.submit('/sign-in/company', { company: chosen })).toMatchObject({ status: 303, location: '/' });
    expect((await b.call('GET', '/v1/me')).body).toMatchObject({ tenant: { id: second }, user: { role: 'viewer' } });
  });

  it('is refused from another site', async () => {
    const { email } = await company();
    expect((await browser().submit('/sign-in', { email, password: PASSWORD }, { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
  });

  it('is closed to a disabled user at once, and to one who has not joined', async () => {
    const { tenantId, email, b } = await signedIn();
    const other = await db.inTenant(tenantId, (ctx) => createStaffUser(ctx, { email: address('sam'), name: 'Sam', role: 'administrator', password: PASSWORD }));
    const sam = browser();
    await sam.submit('/sign-in', { email: other.email, password: PASSWORD });
    const { body: users } = await b.call('GET', '/v1/users');
    const kim = users.items.find((user: { email: string }) => user.email === email);
    expect((await sam.call('PATCH', `/v1/users/${kim.id}`, { disabled: true })).body).toMatchObject({ status: 'disabled' });
    expect((await b.call('GET', '/v1/me')).status).toBe(401);
    expect((await browser().submit('/sign-in', { email, password: PASSWORD })).status).toBe(401);
    const invited = (await sam.call('POST', '/v1/users', { email: address('new'), name: 'New', role: 'viewer' })).body;
    expect((await browser().submit('/sign-in', { email: invited.email, password: PASSWORD })).status).toBe(401);
  });
});

describe('a session', () => {
  it('ends ten hours after the last request', async () => {
    const { b } = await signedIn();
    for (let i = 0; i < 3; i++) {
      db.clock.advance({ hours: 9 });
      expect((await b.call('GET', '/v1/me')).status).toBe(200);
    }
    db.clock.advance({ hours: 10 });
    expect((await b.call('GET', '/v1/me')).status).toBe(401);
  });

  it('ends after a week, however busy', async () => {
    const { b } = await signedIn();
    for (let i = 0; i < 18; i++) {
      db.clock.advance({ hours: 9 });
      expect((await b.call('GET', '/v1/me')).status).toBe(200);
    }
    db.clock.advance({ hours: 9 });
    expect((await b.call('GET', '/v1/me')).status).toBe(401);
  });

  it('can be seen and ended from another one, and by signing out', async () => {
    const { b, email, tenantId } = await signedIn();
    const phone = browser();
    await phone.submit('/sign-in', { email, password: PASSWORD }, { 'user-agent': 'A phone' });
    const { items } = (await b.call('GET', '/v1/sessions')).body;
    expect(items).toHaveLength(2);
    const other = items.find((session: { current: boolean }) => !session.current);
    expect(other.userAgent).toBe('A phone');
    expect((await b.call('DELETE', `/v1/sessions/${other.id}`)).status).toBe(204);
    expect((await phone.call('GET', '/v1/me')).status).toBe(401);
    expect(await b.submit('/sign-out', {})).toMatchObject({ status: 303, location: '/sign-in?notice=signed-out' });
    expect(b.jar.has('payorcrm_session')).toBe(false);
    expect((await eventsOf(tenantId)).map((event) => event.type)).toEqual(expect.arrayContaining(['session.started', 'session.ended']));
  });

  it("of a colleague cannot be ended through one's own list", async () => {
    const { b, tenantId } = await signedIn();
    const email = address('sam');
    await db.inTenant(tenantId, (ctx) => createStaffUser(ctx, { email, name: 'Sam', role: 'viewer', password: PASSWORD }));
    const sam = browser();
    await sam.submit('/sign-in', { email, password: PASSWORD });
    const { items } = (await sam.call('GET', '/v1/sessions')).body;
    expect((await b.call('DELETE', `/v1/sessions/${items[0].id}`)).status).toBe(404);
    expect((await sam.call('GET', '/v1/me')).status).toBe(200);
  });

  it('does nothing for another site: an unsafe request must come from our own pages', async () => {
    const { b, tenantId } = await signedIn();
    const change = { branding: { phone: '1' } };
    expect((await b.call('PATCH', '/v1/settings', change, { 'sec-fetch-site': 'cross-site' })).body.code).toBe('cross_site');
    expect((await b.call('PATCH', '/v1/settings', change, { origin: 'https://evil.example' })).status).toBe(403);
    expect((await db.inTenant(tenantId, getSettings)).branding.phone).toBe('');
    expect((await b.call('PATCH', '/v1/settings', change, { 'sec-fetch-site': 'same-origin' })).status).toBe(200);
  });
});

describe('two-step sign-in', () => {
  async function withPhone() {
    const made = await signedIn();
    const { secret, qrSvg } = (await made.b.call('POST', '/v1/me/totp')).body;
    expect(qrSvg).toMatch(/^<svg/);
    expect((await made.b.call('POST', '/v1/me/totp/confirm', { code: '000000' })).status).toBe(422);
    expect((await made.b.call('POST', '/v1/me/totp/confirm', { code: codeAt(secret, db.clock.now()) })).status).toBe(204);
    return { ...made, secret: secret as string };
  }

  it('asks for the code after the password, and takes no code twice', async () => {
    const { email, secret, tenantId } = await withPhone();
    db.clock.advance({ seconds: 60 });
    const b = browser();
    expect(await b.submit('/sign-in', { email, password: PASSWORD, next: '/app/' })).toMatchObject({ location: '/sign-in/code' });
    expect((await b.call('GET', '/v1/me')).status).toBe(401);
    const code = codeAt(secret, db.clock.now());
    expect((await b.submit('/sign-in/code', { code: code === '123456' ? '654321' : '123456' })).status).toBe(401);
    expect(await b.submit('/sign-in/code', { code })).toMatchObject({ status: 303, location: '/app/' });
    expect((await b.call('GET', '/v1/me')).body.user.totp).toBe(true);

    const thief = browser();
    await thief.submit('/sign-in', { email, password: PASSWORD });
    expect((await thief.submit('/sign-in/code', { code })).status).toBe(401);
    db.clock.advance({ seconds: 30 });
    expect((await thief.submit('/sign-in/code', { code })).status).toBe(401);
    const events = await eventsOf(tenantId);
    expect(events.filter(({ type }) => type === 'sign_in.refused').map(({ data }) => data['wrong'])).toEqual(['code', 'code', 'code']);
    expect(JSON.stringify(events)).not.toContain(secret);
  });

  it('lets one code in once, when two use it at the same moment', async () => {
    const { email, secret } = await withPhone();
    db.clock.advance({ seconds: 60 });
    const pair = [browser(), browser()];
    for (const b of pair) await b.submit('/sign-in', { email, password: PASSWORD });
    const code = codeAt(secret, db.clock.now());
    const answers = await Promise.all(pair.map((b) => b.submit('/sign-in/code', { code })));
    expect(answers.map((answer) => answer.status).sort()).toEqual([303, 401]);
  });

  it('stops after five wrong codes for five minutes', async () => {
    const { email, secret } = await withPhone();
    await db.admin.query('delete from rate_limit');
    db.clock.advance({ seconds: 60 });
    const b = browser();
    await b.submit('/sign-in', { email, password: PASSWORD });
    for (let i = 0; i < 5; i++) await b.submit('/sign-in/code', { code: `00000${i}` });
    expect((await b.submit('/sign-in/code', { code: codeAt(secret, db.clock.now()) })).status).toBe(429);
  });

  it('cannot be entered without the password, nor by a forged or old cookie', async () => {
    const { email } = await withPhone();
    expect(await browser().submit('/sign-in/code', { code: '123456' })).toMatchObject({ location: '/sign-in' });
    const b = browser();
    await b.submit('/sign-in', { email, password: PASSWORD });
    const cookie = b.jar.get('payorcrm_step')!;
    b.jar.set(
      'payorcrm_step',
      `${Buffer.from(Buffer.from(cookie.split('.')[0]!, 'base64url').toString().replace('"totp":true', '"totp":false')).toString('base64url')}.${cookie.split('.')[1]}`,
    );
    expect(await b.submit('/sign-in/code', { code: '123456' })).toMatchObject({ location: '/sign-in' });
    b.jar.set('payorcrm_step', cookie);
    db.clock.advance({ minutes: 11 });
    expect(await b.submit('/sign-in/code', { code: '123456' })).toMatchObject({ location: '/sign-in' });
  });

  it('is turned off with the password, or by an administrator for somebody who lost the phone', async () => {
    const { b, email, tenantId, userId } = await withPhone();
    expect((await b.call('POST', '/v1/me/totp')).status).toBe(409);
    expect((await b.call('POST', '/v1/me/totp/disable', { password: 'wrong horse battery' })).status).toBe(422);
    expect((await b.call('POST', '/v1/me/totp/disable', { password: PASSWORD })).status).toBe(204);
    expect(await browser().submit('/sign-in', { email, password: PASSWORD })).toMatchObject({ location: '/' });
    expect((await b.call('DELETE', `/v1/users/${userId}/totp`)).status).toBe(204);
    expect((await eventsOf(tenantId)).filter((event) => event.type === 'totp.disabled')).toHaveLength(1);
  });
});

describe('a forgotten password', () => {
  it('is asked for with the same answer for everybody, and starts a mail for those who exist', async () => {
    const { email, tenantId, userId } = await company();
    const known = await browser().submit('/forgot-password', { email });
    const unknown = await browser().submit('/forgot-password', { email: 'nobody@northwind.example' });
    expect(known.text.replaceAll(email, '')).toBe(unknown.text.replaceAll('nobody@northwind.example', ''));
    const { rows } = await db.admin.query("select subject_id from event where type = 'password_reset.requested' and tenant_id = $1", [tenantId]);
    expect(rows).toEqual([{ subject_id: userId }]);
  });

  it('sends no more than five mails an hour to one address', async () => {
    const { email, tenantId } = await company();
    for (let i = 0; i < 7; i++) await browser().submit('/forgot-password', { email });
    expect((await eventsOf(tenantId)).filter((event) => event.type === 'password_reset.requested')).toHaveLength(5);
  });

  it('is replaced through a link that works once; all sessions end, and looking at the link uses nothing', async () => {
    const { b, email, tenantId, userId } = await signedIn();
    const token = await db.inTenant(tenantId, (ctx) => issuePasswordResetToken(ctx, userId));
    const path = `/reset-password/${token}`;
    const visitor = browser();
    for (let i = 0; i < 3; i++) expect((await visitor.get(path)).text).toContain('Choose a new password');
    expect((await visitor.submit(path, { password: 'short' })).status).toBe(422);
    expect(await visitor.submit(path, { password: 'a quite different one' })).toMatchObject({ status: 303, location: '/sign-in?notice=password' });
    expect((await b.call('GET', '/v1/me')).status).toBe(401);
    expect((await visitor.submit(path, { password: 'yet another good one' })).status).toBe(410);
    expect((await visitor.get(path)).text).toContain('This link has ended');
    expect((await browser().submit('/sign-in', { email, password: PASSWORD })).status).toBe(401);
    expect((await browser().submit('/sign-in', { email, password: 'a quite different one' })).status).toBe(303);
    expect(JSON.stringify(await eventsOf(tenantId))).not.toMatch(/argon2|quite different/);
  });

  it('link works for one of two who press at once', async () => {
    const { tenantId, userId } = await company();
    const token = await db.inTenant(tenantId, (ctx) => issuePasswordResetToken(ctx, userId));
    const answers = await Promise.all(
      ['first good password', 'second good password'].map((password) => browser().submit(`/reset-password/${token}`, { password })),
    );
    expect(answers.map((answer) => answer.status).sort()).toEqual([303, 410]);
  });

  it('link ends after thirty minutes, and when another was used', async () => {
    const { tenantId, userId } = await company();
    const [first, second] = [
      await db.inTenant(tenantId, (ctx) => issuePasswordResetToken(ctx, userId)),
      await db.inTenant(tenantId, (ctx) => issuePasswordResetToken(ctx, userId)),
    ];
    await browser().submit(`/reset-password/${first}`, { password: 'a quite different one' });
    expect((await browser().get(`/reset-password/${second}`)).status).toBe(410);
    const third = await db.inTenant(tenantId, (ctx) => issuePasswordResetToken(ctx, userId));
    db.clock.advance({ minutes: 31 });
    expect((await browser().get(`/reset-password/${third}`)).status).toBe(410);
  });

  it('link of one kind does not open the page of the other', async () => {
    const { tenantId, userId } = await company();
    const token = await db.inTenant(tenantId, (ctx) => issueInviteToken(ctx, userId));
    expect((await browser().get(`/reset-password/${token}`)).status).toBe(410);
    expect((await browser().get('/reset-password/nonsense')).status).toBe(410);
  });

  it('is not needed by who knows the old one: changing it ends the other sessions only', async () => {
    const { b, email } = await signedIn();
    const phone = browser();
    await phone.submit('/sign-in', { email, password: PASSWORD });
    expect(
      (await b.call('POST', '/v1/me/password', { currentPassword: 'wrong horse battery', newPassword: 'a quite different one' })).body.errors[0].field,
    ).toBe('currentPassword');
    expect((await b.call('POST', '/v1/me/password', { currentPassword: PASSWORD, newPassword: 'kim' })).body.errors[0].field).toBe('newPassword');
    expect((await b.call('POST', '/v1/me/password', { currentPassword: PASSWORD, newPassword: 'a quite different one' })).status).toBe(204);
    expect((await b.call('GET', '/v1/me')).status).toBe(200);
    expect((await phone.call('GET', '/v1/me')).status).toBe(401);
  });
});

describe('staff users', () => {
  it('are invited, choose name and password, and are in', async () => {
    const { b, tenantId } = await signedIn();
    const invited = await b.call('POST', '/v1/users', { email: address('New.Person'), name: 'New Person', role: 'collector' });
    expect(invited).toMatchObject({ status: 201, body: { status: 'invited', role: 'collector' } });
    expect(invited.body.email).toBe(invited.body.email.toLowerCase());
    expect((await eventsOf(tenantId)).at(-1)).toMatchObject({ type: 'staff_user.invited' });
    const token = await db.inTenant(tenantId, (ctx) => issueInviteToken(ctx, invited.body.id));
    const guest = browser();
    expect((await guest.get(`/invite/${token}`)).text).toContain('Join Northwind Supply');
    expect((await guest.submit(`/invite/${token}`, { name: '', password: '' })).status).toBe(422);
    expect(await guest.submit(`/invite/${token}`, { name: 'Nia Person', password: 'a good pass phrase' })).toMatchObject({ status: 303, location: '/' });
    expect((await guest.call('GET', '/v1/me')).body.user).toMatchObject({ name: 'Nia Person', role: 'collector' });
    expect((await guest.submit(`/invite/${token}`, { name: 'X', password: 'a good pass phrase' })).status).toBe(410);
    expect((await b.call('POST', `/v1/users/${invited.body.id}/invitation`)).body.code).toBe('user_active');
  });

  it('are invited once: an address that has access already is a conflict', async () => {
    const { b, email } = await signedIn();
    expect((await b.call('POST', '/v1/users', { email: email.toUpperCase(), name: 'Twice', role: 'viewer' })).body.code).toBe('email_in_use');
    expect((await b.call('POST', '/v1/users', { email: 'no address', name: 'X', role: 'viewer' })).body.errors[0].field).toBe('email');
  });

  it('may do what their role allows from the next request on', async () => {
    const { b, tenantId } = await signedIn();
    const email = address('sam');
    const { id: userId } = await db.inTenant(tenantId, (ctx) => createStaffUser(ctx, { email, name: 'Sam', role: 'viewer', password: PASSWORD }));
    const sam = browser();
    await sam.submit('/sign-in', { email, password: PASSWORD });
    expect((await sam.call('GET', '/v1/users')).status).toBe(403);
    expect((await sam.call('GET', '/v1/events')).status).toBe(403);
    await b.call('PATCH', `/v1/users/${userId}`, { role: 'manager' });
    expect((await sam.call('GET', '/v1/users')).status).toBe(200);
    expect((await sam.call('PATCH', `/v1/users/${userId}`, { role: 'administrator' })).status).toBe(403);
    expect((await eventsOf(tenantId)).at(-1)).toMatchObject({ type: 'staff_user.changed', data: { before: { role: 'viewer' }, after: { role: 'manager' } } });
  });

  it('always include an administrator who can sign in', async () => {
    const { b, userId } = await signedIn();
    await b.call('POST', '/v1/users', { email: address('invited'), name: 'Not here yet', role: 'administrator' });
    for (const change of [{ role: 'viewer' }, { disabled: true }])
      expect((await b.call('PATCH', `/v1/users/${userId}`, change)).body.code).toBe('last_administrator');
  });

  it('include one also when two administrators remove each other at once', async () => {
    const { b, tenantId, userId } = await signedIn();
    const email = address('sam');
    const other = await db.inTenant(tenantId, (ctx) => createStaffUser(ctx, { email, name: 'Sam', role: 'administrator', password: PASSWORD }));
    const sam = browser();
    await sam.submit('/sign-in', { email, password: PASSWORD });
    const answers = await Promise.all([
      b.call('PATCH', `/v1/users/${other.id}`, { role: 'viewer' }),
      sam.call('PATCH', `/v1/users/${userId}`, { role: 'viewer' }),
    ]);
    // the slower of the two is told that it would be the last one, or, already demoted, that it may not do this any more
    const [done, refused] = answers.map((answer) => answer.status).sort();
    expect(done).toBe(200);
    expect([403, 409]).toContain(refused);
    const left = await db.inTenant(tenantId, (ctx) =>
      ctx.tx.one<{ n: number }>(sql`select count(*)::int as n from staff_user where role = 'administrator' and disabled_at is null`),
    );
    expect(left.n).toBe(1);
  });

  it('of another company do not exist', async () => {
    const { b } = await signedIn();
    const foreign = await company();
    expect((await b.call('GET', `/v1/users/${foreign.userId}`)).status).toBe(404);
    expect((await b.call('PATCH', `/v1/users/${foreign.userId}`, { role: 'viewer' })).status).toBe(404);
    expect((await b.call('POST', `/v1/users/${foreign.userId}/sign-out`)).status).toBe(404);
    const { items } = (await b.call('GET', '/v1/users?limit=200')).body;
    expect(items.map((user: { id: string }) => user.id)).not.toContain(foreign.userId);
  });

  it('come in pages', async () => {
    const { b, tenantId } = await signedIn();
    for (let i = 0; i < 4; i++) await db.inTenant(tenantId, (ctx) => createStaffUser(ctx, { email: address('p'), name: 'P', role: 'viewer' }));
    const first = (await b.call('GET', '/v1/users?limit=3')).body;
    const second = (await b.call('GET', `/v1/users?limit=3&cursor=${first.nextCursor}`)).body;
    expect(first.items).toHaveLength(3);
    expect(second.items).toHaveLength(2);
    expect(second.nextCursor).toBeNull();
    expect((await b.call('GET', '/v1/users?cursor=rubbish')).status).toBe(400);
  });
});
