import { z } from 'zod';
import { isId } from '../../kernel/ids.ts';
import { money, toDecimal, toJson } from '../../kernel/money.ts';
import { notFound, Problem } from '../../kernel/problem.ts';
import { decodeCursor, encodeCursor } from '../../platform/http/cursor.ts';
import { endpoint, type Endpoint } from '../../platform/http/endpoint.ts';
import { currencySchema, idSchema, instantSchema, listQuery, moneySchema, pageOf } from '../../platform/http/schemas.ts';
import { readCustomer } from '../customers/index.ts';
import { reasonText } from '../reminders/index.ts';
import { changeInPercent, dso, type HeavyFigures, noTotals } from './dashboard.ts';
import { currentFigures } from './figures.ts';
import {
  countActiveRules,
  documentExists,
  type OpenTotals,
  readAttention,
  readCustomerTimeline,
  readDocumentTimeline,
  readOpenTotals,
  type TimelineRow,
} from './queries.ts';

/** Shown of each kind of thing that waits for a person. */
const ATTENTION_EACH = 5;

const decimal = z.string();
const currencyFigures = z
  .object({
    currency: currencySchema,
    open: decimal,
    openCount: z.number().int(),
    overdue: decimal,
    credits: decimal.meta({ description: 'Open credits and unapplied cash' }),
    overdue30DaysAgo: decimal,
    overdueChange: z.number().nullable().meta({ description: 'Percent against 30 days ago; null when nothing was overdue then' }),
    aging: z.object({ current: decimal, days1To30: decimal, days31To60: decimal, days61To90: decimal, over90: decimal }),
    collectedThisMonth: decimal,
    collectedLastMonth: decimal,
    collected: z.array(z.object({ month: z.string(), amount: decimal })).meta({ description: 'The last twelve months, the present one last' }),
    dso: z.number().nullable().meta({ description: 'Days sales outstanding: open / credit sales of the last 90 days × 90; null without sales' }),
  })
  .meta({ id: 'DashboardCurrency' });

const attentionKinds = [
  'payment_failed',
  'payment_returned',
  'payment_unknown',
  'address_bounced',
  'reminder_held',
  'mail_uncertain',
  'upload_failed',
  'cash_unapplied',
  'ledger_mismatch',
] as const;
const attention = z.object({
  kind: z.enum(attentionKinds),
  id: idSchema.meta({
    description: 'Of the payment, attempt, contact, mail, upload or document; of a held reminder the customer, or the run when all are held',
  }),
  customer: z.object({ id: idSchema, name: z.string() }).nullable(),
  text: z.string(),
  amount: moneySchema.nullable(),
  at: instantSchema,
});

const timelineEntry = z
  .object({
    kind: z.enum(['event', 'email', 'view']),
    type: z.string().meta({ description: 'Such as invoice.recorded, application.payment, email.sent, email.pixel' }),
    id: idSchema,
    at: instantSchema,
    actor: z.object({ kind: z.string().nullable(), name: z.string() }).nullable(),
    subjectType: z.string().nullable(),
    subjectId: z.string().nullable(),
    data: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'TimelineEntry' });

function showCurrency(totals: OpenTotals, heavy: HeavyFigures | undefined, months: readonly string[]): z.input<typeof currencyFigures> {
  const shown = (minor: bigint) => toDecimal(money(minor, totals.currency));
  const before = BigInt(heavy?.overdue30DaysAgo ?? 0);
  const collected = months.map((month, index) => ({ month, amount: shown(BigInt(heavy?.collected[index] ?? 0)) }));
  return {
    currency: totals.currency,
    open: shown(totals.openMinor),
    openCount: totals.openCount,
    overdue: shown(totals.overdueMinor),
    credits: shown(totals.creditMinor),
    overdue30DaysAgo: shown(before),
    overdueChange: changeInPercent(totals.overdueMinor, before),
    aging: {
      current: shown(totals.currentMinor),
      days1To30: shown(totals.days1To30Minor),
      days31To60: shown(totals.days31To60Minor),
      days61To90: shown(totals.days61To90Minor),
      over90: shown(totals.over90Minor),
    },
    collectedThisMonth: collected.at(-1)?.amount ?? shown(0n),
    collectedLastMonth: collected.at(-2)?.amount ?? shown(0n),
    collected,
    dso: dso(totals.openMinor, BigInt(heavy?.sales90Days ?? 0)),
  };
}

