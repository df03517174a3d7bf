-- How far back the past of a company is kept (HISTORY_MONTHS): versions in row_history that ended before that moment are
-- gone. Without a row everything since the company's beginning is there.
create table history_kept (
  tenant_id uuid primary key references tenant,
  since timestamptz not null
);
call app.protect('history_kept', 'select, insert, update');
grant delete on row_history to payorcrm_app;

-- Of a run mails, tasks and letters are told apart: sent_count was all of them, and is the mails from now on.
alter table reminder_run add column task_count int not null default 0, add column letter_count int not null default 0;
alter table reminder_run no force row level security;
alter table reminder_decision no force row level security;
alter table reminder_rule no force row level security;
update reminder_run r set task_count = k.tasks, letter_count = k.letters, sent_count = greatest(r.sent_count - k.tasks - k.letters, 0)
from (
  select d.tenant_id, d.run_id, (count(*) filter (where u.channel = 'task'))::int as tasks, (count(*) filter (where u.channel = 'letter'))::int as letters
  from reminder_rule u join reminder_decision d on d.tenant_id = u.tenant_id and d.rule_id = u.id
  where u.channel <> 'email' and d.outcome = 'send' group by d.tenant_id, d.run_id
) k
where k.tenant_id = r.tenant_id and k.run_id = r.id and r.planned_at is not null;
alter table reminder_run force row level security;
alter table reminder_decision force row level security;
alter table reminder_rule force row level security;
