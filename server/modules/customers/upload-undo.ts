import type { Context } from '../../platform/context.ts';
import { sql } from '../../platform/database/sql.ts';
import { displayName } from './customer.ts';
import { writeContactsOfUndo } from './upload.ts';

interface Restored {
  id: string;
  number: string;
  companyName: string | null;
  firstName: string | null;
  lastName: string | null;
  phone: string | null;
  custom: Record<string, unknown>;
  was: Record<string, unknown>;
}

/** Customers that the upload changed get back what they were, those that it created go; the ones in `keep` stay. */
export async function undoCustomers(ctx: Context, uploadId: string, keep: readonly string[]): Promise<{ removed: number; restored: number }> {
  const rows = await ctx.tx.rows<Restored>(sql`
    select c.id, c.number, c.company_name, c.first_name, c.last_name, c.phone, c.custom, k.was
    from (select customer_id, jsonb_object_agg(key, value order by id desc) as was
          from customer_change h, jsonb_each(h.before) where h.tenant_id = ${ctx.tenant.id} and h.upload_id = ${uploadId} group by customer_id) k
    join customer c on c.tenant_id = ${ctx.tenant.id} and c.id = k.customer_id
    where c.id <> all(${[...keep]}::uuid[]) and c.upload_id is distinct from ${uploadId} order by c.id for no key update of c`);
  for (const row of rows) {
    const next = { ...row, ...row.was } as Restored & { emails?: string[] };
    await ctx.tx.run(sql`
      update customer set company_name = ${next.companyName}, first_name = ${next.firstName}, last_name = ${next.lastName}, phone = ${next.phone},
        name = ${displayName({ ...next, email: next.emails?.[0] ?? null })}, custom = ${sql.json(next.custom)}, content_hash = null, updated_at = app.now()
      where tenant_id = ${ctx.tenant.id} and id = ${row.id}`);
    if (next.emails) await writeContactsOfUndo(ctx, row.id, next.emails);
  }
  const removed = await ctx.tx.run(sql`
    delete from customer where tenant_id = ${ctx.tenant.id} and upload_id = ${uploadId} and id <> all(${[...keep]}::uuid[])`);
  return { removed, restored: rows.length };
}
