-- Cadences: steps in their order for the customers that are in them, what people have to do of it, and letters.
create table cadence (
  tenant_id uuid not null references tenant,
  id uuid not null,
  name text not null check (length(name) between 1 and 200),
  -- null: people put customers in; else each run also takes in customers that meet it and are in no cadence
  customer_condition jsonb,
  -- new members wait until a person starts them
  starts_paused boolean not null default false,
  active boolean not null default false,
  -- a customer that several cadences would take goes to the first
  position int not null,
  version int not null default 1,
  archived_at timestamptz,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (tenant_id, id),
  check (archived_at is null or not active)
);
call app.protect('cadence', 'select, insert, update');

-- Who is in which cadence, as spans of time that are closed and never edited: what held on any past day can be read.
create table cadence_member (
  tenant_id uuid not null references tenant,
  id uuid not null,
  cadence_id uuid not null,
  customer_id uuid not null,
  -- active: its steps are taken; paused: a person starts it again; removed: a person took the customer out, and the
  -- condition does not bring it back
  state text not null check (state in ('active', 'paused', 'removed')),
  added_by text not null check (added_by in ('person', 'condition')),
  -- the first day whose steps are taken
  joined_on date not null,
  since timestamptz not null default app.now(),
  until timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, cadence_id) references cadence,
  foreign key (tenant_id, customer_id) references customer on delete cascade
);
-- a customer is in at most one cadence
create unique index cadence_member_one on cadence_member (tenant_id, customer_id) where until is null and state <> 'removed';
create unique index cadence_member_of on cadence_member (tenant_id, cadence_id, customer_id) where until is null;
call app.protect('cadence_member', 'select, insert, update');

-- A step is a rule whose conditions the cadence writes; `position` is its place, `template_id` its mail or letter.
alter table reminder_rule
  add column if not exists cadence_id uuid,
  add column if not exists channel text not null default 'email',
  -- days after the due date; negative: before it
  add column offset_days int check (offset_days between -3650 and 3650),
  -- the contacts' purposes for "to" and for copies
  add column to_purpose text,
  add column cc_purposes text[] not null default '{}',
  -- null: the company's
  add column sender_name text check (length(sender_name) <= 200),
  add column sender_address text check (length(sender_address) <= 254),
  -- a task: its title and what is to be done; a letter: its subject and text
  add column step_title text check (length(step_title) <= 200),
  add column step_body text check (length(step_body) <= 4000),
  -- a task: the cadence goes no further for the customer until it is done or skipped, or this many days have passed
  add column waits boolean not null default false,
  add column timeout_days int check (timeout_days between 1 and 365),
  add column assigned_to uuid,
  add check (channel in ('email', 'task', 'letter')),
  add check ((cadence_id is null) = (offset_days is null)),
  add check (waits = (timeout_days is not null)),
  add foreign key (tenant_id, cadence_id) references cadence,
  add foreign key (tenant_id, assigned_to) references staff_user;
create index reminder_rule_cadence on reminder_rule (tenant_id, cadence_id, position) where cadence_id is not null;

-- What a step gave a person to do. While one that `waits` is open, the cadence's next steps are held for the customer.
create table manual_step (
  tenant_id uuid not null references tenant,
  id uuid not null,
  cadence_id uuid not null,
  rule_id uuid not null,
  customer_id uuid not null,
  -- the day whose conditions matched
  day date not null,
  document_ids uuid[] not null,
  waits boolean not null,
  state text not null default 'open' check (state in ('open', 'done', 'skipped', 'timed_out', 'ended')),
  -- the last day on which it holds the cadence
  until date,
  task_id uuid,
  note text check (length(note) <= 2000),
  began_at timestamptz not null default app.now(),
  ended_by text,
  ended_at timestamptz,
  primary key (tenant_id, id),
  unique (tenant_id, customer_id, rule_id, day),
  foreign key (tenant_id, cadence_id) references cadence,
  foreign key (tenant_id, rule_id) references reminder_rule,
  foreign key (tenant_id, customer_id) references customer on delete cascade,
  check ((state = 'open') = (ended_at is null)),
  check (waits = (until is not null))
);
create index manual_step_open on manual_step (tenant_id, id) where ended_at is null;
create index manual_step_task on manual_step (tenant_id, task_id) where task_id is not null;
call app.protect('manual_step', 'select, insert, update');

-- Letters that are printed together.
create table print_batch (
  tenant_id uuid not null references tenant,
  id uuid not null,
  number int not null,
  state text not null check (state in ('open', 'printed', 'cancelled')),
  letter_count int not null,
  paper text not null check (paper in ('A4', 'Letter')),
  made_by text not null,
  made_at timestamptz not null default app.now(),
  ended_by text,
  ended_at timestamptz,
  primary key (tenant_id, id),
  unique (tenant_id, number),
  check ((state = 'open') = (ended_at is null))
);
call app.protect('print_batch', 'select, insert, update');

-- A letter waits until it is put into a batch. Only then its content is made, of what is open on that day, and kept:
-- the PDF is drawn from it, the same each time.
create table letter (
  tenant_id uuid not null references tenant,
  id uuid not null,
  number int not null,
  -- the natural key of the effect: the same letter is never written twice
  dedupe_key text not null,
  customer_id uuid not null,
  rule_id uuid not null,
  run_id uuid not null,
  document_ids uuid[] not null,
  state text not null default 'waiting' check (state in ('waiting', 'batched', 'printed', 'withdrawn')),
  reason text,
  -- typed by a person; null: the address of the newest invoice
  address text[],
  batch_id uuid,
  content jsonb,
  -- the company's date on which it was written, and counts as a contact
  written_on date not null,
  printed_on date,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (tenant_id, id),
  unique (tenant_id, number),
  unique (tenant_id, dedupe_key),
  foreign key (tenant_id, customer_id) references customer on delete cascade,
  foreign key (tenant_id, rule_id) references reminder_rule,
  foreign key (tenant_id, batch_id) references print_batch,
  check ((state in ('batched', 'printed')) = (batch_id is not null)),
  check ((batch_id is null) = (content is null))
);
create index letter_state on letter (tenant_id, state, number);
create index letter_customer on letter (tenant_id, customer_id, number);
-- letters that count as contacts, by day: what the caps are asked of
create index letter_contact on letter (tenant_id, written_on, customer_id) where state <> 'withdrawn';
create index letter_batch on letter (tenant_id, batch_id, number) where batch_id is not null;
call app.protect('letter', 'select, insert, update');
