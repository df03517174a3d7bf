import type { Context } from '../../platform/context.ts';
import { sql, type Sql } from '../../platform/database/sql.ts';
import type { Purpose } from './schemas.ts';

/** One of the people to whom a mail or letter of some purpose goes. The first of a list is written to, the others are copied. */
export interface Recipient {
  id: string;
  customerId: string;
  email: string;
  name: string | null;
  /** The contact's own, else the customer's. */
  language: string | null;
  isPrimary: boolean;
}

/** How many contacts read which language, the most first. */
export function readSpokenLanguages(ctx: Context): Promise<{ language: string; contacts: number }[]> {
  return ctx.tx.rows(sql`
    select lower(coalesce(k.language, c.language)) as language, count(*)::int as contacts
    from contact k join customer c on c.tenant_id = k.tenant_id and c.id = k.customer_id
    where k.tenant_id = ${ctx.tenant.id} and c.archived_at is null and coalesce(k.language, c.language) is not null
    group by 1 order by 2 desc, 1 limit 50`);
}

/** How near a contact `k` is to a purpose: 1 has it, 2 is for billing, 3 is just the primary one; null gets nothing. */
const nearness = (purpose: Purpose): Sql => sql`
  case when k.purposes @> array[${purpose}::text] then 1 when k.purposes @> array['billing'] then 2 when k.is_primary then 3 end`;

/**
 * The contacts of one customer for a purpose, as a row source: those that have it; when none has it those for billing;
 * when there is none either the primary one. `customerId` is SQL of the statement around it:
 *
 *     cross join lateral ${recipientsOf('reminders', sql`g.customer_id`)} r
 *
 * Columns: id, customer_id, email, name, language (the contact's own), is_primary, position, and `place` from 1, the
 * primary contact first. `only` leaves contacts `k` out before the choice, such as suppressed ones.
 */
export const recipientsOf = (purpose: Purpose, customerId: Sql, only: Sql = sql`true`): Sql => sql`(
  select near.id, near.customer_id, near.email, near.name, near.language, near.is_primary, near.position,
    row_number() over (order by near.is_primary desc, near.position, near.id)::int as place
  from (
    select k.id, k.customer_id, k.email, k.name, k.language, k.is_primary, k.position, ${nearness(purpose)} as rank,
      min(${nearness(purpose)}) over () as nearest
    from contact k where k.customer_id = ${customerId} and ${only}
  ) near where near.rank = near.nearest)`;

/** The same for given customers, in the order in which they are written to. */
export function readRecipients(ctx: Context, purpose: Purpose, customerIds: readonly string[]): Promise<Recipient[]> {
  return ctx.tx.rows<Recipient>(sql`
    select r.id, r.customer_id, r.email, r.name, coalesce(r.language, c.language) as language, r.is_primary
    from customer c cross join lateral ${recipientsOf(purpose, sql`c.id`)} r
    where c.tenant_id = ${ctx.tenant.id} and c.id = any(${[...customerIds]}::uuid[])
    order by r.customer_id, r.place`);
}
