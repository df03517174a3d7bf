-- Pictures that mails show: the content is a stored_file, and whoever has the address sees it.
create table picture (
  tenant_id uuid not null references tenant,
  id uuid not null,
  file_id uuid not null,
  -- what the public address is made of: it cannot be guessed
  token bytea not null check (length(token) = 16),
  name text not null check (length(name) between 1 and 200),
  width int not null check (width > 0),
  height int not null check (height > 0),
  uploaded_by text not null,
  created_at timestamptz not null default app.now(),
  -- from then on its address answers 404
  deleted_at timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, file_id) references stored_file
);
create unique index picture_token on picture (tenant_id, token);
create index picture_list on picture (tenant_id, id) where deleted_at is null;
call app.protect('picture', 'select, insert, update');
