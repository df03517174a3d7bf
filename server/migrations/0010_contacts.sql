-- Contacts say what they are for and in which language; customers have parents.
alter table contact add column purposes text[] not null default '{billing}'
  check (cardinality(purposes) between 1 and 6 and purposes <@ array['billing', 'reminders', 'statements', 'escalation', 'letters', 'other']);
alter table contact add column language text check (length(language) <= 20);
update contact set purposes = array[purpose] where purpose <> 'billing';
alter table contact drop column purpose;

-- One level: a parent has no parent itself (kept by `setParent`, which locks both rows).
alter table customer add column parent_id uuid;
-- deferrable, because an import of a company may bring the child first
alter table customer add foreign key (tenant_id, parent_id) references customer on delete set null (parent_id) deferrable;
alter table customer add check (parent_id <> id);
create index customer_children on customer (tenant_id, parent_id) where parent_id is not null;
