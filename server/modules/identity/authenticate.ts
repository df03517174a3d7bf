import { timingSafeEqual } from 'node:crypto';
import { Problem } from '../../kernel/problem.ts';
import type { Platform } from '../../platform/context.ts';
import type { RequestInfo } from '../../platform/http/endpoint.ts';
import type { Identity } from '../../platform/http/server.ts';
import { hashToken } from '../../platform/secrets/secrets.ts';
import { readCookie, sessionCookieName } from './cookies.ts';
import { SESSION_IDLE_SECONDS, TOUCH_SECONDS } from './limits.ts';
import { permissionsOf } from './permissions.ts';
import { findApiKey, findSession, touchApiKey, touchSession } from './queries.ts';

type Headers = RequestInfo['headers'];

/** Compared with when there is no such key, so that it takes as long. */
const NO_SECRET = Buffer.alloc(32);

/**
 * Who is calling, by API key or by session cookie; null for nobody. One look-up by a unique index for each request;
 * "last used" is written once a minute at most. Wrong API credentials throw a Problem 401.
 */
export async function authenticate(platform: Platform, request: Pick<RequestInfo, 'headers' | 'ip'>): Promise<Identity | null> {
  const credentials = apiCredentials(request.headers);
  return credentials ? byApiKey(platform, credentials, request.ip) : bySession(platform, request);
}

/** `api_key` and `api_secret`, or `Authorization: Basic`. */
function apiCredentials(headers: Headers): { key: string; secret: string } | null {
  const key = headers['api_key'];
  if (key !== undefined) return { key: String(key), secret: String(headers['api_secret'] ?? '') };
  const match = /^basic\s+([A-Za-z0-9+/=_-]+)\s*$/i.exec(headers.authorization ?? '');
  if (!match) return null;
  const text = Buffer.from(match[1]!, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? { key: text, secret: '' } : { key: text.slice(0, colon), secret: text.slice(colon + 1) };
}

async function byApiKey(platform: Platform, { key, secret }: { key: string; secret: string }, ip: string): Promise<Identity> {
  const found = /^[\w-]{1,100}$/.test(key) ? await findApiKey(platform, key) : null;
  const equal = timingSafeEqual(hashToken(secret), found?.secretHash ?? NO_SECRET);
  if (!found || !equal) throw new Problem(401, 'wrong_credentials', 'The api_key or the api_secret is not right, or the key was revoked.');
  if (isOld(platform, found.lastUsedAt)) await touchApiKey(platform, key);
  return {
    tenantId: found.tenantId,
    actor: { kind: 'api_key', id: found.apiKeyId, name: found.name, role: found.role, ip },
    permissions: permissionsOf(found.role),
    by: 'api_key',
  };
}

/** The raw token of the session cookie, if the request has one. */
export const sessionTokenOf = (platform: Platform, headers: Headers): string | undefined => readCookie(headers.cookie, sessionCookieName(platform.config));

async function bySession(platform: Platform, request: Pick<RequestInfo, 'headers' | 'ip'>): Promise<Identity | null> {
  const token = sessionTokenOf(platform, request.headers);
  if (!token) return null;
  const hash = hashToken(token);
  const found = await findSession(platform, hash, SESSION_IDLE_SECONDS);
  if (!found) return null;
  if (isOld(platform, found.lastSeenAt)) await touchSession(platform, hash);
  return {
    tenantId: found.tenantId,
    actor: { kind: 'user', id: found.userId, name: found.name, role: found.role, ip: request.ip },
    permissions: permissionsOf(found.role),
    by: 'session',
  };
}

const isOld = (platform: Platform, at: Temporal.Instant | null): boolean =>
  at === null || platform.clock.now().epochMilliseconds - at.epochMilliseconds >= TOUCH_SECONDS * 1000;
