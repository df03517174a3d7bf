/**
 * The data that reminders are decided from, as it was at any moment since `from`. Each relation here gives all versions
 * of its rows with the span of time in which they held, `valid_from` (included) to `valid_to` (not included): from the
 * row as it is now and from `row_history`; documents from their applications and changes. One moment of one customer is
 * asked by a statement that puts `with contact as (…)` in front of the planner's own ({@link asOf}); a replay writes
 * the spans into temporary tables once (queries-replay.ts).
 */
import { sql, type Sql } from '../../platform/database/sql.ts';
import { remindingKinds } from '../conditions/index.ts';

export interface Scope {
  /** Versions that ended before are left out. */
  from: Temporal.Instant;
  customerId?: string;
}

interface Kept {
  /** Parts of the key, as `app.keep_history` was called with. */
  key: readonly string[];
  /** The column with the moment of the row's creation. */
  born: string;
  /** The column with the customer. */
  owner?: string;
  /** Rows of one customer, where no column says it. */
  ofCustomer?: (customerId: string) => Sql;
}

const ofDocument = (customerId: string): Sql => sql`x.document_id in (select d.id from public.document d where d.customer_id = ${customerId})`;

/** Tables of which `row_history` keeps the past. */
const kept = {
  customer: { key: ['id'], born: 'created_at', owner: 'id' },
  contact: { key: ['id'], born: 'created_at', owner: 'customer_id' },
  customer_category: { key: ['category_id', 'customer_id'], born: 'added_at', owner: 'customer_id' },
  category: { key: ['id'], born: 'created_at' },
  suppression: { key: ['address'], born: 'created_at' },
  payment: { key: ['id'], born: 'created_at', owner: 'customer_id' },
  payment_attempt_document: { key: ['attempt_id', 'document_id'], born: 'added_at', ofCustomer: ofDocument },
  hold: { key: ['id'], born: 'placed_at', owner: 'customer_id' },
  cadence_member: { key: ['id'], born: 'since', owner: 'customer_id' },
  manual_step: { key: ['id'], born: 'began_at', owner: 'customer_id' },
  letter: { key: ['id'], born: 'created_at', owner: 'customer_id' },
  reminder_override: { key: ['id'], born: 'made_at', owner: 'customer_id' },
  reminder_rule: { key: ['id'], born: 'created_at' },
  holiday: { key: ['day'], born: 'created_at' },
  upload: { key: ['id'], born: 'started_at' },
  tenant: { key: ['id'], born: 'created_at' },
} as const satisfies Record<string, Kept>;

export type KeptRelation = keyof typeof kept;
export const keptRelations = Object.keys(kept) as KeptRelation[];

/** All versions of a table's rows that held at or after `from`. */
export function spansOf(relation: KeptRelation, { from, customerId }: Scope): Sql {
  const { key, born, owner, ofCustomer } = kept[relation] as Kept;
  const table = sql.raw(`public.${relation}`);
  const name = sql.raw(`'${relation}'`);
  const bornAt = sql.raw(born);
  const rowKey = sql.raw(key.map((part) => `x.${part}::text`).join(` || ' ' || `));
  const mine =
    customerId === undefined ? sql.empty : owner ? sql` and x.${sql.raw(owner)} = ${customerId}` : ofCustomer ? sql` and ${ofCustomer(customerId)}` : sql.empty;
  const past = sql`
    select h.*, lag(h.until) over (partition by h.row_key order by h.until, h.seq) as since from public.row_history h
    where h.tenant_id = (select app.tenant_id()) and h.relation = ${name}${customerId !== undefined && owner ? sql` and h.customer_id = ${customerId}` : sql.empty}`;
  return sql`
    select x.*, greatest(x.${bornAt}, l.until, '-infinity') as valid_from, 'infinity'::timestamptz as valid_to
    from ${table} x left join (select row_key, max(until) as until from (${past}) p group by row_key) l on l.row_key = ${rowKey}
    where true${mine}
    union all
    select x.*, greatest(x.${bornAt}, p.since, '-infinity'), p.until
    from (${past}) p cross join lateral jsonb_populate_record(null::${table}, p.before) x
    where p.until > ${from}::timestamptz and p.until > greatest(x.${bornAt}, p.since, '-infinity')${mine}`;
}

