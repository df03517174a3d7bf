import type { Context } from '../../../platform/context.ts';
import { secretChanged } from '../events.ts';
import { deleteSecret, findSecret, putSecret } from '../queries.ts';
import { checkDkim, type DkimSecret } from '../secrets.ts';

/** The secret in the clear, or null when it is not set. Never hand it to an answer, an event or a log. */
export async function readSecret(ctx: Context, name: string): Promise<string | null> {
  const row = await findSecret(ctx, name);
  return row ? ctx.platform.secrets.open(ctx.tenant.id, row.ciphertext).toString('utf8') : null;
}

/** Encrypts and keeps the secret; null takes it away. */
export async function writeSecret(ctx: Context, name: string, value: string | null): Promise<void> {
  const before = await findSecret(ctx, name);
  if (value === null) {
    if (!before) return;
    await deleteSecret(ctx, name);
  } else await putSecret(ctx, name, ctx.platform.secrets.seal(ctx.tenant.id, value));
  await ctx.record(secretChanged(ctx.tenant.id, name, before !== null, value !== null));
}

/** The DKIM keys, or null. */
export async function readDkim(ctx: Context): Promise<DkimSecret | null> {
  const text = await readSecret(ctx, 'dkim');
  return text === null ? null : (JSON.parse(text) as DkimSecret);
}

export async function writeDkim(ctx: Context, dkim: DkimSecret): Promise<void> {
  await writeSecret(ctx, 'dkim', JSON.stringify(checkDkim(dkim)));
}
