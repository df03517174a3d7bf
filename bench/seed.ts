import type pg from 'pg';

/** The day on which the seeded company lives: due dates lie around the real today. */
export interface SeedOptions {
  invoices: number;
  customers: number;
}

/**
 * Fills a company with customers and invoices by set-based SQL, the data of performance.md 2: 97 % of the invoices open,
 * due dates over 135 days (100 past, 35 to come), 5 % of the customers "VIP customers", one primary contact each.
 * Everything follows from the row's number, so two runs make the same data. Ends with VACUUM ANALYZE, as autovacuum would,
 * and a checkpoint: else a gigabyte would be written to the disk beside whatever is measured next.
 */
export async function seedReceivables(admin: pg.Client, tenantId: string, { invoices, customers }: SeedOptions): Promise<void> {
  if (!/^[0-9a-f-]{36}$/.test(tenantId)) throw new TypeError('a tenant id is a UUID');
  await admin.query('begin');
  try {
    // as the program's own role, so that it also works where the owner is no superuser and row-level security binds it
    await admin.query(`set local role payorcrm_app; set local app.tenant_id = '${tenantId}'; set local synchronous_commit = off`);
    await admin.query(`set local app.today = '${(await admin.query('select current_date::text as today')).rows[0].today}'`);
    for (const statement of statements) await admin.query(statement.text(tenantId), statement.values({ invoices, customers }));
    await admin.query('commit');
  } catch (error) {
    await admin.query('rollback');
    throw error;
  }
  await admin.query('vacuum analyze customer, contact, category, customer_category, document, customer_balance');
  await admin.query('checkpoint');
}

// ids that rise like those of the program: kind in the second group, number in the last
const id = (kind: string, number: string) => `('019a0000-${kind}-7000-8000-' || lpad(to_hex(${number}), 12, '0'))::uuid`;

const statements: { text: (tenant: string) => string; values: (options: SeedOptions) => unknown[] }[] = [
  {
    text: (tenant) => `insert into category (tenant_id, id, name)
      values ('${tenant}'::uuid, ${id('ca00', '1')}, 'VIP customers'), ('${tenant}'::uuid, ${id('ca00', '2')}, 'Rare')`,
    values: () => [],
  },
  {
    text: (tenant) => `insert into customer (tenant_id, id, number, company_name, name, first_name, last_name, created_at)
      select '${tenant}'::uuid, ${id('c000', 'n')}, 'C' || lpad(n::text, 7, '0'), label, label, 'Anna', 'Berg', app.now() - interval '400 days' + n * interval '1 minute'
      from (select n, 'Company ' || n || ' ' || (array['Works', 'Foods', 'Supply', 'Logistics', 'Systems'])[1 + n % 5] as label
            from generate_series(1::bigint, $1::bigint) n) s`,
    values: ({ customers }) => [customers],
  },
  {
    text: (tenant) => `insert into contact (tenant_id, id, customer_id, name, email, is_primary)
      select '${tenant}'::uuid, ${id('c100', 'n')}, ${id('c000', 'n')}, 'Anna Berg', 'ap' || n || '@customer.test', true from generate_series(1::bigint, $1::bigint) n`,
    values: ({ customers }) => [customers],
  },
  {
    text: (tenant) => `insert into customer_category (tenant_id, customer_id, category_id)
      select '${tenant}'::uuid, ${id('c000', 'n')}, ${id('ca00', '1')} from generate_series(1::bigint, $1::bigint) n where n % 20 = 0
      union all select '${tenant}'::uuid, ${id('c000', 'n')}, ${id('ca00', '2')} from generate_series(1::bigint, least($1::bigint, 3)) n`,
    values: ({ customers }) => [customers],
  },
  {
    text: (tenant) => `insert into document (tenant_id, id, kind, state, customer_id, number, company_code, currency, amount_minor, open_minor,
        due_on, issued_on, invoiced_on, posted_on, closed_on, document_type, accounting_number, fiscal_year, reference1, item_text)
      select '${tenant}'::uuid, ${id('d000', 'n')}, 'invoice', case when open then 'open' else 'closed' end, ${id('c000', '1 + (n * 7919) % $2::bigint')},
        'INV-' || lpad(n::text, 8, '0'), case when n % 50000 = 0 then '9000' else '1000' end, case when n % 40000 = 0 then 'EUR' else 'USD' end,
        amount, case when open then amount else 0 end, due, due - 30, due - 30, due - 30, case when open then null else app.today() - 1 end,
        case when n % 30000 = 0 then 'DA' else 'RV' end, lpad(n::text, 10, '0'), '2026', 'PO-' || n % 90000, 'Goods delivered'
      from (select n, h % 100 < 97 as open, app.today() - 100 + ((h / 1000) % 135)::int as due, 1000 + (n * 40503) % 500000 as amount
            from (select n, (n * 2654435761) % 4294967291 as h from generate_series(1::bigint, $1::bigint) n) s) d`,
    values: ({ invoices, customers }) => [invoices, customers],
  },
  {
    text: (tenant) => `insert into customer_balance (tenant_id, customer_id, currency, open_minor, current_minor, days_1_30_minor, days_31_60_minor,
        days_61_90_minor, over_90_minor, overdue_minor, credit_minor, open_count, oldest_due_on)
      select '${tenant}'::uuid, customer_id, currency, b0 + b1 + b2 + b3 + b4, b0, b1, b2, b3, b4, b1 + b2 + b3 + b4, 0, count, oldest
      from (select customer_id, currency, count(*)::int as count, min(due_on) as oldest,
              coalesce(sum(open_minor) filter (where due_on >= app.today()), 0) as b0,
              coalesce(sum(open_minor) filter (where due_on between app.today() - 30 and app.today() - 1), 0) as b1,
              coalesce(sum(open_minor) filter (where due_on between app.today() - 60 and app.today() - 31), 0) as b2,
              coalesce(sum(open_minor) filter (where due_on between app.today() - 90 and app.today() - 61), 0) as b3,
              coalesce(sum(open_minor) filter (where due_on < app.today() - 90), 0) as b4
            from document where state = 'open' group by customer_id, currency) s`,
    values: () => [],
  },
  { text: (tenant) => `insert into balance_state (tenant_id, refreshed_on) values ('${tenant}'::uuid, app.today())`, values: () => [] },
];
