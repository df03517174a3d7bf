-- Two kinds of facts: documents, and applications that move an amount from a payment or credit to an invoice.

-- Documents that raise or lower what is owed. `kind`:
--   invoice             what the customer owes
--   credit_memo         what we owe; open_minor is what is left to apply
--   payment_on_account  money that the source system has booked but not assigned
create table document (
  -- no reference to tenant of its own: the one to the customer implies it (15 of 52 µs for each uploaded row)
  tenant_id uuid not null,
  id uuid not null,
  kind text not null check (kind in ('invoice', 'credit_memo', 'payment_on_account')),
  state text not null check (state in ('open', 'closed', 'void')),
  customer_id uuid not null,
  number text collate "C" not null check (length(number) between 1 and 64),
  company_code text collate "C" not null default '',
  line_item text collate "C" not null default '',
  currency char(3) not null,
  -- as issued; later charges of the source system (balance above amount) stand apart
  amount_minor bigint not null check (amount_minor >= 0),
  charge_minor bigint not null default 0 check (charge_minor >= 0),
  total_minor bigint not null generated always as (amount_minor + charge_minor) stored,
  open_minor bigint not null,
  due_on date not null,
  issued_on date not null,
  invoiced_on date,
  posted_on date,
  closed_on date,
  accounting_number text,
  fiscal_year text,
  fiscal_period text,
  profit_center text,
  document_type text,
  posting_key text,
  debit_credit text,
  payment_terms text,
  reason_code text,
  reason_text text,
  reference1 text,
  reference2 text,
  reference_document text,
  item_text text,
  sold_to text,
  customer_name text,
  source_status text,
  local_minor bigint,
  bill_address jsonb,
  ship_address jsonb,
  custom jsonb,
  pdf_file_id uuid,
  -- 64 bits of the uploaded row's content: equal means nothing changed
  content_hash bigint,
  upload_id uuid,
  created_at timestamptz not null default app.now(),
  updated_at timestamptz not null default app.now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, customer_id) references customer,
  check (open_minor between 0 and amount_minor + charge_minor),
  check ((state = 'open') = (open_minor > 0))
);
-- the upload's key; leads with the number, so that it also serves look-up and sorting by number
create unique index document_key on document (tenant_id, number, customer_id, company_code, line_item);
-- the ledger's key
create index document_accounting on document (tenant_id, accounting_number, fiscal_year) where accounting_number is not null;
-- lists by due date (open, closed, void apart) and the reminder rules
create index document_due on document (tenant_id, state, due_on, id);
-- one customer's documents; aging from the index alone, already in the order of its groups (an incremental sort for the
-- currency cost 515 ms against 320 ms at a million)
create index document_customer on document (tenant_id, customer_id, state, currency, due_on) include (open_minor, kind);
-- lists of credit memos and payments on account; invoices, the many, stay out of it
create index document_credit on document (tenant_id, state, due_on, id) where kind <> 'invoice';
-- lists by amount
create index document_open_amount on document (tenant_id, open_minor, id) where state = 'open';
call app.protect('document');

-- What an upload or a person changed on a document, before and after. `before` is null fields only where they were null.
create table document_change (
  tenant_id uuid not null references tenant,
  id uuid not null,
  document_id uuid not null,
  upload_id uuid,
  before jsonb not null,
  after jsonb not null,
  changed_at timestamptz not null default app.now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, document_id) references document on delete cascade
);
create index document_change_document on document_change (tenant_id, document_id, id);
create index document_change_upload on document_change (tenant_id, upload_id) where upload_id is not null;
call app.protect('document_change', 'select, insert, delete');

-- Money received. Σ payments = Σ applied + Σ unapplied + Σ refunded, held by the check.
create table payment (
  tenant_id uuid not null references tenant,
  id uuid not null,
  customer_id uuid not null,
  number text collate "C" not null,
  currency char(3) not null,
  amount_minor bigint not null check (amount_minor > 0),
  applied_minor bigint not null default 0 check (applied_minor >= 0),
  unapplied_minor bigint not null check (unapplied_minor >= 0),
  refunded_minor bigint not null default 0 check (refunded_minor >= 0),
  method text not null check (method in ('card', 'bank', 'check', 'transfer', 'cash', 'other')),
  state text not null check (state in ('processing', 'settled', 'returned')),
  received_on date not null,
  reference text,
  note text,
  attempt_id uuid,
  returned_on date,
  returned_reason text,
  created_at timestamptz not null default app.now(),
  primary key (tenant_id, id),
  unique (tenant_id, number),
  foreign key (tenant_id, customer_id) references customer,
  -- a returned payment keeps its amount for the record and has nothing applied
  check (case when state = 'returned' then applied_minor = 0 and unapplied_minor = 0
              else applied_minor + unapplied_minor + refunded_minor = amount_minor end)
);
create unique index payment_attempt_once on payment (tenant_id, attempt_id) where attempt_id is not null;
create index payment_customer on payment (tenant_id, customer_id, received_on);
create index payment_received on payment (tenant_id, received_on, id);
create index payment_unapplied on payment (tenant_id, received_on, id) where unapplied_minor > 0;
create index payment_returned on payment (tenant_id, returned_on, id) where returned_on is not null;
call app.protect('payment');

