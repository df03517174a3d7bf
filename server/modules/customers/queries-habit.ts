import type { Context } from '../../platform/context.ts';
import { sql } from '../../platform/database/sql.ts';

/** Fewer invoices than this say nothing about a habit. */
const MIN_INVOICES = 3;
/** Average days late up to which a customer pays promptly, and late. */
const PROMPT_DAYS = 3;
const LATE_DAYS = 30;

/**
 * Brings the payment habit of every customer to today; answers how many changed. It is the average of days late over the
 * invoices that were closed within a year and those that are open and due, which count with the days so far; what was
 * paid early counts as on time. See the glossary.
 */
export function refreshHabits(ctx: Context): Promise<number> {
  const today = ctx.clock.today();
  return ctx.tx.run(sql`
    with late as (
      select customer_id, count(*) as invoices, avg(greatest(coalesce(closed_on, ${today}::date) - due_on, 0)) as days
      from document
      where tenant_id = ${ctx.tenant.id} and kind = 'invoice'
        and ((state = 'open' and due_on < ${today}::date) or (state = 'closed' and closed_on > ${today.subtract({ years: 1 })}::date))
      group by customer_id
    ),
    habit as (
      select c.id, case when coalesce(l.invoices, 0) < ${MIN_INVOICES} then 'new' when l.days <= ${PROMPT_DAYS} then 'prompt'
        when l.days <= ${LATE_DAYS} then 'late' else 'very_late' end as habit
      from customer c left join late l on l.customer_id = c.id where c.tenant_id = ${ctx.tenant.id}
    )
    update customer c set payment_habit = h.habit from habit h
    where c.tenant_id = ${ctx.tenant.id} and c.id = h.id and c.payment_habit <> h.habit`);
}
