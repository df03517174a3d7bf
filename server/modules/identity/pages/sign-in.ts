import { html } from 'hono/html';
import type { FieldError } from '../../../kernel/problem.ts';
import { inTenant, type Platform } from '../../../platform/context.ts';
import type { RequestInfo } from '../../../platform/http/endpoint.ts';
import { errorSummary, submitButton, textField } from '../../../platform/http/forms.ts';
import { type Html, pageResponse } from '../../../platform/http/layout.ts';
import { authenticate, sessionTokenOf } from '../authenticate.ts';
import { startSession } from '../commands/session.ts';
import { anyTenant } from '../../tenants/index.ts';
import { checkPassword, forgetCodeTries, mayTryCode, noteRefusal } from '../commands/sign-in.ts';
import { takeCode } from '../commands/totp.ts';
import { cookie, sessionCookieName } from '../cookies.ts';
import { sessionEnded } from '../events.ts';
import { SESSION_IDLE_SECONDS, SESSION_SECONDS } from '../limits.ts';
import { deleteSession, findSession, lockUser } from '../queries.ts';
import { hashToken } from '../../../platform/secrets/secrets.ts';
import { type HttpContext, localPath, missing, readForm, redirect } from './forms.ts';
import { clearStep, readStep, type Step, stepCookie } from './step.ts';

/** The cookie of a session that has just begun. */
export const sessionCookie = (platform: Platform, token: string): string => cookie(platform.config, sessionCookieName(platform.config), token, SESSION_SECONDS);

const notices: Record<string, Html> = {
  password: html`<div class="notice positive" role="status"><p>Your password is changed. Sign in with the new one.</p></div>`,
  'not-set-up': html`<div class="notice" role="status"><p>There is no company yet. Open the one-time link that the start printed; it leads to the set-up page.</p></div>`,
  'signed-out': html`<div class="notice" role="status"><p>You are signed out.</p></div>`,
};

function signInPage(state: { email?: string; next: string; notice?: string; errors?: readonly FieldError[] }, status = 200): Promise<Response> {
  const { errors } = state;
  const body = html`<div class="card">${errorSummary(errors)}${notices[state.notice ?? ''] ?? ''}<h1>Sign in</h1><p class="lead">Receivables, reminders and payments of your company.</p><form method="post" action="/sign-in" novalidate><input type="hidden" name="next" value="${state.next}">${textField(
    { name: 'email', label: 'E-mail address', type: 'email', autocomplete: 'username', value: state.email ?? '', errors: errors ?? [], autofocus: !errors },
  )}${textField({ name: 'password', label: 'Password', type: 'password', autocomplete: 'current-password', maxlength: 1000, errors: errors ?? [] })}${submitButton('Sign in')}</form><p class="after"><a href="/forgot-password">I forgot my password</a></p></div>`;
  return pageResponse({ title: 'Sign in', body, failed: errors !== undefined }, status);
}

export async function showSignIn(platform: Platform, request: RequestInfo): Promise<Response> {
  const next = localPath(request.url.searchParams.get('next') ?? '/');
  if (sessionTokenOf(platform, request.headers) && (await authenticate(platform, { headers: { cookie: request.headers.cookie }, ip: request.ip })))
    return redirect(next);
  return signInPage({ next, notice: (await anyTenant(platform)) ? (request.url.searchParams.get('notice') ?? '') : 'not-set-up' });
}

export async function signIn(platform: Platform, request: RequestInfo): Promise<Response> {
  const form = await readForm(request.incoming);
  const [email, password, next] = [form.get('email').trim(), form.get('password'), localPath(form.get('next'))];
  const errors: FieldError[] = [];
  if (email === '') errors.push(missing('email', 'Write your e-mail address'));
  if (password === '') errors.push(missing('password', 'Write your password'));
  if (errors.length > 0) return signInPage({ email, next, errors }, 422);
  const result = await checkPassword(platform, { email, password, ip: request.ip });
  if (result.kind === 'limited')
    return signInPage(
      { email, next, errors: [{ field: '', code: 'too_many_tries', message: `Too many tries. Wait ${result.minutes} minutes, then try again.` }] },
      429,
    );
  if (result.kind === 'refused')
    return signInPage({ email, next, errors: [{ field: 'email', code: 'refused', message: 'The e-mail address or the password is not right' }] }, 401);
  const step: Step = { next, users: result.users.map(({ tenantId, tenantName, userId, totp }) => ({ tenantId, tenantName, userId, totp })) };
  if (step.users.length > 1) return redirect('/sign-in/company', [stepCookie(platform, step)]);
  return onward(platform, request, step);
}

/** With one company chosen: to the code, or in. */
async function onward(platform: Platform, request: RequestInfo, step: Step): Promise<Response> {
  const chosen = step.users[0]!;
  if (chosen.totp) return redirect('/sign-in/code', [stepCookie(platform, step)]);
  const token = await enter(platform, request, chosen, null);
  return token === null ? redirect('/sign-in') : redirect(step.next, [sessionCookie(platform, token), clearStep(platform)]);
}

