import { randomBytes } from 'node:crypto';
import { newId } from '../../../kernel/ids.ts';
import type { Role } from '../../../kernel/permission.ts';
import { invalid, notFound } from '../../../kernel/problem.ts';
import type { Context } from '../../../platform/context.ts';
import { headerText } from '../../../platform/mail/address.ts';
import { hashToken, newToken } from '../../../platform/secrets/secrets.ts';
import { apiKeyCreated, apiKeyRevoked } from '../events.ts';
import { type ApiKeyRow, findApiKeyById, insertApiKey, revokeApiKeyRow } from '../queries.ts';

/**
 * A key for programs. The secret is in the answer and nowhere else: the table has its SHA-256, which is enough for 256
 * random bits and costs a thousandth of a password hash on every request.
 */
export async function createApiKey(
  ctx: Context,
  input: { name: string; role: Role },
): Promise<{ id: string; apiKey: string; apiSecret: string; row: ApiKeyRow }> {
  const name = headerText(input.name);
  if (name === '') throw invalid('name', 'missing', 'Write what the key is for.');
  const apiKey = `ak_${randomBytes(16).toString('base64url')}`;
  const apiSecret = `as_${newToken()}`;
  const createdBy = ctx.actor.kind === 'user' ? ctx.actor.id : null;
  const row = await insertApiKey(ctx, { id: newId(), name, key: apiKey, secretHash: hashToken(apiSecret), role: input.role, createdBy });
  await ctx.record(apiKeyCreated(row.id, row));
  return { id: row.id, apiKey, apiSecret, row };
}

/** The key is refused from now on. Revoking twice is no error. */
export async function revokeApiKey(ctx: Context, id: string): Promise<ApiKeyRow> {
  const revoked = await revokeApiKeyRow(ctx, id);
  if (revoked) {
    await ctx.record(apiKeyRevoked(id, revoked.name));
    return revoked;
  }
  const row = await findApiKeyById(ctx, id);
  if (!row) throw notFound('API key');
  return row;
}
