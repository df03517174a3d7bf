import type { Context } from '../../platform/context.ts';
import { sql } from '../../platform/database/sql.ts';

/** Reads across modules; writes only its own `dashboard_figure` and the trend's `receivables_day`. */

export interface OpenTotals {
  currency: string;
  currentMinor: bigint;
  days1To30Minor: bigint;
  days31To60Minor: bigint;
  days61To90Minor: bigint;
  over90Minor: bigint;
  openMinor: bigint;
  overdueMinor: bigint;
  creditMinor: bigint;
  openCount: number;
}

/** What is open now, by currency, from the customers' balances: 100,000 rows instead of a million documents. */
export function readOpenTotals(ctx: Context): Promise<OpenTotals[]> {
  return ctx.tx.rows<OpenTotals>(sql`
    select currency, sum(current_minor)::bigint as current_minor, sum(days_1_30_minor)::bigint as days1_to30_minor,
      sum(days_31_60_minor)::bigint as days31_to60_minor, sum(days_61_90_minor)::bigint as days61_to90_minor,
      sum(over_90_minor)::bigint as over90_minor, sum(open_minor)::bigint as open_minor, sum(overdue_minor)::bigint as overdue_minor,
      sum(credit_minor)::bigint as credit_minor, sum(open_count)::int as open_count
    from customer_balance where tenant_id = ${ctx.tenant.id} group by currency
    order by (currency = ${ctx.tenant.currency}::char(3)) desc, sum(open_count) desc`);
}

/** What was overdue at the begin of a past day, as it was kept then. */
export function readKeptOverdue(ctx: Context, day: Temporal.PlainDate): Promise<{ currency: string; overdueMinor: bigint }[]> {
  return ctx.tx.rows(sql`select currency, overdue_minor from receivables_day where tenant_id = ${ctx.tenant.id} and day = ${day}`);
}

/** The same reckoned from documents and applications, for days before anything was kept. */
export function reckonOverdue(ctx: Context, day: Temporal.PlainDate): Promise<{ currency: string; overdueMinor: bigint }[]> {
  return ctx.tx.rows(sql`
    with moved as (
      select document_id, sum(amount_minor)::bigint as amount_minor from application
      where tenant_id = ${ctx.tenant.id} and applied_on < ${day}::date group by document_id)
    select d.currency, sum(d.total_minor - coalesce(m.amount_minor, 0))::bigint as overdue_minor
    from document d left join moved m on m.document_id = d.id
    where d.tenant_id = ${ctx.tenant.id} and d.kind = 'invoice' and d.issued_on < ${day}::date and d.due_on < ${day}::date
      and d.total_minor > coalesce(m.amount_minor, 0)
    group by d.currency`);
}

export interface MonthCollected {
  currency: string;
  month: Temporal.PlainDate;
  collectedMinor: bigint;
}

/**
 * Money collected by month: payments recorded here by the day they came (returned ones left out, refunds taken off), and
 * what the source system reported as paid by the day it told us.
 */
export function readCollected(ctx: Context, from: Temporal.PlainDate): Promise<MonthCollected[]> {
  return ctx.tx.rows<MonthCollected>(sql`
    select currency, month, sum(minor)::bigint as collected_minor from (
      select currency, date_trunc('month', received_on)::date as month, amount_minor - refunded_minor as minor
      from payment where tenant_id = ${ctx.tenant.id} and received_on >= ${from}::date and state <> 'returned'
      union all
      select a.currency, date_trunc('month', a.applied_on)::date, a.amount_minor
      from application a join document d on d.tenant_id = a.tenant_id and d.id = a.document_id
      where a.tenant_id = ${ctx.tenant.id} and a.source = 'source_system' and a.applied_on >= ${from}::date and d.kind = 'invoice') c
    group by currency, month order by currency, month`);
}

