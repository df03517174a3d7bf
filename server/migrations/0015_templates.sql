-- Templates: what they are for, what goes along with them, their blocks, and their texts by language and number of
-- invoices.
alter table template
  add column kind text not null default 'reminder' check (kind in ('reminder', 'statement', 'letter')),
  -- the language of the text in this row, which is used wherever no other fits
  add column language text not null default 'en' check (language ~ '^[a-z]{2,3}(-[a-z0-9]{2,8})?$'),
  -- the blocks that the body was made from; null: a person writes the HTML
  add column design jsonb,
  add column attach_statement boolean not null default false,
  add column attach_invoices boolean not null default false,
  add column attach_files boolean not null default false;

-- Further texts of a template: in other languages, and for mails with one invoice.
create table template_text (
  tenant_id uuid not null references tenant,
  template_id uuid not null,
  language text not null check (language ~ '^[a-z]{2,3}(-[a-z0-9]{2,8})?$'),
  -- one: for mails with one invoice; any: for the others, and for one where there is no text of its own
  variant text not null check (variant in ('any', 'one')),
  subject text not null check (length(subject) between 1 and 500),
  design jsonb,
  body text not null check (length(body) <= 500000),
  compiled_html text not null,
  compiled_text text not null,
  primary key (tenant_id, template_id, language, variant),
  foreign key (tenant_id, template_id) references template on delete cascade
);
call app.protect('template_text');

-- The whole template as it was; null for versions kept before there was more than name, subject and body.
alter table template_version add column kept jsonb;

-- With which layout a text was compiled: after an upgrade that changed the layout, all are compiled anew.
alter table template add column compiled_with text not null default '';
call app.open_to_system('template');
create function app.templates_compiled_otherwise(layout text, at_most int) returns table (tenant_id uuid, template_id uuid)
language sql stable security definer set search_path = public, app as $$
  select t.tenant_id, t.id from template t where t.archived_at is null and t.compiled_with <> layout order by t.id limit at_most
$$;
alter function app.templates_compiled_otherwise(text, int) owner to payorcrm_system;
