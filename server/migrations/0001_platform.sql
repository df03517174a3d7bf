-- Roles, the tenant wall, and what every module uses: events, idempotency, rate limits, the door to the job queue.
-- payorcrm_app   is what the program runs as: no bypass, row-level security forced on every table.
-- payorcrm_system owns the short list of security definer functions that must look across tenants.
do $$ begin create role payorcrm_app nologin; exception when duplicate_object or unique_violation then null; end $$;
do $$ begin create role payorcrm_system nologin; exception when duplicate_object or unique_violation then null; end $$;
do $$ begin execute format('grant payorcrm_app, payorcrm_system to %I', current_user); end $$;

create schema app;
grant usage, create on schema app to payorcrm_system;
grant usage on schema app to payorcrm_app;
grant usage on schema public to payorcrm_app, payorcrm_system;

-- The tenant, moment and business day of the transaction, set by its first statement (platform/database/tenant.ts).
create function app.tenant_id() returns uuid language sql stable parallel safe
  as $$ select nullif(current_setting('app.tenant_id', true), '')::uuid $$;
create function app.now() returns timestamptz language sql stable parallel safe
  as $$ select coalesce(nullif(current_setting('app.now', true), '')::timestamptz, now()) $$;
create function app.today() returns date language sql stable parallel safe
  as $$ select nullif(current_setting('app.today', true), '')::date $$;

-- Puts a table behind the wall. `rights` is what the program may do with it.
create procedure app.protect(target regclass, rights text default 'select, insert, update, delete') language plpgsql as $$
begin
  execute format('alter table %s enable row level security', target);
  execute format('alter table %s force row level security', target);
  -- the sub-select makes the setting one constant for the whole statement: without it, it is read for every row
  execute format('create policy tenant on %s to payorcrm_app using (tenant_id = (select app.tenant_id())) with check (tenant_id = (select app.tenant_id()))', target);
  execute format('grant %s on %s to payorcrm_app', rights, target);
end $$;

-- Lets the system functions read or change a table across tenants.
create procedure app.open_to_system(target regclass, rights text default 'select') language plpgsql as $$
begin
  execute format('create policy system on %s to payorcrm_system using (true) with check (true)', target);
  execute format('grant %s on %s to payorcrm_system', rights, target);
end $$;

create table tenant (
  id uuid primary key,
  name text not null check (length(name) between 1 and 200),
  currency char(3) not null,
  timezone text not null,
  locale text not null default 'en-US',
  setting jsonb not null default '{}',
  created_at timestamptz not null default app.now()
);
alter table tenant enable row level security;
alter table tenant force row level security;
create policy tenant on tenant to payorcrm_app using (id = (select app.tenant_id())) with check (id = (select app.tenant_id()));
grant select, insert, update on tenant to payorcrm_app;
call app.open_to_system('tenant');

-- Facts in the past tense: audit, timelines and outgoing webhooks read from here. Append only.
create table event (
  tenant_id uuid not null references tenant,
  id uuid not null,
  type text not null,
  actor_kind text not null check (actor_kind in ('user', 'api_key', 'payer', 'system')),
  actor_id uuid,
  actor_name text not null,
  ip text,
  subject_type text not null,
  subject_id uuid not null,
  customer_id uuid,
  data jsonb not null default '{}',
  occurred_at timestamptz not null default app.now(),
  primary key (tenant_id, id)
);
create index event_subject on event (tenant_id, subject_type, subject_id, id);
create index event_customer on event (tenant_id, customer_id, id) where customer_id is not null;
call app.protect('event', 'select, insert');

create table idempotency (
  tenant_id uuid not null references tenant,
  key text not null check (length(key) between 1 and 200),
  operation text not null,
  request_hash bytea not null,
  status int,
  body jsonb,
  created_at timestamptz not null default app.now(),
  primary key (tenant_id, key, operation)
);
call app.protect('idempotency');

-- Encrypted settings (SMTP passwords, gateway keys, DKIM keys): ciphertext only, the key is not in the database.
create table secret (
  tenant_id uuid not null references tenant,
  name text not null,
  ciphertext bytea not null,
  updated_at timestamptz not null default app.now(),
  primary key (tenant_id, name)
);
call app.protect('secret');

-- Stored files: the content lies on disk or in S3 under its SHA-256.
create table stored_file (
  tenant_id uuid not null references tenant,
  id uuid not null,
  name text not null,
  content_type text not null,
  size_bytes bigint not null,
  sha256 bytea not null,
  created_at timestamptz not null default app.now(),
  primary key (tenant_id, id)
);
call app.protect('stored_file');

-- Fixed windows, before any tenant is known. Not tenant data: on the written list of the isolation test.
create table rate_limit (
  key text primary key,
  window_started_at timestamptz not null,
  count int not null
);
alter table rate_limit enable row level security;
alter table rate_limit force row level security;
call app.open_to_system('rate_limit', 'select, insert, update, delete');

-- Counts one try; true while the key is within its limit for the window.
create function app.within_rate_limit(the_key text, max_count int, window_seconds int) returns boolean
language sql security definer set search_path = public, app as $$
  insert into rate_limit as r (key, window_started_at, count) values (the_key, app.now(), 1)
  on conflict (key) do update set
    count = case when r.window_started_at < app.now() - make_interval(secs => window_seconds) then 1 else r.count + 1 end,
    window_started_at = case when r.window_started_at < app.now() - make_interval(secs => window_seconds) then app.now() else r.window_started_at end
  returning count <= max_count
$$;
create function app.reset_rate_limit(the_key text) returns void
language sql security definer set search_path = public, app as $$ delete from rate_limit where key = the_key $$;
alter function app.within_rate_limit(text, int, int) owner to payorcrm_system;
alter function app.reset_rate_limit(text) owner to payorcrm_system;

-- Every tenant's id, for the scheduler's ticks and the operator's commands.
create function app.all_tenants() returns table (id uuid, name text, timezone text, setting jsonb)
language sql stable security definer set search_path = public as $$
  select id, name, timezone, setting from tenant order by created_at
$$;
alter function app.all_tenants() owner to payorcrm_system;

-- The only way in which the program reaches the job queue: a job is a row of the same transaction.
-- Owned by the migrating role, because the queue's own tables are its alone.
create function app.enqueue(task text, payload json, job_key text default null, run_at timestamptz default null, max_attempts int default 25, queue text default null, job_key_mode text default 'replace')
returns void language plpgsql security definer set search_path = pg_catalog as $$
begin
  perform graphile_worker.add_job(task, payload, queue_name => queue, run_at => coalesce(enqueue.run_at, app.now()), max_attempts => max_attempts,
    job_key => enqueue.job_key, job_key_mode => case when enqueue.job_key is null then null else enqueue.job_key_mode end);
end $$;
revoke all on function app.enqueue(text, json, text, timestamptz, int, text, text) from public;
grant execute on function app.enqueue(text, json, text, timestamptz, int, text, text) to payorcrm_app;
