-- When rules are asked, how often they repeat, each of their versions, and the watch over the runs.

-- Days on which the company does not work, besides its weekend. Owned by tenants: statements and tasks read it too.
create table holiday (
  tenant_id uuid not null references tenant,
  day date not null,
  name text not null check (length(name) between 1 and 100),
  created_at timestamptz not null default app.now(),
  primary key (tenant_id, day)
);
call app.protect('holiday');

-- How late a customer usually pays, kept by a job: see payment habit in the glossary.
alter table customer add column payment_habit text not null default 'new' check (payment_habit in ('new', 'prompt', 'late', 'very_late'));

alter table reminder_rule
  -- the cadence whose step it is; its rules are not in the list of rules
  add column if not exists cadence_id uuid,
  add column if not exists channel text not null default 'email',
  -- see modules/reminders/schedule.ts
  add column schedule jsonb not null default '{"days": "every", "hour": null, "holidays": "ignore"}',
  add column hour smallint generated always as ((schedule ->> 'hour')::smallint) stored check (hour between 0 and 23),
  -- null: each day on which it matches
  add column repeat jsonb,
  -- when it was switched on, or its hour set: a run of an earlier moment does not ask it
  add column asks_from timestamptz,
  -- the day of the last run that asked it
  add column last_run_on date;
create index reminder_rule_hour on reminder_rule (tenant_id, hour) where active;
call app.open_to_system('reminder_rule');

-- Each rule as it was, from each change on: also when it was switched on or off. `rule` is the row, whatever columns it
-- has by then. A decision names the version that made it.
create table reminder_rule_version (
  tenant_id uuid not null references tenant,
  rule_id uuid not null,
  version int not null,
  rule jsonb not null,
  active boolean not null,
  saved_by text not null,
  saved_at timestamptz not null default app.now(),
  primary key (tenant_id, rule_id, version),
  foreign key (tenant_id, rule_id) references reminder_rule
);
create index reminder_rule_version_saved on reminder_rule_version (tenant_id, saved_at);
-- the owner of the tables may be behind the wall too
alter table reminder_rule no force row level security;
insert into reminder_rule_version (tenant_id, rule_id, version, rule, active, saved_by, saved_at)
select r.tenant_id, r.id, r.version, to_jsonb(r), r.active, 'PayorCRM', r.updated_at from reminder_rule r;
alter table reminder_rule force row level security;
call app.protect('reminder_rule_version', 'select, insert');

alter table reminder_run
  -- the hour of the rules that it asks; null: those of the company's hour
  add column hour smallint check (hour between 0 and 23),
  -- a person's run for some customers only
  add column customer_ids uuid[],
  -- what it asked: [{"ruleId", "version", "day"}]; null: before this was recorded
  add column questions jsonb,
  -- the days of those questions
  add column asked_days date[],
  -- the brake: more mails than this wait for a person
  add column allowed_count int,
  add column released_by text,
  add column released_at timestamptz,
  -- the heartbeat: when nothing of it was on its way any more, and what came of its mails by state
  add column checked_at timestamptz,
  add column mail_states jsonb,
  drop constraint reminder_run_state_check,
  -- waiting: larger than usual, for a person; canceled: that person said no
  add constraint reminder_run_state_check check (state in ('running', 'waiting', 'done', 'canceled'));
drop index reminder_run_daily;
create unique index reminder_run_daily on reminder_run (tenant_id, run_on, hour) nulls not distinct where kind = 'daily';
create index reminder_run_unchecked on reminder_run (tenant_id, started_at) where checked_at is null;

-- Invoices that matched and are not in the mail: [{"documentId", "reason"}].
alter table reminder_decision add column left_out jsonb;