function showEntry(row: TimelineRow): z.input<typeof timelineEntry> {
  const { minor, currency, ...data } = row.data as { minor?: string; currency?: string };
  const amount = minor !== undefined && currency !== undefined ? { amount: toJson(money(BigInt(minor), currency)) } : {};
  return {
    kind: row.kind,
    type: row.type,
    id: row.id,
    at: row.at.toString(),
    actor: row.actorName === null ? null : { kind: row.actorKind, name: row.actorName },
    subjectType: row.subjectType,
    subjectId: row.subjectId,
    data: minor === undefined ? row.data : { ...data, ...amount },
  };
}

async function timeline(query: { cursor?: string | undefined; limit: number }, read: (before: string | null, limit: number) => Promise<TimelineRow[]>) {
  const before = query.cursor === undefined ? null : decodeCursor('timeline', query.cursor)[0];
  if (before === undefined || (before !== null && !isId(before)))
    throw new Problem(400, 'invalid_cursor', 'This cursor does not belong to this list. Start again without it.');
  const rows = await read(before, query.limit + 1);
  const shown = rows.slice(0, query.limit);
  return { items: shown.map(showEntry), nextCursor: rows.length > query.limit ? encodeCursor('timeline', [shown.at(-1)!.id]) : null };
}

const byId = z.object({ id: idSchema });

export const endpoints: Endpoint[] = [
  endpoint({
    method: 'get',
    path: '/v1/dashboard',
    permission: 'reporting.read',
    tag: 'Dashboard',
    summary: 'Are we being paid, and what needs me',
    description: 'Open amounts and aging are as of now; trend, collections and DSO as of `figuresAt`.',
    response: z.object({
      currencies: z.array(currencyFigures),
      figuresAt: instantSchema,
      activeReminderRules: z.number().int(),
      attention: z.array(attention),
    }),
    handler: async (ctx) => {
      const totals = await readOpenTotals(ctx);
      const { figures, computedAt } = await currentFigures(ctx);
      const heavy = new Map(figures.currencies.map((row) => [row.currency, row]));
      const currencies = [...new Set([ctx.tenant.currency, ...totals.map((row) => row.currency), ...heavy.keys()])];
      const rows = await readAttention(ctx, ATTENTION_EACH);
      return {
        currencies: currencies.map((currency) =>
          showCurrency(totals.find((row) => row.currency === currency) ?? noTotals(currency), heavy.get(currency), figures.months),
        ),
        figuresAt: computedAt.toString(),
        activeReminderRules: await countActiveRules(ctx),
        attention: rows.map((row) => ({
          kind: row.kind,
          id: row.id,
          customer: row.customerId && row.customerName ? { id: row.customerId, name: row.customerName } : null,
          text: row.kind === 'reminder_held' ? reasonText(row.text) : row.text,
          amount: row.currency && row.minor !== null ? toJson(money(row.minor, row.currency)) : null,
          at: row.at.toString(),
        })),
      };
    },
  }),
  endpoint({
    method: 'get',
    path: '/v1/customers/{id}/timeline',
    permission: 'customers.read',
    tag: 'Customers',
    summary: 'What happened with a customer',
    description: 'Events, mails, payments and opened mails, newest first.',
    params: byId,
    query: z.object(listQuery),
    response: pageOf(timelineEntry),
    handler: async (ctx, { params, query }) => {
      if (!(await readCustomer(ctx, params.id))) throw notFound('customer');
      return timeline(query, (before, limit) => readCustomerTimeline(ctx, params.id, before, limit));
    },
  }),
  endpoint({
    method: 'get',
    path: '/v1/invoices/{id}/timeline',
    permission: 'receivables.read',
    tag: 'Invoices',
    summary: 'What happened with an invoice',
    description: 'Uploaded, changed, reminded, opened, paid: newest first. Credit memos too.',
    params: byId,
    query: z.object(listQuery),
    response: pageOf(timelineEntry),
    handler: async (ctx, { params, query }) => {
      if (!(await documentExists(ctx, params.id))) throw notFound('invoice');
      return timeline(query, (before, limit) => readDocumentTimeline(ctx, params.id, before, limit));
    },
  }),
];
