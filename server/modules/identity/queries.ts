import type { Role } from '../../kernel/permission.ts';
import type { Context, Platform } from '../../platform/context.ts';
import { sql } from '../../platform/database/sql.ts';

export interface StaffUser {
  id: string;
  email: string;
  name: string;
  role: Role;
  passwordHash: string | null;
  totpCiphertext: Buffer | null;
  totpConfirmedAt: Temporal.Instant | null;
  disabledAt: Temporal.Instant | null;
  lastSignInAt: Temporal.Instant | null;
  createdAt: Temporal.Instant;
}

const userColumns = sql.raw('id, email, name, role, password_hash, totp_ciphertext, totp_confirmed_at, disabled_at, last_sign_in_at, created_at');

export const findUser = (ctx: Context, id: string): Promise<StaffUser | null> =>
  ctx.tx.maybe(sql`select ${userColumns} from staff_user where tenant_id = ${ctx.tenant.id} and id = ${id}`);

/** The user of this company with that address, in lower case. */
export const findUserByEmail = (ctx: Context, email: string): Promise<StaffUser | null> =>
  ctx.tx.maybe(sql`select ${userColumns} from staff_user where tenant_id = ${ctx.tenant.id} and email = ${email}`);

/** Until the transaction ends nobody else changes this user. */
export const lockUser = (ctx: Context, id: string): Promise<StaffUser | null> =>
  ctx.tx.maybe(sql`select ${userColumns} from staff_user where tenant_id = ${ctx.tenant.id} and id = ${id} for update`);

/** In the order of their addresses, from after `afterEmail`. */
export const listUsers = (ctx: Context, afterEmail: string | null, limit: number): Promise<StaffUser[]> =>
  ctx.tx.rows(sql`
    select ${userColumns} from staff_user
    where tenant_id = ${ctx.tenant.id} and ${afterEmail === null ? sql.raw('true') : sql`email > ${afterEmail}`}
    order by email limit ${limit}`);

/** False when the address is taken. */
export async function insertUser(ctx: Context, user: { id: string; email: string; name: string; role: Role; passwordHash: string | null }): Promise<boolean> {
  const rows = await ctx.tx.run(sql`
    insert into staff_user (tenant_id, id, email, name, role, password_hash)
    values (${ctx.tenant.id}, ${user.id}, ${user.email}, ${user.name}, ${user.role}, ${user.passwordHash})
    on conflict (tenant_id, email) do nothing`);
  return rows === 1;
}

export const updateUser = (ctx: Context, user: { id: string; name: string; role: Role; disabledAt: Temporal.Instant | null }): Promise<number> =>
  ctx.tx.run(sql`
    update staff_user set name = ${user.name}, role = ${user.role}, disabled_at = ${user.disabledAt}
    where tenant_id = ${ctx.tenant.id} and id = ${user.id}`);

export const writePassword = (ctx: Context, userId: string, passwordHash: string): Promise<number> =>
  ctx.tx.run(sql`update staff_user set password_hash = ${passwordHash} where tenant_id = ${ctx.tenant.id} and id = ${userId}`);

/** Administrators who can sign in, locked: two who take each other's role away wait for one another. */
export const lockAdministrators = (ctx: Context): Promise<{ id: string }[]> =>
  ctx.tx.rows(sql`
    select id from staff_user
    where tenant_id = ${ctx.tenant.id} and role = 'administrator' and disabled_at is null and password_hash is not null
    order by id for update`);

/** Administrators who can sign in: those who hear of what goes wrong. */
export const mayBeAlarmed = (ctx: Context): Promise<{ id: string; email: string }[]> =>
  ctx.tx.rows(sql`
    select id, email from staff_user
    where tenant_id = ${ctx.tenant.id} and role = 'administrator' and disabled_at is null and password_hash is not null order by id`);

export const writeSignIn = (ctx: Context, userId: string): Promise<number> =>
  ctx.tx.run(sql`update staff_user set last_sign_in_at = app.now() where tenant_id = ${ctx.tenant.id} and id = ${userId}`);

// TOTP

export const writeTotpSecret = (ctx: Context, userId: string, ciphertext: Buffer | null): Promise<number> =>
  ctx.tx.run(sql`
    update staff_user set totp_ciphertext = ${ciphertext}, totp_confirmed_at = null, totp_last_step = null
    where tenant_id = ${ctx.tenant.id} and id = ${userId}`);

export const confirmTotp = (ctx: Context, userId: string): Promise<number> =>
  ctx.tx.run(sql`update staff_user set totp_confirmed_at = app.now() where tenant_id = ${ctx.tenant.id} and id = ${userId}`);

