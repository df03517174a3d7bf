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

-- Each text as it was before it was changed.
create table template_version (
  tenant_id uuid not null references tenant,
  template_id uuid not null,
  version int not null,
  name text not null,
  subject text not null,
  body text not null,
  saved_by text not null,
  saved_at timestamptz not null,
  primary key (tenant_id, template_id, version),
  foreign key (tenant_id, template_id) references template on delete cascade
);
call app.protect('template_version', 'select, insert');

create table outbound_email (
  tenant_id uuid not null references tenant,
  id uuid not null,
  -- the natural key of the effect: the same mail is never written twice
  dedupe_key text not null,
  kind text not null,
  customer_id uuid,
  template_id uuid,
  run_id uuid,
  -- lower case; "C" so that a search for its beginning is a range of the index
  to_address text collate "C" not null check (to_address = lower(to_address) and length(to_address) <= 254),
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
  -- when it was about to be handed to the mail server: a lease that ends before that left nothing in doubt
  submitted_at timestamptz,
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
create index outbound_email_leased on outbound_email (tenant_id, leased_until) where state = 'sending';
-- lists by state and kind: only what is rare, so that a reminder on its way through its states does not pay for them
create index outbound_email_state on outbound_email (tenant_id, state, id) where state in ('failed', 'uncertain', 'withdrawn');
create index outbound_email_kind on outbound_email (tenant_id, kind, id) where kind <> 'reminder';
create index outbound_email_address on outbound_email (tenant_id, to_address, id);
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
-- a quarter of the cost of the default compression, where the server was built with it
do $$ begin
  alter table outbound_email_content alter column html set compression lz4;
exception when feature_not_supported then null; end $$;
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
  address text collate "C" not null check (address = lower(address)),
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
  select id from tenant t
  where exists (select 1 from outbound_email e where e.tenant_id = t.id and e.state = 'ready' and e.next_try_at <= app.now())
    or exists (select 1 from outbound_email e where e.tenant_id = t.id and e.state = 'sending' and e.leased_until < app.now())
$$;
alter function app.tenants_with_due_mail() owner to payorcrm_system;
