-- Who may come in: staff users, their sessions, one-time links, API keys.
create table staff_user (
  tenant_id uuid not null references tenant,
  id uuid not null,
  email text not null check (email = lower(email) and length(email) <= 254),
  name text not null check (length(name) between 1 and 200),
  role text not null check (role in ('administrator', 'manager', 'collector', 'viewer')),
  password_hash text,
  totp_ciphertext bytea,
  totp_confirmed_at timestamptz,
  totp_last_step bigint,
  disabled_at timestamptz,
  last_sign_in_at timestamptz,
  created_at timestamptz not null default app.now(),
  primary key (tenant_id, id),
  unique (tenant_id, email)
);
create index staff_user_email on staff_user (email);
call app.protect('staff_user');
call app.open_to_system('staff_user');

create table session (
  tenant_id uuid not null references tenant,
  id uuid not null,
  user_id uuid not null,
  token_hash bytea not null unique,
  ip text,
  user_agent text,
  created_at timestamptz not null default app.now(),
  last_seen_at timestamptz not null default app.now(),
  expires_at timestamptz not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, user_id) references staff_user on delete cascade
);
create index session_by_user on session (tenant_id, user_id);
create index session_expiry on session (expires_at);
call app.protect('session');
call app.open_to_system('session', 'select, update, delete');

create table one_time_token (
  tenant_id uuid not null references tenant,
  id uuid not null,
  purpose text not null check (purpose in ('invite', 'password_reset')),
  user_id uuid not null,
  token_hash bytea not null unique,
  expires_at timestamptz not null,
  used_at timestamptz,
  created_at timestamptz not null default app.now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, user_id) references staff_user on delete cascade
);
create index one_time_token_user on one_time_token (tenant_id, user_id);
create index one_time_token_expiry on one_time_token (expires_at);
call app.protect('one_time_token');
call app.open_to_system('one_time_token', 'select, delete');

-- The set-up link that `payorcrm serve` prints, before any tenant exists. Not tenant data.
create table setup_token (
  token_hash bytea primary key,
  expires_at timestamptz not null,
  used_at timestamptz
);
alter table setup_token enable row level security;
alter table setup_token force row level security;
call app.open_to_system('setup_token', 'select, insert, update, delete');

create table api_key (
  tenant_id uuid not null references tenant,
  id uuid not null,
  name text not null check (length(name) between 1 and 200),
  key text not null unique,
  secret_hash bytea not null,
  role text not null default 'manager' check (role in ('administrator', 'manager', 'collector', 'viewer')),
  created_at timestamptz not null default app.now(),
  created_by uuid,
  last_used_at timestamptz,
  revoked_at timestamptz,
  primary key (tenant_id, id)
);
call app.protect('api_key');
call app.open_to_system('api_key', 'select, update');

-- The audit page: newest first, and by kind of event or by actor. The event table gets no row for each uploaded invoice
-- (those are in document_change), so three more indexes cost little.
create index event_occurred on event (tenant_id, occurred_at, id);
create index event_type on event (tenant_id, type, occurred_at, id);
create index event_actor on event (tenant_id, actor_id, occurred_at, id) where actor_id is not null;

-- Before a tenant is known, only these functions see anything. The moment is handed in, so that one statement without a
-- transaction is enough on the hot path, also when a test's clock travels.
create function app.find_staff_users(the_email text) returns table (tenant_id uuid, user_id uuid, name text, role text, password_hash text, totp boolean, tenant_name text)
language sql stable security definer set search_path = public as $$
  select u.tenant_id, u.id, u.name, u.role, u.password_hash, u.totp_confirmed_at is not null, t.name
  from staff_user u join tenant t on t.id = u.tenant_id
  where u.email = lower(the_email) and u.disabled_at is null
  order by u.created_at, u.id limit 20
$$;
alter function app.find_staff_users(text) owner to payorcrm_system;

