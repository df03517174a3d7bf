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
call app.protect('session');
call app.open_to_system('session');

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
call app.protect('one_time_token');
call app.open_to_system('one_time_token');

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

create function app.find_staff_users(the_email text) returns table (tenant_id uuid, user_id uuid, password_hash text, totp boolean, tenant_name text)
language sql stable security definer set search_path = public as $$
  select u.tenant_id, u.id, u.password_hash, u.totp_confirmed_at is not null, t.name
  from staff_user u join tenant t on t.id = u.tenant_id
  where u.email = lower(the_email) and u.disabled_at is null
  order by u.created_at limit 20
$$;
alter function app.find_staff_users(text) owner to payorcrm_system;

create function app.find_session(hash bytea) returns table (tenant_id uuid, session_id uuid, user_id uuid, name text, email text, role text, last_seen_at timestamptz)
language sql stable security definer set search_path = public, app as $$
  select s.tenant_id, s.id, u.id, u.name, u.email, u.role, s.last_seen_at
  from session s join staff_user u on (u.tenant_id, u.id) = (s.tenant_id, s.user_id)
  where s.token_hash = hash and s.expires_at > app.now() and u.disabled_at is null
$$;
alter function app.find_session(bytea) owner to payorcrm_system;

create function app.find_one_time_token(hash bytea) returns table (tenant_id uuid, token_id uuid, purpose text, user_id uuid)
language sql stable security definer set search_path = public, app as $$
  select tenant_id, id, purpose, user_id from one_time_token where token_hash = hash and used_at is null and expires_at > app.now()
$$;
alter function app.find_one_time_token(bytea) owner to payorcrm_system;

create function app.find_api_key(the_key text) returns table (tenant_id uuid, api_key_id uuid, name text, role text, secret_hash bytea, last_used_at timestamptz)
language sql stable security definer set search_path = public as $$
  select tenant_id, id, name, role, secret_hash, last_used_at from api_key where key = the_key and revoked_at is null
$$;
alter function app.find_api_key(text) owner to payorcrm_system;

create function app.put_setup_token(hash bytea, valid_until timestamptz) returns void
language sql security definer set search_path = public as $$
  delete from setup_token;
  insert into setup_token (token_hash, expires_at) values (hash, valid_until);
$$;
create function app.setup_token_valid(hash bytea) returns boolean
language sql stable security definer set search_path = public, app as $$
  select exists (select 1 from setup_token where token_hash = hash and used_at is null and expires_at > app.now())
$$;
create function app.use_setup_token(hash bytea) returns boolean
language sql security definer set search_path = public, app as $$
  update setup_token set used_at = app.now() where token_hash = hash and used_at is null and expires_at > app.now() returning true
$$;
alter function app.put_setup_token(bytea, timestamptz) owner to payorcrm_system;
alter function app.setup_token_valid(bytea) owner to payorcrm_system;
alter function app.use_setup_token(bytea) owner to payorcrm_system;
