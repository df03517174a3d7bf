-- Mail in and out: what customers answer, what came back undelivered, and who looked at which invoice.

-- Two transactions that enqueue under one key at the same moment: the second waits for the first, and when a worker
-- has taken the job by then, add_job's upsert skips the locked row and nothing would be enqueued. Asking again sees the
-- job that runs, takes its key away and adds a new one: a change is never left without a job that begins after it.
create or replace function app.enqueue(task text, payload json, job_key text default null, run_at timestamptz default null, max_attempts int default 25, queue text default null, job_key_mode text default 'replace')
returns void language plpgsql security definer set search_path = pg_catalog as $$
declare
  added bigint;
begin
  for try in 1..20 loop
    select j.id into added from graphile_worker.add_job(task, payload, queue_name => queue, run_at => coalesce(enqueue.run_at, app.now()), max_attempts => max_attempts,
      job_key => enqueue.job_key, job_key_mode => case when enqueue.job_key is null then null else enqueue.job_key_mode end) j;
    if added is not null then return; end if;
  end loop;
  raise exception 'the job % could not be enqueued', task using errcode = 'serialization_failure';
end $$;

-- How mail through the company's own server goes. A row comes with the first failure.
create table mail_server_state (
  tenant_id uuid not null references tenant,
  -- null: the last mail went through
  failing_since timestamptz,
  last_failed_at timestamptz,
  last_failure text check (length(last_failure) <= 1000),
  -- mails that went through the platform's server instead, since it began to fail
  fallbacks int not null default 0,
  alarmed_at timestamptz,
  primary key (tenant_id)
);
call app.protect('mail_server_state');

-- hard: the address will never work; soft: not this time
alter table outbound_email add column bounced text check (bounced in ('hard', 'soft'));
create index outbound_email_bounced on outbound_email (tenant_id, id) where bounced is not null;

create table email_bounce (
  tenant_id uuid not null references tenant,
  id uuid not null,
  email_id uuid not null,
  customer_id uuid,
  address text collate "C" not null check (address = lower(address) and length(address) <= 254),
  grade text not null check (grade in ('hard', 'soft')),
  -- smtp: the answer while it was handed over; report: a delivery report that came to the inbox
  source text not null check (source in ('smtp', 'report')),
  -- RFC 3463
  status text check (status ~ '^[245]\.[0-9]{1,3}\.[0-9]{1,3}$'),
  detail text check (length(detail) <= 1000),
  at timestamptz not null default app.now(),
  primary key (tenant_id, id),
  unique (tenant_id, email_id, address, source),
  foreign key (tenant_id, email_id) references outbound_email on delete cascade,
  foreign key (tenant_id, customer_id) references customer
);
create index email_bounce_address on email_bounce (tenant_id, address, at);
create index email_bounce_customer on email_bounce (tenant_id, customer_id, at) where customer_id is not null;
call app.protect('email_bounce', 'select, insert');

-- When each invoice was last seen by its payer. Rules may ask for strong sightings only.
create table document_view (
  tenant_id uuid not null references tenant,
  document_id uuid not null,
  last_strong_at timestamptz,
  last_weak_at timestamptz,
  strong_count int not null default 0,
  primary key (tenant_id, document_id),
  foreign key (tenant_id, document_id) references document on delete cascade
);
call app.protect('document_view');
insert into document_view (tenant_id, document_id, last_strong_at, last_weak_at, strong_count)
select v.tenant_id, d.document_id, max(v.at) filter (where v.grade = 'strong'), max(v.at) filter (where v.grade = 'weak'), count(*) filter (where v.grade = 'strong')
from email_view v join outbound_email_document d on d.tenant_id = v.tenant_id and d.email_id = v.email_id and (v.document_id is null or v.document_id = d.document_id)
where v.grade <> 'machine' group by v.tenant_id, d.document_id;