/** Begins the session; null when the code is wrong, or when the user has lost the access since the password. */
async function enter(platform: Platform, request: RequestInfo, chosen: Step['users'][number], code: string | null): Promise<string | null> {
  const actor = { kind: 'user' as const, id: chosen.userId, name: '', role: 'viewer' as const, ip: request.ip };
  return inTenant(platform, chosen.tenantId, actor, async (ctx) => {
    const user = await lockUser(ctx, chosen.userId);
    if (!user || user.disabledAt !== null) return null;
    // asked of the row and not of the cookie: two-step sign-in may have been turned on since
    if (user.totpConfirmedAt !== null && (code === null || !(await takeCode(ctx, user, code)))) return null;
    Object.assign(actor, { name: user.name, role: user.role });
    return startSession(ctx, user, { ip: request.ip, userAgent: request.userAgent });
  });
}

function companyPage(step: Step, errors?: readonly FieldError[]): Promise<Response> {
  const body = html`<div class="card">${errorSummary(errors)}<h1>Choose the company</h1><p class="lead">Your address has access to more than one.</p><form method="post" action="/sign-in/company"><fieldset><legend>Company</legend>${step.users.map(
    (user, index) =>
      html`<label class="choice"><input type="radio" name="company" id="company${index === 0 ? '' : index}" value="${user.userId}" required><span>${user.tenantName}</span></label>`,
  )}</fieldset>${submitButton('Continue')}</form></div>`;
  return pageResponse({ title: 'Choose the company', body, failed: errors !== undefined }, errors ? 422 : 200);
}

export async function showCompanies(platform: Platform, request: RequestInfo): Promise<Response> {
  const step = readStep(platform, request.headers.cookie);
  return step ? companyPage(step) : redirect('/sign-in');
}

export async function chooseCompany(platform: Platform, request: RequestInfo): Promise<Response> {
  const step = readStep(platform, request.headers.cookie);
  if (!step) return redirect('/sign-in');
  const wanted = (await readForm(request.incoming)).get('company');
  const chosen = step.users.find((user) => user.userId === wanted);
  if (!chosen) return companyPage(step, [missing('company', 'Choose a company')]);
  return onward(platform, request, { ...step, users: [chosen] });
}

function codePage(errors?: readonly FieldError[], status = 200): Promise<Response> {
  const body = html`<div class="card">${errorSummary(errors)}<h1>Enter the code</h1><p class="lead">Six digits from the authenticator app on your phone.</p><form method="post" action="/sign-in/code" novalidate>${textField(
    {
      name: 'code',
      label: 'Code',
      inputmode: 'numeric',
      autocomplete: 'one-time-code',
      className: 'code',
      maxlength: 10,
      errors: errors ?? [],
      autofocus: true,
    },
  )}${submitButton('Sign in')}</form><p class="after muted small">Lost the phone? An administrator of your company can turn two-step sign-in off for you.</p><p class="small"><a href="/sign-in">Start again</a></p></div>`;
  return pageResponse({ title: 'Enter the code', body, failed: errors !== undefined }, status);
}

/** The user who must show a code, if the request is at that step. */
function atCode(platform: Platform, request: RequestInfo): Step | null {
  const step = readStep(platform, request.headers.cookie);
  return step && step.users.length === 1 && step.users[0]!.totp ? step : null;
}

export async function showCode(platform: Platform, request: RequestInfo): Promise<Response> {
  return atCode(platform, request) ? codePage() : redirect('/sign-in');
}

export async function checkCode(platform: Platform, request: RequestInfo): Promise<Response> {
  const step = atCode(platform, request);
  if (!step) return redirect('/sign-in');
  const chosen = step.users[0]!;
  const code = (await readForm(request.incoming)).get('code');
  if (code.trim() === '') return codePage([missing('code', 'Write the code')], 422);
  if (!(await mayTryCode(platform, chosen.userId)))
    return codePage([{ field: '', code: 'too_many_tries', message: 'Too many tries. Wait five minutes, then try again.' }], 429);
  const token = await enter(platform, request, chosen, code);
  if (token === null) {
    await noteRefusal(platform, chosen, 'code', request.ip);
    return codePage([{ field: 'code', code: 'wrong_code', message: 'This code is not right, or it was used already. Wait for the next one' }], 401);
  }
  await forgetCodeTries(platform, chosen.userId);
  return redirect(step.next, [sessionCookie(platform, token), clearStep(platform)]);
}

/** Ends the session of the cookie. A program that asks for JSON gets an empty answer instead of a page. */
export async function signOut(platform: Platform, request: RequestInfo, c: HttpContext): Promise<Response> {
  const token = sessionTokenOf(platform, request.headers);
  const gone = cookie(platform.config, sessionCookieName(platform.config), '', 0);
  const session = token ? await findSession(platform, hashToken(token), SESSION_IDLE_SECONDS) : null;
  if (session) {
    const actor = { kind: 'user' as const, id: session.userId, name: session.name, role: session.role, ip: request.ip };
    await inTenant(platform, session.tenantId, actor, async (ctx) => {
      if ((await deleteSession(ctx, session.sessionId)) === 1) await ctx.record(sessionEnded(session.sessionId, session.userId));
    });
  }
  if (c.req.header('accept')?.includes('application/json')) return new Response(null, { status: 204, headers: { 'set-cookie': gone } });
  return redirect('/sign-in?notice=signed-out', [gone]);
}
