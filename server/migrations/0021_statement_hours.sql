-- A statement rule may have an hour of its own. So each rule knows the last day on which it was asked, instead of the
-- company, and a day may have a scheduled run for each hour.
alter table statement_rule
  -- null: the company's hour
  add column hour smallint check (hour between 0 and 23),
  add column looked_on date;
alter table statement_rule no force row level security;
alter table statement_day no force row level security;
update statement_rule r set looked_on = greatest(coalesce((select d.looked_on from statement_day d where d.tenant_id = r.tenant_id), r.activated_on), r.activated_on - 1)
where r.active;
alter table statement_rule force row level security;
alter table statement_rule add check (not active or looked_on is not null);
call app.open_to_system('statement_rule');
drop index statement_run_scheduled;

-- What the scheduler has to do now: companies with rules whose hour has come and that nobody has asked today, and runs
-- that stopped half way.
create or replace function app.due_statement_runs(stuck_after_seconds int) returns table (tenant_id uuid, run_on date, run_id uuid)
language sql stable security definer set search_path = public, app as $$
  select distinct t.id, here.at::date, null::uuid
  from tenant t
  cross join lateral (select app.now() at time zone t.timezone as at, coalesce((t.setting #>> '{statements,hour}')::int, 8) as hour) here
  join statement_rule u on u.tenant_id = t.id and u.active and u.looked_on < here.at::date and coalesce(u.hour, here.hour) <= extract(hour from here.at)
  union all
  select r.tenant_id, r.as_of, r.id from statement_run r
  where r.state = 'running' and r.progressed_at < app.now() - make_interval(secs => stuck_after_seconds)
$$;

drop table statement_day;