-- An amount moved from a payment, credit or the source system's word to a document. Undone by a new row with the
-- negative amount, never edited. `provisional` until the accounting system's balance confirms it.
create table application (
  tenant_id uuid not null references tenant,
  id uuid not null,
  document_id uuid not null,
  customer_id uuid not null,
  source text not null check (source in ('payment', 'credit_memo', 'source_system', 'write_off', 'void')),
  payment_id uuid,
  credit_id uuid,
  amount_minor bigint not null check (amount_minor <> 0),
  currency char(3) not null,
  applied_on date not null,
  reason text,
  reverses_id uuid,
  provisional boolean not null default false,
  upload_id uuid,
  created_at timestamptz not null default app.now(),
  primary key (tenant_id, id),
  foreign key (tenant_id, document_id) references document on delete cascade,
  foreign key (tenant_id, payment_id) references payment,
  foreign key (tenant_id, credit_id) references document,
  foreign key (tenant_id, reverses_id) references application on delete cascade,
  check ((source = 'payment') = (payment_id is not null)),
  check ((source = 'credit_memo') = (credit_id is not null))
);
create unique index application_reversed_once on application (tenant_id, reverses_id) where reverses_id is not null;
create index application_document on application (tenant_id, document_id);
create index application_payment on application (tenant_id, payment_id) where payment_id is not null;
create index application_credit on application (tenant_id, credit_id) where credit_id is not null;
create index application_upload on application (tenant_id, upload_id) where upload_id is not null;
create index application_provisional on application (tenant_id, document_id) where provisional;
call app.protect('application', 'select, insert, update, delete');

-- The last number given in each series (payments, invoices and credit memos made here).
create table number_series (
  tenant_id uuid not null references tenant,
  series text not null check (series in ('payment', 'invoice', 'credit_memo')),
  last bigint not null,
  primary key (tenant_id, series)
);
call app.protect('number_series');

-- What each customer owes by currency, for sorting the customer list and for totals; refreshed with small changes at
-- once, after large uploads and at the day's turn by a job. Every customer has a row in the company's own currency, and
-- one for each other currency in which something is open. Pages that show one customer compute from `document`.
create table customer_balance (
  tenant_id uuid not null references tenant,
  customer_id uuid not null,
  currency char(3) not null,
  -- open invoices, and the same by days past due
  open_minor bigint not null,
  current_minor bigint not null,
  days_1_30_minor bigint not null,
  days_31_60_minor bigint not null,
  days_61_90_minor bigint not null,
  over_90_minor bigint not null,
  overdue_minor bigint not null,
  -- open credits and unapplied cash, as a positive amount
  credit_minor bigint not null,
  open_count int not null,
  oldest_due_on date,
  primary key (tenant_id, customer_id, currency),
  foreign key (tenant_id, customer_id) references customer on delete cascade,
  check (open_minor = current_minor + overdue_minor),
  check (overdue_minor = days_1_30_minor + days_31_60_minor + days_61_90_minor + over_90_minor)
);
create index customer_balance_open on customer_balance (tenant_id, currency, open_minor, customer_id);
create index customer_balance_overdue on customer_balance (tenant_id, currency, overdue_minor, customer_id);
create index customer_balance_credit on customer_balance (tenant_id, currency, customer_id) where credit_minor > 0;
call app.protect('customer_balance');

-- Whether `customer_balance` says what the documents say: brought to `refreshed_on` at the day's turn, and no large
-- upload waits for its refresh since `stale_since`. Anything else, or no row, and totals are reckoned from the documents.
create table balance_state (
  tenant_id uuid not null references tenant,
  refreshed_on date,
  stale_since timestamptz,
  primary key (tenant_id)
);
call app.protect('balance_state');

-- One row for each of the tenant's days whose turn was done: balances brought to the new day, the ledger proved.
create table receivables_turn (
  tenant_id uuid not null references tenant,
  day date not null,
  finished_at timestamptz,
  -- documents and payments whose kept balance is not the sum of its applications; anything but 0 is a fault of ours
  mismatch_count int,
  primary key (tenant_id, day)
);
call app.protect('receivables_turn');
call app.open_to_system('receivables_turn');

-- What was open at the begin of a day, for trends.
create table receivables_day (
  tenant_id uuid not null references tenant,
  day date not null,
  currency char(3) not null,
  open_minor bigint not null,
  overdue_minor bigint not null,
  primary key (tenant_id, day, currency)
);
call app.protect('receivables_day');

-- Dashboard figures that are too heavy for a page view at a million invoices; the page shows their moment.
create table dashboard_figure (
  tenant_id uuid not null references tenant,
  figures jsonb not null,
  computed_at timestamptz not null,
  took_ms int not null,
  primary key (tenant_id)
);
call app.protect('dashboard_figure');

-- Tenants whose new day has not been turned yet, by their own time zone.
create function app.tenants_to_turn(at timestamptz) returns setof uuid
language sql stable security definer set search_path = public, app as $$
  select t.id from tenant t
  where not exists (select 1 from receivables_turn r
                    where r.tenant_id = t.id and r.day = (at at time zone t.timezone)::date and r.finished_at is not null)
$$;
alter function app.tenants_to_turn(timestamptz) owner to payorcrm_system;
