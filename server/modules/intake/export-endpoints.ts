import { z } from 'zod';
import { invalid } from '../../kernel/problem.ts';
import { toDecimal } from '../../kernel/money.ts';
import type { Context } from '../../platform/context.ts';
import { decodeCursor, encodeCursor } from '../../platform/http/cursor.ts';
import { endpoint } from '../../platform/http/endpoint.ts';
import { listQuery } from '../../platform/http/schemas.ts';
import { type ExportedApplication, type ExportedPayment, listApplications, listPayments } from './queries.ts';

const SORT = 'payments-export';

/** For systems that book our payments: each with what it pays. */
export const exportPayments = endpoint({
  method: 'get',
  path: '/jsonApi/export/payments',
  permission: 'payments.read',
  tag: 'Payments',
  summary: 'Payments since a day or moment, with the documents that they pay',
  query: z.object({
    ...listQuery,
    since: z.string().max(40).optional().meta({ description: 'YYYY-MM-DD or a moment; without it, all', example: '2026-03-01' }),
  }),
  response: z.object({
    payments: z.array(
      z.object({
        paymentNumber: z.string(),
        date: z.string(),
        customerNumber: z.string(),
        companyCode: z.string(),
        currency: z.string(),
        amount: z.string(),
        unapplied: z.string(),
        method: z.string(),
        state: z.string(),
        gatewayReference: z.string().nullable(),
        applications: z.array(z.object({ invoiceNumber: z.string(), accountingDocNumber: z.string().nullable(), amount: z.string(), fee: z.string() })),
      }),
    ),
    nextCursor: z.string().nullable(),
  }),
  handler: async (ctx, { query }) => {
    const after = query.cursor === undefined ? null : decodeCursor(SORT, query.cursor);
    const rows = await listPayments(ctx, sinceOf(ctx, query.since), after && { createdAt: after[0]!, id: after[1]! }, query.limit + 1);
    const page = rows.slice(0, query.limit);
    const applications =
      page.length > 0
        ? await listApplications(
            ctx,
            page.map((row) => row.id),
          )
        : [];
    const last = page.at(-1);
    return {
      payments: page.map((row) =>
        present(
          row,
          applications.filter((application) => application.paymentId === row.id),
        ),
      ),
      nextCursor: rows.length > query.limit && last ? encodeCursor(SORT, [last.createdAt.toString(), last.id]) : null,
    };
  },
});

/** A day begins at midnight of the company's zone. */
function sinceOf(ctx: Context, text: string | undefined): Temporal.Instant | null {
  if (text === undefined) return null;
  try {
    if (/^\d{4}-\d\d-\d\d$/.test(text)) return Temporal.PlainDate.from(text).toZonedDateTime(ctx.tenant.timezone).toInstant();
    return Temporal.Instant.from(text);
  } catch {
    throw invalid('since', 'invalid_date', 'since is a day such as 2026-03-01 or a moment such as 2026-03-01T09:00:00Z.');
  }
}

function present(row: ExportedPayment, applications: readonly ExportedApplication[]) {
  const amount = (minor: bigint) => toDecimal({ minor, currency: row.currency });
  return {
    paymentNumber: row.number,
    date: row.receivedOn.toString(),
    customerNumber: row.customerNumber,
    companyCode: row.companyCode,
    currency: row.currency,
    amount: amount(row.amountMinor),
    unapplied: amount(row.unappliedMinor),
    method: row.method,
    state: row.state,
    gatewayReference: row.gatewayReference,
    // surcharges are not taken yet: the fee stands here so that importers need not change when they are
    applications: applications.map((a) => ({
      invoiceNumber: a.invoiceNumber,
      accountingDocNumber: a.accountingNumber,
      amount: amount(a.amountMinor),
      fee: amount(0n),
    })),
  };
}