/** The columns of a document that rules, holds and answers read. */
export const documentColumns = [
  'tenant_id',
  'id',
  'kind',
  'customer_id',
  'number',
  'company_code',
  'line_item',
  'currency',
  'amount_minor',
  'charge_minor',
  'due_on',
  'issued_on',
  'document_type',
  'profit_center',
  'custom',
  'upload_id',
  'created_at',
] as const;
const columnsOf = (alias: string): Sql => sql.raw(documentColumns.map((column) => `${alias}.${column}`).join(', '));

/** Of a change these are told by the applications. */
const told = sql.raw(`'{open_minor,state,closed_on,provisional,released,undone_upload}'::text[]`);

/**
 * Documents with the spans in which something of them was open: the columns above, total_minor, open_minor, state, and
 * valid_from and valid_to. The open amount is the total less what was applied by then; the other columns are today's with
 * the changes since then taken back, the latest first.
 */
export function documentSpans({ from, customerId }: Scope): Sql {
  const mine = (column: string): Sql => (customerId === undefined ? sql.empty : sql` and ${sql.raw(column)} = ${customerId}`);
  const gone = (relation: string): Sql => sql`
    public.row_history h where h.tenant_id = (select app.tenant_id()) and h.relation = ${sql.raw(`'${relation}'`)}${mine('h.customer_id')}`;
  // by the documents: applications have no index by customer
  const ofTheirs = customerId === undefined ? sql`true` : sql`document_id in (select d.id from public.document d where d.customer_id = ${customerId})`;
  const changedOf =
    customerId === undefined
      ? sql`public.document_change c where true`
      : sql`public.document_change c join public.document o on o.tenant_id = c.tenant_id and o.id = c.document_id where o.customer_id = ${customerId}`;
  return sql`
    with undone as (
      select x.document_id, x.credit_id, x.created_at, x.amount_minor, h.until
      from (select * from ${gone('application')}) h cross join lateral jsonb_populate_record(null::public.application, h.before) x
    ),
    application_move as (
      select document_id, credit_id, created_at as at, amount_minor from public.application where ${ofTheirs}
      union all select document_id, credit_id, created_at, amount_minor from undone
      union all select document_id, credit_id, until, -amount_minor from undone
    ),
    move as (
      select document_id as id, at, amount_minor from application_move
      union all select credit_id, at, amount_minor from application_move where credit_id is not null
    ),
    -- what was applied by the begin is one step; each later moment is one of its own
    applied as materialized (
      select id, at, lead(at, 1, 'infinity') over steps as next_at, sum(amount_minor) over steps as applied_minor
      from (
        select id, case when at <= ${from}::timestamptz then '-infinity' else at end as at, sum(amount_minor) as amount_minor
        from (select * from move union all select id, '-infinity', 0 from move where at > ${from}::timestamptz) m group by 1, 2
      ) s
      window steps as (partition by id order by at)
    ),
    changed as materialized (
      select c.document_id, c.changed_at, c.id, c.before from (
        select c.tenant_id, c.document_id, c.changed_at, c.id, (case when c.after ? 'undone_upload' then (
            select app.jsonb_merge(u.after order by u.id) from public.document_change u
            where u.tenant_id = c.tenant_id and u.document_id = c.document_id and u.upload_id = (c.after ->> 'undone_upload')::uuid)
          else c.before end) - ${told} as before
        from ${changedOf} and c.changed_at > ${from}::timestamptz
      ) c where c.before <> '{}'
    ),
    version as (
      select document_id, changed_at as until, lag(changed_at, 1, '-infinity') over forth as since,
        app.jsonb_merge(before) over (partition by document_id order by changed_at desc, id desc rows unbounded preceding) as was
      from changed window forth as (partition by document_id order by changed_at, id)
    ),
    last_change as (select document_id, max(changed_at) as at from changed group by document_id),
    shape as (
      select ${columnsOf('d')}, d.total_minor, greatest(d.created_at, l.at) as since, 'infinity'::timestamptz as until
      from public.document d left join last_change l on l.document_id = d.id where true${mine('d.customer_id')}
      union all
      select ${columnsOf('x')}, x.amount_minor + x.charge_minor, greatest(x.created_at, v.since), v.until
      from version v join public.document d on d.id = v.document_id cross join lateral jsonb_populate_record(d, v.was) x
      union all
      select ${columnsOf('x')}, x.amount_minor + x.charge_minor, x.created_at, h.until
      from (select * from ${gone('document')}) h cross join lateral jsonb_populate_record(null::public.document, h.before) x where h.until > ${from}::timestamptz
    )
    select ${columnsOf('s')}, s.total_minor, (s.total_minor - coalesce(a.applied_minor, 0))::bigint as open_minor, 'open'::text as state,
      greatest(s.since, a.at) as valid_from, least(s.until, a.next_at) as valid_to
    from shape s left join applied a on a.id = s.id and a.at < s.until and a.next_at > s.since
    where s.total_minor > coalesce(a.applied_minor, 0) and greatest(s.since, a.at) < least(s.until, a.next_at) and least(s.until, a.next_at) > ${from}::timestamptz`;
}

