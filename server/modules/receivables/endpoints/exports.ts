import { Readable } from 'node:stream';
import { z } from 'zod';
import { daysBetween } from '../../../kernel/calendar.ts';
import { money } from '../../../kernel/money.ts';
import type { Context, Work } from '../../../platform/context.ts';
import { endpoint, type Endpoint } from '../../../platform/http/endpoint.ts';
import { readCategoriesOf } from '../../customers/index.ts';
import { readAgingOf } from '../balances/queries.ts';
import { agingCsv } from '../exports/aging.ts';
import { type Column, download, downloadHeaders } from '../exports/table.ts';
import { type CustomerOrder, type CustomerRow, listCustomers, readBalancesOf, readPrimaryEmails } from '../lists/customers/queries.ts';
import { type DocumentRow, listDocuments, readCustomerNames } from '../lists/documents/queries.ts';
import type { Page } from '../lists/page.ts';
import { listPayments, type PaymentRow } from '../lists/payments/queries.ts';
import type { DocumentKind } from '../queries.ts';
import {
  customerFilter,
  customerFilters,
  directed,
  documentFilter,
  documentFilters,
  documentOrder,
  documentSort,
  paymentFilter,
  paymentFilters,
} from './list-input.ts';

/** Rows read at a time: each page is a short transaction of its own. */
const PAGE = 2000;
const format = z.enum(['csv', 'xlsx']).default('csv');
const sheet = { gives: ['text/csv', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'] };

type Names = Map<string, { name: string; number: string }>;

/** All pages of a list, each read and dressed in a transaction of its own. */
async function* pagesOf<Row, Dressed>(
  work: Work,
  read: (ctx: Context, after: string[] | null) => Promise<Page<Row>>,
  dress: (ctx: Context, rows: readonly Row[]) => Promise<Dressed[]>,
): AsyncGenerator<Dressed[]> {
  let after: string[] | null = null;
  do {
    const from: string[] | null = after;
    const page: { rows: Dressed[]; next: string[] | null } = await work.transaction(async (ctx) => {
      const found = await read(ctx, from);
      return { rows: await dress(ctx, found.rows), next: found.next };
    });
    yield page.rows;
    after = page.next;
  } while (after !== null);
}

type DocumentLine = DocumentRow & { daysOverdue: number };

const documentColumns: Column<DocumentLine>[] = [
  { header: 'Number', value: (row) => row.number },
  { header: 'Line', value: (row) => row.lineItem || null },
  { header: 'Kind', value: (row) => row.kind },
  { header: 'State', value: (row) => row.state },
  { header: 'Customer number', value: (row) => row.customerNumber },
  { header: 'Customer', value: (row) => row.customerName },
  { header: 'Company code', value: (row) => row.companyCode || null },
  { header: 'Issued on', value: (row) => row.issuedOn },
  { header: 'Due on', value: (row) => row.dueOn },
  { header: 'Days overdue', value: (row) => row.daysOverdue },
  { header: 'Currency', value: (row) => row.currency },
  { header: 'Total', value: (row) => money(row.totalMinor, row.currency) },
  { header: 'Open', value: (row) => money(row.openMinor, row.currency) },
  { header: 'Closed on', value: (row) => row.closedOn },
  { header: 'Document type', value: (row) => row.documentType },
  { header: 'Reference', value: (row) => row.reference1 },
];

async function dressDocuments(ctx: Context, rows: readonly DocumentRow[]): Promise<DocumentLine[]> {
  const today = ctx.clock.today();
  return rows.map((row) => ({
    ...row,
    daysOverdue: row.kind === 'invoice' && row.state === 'open' ? Math.max(0, daysBetween(row.dueOn, today)) : 0,
  }));
}

function documentExport(path: string, name: string, kinds: readonly DocumentKind[], summary: string): Endpoint {
  return endpoint({
    method: 'get',
    path,
    permission: 'receivables.read',
    tag: 'Exports',
    summary,
    raw: true,
    raws: sheet,
    description: 'The list with the same filters, as CSV (any length) or XLSX (20,000 rows at most).',
    query: z.object({ ...documentFilters, sort: documentSort, format }),
    handler: async (work, { query }) => {
      const { sort, format: as, ...filters } = query;
      // checked before the first byte, so that a refusal is an answer and not a cut file
      await work.transaction(async (ctx) => documentOrder(sort, documentFilter(ctx, filters, kinds)));
      const read = (ctx: Context, after: string[] | null) => {
        const filter = documentFilter(ctx, filters, kinds);
        const { order, descending } = documentOrder(sort, filter);
        return listDocuments(ctx, filter, order, { descending, after, limit: PAGE });
      };
      return download(name, as, documentColumns, pagesOf(work, read, dressDocuments));
    },
  });
}

type PaymentLine = PaymentRow & { customerName: string; customerNumber: string };

const paymentColumns: Column<PaymentLine>[] = [
  { header: 'Number', value: (row) => row.number },
  { header: 'Received on', value: (row) => row.receivedOn },
  { header: 'State', value: (row) => row.state },
  { header: 'Method', value: (row) => row.method },
  { header: 'Customer number', value: (row) => row.customerNumber },
  { header: 'Customer', value: (row) => row.customerName },
  { header: 'Currency', value: (row) => row.currency },
  { header: 'Amount', value: (row) => money(row.amountMinor, row.currency) },
  { header: 'Applied', value: (row) => money(row.appliedMinor, row.currency) },
  { header: 'Unapplied', value: (row) => money(row.unappliedMinor, row.currency) },
  { header: 'Refunded', value: (row) => money(row.refundedMinor, row.currency) },
  { header: 'Reference', value: (row) => row.reference },
  { header: 'Note', value: (row) => row.note },
  { header: 'Returned on', value: (row) => row.returnedOn },
  { header: 'Returned because', value: (row) => row.returnedReason },
];

async function dressPayments(ctx: Context, rows: readonly PaymentRow[]): Promise<PaymentLine[]> {
  const names: Names = await readCustomerNames(
    ctx,
    rows.map((row) => row.customerId),
  );
  return rows.map((row) => ({ ...row, customerName: names.get(row.customerId)!.name, customerNumber: names.get(row.customerId)!.number }));
}

interface CustomerLine extends CustomerRow {
  email: string | null;
  categories: string;
  currency: string;
  openMinor: bigint;
  overdueMinor: bigint;
  creditMinor: bigint;
}

const customerColumns: Column<CustomerLine>[] = [
  { header: 'Number', value: (row) => row.number },
  { header: 'Name', value: (row) => row.name },
  { header: 'Company code', value: (row) => row.companyCode || null },
  { header: 'E-mail', value: (row) => row.email },
  { header: 'Phone', value: (row) => row.phone },
  { header: 'Categories', value: (row) => row.categories || null },
  { header: 'Currency', value: (row) => row.currency },
  { header: 'Open', value: (row) => money(row.openMinor, row.currency) },
  { header: 'Overdue', value: (row) => money(row.overdueMinor, row.currency) },
  { header: 'Credits', value: (row) => money(row.creditMinor, row.currency) },
  { header: 'Reminders paused until', value: (row) => row.pausedUntil },
];

/** One line for each currency in which a customer owes; one of zero for a customer who owes nothing. */
async function dressCustomers(ctx: Context, rows: readonly CustomerRow[]): Promise<CustomerLine[]> {
  const ids = rows.map((row) => row.id);
  const balances = Map.groupBy(await readBalancesOf(ctx, ids), (row) => row.customerId);
  const categories = Map.groupBy(await readCategoriesOf(ctx, ids), (row) => row.customerId);
  const emails = new Map((await readPrimaryEmails(ctx, ids)).map((row) => [row.customerId, row.email]));
  return rows.flatMap((row) => {
    const base = { ...row, email: emails.get(row.id) ?? null, categories: (categories.get(row.id) ?? []).map((category) => category.name).join('; ') };
    const none = { currency: ctx.tenant.currency, openMinor: 0n, overdueMinor: 0n, creditMinor: 0n };
    return (balances.get(row.id) ?? [none]).map(({ currency, openMinor, overdueMinor, creditMinor }) => ({
      ...base,
      currency,
      openMinor,
      overdueMinor,
      creditMinor,
    }));
  });
}

interface AgingLine {
  row: CustomerRow;
  aging: Awaited<ReturnType<typeof readAgingOf>>[number];
}

const agingColumns: Column<AgingLine>[] = [
  { header: 'Customer number', value: ({ row }) => row.number },
  { header: 'Customer', value: ({ row }) => row.name },
  { header: 'Currency', value: ({ aging }) => aging.currency },
  { header: 'Current', value: ({ aging }) => money(aging.currentMinor, aging.currency) },
  { header: '1-30 days', value: ({ aging }) => money(aging.days1To30Minor, aging.currency) },
  { header: '31-60 days', value: ({ aging }) => money(aging.days31To60Minor, aging.currency) },
  { header: '61-90 days', value: ({ aging }) => money(aging.days61To90Minor, aging.currency) },
  { header: 'Over 90 days', value: ({ aging }) => money(aging.over90Minor, aging.currency) },
  { header: 'Open', value: ({ aging }) => money(aging.openMinor, aging.currency) },
  { header: 'Overdue', value: ({ aging }) => money(aging.overdueMinor, aging.currency) },
  { header: 'Credits', value: ({ aging }) => money(aging.creditMinor, aging.currency) },
];

async function dressAging(ctx: Context, rows: readonly CustomerRow[]): Promise<AgingLine[]> {
  const byId = new Map(rows.map((row) => [row.id, row]));
  return (await readAgingOf(ctx, [...byId.keys()])).map((aging) => ({ row: byId.get(aging.customerId)!, aging }));
}

export const exportEndpoints: Endpoint[] = [
  documentExport('/v1/exports/invoices', 'invoices', ['invoice'], 'Export invoices'),
  documentExport('/v1/exports/credit-memos', 'credit-memos', ['credit_memo', 'payment_on_account'], 'Export credit memos'),
  endpoint({
    method: 'get',
    path: '/v1/exports/payments',
    permission: 'payments.read',
    tag: 'Exports',
    summary: 'Export payments',
    raw: true,
    raws: sheet,
    query: z.object({ ...paymentFilters, sort: z.enum(['received', '-received']).default('-received'), format }),
    handler: async (work, { query }) => {
      const { sort, format: as, ...filters } = query;
      const read = (ctx: Context, after: string[] | null) =>
        listPayments(ctx, paymentFilter(filters), { descending: directed(sort).descending, after, limit: PAGE });
      return download('payments', as, paymentColumns, pagesOf(work, read, dressPayments));
    },
  }),
  endpoint({
    method: 'get',
    path: '/v1/exports/customers',
    permission: 'customers.read',
    tag: 'Exports',
    summary: 'Export customers',
    raw: true,
    raws: sheet,
    query: z.object({
      ...customerFilters,
      sort: z.enum(['name', '-name', 'created', '-created', 'balance', '-balance', 'overdue', '-overdue']).default('name'),
      format,
    }),
    handler: async (work, { query }) => {
      const { sort, format: as, ...filters } = query;
      const { order, descending } = directed<CustomerOrder>(sort);
      const read = (ctx: Context, after: string[] | null) => listCustomers(ctx, customerFilter(ctx, filters), order, { descending, after, limit: PAGE });
      return download('customers', as, customerColumns, pagesOf(work, read, dressCustomers));
    },
  }),
  endpoint({
    method: 'get',
    path: '/v1/exports/aging',
    permission: 'receivables.read',
    tag: 'Exports',
    summary: 'Export the aging of every customer',
    raw: true,
    raws: sheet,
    description: 'Live. Credits are open credit memos and unapplied cash.',
    query: z.object({ format }),
    handler: async (work, { query }) => {
      if (query.format === 'csv') return new Response(Readable.toWeb(await agingCsv(work)) as ReadableStream, { headers: downloadHeaders('aging.csv', 'csv') });
      const read = (ctx: Context, after: string[] | null) =>
        listCustomers(ctx, { status: 'all', currency: ctx.tenant.currency }, 'name', { descending: false, after, limit: PAGE });
      return download('aging', 'xlsx', agingColumns, pagesOf(work, read, dressAging));
    },
  }),
];
