import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../tests/support/database.ts';
import type { Platform } from '../../platform/context.ts';
import { createHttp, type Listening, listen } from '../../platform/http/server.ts';
import { authenticate, createSetupLink, endpoints, pages } from './index.ts';

let db: TestDatabase;
let platform: Platform;
let http: Listening;
const seeded: string[] = [];

beforeAll(async () => {
  db = await testDatabase();
  platform = db.platform();
  const app = createHttp(platform, endpoints, authenticate);
  pages(app, platform, async (ctx) => {
    seeded.push(ctx.tenant.name);
  });
  http = await listen(app, 0, '127.0.0.1');
  platform.config.publicUrl = `http://127.0.0.1:${http.port}`;
});
afterAll(async () => {
  await http.stop();
  await db.close();
});

const answers = {
  company: 'Northwind Supply',
  currency: 'CAD',
  timezone: 'America/Toronto',
  name: 'Kim Lee',
  email: 'Kim@Northwind.example',
  password: 'correct horse battery',
};
const submit = (link: string, fields: Record<string, string>) =>
  fetch(link, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual', headers: { 'accept-language': 'fr-CA,fr;q=0.9' } });

test('the first start prints a link, with which one person sets up the company and is signed in', async () => {
  const link = (await createSetupLink(platform))!;
  const second = (await createSetupLink(platform))!;
  expect((await fetch(`${platform.config.publicUrl}/setup/wrong`)).status).toBe(410);
  const signInPage = async () => (await fetch(`${platform.config.publicUrl}/sign-in`)).text();
  expect(await signInPage()).toContain('There is no company yet');
  const page = await (await fetch(link)).text();
  expect(page).toContain('Set up your company');
  expect(page).toContain('CAD – Canadian Dollar');
  expect(page).toContain('America / Toronto');

  const wrong = await submit(link, { ...answers, company: ' ', email: 'kim', password: 'short', currency: 'XXX', timezone: 'Mars' });
  const wrongPage = await wrong.text();
  expect(wrong.status).toBe(422);
  expect(wrongPage).toContain('<title>Error: ');
  for (const field of ['company', 'currency', 'timezone', 'email', 'password']) expect(wrongPage).toContain(`href="#${field}"`);
  expect(wrongPage).toContain('value="Kim Lee"');
  expect(wrongPage).not.toContain('short');

  // two people, two links, one moment: one company
  const done = await Promise.all([submit(link, answers), submit(second, { ...answers, company: 'Other', email: 'other@northwind.example' })]);
  expect(done.map((answer) => answer.status).sort()).toEqual([303, 410]);
  expect(await signInPage()).not.toContain('There is no company yet');
  const won = done.find((answer) => answer.status === 303)!;
  expect(won.headers.get('location')).toBe('/');
  const cookie = won.headers
    .getSetCookie()
    .find((line) => line.startsWith('payorcrm_session='))!
    .split(';')[0]!;
  const me = await (await fetch(`${platform.config.publicUrl}/v1/me`, { headers: { cookie } })).json();
  expect(me).toMatchObject({ user: { name: 'Kim Lee', role: 'administrator' }, tenant: { currency: 'CAD', timezone: 'America/Toronto', locale: 'fr-CA' } });
  expect((await db.admin.query('select name from tenant')).rows).toEqual([{ name: me.tenant.name }]);
  expect(seeded).toContain(me.tenant.name);

  expect((await submit(link, { ...answers, email: 'again@northwind.example' })).status).toBe(410);
  expect(await createSetupLink(platform)).toBeNull();
});
