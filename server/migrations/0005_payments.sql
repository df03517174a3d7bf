-- Collecting money through gateways: every effect has its row before it happens.
create table gateway_account (
  tenant_id uuid not null references tenant,
  id uuid not null,
  gateway text not null,
  label text not null,
  -- encrypted JSON of the gateway's own settings
  settings_ciphertext bytea not null,
  rails text[] not null check (rails <@ array['card', 'bank']),
  active boolean not null default true,
  created_at timestamptz not null default app.now(),
  primary key (tenant_id, id)
);
call app.protect('gateway_account');
call app.open_to_system('gateway_account');

create table payment_method (
  tenant_id uuid not null references tenant,
  id uuid not null,
  customer_id uuid not null,
  gateway_account_id uuid not null,
  rail text not null check (rail in ('card', 'bank')),
  ref text not null,
  brand text,
  last4 text not null check (last4 ~ '^[0-9]{2,4}$'),
  exp_month int check (exp_month between 1 and 12),
  exp_year int check (exp_year between 2000 and 2100),
  holder_name text,
  created_at timestamptz not null default app.now(),
  removed_at timestamptz,
  primary key (tenant_id, id),
  unique (tenant_id, gateway_account_id, ref),
  foreign key (tenant_id, customer_id) references customer,
  foreign key (tenant_id, gateway_account_id) references gateway_account
);
create index payment_method_customer on payment_method (tenant_id, customer_id) where removed_at is null;
call app.protect('payment_method');

-- A link of a mail. `pay` opens the pay page; `confirm` is the second step for a saved method. Both are bound to
-- customer, documents and amounts; the token is stored as its SHA-256 only.
create table pay_link (
  tenant_id uuid not null references tenant,
  id uuid not null,
  purpose text not null check (purpose in ('pay', 'confirm')),
  customer_id uuid not null,
  token_hash bytea not null unique,
  email_address text not null,
  email_id uuid,
  currency char(3) not null,
  amount_minor bigint not null check (amount_minor > 0),
  method_id uuid,
  parent_id uuid,
  expires_at timestamptz not null,
  revoked_at timestamptz,
  first_opened_at timestamptz,
  created_at timestamptz not null default app.now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, customer_id) references customer,
  foreign key (tenant_id, method_id) references payment_method,
  foreign key (tenant_id, parent_id) references pay_link,
  check ((purpose = 'confirm') = (method_id is not null))
);
create index pay_link_customer on pay_link (tenant_id, customer_id);
create index pay_link_email on pay_link (tenant_id, email_id) where email_id is not null;
call app.protect('pay_link');
call app.open_to_system('pay_link');

create table pay_link_document (
  tenant_id uuid not null references tenant,
  pay_link_id uuid not null,
  document_id uuid not null,
  amount_minor bigint not null check (amount_minor > 0),
  primary key (tenant_id, pay_link_id, document_id),
  foreign key (tenant_id, pay_link_id) references pay_link on delete cascade,
  foreign key (tenant_id, document_id) references document on delete cascade
);
create index pay_link_document_document on pay_link_document (tenant_id, document_id);
call app.protect('pay_link_document');

-- One try to collect through a gateway. The id is the gateway's idempotency key.
create table payment_attempt (
  tenant_id uuid not null references tenant,
  id uuid not null,
  customer_id uuid not null,
  gateway_account_id uuid not null,
  rail text not null check (rail in ('card', 'bank')),
  currency char(3) not null,
  amount_minor bigint not null check (amount_minor > 0),
  state text not null check (state in ('created', 'submitted', 'requires_action', 'processing', 'settled', 'failed', 'canceled', 'returned', 'unknown')),
  method_id uuid,
  pay_link_id uuid,
  gateway_ref text,
  failure jsonb,
  next_action jsonb,
  -- what is needed to look the outcome up, never card data
  request jsonb not null default '{}',
  ip text,
  user_agent text,
  submitted_at timestamptz,
  next_check_at timestamptz,
  checks int not null default 0,
  finished_at timestamptz,
  created_at timestamptz not null default app.now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, customer_id) references customer,
  foreign key (tenant_id, gateway_account_id) references gateway_account,
  foreign key (tenant_id, method_id) references payment_method,
  foreign key (tenant_id, pay_link_id) references pay_link
);
create unique index payment_attempt_gateway_ref on payment_attempt (tenant_id, gateway_account_id, gateway_ref) where gateway_ref is not null;
create index payment_attempt_customer on payment_attempt (tenant_id, customer_id, id);
create index payment_attempt_created on payment_attempt (tenant_id, created_at, id);
create index payment_attempt_due on payment_attempt (next_check_at) where next_check_at is not null;
create index payment_attempt_link on payment_attempt (tenant_id, pay_link_id) where pay_link_id is not null;
call app.protect('payment_attempt');
call app.open_to_system('payment_attempt');

