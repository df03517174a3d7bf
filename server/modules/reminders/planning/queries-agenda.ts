import type { Context } from '../../../platform/context.ts';
import { sql } from '../../../platform/database/sql.ts';
import { passingReasons } from '../rule.ts';
import type { Present } from './queries.ts';

/** Which rules daily runs asked for which days, as "rule day"; "* day" for all rules, of runs that did not write it down. */
export async function readAnswered(ctx: Context, oldest: Temporal.PlainDate, on: Temporal.PlainDate, except: string | null): Promise<Set<string>> {
  const rows = await ctx.tx.rows<{ asked: string }>(sql`
    select distinct coalesce(q ->> 'ruleId', '*') || ' ' || coalesce(q ->> 'day', d::text) as asked
    from reminder_run r
    left join lateral jsonb_array_elements(r.questions) q on true
    left join lateral unnest(case when r.questions is null then r.days end) d on true
    where r.kind = 'daily' and r.run_on between ${oldest.subtract({ days: FARTHEST_SHIFT })}::date and ${on}::date and r.planned_at is not null
      and r.id is distinct from ${except}::uuid and not coalesce((q ->> 'again')::boolean, false) and (q is not null or d is not null)`);
  return new Set(rows.map((row) => row.asked));
}

/** When the daily runs of those days began, by "hour day"; the company's hour is "*". */
export async function readBegun(ctx: Context, oldest: Temporal.PlainDate, on: Temporal.PlainDate): Promise<Map<string, Temporal.Instant>> {
  const rows = await ctx.tx.rows<{ slot: string; startedAt: Temporal.Instant }>(sql`
    select coalesce(hour::text, '*') || ' ' || run_on::text as slot, started_at from reminder_run
    where kind = 'daily' and run_on between ${oldest}::date and ${on}::date`);
  return new Map(rows.map((row) => [row.slot, row.startedAt]));
}

/** Days by which a run can be ahead of the day that it is asked about: a row of days off, moved to the day before. */
export const FARTHEST_SHIFT = 31;

export interface AskedDay {
  ruleId: string;
  day: Temporal.PlainDate;
  /** A person moved it to this day, or kept a cadence waiting until now: however old it is. */
  postponed: boolean;
}

const passing = sql.raw(passingReasons.map((reason) => `'${reason}'`).join(', '));

/** Rules and days of which decisions are held back for a reason that passes. */
export async function readPassing(
  ctx: Context,
  oldest: Temporal.PlainDate,
  on: Temporal.PlainDate,
  catchUpDays: number,
  except: string | null,
): Promise<AskedDay[]> {
  return ctx.tx.rows<AskedDay>(sql`
    select rule_id, day, bool_or(postponed) as postponed from (
      select d.rule_id, d.day, false as postponed from reminder_decision d
      where d.run_id in (
          select r.id from reminder_run r where r.run_on between ${oldest.subtract({ days: FARTHEST_SHIFT })}::date and ${on}::date
            and r.planned_at is not null and r.id is distinct from ${except}::uuid and coalesce(r.asked_days, r.days) && ${daysFrom(oldest, on)}::date[])
        and d.outcome = 'held' and d.reason in (${passing}) and d.day between ${oldest}::date and ${on.add({ days: FARTHEST_SHIFT })}::date
      union all
      select d.rule_id, d.day, true from reminder_override o
      join reminder_decision d on d.customer_id = o.customer_id and d.outcome = 'held' and d.reason = 'postponed' and (o.rule_id is null or o.rule_id = d.rule_id)
      where o.action = 'postpone' and o.withdrawn_at is null and o.to_day between ${on.subtract({ days: catchUpDays })}::date and ${on}::date
      union all
      -- a cadence that waited for a person goes on when that is over, however long it took
      select d.rule_id, d.day, true from manual_step m
      join reminder_rule r on r.cadence_id = m.cadence_id
      join reminder_decision d on d.customer_id = m.customer_id and d.rule_id = r.id and d.day >= m.day and d.outcome = 'held' and d.reason = 'manual_step'
      where m.waits and m.ended_at >= ${on.subtract({ days: catchUpDays }).toZonedDateTime(ctx.tenant.timezone).toInstant()}::timestamptz
    ) d group by rule_id, day`);
}

function daysFrom(first: Temporal.PlainDate, last: Temporal.PlainDate): Temporal.PlainDate[] {
  const days: Temporal.PlainDate[] = [];
  for (let day = first; Temporal.PlainDate.compare(day, last) <= 0; day = day.add({ days: 1 })) days.push(day);
  return days;
}

/** True when no invoices came in within those hours: by an upload that ended and of which something could be read. */
export async function isStale(ctx: Context, hours: number): Promise<boolean> {
  const row = await ctx.tx.one<{ fresh: boolean }>(sql`
    select exists (select 1 from upload where kind = 'invoices' and undone_at is null and (received = 0 or failed < received)
      and finished_at > ${ctx.clock.now().subtract({ hours })}::timestamptz) as fresh`);
  return !row.fresh;
}

/** Whether there are holds, credits, and words of people about coming mails. */
export function readPresent(ctx: Context): Promise<Present> {
  return ctx.tx.one<Present>(sql`
    select exists (select 1 from hold where released_at is null) or exists (select 1 from payment_attempt_document where in_flight) as holds,
      exists (select 1 from document where state = 'open' and kind <> 'invoice') or exists (select 1 from payment where unapplied_minor > 0) as credits,
      exists (select 1 from reminder_override where withdrawn_at is null and action in ('skip', 'postpone')) as overrides`);
}
