import { z } from 'zod';
import { meanings, type Permission, permissions, roles } from '../../kernel/permission.ts';
import { notFound } from '../../kernel/problem.ts';
import { decodeCursor, encodeCursor } from '../../platform/http/cursor.ts';
import { type Endpoint, endpoint } from '../../platform/http/endpoint.ts';
import { flagSchema, idSchema, instantSchema, listQuery, pageOf } from '../../platform/http/schemas.ts';
import { auditEndpoints } from './audit/endpoints.ts';
import { idOf } from './audit/cursor.ts';
import { createApiKey, revokeApiKey } from './commands/api-key.ts';
import { endSessionsOf } from './commands/session.ts';
import { changeStaffUser, inviteAgain, inviteStaffUser, resetTotpOf } from './commands/staff-user.ts';
import { meEndpoints } from './me-endpoints.ts';
import { may } from './permissions.ts';
import { type ApiKeyRow, findUser, listApiKeys, listUsers, type StaffUser } from './queries.ts';

const roleSchema = z.enum(roles);
const idParams = z.object({ id: idSchema });

const userSchema = z
  .object({
    id: idSchema,
    email: z.string(),
    name: z.string(),
    role: roleSchema,
    status: z.enum(['active', 'invited', 'disabled']),
    totp: z.boolean(),
    lastSignInAt: instantSchema.nullable(),
    createdAt: instantSchema,
  })
  .meta({ id: 'StaffUser' });

const presentUser = (user: StaffUser): z.input<typeof userSchema> => ({
  id: user.id,
  email: user.email,
  name: user.name,
  role: user.role,
  status: user.disabledAt !== null ? 'disabled' : user.passwordHash === null ? 'invited' : 'active',
  totp: user.totpConfirmedAt !== null,
  lastSignInAt: user.lastSignInAt?.toString() ?? null,
  createdAt: user.createdAt.toString(),
});

const listUsersEndpoint = endpoint({
  method: 'get',
  path: '/v1/users',
  permission: 'users.read',
  tag: 'Users',
  summary: 'List who has access',
  query: z.object(listQuery),
  response: pageOf(userSchema),
  handler: async (ctx, { query }) => {
    const after = query.cursor ? (decodeCursor('users', query.cursor)[0] ?? '') : null;
    const rows = await listUsers(ctx, after, query.limit + 1);
    const shown = rows.slice(0, query.limit);
    return { items: shown.map(presentUser), nextCursor: rows.length > query.limit ? encodeCursor('users', [shown.at(-1)!.email]) : null };
  },
});

const readUser = endpoint({
  method: 'get',
  path: '/v1/users/{id}',
  permission: 'users.read',
  tag: 'Users',
  summary: 'Read one user',
  params: idParams,
  response: userSchema,
  handler: async (ctx, { params }) => {
    const user = await findUser(ctx, params.id);
    if (!user) throw notFound('user');
    return presentUser(user);
  },
});

const inviteUser = endpoint({
  method: 'post',
  path: '/v1/users',
  permission: 'users.write',
  tag: 'Users',
  summary: 'Invite somebody',
  description: 'They get a mail with a link, good for 7 days, to choose a password.',
  body: z.strictObject({ email: z.string().max(254), name: z.string().trim().min(1).max(200), role: roleSchema }),
  status: 201,
  idempotent: true,
  response: userSchema,
  example: { request: { email: 'kim@example.com', name: 'Kim Lee', role: 'collector' } },
  handler: async (ctx, { body }) => presentUser(await inviteStaffUser(ctx, body)),
});

const inviteUserAgain = endpoint({
  method: 'post',
  path: '/v1/users/{id}/invitation',
  permission: 'users.write',
  tag: 'Users',
  summary: 'Send the invitation again',
  params: idParams,
  status: 204,
  response: z.null(),
  handler: async (ctx, { params }) => {
    await inviteAgain(ctx, params.id);
    return null;
  },
});

const patchUser = endpoint({
  method: 'patch',
  path: '/v1/users/{id}',
  permission: 'users.write',
  tag: 'Users',
  summary: 'Change name, role or access',
  description: 'Takes effect at once; disabling ends every session of the user. The last administrator stays one.',
  params: idParams,
  body: z.strictObject({ name: z.string().trim().min(1).max(200).optional(), role: roleSchema.optional(), disabled: z.boolean().optional() }),
  response: userSchema,
  handler: async (ctx, { params, body }) => {
    const { name, role, disabled } = body;
    return presentUser(
      await changeStaffUser(ctx, params.id, {
        ...(name === undefined ? {} : { name }),
        ...(role === undefined ? {} : { role }),
        ...(disabled === undefined ? {} : { disabled }),
      }),
    );
  },
});

