import type { BrowserContext, Page } from 'playwright-core';
import type { Chromium } from './chromium.ts';
import { ADMIN, type Company, type TestServer } from './server.ts';

type Cookies = Awaited<ReturnType<BrowserContext['cookies']>>;
const sessions = new WeakMap<Company, Cookies>();

/** Signs in through the form, as a person does. Ends on the dashboard. */
export async function signIn(page: Page, server: TestServer, company: Company): Promise<void> {
  await page.goto(`${server.url}/app/`);
  await page.waitForURL('**/sign-in**');
  await page.getByLabel('E-mail').fill(`staff-${company.tenantId.slice(-6)}@northwind.example`);
  await page.getByLabel('Password', { exact: true }).fill(ADMIN.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Dashboard', level: 1 }).waitFor();
  sessions.set(company, await page.context().cookies());
}

export interface StaffPage {
  page: Page;
  /** What its scripts threw. */
  errors: string[];
}

/** A window of its own on the dashboard. A company's first one signs in; the next go on with that session while it lasts. */
export async function openStaff(browser: Chromium, server: TestServer, company: Company, options: Parameters<Chromium['window']>[0] = {}): Promise<StaffPage> {
  const context = await browser.window(options);
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.setDefaultTimeout(30_000);
  await context.addCookies(sessions.get(company) ?? []);
  if ((await context.request.get(`${server.url}/v1/me`)).ok()) {
    await page.goto(`${server.url}/app/`);
    await page.getByRole('heading', { name: 'Dashboard', level: 1 }).waitFor();
  } else await signIn(page, server, company);
  return { page, errors };
}