/** Invoices issued since a day, for DSO. Void ones were no sales. */
export function readSales(ctx: Context, since: Temporal.PlainDate): Promise<{ currency: string; salesMinor: bigint }[]> {
  return ctx.tx.rows(sql`
    select currency, sum(total_minor)::bigint as sales_minor from document
    where tenant_id = ${ctx.tenant.id} and kind = 'invoice' and state <> 'void' and issued_on > ${since}::date and issued_on <= ${ctx.clock.today()}::date
    group by currency`);
}

export interface StoredFigures {
  figures: unknown;
  computedAt: Temporal.Instant;
  tookMs: number;
}

export function readStored(ctx: Context): Promise<StoredFigures | null> {
  return ctx.tx.maybe<StoredFigures>(sql`select figures, computed_at, took_ms from dashboard_figure where tenant_id = ${ctx.tenant.id}`);
}

export async function writeStored(ctx: Context, figures: object, tookMs: number): Promise<void> {
  await ctx.tx.run(sql`
    insert into dashboard_figure (tenant_id, figures, computed_at, took_ms) values (${ctx.tenant.id}, ${sql.json(figures)}, app.now(), ${tookMs})
    on conflict (tenant_id) do update set figures = excluded.figures, computed_at = excluded.computed_at, took_ms = excluded.took_ms`);
}

export interface AttentionRow {
  kind:
    | 'payment_failed'
    | 'payment_returned'
    | 'payment_unknown'
    | 'address_bounced'
    | 'reminder_held'
    | 'mail_uncertain'
    | 'upload_failed'
    | 'cash_unapplied'
    | 'ledger_mismatch';
  id: string;
  customerId: string | null;
  customerName: string | null;
  text: string;
  currency: string | null;
  minor: bigint | null;
  at: Temporal.Instant;
}

/**
 * What waits for a person, newest first, a few of each kind: failed and returned payments, attempts whose outcome is not
 * known, addresses that bounced, reminders that the last run held back for want of an address or of fresh data, mails
 * that may not have gone, uploads with errors, cash not applied. Each part reads from the end of one index.
 */
export function readAttention(ctx: Context, each: number): Promise<AttentionRow[]> {
  const t = ctx.tenant.id;
  const since = ctx.clock.now().subtract({ hours: 24 * 14 });
  const sinceDay = ctx.clock.today().subtract({ days: 14 });
  const lastRun = sql`(select r.id from reminder_run r where r.tenant_id = ${t} and r.state = 'done' order by r.started_at desc, r.id desc limit 1)`;
  return ctx.tx.rows<AttentionRow>(sql`
    with found as (
      (select case a.state when 'failed' then 'payment_failed' else 'payment_unknown' end as kind, a.id, a.customer_id,
         coalesce(a.failure->>'message', '') as text, a.currency, a.amount_minor as minor, a.created_at as at
       from payment_attempt a
       where a.tenant_id = ${t} and a.created_at >= ${since} and a.state in ('failed', 'unknown')
         and not exists (select 1 from payment_attempt later where later.tenant_id = a.tenant_id and later.customer_id = a.customer_id
                         and later.id > a.id and later.state in ('processing', 'settled'))
       order by a.created_at desc limit ${each})
      union all
      (select 'payment_returned', p.id, p.customer_id, coalesce(p.returned_reason, ''), p.currency, p.amount_minor, p.created_at
       from payment p where p.tenant_id = ${t} and p.returned_on >= ${sinceDay} order by p.returned_on desc, p.id desc limit ${each})
      union all
      (select 'address_bounced', c.id, c.customer_id, s.address, null, null, s.created_at
       from suppression s
       join lateral (select id, customer_id from contact k where k.tenant_id = s.tenant_id and lower(k.email) = s.address order by k.is_primary desc limit 1) c on true
       where s.tenant_id = ${t} and s.reason = 'bounce' order by s.created_at desc limit ${each})
      union all
      (select 'reminder_held', d.customer_id, d.customer_id, d.reason, d.currency, d.open_minor, d.decided_at
       from reminder_decision d
       where d.tenant_id = ${t} and d.outcome = 'held' and d.run_id = ${lastRun} and d.reason in ('no_contact', 'suppressed')
       limit ${each})
      union all
      (select 'reminder_held', d.run_id, null, d.reason, null, null, d.decided_at
       from reminder_decision d where d.tenant_id = ${t} and d.outcome = 'held' and d.run_id = ${lastRun} and d.reason = 'stale_data' limit 1)
      union all
      (select 'mail_uncertain', m.id, m.customer_id, m.to_address, null, null, m.created_at
       from outbound_email m where m.tenant_id = ${t} and m.state = 'uncertain' order by m.id desc limit ${each})
      union all
      (select 'upload_failed', u.id, null, u.kind || ': ' || u.failed || ' of ' || u.received || ' rows refused', null, null, u.started_at
       from upload u where u.tenant_id = ${t} and u.started_at >= ${since} and u.failed > 0 and u.undone_at is null order by u.started_at desc limit ${each})
      union all
      (select 'cash_unapplied', p.id, p.customer_id, p.number, p.currency, p.unapplied_minor, p.created_at
       from payment p where p.tenant_id = ${t} and p.unapplied_minor > 0 order by p.received_on desc, p.id desc limit ${each})
      union all
      (select 'ledger_mismatch', e.subject_id, e.customer_id, e.subject_type, null, null, e.occurred_at
       from event e
       where e.tenant_id = ${t} and e.type = 'ledger.mismatch' and e.occurred_at >= ${since}
         and exists (select 1 from receivables_turn r where r.tenant_id = ${t} and r.day >= ${sinceDay} and r.mismatch_count > 0)
       order by e.id desc limit ${each}))
    select f.kind, f.id, f.customer_id, c.name as customer_name, f.text, f.currency, f.minor, f.at
    from found f left join customer c on c.tenant_id = ${t} and c.id = f.customer_id
    order by f.at desc`);
}

