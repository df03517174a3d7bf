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
