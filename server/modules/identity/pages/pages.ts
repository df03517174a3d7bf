import type { Hono } from 'hono';
import type { Platform } from '../../../platform/context.ts';
import type { HttpEnv } from '../../../platform/http/server.ts';
import type { Seed } from '../commands/create-tenant.ts';
import { page } from './forms.ts';
import { followLink, forgot, showForgot, showLink } from './password.ts';
import { setUp, showSetup } from './setup.ts';
import { checkCode, chooseCompany, showCode, showCompanies, showSignIn, signIn, signOut } from './sign-in.ts';

/** The pages before and around the staff app. Plain forms: they work without a script. `seed` fills a new company. */
export function pages(app: Hono<HttpEnv>, platform: Platform, seed: Seed): void {
  app.get(
    '/sign-in',
    page(platform, (request) => showSignIn(platform, request)),
  );
  app.post(
    '/sign-in',
    page(platform, (request) => signIn(platform, request)),
  );
  app.get(
    '/sign-in/company',
    page(platform, (request) => showCompanies(platform, request)),
  );
  app.post(
    '/sign-in/company',
    page(platform, (request) => chooseCompany(platform, request)),
  );
  app.get(
    '/sign-in/code',
    page(platform, (request) => showCode(platform, request)),
  );
  app.post(
    '/sign-in/code',
    page(platform, (request) => checkCode(platform, request)),
  );
  app.post(
    '/sign-out',
    page(platform, (request, c) => signOut(platform, request, c)),
  );
  app.get(
    '/forgot-password',
    page(platform, () => showForgot()),
  );
  app.post(
    '/forgot-password',
    page(platform, (request) => forgot(platform, request)),
  );
  app.get(
    '/reset-password/:token',
    page(platform, (_, c) => showLink(platform, 'password_reset', c.req.param('token') ?? '')),
  );
  app.post(
    '/reset-password/:token',
    page(platform, (request, c) => followLink(platform, 'password_reset', c.req.param('token') ?? '', request)),
  );
  app.get(
    '/invite/:token',
    page(platform, (_, c) => showLink(platform, 'invite', c.req.param('token') ?? '')),
  );
  app.post(
    '/invite/:token',
    page(platform, (request, c) => followLink(platform, 'invite', c.req.param('token') ?? '', request)),
  );
  app.get(
    '/setup/:token',
    page(platform, (_, c) => showSetup(platform, c.req.param('token') ?? '')),
  );
  app.post(
    '/setup/:token',
    page(platform, (request, c) => setUp(platform, c.req.param('token') ?? '', request, seed)),
  );
}