create function app.find_session(hash bytea, at timestamptz, idle_seconds int)
returns table (tenant_id uuid, session_id uuid, user_id uuid, name text, email text, role text, last_seen_at timestamptz)
language sql stable security definer set search_path = public as $$
  select s.tenant_id, s.id, u.id, u.name, u.email, u.role, s.last_seen_at
  from session s join staff_user u on (u.tenant_id, u.id) = (s.tenant_id, s.user_id)
  where s.token_hash = hash and s.expires_at > at and s.last_seen_at > at - make_interval(secs => idle_seconds) and u.disabled_at is null
$$;
alter function app.find_session(bytea, timestamptz, int) owner to payorcrm_system;

create function app.touch_session(hash bytea, at timestamptz) returns void
language sql security definer set search_path = public as $$
  update session set last_seen_at = at where token_hash = hash and last_seen_at < at
$$;
alter function app.touch_session(bytea, timestamptz) owner to payorcrm_system;

create function app.find_one_time_token(hash bytea, at timestamptz) returns table (tenant_id uuid, token_id uuid, purpose text, user_id uuid)
language sql stable security definer set search_path = public as $$
  select tenant_id, id, purpose, user_id from one_time_token where token_hash = hash and used_at is null and expires_at > at
$$;
alter function app.find_one_time_token(bytea, timestamptz) owner to payorcrm_system;

create function app.find_api_key(the_key text) returns table (tenant_id uuid, api_key_id uuid, name text, role text, secret_hash bytea, last_used_at timestamptz)
language sql stable security definer set search_path = public as $$
  select tenant_id, id, name, role, secret_hash, last_used_at from api_key where key = the_key and revoked_at is null
$$;
alter function app.find_api_key(text) owner to payorcrm_system;

create function app.touch_api_key(the_key text, at timestamptz) returns void
language sql security definer set search_path = public as $$
  update api_key set last_used_at = at where key = the_key and (last_used_at is null or last_used_at < at)
$$;
alter function app.touch_api_key(text, timestamptz) owner to payorcrm_system;

-- Each process that starts before there is a company prints its own link; all of them work until one has been used.
create function app.put_setup_token(hash bytea, at timestamptz, valid_until timestamptz) returns void
language sql security definer set search_path = public as $$
  delete from setup_token where expires_at <= at;
  insert into setup_token (token_hash, expires_at) values (hash, valid_until);
$$;
create function app.setup_token_valid(hash bytea, at timestamptz) returns boolean
language sql stable security definer set search_path = public as $$
  select exists (select 1 from setup_token where token_hash = hash and used_at is null and expires_at > at)
$$;
-- One link sets up one company, and with it every other link ends. The lock makes two who press at once wait for each other.
create function app.use_setup_token(hash bytea, at timestamptz) returns boolean
language plpgsql security definer set search_path = public as $$
begin
  perform pg_advisory_xact_lock(hashtext('payorcrm.setup'));
  if not exists (select 1 from setup_token where token_hash = hash and used_at is null and expires_at > at) then return false; end if;
  update setup_token set used_at = at where used_at is null;
  return true;
end $$;
alter function app.put_setup_token(bytea, timestamptz, timestamptz) owner to payorcrm_system;
alter function app.setup_token_valid(bytea, timestamptz) owner to payorcrm_system;
alter function app.use_setup_token(bytea, timestamptz) owner to payorcrm_system;

-- Sessions and links that ended a month ago, and yesterday's counters.
create function app.tidy_identity(at timestamptz) returns int
language sql security definer set search_path = public as $$
  with a as (delete from session where expires_at < at - interval '30 days' returning 1),
    b as (delete from one_time_token where expires_at < at - interval '30 days' returning 1),
    c as (delete from rate_limit where window_started_at < at - interval '1 day' returning 1)
  select ((select count(*) from a) + (select count(*) from b) + (select count(*) from c))::int
$$;
alter function app.tidy_identity(timestamptz) owner to payorcrm_system;
