-- Pictures that stand among the text of a message, and files that go along with an answer.

-- what the message's HTML calls it by
alter table inbound_attachment add column content_id text check (length(content_id) <= 300);

-- Staff put a file up first; it goes along with the answer that names it.
create table inbox_reply_file (
  tenant_id uuid not null references tenant,
  id uuid not null,
  thread_id uuid not null,
  -- null: in no answer yet; removed when it stays so for a day
  email_id uuid,
  position int,
  name text not null check (length(name) <= 255),
  content_type text not null check (length(content_type) <= 200),
  size_bytes bigint not null,
  file_id uuid not null,
  uploaded_by text not null,
  created_at timestamptz not null default app.now(),
  primary key (tenant_id, id),
  unique (tenant_id, email_id, position),
  foreign key (tenant_id, thread_id) references mail_thread,
  foreign key (tenant_id, email_id) references inbox_reply on delete cascade,
  foreign key (tenant_id, file_id) references stored_file,
  check ((email_id is null) = (position is null))
);
create index inbox_reply_file_unsent on inbox_reply_file (tenant_id, created_at) where email_id is null;
call app.protect('inbox_reply_file');
