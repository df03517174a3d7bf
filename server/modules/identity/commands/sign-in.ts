import { createHash } from 'node:crypto';
import { inTenant, type Platform, systemActor } from '../../../platform/context.ts';
import { signInRefused } from '../events.ts';
import { type Limit, SIGN_IN_BY_ADDRESS, SIGN_IN_BY_NETWORK, TOTP_BY_USER } from '../limits.ts';
import { networkOf } from '../network.ts';
import { hashPassword, isOutdated, passwordMatches } from '../password.ts';
import { findUsersByEmail, type FoundUser, resetRateLimit, withinRateLimit, writePassword } from '../queries.ts';

type SignIn =
  /** The users of that address whose password this is: one for each company. */
  { kind: 'matched'; users: FoundUser[] } | { kind: 'refused' } | { kind: 'limited'; minutes: number };

/** Limits are counted under a hash: keys are short, and no list of tried addresses piles up. */
const limitKey = (kind: string, what: string): string => `${kind}:${createHash('sha256').update(what.toLowerCase()).digest('base64url').slice(0, 32)}`;

export const within = (platform: Platform, kind: string, what: string, limit: Limit): Promise<boolean> =>
  withinRateLimit(platform, limitKey(kind, what), limit.max, limit.seconds);

/**
 * Checks address and password. The answer and the work are the same for an address that nobody has: one argon2 for no
 * user, one for each company of an address (nearly always one).
 */
export async function checkPassword(platform: Platform, input: { email: string; password: string; ip: string }): Promise<SignIn> {
  const email = input.email.trim().toLowerCase().slice(0, 254);
  const limited: SignIn = { kind: 'limited', minutes: SIGN_IN_BY_ADDRESS.seconds / 60 };
  if (!(await within(platform, 'sign-in.network', networkOf(input.ip), SIGN_IN_BY_NETWORK))) return limited;
  if (!(await within(platform, 'sign-in.address', email, SIGN_IN_BY_ADDRESS))) return limited;
  const found = await findUsersByEmail(platform, email);
  if (found.length === 0) await passwordMatches(input.password, null);
  const users: FoundUser[] = [];
  for (const user of found) if (await passwordMatches(input.password, user.passwordHash)) users.push(user);
  if (users.length === 0) {
    platform.log.info({ network: networkOf(input.ip) }, 'sign-in refused');
    // not waited for: an answer that takes longer would tell that somebody has this address
    for (const user of found) void noteRefusal(platform, user, 'password', input.ip);
    return { kind: 'refused' };
  }
  await resetRateLimit(platform, limitKey('sign-in.address', email));
  for (const user of users) if (user.passwordHash !== null && isOutdated(user.passwordHash)) await rehash(platform, user, input.password);
  return { kind: 'matched', users };
}

/** Into the audit log of the company. The sign-in is refused whether this can be written or not. */
export async function noteRefusal(platform: Platform, user: { tenantId: string; userId: string }, wrong: 'password' | 'code', ip: string): Promise<void> {
  try {
    await inTenant(platform, user.tenantId, { ...systemActor, ip }, (ctx) => ctx.record(signInRefused(user.userId, wrong)));
  } catch (error) {
    platform.log.warn({ err: error }, 'a refused sign-in could not be noted');
  }
}

async function rehash(platform: Platform, user: FoundUser, password: string): Promise<void> {
  const hash = await hashPassword(password);
  await inTenant(platform, user.tenantId, systemActor, (ctx) => writePassword(ctx, user.userId, hash));
}

/** One try at a code. */
export const mayTryCode = (platform: Platform, userId: string): Promise<boolean> => within(platform, 'totp', userId, TOTP_BY_USER);

/** After a right code or password the wrong ones before it are forgotten. */
export const forgetCodeTries = (platform: Platform, userId: string): Promise<void> => resetRateLimit(platform, limitKey('totp', userId));

/** After a new password the tries with the old one are forgotten. Not inside a transaction: it takes a connection of its own. */
export const forgetTries = (platform: Platform, email: string): Promise<void> => resetRateLimit(platform, limitKey('sign-in.address', email));