/** Takes the step; false when it or a later one was taken before. */
export async function takeTotpStep(ctx: Context, userId: string, step: bigint): Promise<boolean> {
  const rows = await ctx.tx.run(sql`
    update staff_user set totp_last_step = ${step}
    where tenant_id = ${ctx.tenant.id} and id = ${userId} and coalesce(totp_last_step, -1) < ${step}`);
  return rows === 1;
}

// Sign-in, before a tenant is known

export interface FoundUser {
  tenantId: string;
  userId: string;
  name: string;
  role: Role;
  passwordHash: string | null;
  totp: boolean;
  tenantName: string;
}

export const findUsersByEmail = (platform: Platform, email: string): Promise<FoundUser[]> =>
  platform.database.systemRows(sql`select * from app.find_staff_users(${email})`);

interface FoundSession {
  tenantId: string;
  sessionId: string;
  userId: string;
  name: string;
  email: string;
  role: Role;
  lastSeenAt: Temporal.Instant;
}

export async function findSession(platform: Platform, tokenHash: Buffer, idleSeconds: number): Promise<FoundSession | null> {
  const rows = await platform.database.systemRows<FoundSession>(sql`select * from app.find_session(${tokenHash}, ${platform.clock.now()}, ${idleSeconds})`);
  return rows[0] ?? null;
}

export async function touchSession(platform: Platform, tokenHash: Buffer): Promise<void> {
  await platform.database.systemRows(sql`select app.touch_session(${tokenHash}, ${platform.clock.now()})`);
}

interface FoundApiKey {
  tenantId: string;
  apiKeyId: string;
  name: string;
  role: Role;
  secretHash: Buffer;
  lastUsedAt: Temporal.Instant | null;
}

export async function findApiKey(platform: Platform, key: string): Promise<FoundApiKey | null> {
  const rows = await platform.database.systemRows<FoundApiKey>(sql`select * from app.find_api_key(${key})`);
  return rows[0] ?? null;
}

export async function touchApiKey(platform: Platform, key: string): Promise<void> {
  await platform.database.systemRows(sql`select app.touch_api_key(${key}, ${platform.clock.now()})`);
}

/** Counts one try; true while the key is within its limit. */
export async function withinRateLimit(platform: Platform, key: string, max: number, windowSeconds: number): Promise<boolean> {
  return platform.database.begin(`set local app.now = '${platform.clock.now().toString()}'`, async (tx) => {
    const row = await tx.one<{ within: boolean }>(sql`select app.within_rate_limit(${key}, ${max}, ${windowSeconds}) as within`);
    return row.within;
  });
}

export async function resetRateLimit(platform: Platform, key: string): Promise<void> {
  await platform.database.systemRows(sql`select app.reset_rate_limit(${key})`);
}

export async function tidyIdentity(platform: Platform): Promise<number> {
  const [row] = await platform.database.systemRows<{ removed: number }>(sql`select app.tidy_identity(${platform.clock.now()}) as removed`);
  return row!.removed;
}

// Sessions

interface SessionRow {
  id: string;
  userId: string;
  tokenHash: Buffer;
  ip: string | null;
  userAgent: string | null;
  createdAt: Temporal.Instant;
  lastSeenAt: Temporal.Instant;
  expiresAt: Temporal.Instant;
}

export const insertSession = (
  ctx: Context,
  session: { id: string; userId: string; tokenHash: Buffer; ip: string; userAgent: string; expiresAt: Temporal.Instant },
): Promise<number> =>
  ctx.tx.run(sql`
    insert into session (tenant_id, id, user_id, token_hash, ip, user_agent, expires_at)
    values (${ctx.tenant.id}, ${session.id}, ${session.userId}, ${session.tokenHash}, ${session.ip}, ${session.userAgent}, ${session.expiresAt})`);

export const listSessions = (ctx: Context, userId: string, idleSeconds: number): Promise<SessionRow[]> =>
  ctx.tx.rows(sql`
    select id, user_id, token_hash, ip, user_agent, created_at, last_seen_at, expires_at from session
    where tenant_id = ${ctx.tenant.id} and user_id = ${userId} and expires_at > app.now()
      and last_seen_at > app.now() - make_interval(secs => ${idleSeconds})
    order by last_seen_at desc, id limit 200`);

export const findSessionById = (ctx: Context, id: string): Promise<SessionRow | null> =>
  ctx.tx.maybe(sql`
    select id, user_id, token_hash, ip, user_agent, created_at, last_seen_at, expires_at from session
    where tenant_id = ${ctx.tenant.id} and id = ${id}`);

export const deleteSession = (ctx: Context, id: string): Promise<number> =>
  ctx.tx.run(sql`delete from session where tenant_id = ${ctx.tenant.id} and id = ${id}`);