-- The mailbox that a company's customers answer to; its password is a secret.
create table inbox_account (
  tenant_id uuid not null references tenant,
  host text not null check (length(host) between 1 and 253),
  port int not null check (port between 1 and 65535),
  username text not null check (length(username) between 1 and 320),
  tls text not null check (tls in ('always', 'opportunistic')),
  -- TLS from the start of the connection, not by STARTTLS
  secure boolean not null,
  folder text not null check (length(folder) between 1 and 500),
  months_back int not null check (months_back between 0 and 24),
  excluded_domains text[] not null default '{}',
  active boolean not null default true,
  -- how far it is read: every message of this validity up to this number has its row, or was left out
  uid_validity bigint,
  last_uid bigint not null default 0,
  next_fetch_at timestamptz not null default app.now(),
  -- one process reads it at a time; what it writes is kept only while the lease is its own
  lease uuid,
  leased_until timestamptz,
  fetched_at timestamptz,
  failing_since timestamptz,
  last_failure text check (length(last_failure) <= 1000),
  alarmed_at timestamptz,
  updated_at timestamptz not null default app.now(),
  primary key (tenant_id)
);
create index inbox_account_due on inbox_account (next_fetch_at) where active;
call app.protect('inbox_account');
call app.open_to_system('inbox_account');

create function app.tenants_with_due_inbox() returns setof uuid
language sql stable security definer set search_path = public, app as $$
  select tenant_id from inbox_account where active and next_fetch_at <= app.now() and (leased_until is null or leased_until < app.now())
$$;
alter function app.tenants_with_due_inbox() owner to payorcrm_system;

-- A conversation: mails of both directions.
create table mail_thread (
  tenant_id uuid not null references tenant,
  id uuid not null,
  customer_id uuid,
  subject text not null check (length(subject) <= 500),
  -- who wrote last on the other side
  counterpart text not null default '' check (length(counterpart) <= 400),
  snippet text not null default '' check (length(snippet) <= 300),
  last_at timestamptz not null,
  last_direction text not null check (last_direction in ('in', 'out')),
  message_count int not null default 0,
  unread_count int not null default 0,
  -- of no customer: newsletters, and what a person took out of the queue
  set_aside boolean not null default false,
  created_at timestamptz not null default app.now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, customer_id) references customer,
  check (customer_id is null or not set_aside)
);
create index mail_thread_list on mail_thread (tenant_id, last_at, id) where customer_id is not null;
create index mail_thread_unmatched on mail_thread (tenant_id, last_at, id) where customer_id is null and not set_aside;
create index mail_thread_set_aside on mail_thread (tenant_id, last_at, id) where set_aside;
create index mail_thread_unread on mail_thread (tenant_id, last_at, id) where unread_count > 0;
create index mail_thread_customer on mail_thread (tenant_id, customer_id, last_at, id) where customer_id is not null;
call app.protect('mail_thread');

-- Our mails that belong to a conversation.
create table mail_thread_email (
  tenant_id uuid not null references tenant,
  email_id uuid not null,
  thread_id uuid not null,
  primary key (tenant_id, email_id),
  foreign key (tenant_id, email_id) references outbound_email on delete cascade,
  foreign key (tenant_id, thread_id) references mail_thread
);
create index mail_thread_email_thread on mail_thread_email (tenant_id, thread_id);
call app.protect('mail_thread_email');

create table inbound_email (
  tenant_id uuid not null references tenant,
  id uuid not null,
  uid_validity bigint not null,
  uid bigint not null,
  -- of Message-ID, sender, date and subject, else of the bytes: the same message is kept once, whatever number it has
  identity bytea not null,
  -- message: a person wrote it; auto_reply: out of office and the like; bounce: a delivery report; bulk: newsletters
  kind text not null check (kind in ('message', 'auto_reply', 'bounce', 'bulk')),
  -- set_aside: of no customer; a person or the kind said so
  state text not null check (state in ('matched', 'unmatched', 'set_aside')),
  thread_id uuid,
  customer_id uuid,
  matched_by text check (matched_by in ('thread', 'quote', 'address', 'rule', 'person')),
  -- our mail that it answers
  email_id uuid,
  message_id text collate "C",
  in_reply_to text collate "C",
  reference_ids text[] not null default '{}',
  from_address text collate "C" not null,
  from_name text not null default '',
  -- where an answer goes, when that is not the sender
  reply_to text,
  to_addresses text[] not null default '{}',
  cc_addresses text[] not null default '{}',
  subject text not null default '',
  snippet text not null default '',
  -- what the receiving server says of the sender (DMARC); null when it says nothing
  authentic boolean,
  size_bytes bigint not null,
  -- false: too large to be brought in, only its headers are here
  complete boolean not null default true,
  attachment_count int not null default 0,
  received_at timestamptz not null,
  read_at timestamptz,
  created_at timestamptz not null default app.now(),
  primary key (tenant_id, id),
  unique (tenant_id, identity),
  foreign key (tenant_id, thread_id) references mail_thread,
  foreign key (tenant_id, customer_id) references customer,
  foreign key (tenant_id, email_id) references outbound_email,
  check ((state = 'matched') = (customer_id is not null))
);
create index inbound_email_message on inbound_email (tenant_id, message_id) where message_id is not null;
create index inbound_email_thread on inbound_email (tenant_id, thread_id, received_at) where thread_id is not null;
create index inbound_email_customer on inbound_email (tenant_id, customer_id, received_at, id) where customer_id is not null;
create index inbound_email_answers on inbound_email (tenant_id, email_id) where email_id is not null;
create index inbound_email_sender on inbound_email (tenant_id, from_address);
call app.protect('inbound_email');

