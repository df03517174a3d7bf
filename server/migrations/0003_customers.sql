-- Who owes, and the people there.
create table category (
  tenant_id uuid not null references tenant,
  id uuid not null,
  name text not null check (length(name) between 1 and 100),
  created_at timestamptz not null default app.now(),
  primary key (tenant_id, id)
);
create unique index category_name on category (tenant_id, lower(name));
call app.protect('category');

create table customer (
  tenant_id uuid not null references tenant,
  id uuid not null,
  number text collate "C" not null check (length(number) between 1 and 64),
  company_code text collate "C" not null default '' check (length(company_code) <= 20),
  company_name text,
  first_name text,
  last_name text,
  -- what people read: company name, else first and last, else the e-mail address
  name text not null check (length(name) between 1 and 300),
  phone text,
  language text,
  custom jsonb not null default '{}',
  paused_until date,
  paused_reason text,
  archived_at timestamptz,
  -- of the uploaded row's content: equal means nothing changed
  content_hash bigint,
  upload_id uuid,
  -- an all-digit number without its leading zeros: uploads match by it when the number as written is not here
  number_digits text collate "C" generated always as (case when number ~ '^[0-9]+$' then ltrim(number, '0') end) stored,
  -- lists sort by this: an expression such as lower(name) is not leakproof, so under row-level security no index on it
  -- would serve a cursor
  sort_name text collate "C" not null generated always as (lower(name)) stored,
  -- the tenant is one of the words, so that the index finds only its own
  search tsvector not null generated always as (array_to_tsvector(array['tenant:' || tenant_id::text]) ||
    to_tsvector('simple', name || ' ' || number || ' ' || coalesce(first_name, '') || ' ' || coalesce(last_name, ''))) stored,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (tenant_id, id),
  unique (tenant_id, number, company_code)
);
create index customer_sort_name on customer (tenant_id, sort_name, id);
create index customer_number_digits on customer (tenant_id, number_digits) where number_digits is not null;
create index customer_created on customer (tenant_id, created_at, id);
create index customer_search on customer using gin (search);
-- the few whose reminders are paused, and those archived
create index customer_paused on customer (tenant_id, sort_name, id) where paused_until is not null;
create index customer_archived on customer (tenant_id, sort_name, id) where archived_at is not null;
call app.protect('customer');
call app.open_to_system('customer');

-- Customers of the current tenant whose words begin with the words of `query` (a tsquery text such as 'acme:* & corp:*').
-- A definer function because @@ is not leakproof: under row-level security the index would not be used (measured:
-- 100,000 customers 47 ms against 1 ms).
create function app.search_customers(query text, max_rows int) returns table (id uuid)
language sql stable security definer set search_path = public, app as $$
  select c.id from customer c
  where c.tenant_id = (select app.tenant_id())
    and c.search @@ (('''tenant:' || app.tenant_id()::text || '''')::tsquery && query::tsquery)
  limit max_rows
$$;
alter function app.search_customers(text, int) owner to payorcrm_system;

create table contact (
  tenant_id uuid not null references tenant,
  id uuid not null,
  customer_id uuid not null,
  name text,
  email text not null check (length(email) <= 254 and email !~ '[[:space:],;<>"()]'),
  phone text,
  -- who gets what: `to` of reminders is the primary; the others of purpose billing are copied
  purpose text not null default 'billing' check (purpose in ('billing', 'other')),
  is_primary boolean not null default false,
  from_upload boolean not null default false,
  position int not null default 0,
  created_at timestamptz not null default app.now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, customer_id) references customer on delete cascade
);
create unique index contact_email on contact (tenant_id, customer_id, lower(email));
create unique index contact_primary on contact (tenant_id, customer_id) where is_primary;
create index contact_by_email on contact (tenant_id, lower(email));
call app.protect('contact');

create table customer_category (
  tenant_id uuid not null references tenant,
  customer_id uuid not null,
  category_id uuid not null,
  primary key (tenant_id, category_id, customer_id),
  foreign key (tenant_id, customer_id) references customer on delete cascade,
  foreign key (tenant_id, category_id) references category on delete cascade
);
create index customer_category_customer on customer_category (tenant_id, customer_id);
call app.protect('customer_category');
