-- Rules, runs, and the decision about every customer that a rule matched.
create table reminder_rule (
  tenant_id uuid not null references tenant,
  id uuid not null,
  name text not null check (length(name) between 1 and 200),
  template_id uuid not null,
  -- condition trees: see modules/reminders/condition.ts
  customer_condition jsonb not null,
  invoice_condition jsonb not null,
  active boolean not null default false,
  position int not null,
  version int not null default 1,
  archived_at timestamptz,
  activated_on date,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, template_id) references template
);
call app.protect('reminder_rule');

create table reminder_run (
  tenant_id uuid not null references tenant,
  id uuid not null,
  -- the tenant's date for which the rules are asked
  run_on date not null,
  kind text not null check (kind in ('daily', 'manual')),
  state text not null check (state in ('running', 'done', 'failed')),
  -- the days that this run answers for: run_on and the missed ones before it
  days date[] not null,
  missed_days date[] not null default '{}',
  sent_count int not null default 0,
  merged_count int not null default 0,
  held_count int not null default 0,
  started_at timestamptz not null default app.now(),
  finished_at timestamptz,
  primary key (tenant_id, id)
);
create unique index reminder_run_daily on reminder_run (tenant_id, run_on) where kind = 'daily';
create index reminder_run_started on reminder_run (tenant_id, started_at, id);
call app.protect('reminder_run');

create table reminder_decision (
  tenant_id uuid not null references tenant,
  id uuid not null,
  rule_id uuid not null,
  customer_id uuid not null,
  -- the day whose conditions matched
  day date not null,
  run_id uuid not null,
  rule_version int not null,
  currency char(3) not null,
  document_ids uuid[] not null,
  open_minor bigint not null,
  outcome text not null check (outcome in ('send', 'merged', 'held')),
  reason text not null,
  email_id uuid,
  decided_at timestamptz not null default app.now(),
  primary key (tenant_id, id),
  -- whatever runs, and however often: one decision for a rule, a customer and a day
  unique (tenant_id, rule_id, day, customer_id, currency),
  foreign key (tenant_id, rule_id) references reminder_rule,
  foreign key (tenant_id, run_id) references reminder_run
);
create index reminder_decision_customer on reminder_decision (tenant_id, customer_id, day);
create index reminder_decision_run on reminder_decision (tenant_id, run_id, outcome);
create index reminder_decision_email on reminder_decision (tenant_id, email_id) where email_id is not null;
call app.protect('reminder_decision');