const signOutUser = endpoint({
  method: 'post',
  path: '/v1/users/{id}/sign-out',
  permission: 'users.write',
  tag: 'Users',
  summary: 'End every session of a user',
  params: idParams,
  response: z.object({ ended: z.number().int() }),
  handler: async (ctx, { params }) => {
    if (!(await findUser(ctx, params.id))) throw notFound('user');
    return { ended: await endSessionsOf(ctx, params.id) };
  },
});

const resetUserTotp = endpoint({
  method: 'delete',
  path: '/v1/users/{id}/totp',
  permission: 'users.write',
  tag: 'Users',
  summary: 'Turn off two-step sign-in of a user',
  description: 'For somebody who lost the phone.',
  params: idParams,
  status: 204,
  response: z.null(),
  handler: async (ctx, { params }) => {
    await resetTotpOf(ctx, params.id);
    return null;
  },
});

const apiKeySchema = z
  .object({
    id: idSchema,
    name: z.string(),
    apiKey: z.string(),
    role: roleSchema,
    createdAt: instantSchema,
    createdBy: idSchema.nullable(),
    lastUsedAt: instantSchema.nullable().meta({ description: 'to the minute' }),
    revokedAt: instantSchema.nullable(),
  })
  .meta({ id: 'ApiKey' });

const presentKey = (row: ApiKeyRow): z.input<typeof apiKeySchema> => ({
  id: row.id,
  name: row.name,
  apiKey: row.key,
  role: row.role,
  createdAt: row.createdAt.toString(),
  createdBy: row.createdBy,
  lastUsedAt: row.lastUsedAt?.toString() ?? null,
  revokedAt: row.revokedAt?.toString() ?? null,
});

const listKeys = endpoint({
  method: 'get',
  path: '/v1/api-keys',
  permission: 'settings.read',
  tag: 'API keys',
  summary: 'List API keys',
  query: z.object(listQuery),
  response: pageOf(apiKeySchema),
  handler: async (ctx, { query }) => {
    const before = query.cursor ? idOf(decodeCursor('api-keys', query.cursor)[0]) : null;
    const rows = await listApiKeys(ctx, before, query.limit + 1);
    const shown = rows.slice(0, query.limit);
    return { items: shown.map(presentKey), nextCursor: rows.length > query.limit ? encodeCursor('api-keys', [shown.at(-1)!.id]) : null };
  },
});

const createKey = endpoint({
  method: 'post',
  path: '/v1/api-keys',
  permission: 'settings.write',
  tag: 'API keys',
  summary: 'Make an API key',
  description: 'The secret is in this answer and cannot be shown again.',
  body: z.strictObject({ name: z.string().trim().min(1).max(200), role: roleSchema.default('manager') }),
  status: 201,
  response: apiKeySchema.extend({ apiSecret: z.string() }),
  example: { request: { name: 'Nightly upload', role: 'manager' } },
  handler: async (ctx, { body }) => {
    const made = await createApiKey(ctx, body);
    return { ...presentKey(made.row), apiSecret: made.apiSecret };
  },
});

const revokeKey = endpoint({
  method: 'delete',
  path: '/v1/api-keys/{id}',
  permission: 'settings.write',
  tag: 'API keys',
  summary: 'Revoke an API key',
  description: 'Takes effect with the next request. The key stays in the list.',
  params: idParams,
  response: apiKeySchema,
  handler: async (ctx, { params }) => presentKey(await revokeApiKey(ctx, params.id)),
});

const permissionRow = z.object({
  permission: z.enum(permissions),
  meaning: z.string(),
  administrator: z.boolean(),
  manager: z.boolean(),
  collector: z.boolean(),
  viewer: z.boolean(),
});

const listPermissions = endpoint({
  method: 'get',
  path: '/v1/permissions',
  permission: 'signed-in',
  tag: 'Users',
  summary: 'Who may do what',
  query: z.object({ ...listQuery, mine: flagSchema.optional().meta({ description: '`true`: only what the caller may do' }) }),
  response: pageOf(permissionRow),
  handler: async (ctx, { query }) => {
    const start = query.cursor ? permissions.indexOf(decodeCursor('permissions', query.cursor)[0] as Permission) + 1 : 0;
    const all = permissions.slice(start).filter((permission) => !query.mine || may(ctx.actor.role, permission));
    const shown = all.slice(0, query.limit);
    const items = shown.map((permission) => ({
      permission,
      meaning: meanings[permission],
      administrator: may('administrator', permission),
      manager: may('manager', permission),
      collector: may('collector', permission),
      viewer: may('viewer', permission),
    }));
    return { items, nextCursor: all.length > query.limit ? encodeCursor('permissions', [shown.at(-1)!]) : null };
  },
});

export const endpoints: Endpoint[] = [
  ...meEndpoints,
  listUsersEndpoint,
  readUser,
  inviteUser,
  inviteUserAgain,
  patchUser,
  signOutUser,
  resetUserTotp,
  listKeys,
  createKey,
  revokeKey,
  listPermissions,
  ...auditEndpoints,
];
