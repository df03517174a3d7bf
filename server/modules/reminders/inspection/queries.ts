/** What the rules would do, asked without writing anything. */
import type { Context } from '../../../platform/context.ts';
import { sql, type Sql } from '../../../platform/database/sql.ts';
import { compileCondition, compileRule, valueOf } from '../../conditions/index.ts';
import { type Condition, leavesOf } from '../../conditions/index.ts';
import { decidedRows, type Plan, type Question } from '../planning/queries.ts';
import type { Outcome } from '../rule.ts';

export interface OutcomeCount {
  question: number;
  outcome: Outcome;
  reason: string;
  currency: string;
  customers: number;
  invoices: number;
  /** The sum over decisions, as text: an invoice that several rules matched is in it several times. */
  minor: string;
}

export interface PreviewRow {
  customerId: string;
  customerNumber: string;
  customerName: string;
  sortName: string;
  currency: string;
  /** At most {@link SHOWN_INVOICES}. */
  documentIds: string[];
  invoiceCount: number;
  minor: string;
  outcome: Outcome;
  reason: string;
  email: string | null;
  contactName: string | null;
}

/** Invoices shown for one customer; the count says how many there are. */
const SHOWN_INVOICES = 10;

/** Decisions that list their invoices in a mail. */
const inMails = sql.raw(`outcome <> 'held' and reason <> 'reminded_today'`);

const counts = sql`(
  select coalesce(jsonb_agg(to_jsonb(k) order by k.question, k.outcome, k.reason, k.currency), '[]') from (
    select question, outcome, reason, currency, count(*)::int as customers, sum(cardinality(document_ids))::int as invoices, sum(open_minor)::text as minor
    from decided group by question, outcome, reason, currency) k)`;

/** Each invoice once, for rules that may have matched it several times. */
const distinctTotals = sql`(
  select coalesce(jsonb_agg(to_jsonb(k) order by k.currency), '[]') from (
    select i.currency, sum(i.open_minor)::text as minor
    from document i where i.id in (select unnest(document_ids) from decided where ${inMails}) group by i.currency) k)`;

export interface Counted {
  counts: OutcomeCount[];
  /** What the mails would ask for; null where {@link OutcomeCount.minor} adds up to it. */
  totals: { currency: string; minor: string }[] | null;
}

/**
 * How many decisions of each kind there would be, what the mails would ask for, and the customers asked for most, by
 * one evaluation of the rules. `apart`: no invoice can be matched twice.
 */
export function previewDay(ctx: Context, plan: Plan, apart: boolean, largest: number): Promise<Counted & { largest: LargestMail[] }> {
  const top = sql`(
    select coalesce(jsonb_agg(to_jsonb(k) order by k.minor::numeric desc), '[]') from (
      select l.customer_id as "customerId", c.name as "customerName", l.currency, l.minor::text as minor, l.invoices
      from (
        select customer_id, currency, sum(open_minor) as minor, sum(cardinality(document_ids))::int as invoices from decided where ${inMails}
        group by customer_id, currency order by (currency = ${ctx.tenant.currency}) desc, minor desc, customer_id limit ${largest}
      ) l join customer c on c.id = l.customer_id) k)`;
  return ctx.tx.one(sql`${decidedRows(plan)} select ${counts} as counts, ${apart ? sql`null::jsonb` : distinctTotals} as totals, ${top} as largest`);
}

export interface LargestMail {
  customerId: string;
  customerName: string;
  currency: string;
  minor: string;
  invoices: number;
}

/**
 * Counts, and a page of what would be decided by customer name, by one evaluation. `after` holds sort name, customer
 * id and currency of the last row. The plan has one question, so that no invoice is matched twice.
 */
export function previewPage(ctx: Context, plan: Plan, after: (string | null)[] | null, limit: number): Promise<Counted & { page: PreviewRow[] }> {
  const more = after ? sql`where (c.sort_name, d.customer_id, d.currency) > (${after[0]}, ${after[1]}::uuid, ${after[2]}::char(3))` : sql.empty;
  return ctx.tx.one(sql`
    ${decidedRows(plan)},
    first_page as materialized (
      select d.*, c.tenant_id, c.number, c.name, c.sort_name from decided d join customer c on c.id = d.customer_id
      ${more} order by c.sort_name, d.customer_id, d.currency limit ${limit}
    )
    select ${counts} as counts, null::jsonb as totals, (
      select coalesce(jsonb_agg(jsonb_build_object('customerId', p.customer_id, 'customerNumber', p.number, 'customerName', p.name, 'sortName', p.sort_name,
        'currency', p.currency, 'documentIds', to_jsonb(p.document_ids[1:${SHOWN_INVOICES}]), 'invoiceCount', cardinality(p.document_ids),
        'minor', p.open_minor::text, 'outcome', p.outcome, 'reason', p.reason, 'email', k.email, 'contactName', k.name)
        order by p.sort_name, p.customer_id, p.currency), '[]')
      from first_page p
      left join lateral (
        select k.email, k.name from contact k
        where k.tenant_id = p.tenant_id and k.customer_id = p.customer_id and (k.is_primary or k.purposes && array['billing', 'reminders'])
        order by exists (select 1 from suppression x where x.tenant_id = k.tenant_id and x.address = lower(k.email)), k.is_primary desc, k.position, k.id limit 1
      ) k on true
    ) as page`);
}

export interface AskedInvoice {
  id: string;
  customerId: string;
  number: string;
  currency: string;
  openMinor: bigint;
  dueOn: Temporal.PlainDate;
  matched: boolean;
  /** For each condition, customers' first: its value as the database has it, and whether it held. */
  values: unknown[];
  held: boolean[];
}

/** The conditions of a rule in the order in which {@link askInvoices} answers them. */
export const conditionsOf = (question: Question): Condition[] => [...leavesOf(question.customerCondition), ...leavesOf(question.invoiceCondition)];

/** Asks every condition of the rule of each of these open invoices. */
export function askInvoices(
  ctx: Context,
  question: Question,
  which: { ids: readonly string[] } | { customerId: string },
  limit: number,
): Promise<AskedInvoice[]> {
  const conditions = conditionsOf(question);
  const chosen = 'ids' in which ? sql`i.id = any(${[...which.ids]}::uuid[])` : sql`i.customer_id = ${which.customerId}`;
  const values: Sql[] = conditions.map((condition) => sql`to_jsonb(${valueOf(condition, question.day)})`);
  const held: Sql[] = conditions.map((condition) => sql`coalesce(${compileCondition(condition, question.day)}, false)`);
  return ctx.tx.rows<AskedInvoice>(sql`
    select i.id, i.customer_id, i.number, i.currency, i.open_minor, i.due_on, coalesce(${compileRule(question, question.day)}, false) as matched,
      jsonb_build_array(${sql.join(values, ', ')}) as values, jsonb_build_array(${sql.join(held, ', ')}) as held
    from document i where i.kind = 'invoice' and i.state = 'open' and ${chosen} order by i.due_on, i.id limit ${limit}`);
}

/** What would be decided about one customer. */
export function decideCustomer(ctx: Context, plan: Plan): Promise<{ question: number; currency: string; outcome: Outcome; reason: string }[]> {
  if (plan.questions.length === 0) return Promise.resolve([]);
  return ctx.tx.rows(sql`${decidedRows(plan)} select question, currency::text, outcome, reason from decided order by question, currency`);
}
