import type { Context } from '../platform/context.ts';
import { sql } from '../platform/database/sql.ts';

/*
 * Loading whole books in a few statements: the commands of the modules write one fact each, which would take minutes
 * for two years. Whether the result is what the commands would have made is proved after the load.
 */

type Rows = readonly object[];

export const insertCategories = (ctx: Context, rows: Rows): Promise<number> =>
  ctx.tx.run(sql`
    insert into category (tenant_id, id, name)
    select ${ctx.tenant.id}::uuid, id, name from jsonb_to_recordset(${sql.json(rows)}::jsonb) as r(id uuid, name text)`);

export const insertCustomers = (ctx: Context, rows: Rows): Promise<number> =>
  ctx.tx.run(sql`
    insert into customer (tenant_id, id, number, company_name, first_name, last_name, name, phone, language, created_at, updated_at)
    select ${ctx.tenant.id}::uuid, id, number, "companyName", "firstName", "lastName", "companyName", phone, 'en', at, at
    from jsonb_to_recordset(${sql.json(rows)}::jsonb)
      as r(id uuid, number text, "companyName" text, "firstName" text, "lastName" text, phone text, at timestamptz)`);

export const insertContacts = (ctx: Context, rows: Rows): Promise<number> =>
  ctx.tx.run(sql`
    insert into contact (tenant_id, id, customer_id, name, email, is_primary, position, created_at)
    select ${ctx.tenant.id}::uuid, id, "customerId", name, email, "isPrimary", position,
      (select c.created_at from customer c where c.tenant_id = ${ctx.tenant.id} and c.id = "customerId")
    from jsonb_to_recordset(${sql.json(rows)}::jsonb)
      as r(id uuid, "customerId" uuid, name text, email text, "isPrimary" boolean, position int)`);

export const insertCustomerCategories = (ctx: Context, rows: Rows): Promise<number> =>
  ctx.tx.run(sql`
    insert into customer_category (tenant_id, customer_id, category_id, added_at)
    select ${ctx.tenant.id}::uuid, "customerId", "categoryId",
      (select c.created_at from customer c where c.tenant_id = ${ctx.tenant.id} and c.id = "customerId")
    from jsonb_to_recordset(${sql.json(rows)}::jsonb) as r("customerId" uuid, "categoryId" uuid)`);

export const insertDocuments = (ctx: Context, rows: Rows): Promise<number> =>
  ctx.tx.run(sql`
    insert into document (tenant_id, id, kind, state, customer_id, number, currency, amount_minor, open_minor, due_on, issued_on,
      invoiced_on, posted_on, closed_on, payment_terms, reason_text, reference1, reference_document, item_text, created_at, updated_at)
    select ${ctx.tenant.id}::uuid, id, kind, state, "customerId", number, currency, "amountMinor", "openMinor", "dueOn", "issuedOn",
      "issuedOn", "issuedOn", "closedOn", terms, reason, reference, document, item, at, at
    from jsonb_to_recordset(${sql.json(rows)}::jsonb)
      as r(id uuid, kind text, state text, "customerId" uuid, number text, currency text, "amountMinor" bigint, "openMinor" bigint,
        "dueOn" date, "issuedOn" date, "closedOn" date, terms text, reason text, reference text, document text, item text, at timestamptz)`);

/** Where payments and credits left invoices that were there before. */
export const settleDocuments = (ctx: Context, rows: Rows): Promise<number> =>
  ctx.tx.run(sql`
    update document d set open_minor = r."openMinor", state = r.state, closed_on = r."closedOn", updated_at = app.now()
    from jsonb_to_recordset(${sql.json(rows)}::jsonb) as r(id uuid, "openMinor" bigint, state text, "closedOn" date)
    where d.tenant_id = ${ctx.tenant.id} and d.id = r.id`);

/** Payments that came back. */
export const returnPayments = (ctx: Context, rows: Rows): Promise<number> =>
  ctx.tx.run(sql`
    update payment p set state = r.state, applied_minor = r."appliedMinor", unapplied_minor = r."unappliedMinor",
      returned_on = r."returnedOn", returned_reason = r."returnedReason"
    from jsonb_to_recordset(${sql.json(rows)}::jsonb)
      as r(id uuid, state text, "appliedMinor" bigint, "unappliedMinor" bigint, "returnedOn" date, "returnedReason" text)
    where p.tenant_id = ${ctx.tenant.id} and p.id = r.id`);

export const insertPayments = (ctx: Context, rows: Rows): Promise<number> =>
  ctx.tx.run(sql`
    insert into payment (tenant_id, id, customer_id, number, currency, amount_minor, applied_minor, unapplied_minor, method, state,
      received_on, reference, returned_on, returned_reason, created_at)
    select ${ctx.tenant.id}::uuid, id, "customerId", number, currency, "amountMinor", "appliedMinor", "unappliedMinor", method, state,
      "receivedOn", reference, "returnedOn", "returnedReason", at
    from jsonb_to_recordset(${sql.json(rows)}::jsonb)
      as r(id uuid, "customerId" uuid, number text, currency text, "amountMinor" bigint, "appliedMinor" bigint, "unappliedMinor" bigint,
        method text, state text, "receivedOn" date, reference text, "returnedOn" date, "returnedReason" text, at timestamptz)`);

