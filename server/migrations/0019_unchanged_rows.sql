-- An upload's unchanged rows, nearly all of a nightly one, are recognised from the index alone: what was sent is compared
-- by its hash, and the documents themselves, ten times as large, are not read.
drop index document_key;
create unique index document_key on document (tenant_id, number, customer_id, company_code, line_item) include (content_hash, id);

-- As app.match_documents_each, for a batch between whose lowest and highest number lie not many more documents.
-- Customers are compared by their hashes, a fifth of what it costs by text. Nested loops are ruled out because without
-- statistics they would go through the whole range for each row; the ledger's key, which is asked only for rows whose
-- number is not here, has no other way.
create or replace function app.match_documents_range(numbers text[], customers uuid[], company_codes text[], line_items text[], accounting_numbers text[],
  fiscal_years text[], hashes bigint[], lowest text, highest text, out absent text, out warned text, out elsewhere text, out changed text)
language plpgsql stable security definer set search_path = public, pg_temp set plan_cache_mode = force_custom_plan
set enable_nestloop = off set enable_mergejoin = off set enable_seqscan = off set enable_bitmapscan = off as $$
declare
  tenant constant uuid := app.tenant_id();
begin
  with near as materialized (
    select n.id, n.content_hash, n.number, n.customer_id, n.company_code, n.line_item from document n
    where n.tenant_id = tenant and n.number >= lowest and n.number <= highest),
  named as (
    select n.number, n.company_code, min(uuid_hash_extended(n.customer_id, 0)) as first_customer,
      max(uuid_hash_extended(n.customer_id, 0)) as last_customer
    from near n group by n.number, n.company_code),
  met as materialized (
    select k.ordinal - 1 as position, coalesce(d.id, a.id) as id, k.hash >> 1 = d.content_hash >> 1 as same, d.content_hash & 1 = 1 as marked,
      d.id is null and a.id is null and (o.first_customer <> uuid_hash_extended(k.customer_id, 0) or o.last_customer <> uuid_hash_extended(k.customer_id, 0)) as other
    from unnest(numbers, customers, company_codes, line_items, accounting_numbers, fiscal_years, hashes) with ordinality
      as k(number, customer_id, company_code, line_item, accounting_number, fiscal_year, hash, ordinal)
    left join near d on d.number = k.number and d.customer_id = k.customer_id and d.company_code = k.company_code and d.line_item = k.line_item
    left join named o on d.id is null and o.number = k.number and o.company_code = k.company_code
    left join lateral (
      select l.id from document l
      where d.id is null and k.accounting_number <> '' and l.tenant_id = tenant and l.accounting_number >= k.accounting_number
        and l.accounting_number <= k.accounting_number and l.fiscal_year = k.fiscal_year and l.company_code = k.company_code
        and l.line_item = k.line_item and l.customer_id = k.customer_id
      order by l.accounting_number limit 1) a on true)
  select string_agg(m.position::text, ',' order by m.position) filter (where m.id is null),
    string_agg(m.position::text, ',') filter (where m.same and m.marked),
    string_agg(m.position::text, ',') filter (where m.other),
    string_agg(m.position::text || ' ' || m.id::text, ',' order by m.position) filter (where m.id is not null and m.same is not true)
  into absent, warned, elsewhere, changed from met m;
end $$;
