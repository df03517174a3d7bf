import type { Context, Platform } from '../../../platform/context.ts';
import { sql } from '../../../platform/database/sql.ts';

/** The mail in whose foot the link stood, and the invoices that it asked for. */
export interface AskingMail {
  id: string;
  customerId: string;
  customerName: string;
  toAddress: string;
  ccAddresses: string[];
  sentAt: Temporal.Instant | null;
  invoices: { id: string; number: string; open: boolean }[];
  /** When somebody said before that it is paid. */
  claimedAt: Temporal.Instant | null;
}

export function readAskingMail(ctx: Context, id: string): Promise<AskingMail | null> {
  return ctx.tx.maybe<AskingMail>(sql`
    select e.id, e.customer_id, c.name as customer_name, e.to_address, e.cc_addresses, e.sent_at,
      (select coalesce(jsonb_agg(jsonb_build_object('id', d.id, 'number', d.number, 'open', d.state = 'open') order by d.due_on, d.number), '[]')
        from outbound_email_document l join document d on d.tenant_id = l.tenant_id and d.id = l.document_id
        where l.tenant_id = e.tenant_id and l.email_id = e.id and d.kind = 'invoice') as invoices,
      (select min(h.placed_at) from hold h where h.tenant_id = e.tenant_id and h.source_id = e.id and h.kind = 'claimed_paid') as claimed_at
    from outbound_email e join customer c on c.tenant_id = e.tenant_id and c.id = e.customer_id
    where e.tenant_id = ${ctx.tenant.id} and e.id = ${id}`);
}

/** Those of the addresses that are on the list because somebody said "this is not me". */
export async function readNotMe(ctx: Context, addresses: readonly string[]): Promise<string[]> {
  const rows = await ctx.tx.rows<{ address: string }>(sql`
    select address from suppression where tenant_id = ${ctx.tenant.id} and reason = 'wrong_person' and address = any(${[...addresses]}::text[])`);
  return rows.map((row) => row.address);
}

/** Counts one try; false when the key has had its number for the window. */
export async function withinLimit(platform: Platform, key: string, count: number, windowSeconds: number): Promise<boolean> {
  const [row] = await platform.database.systemRows<{ ok: boolean }>(sql`select app.within_rate_limit(${key}, ${count}, ${windowSeconds}) as ok`);
  return row!.ok;
}
