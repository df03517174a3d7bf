-- Statements: rules by day and period, runs, and the statements themselves, kept as of their date.
create table statement_rule (
  tenant_id uuid not null references tenant,
  id uuid not null,
  name text not null check (length(name) between 1 and 200),
  template_id uuid not null,
  -- condition trees: see modules/conditions/condition.ts
  customer_condition jsonb not null,
  invoice_condition jsonb not null,
  -- daily has no days; weekly has weekdays from 1 (Monday) to 7; monthly has days of the month, 0 is the last one
  period text not null check (period in ('daily', 'weekly', 'monthly')),
  days smallint[] not null default '{}',
  -- what becomes of a day that is no business day
  holidays text not null default 'ignore' check (holidays in ('ignore', 'next', 'previous', 'skip')),
  kind text not null default 'open_item' check (kind in ('open_item', 'balance_forward')),
  -- children have statements of their own, or stand on their parent's
  family text not null default 'separate' check (family in ('separate', 'with_parent')),
  show_credits boolean not null default true,
  skip_zero boolean not null default true,
  skip_credit boolean not null default true,
  attach_xlsx boolean not null default false,
  active boolean not null default false,
  position int not null,
  version int not null default 1,
  -- the first day for which the rule is asked; earlier days are not caught up
  activated_on date,
  archived_at timestamptz,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, template_id) references template,
  check (not active or activated_on is not null),
  check ((period = 'daily') = (cardinality(days) = 0)),
  check (period <> 'weekly' or days <@ array[1, 2, 3, 4, 5, 6, 7]::smallint[])
);
call app.protect('statement_rule', 'select, insert, update');

-- The rule as it was after each change, so that what was sent can be explained.
create table statement_rule_version (
  tenant_id uuid not null references tenant,
  rule_id uuid not null,
  version int not null,
  rule jsonb not null,
  active boolean not null,
  saved_by text not null,
  saved_at timestamptz not null default app.now(),
  primary key (tenant_id, rule_id, version, saved_at),
  foreign key (tenant_id, rule_id) references statement_rule
);
call app.protect('statement_rule_version', 'select, insert');

-- The last day on which a worker looked which rules are due: one worker a day begins, and missed days are known.
create table statement_day (
  tenant_id uuid not null references tenant,
  looked_on date not null,
  primary key (tenant_id)
);
call app.protect('statement_day', 'select, insert, update');
call app.open_to_system('statement_day');

create table statement_run (
  tenant_id uuid not null references tenant,
  id uuid not null,
  -- what is owed on this day stands on the statements
  as_of date not null,
  -- scheduled: the day's own; manual: a person ran rules now; single: one customer, on demand
  kind text not null check (kind in ('scheduled', 'manual', 'single')),
  state text not null check (state in ('running', 'done')),
  rule_ids uuid[] not null default '{}',
  -- the days for which rules were due: as_of and the missed ones before it
  days date[] not null default '{}',
  -- false: statements are made, for a batch on paper, and no mail is written
  mails boolean not null default true,
  -- what all its statements have in common, frozen with them: seller, remit-to, paper, links
  frame jsonb not null,
  actor_name text not null,
  statement_count int not null default 0,
  held_count int not null default 0,
  -- by currency: [{"currency": "USD", "minor": "12500"}]
  totals jsonb not null default '[]',
  started_at timestamptz not null default app.now(),
  -- how far it came, so that another worker goes on after a crash
  planned_at timestamptz,
  done_to uuid,
  progressed_at timestamptz not null default app.now(),
  finished_at timestamptz,
  primary key (tenant_id, id)
);
create unique index statement_run_scheduled on statement_run (tenant_id, as_of) where kind = 'scheduled';
create index statement_run_started on statement_run (tenant_id, started_at, id) where kind <> 'single';
create index statement_run_running on statement_run (progressed_at) where state = 'running';
call app.protect('statement_run', 'select, insert, update');
call app.open_to_system('statement_run');

-- The company's own series. Numbers are unique; a run that is rolled back leaves a gap.
create table statement_series (
  tenant_id uuid not null references tenant,
  last bigint not null,
  primary key (tenant_id)
);
call app.protect('statement_series', 'select, insert, update');

-- One for a run, customer and currency. The content is frozen when it is planned; the PDF is drawn from it and kept.
-- A large run writes all its rows by one statement: no foreign keys, as for decisions; customers, rules and runs cannot
-- be deleted instead.
create table statement (
  tenant_id uuid not null,
  id uuid not null,
  run_id uuid not null,
  rule_id uuid,
  rule_version int,
  customer_id uuid not null,
  currency char(3) not null,
  number text collate "C" not null,
  kind text not null check (kind in ('open_item', 'balance_forward')),
  as_of date not null,
  -- balance forward: the first day of the movements
  from_on date,
  -- what it asks for; below zero is a credit
  total_minor bigint not null,
  overdue_minor bigint not null,
  invoice_count int not null,
  content jsonb not null,
  state text not null default 'planned' check (state in ('planned', 'drawn', 'failed')),
  failure text,
  -- why no mail goes out
  hold text,
  email_id uuid,
  file_id uuid,
  send_count int not null default 0,
  created_at timestamptz not null default app.now(),
  primary key (tenant_id, id),
  unique (tenant_id, run_id, customer_id, currency)
) with (fillfactor = 60);
create unique index statement_number on statement (tenant_id, number);
create index statement_customer on statement (tenant_id, customer_id, id);
-- nothing that changes while a run goes on stands in an index, and each page has room: the one update of a row stays on its
-- page and touches no index
-- a quarter of the cost of the default compression, where the server was built with it
do $$ begin
  alter table statement alter column content set compression lz4;
exception when feature_not_supported then null; end $$;
call app.protect('statement', 'select, insert, update');

-- What the scheduler has to do now: companies whose hour has come and at whose rules nobody has looked today, and runs
-- that stopped half way. A company made after today's hour begins tomorrow.
create function app.due_statement_runs(stuck_after_seconds int) returns table (tenant_id uuid, run_on date, run_id uuid)
language sql stable security definer set search_path = public, app as $$
  select t.id, here.at::date, null::uuid
  from tenant t
  cross join lateral (select app.now() at time zone t.timezone as at, coalesce((t.setting #>> '{statements,hour}')::int, 8) as hour) here
  where extract(hour from here.at) >= here.hour
    and t.created_at < (here.at::date + make_time(here.hour, 0, 0)) at time zone t.timezone
    and not exists (select 1 from statement_day d where d.tenant_id = t.id and d.looked_on >= here.at::date)
  union all
  select r.tenant_id, r.as_of, r.id from statement_run r
  where r.state = 'running' and r.progressed_at < app.now() - make_interval(secs => stuck_after_seconds)
$$;
alter function app.due_statement_runs(int) owner to payorcrm_system;
