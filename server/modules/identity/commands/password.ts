import { setTimeout as wait } from 'node:timers/promises';
import { newId } from '../../../kernel/ids.ts';
import { conflict, invalid, Problem } from '../../../kernel/problem.ts';
import { type Context, inTenant, type Platform, systemActor, type Work } from '../../../platform/context.ts';
import { hashToken, newToken } from '../../../platform/secrets/secrets.ts';
import { passwordChanged, passwordResetRequested, staffUserJoined, totpDisabled } from '../events.ts';
import { INVITE_LINK_SECONDS, RESET_ANSWER_MS, RESET_BY_ADDRESS, RESET_BY_NETWORK, RESET_LINK_SECONDS } from '../limits.ts';
import { networkOf } from '../network.ts';
import { hashPassword, passwordMatches, weakness } from '../password.ts';
import {
  endOneTimeTokens,
  findUser,
  findUserByEmail,
  findUsersByEmail,
  insertOneTimeToken,
  lockUser,
  type StaffUser,
  takeOneTimeToken,
  updateUser,
  writePassword,
  writeTotpSecret,
} from '../queries.ts';
import { endSessionsOf } from './session.ts';
import { forgetCodeTries, mayTryCode, within } from './sign-in.ts';

/**
 * Somebody says that they forgot the password. Each user of that address gets a mail; who asks learns nothing: neither
 * from the answer nor from how long it took.
 */
export async function requestPasswordReset(platform: Platform, input: { email: string; ip: string }): Promise<void> {
  await Promise.all([askForReset(platform, input.email.trim().toLowerCase().slice(0, 254), input.ip), wait(RESET_ANSWER_MS)]);
}

async function askForReset(platform: Platform, email: string, ip: string): Promise<void> {
  if (!(await within(platform, 'reset.network', networkOf(ip), RESET_BY_NETWORK))) return;
  if (!(await within(platform, 'reset.address', email, RESET_BY_ADDRESS))) return;
  for (const user of await findUsersByEmail(platform, email))
    await inTenant(platform, user.tenantId, { ...systemActor, ip }, (ctx) => ctx.record(passwordResetRequested(user.userId)));
}

async function issue(ctx: Context, purpose: 'invite' | 'password_reset', userId: string, seconds: number): Promise<string> {
  const token = newToken();
  await insertOneTimeToken(ctx, { id: newId(), purpose, userId, tokenHash: hashToken(token), expiresAt: ctx.clock.now().add({ seconds }) });
  return token;
}

/** The token of a link that is good for 30 minutes and once. Made when the mail is rendered: no raw token is ever stored. */
export const issuePasswordResetToken = (ctx: Context, userId: string): Promise<string> => issue(ctx, 'password_reset', userId, RESET_LINK_SECONDS);

/** The token of an invitation, good for 7 days and once. */
export const issueInviteToken = (ctx: Context, userId: string): Promise<string> => issue(ctx, 'invite', userId, INVITE_LINK_SECONDS);

export const passwordResetUrl = (platform: Platform, token: string): string => new URL(`/reset-password/${token}`, platform.config.publicUrl).href;
export const inviteUrl = (platform: Platform, token: string): string => new URL(`/invite/${token}`, platform.config.publicUrl).href;

/**
 * Sets the password by a link. The link and every other open one end, and so do all sessions: whoever knew the old
 * password is out. An invited user gets the name that they chose. Answers the user.
 */
export async function setPasswordByLink(
  ctx: Context,
  link: { tokenId: string; userId: string; purpose: 'invite' | 'password_reset' },
  input: { passwordHash: string; name?: string },
): Promise<StaffUser> {
  const user = await lockUser(ctx, link.userId);
  if (!user || user.disabledAt !== null || !(await takeOneTimeToken(ctx, link.tokenId)))
    throw conflict('link_used', 'This link has been used already or has expired.');
  await endOneTimeTokens(ctx, user.id);
  await writePassword(ctx, user.id, input.passwordHash);
  await endSessionsOf(ctx, user.id);
  if (link.purpose === 'invite') {
    await updateUser(ctx, { id: user.id, name: input.name ?? user.name, role: user.role, disabledAt: null });
    await ctx.record(staffUserJoined(user.id));
  } else await ctx.record(passwordChanged(user.id, 'link'));
  return (await findUser(ctx, user.id))!;
}

/**
 * The way back in for somebody who has lost password and phone, opened by whoever runs the machine: two-step sign-in goes
 * off, and the link that is answered sets a new password. Null when the company has no such user, or a disabled one.
 */
export async function recoverStaffUser(ctx: Context, email: string): Promise<{ url: string; twoStepWasOn: boolean } | null> {
  const found = await findUserByEmail(ctx, email.trim().toLowerCase());
  const user = found && (await lockUser(ctx, found.id));
  if (!user || user.disabledAt !== null) return null;
  const twoStepWasOn = user.totpCiphertext !== null;
  if (twoStepWasOn) {
    await writeTotpSecret(ctx, user.id, null);
    await ctx.record(totpDisabled(user.id));
  }
  return { url: passwordResetUrl(ctx.platform, await issuePasswordResetToken(ctx, user.id)), twoStepWasOn };
}

/** A signed-in user changes the password. The session of `keepToken` stays, all others end. */
export async function changePassword(
  work: Work,
  userId: string,
  input: { currentPassword: string; newPassword: string; keepToken: string | null },
): Promise<void> {
  if (!(await mayTryCode(work.platform, userId))) throw new Problem(429, 'too_many_tries', 'Too many tries. Wait five minutes.');
  const { user, company } = await work.transaction(async (ctx) => ({ user: await findUser(ctx, userId), company: ctx.tenant.name }));
  if (!user || !(await passwordMatches(input.currentPassword, user.passwordHash)))
    throw invalid('currentPassword', 'wrong_password', 'The password is not right.');
  const reason = weakness(input.newPassword, [user.email, user.name, company]);
  if (reason !== null) throw invalid('newPassword', 'weak_password', reason);
  const hash = await hashPassword(input.newPassword);
  await work.transaction(async (ctx) => {
    await writePassword(ctx, userId, hash);
    await endOneTimeTokens(ctx, userId);
    await endSessionsOf(ctx, userId, input.keepToken);
    await ctx.record(passwordChanged(userId, 'user'));
  });
  await forgetCodeTries(work.platform, userId);
}
