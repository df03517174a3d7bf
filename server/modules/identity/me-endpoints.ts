import { z } from 'zod';
import { permissions, roles } from '../../kernel/permission.ts';
import { notFound, Problem } from '../../kernel/problem.ts';
import type { Actor, Platform } from '../../platform/context.ts';
import { type Endpoint, endpoint, type RequestInfo } from '../../platform/http/endpoint.ts';
import { currencySchema, idSchema, instantSchema } from '../../platform/http/schemas.ts';
import { hashToken } from '../../platform/secrets/secrets.ts';
import { sessionTokenOf } from './authenticate.ts';
import { changePassword } from './commands/password.ts';
import { endSession, endSessionsOf } from './commands/session.ts';
import { changeStaffUser } from './commands/staff-user.ts';
import { confirmTotpSetUp, disableTotp, setUpTotp } from './commands/totp.ts';
import { SESSION_IDLE_SECONDS } from './limits.ts';
import { permissionsOf } from './permissions.ts';
import { findUser, listSessions } from './queries.ts';

const tag = 'Signed-in user';

/** The id of the staff user who calls. A program with an API key has no password, sessions or phone. */
function userIdOf(actor: Actor): string {
  if (actor.kind !== 'user' || actor.id === null) throw new Problem(403, 'users_only', 'This is for a signed-in person, not for an API key.');
  return actor.id;
}

const tokenOf = (platform: Platform, request: RequestInfo): string | null => sessionTokenOf(platform, request.headers) ?? null;

const meSchema = z
  .object({
    user: z.object({
      id: idSchema,
      kind: z.enum(['user', 'api_key']),
      name: z.string(),
      email: z.string().meta({ description: 'empty for an API key' }),
      role: z.enum(roles),
      totp: z.boolean(),
    }),
    tenant: z.object({ id: idSchema, name: z.string(), currency: currencySchema, timezone: z.string(), locale: z.string() }),
    permissions: z.array(z.enum(permissions)),
  })
  .meta({ id: 'Me' });

const me = endpoint({
  method: 'get',
  path: '/v1/me',
  permission: 'signed-in',
  tag,
  summary: 'Who is calling, for which company, and what they may do',
  response: meSchema,
  handler: async (ctx) => {
    const { actor, tenant } = ctx;
    const user = actor.kind === 'user' ? await findUser(ctx, userIdOf(actor)) : null;
    return {
      user: {
        id: actor.id!,
        kind: user ? ('user' as const) : ('api_key' as const),
        name: actor.name,
        email: user?.email ?? '',
        role: actor.role,
        totp: user?.totpConfirmedAt != null,
      },
      tenant: { id: tenant.id, name: tenant.name, currency: tenant.currency, timezone: tenant.timezone, locale: tenant.locale },
      permissions: [...permissionsOf(actor.role)],
    };
  },
});

const renameMe = endpoint({
  method: 'patch',
  path: '/v1/me',
  permission: 'signed-in',
  tag,
  summary: 'Change your own name',
  body: z.strictObject({ name: z.string().trim().min(1).max(200) }),
  response: z.object({ name: z.string() }),
  handler: async (ctx, { body }) => ({ name: (await changeStaffUser(ctx, userIdOf(ctx.actor), { name: body.name })).name }),
});

const password = z.string().min(1).max(1000);

const changeMyPassword = endpoint({
  method: 'post',
  path: '/v1/me/password',
  permission: 'signed-in',
  tag,
  summary: 'Change your own password',
  description: 'Every other session ends.',
  body: z.strictObject({ currentPassword: password, newPassword: password }),
  status: 204,
  response: z.null(),
  network: true,
  handler: async (work, { body, request }) => {
    await changePassword(work, userIdOf(work.actor), { ...body, keepToken: tokenOf(work.platform, request) });
    return null;
  },
});

const sessionSchema = z
  .object({
    id: idSchema,
    current: z.boolean(),
    ip: z.string().nullable(),
    userAgent: z.string().nullable(),
    createdAt: instantSchema,
    lastSeenAt: instantSchema,
    expiresAt: instantSchema,
  })
  .meta({ id: 'Session' });

const mySessions = endpoint({
  method: 'get',
  path: '/v1/sessions',
  permission: 'signed-in',
  tag,
  summary: 'Where you are signed in',
  response: z.object({ items: z.array(sessionSchema) }),
  handler: async (ctx, { request }) => {
    const token = tokenOf(ctx.platform, request);
    const current = token === null ? null : hashToken(token);
    const rows = await listSessions(ctx, userIdOf(ctx.actor), SESSION_IDLE_SECONDS);
    return {
      items: rows.map((row) => ({
        id: row.id,
        current: current !== null && row.tokenHash.equals(current),
        ip: row.ip,
        userAgent: row.userAgent,
        createdAt: row.createdAt.toString(),
        lastSeenAt: row.lastSeenAt.toString(),
        expiresAt: row.expiresAt.toString(),
      })),
    };
  },
});

const endMySession = endpoint({
  method: 'delete',
  path: '/v1/sessions/{id}',
  permission: 'signed-in',
  tag,
  summary: 'End one of your sessions',
  params: z.object({ id: idSchema }),
  status: 204,
  response: z.null(),
  handler: async (ctx, { params }) => {
    if (ctx.actor.kind !== 'user') throw notFound('session');
    await endSession(ctx, params.id, userIdOf(ctx.actor));
    return null;
  },
});

const endOtherSessions = endpoint({
  method: 'post',
  path: '/v1/sessions/end-others',
  permission: 'signed-in',
  tag,
  summary: 'End all your other sessions',
  response: z.object({ ended: z.number().int() }),
  handler: async (ctx, { request }) => ({ ended: await endSessionsOf(ctx, userIdOf(ctx.actor), tokenOf(ctx.platform, request)) }),
});

const setUpMyTotp = endpoint({
  method: 'post',
  path: '/v1/me/totp',
  permission: 'signed-in',
  tag,
  summary: 'Begin to set up two-step sign-in',
  description:
    'Shows the secret this once, as text, as an address for authenticator apps and as a QR code (SVG). It counts from when a code of it was confirmed.',
  response: z.object({ secret: z.string(), uri: z.string(), qrSvg: z.string() }),
  handler: (ctx) => setUpTotp(ctx, userIdOf(ctx.actor)),
});

const confirmMyTotp = endpoint({
  method: 'post',
  path: '/v1/me/totp/confirm',
  permission: 'signed-in',
  tag,
  summary: 'Turn two-step sign-in on with a first code',
  body: z.strictObject({ code: z.string().max(20) }),
  status: 204,
  response: z.null(),
  network: true,
  handler: async (work, { body }) => {
    await confirmTotpSetUp(work, userIdOf(work.actor), body.code);
    return null;
  },
});

const disableMyTotp = endpoint({
  method: 'post',
  path: '/v1/me/totp/disable',
  permission: 'signed-in',
  tag,
  summary: 'Turn two-step sign-in off',
  body: z.strictObject({ password }),
  status: 204,
  response: z.null(),
  network: true,
  handler: async (work, { body }) => {
    await disableTotp(work, userIdOf(work.actor), body.password);
    return null;
  },
});

export const meEndpoints: Endpoint[] = [me, renameMe, changeMyPassword, mySessions, endMySession, endOtherSessions, setUpMyTotp, confirmMyTotp, disableMyTotp];