export const insertApplications = (ctx: Context, rows: Rows): Promise<number> =>
  ctx.tx.run(sql`
    insert into application (tenant_id, id, document_id, customer_id, source, payment_id, credit_id, amount_minor, currency, applied_on,
      reason, reverses_id, created_at)
    select ${ctx.tenant.id}::uuid, id, "documentId", "customerId", source, "paymentId", "creditId", "amountMinor", currency, "appliedOn",
      reason, "reversesId", at
    from jsonb_to_recordset(${sql.json(rows)}::jsonb)
      as r(id uuid, "documentId" uuid, "customerId" uuid, source text, "paymentId" uuid, "creditId" uuid, "amountMinor" bigint,
        currency text, "appliedOn" date, reason text, "reversesId" uuid, at timestamptz)`);

export const insertEvents = (ctx: Context, rows: Rows): Promise<number> =>
  ctx.tx.run(sql`
    insert into event (tenant_id, id, type, actor_kind, actor_name, subject_type, subject_id, customer_id, data, occurred_at)
    select ${ctx.tenant.id}::uuid, id, type, 'system', 'Demo company', "subjectType", "subjectId", "customerId", data, at
    from jsonb_to_recordset(${sql.json(rows)}::jsonb)
      as r(id uuid, type text, "subjectType" text, "subjectId" uuid, "customerId" uuid, data jsonb, at timestamptz)`);

/** Numbers that the commands give from here on follow those of the books. */
export const setSeries = (ctx: Context, series: 'payment' | 'invoice' | 'credit_memo', last: number): Promise<number> =>
  ctx.tx.run(sql`
    insert into number_series (tenant_id, series, last) values (${ctx.tenant.id}, ${series}, ${last})
    on conflict (tenant_id, series) do update set last = excluded.last`);

/** What was open at the begin of each day, from the facts themselves, so that trends have a past. */
export const insertDays = (ctx: Context, from: Temporal.PlainDate): Promise<number> =>
  ctx.tx.run(sql`
    insert into receivables_day (tenant_id, day, currency, open_minor, overdue_minor)
    select ${ctx.tenant.id}::uuid, day::date, currency, sum(open)::bigint, coalesce(sum(open) filter (where due_on < day), 0)::bigint
    from generate_series(${from}::date, ${ctx.clock.today()}::date - 1, interval '1 day') as day
    cross join lateral (
      select d.currency, d.due_on, d.total_minor - coalesce(
        (select sum(a.amount_minor) from application a where a.tenant_id = d.tenant_id and a.document_id = d.id and a.applied_on < day), 0) as open
      from document d
      where d.tenant_id = ${ctx.tenant.id} and d.kind = 'invoice' and d.issued_on < day and (d.closed_on is null or d.closed_on >= day)) o
    group by day, currency
    on conflict do nothing`);

/** Two of three mails were looked at some hours later, by the link to the first invoice in them. */
export const insertEmailViews = (ctx: Context): Promise<number> =>
  ctx.tx.run(sql`
    insert into email_view (tenant_id, id, email_id, kind, grade, at)
    select e.tenant_id, overlay(overlay(e.id::text placing left(m.hex, 8) from 1) placing right(m.hex, 4) from 10)::uuid, e.id, 'link', 'strong', v.at
    from outbound_email e join customer c on c.tenant_id = e.tenant_id and c.id = e.customer_id
    cross join lateral (select abs(hashtext(c.number || e.sent_on)) as n) h
    cross join lateral (select e.sent_at + make_interval(mins => 7 + h.n % 1500) as at) v
    cross join lateral (select lpad(to_hex((extract(epoch from v.at) * 1000)::bigint), 12, '0') as hex) m
    where e.tenant_id = ${ctx.tenant.id} and e.kind = 'reminder' and e.state = 'sent' and h.n % 3 > 0`);

/** When each invoice was last seen, from the views of the mails that list it. */
export const insertDocumentViews = (ctx: Context): Promise<number> =>
  ctx.tx.run(sql`
    insert into document_view (tenant_id, document_id, last_strong_at, last_weak_at, strong_count)
    select ${ctx.tenant.id}::uuid, d.document_id, max(v.at) filter (where v.grade = 'strong'), max(v.at) filter (where v.grade = 'weak'),
      count(*) filter (where v.grade = 'strong')
    from email_view v join outbound_email_document d on d.tenant_id = v.tenant_id and d.email_id = v.email_id
    where v.tenant_id = ${ctx.tenant.id} and v.grade <> 'machine' group by d.document_id`);

export interface GatewayAccount {
  id: string;
  settingsCiphertext: Buffer;
  entryOrigin: string;
}

export const insertGatewayAccount = (ctx: Context, account: GatewayAccount): Promise<number> =>
  ctx.tx.run(sql`
    insert into gateway_account (tenant_id, id, gateway, label, settings_ciphertext, rails, entry_origin, active)
    values (${ctx.tenant.id}, ${account.id}, 'demo', 'Demo gateway', ${account.settingsCiphertext}, array['card', 'bank'], ${account.entryOrigin}, true)`);

