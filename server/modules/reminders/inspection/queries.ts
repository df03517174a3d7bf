/** What the rules would do, asked without writing anything. */
import type { Context } from '../../../platform/context.ts';
import { sql, type Sql } from '../../../platform/database/sql.ts';
import { compileCondition, compileRule, valueOf } from '../compile.ts';
import { type Condition, leavesOf } from '../condition.ts';
import { decidedRows, type Plan, type Question } from '../planning/queries.ts';
import type { Outcome } from '../rule.ts';

export interface OutcomeCount {
  question: number;
  outcome: Outcome;
  reason: string;
  customers: number;
  invoices: number;
}

/** Decisions that list their invoices in a mail. */
const inMails = sql.raw(`outcome <> 'held' and reason <> 'reminded_today'`);

/** How many decisions of each kind there would be, and what the mails would ask for. */
export async function previewCounts(ctx: Context, plan: Plan): Promise<{ counts: OutcomeCount[]; totals: { currency: string; minor: bigint }[] }> {
  if (plan.questions.length === 0) return { counts: [], totals: [] };
  const rows = await ctx.tx.rows<{ kind: 'count' | 'total'; minor: bigint | null; currency: string } & OutcomeCount>(sql`
    ${decidedRows(plan)}
    select 'count' as kind, question, outcome, reason, count(distinct customer_id)::int as customers, sum(cardinality(document_ids))::int as invoices,
      null::text as currency, null::bigint as minor
    from decided group by question, outcome, reason
    union all
    select 'total', null, null, null, null, null, i.currency::text, sum(i.open_minor)::bigint
    from document i where i.id in (select unnest(document_ids) from decided where ${inMails}) group by i.currency
    order by kind, currency, question`);
  return {
    counts: rows.filter((row) => row.kind === 'count'),
    totals: rows.filter((row) => row.kind === 'total').map(({ currency, minor }) => ({ currency, minor: minor! })),
  };
}

export interface PreviewRow {
  question: number;
  customerId: string;
  customerNumber: string;
  customerName: string;
  sortName: string;
  currency: string;
  documentIds: string[];
  openMinor: bigint;
  outcome: Outcome;
  reason: string;
  email: string | null;
  contactName: string | null;
}

/** A page of what would be decided, by customer name. `after` holds sort name, customer id and currency of the last row. */
export function previewPage(ctx: Context, plan: Plan, after: (string | null)[] | null, limit: number): Promise<PreviewRow[]> {
  const more = after ? sql`where (c.sort_name, d.customer_id, d.currency) > (${after[0]}, ${after[1]}::uuid, ${after[2]}::char(3))` : sql.empty;
  return ctx.tx.rows<PreviewRow>(sql`
    ${decidedRows(plan)}
    select d.question, d.customer_id, c.number as customer_number, c.name as customer_name, c.sort_name, d.currency, d.document_ids, d.open_minor,
      d.outcome, d.reason, k.email, k.name as contact_name
    from decided d join customer c on c.id = d.customer_id
    left join lateral (
      select k.email, k.name from contact k
      where k.tenant_id = c.tenant_id and k.customer_id = c.id and (k.is_primary or k.purpose = 'billing')
      order by exists (select 1 from suppression x where x.tenant_id = k.tenant_id and x.address = lower(k.email)), k.is_primary desc, k.position, k.id limit 1
    ) k on true
    ${more} order by c.sort_name, d.customer_id, d.currency limit ${limit}`);
}

/** The customers that the next mails ask for most, in one currency. */
export function largestMails(ctx: Context, plan: Plan, currency: string, limit: number): Promise<{ customerId: string; customerName: string; minor: bigint; invoices: number }[]> {
  if (plan.questions.length === 0) return Promise.resolve([]);
  return ctx.tx.rows(sql`
    ${decidedRows(plan)},
    listed as (select distinct customer_id, unnest(document_ids) as id from decided where ${inMails} and currency = ${currency})
    select l.customer_id, c.name as customer_name, sum(i.open_minor)::bigint as minor, count(*)::int as invoices
    from listed l join document i on i.id = l.id join customer c on c.id = l.customer_id
    group by l.customer_id, c.name order by minor desc, l.customer_id limit ${limit}`);
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
export function askInvoices(ctx: Context, question: Question, which: { ids: readonly string[] } | { customerId: string }, limit: number): Promise<AskedInvoice[]> {
  const conditions = conditionsOf(question);
  const chosen = 'ids' in which ? sql`i.id = any(${[...which.ids]}::uuid[])` : sql`i.customer_id = ${which.customerId}`;
  const values: Sql[] = conditions.map((condition) => sql`to_jsonb(${valueOf(condition.field, question.day)})`);
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
