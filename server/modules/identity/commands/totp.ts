import { conflict, invalid, notFound, Problem } from '../../../kernel/problem.ts';
import type { Context, Work } from '../../../platform/context.ts';
import { totpDisabled, totpEnabled } from '../events.ts';
import { passwordMatches } from '../password.ts';
import { confirmTotp, findUser, lockUser, type StaffUser, takeTotpStep, writeTotpSecret } from '../queries.ts';
import { newTotpSecret, stepOf, totpEnrolment } from '../totp.ts';
import { forgetCodeTries, mayTryCode } from './sign-in.ts';

const wrongCode = () => invalid('code', 'wrong_code', 'This code is not right, or it was used already. Wait for the next one.');
const tooMany = () => new Problem(429, 'too_many_tries', 'Too many tries. Wait five minutes.');

/** A new secret, shown this once; it counts from when a code of it has been given. */
export async function setUpTotp(ctx: Context, userId: string): Promise<{ secret: string; uri: string; qrSvg: string }> {
  const user = await lockUser(ctx, userId);
  if (!user) throw notFound('user');
  if (user.totpConfirmedAt !== null) throw conflict('totp_enabled', 'Two-step sign-in is on already. Turn it off first.');
  const secret = newTotpSecret();
  await writeTotpSecret(ctx, userId, ctx.platform.secrets.seal(ctx.tenant.id, secret));
  return { secret, ...(await totpEnrolment(secret, user.email)) };
}

/** Turns two-step sign-in on. */
export async function confirmTotpSetUp(work: Work, userId: string, code: string): Promise<void> {
  if (!(await mayTryCode(work.platform, userId))) throw tooMany();
  await work.transaction(async (ctx) => {
    const user = await lockUser(ctx, userId);
    if (!user || user.totpCiphertext === null) throw conflict('totp_not_set_up', 'Start the set-up first.');
    if (user.totpConfirmedAt !== null) throw conflict('totp_enabled', 'Two-step sign-in is on already.');
    if (!(await takeCode(ctx, user, code))) throw wrongCode();
    await confirmTotp(ctx, userId);
    await ctx.record(totpEnabled(userId));
  });
  await forgetCodeTries(work.platform, userId);
}

/** True when the code is right and was not used before; from then on it is used. */
export async function takeCode(ctx: Context, user: StaffUser, code: string): Promise<boolean> {
  if (user.totpCiphertext === null) return false;
  const secret = ctx.platform.secrets.open(ctx.tenant.id, user.totpCiphertext).toString('utf8');
  const step = stepOf(secret, code, ctx.clock.now());
  return step !== null && (await takeTotpStep(ctx, user.id, step));
}

/** Turns two-step sign-in off, for who knows the password. */
export async function disableTotp(work: Work, userId: string, password: string): Promise<void> {
  if (!(await mayTryCode(work.platform, userId))) throw tooMany();
  const before = await work.transaction((ctx) => findUser(ctx, userId));
  // between the transactions: hashing takes 50 ms and must not hold a connection
  if (!(await passwordMatches(password, before?.passwordHash ?? null))) throw invalid('password', 'wrong_password', 'The password is not right.');
  await work.transaction(async (ctx) => {
    const user = await lockUser(ctx, userId);
    if (!user || user.totpCiphertext === null) return;
    await writeTotpSecret(ctx, userId, null);
    await ctx.record(totpDisabled(userId));
  });
  await forgetCodeTries(work.platform, userId);
}