/** The simulator may listen elsewhere than at the last start. */
export const moveGatewayAccount = (ctx: Context, account: Omit<GatewayAccount, 'id'>): Promise<number> =>
  ctx.tx.run(sql`
    update gateway_account set settings_ciphertext = ${account.settingsCiphertext}, entry_origin = ${account.entryOrigin}, updated_at = app.now()
    where tenant_id = ${ctx.tenant.id} and gateway = 'demo' and entry_origin <> ${account.entryOrigin}`);

export const insertGatewayCustomers = (ctx: Context, rows: Rows): Promise<number> =>
  ctx.tx.run(sql`
    insert into gateway_customer (tenant_id, gateway_account_id, customer_id, ref)
    select ${ctx.tenant.id}::uuid, "accountId", "customerId", ref
    from jsonb_to_recordset(${sql.json(rows)}::jsonb) as r("accountId" uuid, "customerId" uuid, ref text)`);

export const insertMethods = (ctx: Context, rows: Rows): Promise<number> =>
  ctx.tx.run(sql`
    insert into payment_method (tenant_id, id, customer_id, gateway_account_id, rail, ref, brand, last4, exp_month, exp_year, holder_name)
    select ${ctx.tenant.id}::uuid, id, "customerId", "accountId", rail, ref, brand, last4, "expMonth", "expYear", holder
    from jsonb_to_recordset(${sql.json(rows)}::jsonb)
      as r(id uuid, "customerId" uuid, "accountId" uuid, rail text, ref text, brand text, last4 text, "expMonth" int, "expYear" int, holder text)`);

/** Credentials that the README can print: the same in every demo, and in nothing else. */
export const setApiKey = (ctx: Context, id: string, key: string, secretHash: Buffer): Promise<number> =>
  ctx.tx.run(sql`update api_key set key = ${key}, secret_hash = ${secretHash} where tenant_id = ${ctx.tenant.id} and id = ${id}`);

export const readFirstUser = (ctx: Context): Promise<{ id: string; name: string }> => ctx.tx.one(sql`select id, name from staff_user order by id limit 1`);

export const readCustomerId = async (ctx: Context, number: string): Promise<string> =>
  (await ctx.tx.one<{ id: string }>(sql`select id from customer where number = ${number}`)).id;

export const readCategory = async (ctx: Context, name: string): Promise<string> =>
  (await ctx.tx.one<{ id: string }>(sql`select id from category where name = ${name}`)).id;

export const readRuleId = async (ctx: Context, name: string): Promise<string> =>
  (await ctx.tx.one<{ id: string }>(sql`select id from reminder_rule where name = ${name}`)).id;

export const readReminderTemplate = async (ctx: Context): Promise<string | null> =>
  (await ctx.tx.maybe<{ id: string }>(sql`select id from template where is_default and kind = 'reminder' order by id limit 1`))?.id ?? null;

export interface Debtor {
  customerId: string;
  currency: string;
  oldestId: string;
  oldestNumber: string;
  oldestOpenMinor: bigint;
}

/** Who owes most that is overdue, with the oldest of their invoices; not the customer whose mails the README opens. */
export const readLargestDebtors = (ctx: Context, limit: number): Promise<Debtor[]> =>
  ctx.tx.rows(sql`
    select distinct on (o.overdue, d.customer_id) d.customer_id, d.currency, d.id as oldest_id, d.number as oldest_number, d.open_minor as oldest_open_minor
    from (
      select customer_id, sum(open_minor) as overdue from document
      where state = 'open' and kind = 'invoice' and due_on < app.today() and currency = ${ctx.tenant.currency}
        and customer_id <> (select id from customer where number = 'C-1001')
      group by customer_id order by overdue desc, customer_id limit ${limit}) o
    join document d on d.customer_id = o.customer_id and d.state = 'open' and d.kind = 'invoice' and d.currency = ${ctx.tenant.currency}
    order by o.overdue desc, d.customer_id, d.due_on, d.id`);

export interface AnsweredMail {
  messageId: string;
  to: string;
  subject: string;
  person: string;
  company: string;
  number: string;
}

/** The last reminders, each of another customer, with an invoice that is open; not of the one whose mails the README opens. */
export const readLastReminders = (ctx: Context, limit: number): Promise<AnsweredMail[]> =>
  ctx.tx.rows(sql`
    select * from (
      select distinct on (e.customer_id) e.id as email_id, e.message_id, e.to_address as "to", e.subject, c.first_name || ' ' || c.last_name as person,
        c.name as company, d.number
      from outbound_email e join customer c on c.id = e.customer_id
      join outbound_email_document l on l.email_id = e.id join document d on d.id = l.document_id and d.state = 'open'
      where e.kind = 'reminder' and e.state = 'sent' and c.number <> 'C-1001' order by e.customer_id, e.id desc) last
    order by email_id desc limit ${limit}`);
