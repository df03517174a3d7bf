import type { Context } from '../../platform/context.ts';
import { sql } from '../../platform/database/sql.ts';

/** The mail that a pay link stands in; null for links that staff made. */
export async function readLinkEmail(ctx: Context, payLinkId: string): Promise<string | null> {
  const row = await ctx.tx.maybe<{ emailId: string | null }>(sql`
    select l.email_id from pay_link l join outbound_email e on e.tenant_id = l.tenant_id and e.id = l.email_id
    where l.tenant_id = ${ctx.tenant.id} and l.id = ${payLinkId}`);
  return row?.emailId ?? null;
}

/** The documents of the mail were seen, this one or all that it lists. Nothing but what the mail lists counts. */
export async function putDocumentViews(ctx: Context, emailId: string, documentId: string | null, grade: 'weak' | 'strong'): Promise<void> {
  await ctx.tx.run(sql`
    insert into document_view as v (tenant_id, document_id, last_strong_at, last_weak_at, strong_count)
    select ${ctx.tenant.id}::uuid, document_id, case when ${grade} = 'strong' then app.now() end, case when ${grade} = 'weak' then app.now() end,
      case when ${grade} = 'strong' then 1 else 0 end
    from outbound_email_document where tenant_id = ${ctx.tenant.id} and email_id = ${emailId}
      and (${documentId}::uuid is null or document_id = ${documentId}::uuid)
    order by document_id
    on conflict (tenant_id, document_id) do update set last_strong_at = coalesce(excluded.last_strong_at, v.last_strong_at),
      last_weak_at = coalesce(excluded.last_weak_at, v.last_weak_at), strong_count = v.strong_count + excluded.strong_count`);
}

export interface DocumentView {
  documentId: string;
  lastStrongAt: Temporal.Instant | null;
  lastWeakAt: Temporal.Instant | null;
  strongCount: number;
}

/** When these documents were last seen by their payer; those never seen are left out. */
export function readDocumentViews(ctx: Context, documentIds: readonly string[]): Promise<DocumentView[]> {
  return ctx.tx.rows<DocumentView>(sql`
    select document_id, last_strong_at, last_weak_at, strong_count from document_view
    where tenant_id = ${ctx.tenant.id} and document_id = any(${[...documentIds]}::uuid[])`);
}

/** When a customer last saw any of its documents. */
export async function readCustomerView(
  ctx: Context,
  customerId: string,
): Promise<{ lastStrongAt: Temporal.Instant | null; lastWeakAt: Temporal.Instant | null }> {
  return ctx.tx.one(sql`
    select max(v.last_strong_at) as last_strong_at, max(v.last_weak_at) as last_weak_at
    from document d join document_view v on v.tenant_id = d.tenant_id and v.document_id = d.id
    where d.tenant_id = ${ctx.tenant.id} and d.customer_id = ${customerId}`);
}
