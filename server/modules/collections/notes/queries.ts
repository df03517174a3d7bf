import type { Context } from '../../../platform/context.ts';
import { sql } from '../../../platform/database/sql.ts';

export interface Note {
  id: string;
  customerId: string;
  disputeId: string | null;
  body: string;
  writtenBy: string;
  writtenAt: Temporal.Instant;
}

const columns = sql.raw('id, customer_id, dispute_id, body, written_by, written_at');

export async function insertNote(ctx: Context, note: { id: string; customerId: string; disputeId: string | null; body: string }): Promise<void> {
  await ctx.tx.run(sql`
    insert into collection_note (tenant_id, id, customer_id, dispute_id, body, written_by)
    values (${ctx.tenant.id}, ${note.id}, ${note.customerId}, ${note.disputeId}, ${note.body}, ${ctx.actor.name})`);
}

/** Notes on a customer (of its disputes too), the newest first. */
export function listNotes(ctx: Context, customerId: string, before: string | null, limit: number): Promise<Note[]> {
  return ctx.tx.rows<Note>(sql`
    select ${columns} from collection_note
    where tenant_id = ${ctx.tenant.id} and customer_id = ${customerId} ${before ? sql`and id < ${before}::uuid` : sql.empty}
    order by id desc limit ${limit}`);
}

/** The thread of a dispute from its beginning, 500 at most. */
export function readThread(ctx: Context, disputeId: string): Promise<Note[]> {
  return ctx.tx.rows<Note>(sql`
    select ${columns} from collection_note where tenant_id = ${ctx.tenant.id} and dispute_id = ${disputeId} order by id limit 500`);
}
