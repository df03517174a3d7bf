import type { Context } from '../../../platform/context.ts';
import { sql } from '../../../platform/database/sql.ts';

export interface ServerState {
  failingSince: Temporal.Instant | null;
  lastFailedAt: Temporal.Instant | null;
  lastFailure: string | null;
  fallbacks: number;
}

export function readServerState(ctx: Context): Promise<ServerState | null> {
  return ctx.tx.maybe<ServerState>(sql`
    select failing_since, last_failed_at, last_failure, fallbacks from mail_server_state where tenant_id = ${ctx.tenant.id}`);
}

export async function noteServerFailure(ctx: Context, answer: string, fallbacks: number): Promise<void> {
  await ctx.tx.run(sql`
    insert into mail_server_state as s (tenant_id, failing_since, last_failed_at, last_failure, fallbacks)
    values (${ctx.tenant.id}, app.now(), app.now(), ${answer.slice(0, 1000)}, ${fallbacks})
    on conflict (tenant_id) do update set failing_since = coalesce(s.failing_since, app.now()), last_failed_at = app.now(),
      last_failure = excluded.last_failure, fallbacks = case when s.failing_since is null then 0 else s.fallbacks end + excluded.fallbacks`);
}

/** True when it had been failing. */
export async function clearServerFailure(ctx: Context): Promise<boolean> {
  const count = await ctx.tx.run(sql`
    update mail_server_state set failing_since = null, alarmed_at = null where tenant_id = ${ctx.tenant.id} and failing_since is not null`);
  return count === 1;
}

/** Since when it fails, for the one that may tell the administrators now; null when they were told within the time. */
export async function takeServerAlarm(ctx: Context, minutes: number): Promise<Temporal.Instant | null> {
  const row = await ctx.tx.maybe<{ failingSince: Temporal.Instant }>(sql`
    update mail_server_state set alarmed_at = app.now()
    where tenant_id = ${ctx.tenant.id} and failing_since is not null
      and (alarmed_at is null or alarmed_at <= app.now() - make_interval(mins => ${minutes}::int))
    returning failing_since`);
  return row?.failingSince ?? null;
}

export interface NewBounce {
  id: string;
  emailId: string;
  customerId: string | null;
  address: string;
  grade: 'hard' | 'soft';
  source: 'smtp' | 'report';
  status: string | null;
  detail: string | null;
}

/** False when the same was known. The mail shows the worse of its bounces. */
export async function insertBounce(ctx: Context, bounce: NewBounce): Promise<boolean> {
  const count = await ctx.tx.run(sql`
    insert into email_bounce (tenant_id, id, email_id, customer_id, address, grade, source, status, detail)
    values (${ctx.tenant.id}, ${bounce.id}, ${bounce.emailId}, ${bounce.customerId}, ${bounce.address}, ${bounce.grade}, ${bounce.source}, ${bounce.status}, ${bounce.detail})
    on conflict (tenant_id, email_id, address, source) do nothing`);
  if (count === 0) return false;
  await ctx.tx.run(sql`
    update outbound_email set bounced = case when bounced = 'hard' then 'hard' else ${bounce.grade} end
    where tenant_id = ${ctx.tenant.id} and id = ${bounce.emailId}`);
  return true;
}

/** Mails to the address that came back for the moment only, lately, without one that was seen by a person since. */
export async function countSoftBounces(ctx: Context, address: string, days: number): Promise<number> {
  const row = await ctx.tx.one<{ count: number }>(sql`
    select count(distinct email_id)::int as count from email_bounce
    where tenant_id = ${ctx.tenant.id} and address = ${address} and grade = 'soft' and at > app.now() - make_interval(days => ${days}::int)`);
  return row.count;
}

export interface BounceRow {
  address: string;
  grade: 'hard' | 'soft';
  source: 'smtp' | 'report';
  status: string | null;
  detail: string | null;
  at: Temporal.Instant;
}

export function readBounces(ctx: Context, emailId: string): Promise<BounceRow[]> {
  return ctx.tx.rows<BounceRow>(sql`
    select address, grade, source, status, detail, at from email_bounce where tenant_id = ${ctx.tenant.id} and email_id = ${emailId} order by at, id limit 100`);
}

/** The newest bounce of each address of a customer's mails. */
export function readCustomerBounces(ctx: Context, customerId: string): Promise<BounceRow[]> {
  return ctx.tx.rows<BounceRow>(sql`
    select distinct on (address) address, grade, source, status, detail, at from email_bounce
    where tenant_id = ${ctx.tenant.id} and customer_id = ${customerId} order by address, at desc limit 100`);
}

export interface SentMail {
  id: string;
  customerId: string | null;
  kind: string;
  toAddress: string;
  ccAddresses: string[];
  messageId: string | null;
  subject: string | null;
  sentAt: Temporal.Instant | null;
}

/** Mails of ours by their ids, for what comes back. */
export function readSentMails(ctx: Context, ids: readonly string[]): Promise<SentMail[]> {
  return ctx.tx.rows<SentMail>(sql`
    select id, customer_id, kind, to_address, cc_addresses, message_id, subject, coalesce(sent_at, submitted_at) as sent_at
    from outbound_email where tenant_id = ${ctx.tenant.id} and id = any(${[...ids]}::uuid[]) and submitted_at is not null`);
}