-- What an administrator has to know: shown until it is over or somebody has seen it.
create table reminder_alarm (
  tenant_id uuid not null references tenant,
  id uuid not null,
  kind text not null check (kind in ('missed_run', 'unsent_mails', 'waiting_run')),
  run_on date not null,
  hour smallint,
  run_id uuid,
  -- mails that were to go, and those that went
  expected int,
  sent int,
  raised_at timestamptz not null default app.now(),
  -- it was made up for, the mails left, or somebody decided
  cleared_at timestamptz,
  seen_by text,
  seen_at timestamptz,
  primary key (tenant_id, id)
);
-- one for a day and hour, or for a run
create unique index reminder_alarm_once on reminder_alarm (tenant_id, kind, run_on, hour, run_id) nulls not distinct;
create index reminder_alarm_open on reminder_alarm (tenant_id, raised_at) where cleared_at is null and seen_at is null;
call app.protect('reminder_alarm', 'select, insert, update');
call app.open_to_system('reminder_alarm');

-- Mails that count as contacts with a customer, by day: what the caps are asked of.
create index outbound_email_contact on outbound_email (tenant_id, sent_on, customer_id) where kind in ('reminder', 'statement', 'invoice');

-- The runs that each company is to have today, by its own date. What was made or switched on after the hour begins
-- tomorrow.
create function app.reminder_slots() returns table (tenant_id uuid, run_on date, hour smallint, due_at timestamptz)
language sql stable security definer set search_path = public, app as $$
  select t.id, here.day, slot.hour, moment.due_at
  from tenant t
  cross join lateral (select (app.now() at time zone t.timezone)::date as day, coalesce((t.setting #>> '{reminders,hour}')::int, 9) as hour) here
  cross join lateral (
    select null::smallint as hour, here.hour as at_hour, t.created_at as since
    union all
    select r.hour, r.hour, coalesce(min(r.asks_from), '-infinity') from reminder_rule r
    where r.tenant_id = t.id and r.active and r.hour is not null group by r.hour) slot
  cross join lateral (select (here.day + make_time(slot.at_hour, 0, 0)) at time zone t.timezone as due_at) moment
  where slot.since < moment.due_at
$$;

-- What the scheduler has to do now: companies whose hour has come today, or the hour of one of their rules, and that
-- have no run for it yet; and runs that stopped half way.
drop function app.due_reminder_runs(int);
create function app.due_reminder_runs(stuck_after_seconds int) returns table (tenant_id uuid, run_on date, hour smallint, run_id uuid)
language sql stable security definer set search_path = public, app as $$
  select s.tenant_id, s.run_on, s.hour, null::uuid from app.reminder_slots() s
  where s.due_at <= app.now()
    and not exists (select 1 from reminder_run r where r.tenant_id = s.tenant_id and r.run_on = s.run_on and r.hour is not distinct from s.hour and r.kind = 'daily')
  union all
  select r.tenant_id, r.run_on, r.hour, r.id from reminder_run r
  where r.state = 'running' and r.progressed_at < app.now() - make_interval(secs => stuck_after_seconds)
$$;

-- Companies whose runs the heartbeat has to look at: a run that did not begin in time, or mails that should have left.
-- `default_hours` is the setting's default.
create function app.reminders_to_watch(default_hours int) returns setof uuid
language sql stable security definer set search_path = public, app as $$
  with late as materialized (
    select id, app.now() - make_interval(hours => coalesce((setting #>> '{reminders,alarmAfterHours}')::int, default_hours)) as moment from tenant)
  select s.tenant_id from app.reminder_slots() s join late t on t.id = s.tenant_id
  where s.due_at <= t.moment
    and not exists (select 1 from reminder_run r where r.tenant_id = s.tenant_id and r.run_on = s.run_on and r.hour is not distinct from s.hour and r.kind = 'daily')
    and not exists (select 1 from reminder_alarm a where a.tenant_id = s.tenant_id and a.kind = 'missed_run' and a.run_on = s.run_on and a.hour is not distinct from s.hour)
  union
  select t.id from late t
  where exists (select 1 from reminder_run r where r.tenant_id = t.id and r.checked_at is null and r.state <> 'waiting' and coalesce(r.released_at, r.started_at) <= t.moment)
$$;
alter function app.due_reminder_runs(int) owner to payorcrm_system;
alter function app.reminder_slots() owner to payorcrm_system;
alter function app.reminders_to_watch(int) owner to payorcrm_system;
