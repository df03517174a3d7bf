import type { z } from 'zod';
import { daysBetween } from '../../kernel/calendar.ts';
import { money, toDecimal } from '../../kernel/money.ts';
import type { Context } from '../../platform/context.ts';
import type { Aging } from './balances/aging.ts';
import { type DocumentRow, readCustomerNames } from './lists/documents/queries.ts';
import type { Application, DocumentDetail, DocumentKind, DocumentState, Payment } from './queries.ts';
import { type agingSchema, type applicationSchema, asMoney, type documentDetailSchema, type documentSchema, type paymentSchema } from './schemas.ts';

/** How the API shows what the queries read. */

interface Listed {
  id: string;
  kind: DocumentKind;
  state: DocumentState;
  customerId: string;
  number: string;
  companyCode: string;
  lineItem: string;
  currency: string;
  totalMinor: bigint;
  openMinor: bigint;
  dueOn: Temporal.PlainDate;
  issuedOn: Temporal.PlainDate;
  closedOn: Temporal.PlainDate | null;
  documentType: string | null;
  reference1: string | null;
}

export function showDocument(row: Listed, customer: { id: string; name: string; number: string }, today: Temporal.PlainDate): z.input<typeof documentSchema> {
  const overdue = row.kind === 'invoice' && row.state === 'open' ? Math.max(0, daysBetween(row.dueOn, today)) : 0;
  return {
    id: row.id,
    kind: row.kind,
    state: row.state,
    number: row.number,
    lineItem: row.lineItem,
    companyCode: row.companyCode,
    customer,
    total: asMoney(row.totalMinor, row.currency),
    open: asMoney(row.openMinor, row.currency),
    issuedOn: row.issuedOn.toString(),
    dueOn: row.dueOn.toString(),
    closedOn: row.closedOn?.toString() ?? null,
    daysOverdue: overdue,
    documentType: row.documentType,
    reference1: row.reference1,
  };
}

export const showDocuments = (ctx: Context, rows: readonly DocumentRow[]): z.input<typeof documentSchema>[] =>
  rows.map((row) => showDocument(row, { id: row.customerId, name: row.customerName, number: row.customerNumber }, ctx.clock.today()));

export async function showDetail(ctx: Context, row: DocumentDetail, applications: readonly Application[]): Promise<z.input<typeof documentDetailSchema>> {
  const customers = await readCustomerNames(ctx, [row.customerId]);
  const { pdfFileId, localMinor, amountMinor, invoicedOn, postedOn, createdAt, updatedAt, ...kept } = row;
  return {
    ...showDocument(row, customers.get(row.customerId)!, ctx.clock.today()),
    amount: asMoney(amountMinor, row.currency),
    invoicedOn: invoicedOn?.toString() ?? null,
    postedOn: postedOn?.toString() ?? null,
    accountingNumber: kept.accountingNumber,
    fiscalYear: kept.fiscalYear,
    fiscalPeriod: kept.fiscalPeriod,
    profitCenter: kept.profitCenter,
    postingKey: kept.postingKey,
    debitCredit: kept.debitCredit,
    paymentTerms: kept.paymentTerms,
    reasonCode: kept.reasonCode,
    reasonText: kept.reasonText,
    reference2: kept.reference2,
    referenceDocument: kept.referenceDocument,
    itemText: kept.itemText,
    soldTo: kept.soldTo,
    customerName: kept.customerName,
    sourceStatus: kept.sourceStatus,
    localAmount: localMinor === null ? null : toDecimal(money(localMinor, ctx.tenant.currency)),
    billAddress: kept.billAddress,
    shipAddress: kept.shipAddress,
    custom: kept.custom,
    hasSourcePdf: pdfFileId !== null,
    uploadId: kept.uploadId,
    createdAt: createdAt.toString(),
    updatedAt: updatedAt.toString(),
    applications: applications.map(showApplication),
  };
}

export function showApplication(row: Application): z.input<typeof applicationSchema> {
  return {
    id: row.id,
    invoiceId: row.documentId,
    invoiceNumber: row.documentNumber,
    source: row.source,
    paymentId: row.paymentId,
    creditId: row.creditId,
    amount: asMoney(row.amountMinor, row.currency),
    appliedOn: row.appliedOn.toString(),
    reason: row.reason,
    reversesId: row.reversesId,
    undone: row.undone,
    provisional: row.provisional,
  };
}

export function showPayment(row: Payment, customer: { id: string; name: string; number: string }): z.input<typeof paymentSchema> {
  return {
    id: row.id,
    number: row.number,
    customer,
    amount: asMoney(row.amountMinor, row.currency),
    applied: asMoney(row.appliedMinor, row.currency),
    unapplied: asMoney(row.unappliedMinor, row.currency),
    refunded: asMoney(row.refundedMinor, row.currency),
    method: row.method,
    state: row.state,
    receivedOn: row.receivedOn.toString(),
    reference: row.reference,
    note: row.note,
    attemptId: row.attemptId,
    returnedOn: row.returnedOn?.toString() ?? null,
    returnedReason: row.returnedReason,
    createdAt: row.createdAt.toString(),
  };
}

export async function showPayments(ctx: Context, rows: readonly Payment[]): Promise<z.input<typeof paymentSchema>[]> {
  const customers = await readCustomerNames(
    ctx,
    rows.map((row) => row.customerId),
  );
  return rows.map((row) => showPayment(row, customers.get(row.customerId)!));
}

export function showAging(aging: Aging & { currency: string }): z.input<typeof agingSchema> {
  const decimal = (minor: bigint) => toDecimal(money(minor, aging.currency));
  return {
    currency: aging.currency,
    current: decimal(aging.currentMinor),
    days1To30: decimal(aging.days1To30Minor),
    days31To60: decimal(aging.days31To60Minor),
    days61To90: decimal(aging.days61To90Minor),
    over90: decimal(aging.over90Minor),
    open: decimal(aging.openMinor),
    overdue: decimal(aging.overdueMinor),
    credits: decimal(aging.creditMinor),
    openCount: aging.openCount,
    oldestDueOn: aging.oldestDueOn?.toString() ?? null,
  };
}
