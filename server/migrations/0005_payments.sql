-- Collecting money through gateways: every effect has its row before it happens.
create table gateway_account (
  tenant_id uuid not null references tenant,
  id uuid not null,
  gateway text not null,
  label text not null,
  -- encrypted JSON of the gateway's own settings
  settings_ciphertext bytea not null,
  rails text[] not null check (rails <@ array['card', 'bank']),
  -- where its own pages live: the pay page lets its forms lead there
  entry_origin text not null,
  active boolean not null default true,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (tenant_id, id)
);
call app.protect('gateway_account');
call app.open_to_system('gateway_account');

-- A customer's id at the gateway, under which methods are saved.
create table gateway_customer (
  tenant_id uuid not null references tenant,
  gateway_account_id uuid not null,
  customer_id uuid not null,
  ref text not null,
  created_at timestamptz not null default app.now(),
  primary key (tenant_id, gateway_account_id, customer_id),
  foreign key (tenant_id, gateway_account_id) references gateway_account,
  foreign key (tenant_id, customer_id) references customer
);
call app.protect('gateway_customer');

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
  -- the newest version of the gateway's object that was recorded: older ones never overwrite it
  snapshot_version bigint not null default 0,
  -- the payment that was booked for it, once money came
  payment_id uuid,
  failure jsonb,
  next_action jsonb,
  -- what may be shown of the method: rail, brand, last digits; never card data
  method_summary jsonb,
  save_method boolean not null default false,
  ip text,
  user_agent text,
  submitted_at timestamptz,
  next_check_at timestamptz,
  checks int not null default 0,
  attention_at timestamptz,
  finished_at timestamptz,
  created_at timestamptz not null default app.now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, customer_id) references customer,
  foreign key (tenant_id, gateway_account_id) references gateway_account,
  foreign key (tenant_id, method_id) references payment_method,
  foreign key (tenant_id, pay_link_id) references pay_link,
  foreign key (tenant_id, payment_id) references payment
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
create index payment_attempt_document_document on payment_attempt_document (tenant_id, document_id);
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
  snapshot_version bigint not null default 0,
  failure jsonb,
  requested_by uuid,
  requested_by_name text not null default '',
  submitted_at timestamptz,
  next_check_at timestamptz,
  checks int not null default 0,
  attention_at timestamptz,
  finished_at timestamptz,
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
  object_kind text not null check (object_kind in ('payment', 'refund')),
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

-- Everything that a pay page shows, in one round trip: the token opens the wall to its own company only, and all reads
-- after that run as the program itself, behind row-level security. It is a statement of its own, never part of another
-- company's transaction, because it sets the tenant until that ends.
create function app.pay_page(hash bytea) returns jsonb language plpgsql set search_path = public, app as $$
declare
  owner uuid;
  link pay_link;
  result jsonb;
begin
  select l.tenant_id into owner from app.find_pay_link(hash) l;
  if owner is null then return null; end if;
  perform set_config('app.tenant_id', owner::text, true);
  select * into link from pay_link p where p.tenant_id = owner and p.token_hash = hash;
  select jsonb_build_object(
    'tenantId', owner, 'companyName', t.name, 'timezone', t.timezone, 'locale', t.locale, 'setting', t.setting,
    'payLinkId', link.id, 'purpose', link.purpose, 'rootId', coalesce(link.parent_id, link.id), 'methodId', link.method_id,
    'customerId', link.customer_id, 'customerName', (select c.name from customer c where c.tenant_id = owner and c.id = link.customer_id),
    'emailAddress', link.email_address, 'currency', link.currency, 'expiresAt', link.expires_at, 'revokedAt', link.revoked_at,
    'documents', coalesce((
      select jsonb_agg(jsonb_build_object('id', d.id, 'number', d.number, 'dueOn', d.due_on, 'state', d.state,
        'totalMinor', d.total_minor::text, 'openMinor', d.open_minor::text, 'linkMinor', pd.amount_minor::text) order by d.due_on, d.number)
      from pay_link_document pd join document d on d.tenant_id = owner and d.id = pd.document_id
      where pd.tenant_id = owner and pd.pay_link_id = link.id), '[]'),
    'accounts', coalesce((
      select jsonb_agg(jsonb_build_object('id', g.id, 'rails', g.rails, 'entryOrigin', g.entry_origin) order by g.created_at)
      from gateway_account g where g.tenant_id = owner and g.active), '[]'),
    'methods', coalesce((
      select jsonb_agg(jsonb_build_object('id', m.id, 'accountId', m.gateway_account_id, 'rail', m.rail, 'brand', m.brand, 'last4', m.last4,
        'expMonth', m.exp_month, 'expYear', m.exp_year) order by m.id desc)
      from payment_method m where m.tenant_id = owner and m.customer_id = link.customer_id and m.removed_at is null), '[]'),
    'inFlight', coalesce((
      select jsonb_agg(distinct jsonb_build_object('id', a.id, 'state', a.state, 'rail', a.rail, 'payLinkId', a.pay_link_id, 'amountMinor', a.amount_minor::text))
      from pay_link_document pd
      join payment_attempt_document ad on ad.tenant_id = owner and ad.document_id = pd.document_id and ad.in_flight
      join payment_attempt a on a.tenant_id = owner and a.id = ad.attempt_id
      where pd.tenant_id = owner and pd.pay_link_id = link.id), '[]'),
    'failures', (select count(*) from payment_attempt a
      where a.tenant_id = owner and a.pay_link_id = coalesce(link.parent_id, link.id) and a.state = 'failed')
  ) into result from tenant t where t.id = owner;
  return result;
end $$;

-- Whose contact this address is, for sending a pay link again to an address on file.
call app.open_to_system('contact');
create function app.find_payers(address text) returns table (tenant_id uuid, customer_id uuid)
language sql stable security definer set search_path = public as $$
  select c.tenant_id, c.customer_id from contact c where lower(c.email) = lower(address) order by c.created_at limit 20
$$;
alter function app.find_payers(text) owner to payorcrm_system;

create function app.find_gateway_account(account uuid) returns table (tenant_id uuid, gateway text)
language sql stable security definer set search_path = public as $$
  select tenant_id, gateway from gateway_account where id = account
$$;
alter function app.find_gateway_account(uuid) owner to payorcrm_system;

-- Attempts and refunds whose outcome has to be looked up now: the sweep.
create function app.due_payment_checks(moment timestamptz, max_rows int) returns table (kind text, tenant_id uuid, id uuid)
language sql stable security definer set search_path = public, app as $$
  (select 'attempt', tenant_id, id from payment_attempt where next_check_at <= moment order by next_check_at limit max_rows)
  union all
  (select 'refund', tenant_id, id from refund where next_check_at <= moment order by next_check_at limit max_rows)
$$;
alter function app.due_payment_checks(timestamptz, int) owner to payorcrm_system;