const kinds = sql.raw(remindingKinds.map((kind) => `'${kind}'`).join(', '));

/**
 * Mails with how they ended: `ended_as` and `ended_at` for those that failed, were withdrawn or are in doubt. Before that
 * a mail is ready until it is sent.
 */
export function emailRows(filter: Sql): Sql {
  return sql`
    select e.tenant_id, e.id, e.dedupe_key, e.kind, e.customer_id, e.template_id, e.run_id, e.to_address, e.cc_addresses, e.submitted_at, e.sent_at, e.sent_on, e.created_at,
      case when e.state in ('failed', 'withdrawn', 'uncertain') then e.state end as ended_as,
      case when e.state in ('failed', 'withdrawn', 'uncertain') then coalesce(h.until, e.created_at) end as ended_at
    from public.outbound_email e
    left join lateral (
      select max(h.until) as until from public.row_history h
      where h.tenant_id = e.tenant_id and h.relation = 'outbound_email' and h.customer_id = e.customer_id and h.row_key = e.id::text
    ) h on e.state in ('failed', 'withdrawn', 'uncertain')
    where e.kind in (${kinds}) and ${filter}`;
}

/** Columns of `outbound_email` that reminders are decided from, in the order of {@link emailAt}. */
export const emailColumns = [
  'tenant_id',
  'id',
  'dedupe_key',
  'kind',
  'customer_id',
  'template_id',
  'run_id',
  'to_address',
  'cc_addresses',
  'submitted_at',
  'created_at',
  'state',
  'sent_at',
  'sent_on',
] as const;

/** The columns of `outbound_email` at the moment `now`, over rows of {@link emailRows} called `e`. */
export const emailAt = (now: Sql): Sql => sql`
  e.tenant_id, e.id, e.dedupe_key, e.kind, e.customer_id, e.template_id, e.run_id, e.to_address, e.cc_addresses, e.submitted_at, e.created_at,
  case when e.ended_at <= ${now} then e.ended_as when e.sent_at <= ${now} then 'sent' else 'ready' end as state,
  case when e.sent_at <= ${now} then e.sent_at end as sent_at, case when e.sent_at <= ${now} then e.sent_on end as sent_on`;

/** When a person was seen to look at a document, as rows of tenant_id, document_id and at. */
export const sightings = (documents: Sql): Sql => sql`
  select v.tenant_id, l.document_id, v.at from public.email_view v
  join public.outbound_email_document l on l.tenant_id = v.tenant_id and l.email_id = v.email_id and (v.document_id is null or v.document_id = l.document_id)
  where v.grade = 'strong' and ${documents}`;

/** The columns of `document_view` at the moment `now`, over {@link sightings} called `v`. */
export const viewsAt = (from: Sql, now: Sql): Sql => sql`
  select v.tenant_id, v.document_id, max(v.at) as last_strong_at from ${from} v where v.at <= ${now} group by v.tenant_id, v.document_id`;