create table inbound_email_content (
  tenant_id uuid not null references tenant,
  email_id uuid not null,
  body_text text not null,
  -- as it came; made safe when it is shown
  html text,
  primary key (tenant_id, email_id),
  foreign key (tenant_id, email_id) references inbound_email on delete cascade
);
do $$ begin
  alter table inbound_email_content alter column body_text set compression lz4;
  alter table inbound_email_content alter column html set compression lz4;
exception when feature_not_supported then null; end $$;
call app.protect('inbound_email_content');

create table inbound_attachment (
  tenant_id uuid not null references tenant,
  email_id uuid not null,
  position int not null,
  name text not null check (length(name) <= 255),
  content_type text not null check (length(content_type) <= 200),
  size_bytes bigint not null,
  -- null: not kept
  file_id uuid,
  primary key (tenant_id, email_id, position),
  foreign key (tenant_id, email_id) references inbound_email on delete cascade,
  foreign key (tenant_id, file_id) references stored_file
);
call app.protect('inbound_attachment');

-- "Always for this address": whose mail it is, or nobody's.
create table inbox_sender (
  tenant_id uuid not null references tenant,
  address text collate "C" not null check (address = lower(address) and length(address) <= 254),
  -- null: set aside
  customer_id uuid,
  made_by text not null,
  made_at timestamptz not null default app.now(),
  primary key (tenant_id, address),
  foreign key (tenant_id, customer_id) references customer on delete cascade
);
call app.protect('inbox_sender');

-- What staff answer; the mail itself is a row of outbound_email of the kind `reply`.
create table inbox_reply (
  tenant_id uuid not null references tenant,
  email_id uuid not null,
  thread_id uuid not null,
  -- the message that is answered
  inbound_id uuid not null,
  subject text not null check (length(subject) <= 500),
  body_text text not null check (length(body_text) between 1 and 100000),
  in_reply_to text,
  reference_ids text[] not null default '{}',
  written_by text not null,
  created_at timestamptz not null default app.now(),
  primary key (tenant_id, email_id),
  foreign key (tenant_id, email_id) references outbound_email on delete cascade,
  foreign key (tenant_id, thread_id) references mail_thread,
  foreign key (tenant_id, inbound_id) references inbound_email
);
call app.protect('inbox_reply');

-- Customers of the current tenant whose contacts have these addresses. A definer function, because lower() is not
-- leakproof: under row-level security the index by address would not be used.
create function app.customers_of_addresses(addresses text[]) returns table (address text, customer_id uuid)
language sql stable security definer set search_path = public, app as $$
  select distinct a, c.customer_id from unnest(addresses) a
  join contact c on c.tenant_id = (select app.tenant_id()) and lower(c.email) = a
  join customer u on u.tenant_id = c.tenant_id and u.id = c.customer_id and u.archived_at is null
$$;
alter function app.customers_of_addresses(text[]) owner to payorcrm_system;

-- Customers of the current tenant with a contact of this domain, for the queue of what is of no customer.
create function app.customers_of_domain(the_domain text) returns table (customer_id uuid)
language sql stable security definer set search_path = public, app as $$
  select distinct c.customer_id from contact c
  join customer u on u.tenant_id = c.tenant_id and u.id = c.customer_id and u.archived_at is null
  where c.tenant_id = (select app.tenant_id()) and the_domain is not null and split_part(lower(c.email), '@', 2) = the_domain limit 50
$$;
alter function app.customers_of_domain(text) owner to payorcrm_system;
create index contact_domain on contact (tenant_id, (split_part(lower(email), '@', 2)));
