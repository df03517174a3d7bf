import { html } from 'hono/html';
import { type FieldError, Problem } from '../../../kernel/problem.ts';
import { inTenant, type Platform, systemActor } from '../../../platform/context.ts';
import type { RequestInfo } from '../../../platform/http/endpoint.ts';
import { errorSummary, submitButton, textField } from '../../../platform/http/forms.ts';
import { pageResponse } from '../../../platform/http/layout.ts';
import { hashToken } from '../../../platform/secrets/secrets.ts';
import { requestPasswordReset, setPasswordByLink } from '../commands/password.ts';
import { startSession } from '../commands/session.ts';
import { forgetTries } from '../commands/sign-in.ts';
import { hashPassword, MIN_PASSWORD, weakness } from '../password.ts';
import { findOneTimeToken, findUser, type FoundToken } from '../queries.ts';
import { messagePage, missing, readForm, redirect } from './forms.ts';
import { sessionCookie } from './sign-in.ts';

export const passwordHelp = `${MIN_PASSWORD} characters or more. Three or four words together do well.`;

function forgotPage(errors?: readonly FieldError[]): Promise<Response> {
  const body = html`<div class="card">${errorSummary(errors)}<h1>Forgot your password</h1><p class="lead">We send you a link to choose a new one.</p><form method="post" action="/forgot-password" novalidate>${textField(
    { name: 'email', label: 'E-mail address', type: 'email', autocomplete: 'username', errors: errors ?? [], autofocus: true },
  )}${submitButton('Send the link')}</form><p class="after"><a href="/sign-in">Back to the sign-in page</a></p></div>`;
  return pageResponse({ title: 'Forgot your password', body, failed: errors !== undefined }, errors ? 422 : 200);
}

export const showForgot = (): Promise<Response> => forgotPage();

export async function forgot(platform: Platform, request: RequestInfo): Promise<Response> {
  const email = (await readForm(request.incoming)).get('email').trim();
  if (!/^\S+@\S+$/.test(email)) return forgotPage([missing('email', 'Write your e-mail address, such as name@example.com')]);
  await requestPasswordReset(platform, { email, ip: request.ip });
  return messagePage({
    title: 'Look into your mailbox',
    text: `If ${email} has access here, a link is on its way. It works once and for 30 minutes.`,
    seal: 'positive',
    next: html`<p>Nothing came? Look into the spam folder, then <a href="/forgot-password">ask again</a>.</p><p><a href="/sign-in">Back to the sign-in page</a></p>`,
  });
}

const deadLink = (purpose: FoundToken['purpose']): Promise<Response> =>
  purpose === 'invite'
    ? messagePage({
        title: 'This invitation has ended',
        text: 'It was used already, is older than 7 days, or a newer one was sent. Ask the person who invited you to send it again.',
        status: 410,
        seal: 'caution',
      })
    : messagePage({
        title: 'This link has ended',
        text: 'It was used already or is older than 30 minutes. Nothing was changed.',
        status: 410,
        seal: 'caution',
        next: html`<a class="button block" href="/forgot-password">Ask for a new link</a>`,
      });

interface Person {
  email: string;
  name: string;
  company: string;
}

/** The link's token if it is good for that purpose, and whose it is. Looking does not use it. */
async function readLink(platform: Platform, token: string, purpose: FoundToken['purpose']): Promise<{ link: FoundToken; person: Person } | null> {
  const link = await findOneTimeToken(platform, hashToken(token));
  if (link?.purpose !== purpose) return null;
  const person = await inTenant(platform, link.tenantId, systemActor, async (ctx) => {
    const user = await findUser(ctx, link.userId);
    return user && user.disabledAt === null ? { email: user.email, name: user.name, company: ctx.tenant.name } : null;
  });
  return person ? { link, person } : null;
}

function linkPage(
  purpose: FoundToken['purpose'],
  token: string,
  person: Person,
  state: { name?: string; errors?: readonly FieldError[] } = {},
): Promise<Response> {
  const invited = purpose === 'invite';
  const title = invited ? `Join ${person.company}` : 'Choose a new password';
  const errors = state.errors ?? [];
  // the address is in the form so that password managers keep it with the password
  const body = html`<div class="card">${errorSummary(state.errors)}<h1>${title}</h1><p class="lead">${invited ? 'Your sign-in is' : 'For'} ${person.email}.</p><form method="post" action="/${invited ? 'invite' : 'reset-password'}/${token}" novalidate><input type="text" name="username" value="${person.email}" autocomplete="username" hidden readonly>${
    invited ? textField({ name: 'name', label: 'Your name', autocomplete: 'name', value: state.name ?? person.name, maxlength: 200, errors }) : ''
  }${textField({ name: 'password', label: invited ? 'Password' : 'New password', type: 'password', autocomplete: 'new-password', help: passwordHelp, maxlength: 1000, errors })}${submitButton(
    invited ? `Join ${person.company}` : 'Change the password',
  )}</form></div>`;
  return pageResponse({ title, body, failed: errors.length > 0 }, errors.length > 0 ? 422 : 200);
}

export async function showLink(platform: Platform, purpose: FoundToken['purpose'], token: string): Promise<Response> {
  const found = await readLink(platform, token, purpose);
  return found ? linkPage(purpose, token, found.person) : deadLink(purpose);
}

export async function followLink(platform: Platform, purpose: FoundToken['purpose'], token: string, request: RequestInfo): Promise<Response> {
  const found = await readLink(platform, token, purpose);
  if (!found) return deadLink(purpose);
  const { link, person } = found;
  const form = await readForm(request.incoming);
  const [name, password] = [form.get('name').trim().slice(0, 200), form.get('password')];
  const errors: FieldError[] = [];
  if (purpose === 'invite' && name === '') errors.push(missing('name', 'Write your name'));
  const weak = weakness(password, [person.email, person.name, name, person.company]);
  if (weak !== null) errors.push({ field: 'password', code: 'weak_password', message: weak });
  if (errors.length > 0) return linkPage(purpose, token, person, { name, errors });
  const passwordHash = await hashPassword(password);
  try {
    const actor = { kind: 'user' as const, id: link.userId, name: name || person.name, role: 'viewer' as const, ip: request.ip };
    const sessionToken = await inTenant(platform, link.tenantId, actor, async (ctx) => {
      const user = await setPasswordByLink(ctx, link, { passwordHash, ...(purpose === 'invite' ? { name } : {}) });
      // a mailbox alone does not sign in where a code is asked for
      return purpose === 'invite' && user.totpConfirmedAt === null ? startSession(ctx, user, { ip: request.ip, userAgent: request.userAgent }) : null;
    });
    await forgetTries(platform, person.email);
    return sessionToken === null ? redirect('/sign-in?notice=password') : redirect('/', [sessionCookie(platform, sessionToken)]);
  } catch (error) {
    if (error instanceof Problem && error.code === 'link_used') return deadLink(purpose);
    throw error;
  }
}
