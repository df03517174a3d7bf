/** What a contact with a customer is. The planner, the runs and reminders by hand keep their caps by these words. */
import { sql, type Sql } from '../../../platform/database/sql.ts';
import { remindingKinds } from '../../conditions/index.ts';

/** Whole days of the company, both included. */
export interface ContactDays {
  first: Temporal.PlainDate;
  last: Temporal.PlainDate;
  zone: string;
}

/** So many days up to that one, which is one of them. */
export const daysUpTo = (last: Temporal.PlainDate, days: number, zone: string): ContactDays => ({ first: last.subtract({ days: days - 1 }), last, zone });

const kinds = sql.raw(remindingKinds.map((kind) => `'${kind}'`).join(', '));

/** Mails `e` to customers that left on these days, or are on their way: a mail that may have arrived counts. */
export const mailCounts = ({ first, last, zone }: ContactDays): Sql => sql`
  e.kind in (${kinds}) and e.customer_id is not null and (
    (e.state = 'sent' and e.sent_on between ${first}::date and ${last}::date) or e.state in ('ready', 'sending')
    or (e.state = 'uncertain' and e.submitted_at >= ${first.toZonedDateTime(zone).toInstant()}::timestamptz))`;

/** Letters `l`, from the day on which they were written. */
export const letterCounts = ({ first, last }: ContactDays): Sql => sql`l.state <> 'withdrawn' and l.written_on between ${first}::date and ${last}::date`;
