import type { Context } from '../../../platform/context.ts';
import { sql } from '../../../platform/database/sql.ts';

/** Why an invoice is left out of a mail in its last moment, in words; the strongest first. */
const reasons = {
  dispute: 'are disputed',
  claimed_paid: 'were paid, as the customer says',
  promise: 'were promised to be paid',
  payment_plan: 'are in a payment plan',
  autopay: 'are paid automatically',
  payment_in_flight: 'are being paid',
} as const;
type LeftOutFor = keyof typeof reasons;

export const leftOutText = (reason: LeftOutFor): string => `The invoices ${reasons[reason]}.`;

const order = sql.raw(`array[${Object.keys(reasons).map((reason) => `'${reason}'`)}]`);

/**
 * Those of the invoices that must not be asked for now, with the first reason: a hold that was placed, or a payment that
 * was begun, between the decision and this moment.
 */
export async function readLeftOut(ctx: Context, documentIds: readonly string[]): Promise<Map<string, LeftOutFor>> {
  if (documentIds.length === 0) return new Map();
  const ids = sql`${[...new Set(documentIds)]}::uuid[]`;
  const holds = sql`h.tenant_id = ${ctx.tenant.id} and h.released_at is null and (h.until is null or h.until >= app.today())`;
  const rows = await ctx.tx.rows<{ id: string; reason: LeftOutFor }>(sql`
    select distinct on (id) id, reason from (
      select h.document_id as id, h.kind as reason from hold h where h.document_id = any(${ids}) and ${holds}
      union all
      select d.id, h.kind from hold h join document d on d.tenant_id = h.tenant_id and d.customer_id = h.customer_id
      where h.document_id is null and ${holds} and d.id = any(${ids})
      union all
      select p.document_id, 'payment_in_flight' from payment_attempt_document p
      where p.tenant_id = ${ctx.tenant.id} and p.document_id = any(${ids}) and p.in_flight
    ) l order by id, array_position(${order}, reason)`);
  return new Map(rows.map((row) => [row.id, row.reason]));
}
