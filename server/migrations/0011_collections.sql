-- What is agreed with a customer, and what the collectors have to do.

-- Why an invoice, or all of a customer, is left out of reminders. Never deleted and never edited but to be released, so
-- that what held on any past day can be read from it.
create table hold (
  tenant_id uuid not null references tenant,
  id uuid not null,
  customer_id uuid not null,
  -- null: everything of the customer
  document_id uuid,
  kind text not null check (kind in ('dispute', 'promise', 'payment_plan', 'autopay', 'claimed_paid')),
  -- the dispute, promise, plan, authorisation or mail that it comes from
  source_id uuid,
  -- the last day on which it holds; null: until it is released
  until date,
  note text check (length(note) <= 2000),
  placed_by text not null,
  placed_at timestamptz not null default app.now(),
  released_by text,
  released_at timestamptz,
  released_reason text check (length(released_reason) <= 500),
  primary key (tenant_id, id),
  foreign key (tenant_id, customer_id) references customer on delete cascade,
  foreign key (tenant_id, document_id) references document on delete cascade,
  check ((released_at is null) = (released_by is null))
);
create index hold_customer on hold (tenant_id, customer_id) where released_at is null;
create index hold_history on hold (tenant_id, customer_id, placed_at);
create index hold_document on hold (tenant_id, document_id) where document_id is not null;
create index hold_source on hold (tenant_id, source_id) where source_id is not null;
call app.protect('hold', 'select, insert, update');

-- "I will pay 4,000 by Friday". Kept or broken is found from payments, days of grace after `promised_on`.
create table promise (
  tenant_id uuid not null references tenant,
  id uuid not null,
  customer_id uuid not null,
  currency char(3) not null,
  amount_minor bigint not null check (amount_minor > 0),
  promised_on date not null,
  -- money received from this day on counts
  made_on date not null,
  source text not null check (source in ('phone', 'email', 'meeting', 'letter', 'other')),
  note text check (length(note) <= 2000),
  state text not null default 'open' check (state in ('open', 'kept', 'broken', 'withdrawn')),
  -- what had come in when it was decided
  received_minor bigint,
  made_by text not null,
  decided_by text,
  decided_at timestamptz,
  created_at timestamptz not null default app.now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, customer_id) references customer on delete cascade,
  check ((state = 'open') = (decided_at is null)),
  check (promised_on >= made_on)
);
create index promise_customer on promise (tenant_id, customer_id, id);
create index promise_open on promise (tenant_id, promised_on, id) where state = 'open';
call app.protect('promise', 'select, insert, update');

-- The invoices that a promise is about; none: whatever the customer owes.
create table promise_document (
  tenant_id uuid not null references tenant,
  promise_id uuid not null,
  document_id uuid not null,
  primary key (tenant_id, promise_id, document_id),
  foreign key (tenant_id, promise_id) references promise on delete cascade,
  foreign key (tenant_id, document_id) references document on delete cascade
);
create index promise_document_document on promise_document (tenant_id, document_id);
call app.protect('promise_document', 'select, insert');

-- What a customer contests of an invoice, until it is credited or turned down.
create table dispute (
  tenant_id uuid not null references tenant,
  id uuid not null,
  customer_id uuid not null,
  document_id uuid not null,
  -- null: the whole invoice
  amount_minor bigint check (amount_minor > 0),
  reason text not null check (reason in ('price', 'quantity', 'quality', 'not_received', 'not_ordered', 'duplicate', 'terms', 'tax', 'other')),
  state text not null default 'open' check (state in ('open', 'credited', 'rejected')),
  owner_id uuid,
  opened_by text not null,
  opened_at timestamptz not null default app.now(),
  resolved_by text,
  resolved_at timestamptz,
  resolution text check (length(resolution) <= 2000),
  -- the credit memo made when it was resolved, if it was made here
  credit_id uuid,
  primary key (tenant_id, id),
  foreign key (tenant_id, customer_id) references customer on delete cascade,
  foreign key (tenant_id, document_id) references document on delete cascade,
  foreign key (tenant_id, credit_id) references document on delete set null (credit_id),
  foreign key (tenant_id, owner_id) references staff_user,
  check ((state = 'open') = (resolved_at is null))
);
create unique index dispute_open on dispute (tenant_id, document_id) where state = 'open';
create index dispute_customer on dispute (tenant_id, customer_id, id);
create index dispute_list on dispute (tenant_id, state, id);
-- an undone upload removes documents: what refers to them is looked up by them
create index dispute_document on dispute (tenant_id, document_id);
create index dispute_credit on dispute (tenant_id, credit_id) where credit_id is not null;
call app.protect('dispute', 'select, insert, update');

-- What people wrote down: on a customer, or in the thread of a dispute.
create table collection_note (
  tenant_id uuid not null references tenant,
  id uuid not null,
  customer_id uuid not null,
  dispute_id uuid,
  body text not null check (length(body) between 1 and 4000),
  written_by text not null,
  written_at timestamptz not null default app.now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, customer_id) references customer on delete cascade,
  foreign key (tenant_id, dispute_id) references dispute on delete cascade
);
create index collection_note_customer on collection_note (tenant_id, customer_id, id);
create index collection_note_dispute on collection_note (tenant_id, dispute_id, id) where dispute_id is not null;
call app.protect('collection_note', 'select, insert');

