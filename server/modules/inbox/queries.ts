import type { Context, Platform } from '../../platform/context.ts';
import { sql } from '../../platform/database/sql.ts';
import type { TlsMode } from '../../platform/mail/smtp-url.ts';

// the account

export interface AccountRow {
  host: string;
  port: number;
  username: string;
  tls: TlsMode;
  secure: boolean;
  folder: string;
  monthsBack: number;
  excludedDomains: string[];
  active: boolean;
  uidValidity: bigint | null;
  lastUid: bigint;
  nextFetchAt: Temporal.Instant;
  fetchedAt: Temporal.Instant | null;
  failingSince: Temporal.Instant | null;
  lastFailure: string | null;
}

const accountColumns = sql.raw(
  'host, port, username, tls, secure, folder, months_back, excluded_domains, active, uid_validity, last_uid, next_fetch_at, fetched_at, failing_since, last_failure',
);

export const readAccount = (ctx: Context): Promise<AccountRow | null> =>
  ctx.tx.maybe(sql`select ${accountColumns} from inbox_account where tenant_id = ${ctx.tenant.id}`);

export type AccountValues = Pick<AccountRow, 'host' | 'port' | 'username' | 'tls' | 'secure' | 'folder' | 'monthsBack' | 'excludedDomains' | 'active'>;

/** Another mailbox or folder is read from its beginning; what is here already is known again by its identity. */
export async function putAccount(ctx: Context, values: AccountValues): Promise<void> {
  await ctx.tx.run(sql`
    insert into inbox_account as a (tenant_id, host, port, username, tls, secure, folder, months_back, excluded_domains, active)
    values (${ctx.tenant.id}, ${values.host}, ${values.port}, ${values.username}, ${values.tls}, ${values.secure}, ${values.folder}, ${values.monthsBack},
      ${values.excludedDomains}, ${values.active})
    on conflict (tenant_id) do update set host = excluded.host, port = excluded.port, username = excluded.username, tls = excluded.tls,
      secure = excluded.secure, folder = excluded.folder, months_back = excluded.months_back, excluded_domains = excluded.excluded_domains,
      active = excluded.active, next_fetch_at = app.now(), updated_at = app.now(), failing_since = null, last_failure = null, alarmed_at = null,
      last_uid = case when (a.host, a.username, a.folder) = (excluded.host, excluded.username, excluded.folder) and a.months_back >= excluded.months_back
        then a.last_uid else 0 end`);
}

export const deleteAccount = (ctx: Context): Promise<number> => ctx.tx.run(sql`delete from inbox_account where tenant_id = ${ctx.tenant.id}`);

export async function readDueTenants(platform: Platform): Promise<string[]> {
  const rows = await platform.database.systemRows<{ id: string }>(sql`select app.tenants_with_due_inbox() as id`);
  return rows.map((row) => row.id);
}

/** Takes the mailbox for this process; null when another has it or it is off. */
export const claimAccount = (ctx: Context, lease: string, leaseSeconds: number): Promise<AccountRow | null> =>
  ctx.tx.maybe(sql`
    update inbox_account set lease = ${lease}, leased_until = app.now() + make_interval(secs => ${leaseSeconds}::int)
    where tenant_id = ${ctx.tenant.id} and active and (leased_until is null or leased_until < app.now())
    returning ${accountColumns}`);

/** The folder's numbers begin anew: everything is looked at again. False when the lease is another's. */
export async function beginValidity(ctx: Context, lease: string, uidValidity: bigint): Promise<boolean> {
  const count = await ctx.tx.run(sql`
    update inbox_account set uid_validity = ${uidValidity}, last_uid = 0 where tenant_id = ${ctx.tenant.id} and lease = ${lease} and leased_until > app.now()`);
  return count === 1;
}

/** What is read up to now (null: as before), in the transaction that keeps it. False when the lease is another's: nothing may be written then. */
export async function advance(ctx: Context, lease: string, uidValidity: bigint, lastUid: number | null, leaseSeconds: number): Promise<boolean> {
  const count = await ctx.tx.run(sql`
    update inbox_account set last_uid = coalesce(${lastUid}::bigint, last_uid), leased_until = app.now() + make_interval(secs => ${leaseSeconds}::int)
    where tenant_id = ${ctx.tenant.id} and lease = ${lease} and leased_until > app.now() and uid_validity = ${uidValidity} and (${lastUid}::bigint is null or last_uid < ${lastUid})`);
  return count === 1;
}

export async function releaseAccount(ctx: Context, lease: string, nextSeconds: number, failure: string | null): Promise<void> {
  await ctx.tx.run(sql`
    update inbox_account set lease = null, leased_until = null, next_fetch_at = app.now() + make_interval(secs => ${nextSeconds}::int),
      fetched_at = case when ${failure}::text is null then app.now() else fetched_at end,
      failing_since = case when ${failure}::text is null then null else coalesce(failing_since, app.now()) end,
      alarmed_at = case when ${failure}::text is null then null else alarmed_at end,
      last_failure = ${failure?.slice(0, 1000) ?? null}
    where tenant_id = ${ctx.tenant.id} and lease = ${lease}`);
}

/** Since when it fails, once in so many minutes and only when it has failed for a while; else null. */
export async function takeAccountAlarm(ctx: Context, everyMinutes: number, afterMinutes: number): Promise<Temporal.Instant | null> {
  const row = await ctx.tx.maybe<{ failingSince: Temporal.Instant }>(sql`
    update inbox_account set alarmed_at = app.now()
    where tenant_id = ${ctx.tenant.id} and failing_since <= app.now() - make_interval(mins => ${afterMinutes}::int)
      and (alarmed_at is null or alarmed_at <= app.now() - make_interval(mins => ${everyMinutes}::int))
    returning failing_since`);
  return row?.failingSince ?? null;
}

// senders with a rule

export interface SenderRule {
  address: string;
  customerId: string | null;
  customerName: string | null;
  madeBy: string;
  madeAt: Temporal.Instant;
}

export const listSenderRules = (ctx: Context, after: string | null, limit: number): Promise<SenderRule[]> =>
  ctx.tx.rows(sql`
    select s.address, s.customer_id, c.name as customer_name, s.made_by, s.made_at
    from inbox_sender s left join customer c on c.tenant_id = s.tenant_id and c.id = s.customer_id
    where s.tenant_id = ${ctx.tenant.id} and (${after}::text is null or s.address > ${after}) order by s.address limit ${limit}`);

export const putSenderRule = (ctx: Context, address: string, customerId: string | null): Promise<number> =>
  ctx.tx.run(sql`
    insert into inbox_sender (tenant_id, address, customer_id, made_by, made_at)
    values (${ctx.tenant.id}, ${address}, ${customerId}, ${ctx.actor.name}, app.now())
    on conflict (tenant_id, address) do update set customer_id = excluded.customer_id, made_by = excluded.made_by, made_at = excluded.made_at`);

export const deleteSenderRule = (ctx: Context, address: string): Promise<number> =>
  ctx.tx.run(sql`delete from inbox_sender where tenant_id = ${ctx.tenant.id} and address = ${address}`);