export interface TimelineRow {
  kind: 'event' | 'email' | 'view';
  type: string;
  id: string;
  at: Temporal.Instant;
  actorKind: string | null;
  actorName: string | null;
  subjectType: string | null;
  subjectId: string | null;
  data: Record<string, unknown>;
}

/** Newest first, up to `limit`, before `before` when given: what was done, mails to the customer, and their opening. */
export function readCustomerTimeline(ctx: Context, customerId: string, before: string | null, limit: number): Promise<TimelineRow[]> {
  const t = ctx.tenant.id;
  const older = (column: string) => (before === null ? sql.empty : sql`and ${sql.raw(column)} < ${before}`);
  return ctx.tx.rows<TimelineRow>(sql`
    select * from (
      (select 'event' as kind, e.type, e.id, e.occurred_at as at, e.actor_kind, e.actor_name, e.subject_type, e.subject_id, e.data
       from event e where e.tenant_id = ${t} and e.customer_id = ${customerId} ${older('e.id')} order by e.id desc limit ${limit})
      union all
      (select 'email', 'email.' || m.state, m.id, coalesce(m.sent_at, m.created_at), null, null, 'email', m.id,
         jsonb_build_object('to', m.to_address, 'subject', m.subject, 'mailKind', m.kind, 'reason', m.reason, 'state', m.state)
       from outbound_email m where m.tenant_id = ${t} and m.customer_id = ${customerId} ${older('m.id')} order by m.id desc limit ${limit})
      union all
      (select 'view', 'email.' || v.kind, v.id, v.at, null, null, 'email', v.email_id,
         jsonb_build_object('grade', v.grade, 'documentId', v.document_id)
       from outbound_email m join email_view v on v.tenant_id = m.tenant_id and v.email_id = m.id
       where m.tenant_id = ${t} and m.customer_id = ${customerId} and v.grade <> 'machine' ${older('v.id')} order by v.id desc limit ${limit})) all_kinds
    order by id desc limit ${limit}`);
}