create table task (
  tenant_id uuid not null references tenant,
  id uuid not null,
  customer_id uuid not null,
  title text not null check (length(title) between 1 and 200),
  description text check (length(description) <= 4000),
  -- null: nobody's yet
  assigned_to uuid,
  due_on date not null,
  state text not null default 'open' check (state in ('open', 'done', 'skipped')),
  -- the day on which the one it is assigned to was told by mail
  mailed_on date,
  source text not null check (source in ('person', 'cadence', 'payer', 'system')),
  source_id uuid,
  created_by text not null,
  created_at timestamptz not null default app.now(),
  finished_by text,
  finished_at timestamptz,
  outcome text check (length(outcome) <= 2000),
  primary key (tenant_id, id),
  foreign key (tenant_id, customer_id) references customer on delete cascade,
  foreign key (tenant_id, assigned_to) references staff_user,
  check ((state = 'open') = (finished_at is null))
);
create index task_due on task (tenant_id, due_on, id) where state = 'open';
create index task_assigned on task (tenant_id, assigned_to, due_on, id) where state = 'open';
create index task_customer on task (tenant_id, customer_id, id);
create index task_finished on task (tenant_id, id) where state <> 'open';
-- one task for one cause: a reaction that runs twice makes no second one
create unique index task_source on task (tenant_id, source, source_id) where source_id is not null;
create index task_to_mail on task (tenant_id, due_on) where state = 'open' and mailed_on is null and assigned_to is not null;
call app.protect('task', 'select, insert, update');
call app.open_to_system('task');

-- Tenants in whose zone it is seven o'clock or later, with tasks that came to be before that and whose day has come.
create function app.tenants_with_due_tasks() returns setof uuid
language sql stable security definer set search_path = public, app as $$
  select t.id from tenant t
  cross join lateral (select app.now() at time zone t.timezone as at) here
  where extract(hour from here.at) >= 7 and exists (
    select 1 from task k where k.tenant_id = t.id and k.state = 'open' and k.mailed_on is null and k.assigned_to is not null
      and k.due_on <= here.at::date and k.created_at < (here.at::date + time '07:00') at time zone t.timezone)
$$;
alter function app.tenants_with_due_tasks() owner to payorcrm_system;

create table task_document (
  tenant_id uuid not null references tenant,
  task_id uuid not null,
  document_id uuid not null,
  primary key (tenant_id, task_id, document_id),
  foreign key (tenant_id, task_id) references task on delete cascade,
  foreign key (tenant_id, document_id) references document on delete cascade
);
create index task_document_document on task_document (tenant_id, document_id);
call app.protect('task_document', 'select, insert');

-- Files that go along with mails: terms, delivery notes, price lists. The content is a stored_file.
create table shared_file (
  tenant_id uuid not null references tenant,
  id uuid not null,
  file_id uuid not null,
  name text not null check (length(name) between 1 and 200),
  shared_by text not null,
  created_at timestamptz not null default app.now(),
  archived_at timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, file_id) references stored_file
);
create index shared_file_list on shared_file (tenant_id, id) where archived_at is null;
call app.protect('shared_file', 'select, insert, update');

create table document_file (
  tenant_id uuid not null references tenant,
  document_id uuid not null,
  -- of shared_file
  file_id uuid not null,
  linked_by text not null,
  linked_at timestamptz not null default app.now(),
  primary key (tenant_id, document_id, file_id),
  foreign key (tenant_id, document_id) references document on delete cascade,
  foreign key (tenant_id, file_id) references shared_file on delete cascade
);
create index document_file_file on document_file (tenant_id, file_id);
call app.protect('document_file');

-- "This is not me": the person at this address says so.
alter table suppression drop constraint suppression_reason_check;
alter table suppression add check (reason in ('bounce', 'opt_out', 'manual', 'wrong_person'));

-- The foot of mails has two links more. Templates are kept compiled, layout and all; the owner reaches them past the wall.
alter table template no force row level security;
update template set
  compiled_html = replace(compiled_html, $${% if unsubscribe_url %} <a href="{{unsubscribe_url}}" style="color:#6b7280">Stop these reminders</a>{% endif %}$$, $${% if paid_url %}<br /><br /><a href="{{paid_url}}" style="color:#6b7280">I already paid</a> · <a href="{{wrong_person_url}}" style="color:#6b7280">This is not me</a>{% endif %}{% if unsubscribe_url %} · <a href="{{unsubscribe_url}}" style="color:#6b7280">Fewer reminders</a>{% endif %}$$),
  compiled_text = replace(compiled_text, E'{% if unsubscribe_url %}\nStop these reminders: {{unsubscribe_url}}{% endif %}', E'{% if paid_url %}\n\nI already paid: {{paid_url}}\nThis is not me: {{wrong_person_url}}{% endif %}{% if unsubscribe_url %}\nFewer reminders: {{unsubscribe_url}}{% endif %}');
alter table template force row level security;

-- Reminders that a person wrote and sent: what was asked for, and what stood against it and was passed.
create table reminder_by_hand (
  tenant_id uuid not null references tenant,
  email_id uuid not null,
  customer_id uuid not null,
  day date not null,
  document_ids uuid[] not null,
  -- [{"reason", "documentIds"}]: see modules/reminders/by-hand
  passed jsonb not null default '[]',
  sent_by text not null,
  sent_at timestamptz not null default app.now(),
  primary key (tenant_id, email_id),
  foreign key (tenant_id, customer_id) references customer on delete cascade,
  foreign key (tenant_id, email_id) references outbound_email on delete cascade
);
create index reminder_by_hand_customer on reminder_by_hand (tenant_id, customer_id, day);
call app.protect('reminder_by_hand', 'select, insert');
