-- Templates, mail out, and what came of it.
create table template (
  tenant_id uuid not null references tenant,
  id uuid not null,
  name text not null check (length(name) between 1 and 200),
  subject text not null check (length(subject) between 1 and 500),
  cc text[] not null default '{}',
  -- what the person edits: HTML with merge tags
  body text not null check (length(body) <= 500000),
  -- compiled when saved: the MJML layout around the body, with the tags still in it
  compiled_html text not null,
  compiled_text text not null,
  is_default boolean not null default false,
  version int not null default 1,
  archived_at timestamptz,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (tenant_id, id)
);
call app.protect('template');

create table outbound_email (
  tenant_id uuid not null references tenant,
  id uuid not null,
  -- the natural key of the effect: the same mail is never written twice
  dedupe_key text not null,
  kind text not null,
  customer_id uuid,
  template_id uuid,
  run_id uuid,
  to_address text not null check (length(to_address) <= 254),
  cc_addresses text[] not null default '{}',
  -- ids and values from which it is rendered when it is sent
  payload jsonb not null default '{}',
  state text not null check (state in ('ready', 'sending', 'sent', 'failed', 'uncertain', 'withdrawn')),
  -- after a crash between claim and answer: reminders stay uncertain, receipts go again
  resend_if_uncertain boolean not null default false,
  reason text,
  tries int not null default 0,
  next_try_at timestamptz not null default app.now(),
  leased_until timestamptz,
  message_id text,
  smtp_answer text,
  subject text,
  sent_at timestamptz,
  sent_on date,
  created_at timestamptz not null default app.now(),
  primary key (tenant_id, id),
  unique (tenant_id, dedupe_key),
  foreign key (tenant_id, customer_id) references customer,
  foreign key (tenant_id, template_id) references template
);
create index outbound_email_due on outbound_email (tenant_id, next_try_at, id) where state = 'ready';
create index outbound_email_leased on outbound_email (leased_until) where state = 'sending';
create index outbound_email_waiting on outbound_email (next_try_at) where state = 'ready';
create index outbound_email_customer on outbound_email (tenant_id, customer_id, id) where customer_id is not null;
create index outbound_email_run on outbound_email (tenant_id, run_id) where run_id is not null;
call app.protect('outbound_email');
call app.open_to_system('outbound_email');

-- The mail as the customer saw it, with the links' tokens taken out.
create table outbound_email_content (
  tenant_id uuid not null references tenant,
  email_id uuid not null,
  html text not null,
  body_text text not null,
  headers jsonb not null default '{}',
  primary key (tenant_id, email_id),
  foreign key (tenant_id, email_id) references outbound_email on delete cascade
);
call app.protect('outbound_email_content');

create table outbound_email_document (
  tenant_id uuid not null references tenant,
  email_id uuid not null,
  document_id uuid not null,
  open_minor bigint not null,
  primary key (tenant_id, document_id, email_id),
  foreign key (tenant_id, email_id) references outbound_email on delete cascade,
  foreign key (tenant_id, document_id) references document on delete cascade
);
create index outbound_email_document_email on outbound_email_document (tenant_id, email_id);
call app.protect('outbound_email_document');

-- Opens and views, graded: pixel = weak, link or PDF by a person = strong, scanners and prefetchers = machine.
create table email_view (
  tenant_id uuid not null references tenant,
  id uuid not null,
  email_id uuid not null,
  document_id uuid,
  kind text not null check (kind in ('pixel', 'pdf', 'link')),
  grade text not null check (grade in ('weak', 'strong', 'machine')),
  ip text,
  user_agent text,
  at timestamptz not null default app.now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, email_id) references outbound_email on delete cascade
);
create index email_view_email on email_view (tenant_id, email_id, id);
create index email_view_document on email_view (tenant_id, document_id) where document_id is not null;
call app.protect('email_view', 'select, insert');

create table suppression (
  tenant_id uuid not null references tenant,
  address text not null check (address = lower(address)),
  -- bounce: the server refused it for good; opt_out: the person asked; manual: staff
  reason text not null check (reason in ('bounce', 'opt_out', 'manual')),
  -- opt_out covers reminders only, bounce and manual everything
  detail text,
  created_at timestamptz not null default app.now(),
  primary key (tenant_id, address)
);
call app.protect('suppression');

-- Tenants with mail to send now, and rows whose sender died.
create function app.tenants_with_due_mail() returns setof uuid
language sql stable security definer set search_path = public, app as $$
  select distinct tenant_id from outbound_email where (state = 'ready' and next_try_at <= app.now()) or (state = 'sending' and leased_until < app.now())
$$;
alter function app.tenants_with_due_mail() owner to payorcrm_system;
