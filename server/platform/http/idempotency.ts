import { createHash } from 'node:crypto';
import { Problem } from '../../kernel/problem.ts';
import type { Context } from '../context.ts';
import { sql } from '../database/sql.ts';

export interface StoredAnswer {
  status: number;
  body: unknown;
}

interface Row {
  requestHash: Buffer;
  status: number | null;
  body: unknown;
}

/**
 * Claims the key in the effect's own transaction. Answers the stored answer when the same request was already done,
 * null when this one is the first. The same key with another body is refused; two at once wait for each other on the
 * primary key.
 */
export async function claimKey(ctx: Context, operation: string, key: string, request: Buffer): Promise<StoredAnswer | null> {
  if (key.length === 0 || key.length > 200) throw new Problem(400, 'invalid_idempotency_key', 'An Idempotency-Key has between 1 and 200 characters.');
  const hash = createHash('sha256').update(request).digest();
  const inserted = await ctx.tx.run(sql`
    insert into idempotency (tenant_id, key, operation, request_hash) values (${ctx.tenant.id}, ${key}, ${operation}, ${hash})
    on conflict do nothing`);
  if (inserted === 1) return null;
  const row = await ctx.tx.one<Row>(sql`
    select request_hash, status, body from idempotency where tenant_id = ${ctx.tenant.id} and key = ${key} and operation = ${operation}`);
  if (!row.requestHash.equals(hash)) throw new Problem(422, 'idempotency_key_reused', 'This Idempotency-Key was used for another request. Use a new one.');
  return { status: row.status ?? 200, body: row.body };
}

export async function storeAnswer(ctx: Context, operation: string, key: string, answer: StoredAnswer): Promise<void> {
  await ctx.tx.run(sql`
    update idempotency set status = ${answer.status}, body = ${sql.json(answer.body)}
    where tenant_id = ${ctx.tenant.id} and key = ${key} and operation = ${operation}`);
}
