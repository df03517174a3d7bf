import { newId } from '../../../kernel/ids.ts';
import { notFound } from '../../../kernel/problem.ts';
import type { Context } from '../../../platform/context.ts';
import { hashToken, newToken } from '../../../platform/secrets/secrets.ts';
import { sessionEnded, sessionStarted, sessionsEnded } from '../events.ts';
import { SESSION_SECONDS } from '../limits.ts';
import { deleteSession, deleteSessionsOf, findSessionById, insertSession, type StaffUser, writeSignIn } from '../queries.ts';

export interface Device {
  ip: string;
  userAgent: string;
}

/** Signs the user in. Answers the token for the cookie: 256 random bits of which only the hash is kept. */
export async function startSession(ctx: Context, user: Pick<StaffUser, 'id'>, device: Device): Promise<string> {
  const token = newToken();
  const id = newId();
  const expiresAt = ctx.clock.now().add({ seconds: SESSION_SECONDS });
  const userAgent = device.userAgent.slice(0, 500);
  await insertSession(ctx, { id, userId: user.id, tokenHash: hashToken(token), ip: device.ip, userAgent, expiresAt });
  await writeSignIn(ctx, user.id);
  await ctx.record(sessionStarted(id, user.id, userAgent));
  return token;
}

/** Ends one session. `userId` limits it to that user's own: another's is as good as absent. */
export async function endSession(ctx: Context, sessionId: string, userId: string | null): Promise<void> {
  const session = await findSessionById(ctx, sessionId);
  if (!session || (userId !== null && session.userId !== userId)) throw notFound('session');
  await deleteSession(ctx, sessionId);
  await ctx.record(sessionEnded(sessionId, session.userId));
}

/** Ends every session of the user, or every one but that of `keepToken`. Answers how many. */
export async function endSessionsOf(ctx: Context, userId: string, keepToken: string | null = null): Promise<number> {
  const count = await deleteSessionsOf(ctx, userId, keepToken === null ? null : hashToken(keepToken));
  if (count > 0) await ctx.record(sessionsEnded(userId, count));
  return count;
}