/** Every session of the user but the one with the hash `except`. */
export const deleteSessionsOf = (ctx: Context, userId: string, except: Buffer | null): Promise<number> =>
  ctx.tx.run(sql`
    delete from session where tenant_id = ${ctx.tenant.id} and user_id = ${userId} and ${except === null ? sql.raw('true') : sql`token_hash <> ${except}`}`);

// One-time links

export interface FoundToken {
  tenantId: string;
  tokenId: string;
  purpose: 'invite' | 'password_reset';
  userId: string;
}

export async function findOneTimeToken(platform: Platform, tokenHash: Buffer): Promise<FoundToken | null> {
  const rows = await platform.database.systemRows<FoundToken>(sql`select * from app.find_one_time_token(${tokenHash}, ${platform.clock.now()})`);
  return rows[0] ?? null;
}

export const insertOneTimeToken = (
  ctx: Context,
  token: { id: string; purpose: FoundToken['purpose']; userId: string; tokenHash: Buffer; expiresAt: Temporal.Instant },
): Promise<number> =>
  ctx.tx.run(sql`
    insert into one_time_token (tenant_id, id, purpose, user_id, token_hash, expires_at)
    values (${ctx.tenant.id}, ${token.id}, ${token.purpose}, ${token.userId}, ${token.tokenHash}, ${token.expiresAt})`);

/** Uses the link; false when it was used before or has expired. */
export async function takeOneTimeToken(ctx: Context, tokenId: string): Promise<boolean> {
  const rows = await ctx.tx.run(sql`
    update one_time_token set used_at = app.now()
    where tenant_id = ${ctx.tenant.id} and id = ${tokenId} and used_at is null and expires_at > app.now()`);
  return rows === 1;
}

/** Ends every other open link of the user. */
export const endOneTimeTokens = (ctx: Context, userId: string): Promise<number> =>
  ctx.tx.run(sql`update one_time_token set used_at = app.now() where tenant_id = ${ctx.tenant.id} and user_id = ${userId} and used_at is null`);

// The set-up link

export async function putSetupToken(platform: Platform, tokenHash: Buffer, validUntil: Temporal.Instant): Promise<void> {
  await platform.database.systemRows(sql`select app.put_setup_token(${tokenHash}, ${platform.clock.now()}, ${validUntil})`);
}

export async function setupTokenValid(platform: Platform, tokenHash: Buffer): Promise<boolean> {
  const [row] = await platform.database.systemRows<{ valid: boolean }>(sql`select app.setup_token_valid(${tokenHash}, ${platform.clock.now()}) as valid`);
  return row!.valid;
}

export async function useSetupToken(ctx: Context, tokenHash: Buffer): Promise<boolean> {
  const row = await ctx.tx.one<{ used: boolean }>(sql`select app.use_setup_token(${tokenHash}, ${ctx.clock.now()}) as used`);
  return row.used;
}

// API keys

export interface ApiKeyRow {
  id: string;
  name: string;
  key: string;
  role: Role;
  createdAt: Temporal.Instant;
  createdBy: string | null;
  lastUsedAt: Temporal.Instant | null;
  revokedAt: Temporal.Instant | null;
}

const apiKeyColumns = sql.raw('id, name, key, role, created_at, created_by, last_used_at, revoked_at');

export const insertApiKey = (
  ctx: Context,
  row: { id: string; name: string; key: string; secretHash: Buffer; role: Role; createdBy: string | null },
): Promise<ApiKeyRow> =>
  ctx.tx.one(sql`
    insert into api_key (tenant_id, id, name, key, secret_hash, role, created_by)
    values (${ctx.tenant.id}, ${row.id}, ${row.name}, ${row.key}, ${row.secretHash}, ${row.role}, ${row.createdBy})
    returning ${apiKeyColumns}`);

/** Newest first, from after `beforeId`. */
export const listApiKeys = (ctx: Context, beforeId: string | null, limit: number): Promise<ApiKeyRow[]> =>
  ctx.tx.rows(sql`
    select ${apiKeyColumns} from api_key
    where tenant_id = ${ctx.tenant.id} and ${beforeId === null ? sql.raw('true') : sql`id < ${beforeId}`}
    order by id desc limit ${limit}`);

/** Null when there is none or it was revoked before. */
export const revokeApiKeyRow = (ctx: Context, id: string): Promise<ApiKeyRow | null> =>
  ctx.tx.maybe(sql`
    update api_key set revoked_at = app.now() where tenant_id = ${ctx.tenant.id} and id = ${id} and revoked_at is null
    returning ${apiKeyColumns}`);

export const findApiKeyById = (ctx: Context, id: string): Promise<ApiKeyRow | null> =>
  ctx.tx.maybe(sql`select ${apiKeyColumns} from api_key where tenant_id = ${ctx.tenant.id} and id = ${id}`);