create table payment_attempt_document (
  tenant_id uuid not null references tenant,
  attempt_id uuid not null,
  document_id uuid not null,
  amount_minor bigint not null check (amount_minor > 0),
  in_flight boolean not null default true,
  primary key (tenant_id, attempt_id, document_id),
  foreign key (tenant_id, attempt_id) references payment_attempt on delete cascade,
  foreign key (tenant_id, document_id) references document
);
-- the database itself refuses a second try while one is under way
create unique index one_attempt_in_flight on payment_attempt_document (tenant_id, document_id) where in_flight;
call app.protect('payment_attempt_document');

-- Every step of each attempt, for the payment page. Append only.
create table payment_attempt_step (
  tenant_id uuid not null references tenant,
  id uuid not null,
  attempt_id uuid not null,
  kind text not null,
  detail jsonb not null default '{}',
  at timestamptz not null default app.now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, attempt_id) references payment_attempt on delete cascade
);
create index payment_attempt_step_attempt on payment_attempt_step (tenant_id, attempt_id, id);
call app.protect('payment_attempt_step', 'select, insert');

create table refund (
  tenant_id uuid not null references tenant,
  id uuid not null,
  payment_id uuid not null,
  attempt_id uuid not null,
  currency char(3) not null,
  amount_minor bigint not null check (amount_minor > 0),
  state text not null check (state in ('created', 'submitted', 'pending', 'succeeded', 'failed', 'unknown')),
  reason text,
  gateway_ref text,
  failure jsonb,
  requested_by uuid,
  submitted_at timestamptz,
  next_check_at timestamptz,
  checks int not null default 0,
  created_at timestamptz not null default app.now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, payment_id) references payment,
  foreign key (tenant_id, attempt_id) references payment_attempt
);
create unique index one_refund_in_flight on refund (tenant_id, payment_id) where state in ('created', 'submitted', 'unknown');
create index refund_payment on refund (tenant_id, payment_id);
create index refund_due on refund (next_check_at) where next_check_at is not null;
call app.protect('refund');
call app.open_to_system('refund');

-- What gateways told us, stored raw before it is believed.
create table webhook_event (
  tenant_id uuid not null references tenant,
  id uuid not null,
  gateway_account_id uuid not null,
  dedupe_key text not null,
  object_ref text not null,
  headers jsonb not null,
  body text not null,
  received_at timestamptz not null default app.now(),
  processed_at timestamptz,
  primary key (tenant_id, id),
  unique (tenant_id, gateway_account_id, dedupe_key),
  foreign key (tenant_id, gateway_account_id) references gateway_account
);
call app.protect('webhook_event');

create function app.find_pay_link(hash bytea) returns table (tenant_id uuid, pay_link_id uuid)
language sql stable security definer set search_path = public as $$
  select tenant_id, id from pay_link where token_hash = hash
$$;
alter function app.find_pay_link(bytea) owner to payorcrm_system;

create function app.find_gateway_account(account uuid) returns table (tenant_id uuid, gateway text)
language sql stable security definer set search_path = public as $$
  select tenant_id, gateway from gateway_account where id = account
$$;
alter function app.find_gateway_account(uuid) owner to payorcrm_system;

-- Attempts and refunds whose outcome has to be looked up now: the sweep.
create function app.due_payment_checks(max_rows int) returns table (kind text, tenant_id uuid, id uuid)
language sql stable security definer set search_path = public, app as $$
  (select 'attempt', tenant_id, id from payment_attempt where next_check_at <= app.now() order by next_check_at limit max_rows)
  union all
  (select 'refund', tenant_id, id from refund where next_check_at <= app.now() order by next_check_at limit max_rows)
$$;
alter function app.due_payment_checks(int) owner to payorcrm_system;