/** The same for one document: its own events, the payments and credits applied to it, the mails that listed it. */
export function readDocumentTimeline(ctx: Context, documentId: string, before: string | null, limit: number): Promise<TimelineRow[]> {
  const t = ctx.tenant.id;
  const older = (column: string) => (before === null ? sql.empty : sql`and ${sql.raw(column)} < ${before}`);
  return ctx.tx.rows<TimelineRow>(sql`
    select * from (
      (select 'event' as kind, e.type, e.id, e.occurred_at as at, e.actor_kind, e.actor_name, e.subject_type, e.subject_id, e.data
       from event e where e.tenant_id = ${t} and e.subject_type = 'document' and e.subject_id = ${documentId} ${older('e.id')} order by e.id desc limit ${limit})
      union all
      (select 'event', case when a.reverses_id is null then 'application.' || a.source else 'application.undone' end, a.id, a.created_at, null, null,
         case when a.payment_id is not null then 'payment' when a.credit_id is not null then 'document' else 'application' end,
         coalesce(a.payment_id, a.credit_id, a.id),
         jsonb_build_object('minor', a.amount_minor::text, 'currency', a.currency, 'reason', a.reason, 'number', coalesce(p.number, c.number), 'on', a.applied_on)
       from application a
       left join payment p on p.tenant_id = a.tenant_id and p.id = a.payment_id
       left join document c on c.tenant_id = a.tenant_id and c.id = a.credit_id
       where a.tenant_id = ${t} and a.document_id = ${documentId} ${older('a.id')}
         -- a void and a write-off are told by their own events
         and (a.source not in ('void', 'write_off') or a.reverses_id is not null) order by a.id desc limit ${limit})
      union all
      (select 'event', 'document.changed', h.id, h.changed_at, null, null, 'upload', h.upload_id, jsonb_build_object('before', h.before, 'after', h.after)
       from document_change h where h.tenant_id = ${t} and h.document_id = ${documentId} ${older('h.id')} order by h.id desc limit ${limit})
      union all
      (select 'email', 'email.' || m.state, m.id, coalesce(m.sent_at, m.created_at), null, null, 'email', m.id,
         jsonb_build_object('to', m.to_address, 'subject', m.subject, 'mailKind', m.kind, 'reason', m.reason, 'state', m.state)
       from outbound_email_document l join outbound_email m on m.tenant_id = l.tenant_id and m.id = l.email_id
       where l.tenant_id = ${t} and l.document_id = ${documentId} ${older('m.id')} order by m.id desc limit ${limit})
      union all
      (select 'view', 'email.' || v.kind, v.id, v.at, null, null, 'email', v.email_id, jsonb_build_object('grade', v.grade, 'documentId', v.document_id)
       from outbound_email_document l join email_view v on v.tenant_id = l.tenant_id and v.email_id = l.email_id
       where l.tenant_id = ${t} and l.document_id = ${documentId} and v.grade <> 'machine' and (v.document_id is null or v.document_id = ${documentId})
         ${older('v.id')} order by v.id desc limit ${limit})
      union all
      (select 'event', 'upload.recorded', u.id, u.started_at, null, u.actor_name, 'upload', u.id, jsonb_build_object('source', u.source, 'file', u.file_name)
       from document d join upload u on u.tenant_id = d.tenant_id and u.id = d.upload_id
       where d.tenant_id = ${t} and d.id = ${documentId} ${older('u.id')})) all_kinds
    order by id desc limit ${limit}`);
}

/** The currencies of what can be shown on the timeline of a document; null when there is no such document. */
export async function documentExists(ctx: Context, id: string): Promise<boolean> {
  return (await ctx.tx.maybe(sql`select 1 from document where tenant_id = ${ctx.tenant.id} and id = ${id}`)) !== null;
}

/** Rules that are active, for "what the reminders will send next". */
export async function countActiveRules(ctx: Context): Promise<number> {
  const row = await ctx.tx.one<{ count: number }>(sql`
    select count(*)::int as count from reminder_rule where tenant_id = ${ctx.tenant.id} and active and archived_at is null`);
  return row.count;
}
