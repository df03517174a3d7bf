-- Uploads by API, command line or file, and what can be undone.
create table upload (
  tenant_id uuid not null references tenant,
  id uuid not null,
  kind text not null check (kind in ('customers', 'invoices')),
  source text not null check (source in ('api', 'file', 'cli')),
  file_name text,
  snapshot boolean not null default false,
  received int not null default 0,
  created int not null default 0,
  updated int not null default 0,
  unchanged int not null default 0,
  failed int not null default 0,
  closed int not null default 0,
  actor_name text not null,
  started_at timestamptz not null default app.now(),
  finished_at timestamptz,
  undone_at timestamptz,
  primary key (tenant_id, id)
);
create index upload_started on upload (tenant_id, started_at, id);
call app.protect('upload');

-- What an upload changed on a customer, before and after, so that it can be undone.
create table customer_change (
  tenant_id uuid not null references tenant,
  id uuid not null,
  customer_id uuid not null,
  upload_id uuid not null,
  before jsonb not null,
  after jsonb not null,
  changed_at timestamptz not null default app.now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, customer_id) references customer on delete cascade
);
create index customer_change_customer on customer_change (tenant_id, customer_id, id);
create index customer_change_upload on customer_change (tenant_id, upload_id);
call app.protect('customer_change', 'select, insert, delete');

create table upload_error (
  tenant_id uuid not null references tenant,
  upload_id uuid not null,
  row_index int not null,
  key text,
  errors jsonb not null,
  primary key (tenant_id, upload_id, row_index),
  foreign key (tenant_id, upload_id) references upload on delete cascade
);
call app.protect('upload_error');

-- A file that a person dropped and has not imported yet, with the columns they assigned.
create table import_draft (
  tenant_id uuid not null references tenant,
  id uuid not null,
  kind text not null check (kind in ('customers', 'invoices')),
  file_id uuid not null,
  file_name text not null,
  mapping jsonb not null default '{}',
  upload_id uuid,
  created_at timestamptz not null default app.now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, file_id) references stored_file
);
call app.protect('import_draft');

-- Which of an upload's rows are here. Positions count from 0 and come as text, so that a million unchanged rows cost one
-- row of answer: `absent` are new, `warned` unchanged with warnings, `elsewhere` new with a number that another customer
-- has, `changed` "position id". A definer function, because within a sub-select the tenant's policy is worked out again
-- for each row (2 µs of 8).
-- Each row is one look-up in one index, and must stay so in a table that was filled a moment ago and has no statistics
-- yet: with plain equalities PostgreSQL then took any index (a customer's, all 5,000 rows of it each time: 60 s for a
-- batch). An ordered range of one value with sorting ruled out leaves it no choice.
create function app.match_documents(numbers text[], customers uuid[], company_codes text[], line_items text[], accounting_numbers text[],
  fiscal_years text[], hashes bigint[], out absent text, out warned text, out elsewhere text, out changed text)
language plpgsql stable security definer set search_path = public, pg_temp set plan_cache_mode = force_custom_plan
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off as $$
declare
  tenant constant uuid := app.tenant_id();
begin
  with met as materialized (
    select k.ordinal - 1 as position, coalesce(d.id, a.id) as id, k.hash >> 1 = d.content_hash >> 1 as same, d.content_hash & 1 = 1 as marked,
      case when d.id is null and a.id is null then (
        select true from document o
        where o.tenant_id = tenant and o.number >= k.number and o.number <= k.number and o.customer_id <> k.customer_id and o.company_code = k.company_code
        order by o.tenant_id, o.number limit 1) end as other
    from unnest(numbers, customers, company_codes, line_items, accounting_numbers, fiscal_years, hashes) with ordinality
      as k(number, customer_id, company_code, line_item, accounting_number, fiscal_year, hash, ordinal)
    left join lateral (
      select n.id, n.content_hash, n.number, n.customer_id, n.company_code, n.line_item from document n
      where n.tenant_id = tenant and (n.number, n.customer_id, n.company_code, n.line_item) >= (k.number, k.customer_id, k.company_code, k.line_item)
      order by n.number, n.customer_id, n.company_code, n.line_item limit 1) d
      on d.number = k.number and d.customer_id = k.customer_id and d.company_code = k.company_code and d.line_item = k.line_item
    left join lateral (
      select l.id from document l
      where d.id is null and k.accounting_number <> '' and l.tenant_id = tenant and l.accounting_number >= k.accounting_number
        and l.accounting_number <= k.accounting_number and l.fiscal_year = k.fiscal_year and l.company_code = k.company_code
        and l.line_item = k.line_item and l.customer_id = k.customer_id
      order by l.accounting_number limit 1) a on true)
  select string_agg(m.position::text, ',' order by m.position) filter (where m.id is null),
    string_agg(m.position::text, ',') filter (where m.same and m.marked),
    string_agg(m.position::text, ',') filter (where m.other),
    string_agg(m.position::text || ' ' || m.id::text, ',' order by m.position) filter (where m.id is not null and m.same is not true)
  into absent, warned, elsewhere, changed from met m;
end $$;

-- The documents with these keys, for a snapshot.
create function app.named_documents(numbers text[], customers uuid[], company_codes text[], line_items text[]) returns setof uuid
language plpgsql stable security definer set search_path = public, pg_temp set plan_cache_mode = force_custom_plan
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off as $$
declare
  tenant constant uuid := app.tenant_id();
begin
  return query
    select d.id
    from unnest(numbers, customers, company_codes, line_items) as k(number, customer_id, company_code, line_item)
    join lateral (
      select n.id, n.number, n.customer_id, n.company_code, n.line_item from document n
      where n.tenant_id = tenant and (n.number, n.customer_id, n.company_code, n.line_item) >= (k.number, k.customer_id, k.company_code, k.line_item)
      order by n.number, n.customer_id, n.company_code, n.line_item limit 1) d
      on d.number = k.number and d.customer_id = k.customer_id and d.company_code = k.company_code and d.line_item = k.line_item;
end $$;
call app.open_to_system('document');
alter function app.match_documents(text[], uuid[], text[], text[], text[], text[], bigint[]) owner to payorcrm_system;
alter function app.named_documents(text[], uuid[], text[], text[]) owner to payorcrm_system;
